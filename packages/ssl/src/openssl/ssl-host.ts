/** The calls of SSL_set1_host(3) and SSL_get0_param(3): which names a peer has to prove. */
import type { SSL_CTX } from './ctx.ts'
import { ERR_LIB_SSL } from './reasons.ts'
import type { SSL } from './ssl.ts'
import { setHostOrAddress, type X509_VERIFY_PARAM } from './verify-param.ts'

/**
 * The name or address that the peer has to prove, in place of others. It is not sent: SSL_set_tlsext_host_name says what is. null says
 * explicitly that any will do, so long as the chain is believed. 1, or 0 for what is neither.
 */
export function SSL_set1_host(ssl: SSL, hostname: string | null): 0 | 1 {
  ssl.errors.clear()
  if (hostname !== null) return refused(ssl, setHostOrAddress(ssl.param, hostname, []), hostname)
  ssl.param.hosts = []
  ssl.param.anyName = true
  return 1
}

/** One more name or address: any one of them has to be proved. 1, or 0 for what is neither; nothing for null or ''. */
export function SSL_add1_host(ssl: SSL, hostname: string | null): 0 | 1 {
  ssl.errors.clear()
  if (hostname === null || hostname === '') return 1
  return refused(ssl, setHostOrAddress(ssl.param, hostname, ssl.param.hosts), hostname)
}

/** As X509_VERIFY_PARAM_set_hostflags. */
export function SSL_set_hostflags(ssl: SSL, flags: number): void {
  ssl.param.hostFlags = flags >>> 0
}

/** The name in the peer's certificate that was matched, perhaps a wildcard; null before, and where none was demanded. */
export function SSL_get0_peername(ssl: SSL): string | null {
  return ssl.native?.peerName ?? null
}

/** What this SSL demands of its peer; to be changed before the handshake. Borrowed. */
export function SSL_get0_param(ssl: SSL): X509_VERIFY_PARAM {
  return ssl.param
}

/** What SSLs that are made from now on demand. Borrowed. */
export function SSL_CTX_get0_param(ctx: SSL_CTX): X509_VERIFY_PARAM {
  return ctx.param
}

/** 1. */
export function SSL_set1_param(ssl: SSL, param: X509_VERIFY_PARAM): 1 {
  ssl.param.take(param)
  return 1
}

/** 1. */
export function SSL_CTX_set1_param(ctx: SSL_CTX, param: X509_VERIFY_PARAM): 1 {
  ctx.param.take(param)
  return 1
}

function refused(ssl: SSL, result: 0 | 1, hostname: string): 0 | 1 {
  if (result === 0)
    ssl.errors.push(ERR_LIB_SSL, 'PASSED_INVALID_ARGUMENT', `got ${JSON.stringify(hostname)}`)
  return result
}
