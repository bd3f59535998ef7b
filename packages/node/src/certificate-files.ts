/** Certificates of files and directories: each PEM block by itself, so that a bad one costs no other. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LeftOut, TrustSource } from '@biopair/ssl'

/** What was found, and what there was no use for. */
export interface Found {
  readonly sources: TrustSource[]
  readonly leftOut: LeftOut[]
}

/** The certificates of a PEM text. `what` is its file; a block of OpenSSL's TRUSTED CERTIFICATE, which is more than a certificate, is left out. */
export function certificatesOf(text: string, what: string): Found {
  const found: Found = { sources: [], leftOut: [] }
  let count = 0
  for (const [, kind, base64 = ''] of text.matchAll(blocks)) {
    const from = `${what}, certificate ${count++}`
    if (kind === 'TRUSTED ')
      found.leftOut.push({ from, why: 'expected a CERTIFICATE, got a TRUSTED CERTIFICATE' })
    else found.sources.push({ der: Uint8Array.from(Buffer.from(base64, 'base64')), from })
  }
  const begun = [...text.matchAll(beginnings)].length
  if (begun > count) {
    const why = `expected ${begun} PEM blocks CERTIFICATE, got ${count} that end and are base64`
    found.leftOut.push({ from: what, why })
  }
  return found
}

const beginnings = /^-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/gm
const blocks =
  /^-----BEGIN ((?:X509 |TRUSTED )?)CERTIFICATE-----\s*$([A-Za-z0-9+/=\s]*)^-----END \1CERTIFICATE-----/gm

/** Those of a file. What cannot be read, or has no certificate in it, is told in `leftOut`. */
export function certificatesOfFile(path: string): Found {
  let text: string
  try {
    text = readFileSync(path, 'latin1')
  } catch (error) {
    return { sources: [], leftOut: [{ from: path, why: (error as Error).message }] }
  }
  const found = certificatesOf(text, path)
  if (found.sources.length + found.leftOut.length > 0) return found
  return {
    sources: [],
    leftOut: [{ from: path, why: 'expected a PEM block CERTIFICATE, got none' }],
  }
}

/** Those of every file of a directory, links with OpenSSL's names by hash among them; what is no file, or has none, is passed over. */
export function certificatesOfDirectory(path: string): Found {
  const found: Found = { sources: [], leftOut: [] }
  let entries: string[]
  try {
    entries = readdirSync(path).sort()
  } catch (error) {
    return { sources: [], leftOut: [{ from: path, why: (error as Error).message }] }
  }
  for (const name of entries) {
    let text: string
    try {
      text = readFileSync(join(path, name), 'latin1')
    } catch {
      continue
    }
    const { sources, leftOut } = certificatesOf(text, join(path, name))
    found.sources.push(...sources)
    found.leftOut.push(...leftOut)
  }
  return found
}

/** Several findings as one. */
export function together(findings: readonly Found[]): Found {
  return {
    sources: findings.flatMap(({ sources }) => sources),
    leftOut: findings.flatMap(({ leftOut }) => leftOut),
  }
}
