/** Bytes in the order they came, in storage that grows with them and is wiped when it is let go. */
import { wipe } from '@biopair/crypto'
import type { Bytes } from '@biopair/wire'

export class EarlyBuffer {
  #bytes: Bytes = new Uint8Array(0)
  #from = 0
  #to = 0

  get length(): number {
    return this.#to - this.#from
  }

  add(bytes: Uint8Array): void {
    const needed = this.length + bytes.length
    if (this.#to + bytes.length > this.#bytes.length) {
      const room =
        needed > this.#bytes.length ? Math.max(needed, 2 * this.#bytes.length) : undefined
      if (room === undefined) this.#bytes.copyWithin(0, this.#from, this.#to)
      else {
        const grown = new Uint8Array(room)
        grown.set(this.#bytes.subarray(this.#from, this.#to))
        wipe(this.#bytes)
        this.#bytes = grown
      }
      this.#to = needed - bytes.length
      this.#from = 0
    }
    this.#bytes.set(bytes, this.#to)
    this.#to += bytes.length
  }

  /** Puts the first bytes into `into`; answers how many. */
  take(into: Uint8Array): number {
    const count = Math.min(into.length, this.length)
    into.set(this.#bytes.subarray(this.#from, this.#from + count))
    this.#from += count
    if (this.length === 0) this.wipe()
    return count
  }

  wipe(): void {
    wipe(this.#bytes)
    this.#bytes = new Uint8Array(0)
    this.#from = 0
    this.#to = 0
  }
}
