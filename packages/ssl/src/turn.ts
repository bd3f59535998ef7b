/** The call at hand: one at a time; over a BIO that waits, it is tried again each time that something has moved. */
import type { SelectableBio } from '@biopair/bio'
import type { Carrier } from './carrier.ts'
import { misuse } from './misuse.ts'
import type { Waiting } from './outcome.ts'

/** So many, because bytes that a filter below drives out, one by one into a ring of 1, are not seen to move. */
const mostFruitless = 1 << 17

export class Turn {
  readonly #carrier: Carrier
  readonly #recordsPerCall: number
  readonly #begin: () => void
  #busy = false
  #waits = false
  #waitsForRoom = false
  /** Records that the call may still take. */
  recordsLeft = 0
  /** The BIO has waited for room in this call, and there was none in time. */
  waitedInVain = false

  /** `begin`: what goes before each try, whatever the call is for. */
  constructor(carrier: Carrier, recordsPerCall: number, begin: () => void) {
    this.#carrier = carrier
    this.#recordsPerCall = recordsPerCall
    this.#begin = begin
  }

  /** Whether the call waits: its BIO is asked for what it has at once, and selected on while that is not enough. */
  get waits(): boolean {
    return this.#waits
  }

  /** Whether the BIO waits for room, or the call does. */
  get waitsForRoom(): boolean {
    return this.#waitsForRoom
  }

  /** TypeError where a call is under way. */
  checkFree(): void {
    if (this.#busy)
      throw misuse(
        'ERR_REENTRANT_CALL',
        'a connection must not be called from inside its own callback',
      )
  }

  /** Carries a call out: tries until it needs to wait no more, or need not. */
  take<T>(attempt: () => T): T {
    this.#busy = true
    this.waitedInVain = false
    this.#waitsForRoom = this.#carrier.waitsToWrite
    const bio = this.#carrier.selectable
    this.#waits = bio !== undefined
    try {
      return bio ? this.#untilItNeedNotWait(bio, attempt) : this.#once(attempt)
    } finally {
      this.#busy = false
    }
  }

  #once<T>(attempt: () => T): T {
    this.recordsLeft = this.#recordsPerCall
    this.#begin()
    return attempt()
  }

  /** Between two tries, waits for bytes or for room, whichever comes first: so no order of two ends' calls makes them wait for each other. */
  #untilItNeedNotWait<T>(bio: SelectableBio, attempt: () => T): T {
    bio.setBlocking(false)
    try {
      let before = this.#carrier.moved
      for (let fruitless = 0; ; fruitless++) {
        const outcome = this.#once(attempt)
        const { status, read, write, meanwhile } = outcome as Partial<Waiting>
        if (read === undefined || write === undefined || meanwhile) return outcome
        const now = this.#carrier.moved
        if (now !== before) fruitless = 0
        before = now
        // A BIO that says so often that it is ready, and moves nothing, is no BIO to wait for.
        if (fruitless === mostFruitless) return outcome
        if (!bio.select({ read: read > 0, write: status === 'want_write' })) return outcome
      }
    } finally {
      bio.setBlocking(true)
    }
  }
}
