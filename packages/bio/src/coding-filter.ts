/** What filters share that write other bytes than they take: each byte is coded once, and what it became waits until there is room. */
import type { Bio, Bytes, Stopped } from './bio.ts'
import { BioError } from './bio-error.ts'
import { checkBytes, checkDirection } from './check.ts'
import { Filter, unjoined } from './filter.ts'
import { ByteQueue } from './queue.ts'
import { broken, eof, retryRead, retryWrite } from './stopped.ts'

/** Bytes coded at once, and asked of the BIO below at once: a multiple of base64's three. */
const piece = 3072

/**
 * `write` answers how many bytes it took. They are coded then and never again; what they became is passed on as far as
 * there is room, and no more are taken while some of it is held: at most a piece of 3 KiB, coded. A failure of the coding is
 * final in its direction. Bytes that were decoded before one are given first.
 */
export abstract class CodingFilter extends Filter {
  readonly #outward = new ByteQueue()
  readonly #inward = new ByteQueue()
  #raw: Bytes | undefined
  /** Why writes are refused: the coding failed, or this side was ended or closed. */
  #writeStop: Stopped | undefined
  /** What went wrong in the encoding. */
  #failure: Stopped | undefined
  /** What reads have come to. */
  #readEnd: Stopped | undefined
  #closed = false
  /** The BIO below is at a write, or at a read: whoever calls from there waits, or bytes would move twice or out of order. */
  #passing = false
  #filling = false

  /** Puts what the bytes become into `to`. Throws the error that makes writing `broken`. */
  protected abstract encode(bytes: Uint8Array, to: ByteQueue): void

  /** Puts what ends the encoding into `to`; nothing where there is nothing to end. Throws as `encode` does. */
  protected abstract finishEncoding(to: ByteQueue): void

  /** Puts what the bytes become into `to`. Throws the error that makes reading `broken`, behind what `to` has got. */
  protected abstract decode(bytes: Uint8Array, to: ByteQueue): void

  /** The end has come from below: as `decode`, for what is left. */
  protected abstract finishDecoding(to: ByteQueue): void

  /** Bytes taken by `encode` that have not come out of it. */
  protected abstract readonly encoding: number

  /** Whether an end from below would now be a clean one, behind which nothing comes. */
  protected abstract readonly decodedWhole: boolean

  override read(into: Uint8Array): number | Stopped {
    checkBytes('what to read into', into)
    if (into.length === 0) return 0
    while (this.#inward.length === 0) {
      const stopped = this.#readEnd ?? this.#fill()
      if (stopped) return stopped
    }
    return this.#inward.read(into)
  }

