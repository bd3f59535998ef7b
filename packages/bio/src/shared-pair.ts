/** The shared-memory BIO pair: what one thread writes, another reads, waiting or not. Plain ECMAScript: SharedArrayBuffer and Atomics. */
import { canTell, whyNotWait } from './agent.ts'
import type { Stopped } from './bio.ts'
import { BioError, misuse } from './bio-error.ts'
import { checkBytes, checkCount, checkDirection } from './check.ts'
import type { SelectableBio } from './selectable.ts'
import { type SharedPairHandle, SharedPlace } from './shared-handle.ts'
import { type Over, RingReader, RingWriter } from './shared-ring.ts'
import { broken, eof, retryRead, retryWrite } from './stopped.ts'

export interface SharedPairOptions {
  /** Reads and writes wait until something has moved. See `setBlocking`. */
  readonly blocking?: boolean
  /** Milliseconds from 1 after which a call that waits answers `retry` (SO_RCVTIMEO, SO_SNDTIMEO); without it, it waits for ever. */
  readonly timeout?: number
}

/** Nobody who keeps to the rules wakes a waiting thread for nothing; who does it this often in one call does not. */
const mostFruitless = 1000

/**
 * One half of a pair whose halves are in two threads (BIO_s_bio, where the halves belong to one). It answers as a `PairBio` does, but
 * lends nothing: bytes are copied out of shared memory before anybody looks at them. A half belongs to the thread that made
 * it; used by two threads, what it does is undefined. A peer that stores what cannot be there makes it `broken` (`ERR_BIO_CORRUPTED`).
 */
