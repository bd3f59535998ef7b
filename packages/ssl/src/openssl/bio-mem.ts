/** Memory as C has it (BIO_s_mem(3)). */
import { type Bytes, MemoryBio } from '@biopair/bio'
import { BIO, BIO_new } from './bio.ts'
import { ctrlNative, readNative, writeNative } from './bio-carrier.ts'
import {
  BIO_C_FILE_SEEK,
  BIO_C_FILE_TELL,
  BIO_C_GET_BUF_MEM_PTR,
  BIO_C_SET_BUF_MEM,
  BIO_C_SET_BUF_MEM_EOF_RETURN,
  BIO_CTRL_DUP,
  BIO_CTRL_EOF,
  BIO_CTRL_FLUSH,
  BIO_CTRL_INFO,
  BIO_CTRL_PENDING,
  BIO_CTRL_RESET,
  BIO_CTRL_WPENDING,
  BIO_FLAGS_MEM_RDONLY,
  BIO_FLAGS_NONCLEAR_RST,
  BIO_TYPE_MEM,
} from './bio-constants.ts'
import { BIO_ctrl, type BIO_OUT } from './bio-ctrl.ts'
import { readLine } from './bio-line.ts'
import type { BIO_METHOD } from './bio-method.ts'
import { utf8 } from './bio-text.ts'

/** What a memory BIO holds, as BIO_get_mem_ptr shows it: a look at it as it is now. */
export interface BUF_MEM {
  readonly length: number
  readonly data: Bytes
}

/** Memory that grows: writes go behind, reads take from the front. */
export function BIO_s_mem(): BIO_METHOD {
  return memory('memory buffer', false)
}

/** As BIO_s_mem, and what was read or dropped is overwritten; JavaScript has no memory that is never swapped out. */
export function BIO_s_secmem(): BIO_METHOD {
  return memory('secure memory buffer', true)
}

/** Memory that is read and never written: not copied, 0 behind it, rewound by BIO_reset. */
export function BIO_new_mem_buf(buf: Uint8Array | string, len?: number): BIO
export function BIO_new_mem_buf(buf: Uint8Array | string | null, len?: number): BIO | null
export function BIO_new_mem_buf(buf: Uint8Array | string | null, len?: number): BIO | null {
  if (buf === null) return null
  const bytes = typeof buf === 'string' ? utf8(buf) : buf
  const bio = BIO_new(BIO_s_mem())
  fixed(bio, len === undefined || len < 0 ? bytes : bytes.subarray(0, len))
  bio.eofReturn = 0
  return bio
}

/** What reading empty memory answers: 0 is the end, a negative number is "try again". 1, or 0 for any other. */
export function BIO_set_mem_eof_return(bio: BIO | null, value: number): number {
  return BIO_ctrl(bio, BIO_C_SET_BUF_MEM_EOF_RETURN, value)
}

/** Everything that memory holds, not read by that; C passes pointer and length out. */
export function BIO_get_mem_data(bio: BIO | null): Bytes {
  const out: BIO_OUT<unknown> = { value: null }
  BIO_ctrl(bio, BIO_CTRL_INFO, 0, out)
  return out.value instanceof Uint8Array ? (out.value as Bytes) : none
}

/** `[1, memory]`: what is held and not read; `[0, null]` for what is no memory. */
export function BIO_get_mem_ptr(bio: BIO | null): [result: number, memory: BUF_MEM | null] {
  const out: BIO_OUT<BUF_MEM | null> = { value: null }
  return [BIO_ctrl(bio, BIO_C_GET_BUF_MEM_PTR, 0, out), out.value]
}

/** Memory that holds a copy of these bytes in the place of its own; `close` as BIO_set_close. 1. */
export function BIO_set_mem_buf(
  bio: BIO | null,
  memory: BUF_MEM | Uint8Array,
  close: number,
): number {
  return BIO_ctrl(bio, BIO_C_SET_BUF_MEM, close, memory)
}

const none: Bytes = new Uint8Array(0)

function memory(name: string, wipes: boolean): BIO_METHOD {
  return {
    type: BIO_TYPE_MEM,
    name,
    read,
    write,
    puts: (bio, text) => (text === '' ? 0 : write(bio, utf8(text))),
    gets,
    ctrl: memoryCtrl,
    create: bio => {
      bio.native = new MemoryBio({ rewindable: true, wipes })
      bio.init = 1
      return 1
    },
    destroy: bio => {
      if (wipes) held(bio).reset()
      bio.close()
      return 1
    },
  }
}

