/** A certificate revocation list to order (RFC 5280 §5). */
import type { Bytes, Hash, Random } from '@biopair/crypto'
import { isX509Failure, parseCertificate } from '@biopair/x509'
import { type Issuer, keyIdentifier } from './certificate.ts'
import { bitString, context, enumerated, integer, sequence, time, tlv } from './der-writer.ts'
import { authorityKeyIdentifier, extension, extensionOids } from './extensions.ts'
import { type NameInput, nameOf } from './names.ts'
import { pem } from './pem.ts'
import { type Signing, signerOf } from './signing.ts'

/** The numbers of CRLReason (RFC 5280 §5.3.1). */
export const crlReasons = {
  unspecified: 0,
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  certificateHold: 6,
  removeFromCRL: 8,
  privilegeWithdrawn: 9,
  aACompromise: 10,
} as const

/** One certificate that is revoked. */
export interface RevokedOptions {
  /** Its DER, or its serial number's magnitude. */
  readonly certificate: { readonly der: Uint8Array } | number | Uint8Array
  /** Milliseconds since 1970; thisUpdate if left out. */
  readonly at?: number
  readonly reason?: keyof typeof crlReasons
  /** crlEntryExtensions to add. */
  readonly extensions?: readonly Uint8Array[]
}

export interface CrlOptions {
  readonly issuer: Issuer
  /** The issuer's name, where it is to differ from the issuer's subject. */
  readonly issuerName?: NameInput
  /** Milliseconds since 1970. */
  readonly thisUpdate: number
  readonly nextUpdate: number | 'none'
  readonly revoked?: readonly RevokedOptions[]
  /** cRLNumber: 1; `none` leaves it out. */
  readonly number?: number | 'none'
  /** crlExtensions to add; `deltaCrlIndicator` and `issuingDistributionPoint` make such. */
  readonly extensions?: readonly Uint8Array[]
  /** 2 if left out; 1 has no extensions and no version. */
  readonly version?: 1 | 2
  readonly keyIdentifiers?: boolean
  readonly signing?: Signing
  readonly spoilTbs?: (tbs: Bytes) => Bytes
  readonly spoilSignature?: (signature: Bytes) => Bytes
}

/** A CRL, and its PEM (`X509 CRL`). */
export interface MintedCrl {
  readonly der: Bytes
  readonly pem: string
}

/** Mints one CRL. */
export function crl(
  options: CrlOptions,
  { sha256, random }: { readonly sha256: Hash; readonly random: Random | undefined },
): MintedCrl {
  const { issuer, version = 2, revoked = [], thisUpdate, nextUpdate } = options
  const signer = signerOf(issuer.key, options.signing, random)
  const entries = revoked.map(one => entry(one, thisUpdate, version))
  const written = sequence(
    ...(version === 1 ? [] : [integer(1)]),
    signer.identifier,
    nameOf(options.issuerName ?? new Uint8Array(issuer.subject)),
    time(thisUpdate),
    ...(nextUpdate === 'none' ? [] : [time(nextUpdate)]),
    ...(entries.length > 0 ? [sequence(...entries)] : []),
    ...(version === 1 ? [] : extensions(options, sha256)),
  )
  const tbs = options.spoilTbs?.(written) ?? written
  const signature = signer.sign(tbs)
  const der = sequence(
    tbs,
    signer.identifier,
    bitString(options.spoilSignature?.(signature) ?? signature),
  )
  return { der, pem: pem('X509 CRL', der) }
}

/** deltaCRLIndicator, critical: what makes a delta CRL. */
export function deltaCrlIndicator(baseNumber: number): Bytes {
  return extension(extensionOids.deltaCRLIndicator, true, integer(baseNumber))
}

/** issuingDistributionPoint, critical, of the BOOLEANs that are to be TRUE (RFC 5280 §5.2.5). */
export function issuingDistributionPoint(
  ...flags: readonly (keyof typeof distributionFlags)[]
): Bytes {
  const fields = flags.map(flag => tlv(0x80 | distributionFlags[flag], Uint8Array.of(0xff)))
  return extension(extensionOids.issuingDistributionPoint, true, sequence(...fields))
}

const distributionFlags = {
  onlyContainsUserCerts: 1,
  onlyContainsCACerts: 2,
  indirectCRL: 4,
  onlyContainsAttributeCerts: 5,
} as const

function entry(
  { certificate, at, reason, extensions = [] }: RevokedOptions,
  thisUpdate: number,
  version: number,
): Bytes {
  const list = [
    ...(reason === undefined
      ? []
      : [extension(extensionOids.cRLReason, false, enumerated(crlReasons[reason]))]),
    ...extensions,
  ]
  return sequence(
    serialOf(certificate),
    time(at ?? thisUpdate),
    ...(version === 1 || list.length === 0 ? [] : [sequence(...list)]),
  )
}

function serialOf(certificate: RevokedOptions['certificate']): Bytes {
  if (typeof certificate === 'number' || certificate instanceof Uint8Array)
    return integer(certificate)
  const parsed = parseCertificate(certificate.der)
  if (isX509Failure(parsed)) throw new TypeError(parsed.why)
  return tlv(0x02, parsed.serialNumber)
}

function extensions(options: CrlOptions, sha256: Hash): Bytes[] {
  const { number = 1, keyIdentifiers = true } = options
  const list = [
    ...(keyIdentifiers ? [authorityKeyIdentifier(keyIdentifier(options.issuer.spki, sha256))] : []),
    ...(number === 'none' ? [] : [extension(extensionOids.cRLNumber, false, integer(number))]),
    ...(options.extensions ?? []),
  ]
  return list.length === 0 ? [] : [context(0, sequence(...list))]
}
