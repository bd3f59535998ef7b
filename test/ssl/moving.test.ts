/** A live connection goes on elsewhere: exported at any point of any conversation, over any rings, again and again. */
import { bioPair, type PairBio } from '@biopair/bio'
import { nodeCrypto } from '@biopair/crypto-node'
import { type ContextOptions, Ssl, SslContext } from '@biopair/ssl'
import test from 'ava'
import fc from 'fast-check'
import {
  bytes,
  clientOptions,
  connectedEnds,
  readAll,
  serverOptions,
  shake,
} from '../support/ends.ts'
import { shortOf, untilMet } from '../support/met.ts'
import { chainFor } from '../support/mint.ts'
import { onceCrypto } from '../support/once-crypto.ts'
import { seeded } from '../support/seeded.ts'
import { Watch } from '../support/watching-crypto.ts'

const key = new Uint8Array(32).fill(7)

/** An end that may be moved: what it has to say, what it has heard. */
interface Place {
  readonly bio: PairBio
  readonly context: () => SslContext
  ssl: Ssl
  heard: Buffer
  said: number
  moves: number
}

type Step = readonly [side: number, act: 'write' | 'read' | 'move' | 'update' | 'ticket', n: number]

const step: fc.Arbitrary<Step> = fc.tuple(
  fc.nat(1),
  fc.constantFrom('write', 'write', 'read', 'read', 'read', 'move', 'update', 'ticket'),
  fc.integer({ min: 1, max: 3000 }),
)

const ring = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 20_000 }))

/** What a program can ask of a connection. */
function known(ssl: Ssl): object {
  const { role, state, connected, version, cipher, group, alpnProtocol, servername } = ssl
  const { peerName, peerSignatureScheme, authorized, retried, resumed, pskIdentity } = ssl
  const { verdict } = ssl
  return {
    ...{ role, state, connected, version, cipher, group, alpnProtocol, servername },
    ...{ peerName, peerSignatureScheme, authorized, retried, resumed, pskIdentity },
    chain: ssl.peerCertificates.map(der => Buffer.from(der).toString('hex')),
    verdict: verdict && { ...verdict, path: verdict.path.map(({ raw }) => Buffer.from(raw)) },
    exported: Buffer.from(ssl.exportKeyingMaterial(20, 'EXPORTER-moving')).toString('hex'),
  }
}

/** Moves an end, if that can be now; answers what stood in the way. */
function move(place: Place): string {
  const before = known(place.ssl)
  const outcome = place.ssl.exportConnection(key)
  if (outcome.status !== 'done') return outcome.status
  const ssl = Ssl.importConnection(place.context(), outcome.bytes, key).setBio(place.bio)
  if (JSON.stringify(known(ssl)) !== JSON.stringify(before)) throw new Error('facts were lost')
  place.ssl = ssl
  place.moves++
  return 'done'
}

/** What an end says, from a byte on. */
function said(side: number, from: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (from + i) * 31 + side * 7 + ((from + i) >> 8))
}

function act(place: Place, other: Place, [side, what, n]: Step): void {
  switch (what) {
    case 'write': {
      const wrote = place.ssl.write(said(side, place.said, n))
      if (wrote.status === 'done') place.said += wrote.bytes
      else if (wrote.status !== 'want_write') throw new Error(`write: ${wrote.status}`)
      return
    }
    case 'read':
      hear(place, n)
      return
    case 'move':
      for (let tries = 0; tries < 20; tries++) {
        while (place.ssl.pending > 0) hear(place, 5000)
        if (move(place) === 'done') return
        hear(other, n)
      }
      return
    // TLS 1.2 has neither.
    case 'update':
      if (place.ssl.version === 'TLSv1.3') place.ssl.keyUpdate(n % 2 === 0)
      return
    case 'ticket':
      if (place.ssl.version === 'TLSv1.3' && place.ssl.role === 'server')
        place.ssl.newSessionTicket()
  }
}

function hear(place: Place, most: number): boolean {
  const into = new Uint8Array(most)
  const read = place.ssl.read(into)
  if (read.status === 'done')
    place.heard = Buffer.concat([place.heard, into.subarray(0, read.bytes)])
  else if (!read.status.startsWith('want_'))
    throw read.status === 'failed' ? read.error : new Error(`read: ${read.status}`)
  return read.status === 'done'
}

const suites = {
  'TLSv1.3': [
    'TLS_AES_128_GCM_SHA256',
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'TLS_AES_128_CCM_SHA256',
  ],
  'TLSv1.2': [
    'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
    'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
    'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
  ],
} as const