/** Empty memory answers a read of nothing with 0, as every other BIO does. */
function read(bio: BIO, buf: Uint8Array): number {
  if (buf.length === 0 || held(bio).pending > 0) return readNative(bio, buf)
  bio.begin()
  if (bio.eofReturn === 0) return bio.came({ stop: 'eof' })
  bio.came({ stop: 'retry', on: 'read' })
  return bio.eofReturn
}

function write(bio: BIO, buf: Uint8Array): number {
  if ((bio.flags & BIO_FLAGS_MEM_RDONLY) === 0) return writeNative(bio, buf)
  bio.begin()
  return bio.refuse('WRITE_TO_READ_ONLY_BIO', 'this memory is read-only', -1)
}

/** Nothing there is 0, without a retry. */
function gets(bio: BIO, buf: Uint8Array, size: number): number {
  bio.begin()
  const native = held(bio)
  return Math.max(
    readLine(buf, size, into => (native.pending > 0 ? (native.read(into) as number) : 0)),
    0,
  )
}

function memoryCtrl(bio: BIO, cmd: number, larg: number, parg: unknown): number {
  const native = held(bio)
  switch (cmd) {
    case BIO_CTRL_RESET:
      if (bio.flags & (BIO_FLAGS_NONCLEAR_RST | BIO_FLAGS_MEM_RDONLY)) native.rewind()
      else native.reset()
      return 1
    case BIO_C_FILE_SEEK:
      return seek(native, larg)
    case BIO_C_FILE_TELL:
      return native.tell()
    // Nothing lies below memory: its flags stay those of the last read or write.
    case BIO_CTRL_FLUSH:
      return 1
    case BIO_CTRL_EOF:
      return native.pending === 0 ? 1 : 0
    case BIO_CTRL_PENDING:
      return native.pending
    case BIO_CTRL_WPENDING:
      return 0
    case BIO_CTRL_DUP:
      return duplicate(bio, parg)
    case BIO_C_SET_BUF_MEM_EOF_RETURN:
      return setEofReturn(bio, larg)
    case BIO_CTRL_INFO:
      return passOut(parg, run(native)).length
    case BIO_C_GET_BUF_MEM_PTR: {
      const data = run(native)
      passOut(parg, { length: data.length, data })
      return 1
    }
    case BIO_C_SET_BUF_MEM:
      bio.shutdown = larg
      native.replace(parg instanceof Uint8Array ? parg : (parg as BUF_MEM).data)
      return 1
    default:
      return ctrlNative(bio, cmd, larg)
  }
}

function setEofReturn(bio: BIO, value: number): 0 | 1 {
  bio.errors.clear()
  // OpenSSL returns a positive one as if so many bytes had been read.
  if (!(Number.isSafeInteger(value) && value <= 0))
    return bio.refuse('INVALID_ARGUMENT', `expected 0 or below, got ${value}`, 0)
  bio.eofReturn = value
  return 1
}

/** An empty copy. */
function duplicate(bio: BIO, copy: unknown): 0 | 1 {
  if (!(copy instanceof BIO)) return 0
  copy.eofReturn = bio.eofReturn
  if (bio.flags & BIO_FLAGS_MEM_RDONLY) fixed(copy, none)
  return 1
}

function fixed(bio: BIO, bytes: Uint8Array): void {
  bio.native = new MemoryBio({ bytes, readOnly: true })
  bio.flags |= BIO_FLAGS_MEM_RDONLY
}

/** -1 for a place that is not held; what was read counts as held until the next write. */
function seek(native: MemoryBio, place: number): number {
  if (!(Number.isSafeInteger(place) && place >= 0 && place <= native.tell() + native.pending))
    return -1
  native.seek(place)
  return place
}

function run(native: MemoryBio): Bytes {
  const all = native.run()
  return 'stop' in all ? none : all
}

function passOut<T>(out: unknown, value: T): T {
  if (typeof out === 'object' && out !== null) (out as BIO_OUT<unknown>).value = value
  return value
}

function held(bio: BIO): MemoryBio {
  return bio.native as MemoryBio
}
