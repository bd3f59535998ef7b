/** Buffers lent to whoever has a record in hand, so that an idle connection holds none. */
import type { Bytes } from '@biopair/wire'

/** A buffer for a short record: an alert, a KeyUpdate, a line of chat. */
export const smallBuffer = 512
/** A buffer for any record of ours or of a TLS 1.3 peer, header included. */
export const largeBuffer = 17 * 1024

/**
 * A small stock of buffers in two sizes. Give the connections of one context one stock: they then allocate nothing per
 * record and keep nothing while idle. Only ciphertext and wiped scratch go back into it; received plaintext never does,
 * so that no view of it can ever show another connection's.
 */
export class Buffers {
  readonly #keep: number
  readonly #small: Bytes[] = []
  readonly #large: Bytes[] = []

  /** Keeps up to `keep` buffers of each size for the next taker. */
  constructor(keep = 4) {
    this.#keep = keep
  }

  /** Bytes kept for the next taker. */
  get held(): number {
    return this.#small.length * smallBuffer + this.#large.length * largeBuffer
  }

  /** A 4-aligned buffer of at least `length` bytes, holding anything. Longer ones than a record are made to measure. */
  take(length: number): Bytes {
    if (length <= smallBuffer) return this.#small.pop() ?? new Uint8Array(smallBuffer)
    if (length <= largeBuffer) return this.#large.pop() ?? new Uint8Array(largeBuffer)
    return new Uint8Array((length + 3) & ~3)
  }

  /** Gives a buffer back; its first `secret` bytes are wiped. */
  give(bytes: Bytes, secret = 0): void {
    bytes.fill(0, 0, secret)
    const stock =
      bytes.length === smallBuffer
        ? this.#small
        : bytes.length === largeBuffer
          ? this.#large
          : undefined
    if (stock !== undefined && stock.length < this.#keep) stock.push(bytes)
  }

  /** Lets go of everything kept. */
  drop(): void {
    this.#small.length = 0
    this.#large.length = 0
  }
}
