/** CRLs for tests: any entries, any scope, any signer, any fault. */
import { createHash } from 'node:crypto'
import type { Bytes } from '@biopair/crypto'
import { signerOf } from '@biopair/testkit/mint'
import { isX509Failure, parseCertificate } from '@biopair/x509'
import {
  bitString,
  commonName,
  context,
  implicit,
  integer,
  octetString,
  pem,
  sequence,
  time,
  tlv,
} from './der-writer.ts'
import {
  type AnyKey,
  alternativeName,
  extension,
  issuerOf,
  type Minted,
  type Signing,
} from './mint.ts'

/** One entry. */
export interface RevokedMint {
  /** The certificate, or the serial number: its magnitude, or the DER of the INTEGER. */
  readonly serial: Minted<AnyKey> | number | Uint8Array
  /** Milliseconds since 1970; 2024 if left out. */
  readonly at?: number
  /** CRLReason; none if left out. */
  readonly reason?: number
  readonly extensions?: readonly Uint8Array[]
}

/** What to mint. Everything but the issuer has a sound default. */
export interface CrlMint {
  readonly issuer: Minted<AnyKey>
  readonly revoked?: readonly RevokedMint[]
  /** Milliseconds since 1970; an hour ago. */
  readonly thisUpdate?: number
  /** In a week unless said otherwise; `none` leaves it out. */
  readonly nextUpdate?: number | 'none'
  /** cRLNumber: 1. */
  readonly number?: number | 'none'
  /** The issuingDistributionPoint, as `distribution` makes it. */
  readonly distribution?: Uint8Array
  /** False leaves authorityKeyIdentifier out. */
  readonly keyIdentifier?: boolean
  readonly extensions?: readonly Uint8Array[]
  /** `none` leaves crlExtensions out altogether. */
  readonly crlExtensions?: 'none'
  /** The INTEGER of the version; `none` for version 1. */
  readonly version?: number | 'none'
  /** Whom it names, where that is not the issuer's subject. */
  readonly issuerName?: string | Uint8Array
  /** Whose key signs: the issuer's. */
  readonly signer?: Minted<AnyKey>
  readonly signing?: Signing
  readonly spoilTbs?: (tbs: Bytes) => Bytes
  readonly spoilSignature?: (signature: Bytes) => Bytes
}

export interface MintedCrl {
  readonly der: Bytes
  readonly pem: string
}

const hour = 3_600_000

/** Mints one CRL. */
export function mintCrl(options: CrlMint): MintedCrl {
  const { issuer, revoked = [], signer = issuer, version = 1, nextUpdate, issuerName } = options
  const algorithm = signerOf(issuerOf(signer).key, options.signing)
  const written = sequence(
    ...(version === 'none' ? [] : [integer(version)]),
    algorithm.identifier,
    typeof issuerName === 'string' ? commonName(issuerName) : (issuerName ?? issuer.subject),
    time(options.thisUpdate ?? Date.now() - hour),
    ...(nextUpdate === 'none' ? [] : [time(nextUpdate ?? Date.now() + 168 * hour)]),
    ...(revoked.length === 0 ? [] : [sequence(...revoked.map(entry))]),
    ...(options.crlExtensions === 'none' ? [] : [context(0, sequence(...extensionsOf(options)))]),
  )
  const tbs = options.spoilTbs?.(written) ?? written
  const signature = algorithm.sign(tbs)
  const der = sequence(
    tbs,
    algorithm.identifier,
    bitString(options.spoilSignature?.(signature) ?? signature),
  )
  return { der, pem: pem('X509 CRL', der) }
}

function extensionsOf(options: CrlMint): Uint8Array[] {
  const { issuer, signer = issuer, number = 1, keyIdentifier = true, distribution } = options
  const identifier = createHash('sha256').update(signer.spki).digest().subarray(0, 20)
  return [
    ...(keyIdentifier
      ? [extension('2.5.29.35', false, sequence(implicit(0, new Uint8Array(identifier))))]
      : []),
    ...(number === 'none' ? [] : [extension('2.5.29.20', false, integer(number))]),
    ...(distribution ? [extension('2.5.29.28', true, distribution)] : []),
    ...(options.extensions ?? []),
  ]
}

