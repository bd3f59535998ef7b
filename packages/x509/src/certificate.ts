/** A certificate: `parseCertificate` reads one, strictly, without copying (RFC 5280 §4.1). */
import type { PublicKeyMaterial, SignatureAlgorithm } from '@biopair/crypto'
import { readSignatureAlgorithm } from './algorithm.ts'
import { attempt, constructed, DerError, DerReader, primitive, sameBytes, tags } from './der.ts'
import { DistinguishedName } from './distinguished-name.ts'
import { type Extension, type Extensions, noExtensions, readExtensions } from './extensions.ts'
import type { X509Failure } from './failure.ts'
import { readPublicKey } from './public-key.ts'
import { readTime } from './time.ts'

/**
 * A certificate, parsed. Its byte arrays are views of the DER that was given, which must not change any more.
 * What its algorithms are is known even where they are none that we can use: those fields then hold the failure.
 */
export interface Certificate extends Extensions {
  /** The whole DER. */
  readonly raw: Uint8Array
  /** tbsCertificate: what is signed. */
  readonly tbs: Uint8Array
  readonly version: 1 | 2 | 3
  /** Content octets of the INTEGER, big-endian two's complement. */
  readonly serialNumber: Uint8Array
  readonly signatureAlgorithm: SignatureAlgorithm | X509Failure
  readonly signature: Uint8Array
  readonly issuer: DistinguishedName
  /** Milliseconds since 1970. */
  readonly notBefore: number
  /** Milliseconds since 1970; the whole of that second is still inside. */
  readonly notAfter: number
  readonly subject: DistinguishedName
  /** SubjectPublicKeyInfo, as pins and raw public keys (RFC 7250) have it. */
  readonly spki: Uint8Array
  readonly publicKey: PublicKeyMaterial | X509Failure
  /** subject and issuer are the same name (RFC 5280 §3.2). */
  readonly selfIssued: boolean
  /** Every extension, in order, as it came. */
  readonly extensions: readonly Extension[]
}

/** Parses one DER certificate. Never throws for any bytes. */
export function parseCertificate(der: Uint8Array): Certificate | X509Failure {
  return attempt('RFC 5280 4.1', () => readCertificate(der))
}

function readCertificate(der: Uint8Array): Certificate {
  const from = new DerReader(der)
  const certificate = from.inside(tags.SEQUENCE, 'Certificate')
  from.finish('Certificate')
  const tbsElement = certificate.take(tags.SEQUENCE, 'tbsCertificate')
  const outer = certificate.take(tags.SEQUENCE, 'signatureAlgorithm')
  const signature = certificate.octets('signatureValue')
  certificate.finish('Certificate')

  const tbs = new DerReader(der, tbsElement.content, tbsElement.end, 1)
  const version = readVersion(tbs)
  const serialNumber = tbs.integer('serialNumber')
  const inner = tbs.take(tags.SEQUENCE, 'signature')
  if (!sameBytes(tbs.whole(inner), tbs.whole(outer)))
    throw new DerError(
      'the signatureAlgorithm that tbsCertificate names',
      'another one',
      outer.start,
      'RFC 5280 4.1.1.2',
    )
  const signatureAlgorithm = readSignatureAlgorithm(new DerReader(der, inner.start, inner.end))
  const issuerAt = tbs.at
  const issuer = DistinguishedName.read(tbs, 'issuer')
  if (issuer.empty)
    throw new DerError('a non-empty issuer', 'an empty one', issuerAt, 'RFC 5280 4.1.2.4')
  const validity = tbs.inside(tags.SEQUENCE, 'validity')
  const notBefore = readTime(validity, 'notBefore')
  const notAfter = readTime(validity, 'notAfter')
  validity.finish('validity')
  const subject = DistinguishedName.read(tbs, 'subject')
  const spkiElement = tbs.take(tags.SEQUENCE, 'subjectPublicKeyInfo')
  const publicKey = readPublicKey(new DerReader(der, spkiElement.start, spkiElement.end))
  readUniqueIds(tbs, version)
  const { list, known } = readOptionalExtensions(tbs, version)
  tbs.finish('tbsCertificate')

  return {
    raw: der,
    tbs: certificate.whole(tbsElement),
    version,
    serialNumber,
    signatureAlgorithm,
    signature,
    issuer,
    notBefore,
    notAfter,
    subject,
    spki: tbs.whole(spkiElement),
    publicKey,
    get selfIssued() {
      return subject.equals(issuer)
    },
    extensions: list,
    ...known,
  }
}

function readVersion(tbs: DerReader): 1 | 2 | 3 {
  const at = tbs.at
  const field = tbs.insideIf(constructed(0), 'version')
  if (field === undefined) return 1
  const version = field.small('version')
  field.finish('version')
  if (version === 1) return 2
  if (version === 2) return 3
  throw new DerError('version 2 (1) or 3 (2)', String(version), at, 'RFC 5280 4.1.2.1')
}

function readUniqueIds(tbs: DerReader, version: number): void {
  for (const n of [1, 2]) {
    if (tbs.peek() !== primitive(n)) continue
    if (version === 1)
      throw new DerError('no unique identifier in version 1', 'one', tbs.at, 'RFC 5280 4.1.2.8')
    tbs.bits('uniqueID', primitive(n))
  }
}

function readOptionalExtensions(
  tbs: DerReader,
  version: number,
): { list: readonly Extension[]; known: Extensions } {
  const at = tbs.at
  const field = tbs.insideIf(constructed(3), 'extensions')
  if (field === undefined) return { list: [], known: noExtensions }
  if (version !== 3)
    throw new DerError(
      'version 3 where there are extensions',
      `version ${version}`,
      at,
      'RFC 5280 4.1.2.9',
    )
  const extensions = readExtensions(field)
  field.finish('extensions')
  return extensions
}
