/** The BIO pair (BIO_s_bio): two halves, and what is written to one is read from the other. */
import type { Bytes, LendingBio, Stopped } from './bio.ts'
import { BioError, misuse } from './bio-error.ts'
import { checkBytes, checkCount, checkDirection } from './check.ts'
import { ByteRing, defaultRingSize } from './ring.ts'
import { Signal } from './signal.ts'
import { broken, eof, retryRead, retryWrite } from './stopped.ts'

/**
 * One half of a BIO pair. It owns the ring that it writes to; reading takes from the ring of its peer.
 * A `new` one is unpaired: reading and writing it is `broken` (`ERR_BIO_UNINITIALIZED`) until `pair`.
 */
export class PairBio implements LendingBio {
  #ring: ByteRing
  #peer: PairBio | undefined
  /** What the peer's last failed read wanted of us. */
  #request = 0
  /** Why our writes are refused by ourselves. */
  #writeStop: Error | undefined
  /** Why our reads are refused by ourselves; set by `close`, unless they had come to their end before. */
  #readStop: Error | undefined
  /** What the peer comes to once it has read everything. */
  #ending: 'eof' | Error | undefined
  /** Why the peer's writes are refused by us; set by `close`. */
  #refusal: Error | undefined
  readonly #readable = new Signal()
  readonly #writable = new Signal()

  /** `size` is that of the ring that this half writes to, in bytes from 1. */
  constructor(size: number = defaultRingSize) {
    this.#ring = new ByteRing(size)
  }

  /** The size of the ring that this half writes to (BIO_get_write_buf_size). */
  get size(): number {
    return this.#ring.capacity
  }

  /** Whether this half has a peer. */
  get paired(): boolean {
    return this.#peer !== undefined
  }

  /** How many bytes can be read now (BIO_ctrl_pending). */
  get pending(): number {
    return this.#peer === undefined ? 0 : this.#peer.#ring.length
  }

  /** How many bytes written here were not read by the peer yet (BIO_ctrl_wpending). */
  get wpending(): number {
    return this.#ring.length
  }

  /** How many bytes one `write` takes: exact; 0 once writing has ended, or unpaired (BIO_ctrl_get_write_guarantee). */
  get writeGuarantee(): number {
    return this.#peer === undefined || this.#cannotWrite(this.#peer) ? 0 : this.#ring.free
  }

