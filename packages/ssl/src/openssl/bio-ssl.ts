/** BIO_f_ssl(3): TLS as a filter. What is written is sealed and goes to the BIO below; what comes from there is opened. */
import { BIO, BIO_new, BIO_up_ref } from './bio.ts'
import { BIO_callback_ctrl } from './bio-callback.ts'
import { BIO_push, BIO_set_next } from './bio-chain.ts'
import {
  BIO_C_DO_STATE_MACHINE,
  BIO_C_GET_SSL,
  BIO_C_SET_SSL,
  BIO_C_SHUTDOWN_WR,
  BIO_C_SSL_MODE,
  BIO_CLOSE,
  BIO_CTRL_DUP,
  BIO_CTRL_EOF,
  BIO_CTRL_FLUSH,
  BIO_CTRL_GET_CLOSE,
  BIO_CTRL_PENDING,
  BIO_CTRL_POP,
  BIO_CTRL_PUSH,
  BIO_CTRL_RESET,
  BIO_CTRL_SET_CLOSE,
  BIO_CTRL_WPENDING,
  BIO_FLAGS_IO_SPECIAL,
  BIO_FLAGS_READ,
  BIO_FLAGS_WRITE,
  BIO_RR_ACCEPT,
  BIO_RR_CONNECT,
  BIO_RR_SSL_X509_LOOKUP,
  BIO_TYPE_SSL,
} from './bio-constants.ts'
import { BIO_ctrl, type BIO_OUT } from './bio-ctrl.ts'
import type { BIO_METHOD } from './bio-method.ts'
import { utf8 } from './bio-text.ts'
import {
  SSL_ERROR_NONE,
  SSL_ERROR_SSL,
  SSL_ERROR_SYSCALL,
  SSL_ERROR_WANT_ACCEPT,
  SSL_ERROR_WANT_CONNECT,
  SSL_ERROR_WANT_READ,
  SSL_ERROR_WANT_WRITE,
  SSL_ERROR_WANT_X509_LOOKUP,
  SSL_ERROR_ZERO_RETURN,
} from './constants.ts'
import type { SSL_CTX } from './ctx.ts'
import { SSL_ready } from './ready.ts'
import { call, SSL_get_error, stopped } from './result.ts'
import {
  SSL,
  SSL_free,
  SSL_new,
  SSL_set_accept_state,
  SSL_set_bio,
  SSL_set_connect_state,
} from './ssl.ts'
import { SSL_dup } from './ssl-clear.ts'
import { SSL_pending } from './ssl-info.ts'
import { SSL_do_handshake, SSL_read, SSL_shutdown, SSL_write } from './ssl-io.ts'

/** The filter; it needs an SSL (BIO_set_ssl), and something below it. */
export function BIO_f_ssl(): BIO_METHOD {
  return {
    type: BIO_TYPE_SSL,
    name: 'ssl',
    read: (bio, buf) => {
      const ssl = sslOf(bio)
      bio.begin()
      return answered(bio, ssl, SSL_read(ssl, buf))
    },
    write,
    puts: (bio, text) => (text === '' ? 0 : write(bio, utf8(text))),
    ctrl: sslCtrl,
    create: () => 1,
    destroy: bio => {
      if (!bio.init) return 1
      const ssl = sslOf(bio)
      SSL_shutdown(ssl)
      if (bio.shutdown) SSL_free(ssl)
      return 1
    },
    ready,
    callbackCtrl: (bio, cmd, fp) => (bio.next ? BIO_callback_ctrl(bio.next, cmd, fp) : 0),
  }
}

/** A filter with an SSL of its own: the client's where `client` is not 0. null without a context. */
export function BIO_new_ssl(ctx: SSL_CTX, client: number): BIO
export function BIO_new_ssl(ctx: SSL_CTX | null, client: number): BIO | null
export function BIO_new_ssl(ctx: SSL_CTX | null, client: number): BIO | null {
  const ssl = SSL_new(ctx)
  if (!ssl) return null
  if (client) SSL_set_connect_state(ssl)
  else SSL_set_accept_state(ssl)
  const bio = BIO_new(BIO_f_ssl())
  BIO_set_ssl(bio, ssl, BIO_CLOSE)
  return bio
}

