/** Pieces of bytes as one: `concat` of any number of them. */
import type { Bytes } from '@biopair/wire'

/** One after the other, however many there are: arguments of a call may be only so many. */
export function joinedBytes(pieces: readonly Uint8Array[]): Bytes {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}
