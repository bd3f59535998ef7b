/** Early data of one connection, apart from all other data: what a server has not read yet, what a client may have to send again. */
import { equal } from '@biopair/crypto'
import type { Fact, Role } from '@biopair/handshake'
import { type Bytes, TlsAlert } from '@biopair/wire'
import { EarlyBuffer } from './early-buffer.ts'
import type { EarlyRefused } from './outcome.ts'

/**
 * What became of early data: `none` was offered (or nothing is known yet); a client's is `offered` until the server has answered, then `accepted` or
 * `rejected`, and a server's `accepted` or `rejected`.
 */
export type EarlyDataStatus = 'none' | 'offered' | 'accepted' | 'rejected'

/** Early data that a server has not taken. */
export interface RejectedEarlyData {
  /** All that was taken by `writeEarly`, in order: the peer's program has seen none of it. */
  readonly bytes: Bytes
  /**
   * Whether the protocol (ALPN) that was agreed on now is the one that the bytes were for. Where it is not, they may not be sent
   * again as they are (RFC 9846 §4.3.10): they may mean something else there.
   */
  readonly sameProtocol: boolean
}

type State = Extract<Fact, { fact: 'early_data' }>['state']

/** A record's header, content type and tag: what a server that passes early data over does not count. */
const recordOverhead = 5 + 1 + 16

export class EarlyStream {
  readonly #role: Role
  /** Bytes that are held at most. */
  readonly #most: number
  readonly #held = new EarlyBuffer()
  #state: State | undefined
  #status: EarlyDataStatus = 'none'
  #limit = 0
  /** Of the limit. */
  #used = 0
  #alpn: Bytes | undefined
  /** Whether any was sealed here: by a client before its handshake, or by a server before the client's Finished. */
  wrote = false

  constructor(role: Role, most: number) {
    this.#role = role
    this.#most = most
  }

  get status(): EarlyDataStatus {
    return this.#status
  }

  /** Takes in how it stands. */
  learn({ state, limit, alpn }: Extract<Fact, { fact: 'early_data' }>): void {
    this.#state = state
    if (state !== 'over') this.#status = state
    if (limit !== undefined) {
      this.#limit = limit
      this.#alpn = alpn
    }
    if (this.#role === 'client' && state === 'accepted') this.#held.wipe()
  }

  /** Server: takes a record's content in. RFC 9846 §4.7.1: beyond what the ticket permits it is unexpected_message. */
  receive(fragment: Uint8Array): void {
    this.#used += fragment.length
    if (this.#used > this.#limit)
      throw new TlsAlert('unexpected_message', {
        reason: 'TOO_MUCH_EARLY_DATA',
        section: '4.7.1',
        why: `expected at most ${this.#limit} bytes of early data, got ${this.#used}`,
      })
    this.#held.add(fragment)
  }

  /** Server: bytes that nobody has read yet. */
  get pending(): number {
    return this.#role === 'server' ? this.#held.length : 0
  }

  /** Server: whether no more will come. */
  get ended(): boolean {
    return this.#state === 'none' || this.#state === 'rejected' || this.#state === 'over'
  }

  /** Server: puts the first bytes into `into`. */
  read(into: Uint8Array): number {
    return this.#held.take(into)
  }

  /** After the handshake: why the connection cannot go on elsewhere yet; undefined where nothing is left. */
  get unfinished(): string | undefined {
    if (this.#held.length === 0) return undefined
    return this.#role === 'server'
      ? 'early data has not been read: readEarly gives it'
      : 'early data was rejected: rejectedEarlyData gives it back'
  }

  /** For a connection that was moved here: no early data comes or goes any more. */
  goOn(status: EarlyDataStatus): void {
    this.#status = status
    this.#state = status === 'accepted' ? 'over' : status
  }

  /** Client: whether it is known what becomes of bytes that are to be written: they may go, or are refused. */
  get decided(): boolean {
    return this.#state !== undefined
  }

  /** Client: why no more bytes are taken; undefined where they are, or nothing is known yet. */
  get refusal(): EarlyRefused['reason'] | undefined {
    switch (this.#state) {
      case 'none':
        return 'not_offered'
      case 'rejected':
        return 'rejected'
      case 'over':
        return 'over'
      default:
        return this.decided && this.left === 0 ? 'limit' : undefined
    }
  }

  /** Client: bytes that may still be sent. */
  get left(): number {
    return Math.max(0, Math.min(this.#limit, this.#most) - this.#used)
  }

  /**
   * Client: what a record of `size` bytes with `length` bytes of data takes from the limit. Data alone counts for a server that takes it, but one that passes it
   * over sees no padding, and counts that as well.
   */
  cost(length: number, size: number): number {
    return Math.max(length, size - recordOverhead)
  }

  /** Client: notes what was sealed, to be sent again where it is rejected. */
  sent(bytes: Uint8Array, cost: number): void {
    this.#used += cost
    if (this.#state === 'offered') this.#held.add(bytes)
  }

  /** Client, after its handshake: what has to be sent again, once. Undefined where there is nothing. */
  takeRejected(alpn: Bytes | undefined): RejectedEarlyData | undefined {
    if (this.#role !== 'client' || this.#status !== 'rejected' || this.#held.length === 0)
      return undefined
    const bytes = new Uint8Array(this.#held.length)
    this.#held.take(bytes)
    const before = this.#alpn
    return { bytes, sameProtocol: alpn && before ? equal(alpn, before) : alpn === before }
  }

  wipe(): void {
    this.#held.wipe()
  }
}
