/** Renegotiation, which is refused in either direction (SSL_renegotiate(3); RFC 9851, RFC 5746 §4.5). */
import { ERR_LIB_SSL } from './reasons.ts'
import type { SSL } from './ssl.ts'

/** 0, with NO_RENEGOTIATION in the errors, and the connection goes on. WRONG_SSL_VERSION in TLS 1.3, which has none. */
export function SSL_renegotiate(ssl: SSL): 0 {
  return refused(ssl)
}

export function SSL_renegotiate_abbreviated(ssl: SSL): 0 {
  return refused(ssl)
}

/** 0: nothing is ever under way. */
export function SSL_renegotiate_pending(_ssl: SSL): 0 {
  return 0
}

function refused(ssl: SSL): 0 {
  ssl.errors.clear()
  ssl.errors.push(
    ERR_LIB_SSL,
    ssl.native?.version === 'TLSv1.2' ? 'NO_RENEGOTIATION' : 'WRONG_SSL_VERSION',
  )
  return 0
}
