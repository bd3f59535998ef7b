/** How a message becomes the number that RSA signs: EMSA-PSS and EMSA-PKCS1-v1_5 (RFC 8017 §9). */
import { type Bytes, concat } from './bytes.ts'
import type { Hash, HashName } from './provider.ts'

/** DigestInfo up to the digest (RFC 8017 §9.2 note 1). */
const digestInfo: Readonly<Record<HashName, Bytes>> = {
  sha256: prefix(1, 32),
  sha384: prefix(2, 48),
  sha512: prefix(3, 64),
}

function prefix(oid: number, length: number): Bytes {
  return Uint8Array.of(
    ...[0x30, 17 + length, 0x30, 13, 0x06, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, oid],
    ...[0x05, 0, 0x04, length],
  )
}

/**
 * EMSA-PSS-ENCODE with the salt given (RFC 8017 §9.1.1); MGF1 with the same hash, as every scheme of TLS has it.
 * `modulusBits` is the length of n in bits; the result is as long as n in bytes. RangeError where n is too short.
 */
export function emsaPss(
  hash: Hash,
  message: Uint8Array,
  salt: Uint8Array,
  modulusBits: number,
): Bytes {
  const bits = modulusBits - 1
  const length = Math.ceil(bits / 8)
  const maskedLength = length - hash.length - 1
  const saltAt = maskedLength - salt.length
  if (saltAt < 1) throw new RangeError(`a modulus of ${modulusBits} bits is too short for this PSS`)
  const h = hash.digest(new Uint8Array(8), hash.digest(message), salt)
  // Where bits is a multiple of 8, n has one byte more than the encoded message: a zero stands before it.
  const encoded = new Uint8Array(Math.ceil(modulusBits / 8))
  const at = encoded.length - length
  const masked = encoded.subarray(at, at + maskedLength)
  masked[saltAt - 1] = 1
  masked.set(salt, saltAt)
  xorMgf1(hash, h, masked)
  masked[0] = (masked[0] as number) & (0xff >> (8 * length - bits))
  encoded.set(h, at + maskedLength)
  encoded[encoded.length - 1] = 0xbc
  return encoded
}

/** MGF1 (RFC 8017 §B.2.1), xored onto `onto`. */
function xorMgf1(hash: Hash, seed: Uint8Array, onto: Uint8Array): void {
  const counter = new Uint8Array(4)
  for (let at = 0; at < onto.length; at += hash.length) {
    // A modulus has at most 1024 bytes: the counter never leaves its last byte.
    counter[3] = at / hash.length
    const mask = hash.digest(seed, counter)
    const end = Math.min(hash.length, onto.length - at)
    for (let i = 0; i < end; i++) onto[at + i] = (onto[at + i] as number) ^ (mask[i] as number)
  }
}

/** EMSA-PKCS1-v1_5 (RFC 8017 §9.2), `length` bytes. RangeError where `length` is too short. */
export function emsaPkcs1(hash: Hash, message: Uint8Array, length: number): Bytes {
  const info = digestInfo[hash.name]
  const padding = length - 3 - info.length - hash.length
  // RFC 8017 §9.2: PS has at least 8 bytes.
  if (padding < 8) throw new RangeError(`a modulus of ${length} bytes is too short for this digest`)
  const start = new Uint8Array(3 + padding).fill(0xff)
  start.set([0, 1])
  start[2 + padding] = 0
  return concat(start, info, hash.digest(message))
}
