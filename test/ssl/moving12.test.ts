/** A live connection of TLS 1.2 goes on elsewhere: its keys are the same, so its numbers go along. */
import { nodeCrypto } from '@biopair/crypto-node'
import type { ClientHello } from '@biopair/handshake'
import { type ContextOptions, MemorySessionCache, Ssl, SslContext } from '@biopair/ssl'
import test from 'ava'
import {
  bytes,
  clientOptions,
  connectedEnds,
  type EndsOptions,
  readAll,
  serverOptions,
} from '../support/ends.ts'
import { onceCrypto } from '../support/once-crypto.ts'
import { seeded } from '../support/seeded.ts'
import { Watch } from '../support/watching-crypto.ts'

const key = new Uint8Array(32).fill(7)
const older = { maxVersion: 'TLSv1.2' } as const

function connected(client: ContextOptions = {}, server: ContextOptions = {}, more?: EndsOptions) {
  return connectedEnds({
    ...more,
    client: { ...older, ...client },
    server: { ...older, ...server },
  })
}

function exported(ssl: Ssl): Uint8Array {
  const outcome = ssl.exportConnection(key)
  if (outcome.status !== 'done') throw new Error(outcome.status)
  return outcome.bytes
}

const client = (options: ContextOptions = {}) => new SslContext({ ...clientOptions, ...options })
const server = (options: ContextOptions = {}) => new SslContext({ ...serverOptions, ...options })

test('numbers go on in both directions, nothing is said for a move, and what is exported is over', t => {
  const once = onceCrypto(nodeCrypto)
  const ends = connected({ crypto: once.crypto }, { crypto: once.crypto })
  let [near, far] = [ends.client, ends.server]
  for (let i = 0; i < 5; i++) {
    near.write(bytes(`ping ${i}`))
    t.is(readAll(far).text, `ping ${i}`)
    far.write(bytes(`pong ${i}`))
    t.is(readAll(near).text, `pong ${i}`)
    const wire = ends.near.wpending
    const old = near
    near = Ssl.importConnection(client({ crypto: once.crypto }), exported(old), key)
    near.setBio(ends.near)
    far = Ssl.importConnection(server({ crypto: once.crypto }), exported(far), key)
    far.setBio(ends.far)
    t.is(ends.near.wpending, wire)
    t.throws(() => old.write(bytes('x')), { code: 'ERR_MOVED' })
  }
  t.deepEqual(near.shutdown(), { status: 'sent' })
  t.is(readAll(far).status, 'closed')
  t.deepEqual(far.shutdown(), { status: 'done' })
  t.deepEqual(once.twice, [])
})

test('the exporter, tls-unique, tls-server-end-point and every fact stay what they were', t => {
  const made = connected({ ALPNProtocols: ['moving'] }, { ALPNProtocols: ['moving'] })
  const known = (ssl: Ssl) => ({
    version: ssl.version,
    cipher: ssl.cipher,
    alpn: ssl.alpnProtocol,
    name: ssl.servername,
    peer: ssl.peerCertificates,
    authorized: ssl.authorized,
    exported: ssl.exportKeyingMaterial(40, 'EXPERIMENTAL moving', bytes('context')),
    bare: ssl.exportKeyingMaterial(40, 'EXPERIMENTAL moving'),
    unique: ssl.channelBinding('tls-unique'),
    exporter: ssl.channelBinding('tls-exporter'),
    end: ssl.channelBinding('tls-server-end-point'),
  })
  for (const [ssl, context] of [
    [made.client, client()],
    [made.server, server()],
  ] as const) {
    const before = known(ssl)
    const here = Ssl.importConnection(context, exported(ssl), key)
    t.deepEqual(known(here), before)
    t.is(here.state, 'CONNECTED')
  }
})

test('a connection without extended_master_secret moves, and has no exporter there either', t => {
  const lax = { requireExtendedMasterSecret: false }
  const unbound = (name: string, message: unknown) => {
    if (name !== 'ClientHello') return message
    const hello = message as ClientHello
    return {
      ...hello,
      extensions: hello.extensions?.filter(({ extension_type }) => extension_type !== 23),
    }
  }
  const made = connected({ ...lax, edit: unbound as NonNullable<ContextOptions['edit']> }, lax)
  const here = Ssl.importConnection(server(lax), exported(made.server), key).setBio(made.far)
  t.throws(() => here.exportKeyingMaterial(20, 'EXPERIMENTAL'), { code: 'ERR_INVALID_ARG_VALUE' })
  t.throws(() => here.channelBinding('tls-unique'), { code: 'ERR_NO_CHANNEL_BINDING' })
  made.client.write(bytes('unbound'))
  t.is(readAll(here).text, 'unbound')
})

