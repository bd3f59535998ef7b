/** UNSAFE, for fuzzers alone: a hash that is cheap, and an HMAC that is the same for all. */
import type { Bytes, Hash, HashName, RunningHash } from '@biopair/crypto'

const offset = 0x811c9dc5
const prime = 0x01000193

/** FNV-1a of 32 bits, spread over the output. Its HMAC is `0x4d`, whatever the key and the message. */
export function nullHash(name: HashName, length: number): Hash {
  const spread = (state: number): Bytes => {
    const output = new Uint8Array(length)
    let word = state
    for (let at = 0; at < length; at++) {
      if (at % 4 === 0) word = Math.imul(word ^ at, prime)
      output[at] = word >>> (8 * (at % 4))
    }
    return output
  }
  const start = (from: number): RunningHash => {
    let state = from
    return {
      update(bytes) {
        state = folded(state, bytes)
      },
      snapshot: () => spread(state),
      copy: () => start(state),
    }
  }
  return {
    name,
    length,
    digest: (...parts) => spread(parts.reduce(folded, offset)),
    start: () => start(offset),
    hmac: () => ({ mac: () => new Uint8Array(length).fill(0x4d), wipe() {} }),
  }
}

function folded(state: number, bytes: Uint8Array): number {
  let hash = state
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ (bytes[i] as number), prime)
  return hash
}
