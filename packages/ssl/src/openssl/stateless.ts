/** SSL_stateless(3): a server that keeps nothing between two ClientHellos. */
import { type SSL_CTX, set } from './ctx.ts'
import { call, refuse, stopped } from './result.ts'
import { type SSL, SSL_set_accept_state } from './ssl.ts'
import { SSL_clear } from './ssl-clear.ts'

/**
 * Bytes that a cookie is to be good for alone, made of the peer's address, say: asked for each connection, and the same for both ClientHellos of one
 * client. null where there are none: no handshake begins.
 */
export type SSL_gen_stateless_cookie_cb = (ssl: SSL) => Uint8Array | null

/** Has SSLs that are made from now on ask each client for a cookie, whose keys are drawn once per SSL_CTX unless SSL_CTX_new was given some. null: no more. */
export function SSL_CTX_set_stateless_cookie_generate_cb(
  ctx: SSL_CTX,
  cb: SSL_gen_stateless_cookie_cb | null,
): void {
  set(ctx, { generateCookie: cb ?? undefined })
}

/**
 * Server: 1, the ClientHello has brought a good cookie, and SSL_accept goes on; 0, it has been answered with a HelloRetryRequest, and nothing is kept: this SSL, or
 * any other of the same SSL_CTX, is ready for the next one; -1 with SSL_get_error for all else.
 */
export function SSL_stateless(ssl: SSL): number {
  if (!ssl.role) SSL_set_accept_state(ssl)
  const { generateCookie, surroundings } = ssl.settings.values
  let retried = false
  const answer = call(ssl, 'CONNECTION_TYPE_NOT_SET', native => {
    if (ssl.role !== 'server') return refuse(ssl, 'SHOULD_NOT_HAVE_BEEN_CALLED')
    if (!generateCookie && !surroundings.cookieKeys) return refuse(ssl, 'NO_COOKIE_CALLBACK_SET')
    const outcome = native.stateless()
    if (outcome.status === 'done') return 1
    if (outcome.status !== 'retried') return stopped(ssl, outcome)
    retried = true
    return 0
  })
  if (!retried) return answer > 0 ? answer : -1
  ssl.native = undefined
  SSL_clear(ssl)
  return 0
}
