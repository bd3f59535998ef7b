/** What is checked of an RSA private key before it signs: that its eight numbers belong together. */
import { bitLength, publicKeyFault } from './key-checks.ts'
import type { PrivateKeyMaterial } from './keys.ts'
import type { CryptoFailure } from './provider.ts'

type RsaMaterial = Extract<PrivateKeyMaterial, { kind: 'rsa' }>

/** The numbers of an RSA private key (RFC 8017 §3.2). JavaScript cannot wipe a BigInt, nor the string it is read from. */
export interface RsaNumbers {
  readonly n: bigint
  readonly e: bigint
  readonly p: bigint
  readonly q: bigint
  readonly dp: bigint
  readonly dq: bigint
  readonly qi: bigint
  /** Bytes of n. */
  readonly length: number
  /** Bits of n. */
  readonly bits: number
}

/**
 * The numbers of a key, or why it is none: n = pq, e·dp = 1 mod p-1, e·dq = 1 mod q-1, qi·q = 1 mod p, e·d = 1 mod both.
 * A signature made with numbers that do not belong together gives the factors of n away.
 */
export function rsaNumbers(material: RsaMaterial): RsaNumbers | CryptoFailure {
  const fault = publicKeyFault(material)
  if (fault) return { failure: 'bad_private_key', why: fault.why }
  const n = number(material.n)
  const e = number(material.e)
  const d = number(material.d)
  const p = number(material.p)
  const q = number(material.q)
  const dp = number(material.dp)
  const dq = number(material.dq)
  const qi = number(material.qi)
  const consistent =
    p > 2n &&
    q > 2n &&
    p * q === n &&
    qi < p &&
    (qi * q) % p === 1n &&
    (e * dp) % (p - 1n) === 1n &&
    (e * dq) % (q - 1n) === 1n &&
    d < n &&
    (e * d) % (p - 1n) === 1n &&
    (e * d) % (q - 1n) === 1n
  if (!consistent)
    return { failure: 'bad_private_key', why: 'the numbers of the RSA key do not belong together' }
  return { n, e, p, q, dp, dq, qi, length: material.n.length, bits: bitLength(material.n) }
}

/** A big-endian number. */
export function number(bytes: Uint8Array): bigint {
  let hex = '0x0'
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0')
  return BigInt(hex)
}

/** A number, big-endian, in `length` bytes. */
export function numberBytes(number: bigint, length: number): Uint8Array<ArrayBuffer> {
  const hex = number.toString(16).padStart(2 * length, '0')
  return Uint8Array.from({ length }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16))
}
