/** Bytes to opened records, however the bytes are cut; holds at most one record (RFC 9846 §5). */
import { type Bytes, TlsAlert } from '@biopair/wire'
import {
  admitChangeCipherSpec,
  admitContent,
  admitFirst,
  admitHidden,
  admitPlaintextAlert,
  admitTyped,
  invalidChangeCipherSpec,
  tooLong,
} from './admission.ts'
import { Buffers } from './buffers.ts'
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

/** Empty application data in a row, and change_cipher_spec altogether, that is put up with. */
const maxIgnored = 32
/** A tag and a content type: what a record of early data has besides its content. */
const earlyDataOverhead = 17

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

  #maxPlaintext: number
  /** The most content and padding of a record that the key at hand has opened. */
  #longest = 0
  readonly #buffers: Buffers
  readonly #ownBuffers: boolean
  #protection: ReadProtection = plainRead
  /** Kept apart from the body: it is the additional data, and is looked at once, here. */
  readonly #header = new Uint8Array(headerLength)
  #headerHeld = 0
  /** Of the body; known once the header is whole. */
  #length = 0
  #body: Bytes | undefined
  #bodyHeld = 0
  readonly #plaintext = new Plaintext()
  #opened: Opened | undefined
  #failure: TlsAlert | undefined
  #ended = false
  #first: boolean
  /** Whether the record at hand is not protected. */
  #clear = true
  #protectedOpened = false
  #changeCipherSpecs = 0
  #empty = 0
  /** Bytes of early data that may still be skipped; undefined when none is expected. */
  #skip: number | undefined

  constructor(options: RecordReaderOptions = {}) {
    this.#maxPlaintext = checkMaxPlaintext(options.maxPlaintext ?? maxPlaintext)
    this.#ownBuffers = options.buffers === undefined
    this.#buffers = options.buffers ?? new Buffers(1)
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

  /** Bytes missing to the end of the header, then of the body; 0 while a record or a failure waits in `next`. */
  get wanted(): number {
    if (this.#opened !== undefined || this.#failure !== undefined || this.#ended) return 0
    if (this.#headerHeld < headerLength) return headerLength - this.#headerHeld
    return this.#length - this.#bodyHeld
  }

  /** Bytes held of a record that is not whole yet: an end of the carrier here cuts a record. */
  get buffered(): number {
    return this.#headerHeld + this.#bodyHeld
  }

  /** A copy of what is held of a record that is not whole yet, for a reader that goes on elsewhere: to be offered there. */
  get part(): Bytes {
    const part = new Uint8Array(this.buffered)
    part.set(this.#header.subarray(0, this.#headerHeld))
    if (this.#body) part.set(this.#body.subarray(0, this.#bodyHeld), headerLength)
    return part
  }

  /** Bytes of memory held, the stock of a context not counted. */
  get footprint(): number {
    return (
      headerLength +
      (this.#body?.length ?? 0) +
      this.#plaintext.footprint +
      (this.#ownBuffers ? this.#buffers.held : 0)
    )
  }

  /** Memory for exactly the `wanted` bytes, to read into; tell `filled` how many came. */
  room(): Bytes {
    const wanted = this.wanted
    if (wanted === 0) return new Uint8Array(0)
    if (this.#headerHeld < headerLength) return this.#header.subarray(this.#headerHeld)
    return this.#bodyRoom().subarray(this.#bodyHeld, this.#length)
  }

  /** Takes the first `count` bytes of `room()` as read. RangeError beyond it. */
  filled(count: number): void {
    const wanted = this.wanted
    if (!(Number.isInteger(count) && count >= 0 && count <= wanted))
      throw new RecordRangeError(`${wanted} bytes were wanted; ${count} are said to have come`)
    if (count === 0) return
    try {
      if (this.#headerHeld < headerLength) {
        this.#headerHeld += count
        if (this.#headerHeld === headerLength) this.#admit()
        return
      }
      this.#bodyHeld += count
      if (this.#bodyHeld === this.#length) this.#completeHeld()
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
    let taken = 0
    try {
      if (this.#headerHeld < headerLength) {
        taken = Math.min(headerLength - this.#headerHeld, run.length)
        for (let i = 0; i < taken; i++) this.#header[this.#headerHeld + i] = run[i] as number
        this.#headerHeld += taken
        if (this.#headerHeld < headerLength) return taken
        this.#admit()
        if (this.#headerHeld < headerLength) return taken
      }
      const missing = this.wanted
      const part = Math.min(missing, run.length - taken)
      if (part === 0) return taken
      const from = taken
      taken += part
      // Shared memory can change between being checked and being decrypted: it is copied first.
      if (part === this.#length && run.buffer instanceof ArrayBuffer) {
        this.#complete(run.subarray(from, taken))
        return taken
      }
      this.#bodyRoom().set(run.subarray(from, taken), this.#bodyHeld)
      this.#bodyHeld += part
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
   * Early data was refused: records of it are skipped until the first record that opens, or in the clear until the second
   * ClientHello. More than `limit` bytes of it is `unexpected_message` (RFC 9846 §4.3.10).
   */
  skipEarlyData(limit: number): void {
    this.#skip = limit
  }

  /** Lets go of what an idle connection does not need; the last fragment has been consumed. Cheap where there is nothing to do. */
  release(): void {
    this.#plaintext.drop()
    if (this.#bodyHeld === 0) this.#dropBody()
    if (this.#ownBuffers) this.#buffers.drop()
  }

  /** The end: forgets the key and wipes plaintext. Nothing is wanted any more. */
  wipe(): void {
    this.#ended = true
    this.#opened = undefined
    this.#protection.wipe()
    this.#plaintext.drop()
    this.#dropBody()
    if (this.#ownBuffers) this.#buffers.drop()
  }

  /** Judges a header that is here already by what holds from now on. */
  #admitAgain(): void {
    if (this.#headerHeld < headerLength || this.#failure !== undefined || this.#ended) return
    try {
      this.#admit()
    } catch (error) {
      this.#fail(error)
    }
  }

  /** The longest body of a protected record. Early data that is passed over was sealed before the peer could hear of a limit. */
  get #maxBody(): number {
    const { maxBody, overhead } = this.#protection
    const reduced = this.#maxPlaintext < maxPlaintext && this.#skip === undefined
    return reduced ? this.#maxPlaintext + overhead : maxBody
  }

  /** Judges the header, before its body is waited for; a record without a body is whole already. */
  #admit(): void {
    const header = this.#header
    const type = header[0] as number
    this.#length = ((header[3] as number) << 8) | (header[4] as number)
    if (this.#first) admitFirst(header)
    this.#first = false
    const protection = this.#protection
    const hidden = protection.hides === 'content_and_type'
    if (type === ContentType.change_cipher_spec) {
      // RFC 9846 §5: "it is necessary to detect this condition prior to attempting to deprotect the record".
      this.#clear = true
      admitChangeCipherSpec(this.#length, this.changeCipherSpec === 'drop')
    } else if (
      hidden &&
      type === ContentType.alert &&
      this.allowPlaintextAlert &&
      !this.#protectedOpened
    ) {
      this.#clear = true
      admitPlaintextAlert(this.#length)
    } else if (hidden) {
      this.#clear = false
      admitHidden(type, this.#length, this.#maxBody)
    } else {
      this.#clear = protection.hides === 'nothing'
      const skips = this.#skips()
      admitTyped(type, this.#length, protection, skips)
      if (skips) admitHidden(type, this.#length, maxCiphertext)
    }
    if (this.#length === 0) this.#complete(header.subarray(headerLength))
  }

  /** Opens the record whose body has come whole. */
  #complete(body: Uint8Array): void {
    if (this.#header[0] === ContentType.change_cipher_spec) this.#dropChangeCipherSpec(body)
    else if (this.#skips()) this.#skipRecord(body.length)
    else if (this.#skip !== undefined && !this.#clear) this.#tryOpen(body)
    else this.#open(body)
    this.#headerHeld = 0
    this.#bodyHeld = 0
  }

  #completeHeld(): void {
    const body = this.#bodyRoom()
    this.#complete(body.subarray(0, this.#length))
    this.#dropBody()
  }

  #open(body: Uint8Array): void {
    const protection = this.#clear ? plainRead : this.#protection
    const into = this.#plaintext.room(body.length)
    try {
      const { type, length } = protection.open(this.#header, body, into)
      this.#skip = undefined
      if (!this.#clear) this.#protectedOpened = true
      const limit = this.#clear ? maxPlaintext : this.#maxPlaintext
      const whole = body.length - protection.overhead
      const name = admitContent(type, length, whole, limit)
      if (!this.#clear) this.#longest = Math.max(this.#longest, whole)
      this.#countEmpty(length)
      this.#opened = {
        type: name,
        fragment: into.subarray(0, length),
        header: parseHeader(this.#header),
      }
    } catch (error) {
      this.#plaintext.drop()
      throw error
    }
  }

  /** Only application data may be empty: cover traffic, and a way to keep us busy for nothing. */
  #countEmpty(length: number): void {
    this.#empty = length > 0 ? 0 : this.#empty + 1
    if (this.#empty > maxIgnored)
      throw new TlsAlert('unexpected_message', {
        reason: 'TOO_MANY_EMPTY_FRAGMENTS',
        section: '5.1',
        why: `more than ${maxIgnored} empty records came in a row`,
      })
  }

  #dropChangeCipherSpec(body: Uint8Array): void {
    if (body[0] !== 1) throw invalidChangeCipherSpec(`${body[0]} came`)
    if (++this.#changeCipherSpecs > maxIgnored)
      throw new TlsAlert('unexpected_message', {
        reason: 'UNEXPECTED_CCS_MESSAGE',
        section: '5',
        why: `more than ${maxIgnored} change_cipher_spec records came`,
      })
  }

  /** Whether the record at hand is early data before a second ClientHello: known by its outer type. */
  #skips(): boolean {
    return (
      this.#skip !== undefined && this.#clear && this.#header[0] === ContentType.application_data
    )
  }

  /** RFC 9846 §4.3.10: without the early data's key, trial decryption finds "the first non-0-RTT message". */
  #tryOpen(body: Uint8Array): void {
    try {
      this.#open(body)
    } catch (error) {
      if (!(error instanceof TlsAlert && error.alert === 'bad_record_mac')) throw error
      this.#skipRecord(body.length)
    }
  }

  /** Counts the record as if it had no padding; each one counts, so that empty ones end too. */
  #skipRecord(length: number): void {
    this.#skip = (this.#skip ?? 0) - Math.max(length - earlyDataOverhead, 1)
    if (this.#skip < 0)
      throw new TlsAlert('unexpected_message', {
        reason: 'TOO_MUCH_EARLY_DATA',
        section: '4.3.10',
        why: 'more early data came than max_early_data_size allows',
      })
  }

  /** Latches the peer's fault; anything else is ours and passes through. */
  #fail(error: unknown): void {
    if (!(error instanceof TlsAlert)) throw error
    this.#failure = error
    this.#dropBody()
  }

  #bodyRoom(): Bytes {
    this.#body ??= this.#buffers.take(this.#length)
    return this.#body
  }

  #dropBody(): void {
    if (this.#body !== undefined) this.#buffers.give(this.#body)
    this.#body = undefined
  }
}

function checkMaxPlaintext(limit: number): number {
  // RFC 8449 §4: a record_size_limit below 64 is refused; it counts the content type too.
  return within('maxPlaintext', limit, 63, maxPlaintext)
}
