/** Channel bindings: what both ends of a TLS connection know and nobody between two connections can make equal (RFC 5056). */
import type { CryptoProvider, HashName } from '@biopair/crypto'
import type { Bytes } from '@biopair/wire'
import { isX509Failure, parseCertificate } from '@biopair/x509'
import { misuse } from './misuse.ts'

/** Of IANA's registry: RFC 9266, and RFC 5929 §4; §3 in TLS 1.2 alone. */
export type ChannelBindingType = 'tls-exporter' | 'tls-server-end-point' | 'tls-unique'

/** RFC 9266 §4.1 and §4.2: label, empty context, length. */
export const tlsExporter = { label: 'EXPORTER-Channel-Binding', length: 32 } as const

/** TypeError for a name that is no binding. */
export function checkBindingType(type: string): asserts type is ChannelBindingType {
  if (['tls-exporter', 'tls-server-end-point', 'tls-unique'].includes(type)) return
  throw misuse(
    'ERR_INVALID_ARG_VALUE',
    `channelBinding: expected tls-exporter, tls-server-end-point or tls-unique, got ${type}`,
  )
}

/**
 * `tls-server-end-point` (RFC 5929 §4.1): the hash of the server's certificate, with the hash that it is signed with. MD5 and SHA-1 stand for
 * SHA-256. TypeError where there is no certificate, and where its signature has no hash of its own (Ed25519, ML-DSA), as in PostgreSQL.
 */
export function serverEndPoint(leaf: Uint8Array | undefined, crypto: CryptoProvider): Bytes {
  if (!leaf)
    throw misuse(
      'ERR_NO_CHANNEL_BINDING',
      "tls-server-end-point: the server's certificate is not known here (a resumption, a pre-shared key)",
    )
  return crypto.hashes[hashOf(leaf)].digest(leaf)
}

function hashOf(leaf: Uint8Array): HashName {
  const certificate = parseCertificate(leaf)
  if (isX509Failure(certificate)) throw undefinedFor(certificate.why)
  const { signatureAlgorithm } = certificate
  if (!isX509Failure(signatureAlgorithm)) {
    if ('hash' in signatureAlgorithm) return signatureAlgorithm.hash
    throw undefinedFor(`a signature with ${signatureAlgorithm.kind} has no hash of its own`)
  }
  if (signatureAlgorithm.failure === 'weak') return 'sha256'
  throw undefinedFor(signatureAlgorithm.why)
}

function undefinedFor(why: string): TypeError {
  return misuse('ERR_NO_CHANNEL_BINDING', `tls-server-end-point is not defined here: ${why}`)
}
