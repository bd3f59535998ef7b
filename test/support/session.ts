/** A whole session by description: contexts for both ends, and the facts that both have to agree on. */

import { bioPair } from '@biopair/bio'
import {
  type CipherSuite12Name,
  type CipherSuiteName,
  type CryptoProvider,
  cipherSuites,
  cipherSuites12,
  type GroupName,
  groups,
  type PskCipherSuite12Name,
  pskCipherSuites12,
  type Random,
} from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import { type ClientHello, extensionTypes } from '@biopair/handshake'
import {
  type ContextOptions,
  MemoryReplayStore,
  type PskOption,
  Ssl,
  SslContext,
  sessionToBytes,
} from '@biopair/ssl'
import fc from 'fast-check'
import { type AnyKind, chainFor, keyKinds } from './mint.ts'
import type { Rings } from './schedule.ts'

export const suiteNames = Object.keys(cipherSuites) as CipherSuiteName[]
export const groupNames = Object.keys(groups) as GroupName[]
export const suiteNames12 = Object.keys(cipherSuites12) as CipherSuite12Name[]
export const pskSuiteNames12 = Object.keys(pskCipherSuites12) as PskCipherSuite12Name[]
/** What TLS 1.2 has of them. */
export const curveNames = groupNames.filter(name => !name.includes('MLKEM'))

/** Suites that go with a certificate, or with a key that both were given: in TLS 1.2 they name what the ends are known by. */
export function suitesFor(
  version: Session['version'],
  certificate: AnyKind | 'psk',
): readonly Session['suite'][] {
  if (version === 'TLSv1.3') return suiteNames
  if (certificate === 'psk') return pskSuiteNames12
  const auth = certificate.startsWith('rsa') ? 'rsa' : 'ecdsa'
  return suiteNames12.filter(name => cipherSuites12[name].auth === auth)
}

/** Groups that a version has. */
export function groupsFor(version: Session['version']): readonly GroupName[] {
  return version === 'TLSv1.3' ? groupNames : curveNames
}

export const versionNames = ['TLSv1.2', 'TLSv1.3'] as const

export interface Session {
  /** The one that both ends meet at. */
  readonly version: (typeof versionNames)[number]
  /** Who speaks the other version beside it. Of a session of TLS 1.2 not both: they would meet at TLS 1.3. */
  readonly either: 'neither' | 'client' | 'server' | 'both'
  readonly suite: CipherSuiteName | CipherSuite12Name | PskCipherSuite12Name
  readonly group: GroupName
  readonly certificate: AnyKind
  /** The client's certificate, where the server asks for one; `unasked` is that it does not ask. */
  readonly client: AnyKind | 'none' | 'unasked'
  /** A group that the client sends a share for in vain, so that the server asks again. */
  readonly retry: boolean
  readonly cookie: 'never' | 'with_retry' | 'always'
  readonly alpn: boolean
  readonly tickets: number
  readonly middleboxCompat: boolean
  readonly maxFragment: number
  /** What the client asks for as max_fragment_length of a server that does not know record_size_limit; 0 for none. */
  readonly fragment: 0 | 512 | 1024 | 2048 | 4096
  /** Whether the server keeps sessions in a cache, by ids in TLS 1.2 and by tickets that are none but names in TLS 1.3, or seals them into tickets. */
  readonly cache: boolean
  /** Whether a session before is gone on with, by its ticket or by its name in a cache, or a key that both were given takes the place of certificates. */
  readonly resume: 'no' | 'ticket' | 'id' | 'psk'
  /** With a session, whether the client sends early data, and the server reads it, leaves it unread for as long as it can, or refuses it. */
  readonly early: 'no' | 'read' | 'unread' | 'refused'
  /** Whether the server staples an OCSP response. */
  readonly staple: boolean
  /** Whether both have extended_master_secret, which TLS 1.3 has no need of. */
  readonly extended: boolean
}

/** Whether a session goes on with another. */
export function resumes({ resume }: Pick<Session, 'resume'>): boolean {
  return resume === 'ticket' || resume === 'id'
}

/** A session as its version has it: what TLS 1.2 does not have gives way to the next thing that it has. */
export function fitted(session: Session): Session {
  const { version, certificate, client, suite, group, either, extended } = session
  const bound = extended || version === 'TLSv1.3'
  // RFC 7627 §5.3: a session without extended_master_secret is none.
  const resume = bound || !resumes(session) ? session.resume : 'no'
  const cache = resumes({ resume }) ? resume === 'id' : session.cache
  if (version === 'TLSv1.3') return { ...session, cache, extended: true }
  const kind = certificate.startsWith('mldsa') ? 'p256' : certificate
  const suites = suitesFor(version, resume === 'psk' ? 'psk' : kind)
  const known: readonly string[] = [...suiteNames, ...suiteNames12, ...pskSuiteNames12]
  return {
    ...session,
    ...{ resume, cache },
    certificate: kind,
    client: client.startsWith('mldsa') ? 'none' : client,
    suite: suites[known.indexOf(suite) % suites.length] as Session['suite'],
    group: curveNames.includes(group) ? group : 'x25519',
    either: either === 'both' ? 'neither' : either,
    ...{ retry: false, cookie: 'never', early: 'no' },
  }
}

