/** The certificate extensions that we process, one row each (RFC 5280 §4.2). */
import { constructed, DerError, DerReader, primitive, tags } from './der.ts'
import { type GeneralName, readGeneralName } from './general-name.ts'
import { type NameConstraints, readNameConstraints } from './name-constraints.ts'

/** An extension as it came. */
export interface Extension {
  readonly oid: string
  readonly critical: boolean
  /** What is inside its OCTET STRING. */
  readonly value: Uint8Array
}

export interface BasicConstraints {
  readonly cA: boolean
  readonly pathLenConstraint: number | undefined
}

/** The names of KeyUsage's bits, in order (RFC 5280 §4.2.1.3). */
export const keyUsages = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const
export type KeyUsage = (typeof keyUsages)[number]

/** Key purposes that TLS and OCSP ask for (RFC 5280 §4.2.1.12). */
export const keyPurposes = {
  anyExtendedKeyUsage: '2.5.29.37.0',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  OCSPSigning: '1.3.6.1.5.5.7.3.9',
} as const

export interface AuthorityKeyIdentifier {
  readonly keyIdentifier: Uint8Array | undefined
  readonly authorityCertIssuer: readonly GeneralName[] | undefined
  readonly authorityCertSerialNumber: Uint8Array | undefined
}

export interface PolicyConstraints {
  readonly requireExplicitPolicy: number | undefined
  readonly inhibitPolicyMapping: number | undefined
}

/** A policy of the issuer's that it holds for the same as one of the subject's (RFC 5280 §4.2.1.5). */
export interface PolicyMapping {
  readonly issuerDomainPolicy: string
  readonly subjectDomainPolicy: string
}

/** The TLS extensions that a TLS feature extension may name, by id (RFC 7633 §4.1): status_request makes stapling a must. */
export const tlsFeatureIds = { status_request: 5 } as const

/** What the recognised extensions say; undefined where a certificate has not got one. */
export interface Extensions {
  readonly basicConstraints: BasicConstraints | undefined
  readonly keyUsage: readonly KeyUsage[] | undefined
  /** Key purpose OIDs. */
  readonly extKeyUsage: readonly string[] | undefined
  readonly subjectAltName: readonly GeneralName[] | undefined
  readonly subjectKeyIdentifier: Uint8Array | undefined
  readonly authorityKeyIdentifier: AuthorityKeyIdentifier | undefined
  readonly nameConstraints: NameConstraints | undefined
  /** Policy OIDs. */
  readonly certificatePolicies: readonly string[] | undefined
  readonly policyMappings: readonly PolicyMapping[] | undefined
  readonly policyConstraints: PolicyConstraints | undefined
  /** How many certificates below may still say anyPolicy. */
  readonly inhibitAnyPolicy: number | undefined
  /** Ids of the TLS extensions that the certificate's owner always answers (RFC 7633). */
  readonly tlsFeatures: readonly number[] | undefined
  /** OIDs of critical extensions that we do not process: whoever relies on the certificate must refuse it. */
  readonly unknownCritical: readonly string[]
}

type Draft = { -readonly [K in keyof Extensions]: Extensions[K] }

interface Row {
  readonly name: string
  readonly section: string
  readonly read: (value: DerReader, into: Draft, critical: boolean) => void
}

const rows: ReadonlyMap<string, Row> = new Map<string, Row>([
  ['2.5.29.19', { name: 'basicConstraints', section: '4.2.1.9', read: basicConstraints }],
  ['2.5.29.15', { name: 'keyUsage', section: '4.2.1.3', read: keyUsage }],
  ['2.5.29.37', { name: 'extKeyUsage', section: '4.2.1.12', read: extKeyUsage }],
  ['2.5.29.17', { name: 'subjectAltName', section: '4.2.1.6', read: subjectAltName }],
  ['2.5.29.14', { name: 'subjectKeyIdentifier', section: '4.2.1.2', read: subjectKeyIdentifier }],
  [
    '2.5.29.35',
    { name: 'authorityKeyIdentifier', section: '4.2.1.1', read: authorityKeyIdentifier },
  ],
  ['2.5.29.30', { name: 'nameConstraints', section: '4.2.1.10', read: nameConstraints }],
  ['2.5.29.32', { name: 'certificatePolicies', section: '4.2.1.4', read: certificatePolicies }],
  ['2.5.29.33', { name: 'policyMappings', section: '4.2.1.5', read: policyMappings }],
  ['2.5.29.36', { name: 'policyConstraints', section: '4.2.1.11', read: policyConstraints }],
  ['2.5.29.54', { name: 'inhibitAnyPolicy', section: '4.2.1.14', read: inhibitAnyPolicy }],
  ['1.3.6.1.5.5.7.1.24', { name: 'TLS feature', section: 'RFC 7633 4.1', read: tlsFeature }],
])

