/** BIO pairs as C has them (BIO_s_bio(3)): the method of a half, and the calls that make, part and pair halves. */
import { type Bytes, PairBio, type Stopped } from '@biopair/bio'
import { BIO, BIO_new } from './bio.ts'
import { ctrlNative, putsNative, readNative, writeNative } from './bio-carrier.ts'
import {
  BIO_C_DESTROY_BIO_PAIR,
  BIO_C_GET_READ_REQUEST,
  BIO_C_GET_WRITE_BUF_SIZE,
  BIO_C_GET_WRITE_GUARANTEE,
  BIO_C_MAKE_BIO_PAIR,
  BIO_C_NREAD,
  BIO_C_NREAD0,
  BIO_C_NWRITE,
  BIO_C_NWRITE0,
  BIO_C_RESET_READ_REQUEST,
  BIO_C_SET_NBIO,
  BIO_C_SET_WRITE_BUF_SIZE,
  BIO_C_SHUTDOWN_WR,
  BIO_CTRL_DUP,
  BIO_CTRL_FLUSH,
  BIO_CTRL_RESET,
  BIO_TYPE_BIO,
} from './bio-constants.ts'
import { BIO_ctrl, type BIO_OUT } from './bio-ctrl.ts'
import type { BIO_METHOD } from './bio-method.ts'

/** Halves of BIO pairs. */
export function BIO_s_bio(): BIO_METHOD {
  return {
    type: BIO_TYPE_BIO,
    name: 'BIO pair',
    read: (bio, buf) => {
      if (buf.length === 0) peerOf(bio)?.resetReadRequest()
      return readNative(bio, buf)
    },
    write: writeNative,
    puts: putsNative,
    ctrl: pairCtrl,
    create: bio => {
      bio.native = new PairBio()
      return 1
    },
    destroy: bio => {
      half(bio).close()
      return 1
    },
  }
}

/**
 * Two halves of a new pair; `writebuf1` bytes fit from the first to the second, `writebuf2` back, 0 for the default of
 * 17408. C passes the halves out, here they are returned. RangeError for a size that is no whole number from 0.
 */
export function BIO_new_bio_pair(writebuf1 = 0, writebuf2 = 0): [bio1: BIO, bio2: BIO] {
  const [one, two] = [BIO_new(BIO_s_bio()), BIO_new(BIO_s_bio())]
  if (writebuf1 !== 0) half(one).resize(writebuf1)
  if (writebuf2 !== 0) half(two).resize(writebuf2)
  join(one, two)
  return [one, two]
}

/** Pairs two halves, with empty rings and nothing shut. 1, or 0 with IN_USE or INVALID_ARGUMENT. */
export function BIO_make_bio_pair(bio1: BIO | null, bio2: BIO | null): number {
  return BIO_ctrl(bio1, BIO_C_MAKE_BIO_PAIR, 0, bio2)
}

/** Parts the halves; what was not read is lost. 1. */
export function BIO_destroy_bio_pair(bio: BIO | null): number {
  return BIO_ctrl(bio, BIO_C_DESTROY_BIO_PAIR)
}

/** Another size for the ring that this half writes to, while it has no peer. 1, or 0 with IN_USE or INVALID_ARGUMENT. */
export function BIO_set_write_buf_size(bio: BIO | null, size: number): number {
  return BIO_ctrl(bio, BIO_C_SET_WRITE_BUF_SIZE, size)
}

export function BIO_get_write_buf_size(bio: BIO | null): number {
  return BIO_ctrl(bio, BIO_C_GET_WRITE_BUF_SIZE)
}

/** How many bytes one BIO_write takes: exact. */
export function BIO_get_write_guarantee(bio: BIO | null): number {
  return BIO_ctrl(bio, BIO_C_GET_WRITE_GUARANTEE)
}

/** As BIO_get_write_guarantee; never below 0. */
export function BIO_ctrl_get_write_guarantee(bio: BIO | null): number {
  return Math.max(BIO_get_write_guarantee(bio), 0)
}

