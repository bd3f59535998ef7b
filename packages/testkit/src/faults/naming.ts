/** Faults of names: what a leaf is called, and what the authorities above it let it be called (RFC 5280 §4.2.1.10, RFC 9525). */
import { nameConstraints } from '../extensions.ts'
import type { GeneralNameInput } from '../names.ts'
import { extended, type Fault, table } from './fault.ts'

const called = (says: string, names: readonly GeneralNameInput[], name?: string): Fault => ({
  says,
  at: 'leaf',
  change: plain => ({ ...plain, names }),
  code: 'ERR_TLS_CERT_ALTNAME_INVALID',
  field: 'subjectAltName',
  ...(name === undefined ? {} : { name }),
})

const constrained = (
  says: string,
  list: 'permits' | 'excludes',
  base: GeneralNameInput,
  field = 'subjectAltName',
): Fault => ({
  says,
  at: 'issuer',
  change: plain =>
    extended(plain, list === 'permits' ? nameConstraints([base]) : nameConstraints([], [base])),
  code: list === 'permits' ? 'PERMITTED_VIOLATION' : 'EXCLUDED_VIOLATION',
  blames: () => 0,
  field,
})

export const namingFaults = table({
  wrongName: called('has another name', ['other.example']),
  wrongIp: called('has another IP address', ['192.0.2.2'], '192.0.2.1'),
  ipAsName: called('has an IP address as a DNS name', [namedIp('192.0.2.1')], '192.0.2.1'),
  commonNameAlone: called('has its name in the common name alone', ['192.0.2.1']),
  noAltName: called('has no subject alternative name', []),
  partialWildcard: called('has a wildcard for a part of a label', ['serv*.example']),
  innerWildcard: called(
    'has a wildcard that is not the left-most label',
    ['a.*.example'],
    'a.b.example',
  ),
  wildcardForTwo: called(
    'has a wildcard for one label where there are two',
    ['*.wild.example'],
    'a.b.wild.example',
  ),
  wildcardForNone: called('has a wildcard and no label for it', ['*.server.example']),
  wildcardAbove: called('has a wildcard below a single label', ['*.example']),
  permittedDns: constrained('permits other DNS names', 'permits', 'other.example'),
  excludedDns: constrained('excludes the DNS name', 'excludes', 'server.example'),
  excludedByWildcard: constrained(
    'excludes a name that the wildcard stands for',
    'excludes',
    'one.wild.example',
  ),
  permittedIp: constrained('permits other networks', 'permits', '198.51.100.0/255.255.255.0'),
  excludedIp: constrained('excludes the network', 'excludes', '192.0.2.0/255.255.255.0'),
  excludedIpv6: constrained('excludes the IPv6 network', 'excludes', '2001:db8::/ffff:ffff::'),
  permittedEmail: constrained('permits other mailboxes', 'permits', 'email:other.example'),
  excludedEmail: constrained('excludes the mailbox', 'excludes', 'email:someone@mail.example'),
  permittedUri: constrained('permits other hosts of URIs', 'permits', 'uri:other.example'),
  excludedUri: constrained('excludes the domain of the URI', 'excludes', 'uri:.uri.example'),
  permittedDirectory: constrained(
    'permits other directory names',
    'permits',
    [['O', 'Other']],
    'subject',
  ),
  excludedDirectory: constrained(
    'excludes the subject',
    'excludes',
    [
      ['O', 'Example'],
      ['CN', 'server.example'],
    ],
    'subject',
  ),
})

/** A dNSName that holds what belongs into an iPAddress. */
function namedIp(text: string): Uint8Array {
  return Uint8Array.of(0x82, text.length, ...[...text].map(character => character.charCodeAt(0)))
}