/** What a certificate without extensions says. */
export const noExtensions: Extensions = blank()

/** Reads `Extensions`: the list as it came, and what the recognised ones say. */
export function readExtensions(from: DerReader): {
  list: readonly Extension[]
  known: Extensions
} {
  const sequence = from.inside(tags.SEQUENCE, 'extensions')
  if (sequence.done) throw new DerError('an extension', 'an empty sequence', sequence.at)
  const known = blank()
  const list: Extension[] = []
  const seen = new Set<string>()
  const unknownCritical: string[] = []
  while (!sequence.done) {
    const at = sequence.at
    const extension = sequence.inside(tags.SEQUENCE, 'Extension')
    const oid = extension.oid('extnID')
    // A written-out FALSE breaks DER's rule on defaults (X.690 §11.5), but real certificates have it and it says the same.
    const critical = extension.peek() === tags.BOOLEAN && extension.boolean('critical')
    const value = extension.take(tags.OCTET_STRING, 'extnValue')
    extension.finish('Extension')
    const row = rows.get(oid)
    // RFC 5280 §4.2: "A certificate MUST NOT include more than one instance of a particular extension."
    if (seen.has(oid))
      throw new DerError(`one ${row?.name ?? oid} extension`, 'two', at, 'RFC 5280 4.2')
    seen.add(oid)
    list.push({ oid, critical, value: from.bytes.subarray(value.content, value.end) })
    if (row === undefined) {
      if (critical) unknownCritical.push(oid)
      continue
    }
    try {
      const content = new DerReader(from.bytes, value.content, value.end)
      row.read(content, known, critical)
      content.finish(row.name)
    } catch (error) {
      if (error instanceof DerError)
        error.section ??= row.section.startsWith('RFC') ? row.section : `RFC 5280 ${row.section}`
      throw error
    }
  }
  known.unknownCritical = [...known.unknownCritical, ...unknownCritical]
  return { list, known }
}

function basicConstraints(value: DerReader, into: Draft): void {
  const sequence = value.inside(tags.SEQUENCE, 'BasicConstraints')
  const cA = sequence.peek() === tags.BOOLEAN && sequence.boolean('cA')
  const at = sequence.at
  const pathLenConstraint = sequence.done ? undefined : sequence.small('pathLenConstraint')
  sequence.finish('BasicConstraints')
  // "CAs MUST NOT include the pathLenConstraint field unless the cA boolean is asserted".
  if (pathLenConstraint !== undefined && !cA)
    throw new DerError('no pathLenConstraint where cA is FALSE', 'one', at)
  into.basicConstraints = { cA, pathLenConstraint }
}

function keyUsage(value: DerReader, into: Draft): void {
  const at = value.at
  const { bytes } = value.bits('KeyUsage')
  const usages = keyUsages.filter((_, bit) => (((bytes[bit >> 3] ?? 0) << (bit & 7)) & 0x80) !== 0)
  // "When the keyUsage extension appears in a certificate, at least one of the bits MUST be set to 1."
  if (usages.length === 0) throw new DerError('a KeyUsage with a bit set', 'none', at)
  into.keyUsage = usages
}

function extKeyUsage(value: DerReader, into: Draft): void {
  into.extKeyUsage = many(value, 'ExtKeyUsageSyntax', list => list.oid('KeyPurposeId'))
}

function subjectAltName(value: DerReader, into: Draft): void {
  into.subjectAltName = many(value, 'SubjectAltName', list =>
    readGeneralName(list, 'subjectAltName'),
  )
}

function subjectKeyIdentifier(value: DerReader, into: Draft): void {
  into.subjectKeyIdentifier = value.content(tags.OCTET_STRING, 'SubjectKeyIdentifier')
}

function authorityKeyIdentifier(value: DerReader, into: Draft): void {
  into.authorityKeyIdentifier = readAuthorityKeyIdentifier(value)
}

