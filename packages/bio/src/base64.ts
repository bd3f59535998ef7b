/** Base64 (RFC 4648 section 4) of a stream: bytes come in pieces of any size, and so do characters. */
import type { Bytes } from './bio.ts'
import { BioError } from './bio-error.ts'
import type { ByteQueue } from './queue.ts'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const newline = 0x0a
const carriageReturn = 0x0d
const padding = 0x3d
/** Characters of a line, as OpenSSL writes them and PEM wants them (RFC 7468 section 2). */
const lineLength = 64

/** Whole groups come out at once; what is left of one is held until more comes, or the end. */
export class Base64Encoder {
  readonly #lines: boolean
  /** Bytes of a group that is not whole yet: 0 to 2 of them. */
  readonly #held: Bytes = new Uint8Array(3)
  #count = 0
  /** Characters in the line so far. */
  #column = 0

  /** With `lines`, a newline follows every 64 characters and the end. */
  constructor(lines: boolean) {
    this.#lines = lines
  }

  /** Bytes that have not come out. */
  get held(): number {
    return this.#count
  }

  encode(bytes: Uint8Array, to: ByteQueue): void {
    const groups = Math.floor((this.#count + bytes.length) / 3)
    const text: Bytes = new Uint8Array(groups * 4 + Math.ceil(groups / 16))
    let length = 0
    for (const byte of bytes) {
      this.#held[this.#count++] = byte
      if (this.#count === 3) length = this.#group(text, length)
    }
    to.write(text.subarray(0, length))
  }

  /** Pads a group that is not whole, and ends the line; nothing where nothing has come since the last end. */
  end(to: ByteQueue): void {
    const text: Bytes = new Uint8Array(6)
    const missing = 3 - this.#count
    let length = 0
    if (missing < 3) {
      this.#held.fill(0, this.#count)
      length = this.#group(text, 0)
      const end = text[length - 1] === newline ? length - 1 : length
      text.fill(padding, end - missing, end)
    }
    if (this.#lines && this.#column > 0) text[length++] = newline
    this.#column = 0
    to.write(text.subarray(0, length))
  }

  #group(text: Bytes, at: number): number {
    const [a = 0, b = 0, c = 0] = this.#held
    this.#count = 0
    let end = at
    text[end++] = digit(a >> 2)
    text[end++] = digit(((a & 3) << 4) | (b >> 4))
    text[end++] = digit(((b & 15) << 2) | (c >> 6))
    text[end++] = digit(c & 63)
    this.#column += 4
    if (this.#lines && this.#column === lineLength) {
      text[end++] = newline
      this.#column = 0
    }
    return end
  }
}

/**
 * Strict: characters of the alphabet in groups of four, the last one of an encoding padded and without stray bits (RFC 4648 sections
 * 3.2, 3.3 and 3.5). Line breaks (CR, LF) may stand anywhere. Behind padding another encoding may begin.
 */
export class Base64Decoder {
  #bits = 0
  /** Characters of the group so far, padding too. */
  #count = 0
  #padded = false
  /** Characters before the next one, line breaks too. */
  #offset = 0

  /** Between two groups. */
  get whole(): boolean {
    return this.#count === 0
  }

  /** Throws a `BioError` BAD_BASE64_DECODE at what does not belong there; what came before it is in `to`. */
  decode(text: Uint8Array, to: ByteQueue): void {
    const bytes: Bytes = new Uint8Array(Math.floor((this.#count + text.length) / 4) * 3)
    let length = 0
    try {
      for (const character of text) {
        length = this.#take(character, bytes, length)
        this.#offset++
      }
    } finally {
      to.write(bytes.subarray(0, length))
    }
  }

  /** Throws unless the last group is whole: an encoding without its padding is one that was cut off. */
  end(): void {
    if (this.whole) return
    const missing = 4 - this.#count
    throw bad(
      `expected ${missing} more ${missing === 1 ? 'character' : 'characters'} of the last group`,
      this.#offset,
      'the end',
    )
  }

  #take(character: number, bytes: Bytes, length: number): number {
    if (character === newline || character === carriageReturn) return length
    if (character === padding) return this.#pad(bytes, length)
    const value = valueIn(character)
    if (this.#padded) throw bad('expected more padding', this.#offset, shown(character))
    if (value < 0)
      throw bad(
        'expected a character of the alphabet, padding or a line break',
        this.#offset,
        shown(character),
      )
    this.#bits = (this.#bits << 6) | value
    this.#count++
    return this.#count === 4 ? this.#group(bytes, length, 3) : length
  }

  #pad(bytes: Bytes, length: number): number {
    if (this.#count < 2)
      throw bad('expected two characters of a group before padding', this.#offset, shown(padding))
    // Behind padding they are 0.
    const stray = this.#bits & (this.#count === 3 ? 0b11 : 0b1111)
    if (stray !== 0)
      throw bad(
        'expected a last character without bits to spare',
        this.#offset,
        `stray bits before padding (${stray})`,
      )
    this.#bits <<= 6
    this.#count++
    if (this.#count < 4) {
      this.#padded = true
      return length
    }
    return this.#group(bytes, length, this.#padded ? 1 : 2)
  }

  #group(bytes: Bytes, length: number, count: number): number {
    for (let i = 0; i < count; i++) bytes[length + i] = (this.#bits >> (16 - 8 * i)) & 0xff
    this.#bits = 0
    this.#count = 0
    this.#padded = false
    return length + count
  }
}

function digit(value: number): number {
  return alphabet.charCodeAt(value)
}

/** What a character stands for; -1 for one that is not of the alphabet. */
function valueIn(character: number): number {
  if (character >= 0x61) return character <= 0x7a ? character - 0x61 + 26 : -1
  if (character >= 0x41) return character <= 0x5a ? character - 0x41 : -1
  if (character >= 0x30) return character <= 0x39 ? character - 0x30 + 52 : -1
  if (character === 0x2b) return 62
  return character === 0x2f ? 63 : -1
}

function shown(character: number): string {
  const code = `0x${character.toString(16).padStart(2, '0')}`
  const printable = character > 0x20 && character < 0x7f
  return printable ? `'${String.fromCharCode(character)}' (${code})` : code
}

function bad(expected: string, offset: number, got: string): BioError {
  return new BioError('BAD_BASE64_DECODE', `base64: ${expected} at offset ${offset}, got ${got}`)
}
