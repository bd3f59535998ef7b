/** The calls that do something: SSL_do_handshake(3), SSL_read(3), SSL_write(3), SSL_shutdown(3), SSL_key_update(3). */
import type { Ssl } from '../ssl.ts'
import {
  SSL_ERROR_WANT_READ,
  SSL_ERROR_ZERO_RETURN,
  SSL_KEY_UPDATE_NONE,
  SSL_KEY_UPDATE_NOT_REQUESTED,
  SSL_KEY_UPDATE_REQUESTED,
  SSL_MODE_AUTO_RETRY,
  SSL_MODE_ENABLE_PARTIAL_WRITE,
  SSL_RECEIVED_SHUTDOWN,
  SSL_SENT_SHUTDOWN,
} from './constants.ts'
import { sendRequest } from './post-handshake.ts'
import { call, refuse, stopped } from './result.ts'
import { finish } from './session-counts.ts'
import { type SSL, SSL_set_accept_state, SSL_set_connect_state } from './ssl.ts'

/**
 * Shakes hands. 1 when the peer's Finished is verified and our own flight was taken by the BIO (tickets never hold it up); 0 with
 * SSL_ERROR_ZERO_RETURN when the peer closed in an orderly way; -1 with SSL_get_error for all else.
 */
export function SSL_do_handshake(ssl: SSL): number {
  return call(ssl, 'CONNECTION_TYPE_NOT_SET', native => shake(ssl, native), 0)
}

/** As SSL_do_handshake, as the client unless a role is set. */
export function SSL_connect(ssl: SSL): number {
  if (!ssl.role) SSL_set_connect_state(ssl)
  return SSL_do_handshake(ssl)
}

/** As SSL_do_handshake, as the server unless a role is set. */
export function SSL_accept(ssl: SSL): number {
  if (!ssl.role) SSL_set_accept_state(ssl)
  return SSL_do_handshake(ssl)
}

/** Bytes of plaintext, of one record at the most; 0 with SSL_ERROR_ZERO_RETURN after the peer's close_notify; -1 for all else. */
export function SSL_read(ssl: SSL, buf: Uint8Array, num: number = buf.length): number {
  return take(ssl, buf, num, false)
}

/** As SSL_read, and the bytes stay. */
export function SSL_peek(ssl: SSL, buf: Uint8Array, num: number = buf.length): number {
  return take(ssl, buf, num, true)
}

/** `[1, bytes]`, or `[0, 0]` with SSL_get_error. */
export function SSL_read_ex(
  ssl: SSL,
  buf: Uint8Array,
  num: number = buf.length,
): [result: 0 | 1, readbytes: number] {
  const got = take(ssl, buf, num, false)
  return got > 0 ? [1, got] : [0, 0]
}

/** As SSL_read_ex, and the bytes stay. */
export function SSL_peek_ex(
  ssl: SSL,
  buf: Uint8Array,
  num: number = buf.length,
): [result: 0 | 1, readbytes: number] {
  const got = take(ssl, buf, num, true)
  return got > 0 ? [1, got] : [0, 0]
}

/**
 * Writes all of it: `num`, once the last record was taken by the BIO, or -1 with what was done kept: the same bytes have to be given
 * again (any buffer; fewer than were taken is BAD_LENGTH), and it goes on where it was. With SSL_MODE_ENABLE_PARTIAL_WRITE, one record's worth.
 */
export function SSL_write(ssl: SSL, buf: Uint8Array, num: number = buf.length): number {
  return call(ssl, 'UNINITIALIZED', native => {
    if (!countable(num, buf)) return refuse(ssl, 'BAD_LENGTH')
    if (ssl.shutdownBits & SSL_SENT_SHUTDOWN) return refuse(ssl, 'PROTOCOL_IS_SHUTDOWN')
    if (num === 0) return 0
    if (ssl.writing && num < ssl.writing.taken) return refuse(ssl, 'BAD_LENGTH')
    settle(ssl, native)
    const partial = (ssl.settings.values.mode & SSL_MODE_ENABLE_PARTIAL_WRITE) !== 0
    const length = partial
      ? (ssl.writing?.length ?? Math.min(num, native.context.limits.maxFragment))
      : num
    let taken = ssl.writing?.taken ?? 0
    while (taken < length) {
      const outcome = native.write(buf.subarray(taken, length))
      if (outcome.status !== 'done') {
        // Nothing was taken, or never will be: the next write may be another one.
        const goesOn = taken > 0 && outcome.status !== 'failed'
        ssl.writing = goesOn ? { length, taken } : undefined
        return stopped(ssl, outcome)
      }
      taken += outcome.bytes
      ssl.writing = { length, taken }
      finish(ssl)
      // A record is taken when nothing waits before it: what was ordered is out.
      ssl.ordered = ssl.keyUpdate !== SSL_KEY_UPDATE_NONE || ssl.tickets > 0 || ssl.ordersRequest
    }
    const flushed = native.flush()
    if (flushed.status !== 'want_read' && flushed.status !== 'want_write') ssl.writing = undefined
    if (flushed.status !== 'done') return stopped(ssl, flushed)
    return length
  })
}

