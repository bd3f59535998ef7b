/** TLS 1.2 record protection with AEADs: the content is hidden, its type is not (RFC 5246 §6.2.3.3, RFC 5288 §3, RFC 7905 §2). */
import { type AeadKey, type RecordKeys12, wipe } from '@biopair/crypto'
import { type Bytes, TlsAlert } from '@biopair/wire'
import { Nonce, type Sequence } from './nonce.ts'
import type { Hidden, ReadProtection, WriteProtection } from './protection.ts'
import type { RecordCrypto } from './protection13.ts'
import { type ContentTypeId, headerLength, maxPlaintext, printHeader } from './record.ts'

const version = 0x0303

/** seq_num, type, version, length. */
const additionalLength = 8 + headerLength
const explicitLength = 8

/**
 *     additional_data = seq_num + TLSCompressed.type +
 *                       TLSCompressed.version + TLSCompressed.length;
 */
class Keyed {
  readonly overhead: number
  protected readonly key: AeadKey
  protected readonly tagLength: number
  /** Bytes of the nonce that stand in the record. */
  protected readonly explicit: number
  readonly #nonce: Nonce
  readonly #additional = new Uint8Array(additionalLength)
  readonly #view = new DataView(this.#additional.buffer)

  constructor(keys: RecordKeys12, crypto: Pick<RecordCrypto, 'aeads'>, first?: Sequence) {
    const { suite } = keys
    const aead = crypto.aeads[suite.aead]
    if (aead === undefined) throw new TypeError(`this provider has no ${suite.aead}`)
    this.key = aead.key(keys.key)
    this.tagLength = aead.tagLength
    this.explicit = aead.ivLength - keys.iv.length
    this.overhead = this.explicit + aead.tagLength
    // Zeros where the record has the number: xor makes it what it is, as it does for ChaCha20.
    const iv = new Uint8Array(aead.ivLength)
    iv.set(keys.iv)
    this.#nonce = new Nonce(iv, first)
  }

  /** The sequence number of the next record. */
  get sequence(): Sequence {
    return this.#nonce.sequence
  }

  /** Records so far. */
  get count(): number {
    return this.#nonce.count
  }

  protected additional(header: Uint8Array, length: number): Bytes {
    const { high, low } = this.#nonce.sequence
    this.#view.setUint32(0, high)
    this.#view.setUint32(4, low)
    this.#additional.set(header.subarray(0, 3), 8)
    this.#view.setUint16(11, length)
    return this.#additional
  }

  protected nonce(): Bytes {
    return this.#nonce.current()
  }

  protected advance(): void {
    this.#nonce.advance()
  }

  wipe(): void {
    this.key.wipe()
    this.#nonce.wipe()
  }
}

/** Opens GenericAEADCipher. */
export class ReadProtection12 extends Keyed implements ReadProtection {
  readonly hides: Hidden = 'content'
  /** RFC 5246 §6.2.3 has 2^14 + 2048 at most; these AEADs add no more than this. */
  readonly maxBody: number
  readonly #nonce = new Uint8Array(12)

  constructor(keys: RecordKeys12, crypto: Pick<RecordCrypto, 'aeads'>, first?: Sequence) {
    super(keys, crypto, first)
    this.maxBody = maxPlaintext + this.overhead
  }

  open(header: Uint8Array, body: Uint8Array, into: Bytes): { type: number; length: number } {
    const length = body.length - this.overhead
    if (length < 0 || !this.#opens(header, body, length, into))
      throw new TlsAlert('bad_record_mac', {
        reason: 'DECRYPTION_FAILED_OR_BAD_RECORD_MAC',
        section: 'RFC 5246 6.2.3.3',
        why: `record ${this.count} under this key, ${body.length} bytes long, does not open`,
      })
    this.advance()
    return { type: header[0] as number, length }
  }

  override wipe(): void {
    super.wipe()
    wipe(this.#nonce)
  }

  #opens(header: Uint8Array, body: Uint8Array, length: number, into: Bytes): boolean {
    const additional = this.additional(header, length)
    if (this.explicit === 0) return this.key.open(this.nonce(), additional, body, into)
    // RFC 5288 §3: the sender chose these bytes; nothing says that they are the sequence number.
    const nonce = this.#nonce
    nonce.set(this.nonce().subarray(0, nonce.length - explicitLength))
    nonce.set(body.subarray(0, explicitLength), nonce.length - explicitLength)
    return this.key.open(nonce, additional, body.subarray(explicitLength), into)
  }
}

/** Seals GenericAEADCipher. The explicit nonce is the sequence number, which cannot repeat (RFC 5288 §3). */
export class WriteProtection12 extends Keyed implements WriteProtection {
  readonly hides: Hidden = 'content'
  readonly recordLimit: number
  readonly #header = new Uint8Array(headerLength)

  constructor(keys: RecordKeys12, crypto: Pick<RecordCrypto, 'aeads'>, first?: Sequence) {
    super(keys, crypto, first)
    this.recordLimit = keys.suite.recordLimit
  }

  get sealed(): number {
    return this.count
  }

  seal(
    type: ContentTypeId,
    _version: number,
    content: Uint8Array,
    _padding: number,
    work: Bytes,
    into: Uint8Array,
    at: number,
  ): number {
    const nonce = this.nonce()
    const { length } = content
    const body = length + this.overhead
    printHeader(this.#header, 0, type, version, body)
    into.set(this.#header, at)
    const additional = this.additional(this.#header, length)
    work.set(content)
    let start = at + headerLength
    if (this.explicit > 0) {
      into.set(additional.subarray(0, explicitLength), start)
      start += explicitLength
    }
    // Counted first: should the provider throw, this number is not tried again.
    this.advance()
    this.key.seal(nonce, additional, work, length, into.subarray(start, at + headerLength + body))
    return headerLength + body
  }
}
