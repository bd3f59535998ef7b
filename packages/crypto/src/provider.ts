/** What TLS asks of a crypto library: algorithms as rows of data, and pure functions of the bytes they are given. */
import type { Bytes } from './bytes.ts'
import type { CipherSuiteName } from './cipher-suites.ts'
import type { AnyGroupName, GroupName, MoreGroupName } from './groups.ts'
import type { PrivateKeyMaterial, PublicKeyMaterial } from './keys.ts'
import type { SignatureAlgorithm } from './signature-schemes.ts'

/**
 * A source of random bytes, asked for by purpose (`hello random`, `x25519 key`, `ml-kem-768 seed`, ...), one per connection.
 * A draw is an array of its own: it is wiped when it was a secret and has been used. What a provider draws, and in which
 * order, is the table in draw.ts.
 * Where a connection is given one, every draw goes through it, so that one seed gives one byte string with every provider.
 */
export type Random = (purpose: string, length: number) => Bytes

/**
 * A complete choice of primitives. It is a plain value: a provider that takes its AEADs from
 * elsewhere is `{ ...noble, aeads: { ...noble.aeads, ...others } }`.
 */
export interface CryptoProvider {
  readonly name: string
  /** Cryptographically secure random bytes. */
  randomBytes(length: number): Bytes
  readonly hashes: Readonly<Record<HashName, Hash>>
  readonly aeads: Readonly<Record<AeadName, Aead> & Partial<Record<CcmName, Aead>>>
  readonly groups: Readonly<Record<GroupName, Group> & Partial<Record<MoreGroupName, Group>>>
  /** What hides the headers of QUIC's packets, beside the AEAD that seals them; TLS over records has no use for it. */
  readonly headerMasks?: Readonly<Partial<Record<AeadName | CcmName, HeaderMask>>>
  /** What to offer first, because it is fast here; each lists what this provider has. */
  readonly prefer: {
    readonly suites: readonly CipherSuiteName[]
    readonly groups: readonly GroupName[]
  }
  /** A key ready to verify with, or why it is no key. Accepts what a stranger sent. */
  publicKey(material: PublicKeyMaterial): PublicKey | CryptoFailure
  /** A key ready to sign with, or why it is no key. What is secret in `material` is copied: the caller wipes it. */
  privateKey(material: PrivateKeyMaterial): PrivateKey | CryptoFailure
}

/** A failure that a peer's bytes can cause; the caller chooses the alert. */
export interface CryptoFailure {
  readonly failure: 'bad_key_share' | 'bad_public_key' | 'bad_private_key'
  /** What was expected and what came. */
  readonly why: string
}

/** Whether a result is a failure. */
export function failed(result: object): result is CryptoFailure {
  return 'failure' in result
}

export type HashName = 'sha256' | 'sha384' | 'sha512'

export interface Hash {
  readonly name: HashName
  /** Bytes of output. */
  readonly length: number
  digest(...parts: readonly Uint8Array[]): Bytes
  /** A hash that grows, for the transcript. */
  start(): RunningHash
  /** HMAC with its key set once, for many messages (HKDF asks several of each secret). */
  hmac(key: Uint8Array): Hmac
}

export interface RunningHash {
  update(bytes: Uint8Array): void
  /** The hash of what has come so far; more may come. */
  snapshot(): Bytes
  copy(): RunningHash
}

export interface Hmac {
  mac(...parts: readonly Uint8Array[]): Bytes
  /** Forgets the key, as far as the library lets us; `mac` throws from then on. */
  wipe(): void
}

export type AeadName = 'aes-128-gcm' | 'aes-256-gcm' | 'chacha20-poly1305'

/** AEADs that a provider may have. */
export type CcmName = 'aes-128-ccm' | 'aes-128-ccm-8'

export interface Aead {
  readonly name: AeadName | CcmName
  readonly keyLength: number
  /** 12 for each AEAD of TLS 1.3. */
  readonly ivLength: number
  /** 8 for aes-128-ccm-8, 16 for the others. */
  readonly tagLength: number
  /** Made once per traffic key: whatever can be computed from the key alone is computed here. Copies the key. */
  key(key: Uint8Array): AeadKey
}

export interface AeadKey {
  /**
   * Seals the first `length` bytes of `work`; ciphertext and tag (`length` + `tagLength` bytes) go to the start of `into`.
   * `work` is the caller's scratch: at least `length` + `tagLength` long, 4-aligned, disjoint from `into`, and left in any state.
   */
  seal(
    nonce: Uint8Array,
    additionalData: Uint8Array,
    work: Bytes,
    length: number,
    into: Uint8Array,
  ): void
  /**
   * Opens `sealed` (ciphertext and tag); `sealed.length` - `tagLength` bytes of plaintext go to the start of `into` (disjoint, 4-aligned,
   * at least as long as `sealed`). False if the tag is wrong: `into` then holds no plaintext.
   */
  open(nonce: Uint8Array, additionalData: Uint8Array, sealed: Uint8Array, into: Bytes): boolean
  /** Forgets the key, as far as the library lets us; `seal` and `open` throw from then on. */
  wipe(): void
}

/** The first five bytes that a header protection key makes of a sample of 16 (RFC 9001 §5.4.3, §5.4.4). */
export type HeaderMask = (key: Uint8Array, sample: Uint8Array) => Bytes

/** A key exchange, ECDH and KEM alike (RFC 9846 §4.3.8, RFC 9954). */
export interface Group {
  readonly id: number
  readonly name: AnyGroupName
  /** The client's side. With `random`, every draw comes from it; without, the provider draws as it likes. */
  start(random?: Random): KeyShare
  /** The server's side. */
  answer(
    peer: Uint8Array,
    random?: Random,
  ): { readonly publicKey: Bytes; readonly secret: Bytes } | CryptoFailure
}

export interface KeyShare {
  readonly publicKey: Bytes
  /** The shared secret, or why the peer's share is none. */
  finish(peer: Uint8Array): Bytes | CryptoFailure
  /** Forgets the private key, as far as the library lets us. */
  wipe(): void
}

export interface PublicKey {
  readonly material: PublicKeyMaterial
  /** False for a wrong signature, for an algorithm that does not fit the key, and for any malformed signature. */
  verify(algorithm: SignatureAlgorithm, message: Uint8Array, signature: Uint8Array): boolean
}

export interface PrivateKey {
  /** The public half, so that a key can be matched with its certificate. */
  readonly publicMaterial: PublicKeyMaterial
  /**
   * Signs. With `random`, the signature depends on it and the message alone (RFC 6979 for ECDSA, a drawn salt for PSS).
   * TypeError if the algorithm does not fit the key.
   */
  sign(algorithm: SignatureAlgorithm, message: Uint8Array, random?: Random): Bytes
  /** Forgets the key, as far as the library lets us; `sign` throws from then on. */
  wipe(): void
}
