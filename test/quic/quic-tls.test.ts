/** `QuicTls` without a network: what comes in which order, sessions, 0-RTT, wants, secrets that are wiped. */
import { nodeCrypto } from '@biopair/crypto-node'
import { SslContext, sessionFromBytes, sessionToBytes } from '@biopair/ssl'
import { QuicTls } from '@biopair/ssl/quic'
import test from 'ava'
import fc from 'fast-check'
import { chainFor } from '../support/mint.ts'
import { seeded } from '../support/seeded.ts'
import {
  clientContext,
  clientParameters,
  clientTls,
  End,
  exchange,
  hex,
  join,
  joinLater,
  type Pair,
  serverContext,
  serverParameters,
  serverTls,
} from './support/ends.ts'

test('a full handshake hands out bytes and secrets in the order of RFC 9001 4.1.4', t => {
  const { client, server } = join(clientTls(clientContext()), serverTls(serverContext()))
  t.is(client.outcome?.status, 'done')
  t.is(server.outcome?.status, 'done')
  t.deepEqual(client.told, [
    'crypto initial',
    'read handshake',
    'write handshake',
    'transport_parameters',
    'read application',
    'crypto handshake',
    'write application',
    'complete',
    'ticket',
    'ticket',
  ])
  t.deepEqual(server.told, [
    'transport_parameters',
    'crypto initial',
    'write handshake',
    'read handshake',
    'crypto handshake',
    'write application',
    'read application',
    'complete',
    'crypto application',
  ])
  agree(t, { client, server })
  t.deepEqual(client.tls.transportParameters, serverParameters)
  t.deepEqual(server.tls.transportParameters, clientParameters)
  for (const { tls } of [client, server]) {
    t.true(tls.complete)
    t.is(tls.state, 'CONNECTED')
    t.is(tls.alpnProtocol, 'h3')
    t.is(tls.servername, 'server.example')
    t.is(tls.group, 'x25519')
    t.is(tls.earlyData, 'none')
    t.false(tls.resumed)
  }
  t.true(client.tls.authorized)
  t.is(client.tls.peerCertificates.length, 2)
  t.is(client.tls.peerSignatureScheme, 'ecdsa_secp256r1_sha256')
})

/** Both have the same secrets, each read by one where the other writes, and export the same. */
function agree(t: { deepEqual: (a: unknown, b: unknown) => boolean }, { client, server }: Pair) {
  t.deepEqual(client.secrets('write'), server.secrets('read'))
  t.deepEqual(server.secrets('write'), client.secrets('read'))
  const exported = [client, server].map(({ tls }) =>
    hex(tls.exportKeyingMaterial(32, 'EXPORTER-x')),
  )
  t.deepEqual(exported[0], exported[1])
}

test('bytes may be cut anywhere, and the caller may use its array again', t => {
  const whole = join(clientTls(clientContext({ random: seeded('c') })), server('s'))
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 400 }), cut => {
      const pair = join(clientTls(clientContext({ random: seeded('c') })), server('s'), cut)
      for (const side of ['client', 'server'] as const)
        for (const level of ['initial', 'handshake'] as const)
          t.deepEqual(pair[side].sent(level), whole[side].sent(level))
      agree(t, pair)
    }),
    { numRuns: 15 },
  )
  const client = new End(clientTls(clientContext()))
  const other = serverTls(serverContext())
  client.tls.advance()
  const [hello] = client.take()
  const scratch = new Uint8Array(50)
  for (let at = 0; at < (hello?.bytes.length ?? 0); at += 50) {
    const piece = hello?.bytes.subarray(at, at + 50) ?? new Uint8Array(0)
    scratch.set(piece)
    other.provide('initial', scratch.subarray(0, piece.length))
    scratch.fill(0)
  }
  t.is(other.state, 'WAIT_FINISHED')

  function server(seed: string) {
    return serverTls(serverContext({ random: seeded(seed) }))
  }
})

test('with one seed, every byte and every secret is the same again', t => {
  const run = () => {
    const now = () => 1_790_000_000_000
    const pair = join(
      clientTls(clientContext({ random: seeded('a'), now })),
      serverTls(serverContext({ random: seeded('b'), now })),
    )
    return [pair.client, pair.server].map(end => [
      ...(['initial', 'handshake', 'application'] as const).map(level => hex(end.sent(level))),
      ...end.secrets('write'),
    ])
  }
  t.deepEqual(run(), run())
})

