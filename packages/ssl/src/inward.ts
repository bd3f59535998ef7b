/** What comes in: records, as handshake bytes, alerts or data, and how the read half ended. */
import type { Stopped } from '@biopair/bio'
import {
  type AnyConnected,
  inReply,
  is12,
  type JoinedMessage,
  type Joiner,
  type Level,
} from '@biopair/handshake'
import type { Opened, RecordReader } from '@biopair/record'
import { alertName, alerts, type Bytes, TlsAlert } from '@biopair/wire'
import type { Carrier } from './carrier.ts'
import type { EarlyStream } from './early-stream.ts'
import { CarrierError, type Closed, type Failed, type Truncated } from './outcome.ts'
import { receivedAlert } from './received-alert.ts'
import type { RecordOutput } from './record-output.ts'
import { headerBytes } from './trace.ts'
import type { Tracer } from './tracer.ts'

/** How the read half ended. */
export type End = Closed | Truncated | Failed

const nothing: Bytes = new Uint8Array(0)

export interface InwardParts {
  readonly carrier: Carrier
  readonly reader: RecordReader
  readonly joiner: Joiner
  readonly output: RecordOutput
  readonly early: EarlyStream
  readonly trace: Tracer | undefined
  /** Records that carry no data, in a row. */
  readonly mostSideRecords: number
  /** Whether TLS 1.2 may be what it comes to. */
  readonly offers12: boolean
  /** For its state of RFC 9846 appendix A. */
  readonly talk: { readonly state: string }
}

export class Inward {
  readonly #carrier: Carrier
  readonly #reader: RecordReader
  readonly #joiner: Joiner
  readonly #output: RecordOutput
  readonly #early: EarlyStream
  readonly #trace: Tracer | undefined
  readonly #mostSideRecords: number
  readonly #offers12: boolean
  readonly #talk: InwardParts['talk']
  /** Decrypted data that nobody has read yet: of one record. */
  #plaintext: Bytes = nothing
  /** Records in a row that carried no data. */
  sideRecords = 0
  end: End | undefined

  constructor(parts: InwardParts) {
    this.#carrier = parts.carrier
    this.#reader = parts.reader
    this.#joiner = parts.joiner
    this.#output = parts.output
    this.#early = parts.early
    this.#trace = parts.trace
    this.#mostSideRecords = parts.mostSideRecords
    this.#offers12 = parts.offers12
    this.#talk = parts.talk
  }

  /** Bytes of plaintext that nobody has read yet. */
  get pending(): number {
    return this.#plaintext.length
  }

  /** Whether the carrier may be asked for more: what came has been read, and there was no end. */
  get open(): boolean {
    return !this.end && this.#plaintext.length === 0
  }

  /** The failure that both halves share. */
  get failure(): Failed | undefined {
    return this.end?.status === 'failed' ? this.end : undefined
  }

