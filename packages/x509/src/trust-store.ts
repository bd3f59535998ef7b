/** The certificates that are believed without proof, found by name. */
import type { Bytes } from '@biopair/crypto'
import { type Certificate, parseCertificate } from './certificate.ts'
import { sameBytes } from './der.ts'
import type { DistinguishedName } from './distinguished-name.ts'
import { isX509Failure, X509InputError } from './failure.ts'
import { type CertificateInput, seen, shown } from './input.ts'
import { pemBlocks } from './pem.ts'

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
 * A trust store of PEM texts (bundles, with text around the blocks), DER certificates and X509Certificates of node:crypto; the same certificate twice
 * counts once.
 * `X509InputError` for anything else; an empty list is a store that believes nobody.
 */
export function trustStore(anchors: readonly CertificateInput[]): TrustStore {
  const bySubject = new Map<string, Certificate[]>()
  const certificates: Certificate[] = []
  if (!Array.isArray(anchors))
    throw new X509InputError(
      'ERR_X509_INVALID_CERTIFICATE',
      `anchors: expected a list, got ${shown(seen(anchors))}`,
    )
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
 * The certificates of a chain to send, in their order, leaf first, as DER: from a PEM text with one block or more, a DER certificate, an X509Certificate,
 * or a list of these. Each is parsed, so that a mistake shows here and not at a peer.
 */
export function certificateChainFrom(
  chain: CertificateInput | readonly CertificateInput[],
): Bytes[] {
  const parts = Array.isArray(chain)
    ? (chain as readonly CertificateInput[])
    : [chain as CertificateInput]
  const certificates = parts.flatMap((part, index) => readCertificates(part, `chain[${index}]`))
  if (certificates.length === 0)
    throw new X509InputError(
      'ERR_X509_NO_CERTIFICATE',
      'expected a certificate chain, got an empty list',
    )
  return certificates.map(({ raw }) => new Uint8Array(raw))
}

function readCertificates(input: CertificateInput, what: string): Certificate[] {
  const given = seen(input)
  // Copied: a parsed certificate is views of its bytes.
  if (given.as === 'DER') return [readOne(Uint8Array.from(given.bytes), what)]
  if (given.as === 'X509Certificate') return [readOne(Uint8Array.from(given.raw), what)]
  if (given.as !== 'PEM')
    throw new X509InputError(
      'ERR_X509_INVALID_CERTIFICATE',
      `${what}: expected PEM text, DER bytes or an X509Certificate, got ${shown(given)}`,
    )
  const blocks = pemBlocks(given.text)
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
