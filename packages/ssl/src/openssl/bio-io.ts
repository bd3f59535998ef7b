/** The calls of BIO_read(3): bytes and lines in and out, with callbacks around them, and counted. */
import type { BIO } from './bio.ts'
import type { BIO_processed } from './bio-callback.ts'
import {
  BIO_CB_GETS,
  BIO_CB_PUTS,
  BIO_CB_READ,
  BIO_CB_RETURN,
  BIO_CB_WRITE,
  BIO_FLAGS_READ,
} from './bio-constants.ts'
import { BIO_eof } from './bio-ctrl.ts'
import { readLine } from './bio-line.ts'
import { ERR_LIB_BIO } from './reasons.ts'

/**
 * Bytes read (above 0); 0 at the end, and for nothing asked; -1 to be tried again (BIO_should_retry) or failed; -2 where the method
 * does not read.
 */
export function BIO_read(bio: BIO | null, buf: Uint8Array, len: number = buf.length): number {
  if (len < 0) return 0
  const [ret, readbytes] = take(bio, buf.subarray(0, len))
  return ret > 0 ? readbytes : ret
}

/** `[1, bytes]`, or `[0, 0]` at the end as well as for a retry and a failure: BIO_eof and BIO_should_retry tell them apart. */
export function BIO_read_ex(
  bio: BIO | null,
  buf: Uint8Array,
  len: number = buf.length,
): [result: 0 | 1, readbytes: number] {
  const [ret, readbytes] = take(bio, buf.subarray(0, Math.max(len, 0)))
  return ret > 0 ? [1, readbytes] : [0, 0]
}

/** Bytes taken; 0 for nothing given, which touches nothing; -1 to be tried again or failed; -2 where the method does not write. */
export function BIO_write(bio: BIO | null, buf: Uint8Array, len: number = buf.length): number {
  if (bio === null) return 0
  if (len <= 0 || buf.length === 0) return nothing(bio)
  const [ret, written] = give(bio, buf.subarray(0, len))
  return ret > 0 ? written : ret
}

/** Writing nothing succeeds, and leaves the flags as they are. */
function nothing(bio: BIO): 0 {
  bio.errors.clear()
  return 0
}

/** `[1, bytes]`, also for none; or `[0, 0]`. */
export function BIO_write_ex(
  bio: BIO | null,
  buf: Uint8Array,
  len: number = buf.length,
): [result: 0 | 1, written: number] {
  if (bio === null) return [0, 0]
  if (len <= 0 || buf.length === 0) return [1, nothing(bio)]
  const [ret, written] = give(bio, buf.subarray(0, len))
  return ret > 0 ? [1, written] : [0, 0]
}

/** Writes a text as UTF-8, where the method does: its length in bytes, or as BIO_write. */
export function BIO_puts(bio: BIO | null, text: string): number {
  if (bio === null) return -1
  const { puts } = bio.method
  bio.errors.clear()
  if (!puts) return bio.refuse('UNSUPPORTED_METHOD', 'the method of this BIO has no puts', -2)
  const before = bio.callBack(BIO_CB_PUTS, text, 0, 0, 0, 1, null)
  if (before <= 0) return before
  const ret = bio.init ? puts(bio, text) : bio.uninitialized()
  if (ret > 0) bio.numberWritten += ret
  return told(bio, BIO_CB_PUTS, text, 0, ret)
}

/**
 * Reads a line into `buf`, its newline with it and a 0 behind it, `size` with that 0: its length. 0 and below as the method has it.
 * It is not counted. -2 where the method has no lines.
 */
export function BIO_gets(bio: BIO | null, buf: Uint8Array, size: number = buf.length): number {
  if (bio === null) return -1
  const { gets } = bio.method
  bio.errors.clear()
  if (!gets) return bio.refuse('UNSUPPORTED_METHOD', 'the method of this BIO has no gets', -2)
  if (!(Number.isSafeInteger(size) && size >= 0 && size <= buf.length))
    return bio.refuse('INVALID_ARGUMENT', `expected 0 to ${buf.length}, got ${size}`, -1)
  const before = bio.callBack(BIO_CB_GETS, buf, size, 0, 0, 1, null)
  if (before <= 0) return before
  const ret = bio.init ? gotten(bio, buf, size, gets) : bio.uninitialized()
  return told(bio, BIO_CB_GETS, buf, size, ret)
}

/** What a callback, if there is one, makes of a text or line that has gone through. */
function told(bio: BIO, oper: number, argp: unknown, len: number, ret: number): number {
  if (!bio.callback) return ret
  const processed = { value: Math.max(ret, 0) }
  const after = bio.callBack(oper | BIO_CB_RETURN, argp, len, 0, 0, Math.min(ret, 1), processed)
  return after > 0 ? processed.value : after
}

