/** The ends that client and server targets are: contexts made once, of everything that they can be told to do. */
import type { Bio } from '@biopair/bio'
import type { Bytes } from '@biopair/crypto'
import {
  type ContextOptions,
  delegatedCredential,
  type Session,
  Ssl,
  SslContext,
  type SslOptions,
} from '@biopair/ssl'
import { extension } from '../extensions.ts'
import { Minter } from '../minter.ts'
import { seededRandom } from '../seeded.ts'
import { firstOf } from './first-session.ts'
import { nothingIsSecret, unsafeNullCrypto } from './null-crypto.ts'
import { RewindingRandom } from './rewinding-random.ts'
import { moreTerms } from './scenarios-more.ts'

/** An end that can be made again and again, always the same. */
export interface FuzzedEnd {
  readonly name: string
  readonly role: 'client' | 'server'
  readonly habits: readonly Habit[]
  /** A fresh end over these BIOs; it draws what every one before it drew. */
  make(rbio: Bio, wbio: Bio): Ssl
  /** A context of the same terms, for a connection that moves. */
  elsewhere(): SslContext
}

/** What an end does beside what a plan says: it peeks before it reads, moves once it is connected, or begins with `stateless`. */
export type Habit = 'peeks' | 'moves' | 'stateless'

/** Two ends that understand each other. */
export interface Scenario {
  readonly name: string
  readonly client: FuzzedEnd
  readonly server: FuzzedEnd
  /** Whether the client has early data to send. */
  readonly early: boolean
}

export const fuzzTime = Date.UTC(2026, 6, 1)

/** What both ends of a scenario are told. */
export interface Terms {
  readonly client?: ContextOptions
  readonly server?: ContextOptions
  /** What a first connection on these terms leaves behind is offered. */
  readonly resumes?: boolean
  readonly early?: boolean
  readonly servername?: string
  readonly habits?: readonly Habit[]
}

/** What every context here is told. */
export const common: ContextOptions = {
  crypto: unsafeNullCrypto(nothingIsSecret),
  now: () => fuzzTime,
  groups: ['x25519', 'secp256r1', 'X25519MLKEM768'],
  ALPNProtocols: ['h2', 'http/1.1'],
  limits: {
    maxHandshakeMessage: 16_384,
    maxCertificateMessage: 32_768,
    maxHandshakeBuffer: 65_536,
  },
  // What one run leaves behind must not be there for the next.
  verifyCache: 0,
}

/** Every scenario. Making them costs some milliseconds; `carry` shakes hands where one needs a session. */
export function makeScenarios(carry: (scenario: Scenario) => void): readonly Scenario[] {
  return Object.entries(terms()).map(([name, each]) => scenario(name, each, carry))
}

function scenario(name: string, each: Terms, carry: (scenario: Scenario) => void): Scenario {
  let session: Session | undefined
  const server = fuzzedEnd(name, 'server', each, {})
  const client = (options: SslOptions) =>
    fuzzedEnd(name, 'client', each, { servername: each.servername ?? 'server.example', ...options })
  const early = each.early === true
  if (!each.resumes) return { name, server, early, client: client({}) }
  const onSession = (given: Session) => {
    session ??= given
  }
  carry({ name, server, early: false, client: client({ onSession }) })
  if (!session) throw new Error(`${name}: there is no session to resume`)
  return { name, server, early, client: client({ session, reuseSession: true }) }
}

function fuzzedEnd(
  name: string,
  role: 'client' | 'server',
  terms: Terms,
  ssl: SslOptions,
): FuzzedEnd {
  const random = new RewindingRandom(role === 'client' ? 1 : 2)
  const fresh = () => new SslContext({ ...common, ...terms[role], random: random.draw })
  const context = fresh()
  let other: SslContext | undefined
  return {
    name: `${role} ${name}`,
    role,
    habits: (terms.habits ?? []).filter(habit => habit !== 'stateless' || role === 'server'),
    elsewhere() {
      other ??= fresh()
      return other
    },
    make(rbio, wbio) {
      random.rewind()
      const end = new Ssl(context, ssl).setBio(rbio, wbio)
      return role === 'client' ? end.setConnectState() : end.setAcceptState()
    },
  }
}