for (const [version, numRuns] of [
  ['TLSv1.3', 60],
  ['TLSv1.2', 25],
] as const)
  test(`a conversation of ${version} over any rings goes on wherever its ends move to, at any time, and no key and nonce seal twice`, async t => {
    let moves = 0
    const property = fc.property(
      ring,
      ring,
      fc.constantFrom(...suites[version]),
      fc.record({ asked: fc.boolean(), limited: fc.boolean(), late: fc.boolean() }),
      fc.array(step, { minLength: 10, maxLength: 60 }),
      (sizeA, sizeB, ciphers, { asked, limited, late }, steps) => {
        const once = onceCrypto(nodeCrypto)
        const common: ContextOptions = {
          ...{
            crypto: once.crypto,
            ciphers,
            maxVersion: version,
            ALPNProtocols: ['moving'],
            keylog: () => {},
          },
          ...(limited ? { recordSizeLimit: 600 } : {}),
        }
        const { pem, keyPem, root } = chainFor('p256')
        const options: readonly ContextOptions[] = [
          { ...clientOptions, ...common, ...(asked ? { cert: pem, key: keyPem } : {}) },
          {
            ...{ ...serverOptions, ...common, numTickets: 1 },
            ticketPolicy: late ? 'with_first_write' : 'at_once',
            ...(asked ? { requestCert: true, ca: root.pem } : {}),
          },
        ]
        const halves = bioPair(sizeA, sizeB)
        const places = options.map((option, i): Place => {
          const context = () => new SslContext(option)
          const bio = halves[i] as PairBio
          const ssl = new Ssl(context(), i === 0 ? { servername: 'server.example' } : {})
          ssl.setBio(bio)
          return { bio, context, ssl, heard: Buffer.alloc(0), said: 0, moves: 0 }
        })
        const [client, server] = places as [Place, Place]
        client.ssl.setConnectState()
        server.ssl.setAcceptState()
        shake({ client: client.ssl, server: server.ssl })
        for (const one of steps) act(places[one[0]] as Place, places[1 - one[0]] as Place, one)
        for (let i = 0; i < 100_000; i++) {
          const moved = [hear(server, 5000), hear(client, 5000)]
          for (const { ssl } of places) ssl.flush()
          const left = client.ssl.queued + server.ssl.queued + client.bio.pending
          if (!moved.includes(true) && left + server.bio.pending === 0) break
        }
        t.deepEqual(server.heard, Buffer.from(said(0, 0, client.said)))
        t.deepEqual(client.heard, Buffer.from(said(1, 0, server.said)))
        for (const [place, other] of [places, places.toReversed()] as [Place, Place][])
          for (let i = 0; move(place) !== 'done'; i++) {
            if (i > 1000) throw new Error('an idle end does not move')
            hear(other, 1)
          }
        t.deepEqual(once.twice, [])
        t.true(once.pairs > 5)
        moves += client.moves + server.moves
      },
    )
    const short = await untilMet(
      () => fc.assert(property, { numRuns }),
      () => shortOf({ moves }, ['moves'], 2 * numRuns + 1),
    )
    t.log(`${moves} moves`)
    t.deepEqual(short, [])
  })

test('what was exported is over: every call is refused, and nothing is said to the peer', t => {
  const { client, server, near } = connectedEnds()
  readAll(client)
  const outcome = client.exportConnection(key)
  t.is(outcome.status, 'done')
  const wire = near.wpending
  const calls: readonly (() => unknown)[] = [
    () => client.read(new Uint8Array(1)),
    () => client.peek(new Uint8Array(1)),
    () => client.write(bytes('x')),
    () => client.flush(),
    () => client.doHandshake(),
    () => client.keyUpdate(),
    () => client.shutdown(),
    () => client.close(),
    () => client.exportConnection(key),
  ]
  for (const call of calls) t.throws(call, { instanceOf: TypeError, code: 'ERR_MOVED' })
  t.throws(() => client.exportKeyingMaterial(20, 'x'), { code: 'ERR_CLOSED' })
  t.is(near.wpending, wire)
  t.is(client.cipher?.name, server.cipher?.name)
  t.is(readAll(server).status, 'want_read')
})

