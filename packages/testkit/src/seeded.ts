/** A `Random` that follows from a seed: one seed, one run, with every provider and on every runtime. */
import { ascii, type Bytes, type Random } from '@biopair/crypto'
import { sha256 } from '@noble/hashes/sha2.js'

/**
 * SHA-256 in counter mode over the seed, the draw's number, its purpose and length. Two sources of one seed give the same bytes for
 * the same draws in the same order; every draw is a new array. Seeds are ASCII. For tests: whoever knows the seed knows the keys.
 */
export function seededRandom(seed: string): Random {
  let draws = 0
  return (purpose, length) => {
    const draw = `${seed}\0${draws++}\0${purpose}\0${length}\0`
    const bytes: Bytes = new Uint8Array(length)
    for (let at = 0; at < length; at += 32)
      bytes.set(sha256(ascii(`${draw}${at}`)).subarray(0, length - at), at)
    return bytes
  }
}
