/** The three deadlines of a stream, and what each says where it comes. */
import { StreamError } from './stream-error.ts'
import type { SslStreamOptions } from './stream-options.ts'
import { Deadline, type Timers } from './timers.ts'

/** Whom a deadline tells: while there is a connection to abort, and once it is closing. */
export interface Late {
  readonly abort: (why: StreamError) => void
  readonly giveUp: (why: StreamError) => void
}

export class Deadlines {
  readonly #handshake: Deadline
  readonly #idle: Deadline
  readonly #close: Deadline

  /** The handshake's begins at once. */
  constructor(timers: Timers | undefined, options: SslStreamOptions, { abort, giveUp }: Late) {
    const { handshakeTimeout = 30_000, idleTimeout = 0, closeTimeout = 10_000 } = options
    this.#handshake = new Deadline(timers, handshakeTimeout, () =>
      abort(late('HANDSHAKE', `the handshake took more than ${handshakeTimeout} ms`)),
    )
    this.#idle = new Deadline(timers, idleTimeout, () =>
      abort(late('IDLE', `no byte came or went for ${idleTimeout} ms`)),
    )
    this.#close = new Deadline(timers, closeTimeout, () =>
      giveUp(late('CLOSE', `closing took more than ${closeTimeout} ms`)),
    )
    this.#handshake.begin()
  }

  /** The handshake is over. */
  opened(): void {
    this.#handshake.stop()
    this.#idle.begin()
  }

  /** A byte came or went. */
  moved(): void {
    this.#idle.putOff()
  }

  /** Nothing is left but to say goodbye, or an alert. */
  closing(): void {
    this.rest()
    this.#close.begin()
  }

  /** All is said; the carrier is let go of, which may take until `closeTimeout`. */
  rest(): void {
    this.#handshake.stop()
    this.#idle.stop()
  }

  /** Nothing is waited for any more. */
  over(): void {
    this.#close.stop()
  }
}

function late(what: 'HANDSHAKE' | 'IDLE' | 'CLOSE', why: string): StreamError {
  return new StreamError(`ERR_${what}_TIMEOUT`, why)
}
