/** Bytes to opened records, however the bytes are cut; holds at most one record (RFC 9846 §5). */
import { type Bytes, TlsAlert } from '@biopair/wire'
import {
  admitBeforeChange,
  admitChangeCipherSpec,
  admitContent,
  admitFirst,
  admitHidden,
  admitPlaintextAlert,
  admitTyped,
  tooLong,
} from './admission.ts'
import { Buffers } from './buffers.ts'
import { PassedOver } from './passed-over.ts'
import { Plaintext } from './plaintext.ts'
import { plainRead, type ReadProtection } from './protection.ts'
import {
  ContentType,
  type ContentTypeName,
  type Header,
  headerLength,
  maxCiphertext,
  maxPlaintext,
  parseHeader,
} from './record.ts'
import { RecordError, RecordRangeError, within } from './record-error.ts'
import { RecordInHand } from './record-in-hand.ts'

/** A record, opened. */
export interface Opened {
  readonly type: ContentTypeName
  /** The content, in the reader's own memory (4-aligned): valid until the next record is opened, `release` or `wipe`. */
  readonly fragment: Bytes
  /** The header as it came; its type is the outer one. */
  readonly header: Header
}

export interface RecordReaderOptions {
  /** See `maxPlaintext` of the reader. */
  readonly maxPlaintext?: number
  /** Where ciphertext waits; the stock of a context keeps idle connections small. Without, the reader has its own. */
  readonly buffers?: Buffers
  /** The connection goes on here: its first records came elsewhere. */
  readonly begun?: boolean
}

/**
 * Feed it with `offer` (bytes that someone lends) or with `room` and `filled` (bytes read into its own memory), then ask
 * `next`. A record is opened the moment its last byte is there. Whatever the peer did wrong is thrown by `next`, as a
 * TlsAlert, then and ever after; nothing is wanted any more.
 *
 * Plaintext is overwritten by the next record, and wiped when its buffer is let go: by `release`, by `wipe`, after a
 * record that fails, and where a buffer of another size takes its place.
 */
export class RecordReader {
  /** `drop` from the first ClientHello until the peer's Finished, `refuse` before and after (RFC 9846 §5). */
  changeCipherSpec: 'refuse' | 'drop' = 'refuse'
  /** Whether an alert may come in the clear although there is a key: the peer may fail before it has one. Ends with the first record that opens. */
  allowPlaintextAlert = false

  /** The most content of a record in the clear. */
  #maxClear = maxPlaintext
  #maxPlaintext: number
  /** The most content and padding of a record that the key at hand has opened. */
  #longest = 0
  readonly #buffers: Buffers
  readonly #ownBuffers: boolean
  #protection: ReadProtection = plainRead
  /** What the peer's change_cipher_spec brings into use (RFC 5246 §7.1). */
  #pending: ReadProtection | undefined
  readonly #hand: RecordInHand
  readonly #plaintext = new Plaintext()
  #opened: Opened | undefined
  #failure: TlsAlert | undefined
  #ended = false
  #first: boolean
  /** Whether the record at hand is not protected. */
  #clear = true
  #protectedOpened = false
  readonly #passedOver = new PassedOver()

  constructor(options: RecordReaderOptions = {}) {
    this.#maxPlaintext = checkMaxPlaintext(options.maxPlaintext ?? maxPlaintext)
    this.#ownBuffers = options.buffers === undefined
    this.#buffers = options.buffers ?? new Buffers(1)
    this.#hand = new RecordInHand(this.#buffers)
    this.#first = !options.begun
  }

  /** The most content and padding of a protected record: 2^14, or one less than our record_size_limit (RFC 8449 §4). RangeError out of 63 to 2^14. */
  get maxPlaintext(): number {
    return this.#maxPlaintext
  }

  set maxPlaintext(limit: number) {
    this.#maxPlaintext = checkMaxPlaintext(limit)
    this.#admitAgain()
  }

