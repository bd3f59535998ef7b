/** Reads numbers and byte strings from received bytes, within bounds; whatever is missing is a `decode_error`. */
import { TlsAlert } from './alert.ts'
import type { Bytes } from './bytes.ts'

/**
 * A place in received bytes. Every failure is `TlsAlert('decode_error')`, RFC 9846 §6.2, and its `why` names the
 * field, what was expected, what came, and the offset in the bytes that the outermost reader was given.
 */
export class Reader {
  /** The field that is being read, for `why`; struct codecs keep it up to date. */
  field: string
  readonly #bytes: Uint8Array
  readonly #end: number
  #at: number

  /** Reads `bytes` from offset `from` up to but not including offset `end`. */
  constructor(bytes: Uint8Array, from = 0, end: number = bytes.length, field = '') {
    this.#bytes = bytes
    this.#at = from
    this.#end = end
    this.field = field
  }

  /** How many bytes are left. */
  get left(): number {
    return this.#end - this.#at
  }

  /** Where the next byte stands in the bytes that the outermost reader was given. */
  get offset(): number {
    return this.#at
  }

  uint8(): number {
    return this.#bytes[this.#advance(1)] as number
  }

  uint16(): number {
    const at = this.#advance(2)
    const bytes = this.#bytes
    return ((bytes[at] as number) << 8) | (bytes[at + 1] as number)
  }

  uint24(): number {
    const at = this.#advance(3)
    const bytes = this.#bytes
    return (
      ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number)
    )
  }

  uint32(): number {
    const at = this.#advance(4)
    const bytes = this.#bytes
    const high = ((bytes[at] as number) << 8) | (bytes[at + 1] as number)
    return high * 0x10000 + (((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number))
  }

  /** A big-endian number of 1 to 4 bytes. */
  uint(width: 1 | 2 | 3 | 4): number {
    switch (width) {
      case 1:
        return this.uint8()
      case 2:
        return this.uint16()
      case 3:
        return this.uint24()
      case 4:
        return this.uint32()
    }
  }

  /** A view of the next bytes: it shares the storage that the reader was given. */
  take(length: number): Uint8Array {
    const at = this.#advance(length)
    const { buffer, byteOffset } = this.#bytes
    return new Uint8Array(buffer, byteOffset + at, length)
  }

  /** The next bytes, as a copy of our own. */
  copy(length: number): Bytes {
    const bytes = new Uint8Array(length <= this.left ? length : 0)
    bytes.set(this.take(length))
    return bytes
  }

  /** A reader over the next bytes, which this reader passes over. */
  sub(length: number): Reader {
    const at = this.#advance(length)
    return new Reader(this.#bytes, at, at + length, this.field)
  }

  /** Says that everything has been read: bytes that are left are a `decode_error`. */
  finish(): void {
    if (this.left > 0)
      throw this.failure(
        `expected the end after ${this.field || 'the last field'}`,
        `${this.left} more bytes`,
      )
  }

  /** The alert for something malformed at this place. */
  failure(expected: string, came: string): TlsAlert {
    return new TlsAlert('decode_error', {
      reason: 'DECODE_ERROR',
      section: '6.2',
      why: `${expected}, got ${came}, at offset ${this.#at}`,
    })
  }

  #advance(length: number): number {
    const at = this.#at
    if (length > this.#end - at)
      throw this.failure(
        `expected ${length} ${length === 1 ? 'byte' : 'bytes'} for ${this.field || 'the next field'}`,
        `${this.left}`,
      )
    this.#at = at + length
    return at
  }
}
