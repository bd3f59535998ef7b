/** The rewinding filter (BIO_f_readbuffer): what was read is kept, so that a source that only goes forward can be sought back in. */
import { ask } from './ask.ts'
import type { Stopped } from './bio.ts'
import { misuse } from './bio-error.ts'
import { checkBytes, checkCount, checkDirection } from './check.ts'
import { Filter } from './filter.ts'
import { ByteQueue } from './queue.ts'

/** Positions count the bytes read from below since this filter was made. Writes pass through. */
export class ReadBufferFilter extends Filter {
  readonly limit: number
  readonly #kept: ByteQueue
  /** The position of the first byte that is kept. */
  #start = 0
  #position = 0

  /** `limit`: how many bytes are kept, the last ones that were read; 64 KiB unless it is said. */
  constructor({ limit = 65536 }: { readonly limit?: number } = {}) {
    super()
    checkCount('limit of a read buffer', limit, 1)
    this.limit = limit
    this.#kept = new ByteQueue(limit)
  }

  /** The position of the next byte to be read (BIO_tell). */
  tell(): number {
    return this.#position
  }

  /** The first position that can be sought. */
  get start(): number {
    return this.#start
  }

  /** Goes to a position from `start` up to the furthest one that was read (BIO_seek). RangeError for any other. */
  seek(position: number): void {
    checkCount('position to seek', position, this.#start, this.#end)
    this.#position = position
  }

  /** Goes back to the first byte of all (BIO_reset). RangeError where that is not kept any more. */
  reset(): void {
    if (this.#start > 0)
      throw misuse(RangeError, `reset: expected byte 0 to be kept, got ${this.#start} as the first`)
    this.#position = 0
  }

  override read(into: Uint8Array): number | Stopped {
    checkBytes('what to read into', into)
    if (into.length === 0) return 0
    const again = this.#kept
      .run()
      .subarray(this.#position - this.#start)
      .subarray(0, into.length)
    if (again.length > 0) {
      into.set(again)
      this.#position += again.length
      return again.length
    }
    const count = ask(this.next, into)
    if (typeof count === 'number') this.#keep(into.subarray(0, count))
    return count
  }

  /** What can be read again counts too. */
  override get pending(): number {
    return this.#end - this.#position + super.pending
  }

  override get eof(): boolean {
    return this.#position === this.#end && super.eof
  }

  override ready(on: 'read' | 'write'): Promise<void> {
    checkDirection(on)
    return on === 'read' && this.#position < this.#end ? Promise.resolve() : super.ready(on)
  }

  get #end(): number {
    return this.#start + this.#kept.length
  }

  #keep(bytes: Uint8Array): void {
    const kept = bytes.subarray(Math.max(0, bytes.length - this.limit))
    this.#position += bytes.length
    this.#kept.consume(Math.max(0, this.#kept.length + kept.length - this.limit))
    this.#kept.write(kept)
    this.#start = this.#position - this.#kept.length
  }
}
