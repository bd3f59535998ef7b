/** SSL_SESSION: what may be resumed, or a key that was agreed on elsewhere (SSL_SESSION_new(3), SSL_SESSION_get0_cipher(3) and its like). */
import type { AnyCipherSuite } from '@biopair/crypto'
import { noble } from '@biopair/crypto/noble'
import type { Bytes } from '@biopair/wire'
import { type Session, sessionFromBytes, sessionToBytes } from '../session.ts'
import { TLS1_2_VERSION, TLS1_3_VERSION } from './constants.ts'

/** A session. A connection gives one, SSL_SESSION_new makes one, d2i_SSL_SESSION reads one; its members are for the calls of this folder. */
export class SSL_SESSION {
  /** Our own; undefined until a ticket has come, or in TLS 1.2 an id, and for a key that was set. */
  native: Session | undefined
  /** SSL_SESSION_set1_master_key: the key of a pre-shared key. */
  key: Bytes | undefined
  suite: AnyCipherSuite | undefined
  hostname: string | undefined
  alpn: Bytes | undefined
  /** Seconds since 1970, and seconds: where `native` does not say. */
  time = 0
  timeout = 7200
  references = 1
}

/** Without a key or a ticket: SSL_SESSION_set1_master_key and SSL_SESSION_set_cipher make a pre-shared key of it. */
export function SSL_SESSION_new(): SSL_SESSION {
  return new SSL_SESSION()
}

export function SSL_SESSION_up_ref(session: SSL_SESSION): 1 {
  session.references++
  return 1
}

/** One owner less; the last one wipes a key that was set. A ticket's key goes on with whoever has it. */
export function SSL_SESSION_free(session: SSL_SESSION | null): void {
  if (!session || session.references === 0 || --session.references > 0) return
  session.key?.fill(0)
  session.key = undefined
}

export function SSL_SESSION_dup(session: SSL_SESSION): SSL_SESSION {
  const copy = Object.assign(new SSL_SESSION(), session)
  copy.key = session.key?.slice()
  copy.references = 1
  return copy
}

/** 1 once a ticket has come: a handshake alone resumes nothing in TLS 1.3. In TLS 1.2 it does where the server gave the session an id or a ticket. */
export function SSL_SESSION_is_resumable(session: SSL_SESSION | null): 0 | 1 {
  return session?.native ? 1 : 0
}

/** As SSL_SESSION_is_resumable, but for a session of TLS 1.2 that goes by its id. */
export function SSL_SESSION_has_ticket(session: SSL_SESSION): 0 | 1 {
  return SSL_SESSION_get0_ticket(session) ? 1 : 0
}

/** The ticket as it came, or null. */
export function SSL_SESSION_get0_ticket(session: SSL_SESSION): Bytes | null {
  const { ticket } = session.native ?? {}
  return ticket && ticket.length > 0 ? ticket : null
}

/** The id of a session of TLS 1.2 that has one, or the name that OpenSSL gives a session with a ticket: the ticket's SHA-256. Of length 0 without either; C passes its length out. */
export function SSL_SESSION_get_id(session: SSL_SESSION): Bytes {
  const { native } = session
  if (!native || native.ticket.length === 0) return native?.tls12?.sessionId ?? new Uint8Array(0)
  return noble.hashes.sha256.digest(native.ticket)
}

/** Seconds, as the server said; 0 without a ticket. */
export function SSL_SESSION_get_ticket_lifetime_hint(session: SSL_SESSION): number {
  return SSL_SESSION_has_ticket(session) ? (session.native?.lifetime ?? 0) : 0
}

/** Seconds since 1970. */
export function SSL_SESSION_get_time(session: SSL_SESSION): number {
  return session.native ? Math.floor(session.native.received / 1000) : session.time
}

/** Seconds. */
export function SSL_SESSION_get_timeout(session: SSL_SESSION): number {
  return session.native?.lifetime ?? session.timeout
}

export function SSL_SESSION_get0_cipher(session: SSL_SESSION): AnyCipherSuite | null {
  return session.native?.suite ?? session.suite ?? null
}

/** Of a key: the suite whose hash it goes with. 1, or 0 for a session that came from a connection. */
export function SSL_SESSION_set_cipher(session: SSL_SESSION, cipher: AnyCipherSuite): 0 | 1 {
  if (session.native) return 0
  session.suite = cipher
  return 1
}

/** Of the connection that it came from; TLS1_3_VERSION for one that was made here. */
export function SSL_SESSION_get_protocol_version(
  session: SSL_SESSION,
): typeof TLS1_2_VERSION | typeof TLS1_3_VERSION {
  const suite = SSL_SESSION_get0_cipher(session)
  return suite && 'auth' in suite ? TLS1_2_VERSION : TLS1_3_VERSION
}

/** 1, or 0 for a version that is not there. */
export function SSL_SESSION_set_protocol_version(_session: SSL_SESSION, version: number): 0 | 1 {
  return version === TLS1_3_VERSION ? 1 : 0
}

/** Bytes of early data that the session's server takes; 0 for none, and without a ticket. */
export function SSL_SESSION_get_max_early_data(session: SSL_SESSION): number {
  return session.native?.maxEarlyData ?? 0
}

/**
 * Says that it is less, or none: for connections that SSL_set_session gives it to and that have not begun. More than the ticket permits ends them.
 * 1, or 0 without a ticket, and for a session of TLS 1.2: other keys permit no early data.
 */
export function SSL_SESSION_set_max_early_data(
  session: SSL_SESSION,
  max_early_data: number,
): 0 | 1 {
  if (!session.native || session.native.tls12) return 0
  session.native = { ...session.native, maxEarlyData: max_early_data }
  return 1
}

/** The name that was asked for (server_name), or null. */
export function SSL_SESSION_get0_hostname(session: SSL_SESSION): string | null {
  return session.native?.serverName ?? session.hostname ?? null
}

/** The protocol that was agreed on then: a resumption agrees anew. Or null. */
export function SSL_SESSION_get0_alpn_selected(session: SSL_SESSION): Bytes | null {
  return session.native?.alpn ?? session.alpn ?? null
}

/** The server's certificate, DER, or null: also where it showed a raw public key. */
export function SSL_SESSION_get0_peer(session: SSL_SESSION): Bytes | null {
  const { native } = session
  return native?.shown.type === 'x509' ? (native.chain[0] ?? null) : null
}

/** The key behind a ticket, or the one that was set: a secret. Empty without either. */
export function SSL_SESSION_get_master_key(session: SSL_SESSION): Bytes {
  return (session.native?.psk ?? session.key ?? new Uint8Array(0)).slice()
}

/** A pre-shared key. 1, or 0 for a session that came from a connection. */
export function SSL_SESSION_set1_master_key(session: SSL_SESSION, key: Uint8Array): 0 | 1 {
  if (session.native || key.length === 0) return 0
  session.key = Uint8Array.from(key)
  return 1
}

/** Bytes for a file or another process: our own format, which OpenSSL does not read. They hold secrets. Null without a ticket. */
export function i2d_SSL_SESSION(session: SSL_SESSION): Bytes | null {
  return session.native ? sessionToBytes(session.native) : null
}

/** What i2d_SSL_SESSION wrote; null for anything else. */
export function d2i_SSL_SESSION(bytes: Uint8Array): SSL_SESSION | null {
  const session = new SSL_SESSION()
  try {
    session.native = sessionFromBytes(bytes)
    return session
  } catch {
    return null
  }
}
