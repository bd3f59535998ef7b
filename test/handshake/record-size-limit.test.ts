/** record_size_limit in both roles, as a whole connection keeps it (RFC 8449; field.md's rule 58). */
import { nodeCrypto } from '@biopair/crypto-node'
import {
  type ClientHello,
  EncryptedExtensions,
  extensionTypes,
  type RawExtension,
  readExtension,
  writeExtension,
} from '@biopair/handshake'
import { SslContext, type TraceEvent } from '@biopair/ssl'
import test from 'ava'
import fc from 'fast-check'
import { ClientPeer, withExtension, withRaw } from '../support/client-peer.ts'
import { ends, shake } from '../support/ends.ts'
import { chainFor } from '../support/mint.ts'
import { contentTypes, type Peer } from '../support/peer.ts'
import { identityOf } from '../support/peer-identity.ts'
import { connected, refused } from '../support/refused.ts'
import { ServerPeer } from '../support/server-peer.ts'

const identity = identityOf('p256')
const { pem, keyPem, root } = chainFor('p256')
const base = { crypto: nodeCrypto, groups: ['x25519', 'secp256r1'] }
/** What a protected body has beside content, type and padding. */
const tag = 16

const client = (recordSizeLimit?: number) =>
  new ServerPeer(
    new SslContext({
      ...base,
      ca: root.pem,
      ...(recordSizeLimit === undefined ? {} : { recordSizeLimit }),
    }),
    identity,
  )
const server = (recordSizeLimit?: number) =>
  new ClientPeer(
    new SslContext({
      ...base,
      cert: pem,
      key: keyPem,
      ...(recordSizeLimit === undefined ? {} : { recordSizeLimit }),
    }),
    identity,
  )
const saying = (limit: number) => (hello: ClientHello) =>
  withExtension(hello, 'record_size_limit', limit)
const answering =
  (...limits: readonly number[]) =>
  (): EncryptedExtensions => ({
    extensions: limits.map(limit =>
      writeExtension('EncryptedExtensions', 'record_size_limit', limit),
    ),
  })
const maxFragmentLength: RawExtension = { extension_type: 1, extension_data: Uint8Array.of(1) }

/** Our client or our server, connected to a peer that agreed on `limit` for what it sends. */
const limited: Readonly<Record<'client' | 'server', (limit: number) => Peer>> = {
  client: limit => {
    const peer = client(limit)
    peer.recordSize = limit - 1
    peer.connect({ encryptedExtensions: answering(16385) })
    return peer
  },
  server: limit => {
    const peer = server(limit)
    peer.connect(saying(16385))
    return peer
  },
}
const roles = ['client', 'server'] as const

test('rule 58: whatever the two ends say, no protected record goes beyond it, and every byte arrives', t => {
  const limit = fc.oneof(
    fc.constantFrom(64, 65, 16384, 16385),
    fc.integer({ min: 64, max: 2000 }),
    fc.integer({ min: 64, max: 16385 }),
  )
  const ask = { client: limit, server: limit, length: fc.integer({ min: 1, max: 20000 }) }
  fc.assert(
    fc.property(fc.record({ ...ask, maxFragment: fc.integer({ min: 512, max: 16384 }) }), made => {
      const said: Record<'client' | 'server', number[]> = { client: [], server: [] }
      const watch = (role: 'client' | 'server') => (event: TraceEvent) => {
        if (event.event !== 'record' || event.direction !== 'write' || !event.protected) return
        said[role].push(((event.header[3] as number) << 8) | (event.header[4] as number))
      }
      const options = { requestCert: true, ca: root.pem, limits: { maxFragment: made.maxFragment } }
      const pair = ends({
        client: { recordSizeLimit: made.client, cert: pem, key: keyPem, trace: watch('client') },
        server: { ...options, recordSizeLimit: made.server, trace: watch('server') },
        rings: [40_000, 40_000],
      })
      shake(pair)
      const data = Uint8Array.from({ length: made.length }, (_, i) => (i * 7) & 0xff)
      for (const [from, to] of [
        [pair.client, pair.server],
        [pair.server, pair.client],
      ] as const) {
        from.keyUpdate()
        const into = new Uint8Array(data.length)
        for (let sent = 0, got = 0; got < data.length; ) {
          if (sent < data.length) {
            const wrote = from.write(data.subarray(sent))
            if (wrote.status === 'done') sent += wrote.bytes
          }
          const read = to.read(into.subarray(got))
          if (read.status === 'failed') throw read.error
          if (read.status === 'done') got += read.bytes
        }
        if (Buffer.compare(into, data) !== 0) throw new Error('it arrived changed')
      }
      const most = { client: made.server, server: made.client }
      for (const role of roles) {
        const longest = Math.max(...said[role]) - tag
        if (longest > most[role]) throw new Error(`${role}: ${longest} beyond ${most[role]}`)
        // As long as may be: nothing is cut finer than was asked for.
        const cut = Math.min(role === 'server' ? made.maxFragment + 1 : 16385, most[role])
        if (made.length >= cut - 1 && longest < cut)
          throw new Error(`${role}: ${longest} below ${cut}`)
      }
    }),
    { numRuns: 60 },
  )
  t.pass()
})

