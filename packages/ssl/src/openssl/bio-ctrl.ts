/** The calls of BIO_ctrl(3): everything that is no reading and no writing, by its number and by its name. */
import type { BIO } from './bio.ts'
import {
  BIO_C_FILE_SEEK,
  BIO_C_FILE_TELL,
  BIO_C_SET_NBIO,
  BIO_CB_CTRL,
  BIO_CB_RETURN,
  BIO_CTRL_DUP,
  BIO_CTRL_EOF,
  BIO_CTRL_FLUSH,
  BIO_CTRL_GET_CLOSE,
  BIO_CTRL_INFO,
  BIO_CTRL_PENDING,
  BIO_CTRL_RESET,
  BIO_CTRL_SET_CLOSE,
  BIO_CTRL_WPENDING,
} from './bio-constants.ts'

/** Where a command passes something out. */
export interface BIO_OUT<T> {
  value: T
}

/**
 * Has the method do `cmd`. What 0 means depends on it: not known, no, failed, or (BIO_reset of a half) done. -2 where the method has no
 * such thing at all, -1 for null. `parg` is what C points to; where C passes something out there, an object whose `value` gets it.
 */
export function BIO_ctrl(bio: BIO | null, cmd: number, larg = 0, parg: unknown = null): number {
  if (bio === null) return -1
  const { ctrl } = bio.method
  if (!ctrl) {
    bio.errors.clear()
    return bio.refuse('UNSUPPORTED_METHOD', 'the method of this BIO has no ctrl', -2)
  }
  const before = bio.callBack(BIO_CB_CTRL, parg, 0, cmd, larg, 1, null)
  if (before <= 0) return before
  const ret = bio.freed ? bio.uninitialized() : keptBack(bio, cmd, ctrl(bio, cmd, larg, parg))
  return bio.callBack(BIO_CB_CTRL | BIO_CB_RETURN, parg, 0, cmd, larg, ret, null)
}

/** As BIO_ctrl, with a number in the place of a pointer. */
export function BIO_int_ctrl(bio: BIO | null, cmd: number, larg: number, iarg: number): number {
  return BIO_ctrl(bio, cmd, larg, iarg)
}

/** What the command passes out; null where it answers 0 or below. */
export function BIO_ptr_ctrl(bio: BIO | null, cmd: number, larg: number): unknown {
  const out: BIO_OUT<unknown> = { value: null }
  return BIO_ctrl(bio, cmd, larg, out) > 0 ? out.value : null
}

/** Bytes that can be read. */
export function BIO_pending(bio: BIO | null): number {
  return BIO_ctrl(bio, BIO_CTRL_PENDING)
}

/** Bytes that can be read; never below 0. */
export function BIO_ctrl_pending(bio: BIO | null): number {
  return Math.max(BIO_ctrl(bio, BIO_CTRL_PENDING), 0)
}

/** Bytes written here that have not gone further. 0 for memory, always: nothing lies below it. */
export function BIO_wpending(bio: BIO | null): number {
  return BIO_ctrl(bio, BIO_CTRL_WPENDING)
}

/** As BIO_wpending; never below 0. */
export function BIO_ctrl_wpending(bio: BIO | null): number {
  return Math.max(BIO_ctrl(bio, BIO_CTRL_WPENDING), 0)
}

/** 1: nothing to read and never again; for memory: nothing to read. Below 0 for a filter without anything below it. */
export function BIO_eof(bio: BIO | null): number {
  return BIO_ctrl(bio, BIO_CTRL_EOF)
}

/** 1, or 0 and below where it has to be tried again (BIO_should_retry) or failed. */
export function BIO_flush(bio: BIO | null): number {
  return BIO_ctrl(bio, BIO_CTRL_FLUSH)
}

/** Drops what can be read (memory) or what was written and not read (half of a pair). 1; for a half, as in OpenSSL, 0. */
export function BIO_reset(bio: BIO | null): number {
  return BIO_ctrl(bio, BIO_CTRL_RESET)
}

/** To where `offset` is; where memory is concerned, the new place, or -1 for one that is not there. */
export function BIO_seek(bio: BIO | null, offset: number): number {
  return BIO_ctrl(bio, BIO_C_FILE_SEEK, offset)
}

export function BIO_tell(bio: BIO | null): number {
  return BIO_ctrl(bio, BIO_C_FILE_TELL)
}

/** Whether BIO_free closes what lies behind it: BIO_CLOSE, as at first, or BIO_NOCLOSE. 1. */
export function BIO_set_close(bio: BIO | null, flag: number): number {
  return BIO_ctrl(bio, BIO_CTRL_SET_CLOSE, flag)
}

export function BIO_get_close(bio: BIO | null): number {
  return BIO_ctrl(bio, BIO_CTRL_GET_CLOSE)
}

/** 1: calls answer "to be tried again" where they would wait; 0: they wait. 1, or 0 for a BIO that cannot do it. */
export function BIO_set_nbio(bio: BIO | null, on: number): number {
  return BIO_ctrl(bio, BIO_C_SET_NBIO, on)
}

/** For methods of one's own: has `from` copy its settings to `to`. */
export function BIO_dup_state(from: BIO | null, to: BIO): number {
  return BIO_ctrl(from, BIO_CTRL_DUP, 0, to)
}

/** `[count, data]`: what BIO_CTRL_INFO tells, for methods that know it. */
export function BIO_get_info(bio: BIO | null): [count: number, data: unknown] {
  const out: BIO_OUT<unknown> = { value: null }
  return [BIO_ctrl(bio, BIO_CTRL_INFO, 0, out), out.value]
}

/** Bytes that a callback has kept back are there to be read. */
function keptBack(bio: BIO, cmd: number, ret: number): number {
  if (bio.unread.length === 0) return ret
  if (cmd === BIO_CTRL_RESET) bio.unread = new Uint8Array(0)
  if (cmd === BIO_CTRL_PENDING) return Math.max(ret, 0) + bio.unread.length
  return cmd === BIO_CTRL_EOF ? 0 : ret
}
