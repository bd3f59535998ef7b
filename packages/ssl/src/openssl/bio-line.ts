/** A line, read byte after byte. */

const newline = 10

/**
 * Reads into `buf` up to and with the newline, `size - 1` bytes at most, and puts a 0 behind it. Answers how many; what `read` answers
 * (0 or below) where it gives nothing at all. A piece of a line is answered as such, since its bytes are read.
 */
export function readLine(
  buf: Uint8Array,
  size: number,
  read: (into: Uint8Array) => number,
): number {
  let count = 0
  let got = 0
  while (count < size - 1) {
    got = read(buf.subarray(count, count + 1))
    if (got <= 0) break
    count++
    if (buf[count - 1] === newline) break
  }
  if (size > 0) buf[count] = 0
  return count > 0 ? count : Math.min(got, 0)
}
