/** A certificate revocation list: `parseCrl` reads one, strictly, without copying (RFC 5280 §5). */
import type { SignatureAlgorithm } from '@biopair/crypto'
import { readSignatureAlgorithm } from './algorithm.ts'
import { CrlEntries } from './crl-entries.ts'
import { attempt, constructed, DerError, DerReader, primitive, sameBytes, tags } from './der.ts'
import { DistinguishedName } from './distinguished-name.ts'
import { type DistributionPointName, readPointName, readReasons } from './distribution-points.ts'
import { extensionList } from './extension-list.ts'
import { type AuthorityKeyIdentifier, readAuthorityKeyIdentifier } from './extensions.ts'
import type { X509Failure } from './failure.ts'
import { readTime } from './time.ts'

/** A complete CRL of its own issuer, parsed. Byte arrays are views of the DER that was given, which must not change any more. */
export interface Crl {
  /** The whole DER. */
  readonly raw: Uint8Array
  /** tbsCertList: what is signed. */
  readonly tbs: Uint8Array
  readonly signatureAlgorithm: SignatureAlgorithm | X509Failure
  readonly signature: Uint8Array
  readonly issuer: DistinguishedName
  /** Milliseconds since 1970. */
  readonly thisUpdate: number
  /** Milliseconds since 1970; the whole of that second is still inside. */
  readonly nextUpdate: number
  /** Its magnitude, big-endian. */
  readonly cRLNumber: Uint8Array
  readonly authorityKeyIdentifier: AuthorityKeyIdentifier | undefined
  readonly issuingDistributionPoint: IssuingDistributionPoint | undefined
  /** What is revoked. */
  readonly entries: CrlEntries
  /** OIDs of critical extensions, its own and of entries, that we do not process: nothing it says counts. */
  readonly unknownCritical: readonly string[]
}

/** Of which certificates a CRL speaks (RFC 5280 §5.2.5). */
export interface IssuingDistributionPoint {
  readonly distributionPoint: DistributionPointName | undefined
  readonly only: 'user certificates' | 'authorities' | 'attribute certificates' | undefined
  /** As a set: see `allReasons`. Undefined for all. */
  readonly onlySomeReasons: number | undefined
}

/**
 * Parses one DER CertificateList. Never throws for any bytes. `unsupported` for a delta CRL (RFC 5280 §5.2.4) and for an indirect one
 * (§5.2.5, §5.3.3): neither says by itself who is revoked. As §5.1 has it, version 2, nextUpdate and cRLNumber have to be there.
 */
export function parseCrl(der: Uint8Array): Crl | X509Failure {
  return attempt('RFC 5280 5.1', () => readCrl(der))
}

function readCrl(der: Uint8Array): Crl | X509Failure {
  const from = new DerReader(der)
  const list = from.inside(tags.SEQUENCE, 'CertificateList')
  from.finish('CertificateList')
  const tbsElement = list.take(tags.SEQUENCE, 'tbsCertList')
  const outer = list.take(tags.SEQUENCE, 'signatureAlgorithm')
  const signature = list.octets('signatureValue')
  list.finish('CertificateList')

  const tbs = new DerReader(der, tbsElement.content, tbsElement.end, 1)
  const at = tbs.at
  // "this field MUST be present and MUST specify version 2 (the integer value is 1)."
  if (tbs.peek() !== tags.INTEGER || tbs.small('version') !== 1)
    throw new DerError('version 2 (1)', 'another one', at, 'RFC 5280 5.1.2.1')
  const inner = tbs.take(tags.SEQUENCE, 'signature')
  if (!sameBytes(tbs.whole(inner), tbs.whole(outer)))
    throw new DerError(
      'the signatureAlgorithm that tbsCertList names',
      'another one',
      outer.start,
      'RFC 5280 5.1.1.2',
    )
  const signatureAlgorithm = readSignatureAlgorithm(new DerReader(der, inner.start, inner.end))
  const issuerAt = tbs.at
  const issuer = DistinguishedName.read(tbs, 'issuer')
  if (issuer.empty)
    throw new DerError('a non-empty issuer', 'an empty one', issuerAt, 'RFC 5280 5.1.2.3')
  const thisUpdate = readTime(tbs, 'thisUpdate')
  const nextAt = tbs.at
  if (tbs.peek() !== tags.UTCTime && tbs.peek() !== tags.GeneralizedTime)
    throw new DerError('nextUpdate', 'none', nextAt, 'RFC 5280 5.1.2.5')
  const nextUpdate = readTime(tbs, 'nextUpdate')
  if (nextUpdate < thisUpdate)
    throw new DerError('nextUpdate after thisUpdate', 'one before it', nextAt, 'RFC 5280 5.1.2.5')
  const revokedAt = tbs.at
  const revoked = tbs.insideIf(tags.SEQUENCE, 'revokedCertificates')
  if (revoked?.done)
    throw new DerError(
      'revokedCertificates to be absent where there are none',
      'an empty list',
      revokedAt,
      'RFC 5280 5.1.2.6',
    )
  const field = tbs.insideIf(constructed(0), 'crlExtensions')
  tbs.finish('tbsCertList')
  if (!field) throw new DerError('crlExtensions', 'none', tbs.at, 'RFC 5280 5.1.2.7')
  const extensions = readCrlExtensions(field)
  if (extensions.kind !== 'complete') return unsupported(extensions.kind)
  const entries = attempt(
    'RFC 5280 5.1.2.6',
    () => new CrlEntries(revoked ?? new DerReader(der, der.length)),
  )
  if ('failure' in entries)
    return entries.section === 'RFC 5280 5.3.3' ? { ...entries, failure: 'unsupported' } : entries
  const { cRLNumber, authorityKeyIdentifier, issuingDistributionPoint } = extensions
  return {
    raw: der,
    tbs: list.whole(tbsElement),
    signatureAlgorithm,
    signature,
    issuer,
    thisUpdate,
    nextUpdate,
    cRLNumber,
    authorityKeyIdentifier,
    issuingDistributionPoint,
    entries,
    unknownCritical: [...extensions.unknownCritical, ...entries.unknownCritical],
  }
}

