/** The base64 filter (BIO_f_base64): what is written goes down encoded, what is read comes up decoded. */
import { Base64Decoder, Base64Encoder } from './base64.ts'
import { CodingFilter } from './coding-filter.ts'
import type { ByteQueue } from './queue.ts'

export interface Base64Options {
  /** One line without any newline (BIO_FLAGS_BASE64_NO_NL); if not, a newline follows every 64 characters and the end. */
  readonly oneLine?: boolean
}

/**
 * `flush` and `end` end the encoding, with its padding; what is written after a `flush` begins another one behind it. Reading
 * takes both forms and encodings in a row, wherever they were cut; line breaks (CR, LF) may stand anywhere. All else is `broken` with
 * BAD_BASE64_DECODE and the offset, and so is an end within a group: unlike OpenSSL, which drops it.
 */
export class Base64Filter extends CodingFilter {
  readonly #oneLine: boolean
  #encoder: Base64Encoder
  #decoder = new Base64Decoder()

  constructor({ oneLine = false }: Base64Options = {}) {
    super()
    this.#oneLine = oneLine
    this.#encoder = new Base64Encoder(!oneLine)
  }

  /** Forgets what is held in both directions and how they ended (BIO_reset); what is below is left as it is. */
  reset(): void {
    this.begin()
    this.#encoder = new Base64Encoder(!this.#oneLine)
    this.#decoder = new Base64Decoder()
  }

  protected override encode(bytes: Uint8Array, to: ByteQueue): void {
    this.#encoder.encode(bytes, to)
  }

  protected override finishEncoding(to: ByteQueue): void {
    this.#encoder.end(to)
  }

  protected override decode(bytes: Uint8Array, to: ByteQueue): void {
    this.#decoder.decode(bytes, to)
  }

  protected override finishDecoding(): void {
    this.#decoder.end()
  }

  protected override get encoding(): number {
    return this.#encoder.held
  }

  protected override get decodedWhole(): boolean {
    return this.#decoder.whole
  }
}
