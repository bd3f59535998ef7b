/** Public keys over node:crypto, imported as JWK: OpenSSL 3 takes several times as long over DER (measured). */
import { constants, createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto'
import {
  algorithmFits,
  type CryptoFailure,
  type PublicKey,
  type PublicKeyMaterial,
  type SignatureAlgorithm,
} from '@biopair/crypto'
import { curves, publicKeyFault } from '@biopair/crypto/kit'
import { mlDsa } from './noble.ts'
import { base64url } from './plain.ts'

/** A key ready to verify with, or why it is none. */
export function publicKey(material: PublicKeyMaterial): PublicKey | CryptoFailure {
  const fault = publicKeyFault(material)
  if (fault) return fault
  if (material.kind === 'ml-dsa') {
    const { set, key } = material
    return {
      material,
      verify: (algorithm, message, signature) =>
        algorithmFits(algorithm, material) && mlDsa().mlDsaVerify(set, key, message, signature),
    }
  }
  let key: KeyObject
  try {
    key = createPublicKey({ key: jwk(material), format: 'jwk' })
  } catch {
    const kind = material.kind === 'ec' ? `point of ${material.curve}` : `${material.kind} key`
    return { failure: 'bad_public_key', why: `OpenSSL takes this for no ${kind}` }
  }
  return {
    material,
    verify: (algorithm, message, signature) =>
      algorithmFits(algorithm, material) && verified(algorithm, key, message, signature),
  }
}

function jwk(material: Exclude<PublicKeyMaterial, { kind: 'ml-dsa' }>): JsonWebKey {
  switch (material.kind) {
    case 'ec': {
      const { point, curve } = material
      const middle = 1 + curves[curve].length
      const x = base64url(point.subarray(1, middle))
      return { kty: 'EC', crv: curve, x, y: base64url(point.subarray(middle)) }
    }
    case 'ed25519':
      return { kty: 'OKP', crv: 'Ed25519', x: base64url(material.key) }
    case 'rsa':
      return { kty: 'RSA', n: base64url(material.n), e: base64url(material.e) }
  }
}

function verified(
  algorithm: SignatureAlgorithm,
  key: KeyObject,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  try {
    switch (algorithm.kind) {
      case 'ecdsa':
        return verify(algorithm.hash, message, { key, dsaEncoding: 'der' }, signature)
      case 'ed25519':
        return verify(null, message, key, signature)
      case 'ml-dsa':
        throw new Error('unreachable: an ML-DSA key is no key of OpenSSL here')
      case 'rsa_pkcs1': {
        const padding = constants.RSA_PKCS1_PADDING
        return verify(algorithm.hash, message, { key, padding }, signature)
      }
      case 'rsa_pss': {
        const { hash, saltLength } = algorithm
        const padding = constants.RSA_PKCS1_PSS_PADDING
        return verify(hash, message, { key, padding, saltLength }, signature)
      }
    }
  } catch {
    // Some malformed signatures are errors to OpenSSL.
    return false
  }
}
