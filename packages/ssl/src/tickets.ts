/** Session tickets: what a server seals into them, and what a client keeps of them (RFC 9846 §4.7.1). */
import {
  type CipherSuite,
  type CryptoProvider,
  cipherSuiteById,
  concat,
  wipe,
} from '@biopair/crypto'
import { type Connected, longestLifetime, type NewTicket, ticketPsk } from '@biopair/handshake'
import {
  type Bytes,
  type Decoded,
  decode,
  encode,
  opaque,
  struct,
  uint16,
  uint32,
  Writer,
} from '@biopair/wire'

/** A session that a client may resume: a ticket, and what it was issued under. */
export interface Session {
  readonly ticket: Bytes
  readonly psk: Bytes
  readonly suite: CipherSuite
  /** Milliseconds since 1970, by the connection's clock. */
  readonly received: number
  /** Seconds, at most 604800. */
  readonly lifetime: number
  readonly ageAdd: number
  readonly maxEarlyData: number
  readonly serverName: string | undefined
  readonly alpn: Bytes | undefined
}

/** What a ticket says to the server that opens it. */
const TicketState = struct({
  cipher_suite: uint16,
  /** Seconds since 1970. */
  issued: uint32,
  ticket_lifetime: uint32,
  ticket_age_add: uint32,
  psk: opaque(0, 255),
  server_name: opaque(0, 255),
  alpn: opaque(0, 255),
})
export type TicketState = Decoded<typeof TicketState>

/** Reserved at once: a buffer that grows leaves copies of the PSK behind. */
const longestState = 1024
const nameLength = 16
const nonceLength = 12

/** A key that seals and opens tickets: its first bytes name it, the rest is the secret. */
export interface TicketKey {
  /** 16 bytes, in the clear before each ticket. */
  readonly name: Bytes
  /** 32 bytes, for AES-256-GCM. */
  readonly secret: Bytes
}

/** Makes a ticket for a connection. Every random byte comes from `draw`. */
export function makeTicket(
  connection: Connected,
  key: TicketKey,
  crypto: CryptoProvider,
  draw: (purpose: string, length: number) => Bytes,
  now: number,
  asked: number,
  index: number,
): NewTicket {
  const lifetime = Math.min(asked, longestLifetime)
  const nonce = encode(index < 2 ** 16 ? uint16 : uint32, index)
  // Drawn bytes may be a view of somebody's larger buffer.
  const drawn = draw('ticket_age_add', 4)
  const ageAdd = new DataView(drawn.buffer, drawn.byteOffset, 4).getUint32(0)
  const hash = crypto.hashes[connection.suite.hash]
  const psk = ticketPsk(hash, connection.resumptionSecret, nonce)
  const writer = new Writer(longestState)
  TicketState.write(writer, {
    cipher_suite: connection.suite.id,
    issued: Math.floor(now / 1000),
    ticket_lifetime: lifetime,
    ticket_age_add: ageAdd,
    psk,
    server_name: latin1(connection.serverName ?? ''),
    alpn: connection.alpn ?? new Uint8Array(0),
  })
  const state = writer.finish()
  writer.wipe()
  wipe(psk)
  const sealing = draw('ticket nonce', nonceLength)
  const ticket = concat(key.name, sealing, seal(crypto, key, sealing, state))
  wipe(state)
  return { lifetime, ageAdd, nonce, ticket }
}

/** Opens a ticket; undefined for one that none of the keys sealed, or that says nothing we know. */
export function openTicket(
  ticket: Uint8Array,
  keys: readonly TicketKey[],
  crypto: CryptoProvider,
): (TicketState & { readonly suite: CipherSuite }) | undefined {
  const name = ticket.subarray(0, nameLength)
  const key = keys.find(candidate => candidate.name.every((byte, i) => byte === name[i]))
  const sealed = ticket.subarray(nameLength + nonceLength)
  const { tagLength } = crypto.aeads['aes-256-gcm']
  if (!key || sealed.length < tagLength) return undefined
  const aead = crypto.aeads['aes-256-gcm'].key(key.secret)
  const into = new Uint8Array(sealed.length)
  const nonce = ticket.subarray(nameLength, nameLength + nonceLength)
  const opened = aead.open(nonce, key.name, sealed, into)
  aead.wipe()
  if (!opened) return undefined
  const state = decode(TicketState, into.subarray(0, sealed.length - tagLength))
  wipe(into)
  const suite = cipherSuiteById(state.cipher_suite)
  return suite && { ...state, suite }
}

function seal(crypto: CryptoProvider, key: TicketKey, nonce: Bytes, state: Bytes): Bytes {
  const aead = crypto.aeads['aes-256-gcm'].key(key.secret)
  const work = new Uint8Array(state.length + crypto.aeads['aes-256-gcm'].tagLength)
  work.set(state)
  const sealed = new Uint8Array(work.length)
  aead.seal(nonce, key.name, work, state.length, sealed)
  aead.wipe()
  wipe(work)
  return sealed
}

function latin1(text: string): Bytes {
  return Uint8Array.from(text, character => character.charCodeAt(0))
}
