/** Plaintext that nobody has read yet, and who waits for it. */
import type { Bytes } from '@biopair/wire'
import { Deferred } from './deferred.ts'

export class Incoming {
  #pieces: Bytes[] = []
  #reader: Deferred<Bytes | null> | undefined
  #end: 'end' | Error | undefined
  /** What readers are told since nobody reads any more. */
  #discarded: Error | undefined

  /** Whether a piece has a place: nothing that came before waits for its reader. */
  get wants(): boolean {
    return this.#end === undefined && this.#pieces.length === 0
  }

  /** Bytes that wait. */
  get length(): number {
    return this.#pieces.reduce((sum, { length }) => sum + length, 0)
  }

  /** Whether the peer has said that there is no more. */
  get ended(): boolean {
    return this.#end === 'end'
  }

  /** The next piece, or null at the clean end; rejects where it ended otherwise. One at a time. */
  read(): Promise<Bytes | null> {
    const piece = this.#pieces.shift()
    if (piece) return Promise.resolve(piece)
    if (this.#discarded) return Promise.reject(this.#discarded)
    if (this.#end === 'end') return Promise.resolve(null)
    if (this.#end) return Promise.reject(this.#end)
    if (this.#reader)
      return Promise.reject(new TypeError('read: expected the read before to have settled'))
    this.#reader = new Deferred()
    return this.#reader.promise
  }

  push(piece: Bytes): void {
    if (this.#discarded) return
    const reader = this.#reader
    this.#reader = undefined
    if (reader) reader.resolve(piece)
    else this.#pieces.push(piece)
  }

  /** What comes from now on is dropped; so is what waits. Whoever has read all that there was can still see that it ended well. */
  discard(error: Error): void {
    if (this.#end === 'end' && this.#pieces.length === 0) return
    this.#discarded ??= error
    this.#pieces = []
    this.#reader?.reject(error)
    this.#reader = undefined
  }

  /** The peer has ended its side. */
  finish(): void {
    this.#end ??= 'end'
    if (this.#end !== 'end') return
    this.#reader?.resolve(null)
    this.#reader = undefined
  }

  /** No more comes: what waits is read first. */
  fail(error: Error): void {
    this.#end ??= error
    this.#reader?.reject(error)
    this.#reader = undefined
  }
}