  /**
   * Sets `maxPlaintext` for a limit that the peer knew before we could tell: TlsAlert `record_overflow` where a record under the key at
   * hand has gone beyond it. RFC 8449 §4: records are subject to the limits of the handshake that made their keys.
   */
  limit(maxPlaintext: number): void {
    this.maxPlaintext = maxPlaintext
    if (this.#longest > maxPlaintext) throw tooLong(this.#longest, maxPlaintext)
  }

  /** The most content of a record in the clear, from the next on: 2^14, or what max_fragment_length has (RFC 6066 §4). */
  set maxClear(limit: number) {
    this.#maxClear = checkMaxPlaintext(limit)
    this.#admitAgain()
  }

  /** Bytes missing to the end of the header, then of the body; 0 while a record or a failure waits in `next`. */
  get wanted(): number {
    if (this.#opened !== undefined || this.#failure !== undefined || this.#ended) return 0
    return this.#hand.missing
  }

  /** Bytes held of a record that is not whole yet: an end of the carrier here cuts a record. */
  get buffered(): number {
    return this.#hand.held
  }

  /** A copy of what is held of a record that is not whole yet, for a reader that goes on elsewhere: to be offered there. */
  get part(): Bytes {
    return this.#hand.copy()
  }

  /** Bytes of memory held, the stock of a context not counted. */
  get footprint(): number {
    return (
      this.#hand.footprint + this.#plaintext.footprint + (this.#ownBuffers ? this.#buffers.held : 0)
    )
  }

  /** Memory for exactly the `wanted` bytes, to read into; tell `filled` how many came. */
  room(): Bytes {
    return this.wanted === 0 ? new Uint8Array(0) : this.#hand.room()
  }

  /** Takes the first `count` bytes of `room()` as read. RangeError beyond it. */
  filled(count: number): void {
    const wanted = this.wanted
    if (!(Number.isInteger(count) && count >= 0 && count <= wanted))
      throw new RecordRangeError(`${wanted} bytes were wanted; ${count} are said to have come`)
    if (count === 0) return
    try {
      const { headed } = this.#hand
      this.#hand.filled(count)
      if (count < wanted) return
      if (headed) this.#completeHeld()
      else this.#admit()
    } catch (error) {
      this.#fail(error)
    }
  }

  /**
   * Takes what the record at hand needs from `run`, of one record at most, and answers how many bytes. A body that lies
   * whole in `run` is opened straight from there; `run` is neither changed nor kept. 0 while a record waits in `next`.
   */
  offer(run: Uint8Array): number {
    if (this.wanted === 0) return 0
    const hand = this.#hand
    let taken = 0
    try {
      if (!hand.headed) {
        taken = hand.addHeader(run)
        if (hand.headed) this.#admit()
        // It has no body, and is complete: or its header is not.
        if (!hand.headed) return taken
      }
      const missing = this.wanted
      const part = Math.min(missing, run.length - taken)
      if (part === 0) return taken
      const from = taken
      taken += part
      // Shared memory can change between being checked and being decrypted: it is copied first.
      if (part === hand.length && run.buffer instanceof ArrayBuffer) {
        this.#complete(run.subarray(from, taken))
        return taken
      }
      hand.addBody(run.subarray(from, taken))
      if (part === missing) this.#completeHeld()
    } catch (error) {
      this.#fail(error)
    }
    return taken
  }

  /** The record that has been opened; undefined if none has. Throws the peer's fault as a TlsAlert. */
  next(): Opened | undefined {
    if (this.#failure !== undefined) throw this.#failure
    const opened = this.#opened
    this.#opened = undefined
    return opened
  }

  /** The next record is opened with this key; the old one is wiped. RecordError while an opened record waits in `next`. */
  protect(protection: ReadProtection): void {
    if (this.#opened !== undefined)
      throw new RecordError('ERR_RECORD_WAITING', 'take the record that waits before changing keys')
    this.#protection.wipe()
    this.#protection = protection
    this.#longest = 0
    this.#admitAgain()
  }

  /**
   * TLS 1.2: the next record but for alerts has to be change_cipher_spec, and those behind it are opened with this key (RFC 5246 §7.1).
   * RecordError while an opened record waits in `next`.
   */
  pend(protection: ReadProtection): void {
    if (this.#opened !== undefined)
      throw new RecordError('ERR_RECORD_WAITING', 'take the record that waits before changing keys')
    this.#pending = protection
    this.#admitAgain()
  }

  /** Whether the record that was opened last was protected. */
  get protects(): boolean {
    return !this.#clear
  }

  /** change_cipher_spec records that were dropped so far. */
  get changeCipherSpecs(): number {
    return this.#passedOver.changeCipherSpecs
  }

  /**
   * Early data was refused: records of it are skipped until the first record that opens, or in the clear until the second
   * ClientHello. More than `limit` bytes of it is `unexpected_message` (RFC 9846 §4.3.10).
   */
  skipEarlyData(limit: number): void {
    this.#passedOver.skip(limit)
  }

  /** Lets go of what an idle connection does not need; the last fragment has been consumed. Cheap where there is nothing to do. */
  release(): void {
    this.#plaintext.drop()
    if (!this.#hand.begun) this.#hand.drop()
    if (this.#ownBuffers) this.#buffers.drop()
  }

  /** The end: forgets the key and wipes plaintext. Nothing is wanted any more. */
  wipe(): void {
    this.#ended = true
    this.#opened = undefined
    this.#protection.wipe()
    this.#pending?.wipe()
    this.#plaintext.drop()
    this.#hand.drop()
    if (this.#ownBuffers) this.#buffers.drop()
  }

  /** Judges a header that is here already by what holds from now on. */
  #admitAgain(): void {
    if (!this.#hand.headed || this.#failure !== undefined || this.#ended) return
    try {
      this.#admit()
    } catch (error) {
      this.#fail(error)
    }
  }

  /** The longest body of a protected record. Early data that is passed over was sealed before the peer could hear of a limit. */
  get #maxBody(): number {
    const { maxBody, overhead } = this.#protection
    const reduced = this.#maxPlaintext < maxPlaintext && !this.#passedOver.skipping
    return reduced ? this.#maxPlaintext + overhead : maxBody
  }

  /** Judges the header, before its body is waited for; a record without a body is whole already. */
  #admit(): void {
    const { header } = this.#hand
    const type = header[0] as number
    const length = ((header[3] as number) << 8) | (header[4] as number)
    this.#hand.length = length
    if (this.#first) admitFirst(header)
    this.#first = false
    const protection = this.#protection
    const hidden = protection.hides === 'content_and_type'
    if (type === ContentType.change_cipher_spec) {
      // RFC 9846 §5: "it is necessary to detect this condition prior to attempting to deprotect the record".
      this.#clear = true
      admitChangeCipherSpec(length, this.#pending !== undefined || this.changeCipherSpec === 'drop')
    } else if (
      hidden &&
      type === ContentType.alert &&
      this.allowPlaintextAlert &&
      !this.#protectedOpened
    ) {
      this.#clear = true
      admitPlaintextAlert(length)
    } else if (hidden) {
      this.#clear = false
      admitHidden(type, length, this.#maxBody)
    } else {
      this.#clear = protection.hides === 'nothing'
      const skips = this.#skips()
      if (this.#pending) admitBeforeChange(type)
      // Only the longest body is another where less content was agreed on (RFC 8449 §4).
      const { hides } = protection
      const maxBody =
        hides === 'content' ? this.#maxBody : Math.min(this.#maxClear, protection.maxBody)
      admitTyped(type, length, { hides, maxBody }, skips)
      if (skips) admitHidden(type, length, maxCiphertext)
    }
    if (length === 0) this.#complete(header.subarray(headerLength))
  }

  /** Opens the record whose body has come whole. */
  #complete(body: Uint8Array): void {
    if (this.#hand.header[0] === ContentType.change_cipher_spec) this.#changeCipherSpec(body)
    else if (this.#skips()) this.#passedOver.earlyData(body.length)
    else if (this.#passedOver.skipping && !this.#clear) this.#tryOpen(body)
    else this.#open(body)
    this.#hand.next()
  }

  #changeCipherSpec(body: Uint8Array): void {
    this.#passedOver.changeCipherSpec(body)
    const pending = this.#pending
    if (!pending) return
    this.#pending = undefined
    this.#protection.wipe()
    this.#protection = pending
    this.#longest = 0
  }

  #completeHeld(): void {
    this.#complete(this.#hand.body())
    this.#hand.drop()
  }

  #open(body: Uint8Array): void {
    const protection = this.#clear ? plainRead : this.#protection
    const into = this.#plaintext.room(body.length)
    try {
      const { type, length } = protection.open(this.#hand.header, body, into)
      this.#passedOver.endSkipping()
      if (!this.#clear) this.#protectedOpened = true
      const limit = this.#clear ? maxPlaintext : this.#maxPlaintext
      const whole = body.length - protection.overhead
      const name = admitContent(type, length, whole, limit)
      if (!this.#clear) this.#longest = Math.max(this.#longest, whole)
      this.#passedOver.content(length)
      this.#opened = {
        type: name,
        fragment: into.subarray(0, length),
        header: parseHeader(this.#hand.header),
      }
    } catch (error) {
      this.#plaintext.drop()
      throw error
    }
  }

  /** Whether the record at hand is early data before a second ClientHello: known by its outer type. */
  #skips(): boolean {
    const { skipping } = this.#passedOver
    return skipping && this.#clear && this.#hand.header[0] === ContentType.application_data
  }

  /** RFC 9846 §4.3.10: without the early data's key, trial decryption finds "the first non-0-RTT message". */
  #tryOpen(body: Uint8Array): void {
    try {
      this.#open(body)
    } catch (error) {
      if (!(error instanceof TlsAlert && error.alert === 'bad_record_mac')) throw error
      this.#passedOver.earlyData(body.length)
    }
  }

  /** Latches the peer's fault; anything else is ours and passes through. */
  #fail(error: unknown): void {
    if (!(error instanceof TlsAlert)) throw error
    this.#failure = error
    this.#hand.drop()
  }
}

function checkMaxPlaintext(limit: number): number {
  // RFC 8449 §4: a record_size_limit below 64 is refused; it counts the content type too.
  return within('maxPlaintext', limit, 63, maxPlaintext)
}
