/** SSL_clear(3) and SSL_dup(3): one SSL for another connection, and another SSL like one. */
import { SSL_ERROR_NONE, SSL_KEY_UPDATE_NONE } from './constants.ts'
import { Port } from './port.ts'
import { ERR_LIB_SSL } from './reasons.ts'
import { sessionOf } from './session.ts'
import { SSL, SSL_up_ref } from './ssl.ts'

/**
 * Ready for another connection: role, settings, names and BIOs stay; what the last connection had not read or sent is dropped, and its
 * secrets are wiped. What lies in the BIOs stays there: it belongs to the last connection. 1, or 0 from inside a callback of this SSL's.
 */
export function SSL_clear(ssl: SSL): 0 | 1 {
  ssl.errors.clear()
  if (ssl.freed || ssl.depth > 0) {
    ssl.errors.push(ERR_LIB_SSL, 'SHOULD_NOT_HAVE_BEEN_CALLED', 'a call on this SSL is under way')
    return 0
  }
  const { port, native } = ssl
  // A session that nobody said goodbye to is not gone on with.
  const clean = native?.sentShutdown || native?.receivedShutdown
  const session = sessionOf(ssl)
  if (session) ssl.offered = clean && session.native ? session : undefined
  port.letGo()
  native?.close()
  const fresh = new Port()
  fresh.rbio = port.rbio
  fresh.wbio = port.wbio
  ssl.port = fresh
  ssl.native = undefined
  ssl.readsEarly = false
  ssl.earlyOver = false
  ssl.discards = false
  ssl.begun = false
  ssl.failed = false
  ssl.finished = false
  ssl.result = SSL_ERROR_NONE
  ssl.shutdownBits = 0
  ssl.writing = undefined
  ssl.keyUpdate = SSL_KEY_UPDATE_NONE
  ssl.tickets = 0
  ssl.ordersRequest = false
  ssl.inquiry = undefined
  ssl.peerAuthorities = []
  ssl.ordered = false
  ssl.waits = undefined
  ssl.hello = undefined
  ssl.session = undefined
  ssl.verifyError = undefined
  ssl.retryVerify = false
  return 1
}

/**
 * Another SSL with this one's settings, names, role and ex_data, and without a BIO; null where a dup_func does not want it. Once the
 * handshake has begun it is this SSL itself, with one owner more.
 */
export function SSL_dup(ssl: SSL): SSL | null {
  if (ssl.begun) {
    SSL_up_ref(ssl)
    return ssl
  }
  const copy = new SSL(ssl.ctx)
  const data = ssl.exData.copyTo(copy)
  if (!data) return null
  ssl.ctx.references++
  for (const [idx, value] of data) copy.exData.set(idx, value)
  copy.settings = ssl.settings
  copy.param.take(ssl.param)
  copy.serverName = ssl.serverName
  copy.role = ssl.role
  copy.offered = ssl.offered
  copy.quiet = ssl.quiet
  copy.info = ssl.info
  copy.message = ssl.message
  copy.messageArg = ssl.messageArg
  copy.ownVerification = ssl.ownVerification
  return copy
}
