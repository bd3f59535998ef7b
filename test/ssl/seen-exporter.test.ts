/** Exporters, early exporters and channel bindings (RFC 9846 section 7.5, RFC 9266, RFC 5929). */
import { createHash } from 'node:crypto'
import { type ContextOptions, type Ssl, SslContext } from '@biopair/ssl'
import { SSL_export_keying_material, SSL_export_keying_material_early } from '@biopair/ssl/openssl'
import test from 'ava'
import fc from 'fast-check'
import { play } from '../openssl/support/play.ts'
import {
  clientContext as cClient,
  serverContext as cServer,
  endsOver,
  versions,
} from '../openssl/support/tls.ts'
import { connectedEnds, ends, shake } from '../support/ends.ts'
import { digest, expandLabel, hmac } from '../support/key-schedule.ts'
import { chainFor, type KeyKind, mint } from '../support/mint.ts'
import { clientContext, serverContext, sessionOf, visit } from '../support/resume.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const short = fc.uint8Array({ maxLength: 300 })
const label = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 249 })
const psks = [{ identity: 'both', key: new Uint8Array(32).fill(5) }]

test('both ends export the same, and another label, context or length gives other bytes', t => {
  const { client, server } = connectedEnds()
  const run = fc.property(
    label,
    short,
    fc.integer({ min: 16, max: 8160 }),
    (name, context, length) => {
      const material = client.exportKeyingMaterial(length, name, context)
      t.is(material.length, length)
      t.deepEqual(material, server.exportKeyingMaterial(length, name, context))
      const others = [
        client.exportKeyingMaterial(length, `${name.slice(0, -1)}\x7f`, context),
        client.exportKeyingMaterial(length, name, Uint8Array.of(...context, 0)),
        client.exportKeyingMaterial(length === 16 ? 17 : 16, name, context),
      ]
      for (const other of others) t.not(hex(other).slice(0, 32), hex(material).slice(0, 32))
    },
  )
  fc.assert(run, { numRuns: 60 })
})

test('rule 54: no context is an empty one, and the early exporter is a call of its own', async t => {
  const session = await sessionOf(clientContext(), serverContext(shared))
  const { client, server } = await visit(clientContext(), serverContext(shared), { session })
  for (const end of [client, server]) {
    const empty = new Uint8Array(0)
    t.deepEqual(end.exportKeyingMaterial(20, 'x'), end.exportKeyingMaterial(20, 'x', empty))
    t.deepEqual(
      end.exportEarlyKeyingMaterial(20, 'x'),
      end.exportEarlyKeyingMaterial(20, 'x', empty),
    )
    t.notDeepEqual(end.exportEarlyKeyingMaterial(20, 'x'), end.exportKeyingMaterial(20, 'x'))
  }
})
const shared: ContextOptions = { ticketKeys: new Uint8Array(48).fill(4) }

test('what HKDF-Expand-Label has no room for is a TypeError with a code', t => {
  const { client } = connectedEnds({ client: { ciphers: 'TLS_AES_256_GCM_SHA384' } })
  const most = 255 * 48
  t.is(client.exportKeyingMaterial(most, 'x').length, most)
  t.is(client.exportKeyingMaterial(0, 'x').length, 0)
  t.is(client.exportKeyingMaterial(1, 'x'.repeat(249)).length, 1)
  const value = { instanceOf: TypeError, code: 'ERR_INVALID_ARG_VALUE' }
  for (const length of [-1, 1.5, Number.NaN, most + 1, 2 ** 32])
    t.throws(() => client.exportKeyingMaterial(length, 'x'), value, String(length))
  for (const name of ['', 'x'.repeat(250), 'a \u0142'])
    t.throws(() => client.exportKeyingMaterial(1, name), value)
  const type = { instanceOf: TypeError, code: 'ERR_INVALID_ARG_TYPE' }
  t.throws(() => client.exportKeyingMaterial(1, 'x', 'context' as never), type)
  t.throws(() => client.exportKeyingMaterial(1, 5 as never), type)
})

