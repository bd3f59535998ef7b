/** Certificate compression (RFC 8879; field.md's rule 59): both roles, and everything that a peer can do wrong. */
import { brotliCompressSync, deflateSync } from 'node:zlib'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  Certificate,
  CertificateVerify,
  CompressedCertificate,
  EncryptedExtensions,
  Finished,
  writeExtension,
} from '@biopair/handshake'
import { brotliCertificates, certificateCompressions, zlibCertificates } from '@biopair/node'
import {
  type CertificateCompression,
  type ContextOptions,
  SslContext,
  type TraceEvent,
} from '@biopair/ssl'
import type { AlertName } from '@biopair/wire'
import { encode } from '@biopair/wire'
import test from 'ava'
import fc from 'fast-check'
import { ClientPeer, withRaw } from '../support/client-peer.ts'
import { cpuTime } from '../support/cpu-time.ts'
import { ends, shake } from '../support/ends.ts'
import { shortOf, untilMet } from '../support/met.ts'
import { chainFor } from '../support/mint.ts'
import { mintOcsp } from '../support/ocsp-mint.ts'
import { identityOf } from '../support/peer-identity.ts'
import { connected, refused } from '../support/refused.ts'
import { ServerPeer } from '../support/server-peer.ts'
import { ending, settle } from '../support/settle.ts'

const identity = identityOf('p256')
const { pem, keyPem, root, leaf, intermediate: issuer } = chainFor('p256')
const base = { crypto: nodeCrypto, groups: ['x25519', 'secp256r1'] }
const both = [brotliCertificates, zlibCertificates]

/** Bytes as they are: never shorter, so never sent, but taken. */
const stored: CertificateCompression = {
  id: 0x4001,
  name: 'stored',
  compress: message => Uint8Array.from(message),
  decompress: compressed => Uint8Array.from(compressed),
}
/** Ours alone: every other byte of the zlib form turned. */
const turned: CertificateCompression = {
  id: 0xffff,
  name: 'turned',
  compress: message => zlibCertificates.compress(message).map(byte => byte ^ 0x55),
  decompress: (bytes, length) =>
    zlibCertificates.decompress(
      bytes.map(byte => byte ^ 0x55),
      length,
    ),
}

/** The msg_types of Certificate and CompressedCertificate that an end sent. */
function sent(events: readonly TraceEvent[]): number[] {
  return events.flatMap(event => {
    if (event.event !== 'message' || event.direction !== 'write') return []
    const type = event.message[0] as number
    return type === 11 || type === 25 ? [type] : []
  })
}

test('rule 59: whatever the two ends have, certificates arrive, compressed where both can', async t => {
  const all = [...certificateCompressions, turned, stored]
  const some = fc.shuffledSubarray(all)
  const space = fc.record({
    client: some,
    server: some,
    request: fc.boolean(),
    staple: fc.boolean(),
  })
  let compressed = 0
  const property = fc.property(space, made => {
    const told: Record<'client' | 'server', TraceEvent[]> = { client: [], server: [] }
    const response = mintOcsp({ leaf, issuer })
    const pair = ends({
      client: {
        certificateCompression: made.client,
        trace: event => told.client.push(event),
        ...(made.request ? { cert: pem, key: keyPem } : {}),
        ...(made.staple ? { ocsp: 'require' } : {}),
      },
      server: {
        certificateCompression: made.server,
        trace: event => told.server.push(event),
        ocspResponse: response,
        ...(made.request ? { requestCert: true, ca: root.pem } : {}),
      },
      rings: [20_000, 20_000],
    })
    shake(pair)
    const expect = (
      ours: readonly CertificateCompression[],
      theirs: readonly CertificateCompression[],
    ) => {
      const common = ours.find(one => theirs.includes(one))
      return common && common !== stored ? 25 : 11
    }
    t.deepEqual(sent(told.server), [expect(made.server, made.client)])
    t.deepEqual(sent(told.client), made.request ? [expect(made.client, made.server)] : [])
    if (sent(told.server)[0] === 25) compressed++
    t.true(pair.client.authorized)
    t.deepEqual(pair.client.peerCertificates, [leaf.der, issuer.der])
    t.deepEqual(pair.server.peerCertificates, made.request ? [leaf.der, issuer.der] : [])
    t.deepEqual(pair.client.ocspResponse, made.staple ? response : undefined)
  })
  const short = await untilMet(
    () => fc.assert(property, { numRuns: 60 }),
    () => shortOf({ compressed }, ['compressed'], 6),
  )
  t.log(`${compressed} compressed`)
  t.deepEqual(short, [])
})

