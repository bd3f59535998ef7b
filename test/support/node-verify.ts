/** A verifier over node:crypto, for tests of certificates that need no more of a provider. */
import { constants, createPublicKey, type JsonWebKey, verify } from 'node:crypto'
import type { CryptoProvider, PublicKey, PublicKeyMaterial } from '@biopair/crypto'

/** As much of a `CryptoProvider` as `verifyChain` asks for. */
export const nodeVerify: Pick<CryptoProvider, 'publicKey'> = {
  publicKey(material) {
    try {
      return nodeKey(material)
    } catch (error) {
      return { failure: 'bad_public_key', why: String(error) }
    }
  },
}

function nodeKey(material: PublicKeyMaterial): PublicKey {
  const key = createPublicKey({ key: jwk(material), format: 'jwk' })
  return {
    material,
    verify(algorithm, message, signature) {
      try {
        switch (algorithm.kind) {
          case 'ecdsa':
            return material.kind === 'ec' && verify(algorithm.hash, message, key, signature)
          case 'ed25519':
            return material.kind === 'ed25519' && verify(null, message, key, signature)
          case 'ml-dsa':
            return false
          case 'rsa_pkcs1':
            return rsa(material, true) && verify(algorithm.hash, message, key, signature)
          case 'rsa_pss': {
            const { hash, saltLength } = algorithm
            const padded = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }
            return rsa(material, false) && verify(hash, message, padded, signature)
          }
        }
      } catch {
        return false
      }
    },
  }
}

function rsa(material: PublicKeyMaterial, plain: boolean): boolean {
  return material.kind === 'rsa' && !(plain && material.pss !== undefined)
}

function jwk(material: PublicKeyMaterial): JsonWebKey {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')
  switch (material.kind) {
    case 'ec': {
      const { curve, point } = material
      const half = (point.length - 1) / 2
      return {
        kty: 'EC',
        crv: curve,
        x: text(point.subarray(1, 1 + half)),
        y: text(point.subarray(1 + half)),
      }
    }
    case 'ed25519':
      return { kty: 'OKP', crv: 'Ed25519', x: text(material.key) }
    case 'ml-dsa':
      throw new TypeError('node:crypto has no ML-DSA before Node 24')
    case 'rsa':
      return { kty: 'RSA', n: text(material.n), e: text(material.e) }
  }
}