/** The SSL of the filter; BIO_CLOSE: freed with it. A BIO that the SSL has goes below the filter. 1. */
export function BIO_set_ssl(bio: BIO | null, ssl: SSL, close: number): number {
  return BIO_ctrl(bio, BIO_C_SET_SSL, close, ssl)
}

/** `[1, ssl]`, borrowed, from the first filter of the chain that has one; `[0, null]` where none has. */
export function BIO_get_ssl(bio: BIO | null): [result: number, ssl: SSL | null] {
  const out: BIO_OUT<SSL | null> = { value: null }
  return [BIO_ctrl(bio, BIO_C_GET_SSL, 0, out), out.value]
}

/** The client's end where `client` is not 0. */
export function BIO_set_ssl_mode(bio: BIO | null, client: number): number {
  return BIO_ctrl(bio, BIO_C_SSL_MODE, client)
}

/** Shakes hands, as SSL_do_handshake; with the flags of a retry. */
export function BIO_do_handshake(bio: BIO | null): number {
  return BIO_ctrl(bio, BIO_C_DO_STATE_MACHINE)
}

/** SSL_shutdown for every such filter of the chain. */
export function BIO_ssl_shutdown(bio: BIO | null): void {
  for (let at = bio ?? undefined; at; at = at.next)
    if (at.method.type === BIO_TYPE_SSL && at.init) SSL_shutdown(sslOf(at))
}

function write(bio: BIO, buf: Uint8Array): number {
  const ssl = sslOf(bio)
  bio.begin()
  return answered(bio, ssl, SSL_write(ssl, buf))
}

function sslCtrl(bio: BIO, cmd: number, larg: number, parg: unknown): number {
  if (cmd === BIO_C_SET_SSL) return setSsl(bio, larg, parg)
  if (!bio.init) return 0
  const ssl = sslOf(bio)
  switch (cmd) {
    case BIO_C_GET_SSL:
      ;(parg as BIO_OUT<SSL>).value = ssl
      return 1
    case BIO_C_SSL_MODE:
      if (larg) SSL_set_connect_state(ssl)
      else SSL_set_accept_state(ssl)
      return 1
    case BIO_CTRL_GET_CLOSE:
      return bio.shutdown
    case BIO_CTRL_SET_CLOSE:
      bio.shutdown = larg
      return 1
    case BIO_CTRL_PUSH:
      return attach(bio, ssl)
    case BIO_CTRL_POP:
      if (parg === bio) SSL_set_bio(ssl, null, null)
      return 1
    case BIO_C_DO_STATE_MACHINE:
      bio.begin()
      return answered(bio, ssl, SSL_do_handshake(ssl))
    case BIO_CTRL_FLUSH:
      bio.begin()
      return answered(bio, ssl, flush(ssl))
    case BIO_C_SHUTDOWN_WR:
      bio.begin()
      return said(bio, ssl, SSL_shutdown(ssl))
    case BIO_CTRL_PENDING:
      return SSL_pending(ssl) || BIO_ctrl(ssl.port.rbio ?? null, cmd, larg, parg)
    case BIO_CTRL_WPENDING:
      return (ssl.native?.queued ?? 0) + BIO_ctrl(ssl.port.wbio ?? null, cmd, larg, parg)
    case BIO_CTRL_EOF:
      return ssl.native?.receivedShutdown && SSL_pending(ssl) === 0
        ? 1
        : BIO_ctrl(ssl.port.rbio ?? null, cmd, larg, parg)
    case BIO_CTRL_DUP:
      return ssl.begun || !(parg instanceof BIO) ? refuse(bio) : duplicate(ssl, parg)
    case BIO_CTRL_RESET:
      return refuse(bio)
    default:
      return BIO_ctrl(ssl.port.rbio ?? null, cmd, larg, parg)
  }
}

function refuse(bio: BIO): 0 {
  bio.errors.clear()
  return bio.refuse('UNSUPPORTED_METHOD', 'a connection is not begun anew, nor copied', 0)
}

