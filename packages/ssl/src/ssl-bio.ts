/** `SslBio`: TLS as a filter (BIO_f_ssl). What is written is sealed and goes down; what comes up was opened. */
import {
  type Bio,
  BioError,
  broken,
  eof,
  Filter,
  retryRead,
  retryWrite,
  type SelectableBio,
  type Stopped,
  selectable,
  setBlocking,
} from '@biopair/bio'
import { misuse } from './misuse.ts'
import type { ShutdownOutcome, Stop } from './outcome.ts'
import type { Ssl } from './ssl.ts'

/**
 * Stands on the BIO that carries the records: `new SslBio(ssl).push(carrier)`. TLS in TLS is two pushes. The role is the `Ssl`'s own
 * affair (`setConnectState`, `setAcceptState`); reading and writing shake hands first. A clean end of the peer is `eof`; a cut one is
 * `broken` with PREMATURE_CLOSE; a failure is `broken` with the `TlsAlert` or `CarrierError`. A callback that has promised its answer is a
 * retry on `special`, whose `reason` names the want. Popped and pushed on another carrier, the connection goes on there.
 */
export class SslBio extends Filter {
  readonly ssl: Ssl
  /** What to wait for in each direction: the last stop of a call that asked for it, or was told to wait for it. */
  readonly #stops: { read?: Halt | undefined; write?: Halt | undefined } = {}
  #closing = false

  /** `ssl` gets its BIO from here: whatever is below this filter. */
  constructor(ssl: Ssl) {
    super()
    this.ssl = ssl
    ssl.setBio(new Port(this))
  }

