/** Drives a handshake over QUIC: resumes the flow, takes messages in, and catches what went wrong, in one place. */
import type { CryptoProvider } from '@biopair/crypto'
import {
  type Command,
  type Connected,
  checkQuicMessage,
  type Edit,
  type Flow,
  forget,
  type JoinedMessage,
  order,
  receive,
  Talk,
} from '@biopair/handshake'
import { TlsAlert } from '@biopair/wire'
import type { Answers } from '../answers.ts'
import { misuse } from '../misuse.ts'
import { Shaking } from '../shaking.ts'
import type { Tracer } from '../tracer.ts'
import type { CryptoInput } from './crypto-input.ts'
import type { CryptoLevel, QuicEvents } from './events.ts'
import { type QuicFailed, type QuicOutcome, quicFailed } from './outcome.ts'
import type { QuicOutput } from './quic-output.ts'

export interface QuicDriverParts {
  readonly crypto: CryptoProvider
  readonly input: CryptoInput
  readonly output: QuicOutput
  readonly events: QuicEvents
  readonly answers: Answers
  readonly edit: Edit | undefined
  readonly trace: Tracer | undefined
  readonly flow: (talk: Talk) => Flow<Connected>
  /** What to order once the handshake is complete (tickets). */
  readonly connected: (connected: Connected) => readonly Command[]
  /** Called when it has failed or is closed: wipes what is kept beside it. */
  readonly forget: () => void
}

export class QuicDriver {
  readonly #parts: QuicDriverParts
  readonly #talk: Talk
  readonly #shaking: Shaking<Connected>
  #connected: Connected | undefined
  #failed: QuicFailed | undefined
  #closed = false
  #busy = false

  constructor(parts: QuicDriverParts) {
    this.#parts = parts
    this.#talk = new Talk(parts.output, parts.edit)
    this.#shaking = new Shaking(parts.flow(this.#talk), parts.answers)
  }

  /** The state of RFC 9846 appendix A. */
  get state(): string {
    return this.#talk.state
  }

  get connected(): Connected | undefined {
    return this.#connected
  }

  /** Whether the secrets are gone. */
  get forgotten(): boolean {
    return this.#closed || this.#failed !== undefined
  }

  /** Takes in bytes of a level, and goes on as far as it goes. */
  provide(level: CryptoLevel, bytes: Uint8Array): QuicOutcome {
    const { input } = this.#parts
    return this.#call(
      () => {
        input.add(level, bytes)
        return this.#advance()
      },
      () => input.check(level, bytes),
    )
  }

  /** Goes on as far as it goes. */
  advance(): QuicOutcome {
    return this.#call(() => this.#advance())
  }

  /** Carries commands out, after the handshake. */
  order(commands: (connected: Connected) => readonly Command[]): QuicOutcome {
    return this.#call(
      () => {
        this.#order(commands(this.#connected as Connected))
        return { status: 'done' }
      },
      () => {
        if (!this.#connected)
          throw misuse('ERR_STILL_IN_INIT', 'a ticket before the handshake is complete')
      },
    )
  }

  /** Ends it where it stands, and wipes what is secret. */
  close(): void {
    this.#checkBusy()
    if (this.#closed) return
    this.#closed = true
    this.#forget()
    this.#parts.events.wipe()
  }

  #advance(): QuicOutcome {
    const { input, events } = this.#parts
    while (!this.#connected) {
      const step = this.#shaking.step(() => this.#message(input.level))
      if (step === 'on') continue
      if (step === 'message') return { status: 'want_read' }
      if ('status' in step) return step
      this.#connected = step
      events.add({ event: 'complete' })
      this.#order(this.#parts.connected(step))
    }
    for (let message = this.#message(input.level); message; message = this.#message(input.level)) {
      checkQuicMessage(message)
      this.#connected = receive(this.#connected, message, this.#around)
    }
    return { status: 'done' }
  }

  #message(level: CryptoLevel): JoinedMessage | undefined {
    const message = this.#parts.input.next()
    if (message)
      this.#parts.trace?.tell({
        event: 'message',
        direction: 'read',
        level,
        message: message.raw.slice(),
      })
    return message
  }

  #order(commands: readonly Command[]): void {
    for (const command of commands)
      this.#connected = order(this.#connected as Connected, command, this.#around)
  }

  get #around() {
    const { crypto, edit, output } = this.#parts
    // Only an authentication after the handshake would begin anything, and there is none (RFC 9001 §4.4).
    const begin = () => {
      throw new TypeError('expected no authentication after the handshake')
    }
    return { crypto, edit, output, begin }
  }

  // One call at a time. What `check` throws changes nothing; whatever `work` throws ends the connection.
  #call(work: () => QuicOutcome, check?: () => void): QuicOutcome {
    this.#checkBusy()
    if (this.#closed) throw misuse('ERR_CLOSED', 'the connection was closed')
    if (this.#failed) return this.#failed
    check?.()
    this.#busy = true
    try {
      return work()
    } catch (error) {
      return this.#fail(error)
    } finally {
      this.#busy = false
    }
  }

  #checkBusy(): void {
    if (this.#busy)
      throw misuse(
        'ERR_REENTRANT_CALL',
        'a connection must not be called from inside its own callback',
      )
  }

  /** What was handed out as events stays: the peer is told of the failure under the keys that are there. */
  #fail(error: unknown): QuicFailed {
    const alert =
      error instanceof TlsAlert
        ? error
        : new TlsAlert('internal_error', {
            reason: 'INTERNAL_ERROR',
            section: '6.2',
            why: error instanceof Error ? error.message : String(error),
            cause: error,
          })
    alert.state ??= this.state
    this.#failed = quicFailed(alert)
    this.#forget()
    this.#tell(alert)
    return this.#failed
  }

  #tell({ alert, description }: TlsAlert): void {
    try {
      const fatal = { alert, level: 2, description }
      this.#parts.trace?.tell({ event: 'alert', direction: 'write', ...fatal })
    } catch {
      // It has failed already, and for a better reason.
    }
  }

  #forget(): void {
    this.#shaking.stop()
    if (this.#connected) forget(this.#connected)
    this.#parts.input.wipe()
    this.#parts.forget()
  }
}
