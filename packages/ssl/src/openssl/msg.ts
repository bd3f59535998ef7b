/** The message callback (SSL_CTX_set_msg_callback(3)): every message and record header, as it is read and written. */
import type { Bytes } from '@biopair/wire'
import type { SSL_CTX } from './ctx.ts'
import type { SSL } from './ssl.ts'

export const SSL3_RT_CHANGE_CIPHER_SPEC = 20
export const SSL3_RT_ALERT = 21
export const SSL3_RT_HANDSHAKE = 22
/** Pseudo types: the five bytes of a record's header, and the type byte inside a protected record. */
export const SSL3_RT_HEADER = 256
export const SSL3_RT_INNER_CONTENT_TYPE = 257

/** `write_p` is 1 for what goes out; `version` is the record's for a header, else the protocol's. `buf` is whole, and a copy. */
export type SSL_msg_cb = (
  write_p: 0 | 1,
  version: number,
  content_type: number,
  buf: Bytes,
  ssl: SSL,
  arg: unknown,
) => void

/** For connections that are made from here on. */
export function SSL_CTX_set_msg_callback(ctx: SSL_CTX, callback: SSL_msg_cb | null): void {
  ctx.settings = ctx.settings.with({ message: callback ?? undefined })
}

export function SSL_CTX_set_msg_callback_arg(ctx: SSL_CTX, arg: unknown): void {
  ctx.settings = ctx.settings.with({ messageArg: arg })
}

/** At any time. SSL_set_SSL_CTX does not change it. */
export function SSL_set_msg_callback(ssl: SSL, callback: SSL_msg_cb | null): void {
  ssl.message = callback ?? undefined
}

export function SSL_set_msg_callback_arg(ssl: SSL, arg: unknown): void {
  ssl.messageArg = arg
}
