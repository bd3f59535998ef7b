/** Property 5 over everything that can be configured: two meetings after each other agree on every fact, or fail with one alert; nothing else. */
import { bioPair } from '@biopair/bio'
import { nodeCrypto } from '@biopair/crypto-node'
import { zlibCertificates } from '@biopair/node'
import {
  type ContextOptions,
  type Credential,
  delegatedCredential,
  type Session,
  Ssl,
  SslContext,
  type TraceEvent,
} from '@biopair/ssl'
import test from 'ava'
import fc from 'fast-check'
import { chainOf, delegatingLeaf, schemeFor } from '../support/delegation.ts'
import { shortOf, untilMet } from '../support/met.ts'
import { type AnyKind, chainFor, keyKinds, mint } from '../support/mint.ts'
import { mintOcsp } from '../support/ocsp-mint.ts'
import {
  type Facts,
  factsOf,
  groupNames,
  pskSuiteNames12,
  suiteNames,
  suiteNames12,
} from '../support/session.ts'

const kinds: readonly AnyKind[] = [...keyKinds, 'mldsa44']
const certTypes = [['x509'], ['x509'], ['rpk'], ['x509', 'rpk'], ['rpk', 'x509']] as const
const looks: readonly (ContextOptions['clientHello'] | undefined)[] = [
  undefined,
  undefined,
  { order: 'shuffled', grease: true },
  { padding: 512 },
]
const keys = [
  { identity: 'lathe', key: new Uint8Array(32).fill(1) },
  { identity: 'lathe', key: new Uint8Array(32).fill(2) },
  { identity: 'mill', key: new Uint8Array(48).fill(3), kind: 'imported' as const },
]

/** Leaves that may delegate, what they delegate, and an OCSP response for each chain. */
const delegating = delegatingLeaf()
const delegate = mint({ key: 'p256', names: ['delegate'] })
const delegation = {
  credential: delegatedCredential({
    cert: delegating.pem,
    key: delegating.keyPem,
    publicKey: delegate.spki,
    scheme: schemeFor.p256,
    lifetime: 3600,
    crypto: nodeCrypto,
  }),
  key: delegate.keyPem,
}
const stapled = new Map<AnyKind, Uint8Array>()
function ocspFor(kind: AnyKind): Uint8Array {
  const made = stapled.get(kind)
  if (made) return made
  const { leaf, intermediate } = chainFor(kind)
  const response = mintOcsp({ leaf, issuer: intermediate })
  stapled.set(kind, response)
  return response
}

/** What either end may be set to. */
interface End {
  readonly kind: AnyKind | undefined
  /** Whose certificates and keys it believes: those of this kind. */
  readonly believes: AnyKind
  readonly reject: boolean
  readonly versions: readonly ['TLSv1.2' | 'TLSv1.3', 'TLSv1.2' | 'TLSv1.3']
  readonly ciphers: readonly string[]
  readonly groups: readonly string[]
  readonly alpn: readonly string[]
  readonly serverCertTypes: readonly ('x509' | 'rpk')[]
  readonly clientCertTypes: readonly ('x509' | 'rpk')[]
  readonly compresses: boolean
  readonly ocsp: 'no' | 'ignore' | 'check' | 'require'
  readonly staples: boolean
  readonly scts: boolean
  readonly delegates: boolean
  readonly recordSizeLimit: number
  readonly padding: number
  readonly psk: number | undefined
  readonly alone: boolean
  /** Which answers come later. */
  readonly late: readonly Late[]
}
const lates = [
  'alpn',
  'certificate',
  'signature',
  'verification',
  'name',
  'hello',
  'store',
] as const
type Late = (typeof lates)[number]

interface Plan {
  readonly client: End & {
    readonly shares: number
    readonly look: number
    readonly postHandshakeAuth: boolean
    readonly tickets: boolean
    /** Bytes of early data that it writes where it may. */
    readonly early: number
  }
  readonly server: End & {
    readonly requestCert: boolean | 'later'
    readonly cookie: 'never' | 'with_retry' | 'always'
    readonly cache: boolean
    readonly numTickets: number
    readonly maxEarlyData: number
    /** Whether it reads early data, or leaves it where it is. */
    readonly readsEarly: boolean
    /** Bytes that it writes before it knows who is there. */
    readonly halfRtt: number
  }
  /** Whether the server is another one the second time, which shares no ticket key. */
  readonly moved: boolean
  readonly rings: readonly [number, number]
}