type Kind = 'complete' | 'delta' | 'indirect'

function unsupported(kind: 'delta' | 'indirect'): X509Failure {
  return kind === 'delta'
    ? {
        failure: 'unsupported',
        why: 'expected a complete CRL, got a delta CRL, which says only what has changed',
        section: 'RFC 5280 5.2.4',
      }
    : {
        failure: 'unsupported',
        why: 'expected a CRL about certificates of its own issuer, got an indirect one',
        section: 'RFC 5280 5.2.5',
      }
}

interface Draft {
  kind: Kind
  cRLNumber: Uint8Array | undefined
  authorityKeyIdentifier: AuthorityKeyIdentifier | undefined
  issuingDistributionPoint: IssuingDistributionPoint | undefined
  readonly unknownCritical: string[]
}

const rows: ReadonlyMap<string, (value: DerReader, into: Draft, critical: boolean) => void> =
  new Map([
    ['2.5.29.35', authorityKeyIdentifier],
    ['2.5.29.20', cRLNumber],
    ['2.5.29.27', deltaCRLIndicator],
    ['2.5.29.28', issuingDistributionPoint],
  ])

function readCrlExtensions(field: DerReader): Draft & { readonly cRLNumber: Uint8Array } {
  const at = field.at
  const draft: Draft = {
    kind: 'complete',
    cRLNumber: undefined,
    authorityKeyIdentifier: undefined,
    issuingDistributionPoint: undefined,
    unknownCritical: [],
  }
  const sequence = field.inside(tags.SEQUENCE, 'crlExtensions')
  for (const { oid, critical, value } of extensionList(sequence, 'RFC 5280 5.2')) {
    const read = rows.get(oid)
    if (read) {
      read(value, draft, critical)
      value.finish('extnValue')
    } else if (critical) draft.unknownCritical.push(oid)
  }
  field.finish('crlExtensions')
  const { cRLNumber } = draft
  // "CRL issuers conforming to this profile MUST include this extension in all CRLs".
  if (!cRLNumber) throw new DerError('cRLNumber', 'none', at, 'RFC 5280 5.2.3')
  return { ...draft, cRLNumber }
}

function authorityKeyIdentifier(value: DerReader, into: Draft): void {
  into.authorityKeyIdentifier = readAuthorityKeyIdentifier(value)
}

function cRLNumber(value: DerReader, into: Draft, critical: boolean): void {
  const at = value.at
  const number = value.unsigned('cRLNumber')
  // "CRL verifiers MUST be able to handle CRLNumber values up to 20 octets. Conforming CRL issuers MUST NOT use [...] longer".
  if (number.length > 20)
    throw new DerError('cRLNumber of 20 octets', `${number.length}`, at, 'RFC 5280 5.2.3')
  if (critical)
    throw new DerError('a cRLNumber that is not critical', 'a critical one', at, 'RFC 5280 5.2.3')
  into.cRLNumber = number
}

function deltaCRLIndicator(value: DerReader, into: Draft): void {
  value.unsigned('BaseCRLNumber')
  into.kind = 'delta'
}

function issuingDistributionPoint(value: DerReader, into: Draft): void {
  const { at } = value
  const point = value.inside(tags.SEQUENCE, 'IssuingDistributionPoint')
  // "conforming CAs MUST NOT issue CRLs where the DER encoding of the issuing distribution point extension is an empty sequence."
  if (point.done) throw new DerError('a field', 'an empty sequence', at, 'RFC 5280 5.2.5')
  const distributionPoint = readPointName(point)
  const flag = (n: number) => {
    if (point.peek() !== primitive(n)) return false
    const [byte, more] = point.content(primitive(n), 'IssuingDistributionPoint')
    if ((byte !== 0 && byte !== 0xff) || more !== undefined)
      throw new DerError('a BOOLEAN, 00 or FF', 'another value', at, 'RFC 5280 5.2.5')
    return byte === 0xff
  }
  const user = flag(1)
  const authorities = flag(2)
  const onlySomeReasons = readReasons(point, 3)
  const indirect = flag(4)
  const attribute = flag(5)
  point.finish('IssuingDistributionPoint')
  // "at most one of onlyContainsUserCerts, onlyContainsCACerts, and onlyContainsAttributeCerts may be set to TRUE".
  if (Number(user) + Number(authorities) + Number(attribute) > 1)
    throw new DerError('at most one of onlyContains...', 'more', at, 'RFC 5280 5.2.5')
  if (indirect && into.kind === 'complete') into.kind = 'indirect'
  into.issuingDistributionPoint = {
    distributionPoint,
    only: user
      ? 'user certificates'
      : authorities
        ? 'authorities'
        : attribute
          ? 'attribute certificates'
          : undefined,
    onlySomeReasons,
  }
}
