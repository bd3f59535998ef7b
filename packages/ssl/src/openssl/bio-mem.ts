/** The calls of BIO_s_mem(3). */
import { MemoryBio } from '@biopair/bio'
import { BIO, BIO_s_mem, utf8 } from './bio.ts'

/** Memory that is read and never written: not copied, 0 behind it, rewound by BIO_reset. */
export function BIO_new_mem_buf(buf: Uint8Array | string, len?: number): BIO {
  const bytes = typeof buf === 'string' ? utf8(buf) : buf
  const given = len === undefined || len < 0 ? bytes : bytes.subarray(0, len)
  const bio = new BIO(BIO_s_mem(), new MemoryBio({ bytes: given, readOnly: true }))
  bio.eofReturn = 0
  return bio
}

/** What reading empty memory answers: 0 is the end, a negative number is "try again". 1, or 0 for any other. */
export function BIO_set_mem_eof_return(bio: BIO, value: number): 0 | 1 {
  bio.errors.clear()
  if (!(bio.native instanceof MemoryBio))
    return bio.refuse('UNSUPPORTED_METHOD', 'expected a memory BIO', 0)
  // OpenSSL returns a positive one as if so many bytes had been read.
  if (!(Number.isSafeInteger(value) && value <= 0))
    return bio.refuse('INVALID_ARGUMENT', `expected 0 or below, got ${value}`, 0)
  bio.eofReturn = value
  return 1
}

/** Reads a line into `buf`, with its newline and a 0 behind it; answers its length, 0 if there is nothing. Halves: -2. */
export function BIO_gets(bio: BIO, buf: Uint8Array, size: number = buf.length): number {
  bio.begin()
  const { native } = bio
  if (bio.freed || !(native instanceof MemoryBio))
    return bio.refuse('UNSUPPORTED_METHOD', 'expected a memory BIO', -2)
  if (!(Number.isSafeInteger(size) && size >= 0 && size <= buf.length))
    return bio.refuse('INVALID_ARGUMENT', `expected 0 to ${buf.length}, got ${size}`, -1)
  const run = native.run()
  if ('stop' in run || size < 1) {
    if (size > 0) buf[0] = 0
    return 0
  }
  const newline = run.indexOf(10)
  const count = Math.min(newline < 0 ? run.length : newline + 1, size - 1)
  buf.set(run.subarray(0, count))
  buf[count] = 0
  native.consume(count)
  return count
}

/** Everything that memory holds, not read by that; C passes pointer and length out. */
export function BIO_get_mem_data(bio: BIO): Uint8Array<ArrayBuffer> {
  const run = !bio.freed && bio.native instanceof MemoryBio ? bio.native.run() : undefined
  return run && !('stop' in run) ? run : new Uint8Array(0)
}