test('the algorithms of node:zlib undo what they do, and make nothing but what was announced', t => {
  for (const { compress, decompress, name } of certificateCompressions) {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 3000 }), fc.nat(20), (bytes, tail) => {
        const made = compress(bytes)
        t.deepEqual(decompress(made, bytes.length), Uint8Array.from(bytes), name)
        if (bytes.length > 1) t.throws(() => decompress(made, bytes.length - 1))
        t.throws(() => decompress(made.subarray(0, made.length - 1), bytes.length))
        t.throws(() => decompress(Uint8Array.from([...made, tail]), bytes.length))
      }),
      { numRuns: 40 },
    )
    t.true(compress(new Uint8Array(3000)).length < 100)
  }
})

const client = (options: ContextOptions = {}) =>
  new ServerPeer(
    new SslContext({ ...base, ca: root.pem, certificateCompression: both, ...options }),
    identity,
  )
const server = (options: ContextOptions = {}) =>
  new ClientPeer(
    new SslContext({
      ...base,
      ...{ cert: pem, key: keyPem, ca: root.pem, requestCert: true },
      certificateCompression: both,
      ...options,
    }),
    identity,
  )

/** Of the Certificate message that both peers show. */
const length = encode(Certificate.body, client().certificate()).length

type Made = (plain: Uint8Array) => CompressedCertificate
const made = (
  algorithm: number,
  uncompressed_length: number,
  compressed: Uint8Array,
): CompressedCertificate => ({
  algorithm,
  uncompressed_length,
  compressed_certificate_message: Uint8Array.from(compressed),
})
const brotli: Made = plain => made(2, plain.length, brotliCompressSync(plain))
const zlib: Made = plain => made(1, plain.length, deflateSync(plain))

/** A compressed Certificate of a peer's, of either role, that we refuse. */
function shown(
  title: string,
  alert: AlertName,
  compressed: Made,
  options?: ContextOptions,
  edit: (message: Certificate) => Certificate = message => message,
): void {
  test(`${title}: ${alert}`, t => {
    const peer = client(options)
    peer.step()
    peer.sendServerHello()
    peer.send(EncryptedExtensions, peer.encryptedExtensions())
    peer.send(CompressedCertificate, compressed(encode(Certificate.body, edit(peer.certificate()))))
    refused(t, peer, alert, 'handshake')
  })
  test(`${title}, by a client: ${alert}`, t => {
    const peer = server(options)
    peer.sendHello()
    peer.step()
    peer.send(CompressedCertificate, compressed(encode(Certificate.body, edit(peer.certificate()))))
    refused(
      t,
      peer,
      alert === 'decode_error' && /empty/.test(title) ? 'certificate_required' : alert,
      'application',
    )
  })
}

for (const [name, compressed] of [
  ['brotli', brotli],
  ['zlib', zlib],
] as const) {
  test(`rule 59: the transcript has the compressed message (${name}), in both roles`, t => {
    const peer = client()
    peer.step()
    peer.sendServerHello()
    peer.send(EncryptedExtensions, peer.encryptedExtensions())
    peer.send(CompressedCertificate, compressed(encode(Certificate.body, peer.certificate())))
    peer.send(CertificateVerify, peer.certificateVerify())
    peer.send(Finished, peer.finished())
    peer.step()
    connected(t, peer)

    const other = server()
    other.sendHello()
    other.step()
    other.send(CompressedCertificate, compressed(encode(Certificate.body, other.certificate())))
    other.send(CertificateVerify, other.certificateVerify())
    other.sendFinished()
    other.step()
    connected(t, other)
    t.deepEqual(other.ssl.peerCertificates, [leaf.der, issuer.der])
  })

  shown(`rule 59: one byte more than is announced (${name})`, 'bad_certificate', plain => ({
    ...compressed(plain),
    uncompressed_length: plain.length - 1,
  }))
  shown(`rule 59: one byte less than is announced (${name})`, 'bad_certificate', plain => ({
    ...compressed(plain),
    uncompressed_length: plain.length + 1,
  }))
  shown(`rule 59: nothing is announced (${name})`, 'bad_certificate', plain => ({
    ...compressed(plain),
    uncompressed_length: 0,
  }))
  shown(`rule 59: garbage (${name})`, 'bad_certificate', plain => ({
    ...compressed(plain),
    compressed_certificate_message: Uint8Array.of(0xff, 0xfe, 1, 2, 3),
  }))
  shown(`rule 59: a stream that ends early (${name})`, 'bad_certificate', plain => {
    const whole = compressed(plain)
    const { compressed_certificate_message: bytes } = whole
    return { ...whole, compressed_certificate_message: bytes.slice(0, -4) }
  })
  shown(`rule 59: bytes behind the stream (${name})`, 'bad_certificate', plain => {
    const whole = compressed(plain)
    const { compressed_certificate_message: bytes } = whole
    return { ...whole, compressed_certificate_message: Uint8Array.from([...bytes, 0]) }
  })
  shown(`rule 59: ${name} where it was not asked for`, 'unexpected_message', compressed, {
    certificateCompression: [],
  })
  shown(`rule 59: more than the limit (${name})`, 'bad_certificate', compressed, {
    limits: { maxCertificateMessage: length - 1 },
  })
  const nothing = (message: Certificate) => ({ ...message, certificate_list: [] })
  shown(`rule 59: an empty list (${name})`, 'decode_error', compressed, {}, nothing)
}
shown('rule 59: an algorithm that was not offered', 'illegal_parameter', zlib, {
  certificateCompression: [brotliCertificates],
})
shown('rule 59: an algorithm that nobody knows', 'illegal_parameter', plain => ({
  ...brotli(plain),
  algorithm: 77,
}))
shown('rule 59: what is no Certificate inside', 'decode_error', () =>
  made(2, 9, brotliCompressSync(new Uint8Array(9).fill(1))),
)

