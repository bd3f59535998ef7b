/** Text as UTF-8, where no `TextEncoder` is. */
import type { Bytes } from './bio.ts'
import { misuse } from './bio-error.ts'

/** The bytes of a text; half a surrogate pair becomes U+FFFD. TypeError for what is no string. */
export function utf8(text: string): Bytes {
  if (typeof text !== 'string') throw misuse(TypeError, `expected a string, got ${typeof text}`)
  const bytes: number[] = []
  for (const character of text) {
    const point = character.codePointAt(0) as number
    const code = point >= 0xd800 && point <= 0xdfff ? 0xfffd : point
    if (code < 0x80) bytes.push(code)
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), tail(code))
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), tail(code >> 6), tail(code))
    else bytes.push(0xf0 | (code >> 18), tail(code >> 12), tail(code >> 6), tail(code))
  }
  return Uint8Array.from(bytes)
}

function tail(bits: number): number {
  return 0x80 | (bits & 0x3f)
}
