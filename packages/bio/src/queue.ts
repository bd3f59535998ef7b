/** A growing queue of bytes, always one contiguous run; writing and reading cost the bytes moved, not the bytes held. */
import type { Bytes } from './bio.ts'
import { checkBytes, checkCount } from './check.ts'
import { warmthAfter, worthKeeping } from './thrift.ts'

const none: Bytes = new Uint8Array(0)
const smallest = 256
/** Room that is lent where nobody says how much is wanted. */
const usualRoom = 4096

export interface QueueOptions {
  /** What is read is kept until the next write, for `seek`. */
  readonly keeps?: boolean
  /** Bytes are overwritten with 0 where the queue is done with them: read, dropped, moved, or lent as room and not committed. */
  readonly wipes?: boolean
}

/**
 * When the storage's end is reached, what is held moves to the front if it takes less than half of the storage (then at
 * least as many bytes were read since the last such move), and to a storage of twice the size if not: constant cost per byte.
 * `thrift.ts` says when an emptied storage is given back.
 */
export class ByteQueue implements QueueOptions {
  /** The most bytes that it holds. */
  readonly limit: number
  readonly keeps: boolean
  readonly wipes: boolean
  #storage: Bytes = none
  /** Where the oldest byte stands that is still there: before `#start` only if what was read is kept. */
  #base = 0
  #start = 0
  #end = 0
  #peak = 0
  #warmth = 0
  #lent = 0

  /** RangeError unless `limit` is an integer from 1, or Infinity. */
  constructor(
    limit: number = Number.POSITIVE_INFINITY,
    { keeps = false, wipes = false }: QueueOptions = {},
  ) {
    if (limit !== Number.POSITIVE_INFINITY) checkCount('limit of a queue', limit, 1)
    this.limit = limit
    this.keeps = keeps
    this.wipes = wipes
  }

  /** How many bytes can be read. */
  get length(): number {
    return this.#end - this.#start
  }

  /** How many bytes one `write` takes; may be Infinity. */
  get free(): number {
    return Math.max(this.limit - this.length, 0)
  }

  /** How many bytes were read and are kept: the place of the next one among all that are still there. */
  get kept(): number {
    return this.#start - this.#base
  }

  /** How many bytes of memory the storage takes now. */
  get held(): number {
    return this.#storage.length
  }

  /** Everything that can be read. Consumes nothing. */
  run(): Bytes {
    return this.#storage.subarray(this.#start, this.#end)
  }

  /** Takes the first `count` bytes of the run as read. RangeError beyond the run. */
  consume(count: number): void {
    checkCount('bytes to consume of the run', count, 0, this.length)
    this.#drop(count)
  }

  /** Contiguous room, of `wanted` bytes or more wherever that many are free; empty when the queue is full. */
  room(wanted?: number): Bytes {
    if (wanted !== undefined) checkCount('wanted room', wanted, 0)
    this.#takeBack()
    if (this.free === 0) return none
    this.#forget()
    this.#reserve(Math.min(Math.max(wanted ?? usualRoom, 1), this.free))
    this.#lent = Math.min(this.#storage.length - this.#end, this.free)
    return this.#storage.subarray(this.#end, this.#end + this.#lent)
  }

  /** Makes the first `count` bytes of the lent room readable. RangeError beyond the lent room. */
  commit(count: number): void {
    checkCount('bytes to commit of the lent room', count, 0, this.#lent)
    this.#grow(count)
    if (this.length === 0 && this.kept === 0) this.#rest()
  }

  /** Moves bytes into `into`; answers how many. */
  read(into: Uint8Array): number {
    checkBytes('what to read into', into)
    const count = Math.min(into.length, this.length)
    into.set(this.#storage.subarray(this.#start, this.#start + count))
    this.#drop(count)
    return count
  }

  /** Takes as many of the first bytes as are free; answers how many. */
  write(bytes: Uint8Array): number {
    checkBytes('what to write', bytes)
    const count = Math.min(bytes.length, this.free)
    if (count === 0) return 0
    this.#takeBack()
    this.#forget()
    this.#reserve(count)
    this.#storage.set(count === bytes.length ? bytes : bytes.subarray(0, count), this.#end)
    this.#grow(count)
    return count
  }

  /** Goes to the `place`th byte of those that are still there, the kept ones first. RangeError beyond them. */
  seek(place: number): void {
    checkCount('place among the bytes that are still there', place, 0, this.#end - this.#base)
    if (!this.keeps) {
      this.#drop(place)
      return
    }
    this.#takeBack()
    this.#start = this.#base + place
  }

  /** Forgets what it holds, and gives the storage back. */
  clear(): void {
    if (this.wipes) this.#storage.fill(0)
    this.#base = 0
    this.#start = 0
    this.#end = 0
    this.#peak = 0
    this.#lent = 0
    this.#storage = none
  }

  #grow(count: number): void {
    this.#takeBack(count)
    this.#end += count
    if (this.length > this.#peak) this.#peak = this.length
  }

  #drop(count: number): void {
    if (count === 0) return
    this.#takeBack()
    this.#start += count
    if (!this.keeps) this.#forget()
  }

  /** What was read is there no longer. */
  #forget(): void {
    if (this.#base === this.#start) return
    if (this.wipes) this.#storage.fill(0, this.#base, this.#start)
    this.#base = this.#start
    if (this.#start === this.#end) this.#rest()
  }

  /** Ends the loan of room, all but the first `count` bytes. */
  #takeBack(count = 0): void {
    if (this.#lent === 0) return
    if (this.wipes) this.#storage.fill(0, this.#end + count, this.#end + this.#lent)
    this.#lent = 0
  }

  #rest(): void {
    this.#base = 0
    this.#start = 0
    this.#end = 0
    this.#warmth = warmthAfter(this.#warmth, this.#peak, this.#storage.length)
    this.#peak = 0
    if (!worthKeeping(this.#warmth, this.#storage.length)) this.#storage = none
  }

  /** Makes room for `count` bytes behind the last one. What is kept of the read ones does not survive it. */
  #reserve(count: number): void {
    if (this.#end + count <= this.#storage.length) return
    const needed = this.length + count
    if (needed * 2 <= this.#storage.length) {
      this.#storage.copyWithin(0, this.#start, this.#end)
      if (this.wipes) this.#storage.fill(0, this.length, this.#end)
    } else {
      let size = Math.max(this.#storage.length * 2, smallest)
      while (size < needed) size *= 2
      const storage: Bytes = new Uint8Array(Math.min(size, this.limit * 2))
      storage.set(this.run())
      if (this.wipes) this.#storage.fill(0)
      this.#storage = storage
    }
    this.#end = this.length
    this.#start = 0
    this.#base = 0
  }
}
