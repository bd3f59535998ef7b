/** The record that a reader has in hand, as far as it has come: its header, and its body in a buffer of the stock. */
import type { Bytes } from '@biopair/wire'
import type { Buffers } from './buffers.ts'
import { headerLength } from './record.ts'

export class RecordInHand {
  readonly #buffers: Buffers
  /** Kept apart from the body: it is the additional data, and is looked at once, here. */
  readonly header = new Uint8Array(headerLength)
  #headerHeld = 0
  /** Of the body, set once the header is whole. */
  length = 0
  #body: Bytes | undefined
  #bodyHeld = 0

  constructor(buffers: Buffers) {
    this.#buffers = buffers
  }

  /** Whether the header is whole. */
  get headed(): boolean {
    return this.#headerHeld === headerLength
  }

  /** Bytes missing to the end of the header, then of the body. */
  get missing(): number {
    return this.headed ? this.length - this.#bodyHeld : headerLength - this.#headerHeld
  }

  get held(): number {
    return this.#headerHeld + this.#bodyHeld
  }

  /** Whether any of the body is there. */
  get begun(): boolean {
    return this.#bodyHeld > 0
  }

  /** Bytes of memory held. */
  get footprint(): number {
    return headerLength + (this.#body?.length ?? 0)
  }

  /** A copy of what is held. */
  copy(): Bytes {
    const copy = new Uint8Array(this.held)
    copy.set(this.header.subarray(0, this.#headerHeld))
    if (this.#body) copy.set(this.#body.subarray(0, this.#bodyHeld), headerLength)
    return copy
  }

  /** Memory for exactly the bytes that are missing. */
  room(): Bytes {
    if (!this.headed) return this.header.subarray(this.#headerHeld)
    return this.#bodyRoom().subarray(this.#bodyHeld, this.length)
  }

  /** So many bytes were put into `room()`. */
  filled(count: number): void {
    if (this.headed) this.#bodyHeld += count
    else this.#headerHeld += count
  }

  /** Takes what the header lacks from the start of `run`, and answers how many bytes. */
  addHeader(run: Uint8Array): number {
    const taken = Math.min(headerLength - this.#headerHeld, run.length)
    for (let i = 0; i < taken; i++) this.header[this.#headerHeld + i] = run[i] as number
    this.#headerHeld += taken
    return taken
  }

  addBody(bytes: Uint8Array): void {
    this.#bodyRoom().set(bytes, this.#bodyHeld)
    this.#bodyHeld += bytes.length
  }

  /** The body, whole. */
  body(): Bytes {
    return this.#bodyRoom().subarray(0, this.length)
  }

  /** The next record begins. */
  next(): void {
    this.#headerHeld = 0
    this.#bodyHeld = 0
  }

  /** Lets go of the body's buffer. */
  drop(): void {
    if (this.#body !== undefined) this.#buffers.give(this.#body)
    this.#body = undefined
  }

  #bodyRoom(): Bytes {
    this.#body ??= this.#buffers.take(this.length)
    return this.#body
  }
}
