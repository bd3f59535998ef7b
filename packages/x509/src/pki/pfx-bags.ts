/** What is in a PKCS#12 file (RFC 7292): keys and certificates, once its MAC is verified and what is encrypted by PBES2 is decrypted. */
import { type Bytes, wipe } from '@biopair/crypto'
import { type Pbes2, pbes2Decrypt } from '@biopair/crypto/pbes2'
import { fromBER, OctetString } from 'asn1js'
import {
  type AlgorithmIdentifier,
  AuthenticatedSafe,
  CertBag,
  type ContentInfo,
  EncryptedData,
  getCrypto,
  PFX,
  PKCS8ShroudedKeyBag,
  PrivateKeyInfo,
  type SafeBag,
  SafeContents,
} from 'pkijs'
import { DerReader, tags } from '../der.ts'
import { wrongPassphrase } from '../encrypted-key.ts'
import { X509InputError } from '../failure.ts'
import { passphraseBounds, readPbes2 } from '../pbes2-parameters.ts'

/** What a file may cost, besides `passphraseBounds` of each of its parts. */
export const pfxBounds = {
  bytes: 2 ** 20,
  /** Keys, certificates, and whatever else stands in it. */
  bags: 256,
  /** Iterations of all its parts together. */
  iterations: 3 * passphraseBounds.iterations,
} as const

/** Something of a file, and the localKeyId that it has in common with what belongs to it; empty without one. */
export interface Bag {
  /** A certificate, or a PKCS#8. */
  readonly der: Bytes
  readonly localKeyId: string
}

export interface Bags {
  readonly keys: readonly Bag[]
  readonly certificates: readonly Bag[]
}

const ids = {
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  envelopedData: '1.2.840.113549.1.7.3',
  encryptedData: '1.2.840.113549.1.7.6',
  localKeyId: '1.2.840.113549.1.9.21',
  x509Certificate: '1.2.840.113549.1.9.22.1',
  PBMAC1: '1.2.840.113549.1.5.14',
} as const

const macHashes: ReadonlySet<string> = new Set([
  '1.3.14.3.2.26',
  '2.16.840.1.101.3.4.2.1',
  '2.16.840.1.101.3.4.2.2',
  '2.16.840.1.101.3.4.2.3',
])

/**
 * Reads a file; `passphrase` is UTF-8. Whatever can be seen is judged first, then the MAC, and only then anything is decrypted. The caller wipes the keys.
 * `X509InputError`: `ERR_PFX_INVALID`, `ERR_PFX_UNSUPPORTED` with the name of what is older than PBES2 or beyond a bound,
 * `ERR_PRIVATE_KEY_PASSPHRASE` for a wrong passphrase or a file that was changed.
 */
export async function readBags(file: Uint8Array, passphrase: Bytes): Promise<Bags> {
  if (file.length > pfxBounds.bytes)
    throw unsupported(`expected at most ${pfxBounds.bytes} bytes, got ${file.length}`)
  const { pfx, contents } = parsed(() => opened(file))
  const budget = new Budget()
  const parts = contents.map(content => parsed(() => partOf(content, budget)))
  checkMac(pfx, budget)
  await verifyMac(pfx, passphrase)
  const keys: Bag[] = []
  const certificates: Bag[] = []
  const plain: Bytes[] = []
  try {
    for (const part of parts)
      for (const bag of parsed(() => bagsOf(part, passphrase, plain)))
        parsed(() => sortBag(bag, { keys, certificates, budget, passphrase }, 0))
  } catch (error) {
    wipe(...keys.map(({ der }) => der))
    throw error
  } finally {
    wipe(...plain)
  }
  return { keys, certificates }
}

/** The outer structure; content that is signed rather than MACed, or of another version, is refused. */
function opened(file: Uint8Array): { pfx: PFX; contents: readonly ContentInfo[] } {
  const { offset, result } = fromBER(Uint8Array.from(file))
  if (offset !== file.length) throw invalid()
  const pfx = new PFX({ schema: result })
  if (pfx.version !== 3) throw unsupported(`expected PFX version 3, got ${pfx.version}`)
  if (pfx.authSafe.contentType === ids.signedData)
    throw unsupported('expected integrity by a passphrase, got by a signature')
  if (pfx.authSafe.contentType !== ids.data) throw invalid()
  const contents = AuthenticatedSafe.fromBER(octets(pfx.authSafe.content)).safeContents
  return { pfx, contents }
}

/** What can be seen of one part without a passphrase. */
interface Part {
  readonly clear: Uint8Array<ArrayBuffer>
  readonly encrypted: Pbes2 | undefined
}

function partOf(content: ContentInfo, budget: Budget): Part {
  if (content.contentType === ids.data) {
    const clear = octets(content.content)
    // Keys that are encrypted one by one show how.
    for (const { bagValue } of safeBags(clear))
      if (bagValue instanceof PKCS8ShroudedKeyBag)
        budget.spend(scheme(bagValue.encryptionAlgorithm))
    return { clear, encrypted: undefined }
  }
  if (content.contentType === ids.envelopedData)
    throw unsupported('expected privacy by a passphrase, got by a public key')
  if (content.contentType !== ids.encryptedData) throw invalid()
  const { encryptedContentInfo } = new EncryptedData({ schema: content.content })
  const encrypted = scheme(encryptedContentInfo.contentEncryptionAlgorithm)
  budget.spend(encrypted)
  return { clear: new Uint8Array(encryptedContentInfo.getEncryptedContent()), encrypted }
}