const exporting: Readonly<Record<string, (end: Ssl) => unknown>> = {
  exportKeyingMaterial: end => end.exportKeyingMaterial(16, 'x'),
  'channelBinding of the exporter': end => end.channelBinding('tls-exporter'),
  'channelBinding of the end point': end => end.channelBinding('tls-server-end-point'),
}
for (const [name, call] of Object.entries(exporting))
  test(`${name}: not before the peer's Finished, and not after the end`, t => {
    const early = { code: 'ERR_STILL_IN_INIT' }
    const { client, server } = ends()
    t.throws(() => call(client), early)
    client.doHandshake()
    t.throws(() => call(client), early)
    server.doHandshake()
    // Its own Finished is out, and exporter_secret known: but not yet with whom.
    t.is(server.state, 'WAIT_FINISHED')
    t.throws(() => call(server), early)
    shake({ client, server })
    t.notThrows(() => call(client))
    t.notThrows(() => call(server))
    client.shutdown()
    t.notThrows(() => call(client))
    client.close()
    t.throws(() => call(client), { code: 'ERR_CLOSED' })
    t.is(server.read(new Uint8Array(1)).status, 'closed')
    t.notThrows(() => call(server), 'the write half goes on')
  })

/** What a second implementation derives from a secret. */
function oracle(secret: Uint8Array, name: string, context: Uint8Array, length: number) {
  const derived = expandLabel('sha256', secret, name, digest('sha256'), 32)
  return expandLabel('sha256', derived, 'exporter', digest('sha256', context), length)
}

const ways: Readonly<
  Record<string, { client: ContextOptions; server: ContextOptions; resume?: true }>
> = {
  'a ticket': { client: {}, server: shared, resume: true },
  'a key of both': { client: { psks }, server: { psks } },
}
for (const [way, options] of Object.entries(ways))
  test(`the early exporter of both ends is that of the key and the ClientHello: ${way}`, async t => {
    let hello: Uint8Array | undefined
    const client = clientContext({
      ...options.client,
      ciphers: 'TLS_AES_128_GCM_SHA256',
      trace: event => {
        if (event.event === 'message') hello ??= event.message
      },
    })
    const server = serverContext(options.server)
    const session = options.resume && (await sessionOf(client, server))
    hello = undefined
    const met = await visit(client, server, { session: session || undefined })
    t.true(met.client.resumed || met.client.pskIdentity !== undefined)
    const key = session ? session.psk : (psks[0]?.key ?? new Uint8Array(0))
    const early = hmac('sha256', new Uint8Array(32), key)
    const secret = expandLabel(
      'sha256',
      early,
      'e exp master',
      digest('sha256', hello ?? early),
      32,
    )
    const context = Uint8Array.of(1, 2)
    for (const end of [met.client, met.server])
      t.deepEqual(
        end.exportEarlyKeyingMaterial(40, 'early', context),
        oracle(secret, 'early', context, 40),
      )
    met.client.close()
    t.throws(() => met.client.exportEarlyKeyingMaterial(40, 'early'), { code: 'ERR_CLOSED' })
  })

test('a client has its early exporter from the ClientHello on, a server from its ServerHello on', t => {
  const { client, server } = ends({ client: { psks }, server: { psks } })
  t.throws(() => client.exportEarlyKeyingMaterial(9, 'x'), { code: 'ERR_STILL_IN_INIT' })
  client.doHandshake()
  const early = client.exportEarlyKeyingMaterial(9, 'x')
  server.doHandshake()
  t.is(server.state, 'WAIT_FINISHED')
  t.deepEqual(server.exportEarlyKeyingMaterial(9, 'x'), early)
  shake({ client, server })
  t.deepEqual(client.exportEarlyKeyingMaterial(9, 'x'), early)
})

const other = [{ identity: 'other', key: new Uint8Array(32).fill(6) }]
const refused: Readonly<
  Record<string, { client?: ContextOptions; server?: ContextOptions; early?: true }>
> = {
  'there is no key': {},
  'the server knows no such key': { client: { psks }, early: true },
  'the server takes the second key': {
    client: { psks: [...psks, ...other] },
    server: { psks: other },
    early: true,
  },
  'the server asks for another ClientHello': {
    client: { psks, groups: 'x25519:P-256' },
    server: { psks, groups: 'P-256' },
    early: true,
  },
}
for (const [why, options] of Object.entries(refused))
  test(`there is no early exporter where ${why}`, t => {
    const made = ends(options)
    const none = { instanceOf: TypeError, code: 'ERR_NO_EARLY_EXPORTER' }
    const ask = (end: Ssl) => () => end.exportEarlyKeyingMaterial(9, 'x')
    made.client.doHandshake()
    if (options.early) t.notThrows(ask(made.client))
    else t.throws(ask(made.client), none)
    shake(made)
    t.throws(ask(made.client), none)
    t.throws(ask(made.server), none)
  })

