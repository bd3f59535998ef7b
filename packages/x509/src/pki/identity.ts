/** A certificate chain with its private key, made of whatever holds them: `loadIdentity`, and `loadPfx` for PKCS#12. */
import {
  type Bytes,
  failed,
  type PublicKeyMaterial,
  sameKey,
  secretsOf,
  wipe,
} from '@biopair/crypto'
import { noble } from '@biopair/crypto/noble'
import { toBase64 } from '../base64.ts'
import type { Certificate } from '../certificate.ts'
import { lineFrom, orderedChain, parsedChain } from '../chain-order.ts'
import { sameBytes } from '../der.ts'
import { isX509Failure, X509InputError } from '../failure.ts'
import {
  bytesOf,
  type CertificateInput,
  type CryptoKeyLike,
  type FileInput,
  type PrivateKeyInput,
  seen,
  shown,
} from '../input.ts'
import { type Passphrase, passphraseBytes } from '../passphrase.ts'
import { decryptedKeyFrom, statedKeyFrom } from '../private-key.ts'
import { certificateChainFrom } from '../trust-store.ts'
import { type Bag, readBags } from './pfx-bags.ts'

/** What a context takes as options, and what `privateKeyFrom` and `certificateChainFrom` read. */
export interface LoadedIdentity {
  /** The leaf and those above it, as PEM; without the root, which nobody has to be sent. */
  readonly cert: string
  /** As it came, or as PKCS#8 where it was encrypted, in a PKCS#12 file or in a CryptoKey: the caller wipes that. */
  readonly key: PrivateKeyInput
  /** Whatever certificates stood beside them, the root among them. To take them as options is to believe them. */
  readonly ca: readonly Bytes[]
}

/** A certificate and a key that come apart. */
export interface IdentityParts {
  readonly cert: CertificateInput | readonly CertificateInput[]
  readonly key: PrivateKeyInput | CryptoKeyLike
}

/** What is asked of `crypto.subtle`: to export a key. */
export interface KeyExporter {
  exportKey(format: 'pkcs8', key: never): Promise<ArrayBuffer>
}

export interface LoadOptions {
  /** Of whatever is encrypted; text counts as UTF-8. */
  readonly passphrase?: Passphrase | undefined
  /** `crypto.subtle`, where it is not that of the runtime. */
  readonly subtle?: KeyExporter | undefined
}

/**
 * Loads an identity of PEM text (chain and key in one, in any order), of a PKCS#12 file, or of a certificate and a key that are given apart, the latter in any
 * form: an extractable CryptoKey too. The key is compared with its certificate. Rejects with an `X509InputError`, which says what was seen.
 */
export async function loadIdentity(
  input: FileInput | IdentityParts,
  options: LoadOptions = {},
): Promise<LoadedIdentity> {
  const what = seen(input)
  if (what.as === 'DER') return loadPfx(what.bytes, options.passphrase)
  if (what.as === 'PEM') return joined({ cert: what.text, key: what.text }, options)
  const { cert, key } = (typeof input === 'object' ? (input ?? {}) : {}) as Partial<IdentityParts>
  if (cert !== undefined && key !== undefined) return joined({ cert, key }, options)
  throw new X509InputError(
    'ERR_X509_NO_CERTIFICATE',
    `expected PEM text, a PKCS#12 file or { cert, key }, got ${shown(what)}`,
  )
}

/**
 * Loads a PKCS#12 file (RFC 7292): its first private key that one of its certificates belongs to, by localKeyId where several do. Takes PBES2 (PBKDF2 or
 * scrypt, AES-CBC) under a MAC with SHA-1 or SHA-2, which is verified before anything is decrypted; older schemes and PBMAC1 are refused by name, `ERR_PFX_UNSUPPORTED`.
 * A file without a passphrase has the empty one.
 */
export async function loadPfx(
  file: FileInput,
  passphrase: Passphrase = '',
): Promise<LoadedIdentity> {
  const bytes = bytesOf(file)
  if (bytes === undefined)
    throw new X509InputError(
      'ERR_PFX_INVALID',
      `expected the bytes of a PKCS#12 file, got ${shown(seen(file))}`,
    )
  const secret = passphraseBytes(passphrase)
  try {
    const { keys, certificates } = await readBags(bytes, secret)
    try {
      return chosen(keys, certificates)
    } finally {
      wipe(...keys.map(({ der }) => der))
    }
  } finally {
    wipe(secret)
  }
}

