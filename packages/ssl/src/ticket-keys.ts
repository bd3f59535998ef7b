/** The keys that a server's tickets are sealed with and opened by: drawn when they are first needed, or given and changed by its owner. */
import { wipe } from '@biopair/crypto'
import type { Bytes } from '@biopair/wire'
import { keysOf } from './option-values.ts'
import { type TicketKey, ticketKeyFrom, ticketKeyLength } from './tickets.ts'

export class TicketKeys {
  readonly #draw: (length: number) => Bytes
  #keys: readonly TicketKey[] = []
  #given = false

  /** `draw` gives random bytes. */
  constructor(draw: (length: number) => Bytes) {
    this.#draw = draw
  }

  /** Whether they were given: tickets of before our time may be sealed with such. */
  get given(): boolean {
    return this.#given
  }

  /** The key that seals; drawn now, where none was given. */
  get sealing(): TicketKey {
    if (this.#keys.length === 0) {
      const drawn = this.#draw(ticketKeyLength)
      this.#keys = [ticketKeyFrom(drawn)]
      wipe(drawn)
    }
    return this.#keys[0] as TicketKey
  }

  /** The keys that open. */
  get opening(): readonly TicketKey[] {
    return this.#keys
  }

  /** The first seals from now on, and all open. TypeError, and those before stay, unless there is one at least and each has 48 bytes. */
  set(keys: Uint8Array | readonly Uint8Array[]): void {
    const list = keysOf('ticketKeys', keys, ticketKeyLength)
    this.#given = true
    const before = this.#keys
    this.#keys = list.map(ticketKeyFrom)
    // Tickets that were sealed with a key are as secret as it is, for as long as it is anywhere.
    for (const { secret } of before) wipe(secret)
  }
}
