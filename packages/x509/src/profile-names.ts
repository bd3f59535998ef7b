/** Names as the profiles want them written: dNSNames, and a common name beside them. */
import type { Certificate } from './certificate.ts'

/**
 * Whether a dNSName is in the "preferred name syntax" of RFC 1034 §3.5, as changed by RFC 1123 (RFC 5280 §4.2.1.6): labels of letters, digits and
 * hyphens, the first of them possibly a wildcard.
 */
export function dnsNameSyntax(text: string): boolean {
  const name = text.startsWith('*.') ? text.slice(2) : text
  return (
    name.length <= 253 &&
    name.split('.').every(label => /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(label))
  )
}

/**
 * Whether a common name names nobody whom the subject alternative names do not (CABF 7.1.4.3): it is one of them, letter for letter, addresses as
 * RFC 5952 writes them. Milder than that section where nobody is misled, for it is never matched: the host that a wildcard stands under, and
 * a host name where there are none to compare it with.
 */
export function commonNameShown(
  text: string,
  { subjectAltName = [] }: Pick<Certificate, 'subjectAltName'>,
): boolean {
  const hosts = subjectAltName.flatMap(name => (name.kind === 'dNSName' ? [name.text] : []))
  if (hosts.includes(text) || hosts.includes(`*.${text}`)) return true
  const shown = subjectAltName.some(
    name => name.kind === 'iPAddress' && addressText(name.address) === text,
  )
  return shown || (hosts.length === 0 && dnsNameSyntax(text) && !numeric(text))
}

// What ends in a number is read as an address, if as a strange one.
function numeric(text: string): boolean {
  return /(?:^|\.)(?:\d+|0[Xx][0-9A-Fa-f]*)$/.test(text)
}

/** An address of 4 bytes in dotted decimal (RFC 3986 §3.2.2), of 16 as RFC 5952 §4 has it. */
export function addressText(address: Uint8Array): string {
  if (address.length === 4) return address.join('.')
  const groups = Array.from({ length: address.length / 2 }, (_, i) =>
    (((address[2 * i] as number) << 8) | (address[2 * i + 1] as number)).toString(16),
  )
  // The first of the longest runs of two zero groups or more.
  let [start, length] = [0, 1]
  for (let i = 0; i < groups.length; i++) {
    let end = i
    while (groups[end] === '0') end++
    if (end - i > length) [start, length] = [i, end - i]
  }
  if (length < 2) return groups.join(':')
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + length).join(':')}`
}
