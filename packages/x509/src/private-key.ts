/** Private keys from files and objects: PKCS#8 (RFC 5958), SEC 1 (RFC 5915), PKCS#1 (RFC 8017 §A.1.2), RFC 8410, RFC 9881. */
import {
  type Bytes,
  type CurveName,
  type MlDsaName,
  type PrivateKeyMaterial,
  type PssRestriction,
  type PublicKeyMaterial,
  wipe,
} from '@biopair/crypto'
import { keyOids, mlDsaOids } from './algorithm.ts'
import { constructed, DerError, DerReader, tags } from './der.ts'
import { decrypted } from './encrypted-key.ts'
import { isX509Failure, X509InputError } from './failure.ts'
import { exported, type PrivateKeyInput, seen, shown } from './input.ts'
import { privateKeyFromJwk } from './jwk.ts'
import { readMlDsa } from './ml-dsa-private-key.ts'
import type { Passphrase } from './passphrase.ts'
import { pemBlocks } from './pem.ts'
import { curveBytes, readCurve, readRestriction } from './public-key.ts'

export interface PrivateKeyOptions {
  /** Of an encrypted key; a key in the clear needs none, and pays no heed to it. Text counts as UTF-8. */
  readonly passphrase?: Passphrase | undefined
}

/**
 * The private key of a PEM text (its first private key; other blocks, a certificate say, are skipped), of DER bytes, of a JWK or of a KeyObject of
 * node:crypto. The material is copied: what was given is the caller's to wipe, what was decoded in between is wiped here.
 * `X509InputError` with a stable `code` for anything else; its message never shows a byte of the input.
 */
export function privateKeyFrom(
  key: PrivateKeyInput,
  options: PrivateKeyOptions = {},
): PrivateKeyMaterial {
  return statedKeyFrom(key, options).material
}

/** The same, with the public half that a JWK states beside it: whoever makes a key of the first has to compare. Other forms state none that is read. */
export function statedKeyFrom(
  key: PrivateKeyInput,
  { passphrase }: PrivateKeyOptions = {},
): { readonly material: PrivateKeyMaterial; readonly stated?: PublicKeyMaterial } {
  const what = seen(key)
  switch (what.as) {
    case 'PEM':
      return { material: fromPem(what.text, der => fromDer(der, passphrase)) }
    case 'DER':
      return { material: fromDer(what.bytes, passphrase) }
    case 'JWK':
      return privateKeyFromJwk(what.jwk)
    case 'KeyObject': {
      if (what.key.type !== 'private') break
      const pkcs8 = exported(what.key, 'pkcs8')
      try {
        return { material: fromDer(pkcs8, undefined) }
      } finally {
        wipe(pkcs8)
      }
    }
    case 'CryptoKey':
      throw new X509InputError(
        'ERR_PRIVATE_KEY_UNSUPPORTED',
        `expected a private key that is at hand, got ${shown(what)}: loadIdentity of biopair/pki awaits one that is extractable`,
      )
  }
  throw new X509InputError(
    'ERR_PRIVATE_KEY_INVALID',
    `expected a private key as PEM text, DER bytes, JWK or KeyObject, got ${shown(what)}`,
  )
}

/** Whether something is PEM with a private key in it, encrypted or not. */
export function hasPrivateKey(input: unknown): boolean {
  const what = seen(input)
  return what.as === 'PEM' && /^[ \t]*-----BEGIN [^\r\n]*PRIVATE KEY-----/m.test(what.text)
}

/** The PKCS#8 of a key that is encrypted, which the caller wipes; undefined for one that is in the clear. Errors as of `privateKeyFrom`. */
export function decryptedKeyFrom(
  key: PrivateKeyInput,
  { passphrase }: PrivateKeyOptions = {},
): Bytes | undefined {
  const what = seen(key)
  const pkcs8 = (der: Uint8Array) => decryptedDer(der, passphrase)
  if (what.as === 'PEM') return fromPem(what.text, pkcs8)
  return what.as === 'DER' ? pkcs8(what.bytes) : undefined
}

