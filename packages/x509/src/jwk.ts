/** JSON Web Keys (RFC 7517): EC and RSA (RFC 7518 §6), Ed25519 (RFC 8037), ML-DSA (RFC 9964). */
import {
  type Bytes,
  type CurveName,
  concat,
  type MlDsaName,
  mlDsaSeedLength,
  mlDsaSets,
  type PrivateKeyMaterial,
  type PublicKeyMaterial,
  wipe,
} from '@biopair/crypto'
import { fromBase64Url } from './base64.ts'
import { type X509InputCode, X509InputError } from './failure.ts'
import type { Jwk } from './input.ts'
import { curveBytes } from './public-key.ts'

/**
 * The private key of a JWK, and the public half that stands beside it, which whoever makes a key of the first has to compare. Copies.
 * `X509InputError` for what is none, or is meant for something else than signing; it names the member and shows nothing of it.
 */
export function privateKeyFromJwk(jwk: Jwk): {
  readonly material: PrivateKeyMaterial
  readonly stated: PublicKeyMaterial
} {
  const code = 'ERR_PRIVATE_KEY_INVALID'
  meantFor('sign', jwk, 'ERR_PRIVATE_KEY_UNSUPPORTED')
  const secret = jwk.kty === 'AKP' ? 'priv' : 'd'
  if (typeof jwk[secret] !== 'string')
    throw new X509InputError(
      'ERR_NO_PRIVATE_KEY',
      `JWK: expected a private key with the member ${secret}, got one without`,
    )
  const stated = publicHalf(jwk, code, 'ERR_PRIVATE_KEY_UNSUPPORTED')
  return { material: privateHalf(jwk, stated), stated }
}

/** The public key of a JWK; one that holds a private key as well is refused: where a public key is asked for, nobody means to show that. */
export function publicKeyFromJwk(jwk: Jwk): PublicKeyMaterial {
  const code = 'ERR_PUBLIC_KEY_INVALID'
  if (jwk.d !== undefined || jwk.priv !== undefined)
    throw new X509InputError(code, 'JWK: expected a public key, got a private one')
  meantFor('verify', jwk, code)
  return publicHalf(jwk, code, code)
}

// RFC 7517 §4.2, §4.3.
function meantFor(operation: string, { use, key_ops }: Jwk, code: X509InputCode): void {
  if (use !== undefined && use !== 'sig')
    throw new X509InputError(code, 'JWK use: expected sig, got another')
  if (key_ops !== undefined && !(Array.isArray(key_ops) && key_ops.includes(operation)))
    throw new X509InputError(code, `JWK key_ops: expected ${operation} among them`)
}

function publicHalf(
  jwk: Jwk,
  code: X509InputCode,
  unsupportedCode: X509InputCode,
): PublicKeyMaterial {
  const unsupported = (why: string) => new X509InputError(unsupportedCode, `JWK ${why}`)
  switch (jwk.kty) {
    case 'EC': {
      const curve = jwk.crv as CurveName
      const length = Object.hasOwn(curveBytes, String(curve)) ? curveBytes[curve] : undefined
      if (length === undefined)
        throw unsupported(`crv: expected P-256, P-384 or P-521, got ${named(jwk.crv)}`)
      const x = sized(jwk, 'x', length, code)
      return {
        kind: 'ec',
        curve,
        point: concat(Uint8Array.of(4), x, sized(jwk, 'y', length, code)),
      }
    }
    case 'OKP':
      if (jwk.crv !== 'Ed25519') throw unsupported(`crv: expected Ed25519, got ${named(jwk.crv)}`)
      return { kind: 'ed25519', key: sized(jwk, 'x', 32, code) }
    case 'AKP': {
      const set = jwk.alg as MlDsaName
      if (!Object.hasOwn(mlDsaSets, String(set)))
        throw unsupported(`alg: expected ML-DSA-44, ML-DSA-65 or ML-DSA-87, got ${named(jwk.alg)}`)
      return { kind: 'ml-dsa', set, key: sized(jwk, 'pub', mlDsaSets[set].publicKey, code) }
    }
    case 'RSA':
      return { kind: 'rsa', n: number(jwk, 'n', code), e: number(jwk, 'e', code) }
    default:
      throw unsupported(`kty: expected EC, OKP, RSA or AKP, got ${named(jwk.kty)}`)
  }
}

function privateHalf(jwk: Jwk, stated: PublicKeyMaterial): PrivateKeyMaterial {
  const code = 'ERR_PRIVATE_KEY_INVALID'
  switch (stated.kind) {
    case 'ec': {
      const { curve } = stated
      return { kind: 'ec', curve, d: sized(jwk, 'd', curveBytes[curve], code) }
    }
    case 'ed25519':
      return { kind: 'ed25519', seed: sized(jwk, 'd', 32, code) }
    case 'ml-dsa': {
      // RFC 9964 §4: priv is the seed, never the expanded key.
      const seed = sized(jwk, 'priv', mlDsaSeedLength, code)
      return { kind: 'ml-dsa', set: stated.set, seed }
    }
    case 'rsa': {
      const { n, e } = stated
      if (jwk.oth !== undefined)
        throw new X509InputError(
          'ERR_PRIVATE_KEY_UNSUPPORTED',
          'JWK oth: expected an RSA key with two primes, got more',
        )
      // RFC 7518 §6.3.2 lets a producer leave all of these but d out.
      const members = ['d', 'p', 'q', 'dp', 'dq', 'qi'] as const
      const read: Bytes[] = []
      try {
        for (const name of members) read.push(number(jwk, name, code))
      } catch (error) {
        wipe(...read)
        throw error
      }
      const [d, p, q, dp, dq, qi] = read as [Bytes, Bytes, Bytes, Bytes, Bytes, Bytes]
      return { kind: 'rsa', n, e, d, p, q, dp, dq, qi }
    }
  }
}

/** A member of exactly so many bytes: RFC 7518 §6.2.1.2 has the full size, leading zeros too. */
function sized(jwk: Jwk, name: keyof Jwk, length: number, code: X509InputCode): Bytes {
  const bytes = member(jwk, name, code)
  if (bytes.length === length) return bytes
  wipe(bytes)
  throw new X509InputError(code, `JWK ${name}: expected ${length} bytes, got ${bytes.length}`)
}

/** Base64urlUInt: positive, without leading zeros (RFC 7518 §2). */
function number(jwk: Jwk, name: keyof Jwk, code: X509InputCode): Bytes {
  const bytes = member(jwk, name, code)
  if (bytes.length > 0 && bytes[0] !== 0) return bytes
  wipe(bytes)
  throw new X509InputError(
    code,
    `JWK ${name}: expected a positive number without leading zeros, got another`,
  )
}

function member(jwk: Jwk, name: keyof Jwk, code: X509InputCode): Bytes {
  const text: unknown = jwk[name]
  if (typeof text !== 'string')
    throw new X509InputError(
      code,
      `JWK ${name}: expected base64url, got ${text === undefined ? 'nothing' : typeof text}`,
    )
  const bytes = fromBase64Url(text)
  if ('why' in bytes) throw new X509InputError(code, `JWK ${name}: ${bytes.why}`)
  return bytes
}

/** A name as it came, where it looks like one: a key may stand in the wrong member. */
function named(name: unknown): string {
  return typeof name === 'string' && /^[\w-]{1,20}$/.test(name) ? name : 'another'
}
