/** A session to go on with: SSL_set_session(3), SSL_session_reused(3). */
import type { Session } from '../session.ts'
import type { SSL } from './ssl.ts'

/** Client, before the handshake: offers this session; null for none. Borrowed: there is nothing to free. Afterwards it changes nothing. 1. */
export function SSL_set_session(ssl: SSL, session: Session | null): 1 {
  ssl.session = session ?? undefined
  return 1
}

/** 1 if the keys are from a session before. */
export function SSL_session_reused(ssl: SSL): 0 | 1 {
  return ssl.native?.resumed ? 1 : 0
}

/** Bytes of early data that the session's server takes; 0 for none. */
export function SSL_SESSION_get_max_early_data(session: Session): number {
  return session.maxEarlyData
}

/** Says that it is less, or none; more than the ticket permits ends the connection. 1. */
export function SSL_SESSION_set_max_early_data(
  session: { maxEarlyData: number },
  max_early_data: number,
): 1 {
  session.maxEarlyData = max_early_data
  return 1
}
