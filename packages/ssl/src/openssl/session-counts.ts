/** What an SSL_CTX counts of its handshakes (SSL_CTX_sess_number(3)). */
import type { SSL_CTX } from './ctx.ts'
import { SSL_session_reused } from './session.ts'
import type { SSL } from './ssl.ts'

/** Handshakes of connections that were made from a context. */
export class SessionCounts {
  readonly begun = { client: 0, server: 0 }
  readonly done = { client: 0, server: 0 }
  hits = 0
}

/** A handshake has begun. */
export function countBegun({ role, firstContext }: SSL): void {
  if (role) firstContext.counts.begun[role]++
}

/** A handshake is over; it may be said again. */
export function finish(ssl: SSL): void {
  const { role, firstContext } = ssl
  if (ssl.finished) return
  ssl.finished = true
  if (role) firstContext.counts.done[role]++
  firstContext.counts.hits += SSL_session_reused(ssl)
}

/** Handshakes that were begun as the client. */
export function SSL_CTX_sess_connect(ctx: SSL_CTX): number {
  return ctx.counts.begun.client
}

/** Those of them that came to their end. */
export function SSL_CTX_sess_connect_good(ctx: SSL_CTX): number {
  return ctx.counts.done.client
}

/** 0: nothing is renegotiated. */
export function SSL_CTX_sess_connect_renegotiate(_ctx: SSL_CTX): 0 {
  return 0
}

/** Handshakes that were begun as the server. */
export function SSL_CTX_sess_accept(ctx: SSL_CTX): number {
  return ctx.counts.begun.server
}

/** Those of them that came to their end. */
export function SSL_CTX_sess_accept_good(ctx: SSL_CTX): number {
  return ctx.counts.done.server
}

/** 0: nothing is renegotiated. */
export function SSL_CTX_sess_accept_renegotiate(_ctx: SSL_CTX): 0 {
  return 0
}

/** Handshakes, in either role, that resumed a session or went by a pre-shared key. */
export function SSL_CTX_sess_hits(ctx: SSL_CTX): number {
  return ctx.counts.hits
}
