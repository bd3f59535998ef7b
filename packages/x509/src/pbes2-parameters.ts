/** How a file says that it is encrypted (RFC 8018 §6.2, appendix A): PBES2 is read and bounded, whatever is older is refused by name. */
import type { PassphraseHash, PassphraseKdf, Pbes2 } from '@biopair/crypto/pbes2'
import { DerError, type DerReader, tags } from './der.ts'
import { type X509InputCode, X509InputError } from './failure.ts'

/** What a file may cost: it says so itself, and may be anybody's. One iteration is 2 to 7 microseconds. */
export const passphraseBounds = {
  /** Of PBKDF2, and of the key of a PKCS#12 MAC. */
  iterations: 2_000_000,
  /** Bytes of scrypt's memory, 128 N r. */
  scryptMemory: 2 ** 26,
  /** Block mixes of scrypt, N r p. */
  scryptWork: 2 ** 21,
} as const

const schemes: ReadonlyMap<string, string> = new Map([
  ['1.2.840.113549.1.5.1', 'pbeWithMD2AndDES-CBC'],
  ['1.2.840.113549.1.5.3', 'pbeWithMD5AndDES-CBC'],
  ['1.2.840.113549.1.5.4', 'pbeWithMD2AndRC2-CBC'],
  ['1.2.840.113549.1.5.6', 'pbeWithMD5AndRC2-CBC'],
  ['1.2.840.113549.1.5.10', 'pbeWithSHA1AndDES-CBC'],
  ['1.2.840.113549.1.5.11', 'pbeWithSHA1AndRC2-CBC'],
  ['1.2.840.113549.1.12.1.1', 'pbeWithSHAAnd128BitRC4'],
  ['1.2.840.113549.1.12.1.2', 'pbeWithSHAAnd40BitRC4'],
  ['1.2.840.113549.1.12.1.3', 'pbeWithSHA1And3-KeyTripleDES-CBC'],
  ['1.2.840.113549.1.12.1.4', 'pbeWithSHA1And2-KeyTripleDES-CBC'],
  ['1.2.840.113549.1.12.1.5', 'pbeWithSHA1And128BitRC2-CBC'],
  ['1.2.840.113549.1.12.1.6', 'pbeWithSHA1And40BitRC2-CBC'],
])

const otherCiphers: ReadonlyMap<string, string> = new Map([
  ['1.3.14.3.2.7', 'DES-CBC'],
  ['1.2.840.113549.3.7', 'DES-EDE3-CBC'],
  ['1.2.840.113549.3.2', 'RC2-CBC'],
  ['1.2.840.113549.3.9', 'RC5-CBC-Pad'],
  ['1.2.392.200011.61.1.1.1.4', 'Camellia-256-CBC'],
  ['2.16.840.1.101.3.4.1.6', 'AES-128-GCM'],
  ['2.16.840.1.101.3.4.1.26', 'AES-192-GCM'],
  ['2.16.840.1.101.3.4.1.46', 'AES-256-GCM'],
])

const ciphers: ReadonlyMap<string, 16 | 24 | 32> = new Map<string, 16 | 24 | 32>([
  ['2.16.840.1.101.3.4.1.2', 16],
  ['2.16.840.1.101.3.4.1.22', 24],
  ['2.16.840.1.101.3.4.1.42', 32],
])

const prfs: ReadonlyMap<string, PassphraseHash> = new Map<string, PassphraseHash>([
  ['1.2.840.113549.2.7', 'sha1'],
  ['1.2.840.113549.2.8', 'sha224'],
  ['1.2.840.113549.2.9', 'sha256'],
  ['1.2.840.113549.2.10', 'sha384'],
  ['1.2.840.113549.2.11', 'sha512'],
  ['1.2.840.113549.2.12', 'sha512_224'],
  ['1.2.840.113549.2.13', 'sha512_256'],
])

/**
 * Reads an AlgorithmIdentifier, of which `from` is the inside, and checks what it would cost. `X509InputError` with `code` for a scheme that
 * is not PBES2 with AES-CBC, or that goes beyond `passphraseBounds`; `DerError` for one that is badly written.
 */
