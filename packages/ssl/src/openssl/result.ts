/** Our outcomes as C's answers: a return value, and what SSL_get_error(3) says of it. */

import type { Stop } from '../outcome.ts'
import type { Ssl } from '../ssl.ts'
import {
  SSL_ASYNC_PAUSED,
  SSL_CLIENT_HELLO_CB,
  SSL_ERROR_NONE,
  SSL_ERROR_SSL,
  SSL_ERROR_SYSCALL,
  SSL_ERROR_WANT_ASYNC,
  SSL_ERROR_WANT_CLIENT_HELLO_CB,
  SSL_ERROR_WANT_READ,
  SSL_ERROR_WANT_RETRY_VERIFY,
  SSL_ERROR_WANT_WRITE,
  SSL_ERROR_WANT_X509_LOOKUP,
  SSL_ERROR_ZERO_RETURN,
  SSL_NOTHING,
  SSL_READING,
  SSL_RETRY_VERIFY,
  SSL_WRITING,
  SSL_X509_LOOKUP,
} from './constants.ts'
import { ERR_GET_LIB } from './errors.ts'
import { noteMisuse } from './misused.ts'
import { ERR_LIB_SSL, ERR_LIB_SYS } from './reasons.ts'
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
  [SSL_ERROR_WANT_X509_LOOKUP]: SSL_X509_LOOKUP,
  [SSL_ERROR_WANT_ASYNC]: SSL_ASYNC_PAUSED,
  [SSL_ERROR_WANT_CLIENT_HELLO_CB]: SSL_CLIENT_HELLO_CB,
  [SSL_ERROR_WANT_RETRY_VERIFY]: SSL_RETRY_VERIFY,
}

/** One call on an SSL: its errors begin anew, its callbacks know whose they are, and misuse is -1. */
export function call(ssl: SSL, noRole: string, work: (native: Ssl) => number): number {
  ssl.errors.clear()
  ssl.result = SSL_ERROR_NONE
  const { role, port } = ssl
  if (ssl.freed) return refuse(ssl, 'UNINITIALIZED')
  if (!role) return refuse(ssl, noRole)
  if (ssl.ctx.method.role !== 'any' && ssl.ctx.method.role !== role)
    return refuse(ssl, 'SHOULD_NOT_HAVE_BEEN_CALLED', 0)
  if (!port.rbio) return refuse(ssl, 'READ_BIO_NOT_SET')
  if (!port.wbio) return refuse(ssl, 'BIO_NOT_SET')
  if (role === 'client' && ssl.namesDiffer) return refuse(ssl, 'HOSTNAME_CONFLICT')
  ssl.depth++
  try {
    const answer = ssl.settings.during(ssl, () => work(ssl.start(role)))
    ssl.begun = true
    return answer
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

/** Notes a reason, and answers -1. */
export function refuse<R extends number = -1>(ssl: SSL, reason: string, answer?: R): R {
  ssl.errors.push(ERR_LIB_SSL, reason)
  ssl.result = SSL_ERROR_SSL
  return answer ?? (-1 as R)
}

/** Why a call did not do what it was asked: 0 after the peer's close_notify, else -1. */
export function stopped(ssl: SSL, stop: Stop): 0 | -1 {
  switch (stop.status) {
    case 'want_read':
      ssl.result = SSL_ERROR_WANT_READ
      return -1
    case 'want_write':
      ssl.result = SSL_ERROR_WANT_WRITE
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
    case 'want_alpn':
      ssl.result = SSL_ERROR_WANT_CLIENT_HELLO_CB
      return -1
    case 'closed':
      ssl.result = SSL_ERROR_ZERO_RETURN
      return 0
    case 'truncated':
      return refuse(ssl, 'UNEXPECTED_EOF_WHILE_READING')
    case 'failed': {
      ssl.errors.failed(stop.error)
      const system = ERR_GET_LIB(ssl.errors.first?.code ?? 0) === ERR_LIB_SYS
      ssl.result = system ? SSL_ERROR_SYSCALL : SSL_ERROR_SSL
      return -1
    }
  }
}