  override read(into: Uint8Array): number | Stopped {
    if (into.length === 0) return 0
    if (this.#closing) return closed()
    if (!this.next && this.ssl.pending === 0) return super.read(into)
    const outcome = this.ssl.read(into)
    return outcome.status === 'done'
      ? this.#went('read', outcome.bytes)
      : this.#stopped('read', outcome)
  }

  /** Takes what `Ssl.write` takes: at least a record's worth, if nothing waits before it. */
  override write(bytes: Uint8Array): number | Stopped {
    if (bytes.length === 0) return 0
    if (this.#closing) return closed()
    if (this.ssl.sentShutdown)
      return broken(new BioError('BROKEN_PIPE', 'write: this side has said close_notify'))
    if (!this.next) return super.write(bytes)
    const outcome = this.ssl.write(bytes)
    return outcome.status === 'done'
      ? this.#went('write', outcome.bytes)
      : this.#stopped('write', outcome)
  }

  /** Drives out what was sealed, and flushes below. After a `close` that found no room it goes on with that. */
  override flush(): 'done' | Stopped {
    if (!this.next) return super.flush()
    if (this.#closing && this.ssl.role === undefined) return super.flush()
    const outcome = this.#closing ? this.ssl.close() : this.ssl.flush()
    if (outcome.status !== 'done') return this.#stopped('write', outcome)
    return this.#went('write', 'done')
  }

  /** Shakes hands, if that is not done, and says close_notify, behind all that was written. The carrier is not ended: the peer may go on. */
  override end(): 'done' | Stopped {
    if (this.#closing || !this.next || this.ssl.sentShutdown) return this.flush()
    const shaken = this.ssl.doHandshake()
    if (shaken.status !== 'done') return this.#stopped('write', shaken)
    const outcome = this.ssl.shutdown()
    return said(outcome) ? this.#went('write', 'done') : this.#stopped('write', outcome)
  }

  /**
   * Says goodbye and closes the carrier once all is out; where there is no room, `flush` goes on with it. With an `error`, the peer
   * gets the alert internal_error, which is no clean end.
   */
  override close(error?: Error): void {
    if (!this.next) return
    this.#closing = true
    // Nothing has begun, and nobody waits for a goodbye.
    if (this.ssl.role === undefined) super.close(error)
    else this.ssl.close(error)
  }

  /** Settles when what the last call in this direction, or the last one that was told to wait for it, waits for has come about. */
  override ready(on: 'read' | 'write'): Promise<void> {
    const halt = this.#stops[on]
    if (on === 'read' && this.ssl.pending > 0) return Promise.resolve()
    return halt ? this.ssl.ready(halt.stop) : Promise.resolve()
  }

  /** Where what is below can wait for bytes or room, this can: for what the last calls in the wanted directions wait for. */
  get select(): SelectableBio['select'] | undefined {
    const below = this.next && selectable(this.next)
    return below && (wanted => this.#settled(wanted) || this.#selected(below, wanted))
  }

  /** Plaintext that can be read; what lies sealed below does not count. */
  override get pending(): number {
    return this.ssl.pending
  }

  override get wpending(): number {
    return this.ssl.queued + super.wpending
  }

  /** The peer has said close_notify, and all it sent was read. */
  override get eof(): boolean {
    return this.ssl.receivedShutdown && this.ssl.pending === 0
  }

  /** Whether a call in a wanted direction is worth another try as it is. */
  #settled(wanted: Wanted): boolean {
    const { read, write } = this.#stops
    const readable = this.ssl.pending > 0 || !wants(read?.stop)
    return (wanted.read && readable) || (wanted.write && !wants(write?.stop))
  }

  /** A callback's promise is nothing that waiting here could bring about: false, as if the time were up. */
  #selected(below: SelectableBio, wanted: Wanted): boolean {
    const stops = [wanted.read && this.#stops.read?.stop, wanted.write && this.#stops.write?.stop]
    const waiting = stops.filter(stop => stop !== false).filter(waits)
    const read = waiting.some(({ read }) => read > 0)
    const write = waiting.some(({ status }) => status === 'want_write')
    return (read || write) && below.select({ read, write })
  }

  /** A call went through: what it waited for before is no matter any more. */
  #went<A>(call: 'read' | 'write', answer: A): A {
    for (const on of ['read', 'write'] as const)
      if (this.#stops[on]?.call === call) this.#stops[on] = undefined
    return answer
  }

  #stopped(call: 'read' | 'write', stop: Stop): Stopped {
    const answer = answerOf(stop)
    const halt = { call, stop }
    this.#stops[call] = halt
    if (answer.stop === 'retry' && answer.on !== 'special') this.#stops[answer.on] = halt
    return answer
  }
}

/** A call that stopped. */
interface Halt {
  readonly call: 'read' | 'write'
  readonly stop: Stop
}

type Wanted = Parameters<SelectableBio['select']>[0]

/** Whether a call has to wait, for the carrier or for a callback. */
function wants(stop: Stop | undefined): boolean {
  return stop?.status.startsWith('want_') ?? false
}

/** Whether it is the carrier that a stopped call waits for. */
function waits(stop: Stop | undefined): stop is Extract<Stop, { readonly read: number }> {
  return stop !== undefined && 'read' in stop
}

/** What the words of an Ssl mean for a BIO. */
function answerOf(stop: Stop): Stopped {
  switch (stop.status) {
    case 'want_read':
      return retryRead
    case 'want_write':
      return retryWrite
    case 'closed':
      return eof
    case 'truncated':
      return broken(new BioError('PREMATURE_CLOSE', 'the carrier ended without close_notify'))
    case 'failed':
      return broken(stop.error)
    default:
      return { stop: 'retry', on: 'special', reason: stop.status.slice('want_'.length) }
  }
}

/** What the Ssl has for a BIO: whatever is below the filter at the moment. */
class Port implements Bio {
  readonly #filter: SslBio

  constructor(filter: SslBio) {
    this.#filter = filter
  }

  get #below(): Bio {
    // A filter without anything below it says so in every call.
    return this.#filter.next ?? new Filter()
  }

  read(into: Uint8Array): number | Stopped {
    return this.#below.read(into)
  }

  write(bytes: Uint8Array): number | Stopped {
    return this.#below.write(bytes)
  }

  flush(): 'done' | Stopped {
    return this.#below.flush()
  }

  end(): 'done' | Stopped {
    return this.#below.end()
  }

  close(error?: Error): void {
    this.#below.close(error)
  }

  ready(on: 'read' | 'write'): Promise<void> {
    const below = this.#below
    if (below.ready) return below.ready(on)
    throw misuse(
      'ERR_INVALID_ARG_TYPE',
      `expected a BIO with ready() below the TLS filter, to wait until it can ${on}`,
    )
  }

  get blocking(): boolean {
    return this.#below.blocking ?? false
  }

  setBlocking(blocking: boolean): void {
    setBlocking(this.#below, blocking)
  }

  get select(): SelectableBio['select'] | undefined {
    const below = selectable(this.#below)
    return below && (wanted => below.select(wanted))
  }
}

/** Whether our close_notify is out. */
function said(
  outcome: ShutdownOutcome,
): outcome is Extract<ShutdownOutcome, { readonly status: 'done' | 'sent' | 'unread' }> {
  return outcome.status === 'done' || outcome.status === 'sent' || outcome.status === 'unread'
}

function closed(): Stopped {
  return broken(new BioError('CLOSED', 'this TLS filter was closed'))
}
