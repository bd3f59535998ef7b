/** PEM: blocks of base64 between textual boundaries (RFC 7468), with whatever text stands around them. */
import { type Bytes, wipe } from '@biopair/crypto'
import { X509InputError } from './failure.ts'

export interface PemBlock {
  /** `CERTIFICATE`, `PRIVATE KEY`, ... */
  readonly label: string
  /** RFC 1421 header lines, which only old encrypted keys have. */
  readonly headers: readonly string[]
  readonly bytes: Bytes
}

/** Every block of a text, in order; text around them is skipped. Throws `X509InputError` for a block that is damaged. */
export function pemBlocks(text: string): PemBlock[] {
  const blocks: PemBlock[] = []
  const begin = /^[ \t]*-----BEGIN ([^\r\n]*?)-----[ \t]*$/gm
  for (let match = begin.exec(text); match !== null; match = begin.exec(text)) {
    const label = match[1] as string
    const start = match.index + match[0].length
    const boundary = `-----END ${label}-----`
    const end = text.indexOf(boundary, start)
    if (end < 0) throw damaged(label, `expected ${boundary}, got the end of the text`)
    const body = text.slice(start, end)
    if (body.includes('-----'))
      throw damaged(label, `expected ${boundary}, got another boundary before it`)
    const lines = body.split(/\r\n|\n|\r/).map(line => line.trim())
    const headers = lines.filter(line => line.includes(':'))
    const base64 = headers.length === 0 ? lines : withoutHeaders(lines)
    blocks.push({ label, headers, bytes: decodeBase64(base64.join(''), label) })
    begin.lastIndex = end + boundary.length
  }
  return blocks
}

/** Whether bytes or a string hold PEM rather than DER: a boundary is in it. */
export function pemText(input: string | Uint8Array): string | undefined {
  if (typeof input === 'string') return input
  // A DER structure starts with a SEQUENCE, 30; that is the digit 0 in ASCII, which no PEM file has reason to start with.
  if (input[0] === 0x30) return undefined
  let text = ''
  for (let i = 0; i < input.length; i += 4096)
    text += String.fromCharCode(...input.subarray(i, i + 4096))
  return text.includes('-----BEGIN ') ? text : undefined
}

// RFC 1421 §4.4: headers, which may be folded, end with an empty line.
function withoutHeaders(lines: readonly string[]): readonly string[] {
  const first = lines.findIndex(line => line !== '')
  const blank = lines.indexOf('', first)
  return blank < 0 ? [] : lines.slice(blank)
}

/** Base64 (RFC 4648 §4), strict: padded, no stray characters, no bits left over. */
function decodeBase64(text: string, label: string): Bytes {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  if (text.length === 0 || text.length % 4 !== 0)
    throw damaged(label, `expected base64 in groups of 4 characters, got ${text.length} characters`)
  const bytes = new Uint8Array((text.length / 4) * 3 - padding)
  const digits = text.length - padding
  let bits = 0
  let count = 0
  let at = 0
  for (let i = 0; i < digits; i++) {
    const value = digit(text.charCodeAt(i))
    if (value < 0) {
      wipe(bytes)
      // The character itself is not shown: it may be part of a key.
      throw damaged(label, `expected base64, got another character at place ${i}`)
    }
    bits = (bits << 6) | value
    count += 6
    if (count < 8) continue
    count -= 8
    bytes[at++] = (bits >> count) & 0xff
    bits &= (1 << count) - 1
  }
  if (bits !== 0) {
    wipe(bytes)
    throw damaged(label, 'expected zero bits before the padding, got others')
  }
  return bytes
}

function digit(code: number): number {
  if (code >= 0x41 && code <= 0x5a) return code - 0x41
  if (code >= 0x61 && code <= 0x7a) return code - 0x61 + 26
  if (code >= 0x30 && code <= 0x39) return code - 0x30 + 52
  return code === 0x2b ? 62 : code === 0x2f ? 63 : -1
}

function damaged(label: string, why: string): X509InputError {
  return new X509InputError('ERR_PEM_INVALID', `PEM block ${JSON.stringify(label)}: ${why}`)
}
