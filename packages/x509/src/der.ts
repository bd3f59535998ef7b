/** A strict DER reader (X.690 §10, §11): it walks offsets into the given bytes and copies nothing. */
import type { X509Failure } from './failure.ts'

/** The identifier octets that certificates and keys are made of. */
export const tags = {
  BOOLEAN: 0x01,
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  NULL: 0x05,
  OBJECT_IDENTIFIER: 0x06,
  ENUMERATED: 0x0a,
  UTF8String: 0x0c,
  NumericString: 0x12,
  PrintableString: 0x13,
  TeletexString: 0x14,
  IA5String: 0x16,
  UTCTime: 0x17,
  GeneralizedTime: 0x18,
  VisibleString: 0x1a,
  UniversalString: 0x1c,
  BMPString: 0x1e,
  SEQUENCE: 0x30,
  SET: 0x31,
} as const

/** `[n]` over a primitive value (IMPLICIT). */
export const primitive = (n: number): number => 0x80 | n
/** `[n]` over a constructed value (EXPLICIT, or IMPLICIT over a SEQUENCE). */
export const constructed = (n: number): number => 0xa0 | n

// X.690 sets no bound; nothing that we read nests deeper than a GeneralName inside an AuthorityKeyIdentifier.
const deepest = 24

/** One element: where it starts, where its content starts, where it ends. */
export interface Element {
  readonly tag: number
  readonly start: number
  readonly content: number
  readonly end: number
}

/** Reads the elements of one constructed value, in order. Every method throws `DerError` for what is not strict DER. */
export class DerReader {
  readonly bytes: Uint8Array
  readonly end: number
  #at: number
  readonly #depth: number

  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length, depth = 0) {
    if (depth > deepest) throw new DerError(`at most ${deepest} levels`, 'a deeper one', start)
    this.bytes = bytes
    this.end = end
    this.#at = start
    this.#depth = depth
  }

  /** The offset of the next element. */
  get at(): number {
    return this.#at
  }

  get done(): boolean {
    return this.#at >= this.end
  }

  /** The tag of the next element; 0, which no element has, at the end. */
  peek(): number {
    return this.#at < this.end ? (this.bytes[this.#at] as number) : 0
  }

  /** The next element, whatever it is. */
  any(what: string): Element {
    const { bytes, end } = this
    const start = this.#at
    if (start + 2 > end) throw new DerError(what, 'the end', start)
    const tag = bytes[start] as number
    if (tag === 0 || (tag & 0x1f) === 0x1f)
      throw new DerError(what, `the identifier octet ${hex(tag)}`, start)
    let content = start + 2
    let length = bytes[start + 1] as number
    if (length > 0x7f) {
      const count = length & 0x7f
      if (count === 0)
        throw new DerError(`${what} with a definite length`, 'an indefinite one', start)
      if (count > 4) throw new DerError(`${what} of less than 2^32 bytes`, 'a longer one', start)
      content += count
      if (content > end) throw new DerError(what, 'the end in its length', start)
      length = 0
      for (let i = start + 2; i < content; i++) length = length * 256 + (bytes[i] as number)
      if (length < 0x80 || length < 256 ** (count - 1))
        throw new DerError(`${what} with a minimal length`, 'a padded one', start)
    }
    if (length > end - content)
      throw new DerError(`${what} of ${length} bytes`, `${end - content} bytes`, start)
    this.#at = content + length
    return { tag, start, content, end: this.#at }
  }

  /** The next element, which must have this tag. */
  take(tag: number, what: string): Element {
    if (this.peek() !== tag)
      throw new DerError(
        `${what} (${hex(tag)})`,
        this.done ? 'the end' : hex(this.peek()),
        this.#at,
      )
    return this.any(what)
  }

  /** A reader of what is inside the next element. */
  inside(tag: number, what: string): DerReader {
    const element = this.take(tag, what)
    return new DerReader(this.bytes, element.content, element.end, this.#depth + 1)
  }

  /** The same, or undefined where the next element has another tag. */
  insideIf(tag: number, what: string): DerReader | undefined {
    return this.peek() === tag ? this.inside(tag, what) : undefined
  }

  /** The content octets of the next element. */
  content(tag: number, what: string): Uint8Array {
    const element = this.take(tag, what)
    return this.bytes.subarray(element.content, element.end)
  }

  /** Header and content of an element. */
  whole(element: Element): Uint8Array {
    return this.bytes.subarray(element.start, element.end)
  }

  /** INTEGER: its content octets, two's complement and minimal (X.690 §8.3.2). */
  integer(what: string): Uint8Array {
    return this.#minimal(this.take(tags.INTEGER, what), what)
  }

  /** INTEGER that is not negative: its magnitude, big-endian without leading zeros; empty for zero. */
  unsigned(what: string): Uint8Array {
    const at = this.#at
    const value = this.integer(what)
    if ((value[0] as number) > 0x7f)
      throw new DerError(`a non-negative ${what}`, 'a negative one', at)
    return value[0] === 0 ? value.subarray(1) : value
  }

  /** INTEGER from 0 to 2^31 - 1, with its own tag where it is IMPLICIT. */
  small(what: string, tag: number = tags.INTEGER): number {
    const at = this.#at
    const value = this.#minimal(this.take(tag, what), what)
    if ((value[0] as number) > 0x7f || value.length > 4)
      throw new DerError(`${what} from 0 to 2^31 - 1`, 'another number', at)
    return value.reduce((number, byte) => number * 256 + byte, 0)
  }

  /** BOOLEAN: 00 or FF (X.690 §11.1). */
  boolean(what: string): boolean {
    const at = this.#at
    const value = this.content(tags.BOOLEAN, what)
    if (value.length !== 1 || (value[0] !== 0 && value[0] !== 0xff))
      throw new DerError(`${what}, 00 or FF`, 'another value', at)
    return value[0] === 0xff
  }

  /** BIT STRING of whole octets. */
  octets(what: string, tag: number = tags.BIT_STRING): Uint8Array {
    const { unused, bytes } = this.bits(what, tag)
    if (unused !== 0)
      throw new DerError(`${what} of whole octets`, `${unused} unused bits`, this.#at)
    return bytes
  }

  /** BIT STRING; the unused bits must be zero (X.690 §11.2.1). */
  bits(
    what: string,
    tag: number = tags.BIT_STRING,
  ): { readonly unused: number; readonly bytes: Uint8Array } {
    const at = this.#at
    const value = this.content(tag, what)
    const unused = value[0]
    if (unused === undefined || unused > 7 || (unused > 0 && value.length === 1))
      throw new DerError(what, 'no count of unused bits', at)
    const last = value[value.length - 1] as number
    if (value.length > 1 && (last & ((1 << unused) - 1)) !== 0)
      throw new DerError(`${what} with zero padding`, 'other padding', at)
    return { unused, bytes: value.subarray(1) }
  }

  /** OBJECT IDENTIFIER, dotted. */
  oid(what: string): string {
    const element = this.take(tags.OBJECT_IDENTIFIER, what)
    return oidText(this.bytes, element.content, element.end, what)
  }

  /** NULL. */
  null(what: string): void {
    const at = this.#at
    if (this.content(tags.NULL, what).length !== 0)
      throw new DerError(`${what}, empty`, 'content', at)
  }

  /** Nothing may follow. */
  finish(what: string): void {
    if (!this.done)
      throw new DerError(`the end of ${what}`, `${this.end - this.#at} more bytes`, this.#at)
  }

  #minimal(element: Element, what: string): Uint8Array {
    const { content, end } = element
    if (content === end) throw new DerError(what, 'an INTEGER without content', element.start)
    const first = this.bytes[content] as number
    const second = this.bytes[content + 1] as number
    if (end - content > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second > 0x7f)))
      throw new DerError(`a minimal ${what}`, 'a padded one', element.start)
    return this.bytes.subarray(content, end)
  }
}

