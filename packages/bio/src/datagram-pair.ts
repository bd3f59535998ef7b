/** The pair of datagram BIOs (BIO_s_dgram_pair): two halves, and what is sent by one is received by the other. */
import type { Datagram, DatagramBio, Stopped, TooLong, TooShort } from './bio.ts'
import { BioError, misuse } from './bio-error.ts'
import { checkBytes, checkCount, checkDirection } from './check.ts'
import { DatagramQueue, datagramOverhead } from './datagram-queue.ts'
import { Signal } from './signal.ts'
import { broken, eof, retryWrite } from './stopped.ts'

/** What a half begins with: the payload of a UDP datagram in an Ethernet frame over IPv4. */
export const defaultMtu = 1472

/** How much a half holds if nobody says: nine datagrams of the usual MTU, 15336 bytes. */
export const defaultDatagramSize = 9 * (defaultMtu + datagramOverhead)

export interface DatagramPairOptions {
  /** The most that one half holds for the other, each datagram counted with `datagramOverhead` more bytes. */
  readonly size?: number
  /** What `mtu` is at first. */
  readonly mtu?: number
  /** What `noTruncate` is at first. */
  readonly noTruncate?: boolean
}

/**
 * One half. It owns the queue that it sends to; receiving takes from the queue of its peer.
 * A `new` one is unpaired: sending and receiving is `broken` (`ERR_BIO_UNINITIALIZED`) until `pair`.
 */
export class DatagramPairBio implements DatagramBio {
  /** A datagram that is longer than the buffer is refused with `short` and stays, instead of being cut. */
  noTruncate: boolean
  #queue: DatagramQueue
  #mtu: number
  #peer: DatagramPairBio | undefined
  /** Why our sends are refused; set by `close`. */
  #sendStop: Error | undefined
  /** Why our receives are refused; set by `close`, unless they had come to their end before. */
  #receiveStop: Error | undefined
  /** What the peer comes to once it has received everything; set by `close`. */
  #ending: 'eof' | Error | undefined
  /** Why the peer's sends are refused; set by `close`. */
  #refusal: Error | undefined
  /** The length of our datagram that found no room, until one is taken. */
  #refused: number | undefined
  readonly #readable = new Signal()
  readonly #writable = new Signal()

  constructor(options: DatagramPairOptions = {}) {
    const { size = defaultDatagramSize, mtu = defaultMtu, noTruncate = false } = options
    checkCount('mtu', mtu, 1)
    this.#queue = new DatagramQueue(size)
    this.#mtu = mtu
    this.noTruncate = noTruncate
  }

  /** The most that this half holds for its peer, each datagram counted with `datagramOverhead` (BIO_get_write_buf_size). */
  get size(): number {
    return this.#queue.size
  }

  /** Whether this half has a peer. */
  get paired(): boolean {
    return this.#peer !== undefined
  }

  /** Told to whoever fills the datagrams; longer ones are taken all the same, where they fit (BIO_dgram_get_mtu). */
  get mtu(): number {
    return this.#mtu
  }

