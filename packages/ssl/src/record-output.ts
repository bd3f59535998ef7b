/** The flow's `Output` over records: messages of a flight share records, keys change between them (RFC 9846 §5.1). */
import {
  type CryptoProvider,
  concat,
  type RecordKeys12,
  type TrafficSecret,
  wipe,
} from '@biopair/crypto'
import {
  type AnyConnected,
  type Connected12,
  type Fact,
  is12,
  type Joiner,
  keyBlock,
  type Level,
  type Output,
} from '@biopair/handshake'
import {
  ContentType,
  type ContentTypeName,
  headerLength,
  plainWrite,
  ReadProtection12,
  type ReadProtection13,
  type RecordReader,
  type RecordWriter,
  readProtection13,
  type Sequence,
  WriteProtection12,
  type WriteProtection13,
  writeProtection13,
} from '@biopair/record'
import { type Bytes, TlsAlert } from '@biopair/wire'
import { headerBytes } from './trace.ts'
import type { Tracer } from './tracer.ts'

/** How far the record layer of a connection has come. */
export interface Reached {
  readonly readSequence: Sequence
  /** Of the key at hand: in TLS 1.3 a connection that moves has a fresh one. */
  readonly writeSequence: Sequence
  /** The most content and padding of a record of the peer's, and of ours. */
  readonly readLimit: number
  readonly writeLimit: number
}

export class RecordOutput implements Output {
  readonly #reader: RecordReader
  readonly #writer: RecordWriter
  readonly #joiner: Joiner
  readonly #crypto: CryptoProvider
  readonly #trace: Tracer | undefined
  readonly #learn: (fact: Fact) => void
  #flight: Bytes[] = []
  #protected = false
  #opening: ReadProtection12 | ReadProtection13 | undefined
  #sealing: WriteProtection12 | WriteProtection13 | undefined
  /** The most content and padding of a record of the peer's, from its handshake key on. */
  #readLimit: number | undefined
  /** The level that the peer's next message travels at. */
  readLevel: Level = 'initial'
  /** The level that our next message travels at. */
  writeLevel: Level = 'initial'
  /** Whether this is TLS 1.2; undefined before that is known, and in TLS 1.3. */
  older: true | undefined
  /** Whether what was queued last ends a flight, so that the peer's turn has come. */
  flightOver = false

  constructor(parts: {
    readonly reader: RecordReader
    readonly writer: RecordWriter
    readonly joiner: Joiner
    readonly crypto: CryptoProvider
    readonly trace: Tracer | undefined
    readonly learn: (fact: Fact) => void
  }) {
    this.#reader = parts.reader
    this.#writer = parts.writer
    this.#joiner = parts.joiner
    this.#crypto = parts.crypto
    this.#trace = parts.trace
    this.#learn = parts.learn
  }

  send(level: Level, message: Bytes): void {
    this.#trace?.tell({ event: 'message', direction: 'write', level, message })
    this.#flight.push(message)
    this.flightOver = false
  }

  protect(direction: 'read' | 'write', level: Level, secret: TrafficSecret): void {
    if (direction === 'read') {
      this.#checkEnded()
      this.#opening = readProtection13(secret, this.#crypto)
      this.#reader.protect(this.#opening)
      this.readLevel = level
      this.#limitReader()
    } else {
      this.#cut()
      this.#sealing = writeProtection13(secret, this.#crypto)
      this.#writer.protect(this.#sealing)
      this.#protected = true
      this.writeLevel = level
    }
    this.#trace?.key(direction, level, secret.secret)
  }

