/** Handshakes over QUIC and a network that loses, repeats and reorders: they always complete, and both ends have the same keys. */
import { nodeCrypto } from '@biopair/crypto-node'
import type { ContextOptions, Session } from '@biopair/ssl'
import type { QuicVersion } from '@biopair/ssl/quic'
import test from 'ava'
import fc from 'fast-check'
import { Dice } from '../support/dice.ts'
import { shortOf, untilMet } from '../support/met.ts'
import { chainFor } from '../support/mint.ts'
import { clientContext, clientTls, hex, serverContext, serverTls } from './support/ends.ts'
import { type Ends, run, type Weather } from './support/network.ts'
import type { SmallQuic } from './support/small-quic.ts'

const { root: clientRoot, pem, keyPem } = chainFor('ed25519')
const destination = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8])

interface Scene {
  readonly seed: number
  readonly weather: Weather
  readonly version: QuicVersion
  readonly suite: string
  /** The server asks for another key share. */
  readonly retry: boolean
  /** The client shows a certificate. */
  readonly client: boolean
  /** What becomes of a second connection's early data. */
  readonly early: 'accepted' | 'rejected' | 'none'
  /** Callbacks answer later: by so many milliseconds at most. */
  readonly thinking: number
}

const scene: fc.Arbitrary<Scene> = fc.record({
  seed: fc.nat(),
  weather: fc.record({
    loss: fc.integer({ min: 0, max: 50 }),
    repeats: fc.integer({ min: 0, max: 40 }),
    latency: fc.integer({ min: 1, max: 400 }),
  }),
  version: fc.constantFrom(1, 2),
  suite: fc.constantFrom(
    'TLS_AES_128_GCM_SHA256',
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
  ),
  retry: fc.boolean(),
  client: fc.boolean(),
  early: fc.constantFrom('accepted', 'rejected', 'none'),
  thinking: fc.constantFrom(0, 0, 50, 2000),
})

const said = ['to be, or', 'not to be', 'that is', 'the question'] as const

/** Both connections of a scene: the second goes on with the session of the first. */
async function play(scene: Scene): Promise<{ first: Ends; second: Ends }> {
  const { seed, weather, version, suite, retry, early, thinking } = scene
  const dice = new Dice(seed)
  const clock = { time: Date.UTC(2026, 6, 1) }
  const now = () => clock.time
  const later = <T>(value: T) =>
    thinking > 0 ? new Promise<T>(resolve => setImmediate(() => resolve(value))) : value
  const shared: ContextOptions = { now, ciphers: suite }
  const clients = clientContext({
    ...shared,
    // A share that the server has no use for.
    groups: 'x25519:secp256r1',
    keyShares: retry ? 'x25519' : 'secp256r1',
    verifyCallback: verdict => later(verdict.ok),
    ...(scene.client ? { cert: pem, key: keyPem } : {}),
  })
  const servers = serverContext({
    ...shared,
    groups: 'secp256r1',
    maxEarlyData: early === 'none' ? 0 : 1,
    ...(scene.client ? { requestCert: true, ca: clientRoot.pem } : {}),
    clientHelloCallback: () => later(undefined),
    // What the network does to the age of a ticket is not what is looked at here.
    earlyDataWindow: 600_000,
  })
  const connect = (session: Session | undefined, earlyDataContext: Uint8Array) => {
    const base = { crypto: nodeCrypto, destination, thinking: () => dice.below(thinking + 1) }
    const asks = { version, session, earlyData: early !== 'none' }
    return run(
      {
        client: { ...base, tls: clientTls(clients, asks), data: said },
        server: { ...base, tls: serverTls(servers, { version, earlyDataContext }), data: said },
      },
      weather,
      dice,
      clock,
    )
  }
  const first = await connect(undefined, new Uint8Array(0))
  const second = await connect(
    first.client.tls.session,
    early === 'rejected' ? Uint8Array.of(1) : new Uint8Array(0),
  )
  return { first, second }
}

