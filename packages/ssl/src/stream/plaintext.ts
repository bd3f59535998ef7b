/** Plaintext out of an `Ssl`, in memory of its own; and what is read to be dropped. */
import { type Bytes, TlsAlert } from '@biopair/wire'
import type { EarlyReadOutcome, Stop } from '../outcome.ts'
import type { Ssl } from '../ssl.ts'

const record = 16_384

export class Plaintext {
  readonly #ssl: Ssl
  /** To see whether there is anything to read. */
  readonly #probe = new Uint8Array(1)
  /** For early data, and for what is dropped. */
  #scratch: Bytes | undefined

  constructor(ssl: Ssl) {
    this.#ssl = ssl
  }

  /** One record, or what there is of it: it is looked for first, so that waiting takes no memory. */
  next(): Bytes | Stop {
    const found = this.#ssl.peek(this.#probe)
    if (found.status !== 'done') return found
    const into = new Uint8Array(this.#ssl.pending)
    const outcome = this.#ssl.read(into)
    return outcome.status === 'done' ? into : outcome
  }

  /** Server: the next early data; `end` where no more comes. */
  early(): Bytes | Exclude<EarlyReadOutcome, { readonly status: 'done' }> {
    const into = this.#room()
    const outcome = this.#ssl.readEarly(into)
    return outcome.status === 'done' ? into.slice(0, outcome.bytes) : outcome
  }

  /** Reads to no end but to hear an alert. */
  drop(): TlsAlert | undefined {
    for (;;) {
      const outcome = this.#ssl.read(this.#room())
      if (outcome.status === 'done') continue
      const failed = outcome.status === 'failed' ? outcome.error : undefined
      return failed instanceof TlsAlert ? failed : undefined
    }
  }

  /** What stands behind all that was read. */
  end(): Stop {
    return this.#ssl.read(this.#probe) as Stop
  }

  /** Lets go of what dropping needed. */
  release(): void {
    this.#scratch = undefined
  }

  #room(): Bytes {
    this.#scratch ??= new Uint8Array(record)
    return this.#scratch
  }
}
