/** The information callback (SSL_CTX_set_info_callback(3)): handshakes, their steps, and alerts. */
import type { SSL_CTX } from './ctx.ts'
import type { SSL } from './ssl.ts'

export const SSL_ST_CONNECT = 0x1000
export const SSL_ST_ACCEPT = 0x2000
export const SSL_ST_MASK = 0x0fff

export const SSL_CB_LOOP = 0x01
export const SSL_CB_EXIT = 0x02
export const SSL_CB_READ = 0x04
export const SSL_CB_WRITE = 0x08
export const SSL_CB_HANDSHAKE_START = 0x10
export const SSL_CB_HANDSHAKE_DONE = 0x20
export const SSL_CB_ALERT = 0x4000
export const SSL_CB_READ_ALERT = 0x4004
export const SSL_CB_WRITE_ALERT = 0x4008
export const SSL_CB_ACCEPT_LOOP = 0x2001
export const SSL_CB_ACCEPT_EXIT = 0x2002
export const SSL_CB_CONNECT_LOOP = 0x1001
export const SSL_CB_CONNECT_EXIT = 0x1002

/** `where` is SSL_CB_ bits; `ret` is 1, what the call comes to (EXIT), or level and description of an alert in a byte each. */
export type SSL_info_cb = (ssl: SSL, where: number, ret: number) => void

/** For connections that are made from here on. */
export function SSL_CTX_set_info_callback(ctx: SSL_CTX, callback: SSL_info_cb | null): void {
  ctx.settings = ctx.settings.with({ info: callback ?? undefined })
}

export function SSL_CTX_get_info_callback(ctx: SSL_CTX): SSL_info_cb | null {
  return ctx.settings.values.info ?? null
}

/** At any time. SSL_set_SSL_CTX does not change it. */
export function SSL_set_info_callback(ssl: SSL, callback: SSL_info_cb | null): void {
  ssl.info = callback ?? undefined
}

export function SSL_get_info_callback(ssl: SSL): SSL_info_cb | null {
  return ssl.info ?? null
}