/** What `read` makes of the first private key of a text. */
function fromPem<T>(text: string, read: (der: Uint8Array) => T): T {
  const blocks = pemBlocks(text)
  try {
    const block = blocks.find(({ label }) => label.endsWith('PRIVATE KEY'))
    if (block === undefined)
      throw new X509InputError(
        'ERR_NO_PRIVATE_KEY',
        `expected a PEM block PRIVATE KEY, got ${blocks.length === 0 ? 'no PEM block' : blocks.map(({ label }) => label).join(', ')}`,
      )
    if (block.headers.some(line => /ENCRYPTED/.test(line))) throw traditional(block.headers)
    if (!labels.has(block.label))
      throw new X509InputError(
        'ERR_PRIVATE_KEY_UNSUPPORTED',
        `expected a block ${[...labels].join(', ')}, got ${block.label}${block.label === 'OPENSSH PRIVATE KEY' ? ': ssh-keygen -p -m PKCS8 writes it anew' : ''}`,
      )
    return read(block.bytes)
  } finally {
    for (const { bytes } of blocks) wipe(bytes)
  }
}

const labels: ReadonlySet<string> = new Set([
  'PRIVATE KEY',
  'ENCRYPTED PRIVATE KEY',
  'EC PRIVATE KEY',
  'RSA PRIVATE KEY',
])

function fromDer(der: Uint8Array, passphrase: Passphrase | undefined): PrivateKeyMaterial {
  return reading(der, sequence => {
    if (encrypted(sequence))
      return decrypted(sequence, passphrase, pkcs8 => {
        const inner = new DerReader(pkcs8).inside(tags.SEQUENCE, 'PrivateKeyInfo')
        return readPkcs8(inner, inner.small('version'))
      })
    const version = sequence.small('version')
    switch (sequence.peek()) {
      case tags.SEQUENCE:
        if (version === 3) throw unsupported(pfx)
        return readPkcs8(sequence, version)
      case tags.OCTET_STRING:
        return readSec1(sequence, version, undefined)
      default:
        return readPkcs1(sequence, version, undefined)
    }
  })
}

function decryptedDer(der: Uint8Array, passphrase: Passphrase | undefined): Bytes | undefined {
  return reading(der, sequence =>
    encrypted(sequence) ? decrypted(sequence, passphrase, pkcs8 => pkcs8.slice()) : undefined,
  )
}

function reading<T>(der: Uint8Array, read: (sequence: DerReader) => T): T {
  try {
    const from = new DerReader(der)
    const sequence = from.inside(tags.SEQUENCE, 'private key')
    from.finish('private key')
    return read(sequence)
  } catch (error) {
    if (!(error instanceof DerError)) throw error
    throw new X509InputError(
      'ERR_PRIVATE_KEY_INVALID',
      `expected a private key of PKCS#8, SEC 1 or PKCS#1 in DER; byte ${error.offset} is not what belongs there`,
    )
  }
}

const pfx = 'expected a private key, got what looks like PKCS#12: loadPfx of biopair/pki reads it'

// EncryptedPrivateKeyInfo has no version before its AlgorithmIdentifier.
function encrypted(sequence: DerReader): boolean {
  if (sequence.peek() !== tags.SEQUENCE) return false
  const { content } = new DerReader(sequence.bytes, sequence.at, sequence.end).any('algorithm')
  return sequence.bytes[content] === tags.OBJECT_IDENTIFIER
}

// OneAsymmetricKey: version 1 may carry the public key, which is computed rather than believed.
function readPkcs8(sequence: DerReader, version: number): PrivateKeyMaterial {
  if (version > 1) throw unsupported(`expected PKCS#8 version 0 or 1, got ${version}`)
  const algorithm = sequence.inside(tags.SEQUENCE, 'privateKeyAlgorithm')
  const oid = algorithm.oid('privateKeyAlgorithm')
  const octets = sequence.content(tags.OCTET_STRING, 'privateKey')
  if (sequence.peek() === constructed(0)) sequence.any('attributes')
  if (version === 1 && sequence.peek() === 0x81) sequence.any('publicKey')
  sequence.finish('PrivateKeyInfo')
  const inner = new DerReader(octets)
  switch (oid) {
    case keyOids['id-Ed25519']: {
      algorithm.finish('id-Ed25519 parameters')
      const seed = inner.content(tags.OCTET_STRING, 'CurvePrivateKey')
      inner.finish('CurvePrivateKey')
      if (seed.length !== 32) throw new DerError('a seed of 32 bytes', 'another length', 0)
      return { kind: 'ed25519', seed: seed.slice() }
    }
    case keyOids['id-ml-dsa-44']:
    case keyOids['id-ml-dsa-65']:
    case keyOids['id-ml-dsa-87']:
      algorithm.finish('id-ml-dsa parameters')
      return readMlDsa(inner, mlDsaOids.get(oid) as MlDsaName)
    case keyOids['id-ecPublicKey']: {
      const curve = namedCurve(algorithm)
      algorithm.finish('id-ecPublicKey parameters')
      const key = inner.inside(tags.SEQUENCE, 'ECPrivateKey')
      inner.finish('ECPrivateKey')
      return readSec1(key, key.small('version'), curve)
    }
    case keyOids.rsaEncryption:
    case keyOids['id-RSASSA-PSS']: {
      const pss = oid === keyOids.rsaEncryption ? undefined : restriction(algorithm)
      if (pss === undefined) algorithm.null('rsaEncryption parameters')
      algorithm.finish('RSA parameters')
      const key = inner.inside(tags.SEQUENCE, 'RSAPrivateKey')
      inner.finish('RSAPrivateKey')
      return readPkcs1(key, key.small('version'), pss)
    }
    default:
      throw unsupported(`expected an EC, Ed25519, ML-DSA or RSA key, got the algorithm ${oid}`)
  }
}

