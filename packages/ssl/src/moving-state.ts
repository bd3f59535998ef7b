/** What a live connection is made of, as bytes: the plaintext of an export, secrets included. */
import {
  type CipherSuite,
  type CryptoProvider,
  cipherSuiteById,
  groupById,
  groups,
  moreGroups,
  type SignatureSchemeName,
  signatureSchemeById,
  signatureSchemes,
  wipe,
} from '@biopair/crypto'
import type { CertificateTypeName } from '@biopair/handshake'
import {
  type Bytes,
  type Decoded,
  decode,
  fixed,
  opaque,
  struct,
  uint8,
  uint16,
  uint32,
  vector,
  Writer,
} from '@biopair/wire'
import type { Verdict } from '@biopair/x509'
import type { ConnectionState } from './connection-state.ts'
import type { EarlyDataStatus } from './early-stream.ts'
import { check, maybe, text, units, words } from './moving-text.ts'
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

const secret = opaque(32, 64)
const name = maybe(words, 2 ** 16 - 1)

const MovingState = struct({
  until_high: uint32,
  until_low: uint32,
  server: uint8,
  cipher_suite: uint16,
  /** 0 for none. */
  named_group: uint16,
  resumed: uint8,
  psk_first: uint8,
  retried: uint8,
  tickets_allowed: uint8,
  awaiting_update: uint8,
  wrote: uint8,
  /** 0 for none, 1 for rejected, 2 for accepted. */
  early_data: uint8,
  read_secret: secret,
  write_secret: secret,
  exporter_secret: secret,
  resumption_secret: secret,
  /** Of ours there is none: the key of write_secret has sealed nothing. */
  read_sequence_high: uint32,
  read_sequence_low: uint32,
  read_limit: uint16,
  write_limit: uint16,
  side_records: uint32,
  tickets: uint32,
  tickets_due: maybe(uint32, 4),
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
type MovingState = Decoded<typeof MovingState>

/** By their numbers; nobody moves while early data is offered. */
const earlyStatuses: readonly EarlyDataStatus[] = ['none', 'rejected', 'accepted']

/** Everything in a state but certificates, an identity and the part of a record. */
const usual = 16_384

/** The bytes of a connection. They are secrets, the caller's to wipe. */
export function writeMoving({ until, connection, facts }: Moving): Bytes {
  const { connected, reached, part } = connection
  const { verdict } = facts
  const path = verdict?.path.map(({ raw }) => raw) ?? []
  const room = [
    ...connected.peerChain,
    ...path,
    connected.peerShown.delegated ?? [],
    facts.ownLeaf ?? [],
    facts.pskIdentity ?? [],
    part,
  ]
  // Reserved at once: a buffer that grows leaves copies of secrets behind.
  const writer = new Writer(room.reduce((sum, { length }) => sum + length + 3, usual))
  MovingState.write(writer, {
    until_high: Math.floor(until / 2 ** 32),
    until_low: until % 2 ** 32,
    server: number(connected.role === 'server'),
    cipher_suite: connected.suite.id,
    named_group: connected.group ? { ...groups, ...moreGroups }[connected.group].id : 0,
    resumed: number(connected.resumed),
    psk_first: number(connected.authenticatedBy === 'psk'),
    retried: number(facts.retried),
    tickets_allowed: number(connected.ticketsAllowed),
    awaiting_update: number(connected.awaitingUpdate),
    wrote: number(connection.wrote),
    early_data: earlyStatuses.indexOf(connection.early),
    read_secret: connected.readSecret,
    write_secret: connected.writeSecret,
    exporter_secret: connected.exporterSecret,
    resumption_secret: connected.resumptionSecret,
    read_sequence_high: reached.readSequence.high,
    read_sequence_low: reached.readSequence.low,
    read_limit: reached.readLimit,
    write_limit: reached.writeLimit,
    side_records: connection.sideRecords,
    tickets: connected.tickets,
    tickets_due: some(connected.ticketsDue),
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
    verdict: some(verdict).map(writeVerdict),
    part,
  })
  const bytes = writer.finish()
  writer.wipe()
  return bytes
}

/** What `writeMoving` wrote; throws for anything else. Its secrets are copies, the caller's. */
export function readMoving(bytes: Uint8Array, crypto: CryptoProvider): Moving {
  const state = decode(MovingState, bytes)
  try {
    return readState(state, crypto)
  } catch (error) {
    wipe(state.read_secret, state.write_secret, state.exporter_secret, state.resumption_secret)
    throw error
  }
}

function readState(state: MovingState, crypto: CryptoProvider): Moving {
  const suite = cipherSuiteById(state.cipher_suite)
  check(suite !== undefined && crypto.aeads[suite.aead] !== undefined)
  return {
    until: state.until_high * 2 ** 32 + state.until_low,
    connection: readConnection(state, suite, crypto.hashes[suite.hash].length),
    facts: {
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
    },
  }
}

function readConnection(state: MovingState, suite: CipherSuite, length: number): ConnectionState {
  const { read_secret, write_secret, exporter_secret, resumption_secret } = state
  for (const secret of [read_secret, write_secret, exporter_secret, resumption_secret])
    check(secret.length === length)
  for (const limit of [state.read_limit, state.write_limit]) check(limit >= 63 && limit <= 2 ** 14)
  const group = state.named_group === 0 ? undefined : groupById(state.named_group)
  check(state.named_group === 0 || group !== undefined)
  const peerShown = readShown(state.peer_shown)
  check(peerShown !== undefined)
  const early = earlyStatuses[state.early_data]
  check(early !== undefined)
  return {
    connected: {
      role: truth(state.server) ? 'server' : 'client',
      suite,
      readSecret: read_secret,
      writeSecret: write_secret,
      exporterSecret: exporter_secret,
      resumptionSecret: resumption_secret,
      group: group?.name,
      alpn: only(state.alpn),
      serverName: only(state.sni.map(text)),
      peerChain: state.peer_chain,
      peerShown,
      resumed: truth(state.resumed),
      authenticatedBy: truth(state.psk_first) ? 'psk' : 'certificate',
      ticketsAllowed: truth(state.tickets_allowed),
      tickets: state.tickets,
      ticketsDue: only(state.tickets_due),
      awaitingUpdate: truth(state.awaiting_update),
      owesUpdate: false,
      // A hash that is under way stays where it is: nobody is asked later.
      postHandshake: undefined,
    },
    reached: {
      readSequence: { high: state.read_sequence_high, low: state.read_sequence_low },
      readLimit: state.read_limit,
      writeLimit: state.write_limit,
    },
    part: state.part,
    wrote: truth(state.wrote),
    early,
    sideRecords: state.side_records,
  }
}

function number(truth: boolean): number {
  return truth ? 1 : 0
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

function truth(number: number): boolean {
  check(number <= 1)
  return number === 1
}

function some<T>(value: T | undefined): readonly T[] {
  return value === undefined ? [] : [value]
}

function only<T>(values: readonly T[]): T | undefined {
  check(values.length <= 1)
  return values[0]
}

function scheme(id: number): SignatureSchemeName {
  const known = signatureSchemeById(id)
  check(known !== undefined)
  return known.name
}