/** AuthorityKeyIdentifier, of a certificate or a CRL. */
export function readAuthorityKeyIdentifier(value: DerReader): AuthorityKeyIdentifier {
  const sequence = value.inside(tags.SEQUENCE, 'AuthorityKeyIdentifier')
  const keyIdentifier =
    sequence.peek() === primitive(0) ? sequence.content(primitive(0), 'keyIdentifier') : undefined
  const names = sequence.insideIf(constructed(1), 'authorityCertIssuer')
  const authorityCertIssuer =
    names && all(names, list => readGeneralName(list, 'authorityCertIssuer'))
  const authorityCertSerialNumber =
    sequence.peek() === primitive(2)
      ? sequence.content(primitive(2), 'authorityCertSerialNumber')
      : undefined
  sequence.finish('AuthorityKeyIdentifier')
  return { keyIdentifier, authorityCertIssuer, authorityCertSerialNumber }
}

function nameConstraints(value: DerReader, into: Draft): void {
  into.nameConstraints = readNameConstraints(value)
}

function certificatePolicies(value: DerReader, into: Draft, critical: boolean): void {
  const at = value.at
  const policies = many(value, 'CertificatePolicies', list => {
    const information = list.inside(tags.SEQUENCE, 'PolicyInformation')
    const oid = information.oid('policyIdentifier')
    if (!information.done) {
      const qualifiers = information.inside(tags.SEQUENCE, 'policyQualifiers')
      // "If this extension is critical, the path validation software MUST be able to interpret this extension (including the optional qualifier)".
      if (critical && !all(qualifiers, qualifierId).every(id => policyQualifiers.has(id)))
        into.unknownCritical = ['2.5.29.32']
    }
    information.finish('PolicyInformation')
    return oid
  })
  // "A certificate policy OID MUST NOT appear more than once in a certificate policies extension."
  if (new Set(policies).size !== policies.length)
    throw new DerError('each certificate policy once', 'one twice', at)
  into.certificatePolicies = policies
}

// id-qt-cps and id-qt-unotice: they tell people something, and change nothing.
const policyQualifiers: ReadonlySet<string> = new Set(['1.3.6.1.5.5.7.2.1', '1.3.6.1.5.5.7.2.2'])

function qualifierId(list: DerReader): string {
  const information = list.inside(tags.SEQUENCE, 'PolicyQualifierInfo')
  const id = information.oid('policyQualifierId')
  information.any('qualifier')
  information.finish('PolicyQualifierInfo')
  return id
}

function policyMappings(value: DerReader, into: Draft): void {
  into.policyMappings = many(value, 'PolicyMappings', list => {
    const mapping = list.inside(tags.SEQUENCE, 'PolicyMapping')
    const issuerDomainPolicy = mapping.oid('issuerDomainPolicy')
    const subjectDomainPolicy = mapping.oid('subjectDomainPolicy')
    mapping.finish('PolicyMapping')
    return { issuerDomainPolicy, subjectDomainPolicy }
  })
}

function policyConstraints(value: DerReader, into: Draft): void {
  const sequence = value.inside(tags.SEQUENCE, 'PolicyConstraints')
  if (sequence.done) throw new DerError('a field in PolicyConstraints', 'none', sequence.at)
  const field = (n: number, name: string) =>
    sequence.peek() === primitive(n) ? sequence.small(name, primitive(n)) : undefined
  into.policyConstraints = {
    requireExplicitPolicy: field(0, 'requireExplicitPolicy'),
    inhibitPolicyMapping: field(1, 'inhibitPolicyMapping'),
  }
  sequence.finish('PolicyConstraints')
}

function inhibitAnyPolicy(value: DerReader, into: Draft): void {
  into.inhibitAnyPolicy = value.small('InhibitAnyPolicy')
}

function tlsFeature(value: DerReader, into: Draft): void {
  into.tlsFeatures = all(value.inside(tags.SEQUENCE, 'Features'), list => list.small('feature'))
}

/** SEQUENCE SIZE (1..MAX) OF. */
function many<T>(value: DerReader, what: string, read: (list: DerReader) => T): T[] {
  const list = value.inside(tags.SEQUENCE, what)
  if (list.done) throw new DerError(`something in ${what}`, 'an empty sequence', list.at)
  return all(list, read)
}

function all<T>(list: DerReader, read: (list: DerReader) => T): T[] {
  const items: T[] = []
  while (!list.done) items.push(read(list))
  return items
}

function blank(): Draft {
  return {
    basicConstraints: undefined,
    keyUsage: undefined,
    extKeyUsage: undefined,
    subjectAltName: undefined,
    subjectKeyIdentifier: undefined,
    authorityKeyIdentifier: undefined,
    nameConstraints: undefined,
    certificatePolicies: undefined,
    policyMappings: undefined,
    policyConstraints: undefined,
    inhibitAnyPolicy: undefined,
    tlsFeatures: undefined,
    unknownCritical: [],
  }
}