/** `[1, bytes]`, also for none; or `[0, 0]` with SSL_get_error. */
export function SSL_write_ex(
  ssl: SSL,
  buf: Uint8Array,
  num: number = buf.length,
): [result: 0 | 1, written: number] {
  const took = SSL_write(ssl, buf, num)
  return took > 0 || (took === 0 && num === 0) ? [1, took] : [0, 0]
}

/**
 * Says close_notify: 0 when it is out and the peer's has not come (then read to the end, or call again), 1 when both are through,
 * -1 with SSL_get_error for all else. Data of the peer's that was not read is APPLICATION_DATA_AFTER_CLOSE_NOTIFY, and stays readable.
 */
export function SSL_shutdown(ssl: SSL): number {
  return call(ssl, 'UNINITIALIZED', native => {
    if (!native.connected && !ssl.failed) return refuse(ssl, 'SHUTDOWN_WHILE_IN_INIT')
    if (ssl.quiet) {
      ssl.shutdownBits = SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN
      return 1
    }
    ssl.port.step(recordByRecord(ssl))
    const heard = (ssl.shutdownBits & SSL_RECEIVED_SHUTDOWN) !== 0
    const said = native.sentShutdown ? native.queued === 0 : ssl.shutdownBits & SSL_SENT_SHUTDOWN
    if (said && heard) return 1
    if (said && !native.sentShutdown) return lookForEnd(ssl, native)
    const outcome = native.shutdown()
    // Where SSL_set_shutdown says that the peer's was received, it is not waited for.
    if (heard && ['sent', 'unread', 'want_read'].includes(outcome.status)) return 1
    switch (outcome.status) {
      case 'done':
        return 1
      case 'truncated':
        // With SSL_OP_IGNORE_UNEXPECTED_EOF that is as good as the peer's close_notify.
        return stopped(ssl, outcome) === 0 ? 1 : -1
      case 'sent':
        ssl.result = SSL_ERROR_WANT_READ
        ssl.waits = { status: 'want_read', read: 1, write: 0 }
        return 0
      case 'unread':
        return refuse(ssl, 'APPLICATION_DATA_AFTER_CLOSE_NOTIFY')
      default:
        return stopped(ssl, outcome)
    }
  })
}

/** SSL_SENT_SHUTDOWN and SSL_RECEIVED_SHUTDOWN; the latter for a close_notify, or what is to be taken for one (OpenSSL sets it for a fatal alert too). */
export function SSL_get_shutdown(ssl: SSL): number {
  return (
    ssl.shutdownBits |
    (ssl.native?.sentShutdown ? SSL_SENT_SHUTDOWN : 0) |
    (ssl.native?.receivedShutdown ? SSL_RECEIVED_SHUTDOWN : 0)
  )
}

/** Makes it as if these had been sent or received; what really was stays. */
export function SSL_set_shutdown(ssl: SSL, mode: number): void {
  ssl.shutdownBits = mode & (SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN)
}

export function SSL_set_quiet_shutdown(ssl: SSL, mode: number): void {
  ssl.quiet = mode !== 0
}

export function SSL_get_quiet_shutdown(ssl: SSL): 0 | 1 {
  return ssl.quiet ? 1 : 0
}