/** Whether its client has something to go on with afterwards: in TLS 1.2 also what it went on with. */
export function keepsSession(session: Session): boolean {
  const { version, tickets, extended } = session
  return version === 'TLSv1.3' ? tickets > 0 : extended && (tickets > 0 || resumes(session))
}

/** A client's chain of ML-DSA is longer than a ticket may be (docs/decisions/resumption.md): without a cache there is none, and nothing to go on with. */
function withoutLongTickets(session: Session): Session {
  if (session.client !== 'mldsa65' || session.cache) return session
  return { ...session, tickets: 0, resume: session.resume === 'ticket' ? 'no' : session.resume }
}

/** One of these, and now and then another, which costs many more steps. */
function seldom<T>(another: T, these: readonly T[]): fc.Arbitrary<T> {
  const [often, rare] = [fc.constantFrom(...these), fc.constant(another)]
  return fc.oneof({ weight: 30, arbitrary: often }, { weight: 1, arbitrary: rare })
}

/** Every choice that a session has. */
export const anySession: fc.Arbitrary<Session> = fc
  .record({
    version: fc.constantFrom(...versionNames, 'TLSv1.3' as const),
    either: fc.constantFrom('neither', 'client', 'server', 'both'),
    staple: fc.boolean(),
    extended: fc.integer({ min: 0, max: 4 }).map(n => n > 0),
    suite: fc.constantFrom(...suiteNames),
    // The slow ones once, the others twice.
    group: fc.constantFrom(...groupNames, 'x25519', 'secp256r1', 'X25519MLKEM768'),
    certificate: seldom<AnyKind>('mldsa44', [...keyKinds, 'p256', 'ed25519', 'rsa', 'rsa-pss']),
    client: seldom<Session['client']>('mldsa65', [
      'unasked',
      'unasked',
      'unasked',
      'none',
      ...keyKinds,
    ]),
    retry: fc.boolean(),
    cookie: fc.constantFrom('never', 'with_retry', 'always'),
    alpn: fc.boolean(),
    tickets: fc.nat(2),
    middleboxCompat: fc.boolean(),
    maxFragment: fc.constantFrom(16_384, 16_384, 512, 1000),
    fragment: fc.constantFrom(0, 0, 0, 512, 1024, 2048, 4096),
    cache: fc.boolean(),
    resume: fc.constantFrom('no', 'ticket', 'id', 'psk'),
    early: fc.constantFrom('no', 'read', 'unread', 'refused'),
  })
  .map(fitted)
  .map(withoutLongTickets)

/** A session without anything special. */
export const plainSession: Session = {
  version: 'TLSv1.3',
  either: 'neither',
  staple: false,
  extended: true,
  suite: 'TLS_AES_128_GCM_SHA256',
  group: 'x25519',
  certificate: 'p256',
  client: 'unasked',
  retry: false,
  cookie: 'never',
  alpn: true,
  tickets: 2,
  middleboxCompat: true,
  maxFragment: 16_384,
  fragment: 0,
  cache: false,
  resume: 'no',
  early: 'no',
}

const size = fc.oneof(
  fc.integer({ min: 1, max: 4 }),
  fc.integer({ min: 1, max: 600 }),
  fc.integer({ min: 1, max: 20_000 }),
)

/** The same of a version. */
export const plain = {
  'TLSv1.2': fitted({ ...plainSession, version: 'TLSv1.2' }),
  'TLSv1.3': plainSession,
} as const satisfies Record<Session['version'], Session>

/** One pair, or two with a carrier between them; every size from 1. */
export const anyRings: fc.Arbitrary<Rings> = fc.oneof(
  fc.tuple(size, size),
  fc.tuple(size, size, size, size),
)

/** What a session costs beyond its description. */
export interface Surroundings {
  readonly crypto: CryptoProvider
  /** Of each end, where the run has to repeat. */
  readonly random?: { readonly client: Random; readonly server: Random }
  readonly more?: ContextOptions
  /** False where the client takes any chain, which saves the time of judging it. */
  readonly judge?: boolean
}

export const serverName = 'server.example'

