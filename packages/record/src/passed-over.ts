/** What a reader passes over, each within a bound: refused early data, change_cipher_spec, records without content. */
import { TlsAlert } from '@biopair/wire'
import { invalidChangeCipherSpec } from './admission.ts'

/** Empty application data in a row, and change_cipher_spec altogether, that is put up with. */
const maxIgnored = 32
/** A tag and a content type: what a record of early data has besides its content. */
const earlyDataOverhead = 17

export class PassedOver {
  #changeCipherSpecs = 0
  #empty = 0
  /** Bytes of early data that may still be skipped; undefined when none is expected. */
  #earlyData: number | undefined

  /** change_cipher_spec records so far. */
  get changeCipherSpecs(): number {
    return this.#changeCipherSpecs
  }

  /** Whether records of refused early data may come. */
  get skipping(): boolean {
    return this.#earlyData !== undefined
  }

  /** From now on at most `limit` bytes of early data are skipped. */
  skip(limit: number): void {
    this.#earlyData = limit
  }

  /** A record opened: no early data comes behind it. */
  endSkipping(): void {
    this.#earlyData = undefined
  }

  /** A record of early data, counted as if it had no padding; each one counts, so that empty ones end too. */
  earlyData(length: number): void {
    this.#earlyData = (this.#earlyData ?? 0) - Math.max(length - earlyDataOverhead, 1)
    if (this.#earlyData < 0)
      throw new TlsAlert('unexpected_message', {
        reason: 'TOO_MUCH_EARLY_DATA',
        section: '4.3.10',
        why: 'more early data came than max_early_data_size allows',
      })
  }

  changeCipherSpec(body: Uint8Array): void {
    if (body[0] !== 1) throw invalidChangeCipherSpec(`${body[0]} came`)
    if (++this.#changeCipherSpecs > maxIgnored)
      throw new TlsAlert('unexpected_message', {
        reason: 'UNEXPECTED_CCS_MESSAGE',
        section: '5',
        why: `more than ${maxIgnored} change_cipher_spec records came`,
      })
  }

  /** A record with so much content. Only application data may be empty: cover traffic, and a way to keep us busy for nothing. */
  content(length: number): void {
    this.#empty = length > 0 ? 0 : this.#empty + 1
    if (this.#empty > maxIgnored)
      throw new TlsAlert('unexpected_message', {
        reason: 'TOO_MANY_EMPTY_FRAGMENTS',
        section: '5.1',
        why: `more than ${maxIgnored} empty records came in a row`,
      })
  }
}
