/** The driver: the one place where the flow is resumed, alerts are caught, and records meet the handshake. */
import { type Bio, retryWrite, type SelectableBio, type Stopped } from '@biopair/bio'
import type { CryptoProvider } from '@biopair/crypto'
import {
  type Aside,
  type Command,
  type Connected,
  type Edit,
  type Fact,
  type Flow,
  forget,
  inReply,
  isAnswer,
  type JoinedMessage,
  Joiner,
  type Level,
  order,
  receive,
  Talk,
} from '@biopair/handshake'
import {
  type Buffers,
  type Opened,
  type Padding,
  RecordReader,
  type RecordSizing,
  RecordWriter,
} from '@biopair/record'
import { alertName, alerts, type Bytes, TlsAlert } from '@biopair/wire'
import type { Answers } from './answers.ts'
import { Asides } from './asides.ts'
import { Carrier } from './carrier.ts'
import type { ConnectionState } from './connection-state.ts'
import { EarlyStream } from './early-stream.ts'
import type { Limits } from './limits.ts'
import { misuse } from './misuse.ts'
import {
  CarrierError,
  type Closed,
  type EarlyReadOutcome,
  type EarlyRefused,
  type EarlyWriteOutcome,
  type ExportOutcome,
  type Failed,
  type FlushOutcome,
  type HandshakeOutcome,
  type ReadOutcome,
  type ShutdownOutcome,
  type StatelessOutcome,
  type Stop,
  type Truncated,
  type Waiting,
  type WriteOutcome,
} from './outcome.ts'
import { receivedAlert } from './received-alert.ts'
import { RecordOutput } from './record-output.ts'
import { Shaking } from './shaking.ts'
import { headerBytes } from './trace.ts'
import type { Tracer } from './tracer.ts'

export interface ConnectionParts {
  readonly rbio: Bio
  readonly wbio: Bio
  readonly role: 'client' | 'server'
  readonly crypto: CryptoProvider
  readonly limits: Limits
  readonly buffers: Buffers
  readonly padding: Padding | undefined
  readonly sizing: RecordSizing | undefined
  readonly answers: Answers
  readonly edit: Edit | undefined
  readonly trace: Tracer | undefined
  readonly flow: (talk: Talk) => Flow<Connected>
  readonly learn: (fact: Fact) => void
  /** Called when the connection has failed or is closed: wipes what is kept beside it. */
  readonly forget: () => void
  /** Called after the peer's Finished is verified, over a BIO that waits by the first call that writes, and after a client has authenticated later: what to order then (tickets). */
  readonly connected: (connection: Connected) => readonly Command[]
  /** Called behind the first data that was written then: what to order (tickets that were held back). */
  readonly firstWrite: (connection: Connected) => readonly Command[]
  /** Of the connection that this one goes on for: there is no handshake then. */
  readonly moved?: ConnectionState | undefined
}

/** How a half ended: for reading one of these, for writing the last. */
type End = Closed | Truncated | Failed

const nothing: Bytes = new Uint8Array(0)
/** What a NewSessionTicket has beside the ticket, and its records' headers and tags with room to spare. */
const ticketRoom = 1024
/** A record's header, content type and tag. */
const recordOverhead = 5 + 1 + 16
/** So many, because bytes that a filter below drives out, one by one into a ring of 1, are not seen to move. */
const mostFruitless = 1 << 17

export class Connection {
  readonly #parts: ConnectionParts
  readonly #reader: RecordReader
  readonly #writer: RecordWriter
  readonly #joiner: Joiner
  readonly #carrier: Carrier
  readonly #output: RecordOutput
  readonly #talk: Talk
  readonly #shaking: Shaking<Connected>
  readonly #asides: Asides
  readonly #early: EarlyStream
  #connected: Connected | undefined
  /** Bytes of our last flight that the carrier has not taken; done is when there are none, and it is flushed. */
  #flightLeft = 0
  #delivered = false
  #wrote = false
  #wroteEarly = false
  /** Decrypted data that nobody has read yet: of one record. */
  #plaintext: Bytes = nothing
  #readEnd: End | undefined
  #writeEnd: Failed | undefined
  #announced: 'no' | 'queued' | 'sent' = 'no'
  #sideRecords = 0
  /** Tickets wait for a call that writes: over a BIO that waits for room they would hold up any other. */
  #ticketsOwed = false
  /** The BIO has waited for room in this call, and there was none in time. */
  #waitedInVain = false
  /** The call at hand waits: its BIO is asked for what it has at once, and selected on while that is not enough. */
  #waits = false
  /** The BIO waits for room, or the call does. */
  #waitsForRoom = false
  /** Records that the call at hand may still take. */
  #recordsLeft = 0
  #busy = false
  /** `close` was called: nothing else is said, and nothing more is heard. */
  #closing = false
  /** Why it was, unless all is well. */
  #closeError: Error | undefined
  #closed = false
  /** What was closed below has nothing more to say. */
  #left = false
  #forgotten = false
  /** Another connection goes on in this one's place. */
  #gone: 'moved' | 'retried' | undefined
  /** Server: all that was known of the ClientHello is in a cookie, or came out of one. */
  #cookie: 'sealed' | 'opened' | undefined

