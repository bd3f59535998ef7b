/** Session tickets: what a server puts into them, and what it makes of one that comes back (RFC 9846 §4.7.1). */
import {
  type CipherSuite,
  type CryptoProvider,
  cipherSuiteById,
  concat,
  wipe,
} from '@biopair/crypto'
import { type Connected, type NewTicket, type Shown, ticketPsk } from '@biopair/handshake'
import {
  type Bytes,
  type Decoded,
  decode,
  encode,
  opaque,
  struct,
  uint8,
  uint16,
  uint32,
  vector,
  Writer,
} from '@biopair/wire'
import { readShown, ShownState, writeShown } from './shown-state.ts'

/** What a server has to know to resume, in the ticket or in a cache. */
const TicketState = struct({
  version: uint8,
  cipher_suite: uint16,
  /** Seconds since 1970, and milliseconds beyond. */
  issued: uint32,
  issued_milliseconds: uint16,
  ticket_lifetime: uint32,
  ticket_age_add: uint32,
  max_early_data_size: uint32,
  /** 1 for a session that a pre-shared key began. */
  psk_first: uint8,
  psk: opaque(0, 255),
  server_name: opaque(0, 255),
  alpn: opaque(0, 255),
  session_id_context: opaque(0, 255),
  /** The client's, leaf first. */
  chain: vector(opaque(1, 2 ** 24 - 1), 0, 2 ** 24 - 1),
  shown: ShownState,
  /** Of QUIC: its version, and what early data is bound to; empty over records. */
  quic: opaque(0, 255),
})
type TicketState = Decoded<typeof TicketState>

/** What a ticket says to the server that reads it. */
export interface OpenedTicket extends Omit<TicketState, 'shown'> {
  readonly suite: CipherSuite
  readonly shown: Shown
}

const version = 4
const nameLength = 16
/** Bytes of a key: its name, and 32 of secret. */
export const ticketKeyLength = nameLength + 32
const nonceLength = 12
/** Bytes of the longest ticket that is made: a ClientHello has to carry it, and some servers take no more than 16 KiB of one. */
export const longestTicket = 8192
/** Everything in a state but the names and the chain. */
const fixedState = 512
/** Milliseconds by which the clock of another server may be ahead. */
const clockSkew = 60_000

/** A key that seals and opens tickets: its first bytes name it, the rest is the secret. */
export interface TicketKey {
  /** 16 bytes, in the clear before each ticket. */
  readonly name: Bytes
  /** 32 bytes, for AES-256-GCM. */
  readonly secret: Bytes
}

/**
 * Where a server that keeps its sessions has them: a Map does, or a few lines around a store that several servers share. Each call may answer
 * later. One that throws or rejects counts as empty, and the handshake is a full one: an outage of the store is none of the service. What is
 * kept are secrets.
 */
export interface SessionCache {
  /** What was set, or undefined. */
  get(id: string): Uint8Array | undefined | Promise<Uint8Array | undefined>
  /** `expires` in milliseconds since 1970. Nobody waits for it: a session that could not be set is not found later. */
  set(id: string, state: Bytes, expires: number): unknown
  /** Whether it was there: of two that ask at the same time, only one may hear true. */
  delete(id: string): boolean | Promise<boolean>
}

/**
 * Who seals tickets and opens them in the place of `ticketKeys`: a key service, an HSM. A ticket that is not its own opens to undefined; so
 * counts one whose opening throws or rejects, and the handshake is a full one.
 */
export interface TicketSealer {
  /** Encrypts and authenticates; undefined where it cannot, and then there is no ticket. `state` holds secrets, and is wiped after the call. */
  seal(state: Bytes): Uint8Array | undefined
  /** What was sealed: now, or later. The connection stands at `want_psk`, in TLS 1.2 at `want_session`, meanwhile. */
  open(ticket: Bytes): Uint8Array | undefined | Promise<Uint8Array | undefined>
}

