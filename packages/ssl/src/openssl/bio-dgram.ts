/** BIOs of datagrams as C has them: BIO_s_dgram_pair(3) and BIO_s_dgram_mem: one write is what one read gives. */
import { type DatagramBio, DatagramMemoryBio, DatagramPairBio } from '@biopair/bio'
import { BIO, BIO_new } from './bio.ts'
import {
  BIO_C_DESTROY_BIO_PAIR,
  BIO_C_GET_WRITE_BUF_SIZE,
  BIO_C_GET_WRITE_GUARANTEE,
  BIO_C_MAKE_BIO_PAIR,
  BIO_C_SET_WRITE_BUF_SIZE,
  BIO_CTRL_DGRAM_GET_MTU,
  BIO_CTRL_DGRAM_GET_NO_TRUNC,
  BIO_CTRL_DGRAM_SET_MTU,
  BIO_CTRL_DGRAM_SET_NO_TRUNC,
  BIO_CTRL_EOF,
  BIO_CTRL_FLUSH,
  BIO_CTRL_GET_CLOSE,
  BIO_CTRL_PENDING,
  BIO_CTRL_RESET,
  BIO_CTRL_SET_CLOSE,
  BIO_TYPE_DGRAM_MEM,
  BIO_TYPE_DGRAM_PAIR,
} from './bio-constants.ts'
import { BIO_ctrl } from './bio-ctrl.ts'
import type { BIO_METHOD } from './bio-method.ts'

/** Halves of datagram pairs. */
export function BIO_s_dgram_pair(): BIO_METHOD {
  return {
    ...io,
    type: BIO_TYPE_DGRAM_PAIR,
    name: 'BIO dgram pair',
    ctrl: pairCtrl,
    create: bio => {
      bio.native = new DatagramPairBio()
      return 1
    },
  }
}

/** A queue of datagrams that grows. */
export function BIO_s_dgram_mem(): BIO_METHOD {
  return {
    ...io,
    type: BIO_TYPE_DGRAM_MEM,
    name: 'memory datagram',
    ctrl: memoryCtrl,
    create: bio => {
      bio.native = new DatagramMemoryBio()
      bio.init = 1
      return 1
    },
  }
}

/** Two halves of a new pair, with room for `writebuf1` and `writebuf2` bytes, 0 for the default. RangeError for what is no size. */
export function BIO_new_bio_dgram_pair(writebuf1 = 0, writebuf2 = 0): [bio1: BIO, bio2: BIO] {
  const [one, two] = [BIO_new(BIO_s_dgram_pair()), BIO_new(BIO_s_dgram_pair())]
  if (writebuf1 !== 0) half(one).resize(writebuf1)
  if (writebuf2 !== 0) half(two).resize(writebuf2)
  join(one, two)
  return [one, two]
}

/** 1: a datagram longer than the buffer is refused and stays, in place of being cut. 1. */
export function BIO_dgram_set_no_trunc(bio: BIO | null, on: number): number {
  return BIO_ctrl(bio, BIO_CTRL_DGRAM_SET_NO_TRUNC, on)
}

export function BIO_dgram_get_no_trunc(bio: BIO | null): number {
  return BIO_ctrl(bio, BIO_CTRL_DGRAM_GET_NO_TRUNC)
}

/** What both halves are told that a datagram should not exceed. */
export function BIO_dgram_set_mtu(bio: BIO | null, mtu: number): number {
  return BIO_ctrl(bio, BIO_CTRL_DGRAM_SET_MTU, mtu)
}

export function BIO_dgram_get_mtu(bio: BIO | null): number {
  return BIO_ctrl(bio, BIO_CTRL_DGRAM_GET_MTU)
}