test('rule 71: tls-exporter is RFC 9266’s label, no context, 32 bytes, and equal on both ends', t => {
  const { client, server } = connectedEnds()
  const binding = client.channelBinding('tls-exporter')
  t.is(binding.length, 32)
  t.deepEqual(binding, server.channelBinding('tls-exporter'))
  t.deepEqual(
    binding,
    client.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', new Uint8Array(0)),
  )
  const again = connectedEnds().client
  t.notDeepEqual(binding, again.channelBinding('tls-exporter'), 'it is of the connection')
})

const signed = [
  ['p256', 'sha256', 'sha256'],
  ['p256', 'sha384', 'sha384'],
  ['rsa', 'sha512', 'sha512'],
  ['rsa', 'sha1', 'sha256'],
  ['rsa', 'md5', 'sha256'],
] as const
for (const [kind, hash, bound] of signed)
  test(`rule 71: tls-server-end-point of a certificate signed by ${kind} with ${hash} is its ${bound}`, t => {
    const leaf = mint({ names: ['server.example'], issuer: authority(kind), signing: { hash } })
    const [shown] = new SslContext({ cert: leaf.pem, key: leaf.keyPem }).credentials
    const made = connectedEnds({
      client: { rejectUnauthorized: false },
      // Nobody shows a SHA-1 signature unless told to.
      server: { certificateCallback: () => shown },
    })
    const expected = new Uint8Array(createHash(bound).update(leaf.der).digest())
    t.deepEqual(made.client.channelBinding('tls-server-end-point'), expected)
    t.deepEqual(made.server.channelBinding('tls-server-end-point'), expected)
  })

const authority = (kind: KeyKind) => mint({ subject: 'authority', key: kind, ca: true })

test('a certificate that Ed25519 signs has no tls-server-end-point: the signature has no hash of its own', t => {
  const leaf = mint({ names: ['server.example'], issuer: authority('ed25519') })
  const server = { cert: leaf.pem, key: leaf.keyPem }
  const made = connectedEnds({ client: { rejectUnauthorized: false }, server })
  for (const end of [made.client, made.server])
    t.throws(() => end.channelBinding('tls-server-end-point'), {
      code: 'ERR_NO_CHANNEL_BINDING',
      message: /ed25519 has no hash/,
    })
})

test('tls-unique is refused with a reason, and what is no binding as a mistake', t => {
  const { client } = connectedEnds()
  const type = (name: string) => () => client.channelBinding(name as 'tls-exporter')
  t.throws(type('tls-unique'), { code: 'ERR_NO_CHANNEL_BINDING', message: /RFC 9266/ })
  t.throws(type('tls-serverendpoint'), { code: 'ERR_INVALID_ARG_VALUE' })
})

test('a resumption has the end point of its first handshake at the client, and none at the server, which has shown no certificate', async t => {
  const session = await sessionOf(clientContext(), serverContext(shared))
  const { client, server } = await visit(clientContext(), serverContext(shared), { session })
  t.true(client.resumed)
  const [leaf = new Uint8Array(0)] = chainFor('p256').der
  t.deepEqual(
    client.channelBinding('tls-server-end-point'),
    new Uint8Array(createHash('sha256').update(leaf).digest()),
  )
  t.throws(() => server.channelBinding('tls-server-end-point'), { code: 'ERR_NO_CHANNEL_BINDING' })
  t.deepEqual(client.channelBinding('tls-exporter'), server.channelBinding('tls-exporter'))
  const keyed = connectedEnds({ client: { psks }, server: { psks } })
  for (const end of [keyed.client, keyed.server])
    t.throws(() => end.channelBinding('tls-server-end-point'), { code: 'ERR_NO_CHANNEL_BINDING' })
})

test('SSL_export_keying_material_early answers 1 or 0, SSL_export_keying_material 1 or -1', t => {
  const out = new Uint8Array(20)
  const made = endsOver(17408, versions[0], { client: cClient(), server: cServer() })
  t.is(SSL_export_keying_material_early(made.client, out, 'x', out), 0)
  t.is(SSL_export_keying_material(made.client, out, 'x'), -1)
  t.true(play(made).done)
  t.is(SSL_export_keying_material_early(made.client, out, 'x', out), 0)
  t.is(SSL_export_keying_material(made.client, out, 'x'), 1)
  t.is(SSL_export_keying_material(made.client, out, 'x'.repeat(250)), -1)
  t.is(SSL_export_keying_material(made.client, new Uint8Array(255 * 48 + 1), 'x'), -1)
})