  constructor(parts: ConnectionParts) {
    this.#parts = parts
    const { limits, buffers, moved } = parts
    this.#reader = new RecordReader({ buffers, begun: moved !== undefined })
    this.#writer = new RecordWriter({
      buffers,
      maxFragment: limits.maxFragment,
      maxQueue: limits.maxQueue,
      ...(limits.recordsPerKey === undefined ? {} : { recordLimit: limits.recordsPerKey }),
      ...(parts.padding === undefined ? {} : { padding: parts.padding }),
      ...(parts.role === 'client' ? { initialVersion: 0x0301 } : {}),
    })
    // A client may fail before it has keys: its alert is in the clear then.
    this.#reader.allowPlaintextAlert = parts.role === 'server' && !moved
    this.#joiner = new Joiner({
      maxMessage: limits.maxMessage,
      maxTotal: limits.maxHandshakeBuffer,
    })
    this.#early = new EarlyStream(parts.role, limits.earlyData)
    this.#carrier = new Carrier(parts.rbio, parts.wbio, this.#reader, this.#writer, parts.trace)
    this.#output = new RecordOutput({
      reader: this.#reader,
      writer: this.#writer,
      joiner: this.#joiner,
      crypto: parts.crypto,
      trace: parts.trace,
      learn: fact => {
        if (fact.fact === 'early_data') this.#early.learn(fact)
        if (fact.fact === 'retry') this.#cookie = fact.cookie
        parts.learn(fact)
      },
    })
    this.#talk = new Talk(this.#output, parts.edit)
    this.#shaking = new Shaking(parts.flow(this.#talk), parts.answers)
    this.#asides = new Asides(parts.answers)
    if (moved) this.#goOn(moved)
  }

  /** The state of RFC 9846 appendix A. */
  get state(): string {
    return this.#talk.state
  }

  /** Handshake over: the peer's Finished is verified. */
  get connected(): Connected | undefined {
    return this.#connected
  }

  /** Whether the secrets are gone: the connection failed, or was closed. */
  get forgotten(): boolean {
    return this.#forgotten
  }

  /** Bytes of plaintext that `read` can give without the carrier. */
  get pending(): number {
    return this.#plaintext.length
  }

  /** Bytes of ours that the carrier has not taken; none once closed, since nobody will offer them again. */
  get queued(): number {
    return this.#closed ? 0 : this.#writer.queue
  }

  /** Whether the peer's close_notify came. */
  get receivedShutdown(): boolean {
    return this.#readEnd?.status === 'closed'
  }

  /** Whether our close_notify is queued or sent. */
  get sentShutdown(): boolean {
    return this.#announced !== 'no'
  }

  /** Shakes hands: `done` when the peer's Finished is verified and our own flight was taken by the BIO and flushed. */
  handshake(): HandshakeOutcome {
    return this.#call(() => this.#shake() ?? this.#fatal() ?? { status: 'done' })
  }

  /** Server: takes one ClientHello, and no more than that; `retried` once a HelloRetryRequest is out that says all there is to know: here it is over then. */
  stateless(): StatelessOutcome {
    return this.#call((): StatelessOutcome => {
      const stop = this.#shake(() => this.#cookie !== undefined || this.state !== 'START')
      if (stop) return stop
      if (this.#cookie !== 'sealed') return { status: 'done' }
      const pushed = this.#push()
      if (this.#writeEnd) return this.#writeEnd
      if (pushed !== 'done') return this.#waiting(false)
      this.#gone = 'retried'
      this.#forget()
      return { status: 'retried' }
    })
  }

  /** Reads plaintext of one record at the most; `peek` leaves it to be read again. An empty buffer reads 0 bytes and touches nothing. */
  read(into: Uint8Array, peek = false): ReadOutcome {
    if (into.length === 0) return { status: 'done', bytes: 0 }
    return this.#call(() => {
      const stop = this.#plaintext.length > 0 ? undefined : (this.#shake() ?? this.#plain())
      // Data goes before an end or an error, and our unsent flight does not hold it up.
      if (stop && this.#plaintext.length === 0) return stop
      const bytes = Math.min(into.length, this.#plaintext.length)
      into.set(this.#plaintext.subarray(0, bytes))
      if (!peek)
        this.#plaintext = bytes < this.#plaintext.length ? this.#plaintext.subarray(bytes) : nothing
      if (this.#plaintext.length === 0 && this.#readEnd) this.#reader.wipe()
      return { status: 'done', bytes }
    })
  }

  /**
   * Takes plaintext: as many records as the carrier has room for, at least one if nothing waits before it. Where the BIO waits,
   * all of it; less only where something went wrong on the way, or a timeout was up.
   */
  write(bytes: Uint8Array): WriteOutcome {
    if (bytes.length === 0) return { status: 'done', bytes: 0 }
    let taken = 0
    const outcome = this.#call(() => {
      if (this.#announced !== 'no')
        throw misuse('ERR_PROTOCOL_IS_SHUTDOWN', 'write after shutdown: our close_notify was sent')
      const stop = this.#shake()
      if (stop) return stop
      this.#settle(true)
      const most = this.#waitsForRoom ? bytes.length : this.#parts.limits.recordsPerCall
      for (let records = 0; records < most; records++) {
        if (taken === bytes.length || !this.#clear()) break
        const chunk = bytes.subarray(taken, taken + this.#recordLength())
        if (this.#protected(() => this.#seal(chunk))) break
        taken += chunk.length
      }
      if (taken > 0 && !this.#wrote && !this.#writeEnd) {
        this.#wrote = true
        this.#protected(() => this.#issue(this.#parts.firstWrite(this.#connected as Connected)))
      }
      this.#push()
      if (this.#writeEnd) return this.#writeEnd
      const enough = this.#waits ? taken === bytes.length && this.#writer.queue === 0 : taken > 0
      return enough ? { status: 'done' } : this.#waiting(false)
    })
    return taken > 0 ? { status: 'done', bytes: taken } : (outcome as Stop)
  }

  /** Early data, and what became of it. */
  get early(): EarlyStream {
    return this.#early
  }

  /** Server: reads early data; shakes hands as far as that needs, and no further. */
  readEarly(into: Uint8Array): EarlyReadOutcome {
    if (into.length === 0) return { status: 'done', bytes: 0 }
    const early = this.#early
    return this.#call(() => {
      const stop = this.#shake(() => early.pending > 0 || early.ended)
      if (early.pending > 0) return { status: 'done', bytes: early.read(into) }
      return stop ?? { status: 'end' }
    })
  }

  /**
   * Client: takes early data, behind the first ClientHello. Server: takes data for a client that has not proved anything yet, behind our Finished.
   * While there is no room, reading goes on: the peer may stand at its own flight, and read no more before that is through.
   */
  writeEarly(bytes: Uint8Array): EarlyWriteOutcome {
    let taken = 0
    const outcome = this.#call((): EarlyWriteOutcome => {
      const stop = this.#over ?? this.#shake(() => this.#earlyWritable)
      if (stop) return stop
      while (taken < bytes.length) {
        if (this.#over) return this.#over
        const reason = this.#earlyRefusal()
        if (reason) return { status: 'refused', reason }
        // The first record goes with the flight before it: a ClientHello and its early data are one write.
        const together = !this.#wroteEarly && this.#roomy
        const waits = !together && this.#push() !== 'done' && this.#writer.queue > 0
        if (this.#writeEnd) return this.#shake() ?? this.#writeEnd
        if (waits) {
          const blocked = this.#protected(() => this.#step())
          if (blocked) return this.#again(blocked)
          continue
        }
        const sealed = this.#protected(() => this.#sealEarly(bytes.subarray(taken)))
        if (typeof sealed !== 'number') continue
        if (sealed === 0) return { status: 'refused', reason: 'limit' }
        this.#wroteEarly = true
        taken += sealed
        if (!this.#waitsForRoom && --this.#recordsLeft <= 0) break
      }
      const refused = bytes.length > 0 ? undefined : this.#earlyRefusal()
      if (refused) return { status: 'refused', reason: refused }
      this.#push()
      const enough = !this.#waits || (taken === bytes.length && this.#writer.queue === 0)
      return enough ? { status: 'done', bytes: taken } : this.#waiting(true)
    })
    return taken > 0 ? { status: 'done', bytes: taken } : outcome
  }

  /** Whether there is room for a record of any length behind what waits. */
  get #roomy(): boolean {
    return this.#writer.room() >= this.#writer.maxPlaintext + recordOverhead
  }

  /** How it ended, once the keys are gone. */
  get #over(): End | undefined {
    return this.#forgotten ? this.#readEnd : undefined
  }

  /** Whether early data can go, or is known to be refused. */
  get #earlyWritable(): boolean {
    if (this.#parts.role === 'client') return this.#early.decided
    return this.#output.writeLevel === 'application'
  }

  #earlyRefusal(): EarlyRefused['reason'] | undefined {
    if (this.#parts.role === 'client') return this.#early.refusal
    return this.#connected && 'over'
  }

  /** Makes a record of early data, and answers how many of the bytes are in it: none where the limit, or the key, permits no other. */
  #sealEarly(bytes: Uint8Array): number {
    // No KeyUpdate may come before the handshake is over.
    if (this.#writer.limitReached) return 0
    const early = this.#early
    const client = this.#parts.role === 'client'
    const most = Math.min(this.#recordLength(), client ? early.left : bytes.length)
    const chunk = bytes.subarray(0, most)
    const cost = client ? early.cost(chunk.length, this.#writer.recordSize(chunk.length)) : 0
    if (client && cost > early.left) return 0
    this.#seal(chunk)
    if (client) early.sent(chunk, cost)
    return chunk.length
  }

  /** Drives out what is queued. */
  flush(): FlushOutcome {
    return this.#call(() => {
      if (!this.#closing) this.#settle(true)
      const pushed = this.#push()
      if (this.#writeEnd) return this.#writeEnd
      return pushed === 'done' ? { status: 'done' } : this.#waiting(false)
    }, 'flush')
  }

  /** Changes our keys, and asks the peer to change its own (RFC 9846 §4.7.3). */
  keyUpdate(request: boolean): FlushOutcome {
    const outcome = this.#call(() => {
      if (!this.#connected)
        throw misuse('ERR_STILL_IN_INIT', 'keyUpdate before the handshake is over')
      if (this.#announced !== 'no')
        throw misuse(
          'ERR_PROTOCOL_IS_SHUTDOWN',
          'keyUpdate after shutdown: our close_notify was sent',
        )
      return this.#command(() => ({ command: 'key_update', request }))
    })
    return this.#drained(outcome)
  }

  /** Orders post-handshake output (a ticket), made when its turn comes; undefined orders nothing. */
  order(command: (connected: Connected) => Command | undefined): FlushOutcome {
    const outcome = this.#call(() => {
      if (!this.#connected)
        throw misuse('ERR_STILL_IN_INIT', 'a command before the handshake is over')
      if (this.#announced !== 'no')
        throw misuse(
          'ERR_PROTOCOL_IS_SHUTDOWN',
          'a ticket after shutdown: our close_notify was sent',
        )
      return this.#command(command)
    })
    return this.#drained(outcome)
  }

  /**
   * Ends here, to go on elsewhere: once nothing of ours waits, and our key has sealed nothing, `seal` makes bytes of the state, of which
   * nothing is kept. A `seal` that throws has changed nothing.
   */
  handOver(seal: (state: ConnectionState) => Bytes): ExportOutcome {
    return this.#call((): ExportOutcome => {
      if (!this.#connected)
        throw misuse('ERR_STILL_IN_INIT', 'exportConnection before the handshake is over')
      if (this.#announced !== 'no')
        throw misuse(
          'ERR_PROTOCOL_IS_SHUTDOWN',
          'exportConnection after shutdown: our close_notify was sent',
        )
      const stop = this.#readEnd ?? this.#writeEnd ?? this.#shake()
      if (stop) return stop
      if (this.#plaintext.length > 0) return { status: 'unread' }
      this.#settle(true)
      const why = this.#unfinished()
      if (why) return { status: 'unfinished', why }
      // Whoever has our key may have used its numbers: what goes on begins with another one, and with 0.
      const ready = this.#clear() && (this.#writer.sealedRecords === 0 || this.#renew())
      const pushed = this.#push()
      if (this.#writeEnd) return this.#writeEnd
      if (!ready || pushed !== 'done') return this.#waiting(false)
      const bytes = seal({
        connected: this.#connected,
        reached: this.#output.reached,
        part: this.#reader.part,
        wrote: this.#wrote,
        early: this.#early.status,
        sideRecords: this.#sideRecords,
      })
      this.#gone = 'moved'
      this.#forget()
      return { status: 'done', bytes }
    })
  }

  /** What has been begun with the peer and cannot go on elsewhere. */
  #unfinished(): string | undefined {
    const { role, postHandshake } = this.#connected ?? {}
    if (role === 'client' && postHandshake)
      throw misuse('ERR_CANNOT_MOVE', 'a client that may be asked for a certificate later stays')
    if (this.#joiner.partial) return 'a handshake message has not come whole'
    if (this.#asides.any || postHandshake?.open.length)
      return 'a client is being asked for its certificate'
    return this.#early.unfinished
  }

  /** A new key for what we send. */
  #renew(): boolean {
    return !this.#protected(() => this.#order({ command: 'key_update', request: false }))
  }

  #goOn({ connected, reached, part, wrote, early, sideRecords }: ConnectionState): void {
    this.#connected = connected
    this.#output.goOn(connected, reached)
    this.#talk.enter('CONNECTED')
    this.#delivered = true
    this.#wrote = wrote
    this.#early.goOn(early)
    this.#sideRecords = sideRecords
    this.#reader.offer(part)
  }

  /** Says close_notify behind everything queued; called again, looks for the peer's. Never closes the BIO. */
  shutdown(): ShutdownOutcome {
    return this.#call(() => {
      if (this.#readEnd?.status === 'failed') return this.#readEnd
      if (!this.#connected)
        throw misuse('ERR_SHUTDOWN_WHILE_IN_INIT', 'shutdown before the handshake is over')
      if (this.#announced === 'no') {
        // Who has said goodbye may read no more: that one is sent nothing it can do without.
        this.#settle(this.#readEnd === undefined)
        this.#announce()
      }
      let pushed = this.#push()
      if (pushed !== 'done' && !this.#writeEnd) {
        // Reading goes on: the peer may stand at its own close_notify, and wait for us to read.
        if (!this.#readEnd && this.#plaintext.length === 0) this.#plain()
        pushed = this.#push()
      }
      if (this.#writeEnd) return this.#writeEnd
      if (pushed !== 'done')
        return this.#fatal() ?? this.#waiting(!this.#readEnd && this.#plaintext.length === 0)
      const first = this.#announced === 'queued'
      this.#announced = 'sent'
      if (!this.#readEnd && first) return { status: 'sent' }
      const stop = this.#readEnd ?? (this.#plaintext.length > 0 ? undefined : this.#plain())
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
    return this.#call(() => {
      if (this.#closed) return this.#leave()
      if (!this.#writeEnd && this.#announced === 'no') {
        if (this.#shaking.begun && !error) this.#alert('user_canceled')
        if (this.#connected || this.#shaking.begun) this.#announce(error)
      }
      this.#closing = true
      this.#closeError ??= error
      this.#shaking.stop()
      this.#asides.stop()
      let pushed = this.#push()
      let listens = false
      if (pushed !== 'done' && pushed.stop === 'retry') {
        // Nobody will read what comes; but a peer that waits for room would never read what waits here.
        listens = this.#carrier.discard(this.#parts.limits.recordsPerCall)
        pushed = this.#push()
      }
      if (pushed !== 'done' && pushed.stop === 'retry')
        return { ...this.#waiting(false), read: listens ? 1 : 0 }
      this.#closed = true
      this.#plaintext = nothing
      this.#early.wipe()
      this.#forget()
      this.#carrier.close(this.#closeError)
      return this.#leave()
    }, 'close')
  }

  /** A filter below (TLS in TLS) may have a goodbye of its own to say, for which there was no room when it was closed. */
  #leave(): FlushOutcome {
    this.#left = !this.#carrier.lingers()
    return this.#left ? { status: 'done' } : { status: 'want_write', read: 0, write: 1 }
  }

  /** Ends the connection with a fatal alert of ours, unless it has failed already. */
  fail(alert: TlsAlert): Failed {
    return this.#call(() => this.#fatal() ?? this.#fail(alert))
  }

  /** Settles when the call that answered `stop` is worth another try; never rejects. TypeError where the BIO has no `ready`. */
  ready(stop: { readonly status: string }): Promise<void> {
    if ('ready' in stop) return stop.ready as Promise<void>
    if (!('read' in stop && 'write' in stop)) return Promise.resolve()
    const { status, read, meanwhile } = stop as Waiting
    const promised = meanwhile ? [meanwhile.ready, ...this.#asides.ready] : []
    // A BIO that waits has nothing to tell before it is asked.
    const reading = read > 0 && !(meanwhile && this.#carrier.waitsToRead)
    return this.#carrier.ready(reading, status === 'want_write', promised)
  }

  // One call at a time; what is queued goes first, whatever the call is for.
  #call<T>(work: () => T, whileClosing?: 'flush' | 'close'): T | Failed {
    if (this.#busy)
      throw misuse(
        'ERR_REENTRANT_CALL',
        'a connection must not be called from inside its own callback',
      )
    if (this.#gone === 'moved')
      throw misuse('ERR_MOVED', 'the connection was exported, and goes on where it is imported')
    if (this.#gone)
      throw misuse('ERR_RETRIED', 'the client was asked again, and its answer is for a new Ssl')
    if (this.#closed ? whileClosing !== 'close' : this.#closing && !whileClosing)
      throw misuse('ERR_CLOSED', 'the connection was closed')
    this.#busy = true
    this.#waitedInVain = false
    this.#waitsForRoom = this.#carrier.waitsToWrite
    const bio = this.#carrier.selectable
    this.#waits = bio !== undefined
    try {
      return bio ? this.#untilItNeedNotWait(bio, work) : this.#once(work)
    } finally {
      this.#busy = false
    }
  }

  #once<T>(work: () => T): T {
    this.#recordsLeft = this.#parts.limits.recordsPerCall
    this.#asides.begin()
    this.#push()
    this.#settle()
    return work()
  }

  /** Between two tries, waits for bytes or for room, whichever comes first: so no order of two ends' calls makes them wait for each other. */
  #untilItNeedNotWait<T>(bio: SelectableBio, work: () => T): T {
    bio.setBlocking(false)
    try {
      let before = this.#carrier.moved
      for (let fruitless = 0; ; fruitless++) {
        const outcome = this.#once(work)
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

  /** Runs the handshake; undefined once it is done, or has come far enough. */
  #shake(enough?: () => boolean): Stop | undefined {
    if (this.#delivered || enough?.()) return undefined
    while (!this.#connected) {
      if (this.#readEnd) return this.#readEnd
      const stop = this.#protected(() => this.#step())
      if (enough?.()) return undefined
      if (!stop) continue
      this.#push()
      if (this.#writeEnd && 'read' in stop) return this.#unheard(this.#writeEnd)
      return this.#again(stop)
    }
    const pushed = this.#push()
    // What is queued for a carrier that broke (tickets) says nothing about our flight.
    const offered = pushed === 'done' || (this.#writer.queue > 0 && !this.#writeEnd)
    if (this.#flightLeft === 0 && offered) {
      this.#delivered = true
      return undefined
    }
    // Our last flight waits for room. Reading goes on, so that an alert of the peer's is heard.
    if (!this.#readEnd && this.#plaintext.length === 0) this.#plain()
    const failed = this.#fatal() ?? (this.#writeEnd && this.#unheard(this.#writeEnd))
    return failed ?? this.#waiting(!this.#readEnd && this.#plaintext.length === 0)
  }

  /** The carrier broke on write, and the peer has left no alert that says more: the handshake cannot end. */
  #unheard(end: Failed): Failed {
    this.#readEnd = end
    this.#forget()
    return end
  }

  /** The failure that both halves share. */
  #fatal(): Failed | undefined {
    if (this.#readEnd?.status === 'failed') return this.#readEnd
    return undefined
  }

  /** A step of the handshake. */
  #step(): Stop | undefined {
    const step = this.#shaking.step(() => this.#message(this.#output.readLevel))
    if (step === 'on') return undefined
    if (step === 'message') {
      // A flight goes out before its answer is waited for: a carrier that blocks would wait for ever.
      if (this.#output.flightOver) this.#push()
      return this.#record()
    }
    if ('status' in step) return step
    this.#connected = step
    this.#flightLeft = this.#writer.queue
    this.#reader.release()
    this.#ticketsOwed = true
    if (!this.#waitsForRoom) this.#issueOwed()
    return undefined
  }

  /** Issues the tickets that are owed. */
  #issueOwed(): undefined {
    if (!this.#ticketsOwed || !this.#connected) return
    this.#ticketsOwed = false
    this.#issue(this.#parts.connected(this.#connected))
  }

  /** The next whole message, if there is one. */
  #message(level: Level): JoinedMessage | undefined {
    const message = this.#joiner.next()
    if (message)
      this.#parts.trace?.tell({
        event: 'message',
        direction: 'read',
        level,
        message: message.raw.slice(),
      })
    return message
  }

  /** Reads until there is plaintext; answers what stopped it. */
  #plain(): Stop | undefined {
    while (this.#plaintext.length === 0) {
      if (this.#readEnd) return this.#readEnd
      const stop = this.#protected(() => this.#record() ?? this.#followUp())
      if (!stop) continue
      this.#settle()
      return this.#fatal() ?? this.#again(stop)
    }
    // RFC 9846 §4.7.3: however many updates were asked for meanwhile, one answers them.
    this.#settle()
    return undefined
  }

  /** Takes one record from the carrier and acts on it. */
  #record(): Stop | undefined {
    if (this.#carrier.waitsToRead) {
      if (!this.#mayWaitToRead()) return this.#waiting(true)
    } else {
      // Only here, where nothing but the carrier can help: who waits for it does not wait in vain.
      if (this.#recordsLeft === 0) return this.#waiting(true)
      this.#recordsLeft--
    }
    // A trace may have thrown at what was written just now.
    if (this.#readEnd) return this.#readEnd
    const opened = this.#carrier.next()
    this.#carrier.rethrow()
    if ('stop' in opened) return this.#stopped(opened)
    const { type, fragment } = opened
    this.#parts.trace?.tell({
      event: 'record',
      direction: 'read',
      type,
      length: fragment.length,
      protected: opened.header.type === 23,
      header: headerBytes(opened.header),
    })
    switch (type) {
      case 'handshake':
        this.#joiner.push(fragment)
        return undefined
      case 'alert':
        return this.#alerted(fragment)
      case 'application_data':
        return this.#data(opened)
      case 'change_cipher_spec':
        throw unexpected('5', 'a change_cipher_spec record')
    }
  }

  /** Whether to ask a BIO that waits for bytes: not before what the peer may be waiting for is out. */
  #mayWaitToRead(): boolean {
    this.#attend()
    const pushed = this.#push()
    // A promise is kept only between two calls.
    if (this.#readEnd || (this.#asides.waits && !this.#carrier.readsAtOnce)) return false
    if (pushed === 'done' || this.#carrier.readsAtOnce) return true
    // Where writing waits too, it has waited for as long as it may: unsent output never stops reading.
    if (pushed.stop === 'retry') return this.#carrier.waitsToWrite
    return this.#delivered || this.#carrier.readsAtOnce === undefined
  }

  #data({ fragment }: Opened): Stop | undefined {
    // RFC 9846 §5.1: nothing stands between the records of one handshake message.
    if (this.#joiner.partial) throw unexpected('5.1', 'application data inside a handshake message')
    if (!this.#connected && this.#output.readLevel === 'early') {
      this.#early.receive(fragment)
      return undefined
    }
    if (!this.#connected)
      throw new TlsAlert('unexpected_message', {
        reason: 'APP_DATA_IN_HANDSHAKE',
        section: '4.5.3',
        why: `application data in ${this.state}, before the handshake is over`,
      })
    // RFC 9846 §4.7.2: an answer's messages "MUST appear consecutively on the wire".
    if (inReply(this.#connected))
      throw unexpected('4.7.2', 'application data inside an authentication')
    if (fragment.length > 0) this.#sideRecords = 0
    this.#plaintext = fragment
    return undefined
  }

  /** Post-handshake messages that the last record completed. */
  #followUp(): undefined {
    for (
      let message = this.#message('application');
      message;
      message = this.#message('application')
    ) {
      // What we asked for is no flood; anything else counts while we wait for it.
      const asked = this.#connected && isAnswer(this.#connected, message.msg_type)
      if (!asked) this.#side('KEY_UPDATES', 'post-handshake messages')
      this.#connected = receive(this.#connected as Connected, message, this.#around)
    }
    return undefined
  }

  #alerted(fragment: Bytes): Stop | undefined {
    const [level, description] = fragment as unknown as readonly [number, number]
    this.#parts.trace?.tell({
      event: 'alert',
      direction: 'read',
      alert: alertName(description),
      level,
      description,
    })
    const closing = description === alerts.close_notify || description === alerts.user_canceled
    if (!closing) throw receivedAlert(description)
    if (this.#joiner.partial) throw unexpected('5.1', 'an alert inside a handshake message')
    if (description === alerts.user_canceled) {
      this.#side('WARN_ALERTS', 'user_canceled alerts')
      return undefined
    }
    this.#readEnd = { status: 'closed' }
    if (!this.#connected) this.#forget()
    return this.#readEnd
  }

  /** Counts what carries no data: a bound on what a peer may make us do for nothing. */
  #side(reason: 'KEY_UPDATES' | 'WARN_ALERTS', what: string): void {
    if (++this.#sideRecords <= this.#parts.limits.sideRecords) return
    throw new TlsAlert('unexpected_message', {
      reason: `TOO_MANY_${reason}`,
      section: '6.2',
      why: `more than ${this.#parts.limits.sideRecords} ${what} in a row`,
    })
  }

  /** What a carrier's stop means for the call. */
  #stopped(stopped: Stopped): Stop {
    switch (stopped.stop) {
      case 'retry':
        // Nothing more for now: an idle connection holds no buffer. A burst keeps its own from record to record.
        if (this.#connected && this.#reader.buffered === 0) this.#reader.release()
        return this.#waiting(true)
      case 'eof':
        this.#readEnd = { status: 'truncated' }
        if (!this.#connected) {
          // Nobody will answer: the peer hears that this end gives up.
          if (!this.#writeEnd) this.#alert('decode_error')
          this.#forget()
        }
        return this.#readEnd
      case 'broken':
        this.#readEnd = failure(new CarrierError('read', stopped.error))
        if (!this.#connected) this.#forget()
        return this.#readEnd
    }
  }

  /** Offers what is queued. */
  #push(): 'done' | Stopped {
    if (this.#writeEnd && this.#writeEnd.error instanceof CarrierError)
      return brokenPipe(this.#writeEnd)
    if (this.#waitedInVain) return retryWrite
    const before = this.#writer.queue
    const pushed = this.#carrier.push()
    this.#flightLeft = Math.max(0, this.#flightLeft - (before - this.#writer.queue))
    if (this.#carrier.interrupted) this.#protected(() => this.#carrier.rethrow())
    if (pushed === 'done') return pushed
    if (pushed.stop === 'retry') {
      this.#waitedInVain = this.#carrier.waitsToWrite
      return pushed
    }
    const cause = pushed.stop === 'broken' ? pushed.error : new Error('it has ended')
    this.#writeEnd ??= failure(new CarrierError('write', cause))
    // Nothing waits for room any more.
    this.#unqueue()
    return pushed
  }

  /** Catches what the peer did wrong, in one place: queues the alert and latches the error on both halves. */
  #protected<T>(work: () => T): T | Failed {
    try {
      return work()
    } catch (error) {
      return this.#fail(error)
    }
  }

  #fail(error: unknown): Failed {
    const alert =
      error instanceof TlsAlert
        ? error
        : new TlsAlert('internal_error', {
            reason: 'INTERNAL_ERROR',
            section: '6.2',
            why: error instanceof Error ? error.message : String(error),
            cause: error,
          })
    alert.state ??= this.state
    this.#output.drop()
    // Nothing goes out after a fatal alert of theirs (RFC 9846 §6), and no alert after our close_notify.
    if (alert.origin === 'received') this.#unqueue()
    else if (this.#announced === 'no' && !this.#writeEnd)
      this.#alert(alert.alert as keyof typeof alerts)
    const failed = failure(alert)
    // What the peer said to the end stays what it was: only our own half fails then.
    this.#readEnd ??= failed
    this.#writeEnd ??= failed
    this.#forget()
    this.#push()
    return failed
  }

  #alert(name: keyof typeof alerts): void {
    const level = name === 'close_notify' || name === 'user_canceled' ? 1 : 2
    try {
      const description = alerts[name]
      this.#output.record('alert', Uint8Array.of(level, description))
      this.#parts.trace?.tell({
        event: 'alert',
        direction: 'write',
        alert: name,
        level,
        description,
      })
    } catch {
      // The key can seal nothing more (its sequence numbers are used up): the connection ends without a word.
    }
  }

  /** RFC 9846 §6.1: close_notify, unless an error alert is sent: what was cut short is no clean end. */
  #announce(error?: Error): void {
    if (!error) this.#settle()
    this.#alert(error ? 'internal_error' : 'close_notify')
    this.#announced = 'queued'
  }

  /**
   * What is owed, a KeyUpdate or tickets, goes out once nothing waits before it: so there is never more than one update in the queue.
   * Over a BIO that waits for room, only a call that `writes` may do so: reading would have to wait for who does not read.
   */
  #settle(writes = false): void {
    this.#attend()
    const owes = this.#ticketsOwed || this.#connected?.owesUpdate
    if (!owes || !this.#connected || (this.#waitsForRoom && !writes)) return
    if (this.#announced !== 'no' || this.#writeEnd || this.#writer.queue > 0) return
    this.#protected(() => {
      this.#issueOwed()
      this.#order({ command: 'settle' })
    })
    this.#push()
  }

  /**
   * Goes on with authentications after the handshake; what they send goes out once nothing waits before it. Over a BIO that waits for
   * room it goes out all the same: somebody asked for it.
   */
  #attend(): void {
    if (!this.#asides.any || this.#forgotten) return
    this.#protected(() => {
      this.#asides.step()
      for (;;) {
        const room = this.#announced === 'no' && !this.#writeEnd && this.#push() === 'done'
        const command = this.#asides.take(room)
        if (!command) return
        this.#order(command)
        if (command.command === 'authenticated') this.#owe()
      }
    })
    this.#push()
  }

  /** Tickets that were issued say nothing of who the client has turned out to be: others follow as they did after the handshake. */
  #owe(): void {
    this.#ticketsOwed = true
    this.#wrote = false
  }

  /** The most content of the next record of application data. */
  #recordLength(): number {
    const { sizing } = this.#parts
    const most = this.#writer.fragmentLength
    return sizing ? Math.min(sizing.length(), most) : most
  }

  #seal(chunk: Uint8Array): undefined {
    this.#carrier.seal(chunk)
    this.#parts.sizing?.made(chunk.length)
    this.#output.tell('application_data', chunk.length)
  }

  /** Whether a record can be sealed: nothing waits before it, and the key may be used. */
  #clear(): boolean {
    if (this.#push() !== 'done' && this.#writer.queue > 0) return false
    if (this.#writeEnd || this.#protected(() => this.#rekey())) return false
    this.#push()
    return this.#writer.queue === 0
  }

  /** Before application data: the update that is owed, and one where the key has sealed all it may (RFC 9846 §5.5). */
  #rekey(): undefined {
    if (this.#connected?.owesUpdate) this.#order({ command: 'settle' })
    else if (this.#writer.limitReached) this.#order({ command: 'key_update', request: false })
  }

  #command(command: (connected: Connected) => Command | undefined): FlushOutcome {
    this.#settle(true)
    this.#push()
    if (this.#writeEnd) return this.#writeEnd
    if (this.#writer.queue > 0) return this.#waiting(false)
    const failed = this.#protected(() => {
      const ordered = command(this.#connected as Connected)
      return ordered && this.#order(ordered)
    })
    this.#push()
    return failed ?? this.#writeEnd ?? { status: 'done' }
  }

  /** What was done is done; a call that waits comes back when it is out as well. */
  #drained<T extends FlushOutcome>(outcome: T): T {
    if (this.#waits && outcome.status === 'done') this.flush()
    return outcome
  }

  /** What is queued is never sent. */
  #unqueue(): void {
    while (this.#writer.queue > 0) this.#writer.sent(this.#writer.pending().length)
  }

  /** Orders tickets, as many as the queue has room for: none is worth a failure. */
  #issue(commands: readonly Command[]): undefined {
    for (const command of commands) {
      if (command.command === 'ticket' && this.#writer.room() < command.ticket.length + ticketRoom)
        return
      this.#order(command)
    }
  }

  #order(command: Command): undefined {
    this.#connected = order(this.#connected as Connected, command, this.#around)
  }

  get #around() {
    const { crypto, edit } = this.#parts
    return { crypto, edit, output: this.#output, begin: (aside: Aside) => this.#asides.add(aside) }
  }

  #waiting(reading: boolean): Waiting {
    // A write half that broke waits for nothing.
    const write = this.#writeEnd?.error instanceof CarrierError ? 0 : this.#carrier.unsent
    const meanwhile = reading ? this.#asides.waits : undefined
    return {
      status: write > 0 || !reading ? 'want_write' : 'want_read',
      read: reading ? this.#reader.wanted : 0,
      write,
      ...(meanwhile ? { meanwhile } : {}),
    }
  }

  /** What is left to write may have gone since the stop was noted. */
  #again(stop: Stop): Stop {
    return 'read' in stop ? this.#waiting(stop.read > 0) : stop
  }

  /** Wipes what is secret; what is queued stays to be sent. */
  #forget(): void {
    this.#forgotten = true
    this.#shaking.stop()
    this.#asides.stop()
    if (this.#connected) forget(this.#connected)
    // What was read is still to be given; what was sent comes back after a handshake alone.
    else if (this.#parts.role === 'client') this.#early.wipe()
    this.#parts.forget()
    if (this.#plaintext.length === 0) this.#reader.wipe()
    this.#writer.wipe()
    this.#joiner.wipe()
  }
}

function unexpected(section: string, what: string): TlsAlert {
  return new TlsAlert('unexpected_message', {
    reason: 'UNEXPECTED_MESSAGE',
    section,
    why: `got ${what}`,
  })
}

function failure(error: Failed['error']): Failed {
  return { status: 'failed', error }
}

function brokenPipe({ error }: Failed): Stopped {
  return { stop: 'broken', error }
}