function readSec1(
  sequence: DerReader,
  version: number,
  outer: CurveName | undefined,
): PrivateKeyMaterial {
  if (version !== 1) throw unsupported(`expected ECPrivateKey version 1, got ${version}`)
  const at = sequence.at
  const octets = sequence.content(tags.OCTET_STRING, 'privateKey')
  const parameters = sequence.insideIf(constructed(0), 'parameters')
  const inner = parameters === undefined ? undefined : namedCurve(parameters)
  parameters?.finish('parameters')
  if (sequence.peek() === constructed(1)) sequence.any('publicKey')
  sequence.finish('ECPrivateKey')
  const curve = outer ?? inner
  if (curve === undefined)
    throw unsupported('expected an EC private key that names its curve, got one without parameters')
  if (inner !== undefined && inner !== curve) throw new DerError('one curve', 'two', at)
  // RFC 5915 §3 fixes the length; writers that strip leading zeros, or add one, are read all the same.
  const d = new Uint8Array(curveBytes[curve])
  const extra = octets.length - d.length
  if (octets.subarray(0, Math.max(0, extra)).some(byte => byte !== 0) || octets.length === 0)
    throw new DerError(`${d.length} bytes`, 'more', at)
  d.set(octets.subarray(Math.max(0, extra)), Math.max(0, -extra))
  return { kind: 'ec', curve, d }
}

function readPkcs1(
  sequence: DerReader,
  version: number,
  pss: PssRestriction | undefined,
): PrivateKeyMaterial {
  if (version !== 0)
    throw unsupported(`expected an RSA key with two primes (version 0), got version ${version}`)
  const next = (name: string) => {
    const value = sequence.unsigned(name)
    if (value.length === 0) throw new DerError(`a positive ${name}`, 'zero', sequence.at)
    return value
  }
  const fields = {
    n: next('modulus'),
    e: next('publicExponent'),
    d: next('privateExponent'),
    p: next('prime1'),
    q: next('prime2'),
    dp: next('exponent1'),
    dq: next('exponent2'),
    qi: next('coefficient'),
  }
  sequence.finish('RSAPrivateKey')
  // Copied only now, so that a damaged key leaves nothing behind.
  const { n, e, d, p, q, dp, dq, qi } = fields
  return {
    kind: 'rsa',
    n: n.slice(),
    e: e.slice(),
    d: d.slice(),
    p: p.slice(),
    q: q.slice(),
    dp: dp.slice(),
    dq: dq.slice(),
    qi: qi.slice(),
    ...(pss === undefined ? {} : { pss }),
  }
}

function namedCurve(from: DerReader): CurveName {
  const curve = readCurve(from)
  if (typeof curve === 'string') return curve
  throw unsupported(curve.why)
}

function restriction(algorithm: DerReader): PssRestriction {
  const pss = readRestriction(algorithm)
  if (typeof pss === 'object' && isX509Failure(pss)) throw unsupported(pss.why)
  return pss
}

/** Proc-Type: 4,ENCRYPTED (RFC 1421 §4.6.1.1): a key of one round of MD5, and nothing of it is kept secret from who guesses. */
function traditional(headers: readonly string[]): X509InputError {
  const [, cipher = 'another cipher'] =
    headers.map(line => /^DEK-Info: *([\w-]{1,20}),/.exec(line)).find(match => match !== null) ?? []
  return unsupported(
    `expected encryption by PBES2, got Proc-Type: 4,ENCRYPTED with ${cipher}: openssl pkcs8 -topk8 -v2 aes-256-cbc writes it anew`,
  )
}

function unsupported(why: string): X509InputError {
  return new X509InputError('ERR_PRIVATE_KEY_UNSUPPORTED', why)
}