  /** Puts the first bytes of plaintext into `into`; `peek` leaves them to be read again. */
  read(into: Uint8Array, peek: boolean): number {
    const bytes = Math.min(into.length, this.#plaintext.length)
    into.set(this.#plaintext.subarray(0, bytes))
    if (!peek)
      this.#plaintext = bytes < this.#plaintext.length ? this.#plaintext.subarray(bytes) : nothing
    if (this.#plaintext.length === 0 && this.end) this.#reader.wipe()
    return bytes
  }

  /** Nobody will read what came. */
  drop(): void {
    this.#plaintext = nothing
  }

  /** The next whole message, if there is one. */
  message(level: Level): JoinedMessage | undefined {
    const message = this.#joiner.next()
    if (message)
      this.#trace?.tell({
        event: 'message',
        direction: 'read',
        level,
        message: message.raw.slice(),
      })
    return message
  }

  /** Takes one record from the carrier and acts on it; `nothing` where there is none yet. What the peer did wrong is thrown. */
  take(connected: AnyConnected | undefined): 'nothing' | End | undefined {
    const opened = this.#carrier.next()
    this.#carrier.rethrow()
    if ('stop' in opened) return this.#stopped(opened, connected)
    const { type, fragment } = opened
    this.#trace?.tell({
      event: 'record',
      direction: 'read',
      type,
      length: fragment.length,
      protected: this.#reader.protects,
      header: headerBytes(opened.header),
    })
    switch (type) {
      case 'handshake':
        this.#joiner.push(fragment)
        return undefined
      case 'alert':
        return this.#alerted(fragment)
      case 'application_data':
        return this.#data(opened, connected)
      case 'change_cipher_spec':
        throw unexpected('5', 'a change_cipher_spec record')
    }
  }

  /** Counts what carries no data: a bound on what a peer may make us do for nothing. */
  side(reason: 'KEY_UPDATES' | 'WARN_ALERTS', what: string): void {
    if (++this.sideRecords <= this.#mostSideRecords) return
    throw new TlsAlert('unexpected_message', {
      reason: `TOO_MANY_${reason}`,
      section: '6.2',
      why: `more than ${this.#mostSideRecords} ${what} in a row`,
    })
  }

  #data({ fragment }: Opened, connected: AnyConnected | undefined): undefined {
    // RFC 9846 §5.1: nothing stands between the records of one handshake message.
    if (this.#joiner.partial) throw unexpected('5.1', 'application data inside a handshake message')
    if (!connected && this.#output.readLevel === 'early') {
      this.#early.receive(fragment)
      return
    }
    if (!connected)
      throw new TlsAlert('unexpected_message', {
        reason: 'APP_DATA_IN_HANDSHAKE',
        section: '4.5.3',
        why: `application data in ${this.#talk.state}, before the handshake is over`,
      })
    // RFC 9846 §4.7.2: an answer's messages "MUST appear consecutively on the wire".
    if (!is12(connected) && inReply(connected))
      throw unexpected('4.7.2', 'application data inside an authentication')
    if (fragment.length > 0) this.sideRecords = 0
    this.#plaintext = fragment
  }

  #alerted(fragment: Bytes): Closed | undefined {
    const [level, description] = fragment as unknown as readonly [number, number]
    this.#trace?.tell({
      event: 'alert',
      direction: 'read',
      alert: alertName(description),
      level,
      description,
    })
    const closing = description === alerts.close_notify || description === alerts.user_canceled
    // RFC 5246 §7.2: a warning ends nothing. TLS 1.3 has none, whatever the level says (RFC 9846 §6).
    const mayWarn = this.#output.older ?? (this.#offers12 && this.#output.readLevel === 'initial')
    if (!closing && level === 1 && mayWarn) {
      this.side('WARN_ALERTS', 'warning alerts')
      return undefined
    }
    if (!closing) throw receivedAlert(description)
    if (this.#joiner.partial) throw unexpected('5.1', 'an alert inside a handshake message')
    if (description === alerts.user_canceled) {
      this.side('WARN_ALERTS', 'user_canceled alerts')
      return undefined
    }
    const closed: Closed = { status: 'closed' }
    this.end = closed
    return closed
  }

  /** What a carrier's stop means for this half. */
  #stopped(stopped: Stopped, connected: AnyConnected | undefined): 'nothing' | End {
    if (stopped.stop === 'retry') {
      // Nothing more for now: an idle connection holds no buffer. A burst keeps its own from record to record.
      if (connected && this.#reader.buffered === 0) this.#reader.release()
      return 'nothing'
    }
    const end: End =
      stopped.stop === 'eof'
        ? { status: 'truncated' }
        : { status: 'failed', error: new CarrierError('read', stopped.error) }
    this.end = end
    return end
  }
}

function unexpected(section: string, what: string): TlsAlert {
  return new TlsAlert('unexpected_message', {
    reason: 'UNEXPECTED_MESSAGE',
    section,
    why: `got ${what}`,
  })
}
