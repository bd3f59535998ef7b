/** Private keys, written as PKCS#8 (RFC 5958; 5915, 8017, 8410, 9881). */
import type { Bytes, PrivateKeyMaterial, PublicKeyMaterial } from '@biopair/crypto'
import { mlDsaKeygen } from '@biopair/crypto/ml-dsa'
import { encodePublicKey } from '@biopair/x509'
import { derBytes, derTree } from './der-tree.ts'
import { bitString, context, implicit, integer, octetString, sequence } from './der-writer.ts'

/** How an ML-DSA private key is written (RFC 9881 §6). */
export const mlDsaForms = ['seed', 'expandedKey', 'both'] as const
export type MlDsaForm = (typeof mlDsaForms)[number]

/** PrivateKeyInfo: the algorithm as the public key has it, and the key. An expanded ML-DSA key without its seed is written alone. */
export function encodePrivateKey(
  key: PrivateKeyMaterial,
  publicKey: PublicKeyMaterial,
  form: MlDsaForm = 'seed',
): Bytes {
  return sequence(integer(0), algorithmOfKey(publicKey), octetString(content(key, publicKey, form)))
}

/** The AlgorithmIdentifier of a key's SubjectPublicKeyInfo. */
export function algorithmOfKey(publicKey: PublicKeyMaterial): Bytes {
  const { content } = derTree(encodePublicKey(publicKey))
  if (content instanceof Uint8Array || content[0] === undefined)
    throw new TypeError('expected a SubjectPublicKeyInfo')
  return derBytes(content[0])
}

function content(key: PrivateKeyMaterial, publicKey: PublicKeyMaterial, form: MlDsaForm): Bytes {
  switch (key.kind) {
    case 'ec': {
      const point = publicKey.kind === 'ec' ? [context(1, bitString(publicKey.point))] : []
      return sequence(integer(1), octetString(key.d), ...point)
    }
    case 'ed25519':
      return octetString(key.seed)
    case 'ml-dsa': {
      if (key.seed === undefined) return octetString(key.expanded)
      if (form === 'seed') return implicit(0, key.seed)
      const expanded = octetString(mlDsaKeygen(key.set, key.seed).expanded)
      return form === 'both' ? sequence(octetString(key.seed), expanded) : expanded
    }
    case 'rsa': {
      const { n, e, d, p, q, dp, dq, qi } = key
      return sequence(integer(0), ...[n, e, d, p, q, dp, dq, qi].map(integer))
    }
  }
}
