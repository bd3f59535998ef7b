/** What TLS 1.2 has beside its handshake: OCSP stapling, SCTs, record_size_limit, ALPN, wants that wait, renegotiation that is refused, a trace. */
import { nodeCrypto } from '@biopair/crypto-node'
import { showMessage } from '@biopair/handshake'
import { type ContextOptions, SslContext, type TraceEvent } from '@biopair/ssl'
import type { TlsAlert } from '@biopair/wire'
import test from 'ava'
import { bytes, connectedEnds, type EndsOptions, ends, readAll } from '../support/ends.ts'
import { chainFor } from '../support/mint.ts'

const older = { maxVersion: 'TLSv1.2' } as const
const both = (client: ContextOptions = {}, server: ContextOptions = {}): EndsOptions => ({
  client: { ...older, ...client },
  server: { ...older, ...server },
})

test('what a server staples reaches a client that asked: an OCSP response, and timestamps', t => {
  const response = Uint8Array.of(48, 3, 10, 1, 6)
  const sct = new Uint8Array(47)
  const seen: unknown[] = []
  const options = both(
    {
      requestSCT: true,
      requestOCSP: true,
      ocsp: 'ignore',
      ocspResponseCallback: found => {
        seen.push(found)
        return true
      },
    },
    { ocspResponse: response, scts: [sct] },
  )
  const { client } = connectedEnds(options)
  t.deepEqual(client.ocspResponse, response)
  t.deepEqual(client.stapled[0]?.scts, [sct])
  t.deepEqual(seen, [response])
  const quiet = connectedEnds(both({}, { ocspResponse: response, scts: [sct] })).client
  t.is(quiet.ocspResponse, undefined)
  const none = connectedEnds(both({ requestOCSP: true, ocsp: 'ignore' })).client
  t.is(none.ocspResponse, undefined)
})

for (const limit of [64, 100, 1000, 16_384])
  test(`records are held to a record_size_limit of ${limit}`, t => {
    const lengths: number[] = []
    const { client, server } = connectedEnds({
      ...both(
        { recordSizeLimit: limit },
        {
          trace: event => {
            if (event.event === 'record' && event.direction === 'write' && event.protected)
              lengths.push(event.length)
          },
        },
      ),
      rings: [100_000, 100_000],
    })
    const data = new Uint8Array(20_000).fill(120)
    let at = 0
    let got = 0
    while (at < data.length) {
      const outcome = server.write(data.subarray(at))
      if (outcome.status === 'done') at += outcome.bytes
      got += readAll(client).text.length
    }
    got += readAll(client).text.length
    t.is(got, data.length)
    t.is(Math.max(...lengths), limit)
  })

test('ALPN is agreed on, and refused', t => {
  const { client, server } = connectedEnds(
    both({ ALPNProtocols: ['h2', 'echo'] }, { ALPNProtocols: ['echo'] }),
  )
  t.is(client.alpnProtocol, 'echo')
  t.is(server.alpnProtocol, 'echo')
  const made = ends(both({ ALPNProtocols: ['h2'] }, { ALPNProtocols: ['echo'] }))
  made.client.doHandshake()
  t.like(made.server.doHandshake(), { error: { alert: 'no_application_protocol' } })
})

test('every want may wait in TLS 1.2', async t => {
  const later = <T>(value: T) => new Promise<T>(resolve => setTimeout(resolve, 1, value))
  const { pem, keyPem, root } = chainFor('p256')
  const made = ends(
    both(
      {
        ...{ cert: pem, key: keyPem },
        verifyCallback: verdict => later(verdict.ok),
      },
      {
        ...{ requestCert: true, ca: root.pem },
        clientHelloCallback: () => later(undefined),
        SNICallback: () => later(undefined),
        ALPNCallback: () => later(null),
        verifyCallback: verdict => later(verdict.ok),
      },
    ),
  )
  const wants = new Set<string>()
  for (let i = 0; i < 200; i++) {
    const outcomes = [made.client.doHandshake(), made.server.doHandshake()]
    if (outcomes.every(({ status }) => status === 'done')) break
    for (const outcome of outcomes) {
      if (outcome.status === 'failed') throw outcome.error
      if ('ready' in outcome) {
        wants.add(outcome.status)
        await outcome.ready
      }
    }
  }
  t.true(made.client.connected && made.server.connected)
  t.deepEqual([...wants].sort(), ['want_client_hello', 'want_server_name', 'want_verification'])
})

test('a client without a certificate is refused where one is required, and taken where it is not', t => {
  const { root } = chainFor('p256')
  const made = ends(both({}, { requestCert: true, ca: root.pem }))
  made.client.doHandshake()
  made.server.doHandshake()
  made.client.doHandshake()
  t.like(made.server.doHandshake(), {
    error: { alert: 'handshake_failure', reason: 'PEER_DID_NOT_RETURN_A_CERTIFICATE' },
  })
  const { server } = connectedEnds(
    both({}, { requestCert: true, rejectUnauthorized: false, ca: root.pem }),
  )
  t.false(server.authorized)
  t.deepEqual(server.peerCertificates, [])
})

