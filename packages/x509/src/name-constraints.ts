/** Name constraints: reading them, and holding the names of a certificate against them (RFC 5280 §4.2.1.10). */
import { constructed, DerError, type DerReader, tags } from './der.ts'
import type { DistinguishedName } from './distinguished-name.ts'
import { type GeneralName, readGeneralName } from './general-name.ts'
import { domain, lower, type Mailbox, mailbox } from './mailbox.ts'
import type { Problem } from './problem.ts'

/** The bases of the subtrees; an `iPAddress` is address and mask. */
export interface NameConstraints {
  readonly permittedSubtrees: readonly GeneralName[]
  readonly excludedSubtrees: readonly GeneralName[]
}

/** A certificate's names. */
export interface Named {
  readonly subject: DistinguishedName
  readonly subjectAltName: readonly GeneralName[] | undefined
}

/** Comparisons that are still paid for: names times constraints can be quadratic in what a peer sends. */
export interface Budget {
  comparisons: number
}

/** Reads the extension's value. */
export function readNameConstraints(from: DerReader): NameConstraints {
  const sequence = from.inside(tags.SEQUENCE, 'NameConstraints')
  if (sequence.done) throw new DerError('subtrees in NameConstraints', 'none', sequence.at)
  const permitted = sequence.insideIf(constructed(0), 'permittedSubtrees')
  const permittedSubtrees = permitted === undefined ? [] : readSubtrees(permitted)
  const excluded = sequence.insideIf(constructed(1), 'excludedSubtrees')
  const excludedSubtrees = excluded === undefined ? [] : readSubtrees(excluded)
  sequence.finish('NameConstraints')
  return { permittedSubtrees, excludedSubtrees }
}

function readSubtrees(from: DerReader): GeneralName[] {
  if (from.done) throw new DerError('a GeneralSubtree', 'an empty sequence', from.at)
  const bases: GeneralName[] = []
  while (!from.done) {
    const subtree = from.inside(tags.SEQUENCE, 'GeneralSubtree')
    const at = subtree.at
    const base = readGeneralName(subtree, 'base', [8, 32])
    const problem = badBase(base)
    if (problem !== undefined) throw new DerError(problem.expected, problem.got, at)
    // "the minimum and maximum fields are not used with any name forms, thus, the minimum MUST be zero, and maximum MUST be absent".
    subtree.finish('GeneralSubtree without minimum and maximum')
    bases.push(base)
  }
  return bases
}

function badBase(base: GeneralName): { expected: string; got: string } | undefined {
  const wrong = (expected: string, got: string) => ({ expected, got: JSON.stringify(got) })
  switch (base.kind) {
    case 'dNSName':
      // The text has no leading period (only that of a URI has) and no wildcard.
      if (base.text !== '' && !domain(base.text))
        return wrong('a domain name as dNSName constraint', base.text)
      return undefined
    case 'rfc822Name': {
      const { text } = base
      const fine = text.includes('@')
        ? mailbox(text) !== undefined
        : domain(text.startsWith('.') ? text.slice(1) : text)
      return fine
        ? undefined
        : wrong('a mailbox, a host or a domain as rfc822Name constraint', text)
    }
    case 'uniformResourceIdentifier':
      return domain(base.text.startsWith('.') ? base.text.slice(1) : base.text)
        ? undefined
        : wrong('a host or a domain as uniformResourceIdentifier constraint', base.text)
    case 'iPAddress':
      return contiguous(base.address.subarray(base.address.length / 2))
        ? undefined
        : { expected: 'a mask of leading ones', got: 'another mask' }
    default:
      return undefined
  }
}

/** The first name of `subject` that the constraints do not allow, as a problem; undefined where all are allowed. */
export function violation(
  constraints: NameConstraints,
  named: Named,
  budget: Budget,
): Problem | undefined {
  const { permittedSubtrees, excludedSubtrees } = constraints
  const names = namesOf(named)
  if (names.length === 0) return undefined
  budget.comparisons -= names.length * (permittedSubtrees.length + excludedSubtrees.length)
  if (!(budget.comparisons >= 0))
    return {
      code: 'UNSPECIFIED',
      why: 'expected fewer names and name constraints, got more comparisons than are allowed',
    }
  // A base is prepared once for all names, and a name once for all bases: what each of the comparisons costs does not follow from their lengths.
  const excluding = prepared(excludedSubtrees)
  const permitting = prepared(permittedSubtrees)
  for (const name of names) {
    const excluded = excluding.get(name.kind) ?? []
    const permitted = permitting.get(name.kind) ?? []
    if (excluded.length + permitted.length === 0) continue
    if ('raw' in name)
      return {
        code: 'UNSUPPORTED_CONSTRAINT_TYPE',
        why: `expected constraints that we process, got one on ${name.kind}, which the certificate has`,
      }
    const covers = coverage(name)
    if (covers === undefined)
      return {
        code: 'UNSUPPORTED_NAME_SYNTAX',
        why: `expected a ${name.kind} that can be held against constraints, got ${show(name)}`,
        field: fieldOf(name, named),
      }
    if (excluded.some(base => covers(base, 'excluded')))
      return {
        code: 'EXCLUDED_VIOLATION',
        why: `expected names outside the excluded subtrees, got ${show(name)}`,
        field: fieldOf(name, named),
      }
    if (permitted.length > 0 && !permitted.some(base => covers(base, 'permitted')))
      return {
        code: 'PERMITTED_VIOLATION',
        why: `expected names inside the permitted subtrees, got ${show(name)}`,
        field: fieldOf(name, named),
      }
  }
  return undefined
}

