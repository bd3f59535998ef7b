/** Our outcomes as C's answers: a return value, and what SSL_get_error(3) says of it. */

import type { Stop } from '../outcome.ts'
import type { Ssl } from '../ssl.ts'
import {
  SSL_ASYNC_PAUSED,
  SSL_CLIENT_HELLO_CB,
  SSL_ERROR_NONE,
  SSL_ERROR_SSL,
  SSL_ERROR_SYSCALL,
  SSL_ERROR_WANT_ACCEPT,
  SSL_ERROR_WANT_ASYNC,
  SSL_ERROR_WANT_CLIENT_HELLO_CB,
  SSL_ERROR_WANT_CONNECT,
  SSL_ERROR_WANT_READ,
  SSL_ERROR_WANT_RETRY_VERIFY,
  SSL_ERROR_WANT_WRITE,
  SSL_ERROR_WANT_X509_LOOKUP,
  SSL_ERROR_ZERO_RETURN,
  SSL_NOTHING,
  SSL_OP_IGNORE_UNEXPECTED_EOF,
  SSL_READING,
  SSL_RECEIVED_SHUTDOWN,
  SSL_RETRY_VERIFY,
  SSL_WRITING,
  SSL_X509_LOOKUP,
} from './constants.ts'
import { ERR_GET_LIB } from './errors.ts'
import { noteMisuse } from './misused.ts'
import { ERR_LIB_SSL, ERR_LIB_SYS } from './reasons.ts'
import { discard } from './session.ts'
import { countBegun, finish } from './session-counts.ts'
import { dispose, type SSL } from './ssl.ts'

/**
 * What the last call on this SSL came to (SSL_get_error(3)): NONE for a `ret` above 0, else what that call found and kept with this
 * SSL. No other connection and no call on another object changes it.
 */
export function SSL_get_error(ssl: SSL, ret: number): number {
  return ret > 0 ? SSL_ERROR_NONE : ssl.result
}

/** What the last call waits for. */
export function SSL_want(ssl: SSL): number {
  return wants[ssl.result] ?? SSL_NOTHING
}

const wants: Readonly<Record<number, number>> = {
  [SSL_ERROR_WANT_READ]: SSL_READING,
  [SSL_ERROR_WANT_WRITE]: SSL_WRITING,
  [SSL_ERROR_WANT_CONNECT]: SSL_WRITING,
  [SSL_ERROR_WANT_ACCEPT]: SSL_READING,
  [SSL_ERROR_WANT_X509_LOOKUP]: SSL_X509_LOOKUP,
  [SSL_ERROR_WANT_ASYNC]: SSL_ASYNC_PAUSED,
  [SSL_ERROR_WANT_CLIENT_HELLO_CB]: SSL_CLIENT_HELLO_CB,
  [SSL_ERROR_WANT_RETRY_VERIFY]: SSL_RETRY_VERIFY,
}

/**
 * One call on an SSL: its errors begin anew, its callbacks know whose they are, and misuse is -1. A role that the method lacks is
 * `wrongRole`: 0 of a handshake call, but not of SSL_shutdown, whose 0 says that close_notify is out.
 */
export function call(
  ssl: SSL,
  noRole: string,
  work: (native: Ssl) => number,
  wrongRole: 0 | -1 = -1,
): number {
  ssl.errors.clear()
  ssl.result = SSL_ERROR_NONE
  ssl.waits = undefined
  const { role, port } = ssl
  if (ssl.freed) return refuse(ssl, 'UNINITIALIZED')
  if (!role) return refuse(ssl, noRole)
  const method = ssl.firstContext.method.role
  if (method !== 'any' && method !== role)
    return refuse(ssl, 'SHOULD_NOT_HAVE_BEEN_CALLED', wrongRole)
  if (!port.rbio) return refuse(ssl, 'READ_BIO_NOT_SET')
  if (!port.wbio) return refuse(ssl, 'BIO_NOT_SET')
  port.step(false)
  ssl.depth++
  try {
    const native = ssl.start(role)
    const answer = ssl.calls.during(() => work(native))
    if (!ssl.begun) countBegun(ssl)
    ssl.begun = true
    // Whatever the call was for, it may have ended the handshake: the peer's Finished is verified, and ours is out.
    if (native.connected && native.queued === 0) finish(ssl)
    return ssl.depth > 1 ? answer : told(ssl, native, answer)
  } catch (error) {
    if (!ssl.begun && ssl.depth === 1) ssl.native = undefined
    noteMisuse(ssl.errors, error)
    ssl.result = SSL_ERROR_SSL
    return -1
  } finally {
    ssl.depth--
    if (ssl.freed && ssl.depth === 0) dispose(ssl)
  }
}

