/** The flow's `Output` over QUIC: messages are bytes of a level, keys are handed out, and nothing is sealed here (RFC 9001 §4.1). */
import type { TrafficSecret } from '@biopair/crypto'
import type { Fact, Level, Output } from '@biopair/handshake'
import type { Bytes } from '@biopair/wire'
import type { Tracer } from '../tracer.ts'
import type { CryptoInput } from './crypto-input.ts'
import type { CryptoLevel, QuicEvents } from './events.ts'

export class QuicOutput implements Output {
  readonly #input: CryptoInput
  readonly #events: QuicEvents
  readonly #trace: Tracer | undefined
  readonly #learn: (fact: Fact) => void

  constructor(parts: {
    readonly input: CryptoInput
    readonly events: QuicEvents
    readonly trace: Tracer | undefined
    readonly learn: (fact: Fact) => void
  }) {
    this.#input = parts.input
    this.#events = parts.events
    this.#trace = parts.trace
    this.#learn = parts.learn
  }

  send(level: Level, message: Bytes): void {
    this.#trace?.tell({ event: 'message', direction: 'write', level, message })
    this.#events.add({ event: 'crypto', level: level as CryptoLevel, bytes: message })
  }

  protect(direction: 'read' | 'write', level: Level, { suite, secret }: TrafficSecret): void {
    // Keys of 0-RTT packets stand beside the others, and no message travels under them.
    if (direction === 'read' && level !== 'early') this.#input.raise(level)
    const known = level as Exclude<Level, 'initial'>
    this.#events.add({ event: 'secret', direction, level: known, suite, secret: secret.slice() })
    this.#trace?.key(direction, level, secret)
  }

  speak12(): never {
    throw new TypeError('QUIC has no TLS 1.2')
  }

  changeKeys(): never {
    throw new TypeError('QUIC has no TLS 1.2')
  }

  /** A second ClientHello goes at the level of the first, whatever became of 0-RTT. */
  unprotect(): void {}

  changeCipherSpec(): never {
    throw new TypeError('QUIC has no change_cipher_spec')
  }

  tolerateChangeCipherSpec(): void {}

  /** Without keys, 0-RTT packets are dropped by whom they come to. */
  skipEarlyData(): void {}

  limitRecords(): never {
    throw new TypeError('QUIC has no records')
  }

  endOfFlight(): void {}

  learn(fact: Fact): void {
    this.#learn(fact)
    if (fact.fact === 'transport_parameters')
      this.#events.add({ event: 'transport_parameters', parameters: fact.parameters.slice() })
    if (fact.fact === 'early_data' && (fact.state === 'accepted' || fact.state === 'rejected'))
      this.#events.add({ event: 'early_data', state: fact.state })
  }
}
