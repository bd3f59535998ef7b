/** A connection's calls: what each does with the driver, and what it answers. */
import type { AnyConnected, Command, Connected } from '@biopair/handshake'
import type { Bytes, TlsAlert } from '@biopair/wire'
import type { ConnectionParts } from './connection-parts.ts'
import type { ConnectionState } from './connection-state.ts'
import { Driver } from './driver.ts'
import { EarlyWrite, readEarly } from './early-calls.ts'
import type { EarlyStream } from './early-stream.ts'
import { handOver, takeUp } from './handing-over.ts'
import { misuse } from './misuse.ts'
import type {
  EarlyReadOutcome,
  EarlyWriteOutcome,
  ExportOutcome,
  Failed,
  FlushOutcome,
  HandshakeOutcome,
  ReadOutcome,
  ShutdownOutcome,
  StatelessOutcome,
  Stop,
  Waiting,
  WriteOutcome,
} from './outcome.ts'

export class Connection {
  readonly #parts: ConnectionParts
  readonly #driver: Driver
  /** `close` was called: nothing else is said, and nothing more is heard. */
  #closing = false
  /** Why it was, unless all is well. */
  #closeError: Error | undefined
  #closed = false
  /** What was closed below has nothing more to say. */
  #left = false
  /** Another connection goes on in this one's place. */
  #gone: 'moved' | 'retried' | undefined

