/** Whether an expanded ML-DSA key that comes without its seed is one: its redundant parts are computed again. */
import { shake256 } from '@noble/hashes/sha3.js'
import { genCrystals, XOF128 } from '@noble/post-quantum/_crystals.js'
import { equal, wipe } from './bytes.ts'
import type { MlDsaName } from './ml-dsa.ts'

// FIPS 204 table 1. `bits` is what a coefficient of s1 and s2 takes.
const rows = {
  'ML-DSA-44': { k: 4, l: 4, eta: 2, bits: 3 },
  'ML-DSA-65': { k: 6, l: 5, eta: 4, bits: 4 },
  'ML-DSA-87': { k: 8, l: 7, eta: 2, bits: 3 },
} as const

const n = 256
const q = 8380417
const d = 13

const { NTT, mod } = /* @__PURE__ */ genCrystals({
  N: n,
  Q: q,
  F: 8347681,
  ROOT_OF_UNITY: 1753,
  newPoly: length => new Int32Array(length),
  isKyber: false,
  brvBits: 8,
})

/**
 * Why `expanded` is no skEncode (FIPS 204 algorithm 24: ρ, K, tr, s1, s2, t0) of the key whose public half is `publicKey`; undefined if
 * it is. A file that was damaged in tr signs what nobody verifies; one that was damaged in t0 or s2 does so now and then, which no
 * trial signature shows. Lengths and the ranges of s1 and s2 have been checked.
 */
export function expandedFault(
  set: MlDsaName,
  expanded: Uint8Array,
  publicKey: Uint8Array,
): string | undefined {
  const { k, l, eta, bits } = rows[set]
  if (!equal(shake256(publicKey, { dkLen: 64 }), expanded.subarray(64, 128)))
    return `this expanded ${set} key has another public key's hash in it`
  const secrets = unpack(expanded.subarray(128, 128 + ((k + l) * n * bits) / 8), bits, eta)
  const s1 = secrets.slice(0, l).map(poly => NTT.encode(poly))
  const t0 = unpack(expanded.subarray(expanded.length - (k * n * d) / 8), d, 2 ** (d - 1))
  const xof = XOF128(expanded.subarray(0, 32))
  let difference = 0
  for (let row = 0; row < k; row++) {
    const t = new Int32Array(n)
    for (let column = 0; column < l; column++)
      addProduct(t, sample(xof.get(column, row)), s1[column] as Int32Array)
    NTT.decode(t)
    const s2 = secrets[l + row] as Int32Array
    for (let i = 0; i < n; i++) {
      const low = mod(at(t, i) + at(s2, i)) % 2 ** d
      // Power2Round (algorithm 35): what is left of t beside t1 lies in (-2^12, 2^12].
      const rounded = low > 2 ** (d - 1) ? low - 2 ** d : low
      difference |= rounded ^ at(t0[row] as Int32Array, i)
    }
    t.fill(0)
  }
  xof.clean()
  for (const poly of [...secrets, ...t0]) wipe(new Uint8Array(poly.buffer))
  return difference === 0
    ? undefined
    : `this expanded ${set} key has low bits in it that do not belong to its secrets`
}

/** BitUnpack (algorithm 19): polynomials of coefficients that were written as `upper` - x in so many bits. */
function unpack(bytes: Uint8Array, bits: number, upper: number): Int32Array<ArrayBuffer>[] {
  const polys = Array.from({ length: (bytes.length * 8) / (n * bits) }, () => new Int32Array(n))
  let from = 0
  for (const poly of polys)
    for (let i = 0; i < n; i++) {
      let value = 0
      for (let bit = 0; bit < bits; bit++, from++)
        value |= (((bytes[from >> 3] as number) >> (from & 7)) & 1) << bit
      poly[i] = upper - value
    }
  return polys
}

/** RejNTTPoly (algorithm 30): a polynomial of the matrix, which is public. */
function sample(blocks: () => Uint8Array): Int32Array {
  const poly = new Int32Array(n)
  for (let i = 0; i < n; ) {
    const block = blocks()
    for (let j = 0; j + 2 < block.length && i < n; j += 3) {
      const [low, middle, high] = block.subarray(j, j + 3) as unknown as [number, number, number]
      const value = low | (middle << 8) | ((high & 0x7f) << 16)
      if (value < q) poly[i++] = value
    }
  }
  return poly
}

/** sum += a * b, point by point: both lie in the transform's domain. 46 bits fit a number. */
function addProduct(sum: Int32Array, a: Int32Array, b: Int32Array): void {
  for (let i = 0; i < n; i++) sum[i] = mod(at(sum, i) + mod(at(a, i) * at(b, i)))
}

function at(poly: Int32Array, i: number): number {
  return poly[i] as number
}
