/** ML-DSA over @noble/post-quantum; a subpath of its own, so that a provider over another library can take it alone. */
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js'
import { randomBytes } from '@noble/post-quantum/utils.js'
import { type Bytes, equal, wipe } from './bytes.ts'
import { draw } from './draw.ts'
import { checkFits } from './key-checks.ts'
import type { PrivateKeyMaterial, PublicKeyMaterial } from './keys.ts'
import { present } from './misuse.ts'
import { type MlDsaName, mlDsaSeedLength, mlDsaSets } from './ml-dsa.ts'
import { expandedFault } from './noble-ml-dsa-expanded.ts'
import type { CryptoFailure, PrivateKey, Random } from './provider.ts'
import type { SignatureAlgorithm } from './signature-schemes.ts'

const library = { 'ML-DSA-44': ml_dsa44, 'ML-DSA-65': ml_dsa65, 'ML-DSA-87': ml_dsa87 } as const

type Material = Extract<PrivateKeyMaterial, { kind: 'ml-dsa' }>

/** ML-DSA.Verify with an empty context. `key` has the length of its set; any bytes may come as `signature`. */
export function mlDsaVerify(
  set: MlDsaName,
  key: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  return (
    signature.length === mlDsaSets[set].signature && library[set].verify(signature, message, key)
  )
}

/** ML-DSA.KeyGen_internal: the two halves that a seed of 32 bytes stands for. Both are the caller's, the secret one to wipe. */
export function mlDsaKeygen(
  set: MlDsaName,
  seed: Uint8Array,
): { readonly publicKey: Bytes; readonly expanded: Bytes } {
  const { publicKey, secretKey } = library[set].keygen(seed)
  return { publicKey, expanded: secretKey }
}

/**
 * A key ready to sign with, or why it is none. What is given is copied.
 * Signing takes no constant time: it tries again until a signature may be shown, and the numbers are JavaScript's.
 */
export function mlDsaPrivateKey(material: Material): PrivateKey | CryptoFailure {
  const { set, seed, expanded } = material
  if (seed && seed.length !== mlDsaSeedLength)
    return bad(`an ${set} seed has ${mlDsaSeedLength} bytes; ${seed.length} came`)
  const { expanded: length } = mlDsaSets[set]
  if (expanded && expanded.length !== length)
    return bad(`an expanded ${set} key has ${length} bytes; ${expanded.length} came`)
  if (!seed) return fromExpanded(set, expanded)
  const { publicKey, expanded: made } = mlDsaKeygen(set, seed)
  // RFC 9881 §8: seed and expanded key that do not agree MUST be refused.
  if (expanded && !equal(expanded, made)) {
    wipe(made)
    return bad(`this ${set} seed does not expand to the expanded key beside it`)
  }
  return new MlDsaKey({ kind: 'ml-dsa', set, key: publicKey }, made)
}

function fromExpanded(set: MlDsaName, expanded: Uint8Array): PrivateKey | CryptoFailure {
  let key: Bytes
  try {
    key = library[set].getPublicKey(expanded)
  } catch {
    // With the length right, a coefficient out of its range is all that throws.
    return bad(`this expanded ${set} key has a secret coefficient out of its range`)
  }
  const why = expandedFault(set, expanded, key)
  if (why !== undefined) return bad(why)
  return new MlDsaKey({ kind: 'ml-dsa', set, key }, Uint8Array.from(expanded))
}

function bad(why: string): CryptoFailure {
  return { failure: 'bad_private_key', why }
}

const system: Random = (_purpose, length) => randomBytes(length)

class MlDsaKey implements PrivateKey {
  readonly publicMaterial: Extract<PublicKeyMaterial, { kind: 'ml-dsa' }>
  #expanded: Bytes | undefined

  constructor(material: Extract<PublicKeyMaterial, { kind: 'ml-dsa' }>, expanded: Bytes) {
    this.publicMaterial = material
    this.#expanded = expanded
  }

  sign(algorithm: SignatureAlgorithm, message: Uint8Array, random?: Random): Bytes {
    const expanded = present(this.#expanded, 'private key')
    checkFits(algorithm, this.publicMaterial)
    // FIPS 204 §3.4: hedged, so that a fault or somebody who measures does not see the same signing twice.
    const rnd = draw(random ?? system, 'ml-dsa rnd', 32)
    try {
      return library[this.publicMaterial.set].sign(message, expanded, { extraEntropy: rnd })
    } finally {
      wipe(rnd)
    }
  }

  wipe(): void {
    wipe(this.#expanded)
    this.#expanded = undefined
  }
}
