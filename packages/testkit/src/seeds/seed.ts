/** One seed for a whole run: keys, randoms, dice and the time all follow from it, on every runtime. */
import { ascii, type Bytes, type Random } from '@biopair/crypto'
import { sha256 } from '@noble/hashes/sha2.js'
import { seededRandom } from '../seeded.ts'
import { Dice } from './dice.ts'

/** The time at which every seeded run begins, unless it is told another: 2026-07-01, in milliseconds since 1970. */
export const seededTime = 1_782_864_000_000

/** What a run draws from. Whoever asks names himself, so that one who asks more does not change what others get. */
export class Seed {
  readonly text: string

  /** ASCII; TypeError, if it is not. */
  constructor(text: string) {
    if (typeof text !== 'string' || [...text].some(letter => letter.charCodeAt(0) > 127))
      throw new TypeError(`seed: expected a text of ASCII, got ${text}`)
    this.text = text
  }

  /** Randomness for keys, nonces and salts of somebody: a new source each time, the same for the same name. */
  random(name: string): Random {
    return seededRandom(`${this.text}\0${name}`)
  }

  /** Choices for somebody. */
  dice(name: string): Dice {
    const [a = 0, b = 0, c = 0, d = 0] = sha256(ascii(`${this.text}\0dice\0${name}`))
    return new Dice((a << 24) | (b << 16) | (c << 8) | d)
  }

  /** Bytes for somebody to say. */
  bytes(name: string, length: number): Bytes {
    return this.random(name)('bytes', length)
  }
}

/** SHA-256 of pieces of bytes, as hex: to see whether two runs were the same. */
export function digestOf(pieces: Iterable<Uint8Array>): string {
  const hash = sha256.create()
  for (const piece of pieces) hash.update(piece)
  return Array.from(hash.digest(), byte => byte.toString(16).padStart(2, '0')).join('')
}
