/** A chain as objects of node:tls's getPeerCertificate(). */
import type { CryptoProvider } from '@biopair/crypto'
import {
  type Certificate,
  isX509Failure,
  type LegacyCertificate,
  legacyCertificate,
  parseCertificate,
} from '@biopair/x509'

/** One certificate of a chain, and whether it says that it has signed itself, as X509_check_issued(3) looks at it: no signature is checked. */
export interface CertificateObject {
  readonly object: LegacyCertificate
  readonly selfSigned: boolean
}

/** The certificates of a chain as far as they can be read, leaf first: what comes behind one that cannot be is left out. */
export function certificateObjects(
  chain: readonly Uint8Array[],
  { hashes }: Pick<CryptoProvider, 'hashes'>,
): readonly CertificateObject[] {
  const found: CertificateObject[] = []
  for (const der of chain) {
    const certificate = parseCertificate(der)
    if (isX509Failure(certificate)) break
    const object = legacyCertificate(certificate, hashes)
    found.push({ object, selfSigned: selfSigned(certificate) })
  }
  return found
}

function selfSigned(certificate: Certificate): boolean {
  const { selfIssued, keyUsage, authorityKeyIdentifier, subjectKeyIdentifier } = certificate
  if (!selfIssued || (keyUsage && !keyUsage.includes('keyCertSign'))) return false
  const named = authorityKeyIdentifier?.keyIdentifier
  if (!named || !subjectKeyIdentifier) return true
  return (
    named.length === subjectKeyIdentifier.length &&
    named.every((byte, i) => byte === subjectKeyIdentifier[i])
  )
}
