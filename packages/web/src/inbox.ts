/** What an event brought before anybody asked for it. */
import type { Bytes } from '@biopair/wire'
import { CarrierGone } from './carrier-gone.ts'

/** Pieces in their order, then an end. A carrier that cannot be slowed down is given up where more waits than is allowed. */
export class Inbox {
  readonly #most: number
  readonly #pieces: Bytes[] = []
  #length = 0
  #end: 'end' | Error | undefined
  #reader: { resolve(piece: Bytes | null): void; reject(error: Error): void } | undefined

  /** @param most bytes that may wait */
  constructor(most: number) {
    this.#most = most
  }

  /** Bytes that wait. */
  get length(): number {
    return this.#length
  }

  /** Whether nothing more is taken. */
  get over(): boolean {
    return this.#end !== undefined
  }

  /** False where it is too much, and everything ends. */
  push(piece: Bytes): boolean {
    if (this.#end !== undefined || piece.length === 0) return true
    const reader = this.#reader
    if (reader) {
      this.#reader = undefined
      reader.resolve(piece)
      return true
    }
    if (this.#length + piece.length > this.#most) {
      this.fail(new CarrierGone(`more than ${this.#most} bytes came that nobody had asked for`))
      return false
    }
    this.#pieces.push(piece)
    this.#length += piece.length
    return true
  }

  /** No more comes, and all is well. */
  end(): void {
    this.#end ??= 'end'
    if (this.#end === 'end') this.#reader?.resolve(null)
    this.#reader = undefined
  }

  /** No more comes; what waits is read first. */
  fail(error: Error): void {
    this.#end ??= error
    this.#reader?.reject(error)
    this.#reader = undefined
  }

  /** What waits, or null at the end; undefined where it has to be waited for. Throws what it ended with otherwise. */
  readNow(): Bytes | null | undefined {
    const piece = this.#pieces.shift()
    if (piece) {
      this.#length -= piece.length
      return piece
    }
    if (this.#end === 'end') return null
    if (this.#end) throw this.#end
    return undefined
  }

  async read(): Promise<Bytes | null> {
    const bytes = this.readNow()
    if (bytes !== undefined) return bytes
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject }
    })
  }
}
