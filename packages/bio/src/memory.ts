/** The memory BIO (BIO_s_mem): writing appends, reading takes from the front. */
import type { Bytes, LendingBio, Stopped } from './bio.ts'
import { BioError, misuse } from './bio-error.ts'
import { checkBytes, checkCount, checkDirection } from './check.ts'
import { ByteQueue } from './queue.ts'
import { Replay } from './replay.ts'
import { Signal } from './signal.ts'
import { broken, eof, retryRead, retryWrite } from './stopped.ts'

export interface MemoryOptions {
  /** The most bytes held, from 1; without it the memory grows as needed. */
  readonly limit?: number
  /** What it holds at first: copied, but for `readOnly`. */
  readonly bytes?: Uint8Array
  /** `bytes` are read and never written (BIO_new_mem_buf): not copied, `eof` behind them, rewound by `reset`. */
  readonly readOnly?: boolean
  /**
   * What was read stays until the next write, for `seek`, `tell` and `rewind` (BIO_seek, BIO_tell, BIO_FLAGS_NONCLEAR_RST):
   * the memory that it takes is not given back by reading either. Memory that is read-only has all this anyway.
   */
  readonly rewindable?: boolean
  /**
   * Bytes are overwritten with 0 once this BIO is done with them: read, dropped, moved to a larger storage, or put into lent
   * room and not committed (BIO_s_secmem). What is still unread when the BIO is let go is not: `reset` it then. JavaScript
   * can neither keep a page from being swapped out nor find the copies that others made: the callers' buffers, or the
   * engine's when it moves a short array.
   */
  readonly wipes?: boolean
}

/** One way in and one way out. Not a duplex: an SSL needs two, joined by `duplex`. */
export class MemoryBio implements LendingBio {
  #bytes: ByteQueue | Replay
  readonly #rewindable: boolean
  /** Why writes are refused. */
  #writeStop: Error | undefined
  /** What reads come to once everything is read. */
  #ending: 'eof' | Error | undefined
  readonly #readable = new Signal()
  readonly #writable = new Signal()

  constructor({ limit, bytes, readOnly, rewindable, wipes }: MemoryOptions = {}) {
    if (bytes !== undefined) checkBytes('bytes of a memory BIO', bytes)
    this.#rewindable = readOnly === true || rewindable === true
    if (readOnly) {
      if (limit !== undefined) throw misuse(TypeError, 'a read-only memory BIO takes no limit')
      if (wipes) throw misuse(TypeError, 'a read-only memory BIO does not wipe: it never writes')
      this.#bytes = new Replay(bytes ?? new Uint8Array(0))
      this.#ending = 'eof'
      this.#writeStop = new BioError('WRITE_TO_READ_ONLY_BIO', 'write: this memory is read-only')
      return
    }
    this.#bytes = new ByteQueue(limit, { keeps: this.#rewindable, wipes: wipes === true })
    if (bytes !== undefined) this.replace(bytes)
  }

  /** How many bytes can be read. */
  get pending(): number {
    return this.#bytes.length
  }

  /** Nothing to read, and never again: ended without an error, and everything read. */
  get eof(): boolean {
    return this.#ending === 'eof' && this.#bytes.length === 0
  }

