/** `SslStream`: one `Ssl` over an asynchronous carrier. Every step is the synchronous core's; here is only who waits for what. */
import { bioPair, type PairBio } from '@biopair/bio'
import type { Bytes } from '@biopair/wire'
import type { AbortSignalLike } from '../abort.ts'
import { checkOptions } from '../option-types.ts'
import { wholeNumber } from '../option-values.ts'
import { CarrierError, type Stop } from '../outcome.ts'
import type { Ssl } from '../ssl.ts'
import type { ByteCarrier } from './byte-carrier.ts'
import { Deadlines } from './deadlines.ts'
import { Deferred } from './deferred.ts'
import { EarlySender } from './early-sender.ts'
import { asError, Inflow, later, Outflow } from './flows.ts'
import { Incoming } from './incoming.ts'
import { Outgoing } from './outgoing.ts'
import { Pauses } from './pauses.ts'
import { Plaintext } from './plaintext.ts'
import { StreamError } from './stream-error.ts'
import { type SslStreamOptions, streamOptionTypes } from './stream-options.ts'
import type { Timers } from './timers.ts'

const usualBuffer = 65_536
const record = 16_384
/** Pieces that a carrier has at hand and are taken in one turn: others are to have theirs. */
const mostTaken = 16

/**
 * Moves on by itself whenever the carrier, the program or a callback has. Nothing is read of the carrier while a piece waits for its reader, and no more than
 * `bufferSize` is accepted while the carrier takes nothing. The program is never called: it waits for promises.
 */
export class SslStream {
  /** For its facts. What else is called of it goes through `call`. */
  readonly ssl: Ssl
  readonly #half: PairBio
  readonly #carrier: ByteCarrier
  readonly #in: Inflow
  readonly #out: Outflow
  readonly #incoming = new Incoming()
  readonly #outgoing = new Outgoing()
  readonly #opened = new Deferred<void>()
  readonly #closed = new Deferred<void>()
  /** Somebody has called `end`. */
  #ended: Deferred<void> | undefined
  readonly #plaintext: Plaintext
  readonly #deadlines: Deadlines
  readonly #signal: AbortSignalLike | undefined
  readonly #bufferSize: number
  #stage: 'handshake' | 'open' | 'closing' | 'over' = 'handshake'
  /** Why it is not a clean end. */
  #failure: Error | undefined
  /** Why the carrier is gone. */
  #gone: Error | undefined
  /** Our close_notify is sealed, behind all that was written. */
  #saidGoodbye = false
  /** `Ssl.close` was called, and no other call may follow. */
  #parting = false
  #parted = false
  /** Data was sealed that the carrier may not have taken. */
  #dirty = false
  readonly #early: EarlySender
  #earlyReader: Deferred<Bytes | null> | undefined
  #heard: Promise<void> | undefined
  /** What `Ssl.read` would find may have changed since it found nothing. */
  #stirred = true
  #busy = false
  #woken = false
  #gathering = false
  /** `abort` was called from inside a callback. */
  #gaveUp: Error | undefined
  readonly #onAbort = () => this.#aborted()

