/** The driver: the one place where the flow is resumed, alerts are caught, and records meet the handshake. */
import { type AnyConnected, Joiner, Talk } from '@biopair/handshake'
import { RecordReader, RecordWriter } from '@biopair/record'
import { type alerts, TlsAlert } from '@biopair/wire'
import { Afterwards } from './afterwards.ts'
import { Carrier } from './carrier.ts'
import { forgetAny } from './connected-facts.ts'
import type { ConnectionParts } from './connection-parts.ts'
import { EarlyStream } from './early-stream.ts'
import { type End, Inward } from './inward.ts'
import { misuse } from './misuse.ts'
import type { Failed, Stop, Waiting } from './outcome.ts'
import { Outward } from './outward.ts'
import { RecordOutput } from './record-output.ts'
import { Shaking } from './shaking.ts'
import { Turn } from './turn.ts'

export class Driver {
  readonly parts: ConnectionParts
  readonly reader: RecordReader
  readonly writer: RecordWriter
  readonly joiner: Joiner
  readonly carrier: Carrier
  readonly output: RecordOutput
  readonly talk: Talk
  readonly shaking: Shaking<AnyConnected>
  readonly early: EarlyStream
  readonly turn: Turn
  readonly inward: Inward
  readonly outward: Outward
  readonly afterwards: Afterwards
  /** Our last flight was taken by the carrier, and flushed. */
  delivered = false
  /** Server: all that was known of the ClientHello is in a cookie, or came out of one. */
  cookie: 'sealed' | 'opened' | undefined
  #forgotten = false

  constructor(parts: ConnectionParts) {
    this.parts = parts
    const { role, limits, buffers, answers, trace, moved } = parts
    this.reader = new RecordReader({ buffers, begun: moved !== undefined })
    this.writer = new RecordWriter({
      buffers,
      maxFragment: limits.maxFragment,
      maxQueue: limits.maxQueue,
      ...(limits.recordsPerKey === undefined ? {} : { recordLimit: limits.recordsPerKey }),
      ...(parts.padding === undefined ? {} : { padding: parts.padding }),
      ...(role === 'client' ? { initialVersion: 0x0301 } : {}),
    })
    // A client may fail before it has keys: its alert is in the clear then.
    this.reader.allowPlaintextAlert = role === 'server' && !moved
    const { maxMessage, maxHandshakeBuffer: maxTotal } = limits
    this.joiner = new Joiner({ maxMessage, maxTotal })
    const { reader, writer, joiner } = this
    this.early = new EarlyStream(role, limits.earlyData)
    this.carrier = new Carrier(parts.rbio, parts.wbio, reader, writer, trace)
    this.turn = new Turn(this.carrier, limits.recordsPerCall, () => this.#begin())
    this.output = new RecordOutput({
      reader,
      writer,
      joiner,
      trace,
      crypto: parts.crypto,
      learn: fact => {
        if (fact.fact === 'early_data') this.early.learn(fact)
        if (fact.fact === 'retry') this.cookie = fact.cookie
        parts.learn(fact)
      },
    })
    this.talk = new Talk(this.output, parts.edit)
    this.shaking = new Shaking(parts.flow(this.talk), answers)
    const { carrier, turn, output, early, talk } = this
    this.inward = new Inward({
      carrier,
      reader,
      joiner,
      output,
      early,
      talk,
      trace,
      mostSideRecords: limits.sideRecords,
      offers12: parts.offers12,
    })
    this.outward = new Outward({
      carrier,
      writer,
      output,
      turn,
      trace,
      sizing: parts.sizing,
      interrupted: () => void this.protect(() => carrier.rethrow()),
    })
    this.afterwards = new Afterwards({
      answers,
      output,
      writer,
      crypto: parts.crypto,
      edit: parts.edit,
      connected: parts.connected,
      firstWrite: parts.firstWrite,
    })
  }

  /** Handshake over: the peer's Finished is verified. */
  get connected(): AnyConnected | undefined {
    return this.afterwards.connected
  }

  /** Whether the secrets are gone: the connection failed, or was closed. */
  get forgotten(): boolean {
    return this.#forgotten
  }

  /** How it ended, once the keys are gone. */
  get over(): End | undefined {
    return this.#forgotten ? this.inward.end : undefined
  }

  /** TypeError where `call` comes before the handshake is over, or after our close_notify. */
  checkConnected(call: string): void {
    if (!this.connected) throw misuse('ERR_STILL_IN_INIT', `${call} before the handshake is over`)
    this.checkSpeaks(call)
  }

  /** TypeError where `call` comes after our close_notify. */
  checkSpeaks(call: string): void {
    if (this.outward.announced !== 'no')
      throw misuse('ERR_PROTOCOL_IS_SHUTDOWN', `${call} after shutdown: our close_notify was sent`)
  }

  /** What is queued goes first, whatever the call is for. */
  #begin(): void {
    this.afterwards.asides.begin()
    this.outward.push()
    this.settle()
  }

