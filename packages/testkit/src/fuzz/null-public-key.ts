/** UNSAFE, for fuzzers alone: public keys under which every signature verifies. */
import type { CryptoProvider, PublicKeyMaterial, SignatureAlgorithm } from '@biopair/crypto'

const pointLengths = { 'P-256': 65, 'P-384': 97, 'P-521': 133 } as const

/** What cannot be a key by its form is none. An empty signature, and one of an algorithm that does not fit the key, do not verify. */
export const nullPublicKey: CryptoProvider['publicKey'] = material => {
  const why = fault(material)
  if (why !== undefined) return { failure: 'bad_public_key', why }
  return {
    material,
    verify: (algorithm, _message, signature) =>
      signature.length > 0 && kindOf(algorithm) === material.kind,
  }
}

function kindOf({ kind }: SignatureAlgorithm): PublicKeyMaterial['kind'] {
  if (kind === 'ecdsa') return 'ec'
  return kind === 'rsa_pss' || kind === 'rsa_pkcs1' ? 'rsa' : kind
}

function fault(material: PublicKeyMaterial): string | undefined {
  if (material.kind === 'ec') {
    const length = pointLengths[material.curve]
    const right = material.point.length === length && material.point[0] === 4
    return right ? undefined : `expected a point of ${length} bytes`
  }
  if (material.kind === 'ed25519' && material.key.length !== 32) return 'expected 32 bytes'
  if (material.kind === 'rsa' && material.n.length === 0) return 'expected a modulus'
  return undefined
}