for (const [alert, spoil] of [
  ['bad_certificate', { uncompressed_length: 102_401 }],
  ['bad_certificate', { uncompressed_length: 2 ** 24 - 1 }],
  ['illegal_parameter', { algorithm: 9 }],
] as const)
  test(`rule 59: nothing is decompressed where ${JSON.stringify(spoil)}: ${alert}`, t => {
    let called = 0
    const counting = {
      ...brotliCertificates,
      decompress(compressed: Uint8Array, length: number) {
        called++
        return brotliCertificates.decompress(compressed, length)
      },
    }
    const peer = client({ certificateCompression: [counting] })
    peer.step()
    peer.sendServerHello()
    peer.send(EncryptedExtensions, peer.encryptedExtensions())
    const plain = encode(Certificate.body, peer.certificate())
    peer.send(CompressedCertificate, { ...brotli(plain), ...spoil })
    refused(t, peer, alert, 'handshake')
    t.is(called, 0)
  })

test('rule 59: a bomb of 200 MB in 300 bytes costs no memory', t => {
  const bomb = brotliCompressSync(Buffer.alloc(200_000_000))
  t.true(bomb.length < 1000)
  const peer = client()
  peer.step()
  peer.sendServerHello()
  peer.send(EncryptedExtensions, peer.encryptedExtensions())
  peer.send(CompressedCertificate, made(2, 102_400, bomb))
  const before = process.memoryUsage().rss
  const spent = cpuTime(() => refused(t, peer, 'bad_certificate', 'handshake'))
  t.true(process.memoryUsage().rss - before < 50_000_000)
  t.true(spent < 5000, `${spent} ms`)
})

test('a provider that gives more than was announced is not believed', t => {
  const liar = { ...stored, decompress: () => new Uint8Array(500_000) }
  const peer = client({ certificateCompression: [liar] })
  peer.step()
  peer.sendServerHello()
  peer.send(EncryptedExtensions, peer.encryptedExtensions())
  peer.send(CompressedCertificate, made(stored.id, 400, new Uint8Array(300)))
  refused(t, peer, 'bad_certificate', 'handshake')
})

test('a client whose list names nobody we know gets the certificate as it is', t => {
  const peer = server({ requestCert: false })
  peer.connect(hello =>
    withRaw(
      hello,
      writeExtension('ClientHello', 'compress_certificate', { algorithms: [9, 0x1234] }),
    ),
  )
  connected(t, peer)
})

test('a compressor that throws is internal_error', async t => {
  const broken: CertificateCompression = {
    ...brotliCertificates,
    compress: () => {
      throw new Error('out of order')
    },
  }
  const pair = ends({
    client: { certificateCompression: both },
    server: { certificateCompression: [broken] },
  })
  const outcome = await settle(pair)
  t.deepEqual(
    [ending(outcome.client), ending(outcome.server)],
    ['internal_error', 'internal_error'],
  )
})

test('a context compresses a certificate once, and remembers no more than the last few', t => {
  let called = 0
  const counting: CertificateCompression = {
    ...brotliCertificates,
    compress(message) {
      called++
      return brotliCertificates.compress(message)
    },
  }
  const { riding } = new SslContext({ ...base, certificateCompression: [counting] })
  const [remembering] = riding.certificateCompression ?? []
  const message = (n: number) => new Uint8Array(400).fill(n)
  for (let i = 0; i < 5; i++)
    t.deepEqual(remembering?.compress(message(7)), counting.compress(message(7)))
  t.is(called, 1 + 5)
  for (let i = 100; i < 115; i++) remembering?.compress(message(i))
  remembering?.compress(message(7))
  t.is(called, 6 + 15)
  for (let i = 130; i < 146; i++) remembering?.compress(message(i))
  remembering?.compress(message(7))
  t.is(called, 21 + 16 + 1)
})
