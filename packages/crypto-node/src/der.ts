/** Private keys as DER: bytes that can be wiped, where a JWK is a string that cannot. */
import { type Bytes, type CurveName, concat, type PrivateKeyMaterial, wipe } from '@biopair/crypto'

type RsaMaterial = Extract<PrivateKeyMaterial, { kind: 'rsa' }>

const edwardsOid = { x25519: 0x6e, x448: 0x6f, ed25519: 0x70 } as const

/** OneAsymmetricKey (RFC 8410 §7) of a key of 32 or 56 bytes: version 0, the algorithm, an OCTET STRING in an OCTET STRING. */
export function pkcs8(algorithm: keyof typeof edwardsOid, key: Uint8Array): Bytes {
  const { length } = key
  const oid = edwardsOid[algorithm]
  const whole = [0x30, length + 14, 0x02, 1, 0, 0x30, 5, 0x06, 3, 0x2b, 0x65, oid]
  return concat(Uint8Array.of(...whole, 0x04, length + 2, 0x04, length), key)
}

const curveOid = {
  'P-256': [0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7],
  'P-384': [0x06, 5, 0x2b, 0x81, 4, 0, 0x22],
  'P-521': [0x06, 5, 0x2b, 0x81, 4, 0, 0x23],
} as const

/** ECPrivateKey (RFC 5915 §3) without the public key. `d` has the length of the curve's scalars. */
export function sec1(curve: CurveName, d: Uint8Array): Bytes {
  const oid = Uint8Array.from(curveOid[curve])
  const body = concat(Uint8Array.of(0x02, 1, 1), tagged(0x04, d), tagged(0xa0, oid))
  const der = tagged(0x30, body)
  wipe(body)
  return der
}

/** RSAPrivateKey (RFC 8017 §A.1.2). */
export function pkcs1(material: RsaMaterial): Bytes {
  const { n, e, d, p, q, dp, dq, qi } = material
  const integers = [Uint8Array.of(0), n, e, d, p, q, dp, dq, qi].map(integer)
  const body = concat(...integers)
  const der = tagged(0x30, body)
  wipe(body, ...integers)
  return der
}

function integer(number: Uint8Array): Bytes {
  // DER: the fewest bytes, and the first bit is the sign.
  let at = 0
  while (at < number.length - 1 && number[at] === 0) at++
  const digits = number.subarray(at)
  if (((digits[0] ?? 0) & 0x80) === 0) return tagged(0x02, digits)
  const signed = concat(Uint8Array.of(0), digits)
  const der = tagged(0x02, signed)
  wipe(signed)
  return der
}

function tagged(tag: number, content: Uint8Array): Bytes {
  const { length } = content
  if (length < 0x80) return concat(Uint8Array.of(tag, length), content)
  if (length < 0x100) return concat(Uint8Array.of(tag, 0x81, length), content)
  return concat(Uint8Array.of(tag, 0x82, length >> 8, length & 0xff), content)
}
