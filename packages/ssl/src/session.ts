/** A session as a client keeps it, and as bytes (RFC 9846 §2.2, §4.7.1; RFC 5077). */
import { type AnyCipherSuite, type CryptoProvider, cipherSuiteById } from '@biopair/crypto'
import { longestLifetime, type Shown } from '@biopair/handshake'
import {
  type Bytes,
  decode,
  encode,
  opaque,
  struct,
  uint8,
  uint16,
  uint32,
  vector,
} from '@biopair/wire'
import { misuse } from './misuse.ts'
import type { QuicVersion } from './quic/version.ts'
import { session12FromBytes, session12ToBytes, type Terms12, version12 } from './session12.ts'
import { readShown, ShownState, writeShown } from './shown-state.ts'

/** A session that a client may resume: a ticket, what it was issued under, and whom it was issued by. It holds secrets. */
export interface Session {
  /** Empty for a session of TLS 1.2 that goes by its id. */
  readonly ticket: Bytes
  /** Of TLS 1.2, the master secret. */
  readonly psk: Bytes
  readonly suite: AnyCipherSuite
  /** Milliseconds since 1970, by the connection's clock. */
  readonly received: number
  /** Seconds, at most 604800. */
  readonly lifetime: number
  readonly ageAdd: number
  readonly maxEarlyData: number
  /** As the connection had it: the session goes with no other name. */
  readonly serverName: string | undefined
  /** What was agreed on then; a resumption agrees anew. */
  readonly alpn: Bytes | undefined
  /** The server's, DER, leaf first; empty where a pre-shared key stood in for it. It is judged anew on each resumption. */
  readonly chain: readonly Bytes[]
  /** Whether that is a raw public key, and what stood in for a certificate's key. */
  readonly shown: Shown
  /** What the session began with: certificates, or a pre-shared key that was agreed on elsewhere. */
  readonly authenticatedBy: 'certificate' | 'psk'
  /** Of QUIC, and for QUIC alone; undefined over records. */
  readonly quic?: QuicTerms | undefined
  /** Of TLS 1.2, and for TLS 1.2 alone; undefined for TLS 1.3. */
  readonly tls12?: Terms12 | undefined
}

/** What a session of QUIC goes with. */
export interface QuicTerms {
  /** A session of one version is not for another (RFC 9369 §5). */
  readonly version: QuicVersion
  /** The server's: 0-RTT packets keep to what it remembers of them (RFC 9000 §7.4.1). */
  readonly transportParameters: Bytes
}

const version = 3

/** How a session is written; milliseconds in two halves. */
const SessionState = struct({
  version: uint8,
  cipher_suite: uint16,
  received_high: uint32,
  received_low: uint32,
  ticket_lifetime: uint32,
  ticket_age_add: uint32,
  max_early_data_size: uint32,
  /** 1 for a session that a pre-shared key began. */
  psk_first: uint8,
  psk: opaque(1, 255),
  server_name: opaque(0, 255),
  alpn: opaque(0, 255),
  ticket: opaque(1, 2 ** 16 - 1),
  chain: vector(opaque(1, 2 ** 24 - 1), 0, 2 ** 24 - 1),
  shown: ShownState,
  /** 0 over records. */
  quic_version: uint8,
  quic_transport_parameters: opaque(0, 2 ** 16 - 1),
})

/** A session as bytes, for a file or another process. Whoever has them can go on in its place: they want the care of a private key. */
export function sessionToBytes(session: Session): Bytes {
  if (session.tls12) return session12ToBytes(session, session.tls12)
  const received = Math.max(0, Math.floor(session.received))
  return encode(SessionState, {
    version,
    cipher_suite: session.suite.id,
    received_high: Math.floor(received / 2 ** 32),
    received_low: received % 2 ** 32,
    ticket_lifetime: session.lifetime,
    ticket_age_add: session.ageAdd,
    max_early_data_size: session.maxEarlyData,
    psk_first: session.authenticatedBy === 'psk' ? 1 : 0,
    psk: session.psk,
    server_name: latin1(session.serverName ?? ''),
    alpn: session.alpn ?? new Uint8Array(0),
    ticket: session.ticket,
    chain: [...session.chain],
    shown: writeShown(session.shown),
    quic_version: session.quic?.version ?? 0,
    quic_transport_parameters: session.quic?.transportParameters ?? new Uint8Array(0),
  })
}

/** The session that `sessionToBytes` wrote. TypeError (ERR_INVALID_ARG_VALUE) for anything else, also for what a later version wrote. */
export function sessionFromBytes(bytes: Uint8Array): Session {
  const older = bytes[0] === version12 ? session12FromBytes(bytes) : undefined
  if (older) return older
  const state = read(bytes)
  const suite = state && cipherSuiteById(state.cipher_suite)
  const shown = state && readShown(state.shown)
  if (
    !suite ||
    !shown ||
    state.version !== version ||
    state.psk.length !== hashLengths[suite.hash] ||
    state.ticket_lifetime > longestLifetime ||
    state.psk_first !== (state.chain.length > 0 ? 0 : 1) ||
    state.quic_version > 2 ||
    state.received_high >= 2 ** 21
  )
    throw misuse('ERR_INVALID_ARG_VALUE', 'session: expected the bytes of sessionToBytes')
  return {
    ticket: state.ticket,
    psk: state.psk,
    suite,
    received: state.received_high * 2 ** 32 + state.received_low,
    lifetime: state.ticket_lifetime,
    ageAdd: state.ticket_age_add,
    maxEarlyData: state.max_early_data_size,
    serverName: state.server_name.length > 0 ? text(state.server_name) : undefined,
    alpn: state.alpn.length > 0 ? state.alpn : undefined,
    chain: state.chain,
    shown,
    authenticatedBy: state.psk_first === 1 ? 'psk' : 'certificate',
    quic:
      state.quic_version === 0
        ? undefined
        : {
            version: state.quic_version as QuicVersion,
            transportParameters: state.quic_transport_parameters,
          },
  }
}

/** A session of an option: an object of ours, or bytes; of the version of QUIC that it is for, or of none. */
export function sessionFrom(given: Session | Uint8Array, quic?: QuicVersion): Session {
  // What cannot be written was not made here.
  const session = sessionFromBytes(given instanceof Uint8Array ? given : written(given))
  if (session.quic?.version === quic) return session
  const of = (version: QuicVersion | undefined) =>
    version === undefined ? 'records' : `QUIC version ${version}`
  throw misuse(
    'ERR_INVALID_ARG_VALUE',
    `session: expected one over ${of(quic)}, got one over ${of(session.quic?.version)}`,
  )
}

const hashLengths = { sha256: 32, sha384: 48, sha512: 64 } as const satisfies Record<
  keyof CryptoProvider['hashes'],
  number
>

function read(bytes: Uint8Array) {
  try {
    return decode(SessionState, bytes)
  } catch {
    return undefined
  }
}

function written(session: Session): Bytes {
  try {
    return sessionToBytes(session)
  } catch {
    throw misuse('ERR_INVALID_ARG_VALUE', 'session: expected one that a connection has given')
  }
}

function latin1(characters: string): Bytes {
  return Uint8Array.from(characters, character => character.charCodeAt(0))
}

function text(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes)
}
