/** X509_STORE_CTX: a verification under way, as verify callbacks see it (X509_STORE_CTX_get_error(3)). */
import { verifyErrorName, verifyErrors } from '@biopair/x509'
import type { SSL } from './ssl.ts'

/** What a verify callback is shown. Made for each verification; its members are for the calls of this folder, and may be read. */
export class X509_STORE_CTX {
  readonly ssl: SSL
  /** DER, as the peer sent it. */
  readonly untrusted: readonly Uint8Array[]
  /** X509_V_OK, or why the chain is not believed. It stays once it is set, unless X509_STORE_CTX_set_error changes it. */
  error = 0
  /** Which certificate is looked at: 0 is the peer's own. */
  error_depth = 0
  current_cert: Uint8Array | null = null
  /** The peer's raw public key, DER, which it showed in the place of certificates. */
  readonly rpk: Uint8Array | null
  /** DER, from the peer's own up, as far as a path was found. */
  chain: readonly Uint8Array[] = []
  /** The verification as it is without a callback of the application's in its place. */
  readonly verify: (x509_ctx: X509_STORE_CTX) => number | Promise<number>

  constructor(
    ssl: SSL,
    untrusted: readonly Uint8Array[],
    verify: (x509_ctx: X509_STORE_CTX) => number | Promise<number>,
    rpk: Uint8Array | null = null,
  ) {
    this.ssl = ssl
    this.rpk = rpk
    this.untrusted = untrusted
    this.verify = verify
  }
}

/** X509_V_OK, or an X509_V_ERR_ number. */
export function X509_STORE_CTX_get_error(x509_ctx: X509_STORE_CTX): number {
  return x509_ctx.error
}

/** OpenSSL's words for such a number: `certificate has expired`; `ok` for X509_V_OK. */
export function X509_verify_cert_error_string(error: number): string {
  if (error === 0) return 'ok'
  const name = verifyErrorName(error)
  return name === undefined ? 'unknown certificate verification error' : verifyErrors[name][1]
}

/** What SSL_get_verify_result says in the end, and where the answer is no, which alert goes out. */
export function X509_STORE_CTX_set_error(x509_ctx: X509_STORE_CTX, error: number): void {
  x509_ctx.error = error
}

export function X509_STORE_CTX_get_error_depth(x509_ctx: X509_STORE_CTX): number {
  return x509_ctx.error_depth
}

export function X509_STORE_CTX_set_error_depth(x509_ctx: X509_STORE_CTX, depth: number): void {
  x509_ctx.error_depth = depth
}

/** DER; null where there is none, for instance because it could not be read. */
export function X509_STORE_CTX_get_current_cert(x509_ctx: X509_STORE_CTX): Uint8Array | null {
  return x509_ctx.current_cert
}

/** The peer's own certificate as DER. */
export function X509_STORE_CTX_get0_cert(x509_ctx: X509_STORE_CTX): Uint8Array | null {
  return x509_ctx.untrusted[0] ?? null
}

/** The peer's raw public key as DER (SubjectPublicKeyInfo); null where it showed certificates, or nothing. */
export function X509_STORE_CTX_get0_rpk(x509_ctx: X509_STORE_CTX): Uint8Array | null {
  return x509_ctx.rpk
}

/** The path, the peer's own first, as far as one was found. */
export function X509_STORE_CTX_get0_chain(x509_ctx: X509_STORE_CTX): readonly Uint8Array[] {
  return x509_ctx.chain
}

/** What the peer sent. */
export function X509_STORE_CTX_get0_untrusted(x509_ctx: X509_STORE_CTX): readonly Uint8Array[] {
  return x509_ctx.untrusted
}

/** The only index that an X509_STORE_CTX has: its SSL's. */
export function SSL_get_ex_data_X509_STORE_CTX_idx(): 0 {
  return 0
}

/** The SSL for SSL_get_ex_data_X509_STORE_CTX_idx(), null for any other index. */
export function X509_STORE_CTX_get_ex_data(x509_ctx: X509_STORE_CTX, idx: number): SSL | null {
  return idx === SSL_get_ex_data_X509_STORE_CTX_idx() ? x509_ctx.ssl : null
}

/** Verifies as the SSL would by itself, its verify callback included: 1, or 0 with the error in `x509_ctx`; a promise if that callback promises. */
export function X509_verify_cert(x509_ctx: X509_STORE_CTX): number | Promise<number> {
  return x509_ctx.verify(x509_ctx)
}