  /**
   * How many bytes the peer's last read wanted in vain, never more than the write guarantee; 0 after any read of the peer
   * that was not in vain, and after any write here (BIO_ctrl_get_read_request). A hint, not a demand.
   */
  get readRequest(): number {
    return Math.min(this.#request, this.writeGuarantee)
  }

  /** Nothing to read, and never again: the peer ended its side without an error, or there is none. */
  get eof(): boolean {
    if (this.#peer === undefined) return true
    return this.#peer.#ending === 'eof' && this.#peer.#ring.length === 0
  }

  /** How many bytes of memory this half's ring takes now. */
  get held(): number {
    return this.#ring.held
  }

  read(into: Uint8Array): number | Stopped {
    checkBytes('what to read into', into)
    if (into.length === 0) return 0
    const peer = this.#source(into.length)
    if (!(peer instanceof PairBio)) return peer
    const count = peer.#ring.read(into)
    peer.#writable.fire()
    return count
  }

  write(bytes: Uint8Array): number | Stopped {
    checkBytes('what to write', bytes)
    if (bytes.length === 0) return 0
    const peer = this.#target()
    if (!(peer instanceof PairBio)) return peer
    const count = this.#ring.write(bytes)
    peer.#readable.fire()
    return count
  }

  /** As BIO_nread0. An empty ring notes a read request of 1. */
  run(): Bytes | Stopped {
    const peer = this.#source(1)
    return peer instanceof PairBio ? peer.#ring.run() : peer
  }

  consume(count: number): void {
    const peer = this.#peer
    checkCount('bytes to consume of the run', count, 0, peer === undefined ? 0 : peer.size)
    if (peer === undefined || count === 0) return
    peer.#ring.consume(count)
    peer.#writable.fire()
  }

  /** As BIO_nwrite0, which gives the room up to the ring's end; `wanted` makes the ring join its two parts if need be. */
  room(wanted?: number): Bytes | Stopped {
    const peer = this.#target()
    return peer instanceof PairBio ? this.#ring.room(wanted) : peer
  }

  commit(count: number): void {
    checkCount('bytes to commit of the lent room', count, 0, this.writeGuarantee)
    this.#ring.commit(count)
    if (this.#peer && count > 0) this.#peer.#readable.fire()
  }

  /** A pair is the lowest carrier: what it took has arrived. `broken` only while unpaired. */
  flush(): 'done' | Stopped {
    return this.#peer === undefined ? unpaired() : 'done'
  }

  /** Half-close (BIO_shutdown_wr): the peer reads what is there, then `eof`. Always `done`; undone by `pair` alone. */
  end(): 'done' {
    this.#endWith('eof')
    this.#stopWriting(new BioError('BROKEN_PIPE', 'write: this half of the BIO pair was ended'))
    return 'done'
  }

  /**
   * Ends both ways. The peer reads what was written here, then `eof`, or `broken` with `error` where that is given; its
   * writes are refused. What it wrote and we have not read is dropped. An end that came before stays as it was.
   */
  close(error?: Error): void {
    if (this.#refusal !== undefined) return
    const closed = new BioError('CLOSED', 'this half of the BIO pair was closed', { cause: error })
    this.#refusal =
      error ?? new BioError('BROKEN_PIPE', 'write: the other half of the BIO pair was closed')
    this.#endWith(error ?? 'eof')
    this.#stopWriting(closed)
    const peer = this.#peer
    if (peer === undefined || peer.#ring.length > 0 || peer.#ending === undefined) {
      this.#readStop = closed
    }
    this.#readable.fire()
    if (peer) peer.reset()
  }

  /** Settles when the peer makes another try worth it: bytes or an end for `read`, room or an end for `write`. */
  ready(on: 'read' | 'write'): Promise<void> {
    checkDirection(on)
    const peer = this.#peer
    if (peer === undefined) return Promise.resolve()
    if (on === 'read') {
      const worthIt = peer.#ring.length > 0 || peer.#ending !== undefined || this.#readStop
      return worthIt ? Promise.resolve() : this.#readable.wait()
    }
    const worthIt = this.#ring.free > 0 || this.#cannotWrite(peer)
    return worthIt ? Promise.resolve() : this.#writable.wait()
  }

  /** Forgets the read request, for use after a speculative read of the peer (BIO_ctrl_reset_read_request). */
  resetReadRequest(): void {
    this.#request = 0
  }

  /** Drops what this half wrote and its peer has not read (BIO_reset). An end stays an end. */
  reset(): void {
    this.#ring.clear()
    this.#writable.fire()
  }

  /** Gives the ring's memory back if it is empty: for who knows that this half will be idle. */
  trim(): void {
    this.#ring.trim()
  }

  /** Another ring size, while unpaired (BIO_set_write_buf_size). TypeError `ERR_BIO_IN_USE` while paired. */
  resize(size: number): void {
    if (this.#peer) throw misuse(TypeError, 'resize: this half has a peer; destroy first', 'IN_USE')
    this.#ring = new ByteRing(size)
  }

  /** Pairs two halves with empty rings and nothing ended (BIO_make_bio_pair). TypeError if one is paired, or is the other. */
  pair(other: PairBio): void {
    if (!(other instanceof PairBio)) {
      throw misuse(TypeError, `pair: expected a PairBio, got ${typeof other}`)
    }
    if (other === this) throw misuse(TypeError, 'pair: expected two halves, got the same one twice')
    if (this.#peer) throw misuse(TypeError, 'pair: this half has a peer already', 'IN_USE')
    if (other.#peer) throw misuse(TypeError, 'pair: the other half has a peer already', 'IN_USE')
    this.#begin(other)
    other.#begin(this)
  }

  /** Parts the two halves; unread bytes are lost (BIO_destroy_bio_pair). Doing it again, or unpaired, does nothing. */
  destroy(): void {
    const peer = this.#peer
    if (peer === undefined) return
    this.#begin(undefined)
    peer.#begin(undefined)
  }

  #begin(peer: PairBio | undefined): void {
    this.#peer = peer
    this.#ring.clear()
    this.#request = 0
    this.#writeStop = undefined
    this.#readStop = undefined
    this.#ending = undefined
    this.#refusal = undefined
    this.#readable.fire()
    this.#writable.fire()
  }

  #endWith(ending: 'eof' | Error): void {
    this.#ending ??= ending
    if (this.#peer) this.#peer.#readable.fire()
  }

  /** The first reason stays. */
  #stopWriting(error: Error): void {
    this.#writeStop ??= this.#peer === undefined ? error : (this.#peer.#refusal ?? error)
    this.#writable.fire()
  }

  #cannotWrite(peer: PairBio): boolean {
    return this.#writeStop !== undefined || peer.#refusal !== undefined
  }

  /** The peer, with something to read; or why there is nothing, the read request noted. */
  #source(wanted: number): PairBio | Stopped {
    const peer = this.#peer
    if (peer === undefined) return unpaired()
    // Cleared by every read, not only by one that succeeds.
    peer.#request = 0
    if (this.#readStop) return broken(this.#readStop)
    if (peer.#ring.length > 0) return peer
    if (peer.#ending === 'eof') return eof
    if (peer.#ending) return broken(peer.#ending)
    peer.#request = wanted
    return retryRead
  }

  /** The peer, with room to write to it; or why there is none. */
  #target(): PairBio | Stopped {
    const peer = this.#peer
    if (peer === undefined) return unpaired()
    this.#request = 0
    if (this.#writeStop) return broken(this.#writeStop)
    if (peer.#refusal) return broken(peer.#refusal)
    return this.#ring.free > 0 ? peer : retryWrite
  }
}

/**
 * Two halves of a new pair (BIO_new_bio_pair): `sizeA` bytes fit from the first to the second, `sizeB` back, which is
 * `sizeA` unless it is said. 0 means the default of 17 KiB; any size from 1 works.
 */
export function bioPair(
  sizeA: number = defaultRingSize,
  sizeB: number = sizeA,
): [PairBio, PairBio] {
  const a = new PairBio(sizeA === 0 ? defaultRingSize : sizeA)
  const b = new PairBio(sizeB === 0 ? defaultRingSize : sizeB)
  a.pair(b)
  return [a, b]
}

function unpaired(): Stopped {
  return broken(
    new BioError('UNINITIALIZED', 'this half of a BIO pair has no peer: pair it with another one'),
  )
}