/** A client and a server for a session, without BIOs. */
export function endsOf(session: Session, surroundings: Surroundings): { client: Ssl; server: Ssl } {
  const { server, client } = optionsOf(session, surroundings)
  const before = resumes(session) ? { session: sessionBefore(session, surroundings).bytes } : {}
  return {
    client: new Ssl(new SslContext(client), {
      servername: serverName,
      ...before,
    }).setConnectState(),
    server: new Ssl(new SslContext(server)).setAcceptState(),
  }
}

/** What was left behind by a session that was had before. */
interface Had {
  /** The client's session. */
  readonly bytes: Uint8Array
  /** The server's cache. */
  readonly kept: ReadonlyMap<string, Uint8Array>
}

/** Sessions that were had before, by description: making one costs a handshake. */
const had = new Map<string, Had>()

/** The session that a description goes on with: what it does not remember does not matter. */
function sessionBefore(session: Session, { more }: Surroundings): Had {
  const { version, suite, certificate, client: mine, cache, alpn } = session
  const before = { ...plain[version], version, suite, certificate, client: mine, cache, alpn }
  const description = JSON.stringify([before, sendsEarly(session), more?.now?.()])
  const known = had.get(description)
  if (known) return known
  const kept = new Map<string, Uint8Array>()
  const options = optionsOf(before, {
    ...{ crypto: nodeCrypto, judge: false },
    ...(more ? { more } : {}),
  })
  const [near, far] = bioPair(2 ** 17, 2 ** 17)
  const client = new Ssl(new SslContext(options.client), { servername: serverName })
  const context = new SslContext({
    ...options.server,
    ...earlyOptions(session, more),
    ...(session.cache ? { sessionCache: kept } : {}),
  })
  const server = new Ssl(context).setBio(far).setAcceptState()
  client.setBio(near).setConnectState()
  for (let i = 0; i < 3; i++) {
    client.read(new Uint8Array(1))
    server.read(new Uint8Array(1))
  }
  if (!client.session) throw new Error('there is no session to go on with')
  const made = { bytes: sessionToBytes(client.session), kept }
  had.set(description, made)
  return made
}

/** A server's cache, with what it has kept of a session before. */
function cacheOf(session: Session, surroundings: Surroundings): Map<string, Uint8Array> {
  if (session.resume !== 'id') return new Map()
  const { kept } = sessionBefore(session, surroundings)
  return new Map([...kept].map(([id, state]) => [id, state.slice()]))
}

/** Options of both contexts. */
export function optionsOf(
  session: Session,
  surroundings: Surroundings,
): { client: ContextOptions; server: ContextOptions } {
  const { crypto, random, more = {}, judge = true } = surroundings
  const chain = chainFor(session.certificate)
  const mine =
    session.client === 'none' || session.client === 'unasked' ? undefined : chainFor(session.client)
  const other = session.group === 'x25519' ? 'secp256r1' : 'x25519'
  const shared: ContextOptions = {
    crypto,
    middleboxCompat: session.middleboxCompat,
    limits: { maxFragment: session.maxFragment },
    ticketKeys: new Uint8Array(48).fill(1),
    ...(session.resume === 'psk' ? { psks: [keyOf(session)] } : {}),
    ...more,
  }
  const others = session.version === 'TLSv1.3' ? suiteNames12 : suiteNames
  return {
    client: {
      ...shared,
      ...versionsOf(session, 'client'),
      ...(session.extended ? {} : withoutExtended),
      ...(session.staple ? { requestOCSP: true, ocsp: 'ignore' } : {}),
      ...(judge ? { ca: chain.root.pem } : { rejectUnauthorized: false }),
      ...(session.fragment ? { maxFragmentLength: session.fragment } : {}),
      ciphers: [...suiteNames, ...suiteNames12, ...pskSuiteNames12],
      groups: session.retry ? [other, session.group] : [session.group],
      keyShares: session.retry ? [other] : [session.group],
      ...(mine ? { cert: mine.pem, key: mine.keyPem } : {}),
      ...(session.alpn ? { ALPNProtocols: ['h2', 'http/1.1'] } : {}),
      ...(random ? { random: random.client } : {}),
    },
    server: {
      ...shared,
      ...versionsOf(session, 'server'),
      ...(session.extended ? {} : { requireExtendedMasterSecret: false }),
      ...(session.staple ? { ocspResponse: stapled } : {}),
      cert: chain.pem,
      key: chain.keyPem,
      ciphers: [session.suite, ...(speaksEither(session, 'server') ? others : [])],
      groups: [session.group],
      numTickets: session.tickets,
      ...(session.fragment ? { recordSizeLimit: 0 } : {}),
      ...(session.cache ? { sessionCache: cacheOf(session, surroundings) } : {}),
      cookie: session.cookie,
      ...(session.client === 'unasked'
        ? {}
        : { requestCert: true, rejectUnauthorized: session.client !== 'none' }),
      ...(mine ? { ca: mine.root.pem } : {}),
      ...(session.alpn ? { ALPNProtocols: ['http/1.1'] } : {}),
      ...earlyOptions(session, more),
      ...(random ? { random: random.server } : {}),
    },
  }
}

