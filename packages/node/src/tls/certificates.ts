/** Certificates as node:tls hands them out. */
import type { PeerCertificate } from 'node:tls'
import { certificateObjects, type LegacyCertificate, type SslContext } from '@biopair/ssl'

/** The object of getPeerCertificate(), with Buffers where Node has them. */
export function nodeObject(legacy: LegacyCertificate): PeerCertificate {
  return Object.fromEntries(
    Object.entries(legacy).map(([name, value]) => [
      name,
      value instanceof Uint8Array ? Buffer.from(value) : value,
    ]),
  ) as unknown as PeerCertificate
}

/** The same of a chain's first, and in `issuerCertificate` that of who signed it, and so on; one that signed itself has itself there. `{}` for an empty chain. */
export function nodeChain(
  chain: readonly Uint8Array[],
  { crypto }: SslContext,
  detailed: boolean,
): PeerCertificate | object {
  const found = certificateObjects(detailed ? chain : chain.slice(0, 1), crypto)
  const all = found.map(({ object }) => nodeObject(object)) as (PeerCertificate & {
    issuerCertificate?: object
  })[]
  if (detailed)
    for (const [depth, one] of all.entries()) {
      const issuer = found[depth]?.selfSigned ? one : all[depth + 1]
      if (issuer) one.issuerCertificate = issuer
    }
  return all[0] ?? {}
}
