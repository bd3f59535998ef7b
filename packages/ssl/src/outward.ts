/** What goes out: sealed records that wait for the carrier, our alerts, and how the write half ended. */
import { broken, retryWrite, type Stopped } from '@biopair/bio'
import type { RecordSizing, RecordWriter } from '@biopair/record'
import { type AlertName, alerts } from '@biopair/wire'
import type { Carrier } from './carrier.ts'
import { CarrierError, type Failed } from './outcome.ts'
import type { RecordOutput } from './record-output.ts'
import type { Tracer } from './tracer.ts'
import type { Turn } from './turn.ts'

/** Alerts that end nothing; in TLS 1.2 their level says so. */
const warnings: readonly AlertName[] = ['close_notify', 'user_canceled', 'no_renegotiation']

/** A record's header, content type and tag. */
const recordOverhead = 5 + 1 + 16

export interface OutwardParts {
  readonly carrier: Carrier
  readonly writer: RecordWriter
  readonly output: RecordOutput
  readonly turn: Turn
  readonly sizing: RecordSizing | undefined
  readonly trace: Tracer | undefined
  /** Called where the trace threw while bytes moved. */
  readonly interrupted: () => void
}

export class Outward {
  readonly #carrier: Carrier
  readonly #writer: RecordWriter
  readonly #output: RecordOutput
  readonly #turn: Turn
  readonly #sizing: RecordSizing | undefined
  readonly #trace: Tracer | undefined
  readonly #interrupted: () => void
  /** Bytes of our last flight that the carrier has not taken. */
  #flightLeft = 0
  /** How the write half ended. */
  end: Failed | undefined
  /** Whether our close_notify is queued, or known to be out. */
  announced: 'no' | 'queued' | 'sent' = 'no'

  constructor(parts: OutwardParts) {
    this.#carrier = parts.carrier
    this.#writer = parts.writer
    this.#output = parts.output
    this.#turn = parts.turn
    this.#sizing = parts.sizing
    this.#trace = parts.trace
    this.#interrupted = parts.interrupted
  }

  /** Whether anything may follow what is queued. */
  get open(): boolean {
    return this.announced === 'no' && !this.end
  }

  /** Bytes that wait for the carrier; 1 if only its flush waits. A write half that broke waits for nothing. */
  get waiting(): number {
    return this.end?.error instanceof CarrierError ? 0 : this.#carrier.unsent
  }

  /** Whether there is room for a record of any length behind what waits. */
  get roomy(): boolean {
    return this.#writer.room() >= this.#writer.maxPlaintext + recordOverhead
  }

  /** The most content of the next record of application data. */
  get recordLength(): number {
    const most = this.#writer.fragmentLength
    return this.#sizing ? Math.min(this.#sizing.length(), most) : most
  }

  /** Offers what is queued. */
  push(): 'done' | Stopped {
    if (this.end?.error instanceof CarrierError) return broken(this.end.error)
    if (this.#turn.waitedInVain) return retryWrite
    const before = this.#writer.queue
    const pushed = this.#carrier.push()
    this.#flightLeft = Math.max(0, this.#flightLeft - (before - this.#writer.queue))
    if (this.#carrier.interrupted) this.#interrupted()
    if (pushed === 'done') return pushed
    if (pushed.stop === 'retry') {
      this.#turn.waitedInVain = this.#carrier.waitsToWrite
      return pushed
    }
    const cause = pushed.stop === 'broken' ? pushed.error : new Error('it has ended')
    this.end ??= { status: 'failed', error: new CarrierError('write', cause) }
    // Nothing waits for room any more.
    this.unqueue()
    return pushed
  }

  /** Our last flight is what is queued now. */
  lastFlight(): void {
    this.#flightLeft = this.#writer.queue
  }

  /** Whether the carrier has taken all of our last flight. */
  get flightTaken(): boolean {
    return this.#flightLeft === 0
  }

  /** Seals one record of application data. */
  seal(chunk: Uint8Array): undefined {
    this.#carrier.seal(chunk)
    this.#sizing?.made(chunk.length)
    this.#output.tell('application_data', chunk.length)
  }

  /** Queues an alert. */
  alert(name: keyof typeof alerts): void {
    const level = warnings.includes(name) ? 1 : 2
    try {
      const description = alerts[name]
      this.#output.record('alert', Uint8Array.of(level, description))
      this.#trace?.tell({
        event: 'alert',
        direction: 'write',
        alert: name,
        level,
        description,
      })
    } catch {
      // The key can seal nothing more (its sequence numbers are used up): the connection ends without a word.
    }
  }

  /** RFC 9846 §6.1: close_notify, unless an error alert is sent: what was cut short is no clean end. */
  announce(error?: Error): void {
    this.alert(error ? 'internal_error' : 'close_notify')
    this.announced = 'queued'
  }

  /** What is queued is never sent. */
  unqueue(): void {
    const writer = this.#writer
    while (writer.queue > 0) writer.sent(writer.pending().length)
  }
}
