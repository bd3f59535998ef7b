/** Lines of what is read byte after byte (BIO_gets). */

import type { Stopped } from '@biopair/bio'
import type { BIO } from '@biopair/ssl/openssl'

const newline = 10

/**
 * Reads into `buf` up to and with the newline, `size - 1` bytes at most, and puts a 0 behind it: how many, or what reading came to where there
 * was nothing at all. A piece of a line whose rest is still to come is answered as such.
 */
export function getLine(
  bio: BIO,
  buf: Uint8Array,
  size: number,
  read: (into: Uint8Array) => number | Stopped,
): number {
  bio.begin()
  let count = 0
  let came: number | Stopped = 0
  while (count < size - 1) {
    came = read(buf.subarray(count, count + 1))
    if (typeof came !== 'number') break
    count++
    if (buf[count - 1] === newline) break
  }
  if (size > 0) buf[count] = 0
  return count > 0 ? count : bio.came(came)
}
