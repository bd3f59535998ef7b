/** Private keys over @noble/curves and micro-rsa-dsa-dh. */
import { ecdsa } from '@noble/curves/abstract/weierstrass.js'
import { ed25519 } from '@noble/curves/ed25519.js'
import { type Bytes, wipe } from './bytes.ts'
import { curves, fixedScalar } from './curves.ts'
import { drawSalt } from './draw.ts'
import { emsaPkcs1, emsaPss } from './emsa.ts'
import { checkFits } from './key-checks.ts'
import type { CurveName, PrivateKeyMaterial, PublicKeyMaterial } from './keys.ts'
import { present } from './misuse.ts'
import { nobleCurves, system } from './noble-groups.ts'
import { hashes, nobleHashes } from './noble-hash.ts'
import { mlDsaPrivateKey } from './noble-ml-dsa.ts'
import { rsaPower } from './noble-rsa.ts'
import type { CryptoFailure, HashName, PrivateKey, Random } from './provider.ts'
import { failed } from './provider.ts'
import { type RsaNumbers, rsaNumbers } from './rsa-private.ts'
import type { SignatureAlgorithm } from './signature-schemes.ts'

/** A key ready to sign with, or why it is none. */
export function privateKey(material: PrivateKeyMaterial): PrivateKey | CryptoFailure {
  switch (material.kind) {
    case 'ec': {
      const d = fixedScalar(curves[material.curve], material.d)
      if (!d) return { failure: 'bad_private_key', why: `d is no scalar of ${material.curve}` }
      const point = nobleCurves[material.curve].getPublicKey(d, false)
      return new EcKey({ kind: 'ec', curve: material.curve, point }, d)
    }
    case 'ed25519': {
      const { length } = material.seed
      if (length !== 32)
        return { failure: 'bad_private_key', why: `an Ed25519 seed has 32 bytes; ${length} came` }
      const seed = Uint8Array.from(material.seed)
      return new Ed25519Key({ kind: 'ed25519', key: ed25519.getPublicKey(seed) }, seed)
    }
    case 'ml-dsa':
      return mlDsaPrivateKey(material)
    case 'rsa': {
      const numbers = rsaNumbers(material)
      if (failed(numbers)) return numbers
      const { kind, n, e, pss } = material
      return new RsaKey({ kind, n, e, ...(pss && { pss }) }, numbers)
    }
  }
}

/** The hash of the library's own signer for a curve. */
const ownHash: Readonly<Record<CurveName, HashName>> = {
  'P-256': 'sha256',
  'P-384': 'sha384',
  'P-521': 'sha512',
}

class EcKey implements PrivateKey {
  readonly publicMaterial: Extract<PublicKeyMaterial, { kind: 'ec' }>
  #d: Bytes | undefined

  constructor(material: Extract<PublicKeyMaterial, { kind: 'ec' }>, d: Bytes) {
    this.publicMaterial = material
    this.#d = d
  }

  sign(algorithm: SignatureAlgorithm, message: Uint8Array, random?: Random): Bytes {
    const d = present(this.#d, 'private key')
    checkFits(algorithm, this.publicMaterial)
    if (algorithm.kind !== 'ecdsa') throw new Error('unreachable: an EC key fits ECDSA alone')
    const curve = nobleCurves[this.publicMaterial.curve]
    const hash = nobleHashes[algorithm.hash]
    // RFC 6979 makes its nonce with the hash of the message: the curve's own signer has a fixed one.
    const signer =
      ownHash[this.publicMaterial.curve] === algorithm.hash ? curve : ecdsa(curve.Point, hash)
    return signer.sign(message, d, {
      format: 'der',
      lowS: false,
      // RFC 6979 §3.6: with extra entropy a fault or a collision does not give the key away.
      extraEntropy: random === undefined,
    })
  }

  wipe(): void {
    wipe(this.#d)
    this.#d = undefined
  }
}

class Ed25519Key implements PrivateKey {
  readonly publicMaterial: PublicKeyMaterial
  #seed: Bytes | undefined

  constructor(material: PublicKeyMaterial, seed: Bytes) {
    this.publicMaterial = material
    this.#seed = seed
  }

  sign(algorithm: SignatureAlgorithm, message: Uint8Array): Bytes {
    const seed = present(this.#seed, 'private key')
    checkFits(algorithm, this.publicMaterial)
    return ed25519.sign(message, seed)
  }

  wipe(): void {
    wipe(this.#seed)
    this.#seed = undefined
  }
}

/** Signing is not constant time: see `rsaPower`. `wipe` drops the numbers; JavaScript cannot wipe a BigInt. */
class RsaKey implements PrivateKey {
  readonly publicMaterial: PublicKeyMaterial
  #numbers: RsaNumbers | undefined

  constructor(material: PublicKeyMaterial, numbers: RsaNumbers) {
    this.publicMaterial = material
    this.#numbers = numbers
  }

  sign(algorithm: SignatureAlgorithm, message: Uint8Array, random?: Random): Bytes {
    const numbers = present(this.#numbers, 'private key')
    checkFits(algorithm, this.publicMaterial)
    switch (algorithm.kind) {
      case 'rsa_pkcs1':
        return rsaPower(numbers, emsaPkcs1(hashes[algorithm.hash], message, numbers.length))
      case 'rsa_pss': {
        const { hash, saltLength } = algorithm
        const salt = drawSalt(random ?? system, saltLength)
        return rsaPower(numbers, emsaPss(hashes[hash], message, salt, numbers.bits))
      }
      default:
        throw new Error('unreachable: an RSA key fits RSA alone')
    }
  }

  wipe(): void {
    this.#numbers = undefined
  }
}