/** A session of a connection before. */
function sessionOf(server: SslContext, context = clientContext(), options = {}) {
  const pair = join(clientTls(context, options), serverTls(server, options))
  const [session] = pair.client.sessions
  if (!session) throw new Error('the server issues no ticket')
  return session
}

test('0-RTT: accepted data goes under keys that both have, and there is no EndOfEarlyData', t => {
  const server = serverContext({ maxEarlyData: 1 })
  const session = sessionOf(server)
  t.is(session.maxEarlyData, 0xffffffff)
  t.is(session.quic?.version, 1)
  t.deepEqual(session.quic?.transportParameters, serverParameters)
  const restored = sessionFromBytes(sessionToBytes(session))
  t.deepEqual(restored, session)
  const pair = join(
    clientTls(clientContext(), { session: restored, earlyData: true }),
    serverTls(server),
  )
  t.deepEqual(pair.client.told.slice(0, 4), [
    'crypto initial',
    'write early',
    'read handshake',
    'write handshake',
  ])
  t.true(pair.client.told.includes('early_data accepted'))
  t.deepEqual(pair.server.told.slice(0, 6), [
    'transport_parameters',
    'early_data accepted',
    'crypto initial',
    'write handshake',
    'read early',
    'read handshake',
  ])
  agree(t, pair)
  for (const { tls } of [pair.client, pair.server]) {
    t.is(tls.earlyData, 'accepted')
    t.true(tls.resumed)
  }
  // A Finished alone: four bytes of header, and the hash.
  const hash = pair.client.tls.cipher?.hash === 'sha384' ? 48 : 32
  t.is(pair.client.sent('handshake').length, 4 + hash)
})

test('0-RTT: it is rejected after a HelloRetryRequest, in another context, once it was seen, and without being asked for not offered', t => {
  const maxEarlyData = { maxEarlyData: 1 }
  const both = { ...maxEarlyData, groups: 'secp256r1' }
  const attempt = (server: SslContext, other = {}, options = {}, client = clientContext()) => {
    const session = sessionOf(server, client)
    const pair = join(
      clientTls(client, { session, earlyData: true, ...other }),
      serverTls(server, options),
    )
    t.is(pair.client.outcome?.status, 'done')
    agreeBut(t, pair)
    return pair
  }
  const wide = clientContext({ groups: 'x25519:secp256r1', keyShares: 'x25519' })
  const retried = attempt(serverContext(both), {}, {}, wide)
  t.true(retried.client.tls.retried)
  t.true(retried.server.tls.retried)
  t.is(retried.client.tls.earlyData, 'rejected')
  const elsewhere = attempt(serverContext(maxEarlyData), {}, { earlyDataContext: Uint8Array.of(1) })
  t.is(elsewhere.client.tls.earlyData, 'rejected')
  t.true(elsewhere.client.tls.resumed, 'the session itself is good')
  for (const { client, server } of [retried, elsewhere]) {
    t.true(client.told.includes('early_data rejected'))
    t.true(server.told.includes('early_data rejected'))
    t.false(server.told.includes('read early'))
  }
  t.is(attempt(serverContext(maxEarlyData), { earlyData: false }).server.tls.earlyData, 'none')
  t.is(attempt(serverContext()).client.tls.earlyData, 'none', 'the ticket permits none')

  // The same ClientHello twice.
  const server = serverContext(maxEarlyData)
  const client = new End(
    clientTls(clientContext(), { session: sessionOf(server), earlyData: true }),
  )
  client.tls.advance()
  const [hello] = client.take()
  const seen = [1, 2].map(() => {
    const tls = serverTls(server)
    tls.provide('initial', hello?.bytes ?? new Uint8Array(0))
    return tls.earlyData
  })
  t.deepEqual(seen, ['accepted', 'rejected'])
})

/** As `agree`, where the client has a key for early data that the server has not. */
function agreeBut(t: Parameters<typeof agree>[0], { client, server }: Pair): void {
  const late = client.secrets('write').filter(secret => !secret.startsWith('early'))
  t.deepEqual(late, server.secrets('read'))
  t.deepEqual(server.secrets('write'), client.secrets('read'))
}

