/** The calls of SSL_get_ex_new_index(3) and SSL_CTX_get_ex_new_index(3): what a program hangs on a connection or a context. */
import type { SSL_CTX } from './ctx.ts'
import { type EX_dup, type EX_free, type EX_INDEX, type EX_new, EX_PLACE } from './ex-data.ts'
import type { SSL } from './ssl.ts'

/** A place for data on any SSL. `new_func` is called at the first look at the place of an SSL. */
export function SSL_get_ex_new_index(
  argl = 0,
  argp: unknown = null,
  new_func: EX_new<SSL> | null = null,
  dup_func: EX_dup<SSL> | null = null,
  free_func: EX_free<SSL> | null = null,
): EX_PLACE<SSL> {
  return new EX_PLACE(argl, argp, new_func, dup_func, free_func)
}

/** 1; 0 for a number below 0. */
export function SSL_set_ex_data(ssl: SSL, idx: EX_INDEX<SSL>, data: unknown): 0 | 1 {
  return ssl.exData.set(idx, data)
}

/** null where nothing was set. */
export function SSL_get_ex_data(ssl: SSL, idx: EX_INDEX<SSL>): unknown {
  return ssl.exData.at(idx)
}

/** What stands at index 0. */
export function SSL_set_app_data(ssl: SSL, data: unknown): 0 | 1 {
  return SSL_set_ex_data(ssl, 0, data)
}

export function SSL_get_app_data(ssl: SSL): unknown {
  return SSL_get_ex_data(ssl, 0)
}

/** A place for data on any SSL_CTX. Contexts are not copied, so a `dup_func` is never called. */
export function SSL_CTX_get_ex_new_index(
  argl = 0,
  argp: unknown = null,
  new_func: EX_new<SSL_CTX> | null = null,
  dup_func: EX_dup<SSL_CTX> | null = null,
  free_func: EX_free<SSL_CTX> | null = null,
): EX_PLACE<SSL_CTX> {
  return new EX_PLACE(argl, argp, new_func, dup_func, free_func)
}

export function SSL_CTX_set_ex_data(ctx: SSL_CTX, idx: EX_INDEX<SSL_CTX>, data: unknown): 0 | 1 {
  return ctx.exData.set(idx, data)
}

export function SSL_CTX_get_ex_data(ctx: SSL_CTX, idx: EX_INDEX<SSL_CTX>): unknown {
  return ctx.exData.at(idx)
}

export function SSL_CTX_set_app_data(ctx: SSL_CTX, data: unknown): 0 | 1 {
  return SSL_CTX_set_ex_data(ctx, 0, data)
}

export function SSL_CTX_get_app_data(ctx: SSL_CTX): unknown {
  return SSL_CTX_get_ex_data(ctx, 0)
}