function entry({ serial, at = Date.UTC(2024, 0, 1), reason, extensions = [] }: RevokedMint): Bytes {
  const list = [
    ...(reason === undefined
      ? []
      : [extension('2.5.29.21', false, tlv(0x0a, Uint8Array.of(reason)))]),
    ...extensions,
  ]
  return sequence(serialOf(serial), time(at), ...(list.length > 0 ? [sequence(...list)] : []))
}

/** The INTEGER of a serial number. */
export function serialOf(serial: RevokedMint['serial']): Uint8Array {
  if (typeof serial === 'number') return integer(serial)
  if (serial instanceof Uint8Array) return serial
  const certificate = parseCertificate(serial.der)
  if (isX509Failure(certificate)) throw new Error(certificate.why)
  return tlv(0x02, certificate.serialNumber)
}

/** What an issuingDistributionPoint says. */
export interface DistributionMint {
  /** The names of its distributionPoint. */
  readonly names?: readonly string[]
  /** The content of a nameRelativeToCRLIssuer. */
  readonly relative?: Uint8Array
  readonly only?: 'user' | 'ca' | 'attribute' | 'both'
  /** Bits of onlySomeReasons. */
  readonly reasons?: readonly number[]
  readonly indirect?: boolean
}

/** IssuingDistributionPoint. */
export function distribution(options: DistributionMint): Bytes {
  const { only, reasons, indirect } = options
  const yes = Uint8Array.of(0xff)
  return sequence(
    ...pointName(options),
    ...(only === 'user' || only === 'both' ? [implicit(1, yes)] : []),
    ...(only === 'ca' || only === 'both' ? [implicit(2, yes)] : []),
    ...(reasons ? [implicit(3, reasonFlags(reasons))] : []),
    ...(indirect ? [implicit(4, yes)] : []),
    ...(only === 'attribute' ? [implicit(5, yes)] : []),
  )
}

/** A cRLDistributionPoints extension. */
export function distributionPointsOf(
  ...points: readonly (Pick<DistributionMint, 'names' | 'relative' | 'reasons'> & {
    readonly crlIssuer?: readonly Uint8Array[]
  })[]
): Bytes {
  const written = points.map(point =>
    sequence(
      ...pointName(point),
      ...(point.reasons ? [implicit(1, reasonFlags(point.reasons))] : []),
      ...(point.crlIssuer ? [context(2, ...point.crlIssuer)] : []),
    ),
  )
  return extension('2.5.29.31', false, sequence(...written))
}

/** A uniformResourceIdentifier, a directoryName's DER as it is, or what `alternativeName` makes of it. */
function pointName({ names, relative }: Pick<DistributionMint, 'names' | 'relative'>): Bytes[] {
  if (relative) return [context(0, context(1, relative))]
  if (!names) return []
  const uris = names.map(name =>
    name.includes('://') ? implicit(6, new Uint8Array(Buffer.from(name))) : alternativeName(name),
  )
  return [context(0, context(0, ...uris))]
}

function reasonFlags(reasons: readonly number[]): Bytes {
  const highest = Math.max(0, ...reasons)
  const bytes = new Uint8Array((highest >> 3) + 1)
  for (const bit of reasons) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (0x80 >> (bit & 7))
  return new Uint8Array([7 - (highest & 7), ...bytes])
}

/** A deltaCRLIndicator extension. */
export function deltaIndicator(base: number): Bytes {
  return extension('2.5.29.27', true, integer(base))
}

/** A certificateIssuer entry extension, which indirect CRLs have. */
export function entryIssuer(name: Uint8Array): Bytes {
  return extension('2.5.29.29', true, sequence(context(4, name)))
}

/** A CRL extension that nobody knows. */
export function unknownExtension(critical: boolean): Bytes {
  return extension('1.2.3.4.5', critical, octetString())
}
