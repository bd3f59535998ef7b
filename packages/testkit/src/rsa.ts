/** RSA for tests: a key from its primes, and the bare private operation on any encoded message, sound or not. */
import type { Bytes, PrivateKeyMaterial } from '@biopair/crypto'
import { number, numberBytes } from '@biopair/crypto/kit'
import { type RsaPrimes, rsaTestKeys } from './rsa-test-keys.ts'

export type RsaMaterial = Extract<PrivateKeyMaterial, { kind: 'rsa' }>

/** One of the keys that everybody knows. */
export function rsaTestKey(name: keyof typeof rsaTestKeys): RsaMaterial {
  return fromPrimes(rsaTestKeys[name])
}

/** RSASP1 (RFC 8017 §5.2.1): an encoded message, as long as n or shorter, to the power of d. In no constant time. */
export function rsaPrivateOperation(key: RsaMaterial, encoded: Uint8Array): Bytes {
  const [p, q] = [number(key.p), number(key.q)]
  const m = number(encoded)
  const [s1, s2] = [power(m % p, number(key.dp), p), power(m % q, number(key.dq), q)]
  const h = (number(key.qi) * (s1 - (s2 % p) + p)) % p
  return numberBytes(s2 + h * q, key.n.length)
}

function fromPrimes(primes: RsaPrimes): RsaMaterial {
  const [p, q, e] = [BigInt(`0x${primes.p}`), BigInt(`0x${primes.q}`), BigInt(primes.e)]
  const d = inverse(e, (p - 1n) * (q - 1n))
  return {
    kind: 'rsa',
    n: bytes(p * q),
    e: bytes(e),
    d: bytes(d),
    p: bytes(p),
    q: bytes(q),
    dp: bytes(d % (p - 1n)),
    dq: bytes(d % (q - 1n)),
    qi: bytes(inverse(q, p)),
  }
}

function bytes(value: bigint): Bytes {
  return numberBytes(value, Math.ceil(value.toString(16).length / 2))
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n
  for (const bit of exponent.toString(2)) {
    result = (result * result) % modulus
    if (bit === '1') result = (result * base) % modulus
  }
  return result
}

/** By Euclid; the two have no factor in common. */
function inverse(value: bigint, modulus: bigint): bigint {
  let [r, next] = [modulus, value % modulus]
  let [t, nextT] = [0n, 1n]
  while (next !== 0n) {
    const quotient = r / next
    ;[r, next] = [next, r - quotient * next]
    ;[t, nextT] = [nextT, t - quotient * nextT]
  }
  return t < 0n ? t + modulus : t
}