/** What tickets are sealed with. */
export interface SealingWith {
  readonly crypto: CryptoProvider
  /** Every random byte comes from here. */
  readonly draw: (purpose: string, length: number) => Bytes
  readonly sealer: TicketSealer | undefined
  readonly key: () => TicketKey
}

export interface Issuing extends SealingWith {
  /** Milliseconds since 1970. */
  readonly now: number
  /** Seconds. */
  readonly lifetime: number
  /** Bytes of early data that it permits. */
  readonly maxEarlyData: number
  readonly sessionIdContext: string
  /** Of QUIC: what the ticket is good for. */
  readonly quic?: Bytes | undefined
  readonly cache: SessionCache | undefined
}

/** Makes a ticket for a connection; undefined where what the client has shown is too long for one. `index` is another one each time. */
export function makeTicket(
  connection: Connected,
  index: number,
  issuing: Issuing,
): NewTicket | undefined {
  const { crypto, now, lifetime, cache, maxEarlyData } = issuing
  const nonce = encode(index < 2 ** 16 ? uint16 : uint32, index)
  const { peerChain, peerShown } = connection
  const besides = fixedState + (peerShown.delegated?.length ?? 0)
  const long = peerChain.reduce((sum, der) => sum + der.length + 3, besides)
  if (!cache && long > longestTicket) return undefined
  // Drawn bytes may be a view of somebody's larger buffer.
  const drawn = issuing.draw('ticket_age_add', 4)
  const ageAdd = new DataView(drawn.buffer, drawn.byteOffset, 4).getUint32(0)
  const hash = crypto.hashes[connection.suite.hash]
  const psk = ticketPsk(hash, connection.resumptionSecret, nonce)
  // Reserved at once: a buffer that grows leaves copies of the PSK behind.
  const writer = new Writer(long + 3 * 256)
  TicketState.write(writer, {
    version,
    cipher_suite: connection.suite.id,
    issued: Math.floor(now / 1000),
    issued_milliseconds: Math.floor(now) % 1000,
    ticket_lifetime: lifetime,
    ticket_age_add: ageAdd,
    max_early_data_size: maxEarlyData,
    psk_first: connection.authenticatedBy === 'psk' ? 1 : 0,
    psk,
    server_name: latin1(connection.serverName ?? ''),
    alpn: connection.alpn ?? new Uint8Array(0),
    session_id_context: latin1(issuing.sessionIdContext),
    chain: [...peerChain],
    shown: writeShown(peerShown),
    quic: issuing.quic ?? new Uint8Array(0),
  })
  const state = writer.finish()
  writer.wipe()
  wipe(psk)
  if (cache) {
    const ticket = Uint8Array.from(issuing.draw('ticket id', 32))
    keepState(cache, ticketId(ticket), state, now + lifetime * 1000)
    return { lifetime, ageAdd, nonce, ticket, maxEarlyData }
  }
  const ticket = sealState(issuing, state)
  return ticket && { lifetime, ageAdd, nonce, ticket, maxEarlyData }
}

/** A ticket of a state, which is wiped; undefined where a sealer makes none. */
export function sealState(issuing: SealingWith, state: Bytes): Bytes | undefined {
  if (issuing.sealer) return sealedBy(issuing.sealer, state)
  const key = issuing.key()
  const sealing = issuing.draw('ticket nonce', nonceLength)
  const ticket = concat(key.name, sealing, seal(issuing.crypto, key, sealing, state))
  wipe(state)
  return ticket
}

/** The name of a ticket in a cache: its bytes in hexadecimal. */
export function ticketId(ticket: Uint8Array): string {
  return Array.from(ticket, byte => byte.toString(16).padStart(2, '0')).join('')
}

/** Opens a ticket; undefined for one that none of the keys sealed, or that says nothing we know. */
export function openTicket(
  ticket: Uint8Array,
  keys: readonly TicketKey[],
  crypto: CryptoProvider,
): OpenedTicket | undefined {
  return unsealed(ticket, keys, crypto, readState)
}

