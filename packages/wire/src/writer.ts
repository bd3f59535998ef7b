/** Writes numbers and byte strings into a buffer that grows. */
import type { Bytes } from './bytes.ts'

/** A `RangeError` with the stable code `ERR_OUT_OF_RANGE`: a value that its field cannot carry, our user's fault. */
export function outOfRange(why: string): RangeError {
  return Object.assign(new RangeError(why), { code: 'ERR_OUT_OF_RANGE' })
}

/** A buffer to write into. What does not fit a field is a `RangeError` (`ERR_OUT_OF_RANGE`) that names the field. */
export class Writer {
  /** The field that is being written, for errors; struct codecs keep it up to date. */
  field = ''
  #bytes: Bytes
  #length = 0

  /** @param capacity bytes to reserve at first: a hint, no bound */
  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity)
  }

  /** How many bytes have been written. */
  get length(): number {
    return this.#length
  }

  uint8(value: number): void {
    this.uint(1, value)
  }

  uint16(value: number): void {
    this.uint(2, value)
  }

  uint24(value: number): void {
    this.uint(3, value)
  }

  uint32(value: number): void {
    this.uint(4, value)
  }

  /** A big-endian number of 1 to 4 bytes. */
  uint(width: 1 | 2 | 3 | 4, value: number): void {
    this.#check(width, value)
    this.#put(this.#reserve(width), width, value)
  }

  bytes(bytes: Uint8Array): void {
    if (!(bytes instanceof Uint8Array))
      throw Object.assign(
        new TypeError(`${this.field || 'a byte string'} is a Uint8Array, got ${typeof bytes}`),
        { code: 'ERR_INVALID_ARG_TYPE' },
      )
    const at = this.#reserve(bytes.length)
    this.#bytes.set(bytes, at)
  }

  /**
   * What `body` writes, preceded by its length in `prefix` bytes.
   * @returns that length
   */
  block(prefix: 1 | 2 | 3 | 4, body: () => void): number {
    const field = this.field
    const at = this.#reserve(prefix)
    const start = this.#length
    body()
    const length = this.#length - start
    this.field = field
    this.#check(prefix, length)
    this.#put(at, prefix, length)
    return length
  }

  /** Everything written so far, as a copy. */
  finish(): Bytes {
    return this.#bytes.slice(0, this.#length)
  }

  /** Overwrites what was written with zeros. A buffer that was outgrown is out of reach: reserve enough for a secret. */
  wipe(): void {
    this.#bytes.fill(0)
    this.#length = 0
  }

  #check(width: number, value: number): void {
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** (8 * width))
      throw outOfRange(`${this.field || 'a number'} is a uint${8 * width}, got ${value}`)
  }

  #put(at: number, width: number, value: number): void {
    let rest = value
    for (let i = at + width - 1; i >= at; i--) {
      this.#bytes[i] = rest
      rest = Math.floor(rest / 0x100)
    }
  }

  #reserve(length: number): number {
    const at = this.#length
    const end = at + length
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, 2 * this.#bytes.length))
      grown.set(this.#bytes)
      this.#bytes = grown
    }
    this.#length = end
    return at
  }
}