  /** Sets it here and on the peer (BIO_dgram_set_mtu). RangeError unless it is an integer from 1. */
  set mtu(mtu: number) {
    checkCount('mtu', mtu, 1)
    this.#mtu = mtu
    if (this.#peer) this.#peer.#mtu = mtu
  }

  /** The length of the next datagram, not of all; undefined where there is none (BIO_ctrl_pending). */
  get pending(): number | undefined {
    return this.#peer === undefined ? undefined : this.#peer.#queue.next
  }

  /** How many bytes the datagrams have that were sent here and not received by the peer yet (OpenSSL: always 0). */
  get wpending(): number {
    return this.#queue.bytes
  }

  /**
   * How long the longest datagram is that `send` takes now: exact, but 0 as long as there is no room for one of the MTU, so
   * that nobody fetches a datagram from a network which then does not fit. 0 too once closed, or unpaired.
   */
  get writeGuarantee(): number {
    const { free } = this.#queue
    return this.#peer === undefined || this.#cannotSend(this.#peer) || free < this.#mtu ? 0 : free
  }

  /** Nothing to receive, and never again: the peer closed without an error, or there is none. */
  get eof(): boolean {
    if (this.#peer === undefined) return true
    return this.#peer.#ending === 'eof' && this.#peer.#queue.count === 0
  }

  /** How many bytes of memory the datagrams that this half sent take now. */
  get held(): number {
    return this.#queue.held
  }

  receive(into: Uint8Array): Datagram | Stopped | TooShort {
    checkBytes('what to receive into', into)
    const peer = this.#peer
    if (peer === undefined) return unpaired()
    if (this.#receiveStop) return broken(this.#receiveStop)
    if (peer.#ending !== undefined && peer.#queue.count === 0)
      return peer.#ending === 'eof' ? eof : broken(peer.#ending)
    const answer = peer.#queue.receive(into, this.noTruncate)
    if (!('stop' in answer)) peer.#writable.fire()
    return answer
  }

  send(datagram: Uint8Array): 'done' | Stopped | TooLong {
    checkBytes('the datagram', datagram)
    const peer = this.#peer
    if (peer === undefined) return unpaired()
    if (this.#sendStop) return broken(this.#sendStop)
    if (peer.#refusal) return broken(peer.#refusal)
    const answer = this.#queue.send(datagram)
    if (answer === 'done') {
      this.#refused = undefined
      peer.#readable.fire()
    } else if (answer === retryWrite) this.#refused = datagram.length
    return answer
  }

  /** A pair is the lowest carrier: what it took has arrived. `broken` only while unpaired. */
  flush(): 'done' | Stopped {
    return this.#peer === undefined ? unpaired() : 'done'
  }

  /**
   * Ends both ways: the peer receives what was sent here, then comes to `eof`, or to `broken` with `error` where that is
   * given; its sends are refused. What it sent and we have not received is dropped. There is no half-close, as UDP has none.
   */
  close(error?: Error): void {
    const peer = this.#peer
    if (peer === undefined || this.#ending !== undefined) return
    const closed = new BioError('CLOSED', 'this half of the datagram pair was closed', {
      cause: error,
    })
    this.#ending = error ?? 'eof'
    this.#refusal =
      error ?? new BioError('BROKEN_PIPE', 'send: the other half of the datagram pair was closed')
    this.#sendStop = peer.#refusal ?? closed
    if (peer.#queue.count > 0 || peer.#ending === undefined) this.#receiveStop = closed
    for (const half of [this, peer]) half.#awaken()
    peer.reset()
  }

  /** Settles when another try is worth it; for `write` that is room for the datagram that found none last, or for the MTU. */
  ready(on: 'read' | 'write'): Promise<void> {
    checkDirection(on)
    const peer = this.#peer
    if (peer === undefined) return Promise.resolve()
    if (on === 'read') {
      const worthIt = peer.#queue.count > 0 || peer.#ending !== undefined || this.#receiveStop
      return worthIt ? Promise.resolve() : this.#readable.wait()
    }
    const { free, most } = this.#queue
    const worthIt = free >= (this.#refused ?? Math.min(this.#mtu, most)) || this.#cannotSend(peer)
    return worthIt ? Promise.resolve() : this.#writable.wait()
  }

  /** Drops what this half sent and its peer has not received (BIO_reset). Closed stays closed. */
  reset(): void {
    this.#queue.clear()
    this.#writable.fire()
  }

  /** Another size, while unpaired (BIO_set_write_buf_size). TypeError `ERR_BIO_IN_USE` while paired. */
  resize(size: number): void {
    if (this.#peer) throw misuse(TypeError, 'resize: this half has a peer; destroy first', 'IN_USE')
    this.#queue = new DatagramQueue(size)
  }

  /** Pairs two halves, empty and with nothing closed (BIO_make_bio_pair). TypeError if one is paired, or is the other. */
  pair(other: DatagramPairBio): void {
    if (!(other instanceof DatagramPairBio))
      throw misuse(TypeError, `pair: expected a DatagramPairBio, got ${typeof other}`)
    if (other === this) throw misuse(TypeError, 'pair: expected two halves, got the same one twice')
    if (this.#peer) throw misuse(TypeError, 'pair: this half has a peer already', 'IN_USE')
    if (other.#peer) throw misuse(TypeError, 'pair: the other half has a peer already', 'IN_USE')
    this.#begin(other)
    other.#begin(this)
  }

  /** Parts the two halves; what was not received is lost (BIO_destroy_bio_pair). Doing it again, or unpaired, does nothing. */
  destroy(): void {
    const peer = this.#peer
    if (peer === undefined) return
    this.#begin(undefined)
    peer.#begin(undefined)
  }

  #begin(peer: DatagramPairBio | undefined): void {
    this.#peer = peer
    this.#queue.clear()
    this.#sendStop = undefined
    this.#receiveStop = undefined
    this.#ending = undefined
    this.#refusal = undefined
    this.#refused = undefined
    this.#awaken()
  }

  #awaken(): void {
    this.#readable.fire()
    this.#writable.fire()
  }

  #cannotSend(peer: DatagramPairBio): boolean {
    return this.#sendStop !== undefined || peer.#refusal !== undefined
  }
}

/** Two halves of a new pair (BIO_new_bio_dgram_pair); `optionsB` are those of `optionsA` unless they are said. */
export function datagramPair(
  optionsA: DatagramPairOptions = {},
  optionsB: DatagramPairOptions = optionsA,
): [DatagramPairBio, DatagramPairBio] {
  const a = new DatagramPairBio(optionsA)
  const b = new DatagramPairBio(optionsB)
  a.pair(b)
  return [a, b]
}

function unpaired(): Stopped {
  return broken(
    new BioError('UNINITIALIZED', 'this half of a datagram pair has no peer: pair it with another'),
  )
}
