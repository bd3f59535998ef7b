/** A whole session by description: contexts for both ends, and the facts that both have to agree on. */

import { bioPair } from '@biopair/bio'
import {
  type CipherSuiteName,
  type CryptoProvider,
  cipherSuites,
  type GroupName,
  groups,
  type Random,
} from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  type ContextOptions,
  MemoryReplayStore,
  Ssl,
  SslContext,
  sessionToBytes,
} from '@biopair/ssl'
import fc from 'fast-check'
import { type AnyKind, chainFor, keyKinds } from './mint.ts'
import type { Rings } from './schedule.ts'

export const suiteNames = Object.keys(cipherSuites) as CipherSuiteName[]
export const groupNames = Object.keys(groups) as GroupName[]

export interface Session {
  readonly suite: CipherSuiteName
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
  /** Whether a session before is gone on with, or a key that both were given takes the place of certificates. */
  readonly resume: 'no' | 'ticket' | 'psk'
  /** With a ticket, whether the client sends early data, and the server reads it, leaves it unread for as long as it can, or refuses it. */
  readonly early: 'no' | 'read' | 'unread' | 'refused'
}

/** A client's chain of ML-DSA is longer than a ticket may be (docs/decisions/resumption.md): there is none, and nothing to go on with. */
function withoutLongTickets(session: Session): Session {
  if (session.client !== 'mldsa65') return session
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
    resume: fc.constantFrom('no', 'no', 'ticket', 'ticket', 'psk'),
    early: fc.constantFrom('no', 'read', 'unread', 'refused'),
  })
  .map(withoutLongTickets)

/** A session without anything special. */
export const plainSession: Session = {
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
  resume: 'no',
  early: 'no',
}

const size = fc.oneof(
  fc.integer({ min: 1, max: 4 }),
  fc.integer({ min: 1, max: 600 }),
  fc.integer({ min: 1, max: 20_000 }),
)

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
  const before =
    session.resume === 'ticket' ? { session: sessionBefore(session, surroundings) } : {}
  return {
    client: new Ssl(new SslContext(client), {
      servername: serverName,
      ...before,
    }).setConnectState(),
    server: new Ssl(new SslContext(server)).setAcceptState(),
  }
}

/** Sessions that were had before, as bytes, by description: making one costs a handshake. */
const had = new Map<string, Uint8Array>()

/** The session that a description goes on with. */
function sessionBefore(session: Session, { more }: Surroundings): Uint8Array {
  const description = JSON.stringify([session, more?.now?.()])
  const known = had.get(description)
  if (known) return known
  const options = optionsOf(
    { ...session, group: 'x25519', retry: false, cookie: 'never', tickets: 1, maxFragment: 16_384 },
    { crypto: nodeCrypto, judge: false, ...(more ? { more } : {}) },
  )
  const [near, far] = bioPair(2 ** 17, 2 ** 17)
  const client = new Ssl(new SslContext(options.client), { servername: serverName })
  const server = new Ssl(new SslContext(options.server)).setBio(far).setAcceptState()
  client.setBio(near).setConnectState()
  for (let i = 0; i < 3; i++) {
    client.read(new Uint8Array(1))
    server.read(new Uint8Array(1))
  }
  if (!client.session) throw new Error('there is no session to go on with')
  const bytes = sessionToBytes(client.session)
  had.set(description, bytes)
  return bytes
}

/** Options of both contexts. */
export function optionsOf(
  session: Session,
  { crypto, random, more = {}, judge = true }: Surroundings,
): { client: ContextOptions; server: ContextOptions } {
  const chain = chainFor(session.certificate)
  const mine =
    session.client === 'none' || session.client === 'unasked' ? undefined : chainFor(session.client)
  const other = session.group === 'x25519' ? 'secp256r1' : 'x25519'
  const shared: ContextOptions = {
    crypto,
    middleboxCompat: session.middleboxCompat,
    limits: { maxFragment: session.maxFragment },
    ...(session.resume === 'ticket' ? { ticketKeys: new Uint8Array(48).fill(1) } : {}),
    ...(session.resume === 'psk'
      ? { psks: [{ identity: 'both', key: new Uint8Array(32).fill(5), kind: 'imported' }] }
      : {}),
    ...more,
  }
  return {
    client: {
      ...shared,
      ...(judge ? { ca: chain.root.pem } : { rejectUnauthorized: false }),
      ciphers: suiteNames,
      groups: session.retry ? [other, session.group] : [session.group],
      keyShares: session.retry ? [other] : [session.group],
      ...(mine ? { cert: mine.pem, key: mine.keyPem } : {}),
      ...(session.alpn ? { ALPNProtocols: ['h2', 'http/1.1'] } : {}),
      ...(random ? { random: random.client } : {}),
    },
    server: {
      ...shared,
      cert: chain.pem,
      key: chain.keyPem,
      ciphers: [session.suite],
      groups: [session.group],
      numTickets: session.tickets,
      cookie: session.cookie,
      ...(session.client === 'unasked'
        ? {}
        : { requestCert: true, rejectUnauthorized: session.client !== 'none' }),
      ...(mine ? { ca: mine.root.pem } : {}),
      ...(session.alpn ? { ALPNProtocols: ['http/1.1'] } : {}),
      ...(sendsEarly(session)
        ? {
            maxEarlyData: mostEarly,
            replayStore: new MemoryReplayStore({ silence: 0, now: more.now ?? Date.now }),
            earlyDataCallback: () => session.early !== 'refused',
          }
        : {}),
      ...(random ? { random: random.server } : {}),
    },
  }
}

/** Bytes of early data that a session may have. */
export const mostEarly = 20_000

/** Whether a session has early data. */
export function sendsEarly({ resume, early }: Session): boolean {
  return resume === 'ticket' && early !== 'no'
}

/** What has to become of it. */
export function earlyOf(session: Session): 'none' | 'accepted' | 'rejected' {
  if (!sendsEarly(session)) return 'none'
  const asked = session.retry || session.cookie === 'always'
  return asked || session.early === 'refused' ? 'rejected' : 'accepted'
}

/** What an end knows that the other end has to know as well. */
export interface Facts {
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
    suite: ssl.cipher?.name,
    group: ssl.group,
    alpn: ssl.alpnProtocol,
    servername: ssl.servername,
    retried: ssl.retried,
    resumed: ssl.resumed,
    psk: hex(ssl.pskIdentity ?? new Uint8Array(0)),
    exporter: hex(ssl.exportKeyingMaterial(40, 'EXPORTER-biopair-test', context)),
    serverChain: ssl.role === 'server' ? own : peer,
    clientChain: ssl.role === 'server' ? peer : own,
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
