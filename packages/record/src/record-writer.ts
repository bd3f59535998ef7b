/** Content to sealed records, cut where records end and queued in order (RFC 9846 §5.1, §5.2). */
import type { Bytes } from '@biopair/wire'
import { Buffers } from './buffers.ts'
import type { Padding } from './padding.ts'
import { plainWrite, type WriteProtection } from './protection.ts'
import {
  ContentType,
  type ContentTypeId,
  type ContentTypeName,
  headerLength,
  maxPlaintext,
} from './record.ts'
import { RecordError, RecordRangeError, within } from './record-error.ts'
import { RecordQueue } from './record-queue.ts'

export interface RecordWriterOptions {
  /** The most content of one record: 512 to 2^14, which is the default. */
  readonly maxFragment?: number
  /** legacy_record_version of the first records: 0x0301 for an initial ClientHello (RFC 9846 §5.1), else 0x0303. */
  readonly initialVersion?: number
  readonly padding?: Padding
  /** The most bytes that may wait, 256 KiB unless said otherwise. */
  readonly maxQueue?: number
  /** A smaller limit on records per key than the cipher suite's. */
  readonly recordLimit?: number
  /** Where records wait and are made; the stock of a context keeps idle connections small. Without, the writer has its own. */
  readonly buffers?: Buffers
}

const noWork: Bytes = new Uint8Array(0)

/**
 * Where records end depends on `maxFragment`, `maxPlaintext` and what was written, never on how much room there is.
 * What is queued was sealed when it was written: a new key changes nothing about it.
 */
export class RecordWriter {
  /** legacy_record_version of records without protection; protected ones always say 0x0303. */
  version: number

  #maxFragment: number
  #maxPlaintext = maxPlaintext
  #padding: Padding | undefined
  /** What the policy said of the record that is made next: its size is asked for first. */
  #asked:
    | { readonly type: ContentTypeName; readonly length: number; readonly padding: number }
    | undefined
  readonly #made: number[] = []
  readonly #maxQueue: number
  readonly #recordLimit: number
  readonly #buffers: Buffers
  readonly #ownBuffers: boolean
  #protection: WriteProtection = plainWrite
  readonly #queue: RecordQueue

  constructor(options: RecordWriterOptions = {}) {
    this.version = options.initialVersion ?? 0x0303
    this.#maxFragment = checkMaxFragment(options.maxFragment ?? maxPlaintext)
    this.#padding = options.padding
    this.#maxQueue = within('maxQueue', options.maxQueue ?? 256 * 1024, 1, Number.MAX_SAFE_INTEGER)
    this.#recordLimit = options.recordLimit ?? Number.POSITIVE_INFINITY
    this.#ownBuffers = options.buffers === undefined
    this.#buffers = options.buffers ?? new Buffers(1)
    this.#queue = new RecordQueue(this.#buffers)
  }

  /** The most content of one record, as we like it: 512 to 2^14, else RangeError. */
  get maxFragment(): number {
    return this.#maxFragment
  }

  set maxFragment(length: number) {
    this.#maxFragment = checkMaxFragment(length)
  }

  /** The most content and padding that the peer takes: 2^14, or one less than its record_size_limit (RFC 8449 §4). RangeError out of 63 to 2^14. */
  get maxPlaintext(): number {
    return this.#maxPlaintext
  }

  set maxPlaintext(limit: number) {
    this.#maxPlaintext = within('maxPlaintext', limit, 63, maxPlaintext)
  }