  /** Runs the handshake; undefined once it is done, or has come far enough. */
  shake(enough?: () => boolean): Stop | undefined {
    if (this.delivered || enough?.()) return undefined
    const { inward, outward } = this
    while (!this.connected) {
      if (inward.end) return inward.end
      const stop = this.step()
      if (enough?.()) return undefined
      if (!stop) continue
      outward.push()
      if (outward.end && 'read' in stop) return this.#unheard(outward.end)
      return this.again(stop)
    }
    const pushed = outward.push()
    // What is queued for a carrier that broke (tickets) says nothing about our flight.
    const offered = pushed === 'done' || (this.writer.queue > 0 && !outward.end)
    if (outward.flightTaken && offered) {
      this.delivered = true
      return undefined
    }
    // Our last flight waits for room. Reading goes on, so that an alert of the peer's is heard.
    if (inward.open) this.plain()
    const failed = inward.failure ?? (outward.end && this.#unheard(outward.end))
    return failed ?? this.waiting(inward.open)
  }

  /** A step of the handshake. */
  step(): Stop | undefined {
    return this.protect(() => this.#step())
  }

  #step(): Stop | undefined {
    const { inward, outward, output, afterwards } = this
    const step = this.shaking.step(() => inward.message(output.readLevel))
    if (step === 'on') return undefined
    if (step === 'message') {
      // A flight goes out before its answer is waited for: a carrier that blocks would wait for ever.
      if (output.flightOver) outward.push()
      return this.#record()
    }
    if ('status' in step) return step
    afterwards.begin(step)
    outward.lastFlight()
    // TLS 1.2: what stands behind the peer's Finished in its record is not to wait for another one, nor to be wiped.
    this.#followUp()
    this.reader.release()
    if (!this.turn.waitsForRoom) afterwards.issueOwed()
    return undefined
  }

  /** The carrier broke on write, and the peer has left no alert that says more: the handshake cannot end. */
  #unheard(end: Failed): Failed {
    this.inward.end = end
    this.forget()
    return end
  }

  /** Reads until there is plaintext; answers what stopped it. */
  plain(): Stop | undefined {
    const { inward } = this
    while (inward.pending === 0) {
      if (inward.end) return inward.end
      const stop = this.protect(() => this.#record() ?? this.#followUp())
      if (!stop) continue
      this.settle()
      return inward.failure ?? this.again(stop)
    }
    // RFC 9846 §4.7.3: however many updates were asked for meanwhile, one answers them.
    this.settle()
    return undefined
  }

  /** Takes one record from the carrier and acts on it. */
  #record(): Stop | undefined {
    const { turn, inward } = this
    if (this.carrier.waitsToRead) {
      if (!this.#mayWaitToRead()) return this.waiting(true)
    } else {
      // Only here, where nothing but the carrier can help: who waits for it does not wait in vain.
      if (turn.recordsLeft === 0) return this.waiting(true)
      turn.recordsLeft--
    }
    // A trace may have thrown at what was written just now.
    if (inward.end) return inward.end
    const stop = inward.take(this.connected)
    if (stop === 'nothing') return this.waiting(true)
    if (stop && !this.connected) this.#cutShort(stop)
    return stop
  }

  /** Whether to ask a BIO that waits for bytes: not before what the peer may be waiting for is out. */
  #mayWaitToRead(): boolean {
    this.#attend()
    const { carrier } = this
    const pushed = this.outward.push()
    // A promise is kept only between two calls.
    if (this.inward.end || (this.afterwards.asides.waits && !carrier.readsAtOnce)) return false
    if (pushed === 'done' || carrier.readsAtOnce) return true
    // Where writing waits too, it has waited for as long as it may: unsent output never stops reading.
    if (pushed.stop === 'retry') return carrier.waitsToWrite
    return this.delivered || carrier.readsAtOnce === undefined
  }

