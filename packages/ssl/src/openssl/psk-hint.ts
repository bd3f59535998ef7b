/** What a server of TLS 1.2 tells clients of its keys, and which key it came to be (SSL_CTX_use_psk_identity_hint(3), SSL_get_psk_identity(3)). */
import { type Configured, probe, type SSL_CTX, set } from './ctx.ts'
import type { SSL } from './ssl.ts'

/** Null for none. 1, or 0 where it is longer than 128 bytes (OpenSSL: 256), or no ASCII. */
export function SSL_CTX_use_psk_identity_hint(ctx: SSL_CTX, hint: string | null): 0 | 1 {
  return use(ctx, hint)
}

export function SSL_use_psk_identity_hint(ssl: SSL, hint: string | null): 0 | 1 {
  return use(ssl, hint)
}

/** The identity of the key that is used, a character a byte; null for none. */
export function SSL_get_psk_identity(ssl: SSL): string | null {
  const identity = ssl.native?.pskIdentity
  return identity ? String.fromCharCode(...identity) : null
}

function use(owner: Configured, hint: string | null): 0 | 1 {
  const pskHint = hint || undefined
  return set(owner, { pskHint }, () => pskHint && probe(owner, { pskIdentityHint: pskHint }))
}
