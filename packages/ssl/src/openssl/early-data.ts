/** Early data in C's manner: SSL_read_early_data(3) and what belongs to it. */
import type { Ssl } from '../ssl.ts'
import type { Configured, SSL_CTX } from './ctx.ts'
import { call, refuse, stopped } from './result.ts'
import { type SSL, SSL_set_connect_state } from './ssl.ts'

export const SSL_EARLY_DATA_NOT_SENT = 0
export const SSL_EARLY_DATA_REJECTED = 1
export const SSL_EARLY_DATA_ACCEPTED = 2

export const SSL_READ_EARLY_DATA_ERROR = 0
export const SSL_READ_EARLY_DATA_SUCCESS = 1
export const SSL_READ_EARLY_DATA_FINISH = 2

/** 1 takes the early data of this connection, 0 refuses it; or a promise of one of these. */
export type SSL_allow_early_data_cb_fn = (ssl: SSL, arg: unknown) => number | Promise<number>

/**
 * Server, its first call: `[SSL_READ_EARLY_DATA_SUCCESS, bytes]`; `[SSL_READ_EARLY_DATA_FINISH, 0]` when there is no more, or was none, and
 * SSL_accept goes on; `[SSL_READ_EARLY_DATA_ERROR, 0]` with SSL_get_error. A server that calls SSL_accept first takes no early data;
 * after FINISH it is not to be called again.
 */
export function SSL_read_early_data(
  ssl: SSL,
  buf: Uint8Array,
  num: number = buf.length,
): [result: 0 | 1 | 2, readbytes: number] {
  let readbytes = 0
  const result = early(ssl, native => {
    if (ssl.role !== 'server' || (ssl.begun && !ssl.readsEarly) || ssl.earlyOver)
      return refuse(ssl, 'SHOULD_NOT_HAVE_BEEN_CALLED')
    ssl.readsEarly = true
    const outcome = native.readEarly(buf.subarray(0, num))
    if (outcome.status === 'end') return finish(ssl, native)
    if (outcome.status !== 'done') return stopped(ssl, outcome)
    readbytes = outcome.bytes
    return SSL_READ_EARLY_DATA_SUCCESS
  })
  ssl.earlyOver ||= result === SSL_READ_EARLY_DATA_FINISH
  return [result > 0 ? (result as 1 | 2) : 0, readbytes]
}

/**
 * Client, its first call, with a session that permits it; or a server, after SSL_read_early_data, to a client that has yet to prove anything: `[1, bytes]`, of
 * which there may be fewer than were given. `[0, 0]` with SSL_get_error: TOO_MUCH_EARLY_DATA where the session permits no more, which ends
 * nothing: SSL_connect goes on, and SSL_write takes the rest.
 */
export function SSL_write_early_data(
  ssl: SSL,
  buf: Uint8Array,
  num: number = buf.length,
): [result: 0 | 1, written: number] {
  if (!ssl.role) SSL_set_connect_state(ssl)
  let written = 0
  // Nothing has begun yet: a session can still be given.
  if (ssl.role === 'client' && !ssl.begun && !permits(ssl)) {
    ssl.errors.clear()
    return [refuse(ssl, 'SHOULD_NOT_HAVE_BEEN_CALLED', 0), 0]
  }
  const result = early(ssl, native => {
    if (ssl.role === 'server' && !ssl.readsEarly) return refuse(ssl, 'SHOULD_NOT_HAVE_BEEN_CALLED')
    const outcome = native.writeEarly(buf.subarray(0, num))
    if (outcome.status === 'refused')
      return refuse(
        ssl,
        outcome.reason === 'limit' ? 'TOO_MUCH_EARLY_DATA' : 'SHOULD_NOT_HAVE_BEEN_CALLED',
      )
    if (outcome.status !== 'done') return stopped(ssl, outcome)
    written = outcome.bytes
    return 1
  })
  return [result > 0 ? 1 : 0, written]
}

/** Whether a client has a session with early data, or a callback that may. */
function permits({ offered, settings }: SSL): boolean {
  return (offered?.native?.maxEarlyData ?? 0) > 0 || settings.values.pskUse !== undefined
}

