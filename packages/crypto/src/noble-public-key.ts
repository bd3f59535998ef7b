/** Public keys over @noble/curves and micro-rsa-dsa-dh. */
import { ed25519 } from '@noble/curves/ed25519.js'
import { algorithmFits, publicKeyFault } from './key-checks.ts'
import type { PublicKeyMaterial } from './keys.ts'
import { nobleCurves } from './noble-groups.ts'
import { nobleHashes } from './noble-hash.ts'
import { mlDsaVerify } from './noble-ml-dsa.ts'
import { rsaVerify } from './noble-rsa.ts'
import type { CryptoFailure, PublicKey } from './provider.ts'
import { number } from './rsa-private.ts'
import type { SignatureAlgorithm } from './signature-schemes.ts'

type Verify = (algorithm: SignatureAlgorithm, message: Uint8Array, signature: Uint8Array) => boolean

/** A key ready to verify with, or why it is none. */
export function publicKey(material: PublicKeyMaterial): PublicKey | CryptoFailure {
  const fault = publicKeyFault(material)
  if (fault) return fault
  const verify = verifier(material)
  if (!verify)
    return {
      failure: 'bad_public_key',
      why: `the point is not on ${(material as { curve: string }).curve}`,
    }
  return {
    material,
    verify: (algorithm, message, signature) =>
      algorithmFits(algorithm, material) && verify(algorithm, message, signature),
  }
}

function verifier(material: PublicKeyMaterial): Verify | undefined {
  switch (material.kind) {
    case 'ec': {
      const curve = nobleCurves[material.curve]
      const { point } = material
      if (!curve.utils.isValidPublicKey(point, false)) return undefined
      return (algorithm, message, signature) => {
        if (algorithm.kind !== 'ecdsa') return false
        const digest = nobleHashes[algorithm.hash](message)
        return curve.verify(signature, digest, point, {
          prehash: false,
          lowS: false,
          format: 'der',
        })
      }
    }
    case 'ed25519': {
      const { key } = material
      // RFC 8032 §5.1.7, not ZIP 215: S < L, canonical encodings.
      return (_algorithm, message, signature) =>
        signature.length === 64 && ed25519.verify(signature, message, key, { zip215: false })
    }
    case 'ml-dsa': {
      const { set, key } = material
      return (_algorithm, message, signature) => mlDsaVerify(set, key, message, signature)
    }
    case 'rsa': {
      const key = { n: number(material.n), e: number(material.e) }
      return (algorithm, message, signature) =>
        (algorithm.kind === 'rsa_pss' || algorithm.kind === 'rsa_pkcs1') &&
        rsaVerify(algorithm, key, message, signature)
    }
  }
}