const io = {
  read: (bio: BIO, buf: Uint8Array): number => {
    bio.begin()
    const got = native(bio).receive(buf)
    if (!('stop' in got)) return got.length
    if (got.stop !== 'short') return bio.came(got)
    return bio.refuse('INVALID_ARGUMENT', `the next datagram has ${got.length} bytes`, -1)
  },
  write: (bio: BIO, buf: Uint8Array): number => {
    bio.begin()
    const sent = native(bio).send(buf)
    if (sent === 'done') return buf.length
    if (sent.stop !== 'long') return bio.came(sent)
    return bio.refuse('INVALID_ARGUMENT', `a datagram may have ${sent.most} bytes here`, -1)
  },
  destroy: (bio: BIO): number => {
    bio.close()
    return 1
  },
}

function pairCtrl(bio: BIO, cmd: number, larg: number, parg: unknown): number {
  const one = half(bio)
  switch (cmd) {
    case BIO_C_SET_WRITE_BUF_SIZE:
      return resize(bio, larg)
    case BIO_C_GET_WRITE_BUF_SIZE:
      return one.size
    case BIO_C_MAKE_BIO_PAIR:
      return make(bio, parg)
    case BIO_C_DESTROY_BIO_PAIR:
      destroy(bio)
      return 1
    case BIO_CTRL_DGRAM_GET_MTU:
      return one.mtu
    case BIO_CTRL_DGRAM_SET_MTU:
      if (!(Number.isSafeInteger(larg) && larg > 0)) return 0
      one.mtu = larg
      return 1
    default:
      return memoryCtrl(bio, cmd, larg)
  }
}

/** What both know. Nothing has gone further, and is not on its way: wpending is 0, as it is for memory. */
function memoryCtrl(bio: BIO, cmd: number, larg: number): number {
  const own = native(bio)
  switch (cmd) {
    case BIO_CTRL_RESET:
      own.reset()
      return 1
    case BIO_CTRL_FLUSH:
      return 1
    case BIO_CTRL_EOF:
      return own.eof ? 1 : 0
    case BIO_CTRL_PENDING:
      return own.pending ?? 0
    case BIO_C_GET_WRITE_GUARANTEE:
      return Number.isFinite(own.writeGuarantee) ? own.writeGuarantee : 0
    case BIO_CTRL_DGRAM_GET_NO_TRUNC:
      return own.noTruncate ? 1 : 0
    case BIO_CTRL_DGRAM_SET_NO_TRUNC:
      own.noTruncate = larg !== 0
      return 1
    case BIO_CTRL_GET_CLOSE:
      return bio.shutdown
    case BIO_CTRL_SET_CLOSE:
      bio.shutdown = larg
      return 1
    default:
      return 0
  }
}

function resize(bio: BIO, size: number): 0 | 1 {
  bio.errors.clear()
  if (half(bio).paired) return bio.refuse('IN_USE', 'the half has a peer', 0)
  try {
    half(bio).resize(size)
  } catch {
    return bio.refuse('INVALID_ARGUMENT', `no size for a half: ${size}`, 0)
  }
  return 1
}

function make(bio: BIO, other: unknown): 0 | 1 {
  bio.errors.clear()
  const two = other instanceof BIO && other.native instanceof DatagramPairBio ? other : undefined
  if (!two || two === bio || two.freed)
    return bio.refuse('INVALID_ARGUMENT', 'expected two different halves of datagram pairs', 0)
  for (const one of [bio, two]) if (one.peer?.freed) destroy(one)
  if (half(bio).paired || half(two).paired) return bio.refuse('IN_USE', 'a half has a peer', 0)
  join(bio, two)
  return 1
}

function destroy(bio: BIO): void {
  half(bio).destroy()
  for (const one of [bio, bio.peer]) {
    if (!one) continue
    one.init = 0
    one.peer = undefined
  }
}

function join(one: BIO, two: BIO): void {
  half(one).pair(half(two))
  one.peer = two
  two.peer = one
  one.init = 1
  two.init = 1
}

function half(bio: BIO): DatagramPairBio {
  return bio.native as DatagramPairBio
}

function native(bio: BIO): DatagramBio & (DatagramPairBio | DatagramMemoryBio) {
  return bio.native as DatagramPairBio | DatagramMemoryBio
}
