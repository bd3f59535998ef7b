/** What a BIO over a `Bio` of ours does: its methods' calls as C has them. */
import { type Bio, Filter, type Stopped } from '@biopair/bio'
import { BIO } from './bio.ts'
import {
  BIO_C_SET_NBIO,
  BIO_C_SHUTDOWN_WR,
  BIO_CTRL_DUP,
  BIO_CTRL_EOF,
  BIO_CTRL_FLUSH,
  BIO_CTRL_GET_CLOSE,
  BIO_CTRL_PENDING,
  BIO_CTRL_SET_CLOSE,
  BIO_CTRL_WPENDING,
  BIO_NOCLOSE,
  BIO_TYPE_FILTER,
  BIO_TYPE_SOURCE_SINK,
} from './bio-constants.ts'
import { filterMethod } from './bio-filter.ts'
import type { BIO_METHOD } from './bio-method.ts'
import { utf8 } from './bio-text.ts'

/**
 * Ours: a BIO over any `Bio` (a socket, a WebSocket, one of your own), for SSL_set_bio; over a `Filter`, a filter to push. BIO_free
 * closes it, unless BIO_set_close said BIO_NOCLOSE.
 */
export function BIO_from(native: Bio): BIO {
  const filter = native instanceof Filter && native.next === undefined
  const bio = new BIO(filter ? filterMethod(BIO_TYPE_FILTER, 'filter') : carrier)
  bio.native = native
  bio.init = 1
  return bio
}

/**
 * Ours: the method of BIO_from. A method over a `Bio` of one's own has its calls, and sets the BIO's `native` and `init` once there is
 * one; as a BIO's own it is of little use.
 */
export function BIO_s_carrier(): BIO_METHOD {
  return carrier
}

/** Reads from the `Bio` behind it. */
export function readNative(bio: BIO, buf: Uint8Array): number {
  bio.begin()
  return bio.came(nativeOf(bio).read(buf))
}

/** Writes to the `Bio` behind it. */
export function writeNative(bio: BIO, buf: Uint8Array): number {
  bio.begin()
  return bio.came(nativeOf(bio).write(buf))
}

/** A text as one write. */
export function putsNative(bio: BIO, text: string): number {
  return text === '' ? 0 : writeNative(bio, utf8(text))
}

/** What every source and sink knows of BIO_ctrl. */
export function ctrlNative(bio: BIO, cmd: number, larg: number): number {
  if (cmd === BIO_CTRL_GET_CLOSE) return bio.shutdown
  if (cmd === BIO_CTRL_SET_CLOSE) {
    bio.shutdown = larg
    return 1
  }
  if (!bio.native) return 0
  const native = nativeOf(bio)
  switch (cmd) {
    case BIO_CTRL_FLUSH:
      return tried(bio, () => native.flush())
    case BIO_C_SHUTDOWN_WR:
      return tried(bio, () => native.end())
    case BIO_CTRL_PENDING:
      return native.pending ?? 0
    case BIO_CTRL_WPENDING:
      return native.wpending ?? 0
    case BIO_CTRL_EOF:
      return (native.eof ?? bio.ended) ? 1 : 0
    case BIO_C_SET_NBIO:
      return nonBlocking(bio, native, larg !== 0)
    case BIO_CTRL_DUP:
      bio.errors.clear()
      return bio.refuse('UNSUPPORTED_METHOD', 'what carries this BIO cannot be copied', 0)
    default:
      return 0
  }
}

const carrier: BIO_METHOD = {
  type: BIO_TYPE_SOURCE_SINK,
  name: 'carrier',
  read: readNative,
  write: writeNative,
  puts: putsNative,
  ctrl: ctrlNative,
  create: () => 1,
  destroy: bio => {
    if (bio.shutdown !== BIO_NOCLOSE) bio.close()
    return 1
  },
}

function tried(bio: BIO, call: () => 'done' | Stopped): number {
  bio.begin()
  return bio.came(call())
}

function nonBlocking(bio: BIO, native: Bio, on: boolean): 0 | 1 {
  bio.errors.clear()
  if (on !== (native.blocking ?? false)) return 1
  if (!native.setBlocking)
    return bio.refuse('CANNOT_BLOCK', 'this BIO cannot wait: it would wait for ever', 0)
  try {
    native.setBlocking(!on)
    return 1
  } catch (error) {
    return bio.refuse('CANNOT_BLOCK', (error as Error).message, 0)
  }
}

function nativeOf(bio: BIO): Bio {
  return bio.native as Bio
}
