/** RSA over micro-rsa-dsa-dh: verification by the library, signing by its modular power with CRT, blinding and a check. */
import { randomBytes } from '@noble/hashes/utils.js'
import { mgf1, PKCS1_SHA256, PKCS1_SHA384, PKCS1_SHA512, PSS } from 'micro-rsa-dsa-dh/rsa.js'
import { invert, pow } from 'micro-rsa-dsa-dh/utils.js'
import { type Bytes, wipe } from './bytes.ts'
import { nobleHashes } from './noble-hash.ts'
import { number, numberBytes, type RsaNumbers } from './rsa-private.ts'
import type { SignatureAlgorithm } from './signature-schemes.ts'

export type RsaAlgorithm = Extract<SignatureAlgorithm, { kind: 'rsa_pss' | 'rsa_pkcs1' }>

const pkcs1 = { sha256: PKCS1_SHA256, sha384: PKCS1_SHA384, sha512: PKCS1_SHA512 } as const

/** Whether a signature is one; false for a malformed one. */
export function rsaVerify(
  algorithm: RsaAlgorithm,
  key: { readonly n: bigint; readonly e: bigint },
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const hash = nobleHashes[algorithm.hash]
  const scheme =
    algorithm.kind === 'rsa_pkcs1'
      ? pkcs1[algorithm.hash]
      : PSS(hash, mgf1(hash), algorithm.saltLength)
  try {
    return scheme.verify(key, message, signature)
  } catch {
    // The library throws where the recovered number is too long for an encoded message.
    return false
  }
}

/**
 * RSASP1 (RFC 8017 §5.2.1) by the Chinese remainder theorem, and checked: a fault in one half would give the factors away.
 *
 * **Not constant time.** BigInt arithmetic and the library's square-and-multiply take time that depends on their numbers.
 * What can be done about that from outside is done: the message is blinded by a fresh random factor and both exponents
 * by fresh random multiples of p-1 and q-1, so that no two signatures run over the same numbers. This makes remote timing
 * attacks harder; it is no proof against an attacker on the same machine. A server whose RSA key matters signs with
 * @biopair/crypto-node, or outside the process. See docs/decisions/micro-rsa-dsa-dh.md.
 */
export function rsaPower(key: RsaNumbers, encoded: Bytes): Bytes {
  const { n, e, p, q, dp, dq, qi, length } = key
  const m = number(encoded)
  const factor = blindingFactor(key)
  const blinded = (m * pow(factor.r, e, n)) % n
  const s1 = pow(blinded % p, dp + multiple() * (p - 1n), p)
  const s2 = pow(blinded % q, dq + multiple() * (q - 1n), q)
  const h = (qi * (s1 - (s2 % p) + p)) % p
  const s = ((s2 + h * q) * factor.inverse) % n
  if (pow(s, e, n) !== m) throw new Error('an RSA signature failed its own check')
  return numberBytes(s, length)
}

/** r and its inverse mod n; r is uniform but for a bias of 2^-64. */
function blindingFactor({ n, length }: RsaNumbers): { r: bigint; inverse: bigint } {
  const bytes = randomBytes(length + 8)
  const r = (number(bytes) % (n - 2n)) + 2n
  wipe(bytes)
  // An r that shares a factor with n would be a factoring of n: `invert` throws, once in 2^512 signatures or never.
  return { r, inverse: invert(r, n) }
}

function multiple(): bigint {
  const bytes = randomBytes(8)
  const value = number(bytes)
  wipe(bytes)
  return value
}
