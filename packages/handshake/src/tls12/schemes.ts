/** Which signature schemes TLS 1.2 has, and what they fit: SHA-2 alone, and ECDSA with any curve (RFC 5246 §7.4.1.4.1, RFC 9846 §4.3.3). */
import {
  type CipherSuite12,
  keyType,
  type PublicKeyMaterial,
  type SignatureScheme,
} from '@biopair/crypto'
import type { Identity } from '../flow.ts'

/** The schemes that sign handshakes of TLS 1.2: rsa_pkcs1 too, but nothing that is of TLS 1.3 alone. */
export function schemes12(schemes: readonly SignatureScheme[]): readonly SignatureScheme[] {
  return schemes.filter(({ algorithm }) => algorithm.kind !== 'ml-dsa')
}

/** Whether a scheme is one for the certificates of a suite. */
export function fitsSuite({ algorithm }: SignatureScheme, { auth }: CipherSuite12): boolean {
  if (auth === 'psk') return false
  const rsa = algorithm.kind === 'rsa_pss' || algorithm.kind === 'rsa_pkcs1'
  return rsa === (auth === 'rsa')
}

/** Whether a scheme goes with a key: the curve of ECDSA is not part of the scheme. */
export function fitsKey(scheme: SignatureScheme, material: PublicKeyMaterial): boolean {
  if (scheme.algorithm.kind === 'ecdsa') return material.kind === 'ec'
  return scheme.key === keyType(material)
}

/** The first scheme of the peer's that the identity signs with. */
export function commonScheme12(
  identity: Identity,
  peer: readonly SignatureScheme[],
): SignatureScheme | undefined {
  return peer.find(scheme => identity.schemes.includes(scheme))
}
