/** Where a server without state keeps what it has to know of a first ClientHello: in the cookie of its HelloRetryRequest (RFC 9846 §4.3.2). */
import type { Bytes } from '@biopair/wire'

/** What a HelloRetryRequest was, and what it answered. */
export interface RetryState {
  /** Of the HelloRetryRequest. */
  readonly cipherSuite: number
  /** The group that it named; 0 for none. */
  readonly group: number
  /** Hash(ClientHello1), by the hash of the suite (RFC 9846 §4.1). */
  readonly clientHello: Bytes
  /** SHA-256 of what may not change between the two ClientHellos (RFC 9846 §4.2.2). */
  readonly unchanged: Bytes
}

/** Makes cookies and knows its own again. */
export interface CookieJar {
  seal(state: RetryState): Bytes
  /** What was sealed; undefined for a cookie that is forged, cut, out of date, or made for somebody else. */
  open(cookie: Uint8Array): RetryState | undefined
}
