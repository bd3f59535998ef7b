/** The calls of early data: what a server reads of it, what a client sends behind its first ClientHello, and a server before the client has proved anything. */
import type { Driver } from './driver.ts'
import type { EarlyReadOutcome, EarlyRefused, EarlyWriteOutcome } from './outcome.ts'

/** Server: reads early data; shakes hands as far as that needs, and no further. */
export function readEarly(driver: Driver, into: Uint8Array): EarlyReadOutcome {
  const { early } = driver
  const stop = driver.shake(() => early.pending > 0 || early.ended)
  if (early.pending > 0) return { status: 'done', bytes: early.read(into) }
  return stop ?? { status: 'end' }
}

/** One call that writes early data, however often it has to be tried. */
export class EarlyWrite {
  readonly #driver: Driver
  readonly #bytes: Uint8Array
  #taken = 0

  constructor(driver: Driver, bytes: Uint8Array) {
    this.#driver = driver
    this.#bytes = bytes
  }

  /** Bytes that are sealed. */
  get taken(): number {
    return this.#taken
  }

  /** While there is no room, reading goes on: the peer may stand at its own flight, and read no more before that is through. */
  attempt(): EarlyWriteOutcome {
    const driver = this.#driver
    const { outward, writer, turn, early } = driver
    const stop = driver.over ?? driver.shake(() => this.#decided)
    if (stop) return stop
    while (this.#taken < this.#bytes.length) {
      if (driver.over) return driver.over
      const reason = this.#refusal
      if (reason) return { status: 'refused', reason }
      // The first record goes with the flight before it: a ClientHello and its early data are one write.
      const together = !early.wrote && outward.roomy
      const waits = !together && outward.push() !== 'done' && writer.queue > 0
      if (outward.end) return driver.shake() ?? outward.end
      if (waits) {
        const blocked = driver.step()
        if (blocked) return driver.again(blocked)
        continue
      }
      const sealed = driver.protect(() => this.#seal(this.#bytes.subarray(this.#taken)))
      if (typeof sealed !== 'number') continue
      if (sealed === 0) return { status: 'refused', reason: 'limit' }
      early.wrote = true
      this.#taken += sealed
      if (!turn.waitsForRoom && --turn.recordsLeft <= 0) break
    }
    const refused = this.#bytes.length > 0 ? undefined : this.#refusal
    if (refused) return { status: 'refused', reason: refused }
    outward.push()
    const enough = !turn.waits || (this.#taken === this.#bytes.length && writer.queue === 0)
    return enough ? { status: 'done', bytes: this.#taken } : driver.waiting(true)
  }

  get #client(): boolean {
    return this.#driver.parts.role === 'client'
  }

  /** Whether early data can go, or is known to be refused. */
  get #decided(): boolean {
    const { early, output } = this.#driver
    return this.#client ? early.decided : output.writeLevel === 'application'
  }

  get #refusal(): EarlyRefused['reason'] | undefined {
    const { early, connected } = this.#driver
    return this.#client ? early.refusal : connected && 'over'
  }

  /** Makes a record of early data, and answers how many of the bytes are in it: none where the limit, or the key, permits no other. */
  #seal(bytes: Uint8Array): number {
    const { early, outward, writer } = this.#driver
    // No KeyUpdate may come before the handshake is over.
    if (writer.limitReached) return 0
    const client = this.#client
    const most = Math.min(outward.recordLength, client ? early.left : bytes.length)
    const chunk = bytes.subarray(0, most)
    const cost = client ? early.cost(chunk.length, writer.recordSize(chunk.length)) : 0
    if (client && cost > early.left) return 0
    outward.seal(chunk)
    if (client) early.sent(chunk, cost)
    return chunk.length
  }
}
