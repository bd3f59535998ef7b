/** A DER writer for tests: it writes what it is told, right or wrong (X.690). */
import { ascii, type Bytes, concat } from '@biopair/crypto'

export { ascii } from '@biopair/crypto'

/** Bytes, one after the other. */
export const join = (...parts: readonly Uint8Array[]): Bytes => concat(...parts)

/** One element with a minimal definite length. */
export function tlv(tag: number, ...content: readonly Uint8Array[]): Bytes {
  const body = concat(...content)
  return concat(Uint8Array.of(tag, ...derLength(body.length)), body)
}

/** The octets of a length: short below 128, else long and minimal (X.690 §10.1). */
export function derLength(length: number): readonly number[] {
  if (length < 0x80) return [length]
  const digits: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest & 0xff)
  return [0x80 | digits.length, ...digits]
}

/** SEQUENCE. */
export const sequence = (...content: readonly Uint8Array[]): Bytes => tlv(0x30, ...content)
/** SET, in the order given. */
export const set = (...content: readonly Uint8Array[]): Bytes => tlv(0x31, ...content)
/** OCTET STRING. */
export const octetString = (...content: readonly Uint8Array[]): Bytes => tlv(0x04, ...content)
/** BIT STRING with so many unused bits at its end. */
export const bitString = (bytes: Uint8Array, unused = 0): Bytes =>
  tlv(0x03, Uint8Array.of(unused), bytes)
/** BOOLEAN: FF or 00. */
export const boolean = (value: boolean): Bytes => tlv(0x01, Uint8Array.of(value ? 0xff : 0))
/** NULL. */
export const nothing = (): Bytes => tlv(0x05)
/** ENUMERATED of a small number. */
export const enumerated = (value: number): Bytes => tlv(0x0a, Uint8Array.of(value))
/** `[n]` EXPLICIT, or IMPLICIT over a SEQUENCE's content. */
export const context = (n: number, ...content: readonly Uint8Array[]): Bytes =>
  tlv(0xa0 | n, ...content)
/** `[n]` IMPLICIT over a primitive. */
export const implicit = (n: number, content: Uint8Array): Bytes => tlv(0x80 | n, content)

/** INTEGER of a non-negative number or of a big-endian magnitude. */
export function integer(value: number | Uint8Array): Bytes {
  if (typeof value === 'number') return integer(magnitude(value))
  const first = value.findIndex(byte => byte !== 0)
  const bytes = first < 0 ? Uint8Array.of(0) : value.subarray(first)
  return tlv(0x02, (bytes[0] ?? 0) > 0x7f ? Uint8Array.of(0) : new Uint8Array(0), bytes)
}

function magnitude(value: number): Uint8Array {
  const digits: number[] = []
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest & 0xff)
  return Uint8Array.from(digits)
}

/** OBJECT IDENTIFIER from its dotted text. */
export function oid(text: string): Bytes {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number)
  const bytes = [first * 40 + second, ...rest].flatMap(arc => {
    const digits = [arc & 0x7f]
    for (let more = Math.floor(arc / 128); more > 0; more = Math.floor(more / 128))
      digits.unshift(0x80 | (more & 0x7f))
    return digits
  })
  return tlv(0x06, Uint8Array.from(bytes))
}

/** A Time as RFC 5280 §4.1.2.5 has it, of milliseconds since 1970: UTCTime from 1950 through 2049, GeneralizedTime else. */
export function time(at: number): Bytes {
  const short = at >= Date.UTC(1950, 0) && at < Date.UTC(2050, 0)
  return short ? tlv(0x17, ascii(digitsOf(at).slice(2))) : generalizedTime(at)
}

/** GeneralizedTime, to the second. */
export function generalizedTime(at: number): Bytes {
  return tlv(0x18, ascii(digitsOf(at)))
}

function digitsOf(at: number): string {
  return new Date(at).toISOString().replace(/[-:T]|\.\d+/g, '')
}

/** UTF8String. */
export const utf8String = (text: string): Bytes => tlv(0x0c, utf8(text))

/** UTF-8 of a text; floors below the adapters have no TextEncoder. */
export function utf8(text: string): Bytes {
  const bytes: number[] = []
  for (const character of text) {
    const code = character.codePointAt(0) as number
    if (code < 0x80) bytes.push(code)
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 0x3f))
    else if (code < 0x10000)
      bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f))
    else
      bytes.push(0xf0 | (code >> 18), ...[12, 6, 0].map(shift => 0x80 | ((code >> shift) & 0x3f)))
  }
  return Uint8Array.from(bytes)
}