/** What one of the keys sealed, as `read` makes it out; undefined for what none did, or `read` does not know. What was opened is wiped. */
export function unsealed<T>(
  ticket: Uint8Array,
  keys: readonly TicketKey[],
  crypto: CryptoProvider,
  read: (state: Bytes) => T | undefined,
): T | undefined {
  const name = ticket.subarray(0, nameLength)
  const key = keys.find(candidate => candidate.name.every((byte, i) => byte === name[i]))
  const sealed = ticket.subarray(nameLength + nonceLength)
  const { tagLength } = crypto.aeads['aes-256-gcm']
  if (!key || sealed.length < tagLength) return undefined
  const aead = crypto.aeads['aes-256-gcm'].key(key.secret)
  const into = new Uint8Array((sealed.length + 3) & ~3)
  const nonce = ticket.subarray(nameLength, nameLength + nonceLength)
  const opened = aead.open(nonce, key.name, sealed, into)
  aead.wipe()
  const state = opened ? read(into.subarray(0, sealed.length - tagLength)) : undefined
  wipe(into)
  return state
}

/** What a cache has kept; undefined for what we did not write. */
export function readState(bytes: Uint8Array): OpenedTicket | undefined {
  try {
    const state = decode(TicketState, bytes)
    const suite = cipherSuiteById(state.cipher_suite)
    const shown = readShown(state.shown)
    return suite && shown && state.version === version ? { ...state, suite, shown } : undefined
  } catch {
    return undefined
  }
}

/** Whether a ticket is good for a connection: in time, and of the same name and context. ALPN is agreed on anew (RFC 9846 §4.3). */
export function usable(
  state: Pick<
    OpenedTicket,
    'issued' | 'issued_milliseconds' | 'ticket_lifetime' | 'server_name' | 'session_id_context'
  >,
  now: number,
  serverName: string | undefined,
  sessionIdContext: string,
): boolean {
  const issued = state.issued * 1000 + state.issued_milliseconds
  return (
    now >= issued - clockSkew &&
    now < issued + state.ticket_lifetime * 1000 &&
    text(state.server_name) === (serverName ?? '') &&
    text(state.session_id_context) === sessionIdContext
  )
}

/** The keys of an option: 48 bytes each, 16 of name and 32 of secret. */
export function ticketKeyFrom(bytes: Uint8Array): TicketKey {
  return {
    name: Uint8Array.from(bytes.subarray(0, nameLength)),
    secret: Uint8Array.from(bytes.subarray(nameLength)),
  }
}

/** What a sealer makes of a state; one that fails has made nothing. */
function sealedBy(sealer: TicketSealer, state: Bytes): Bytes | undefined {
  try {
    const sealed = sealer.seal(state)
    // One that answers later has answered nothing.
    if (!(sealed instanceof Uint8Array)) return undefined
    if (sealed.length === 0 || sealed.length > longestTicket) return undefined
    return Uint8Array.from(sealed)
  } catch {
    return undefined
  } finally {
    wipe(state)
  }
}

/** Sets a state in a cache. Nobody waits for it. */
export function keepState(cache: SessionCache, id: string, state: Bytes, expires: number): void {
  const lost = () => {}
  try {
    Promise.resolve(cache.set(id, state, expires)).catch(lost)
  } catch {
    lost()
  }
}

function seal(crypto: CryptoProvider, key: TicketKey, nonce: Bytes, state: Bytes): Bytes {
  const { tagLength } = crypto.aeads['aes-256-gcm']
  const aead = crypto.aeads['aes-256-gcm'].key(key.secret)
  const length = state.length + tagLength
  const work = new Uint8Array((length + 3) & ~3)
  work.set(state)
  const sealed = new Uint8Array(length)
  aead.seal(nonce, key.name, work, state.length, sealed)
  aead.wipe()
  wipe(work)
  return sealed
}

function latin1(characters: string): Bytes {
  return Uint8Array.from(characters, character => character.charCodeAt(0))
}

function text(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes)
}