/** No more comes. Where none came, the server's flight goes out first, as in OpenSSL: so it is out when the program hears of the end. */
function finish(ssl: SSL, native: Ssl): number {
  if (native.connected || native.earlyData === 'accepted') return SSL_READ_EARLY_DATA_FINISH
  const outcome = native.doHandshake()
  const out = native.queued === 0 && ['WAIT_CERT', 'WAIT_FINISHED'].includes(native.state)
  if (outcome.status === 'done' || (outcome.status === 'want_read' && out))
    return SSL_READ_EARLY_DATA_FINISH
  return stopped(ssl, outcome)
}

/** A call that does not make a handshake go on which has paused for early data. */
function early(ssl: SSL, work: Parameters<typeof call>[2]): number {
  try {
    return call(ssl, 'SHOULD_NOT_HAVE_BEEN_CALLED', native => {
      ssl.watch.early = true
      return work(native)
    })
  } finally {
    ssl.watch.early = false
  }
}

/** SSL_EARLY_DATA_NOT_SENT, SSL_EARLY_DATA_ACCEPTED, or SSL_EARLY_DATA_REJECTED, also while nothing is known. */
export function SSL_get_early_data_status(ssl: SSL): number {
  switch (ssl.native?.earlyData ?? 'none') {
    case 'none':
      return SSL_EARLY_DATA_NOT_SENT
    case 'accepted':
      return SSL_EARLY_DATA_ACCEPTED
    default:
      return SSL_EARLY_DATA_REJECTED
  }
}

/** Server: bytes of early data that each ticket permits; 0, as it is to begin with, for none. 1. */
export function SSL_CTX_set_max_early_data(ctx: SSL_CTX, max_early_data: number): 1 {
  return set(ctx, { maxEarlyData: max_early_data })
}

export function SSL_CTX_get_max_early_data(ctx: SSL_CTX): number {
  return ctx.settings.values.maxEarlyData
}

export function SSL_set_max_early_data(ssl: SSL, max_early_data: number): 1 {
  return set(ssl, { maxEarlyData: max_early_data })
}

export function SSL_get_max_early_data(ssl: SSL): number {
  return ssl.settings.values.maxEarlyData
}

/** Server: bytes of refused early data that are passed over, 16 384 to begin with, and as many as tickets permit at least. 1. */
export function SSL_CTX_set_recv_max_early_data(ctx: SSL_CTX, recv_max_early_data: number): 1 {
  return set(ctx, { recvMaxEarlyData: recv_max_early_data })
}

export function SSL_CTX_get_recv_max_early_data(ctx: SSL_CTX): number {
  return ctx.settings.values.recvMaxEarlyData
}

export function SSL_set_recv_max_early_data(ssl: SSL, recv_max_early_data: number): 1 {
  return set(ssl, { recvMaxEarlyData: recv_max_early_data })
}

export function SSL_get_recv_max_early_data(ssl: SSL): number {
  return ssl.settings.values.recvMaxEarlyData
}

/** Server: has a say in whether early data is taken. */
export function SSL_CTX_set_allow_early_data_cb(
  ctx: SSL_CTX,
  cb: SSL_allow_early_data_cb_fn | null,
  arg?: unknown,
): void {
  set(ctx, { allowEarlyData: cb ? { call: cb, arg } : undefined })
}

/** As SSL_CTX_set_allow_early_data_cb, for one connection. */
export function SSL_set_allow_early_data_cb(
  ssl: SSL,
  cb: SSL_allow_early_data_cb_fn | null,
  arg?: unknown,
): void {
  set(ssl, { allowEarlyData: cb ? { call: cb, arg } : undefined })
}

function set(owner: Configured, changes: Parameters<Configured['settings']['with']>[0]): 1 {
  owner.settings = owner.settings.with(changes)
  return 1
}

/** Whether the early data of a connection is taken: its program reads it, and its callback allows it. */
export function allowsEarlyData(ssl: SSL): boolean | Promise<boolean> {
  const { allowEarlyData } = ssl.settings.values
  if (!ssl.readsEarly) return false
  if (!allowEarlyData) return true
  const answer = allowEarlyData.call(ssl, allowEarlyData.arg)
  return answer instanceof Promise ? answer.then(one => one === 1) : answer === 1
}