export class SharedPairBio implements SelectableBio {
  readonly #place: SharedPlace
  readonly #out: RingWriter
  readonly #in: RingReader
  readonly #timeout: number
  #blocking = false
  #mayWait = false
  /** Why our writes are refused by ourselves. */
  #writeStop: Error | undefined
  /** Why our reads are refused by ourselves; set by `close`, unless they had come to their end before. */
  #readStop: Error | undefined
  /** This half was closed, or found the memory corrupted: nothing that still comes is read. */
  #left = false
  #closed = false
  /** The shared memory is not to be believed any more. */
  #fault: Error | undefined
  /** What the other half closed with. */
  #theirError: Error | undefined
  readonly #telling: { read: Promise<void> | undefined; write: Promise<void> | undefined } = {
    read: undefined,
    write: undefined,
  }

  /** TypeError for what is no handle, for a half that was made already, and as `setBlocking`. */
  constructor(handle: SharedPairHandle, options: SharedPairOptions = {}) {
    const { blocking = false, timeout } = options
    if (timeout !== undefined) checkCount('timeout in milliseconds', timeout, 1)
    this.#timeout = timeout ?? Number.POSITIVE_INFINITY
    this.setBlocking(blocking)
    this.#place = new SharedPlace(handle)
    this.#out = new RingWriter(this.#place.out)
    this.#in = new RingReader(this.#place.in)
  }

  /** The size of the ring that this half writes to. */
  get size(): number {
    return this.#out.capacity
  }

  /** How many bytes can be read now. */
  get pending(): number {
    return this.#left || !this.#sound(this.#in) ? 0 : this.#in.length
  }

  /** How many bytes written here were not read by the other thread yet. */
  get wpending(): number {
    return !this.#sound(this.#out) || this.#out.over ? 0 : this.#out.length
  }

  /** How many bytes one `write` takes at least: only this thread can make it less. 0 once writing has ended. */
  get writeGuarantee(): number {
    return this.#writeStop || !this.#sound(this.#out) || this.#out.over ? 0 : this.#out.free
  }

  /** How many bytes the last read of the other thread wanted in vain, never more than the write guarantee. A hint, not a demand. */
  get readRequest(): number {
    return Math.min(this.#out.request, this.writeGuarantee)
  }

  /** Nothing to read, and never again: the other thread ended its side without an error. */
  get eof(): boolean {
    if (!this.#sound(this.#in) || this.#in.over !== 'ended') return false
    if (this.#fault) return this.#readStop === undefined
    return this.#left || this.#in.length === 0
  }

  get blocking(): boolean {
    return this.#blocking
  }

  /**
   * Whether `read` and `write` wait until at least one byte has moved, or nothing ever will. TypeError `ERR_BIO_CANNOT_BLOCK`
   * where a thread must not wait, as the main thread of a browser; the runtime's own reason is its `cause`.
   */
  setBlocking(blocking: boolean): void {
    if (blocking) this.#checkMayWait()
    this.#blocking = blocking
  }

  /** Waits, blocking or not, for whichever is asked for and comes first. False after the timeout. TypeError as `setBlocking`. */
  select({ read, write }: { readonly read: boolean; readonly write: boolean }): boolean {
    this.#checkMayWait()
    // For both, any word of the other thread is news; for one of them, a word about the other would be none.
    const both = read && write
    const ring = read ? this.#in : this.#out
    for (let turns = 0; turns < mostFruitless; turns++) {
      if (both) this.#place.bell.arm()
      if ((!read && !write) || (read && this.#worthIt('read')) || (write && this.#worthIt('write')))
        return true
      const inTime = both ? this.#place.bell.sleep(this.#timeout) : ring.wait(this.#timeout)
      if (!inTime) return false
    }
    this.#corrupted()
    return true
  }

  read(into: Uint8Array): number | Stopped {
    checkBytes('what to read into', into)
    if (into.length === 0) return 0
    if (this.#readStop) return broken(this.#readStop)
    this.#in.request = 0
    for (let turns = 0; turns < mostFruitless; turns++) {
      if (this.#readStop) return broken(this.#readStop)
      if (!this.#sound(this.#in)) break
      if (this.#in.length > 0) return this.#in.read(into)
      if (this.#in.over === 'ended') return eof
      if (this.#in.over) return broken(this.#errorOfTheirs())
      this.#in.request = into.length
      if (!this.#blocking || !this.#in.wait(this.#timeout)) return retryRead
    }
    return broken(this.#corrupted())
  }

  write(bytes: Uint8Array): number | Stopped {
    checkBytes('what to write', bytes)
    if (bytes.length === 0) return 0
    if (this.#writeStop) return broken(this.#writeStop)
    this.#out.request = 0
    for (let turns = 0; turns < mostFruitless; turns++) {
      if (this.#writeStop) return broken(this.#writeStop)
      if (!this.#sound(this.#out)) break
      if (this.#out.over) {
        this.#writeStop = this.#refusal(this.#out.over)
        return broken(this.#writeStop)
      }
      if (this.#out.free > 0) return this.#out.write(bytes)
      if (!this.#blocking || !this.#out.wait(this.#timeout)) return retryWrite
    }
    return broken(this.#corrupted())
  }

  /** A pair is the lowest carrier: what it took has arrived. */
  flush(): 'done' {
    return 'done'
  }

  /** Half-close: the other thread reads what is there, then `eof`, also where it waits for it now. */
  end(): 'done' {
    this.#stopWriting(new BioError('BROKEN_PIPE', 'write: this half of the shared pair was ended'))
    this.#out.finish('ended')
    this.#out.stir()
    return 'done'
  }

  /**
   * Ends both ways, also where the other thread waits now: it reads what was written here, then `eof`, or `broken` with the words
   * of `error` where that is given; its writes are refused. What it wrote and we have not read is dropped. An end that came
   * before stays as it was.
   */
  close(error?: Error): void {
    if (this.#closed) return
    const closed = new BioError('CLOSED', 'this half of the shared pair was closed', {
      cause: error,
    })
    this.#closed = true
    this.#sound(this.#in)
    this.#leave(closed, error)
  }

  /**
   * Gives this half up without a word to the other one, and answers the handle by which `new SharedPairBio` goes on where it
   * stands, once, in any thread: what was written stays to be read on both sides. From then on this BIO is `broken` (`ERR_BIO_CLOSED`).
   * TypeError (`ERR_BIO_CLOSED`) for a half that was ended, closed, released or found corrupted.
   */
  release(): SharedPairHandle {
    if (this.#writeStop || !this.#sound(this.#in) || !this.#sound(this.#out) || this.#left)
      throw misuse(TypeError, 'release: expected a half that is open', 'CLOSED')
    const released = new BioError('CLOSED', 'this half of the shared pair was released')
    this.#closed = true
    this.#left = true
    this.#writeStop = released
    this.#readStop = released
    const handle = this.#place.release(this.#out.position, this.#in.position)
    this.#in.stir()
    this.#out.stir()
    return handle
  }

  /**
   * Settles when the other thread makes another try worth it: bytes or an end for `read`, room or an end for `write`. TypeError
   * `ERR_BIO_UNSUPPORTED_METHOD` where there is no `Atomics.waitAsync`: then call again from a timer of yours.
   * In Node, a promise alone does not keep a thread alive: hold something open (a port, a timer) meanwhile.
   */
  ready(on: 'read' | 'write'): Promise<void> {
    checkDirection(on)
    if (!canTell())
      throw misuse(
        TypeError,
        'ready: there is no Atomics.waitAsync here; call read or write again from a timer, or let a worker wait',
        'UNSUPPORTED_METHOD',
      )
    if (this.#worthIt(on)) return Promise.resolve()
    const ring = on === 'read' ? this.#in : this.#out
    const settle = (): void => {
      this.#telling[on] = undefined
    }
    const telling = this.#telling[on] ?? ring.changed().then(settle, settle)
    this.#telling[on] = telling
    return telling
  }

  /** Forgets the read request, for use after a speculative read of the other thread. */
  resetReadRequest(): void {
    this.#out.request = 0
  }

  #worthIt(on: 'read' | 'write'): boolean {
    const ring = on === 'read' ? this.#in : this.#out
    if (on === 'read' ? this.#readStop : this.#writeStop) return true
    if (!this.#sound(ring) || ring.over) return true
    return (ring === this.#in ? this.#in.length : this.#out.free) > 0
  }

  #checkMayWait(): void {
    if (this.#mayWait) return
    const why = whyNotWait()
    if (why !== undefined) {
      const reason = why instanceof Error ? why.message : String(why)
      const message = `this thread must not wait (${reason}); a worker may`
      throw Object.assign(misuse(TypeError, message, 'CANNOT_BLOCK'), { cause: why })
    }
    this.#mayWait = true
  }

  /** The first reason stays. */
  #stopWriting(error: Error): void {
    if (this.#fault === undefined) this.#sound(this.#out)
    const { over } = this.#out
    this.#writeStop ??= over ? this.#refusal(over) : error
  }

  #refusal(over: Over): Error {
    if (over === 'failed') return this.#errorOfTheirs()
    return new BioError('BROKEN_PIPE', 'write: the other half of the shared pair was closed')
  }

  #errorOfTheirs(): Error {
    this.#theirError ??= new BioError(
      'PREMATURE_CLOSE',
      `the other half of the shared pair was closed with an error: ${this.#place.explanation}`,
    )
    return this.#theirError
  }

  /** Looks at what the other thread has done; false where that cannot be, then and ever after. What was over before stays so. */
  #sound(ring: RingReader | RingWriter): boolean {
    if ((ring.over || this.#fault === undefined) && ring.look()) return true
    this.#corrupted()
    return false
  }

  /** Believes nothing any more, and tells the other thread, should that be an honest one. */
  #corrupted(): Error {
    if (this.#fault) return this.#fault
    this.#fault = new BioError(
      'CORRUPTED',
      'the shared memory of the pair holds what the other half cannot have stored there',
    )
    this.#leave(this.#fault, this.#fault)
    return this.#fault
  }

  /** Ends both ways: `why` is for us, `error` for the other thread. What was said before stays said. */
  #leave(why: Error, error: Error | undefined): void {
    if (this.#left) return
    this.#left = true
    this.#stopWriting(why)
    if (this.#in.length > 0 || this.#in.over === undefined) this.#readStop = why
    const how = error ? 'failed' : 'ended'
    if (error) this.#place.explain(error)
    this.#in.refuse(how)
    this.#out.finish(how)
    this.#in.stir()
    this.#out.stir()
  }
}