/** How many bytes the peer's last read wanted in vain; never more than the guarantee. */
export function BIO_get_read_request(bio: BIO | null): number {
  return BIO_ctrl(bio, BIO_C_GET_READ_REQUEST)
}

/** As BIO_get_read_request; never below 0. */
export function BIO_ctrl_get_read_request(bio: BIO | null): number {
  return Math.max(BIO_get_read_request(bio), 0)
}

/** Forgets the read request. 1; 0 for what is no half of a pair. */
export function BIO_ctrl_reset_read_request(bio: BIO | null): 0 | 1 {
  return BIO_ctrl(bio, BIO_C_RESET_READ_REQUEST) > 0 ? 1 : 0
}

/** No more writes from this half: its peer reads what is there, then the end. The other direction goes on. 1. */
export function BIO_shutdown_wr(bio: BIO | null): number {
  return BIO_ctrl(bio, BIO_C_SHUTDOWN_WR)
}

/** `[count, run]`: the bytes that can be read in one piece, which stay. As BIO_read where there are none; -2 without a peer. */
export function BIO_nread0(bio: BIO | null): [count: number, run: Bytes] {
  return lent(bio, BIO_C_NREAD0, 0)
}

/** As BIO_nread0 for `num` bytes at most, which are read by that; valid until the next call on either half. */
export function BIO_nread(bio: BIO | null, num: number): [count: number, run: Bytes] {
  const answer = lent(bio, BIO_C_NREAD, num)
  if (bio && answer[0] > 0) bio.numberRead += answer[0]
  return answer
}

/** `[count, room]`: the room in one piece for writing. As BIO_write where there is none; -2 without a peer. */
export function BIO_nwrite0(bio: BIO | null): [count: number, room: Bytes] {
  return lent(bio, BIO_C_NWRITE0, 0)
}

/** As BIO_nwrite0 for `num` bytes at most, which count as written: fill them before the next call on either half. */
export function BIO_nwrite(bio: BIO | null, num: number): [count: number, room: Bytes] {
  const answer = lent(bio, BIO_C_NWRITE, num)
  if (bio && answer[0] > 0) bio.numberWritten += answer[0]
  return answer
}

/** What a half knows of BIO_ctrl. */
function pairCtrl(bio: BIO, cmd: number, larg: number, parg: unknown): number {
  const native = half(bio)
  switch (cmd) {
    case BIO_CTRL_RESET:
      native.reset()
      return 0
    case BIO_CTRL_FLUSH:
      return 1
    case BIO_CTRL_DUP:
      return duplicate(bio, parg)
    case BIO_C_SET_WRITE_BUF_SIZE:
      return resize(bio, larg)
    case BIO_C_GET_WRITE_BUF_SIZE:
      return native.size
    case BIO_C_MAKE_BIO_PAIR:
      return make(bio, parg)
    case BIO_C_DESTROY_BIO_PAIR:
      return destroy(bio)
    case BIO_C_GET_WRITE_GUARANTEE:
      return native.writeGuarantee
    case BIO_C_GET_READ_REQUEST:
      return native.readRequest
    case BIO_C_RESET_READ_REQUEST:
      native.resetReadRequest()
      return 1
    case BIO_C_SHUTDOWN_WR:
      native.end()
      return 1
    case BIO_C_NREAD0:
    case BIO_C_NREAD:
    case BIO_C_NWRITE0:
    case BIO_C_NWRITE:
      return lend(bio, cmd, larg, parg as BIO_OUT<Bytes>)
    case BIO_C_SET_NBIO:
      // Nothing that a half could be told: it never waits.
      return 0
    default:
      return ctrlNative(bio, cmd, larg)
  }
}

const none: Bytes = new Uint8Array(0)