test('bytes go once in a context, and once where a store is asked, now or later', async t => {
  const context = () => new SslContext(clientOptions)
  const exported = () => {
    const outcome = connectedEnds().client.exportConnection(key)
    if (outcome.status !== 'done') throw new Error(outcome.status)
    return outcome.bytes
  }
  const once = exported()
  const same = context()
  t.true(Ssl.importConnection(same, once, key).connected)
  t.throws(() => Ssl.importConnection(same, once, key), { code: 'ERR_EXPORT_USED' })

  const taken = new Set<string>()
  const claims = {
    claim: (id: string) => !taken.has(id) && taken.add(id).has(id),
  }
  const shared = exported()
  const here: Ssl = Ssl.importConnection(context(), shared, key, { claims })
  t.true(here.connected)
  t.throws(() => Ssl.importConnection(context(), shared, key, { claims }), {
    code: 'ERR_EXPORT_USED',
  })

  const later = { claim: async (id: string) => claims.claim(id) }
  const slow = exported()
  const there: Ssl = await Ssl.importConnection(context(), slow, key, { claims: later })
  t.is(there.state, 'CONNECTED')
  await t.throwsAsync(async () => Ssl.importConnection(context(), slow, key, { claims: later }), {
    code: 'ERR_EXPORT_USED',
  })
  t.is(taken.size, 2)
})

test('a store that fails, or says anything but true, lets nobody go on', async t => {
  const context = new SslContext(clientOptions)
  const bad: readonly unknown[] = [false, undefined, 1, 'yes', Promise.resolve(false)]
  for (const answer of bad) {
    const { client } = connectedEnds()
    const outcome = client.exportConnection(key)
    if (outcome.status !== 'done') return t.fail(outcome.status)
    const claims = { claim: () => answer as boolean }
    await t.throwsAsync(async () => Ssl.importConnection(context, outcome.bytes, key, { claims }), {
      code: 'ERR_EXPORT_USED',
    })
    t.throws(() => Ssl.importConnection(context, outcome.bytes, key), { code: 'ERR_EXPORT_USED' })
  }
  const failing = [
    () => {
      throw new Error('no store')
    },
    () => Promise.reject(new Error('no store')),
  ]
  for (const claim of failing) {
    const outcome = connectedEnds().client.exportConnection(key)
    if (outcome.status !== 'done') return t.fail(outcome.status)
    const claims = { claim: claim as () => Promise<boolean> }
    await t.throwsAsync(async () => Ssl.importConnection(context, outcome.bytes, key, { claims }), {
      message: 'no store',
    })
  }
})

test('an export has its time, and a clock that is put back gives none', t => {
  let time = 1_000_000
  const now = () => time
  const options = { now, verifyTime: Date.now() }
  const { client } = connectedEnds({ client: options })
  const outcome = client.exportConnection(key, { lifetime: 5 })
  if (outcome.status !== 'done') return t.fail(outcome.status)
  const context = new SslContext({ ...clientOptions, now })
  time += 5000
  t.throws(() => Ssl.importConnection(context, outcome.bytes, key), { code: 'ERR_EXPORT_EXPIRED' })
  time -= 1
  t.true(Ssl.importConnection(context, outcome.bytes, key).connected)
  time += 100_000
  const { client: another } = connectedEnds({ client: options })
  const next = another.exportConnection(key, { lifetime: 1 })
  if (next.status !== 'done') return t.fail(next.status)
  t.true(Ssl.importConnection(context, next.bytes, key).connected)
  time = 1_000_000
  t.throws(() => Ssl.importConnection(context, outcome.bytes, key), { code: 'ERR_EXPORT_USED' })
})

test('every cut and every flipped bit of an export is refused, and takes nothing from the good one', t => {
  const { client } = connectedEnds()
  const outcome = client.exportConnection(key)
  if (outcome.status !== 'done') return t.fail(outcome.status)
  const good = outcome.bytes
  const context = new SslContext(clientOptions)
  const refused = (bad: Uint8Array, under = key) =>
    t.throws(() => Ssl.importConnection(context, bad, under), { code: 'ERR_EXPORT_INVALID' })
  for (let length = 0; length < good.length; length += 1 + Math.floor(length / 100))
    refused(good.subarray(0, length))
  for (let bit = 0; bit < good.length * 8; bit += bit < 400 ? 1 : 37) {
    const bad = Uint8Array.from(good)
    bad[bit >> 3] = (bad[bit >> 3] as number) ^ (1 << (bit & 7))
    refused(bad)
  }
  refused(Buffer.concat([good, Buffer.of(0)]))
  refused(good, new Uint8Array(32))
  refused(new Uint8Array(2 ** 20))
  t.true(Ssl.importConnection(context, good, key).connected)
})

