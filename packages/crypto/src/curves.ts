/** The curves of FIPS 186-5, one row each: what is needed to check a point's shape and a scalar's range. */
import type { Bytes } from './bytes.ts'
import type { GroupName } from './groups.ts'
import type { CurveName } from './keys.ts'

export interface Curve {
  readonly name: CurveName
  readonly group: GroupName
  /** Bytes of a coordinate, and of a scalar: a point is 1 + 2 of these. */
  readonly length: number
  /** The order n of the group, big-endian, `length` bytes. */
  readonly order: Bytes
}

export const curves: Readonly<Record<CurveName, Curve>> = {
  'P-256': {
    name: 'P-256',
    group: 'secp256r1',
    length: 32,
    order: bytes('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'),
  },
  'P-384': {
    name: 'P-384',
    group: 'secp384r1',
    length: 48,
    order: bytes(`${'f'.repeat(48)}c7634d81f4372ddf581a0db248b0a77aecec196accc52973`),
  },
  'P-521': {
    name: 'P-521',
    group: 'secp521r1',
    length: 66,
    order: bytes(
      `01${'f'.repeat(65)}a51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409`,
    ),
  },
}

/** Whether bytes have the shape of an uncompressed point (SEC 1 §2.3.4): 04, X, Y. TLS knows no other (RFC 9846 §4.3.8.2). */
export function uncompressed(curve: Curve, point: Uint8Array): boolean {
  return point.length === 1 + 2 * curve.length && point[0] === 4
}

/** Whether 1 <= `scalar` < n, for a scalar of `curve.length` bytes; no branch depends on its bytes but the answer. */
export function inRange(curve: Curve, scalar: Uint8Array): boolean {
  let borrow = 0
  let any = 0
  for (let i = curve.length - 1; i >= 0; i--) {
    const byte = scalar[i] as number
    any |= byte
    borrow = ((byte - (curve.order[i] as number) - borrow) >> 8) & 1
  }
  return borrow === 1 && any !== 0
}

/**
 * A scalar as `curve.length` bytes, a copy: leading zeros are dropped or put before it.
 * Undefined unless 1 <= scalar < n.
 */
export function fixedScalar(curve: Curve, scalar: Uint8Array): Bytes | undefined {
  const excess = scalar.length - curve.length
  for (let i = 0; i < excess; i++) if (scalar[i] !== 0) return undefined
  const fixed = new Uint8Array(curve.length)
  fixed.set(excess > 0 ? scalar.subarray(excess) : scalar, Math.max(0, -excess))
  if (inRange(curve, fixed)) return fixed
  fixed.fill(0)
  return undefined
}

function bytes(hex: string): Bytes {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) =>
    Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16),
  )
}