/** Internal to this package: caught where bytes enter, and turned into an `X509Failure` or an `X509InputError`. */
export class DerError extends Error {
  override readonly name = 'DerError'
  readonly offset: number
  /** The section that the reader stood in; filled in by whoever knows. */
  section: string | undefined

  constructor(expected: string, got: string, offset: number, section?: string) {
    super(`expected ${expected}, got ${got}`)
    this.offset = offset
    this.section = section
  }
}

/** What `read` answers, or the failure that its `DerError` says. */
export function attempt<T>(section: string, read: () => T): T | X509Failure {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof DerError)) throw error
    return {
      failure: 'malformed',
      why: `${error.message} (byte ${error.offset})`,
      section: error.section ?? section,
      offset: error.offset,
    }
  }
}

function oidText(bytes: Uint8Array, start: number, end: number, what: string): string {
  const wrong = () => new DerError(what, 'a badly encoded OBJECT IDENTIFIER', start)
  if (start === end || end - start > 64 || (bytes[end - 1] as number) > 0x7f) throw wrong()
  let text = ''
  let arc = 0
  let fresh = true
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number
    if (fresh && byte === 0x80) throw wrong()
    arc = arc * 128 + (byte & 0x7f)
    if (arc > Number.MAX_SAFE_INTEGER) throw wrong()
    fresh = byte < 0x80
    if (!fresh) continue
    if (text === '') {
      const first = Math.min(2, Math.floor(arc / 40))
      text = `${first}.${arc - first * 40}`
    } else text += `.${arc}`
    arc = 0
  }
  return text
}

function hex(tag: number): string {
  return tag.toString(16).padStart(2, '0')
}

/** Whether two byte strings are the same. Of certificates: nothing here is secret. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
