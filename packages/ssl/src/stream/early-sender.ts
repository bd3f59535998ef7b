/** A client's early data (0-RTT): with the first flight what may go, and afterwards what has not gone. */
import type { Bytes } from '@biopair/wire'
import type { Stop } from '../outcome.ts'
import type { Ssl } from '../ssl.ts'

export class EarlySender {
  readonly #ssl: Ssl
  #left: Uint8Array
  #over = false
  #unsent: Bytes | undefined

  constructor(ssl: Ssl, bytes: Uint8Array) {
    this.#ssl = ssl
    this.#left = bytes
  }

  /** Bytes that were rejected, and are for another protocol than was agreed on. */
  get unsent(): Bytes | undefined {
    return this.#unsent
  }

  /** Sends on; what it waits for, if it has to. */
  send(): Stop | undefined {
    while (this.#left.length > 0 && !this.#over) {
      const outcome = this.#ssl.writeEarly(this.#left)
      if (outcome.status === 'done') this.#left = this.#left.subarray(outcome.bytes)
      else if (outcome.status === 'refused') this.#over = true
      else if ('ready' in outcome || 'read' in outcome) return outcome
      // What ended it, the handshake says again.
      else return undefined
    }
    return undefined
  }

  /** After the handshake, once: what did not go, or was not taken, unless it is for another protocol (RFC 9846 §4.3.10). */
  again(): Bytes | undefined {
    const rejected = this.#ssl.rejectedEarlyData()
    const before = rejected?.bytes ?? new Uint8Array(0)
    const bytes: Bytes = new Uint8Array(before.length + this.#left.length)
    bytes.set(before)
    bytes.set(this.#left, before.length)
    this.#left = new Uint8Array(0)
    if (bytes.length === 0) return undefined
    if (!rejected || rejected.sameProtocol) return bytes
    this.#unsent = bytes
    return undefined
  }
}