  override write(bytes: Uint8Array): number | Stopped {
    checkBytes('what to write', bytes)
    if (bytes.length === 0) return 0
    if (!this.next) return unjoined()
    let taken = 0
    for (;;) {
      const stopped = this.#writeStop ?? this.#pass()
      if (taken === bytes.length) return taken
      if (stopped) return taken || stopped
      const part = bytes.subarray(taken, taken + piece)
      if (this.#coded(() => this.encode(part, this.#outward))) taken += part.length
    }
  }

  /** Ends the encoding, then as any filter. */
  override flush(): 'done' | Stopped {
    return (this.#closed ? undefined : this.#finish()) ?? super.flush()
  }

  /** Ends the encoding, passes on what it became, and only then ends what is below. */
  override end(): 'done' | Stopped {
    this.#writeStop ??= broken(new BioError('BROKEN_PIPE', 'write: this filter was ended'))
    return (this.#closed ? undefined : this.#finish()) ?? super.end()
  }

  /**
   * Ends the encoding unless there is an error, passes on what there is room for, and closes what is below; where bytes that were
   * taken are lost thereby, with an error, so that nobody sees a clean end. `end` it first, until `done`, to lose nothing.
   */
  override close(error?: Error): void {
    if (this.#closed) return
    if (error === undefined) this.#finish()
    else this.#pass()
    this.#closed = true
    const closed = new BioError('CLOSED', 'this filter was closed', { cause: error })
    this.#writeStop = broken(closed)
    if (this.#readEnd === undefined || this.#inward.length > 0) this.#readEnd = broken(closed)
    const lost = this.#outward.length
    this.#outward.clear()
    this.#inward.clear()
    super.close(error ?? failureOf(this.#failure) ?? (lost > 0 ? lostBytes(lost) : undefined))
  }

  override ready(on: 'read' | 'write'): Promise<void> {
    checkDirection(on)
    const known = on === 'read' ? this.#inward.length > 0 || this.#readEnd : this.#writeStop
    // What is held here waits for room below, whatever became of writing.
    return known && !(on === 'write' && this.#outward.length > 0)
      ? Promise.resolve()
      : super.ready(on)
  }

  /** Bytes decoded here, and what is below as it is: a hint that another read is worth it, never a promise of so many. */
  override get pending(): number {
    return this.#inward.length + (this.#readEnd ? 0 : super.pending)
  }

  /** Bytes taken that have not become anything, bytes that others became and that are held, and what is below. */
  override get wpending(): number {
    return (this.#closed ? 0 : this.encoding) + this.#outward.length + super.wpending
  }

  override get eof(): boolean {
    if (this.#inward.length > 0) return false
    if (this.#readEnd) return this.#readEnd.stop === 'eof'
    return this.decodedWhole && super.eof
  }

  /** Forgets what is held in both directions and how they ended; what is below is left as it is. */
  protected begin(): void {
    this.#outward.clear()
    this.#inward.clear()
    this.#writeStop = undefined
    this.#failure = undefined
    this.#readEnd = undefined
    this.#closed = false
  }

  /** Gets more into the inward queue; or answers why not. */
  #fill(): Stopped | undefined {
    if (!this.next) return unjoined()
    if (this.#filling) return retryRead
    this.#raw ??= new Uint8Array(piece)
    const got = this.#take(this.next, this.#raw)
    if (got === 0) return retryRead
    if (typeof got !== 'number' && got.stop === 'retry') return got
    if (typeof got !== 'number' && got.stop === 'broken') {
      this.#readEnd = got
      return got
    }
    try {
      if (typeof got === 'number') this.decode(this.#raw.subarray(0, got), this.#inward)
      else {
        this.#readEnd = eof
        this.finishDecoding(this.#inward)
      }
    } catch (error) {
      this.#readEnd = broken(error as Error)
    }
    return undefined
  }

  /** Passes on what is held; answers why not all. */
  #pass(): Stopped | undefined {
    while (this.#outward.length > 0) {
      if (this.#passing) return retryWrite
      const took = this.next ? this.#give(this.next, this.#outward.run()) : unjoined()
      if (took === 0) return retryWrite
      if (typeof took !== 'number') return took
      // A close from below has dropped them.
      this.#outward.consume(Math.min(took, this.#outward.length))
    }
    return undefined
  }

  #give(below: Bio, bytes: Uint8Array): number | Stopped {
    this.#passing = true
    try {
      return below.write(bytes)
    } finally {
      this.#passing = false
    }
  }

  #take(below: Bio, into: Uint8Array): number | Stopped {
    this.#filling = true
    try {
      return below.read(into)
    } finally {
      this.#filling = false
    }
  }

  #finish(): Stopped | undefined {
    if (!this.next) return unjoined()
    if (this.#passing) return retryWrite
    this.#coded(() => this.finishEncoding(this.#outward))
    return this.#pass() ?? this.#failure
  }

  /** Whether it went well; a failure is kept. */
  #coded(work: () => void): boolean {
    if (this.#failure) return false
    try {
      work()
      return true
    } catch (error) {
      this.#failure = broken(error as Error)
      this.#writeStop = this.#failure
      return false
    }
  }
}

function failureOf(failure: Stopped | undefined): Error | undefined {
  return failure?.stop === 'broken' ? failure.error : undefined
}

function lostBytes(count: number): Error {
  return new BioError(
    'BROKEN_PIPE',
    `close: there was no room for the last ${count} bytes of an encoding, and they are lost`,
  )
}