/** The key that both were given: an imported one is of TLS 1.3 alone. */
function keyOf({ version, suite }: Session): PskOption {
  const psk = { identity: 'both', key: new Uint8Array(32).fill(5) }
  if (version === 'TLSv1.3') return { ...psk, kind: 'imported' }
  return { ...psk, hash: suite.endsWith('SHA384') ? 'sha384' : 'sha256' }
}

/** Of a server that takes early data. */
function earlyOptions(session: Session, { now = Date.now }: ContextOptions = {}): ContextOptions {
  if (!sendsEarly(session)) return {}
  return {
    maxEarlyData: mostEarly,
    replayStore: new MemoryReplayStore({ silence: 0, now }),
    earlyDataCallback: () => session.early !== 'refused',
  }
}

/** What a server staples. */
export const stapled = Uint8Array.of(48, 3, 10, 1, 6)

function speaksEither({ either }: Session, role: 'client' | 'server'): boolean {
  return either === 'both' || either === role
}

function versionsOf(session: Session, role: 'client' | 'server'): ContextOptions {
  if (speaksEither(session, role)) return { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' }
  return { minVersion: session.version, maxVersion: session.version }
}

/** A client that does not know extended_master_secret. */
const withoutExtended: ContextOptions = {
  requireExtendedMasterSecret: false,
  edit: (name, message) => {
    if (name !== 'ClientHello') return message
    const hello = message as unknown as ClientHello
    const extensions = hello.extensions?.filter(
      ({ extension_type }) => extension_type !== extensionTypes.extended_master_secret,
    )
    return { ...hello, extensions } as unknown as typeof message
  },
}

/** Bytes of early data that a session may have. */
export const mostEarly = 20_000

/** Whether a session has early data. */
export function sendsEarly(session: Session): boolean {
  return resumes(session) && session.early !== 'no'
}

/** What has to become of it. */
export function earlyOf(session: Session): 'none' | 'accepted' | 'rejected' {
  if (!sendsEarly(session)) return 'none'
  const asked = session.retry || session.cookie === 'always'
  return asked || session.early === 'refused' ? 'rejected' : 'accepted'
}

/** What an end knows that the other end has to know as well. */
export interface Facts {
  readonly version: string | undefined
  readonly suite: string | undefined
  readonly group: string | undefined
  readonly alpn: string | undefined
  readonly servername: string | undefined
  readonly retried: boolean
  readonly resumed: boolean
  readonly psk: string
  readonly exporter: string
  /** DER as hex. */
  readonly serverChain: readonly string[]
  readonly clientChain: readonly string[]
}

/** What an end knows; `shown` is the chain that it has shown itself. */
export function factsOf(ssl: Ssl, shown: readonly Uint8Array[]): Facts {
  const own = shown.map(hex)
  const peer = ssl.peerCertificates.map(hex)
  const context = Uint8Array.of(1, 2, 3)
  return {
    version: ssl.version,
    suite: ssl.cipher?.name,
    group: ssl.group,
    alpn: ssl.alpnProtocol,
    servername: ssl.servername,
    retried: ssl.retried,
    resumed: ssl.resumed,
    psk: hex(ssl.pskIdentity ?? new Uint8Array(0)),
    exporter: exported(ssl, context),
    serverChain: ssl.role === 'server' ? own : peer,
    clientChain: ssl.role === 'server' ? peer : own,
  }
}

/** Keying material; RFC 7627 §5.4: there is none where the master secret is not bound to the handshake. */
function exported(ssl: Ssl, context: Uint8Array): string {
  try {
    return hex(ssl.exportKeyingMaterial(40, 'EXPORTER-biopair-test', context))
  } catch (error) {
    if (ssl.version === 'TLSv1.2' && error instanceof TypeError) return 'none'
    throw error
  }
}

/** The chain that an end of a session shows. */
export function shownBy(session: Session, role: 'client' | 'server'): readonly Uint8Array[] {
  if (session.resume === 'psk') return []
  if (role === 'server') return chainFor(session.certificate).der
  return session.client === 'none' || session.client === 'unasked'
    ? []
    : chainFor(session.client).der
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
