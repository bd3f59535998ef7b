/** The buffers as C has them: BIO_f_buffer(3), BIO_f_linebuffer and BIO_f_readbuffer(3). */
import { BufferFilter, type HoldingFilter, LineBufferFilter, ReadBufferFilter } from '@biopair/bio'
import { BIO } from './bio.ts'
import {
  BIO_C_FILE_SEEK,
  BIO_C_FILE_TELL,
  BIO_C_GET_BUFF_NUM_LINES,
  BIO_C_SET_BUFF_READ_DATA,
  BIO_C_SET_BUFF_SIZE,
  BIO_CTRL_DUP,
  BIO_CTRL_EOF,
  BIO_CTRL_FLUSH,
  BIO_CTRL_INFO,
  BIO_CTRL_PEEK,
  BIO_CTRL_PENDING,
  BIO_CTRL_RESET,
  BIO_TYPE_BUFFER,
  BIO_TYPE_LINEBUFFER,
} from './bio-constants.ts'
import { BIO_ctrl } from './bio-ctrl.ts'
import { filterCtrl, filterMethod, getsBelow, held } from './bio-filter.ts'
import { readLine } from './bio-line.ts'
import { renew } from './bio-link.ts'
import type { BIO_METHOD } from './bio-method.ts'

/** Few large reads and writes below, however small those above are: flush when the other end shall have them. */
export function BIO_f_buffer(): BIO_METHOD {
  return {
    ...filterMethod(BIO_TYPE_BUFFER, 'buffer', () => new BufferFilter()),
    gets: (bio, buf, size) => {
      if (!bio.next || size < 1) return 0
      bio.begin()
      const count = bio.came(buffer(bio).line(buf.subarray(0, size - 1)))
      buf[Math.max(count, 0)] = 0
      return count
    },
    ctrl: bufferCtrl,
    destroy: deliver,
  }
}

/** Whole lines go on; the start of one waits for its end, or for a flush. */
export function BIO_f_linebuffer(): BIO_METHOD {
  return {
    ...filterMethod(BIO_TYPE_LINEBUFFER, 'linebuffer', () => new LineBufferFilter()),
    gets: getsBelow,
    ctrl: lineCtrl,
    destroy: deliver,
  }
}

/** What was read can be read again, from any place: BIO_seek, BIO_tell, BIO_reset. It is not written. */
export function BIO_f_readbuffer(): BIO_METHOD {
  const make = () => new ReadBufferFilter({ limit: everything })
  return {
    ...filterMethod(BIO_TYPE_BUFFER, 'readbuffer', make),
    write: () => 0,
    puts: () => 0,
    gets: (bio, buf, size) => {
      if (!bio.next) return 0
      bio.begin()
      const native = bio.native as ReadBufferFilter
      const start = native.tell()
      const count = readLine(buf, size, into => bio.came(native.read(into)))
      const whole = buf[count - 1] === 10 || count === size - 1 || bio.ended
      if (count < 1 || whole) return count
      // The rest of the line is still to come: it is read as one.
      native.seek(start)
      return -1
    },
    ctrl: readBufferCtrl,
  }
}

/** How many newlines the read buffer holds. */
export function BIO_get_buffer_num_lines(bio: BIO | null): number {
  return BIO_ctrl(bio, BIO_C_GET_BUFF_NUM_LINES)
}

/** Both buffers; a size up to that which they have at first (4096, lines 10240) changes nothing. 1. */
export function BIO_set_buffer_size(bio: BIO | null, size: number): number {
  return BIO_ctrl(bio, BIO_C_SET_BUFF_SIZE, size)
}

export function BIO_set_read_buffer_size(bio: BIO | null, size: number): number {
  return BIO_ctrl(bio, BIO_C_SET_BUFF_SIZE, size, 0)
}

export function BIO_set_write_buffer_size(bio: BIO | null, size: number): number {
  return BIO_ctrl(bio, BIO_C_SET_BUFF_SIZE, size, 1)
}

/** Puts bytes before those that can be read. 1. */
export function BIO_set_buffer_read_data(bio: BIO | null, data: Uint8Array): number {
  return BIO_ctrl(bio, BIO_C_SET_BUFF_READ_DATA, data.length, data)
}