test('rule 58: our client says its limit, the longest record of TLS 1.3 unless told otherwise', t => {
  for (const [given, said] of [
    [undefined, 16385],
    [64, 64],
    [0, undefined],
  ] as const) {
    const peer = client(given)
    peer.step()
    t.is(readExtension('ClientHello', 'record_size_limit', peer.hello?.extensions ?? []), said)
  }
})

test('rule 58: our server answers a client that speaks of it, and no other; max_fragment_length beside it is ignored', t => {
  const answer = (
    given: number | undefined,
    edit: (hello: ClientHello) => ClientHello,
    alone = false,
  ) => {
    const peer = server(given)
    peer.connect(edit)
    const [encrypted] = peer.said(EncryptedExtensions)
    const raw = encrypted?.extensions ?? []
    t.is(
      raw.some(({ extension_type }) => extension_type === 1),
      alone,
    )
    connected(t, peer)
    return readExtension('EncryptedExtensions', 'record_size_limit', raw)
  }
  t.is(answer(undefined, saying(16385)), 16385)
  t.is(answer(100, saying(64)), 100)
  t.is(answer(0, saying(64)), undefined)
  t.is(
    answer(100, hello => hello),
    undefined,
  )
  t.is(
    answer(100, hello => withRaw(hello, maxFragmentLength), true),
    undefined,
  )
  t.is(
    answer(200, hello => withRaw(saying(100)(hello), maxFragmentLength)),
    200,
  )
})

test('rule 58: a server holds its flight, tickets and alerts to it; what is in the clear is not subject', t => {
  const peer = server()
  peer.connect(saying(64))
  t.deepEqual(peer.ssl.write(new Uint8Array(200)), { status: 'done', bytes: 200 })
  peer.record(99, Uint8Array.of(1))
  t.is(peer.step().status, 'failed')
  const clear = peer.heard.find(heard => heard.kind === 'message' && heard.name === 'ServerHello')
  t.true((peer.lengths[clear?.record ?? -1] ?? 0) > 64)
  const later = new Set(peer.heard.filter(h => h.under !== 'nothing').map(h => h.record))
  const lengths = peer.lengths.filter((_, i) => i > Math.min(...later))
  t.true(lengths.length > 10)
  for (const length of lengths) t.true(length <= 64 + tag, String(length))
})

test('rule 58: a client with a certificate holds its flight to it, after a HelloRetryRequest too', t => {
  const context = new SslContext({ ...base, ca: root.pem, cert: pem, key: keyPem })
  const peer = new ServerPeer(context, identity)
  peer.step()
  peer.sendRetry('secp256r1')
  peer.step()
  peer.sendServerHello()
  peer.sendFlight({ encryptedExtensions: answering(64), certificateRequest: made => made })
  t.is(peer.step().status, 'want_read')
  const inside = peer.heard.flatMap(h => (h.under === 'handshake' ? [peer.lengths[h.record]] : []))
  t.is(inside.length, 3)
  for (const length of inside) t.true((length ?? 0) <= 64 + tag, String(length))
  connected(t, peer)
})

for (const limit of [0, 63])
  test(`rule 58: a record_size_limit of ${limit}: illegal_parameter, in both roles`, t => {
    const toServer = server()
    toServer.sendHello(saying(limit))
    refused(t, toServer, 'illegal_parameter', 'nothing')
    const toClient = client()
    toClient.step()
    toClient.sendServerHello()
    toClient.sendFlight({ encryptedExtensions: answering(limit) })
    refused(t, toClient, 'illegal_parameter', 'handshake')
  })

test('rule 58: a client may say more than TLS 1.3 allows, and is sent no more than that', t => {
  const peer = server()
  peer.connect(saying(65535))
  t.is(peer.ssl.write(new Uint8Array(20000)).status, 'done')
  peer.step()
  t.is(Math.max(...peer.lengths), 16385 + tag)
})