  /**
   * @param ssl with its role set, and no BIO
   * @param open makes the carrier, once it is sure that nothing is wrong with what `ssl` was told: that is a TypeError, here
   * @param timers without which there are no timeouts and no pauses
   */
  constructor(
    ssl: Ssl,
    open: () => ByteCarrier,
    options: SslStreamOptions = {},
    timers: Timers | undefined = undefined,
  ) {
    checkOptions(options, streamOptionTypes)
    const { bufferSize = usualBuffer, earlyData = new Uint8Array(0), signal } = options
    wholeNumber('bufferSize', bufferSize, 1, 2 ** 30)
    this.#bufferSize = bufferSize
    const [near, half] = bioPair(bufferSize)
    this.ssl = ssl.setBio(near)
    this.#plaintext = new Plaintext(ssl)
    this.#half = half
    // What a later call would say again; a mistake is thrown before there is a carrier.
    this.#early = new EarlySender(ssl, earlyData)
    if (earlyData.length > 0) this.#early.send()
    else ssl.doHandshake()
    const carrier = open()
    this.#carrier = carrier
    const broke = (error: Error) => this.#broke(error)
    const came = (): undefined => {
      this.#stirred = true
      this.#moved()
    }
    const went = () => this.#moved()
    const pause = timers?.pause && ((over: () => void) => timers.pause?.(over))
    this.#in = new Inflow(carrier, half, { moved: came, broke }, new Pauses(pause))
    this.#out = new Outflow(carrier, half, { moved: went, broke }, new Pauses(pause))
    this.#deadlines = new Deadlines(timers, options, {
      abort: why => this.abort(why),
      giveUp: why => this.#giveUp(why),
    })
    this.#signal = signal
    signal?.addEventListener('abort', this.#onAbort, { once: true })
    if (signal?.aborted) this.#aborted()
    this.#turn()
  }

  /** Settles when the handshake is over; rejects with what ended it. */
  get opened(): Promise<void> {
    return this.#opened.promise
  }

  /** Settles when the carrier is let go of and all went well; rejects with what ended the connection otherwise. */
  get closed(): Promise<void> {
    return this.#closed.promise
  }

  /** Bytes held for this program's writes and reads: plaintext, what is sealed, and what the carrier has not taken. */
  get buffered(): { readonly writing: number; readonly reading: number } {
    return {
      writing: this.#unsent,
      reading: this.#incoming.length + this.ssl.pending + this.#half.wpending,
    }
  }

  /** Client: early data that was rejected and is for another protocol than was agreed on now, so that it was not sent again. */
  get unsentEarlyData(): Bytes | undefined {
    return this.#early.unsent
  }

  /** The next plaintext, of one record at the most, or null once the peer has said close_notify. One at a time. Rejects with what ended it otherwise, behind all data that came before. */
  read(): Promise<Bytes | null> {
    const { wants } = this.#incoming
    const reading = this.#incoming.read()
    if (!wants) this.#stir()
    return reading
  }

  /** Server: the next early data (0-RTT), which `read` never gives; null when there is no more. It may be a repetition. One at a time. */
  readEarly(): Promise<Bytes | null> {
    if (this.#stage === 'closing' || this.#stage === 'over') return Promise.reject(this.#over())
    this.#earlyReader ??= new Deferred()
    this.#wake()
    return this.#earlyReader.promise
  }

  /**
   * Takes bytes, in order, before the handshake is over as well. Settles once they are accepted; those that there was no room for are to stay as they are until
   * then. Small pieces of one turn go as one record.
   */
  write(bytes: Uint8Array): Promise<void> {
    if (this.#ended) return Promise.reject(new StreamError('ERR_CLOSED', 'write after end'))
    if (this.#stage === 'closing' || this.#stage === 'over') return Promise.reject(this.#over())
    if (bytes.length === 0) return Promise.resolve()
    const fits = this.#unsent + bytes.length <= this.#bufferSize
    if (fits) this.#outgoing.accept(bytes)
    const accepted = fits ? Promise.resolve() : this.#outgoing.hold(bytes)
    if (!this.#gathering) void this.#gather()
    return accepted
  }

  /** Says close_notify behind all that was written (RFC 9846 §6.1); reading goes on. Settles when the carrier has taken all of it. */
  end(): Promise<void> {
    if (this.#ended) return this.#ended.promise
    if (this.#stage === 'over' || this.#stage === 'closing')
      return this.#failure ? Promise.reject(this.#failure) : this.closed
    this.#ended = new Deferred()
    this.#wake()
    return this.#ended.promise
  }

  /** What comes from now on is read and dropped. */
  cancel(): void {
    this.#incoming.discard(new StreamError('ERR_CLOSED', 'reading was cancelled'))
    this.#stir()
  }

  /** Ends both ways: what was written goes out, then close_notify; what still comes is dropped. Settles as `closed`. */
  close(): Promise<void> {
    if (this.#stage === 'closing' || this.#stage === 'over') return this.closed
    const error = new StreamError('ERR_CLOSED', 'the connection was closed')
    if (this.#stage === 'handshake') {
      this.#opened.reject(error)
      this.#outgoing.fail(error)
    }
    this.#incoming.discard(error)
    this.#earlyReader?.reject(error)
    this.#part()
    this.#wake()
    return this.closed
  }

  /** Gives the connection up at once, whatever is on its way: everything that waits rejects with `reason`. The peer hears an alert, if the carrier takes it now. */
  abort(reason: Error = new StreamError('ERR_ABORTED', 'the connection was aborted')): undefined {
    if (!this.#busy) return this.#giveUp(reason)
    this.#gaveUp ??= reason
    this.#opened.reject(reason)
  }

  /** For the calls of `Ssl` that make bytes, `keyUpdate` say: they go out behind it. Reading and writing are the stream's own. */
  call<T>(use: (ssl: Ssl) => T): T {
    try {
      return use(this.ssl)
    } finally {
      this.#stir()
    }
  }

  get #unsent(): number {
    return this.#outgoing.length + this.#half.pending + this.#out.underWay
  }

  #over(): Error {
    if (this.#failure) return this.#failure
    const cause = this.#gone && { cause: this.#gone }
    return new StreamError('ERR_CLOSED', 'the connection is closed', cause)
  }

  #aborted(): undefined {
    const { reason } = this.#signal as AbortSignalLike
    const why = 'the connection was aborted'
    this.abort(
      reason instanceof Error ? reason : new StreamError('ERR_ABORTED', why, { cause: reason }),
    )
  }

  #stir(): undefined {
    this.#stirred = true
    this.#wake()
  }

  /** In a later microtask, so that nobody's call runs inside another's. */
  #wake(): undefined {
    if (this.#woken) return
    this.#woken = true
    void Promise.resolve().then(() => {
      this.#woken = false
      this.#turn()
    })
  }

  #moved(): undefined {
    this.#deadlines.moved()
    this.#turn()
  }

  async #gather(): Promise<void> {
    this.#gathering = true
    await this.#outgoing.gathered(record)
    this.#gathering = false
    this.#turn()
  }

  /** Goes on as far as it can. */
  #turn(): undefined {
    if (this.#busy || this.#stage === 'over') return
    this.#busy = true
    try {
      for (let taken = 0; ; ) {
        const { pending, wpending } = this.#half
        const stage: string = this.#stage
        const fed = this.#in.feed()
        if (fed > 0) this.#stirred = true
        this.#work()
        if (this.#gaveUp) break
        const drained = this.#out.drain()
        // Room for what waits in it goes to it with its next call, whatever that is for.
        if (drained > 0 && this.ssl.queued > 0) this.#stirred = true
        const still = this.#half.pending === pending && this.#half.wpending === wpending
        const moved = fed + drained > 0 || !still || this.#stage !== stage
        if (taken < mostTaken && this.#hears && this.#in.take()) {
          taken++
          this.#stirred = true
        } else if (!moved) break
        this.#deadlines.moved()
      }
    } catch (error) {
      this.#gaveUp ??= asError(error)
    } finally {
      this.#busy = false
    }
    if (this.#gaveUp) return this.#giveUp(this.#gaveUp)
    if (this.#half.pending === 0 && this.#out.underWay === 0) this.#dirty = false
    if (this.#unsent <= this.#bufferSize) this.#outgoing.release()
    if (this.#parted && this.#half.pending === 0 && !this.#awaits) return this.#leave()
    if (this.#hears) this.#in.fetch()
  }

  /** Whether what the carrier has not taken is worth waiting for: the last word is not where the other side has left, nobody may ever take it. */
  get #awaits(): boolean {
    return this.#out.underWay > 0 && (this.#dirty || !this.#in.ended)
  }

  /** Whether the carrier is to be asked for more. */
  get #hears(): boolean {
    return this.#incoming.wants || this.#listens
  }

  /** What comes is dropped, to make room for a peer that writes before it reads, and to hear whether the carrier lives. */
  get #listens(): boolean {
    return this.#stage === 'closing' || this.#incoming.ended
  }

  #work(): undefined {
    if (this.#earlyReader && this.#stage !== 'closing') this.#receiveEarly(this.#earlyReader)
    if (this.#stage === 'handshake') this.#shake()
    if (this.#stage === 'open') {
      this.#send()
      this.#receive()
      this.#sayGoodbye()
    }
    if (this.#stage === 'closing') this.#finish()
  }

  #shake(): undefined {
    const early = this.#early.send()
    if (early) return this.#waits(early)
    const outcome = this.ssl.doHandshake()
    if (outcome.status !== 'done') return this.#stopped(outcome)
    this.#stage = 'open'
    this.#deadlines.opened()
    const again = this.#early.again()
    if (again) this.#outgoing.first(again)
    this.#opened.resolve()
  }

  #receiveEarly(reader: Deferred<Bytes | null>): undefined {
    const got = this.#plaintext.early()
    if ('ready' in got || 'read' in got) return this.#waits(got)
    this.#earlyReader = undefined
    this.#plaintext.release()
    if (got instanceof Uint8Array) reader.resolve(got)
    else if (got.status === 'end') reader.resolve(null)
    else {
      this.#stopped(got)
      reader.reject(this.#over())
    }
  }

  /** Small pieces wait while the carrier is busy, and then go as one. */
  #send(): undefined {
    while (this.#outgoing.length > 0) {
      if (this.#out.underWay > 0 && this.#outgoing.length < record) return
      const outcome = this.ssl.write(this.#outgoing.front(record))
      if (outcome.status !== 'done') return this.#stopped(outcome)
      this.#outgoing.sealed(outcome.bytes)
      this.#dirty = true
    }
  }

  #receive(): undefined {
    while (this.#stirred && this.#incoming.wants) {
      const got = this.#plaintext.next()
      if (got instanceof Uint8Array) {
        this.#incoming.push(got)
        continue
      }
      this.#stirred = false
      return this.#stopped(got)
    }
  }

  #sayGoodbye(): undefined {
    if (!this.#ended || this.#stage !== 'open') return
    if (!this.#saidGoodbye) {
      if (this.#outgoing.length > 0) return
      const outcome = this.ssl.shutdown()
      if (outcome.status === 'failed') return this.#fail(outcome.error)
      if ('read' in outcome || 'ready' in outcome) return this.#waits(outcome)
      // Where the peer's side was cut short, reading tells.
      this.#saidGoodbye = true
    }
    if (this.#half.pending > 0 || this.#out.underWay > 0) return
    this.#ended.resolve()
    if (this.#incoming.ended) this.#part()
  }

  /** Everything goes out, and what comes is dropped; then `Ssl.close` does the same. */
  #finish(): undefined {
    if (!this.#parting && !this.#failure && this.ssl.connected) {
      this.#send()
      const alert = this.#plaintext.drop()
      if (alert) this.#fail(alert)
      if (this.#outgoing.length > 0 && !this.#failure) return
    }
    if (this.#parted) return
    this.#parting = true
    // What was cut short is no clean end: the peer is told of a failure.
    this.#parted = !this.ssl.close(this.#failure).status.startsWith('want_')
  }

  /** What a call that stopped means for everybody who waits. */
  #stopped(outcome: Stop): undefined {
    switch (outcome.status) {
      case 'closed':
        if (this.#stage === 'handshake')
          return this.#fail(
            new StreamError('ERR_CLOSED_IN_HANDSHAKE', 'the peer closed before it was connected'),
          )
        this.#incoming.finish()
        return
      case 'truncated':
        return this.#fail(
          new StreamError('ERR_TRUNCATED', 'the carrier ended without close_notify'),
        )
      case 'failed':
        return this.#fail(outcome.error)
      default:
        this.#waits(outcome)
    }
  }

  /** The carrier moves by itself; a callback's promise has to be heard. */
  #waits(outcome: Stop): undefined {
    const promised =
      'ready' in outcome
        ? outcome.ready
        : 'meanwhile' in outcome
          ? outcome.meanwhile?.ready
          : undefined
    if (!promised || this.#heard === promised) return
    this.#heard = promised
    void promised.then(() => {
      this.#stirred = true
      this.#turn()
    })
  }

  /** Nothing follows but what says so: an alert, if there is one. Data that came before is still read. */
  #fail(error: Error): undefined {
    if (this.#failure) return
    this.#failure = error
    this.#opened.reject(error)
    this.#incoming.fail(error)
    this.#outgoing.fail(error)
    this.#earlyReader?.reject(error)
    this.#ended?.reject(error)
    this.#part()
  }

  #part(): undefined {
    this.#stage = 'closing'
    this.#deadlines.closing()
  }

  /** The carrier broke. What it brought before is still read; what it has not taken is lost. */
  #broke(error: Error): undefined {
    if (this.#stage === 'over') return
    this.#gone = error
    const lost = this.#dirty || this.#outgoing.length > 0
    this.#out.stop()
    if (this.#stage === 'closing') {
      if (lost) this.#failure ??= new CarrierError('write', error)
    } else {
      this.#salvage(error)
      if (this.#gaveUp) return this.#giveUp(this.#gaveUp)
      // Whoever has heard the peer's goodbye misses nothing.
      if (!this.#incoming.ended) this.#fail(new CarrierError('read', error))
      else if (lost) this.#fail(new CarrierError('write', error))
    }
    this.#part()
    this.#leave()
  }

  /** Takes what is at hand out of the carrier's last bytes, and what they, or its end, mean. */
  #salvage(error: Error): undefined {
    this.#busy = true
    try {
      for (;;) {
        const fed = this.#in.feed()
        if (this.#stage === 'handshake') this.#shake()
        if (this.#stage !== 'open') {
          if (fed === 0) break
          continue
        }
        const got = this.#plaintext.next()
        if (got instanceof Uint8Array) this.#incoming.push(got)
        else if (fed === 0) break
      }
      this.#half.close(error)
      if (this.#stage === 'handshake') this.#shake()
      if (this.#stage === 'open') this.#stopped(this.#plaintext.end())
    } finally {
      this.#busy = false
    }
  }

  #giveUp(error: Error): undefined {
    if (this.#closed.settled) return
    this.#failure ??= error
    try {
      if (!this.#parting) this.ssl.close(error)
    } catch {
      // It was called from inside a callback of its own, and says nothing then.
    }
    if (this.#stage !== 'over') this.#out.drain()
    this.#incoming.discard(error)
    this.#rest()
    this.#settle()
    void later(() => this.#carrier.abort(this.#failure as Error)).catch(() => {})
  }

  /** All is said: the carrier is let go of. */
  #leave(): undefined {
    this.#rest()
    const over = () => this.#settle()
    if (!this.#gone) {
      void later(() => this.#carrier.close()).then(over, over)
      return
    }
    const gone = this.#gone
    void later(() => this.#carrier.abort(gone)).then(over, over)
  }

  #rest(): undefined {
    this.#stage = 'over'
    this.#in.stop()
    this.#out.stop()
    this.#deadlines.rest()
    this.#signal?.removeEventListener('abort', this.#onAbort)
    this.#outgoing.fail(this.#over())
    this.#earlyReader?.reject(this.#over())
    this.#opened.reject(this.#over())
    if (this.#failure) this.#ended?.reject(this.#failure)
    else this.#ended?.resolve()
  }

  #settle(): undefined {
    this.#deadlines.over()
    this.#plaintext.release()
    if (this.#failure) this.#closed.reject(this.#failure)
    else this.#closed.resolve()
  }
}
