/** A verdict as lines of text, for people: the path that was tried, the certificate and the field at fault, the RFC's section. */
import type { Certificate } from './certificate.ts'
import type { Verdict } from './verdict.ts'

/**
 * The verdict in words, a certificate a line, the one at fault marked with `>`. Names in it are a peer's: they are quoted, and hold no control
 * characters.
 */
export function explainVerdict(verdict: Verdict): string {
  if (verdict.ok) {
    const named = verdict.name === undefined ? '' : ` as ${JSON.stringify(verdict.name)}`
    return [`believed${named}`, ...verdict.path.map((one, depth) => line(one, depth))].join('\n')
  }
  const { code, depth, field, section, why, path } = verdict
  const rfc = section.startsWith('RFC') ? section : `RFC 9846 ${section}`
  const lines = [`not believed: ${code} (${rfc}), the certificate at depth ${depth}`]
  for (const [at, certificate] of path.entries())
    lines.push(line(certificate, at, at === depth ? '>' : ' '))
  lines.push(plain(`${field === undefined ? '' : `${field}: `}${why}`))
  return lines.join('\n')
}

function line(certificate: Certificate, depth: number, mark = ' '): string {
  const { subject, issuer, selfIssued } = certificate
  const by = selfIssued ? 'itself' : quoted(issuer.text)
  return `${mark} ${depth} ${quoted(subject.text)}, issued by ${by}`
}

// JSON escapes what would move a terminal's cursor, but for DEL and C1.
function quoted(text: string): string {
  return plain(JSON.stringify(text))
}

/** Whatever a line's reader would not see as a character of it, escaped. */
function plain(text: string): string {
  return text.replace(
    /[\p{Cc}\u2028\u2029]/gu,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
