/** What a peer may make us allocate and compute with what rides with certificates, in the handshake and after it. */
import { nodeCrypto } from '@biopair/crypto-node'
import { certificateCompressions } from '@biopair/node'
import { SslContext, TlsAlert } from '@biopair/ssl'
import { trustStore, verifyChain } from '@biopair/x509'
import test from 'ava'
import { connectedEnds, ends, readAll, serverOptions } from '../support/ends.ts'
import {
  der,
  intermediate,
  keyPem,
  open,
  pem,
  request,
  root,
  settle,
  standing,
} from './auth-support.ts'

test('of a list of thousands of certificates, the first hundred are looked at', t => {
  const [leaf = new Uint8Array(0), issuer = new Uint8Array(0)] = der
  const filler = (length: number) => Array.from({ length }, () => Uint8Array.of(5))
  const verdict = (before: number) =>
    verifyChain({
      chain: [leaf, ...filler(before), issuer, ...filler(10_000)],
      anchors: trustStore([root.pem]),
      time: Date.now(),
      purpose: 'serverAuth',
      crypto: nodeCrypto,
    })
  t.true(verdict(0).ok)
  t.true(verdict(99).ok)
  t.false(verdict(100).ok)
})

test('what a client sends later is as long, and decompresses to as much, as limits say', t => {
  const long = Array.from({ length: 5000 }, () => intermediate.der)
  const [ours] = new SslContext(serverOptions).credentials
  for (const certificateCompression of [[], certificateCompressions]) {
    const ends = open({
      client: {
        certificateCompression,
        certificateCallback: () => ours && { ...ours, chain: [...ours.chain, ...long] },
        limits: { maxQueue: 2 ** 24 },
      },
      server: { certificateCompression },
      rings: [2 ** 24, 2 ** 24],
    })
    const asked = request(ends.server)
    settle(ends)
    t.is(asked.state, 'requested')
    t.is(
      standing(ends.server),
      certificateCompression.length > 0
        ? 'bad_certificate BAD_DECOMPRESSION'
        : 'illegal_parameter EXCESSIVE_MESSAGE_SIZE',
    )
  }
})

test('as many timestamps as fit are handed on, and judged by nobody', t => {
  const scts = Array.from({ length: 20_000 }, () => Uint8Array.of(1))
  const { client } = connectedEnds({
    client: { requestSCT: true },
    server: { scts },
    rings: [2 ** 20, 2 ** 20],
  })
  t.is(client.scts.length, 20_000)
  t.throws(() => new SslContext({ ...serverOptions, scts: [...scts, ...scts] }), {
    code: 'ERR_INVALID_ARG_VALUE',
  })
})

test('a response that does not fit is a mistake of its callback, whatever the peer asked', t => {
  const { client, server } = ends({
    client: { requestOCSP: true },
    server: { ocspRequestCallback: () => new Uint8Array(2 ** 24) },
  })
  for (let i = 0; i < 3; i++) {
    client.doHandshake()
    server.doHandshake()
  }
  t.is(standing(server), 'internal_error CALLBACK_FAILED')
})

test('answers that come after the end change nothing, and are nobody’s unhandled rejection', async t => {
  const unhandled: unknown[] = []
  const heard = (reason: unknown) => unhandled.push(reason)
  process.on('unhandledRejection', heard)
  for (const end of ['fail', 'close'] as const) {
    const answers: ((late: Error | boolean) => void)[] = []
    const { client, server } = connectedEnds({
      client: { postHandshakeAuth: true, cert: pem, key: keyPem },
      server: {
        ca: root.pem,
        verifyCallback: () =>
          new Promise((resolve, reject) => {
            answers.push(late => (late instanceof Error ? reject(late) : resolve(late)))
          }),
      },
    })
    const requests = Array.from({ length: 8 }, () => request(server))
    readAll(client)
    readAll(server)
    t.is(answers.length, 8)
    if (end === 'fail')
      server.fail(new TlsAlert('access_denied', { reason: 'NO', section: '6.2', why: 'no' }))
    else server.close()
    for (const [i, answer] of answers.entries()) answer(i % 2 ? true : new Error('late'))
    await new Promise(resolve => setImmediate(resolve))
    if (end === 'fail') t.is(standing(server), 'access_denied NO')
    t.false(server.authorized)
    t.deepEqual(server.peerCertificates, [])
    t.true(requests.every(({ state }) => state === 'answered'))
  }
  process.off('unhandledRejection', heard)
  t.deepEqual(unhandled, [])
})
