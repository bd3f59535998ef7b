/** Private keys over node:crypto. With a `Random`, what would draw inside OpenSSL goes another way to the same bytes. */
import {
  constants,
  createPrivateKey,
  createPublicKey,
  type JsonWebKey,
  type KeyObject,
  privateEncrypt,
  sign,
} from 'node:crypto'
import {
  type Bytes,
  type CryptoFailure,
  type CurveName,
  concat,
  failed,
  type PrivateKey,
  type PrivateKeyMaterial,
  type PublicKeyMaterial,
  type Random,
  type SignatureAlgorithm,
  wipe,
} from '@biopair/crypto'
import {
  bitLength,
  checkFits,
  curves,
  drawSalt,
  emsaPss,
  fixedScalar,
  present,
  rsaNumbers,
} from '@biopair/crypto/kit'
import { pkcs1, pkcs8, sec1 } from './der.ts'
import { hashes } from './hash.ts'
import { mlDsa, noble } from './noble.ts'
import { fromBase64url, plain } from './plain.ts'

/** A key ready to sign with, or why it is none. */
export function privateKey(material: PrivateKeyMaterial): PrivateKey | CryptoFailure {
  switch (material.kind) {
    case 'ec': {
      const { curve } = material
      const d = fixedScalar(curves[curve], material.d)
      if (!d) return bad(`d is no scalar of ${curve}`)
      const key = imported(sec1(curve, d), 'sec1')
      const { x, y } = publicJwk(key)
      const point = concat(Uint8Array.of(4), fromBase64url(x), fromBase64url(y))
      return new NodePrivateKey({ kind: 'ec', curve, point }, key, d)
    }
    case 'ed25519': {
      const { seed } = material
      if (seed.length !== 32) return bad(`an Ed25519 seed has 32 bytes; ${seed.length} came`)
      const key = imported(pkcs8('ed25519', seed), 'pkcs8')
      const publicKey = fromBase64url(publicJwk(key).x)
      return new NodePrivateKey({ kind: 'ed25519', key: publicKey }, key, undefined)
    }
    case 'ml-dsa':
      return mlDsa().mlDsaPrivateKey(material)
    case 'rsa': {
      const numbers = rsaNumbers(material)
      if (failed(numbers)) return numbers
      const { kind, n, e, pss } = material
      const publicMaterial = { kind, n, e, ...(pss && { pss }) }
      return new NodePrivateKey(publicMaterial, imported(pkcs1(material), 'pkcs1'), undefined)
    }
  }
}

function bad(why: string): CryptoFailure {
  return { failure: 'bad_private_key', why }
}

/** The key, from DER that is wiped. */
function imported(der: Bytes, type: 'pkcs1' | 'pkcs8' | 'sec1'): KeyObject {
  const key = createPrivateKey({ key: Buffer.from(der.buffer), format: 'der', type })
  wipe(der)
  return key
}

function publicJwk(key: KeyObject): JsonWebKey {
  return createPublicKey(key).export({ format: 'jwk' })
}

class NodePrivateKey implements PrivateKey {
  readonly publicMaterial: PublicKeyMaterial
  #key: KeyObject | undefined
  /** The scalar of an EC key, for signatures by RFC 6979, which OpenSSL 3.0 does not make. */
  readonly #d: Bytes | undefined

  constructor(material: PublicKeyMaterial, key: KeyObject, d: Bytes | undefined) {
    this.publicMaterial = material
    this.#key = key
    this.#d = d
  }

  sign(algorithm: SignatureAlgorithm, message: Uint8Array, random?: Random): Bytes {
    const key = present(this.#key, 'private key')
    const material = this.publicMaterial
    checkFits(algorithm, material)
    switch (algorithm.kind) {
      case 'ecdsa':
        if (random && material.kind === 'ec' && this.#d)
          return rfc6979(material.curve, this.#d, algorithm, message, random)
        return plain(sign(algorithm.hash, message, { key, dsaEncoding: 'der' }))
      case 'ed25519':
        return plain(sign(null, message, key))
      case 'ml-dsa':
        throw new Error('unreachable: an ML-DSA key is no key of OpenSSL here')
      case 'rsa_pkcs1':
        return plain(sign(algorithm.hash, message, { key, padding: constants.RSA_PKCS1_PADDING }))
      case 'rsa_pss': {
        const { hash, saltLength } = algorithm
        if (!random || material.kind !== 'rsa') {
          const padding = constants.RSA_PKCS1_PSS_PADDING
          return plain(sign(hash, message, { key, padding, saltLength }))
        }
        const salt = drawSalt(random, saltLength)
        const encoded = emsaPss(hashes[hash], message, salt, bitLength(material.n))
        return plain(privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, encoded))
      }
    }
  }

  /** Drops the key: node:crypto wipes it when it is collected. */
  wipe(): void {
    wipe(this.#d)
    this.#key = undefined
  }
}

function rfc6979(
  curve: CurveName,
  d: Bytes,
  algorithm: SignatureAlgorithm,
  message: Uint8Array,
  random: Random,
): Bytes {
  const key = noble().privateKey({ kind: 'ec', curve, d })
  if (failed(key)) throw new Error('unreachable: this scalar was checked')
  try {
    return key.sign(algorithm, message, random)
  } finally {
    key.wipe()
  }
}
