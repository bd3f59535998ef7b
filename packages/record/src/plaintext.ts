/** Where a reader keeps the plaintext of one record: its own memory, never shared, wiped when it is let go. */
import { wipe } from '@biopair/crypto'
import type { Bytes } from '@biopair/wire'
import { largeBuffer, smallBuffer } from './buffers.ts'

/** Short records in a row after which a large buffer gives way to a small one. */
const maxShort = 16

/** One buffer, in one of two sizes, for the record that was opened last. */
export class Plaintext {
  #bytes: Bytes | undefined
  #short = 0

  /** Bytes of memory held. */
  get footprint(): number {
    return this.#bytes?.length ?? 0
  }

  /** A 4-aligned buffer of at least `length` bytes; what stood in it is overwritten by the caller, or was wiped here. */
  room(length: number): Bytes {
    const held = this.#bytes
    this.#short = length > smallBuffer ? 0 : this.#short + 1
    if (
      held !== undefined &&
      held.length >= length &&
      (held.length === smallBuffer || this.#short < maxShort)
    )
      return held
    this.drop()
    const size = length <= smallBuffer ? smallBuffer : Math.max(length, largeBuffer)
    this.#bytes = new Uint8Array(size)
    return this.#bytes
  }

  /** Wipes and lets go. */
  drop(): void {
    wipe(this.#bytes)
    this.#bytes = undefined
    this.#short = 0
  }
}
