/** Does a certificate name this host or address? (RFC 9525, RFC 5280 §4.2.1.6) */
import type { GeneralName } from './general-name.ts'
import { lower, mailbox } from './mailbox.ts'

/** The presented identifier that matched, as the certificate has it; or why none did. */
export type NameMatch =
  | { readonly ok: true; readonly matched: string }
  | { readonly ok: false; readonly why: string }

export interface MatchOptions {
  /** Whether `*.example.com` in a certificate stands for `www.example.com`: true (X509_CHECK_FLAG_NO_WILDCARDS is false). */
  readonly allowWildcards?: boolean | undefined
}

const email = 'email:'

type AlternativeNames = { readonly subjectAltName: readonly GeneralName[] | undefined }

/**
 * Matches a reference identifier against the subject alternative names: a host name (A-labels, a trailing dot is ignored), an IP
 * address, or a mailbox in ASCII behind `email:`. Each matches names of its own kind alone: an address no dNSName, a host no
 * iPAddress. The subject's common name and emailAddress are never looked at (RFC 9525 §2).
 */
export function matchName(
  certificate: AlternativeNames,
  reference: string,
  options: MatchOptions = {},
): NameMatch {
  const names = certificate.subjectAltName ?? []
  if (reference.startsWith(email)) return matchMailbox(names, reference.slice(email.length))
  const address = parseIp(reference)
  if (address !== undefined) {
    const found = names.some(
      name =>
        name.kind === 'iPAddress' &&
        name.address.length === address.length &&
        name.address.every((byte, i) => byte === address[i]),
    )
    return found ? { ok: true, matched: reference } : mismatch(names, `the address ${reference}`)
  }
  const host = lower(reference.endsWith('.') ? reference.slice(0, -1) : reference)
  if (!isHost(host))
    return {
      ok: false,
      why: `expected a host name in ASCII (A-labels) or an IP address to look for, got ${JSON.stringify(reference)}`,
    }
  const { allowWildcards = true } = options
  for (const name of names)
    if (name.kind === 'dNSName' && covers(lower(name.text), host, allowWildcards))
      return { ok: true, matched: name.text }
  return mismatch(names, host)
}

/** The first of several reference identifiers that matches; where none does, why the first did not. */
export function matchNames(
  certificate: AlternativeNames,
  references: readonly string[],
  options: MatchOptions = {},
): NameMatch {
  let first: NameMatch | undefined
  for (const reference of references) {
    const match = matchName(certificate, reference, options)
    if (match.ok) return match
    first ??= match
  }
  if (!first) return { ok: false, why: 'expected a name to look for, got none' }
  if (references.length === 1 || first.ok) return first
  return { ok: false, why: `${first.why}; nor any of ${references.length - 1} other names` }
}

/** Whether a text can be looked for: a host name, an IP address, or a mailbox behind `email:`. */
export function isReferenceName(text: string): boolean {
  if (text.startsWith(email)) return mailbox(text.slice(email.length)) !== undefined
  return parseIp(text) !== undefined || isHost(lower(text.endsWith('.') ? text.slice(0, -1) : text))
}

// RFC 5280 §7.5: the local part exactly, the host without regard to case.
function matchMailbox(names: readonly GeneralName[], reference: string): NameMatch {
  const wanted = mailbox(reference)
  if (!wanted)
    return {
      ok: false,
      why: `expected a mailbox to look for, got ${JSON.stringify(reference)}`,
    }
  for (const name of names) {
    if (name.kind !== 'rfc822Name') continue
    const presented = mailbox(name.text)
    if (presented?.local === wanted.local && presented.host === wanted.host)
      return { ok: true, matched: name.text }
  }
  return mismatch(names, `the mailbox ${reference}`)
}

/**
 * An IP address: 4 bytes for dotted decimal, 16 for any text of RFC 4291 §2.2, with or without the brackets of a URL;
 * undefined for everything else (octal, short forms, zones).
 */
export function parseIp(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!text.includes(':')) return parseIpv4(text)
  return parseIpv6(text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text)
}

function covers(presented: string, host: string, wildcards: boolean): boolean {
  if (!presented.startsWith('*.')) return presented === host && isHost(presented)
  if (!wildcards) return false
  // RFC 9525 §6.3: the wildcard is the complete left-most label and matches exactly one; here with two labels at least to its right.
  const rest = presented.slice(2)
  const dot = host.indexOf('.')
  return dot > 0 && host.slice(dot + 1) === rest && rest.includes('.') && isHost(rest)
}

// LDH labels and the underscore, which names in use have; a name whose last label is a number would be a strange way to write an address.
function isHost(text: string): boolean {
  if (text.length > 253) return false
  return (
    /^[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_][a-z0-9_-]{0,62})*$/.test(text) &&
    !/(?:^|\.)\d+$/.test(text)
  )
}

function parseIpv4(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})$/.test(text)) return undefined
  const parts = text.split('.').map(Number)
  return parts.every(part => part < 256) ? Uint8Array.from(parts) : undefined
}

function parseIpv6(text: string): Uint8Array<ArrayBuffer> | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = pieces(halves[0] as string, halves.length === 1)
  const tail = halves.length === 2 ? pieces(halves[1] as string, true) : []
  if (head === undefined || tail === undefined) return undefined
  const missing = 16 - head.length - tail.length
  // "::" stands for one group of zeros at least.
  if (halves.length === 2 ? missing < 2 : missing !== 0) return undefined
  return Uint8Array.from([...head, ...new Array<number>(missing).fill(0), ...tail])
}

/** The bytes of colon-separated groups; the last may be dotted decimal where `last` says that the address ends here. */
function pieces(text: string, last: boolean): number[] | undefined {
  if (text === '') return []
  const groups = text.split(':')
  const bytes: number[] = []
  for (const [i, group] of groups.entries()) {
    if (last && i === groups.length - 1 && group.includes('.')) {
      const ipv4 = parseIpv4(group)
      if (ipv4 === undefined) return undefined
      bytes.push(...ipv4)
      continue
    }
    if (!/^[0-9A-Fa-f]{1,4}$/.test(group)) return undefined
    const value = Number.parseInt(group, 16)
    bytes.push(value >> 8, value & 0xff)
  }
  return bytes.length > 16 ? undefined : bytes
}

function mismatch(names: readonly GeneralName[], reference: string): NameMatch {
  const some = names.slice(0, 10).flatMap(name => {
    if (name.kind === 'dNSName') return [`DNS:${shown(name.text)}`]
    if (name.kind === 'rfc822Name') return [`email:${shown(name.text)}`]
    return name.kind === 'iPAddress' ? [`IP:${showIp(name.address)}`] : []
  })
  const more = names.length > 10 ? `, and ${names.length - 10} more` : ''
  return {
    ok: false,
    why: `expected ${reference} among the subject alternative names, got ${some.length === 0 ? 'none of its kind' : some.join(', ')}${more}`,
  }
}

/** As it is, or quoted where it might be taken for more than a name: this ends up in logs. */
function shown(text: string): string {
  return /^[!#-+\--~]*$/.test(text) ? text : JSON.stringify(text)
}

function showIp(address: Uint8Array): string {
  if (address.length === 4) return address.join('.')
  const groups: string[] = []
  for (let i = 0; i < address.length; i += 2)
    groups.push((((address[i] as number) << 8) | (address[i + 1] as number)).toString(16))
  return groups.join(':')
}
