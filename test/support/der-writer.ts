/** A DER writer for tests: it writes what it is told, right or wrong. */
import type { Bytes } from '@biopair/crypto'

/** Bytes, one after the other. */
export function join(...parts: readonly Uint8Array[]): Bytes {
  return new Uint8Array(Buffer.concat(parts))
}

/** One element with a minimal definite length. */
export function tlv(tag: number, ...content: readonly Uint8Array[]): Bytes {
  const body = join(...content)
  if (body.length < 0x80) return join(Uint8Array.of(tag, body.length), body)
  const length: number[] = []
  for (let rest = body.length; rest > 0; rest = Math.floor(rest / 256)) length.unshift(rest & 0xff)
  return join(Uint8Array.of(tag, 0x80 | length.length, ...length), body)
}

export const sequence = (...content: readonly Uint8Array[]): Bytes => tlv(0x30, ...content)
export const set = (...content: readonly Uint8Array[]): Bytes => tlv(0x31, ...content)
export const octetString = (...content: readonly Uint8Array[]): Bytes => tlv(0x04, ...content)
export const bitString = (bytes: Uint8Array, unused = 0): Bytes =>
  tlv(0x03, Uint8Array.of(unused), bytes)
export const boolean = (value: boolean): Bytes => tlv(0x01, Uint8Array.of(value ? 0xff : 0))
export const nothing = (): Bytes => tlv(0x05)
/** `[n]` EXPLICIT, or IMPLICIT over a SEQUENCE's content. */
export const context = (n: number, ...content: readonly Uint8Array[]): Bytes =>
  tlv(0xa0 | n, ...content)
/** `[n]` IMPLICIT over a primitive. */
export const implicit = (n: number, content: Uint8Array): Bytes => tlv(0x80 | n, content)
export const ascii = (text: string): Bytes => new Uint8Array(Buffer.from(text, 'latin1'))

/** INTEGER of a non-negative number or of a big-endian magnitude. */
export function integer(value: number | Uint8Array): Bytes {
  if (typeof value === 'number') {
    const digits = value.toString(16)
    return integer(Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex'))
  }
  const first = value.findIndex(byte => byte !== 0)
  const bytes = first < 0 ? Uint8Array.of(0) : value.subarray(first)
  return tlv(0x02, (bytes[0] ?? 0) > 0x7f ? Uint8Array.of(0) : new Uint8Array(0), bytes)
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

/** A Time as RFC 5280 §4.1.2.5 has it: UTCTime through 2049, GeneralizedTime after. */
export function time(at: number): Bytes {
  const digits = new Date(at).toISOString().replace(/[-:T]|\.\d+/g, '')
  return at < Date.UTC(2050, 0) ? tlv(0x17, ascii(digits.slice(2))) : tlv(0x18, ascii(digits))
}

/** A Name with one common name; an empty one for ''. */
export function commonName(text: string): Bytes {
  if (text === '') return sequence()
  return sequence(set(sequence(oid('2.5.4.3'), tlv(0x0c, new Uint8Array(Buffer.from(text))))))
}

/** DER as PEM. */
export function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
