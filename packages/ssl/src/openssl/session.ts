/** The session of a connection, to be resumed by the next one (SSL_get_session(3), SSL_set_session(3), SSL_session_reused(3)). */
import type { Session } from '../session.ts'
import type { SSL } from './ssl.ts'
import { SSL_SESSION } from './ssl-session.ts'

/**
 * Borrowed. Once the handshake is over; null before. It is another object after each ticket, and resumable only once one has come (in TLS 1.2, at once where the server gave it a name). A
 * server's is never resumable: what it has to know is in the ticket or the cache.
 */
export function SSL_get_session(ssl: SSL): SSL_SESSION | null {
  return sessionOf(ssl) ?? null
}

/** As SSL_get_session. */
export function SSL_get0_session(ssl: SSL): SSL_SESSION | null {
  return sessionOf(ssl) ?? null
}

/** As SSL_get_session, with a reference of the caller's own. */
export function SSL_get1_session(ssl: SSL): SSL_SESSION | null {
  const session = sessionOf(ssl)
  if (session) session.references++
  return session ?? null
}

/**
 * Client, before the handshake: what to resume; null for nothing. It takes a reference. It is offered where its time is not up and the name is the one that
 * it began with, also a second time. 1, also once the handshake has begun, when it changes nothing.
 */
export function SSL_set_session(ssl: SSL, session: SSL_SESSION | null): 1 {
  ssl.errors.clear()
  if (!ssl.begun) ssl.offered = session ?? undefined
  return 1
}

/** 1 if a session was resumed, or a pre-shared key took the place of certificates. */
export function SSL_session_reused(ssl: SSL): 0 | 1 {
  const { native } = ssl
  return native?.resumed || native?.pskIdentity ? 1 : 0
}

/** Tells of a ticket; the answer 1 keeps a reference (SSL_CTX_sess_set_new_cb(3)). */
export function arrived(
  ssl: SSL,
  native: Session,
  told: (ssl: SSL, session: SSL_SESSION) => unknown,
): void {
  const session = new SSL_SESSION()
  session.native = native
  ssl.session = session
  if (told(ssl, session) === 1) session.references++
}

/**
 * RFC 9846 §6.2: what a connection that fails has begun, or went on with, is not gone on with. Whoever has the object sees that; bytes that were
 * written from it are the program's.
 */
export function discard(ssl: SSL): void {
  for (const session of [ssl.session, ssl.offered]) if (session) session.native = undefined
  ssl.discards = true
}

/** One object for each ticket; in TLS 1.2, for each session or ticket. */
export function sessionOf(ssl: SSL): SSL_SESSION | undefined {
  const { native } = ssl
  if (!native?.connected) return undefined
  if (ssl.discards && ssl.session) return ssl.session
  // TLS 1.2: what was resumed goes on, unless a ticket has come in its place.
  const { offered } = ssl
  if (offered?.native && offered.native === native.session) return offered
  // SSL_SESSION_set_max_early_data puts a copy in its place, of the same ticket.
  if (ssl.session && ssl.session.native?.ticket === native.session?.ticket) return ssl.session
  const session = new SSL_SESSION()
  session.native = ssl.discards ? undefined : native.session
  session.suite = native.cipher
  session.hostname = native.servername
  const { alpnProtocol } = native
  if (alpnProtocol !== undefined)
    session.alpn = Uint8Array.from(alpnProtocol, character => character.charCodeAt(0))
  ssl.session = session
  return session
}