test('what is in the way of an export is named, and goes away', t => {
  const { client, server, near, far } = connectedEnds({ rings: [100, 100] })
  server.write(bytes('unread'))
  client.peek(new Uint8Array(1))
  t.deepEqual(client.exportConnection(key), { status: 'unread' })
  t.is(readAll(client).text, 'unread')
  client.write(new Uint8Array(1000))
  t.like(client.exportConnection(key), { status: 'want_write' })
  let status = ''
  for (let i = 0; i < 1000 && status !== 'done'; i++) {
    readAll(server)
    status = client.exportConnection(key).status
  }
  t.is(status, 'done')
  t.is(near.pending + far.pending > 0, true)
})

test('an export is refused before the handshake is over, after a goodbye and after an end', t => {
  const fresh = new Ssl(new SslContext(clientOptions), { servername: 'server.example' })
  fresh.setBio(bioPair()[0]).setConnectState()
  t.throws(() => fresh.exportConnection(key), { code: 'ERR_STILL_IN_INIT' })
  const said = connectedEnds()
  said.client.shutdown()
  t.throws(() => said.client.exportConnection(key), { code: 'ERR_PROTOCOL_IS_SHUTDOWN' })
  const heard = connectedEnds()
  heard.server.shutdown()
  readAll(heard.client)
  t.deepEqual(heard.client.exportConnection(key), { status: 'closed' })
  const cut = connectedEnds()
  cut.far.end()
  readAll(cut.client)
  t.deepEqual(cut.client.exportConnection(key), { status: 'truncated' })
  const broken = connectedEnds()
  broken.far.close(new Error('lost'))
  readAll(broken.client)
  t.is(broken.client.exportConnection(key).status, 'failed')
  const closed = connectedEnds()
  closed.client.close()
  t.throws(() => closed.client.exportConnection(key), { code: 'ERR_CLOSED' })
})

test('keys, times and bytes of another kind are told at once', t => {
  const { client } = connectedEnds()
  for (const bad of [new Uint8Array(31), new Uint8Array(33), 'k'.repeat(32), undefined])
    t.throws(() => client.exportConnection(bad as Uint8Array), { code: 'ERR_INVALID_ARG_VALUE' })
  for (const lifetime of [0, 604_801])
    t.throws(() => client.exportConnection(key, { lifetime }), { code: 'ERR_INVALID_ARG_VALUE' })
  t.throws(() => client.exportConnection(key, { lifetime: 0.5 }), { code: 'ERR_INVALID_ARG_TYPE' })
  const context = new SslContext(clientOptions)
  t.throws(() => Ssl.importConnection(context, 'bytes' as unknown as Uint8Array, key), {
    code: 'ERR_INVALID_ARG_TYPE',
  })
  t.is(client.exportConnection(key).status, 'done')
})

test('a peer that stands inside a record does not hold the connection back: its beginning goes along', t => {
  const { client, server, near, far } = connectedEnds()
  let here = client
  for (const cut of [1, 4, 5, 6, 99]) {
    server.write(new Uint8Array(400).fill(cut))
    const wire = new Uint8Array(near.pending)
    near.read(wire)
    far.write(wire.subarray(0, cut))
    t.is(readAll(here).status, 'want_read')
    const outcome = here.exportConnection(key)
    if (outcome.status !== 'done') return t.fail(outcome.status)
    here = Ssl.importConnection(new SslContext(clientOptions), outcome.bytes, key).setBio(near)
    t.is(readAll(here).status, 'want_read')
    far.write(wire.subarray(cut))
    t.deepEqual(readAll(here), { text: String.fromCharCode(cut).repeat(400), status: 'want_read' })
    t.is(here.write(bytes('heard')).status, 'done')
    t.is(readAll(server).text, 'heard')
  }
})

test('an imported connection takes no role and no handshake of its own', t => {
  const { client, near, server } = connectedEnds()
  const outcome = client.exportConnection(key)
  if (outcome.status !== 'done') return t.fail(outcome.status)
  const ssl = Ssl.importConnection(new SslContext({ crypto: nodeCrypto }), outcome.bytes, key)
  t.throws(() => ssl.setConnectState(), { code: 'ERR_STATE_MACHINE_STARTED' })
  t.throws(() => ssl.setAcceptState(), { code: 'ERR_STATE_MACHINE_STARTED' })
  t.throws(() => ssl.read(new Uint8Array(1)), { code: 'ERR_BIO_NOT_SET' })
  ssl.setBio(near)
  t.deepEqual(ssl.connect(), { status: 'done' })
  t.deepEqual(ssl.write(bytes('hello')), { status: 'done', bytes: 5 })
  t.is(readAll(server).text, 'hello')
})