/** A base as it is compared: of a text its lower case, and the mailbox that it may be. */
interface Base {
  readonly name: GeneralName
  readonly text: string
  readonly mail: Mailbox | undefined
}

function prepared(bases: readonly GeneralName[]): ReadonlyMap<string, readonly Base[]> {
  const kinds = new Map<string, Base[]>()
  for (const name of bases) {
    const text = 'text' in name ? lower(name.text) : ''
    const mail = name.kind === 'rfc822Name' ? mailbox(name.text) : undefined
    const list = kinds.get(name.kind)
    if (list) list.push({ name, text, mail })
    else kinds.set(name.kind, [{ name, text, mail }])
  }
  return kinds
}

function fieldOf(name: GeneralName, { subject, subjectAltName }: Named): string {
  if (subjectAltName?.includes(name)) return 'subjectAltName'
  return name.kind === 'directoryName' && name.name === subject ? 'subject' : 'subject.emailAddress'
}

function namesOf(certificate: Named): readonly GeneralName[] {
  const names: GeneralName[] = [...(certificate.subjectAltName ?? [])]
  if (!certificate.subject.empty) names.push({ kind: 'directoryName', name: certificate.subject })
  // "When the subject alternative name extension is not present [...] constraints of rfc822Name form [...] the emailAddress attribute".
  if (certificate.subjectAltName === undefined)
    for (const text of certificate.subject.values('1.2.840.113549.1.9.1'))
      names.push({ kind: 'rfc822Name', text })
  return names
}

type Covers = (base: Base, list: 'permitted' | 'excluded') => boolean

/** Whether a name is within a base of its own kind; undefined for a name that cannot be held against any. */
function coverage(name: GeneralName): Covers | undefined {
  switch (name.kind) {
    case 'dNSName': {
      const text = lower(name.text)
      if (!domain(text.startsWith('*.') ? text.slice(2) : text)) return undefined
      return (base, list) => underDomain(text, base.text, list)
    }
    case 'rfc822Name': {
      const mail = mailbox(name.text)
      return mail && (base => mailMatches(mail, base))
    }
    case 'uniformResourceIdentifier': {
      const host = uriHost(name.text)
      return host === undefined ? undefined : base => hostMatches(host, base.text)
    }
    case 'iPAddress':
      return base => 'address' in base.name && inNetwork(name.address, base.name.address)
    case 'directoryName':
      return base => 'name' in base.name && startsWith(name.name, base.name.name)
    default:
      return () => false
  }
}

// "Any DNS name that can be constructed by simply adding zero or more labels to the left-hand side of the name satisfies the name constraint."
function underDomain(name: string, base: string, list: 'permitted' | 'excluded'): boolean {
  if (base === '' || name === base || name.endsWith(`.${base}`)) return true
  // A wildcard stands for every name it can match: one of them inside is enough to be excluded.
  if (list === 'permitted' || !name.startsWith('*.')) return false
  return base.slice(base.indexOf('.')) === name.slice(1)
}

function inNetwork(address: Uint8Array, network: Uint8Array): boolean {
  const length = address.length
  if (network.length !== 2 * length) return false
  return address.every((byte, i) => {
    const mask = network[length + i] as number
    return (byte & mask) === ((network[i] as number) & mask)
  })
}

function startsWith(name: DistinguishedName, base: DistinguishedName): boolean {
  return base.canonical.every((rdn, i) => rdn === name.canonical[i])
}

function mailMatches(mail: Mailbox, base: Base): boolean {
  if (base.mail) return mail.local === base.mail.local && mail.host === base.mail.host
  return hostMatches(mail.host, base.text)
}

function hostMatches(host: string, base: string): boolean {
  return base.startsWith('.') ? host.endsWith(base) : host === base
}

function show(name: GeneralName): string {
  if ('text' in name) return JSON.stringify(name.text)
  if (name.kind === 'directoryName') return JSON.stringify(name.name.text)
  return name.kind === 'iPAddress' ? `the address ${[...name.address].join('.')}` : name.kind
}

// "The constraint MUST be specified as a fully qualified domain name": a URI without one cannot be held against it.
function uriHost(uri: string): string | undefined {
  const host = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#:@[\]]+)(?::\d*)?(?:[/?#]|$)/.exec(
    uri,
  )?.[1]
  return host !== undefined && domain(host) && !/^[\d.]+$/.test(host) ? lower(host) : undefined
}

function contiguous(mask: Uint8Array): boolean {
  let ended = false
  for (const byte of mask) {
    if (ended ? byte !== 0 : ![0, 128, 192, 224, 240, 248, 252, 254, 255].includes(byte))
      return false
    ended ||= byte !== 255
  }
  return true
}