  /** The most content of the next record: where `write` cuts. */
  get fragmentLength(): number {
    return Math.min(this.#maxFragment, this.#maxPlaintext)
  }

  /** Bytes that wait. */
  get queue(): number {
    return this.#queue.length
  }

  /** Records sealed under the current key. */
  get sealedRecords(): number {
    return this.#protection.sealed
  }

  /** Whether the next record under this key should be a KeyUpdate, the last it may seal (RFC 9846 §5.5). Ask before each record. */
  get limitReached(): boolean {
    const { sealed, recordLimit } = this.#protection
    return (
      this.#protection.hides !== 'nothing' && sealed + 1 >= Math.min(recordLimit, this.#recordLimit)
    )
  }

  /** Bytes of memory held, the stock of a context not counted. */
  get footprint(): number {
    return this.#queue.footprint + (this.#ownBuffers ? this.#buffers.held : 0)
  }

  /** Bytes of records that the queue has room for. */
  room(): number {
    return Math.max(0, this.#maxQueue - this.queue)
  }

  /** Bytes that one record of `length` content bytes has on the wire if it is the next that is made, padding included. */
  recordSize(length: number, type: ContentTypeName = 'application_data'): number {
    const protection = this.#protectionOf(type)
    const asked = this.#asked
    const padding =
      asked?.type === type && asked.length === length
        ? asked.padding
        : this.#ask(protection, type, length)
    if (this.#padding !== undefined) this.#asked = { type, length, padding }
    return sizeOf(protection, length, this.#fitting(padding, length))
  }

  /** Bytes on the wire of each record that the last `write` or `sealInto` made, in order; valid until the next. */
  get made(): readonly number[] {
    return this.#made
  }

  /**
   * Cuts, seals and queues. Takes everything or, with a RecordError, nothing: `ERR_RECORD_QUEUE_FULL` beyond `room()`,
   * `ERR_RECORD_UNPROTECTED` for application data without a key, `ERR_RECORD_EMPTY` for anything else without content.
   * Empty application data is one empty record. TlsAlert `internal_error` once a key has no sequence number left.
   */
  write(type: ContentTypeName, bytes: Uint8Array): void {
    checkContent(type, bytes)
    const protection = this.#protectionOf(type)
    if (protection.hides === 'nothing' && type === 'application_data')
      throw new RecordError('ERR_RECORD_UNPROTECTED', 'application data waits for a key')
    const cut = this.fragmentLength
    const sizes = this.#sizes(protection, type, bytes.length, cut)
    const size = sizes.reduce((sum, one) => sum + one, 0)
    if (size > this.room())
      throw new RecordError(
        'ERR_RECORD_QUEUE_FULL',
        `the queue has room for ${this.room()} bytes; the records have ${size}`,
      )
    this.#queue.reserve(size)
    let at = 0
    for (const one of sizes) {
      const content = bytes.length <= cut ? bytes : bytes.subarray(at, at + cut)
      const padding = one - sizeOf(protection, content.length, 0)
      const storage = this.#queue.reserve(one)
      this.#queue.added(this.#seal(protection, type, content, padding, storage, this.#queue.end))
      at += cut
    }
  }

  /** The size of each record that so many bytes need. */
  #sizes(
    protection: WriteProtection,
    type: ContentTypeName,
    length: number,
    cut: number,
  ): readonly number[] {
    this.#made.length = 0
    let left = length
    do {
      const content = Math.min(left, cut)
      this.#made.push(sizeOf(protection, content, this.#paddingOf(protection, type, content)))
      left -= content
    } while (left > 0)
    return this.#made
  }

  /**
   * Seals one record straight into `into` and answers how many bytes it has; the caller sends them on. 0, and nothing
   * happened, where the record has to go through the queue: something is queued, it needs more than one record,
   * `into` is too short for it, or `into` is memory that another thread can change while it is sealed.
   */
  sealInto(type: ContentTypeName, bytes: Uint8Array, into: Uint8Array): number {
    checkContent(type, bytes)
    if (this.queue > 0 || bytes.length > this.fragmentLength) return 0
    if (!(into.buffer instanceof ArrayBuffer)) return 0
    const protection = this.#protectionOf(type)
    const padding = this.#paddingOf(protection, type, bytes.length)
    const size = sizeOf(protection, bytes.length, padding)
    if (size > into.length) {
      // The queue takes it: the policy has been asked.
      if (this.#padding !== undefined) this.#asked = { type, length: bytes.length, padding }
      return 0
    }
    this.#made.length = 0
    this.#made.push(size)
    return this.#seal(protection, type, bytes, padding, into, 0)
  }

  /** The first contiguous run of what waits, in order; valid until the next call. Empty if nothing waits. */
  pending(): Bytes {
    return this.#queue.pending()
  }

  /** The carrier took the first `count` bytes. RangeError beyond the queue. */
  sent(count: number): void {
    if (!(Number.isInteger(count) && count >= 0 && count <= this.queue))
      throw new RecordRangeError(`${this.queue} bytes wait; ${count} are said to be sent`)
    this.#queue.removed(count)
  }

  /** Records that follow are sealed with this key; the old one is wiped, what is queued stays as it is. */
  protect(protection: WriteProtection): void {
    this.#protection.wipe()
    this.#protection = protection
  }

  /** Lets go of what an idle connection does not need. Nothing queued is lost. */
  release(): void {
    if (this.#ownBuffers) this.#buffers.drop()
  }

  /** The end: forgets the key. What is queued can still be sent. */
  wipe(): void {
    this.#protection.wipe()
    this.release()
  }

  /** RFC 9846 §5: change_cipher_spec is "an unencrypted record", whatever keys there are. */
  #protectionOf(type: ContentTypeName): WriteProtection {
    return type === 'change_cipher_spec' ? plainWrite : this.#protection
  }

  /** The padding of the record that is made now: asked for once, before or here. */
  #paddingOf(protection: WriteProtection, type: ContentTypeName, length: number): number {
    const asked = this.#asked
    this.#asked = undefined
    const padding =
      asked?.type === type && asked.length === length
        ? asked.padding
        : this.#ask(protection, type, length)
    return this.#fitting(padding, length)
  }

  /** RFC 9846 §5.4: padding hides where the type does. A policy that fails is asked no more, so that an alert can go out. */
  #ask(protection: WriteProtection, type: ContentTypeName, length: number): number {
    const policy = this.#padding
    if (policy === undefined || protection.hides !== 'content_and_type') return 0
    this.#padding = undefined
    const padding = policy(type, length)
    if (!(Number.isInteger(padding) && padding >= 0))
      throw new RecordRangeError(`padding is a whole number of bytes; ${padding} was given`)
    this.#padding = policy
    return padding
  }

  /** RFC 9846 §5.4: content and padding stay within the limit of a record. */
  #fitting(padding: number, length: number): number {
    return Math.min(padding, this.#maxPlaintext - length)
  }

  #seal(
    protection: WriteProtection,
    type: ContentTypeName,
    content: Uint8Array,
    padding: number,
    into: Uint8Array,
    at: number,
  ): number {
    const id: ContentTypeId = ContentType[type]
    if (protection.hides === 'nothing')
      return protection.seal(id, this.version, content, 0, noWork, into, at)
    const length = content.length + padding + protection.overhead
    const work = this.#buffers.take(length)
    try {
      return protection.seal(id, this.version, content, padding, work, into, at)
    } finally {
      this.#buffers.give(work, length)
    }
  }
}

function sizeOf(protection: WriteProtection, length: number, padding: number): number {
  return headerLength + length + padding + protection.overhead
}

function checkMaxFragment(length: number): number {
  return within('maxFragment', length, 512, maxPlaintext)
}

function checkContent(type: ContentTypeName, bytes: Uint8Array): void {
  // RFC 9846 §5.1: zero-length fragments of handshake types MUST NOT be sent; §5.4 says the same of alerts.
  if (bytes.length === 0 && type !== 'application_data')
    throw new RecordError('ERR_RECORD_EMPTY', `a record of type ${type} needs content`)
}