/** A connection that has not begun can be copied: each of an accept BIO's connections gets one. */
function duplicate(ssl: SSL, to: BIO): 0 | 1 {
  const copy = ssl.begun ? null : SSL_dup(ssl)
  if (!copy) return 0
  to.data = copy
  to.shutdown = BIO_CLOSE
  to.init = 1
  return 1
}

/**
 * During the handshake, which goes both ways whichever is asked for: what the last call waits for. Later, each way is
 * waited for by itself, since the last call may have gone the other.
 */
function ready(bio: BIO, on: 'read' | 'write'): Promise<void> {
  if (!bio.init) return Promise.resolve()
  const ssl = sslOf(bio)
  const { rbio, wbio } = ssl.port
  if (!ssl.native?.connected) return SSL_ready(ssl)
  if (on === 'read' && SSL_pending(ssl) > 0) return Promise.resolve()
  return (on === 'read' ? rbio : wbio)?.ready(on) ?? Promise.resolve()
}

function setSsl(bio: BIO, close: number, ssl: unknown): number {
  bio.errors.clear()
  if (!(ssl instanceof SSL)) return bio.refuse('INVALID_ARGUMENT', 'expected an SSL', 0)
  if (bio.init && bio.shutdown) SSL_free(sslOf(bio))
  bio.data = ssl
  bio.shutdown = close
  bio.init = 1
  const { rbio } = ssl.port
  if (!rbio) return bio.next ? attach(bio, ssl) : 1
  if (bio.next === rbio) return 1
  const { next } = bio
  BIO_set_next(bio, null)
  if (next && !BIO_push(rbio, next))
    return bio.refuse('IN_USE', 'what is below stands in another chain', 0)
  BIO_set_next(bio, rbio)
  return bio.next === rbio ? BIO_up_ref(rbio) : 0
}

/** What is below carries the records, in both directions; the SSL is one of its owners. */
function attach(bio: BIO, ssl: SSL): 1 {
  const { next } = bio
  if (!next || next === ssl.port.rbio) return 1
  BIO_up_ref(next)
  SSL_set_bio(ssl, next, next)
  return 1
}

function flush(ssl: SSL): number {
  return call(ssl, 'UNINITIALIZED', native => {
    const outcome = native.flush()
    return outcome.status === 'done' ? 1 : stopped(ssl, outcome)
  })
}

/** Our close_notify is out, whether the peer's has come or not. */
function said(bio: BIO, ssl: SSL, ret: number): number {
  return ret >= 0 ? 1 : answered(bio, ssl, ret)
}

/**
 * The answer of a call on the SSL, with what it waits for. A callback that has to be called again is a special retry, whichever it is
 * (OpenSSL leaves some of them without a flag, as if all were over).
 */
function answered(bio: BIO, ssl: SSL, ret: number): number {
  const error = SSL_get_error(ssl, ret)
  switch (error) {
    case SSL_ERROR_NONE:
    case SSL_ERROR_ZERO_RETURN:
      return ret
    case SSL_ERROR_WANT_READ:
      bio.waits(BIO_FLAGS_READ, undefined)
      return ret
    case SSL_ERROR_WANT_WRITE:
      bio.waits(BIO_FLAGS_WRITE, undefined)
      return ret
    case SSL_ERROR_SSL:
    case SSL_ERROR_SYSCALL:
      bio.errors.copy(ssl.errors)
      return ret
    case SSL_ERROR_WANT_CONNECT:
      bio.waits(BIO_FLAGS_IO_SPECIAL, BIO_RR_CONNECT)
      return ret
    case SSL_ERROR_WANT_ACCEPT:
      bio.waits(BIO_FLAGS_IO_SPECIAL, BIO_RR_ACCEPT)
      return ret
    default:
      bio.waits(
        BIO_FLAGS_IO_SPECIAL,
        error === SSL_ERROR_WANT_X509_LOOKUP ? BIO_RR_SSL_X509_LOOKUP : 0,
      )
      return ret
  }
}

function sslOf(bio: BIO): SSL {
  return bio.data as SSL
}
