/** Datagrams that wait, in order, with their boundaries: their bytes stand in one queue, their lengths beside it. */
import type { Datagram, Stopped, TooLong, TooShort } from './bio.ts'
import { checkBytes, checkCount } from './check.ts'
import { ByteQueue } from './queue.ts'
import { retryRead, retryWrite } from './stopped.ts'

/**
 * What each datagram takes of a queue's size beside its bytes, so that empty ones are bounded too. It is what OpenSSL 3.5
 * counts for a length and two addresses on a 64-bit machine: its sizes hold as many datagrams here as there.
 */
export const datagramOverhead = 232

/** Constant cost for each datagram besides copying it in and out. */
export class DatagramQueue {
  /** The most that is held, each datagram counted with `datagramOverhead`; may be Infinity. */
  readonly size: number
  readonly #bytes = new ByteQueue()
  /** Of all that wait, the next at `#first`; what is before that was received. */
  #lengths: number[] = []
  #first = 0

  /** RangeError unless a datagram of one byte fits into `size`. */
  constructor(size: number) {
    if (size !== Number.POSITIVE_INFINITY)
      checkCount('size for datagrams', size, datagramOverhead + 1)
    this.size = size
  }

  /** How many datagrams wait. */
  get count(): number {
    return this.#lengths.length - this.#first
  }

  /** How many bytes all that wait have. */
  get bytes(): number {
    return this.#bytes.length
  }

  /** The length of the next one; undefined if none waits. */
  get next(): number | undefined {
    return this.#lengths[this.#first]
  }

  /** The longest datagram that ever fits. */
  get most(): number {
    return this.size - datagramOverhead
  }

  /** The longest datagram that fits now; below 0 where not even an empty one does. */
  get free(): number {
    return this.most - this.bytes - this.count * datagramOverhead
  }

  /** How many bytes of memory the storage takes now. */
  get held(): number {
    return this.#bytes.held
  }

  send(datagram: Uint8Array): 'done' | Stopped | TooLong {
    checkBytes('the datagram', datagram)
    const { length } = datagram
    if (length > this.most) return { stop: 'long', most: this.most }
    if (length > this.free) return retryWrite
    this.#bytes.write(datagram)
    this.#lengths.push(length)
    return 'done'
  }

  /** With `whole`, a datagram that does not fit into `into` is not cut, and stays. */
  receive(into: Uint8Array, whole: boolean): Datagram | Stopped | TooShort {
    checkBytes('what to receive into', into)
    const next = this.next
    if (next === undefined) return retryRead
    const length = Math.min(next, into.length)
    const lost = next - length
    if (whole && lost > 0) return { stop: 'short', length: next }
    this.#bytes.read(into.subarray(0, length))
    this.#bytes.consume(lost)
    this.#advance()
    return { length, lost }
  }

  /** Forgets all that wait, and gives the storage back. */
  clear(): void {
    this.#bytes.clear()
    this.#lengths = []
    this.#first = 0
  }

  /** The lengths of what was received go when they are half of the list: at least as many calls came before. */
  #advance(): void {
    this.#first++
    if (this.#first * 2 <= this.#lengths.length) return
    this.#lengths.splice(0, this.#first)
    this.#first = 0
  }
}
