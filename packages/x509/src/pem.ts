/** PEM: blocks of base64 between textual boundaries (RFC 7468), with whatever text stands around them. */
import type { Bytes } from '@biopair/crypto'
import { fromBase64 } from './base64.ts'
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

function decodeBase64(text: string, label: string): Bytes {
  const bytes = fromBase64(text)
  if ('why' in bytes) throw damaged(label, bytes.why)
  return bytes
}

function damaged(label: string, why: string): X509InputError {
  return new X509InputError('ERR_PEM_INVALID', `PEM block ${JSON.stringify(label)}: ${why}`)
}