const mostly = <T>(...values: readonly [T, ...T[]]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(values[0]) }, fc.constantFrom(...values))
const some = <T>(all: readonly T[]) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant([...all]) },
    fc.shuffledSubarray([...all], { minLength: 1 }),
  )

const end = {
  versions: mostly<End['versions']>(
    ['TLSv1.2', 'TLSv1.3'],
    ['TLSv1.2', 'TLSv1.2'],
    ['TLSv1.3', 'TLSv1.3'],
  ),
  // Suites with pre-shared keys are beside others: alone they are none where there is no key.
  ciphers: fc
    .tuple(some(suiteNames), some(suiteNames12), mostly(pskSuiteNames12, []))
    .map(([younger, older, keyed]) => [...younger, ...keyed, ...older]),
  groups: some(groupNames.filter(name => name !== 'secp521r1')),
  alpn: mostly<string[]>([], ['a'], ['b', 'a']),
  reject: mostly(true, false),
  compresses: fc.boolean(),
  ocsp: mostly<End['ocsp']>('no', 'ignore', 'check', 'require'),
  staples: fc.boolean(),
  scts: fc.boolean(),
  delegates: fc.boolean(),
  recordSizeLimit: mostly(16_385, 64, 300, 0),
  padding: mostly(0, 50, 1000),
  alone: mostly(false, true),
  late: fc.oneof(fc.constant<Late[]>([]), fc.shuffledSubarray([...lates])),
}

/** Most often both say the same. */
const oneOfTypes = fc.constantFrom<End['serverCertTypes']>(...certTypes)
const typesOfBoth = fc.oneof(
  { weight: 3, arbitrary: oneOfTypes.map(both => [both, both] as const) },
  fc.tuple(oneOfTypes, oneOfTypes),
)
type TypesOfBoth = readonly [End['serverCertTypes'], End['serverCertTypes']]

function typed([server, client]: readonly [TypesOfBoth, TypesOfBoth], at: 0 | 1) {
  return { serverCertTypes: server[at], clientCertTypes: client[at] }
}

const anyPlan: fc.Arbitrary<Plan> = fc
  .record({
    kinds: fc.tuple(
      fc.constantFrom(...kinds),
      fc.option(fc.constantFrom(...kinds), { nil: undefined }),
    ),
    odd: fc.constantFrom(...kinds),
    right: fc.tuple(mostly(true, false), mostly(true, false)),
    client: fc.record({
      ...end,
      shares: mostly(2, 1, 0),
      look: fc.nat(looks.length - 1),
      postHandshakeAuth: fc.boolean(),
      tickets: mostly(true, false),
      early: fc.constantFrom(0, 5, 300),
    }),
    server: fc.record({
      ...end,
      requestCert: mostly<boolean | 'later'>(false, true, 'later'),
      cookie: mostly<'never' | 'with_retry' | 'always'>('never', 'with_retry', 'always'),
      cache: fc.boolean(),
      numTickets: mostly(1, 0, 3),
      maxEarlyData: fc.constantFrom(0, 100, 1000),
      readsEarly: fc.boolean(),
      halfRtt: mostly(0, 0, 20),
    }),
    moved: mostly(false, true),
    types: fc.tuple(typesOfBoth, typesOfBoth),
    psks: fc.oneof(
      { weight: 4, arbitrary: fc.constant([undefined, undefined] as const) },
      { weight: 2, arbitrary: fc.nat(2).map(both => [both, both] as const) },
      fc.tuple(fc.nat(2), fc.nat(2)),
    ),
    rings: fc.tuple(
      fc.oneof(fc.integer({ min: 1, max: 64 }), fc.constant(17_408)),
      fc.oneof(fc.integer({ min: 1, max: 64 }), fc.constant(17_408)),
    ),
  })
  .map(({ kinds: [kind, own], odd, right, types, psks, client, server, ...rest }) => ({
    ...rest,
    client: {
      ...client,
      kind: own,
      ...typed(types, 0),
      psk: psks[0],
      believes: right[0] ? kind : odd,
    },
    server: {
      ...server,
      kind,
      ...typed(types, 1),
      psk: psks[1],
      believes: right[1] && own ? own : odd,
    },
  }))

