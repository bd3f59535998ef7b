/** Given bytes, read from any place on, again at will; they are never written and not copied. */
import type { Bytes } from './bio.ts'
import { checkCount } from './check.ts'

/** The reading half of a `ByteQueue`, over bytes that stay where they are. */
export class Replay {
  readonly #bytes: Bytes
  #at = 0

  /** Shared memory is copied; anything else is used as it is. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes.buffer instanceof ArrayBuffer ? (bytes as Bytes) : Uint8Array.from(bytes)
  }

  get length(): number {
    return this.#bytes.length - this.#at
  }

  run(): Bytes {
    return this.#bytes.subarray(this.#at)
  }

  consume(count: number): void {
    checkCount('bytes to consume of the run', count, 0, this.length)
    this.#at += count
  }

  read(into: Uint8Array): number {
    const count = Math.min(into.length, this.length)
    into.set(this.#bytes.subarray(this.#at, this.#at + count))
    this.#at += count
    return count
  }

  /** How many bytes were read: all that were are still there. */
  get kept(): number {
    return this.#at
  }

  /** Goes to the `place`th byte. RangeError beyond the last. */
  seek(place: number): void {
    checkCount('place among the bytes', place, 0, this.#bytes.length)
    this.#at = place
  }
}