  speak12(): void {
    if (this.#reader.changeCipherSpecs > 0)
      throw new TlsAlert('unexpected_message', {
        reason: 'UNEXPECTED_CCS_MESSAGE',
        section: 'RFC 5246 7.1',
        why: 'change_cipher_spec came before there was anything to change to',
      })
    this.#reader.changeCipherSpec = 'refuse'
    this.older = true
  }

  changeKeys(direction: 'read' | 'write', keys: RecordKeys12): void {
    if (direction === 'read') {
      this.#checkEnded()
      this.#opening = new ReadProtection12(keys, this.#crypto)
      this.#reader.pend(this.#opening)
      this.readLevel = 'application'
    } else {
      this.changeCipherSpec()
      this.#sealing = new WriteProtection12(keys, this.#crypto)
      this.#writer.protect(this.#sealing)
      this.#protected = true
      this.writeLevel = 'application'
    }
    this.#trace?.key12(direction, keys.key)
  }

  unprotect(): void {
    this.#cut()
    this.#writer.protect(plainWrite)
    this.#protected = false
    this.writeLevel = 'initial'
  }

  /** RFC 9846 §5.1: handshake messages must not span key changes. */
  #checkEnded(): void {
    if (this.#joiner.partial)
      throw new TlsAlert('unexpected_message', {
        reason: 'EXCESS_HANDSHAKE_DATA',
        section: '5.1',
        why: 'expected the message before a key change to end its record, got more handshake bytes',
      })
  }

  changeCipherSpec(): void {
    this.#cut()
    this.flightOver = false
    this.record('change_cipher_spec', Uint8Array.of(1))
  }

  tolerateChangeCipherSpec(tolerate: boolean): void {
    this.#reader.changeCipherSpec = tolerate ? 'drop' : 'refuse'
  }

  limitRecords(direction: 'read' | 'write', limit: number, which?: 'all'): void {
    // RFC 8449 §4: the limit counts the content type too.
    if (direction === 'write') this.#writer.maxPlaintext = limit - 1
    else {
      this.#readLimit = limit - 1
      this.#limitReader()
      if (which) this.#reader.maxClear = limit - 1
    }
  }

  /** How many records each end has sealed under the key at hand, and what limits were agreed on: for a connection that moves. */
  get reached(): Reached {
    return {
      readSequence: this.#opening?.sequence ?? { high: 0, low: 0 },
      writeSequence: this.#sealing?.sequence ?? { high: 0, low: 0 },
      readLimit: this.#reader.maxPlaintext,
      writeLimit: this.#writer.maxPlaintext,
    }
  }

  /** Goes on where another connection stood. */
  goOn(connected: AnyConnected, reached: Reached): void {
    const { opening, sealing } = is12(connected)
      ? this.#keys12(connected, reached)
      : this.#keys13(connected, reached)
    this.#opening = opening
    this.#reader.protect(opening)
    this.#reader.maxPlaintext = reached.readLimit
    this.readLevel = 'application'
    this.#sealing = sealing
    this.#writer.protect(sealing)
    this.#writer.maxPlaintext = reached.writeLimit
    this.#writer.version = 0x0303
    this.#protected = true
    this.writeLevel = 'application'
  }

  #keys13(
    { suite, readSecret, writeSecret }: Exclude<AnyConnected, Connected12>,
    { readSequence, writeSequence }: Reached,
  ) {
    return {
      opening: readProtection13({ suite, secret: readSecret }, this.#crypto, readSequence),
      sealing: writeProtection13({ suite, secret: writeSecret }, this.#crypto, writeSequence),
    }
  }

  #keys12(
    { role, suite, masterSecret, randoms }: Connected12,
    { readSequence, writeSequence }: Reached,
  ) {
    this.older = true
    const keys = keyBlock(suite, this.#crypto, masterSecret, randoms)
    const [ours, theirs] = [keys[role], keys[role === 'client' ? 'server' : 'client']]
    try {
      return {
        opening: new ReadProtection12(theirs, this.#crypto, readSequence),
        sealing: new WriteProtection12(ours, this.#crypto, writeSequence),
      }
    } finally {
      wipe(ours.key, ours.iv, theirs.key, theirs.iv)
    }
  }

  /** Early data is sealed before its sender can hear of a limit. */
  #limitReader(): void {
    if (this.#readLimit === undefined || this.readLevel === 'early') return
    this.#reader.limit(this.#readLimit)
  }

  skipEarlyData(limit: number): void {
    this.#reader.skipEarlyData(limit)
  }

  endOfFlight(): void {
    this.#cut()
    this.flightOver = true
  }

  /** Queues the messages that share records, which end here. */
  #cut(): void {
    const [first, ...others] = this.#flight
    if (!first) return
    this.#flight = []
    this.record('handshake', others.length > 0 ? concat(first, ...others) : first)
    // RFC 9846 §5.1: 0x0301 is for an initial ClientHello alone.
    this.#writer.version = 0x0303
  }

  learn(fact: Fact): void {
    this.#learn(fact)
  }

  /** Queues content, cut into records. */
  record(type: ContentTypeName, content: Bytes): void {
    this.#writer.write(type, content)
    this.tell(type, content.length)
  }

  /** Traces the records that were just made of so many bytes, while their key is the current one. */
  tell(type: ContentTypeName, length: number): void {
    if (!this.#trace) return
    const hidden = this.#protected && type !== 'change_cipher_spec'
    const cut = this.#writer.fragmentLength
    for (const [i, size] of this.#writer.made.entries())
      this.#trace.tell({
        event: 'record',
        direction: 'write',
        type,
        length: Math.min(cut, length - i * cut),
        protected: hidden,
        header: headerBytes({
          type: hidden && !this.older ? ContentType.application_data : ContentType[type],
          legacy_record_version: hidden ? 0x0303 : this.#writer.version,
          length: size - headerLength,
        }),
      })
  }

  /** Forgets messages that were not queued yet. */
  drop(): void {
    this.#flight = []
  }
}