/** The last secret of each level and direction. */
function secrets(end: SmallQuic, direction: 'read' | 'write', but?: string): string[] {
  return end.events
    .flatMap(event =>
      event.event === 'secret' && event.direction === direction && event.level !== but
        ? [`${event.level} ${event.suite.name} ${hex(event.secret)}`]
        : [],
    )
    .sort()
}

test('whatever is lost, repeated and reordered, both connections complete, with the same secrets at each level, and 0-RTT data is heard once', async t => {
  const seen = { accepted: 0, rejected: 0, retried: 0, later: 0 }
  const property = fc.asyncProperty(scene, async scene => {
    const { first, second } = await play(scene)
    for (const { client, server } of [first, second]) {
      t.is(client.outcome.status, 'done')
      t.is(server.outcome.status, 'done')
      t.true(client.confirmed && server.confirmed)
      // Without acceptance, the server has no key for early data.
      const but = server.tls.earlyData === 'accepted' ? undefined : 'early'
      t.deepEqual(secrets(client, 'write', but), secrets(server, 'read'))
      t.deepEqual(secrets(server, 'write'), secrets(client, 'read'))
      t.is(client.tls.cipher?.name, scene.suite as never)
      t.is(client.tls.retried, scene.retry)
      t.is(server.tls.authorized, scene.client)
      t.true(client.tls.authorized)
      for (const end of [client, server])
        t.deepEqual(
          said.map((_, id) => end.heard.get(id)?.text),
          [...said],
        )
    }
    t.false(first.client.tls.resumed)
    t.true(second.client.tls.resumed)
    // §4.3.10: a HelloRetryRequest refuses early data.
    const early = scene.early === 'accepted' && scene.retry ? 'rejected' : scene.early
    t.is(second.client.tls.earlyData, early)
    t.is(second.server.tls.earlyData, early)
    const under = [...second.server.heard.values()].map(({ level }) => level)
    if (early !== 'accepted') t.false(under.includes('early'))
    if (early === 'accepted' && under.includes('early')) seen.accepted++
    if (early === 'rejected') seen.rejected++
    if (scene.retry) seen.retried++
    if (scene.thinking > 0) seen.later++
  })
  const short = await untilMet(
    () => fc.assert(property, { numRuns: 40 }),
    () => shortOf(seen, Object.keys(seen), 1),
  )
  t.log(seen)
  t.deepEqual(short, [])
})

test('a network of half of its datagrams, with half a second of delay: 0-RTT data is heard under its own keys', async t => {
  const weather = { loss: 50, repeats: 30, latency: 500 }
  let heard = 0
  for (let seed = 1; seed <= 6; seed++) {
    const { second } = await play({
      ...{ seed, weather, version: 1, suite: 'TLS_AES_128_GCM_SHA256' },
      ...{ retry: false, client: false, early: 'accepted', thinking: 0 },
    })
    t.is(second.server.tls.earlyData, 'accepted')
    heard += [...second.server.heard.values()].filter(({ level }) => level === 'early').length
  }
  t.true(heard > 0)
})

test('where one end is not believed, the other hears of it by the code of a connection error', async t => {
  const dice = new Dice(7)
  const clock = { time: Date.UTC(2026, 6, 1) }
  const now = () => clock.time
  const base = { crypto: nodeCrypto, destination, thinking: () => 0, data: said }
  const stranger = clientContext({ now, ca: clientRoot.pem })
  const { client } = await run(
    {
      client: { ...base, tls: clientTls(stranger) },
      server: { ...base, tls: serverTls(serverContext({ now })) },
    },
    { loss: 20, repeats: 20, latency: 100 },
    dice,
    clock,
  )
  t.is(client.outcome.status, 'failed')
  t.is(client.outcome.status === 'failed' && client.outcome.code, 0x0100 + 48)
})