/** Orders a KeyUpdate: the next call that does something sends it, behind a write that is pending. 1, or 0 with the reason. */
export function SSL_key_update(ssl: SSL, updatetype: number): 0 | 1 {
  ssl.errors.clear()
  if (updatetype !== SSL_KEY_UPDATE_NOT_REQUESTED && updatetype !== SSL_KEY_UPDATE_REQUESTED)
    return refuse(ssl, 'INVALID_KEY_UPDATE_TYPE', 0)
  if (!ssl.native?.connected) return refuse(ssl, 'STILL_IN_INIT', 0)
  ssl.keyUpdate = updatetype
  ssl.ordered = true
  return 1
}

/** What was ordered and not sent: SSL_KEY_UPDATE_NONE if nothing was. */
export function SSL_get_key_update_type(ssl: SSL): number {
  return ssl.keyUpdate
}

/** Server: orders a ticket, which the next SSL_write or SSL_do_handshake sends. 1, or 0 with the reason. */
export function SSL_new_session_ticket(ssl: SSL): 0 | 1 {
  ssl.errors.clear()
  if (ssl.role !== 'server') return refuse(ssl, 'NOT_SERVER', 0)
  if (!ssl.native?.connected) return refuse(ssl, 'STILL_IN_INIT', 0)
  ssl.tickets++
  ssl.ordered = true
  return 1
}

function shake(ssl: SSL, native: Ssl): number {
  const outcome = native.doHandshake()
  if (outcome.status !== 'done') return stopped(ssl, outcome)
  finish(ssl)
  if (!ssl.ordered) return 1
  const ordered = settle(ssl, native) ?? native.flush()
  if (ordered.status !== 'done') return stopped(ssl, ordered)
  ssl.ordered = false
  return 1
}

function take(ssl: SSL, buf: Uint8Array, num: number, peek: boolean): number {
  return call(ssl, 'UNINITIALIZED', native => {
    if (!countable(num, buf)) return refuse(ssl, 'BAD_LENGTH')
    if (ssl.shutdownBits & SSL_RECEIVED_SHUTDOWN) {
      ssl.result = SSL_ERROR_ZERO_RETURN
      return 0
    }
    settle(ssl, native)
    ssl.port.step(recordByRecord(ssl))
    const into = buf.subarray(0, num)
    const outcome = peek ? native.peek(into) : native.read(into)
    // It is bytes that a read lacks. That tickets or a write wait for room is not its want: who waited for it could wait for ever.
    if (outcome.status === 'want_write' && outcome.read > 0 && native.connected)
      return stopped(ssl, { ...outcome, status: 'want_read' })
    if (outcome.status !== 'done') return stopped(ssl, outcome)
    if (outcome.bytes > 0) finish(ssl)
    return outcome.bytes
  })
}

/** Sends what was ordered, if it can go now; a want, or a failure, if it cannot. */
function settle(ssl: SSL, native: Ssl): ReturnType<Ssl['flush']> | undefined {
  if (!ssl.finished || native.sentShutdown) return undefined
  if (ssl.keyUpdate !== SSL_KEY_UPDATE_NONE) {
    const sent = native.keyUpdate(ssl.keyUpdate === SSL_KEY_UPDATE_REQUESTED)
    if (sent.status !== 'done') return sent
    ssl.keyUpdate = SSL_KEY_UPDATE_NONE
  }
  const asked = sendRequest(ssl, native)
  if (asked) return asked
  for (; ssl.tickets > 0; ssl.tickets--) {
    const sent = native.newSessionTicket()
    if (sent.status !== 'done') return sent
  }
  return undefined
}

/** The second half of a shutdown whose first half SSL_set_shutdown took over. */
function lookForEnd(ssl: SSL, native: Ssl): number {
  const outcome = native.peek(new Uint8Array(1))
  if (outcome.status === 'done') return refuse(ssl, 'APPLICATION_DATA_AFTER_CLOSE_NOTIFY')
  return stopped(ssl, outcome) === 0 ? 1 : -1
}

/** SSL_MODE_AUTO_RETRY is switched off: once the handshake is over, a call that reads comes back after each record. */
function recordByRecord(ssl: SSL): boolean {
  return ssl.finished && (ssl.settings.values.mode & SSL_MODE_AUTO_RETRY) === 0
}

function countable(num: number, buf: Uint8Array): boolean {
  return Number.isSafeInteger(num) && num >= 0 && num <= buf.length
}
