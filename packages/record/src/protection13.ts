/** TLS 1.3 record protection: AEAD keys from a traffic secret, one nonce per record, hidden types, padding (RFC 9846 §5.2 to §5.4, §7.3). */
import {
  type AeadKey,
  type CryptoProvider,
  hkdfExpandLabel,
  type TrafficSecret,
  wipe,
} from '@biopair/crypto'
import { type Bytes, TlsAlert } from '@biopair/wire'
import { Nonce, type Sequence } from './nonce.ts'
import type { Hidden, ReadProtection, WriteProtection } from './protection.ts'
import {
  ContentType,
  type ContentTypeId,
  headerLength,
  maxCiphertext,
  printHeader,
} from './record.ts'

/** The part of a provider that record protection uses. */
export type RecordCrypto = Pick<CryptoProvider, 'hashes' | 'aeads'>

/** RFC 9846 §5.2: "The legacy_record_version field is always 0x0303." */
const version = 0x0303

/** What the record layer asks of one traffic key. */
interface TrafficKey {
  readonly key: AeadKey
  readonly nonce: Nonce
  readonly tagLength: number
}

/**
 * Makes the key that opens what was sealed under `secret`. The secret stays the caller's to wipe.
 * `first` is the sequence number to begin with, for a connection that moves here.
 */
export function readProtection13(
  secret: TrafficSecret,
  crypto: RecordCrypto,
  first?: Sequence,
): ReadProtection13 {
  return new ReadProtection13(trafficKey(secret, crypto, first))
}

/**
 * Makes the key that seals under `secret`. The secret stays the caller's to wipe.
 * `first` is the sequence number to begin with, for a connection that moves here.
 */
export function writeProtection13(
  secret: TrafficSecret,
  crypto: RecordCrypto,
  first?: Sequence,
): WriteProtection13 {
  return new WriteProtection13(trafficKey(secret, crypto, first), secret.suite.recordLimit)
}

/**
 *     [sender]_write_key = HKDF-Expand-Label(Secret, "key", "", key_length)
 *     [sender]_write_iv  = HKDF-Expand-Label(Secret, "iv", "", iv_length)
 */
function trafficKey(secret: TrafficSecret, crypto: RecordCrypto, first?: Sequence): TrafficKey {
  const { suite } = secret
  const hash = crypto.hashes[suite.hash]
  const aead = crypto.aeads[suite.aead]
  if (aead === undefined) throw new TypeError(`this provider has no ${suite.aead}`)
  const context = new Uint8Array(0)
  const hmac = hash.hmac(secret.secret)
  let key: Bytes | undefined
  try {
    key = hkdfExpandLabel(hash, hmac, 'key', context, aead.keyLength)
    return {
      key: aead.key(key),
      nonce: new Nonce(hkdfExpandLabel(hash, hmac, 'iv', context, aead.ivLength), first),
      tagLength: aead.tagLength,
    }
  } finally {
    wipe(key)
    hmac.wipe()
  }
}

/** Opens TLSCiphertext. */
export class ReadProtection13 implements ReadProtection {
  readonly hides: Hidden = 'content_and_type'
  readonly overhead: number
  readonly maxBody = maxCiphertext
  readonly #key: AeadKey
  readonly #nonce: Nonce
  readonly #tagLength: number

  constructor({ key, nonce, tagLength }: TrafficKey) {
    this.#key = key
    this.#nonce = nonce
    this.#tagLength = tagLength
    this.overhead = tagLength + 1
  }

  /** The sequence number that the next record must have. */
  get sequence(): Sequence {
    return this.#nonce.sequence
  }

  open(header: Uint8Array, body: Uint8Array, into: Bytes): { type: number; length: number } {
    // RFC 9846 §6.2: bad_record_mac "is used for all deprotection failures", a body without room for its tag included.
    if (body.length < this.#tagLength || !this.#key.open(this.#nonce.current(), header, body, into))
      throw new TlsAlert('bad_record_mac', {
        reason: 'DECRYPTION_FAILED_OR_BAD_RECORD_MAC',
        section: '5.2',
        why: `record ${this.#nonce.count} under this key, ${body.length} bytes long, does not open`,
      })
    this.#nonce.advance()
    // RFC 9846 §5.4: scan "from the end toward the beginning until it finds a non-zero octet",
    // within the cleartext alone. Linear in the record.
    let at = body.length - this.#tagLength - 1
    while (at >= 0 && into[at] === 0) at--
    if (at < 0)
      throw new TlsAlert('unexpected_message', {
        reason: 'BAD_RECORD_TYPE',
        section: '5.4',
        why: 'expected a content type behind the content; every byte is zero',
      })
    return { type: into[at] as number, length: at }
  }

  wipe(): void {
    this.#key.wipe()
    this.#nonce.wipe()
  }
}

/** Seals TLSInnerPlaintext. */
export class WriteProtection13 implements WriteProtection {
  readonly hides: Hidden = 'content_and_type'
  readonly overhead: number
  readonly recordLimit: number
  readonly #key: AeadKey
  readonly #nonce: Nonce
  readonly #tagLength: number
  /** The additional data: never read back from where the record goes. */
  readonly #header = new Uint8Array(headerLength)

  constructor({ key, nonce, tagLength }: TrafficKey, recordLimit: number) {
    this.#key = key
    this.#nonce = nonce
    this.#tagLength = tagLength
    this.overhead = tagLength + 1
    this.recordLimit = recordLimit
  }

  get sealed(): number {
    return this.#nonce.count
  }

  /** The sequence number of the next record. */
  get sequence(): Sequence {
    return this.#nonce.sequence
  }

  /**
   *     struct {
   *         opaque content[TLSPlaintext.length];
   *         ContentType type;
   *         uint8 zeros[length_of_padding];
   *     } TLSInnerPlaintext;
   */
  seal(
    type: ContentTypeId,
    _version: number,
    content: Uint8Array,
    padding: number,
    work: Bytes,
    into: Uint8Array,
    at: number,
  ): number {
    const nonce = this.#nonce.current()
    const length = content.length + 1 + padding
    const body = length + this.#tagLength
    work.set(content)
    work[content.length] = type
    if (padding > 0) work.fill(0, content.length + 1, length)
    printHeader(this.#header, 0, ContentType.application_data, version, body)
    into.set(this.#header, at)
    // Counted first: should the provider throw, this number is not tried again.
    this.#nonce.advance()
    const start = at + headerLength
    this.#key.seal(nonce, this.#header, work, length, into.subarray(start, start + body))
    return headerLength + body
  }

  wipe(): void {
    this.#key.wipe()
    this.#nonce.wipe()
  }
}
