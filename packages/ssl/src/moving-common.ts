/** What a live connection of either version is made of, as bytes: agreements, limits, and what a program can ask. */
import {
  type AnyCipherSuite,
  groupById,
  groups,
  moreGroups,
  type SignatureSchemeName,
  signatureSchemeById,
  signatureSchemes,
} from '@biopair/crypto'
import type { AnyConnected, CertificateTypeName } from '@biopair/handshake'
import {
  type Bytes,
  type Decoded,
  fixed,
  opaque,
  struct,
  uint8,
  uint16,
  uint32,
  vector,
} from '@biopair/wire'
import type { Verdict } from '@biopair/x509'
import type { ConnectionState } from './connection-state.ts'
import { check, maybe, number, only, some, text, truth, units, words } from './moving-text.ts'
import { der, MovingVerdict, readVerdict, writeVerdict } from './moving-verdict.ts'
import { readShown, ShownState, writeShown } from './shown-state.ts'

/** A connection on its way. */
export interface Moving {
  /** Milliseconds since 1970: nobody may go on with it later. */
  readonly until: number
  readonly connection: ConnectionState
  readonly facts: MovingFacts
}

/** What a program can ask of a connection beside what `Connected` has. */
export interface MovingFacts {
  readonly clientRandom: Bytes | undefined
  /** Client: the name that it looked for. Server: the name that was asked for. */
  readonly servername: string | undefined
  readonly retried: boolean
  readonly pskIdentity: Bytes | undefined
  readonly peerScheme: SignatureSchemeName | undefined
  /** Server: the first certificate that it showed, for its channel binding. */
  readonly ownLeaf: Bytes | undefined
  readonly verdict: Verdict | undefined
  /** Whether a delegated credential of ours was shown. */
  readonly delegated: boolean
  readonly types: { readonly client?: CertificateTypeName; readonly server?: CertificateTypeName }
}

const name = maybe(words, 2 ** 16 - 1)

export const MovingCommon = struct({
  until_high: uint32,
  until_low: uint32,
  server: uint8,
  cipher_suite: uint16,
  /** 0 for none. */
  named_group: uint16,
  resumed: uint8,
  psk_first: uint8,
  retried: uint8,
  wrote: uint8,
  read_sequence_high: uint32,
  read_sequence_low: uint32,
  read_limit: uint16,
  write_limit: uint16,
  side_records: uint32,
  client_random: maybe(fixed(32), 32),
  alpn: maybe(opaque(1, 255), 256),
  sni: name,
  servername: name,
  psk_identity: maybe(opaque(0, 2 ** 16 - 1), 2 ** 16 + 1),
  signature_scheme: maybe(uint16, 2),
  peer_chain: vector(der, 0, 2 ** 24 - 1),
  peer_shown: ShownState,
  own_leaf: maybe(der, 2 ** 24 - 1),
  delegated: uint8,
  /** RFC 7250: 0 for X.509, 2 for a raw public key. */
  client_type: maybe(uint8, 1),
  server_type: maybe(uint8, 1),
  verdict: maybe(MovingVerdict, 2 ** 24 - 1),
  part: opaque(0, 2 ** 16 - 1),
})
type MovingCommon = Decoded<typeof MovingCommon>

export function writeCommon({ until, connection, facts }: Moving): MovingCommon {
  const { connected, reached, part } = connection
  return {
    until_high: Math.floor(until / 2 ** 32),
    until_low: until % 2 ** 32,
    server: number(connected.role === 'server'),
    cipher_suite: connected.suite.id,
    named_group: connected.group ? { ...groups, ...moreGroups }[connected.group].id : 0,
    resumed: number(connected.resumed),
    psk_first: number(connected.authenticatedBy === 'psk'),
    retried: number(facts.retried),
    wrote: number(connection.wrote),
    read_sequence_high: reached.readSequence.high,
    read_sequence_low: reached.readSequence.low,
    read_limit: reached.readLimit,
    write_limit: reached.writeLimit,
    side_records: connection.sideRecords,
    client_random: some(facts.clientRandom),
    alpn: some(connected.alpn),
    sni: some(connected.serverName).map(units),
    servername: some(facts.servername).map(units),
    psk_identity: some(facts.pskIdentity),
    signature_scheme: some(facts.peerScheme && signatureSchemes[facts.peerScheme].id),
    peer_chain: [...connected.peerChain],
    peer_shown: writeShown(connected.peerShown),
    own_leaf: some(facts.ownLeaf),
    delegated: number(facts.delegated),
    client_type: some(facts.types.client).map(typeNumber),
    server_type: some(facts.types.server).map(typeNumber),
    verdict: some(facts.verdict).map(writeVerdict),
    part,
  }
}

/** What `Connected` has in either version, but for the suite. Throws for what `writeCommon` cannot have answered, as the others here. */
export function readAgreed(
  state: MovingCommon,
): Omit<Pick<AnyConnected, keyof AnyConnected>, 'suite'> {
  const group = state.named_group === 0 ? undefined : groupById(state.named_group)
  check(state.named_group === 0 || group !== undefined)
  const peerShown = readShown(state.peer_shown)
  check(peerShown !== undefined)
  return {
    role: truth(state.server) ? 'server' : 'client',
    group: group?.name,
    alpn: only(state.alpn),
    serverName: only(state.sni.map(text)),
    peerChain: state.peer_chain,
    peerShown,
    resumed: truth(state.resumed),
    authenticatedBy: truth(state.psk_first) ? 'psk' : 'certificate',
  }
}

/** How far the connection has come, but for what we have sealed. */
export function readProgress(state: MovingCommon) {
  for (const limit of [state.read_limit, state.write_limit]) check(limit >= 63 && limit <= 2 ** 14)
  return {
    reached: {
      readSequence: { high: state.read_sequence_high, low: state.read_sequence_low },
      readLimit: state.read_limit,
      writeLimit: state.write_limit,
    },
    part: state.part,
    wrote: truth(state.wrote),
    sideRecords: state.side_records,
  } as const
}

export function readUntil({ until_high, until_low }: MovingCommon): number {
  return until_high * 2 ** 32 + until_low
}

export function readFacts(state: MovingCommon): MovingFacts {
  return {
    clientRandom: only(state.client_random),
    servername: only(state.servername.map(text)),
    retried: truth(state.retried),
    pskIdentity: only(state.psk_identity),
    peerScheme: only(state.signature_scheme.map(scheme)),
    ownLeaf: only(state.own_leaf),
    verdict: only(state.verdict.map(readVerdict)),
    delegated: truth(state.delegated),
    types: {
      ...named('client', only(state.client_type)),
      ...named('server', only(state.server_type)),
    },
  }
}

/** A suite that this provider has; throws without. */
export function suiteOf<S extends AnyCipherSuite>(
  found: S | undefined,
  has: (suite: S) => boolean,
): S {
  check(found !== undefined && has(found))
  return found
}

function typeNumber(type: CertificateTypeName): number {
  return type === 'rpk' ? 2 : 0
}

function named<K extends string>(
  role: K,
  type: number | undefined,
): { readonly [P in K]?: CertificateTypeName } {
  check(type === undefined || type === 0 || type === 2)
  if (type === undefined) return {}
  return { [role]: type === 2 ? 'rpk' : 'x509' } as { readonly [P in K]?: CertificateTypeName }
}

function scheme(id: number): SignatureSchemeName {
  const known = signatureSchemeById(id)
  check(known !== undefined)
  return known.name
}