/** What an end shows: a leaf that delegates is one of P-256. */
function shown({ kind, delegates, staples }: End): ContextOptions {
  if (!kind) return {}
  if (delegates && kind === 'p256')
    return {
      cert: chainOf(delegating).pem,
      key: delegating.keyPem,
      delegatedCredentials: [delegation],
    }
  const { pem, keyPem } = chainFor(kind)
  return { cert: pem, key: keyPem, ...(staples ? { ocspResponse: ocspFor(kind) } : {}) }
}

function options(one: End): ContextOptions {
  const { root, leaf } = chainFor(one.believes)
  const psk = one.psk === undefined ? undefined : keys[one.psk]
  const later = new Set(one.late)
  return {
    crypto: nodeCrypto,
    minVersion: one.versions[0],
    maxVersion: one.versions[1],
    ciphers: one.ciphers,
    // One of TLS 1.2 alone has to have a curve.
    groups: one.versions[1] === 'TLSv1.2' ? [...one.groups, 'secp521r1'] : one.groups,
    ALPNProtocols: one.alpn,
    ca: root.pem,
    rawPublicKeys: [leaf.spki, ...(one.believes === 'p256' ? [delegating.spki] : [])],
    rejectUnauthorized: one.reject,
    serverCertTypes: one.serverCertTypes,
    clientCertTypes: one.clientCertTypes,
    certificateCompression: one.compresses ? [zlibCertificates] : [],
    ...(one.ocsp === 'no' ? {} : { requestOCSP: true, ocsp: one.ocsp }),
    requestSCT: one.scts,
    delegatedSigalgs: one.delegates ? [schemeFor.p256] : [],
    recordSizeLimit: one.recordSizeLimit,
    ...(one.padding > 1 ? { padding: one.padding } : {}),
    ...(psk ? { psks: [psk] } : {}),
    ...(one.alone ? { pskModes: ['psk_ke', 'psk_dhe_ke'] as const } : {}),
    ...shown(one),
    ...(later.has('verification') && one.reject
      ? { verifyCallback: async verdict => verdict.ok }
      : {}),
    ...(later.has('signature') && one.kind
      ? {
          signCallback: async ({ identity, scheme, content }) => {
            const { key } = (identity.delegated ?? identity) as unknown as Credential
            return key.sign(scheme.algorithm, content) as never
          },
        }
      : {}),
  }
}

/** A store that answers later. */
function slowStore() {
  const kept = new Map<string, Uint8Array>()
  return {
    get: async (id: string) => kept.get(id),
    set: async (id: string, state: Uint8Array) => void kept.set(id, state.slice()),
    delete: async (id: string) => kept.delete(id),
  }
}

function contexts({ client, server }: Plan): () => { client: SslContext; server: SslContext } {
  const later = new Set(server.late)
  const look = looks[client.look]
  const near = new SslContext({
    ...options(client),
    keyShares: client.groups.slice(0, client.shares),
    ...(look ? { clientHello: look } : {}),
    postHandshakeAuth: client.postHandshakeAuth,
    tickets: client.tickets,
  })
  return () => ({
    client: near,
    server: new SslContext({
      ...options(server),
      requestCert: server.requestCert,
      cookie: server.cookie,
      numTickets: server.numTickets,
      maxEarlyData: server.maxEarlyData,
      ...(server.cache ? { sessionCache: later.has('store') ? slowStore() : new Map() } : {}),
      ...(later.has('hello') ? { clientHelloCallback: async () => undefined } : {}),
      ...(later.has('name') ? { SNICallback: async () => undefined } : {}),
      ...(later.has('alpn') && server.alpn.length > 0
        ? {
            ALPNCallback: async ({ protocols }) =>
              server.alpn.find(name => protocols.includes(name)),
          }
        : {}),
    }),
  })
}

