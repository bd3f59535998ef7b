/** Sealed records on their way out, in one run of memory. */
import type { Bytes } from '@biopair/wire'
import type { Buffers } from './buffers.ts'

/** Bytes go in at the end and leave at the front; memory comes with the first and goes with the last. */
export class RecordQueue {
  readonly #buffers: Buffers
  #storage: Bytes | undefined
  #from = 0
  #to = 0

  constructor(buffers: Buffers) {
    this.#buffers = buffers
  }

  /** Bytes that wait. */
  get length(): number {
    return this.#to - this.#from
  }

  /** Where in the storage the next byte goes. */
  get end(): number {
    return this.#to
  }

  /** Bytes of memory held. */
  get footprint(): number {
    return this.#storage?.length ?? 0
  }

  /** Storage with room for `size` more bytes at `end`. Moving what waits costs no more than writing it did. */
  reserve(size: number): Bytes {
    const old = this.#storage
    if (old === undefined) {
      this.#storage = this.#buffers.take(size)
      return this.#storage
    }
    if (old.length - this.#to >= size) return old
    const waiting = this.length
    let storage = old
    if (2 * (waiting + size) <= old.length) {
      old.copyWithin(0, this.#from, this.#to)
    } else {
      storage = this.#buffers.take(2 * (waiting + size))
      storage.set(old.subarray(this.#from, this.#to))
      this.#storage = storage
      this.#buffers.give(old)
    }
    this.#from = 0
    this.#to = waiting
    return storage
  }

  /** `count` bytes were written at `end`. */
  added(count: number): void {
    this.#to += count
  }

  /** Everything that waits, in order. */
  pending(): Bytes {
    return this.#storage?.subarray(this.#from, this.#to) ?? new Uint8Array(0)
  }

  /** The first `count` bytes have left. */
  removed(count: number): void {
    this.#from += count
    if (this.#from < this.#to || this.#storage === undefined) return
    this.#buffers.give(this.#storage)
    this.#storage = undefined
    this.#from = 0
    this.#to = 0
  }
}