/** What is decrypted goes to `opened`, for the caller to wipe: keys may stand in it as they are. */
function bagsOf(
  { clear, encrypted }: Part,
  passphrase: Bytes,
  opened: Bytes[],
): readonly SafeBag[] {
  if (encrypted === undefined) return safeBags(clear)
  const plain = decrypt(encrypted, passphrase, clear)
  opened.push(plain)
  try {
    return safeBags(plain)
  } catch {
    throw wrongPassphrase()
  }
}

function safeBags(der: Uint8Array<ArrayBuffer>): readonly SafeBag[] {
  const { safeBags: bags } = SafeContents.fromBER(der)
  if (bags.length > pfxBounds.bags)
    throw unsupported(`expected at most ${pfxBounds.bags} bags, got ${bags.length}`)
  return bags
}

interface Sorting {
  readonly keys: Bag[]
  readonly certificates: Bag[]
  readonly budget: Budget
  readonly passphrase: Bytes
}

function sortBag(bag: SafeBag, into: Sorting, depth: number): void {
  if (depth > 4) throw unsupported('expected bags up to four deep, got deeper ones')
  into.budget.bag()
  const { bagValue } = bag
  const localKeyId = idOf(bag)
  if (bagValue instanceof SafeContents) {
    for (const inner of bagValue.safeBags) sortBag(inner, into, depth + 1)
    return
  }
  if (bagValue instanceof PrivateKeyInfo)
    into.keys.push({ der: new Uint8Array(bagValue.toSchema().toBER()), localKeyId })
  if (bagValue instanceof PKCS8ShroudedKeyBag) {
    const encryption = scheme(bagValue.encryptionAlgorithm)
    into.budget.spend(encryption)
    const der = decrypt(encryption, into.passphrase, octets(bagValue.encryptedData))
    into.keys.push({ der, localKeyId })
  }
  // CRLs, secrets and certificates of other kinds are of no use here.
  if (bagValue instanceof CertBag && bagValue.certId === ids.x509Certificate)
    into.certificates.push({ der: octets(bagValue.certValue), localKeyId })
}

function idOf({ bagAttributes }: SafeBag): string {
  const attribute = bagAttributes?.find(({ type }) => type === ids.localKeyId)
  const [value] = attribute?.values ?? []
  return value instanceof OctetString ? Array.from(octets(value), hex).join('') : ''
}

/** The bytes of an OCTET STRING, in one piece or in several (BER); a copy. */
function octets(value: unknown): Bytes {
  if (!(value instanceof OctetString)) throw invalid()
  return new Uint8Array(value.getValue().slice(0))
}

/** How something is encrypted, read as in any other file. */
function scheme(algorithm: AlgorithmIdentifier): Pbes2 {
  const from = new DerReader(new Uint8Array(algorithm.toSchema().toBER()))
  return readPbes2(from.inside(tags.SEQUENCE, 'AlgorithmIdentifier'), 'ERR_PFX_UNSUPPORTED')
}

function decrypt(encryption: Pbes2, passphrase: Bytes, ciphertext: Uint8Array): Bytes {
  if (ciphertext.length === 0 || ciphertext.length % 16 !== 0) throw invalid()
  const plain = pbes2Decrypt(encryption, passphrase, ciphertext)
  if (plain === undefined) throw wrongPassphrase()
  return plain
}

function checkMac({ macData }: PFX, budget: Budget): void {
  if (macData === undefined) throw unsupported('expected a MAC over the file, got none')
  const { algorithmId } = macData.mac.digestAlgorithm
  if (algorithmId === ids.PBMAC1)
    throw unsupported('expected the MAC of RFC 7292, got PBMAC1 (RFC 9579)')
  if (!macHashes.has(algorithmId))
    throw unsupported(`expected a MAC with SHA-1, SHA-256, SHA-384 or SHA-512, got ${algorithmId}`)
  const { iterations = 1 } = macData
  if (!Number.isInteger(iterations) || iterations < 1) throw invalid()
  if (iterations > passphraseBounds.iterations)
    throw unsupported(
      `expected at most ${passphraseBounds.iterations} iterations of the MAC, got ${iterations}`,
    )
  budget.iterate(iterations)
}

async function verifyMac(pfx: PFX, passphrase: Bytes): Promise<void> {
  if (getCrypto() === null)
    throw unsupported('expected Web Crypto for the MAC of the file, got a runtime without')
  const password = passphrase.slice()
  try {
    await pfx.parseInternalValues({ password: password.buffer, checkIntegrity: true })
  } catch {
    throw wrongPassphrase()
  } finally {
    wipe(password)
  }
}

/** What a file has cost so far. */
class Budget {
  #iterations = 0
  #bags = 0

  spend({ kdf }: Pbes2): void {
    this.iterate(
      kdf.kind === 'pbkdf2' ? kdf.iterations : kdf.cost * kdf.blockSize * kdf.parallelization,
    )
  }

  iterate(count: number): void {
    this.#iterations += count
    if (this.#iterations > pfxBounds.iterations)
      throw unsupported(`expected at most ${pfxBounds.iterations} iterations together, got more`)
  }

  bag(): void {
    if (++this.#bags > pfxBounds.bags)
      throw unsupported(`expected at most ${pfxBounds.bags} bags, got more`)
  }
}

/** Whatever the libraries throw at what they read is one error of ours. */
function parsed<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof X509InputError ? error : invalid()
  }
}

function invalid(): X509InputError {
  return new X509InputError('ERR_PFX_INVALID', 'expected a PKCS#12 file, got what does not parse')
}

function unsupported(why: string): X509InputError {
  return new X509InputError('ERR_PFX_UNSUPPORTED', `PKCS#12: ${why}`)
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}