/** What both ends have to know alike, beyond what other tests ask. */
function everything(ssl: Ssl, other: Ssl): Facts & Record<string, unknown> {
  const server = ssl.role === 'server'
  const facts = factsOf(ssl, other.peerCertificates)
  // What was shown in a handshake that is gone on with, its server has forgotten.
  if (ssl.resumed) return { ...facts }
  return {
    ...facts,
    types: [ssl.serverCertType, ssl.clientCertType],
    delegated: server ? ssl.delegatedCredentialUsed : ssl.peerDelegatedCredential !== undefined,
  }
}

/** Bytes that are on their way in one direction before the handshake is over: what was taken, and what came. */
class Early {
  readonly #bytes: Uint8Array
  #over = false
  taken = 0
  readonly #came: number[] = []

  constructor(length: number) {
    this.#bytes = Uint8Array.from({ length }, (_, i) => i & 0xff)
  }

  /** Offers what is left; a promise of the call's, if it has one. */
  write(ssl: Ssl): Promise<void> | undefined {
    if (this.#over || this.taken === this.#bytes.length) return undefined
    const outcome = ssl.writeEarly(this.#bytes.subarray(this.taken))
    if (outcome.status === 'done') this.taken += outcome.bytes
    else if (!outcome.status.startsWith('want_')) this.#over = true
    return 'ready' in outcome ? outcome.ready : undefined
  }

  took(bytes: Uint8Array): void {
    this.#came.push(...bytes)
  }

  /** Throws where anything came that was not sent, or not all of it. */
  check(what: string, expected = this.taken): void {
    const sent = this.#bytes.subarray(0, expected)
    if (Buffer.compare(Uint8Array.from(this.#came), sent) !== 0)
      throw new Error(`${what}: ${expected} bytes were sent, ${this.#came.length} came`)
  }
}

/** Early data has come whole and in its own stream, or goes back to whoever sent it; both ends say the same. */
function checkEarly(client: Ssl, server: Ssl, early: Early): void {
  const into = new Uint8Array(64)
  for (;;) {
    const got = server.readEarly(into)
    if (got.status !== 'done') break
    early.took(into.subarray(0, got.bytes))
  }
  const { earlyData } = client
  if (earlyData !== server.earlyData) throw new Error(`${earlyData}, ${server.earlyData}`)
  early.check('early data', earlyData === 'accepted' ? early.taken : 0)
  const back = client.rejectedEarlyData()?.bytes.length ?? 0
  if (back !== (earlyData === 'rejected' ? early.taken : 0))
    throw new Error(`${early.taken} bytes of early data, ${back} of them back, ${earlyData}`)
}

interface Met {
  readonly together: boolean
  readonly session: Session | undefined
  readonly client: Ssl
  readonly server: Ssl
}

/** Lets both meet, step by step, promises awaited; throws where they do not agree about how it ended. */
async function meet(
  pair: { client: SslContext; server: SslContext },
  { rings, client: near, server: far }: Plan,
  session: Session | undefined,
): Promise<Met> {
  const early = new Early(session && near.early > 0 ? near.early : 0)
  const half = new Early(far.halfRtt)
  const [left, right] = bioPair(...rings)
  const client = new Ssl(pair.client, {
    servername: 'server.example',
    ...(session ? { session } : {}),
  }).setBio(left)
  const server = new Ssl(pair.server).setBio(right)
  client.setConnectState()
  server.setAcceptState()
  const into = new Uint8Array(10)
  let stops: string[] = []
  let still = 0
  let before = ''
  for (let round = 0; still < 5; round++) {
    // Over rings of a byte, with ML-DSA both ways, it takes 40,000.
    if (round > 200_000) throw new Error(`they go on and on: ${stops}`)
    stops = []
    let promised = false
    for (const ssl of [client, server]) {
      const promises = [(ssl === client ? early : half).write(ssl)]
      if (ssl === server && far.readsEarly) {
        const got = server.readEarly(into)
        if (got.status === 'done') early.took(into.subarray(0, got.bytes))
        if ('ready' in got) promises.push(got.ready)
      }
      const outcome = ssl.read(into)
      stops.push(outcome.status)
      if (outcome.status === 'done') {
        if (ssl === server) throw new Error('early data was read as if it were none')
        half.took(into.subarray(0, outcome.bytes))
      }
      if ('ready' in outcome) promises.push(outcome.ready)
      for (const ready of promises)
        if (ready) {
          promised = true
          await ready
        }
    }
    const now = `${stops} ${client.state} ${server.state} ${left.pending} ${right.pending} ${client.queued} ${server.queued}`
    still = now === before && !promised ? still + 1 : 0
    before = now
  }
  const dead = stops.map(stop => stop === 'failed')
  if (dead.every(Boolean)) return { together: false, session: undefined, client, server }
  const live = stops.every(stop => stop === 'want_read') && client.queued + server.queued === 0
  if (!live || !client.connected || !server.connected)
    throw new Error(`one end stands otherwise than the other: ${before}`)
  const [a, b] = [everything(client, server), everything(server, client)].map(facts =>
    JSON.stringify(facts),
  )
  if (a !== b) throw new Error(`they do not agree: ${a} ${b}`)
  checkEarly(client, server, early)
  half.check('0.5-RTT data')
  return { together: true, session: client.session, client, server }
}

test('whatever both are set to, two meetings after each other agree on every fact or fail with one alert, and every feature is met', async t => {
  t.timeout(300_000)
  const seen: Record<string, number> = {}
  const count = (what: string, truth: unknown) => {
    if (truth) seen[what] = (seen[what] ?? 0) + 1
  }
  const property = fc.asyncProperty(anyPlan, async plan => {
    const alerts: TraceEvent[] = []
    const make = contexts(plan)
    let pair = make()
    const traced = (context: SslContext): SslContext =>
      new SslContext({
        ...context.options,
        trace: event => {
          if (event.event === 'alert' && event.direction === 'write') alerts.push(event)
        },
        traceEvents: ['alert'],
      })
    pair = { client: traced(pair.client), server: traced(pair.server) }
    let session: Session | undefined
    for (const turn of ['first', 'second'] as const) {
      if (turn === 'second' && plan.moved) pair = { ...pair, server: traced(make().server) }
      alerts.length = 0
      const met = await meet(pair, plan, session)
      const fatal = alerts.filter(
        event => event.event === 'alert' && event.alert !== 'close_notify',
      )
      if (fatal.length !== (met.together ? 0 : 1))
        throw new Error(`${fatal.length} alerts: ${JSON.stringify(fatal)}`)
      count(`${turn} ${met.together ? 'together' : 'apart'}`, true)
      if (!met.together) {
        count(`alert ${fatal.map(event => ('alert' in event ? event.alert : ''))}`, true)
        return
      }
      session = met.session
      const { client, server } = met
      count(`resumed ${client.version}`, client.resumed)
      count(`pre-shared key of ${client.version}`, client.pskIdentity)
      count('retried', client.retried)
      count('raw key of the server', client.peerRawPublicKey)
      count('raw key of the client', server.peerRawPublicKey)
      count('delegated credential', client.peerDelegatedCredential)
      count('stapled', client.ocspResponse)
      count('client certificate', server.peerCertificates.length > 0)
      count('may ask later', server.canRequestCertificate)
      count('without (EC)DHE', client.group === undefined)
      count('ALPN', client.alpnProtocol)
      count(`early data ${client.earlyData}`, client.earlyData !== 'none')
    }
  })
  const wanted = [
    ...['first together', 'first apart', 'second together', 'resumed TLSv1.3', 'resumed TLSv1.2'],
    ...['pre-shared key of TLSv1.3', 'pre-shared key of TLSv1.2'],
    ...['retried', 'raw key of the server', 'delegated credential', 'stapled'],
    ...['client certificate', 'may ask later', 'ALPN'],
    ...['early data accepted', 'early data rejected'],
  ]
  const short = await untilMet(
    () => fc.assert(property, { numRuns: 400 }),
    () => shortOf(seen, wanted, 3),
  )
  t.log(seen)
  t.deepEqual(short, [])
})