test('the trace of TLS 1.2 shows its messages and keys, and the key log has one line', t => {
  const events: TraceEvent[] = []
  const lines: string[] = []
  const { client } = connectedEnds(
    both({ trace: event => events.push(event), keylog: line => lines.push(line) }),
  )
  t.is(client.version, 'TLSv1.2')
  t.is(lines.length, 1)
  t.regex(lines[0] ?? '', /^CLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96}$/)
  const names = events.flatMap(event =>
    event.event === 'message'
      ? [showMessage(event.message[0] as number, event.message.subarray(4))]
      : [],
  )
  t.deepEqual(
    names.map(([name]) => name),
    [
      'ClientHello',
      'ServerHello',
      'Certificate',
      'ServerKeyExchange',
      'ServerHelloDone',
      'ClientKeyExchange',
      'Finished',
      'Finished',
    ],
  )
  for (const shown of names) t.false(shown.join().includes('unreadable'), shown.join('\n'))
  const keys = events.flatMap(event => (event.event === 'key' ? [event.name] : []))
  t.deepEqual(keys.sort(), ['client_write_key', 'server_write_key'])
})

test('a trace shows that a ticket was issued, and zeros in its place', t => {
  for (const traceSecrets of [false, true]) {
    const events: TraceEvent[] = []
    const trace = (event: TraceEvent) => events.push(event)
    const { client } = connectedEnds(both({ trace, traceSecrets }, { numTickets: 1 }))
    const shown = events.flatMap(event =>
      event.event === 'message' && event.message[0] === 4 ? [event.message] : [],
    )
    t.is(shown.length, 1)
    const [message = new Uint8Array(0)] = shown
    t.deepEqual(showMessage(4, message.subarray(4))[0], 'NewSessionTicket')
    t.is(message.length, 4 + 4 + 2 + (client.session?.ticket.length ?? 0))
    t.is(Buffer.from(message).readUInt32BE(4), 7200)
    t.is(
      message.subarray(10).every(byte => byte === 0),
      !traceSecrets,
    )
  }
})

test('a clean end of the peer leaves writing open', t => {
  const { client, server } = connectedEnds(both())
  t.is(client.shutdown().status, 'sent')
  t.is(readAll(server).status, 'closed')
  t.is(server.write(bytes('still here')).status, 'done')
  t.like(readAll(client), { text: 'still here', status: 'want_read' })
  t.is(server.shutdown().status, 'done')
  t.is(client.shutdown().status, 'done')
})

test('TLS 1.2 is not spoken where no group is a curve, and where nothing is left that is a TypeError', t => {
  const groups = ['X25519MLKEM768']
  const crypto = nodeCrypto
  for (const options of [older, { minVersion: 'TLSv1.2', ...older }] as const)
    t.throws(() => new SslContext({ crypto, groups, ...options }), {
      instanceOf: TypeError,
      code: 'ERR_INVALID_ARG_VALUE',
      message: 'groups: expected a curve for TLSv1.2, got X25519MLKEM768',
    })
  const either = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' } as const
  const { versions, suites12 } = new SslContext({ crypto, groups, ...either })
  t.deepEqual([versions, suites12], [['TLSv1.3'], []])
  const { client } = connectedEnds({ client: { groups, ...either }, server: either })
  t.is(client.version, 'TLSv1.3')
})

// Was internal_error, of a client with its first message, and of a server that asked for a certificate.
test('TLS 1.2 is not spoken where all schemes are ML-DSA, and where nothing is left that is a TypeError', t => {
  const crypto = nodeCrypto
  const sigalgs = ['mldsa44', 'mldsa65']
  t.throws(() => new SslContext({ crypto, sigalgs, ...older }), {
    instanceOf: TypeError,
    code: 'ERR_INVALID_ARG_VALUE',
    message: 'sigalgs: expected a scheme for TLSv1.2, got mldsa44, mldsa65',
  })
  const either = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' } as const
  const { versions, suites12 } = new SslContext({ crypto, sigalgs, ...either })
  t.deepEqual([versions, suites12], [['TLSv1.3'], []])
  const asks = { requestCert: true, rejectUnauthorized: false, sigalgs, ...either }
  const { client, server } = ends({ client: older, server: asks })
  client.doHandshake()
  const refused = server.doHandshake()
  t.is(refused.status === 'failed' && (refused.error as TlsAlert).alert, 'protocol_version')
})

test('with a pre-shared key TLS 1.2 needs no scheme', t => {
  const psks = [{ identity: 'us', key: new Uint8Array(32).fill(7), hash: 'sha256' }] as const
  const sigalgs = ['mldsa44']
  const { client } = connectedEnds({
    client: { psks, sigalgs, ...older },
    server: { psks, sigalgs, ...older },
  })
  t.is(client.version, 'TLSv1.2')
})
