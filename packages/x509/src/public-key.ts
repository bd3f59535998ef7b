/** SubjectPublicKeyInfo (RFC 5280 §4.1.2.7; RFC 3279, 4055, 5480, 8410, 9881). */
import {
  type CurveName,
  type MlDsaName,
  mlDsaSets,
  type PssRestriction,
  type PublicKeyMaterial,
} from '@biopair/crypto'
import { keyOids, mlDsaOids, readPssParameters } from './algorithm.ts'
import { attempt, DerError, DerReader, tags } from './der.ts'
import type { X509Failure } from './failure.ts'

const curves: ReadonlyMap<string, CurveName> = new Map<string, CurveName>([
  ['1.2.840.10045.3.1.7', 'P-256'],
  ['1.3.132.0.34', 'P-384'],
  ['1.3.132.0.35', 'P-521'],
])

/** Bytes of one coordinate, and of a private key. */
export const curveBytes: Readonly<Record<CurveName, number>> = {
  'P-256': 32,
  'P-384': 48,
  'P-521': 66,
}

/** The key of a DER SubjectPublicKeyInfo, as RFC 7250 sends it alone. */
export function parsePublicKey(der: Uint8Array): PublicKeyMaterial | X509Failure {
  return attempt('RFC 5280 4.1.2.7', () => {
    const from = new DerReader(der)
    const key = readPublicKey(from)
    from.finish('SubjectPublicKeyInfo')
    return key
  })
}

/** Reads one. `unsupported` for a kind of key that we do not know; `DerError` for one that is badly written. */
export function readPublicKey(from: DerReader): PublicKeyMaterial | X509Failure {
  const spki = from.inside(tags.SEQUENCE, 'SubjectPublicKeyInfo')
  const algorithm = spki.inside(tags.SEQUENCE, 'SubjectPublicKeyInfo.algorithm')
  const at = spki.at
  const key = spki.octets('subjectPublicKey')
  spki.finish('SubjectPublicKeyInfo')
  const oid = algorithm.oid('SubjectPublicKeyInfo.algorithm.algorithm')
  switch (oid) {
    case keyOids['id-ecPublicKey']: {
      const curve = readCurve(algorithm)
      if (typeof curve !== 'string') return curve
      algorithm.finish('id-ecPublicKey parameters')
      // RFC 5480 §2.2 allows compressed points; RFC 9846 §4.3.8.2 and the web's profiles do not use them.
      if (key.length !== 1 + 2 * curveBytes[curve] || key[0] !== 4)
        throw new DerError(`an uncompressed point of ${curve}`, `${key.length} other bytes`, at)
      return { kind: 'ec', curve, point: key }
    }
    case keyOids['id-Ed25519']:
      algorithm.finish('id-Ed25519 parameters')
      if (key.length !== 32) throw new DerError('an Ed25519 key of 32 bytes', `${key.length}`, at)
      return { kind: 'ed25519', key }
    case keyOids['id-ml-dsa-44']:
    case keyOids['id-ml-dsa-65']:
    case keyOids['id-ml-dsa-87']: {
      const set = mlDsaOids.get(oid) as MlDsaName
      // RFC 9881 §2: the parameters "MUST be absent".
      algorithm.finish(`${set} parameters`)
      const { publicKey: length } = mlDsaSets[set]
      if (key.length !== length)
        throw new DerError(`an ${set} key of ${length} bytes`, `${key.length}`, at)
      return { kind: 'ml-dsa', set, key }
    }
    case keyOids.rsaEncryption:
      // RFC 3279 §2.3.1: "The parameters field MUST have ASN.1 type NULL".
      algorithm.null('rsaEncryption parameters')
      algorithm.finish('rsaEncryption parameters')
      return { kind: 'rsa', ...readRsa(key) }
    case keyOids['id-RSASSA-PSS']: {
      const pss = readRestriction(algorithm)
      if (typeof pss === 'object' && 'failure' in pss) return pss
      return { kind: 'rsa', ...readRsa(key), pss }
    }
    default:
      return {
        failure: 'unsupported',
        why: `expected an EC, Ed25519, ML-DSA or RSA key, got ${otherKeys.get(oid) ?? oid}`,
        section: 'RFC 5280 4.1.2.7',
      }
  }
}

/** ECParameters, of which RFC 5480 §2.1.1 allows the namedCurve alone. */
export function readCurve(from: DerReader): CurveName | X509Failure {
  const section = 'RFC 5480 2.1.1'
  if (from.peek() === tags.SEQUENCE) {
    from.any('explicit ECParameters')
    return {
      failure: 'unsupported',
      why: 'expected a named curve, got explicit parameters',
      section,
    }
  }
  const oid = from.oid('namedCurve')
  return (
    curves.get(oid) ?? {
      failure: 'unsupported',
      why: `expected the curve P-256, P-384 or P-521, got ${otherCurves.get(oid) ?? oid}`,
      section,
    }
  )
}

/** The parameters of an id-RSASSA-PSS key, which may be left out (RFC 4055 §3.3). */
export function readRestriction(algorithm: DerReader): PssRestriction | X509Failure {
  if (algorithm.done) return 'any'
  const restriction = readPssParameters(algorithm)
  algorithm.finish('id-RSASSA-PSS parameters')
  return restriction
}

function readRsa(key: Uint8Array): { n: Uint8Array; e: Uint8Array } {
  const outer = new DerReader(key)
  const sequence = outer.inside(tags.SEQUENCE, 'RSAPublicKey')
  outer.finish('RSAPublicKey')
  const at = sequence.at
  const n = sequence.unsigned('modulus')
  const e = sequence.unsigned('publicExponent')
  sequence.finish('RSAPublicKey')
  // RFC 8017 §3.1: n is a product of odd primes, e is odd and at least 3.
  const odd = (value: Uint8Array) => ((value.at(-1) ?? 0) & 1) === 1
  if (!odd(n) || !odd(e) || (e.length === 1 && e[0] === 1))
    throw new DerError(
      'an odd modulus and an odd exponent of at least 3',
      'others',
      at,
      'RFC 8017 3.1',
    )
  return { n, e }
}

const otherKeys: ReadonlyMap<string, string> = new Map([
  ['1.2.840.10040.4.1', 'DSA'],
  ['1.3.101.110', 'X25519'],
  ['1.3.101.111', 'X448'],
  ['1.3.101.113', 'Ed448'],
])

const otherCurves: ReadonlyMap<string, string> = new Map([
  ['1.2.840.10045.3.1.1', 'P-192'],
  ['1.3.132.0.33', 'P-224'],
  ['1.3.132.0.10', 'secp256k1'],
])
