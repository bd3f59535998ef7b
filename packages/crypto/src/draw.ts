/**
 * Drawing secrets from a `Random`, by purpose; one list for every provider, so that one seed gives one byte string.
 *
 *     purpose             bytes   drawn by                                          how it is used
 *     x25519 key             32   x25519 and X25519MLKEM768, start and answer       the scalar, clamped by X25519 itself
 *     secp256r1 key          32   secp256r1, start and answer                       the scalar; drawn again until 1 <= d < n
 *     secp384r1 key          48   secp384r1, start and answer                       the same
 *     secp521r1 key          66   secp521r1, start and answer                       the same, after the top 7 bits are cleared
 *     ml-kem-768 seed        64   X25519MLKEM768 start, before its x25519 key       d || z (FIPS 203 algorithm 16)
 *     ml-kem-768 coins       32   X25519MLKEM768 answer, before its x25519 key      m (FIPS 203 algorithm 17)
 *     ml-kem-768 seed, ml-kem-768 coins                 SecP256r1MLKEM768, before its secp256r1 key
 *     ml-kem-1024 seed       64   SecP384r1MLKEM1024 start, before its secp384r1 key  d || z
 *     ml-kem-1024 coins      32   SecP384r1MLKEM1024 answer, before its secp384r1 key m
 *     x448 key               56   x448, start and answer                            the scalar, clamped by X448 itself
 *     ffdhe2048 key          32   ffdhe2048, start and answer                       the exponent, after its first bit is set
 *     ffdhe3072 key          40   ffdhe3072, start and answer                       the same
 *     rsa-pss salt         sLen   sign with rsa_pss, sLen > 0                       the salt (RFC 8017 §9.1.1)
 *     ml-dsa rnd             32   sign with ml-dsa                                  rnd (FIPS 204 algorithm 2)
 *
 * ECDSA, Ed25519 and RSASSA-PKCS1-v1_5 draw nothing: a seeded ECDSA nonce is RFC 6979's. `answer` draws before it looks at the
 * peer's share, except that a share of the wrong length or form costs no draw. Blinding never draws from a `Random`.
 */
import { type Bytes, wipe } from './bytes.ts'
import { type Curve, inRange } from './curves.ts'
import { misuse } from './misuse.ts'
import type { Random } from './provider.ts'

/** `length` bytes for a purpose; the array is the caller's to wipe. TypeError where the source gives another length. */
export function draw(random: Random, purpose: string, length: number): Bytes {
  const bytes = random(purpose, length)
  if (bytes.length === length) return bytes
  throw misuse(
    'ERR_RANDOM_LENGTH',
    `the random source was asked for ${length} bytes (${purpose}) and gave ${bytes.length}`,
  )
}

/** A private scalar, 1 <= d < n, by rejection: uniform. TypeError after 100 draws, which no honest source needs. */
export function drawScalar(random: Random, curve: Curve): Bytes {
  const purpose = `${curve.group} key`
  for (let tries = 0; tries < 100; tries++) {
    const scalar = draw(random, purpose, curve.length)
    if (curve.name === 'P-521') scalar[0] = (scalar[0] as number) & 1
    if (inRange(curve, scalar)) return scalar
    wipe(scalar)
  }
  throw misuse('ERR_RANDOM_STUCK', `100 draws for ${purpose} gave no scalar below the group order`)
}

/** The salt of a PSS signature; for none, nothing is drawn. It is no secret. */
export function drawSalt(random: Random, length: number): Bytes {
  return length === 0 ? new Uint8Array(0) : draw(random, 'rsa-pss salt', length)
}