/** Copies bytes that a read would give; how many, or as BIO_read. */
export function BIO_buffer_peek(bio: BIO | null, buf: Uint8Array): number {
  return BIO_ctrl(bio, BIO_CTRL_PEEK, buf.length, buf)
}

const usual = 4096
const usualLine = 10240
/** More than there can be. */
const everything = 2 ** 40

function bufferCtrl(bio: BIO, cmd: number, larg: number, parg: unknown): number {
  const native = buffer(bio)
  const { readSize, writeSize } = native
  switch (cmd) {
    case BIO_CTRL_RESET:
      renew(bio, new BufferFilter({ readSize, writeSize }))
      return filterCtrl(bio, cmd, larg, parg)
    case BIO_CTRL_INFO:
      return native.buffered
    case BIO_C_GET_BUFF_NUM_LINES:
      return native.lines
    case BIO_C_SET_BUFF_SIZE:
      if (larg <= usual) return 1
      if (!isSize(larg)) return noSize(bio, larg)
      native.resize({
        readSize: parg === 1 ? readSize : larg,
        writeSize: parg === 0 ? writeSize : larg,
      })
      return 1
    case BIO_C_SET_BUFF_READ_DATA: {
      const data = parg as Uint8Array
      native.resize({ readSize: Math.max(readSize, data.length + held(native, 'pending')) })
      native.unread(data)
      return 1
    }
    case BIO_CTRL_PEEK:
      bio.begin()
      return bio.came(native.peek((parg as Uint8Array).subarray(0, larg)))
    case BIO_CTRL_DUP:
      if (parg instanceof BIO) parg.native = new BufferFilter({ readSize, writeSize })
      return 1
    default:
      return filterCtrl(bio, cmd, larg, parg)
  }
}

function lineCtrl(bio: BIO, cmd: number, larg: number, parg: unknown): number {
  const native = bio.native as LineBufferFilter
  const { size } = native
  switch (cmd) {
    case BIO_CTRL_RESET:
      renew(bio, new LineBufferFilter({ size }))
      return filterCtrl(bio, cmd, larg, parg)
    case BIO_CTRL_INFO:
      return native.buffered
    case BIO_C_SET_BUFF_SIZE:
      if (larg <= usualLine) return 1
      if (!isSize(larg)) return noSize(bio, larg)
      native.resize(larg)
      return 1
    case BIO_CTRL_DUP:
      if (parg instanceof BIO) parg.native = new LineBufferFilter({ size })
      return 1
    default:
      return filterCtrl(bio, cmd, larg, parg)
  }
}

/** An `int`, as in C: what is larger could not be allocated. */
function isSize(size: number): boolean {
  return Number.isSafeInteger(size) && size > 0 && size < 2 ** 31
}

function noSize(bio: BIO, size: number): 0 {
  bio.errors.clear()
  return bio.refuse('INVALID_ARGUMENT', `no size of a buffer: ${size}`, 0)
}

/** Commands that it does not know are not asked of what is below. */
function readBufferCtrl(bio: BIO, cmd: number, larg: number, parg: unknown): number {
  const native = bio.native as ReadBufferFilter
  switch (cmd) {
    case BIO_CTRL_RESET:
    case BIO_C_FILE_SEEK: {
      const furthest = native.tell() + held(native, 'pending')
      if (!(Number.isSafeInteger(larg) && larg >= 0 && larg <= furthest)) return 0
      native.seek(larg)
      return 1
    }
    case BIO_C_FILE_TELL:
    case BIO_CTRL_INFO:
      return native.tell()
    case BIO_CTRL_EOF:
      return bio.next ? filterCtrl(bio, cmd, larg, parg) : 1
    case BIO_CTRL_PENDING:
      return filterCtrl(bio, cmd, larg, parg)
    case BIO_CTRL_DUP:
    case BIO_CTRL_FLUSH:
      return 1
    default:
      return 0
  }
}

/** What was taken goes on, as far as there is room below (OpenSSL drops it). */
function deliver(bio: BIO): 1 {
  const native = bio.native as HoldingFilter
  if (native.buffered > 0 && bio.next) native.flush()
  return 1
}

function buffer(bio: BIO): BufferFilter {
  return bio.native as BufferFilter
}