test('a handshake message that has come in part holds the connection back until it is whole', t => {
  const { pem, keyPem, root } = chainFor('p256')
  const { client, server, near, far } = connectedEnds({
    client: { cert: pem, key: keyPem },
    server: {
      requestCert: true,
      ca: root.pem,
      ticketPolicy: 'on_demand',
      limits: { maxFragment: 512 },
    },
  })
  readAll(server)
  server.newSessionTicket()
  const wire = new Uint8Array(near.pending)
  near.read(wire)
  const first = 5 + ((wire[3] as number) << 8) + (wire[4] as number)
  t.true(first < wire.length)
  far.write(wire.subarray(0, first))
  readAll(client)
  t.like(client.exportConnection(key), { status: 'unfinished' })
  far.write(wire.subarray(first))
  readAll(client)
  t.not(client.session, undefined)
  t.is(client.exportConnection(key).status, 'done')
})

test('our key is changed before the bytes are made, once, and not where it has sealed nothing', t => {
  const events: string[] = []
  const { client, near } = connectedEnds({
    client: {
      trace: event => {
        if (event.event === 'message' && event.direction === 'write') events.push('message')
        if (event.event === 'key' && event.direction === 'write') events.push('key')
      },
    },
  })
  events.length = 0
  client.write(bytes('sealed under the old key'))
  const outcome = client.exportConnection(key)
  if (outcome.status !== 'done') return t.fail(outcome.status)
  t.deepEqual(events, ['message', 'key'])
  const here = Ssl.importConnection(new SslContext(clientOptions), outcome.bytes, key).setBio(near)
  const before = near.wpending
  t.is(here.exportConnection(key).status, 'done')
  t.is(near.wpending, before)
})

test('nothing secret lingers in the end that was exported', t => {
  const watch = new Watch(new Uint8Array(32))
  const options = { crypto: watch.crypto(nodeCrypto), random: watch.random(seeded('moving')) }
  const { client, near, server } = connectedEnds({ client: options })
  client.write(bytes('x'))
  t.not(watch.lingering().length, 0)
  // A key of ours is ours to wipe.
  const [mine, yours] = [key.slice(), key.slice()]
  const outcome = client.exportConnection(mine)
  mine.fill(0)
  if (outcome.status !== 'done') return t.fail(outcome.status)
  t.deepEqual(watch.lingering(), [])
  watch.reset()
  const context = new SslContext({ ...clientOptions, ...options })
  const here = Ssl.importConnection(context, outcome.bytes, yours).setBio(near)
  yours.fill(0)
  server.write(bytes('y'))
  t.is(readAll(here).text, 'y')
  t.not(watch.lingering().length, 0)
  t.deepEqual(here.close(), { status: 'done' })
  t.deepEqual(watch.lingering(), [])
})

test('an export shows its format and nothing of its connection', t => {
  const { client } = connectedEnds()
  const first = client.exportConnection(key)
  if (first.status !== 'done') return t.fail(first.status)
  const secrets = Buffer.from(first.bytes)
  t.is(secrets.subarray(0, 7).toString(), 'biopair')
  t.is(secrets.indexOf('server.example'), -1)
  t.is(secrets.indexOf(Buffer.from(client.peerCertificates[0] ?? [])), -1)
})

test('a connection without certificates moves as it is, with and without a key exchange', t => {
  const psks = [{ identity: 'both', key: new Uint8Array(32).fill(5) }]
  for (const pskModes of [['psk_ke'], ['psk_dhe_ke']] as const) {
    const { client, server, near } = connectedEnds({
      client: { psks, pskModes },
      server: { psks, pskModes },
    })
    const before = known(client)
    const outcome = client.exportConnection(key)
    if (outcome.status !== 'done') return t.fail(outcome.status)
    const context = new SslContext(clientOptions)
    const here = Ssl.importConnection(context, outcome.bytes, key).setBio(near)
    t.deepEqual(known(here), before)
    here.write(bytes('still here'))
    t.is(readAll(server).text, 'still here')
  }
})

test('a verdict that was no good, and put up with, moves as it was', t => {
  const { client, near } = connectedEnds({ client: { ca: [], rejectUnauthorized: false } })
  t.false(client.authorized)
  const before = known(client)
  const outcome = client.exportConnection(key)
  if (outcome.status !== 'done') return t.fail(outcome.status)
  const here = Ssl.importConnection(new SslContext(clientOptions), outcome.bytes, key).setBio(near)
  t.deepEqual(known(here), before)
  t.false(here.authorized)
})