test('a record that has come in part goes along', t => {
  const made = connected()
  let here = made.client
  for (const cut of [1, 5, 9, 13, 99]) {
    made.server.write(new Uint8Array(400).fill(cut))
    const wire = new Uint8Array(made.near.pending)
    made.near.read(wire)
    made.far.write(wire.subarray(0, cut))
    t.is(readAll(here).status, 'want_read')
    here = Ssl.importConnection(client(), exported(here), key).setBio(made.near)
    made.far.write(wire.subarray(cut))
    t.is(readAll(here).text, String.fromCharCode(cut).repeat(400))
  }
})

test('the bound on what a key may seal counts what was sealed before', t => {
  const limits = { recordsPerKey: 10 }
  const made = connected({ limits })
  for (let i = 0; i < 5; i++) t.is(made.client.write(bytes('x')).status, 'done')
  const here = Ssl.importConnection(client({ limits }), exported(made.client), key)
  here.setBio(made.near)
  let sealed = 0
  while (sealed < 20 && here.write(bytes('y')).status === 'done') sealed++
  // Finished was the first, and one is left for the alert.
  t.is(sealed, 3)
})

test('an id is forgotten by the cache of the server that a connection moved to, where it fails there', t => {
  const sessionCache = new MemorySessionCache()
  const made = connected({}, { sessionCache, numTickets: 2 })
  t.is(sessionCache.size, 1)
  const here = Ssl.importConnection(server({ sessionCache }), exported(made.server), key)
  here.setBio(made.far)
  made.near.write(Uint8Array.of(23, 3, 3, 0, 30, ...new Uint8Array(30)))
  t.is(readAll(here).status, 'failed')
  t.is(sessionCache.size, 0)
})

test('nothing secret lingers in either place', t => {
  const watch = new Watch(new Uint8Array(32))
  const options = { crypto: watch.crypto(nodeCrypto), random: watch.random(seeded('moving')) }
  const made = connected(options)
  made.client.write(bytes('x'))
  t.not(watch.lingering().length, 0)
  const [mine, yours] = [key.slice(), key.slice()]
  const outcome = made.client.exportConnection(mine)
  mine.fill(0)
  if (outcome.status !== 'done') return t.fail(outcome.status)
  t.deepEqual(watch.lingering(), [])
  watch.reset()
  const here = Ssl.importConnection(client(options), outcome.bytes, yours).setBio(made.near)
  yours.fill(0)
  made.server.write(bytes('y'))
  t.is(readAll(here).text, 'y')
  t.not(watch.lingering().length, 0)
  t.deepEqual(here.close(), { status: 'done' })
  t.deepEqual(watch.lingering(), [])
})

test('bytes go once, and what is refused is wiped', t => {
  const { client: ssl } = connected()
  const good = exported(ssl)
  const context = client()
  t.throws(() => Ssl.importConnection(context, good, new Uint8Array(32)), {
    code: 'ERR_EXPORT_INVALID',
  })
  t.true(Ssl.importConnection(context, good, key).connected)
  const watch = new Watch(new Uint8Array(32))
  const yours = key.slice()
  const again = client({ crypto: watch.crypto(nodeCrypto) })
  t.throws(() => Ssl.importConnection(again, good, yours, { claims: { claim: () => false } }), {
    code: 'ERR_EXPORT_USED',
  })
  yours.fill(0)
  t.deepEqual(watch.lingering(), [])
  t.throws(() => Ssl.importConnection(context, good, key), { code: 'ERR_EXPORT_USED' })
})

test('what TLS 1.2 has nothing for is a TypeError in the new place too', t => {
  const made = connected()
  const here = Ssl.importConnection(client(), exported(made.client), key).setBio(made.near)
  t.throws(() => here.keyUpdate(), { code: 'ERR_WRONG_SSL_VERSION' })
  t.is(here.write(bytes('x')).status, 'done')
  t.is(readAll(made.server).text, 'x')
})
