/** The certificates that are believed without proof, found by name. */
import type { Bytes } from '@biopair/crypto'
import { type Certificate, parseCertificate } from './certificate.ts'
import { sameBytes } from './der.ts'
import type { DistinguishedName } from './distinguished-name.ts'
import { isX509Failure, X509InputError } from './failure.ts'
import { pemBlocks, pemText } from './pem.ts'

/** Trust anchors, parsed once and shared by every connection of a context. */
export interface TrustStore {
  readonly certificates: readonly Certificate[]
  /** How many were given, without reading them; 0 is a store that believes nobody. */
  readonly size: number
  /** The anchors with this subject. */
  issuers(name: DistinguishedName): readonly Certificate[]
  /** Whether this very certificate is an anchor. */
  has(certificate: Certificate): boolean
}

/**
 * A trust store of PEM texts (bundles, with text around the blocks) and DER certificates; the same certificate twice counts once.
 * `X509InputError` for anything else; an empty list is a store that believes nobody.
 */
export function trustStore(anchors: readonly (string | Uint8Array)[]): TrustStore {
  const bySubject = new Map<string, Certificate[]>()
  const certificates: Certificate[] = []
  for (const [index, anchor] of anchors.entries()) {
    for (const certificate of readCertificates(anchor, `anchor ${index}`)) {
      const found = bySubject.get(certificate.subject.key)
      if (found?.some(other => sameBytes(other.raw, certificate.raw))) continue
      if (found === undefined) bySubject.set(certificate.subject.key, [certificate])
      else found.push(certificate)
      certificates.push(certificate)
    }
  }
  return {
    certificates,
    size: certificates.length,
    issuers: name => bySubject.get(name.key) ?? [],
    has: certificate =>
      bySubject
        .get(certificate.subject.key)
        ?.some(anchor => sameBytes(anchor.raw, certificate.raw)) ?? false,
  }
}

/**
 * The certificates of a chain to send, leaf first, as DER: from a PEM text with one block or more, a DER certificate,
 * or a list of either. Each is parsed, so that a mistake shows here and not at a peer.
 */
export function certificateChainFrom(
  chain: string | Uint8Array | readonly (string | Uint8Array)[],
): Bytes[] {
  const parts: readonly (string | Uint8Array)[] =
    typeof chain === 'object' && !(chain instanceof Uint8Array) ? chain : [chain]
  const certificates = parts.flatMap((part, index) => readCertificates(part, `chain[${index}]`))
  if (certificates.length === 0)
    throw new X509InputError(
      'ERR_X509_NO_CERTIFICATE',
      'expected a certificate chain, got an empty list',
    )
  return certificates.map(({ raw }) => new Uint8Array(raw))
}

function readCertificates(input: string | Uint8Array, what: string): Certificate[] {
  if (typeof input !== 'string' && !(input instanceof Uint8Array))
    throw new X509InputError(
      'ERR_X509_INVALID_CERTIFICATE',
      `${what}: expected PEM text or DER bytes, got ${input === null ? 'null' : typeof input}`,
    )
  const text = pemText(input)
  if (text === undefined) return [readOne(new Uint8Array(input as Uint8Array), what)]
  const blocks = pemBlocks(text)
  const certificates = blocks.filter(({ label }) => certificateLabels.has(label))
  if (certificates.length === 0)
    throw new X509InputError(
      'ERR_X509_NO_CERTIFICATE',
      `${what}: expected a PEM block CERTIFICATE, got ${blocks.length === 0 ? 'no PEM block' : blocks.map(({ label }) => label).join(', ')}`,
    )
  return certificates.map(({ bytes }, i) => readOne(bytes, `${what}, certificate ${i}`))
}

// RFC 7468 §5.1: parsers may take the old label too.
const certificateLabels: ReadonlySet<string> = new Set(['CERTIFICATE', 'X509 CERTIFICATE'])

function readOne(der: Uint8Array, what: string): Certificate {
  const certificate = parseCertificate(der)
  if (isX509Failure(certificate))
    throw new X509InputError('ERR_X509_INVALID_CERTIFICATE', `${what}: ${certificate.why}`)
  return certificate
}
