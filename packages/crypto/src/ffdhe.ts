/** The finite field groups of RFC 7919, one row each: their primes follow from e, and are not written out. */
import type { Bytes } from './bytes.ts'
import { draw } from './draw.ts'
import type { CryptoFailure, Random } from './provider.ts'

export interface FiniteField {
  readonly group: 'ffdhe2048' | 'ffdhe3072'
  /** Bytes of a share and of the secret: of the prime. */
  readonly length: number
  /** The X of RFC 7919 appendix A: what makes p and (p-1)/2 prime. */
  readonly x: bigint
  /** Bytes of a private exponent: more than the 225 and 275 bits that appendix A asks for at least. */
  readonly exponentLength: number
}

export const finiteFields = {
  ffdhe2048: { group: 'ffdhe2048', length: 256, x: 560_316n, exponentLength: 32 },
  ffdhe3072: { group: 'ffdhe3072', length: 384, x: 2_625_351n, exponentLength: 40 },
} as const satisfies Record<string, FiniteField>

/** p = 2^b - 2^(b-64) + (floor(2^(b-130) e) + X) 2^64 - 1 (RFC 7919 appendix A); the generator is 2. Some 0.3 ms. */
export function prime({ length, x }: FiniteField): bigint {
  const bits = BigInt(8 * length)
  // e as the sum of 1/n!, with 64 bits more than are wanted.
  let e = 0n
  let term = 1n << (bits - 130n + 64n)
  for (let n = 1n; term > 0n; n++) {
    e += term
    term /= n
  }
  return (1n << bits) - (1n << (bits - 64n)) + (((e >> 64n) + x) << 64n) - 1n
}

/** The private exponent; its first bit is set, so that it is never 0 or 1. */
export function drawExponent(random: Random, field: FiniteField): Bytes {
  const exponent = draw(random, `${field.group} key`, field.exponentLength)
  exponent[0] = (exponent[0] as number) | 0x80
  return exponent
}

/** Why a share is none: RFC 9846 §4.3.8.1 wants it as long as the prime, and 1 < Y < p-1. `p` has the prime's bytes. */
export function fieldFault(
  field: FiniteField,
  p: Bytes,
  share: Uint8Array,
): CryptoFailure | undefined {
  if (share.length !== field.length)
    return bad(`a share of ${field.group} has ${field.length} bytes; ${share.length} came`)
  const last = share.length - 1
  const small = share.every((byte, i) => (i < last ? byte === 0 : byte < 2))
  // p is odd: p - 1 differs in the last byte alone.
  const largest = p.slice()
  largest[last] = (p[last] as number) - 1
  if (small || !below(share, largest))
    return bad(`the ${field.group} share is not between 1 and p-1`)
  return undefined
}

function below(a: Uint8Array, b: Uint8Array): boolean {
  const at = a.findIndex((byte, i) => byte !== b[i])
  return at >= 0 && (a[at] as number) < (b[at] as number)
}

function bad(why: string): CryptoFailure {
  return { failure: 'bad_key_share', why }
}
