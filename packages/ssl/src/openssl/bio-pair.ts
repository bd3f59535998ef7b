/** The calls of BIO_s_bio(3): sizes, pairing, guarantees and requests, and storage that is lent. */
import { type Bytes, PairBio, type Stopped } from '@biopair/bio'
import { BIO, BIO_s_bio } from './bio.ts'

/**
 * Two halves of a new pair; `writebuf1` bytes fit from the first to the second, `writebuf2` back, 0 for the default of
 * 17408. C passes the halves out, here they are returned. RangeError for a size that is no whole number from 0.
 */
export function BIO_new_bio_pair(writebuf1 = 0, writebuf2 = 0): [bio1: BIO, bio2: BIO] {
  const half = (size: number) =>
    new BIO(BIO_s_bio(), size === 0 ? new PairBio() : new PairBio(size))
  const halves: [BIO, BIO] = [half(writebuf1), half(writebuf2)]
  join(...halves)
  return halves
}

/** Pairs two halves, with empty rings and nothing shut. 1, or 0 with IN_USE or INVALID_ARGUMENT. */
export function BIO_make_bio_pair(bio1: BIO, bio2: BIO): 0 | 1 {
  bio1.errors.clear()
  const [one, two] = [half(bio1), half(bio2)]
  if (!one || !two || bio1 === bio2)
    return bio1.refuse('INVALID_ARGUMENT', 'expected two different halves of BIO pairs', 0)
  part(bio1)
  part(bio2)
  if (one.paired || two.paired) return bio1.refuse('IN_USE', 'a half has a peer', 0)
  join(bio1, bio2)
  return 1
}

/** Parts the halves; what was not read is lost. 1. */
export function BIO_destroy_bio_pair(bio: BIO): 1 {
  half(bio)?.destroy()
  if (bio.peer) bio.peer.peer = undefined
  bio.peer = undefined
  return 1
}

/** Another size for the ring that this half writes to, while it has no peer. 1, or 0 with IN_USE or INVALID_ARGUMENT. */
export function BIO_set_write_buf_size(bio: BIO, size: number): 0 | 1 {
  bio.errors.clear()
  const native = half(bio)
  if (!native) return bio.refuse('UNSUPPORTED_METHOD', 'expected a half of a BIO pair', 0)
  part(bio)
  if (native.paired) return bio.refuse('IN_USE', 'the half has a peer', 0)
  if (!(Number.isSafeInteger(size) && size > 0))
    return bio.refuse('INVALID_ARGUMENT', `expected a whole number above 0, got ${size}`, 0)
  native.resize(size)
  return 1
}

export function BIO_get_write_buf_size(bio: BIO): number {
  return half(bio)?.size ?? 0
}

/** How many bytes one BIO_write takes: exact. */
export function BIO_ctrl_get_write_guarantee(bio: BIO): number {
  return half(bio)?.writeGuarantee ?? 0
}

export function BIO_get_write_guarantee(bio: BIO): number {
  return BIO_ctrl_get_write_guarantee(bio)
}

/** How many bytes the peer's last read wanted in vain; never more than the guarantee. */
export function BIO_ctrl_get_read_request(bio: BIO): number {
  return half(bio)?.readRequest ?? 0
}

export function BIO_get_read_request(bio: BIO): number {
  return BIO_ctrl_get_read_request(bio)
}

/** Forgets the read request. 1; 0 for what is no half of a pair. */
export function BIO_ctrl_reset_read_request(bio: BIO): 0 | 1 {
  const native = half(bio)
  native?.resetReadRequest()
  return native ? 1 : 0
}

/** No more writes from this half: its peer reads what is there, then the end. The other direction goes on. 1. */
export function BIO_shutdown_wr(bio: BIO): 0 | 1 {
  return !bio.freed && bio.end() === 'done' ? 1 : 0
}

/** `[count, run]`: the bytes that can be read in one piece, which stay. As BIO_read where there are none; -2 without a peer. */
export function BIO_nread0(bio: BIO): [count: number, run: Bytes] {
  const native = ready(bio)
  if (!native) return [-2, none]
  return lent(bio, native.run())
}

/** As BIO_nread0 for `num` bytes at most, which are read by that; valid until the next call on either half. */
export function BIO_nread(bio: BIO, num: number): [count: number, run: Bytes] {
  if (!natural(num)) return [refused(bio, num), none]
  const [room, run] = BIO_nread0(bio)
  if (room <= 0) return [room, run]
  const count = Math.min(num, room)
  half(bio)?.consume(count)
  bio.numberRead += count
  return [count, run.subarray(0, count)]
}

/** `[count, room]`: the room in one piece for writing. As BIO_write where there is none; -2 without a peer. */
export function BIO_nwrite0(bio: BIO): [count: number, room: Bytes] {
  const native = ready(bio)
  if (!native) return [-2, none]
  return lent(bio, native.room())
}

/** As BIO_nwrite0 for `num` bytes at most, which count as written: fill them before the next call on either half. */
export function BIO_nwrite(bio: BIO, num: number): [count: number, room: Bytes] {
  if (!natural(num)) return [refused(bio, num), none]
  const [free, room] = BIO_nwrite0(bio)
  if (free <= 0) return [free, room]
  const count = Math.min(num, free)
  half(bio)?.commit(count)
  bio.numberWritten += count
  return [count, room.subarray(0, count)]
}

const none: Bytes = new Uint8Array(0)

function half(bio: BIO): PairBio | undefined {
  return !bio.freed && bio.native instanceof PairBio ? bio.native : undefined
}

/** The half, a call of its own begun; undefined with the error noted. */
function ready(bio: BIO): PairBio | undefined {
  bio.begin()
  const native = half(bio)
  if (native?.paired) return native
  if (native) return bio.refuse('UNINITIALIZED', 'the half has no peer', undefined)
  return bio.refuse('UNSUPPORTED_METHOD', 'expected a half of a BIO pair', undefined)
}

function lent(bio: BIO, answer: Bytes | Stopped): [number, Bytes] {
  if (!('stop' in answer)) return [answer.length, answer]
  bio.noted(answer)
  return [answer.stop === 'eof' ? 0 : -1, none]
}

function natural(num: number): boolean {
  return Number.isSafeInteger(num) && num >= 0
}

/** A negative count takes everything in OpenSSL. */
function refused(bio: BIO, num: number): -1 {
  bio.begin()
  return bio.refuse('INVALID_ARGUMENT', `expected a whole number from 0, got ${num}`, -1)
}

function join(bio1: BIO, bio2: BIO): void {
  half(bio1)?.pair(bio2.native as PairBio)
  bio1.peer = bio2
  bio2.peer = bio1
}

/** A half whose peer was freed has no peer any more. */
function part(bio: BIO): void {
  if (bio.peer?.freed) BIO_destroy_bio_pair(bio)
}