function lent(bio: BIO | null, cmd: number, num: number): [number, Bytes] {
  if (bio && bio.method.type !== BIO_TYPE_BIO) {
    bio.errors.clear()
    return bio.refuse('UNSUPPORTED_METHOD', 'expected a half of a BIO pair', [-2, none])
  }
  const out: BIO_OUT<Bytes> = { value: none }
  const count = BIO_ctrl(bio, cmd, num, out)
  return [count, out.value]
}

function lend(bio: BIO, cmd: number, num: number, out: BIO_OUT<Bytes>): number {
  bio.begin()
  const native = half(bio)
  if (!native.paired) return bio.refuse('UNINITIALIZED', 'the half has no peer', -2)
  // A negative count takes everything in OpenSSL.
  if (!(Number.isSafeInteger(num) && num >= 0))
    return bio.refuse('INVALID_ARGUMENT', `expected a whole number from 0, got ${num}`, -1)
  const reads = cmd === BIO_C_NREAD0 || cmd === BIO_C_NREAD
  if (reads && bio.unread.length > 0) return lendUnread(bio, cmd === BIO_C_NREAD, num, out)
  const run: Bytes | Stopped = reads ? native.run() : native.room()
  if ('stop' in run) return bio.came(run)
  const moves = cmd === BIO_C_NREAD || cmd === BIO_C_NWRITE
  const count = moves ? Math.min(num, run.length) : run.length
  if (cmd === BIO_C_NREAD) native.consume(count)
  if (cmd === BIO_C_NWRITE) native.commit(count)
  out.value = run.subarray(0, count)
  return count
}

/** What a callback kept back comes first here too. */
function lendUnread(bio: BIO, takes: boolean, num: number, out: BIO_OUT<Bytes>): number {
  const run = Uint8Array.from(bio.unread)
  out.value = takes ? run.subarray(0, num) : run
  if (takes) bio.unread = run.slice(num)
  return out.value.length
}

function make(bio: BIO, other: unknown): 0 | 1 {
  bio.errors.clear()
  const two = other instanceof BIO && other.native instanceof PairBio ? other : undefined
  if (!two || two === bio || two.freed)
    return bio.refuse('INVALID_ARGUMENT', 'expected two different halves of BIO pairs', 0)
  part(bio)
  part(two)
  if (half(bio).paired || half(two).paired) return bio.refuse('IN_USE', 'a half has a peer', 0)
  join(bio, two)
  return 1
}

function destroy(bio: BIO): 1 {
  half(bio).destroy()
  for (const one of [bio, bio.peer]) {
    if (!one) continue
    one.init = 0
    one.peer = undefined
    one.unread = none
  }
  return 1
}

function resize(bio: BIO, size: number): 0 | 1 {
  bio.errors.clear()
  part(bio)
  if (half(bio).paired) return bio.refuse('IN_USE', 'the half has a peer', 0)
  if (!(Number.isSafeInteger(size) && size > 0 && size < 2 ** 31))
    return bio.refuse(
      'INVALID_ARGUMENT',
      `expected a whole number from 1 to 2^31 - 1, got ${size}`,
      0,
    )
  half(bio).resize(size)
  return 1
}

/** A copy of a half that has a peer would have none. */
function duplicate(bio: BIO, copy: unknown): 0 | 1 {
  bio.errors.clear()
  if (!(copy instanceof BIO)) return bio.refuse('INVALID_ARGUMENT', 'expected a BIO', 0)
  if (half(bio).paired) return bio.refuse('IN_USE', 'the half has a peer', 0)
  half(copy).resize(half(bio).size)
  return 1
}

function join(one: BIO, two: BIO): void {
  half(one).pair(half(two))
  one.peer = two
  two.peer = one
  one.init = 1
  two.init = 1
}

/** A half whose peer was freed has no peer any more. */
function part(bio: BIO): void {
  if (bio.peer?.freed) destroy(bio)
}

function half(bio: BIO): PairBio {
  return bio.native as PairBio
}

function peerOf(bio: BIO): PairBio | undefined {
  return bio.peer && half(bio.peer)
}
