/** Certificates as node:tls hands them out. */
import { X509Certificate } from 'node:crypto'
import type { PeerCertificate } from 'node:tls'

/** The object of getPeerCertificate(): Node's own, for Node's own eyes. */
export function legacyObject(der: Uint8Array): PeerCertificate {
  return new X509Certificate(der).toLegacyObject() as unknown as PeerCertificate
}

/** The same, and in `issuerCertificate` that of who signed it, and so on; one that signed itself has itself there. `{}` for an empty chain. */
export function legacyChain(
  chain: readonly Uint8Array[],
  detailed: boolean,
): PeerCertificate | object {
  const [leaf] = chain
  if (!leaf) return {}
  if (!detailed) return legacyObject(leaf)
  const all = chain.map(legacyObject) as (PeerCertificate & { issuerCertificate?: object })[]
  for (const [depth, one] of all.entries()) {
    const certificate = new X509Certificate(chain[depth] as Uint8Array)
    const issuer = all[depth + 1]
    if (certificate.checkIssued(certificate)) one.issuerCertificate = one
    else if (issuer) one.issuerCertificate = issuer
  }
  return all[0] as PeerCertificate
}