export function readPbes2(
  from: DerReader,
  code: X509InputCode = 'ERR_PRIVATE_KEY_UNSUPPORTED',
): Pbes2 {
  const refused = (why: string) => new X509InputError(code, why)
  const scheme = from.oid('encryptionAlgorithm')
  if (scheme !== '1.2.840.113549.1.5.13')
    throw refused(
      `expected encryption by PBES2, got ${schemes.get(scheme) ?? scheme}: openssl pkcs8 -topk8 -v2 aes-256-cbc, or openssl pkcs12 twice, writes it anew`,
    )
  const parameters = from.inside(tags.SEQUENCE, 'PBES2-params')
  from.finish('encryptionAlgorithm')
  const derivation = parameters.inside(tags.SEQUENCE, 'keyDerivationFunc')
  const encryption = parameters.inside(tags.SEQUENCE, 'encryptionScheme')
  parameters.finish('PBES2-params')
  const cipher = encryption.oid('encryptionScheme')
  const keyLength = ciphers.get(cipher)
  if (keyLength === undefined)
    throw refused(`expected AES-CBC, got ${otherCiphers.get(cipher) ?? cipher}`)
  const at = encryption.at
  const iv = encryption.content(tags.OCTET_STRING, 'AES-IV')
  if (iv.length !== 16) throw new DerError('AES-IV of 16 bytes', `${iv.length}`, at)
  encryption.finish('encryptionScheme')
  return { kdf: readKdf(derivation, keyLength, refused), keyLength, iv }
}

function readKdf(
  from: DerReader,
  keyLength: number,
  refused: (why: string) => X509InputError,
): PassphraseKdf {
  const oid = from.oid('keyDerivationFunc')
  const reader = kdfs.get(oid)
  if (reader === undefined) throw refused(`expected PBKDF2 or scrypt, got ${oid}`)
  const parameters = from.inside(tags.SEQUENCE, 'keyDerivationFunc parameters')
  from.finish('keyDerivationFunc')
  const at = parameters.at
  const kdf = reader(parameters, refused)
  parameters.finish('keyDerivationFunc parameters')
  if (kdf.keyLength !== undefined && kdf.keyLength !== keyLength)
    throw new DerError(`keyLength ${keyLength}`, `${kdf.keyLength}`, at)
  return kdf.kdf
}

interface ReadKdf {
  readonly kdf: PassphraseKdf
  /** Where the file has it. */
  readonly keyLength: number | undefined
}

const kdfs: ReadonlyMap<
  string,
  (from: DerReader, refused: (why: string) => X509InputError) => ReadKdf
> = new Map([
  ['1.2.840.113549.1.5.12', readPbkdf2],
  ['1.3.6.1.4.1.11591.4.11', readScrypt],
])

// PBKDF2-params (RFC 8018 appendix A.2).
function readPbkdf2(from: DerReader, refused: (why: string) => X509InputError): ReadKdf {
  if (from.peek() === tags.SEQUENCE)
    throw refused('expected a salt that is specified, got another source')
  const salt = from.content(tags.OCTET_STRING, 'salt')
  const iterations = count(from, 'iterationCount')
  if (iterations > passphraseBounds.iterations)
    throw refused(
      `expected at most ${passphraseBounds.iterations} iterations of PBKDF2, got ${iterations}`,
    )
  const keyLength = from.peek() === tags.INTEGER ? from.small('keyLength') : undefined
  return { kdf: { kind: 'pbkdf2', hash: readPrf(from, refused), salt, iterations }, keyLength }
}

function readPrf(from: DerReader, refused: (why: string) => X509InputError): PassphraseHash {
  const prf = from.insideIf(tags.SEQUENCE, 'prf')
  if (prf === undefined) return 'sha1'
  const oid = prf.oid('prf')
  // RFC 8018 appendix B.1.2 has NULL; some writers leave it out.
  if (!prf.done) prf.null('prf parameters')
  prf.finish('prf')
  const hash = prfs.get(oid)
  if (hash === undefined) throw refused(`expected HMAC with SHA-1 or SHA-2, got ${oid}`)
  return hash
}

// scrypt-params (RFC 7914 §7.1).
function readScrypt(from: DerReader, refused: (why: string) => X509InputError): ReadKdf {
  const salt = from.content(tags.OCTET_STRING, 'salt')
  const at = from.at
  const cost = count(from, 'costParameter')
  const blockSize = count(from, 'blockSize')
  const parallelization = count(from, 'parallelizationParameter')
  // RFC 7914 §2: N is a power of 2, larger than 1.
  if (cost < 2 || (cost & (cost - 1)) !== 0)
    throw new DerError('a costParameter that is a power of 2', 'another', at)
  const memory = 128 * cost * blockSize
  if (memory > passphraseBounds.scryptMemory)
    throw refused(
      `expected at most ${passphraseBounds.scryptMemory} bytes of memory for scrypt (128 N r), got ${memory}`,
    )
  const work = cost * blockSize * parallelization
  if (work > passphraseBounds.scryptWork)
    throw refused(
      `expected at most ${passphraseBounds.scryptWork} block mixes of scrypt (N r p), got ${work}`,
    )
  const keyLength = from.peek() === tags.INTEGER ? from.small('keyLength') : undefined
  return { kdf: { kind: 'scrypt', salt, cost, blockSize, parallelization }, keyLength }
}

function count(from: DerReader, name: string): number {
  const at = from.at
  const value = from.small(name)
  if (value === 0) throw new DerError(`a positive ${name}`, '0', at)
  return value
}
