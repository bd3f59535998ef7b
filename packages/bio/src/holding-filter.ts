/** What filters that hold bytes on their way down share: driving them out, before a flush, an end and a close. */
import type { Bio, Stopped } from './bio.ts'
import { BioError } from './bio-error.ts'
import { checkBytes, checkCount } from './check.ts'
import { Filter, unjoined } from './filter.ts'
import { ByteQueue } from './queue.ts'
import { broken, retryWrite } from './stopped.ts'

/**
 * What was taken is held until the BIO below takes it, which may be never: then `flush` and `end` say why. A pop leaves it
 * here, and it goes to what is pushed next. An end or a close is for good.
 */
export abstract class HoldingFilter extends Filter {
  readonly #held = new ByteQueue()
  /** Why writes are refused by ourselves. */
  #writeStop: Error | undefined
  #failed = false
  /** The BIO below is at a write: whoever calls from there finds what is held as it was, and changes nothing. */
  #passing = false

  /** Bytes taken that this filter still holds (BIO_CTRL_INFO of a buffer); `wpending` adds what lies below. */
  get buffered(): number {
    return this.#held.length
  }

  override get wpending(): number {
    return this.#held.length + super.wpending
  }

  /** Hands on what is held, then flushes below. A retry leaves the rest here: call again. */
  override flush(): 'done' | Stopped {
    const driven = this.drive()
    return driven === 'done' ? super.flush() : driven
  }

  /** Hands on what is held, then half-closes below. A retry leaves the rest here, and refuses writes already: call again. */
  override end(): 'done' | Stopped {
    if (!this.next) return unjoined()
    this.#writeStop ??= new BioError('BROKEN_PIPE', 'write: this filter was ended')
    const driven = this.drive()
    return driven === 'done' ? super.end() : driven
  }

  /**
   * Hands on what the BIO below takes at once, and drops the rest; then what is below is closed with an error, so that nobody sees a
   * clean end. Who cannot lose it calls `end` until it is `done`, first.
   */
  override close(error?: Error): void {
    this.#writeStop ??= new BioError('CLOSED', 'write: this filter was closed', { cause: error })
    this.drive()
    const lost = this.#held.length
    this.#held.clear()
    super.close(error ?? (lost > 0 ? lostBytes(lost) : undefined))
  }

  /** The BIO below was broken or at its end when it was last written to: nothing more is held until that has changed. */
  protected get failed(): boolean {
    return this.#failed
  }

  /** What a write answers that is not let through: 0 for no bytes, or why none are taken. */
  protected refused(bytes: Uint8Array): 0 | Stopped | undefined {
    checkBytes('what to write', bytes)
    if (bytes.length === 0) return 0
    if (this.#writeStop) return broken(this.#writeStop)
    if (this.#passing) return retryWrite
    return this.next ? undefined : unjoined()
  }

  /** Holds all of it. */
  protected hold(bytes: Uint8Array): void {
    this.#held.write(bytes)
  }

  /** Hands on the first `count` bytes that are held: `done`, or why not all of them went. */
  protected drive(count: number = this.#held.length): 'done' | Stopped {
    let rest = Math.min(count, this.#held.length)
    while (rest > 0) {
      const moved = this.pass(this.#held.run().subarray(0, rest))
      if (typeof moved !== 'number') return moved
      // A close from below has dropped them.
      this.#held.consume(Math.min(moved, this.#held.length))
      rest = Math.min(rest - moved, this.#held.length)
    }
    return 'done'
  }

  /** Writes to the BIO below. One that answers 0 is not asked for ever; RangeError for one that took what it was not given. */
  protected pass(bytes: Uint8Array): number | Stopped {
    if (this.#passing) return retryWrite
    const moved = this.next ? this.#give(this.next, bytes) : unjoined()
    this.#failed = typeof moved !== 'number' && moved.stop !== 'retry'
    if (typeof moved !== 'number') return moved
    checkCount('bytes that the BIO below took', moved, 0, bytes.length)
    return moved === 0 ? retryWrite : moved
  }

  #give(below: Bio, bytes: Uint8Array): number | Stopped {
    this.#passing = true
    try {
      return below.write(bytes)
    } finally {
      this.#passing = false
    }
  }

  protected override joined(_below: Bio): void {
    this.#failed = false
  }
}

function lostBytes(count: number): Error {
  return new BioError(
    'BROKEN_PIPE',
    `close: there was no room for the last ${count} bytes that a filter held, and they are lost`,
  )
}
