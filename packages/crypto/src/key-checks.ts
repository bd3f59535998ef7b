/** What every provider checks of a key before its library sees it, and whether an algorithm fits a key. */
import { curves, uncompressed } from './curves.ts'
import type { PublicKeyMaterial } from './keys.ts'
import { misuse } from './misuse.ts'
import { mlDsaSets } from './ml-dsa.ts'
import type { CryptoFailure, HashName } from './provider.ts'
import type { SignatureAlgorithm } from './signature-schemes.ts'

/**
 * Bounds on RSA public keys. The floor is RFC 8448's 1024 bits: what is too short to be trusted is for x509 to say.
 * The ceilings bound what a stranger's key can make us compute.
 */
export const rsaBounds = { minimum: 1024, maximum: 8192, exponent: 64 } as const

const hashLength: Readonly<Record<HashName, number>> = { sha256: 32, sha384: 48, sha512: 64 }

/** Bits of a big-endian number without leading zeros. */
export function bitLength(number: Uint8Array): number {
  return number.length === 0 ? 0 : 8 * number.length - Math.clz32(number[0] as number) + 24
}

/** Why this is no public key by its form alone; undefined if it may be one (a point still has to be on its curve). */
export function publicKeyFault(material: PublicKeyMaterial): CryptoFailure | undefined {
  const why = fault(material)
  return why === undefined ? undefined : { failure: 'bad_public_key', why }
}

function fault(material: PublicKeyMaterial): string | undefined {
  switch (material.kind) {
    case 'ec': {
      const { name, length } = curves[material.curve]
      if (uncompressed(curves[material.curve], material.point)) return undefined
      return `a point of ${name} is 04 and ${2 * length} bytes; ${material.point.length} bytes came`
    }
    case 'ed25519':
      if (material.key.length === 32) return undefined
      return `an Ed25519 key has 32 bytes; ${material.key.length} came`
    case 'ml-dsa': {
      const { length } = material.key
      const expected = mlDsaSets[material.set].publicKey
      if (length === expected) return undefined
      return `an ${material.set} key has ${expected} bytes; ${length} came`
    }
    case 'rsa':
      return rsaFault(material.n, material.e)
  }
}

function rsaFault(n: Uint8Array, e: Uint8Array): string | undefined {
  if (n[0] === 0 || e[0] === 0) return 'n or e has leading zeros'
  const bits = bitLength(n)
  if (bits < rsaBounds.minimum || bits > rsaBounds.maximum)
    return `n has ${rsaBounds.minimum} to ${rsaBounds.maximum} bits; ${bits} came`
  if (((n.at(-1) as number) & 1) === 0) return 'n is even'
  const exponentBits = bitLength(e)
  if (exponentBits > rsaBounds.exponent)
    return `e has at most ${rsaBounds.exponent} bits; ${exponentBits} came`
  if (exponentBits < 2 || ((e.at(-1) as number) & 1) === 0) return 'e is odd and at least 3'
  return undefined
}

/**
 * Whether a key can sign or verify with an algorithm: the kinds match, an id-RSASSA-PSS key keeps to its parameters
 * (RFC 4055 §3.3: the same hash, a salt at least as long), and the modulus is long enough.
 * That a SignatureScheme binds a curve in TLS 1.3 is the scheme's row to say.
 */
export function algorithmFits(algorithm: SignatureAlgorithm, material: PublicKeyMaterial): boolean {
  switch (algorithm.kind) {
    case 'ecdsa':
      return material.kind === 'ec'
    case 'ed25519':
      return material.kind === 'ed25519'
    case 'ml-dsa':
      return material.kind === 'ml-dsa' && material.set === algorithm.set
    case 'rsa_pkcs1':
      return (
        material.kind === 'rsa' &&
        material.pss === undefined &&
        // 00 01 PS(8) 00, DigestInfo's 19 bytes, the digest.
        material.n.length >= 11 + 19 + hashLength[algorithm.hash]
      )
    case 'rsa_pss': {
      if (material.kind !== 'rsa') return false
      const { hash, saltLength } = algorithm
      const room = Math.ceil((bitLength(material.n) - 1) / 8) - hashLength[hash] - 2
      if (saltLength > room) return false
      const { pss } = material
      return (
        pss === undefined || pss === 'any' || (pss.hash === hash && saltLength >= pss.saltLength)
      )
    }
  }
}

/** TypeError unless the key can sign so. */
export function checkFits(algorithm: SignatureAlgorithm, material: PublicKeyMaterial): void {
  if (algorithmFits(algorithm, material)) return
  throw misuse(
    'ERR_ALGORITHM_KEY_MISMATCH',
    `this ${material.kind} key does not sign with ${algorithm.kind}, or not with these parameters`,
  )
}
