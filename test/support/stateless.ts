/** A server without state, for tests: each ClientHello is for a new Ssl, of one of several contexts with the same keys. */
import type { Bio } from '@biopair/bio'
import {
  type EarlyReadOutcome,
  type ReadOutcome,
  Ssl,
  type SslContext,
  type SslOptions,
  type StatelessOutcome,
} from '@biopair/ssl'

type Stepped = ReadOutcome | EarlyReadOutcome | StatelessOutcome

/** Keys that test servers share. */
export const cookieKeys = new Uint8Array(32).fill(9)

export class StatelessServer {
  readonly #contexts: readonly SslContext[]
  readonly #bio: Bio
  readonly #options: SslOptions
  /** Of the ClientHello at hand, and then of the connection. */
  ssl: Ssl
  /** How many were made. */
  made = 0
  /** Whether the handshake goes on in `ssl`. */
  accepted = false

  constructor(contexts: readonly SslContext[], bio: Bio, options: SslOptions = {}) {
    this.#contexts = contexts
    this.#bio = bio
    this.#options = options
    this.ssl = this.#next()
  }

  /** Goes on as far as it can: reads, once the connection is there. */
  step(into: Uint8Array, early = false): Stepped {
    while (!this.accepted) {
      const outcome = this.ssl.stateless()
      if (outcome.status === 'retried') this.ssl = this.#next()
      else if (outcome.status === 'done') this.accepted = true
      else return outcome
    }
    const got = early ? this.ssl.readEarly(into) : undefined
    return got && got.status !== 'end' ? got : this.ssl.read(into)
  }

  #next(): Ssl {
    const context = this.#contexts[this.made++ % this.#contexts.length] as SslContext
    return new Ssl(context, this.#options).setBio(this.#bio).setAcceptState()
  }
}