test('rule 58: a server that says more than TLS 1.3 allows: illegal_parameter', t => {
  const peer = client()
  peer.step()
  peer.sendServerHello()
  peer.sendFlight({ encryptedExtensions: answering(16386) })
  refused(t, peer, 'illegal_parameter', 'handshake')
})

test('rule 58: record_size_limit and max_fragment_length both come back: illegal_parameter', t => {
  const peer = client()
  peer.step()
  peer.sendServerHello()
  peer.sendFlight({
    encryptedExtensions: () => ({
      extensions: [maxFragmentLength, ...answering(1000)().extensions],
    }),
  })
  refused(t, peer, 'illegal_parameter', 'handshake')
})

test('rule 58: a record_size_limit of three bytes: decode_error; two of them: illegal_parameter', t => {
  const peer = server()
  const extension_data = Uint8Array.of(1, 0, 0)
  peer.sendHello(hello =>
    withRaw(hello, { extension_type: extensionTypes.record_size_limit, extension_data }),
  )
  refused(t, peer, 'decode_error', 'nothing')
  const twice = client()
  twice.step()
  twice.sendServerHello()
  twice.sendFlight({ encryptedExtensions: answering(1000, 1000) })
  refused(t, twice, 'illegal_parameter', 'handshake')
})

for (const role of roles) {
  test(`rule 58: a connected ${role} takes records up to its limit, padding and type counted, keys changed or not`, t => {
    const peer = limited[role](100)
    for (const [length, padding] of [
      [99, 0],
      [1, 98],
      [50, 49],
    ] as const) {
      peer.record(contentTypes.data, new Uint8Array(length).fill(length), { padding })
      t.is(peer.step().status, 'want_read')
      t.is(peer.delivered.at(-1)?.length, length)
      peer.keyUpdate()
    }
    connected(t, peer)
  })

  for (const [what, length, padding, updates] of [
    ['content', 100, 0, 0],
    ['padding', 1, 99, 0],
    ['content, after a KeyUpdate', 100, 0, 1],
    ['content by far', 16384, 0, 0],
  ] as const)
    test(`rule 58: a record beyond the limit of a ${role} by its ${what}: record_overflow`, t => {
      const peer = limited[role](100)
      for (let i = 0; i < updates; i++) peer.keyUpdate()
      peer.record(contentTypes.data, new Uint8Array(length), { padding })
      refused(t, peer, 'record_overflow', 'application')
    })

  test(`rule 58: a ${role} refuses a record beyond its limit by the header, before its body has come`, t => {
    const peer = limited[role](100)
    peer.bytes(Uint8Array.of(23, 3, 3, 0, 100 + tag + 1))
    refused(t, peer, 'record_overflow', 'application')
  })
}

test('rule 58: a client that beside agreeing goes beyond it with its Finished: record_overflow', t => {
  const peer = server(64)
  peer.sendHello(saying(16385))
  peer.step()
  peer.record(contentTypes.handshake, peer.finished().verify_data, { padding: 32 })
  refused(t, peer, 'record_overflow', 'application')
})

test('rule 58: a server that agrees in a record that goes beyond it: record_overflow', t => {
  const peer = client(64)
  peer.step()
  peer.sendServerHello()
  const raw = peer.say(EncryptedExtensions, answering(16385)())
  peer.record(contentTypes.handshake, raw, { padding: 64 })
  refused(t, peer, 'record_overflow', 'handshake')
})

test('rule 58: a limit that is not answered holds for neither side', t => {
  const peer = client(64)
  peer.connect()
  t.is(peer.ssl.write(new Uint8Array(1000)).status, 'done')
  peer.step()
  t.is(Math.max(...peer.lengths.slice(-1)), 1001 + tag)
  peer.data(new Uint8Array(1000))
  t.is(peer.step().status, 'want_read')
  t.is(peer.delivered.at(-1)?.length, 1000)
})

test('recordSizeLimit is 0 or from 64 to 16 385', t => {
  for (const recordSizeLimit of [1, 63, 16386])
    t.throws(() => new SslContext({ ...base, recordSizeLimit }), {
      instanceOf: TypeError,
      code: 'ERR_INVALID_ARG_VALUE',
      message: /^recordSizeLimit: /,
    })
  for (const recordSizeLimit of [0, 64, 16385])
    t.notThrows(() => new SslContext({ ...base, recordSizeLimit }))
})
