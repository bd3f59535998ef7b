/** The memory BIO of datagrams (BIO_s_dgram_mem): what was sent is received, in order and whole. */
import type { Datagram, DatagramBio, Stopped, TooLong, TooShort } from './bio.ts'
import { BioError } from './bio-error.ts'
import { checkBytes, checkDirection } from './check.ts'
import { DatagramQueue } from './datagram-queue.ts'
import { Signal } from './signal.ts'
import { broken, eof, retryWrite } from './stopped.ts'

export interface DatagramMemoryOptions {
  /** The most that is held, each datagram counted with `datagramOverhead` more bytes; without it the memory grows. */
  readonly limit?: number
  /** A datagram that is longer than the buffer is refused with `short` and stays, instead of being cut. */
  readonly noTruncate?: boolean
}

/** One queue: what is sent here is received here. */
export class DatagramMemoryBio implements DatagramBio {
  readonly #queue: DatagramQueue
  /** A datagram that is longer than the buffer is refused with `short` and stays, instead of being cut. */
  noTruncate: boolean
  /** What receives come to once nothing is left. */
  #ending: 'eof' | Error | undefined
  /** Why sends are refused. */
  #sendStop: Error | undefined
  /** The length of the datagram that found no room, until one is taken. */
  #refused = 0
  readonly #readable = new Signal()
  readonly #writable = new Signal()

  constructor({ limit, noTruncate = false }: DatagramMemoryOptions = {}) {
    this.#queue = new DatagramQueue(limit ?? Number.POSITIVE_INFINITY)
    this.noTruncate = noTruncate
  }

  /** The most that is held, as the options have it; Infinity if they have not. */
  get limit(): number {
    return this.#queue.size
  }

  /** The length of the next datagram; undefined where there is none. */
  get pending(): number | undefined {
    return this.#queue.next
  }

  /** How many bytes the longest datagram has that is taken now; 0 once closed. */
  get writeGuarantee(): number {
    return this.#ending === undefined ? Math.max(this.#queue.free, 0) : 0
  }

  /** Nothing to receive, and never again: closed without an error, and everything received. */
  get eof(): boolean {
    return this.#ending === 'eof' && this.#queue.count === 0
  }

  receive(into: Uint8Array): Datagram | Stopped | TooShort {
    const answer = this.#queue.receive(into, this.noTruncate)
    if (!('stop' in answer)) this.#writable.fire()
    else if (answer.stop === 'retry' && this.#ending !== undefined)
      return this.#ending === 'eof' ? eof : broken(this.#ending)
    return answer
  }

  send(datagram: Uint8Array): 'done' | Stopped | TooLong {
    checkBytes('the datagram', datagram)
    if (this.#sendStop) return broken(this.#sendStop)
    const answer = this.#queue.send(datagram)
    if (answer === 'done') {
      this.#refused = 0
      this.#readable.fire()
    } else if (answer === retryWrite) this.#refused = datagram.length
    return answer
  }

  /** Memory is the lowest carrier: what it took has arrived. */
  flush(): 'done' {
    return 'done'
  }

  /** Nothing more is taken; what is held can be received, then `eof`, or `broken` with `error` where that is given. */
  close(error?: Error): void {
    if (this.#ending !== undefined) return
    this.#ending = error ?? 'eof'
    this.#sendStop = new BioError('CLOSED', 'send: this memory BIO was closed', { cause: error })
    this.#readable.fire()
    this.#writable.fire()
  }

  /** For `write`: there is room for the datagram that found none last, or nothing more is taken. */
  ready(on: 'read' | 'write'): Promise<void> {
    checkDirection(on)
    const { count, free } = this.#queue
    if (this.#ending !== undefined) return Promise.resolve()
    if (on === 'read') return count > 0 ? Promise.resolve() : this.#readable.wait()
    return free >= this.#refused ? Promise.resolve() : this.#writable.wait()
  }

  /** Drops what is held (BIO_reset). Closed stays closed. */
  reset(): void {
    this.#queue.clear()
    this.#writable.fire()
  }
}