test('a session goes with its carrier and its version: none of records over QUIC, none of version 1 in version 2', t => {
  const server = serverContext()
  const session = sessionOf(server)
  const misused = { instanceOf: TypeError, code: 'ERR_INVALID_ARG_VALUE' }
  t.throws(() => clientTls(clientContext(), { session, version: 2 }), misused)
  t.throws(() => clientTls(clientContext(), { session: { ...session, quic: undefined } }), misused)
  // Whatever a client thinks, the server knows its tickets.
  const version2 = {
    ...session,
    quic: { version: 2 as const, transportParameters: serverParameters },
  }
  const options = { version: 2 } as const
  const pair = join(
    clientTls(clientContext(), { session: version2, ...options }),
    serverTls(server, options),
  )
  t.is(pair.client.outcome?.status, 'done')
  t.false(pair.server.tls.resumed)
  const good = sessionOf(server, clientContext(), options)
  const again = join(
    clientTls(clientContext(), { session: good, ...options }),
    serverTls(server, options),
  )
  t.true(again.server.tls.resumed)
})

test('a client shows its certificate, and a resumed session remembers it', t => {
  const { root, pem, keyPem } = chainFor('ed25519')
  const server = serverContext({ requestCert: true, ca: root.pem })
  const client = clientContext({ cert: pem, key: keyPem })
  const pair = join(clientTls(client), serverTls(server))
  t.is(pair.server.outcome?.status, 'done')
  t.true(pair.server.tls.authorized)
  const [session] = pair.client.sessions
  const again = join(clientTls(client, { session }), serverTls(server))
  t.true(again.server.tls.resumed)
  t.true(again.server.tls.authorized)
  t.is(again.server.tls.peerCertificates.length, 2)
})

test('wants wait for promises, and bytes that come meanwhile wait with them', async t => {
  const { pem, keyPem } = chainFor('p256')
  const later = <T>(value: T) => new Promise<T>(resolve => setImmediate(() => resolve(value)))
  const plain = new SslContext({ crypto: nodeCrypto, cert: pem, key: keyPem })
  const key = plain.credentials[0]?.key
  const seen: string[] = []
  const noted = <T>(name: string, value: T) => {
    seen.push(name)
    return later(value)
  }
  const server = serverContext({
    clientHelloCallback: () => noted('client_hello', undefined),
    SNICallback: () => noted('server_name', undefined),
    ALPNCallback: () => noted('alpn', 'h3'),
    certificateCallback: () => noted('certificate', plain.credentials[0]),
    signCallback: want =>
      noted('signature', key?.sign(want.scheme.algorithm, want.content) ?? new Uint8Array(0)),
  })
  const client = clientContext({ verifyCallback: verdict => noted('verification', verdict.ok) })
  const pair = await joinLater(clientTls(client), serverTls(server))
  t.is(pair.client.outcome?.status, 'done')
  t.is(pair.server.outcome?.status, 'done')
  t.deepEqual(seen, [
    ...['client_hello', 'server_name', 'alpn', 'certificate', 'signature', 'verification'],
  ])
  agree(t, pair)

  // Piece by piece into a server that stands at a want: nothing is lost, and nothing that it looks at changes.
  const slow = serverTls(server)
  const source = new End(clientTls(clientContext()))
  source.tls.advance()
  const [hello] = source.take()
  const bytes = hello?.bytes ?? new Uint8Array(0)
  t.is(slow.provide('initial', bytes).status, 'want_client_hello')
  t.is(slow.provide('initial', new Uint8Array(0)).status, 'want_client_hello')
  t.is(slow.provide('initial', Uint8Array.of(20)).status, 'want_client_hello')
  for (let outcome = slow.advance(); 'ready' in outcome; outcome = slow.advance())
    await outcome.ready
  const failed = slow.advance()
  t.is(failed.status, 'failed', 'the byte was of a level that was through')
  t.is(failed.status === 'failed' && failed.code, 0x0a)
})

test('a server issues tickets when asked, and not before the handshake is complete', t => {
  const server = serverContext({ ticketPolicy: 'on_demand' })
  const pair = join(clientTls(clientContext()), serverTls(server))
  t.is(pair.client.sessions.length, 0)
  t.is(pair.server.tls.newSessionTicket().status, 'done')
  exchange(pair)
  t.is(pair.client.sessions.length, 1)
  t.is(pair.client.tls.session, pair.client.sessions[0])
  const early = { instanceOf: TypeError, code: 'ERR_STILL_IN_INIT' }
  t.throws(() => serverTls(server).newSessionTicket(), early)
  t.throws(() => pair.client.tls.newSessionTicket(), { code: 'ERR_NOT_SERVER' })
  const never = serverTls(serverContext({ ticketPolicy: 'never' }))
  t.throws(() => never.newSessionTicket(), { code: 'ERR_INVALID_ARG_VALUE' })
})

