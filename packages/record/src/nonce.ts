/** The per-record nonce: a static iv xor the 64-bit sequence number (RFC 9846 §5.3). */
import { wipe } from '@biopair/crypto'
import { type Bytes, TlsAlert } from '@biopair/wire'

/** A 64-bit sequence number as two 32-bit halves, because a bigint costs fifty times as much. */
export interface Sequence {
  readonly high: number
  readonly low: number
}

const half = 2 ** 32

/** Counts records under one key. A number is never given twice: after 2^64 - 1 there is no nonce. */
export class Nonce {
  readonly #iv: Bytes
  readonly #bytes: Bytes
  readonly #ivView: DataView
  readonly #view: DataView
  /** Where the sequence number is mixed in: the last eight bytes. */
  readonly #at: number
  #high: number
  #low: number

  /** Takes `iv` (eight bytes or more) over, and wipes it in the end. The first number is 0 unless a connection has moved here. */
  constructor(iv: Bytes, first: Sequence = { high: 0, low: 0 }) {
    this.#iv = iv
    this.#bytes = iv.slice()
    this.#ivView = new DataView(iv.buffer, iv.byteOffset, iv.length)
    this.#view = new DataView(this.#bytes.buffer)
    this.#at = iv.length - 8
    this.#high = first.high
    this.#low = first.low
  }

  /** How many numbers have been used; exact up to 2^53. */
  get count(): number {
    return this.#high * half + this.#low
  }

  /** The number that comes next. */
  get sequence(): Sequence {
    return { high: this.#high, low: this.#low }
  }

  /** The nonce of the next record, valid until the next call. TlsAlert `internal_error` once all are used. */
  current(): Bytes {
    // RFC 9846 §5.3: where the number would wrap, the key MUST change or the connection end.
    if (this.#high >= half)
      throw new TlsAlert('internal_error', {
        reason: 'SEQUENCE_CTR_WRAPPED',
        section: '5.3',
        why: 'every sequence number of this key has been used',
      })
    this.#view.setUint32(this.#at, this.#ivView.getUint32(this.#at) ^ this.#high)
    this.#view.setUint32(this.#at + 4, this.#ivView.getUint32(this.#at + 4) ^ this.#low)
    return this.#bytes
  }

  /** Counts the record. */
  advance(): void {
    if (++this.#low < half) return
    this.#low = 0
    this.#high++
  }

  wipe(): void {
    wipe(this.#iv, this.#bytes)
  }
}