/** Tells the information callback how a call ends; what a callback threw that has no say in the handshake ends the connection. */
function told(ssl: SSL, native: Ssl, answer: number): number {
  const { watch } = ssl
  const stop = ssl.waits?.status
  const delivered = answer > 0 || (native.queued === 0 && stop !== 'want_write')
  watch.leave(answer, stop, delivered)
  if (!watch.thrown) return answer
  const failed = native.fail(watch.thrown)
  watch.end()
  return stopped(ssl, failed)
}

/** What a BIO that is not connected yet waits for. */
function below({ port }: SSL): number | undefined {
  if (port.special === 'connect') return SSL_ERROR_WANT_CONNECT
  return port.special === 'accept' ? SSL_ERROR_WANT_ACCEPT : undefined
}

/** Notes a reason, and answers -1. */
export function refuse<R extends number = -1>(ssl: SSL, reason: string, answer?: R): R {
  ssl.errors.push(ERR_LIB_SSL, reason)
  ssl.result = SSL_ERROR_SSL
  return answer ?? (-1 as R)
}

/** Why a call did not do what it was asked: 0 after the peer's close_notify, or a cut that is to be taken for one, else -1. */
export function stopped(ssl: SSL, stop: Stop): 0 | -1 {
  ssl.waits = stop
  switch (stop.status) {
    case 'want_read':
      // A callback of an authentication after the handshake: what it waits for says more than the BIO does.
      if (stop.meanwhile) {
        stopped(ssl, stop.meanwhile)
        ssl.waits = stop
        return -1
      }
      ssl.result = below(ssl) ?? SSL_ERROR_WANT_READ
      return -1
    case 'want_write':
      ssl.result = below(ssl) ?? SSL_ERROR_WANT_WRITE
      return -1
    case 'want_verification':
      ssl.result = SSL_ERROR_WANT_RETRY_VERIFY
      return -1
    case 'want_certificate':
      ssl.result = SSL_ERROR_WANT_X509_LOOKUP
      return -1
    case 'want_signature':
      ssl.result = SSL_ERROR_WANT_ASYNC
      return -1
    case 'want_client_hello':
    case 'want_server_name':
    case 'want_psk_offer':
    case 'want_psk':
    case 'want_psk_claim':
    case 'want_session':
    case 'want_early_data':
    case 'want_alpn':
    case 'want_ocsp_request':
    case 'want_ocsp_response':
      ssl.result = SSL_ERROR_WANT_CLIENT_HELLO_CB
      return -1
    case 'closed':
      ssl.result = SSL_ERROR_ZERO_RETURN
      return 0
    case 'truncated':
      if (ssl.settings.values.options & SSL_OP_IGNORE_UNEXPECTED_EOF) {
        ssl.shutdownBits |= SSL_RECEIVED_SHUTDOWN
        ssl.result = SSL_ERROR_ZERO_RETURN
        return 0
      }
      return refuse(ssl, 'UNEXPECTED_EOF_WHILE_READING')
    case 'failed': {
      ssl.failed = true
      ssl.errors.failed(stop.error)
      const system = ERR_GET_LIB(ssl.errors.first?.code ?? 0) === ERR_LIB_SYS
      if (!system) discard(ssl)
      ssl.result = system ? SSL_ERROR_SYSCALL : SSL_ERROR_SSL
      return -1
    }
  }
}