function chosen(keys: readonly Bag[], bags: readonly Bag[]): LoadedIdentity {
  if (keys.length === 0)
    throw new X509InputError(
      'ERR_NO_PRIVATE_KEY',
      'expected a PKCS#12 file with a private key, got one without',
    )
  const certificates = parsedChain(bags.map(({ der }) => der))
  for (const { der, localKeyId } of keys) {
    const owns = ownerOf(publicHalf(der))
    const leaves = certificates.filter(owns)
    const named = leaves.filter(
      leaf => localKeyId !== '' && bags[certificates.indexOf(leaf)]?.localKeyId === localKeyId,
    )
    const [leaf = leaves[0]] = named
    if (leaf !== undefined) return identity(lineFrom(leaf, certificates), certificates, der.slice())
  }
  throw new X509InputError(
    'ERR_X509_NO_CERTIFICATE',
    `expected a certificate of the private key, got ${certificates.length} certificates of other keys`,
  )
}

async function joined(parts: IdentityParts, options: LoadOptions): Promise<LoadedIdentity> {
  const certificates = parsedChain(certificateChainFrom(parts.cert))
  const key = await keyAtHand(parts.key, options)
  const owns = ownerOf(publicHalf(key))
  const chain = orderedChain(certificates, owns)
  if (!owns(chain[0] as Certificate))
    throw new X509InputError(
      'ERR_X509_NO_CERTIFICATE',
      `expected a certificate of the private key, got ${certificates.length} certificates of other keys`,
    )
  return identity(chain, certificates, key)
}

function identity(
  chain: readonly Certificate[],
  all: readonly Certificate[],
  key: PrivateKeyInput,
): LoadedIdentity {
  const shownOnes = chain.filter((one, i) => i === 0 || !one.selfIssued)
  const beside = all.filter(one => !shownOnes.some(({ raw }) => sameBytes(raw, one.raw)))
  return {
    cert: shownOnes.map(({ raw }) => pemOf(raw)).join(''),
    key,
    ca: beside.map(({ raw }) => Uint8Array.from(raw)),
  }
}

/** A key that can be read now. */
async function keyAtHand(
  key: PrivateKeyInput | CryptoKeyLike,
  { passphrase, subtle }: LoadOptions,
): Promise<PrivateKeyInput> {
  const what = seen(key)
  if (what.as === 'CryptoKey') return exportedKey(what.key, subtle)
  const given = key as PrivateKeyInput
  return decryptedKeyFrom(given, { passphrase }) ?? given
}

async function exportedKey(key: CryptoKeyLike, given: KeyExporter | undefined): Promise<Bytes> {
  if (key.type !== 'private' || !key.extractable)
    throw new X509InputError(
      'ERR_PRIVATE_KEY_UNSUPPORTED',
      `expected a private CryptoKey that is extractable, got ${key.type === 'private' ? 'one that is not: webCryptoKey(cert, key, crypto.subtle) makes options of it' : 'one of another type'}`,
    )
  const subtle = given ?? (globalThis as { crypto?: { subtle?: KeyExporter } }).crypto?.subtle
  try {
    if (subtle !== undefined) return new Uint8Array(await subtle.exportKey('pkcs8', key as never))
  } catch {
    // Its error is the runtime's, and may say anything.
  }
  throw new X509InputError(
    'ERR_PRIVATE_KEY_UNSUPPORTED',
    'expected a CryptoKey that crypto.subtle exports as PKCS#8, got one that it does not',
  )
}

/** The public half of a key, computed. */
function publicHalf(input: PrivateKeyInput): PublicKeyMaterial {
  const { material, stated } = statedKeyFrom(input)
  const key = noble.privateKey(material)
  wipe(...secretsOf(material))
  if (failed(key)) throw new X509InputError('ERR_PRIVATE_KEY_INVALID', key.why)
  key.wipe()
  if (stated === undefined || sameKey(stated, key.publicMaterial)) return key.publicMaterial
  throw new X509InputError(
    'ERR_PRIVATE_KEY_INVALID',
    'expected a JWK whose public half is that of its private one, got another',
  )
}

function ownerOf(half: PublicKeyMaterial): (certificate: Certificate) => boolean {
  return ({ publicKey }) => !isX509Failure(publicKey) && sameKey(publicKey, half)
}

function pemOf(der: Uint8Array): string {
  const lines = toBase64(der).match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