  constructor(parts: ConnectionParts) {
    this.#parts = parts
    this.#driver = new Driver(parts)
    if (parts.moved) takeUp(this.#driver, parts.moved)
  }

  /** The state of RFC 9846 appendix A. */
  get state(): string {
    return this.#driver.talk.state
  }

  /** Handshake over: the peer's Finished is verified. */
  get connected(): AnyConnected | undefined {
    return this.#driver.connected
  }

  /** Whether the secrets are gone: the connection failed, or was closed. */
  get forgotten(): boolean {
    return this.#driver.forgotten
  }

  /** Bytes of plaintext that `read` can give without the carrier. */
  get pending(): number {
    return this.#driver.inward.pending
  }

  /** Bytes of ours that the carrier has not taken; none once closed, since nobody will offer them again. */
  get queued(): number {
    return this.#closed ? 0 : this.#driver.writer.queue
  }

  /** Whether the peer's close_notify came. */
  get receivedShutdown(): boolean {
    return this.#driver.inward.end?.status === 'closed'
  }

  /** Whether our close_notify is queued or sent. */
  get sentShutdown(): boolean {
    return this.#driver.outward.announced !== 'no'
  }

  /** Early data, and what became of it. */
  get early(): EarlyStream {
    return this.#driver.early
  }

  /** Shakes hands: `done` when the peer's Finished is verified and our own flight was taken by the BIO and flushed. */
  handshake(): HandshakeOutcome {
    const driver = this.#driver
    return this.#call(() => driver.shake() ?? driver.inward.failure ?? { status: 'done' })
  }

  /** Server: takes one ClientHello, and no more than that; `retried` once a HelloRetryRequest is out that says all there is to know: here it is over then. */
  stateless(): StatelessOutcome {
    const driver = this.#driver
    const { outward } = driver
    return this.#call((): StatelessOutcome => {
      const stop = driver.shake(() => driver.cookie !== undefined || this.state !== 'START')
      const over = stop ?? driver.inward.failure
      if (over) return over
      if (driver.cookie !== 'sealed') return { status: 'done' }
      const pushed = outward.push()
      if (outward.end) return outward.end
      if (pushed !== 'done') return driver.waiting(false)
      this.#gone = 'retried'
      driver.forget()
      return { status: 'retried' }
    })
  }

  /** Reads plaintext of one record at the most; `peek` leaves it to be read again. An empty buffer reads 0 bytes and touches nothing. */
  read(into: Uint8Array, peek = false): ReadOutcome {
    if (into.length === 0) return { status: 'done', bytes: 0 }
    const driver = this.#driver
    const { inward } = driver
    return this.#call(() => {
      const stop = inward.pending > 0 ? undefined : (driver.shake() ?? driver.plain())
      // Data goes before an end or an error, and our unsent flight does not hold it up.
      if (stop && inward.pending === 0) return stop
      return { status: 'done', bytes: inward.read(into, peek) }
    })
  }

  /**
   * Takes plaintext: as many records as the carrier has room for, at least one if nothing waits before it. Where the BIO waits,
   * all of it; less only where something went wrong on the way, or a timeout was up.
   */
  write(bytes: Uint8Array): WriteOutcome {
    if (bytes.length === 0) return { status: 'done', bytes: 0 }
    const driver = this.#driver
    const { outward, turn, afterwards } = driver
    let taken = 0
    const outcome = this.#call(() => {
      driver.checkSpeaks('write')
      const stop = driver.shake()
      if (stop) return stop
      driver.settle(true)
      const most = turn.waitsForRoom ? bytes.length : this.#parts.limits.recordsPerCall
      for (let records = 0; records < most; records++) {
        if (taken === bytes.length || !driver.clear()) break
        const chunk = bytes.subarray(taken, taken + outward.recordLength)
        if (driver.protect(() => outward.seal(chunk))) break
        taken += chunk.length
      }
      if (taken > 0 && !afterwards.wrote && !outward.end) driver.protect(() => afterwards.written())
      outward.push()
      if (outward.end) return outward.end
      const enough = turn.waits ? taken === bytes.length && driver.writer.queue === 0 : taken > 0
      return enough ? { status: 'done' } : driver.waiting(false)
    })
    return taken > 0 ? { status: 'done', bytes: taken } : (outcome as Stop)
  }

  /** Server: reads early data; shakes hands as far as that needs, and no further. */
  readEarly(into: Uint8Array): EarlyReadOutcome {
    if (into.length === 0) return { status: 'done', bytes: 0 }
    return this.#call(() => readEarly(this.#driver, into))
  }

  /** Client: takes early data, behind the first ClientHello. Server: takes data for a client that has not proved anything yet, behind our Finished. */
  writeEarly(bytes: Uint8Array): EarlyWriteOutcome {
    const write = new EarlyWrite(this.#driver, bytes)
    const outcome = this.#call(() => write.attempt())
    return write.taken > 0 ? { status: 'done', bytes: write.taken } : outcome
  }

  /** Drives out what is queued. */
  flush(): FlushOutcome {
    const driver = this.#driver
    const { outward } = driver
    return this.#call(() => {
      if (!this.#closing) driver.settle(true)
      const pushed = outward.push()
      if (outward.end) return outward.end
      return pushed === 'done' ? { status: 'done' } : driver.waiting(false)
    }, 'flush')
  }

  /** Changes our keys, and asks the peer to change its own (RFC 9846 §4.7.3). */
  keyUpdate(request: boolean): FlushOutcome {
    return this.#order('keyUpdate', () => ({ command: 'key_update', request }))
  }

  /** Orders post-handshake output (a ticket), made when its turn comes; undefined orders nothing. */
  order(command: (connected: Connected) => Command | undefined): FlushOutcome {
    return this.#order('a command', command)
  }

  #order(call: string, command: (connected: Connected) => Command | undefined): FlushOutcome {
    const driver = this.#driver
    const { outward, afterwards } = driver
    const outcome = this.#call((): FlushOutcome => {
      driver.checkConnected(call)
      driver.settle(true)
      outward.push()
      if (outward.end) return outward.end
      if (driver.writer.queue > 0) return driver.waiting(false)
      const failed = driver.protect(() => {
        const ordered = command(driver.connected as Connected)
        return ordered && afterwards.order(ordered)
      })
      outward.push()
      return failed ?? outward.end ?? { status: 'done' }
    })
    // What was done is done; a call that waits comes back when it is out as well.
    if (driver.turn.waits && outcome.status === 'done') this.flush()
    return outcome
  }

  /** Ends here, to go on elsewhere: `seal` makes bytes of the state, of which nothing is kept. */
  handOver(seal: (state: ConnectionState) => Bytes): ExportOutcome {
    return this.#call(() => {
      const outcome = handOver(this.#driver, seal)
      if (outcome.status === 'done') this.#gone = 'moved'
      return outcome
    })
  }

  /** Says close_notify behind everything queued; called again, looks for the peer's. Never closes the BIO. */
  shutdown(): ShutdownOutcome {
    const driver = this.#driver
    const { inward, outward } = driver
    return this.#call(() => {
      if (inward.failure) return inward.failure
      if (!driver.connected)
        throw misuse('ERR_SHUTDOWN_WHILE_IN_INIT', 'shutdown before the handshake is over')
      if (outward.announced === 'no') {
        // Who has said goodbye may read no more: that one is sent nothing it can do without.
        driver.settle(inward.end === undefined)
        this.#announce()
      }
      let pushed = outward.push()
      if (pushed !== 'done' && !outward.end) {
        // Reading goes on: the peer may stand at its own close_notify, and wait for us to read.
        if (inward.open) driver.plain()
        pushed = outward.push()
      }
      if (outward.end) return outward.end
      if (pushed !== 'done') return inward.failure ?? driver.waiting(inward.open)
      const first = outward.announced === 'queued'
      outward.announced = 'sent'
      if (!inward.end && first) return { status: 'sent' }
      const stop = inward.end ?? (inward.pending > 0 ? undefined : driver.plain())
      if (!stop) return { status: 'unread' }
      return stop.status === 'closed' ? { status: 'done' } : stop
    })
  }

  /**
   * Ends both ways: close_notify (before the handshake is over: user_canceled first) behind what is queued, then the BIO is closed.
   * `want_write` until everything is out; call again then. What the peer still sends is dropped, so that two ends that both
   * close make room for each other. From the first call on every other one is a TypeError,
   * but for `flush` until all is out. With an `error`, an alert says so in the place of a goodbye, and the BIO is closed with it.
   */
  close(error?: Error): FlushOutcome {
    if (this.#left) return { status: 'done' }
    const driver = this.#driver
    const { outward, shaking, carrier } = driver
    return this.#call(() => {
      if (this.#closed) return this.#leave()
      if (outward.open) {
        if (shaking.begun && !error) outward.alert('user_canceled')
        if (driver.connected || shaking.begun) this.#announce(error)
      }
      this.#closing = true
      this.#closeError ??= error
      shaking.stop()
      driver.afterwards.asides.stop()
      let pushed = outward.push()
      let listens = false
      if (pushed !== 'done' && pushed.stop === 'retry') {
        // Nobody will read what comes; but a peer that waits for room would never read what waits here.
        listens = carrier.discard(this.#parts.limits.recordsPerCall)
        pushed = outward.push()
      }
      if (pushed !== 'done' && pushed.stop === 'retry')
        return { ...driver.waiting(false), read: listens ? 1 : 0 }
      this.#closed = true
      driver.inward.drop()
      driver.early.wipe()
      driver.forget()
      carrier.close(this.#closeError)
      return this.#leave()
    }, 'close')
  }

  #announce(error?: Error): void {
    if (!error) this.#driver.settle()
    this.#driver.outward.announce(error)
  }

  /** A filter below (TLS in TLS) may have a goodbye of its own to say, for which there was no room when it was closed. */
  #leave(): FlushOutcome {
    this.#left = !this.#driver.carrier.lingers()
    return this.#left ? { status: 'done' } : { status: 'want_write', read: 0, write: 1 }
  }

  /** Ends the connection with a fatal alert of ours, unless it has failed already. */
  fail(alert: TlsAlert): Failed {
    const driver = this.#driver
    return this.#call(() => driver.inward.failure ?? driver.fail(alert))
  }

  /** Settles when the call that answered `stop` is worth another try; never rejects. TypeError where the BIO has no `ready`. */
  ready(stop: { readonly status: string }): Promise<void> {
    if ('ready' in stop) return stop.ready as Promise<void>
    if (!('read' in stop && 'write' in stop)) return Promise.resolve()
    const { status, read, meanwhile } = stop as Waiting
    const { carrier, afterwards } = this.#driver
    const promised = meanwhile ? [meanwhile.ready, ...afterwards.asides.ready] : []
    // A BIO that waits has nothing to tell before it is asked.
    const reading = read > 0 && !(meanwhile && carrier.waitsToRead)
    return carrier.ready(reading, status === 'want_write', promised)
  }

  // One call at a time.
  #call<T>(work: () => T, whileClosing?: 'flush' | 'close'): T | Failed {
    const driver = this.#driver
    driver.turn.checkFree()
    if (this.#gone === 'moved')
      throw misuse('ERR_MOVED', 'the connection was exported, and goes on where it is imported')
    if (this.#gone)
      throw misuse('ERR_RETRIED', 'the client was asked again, and its answer is for a new Ssl')
    if (this.#closed ? whileClosing !== 'close' : this.#closing && !whileClosing)
      throw misuse('ERR_CLOSED', 'the connection was closed')
    return driver.turn.take(work)
  }
}
