/** Plaintext that was accepted and is not sealed yet: small pieces go as one record. */
import { Deferred } from './deferred.ts'

interface Piece {
  bytes: Uint8Array
  /** Who waits until it is sealed, and there is room for more. */
  readonly waiter: Deferred<void> | undefined
}

export class Outgoing {
  readonly #pieces: Piece[] = []
  /** Waiters whose bytes are sealed. */
  #sealed: Deferred<void>[] = []
  #length = 0
  /** How many times bytes were put here. */
  #pushes = 0

  /** Bytes that wait. */
  get length(): number {
    return this.#length
  }

  /** A copy of these bytes: they are the caller's again. */
  accept(bytes: Uint8Array): void {
    this.#push({ bytes: new Uint8Array(bytes), waiter: undefined })
  }

  /** These bytes themselves; settles when `release` is called after they were sealed. */
  hold(bytes: Uint8Array): Promise<void> {
    const waiter = new Deferred<void>()
    this.#push({ bytes, waiter })
    return waiter.promise
  }

  /** These go before all others. */
  first(bytes: Uint8Array): void {
    this.#pieces.unshift({ bytes, waiter: undefined })
    this.#length += bytes.length
    this.#pushes++
  }

  /** The first bytes, `most` at most, as one array. */
  front(most: number): Uint8Array {
    const first = this.#pieces[0]?.bytes ?? new Uint8Array(0)
    if (first.length >= most || this.#pieces.length <= 1) return first.subarray(0, most)
    const together = new Uint8Array(Math.min(most, this.#length))
    let filled = 0
    for (const { bytes } of this.#pieces) {
      if (filled === together.length) break
      const part = bytes.subarray(0, together.length - filled)
      together.set(part, filled)
      filled += part.length
    }
    return together
  }

  /** The first `count` bytes are sealed. */
  sealed(count: number): void {
    this.#length -= count
    let left = count
    while (left > 0) {
      const piece = this.#pieces[0] as Piece
      if (left < piece.bytes.length) {
        piece.bytes = piece.bytes.subarray(left)
        return
      }
      left -= piece.bytes.length
      this.#pieces.shift()
      if (piece.waiter) this.#sealed.push(piece.waiter)
    }
  }

  /** Settles once no more was put here for a few microtasks, or `enough` waits: no time passes, and what is written without a pause goes together. */
  async gathered(enough: number): Promise<void> {
    await undefined
    for (let seen = -1; seen !== this.#pushes && this.#length < enough; ) {
      seen = this.#pushes
      for (let i = 0; i < 8; i++) await undefined
    }
  }

  /** There is room for more: whoever's bytes are sealed may go on. */
  release(): void {
    const waiters = this.#sealed
    this.#sealed = []
    for (const waiter of waiters) waiter.resolve()
  }

  /** Nothing more is sealed. */
  fail(error: Error): void {
    const waiters = [...this.#sealed, ...this.#pieces.map(({ waiter }) => waiter)]
    this.#sealed = []
    this.#pieces.length = 0
    this.#length = 0
    for (const waiter of waiters) waiter?.reject(error)
  }

  #push(piece: Piece): void {
    this.#pieces.push(piece)
    this.#length += piece.bytes.length
    this.#pushes++
  }
}