  /** The peer's side has ended before the handshake was over. */
  #cutShort(end: End): void {
    // Nobody will answer: the peer hears that this end gives up.
    if (end.status === 'truncated' && !this.outward.end) this.outward.alert('decode_error')
    this.forget()
  }

  /** Post-handshake messages that the last record completed. */
  #followUp(): undefined {
    const { inward, afterwards } = this
    for (;;) {
      const message = inward.message('application')
      if (!message) return undefined
      if (!afterwards.asked(message.msg_type)) inward.side('KEY_UPDATES', 'post-handshake messages')
      afterwards.receive(message)
      // What can be answered at once is: how many requests are open does not depend on how they were cut.
      this.#attend()
      if (inward.end) return undefined
    }
  }

  /**
   * What is owed, a KeyUpdate, tickets or no_renegotiation, goes out once nothing waits before it: so there is never more than one update in the queue.
   * Over a BIO that waits for room, only a call that `writes` may do so: reading would have to wait for who does not read.
   */
  settle(writes = false): void {
    this.#attend()
    const { afterwards, outward } = this
    if (!afterwards.owes || (this.turn.waitsForRoom && !writes)) return
    if (!outward.open || this.writer.queue > 0) return
    // RFC 5746 §4: refused, and the connection goes on.
    if (afterwards.refuses()) outward.alert('no_renegotiation')
    this.protect(() => afterwards.settle())
    outward.push()
  }

  /**
   * Goes on with authentications after the handshake; what they send goes out once nothing waits before it. Over a BIO that waits for
   * room it goes out all the same: somebody asked for it.
   */
  #attend(): void {
    const { afterwards, outward } = this
    if (!afterwards.asides.any || this.#forgotten) return
    this.protect(() => afterwards.attend(() => outward.open && outward.push() === 'done'))
    outward.push()
  }

  /** Whether a record can be sealed: nothing waits before it, and the key may be used. */
  clear(): boolean {
    const { outward, writer } = this
    if (outward.push() !== 'done' && writer.queue > 0) return false
    if (outward.end || this.protect(() => this.afterwards.rekey())) return false
    outward.push()
    return writer.queue === 0
  }

  /** Catches what the peer did wrong, in one place: queues the alert and latches the error on both halves. */
  protect<T>(work: () => T): T | Failed {
    try {
      return work()
    } catch (error) {
      return this.fail(error)
    }
  }

  fail(error: unknown): Failed {
    const { inward, outward } = this
    const alert =
      error instanceof TlsAlert
        ? error
        : new TlsAlert('internal_error', {
            reason: 'INTERNAL_ERROR',
            section: '6.2',
            why: error instanceof Error ? error.message : String(error),
            cause: error,
          })
    alert.state ??= this.talk.state
    this.output.drop()
    // Nothing goes out after a fatal alert of theirs (RFC 9846 §6), and no alert after our close_notify.
    if (alert.origin === 'received') outward.unqueue()
    else if (outward.open) outward.alert(alert.alert as keyof typeof alerts)
    const failed: Failed = { status: 'failed', error: alert }
    // What the peer said to the end stays what it was: only our own half fails then.
    inward.end ??= failed
    outward.end ??= failed
    this.forget()
    outward.push()
    return failed
  }

  waiting(reading: boolean): Waiting {
    const write = this.outward.waiting
    const meanwhile = reading ? this.afterwards.asides.waits : undefined
    return {
      status: write > 0 || !reading ? 'want_write' : 'want_read',
      read: reading ? this.reader.wanted : 0,
      write,
      ...(meanwhile ? { meanwhile } : {}),
    }
  }

  /** What is left to write may have gone since the stop was noted. */
  again(stop: Stop): Stop {
    return 'read' in stop ? this.waiting(stop.read > 0) : stop
  }

  /** Wipes what is secret; what is queued stays to be sent. */
  forget(): void {
    this.#forgotten = true
    this.shaking.stop()
    this.afterwards.asides.stop()
    const { connected } = this
    if (connected) forgetAny(connected)
    // What was read is still to be given; what was sent comes back after a handshake alone.
    else if (this.parts.role === 'client') this.early.wipe()
    this.parts.forget(this.inward.end)
    if (this.inward.pending === 0) this.reader.wipe()
    this.writer.wipe()
    this.joiner.wipe()
  }
}