function terms(): Readonly<Record<string, Terms>> {
  const crypto = unsafeNullCrypto(nothingIsSecret)
  const minter = new Minter({ time: fuzzTime, random: seededRandom('fuzz') })
  const root = minter.root({ key: 'ed25519' })
  const leaf = minter.leaf(root, { key: 'ed25519', extensions: [delegationUsage] })
  const rsa = minter.leaf(root, { key: 'rsa' })
  const short = minter.key('ed25519')
  const own = { cert: [leaf.pem], key: [leaf.key.pem()] }
  const believes = { ca: root.pem }
  const ticketKeys = { ticketKeys: new Uint8Array(48).fill(7) }
  const plain: Required<Pick<Terms, 'client' | 'server'>> = {
    client: { ...believes },
    server: { ...own, ...ticketKeys },
  }
  const both = (client: ContextOptions, server: ContextOptions = client) => ({
    client: { ...plain.client, ...client },
    server: {
      ...own,
      ...(server.ticketSealer || server.sessionCache ? {} : ticketKeys),
      ...server,
    },
  })
  const older = { maxVersion: 'TLSv1.2' } as const
  const either = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' } as const
  const asks = { requestCert: true, ...believes }
  const delegated = (['client', 'server'] as const).map(role => ({
    credential: delegatedCredential({
      ...{ cert: leaf.pem, key: leaf.key.pem(), publicKey: short.spki, scheme: 'ed25519' as const },
      ...{ lifetime: 3600, role, crypto, now: fuzzTime },
    }),
    key: short.pem(),
  }))
  const shorter = [{ id: 2, name: 'shorter', compress: withoutLast, decompress }]
  const rich: ContextOptions = {
    ...{ delegatedSigalgs: 'ed25519', delegatedCredentials: delegated },
    ...{ requestOCSP: true, ocspResponse: minter.ocsp(leaf, root), requestSCT: true },
    ...{ scts: [Uint8Array.of(0, 1, 2)], recordSizeLimit: 1000, ...believes, ...own },
  }
  const psk = { psks: [{ identity: 'someone', key: new Uint8Array(32).fill(9) }] }
  const types = ['rpk', 'x509'] as const
  const rpk: ContextOptions = {
    ...{ serverCertTypes: types, clientCertTypes: types, rawPublicKeys: leaf.spki },
    ...own,
  }
  return {
    plain,
    older: both(older),
    'either to newer': both(either, {}),
    'older to either': both(older, either),
    'newer to either': both({}, either),
    'either to older': both(either, older),
    retried: both(
      { groups: ['x25519', 'secp256r1'], ...own },
      { groups: ['secp256r1'], cookie: 'always', ...asks },
    ),
    'older, with certificates': both(
      { ...older, ...own, requestOCSP: true, recordSizeLimit: 800 },
      { ...older, ...asks, ocspResponse: minter.ocsp(leaf, root), recordSizeLimit: 900 },
    ),
    'older, with RSA': both(older, { ...older, cert: rsa.pem, key: rsa.key.pem() }),
    resumed: { ...both({}), resumes: true },
    early: {
      ...both({}, { maxEarlyData: 4096, replayStore: { claim: () => true } }),
      ...{ resumes: true, early: true },
    },
    'external key': both({ ...psk, pskModes: ['psk_dhe_ke', 'psk_ke'] }),
    rich: both(rich, { ...rich, requestCert: true }),
    compressed: both(
      { certificateCompression: shorter, ...own },
      { certificateCompression: shorter, ...asks },
    ),
    'raw keys': both(rpk, { ...rpk, requestCert: true }),
    later: both({ postHandshakeAuth: true, ...own }, { ...asks, requestCert: 'later' }),
    stateless: both(
      { groups: ['x25519', 'secp256r1'] },
      { groups: ['secp256r1'], cookieKeys: new Uint8Array(32).fill(3), cookie: 'always' },
    ),
    lax: both(
      { rejectUnauthorized: false, clientHello: { grease: true, padding: 512 } },
      { ...asks, rejectUnauthorized: false, recordSizing: {} },
    ),
    'older, with a key': both({ ...older, ...psk }),
    'older, resumed by ticket': { ...both(older), resumes: true },
    'older, resumed by id': {
      client: { ...plain.client, ...older },
      server: { ...own, ...older, sessionCache: firstOf() },
      resumes: true,
    },
    ...moreTerms({ minter, root, leaf, crypto, both }),
  }
}

/** RFC 9345 §4.2: DelegationUsage, whose value is NULL. */
const delegationUsage = extension('1.3.6.1.4.1.44363.44', false, Uint8Array.of(0x05, 0x00))

/** Leaves the last byte out, which is 0 where the last certificate has no extensions: what is not shorter is not sent. */
function withoutLast(bytes: Uint8Array): Bytes {
  return bytes.at(-1) === 0 ? bytes.slice(0, -1) : new Uint8Array(bytes)
}

function decompress(bytes: Uint8Array, length: number): Bytes {
  const whole = new Uint8Array(length)
  if (bytes.length + 1 !== length) throw new RangeError(`expected ${length - 1} bytes`)
  whole.set(bytes)
  return whole
}
