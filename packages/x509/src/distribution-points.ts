/** Where a CRL is to be had, and so which one speaks of a certificate: cRLDistributionPoints, and the names in them (RFC 5280 §4.2.1.13). */
import { type Bytes, concat } from '@biopair/crypto'
import type { Certificate } from './certificate.ts'
import { attempt, constructed, DerError, DerReader, primitive, sameBytes, tags } from './der.ts'
import { DistinguishedName } from './distinguished-name.ts'
import type { X509Failure } from './failure.ts'
import { type GeneralName, readGeneralName } from './general-name.ts'

/** DistributionPointName: names, or one more RelativeDistinguishedName below that of the CRL's issuer (what is inside its SET). */
export type DistributionPointName =
  | { readonly fullName: readonly GeneralName[] }
  | { readonly nameRelativeToCRLIssuer: Uint8Array }

/** Reasons for a revocation as a set: bit n is that of ReasonFlags. Bit 0 is not used. */
export const allReasons = 0b1_1111_1110

/** ReasonFlags' `certificateHold`, which alone may be taken back. */
export const holdReason = 1 << 6

export interface DistributionPoint {
  readonly distributionPoint: DistributionPointName | undefined
  /** Those that its CRL covers. */
  readonly reasons: number
  /** Whether somebody else than the certificate's issuer signs that CRL: then it is an indirect one. */
  readonly indirect: boolean
}

const idCrlDistributionPoints = '2.5.29.31'
// Each is compared with those of every CRL of the issuer: who names more is not read.
const mostPoints = 32
const mostNames = 32

/** The distribution points that a certificate names; none where it has no such extension. Read when a CRL asks for them. */
export function distributionPoints(
  certificate: Certificate,
): readonly DistributionPoint[] | X509Failure {
  const extension = certificate.extensions.find(({ oid }) => oid === idCrlDistributionPoints)
  if (!extension) return []
  return attempt('RFC 5280 4.2.1.13', () => {
    const from = new DerReader(extension.value)
    const list = from.inside(tags.SEQUENCE, 'CRLDistributionPoints')
    from.finish('CRLDistributionPoints')
    if (list.done) throw new DerError('a DistributionPoint', 'an empty sequence', list.at)
    const points: DistributionPoint[] = []
    while (!list.done) {
      if (points.length === mostPoints)
        throw new DerError(`at most ${mostPoints} distribution points`, 'more', list.at)
      points.push(readPoint(list.inside(tags.SEQUENCE, 'DistributionPoint')))
    }
    return points
  })
}

function readPoint(point: DerReader): DistributionPoint {
  const at = point.at
  const distributionPoint = readPointName(point)
  const reasons = readReasons(point, 1) ?? allReasons
  const issuer = point.insideIf(constructed(2), 'cRLIssuer')
  if (issuer) readNames(issuer, 'cRLIssuer')
  point.finish('DistributionPoint')
  // "a DistributionPoint MUST NOT consist of only the reasons field; either distributionPoint or cRLIssuer MUST be present."
  if (!distributionPoint && !issuer)
    throw new DerError('distributionPoint or cRLIssuer', 'neither', at)
  return { distributionPoint, reasons, indirect: issuer !== undefined }
}

/** `[0]`, where there is one. */
export function readPointName(from: DerReader): DistributionPointName | undefined {
  const field = from.insideIf(constructed(0), 'distributionPoint')
  if (!field) return undefined
  const relative = field.insideIf(constructed(1), 'nameRelativeToCRLIssuer')
  if (relative) {
    field.finish('distributionPoint')
    const name = relative.bytes.subarray(relative.at, relative.end)
    // It has to make a name with what stands above it.
    DistinguishedName.read(new DerReader(below(undefined, name)), 'nameRelativeToCRLIssuer')
    return { nameRelativeToCRLIssuer: name }
  }
  const fullName = readNames(field.inside(constructed(0), 'fullName'), 'fullName')
  field.finish('distributionPoint')
  return { fullName }
}

/** ReasonFlags under `[n]`, where there are some. */
export function readReasons(from: DerReader, n: number): number | undefined {
  if (from.peek() !== primitive(n)) return undefined
  const { bytes } = from.bits('ReasonFlags', primitive(n))
  let reasons = 0
  for (let bit = 1; bit <= 8; bit++)
    if ((((bytes[bit >> 3] ?? 0) << (bit & 7)) & 0x80) !== 0) reasons |= 1 << bit
  return reasons
}

function readNames(from: DerReader, what: string): readonly GeneralName[] {
  const names: GeneralName[] = []
  if (from.done) throw new DerError(`a GeneralName in ${what}`, 'none', from.at)
  while (!from.done) {
    if (names.length === mostNames)
      throw new DerError(`at most ${mostNames} names in ${what}`, 'more', from.at)
    names.push(readGeneralName(from, what))
  }
  return names
}

/** The names of a distribution point, whole. */
export function pointNames(
  point: DistributionPointName,
  issuer: DistinguishedName,
): readonly GeneralName[] {
  if ('fullName' in point) return point.fullName
  const name = new DerReader(below(issuer, point.nameRelativeToCRLIssuer))
  return [{ kind: 'directoryName', name: DistinguishedName.read(name, 'distributionPoint') }]
}

/** Whether two lists have a name in common. */
export function share(these: readonly GeneralName[], those: readonly GeneralName[]): boolean {
  return these.some(a => those.some(b => same(a, b)))
}

function same(a: GeneralName, b: GeneralName): boolean {
  if (a.kind === 'directoryName') return b.kind === a.kind && a.name.equals(b.name)
  if ('text' in a) return b.kind === a.kind && a.text === b.text
  if (a.kind === 'iPAddress') return b.kind === a.kind && sameBytes(a.address, b.address)
  return 'raw' in b && b.kind === a.kind && sameBytes(a.raw, b.raw)
}

/** The DER of a Name with one more RelativeDistinguishedName. */
function below(name: DistinguishedName | undefined, rdn: Uint8Array): Bytes {
  const above = name ? content(name.raw) : new Uint8Array(0)
  return element(tags.SEQUENCE, above, element(tags.SET, rdn))
}

function content(der: Uint8Array): Uint8Array {
  const inside = new DerReader(der).inside(tags.SEQUENCE, 'Name')
  return der.subarray(inside.at, inside.end)
}

function element(tag: number, ...parts: readonly Uint8Array[]): Bytes {
  const body = concat(...parts)
  const length: number[] = []
  for (let rest = body.length; rest > 0; rest = Math.floor(rest / 256)) length.unshift(rest & 0xff)
  const [short = 0] = length
  const header = body.length < 0x80 ? [short] : [0x80 | length.length, ...length]
  return concat(Uint8Array.of(tag, ...header), body)
}