test('a server makes its transport parameters of the client’s, once', t => {
  const seen: unknown[] = []
  const pair = join(
    clientTls(clientContext(), {
      transportParameters: peer => {
        seen.push(peer)
        return clientParameters
      },
    }),
    serverTls(serverContext(), {
      transportParameters: peer => {
        seen.push(peer)
        return Uint8Array.of(...(peer ?? []), 9)
      },
    }),
  )
  t.deepEqual(seen, [undefined, clientParameters])
  t.deepEqual(pair.client.tls.transportParameters, Uint8Array.of(1, 2, 3, 9))
  const failing = join(
    clientTls(clientContext()),
    serverTls(serverContext(), {
      transportParameters: () => {
        throw Object.assign(new TypeError('no'), { code: 'ERR_OF_ITS_OWN' })
      },
    }),
  )
  t.is(failing.server.outcome?.status, 'failed')
  t.is(failing.server.outcome?.status === 'failed' && failing.server.outcome.code, 0x0150)
})

test('what was not taken is wiped at close, what was taken is the caller’s, and then every call is a TypeError', t => {
  const client = clientTls(clientContext())
  const server = serverTls(serverContext())
  const source = new End(client)
  client.advance()
  server.provide('initial', source.take()[0]?.bytes ?? new Uint8Array(0))
  const first = server.next()
  t.is(first?.event, 'transport_parameters')
  t.is(server.next()?.event, 'crypto')
  const taken = server.next()
  server.close()
  server.close()
  t.is(server.next(), undefined)
  t.true(taken?.event === 'secret' && taken.secret.some(byte => byte !== 0))
  t.throws(() => server.advance(), { code: 'ERR_CLOSED' })
  t.throws(() => server.provide('initial', Uint8Array.of(1)), { code: 'ERR_CLOSED' })
  t.throws(() => server.exportKeyingMaterial(1, 'x'), { code: 'ERR_CLOSED' })
  t.throws(() => client.exportKeyingMaterial(1, 'x'), { code: 'ERR_STILL_IN_INIT' })
  t.deepEqual(server.transportParameters, clientParameters)
})

test('a callback cannot call the connection that asks it', t => {
  let tls: QuicTls | undefined
  const server = serverContext({
    clientHelloCallback: () => {
      tls?.advance()
    },
  })
  tls = serverTls(server)
  const { server: end } = join(clientTls(clientContext()), tls)
  const { outcome } = end
  t.is(outcome?.status, 'failed')
  t.is(
    outcome?.status === 'failed' &&
      (outcome.error.cause as (Error & { code: string }) | undefined)?.code,
    'ERR_REENTRANT_CALL',
  )
})

test('options that make no sense are a TypeError with a code, at once', t => {
  const transportParameters = clientParameters
  const client = clientContext()
  const misuse = (code: string, make: () => unknown) =>
    t.throws(make, { instanceOf: TypeError, code })
  misuse('ERR_INVALID_ARG_VALUE', () => clientTls(client, { role: 'peer' as 'client' }))
  misuse('ERR_INVALID_ARG_VALUE', () => clientTls(client, { version: 3 as 2 }))
  misuse('ERR_UNKNOWN_OPTION', () => clientTls(client, { ticket: 1 } as object))
  misuse('ERR_NO_SERVERNAME', () => new QuicTls(client, { role: 'client', transportParameters }))
  misuse('ERR_NO_CERTIFICATE', () => serverTls(client))
  misuse('ERR_NO_TRUST_ANCHORS', () => clientTls(serverContext()))
  misuse('ERR_INVALID_ARG_TYPE', () => new QuicTls(client, { role: 'client' } as never))
  misuse('ERR_INVALID_ARG_VALUE', () => clientTls(clientContext({ ALPNProtocols: [] })))
  misuse('ERR_INVALID_ARG_VALUE', () => serverTls(serverContext({ ALPNProtocols: [] })))
  const tiny = clientContext({ ciphers: 'TLS_AES_128_CCM_8_SHA256' })
  misuse('ERR_INVALID_ARG_VALUE', () => clientTls(tiny))
  const tls = clientTls(client)
  misuse('ERR_INVALID_ARG_VALUE', () => tls.provide('handshake', Uint8Array.of(1)))
  misuse('ERR_INVALID_ARG_VALUE', () => tls.provide('early' as 'initial', Uint8Array.of(1)))
  misuse('ERR_INVALID_ARG_TYPE', () => tls.provide('initial', 'x' as never))
  misuse('ERR_INVALID_ARG_VALUE', () => {
    tls.version = 7 as 1
  })
  t.is(tls.advance().status, 'want_read', 'a misuse changes nothing')
})
