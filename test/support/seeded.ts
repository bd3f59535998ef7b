/** A `Random` that follows from a seed: SHA-256 in counter mode over the seed, the draw's number, its purpose and length. */
import { createHash } from 'node:crypto'
import type { Random } from '@biopair/crypto'

/** Two sources of one seed give the same bytes for the same draws in the same order. Every draw is a new array. */
export function seeded(seed: string): Random {
  let draws = 0
  return (purpose, length) => {
    const draw = `${seed}\0${draws++}\0${purpose}\0${length}\0`
    const bytes = new Uint8Array(length)
    for (let at = 0; at < length; at += 32) {
      const block = createHash('sha256').update(`${draw}${at}`).digest()
      bytes.set(block.subarray(0, length - at), at)
    }
    return bytes
  }
}
