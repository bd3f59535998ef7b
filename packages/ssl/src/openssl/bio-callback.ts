/** The calls of BIO_set_callback(3): who looks on while a BIO is used, and may forbid and change what it does. */
import type { BIO } from './bio.ts'
import {
  BIO_CB_CTRL,
  BIO_CB_RETURN,
  BIO_CTRL_GET_CALLBACK,
  BIO_CTRL_SET_CALLBACK,
} from './bio-constants.ts'
import { BIO_ctrl } from './bio-ctrl.ts'
import type { BIO_info_cb } from './bio-method.ts'

/** How many bytes were moved; a callback may change it. */
export interface BIO_processed {
  value: number
}

/**
 * Called before an operation, with `ret` 1 and `processed` null: 0 or below forbids it and is its answer. Called after it, with
 * BIO_CB_RETURN in `oper`: the answer takes its place. `argp`: the buffer (READ, WRITE, GETS), the text (PUTS) or parg (CTRL).
 */
export type BIO_callback_fn_ex = (
  bio: BIO,
  oper: number,
  argp: unknown,
  len: number,
  argi: number,
  argl: number,
  ret: number,
  processed: BIO_processed | null,
) => number

/** undefined, or null, for none. */
export function BIO_set_callback_ex(bio: BIO, callback: BIO_callback_fn_ex | null): void {
  bio.callback = callback ?? undefined
}

export function BIO_get_callback_ex(bio: BIO): BIO_callback_fn_ex | null {
  return bio.callback ?? null
}

export function BIO_set_callback_arg(bio: BIO, arg: unknown): void {
  bio.callbackArg = arg
}

export function BIO_get_callback_arg(bio: BIO): unknown {
  return bio.callbackArg
}

/** The operation once it is done. */
export function BIO_cb_post(oper: number): number {
  return oper | BIO_CB_RETURN
}

/** The operation before it is done. */
export function BIO_cb_pre(oper: number): number {
  return oper & ~BIO_CB_RETURN
}

/** Gives `fp` to the method, or what is below a filter: it is told of progress. -2 where nothing makes any. */
export function BIO_callback_ctrl(bio: BIO | null, cmd: number, fp: BIO_info_cb | null): number {
  if (bio === null) return -1
  const { callbackCtrl } = bio.method
  if (!callbackCtrl || cmd !== BIO_CTRL_SET_CALLBACK) {
    bio.errors.clear()
    return bio.refuse('UNSUPPORTED_METHOD', 'this BIO has no progress to tell of', -2)
  }
  const before = bio.callBack(BIO_CB_CTRL, fp, 0, cmd, 0, 1, null)
  if (before <= 0) return before
  const ret = callbackCtrl(bio, cmd, fp)
  return bio.callBack(BIO_CB_CTRL | BIO_CB_RETURN, fp, 0, cmd, 0, ret, null)
}

export function BIO_set_info_callback(bio: BIO | null, fp: BIO_info_cb | null): number {
  return BIO_callback_ctrl(bio, BIO_CTRL_SET_CALLBACK, fp)
}

/** `[1, callback]`, or 0 and below where there is no such thing. */
export function BIO_get_info_callback(
  bio: BIO | null,
): [result: number, callback: BIO_info_cb | null] {
  const out: { value: BIO_info_cb | null } = { value: null }
  return [BIO_ctrl(bio, BIO_CTRL_GET_CALLBACK, 0, out), out.value]
}
