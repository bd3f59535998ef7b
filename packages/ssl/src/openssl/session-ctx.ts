/** What an SSL_CTX says of sessions: cache mode, timeout, context, ticket keys (SSL_CTX_set_session_cache_mode(3) and its like). */
import { noble } from '@biopair/crypto/noble'
import type { Bytes } from '@biopair/wire'
import { SSL_MAX_SID_CTX_LENGTH, SSL_SESSION_CACHE_MAX_SIZE_DEFAULT } from './constants.ts'
import { type Configured, refuse, type SSL_CTX, set } from './ctx.ts'
import type { SSL } from './ssl.ts'

/** Answers the mode before. SSL_SESS_CACHE_SERVER is the first one. */
export function SSL_CTX_set_session_cache_mode(ctx: SSL_CTX, mode: number): number {
  const before = ctx.settings.values.sessionMode
  set(ctx, { sessionMode: mode })
  return before
}

export function SSL_CTX_get_session_cache_mode(ctx: SSL_CTX): number {
  return ctx.settings.values.sessionMode
}

/** Sessions that a server keeps at most (never without a bound: 0 is the default). Answers the bound before. */
export function SSL_CTX_sess_set_cache_size(ctx: SSL_CTX, size: number): number {
  const { cache } = ctx.settings
  const before = cache.limit
  cache.limit = size > 0 ? size : SSL_SESSION_CACHE_MAX_SIZE_DEFAULT
  return before
}

export function SSL_CTX_sess_get_cache_size(ctx: SSL_CTX): number {
  return ctx.settings.cache.limit
}

/** Sessions that are kept now. */
export function SSL_CTX_sess_number(ctx: SSL_CTX): number {
  return ctx.settings.cache.size
}

/** Drops the sessions that are out of time at `time`, in seconds since 1970; 0 drops all. */
export function SSL_CTX_flush_sessions(ctx: SSL_CTX, time: number): void {
  ctx.settings.cache.flush(time === 0 ? Number.POSITIVE_INFINITY : time * 1000)
}

/** Seconds that a session is good for, at most 604800. Answers what was set before. */
export function SSL_CTX_set_timeout(ctx: SSL_CTX, seconds: number): number {
  const before = ctx.settings.values.sessionTimeout
  set(ctx, { sessionTimeout: Math.min(Math.max(0, Math.floor(seconds)), 604_800) })
  return before
}

export function SSL_CTX_get_timeout(ctx: SSL_CTX): number {
  return ctx.settings.values.sessionTimeout
}

/** Sessions of one context are not resumed in another. Up to 32 bytes: else 0. */
export function SSL_CTX_set_session_id_context(ctx: SSL_CTX, sidCtx: Uint8Array): 0 | 1 {
  return setContext(ctx, sidCtx)
}

export function SSL_set_session_id_context(ssl: SSL, sidCtx: Uint8Array): 0 | 1 {
  return setContext(ssl, sidCtx)
}

/**
 * 80 bytes, as OpenSSL has them: 16 of name, and what two secrets are made of, of which here one key is derived. Servers that are given the same open
 * each other's tickets. 1, or 0 with INVALID_TICKET_KEYS_LENGTH. With null, how many bytes that are.
 */
export function SSL_CTX_set_tlsext_ticket_keys(ctx: SSL_CTX, keys: Uint8Array): 0 | 1
export function SSL_CTX_set_tlsext_ticket_keys(ctx: SSL_CTX, keys: null): 80
export function SSL_CTX_set_tlsext_ticket_keys(ctx: SSL_CTX, keys: Uint8Array | null): 0 | 1 | 80 {
  if (!keys) return 80
  ctx.errors.clear()
  if (keys.length !== 80) return refuse(ctx, 'INVALID_TICKET_KEYS_LENGTH')
  const { crypto = noble } = ctx.settings.values.surroundings
  const ticketKeys = new Uint8Array(48)
  ticketKeys.set(keys.subarray(0, 16))
  ticketKeys.set(crypto.hashes.sha256.digest(Uint8Array.from(keys.subarray(16))), 16)
  return set(ctx, { ticketKeys })
}

function setContext(owner: Configured, sidCtx: Uint8Array): 0 | 1 {
  owner.errors.clear()
  if (sidCtx.length > SSL_MAX_SID_CTX_LENGTH)
    return refuse(owner, 'SSL_SESSION_ID_CONTEXT_TOO_LONG')
  return set(owner, { sessionIdContext: hex(sidCtx) })
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes as Bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}