/**
 * Reads a line by reading byte after byte, from any BIO that reads. 0 at the end. Where a line comes in pieces, so is it answered:
 * without a newline, and not at the end, is there more to come (OpenSSL loses the piece).
 */
export function BIO_get_line(bio: BIO | null, buf: Uint8Array, size: number = buf.length): number {
  if (bio === null) return -1
  if (!(Number.isSafeInteger(size) && size > 0 && size <= buf.length)) {
    bio.errors.clear()
    return bio.refuse('INVALID_ARGUMENT', `expected 1 to ${buf.length}, got ${size}`, -1)
  }
  const ret = readLine(buf, size, into => BIO_read(bio, into))
  return ret < 0 && BIO_eof(bio) === 1 ? 0 : ret
}

/** `[result, bytes]` of a read; what a callback does not pass on stays to be read. */
function take(bio: BIO | null, buf: Uint8Array): [number, number] {
  if (bio === null) return [-1, 0]
  bio.errors.clear()
  const { read } = bio.method
  if (!read)
    return [bio.refuse('UNSUPPORTED_METHOD', 'the method of this BIO does not read', -2), 0]
  const before = bio.callBack(BIO_CB_READ, buf, buf.length, 0, 0, 1, null)
  if (before <= 0) return [before, 0]
  const got = checked(bio, bio.init ? fetched(bio, buf, read) : bio.uninitialized(), buf.length)
  const count = Math.max(got, 0)
  bio.numberRead += count
  if (!bio.callback) return [Math.min(got, 1), count]
  const processed: BIO_processed = { value: count }
  const oper = BIO_CB_READ | BIO_CB_RETURN
  const ret = bio.callBack(oper, buf, buf.length, 0, 0, Math.min(got, 1), processed)
  const given = ret > 0 ? checked(bio, processed.value, buf.length) : 0
  keep(bio, buf.subarray(Math.max(given, 0), count))
  if (given < 0) return [-1, 0]
  if (given > 0 || ret <= 0 || count === 0) return [ret, given]
  // All of it was kept back: that is not yet, and no end.
  bio.waits(BIO_FLAGS_READ, undefined)
  return [-1, 0]
}

function give(bio: BIO, bytes: Uint8Array): [number, number] {
  bio.errors.clear()
  const { write } = bio.method
  if (!write)
    return [bio.refuse('UNSUPPORTED_METHOD', 'the method of this BIO does not write', -2), 0]
  const before = bio.callBack(BIO_CB_WRITE, bytes, bytes.length, 0, 0, 1, null)
  if (before <= 0) return [before, 0]
  const ret = bio.init ? write(bio, bytes, bytes.length) : bio.uninitialized()
  const took = checked(bio, ret, bytes.length)
  const count = Math.max(took, 0)
  bio.numberWritten += count
  if (!bio.callback) return [Math.min(took, 1), count]
  const processed: BIO_processed = { value: count }
  const oper = BIO_CB_WRITE | BIO_CB_RETURN
  const after = bio.callBack(oper, bytes, bytes.length, 0, 0, Math.min(took, 1), processed)
  const said = after > 0 ? checked(bio, processed.value, bytes.length) : 0
  return said < 0 ? [-1, 0] : [after, said]
}

/** What was kept back comes first. */
function fetched(
  bio: BIO,
  buf: Uint8Array,
  read: (bio: BIO, buf: Uint8Array, len: number) => number,
): number {
  if (bio.unread.length === 0) return read(bio, buf, buf.length)
  bio.begin()
  const count = Math.min(buf.length, bio.unread.length)
  buf.set(bio.unread.subarray(0, count))
  bio.unread = bio.unread.slice(count)
  return count
}

function gotten(
  bio: BIO,
  buf: Uint8Array,
  size: number,
  gets: (bio: BIO, buf: Uint8Array, size: number) => number,
): number {
  const { read } = bio.method
  if (bio.unread.length === 0 || !read) return gets(bio, buf, size)
  return readLine(buf, size, into => fetched(bio, into, read))
}

/** These count as read when they are given out. */
function keep(bio: BIO, rest: Uint8Array): void {
  if (rest.length === 0) return
  const unread = new Uint8Array(rest.length + bio.unread.length)
  unread.set(rest)
  unread.set(bio.unread, rest.length)
  bio.unread = unread
  bio.numberRead -= rest.length
}

/** -1 for a method that says it moved more than it was asked to, and for a callback that says so or what is no count. */
function checked(bio: BIO, count: number, most: number): number {
  if (Number.isSafeInteger(count) && count <= most) return count
  const error = new RangeError(`expected at most ${most} bytes to be moved, got ${count}`)
  bio.errors.push(ERR_LIB_BIO, 'INTERNAL_ERROR', error.message, error)
  return -1
}
