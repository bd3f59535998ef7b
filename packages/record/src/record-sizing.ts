/** How large records of application data are: small while a connection is young or was idle, then as large as they may be. */
import { maxPlaintext } from './record.ts'
import { within } from './record-error.ts'

export interface RecordSizingOptions {
  /** Bytes of content of a small record, 64 to 2^14: 1369, which fits a TCP segment on nearly every path, headers and options counted. */
  readonly small?: number
  /** Bytes of content that are sent in small records: 131 072, before which a congestion window seldom holds many segments. */
  readonly after?: number
  /** Milliseconds since the last record after which records are small again: 1000. */
  readonly idle?: number
}

/**
 * A reader can use a record only once its last byte has come: while the path is slow, a record of many segments makes it wait for the last.
 * Go, nginx and Chromium's servers size records like this. Sizes follow from the bytes that were written and from the time alone.
 */
export class RecordSizing {
  readonly #small: number
  readonly #after: number
  readonly #idle: number
  readonly #now: () => number
  #sent = 0
  #last = Number.NEGATIVE_INFINITY

  /** `now` gives milliseconds. RangeError for an option out of its range. */
  constructor(options: RecordSizingOptions, now: () => number) {
    const most = Number.MAX_SAFE_INTEGER
    this.#small = within('small', options.small ?? 1369, 64, maxPlaintext)
    this.#after = within('after', options.after ?? 131_072, 0, most)
    this.#idle = within('idle', options.idle ?? 1000, 0, most)
    this.#now = now
  }

  /** The most content of the record that is made now. */
  length(): number {
    const now = this.#now()
    if (now - this.#last > this.#idle) this.#sent = 0
    this.#last = now
    return this.#sent < this.#after ? this.#small : maxPlaintext
  }

  /** A record of so much content was made. */
  made(length: number): void {
    this.#sent += length
  }
}
