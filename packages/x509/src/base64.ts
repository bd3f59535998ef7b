/** Base64 and its form for URLs (RFC 4648 §4, §5), decoded strictly: no stray characters, no bits left over. */
import { type Bytes, wipe } from '@biopair/crypto'

/** The bytes, or why there are none. No character is shown: it may be part of a key. */
export type Decoded = Bytes | { readonly why: string }

/** Base64 with its padding. */
export function fromBase64(text: string): Decoded {
  if (text.length === 0 || text.length % 4 !== 0)
    return { why: `expected base64 in groups of 4 characters, got ${text.length} characters` }
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  return decode(text, text.length - padding, 0x2b, 0x2f)
}

/** Base64url, which has no padding in a JWK (RFC 7515 §2). */
export function fromBase64Url(text: string): Decoded {
  if (text.length % 4 === 1)
    return { why: `expected base64url, got ${text.length} characters, which cannot be` }
  return decode(text, text.length, 0x2d, 0x5f)
}

function decode(text: string, digits: number, digit62: number, digit63: number): Decoded {
  const bytes = new Uint8Array(Math.floor((digits * 3) / 4))
  let bits = 0
  let count = 0
  let at = 0
  for (let i = 0; i < digits; i++) {
    const code = text.charCodeAt(i)
    const value = code === digit62 ? 62 : code === digit63 ? 63 : digit(code)
    if (value < 0) {
      wipe(bytes)
      return { why: `expected base64, got another character at place ${i}` }
    }
    bits = (bits << 6) | value
    count += 6
    if (count < 8) continue
    count -= 8
    bytes[at++] = (bits >> count) & 0xff
    bits &= (1 << count) - 1
  }
  if (bits === 0) return bytes
  wipe(bytes)
  return { why: 'expected zero bits before the end, got others' }
}

function digit(code: number): number {
  if (code >= 0x41 && code <= 0x5a) return code - 0x41
  if (code >= 0x61 && code <= 0x7a) return code - 0x61 + 26
  return code >= 0x30 && code <= 0x39 ? code - 0x30 + 52 : -1
}

/** Base64 with its padding. */
export function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(i, i + 3)
    const bits = (a << 16) | (b << 8) | c
    const digits = Math.min(4, bytes.length - i + 1)
    for (let place = 0; place < 4; place++)
      text += place < digits ? alphabet[(bits >> (18 - 6 * place)) & 0x3f] : '='
  }
  return text
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