  read(into: Uint8Array): number | Stopped {
    checkBytes('what to read into', into)
    if (into.length === 0) return 0
    if (this.#bytes.length === 0) return this.#nothing()
    const count = this.#bytes.read(into)
    this.#writable.fire()
    return count
  }

  write(bytes: Uint8Array): number | Stopped {
    checkBytes('what to write', bytes)
    if (bytes.length === 0) return 0
    const queue = this.#target()
    if (!(queue instanceof ByteQueue)) return queue
    const count = queue.write(bytes)
    this.#readable.fire()
    return count
  }

  /** Everything that can be read (BIO_get_mem_data), or why there is nothing. */
  run(): Bytes | Stopped {
    return this.#bytes.length === 0 ? this.#nothing() : this.#bytes.run()
  }

  consume(count: number): void {
    this.#bytes.consume(count)
    if (count > 0) this.#writable.fire()
  }

  /** Room for writing. Where what was read is kept, that ends here, as with a write. */
  room(wanted?: number): Bytes | Stopped {
    const queue = this.#target()
    return queue instanceof ByteQueue ? queue.room(wanted) : queue
  }

  commit(count: number): void {
    const queue = this.#target()
    checkCount('bytes to commit of the lent room', count, 0, free(queue))
    if (!(queue instanceof ByteQueue)) return
    queue.commit(count)
    if (count > 0) this.#readable.fire()
  }

  flush(): 'done' {
    return 'done'
  }

  /** No more writes; reads come to `eof` once everything is read. */
  end(): 'done' {
    this.#stop('eof', 'BROKEN_PIPE', 'write: this memory BIO was ended')
    return 'done'
  }

  /** No more writes; what is held stays readable, then `eof`, or `broken` with `error` where that is given. */
  close(error?: Error): void {
    this.#stop(error ?? 'eof', 'CLOSED', 'write: this memory BIO was closed')
  }

  ready(on: 'read' | 'write'): Promise<void> {
    checkDirection(on)
    if (on === 'read') {
      const worthIt = this.#bytes.length > 0 || this.#ending !== undefined
      return worthIt ? Promise.resolve() : this.#readable.wait()
    }
    const target = this.#target()
    return target === retryWrite ? this.#writable.wait() : Promise.resolve()
  }

  /** Drops what is held (BIO_reset); read-only memory is rewound. An end stays an end. */
  reset(): void {
    if (this.#bytes instanceof ByteQueue) this.#bytes.clear()
    else this.#bytes.seek(0)
    this.#writable.fire()
    this.#readable.fire()
  }

  /**
   * Goes on reading at the `place`th of the bytes that are still there (BIO_seek). Of a rewindable memory those are all since
   * the last write, of a read-only one all, of any other the unread ones. RangeError beyond them.
   */
  seek(place: number): void {
    this.#bytes.seek(place)
    this.#writable.fire()
    this.#readable.fire()
  }

  /** The place, among the bytes that are still there, of the next one to be read (BIO_tell); a write makes it 0. */
  tell(): number {
    return this.#bytes.kept
  }

  /** Back to what could be read after the last write, or to the first byte if read-only. TypeError unless it is rewindable. */
  rewind(): void {
    if (!this.#rewindable)
      throw misuse(TypeError, 'rewind: what was read is gone; make the memory `rewindable`')
    this.seek(0)
  }

  /**
   * Drops what is held and holds these bytes instead (BIO_set_mem_buf): copied, or used as they are if read-only. An end
   * stays an end, behind them. RangeError beyond the limit.
   */
  replace(bytes: Uint8Array): void {
    checkBytes('bytes of a memory BIO', bytes)
    const before = this.#bytes
    if (before instanceof ByteQueue) {
      checkCount('length of the bytes to hold', bytes.length, 0, before.limit)
      this.#bytes = new ByteQueue(before.limit, before)
      this.#bytes.write(bytes)
      before.clear()
    } else this.#bytes = new Replay(bytes)
    this.#writable.fire()
    this.#readable.fire()
  }

  #stop(ending: 'eof' | Error, reason: 'BROKEN_PIPE' | 'CLOSED', why: string): void {
    this.#ending ??= ending
    this.#writeStop ??= new BioError(reason, why)
    this.#readable.fire()
    this.#writable.fire()
  }

  #nothing(): Stopped {
    if (this.#ending === undefined) return retryRead
    return this.#ending === 'eof' ? eof : broken(this.#ending)
  }

  #target(): ByteQueue | Stopped {
    if (this.#writeStop) return broken(this.#writeStop)
    if (!(this.#bytes instanceof ByteQueue) || this.#bytes.free === 0) return retryWrite
    return this.#bytes
  }
}

function free(target: ByteQueue | Stopped): number {
  return target instanceof ByteQueue ? target.free : 0
}
