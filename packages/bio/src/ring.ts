/** A bounded ring of bytes that lends its storage, takes memory when bytes come and gives it back when idle. */
import type { Bytes } from './bio.ts'
import { checkBytes, checkCount } from './check.ts'
import { warmthAfter, worthKeeping } from './thrift.ts'

const none: Bytes = new Uint8Array(0)
const smallest = 256

/**
 * What can be seen is a ring of exactly `capacity` bytes, as in `bss_bio.c`. The storage below it grows by doubling and
 * wraps only at the full capacity, so that how much of it exists can never be told from the runs.
 * `thrift.ts` says when an emptied storage is given back.
 */
export class ByteRing {
  /** In bytes. */
  readonly capacity: number
  #storage: Bytes = none
  #start = 0
  #length = 0
  /** The most bytes held at once since the ring was last empty. */
  #peak = 0
  #warmth = 0
  /** How many bytes of room are lent; any other call that moves bytes takes them back. */
  #lent = 0

  /** RangeError unless `capacity` is an integer from 1. */
  constructor(capacity: number) {
    checkCount('capacity of a ring', capacity, 1)
    this.capacity = capacity
  }

  /** How many bytes can be read. */
  get length(): number {
    return this.#length
  }

  /** How many bytes one `write` takes. */
  get free(): number {
    return this.capacity - this.#length
  }

  /** How many bytes of memory the storage takes now. */
  get held(): number {
    return this.#storage.length
  }

  /** The longest contiguous run of bytes that can be read. Consumes nothing. */
  run(): Bytes {
    return this.#storage.subarray(this.#start, this.#start + this.#runLength())
  }

  /** Takes the first `count` bytes of the run as read. RangeError beyond the run. */
  consume(count: number): void {
    checkCount('bytes to consume of the run', count, 0, this.#runLength())
    this.#drop(count)
  }

  /**
   * The contiguous room behind the last byte, empty when the ring is full. With `wanted`, a run of at least that many
   * bytes wherever that many are free, for which the ring may move what it holds.
   */
  room(wanted?: number): Bytes {
    if (wanted !== undefined) checkCount('wanted room', wanted, 0)
    this.#lent = 0
    if (this.free === 0) return none
    let end = this.#start + this.#length
    if (end >= this.capacity) return this.#lend(end - this.capacity, this.#start)
    if (wanted !== undefined && wanted > this.capacity - end && wanted <= this.free) {
      this.#storage.copyWithin(0, this.#start, end)
      this.#start = 0
      end = this.#length
    }
    // A call without `wanted` asks for what BIO_nwrite0 gives: everything up to the ring's end.
    this.#reserve(Math.min(wanted === undefined ? this.capacity : end + wanted, this.capacity))
    return this.#lend(end, this.#storage.length)
  }

  /** Makes the first `count` bytes of the lent room readable. RangeError beyond the lent room. */
  commit(count: number): void {
    checkCount('bytes to commit of the lent room', count, 0, this.#lent)
    this.#grow(count)
    if (this.#length === 0) this.#rest()
  }

  /** Moves bytes into `into`, around the ring's end if need be; answers how many. */
  read(into: Uint8Array): number {
    checkBytes('what to read into', into)
    const count = Math.min(into.length, this.#length)
    const first = Math.min(count, this.#runLength())
    into.set(this.#storage.subarray(this.#start, this.#start + first))
    if (first < count) into.set(this.#storage.subarray(0, count - first), first)
    this.#drop(count)
    return count
  }

  /** Takes as many of the first bytes as are free, around the ring's end if need be; answers how many. */
  write(bytes: Uint8Array): number {
    checkBytes('what to write', bytes)
    const count = Math.min(bytes.length, this.free)
    if (count === 0) return 0
    const end = this.#start + this.#length
    this.#reserve(Math.min(end + count, this.capacity))
    const at = end < this.capacity ? end : end - this.capacity
    const first = Math.min(count, this.capacity - at)
    this.#storage.set(bytes.subarray(0, first), at)
    if (first < count) this.#storage.set(bytes.subarray(first, count), 0)
    this.#grow(count)
    return count
  }

  /** Forgets what it holds, and gives the storage back. */
  clear(): void {
    this.#start = 0
    this.#length = 0
    this.#peak = 0
    this.#lent = 0
    this.#storage = none
  }

  /** Gives the storage back if the ring is empty: for who knows that it will be idle. */
  trim(): void {
    if (this.#length === 0) this.clear()
  }

  /** Without division: bytes reach beyond the storage's end only where it is the ring's end. */
  #runLength(): number {
    return Math.min(this.#length, this.#storage.length - this.#start)
  }

  #lend(from: number, to: number): Bytes {
    this.#lent = to - from
    return this.#storage.subarray(from, to)
  }

  #grow(count: number): void {
    this.#lent = 0
    this.#length += count
    if (this.#length > this.#peak) this.#peak = this.#length
  }

  #drop(count: number): void {
    if (count === 0) return
    this.#lent = 0
    this.#length -= count
    this.#start += count
    if (this.#start >= this.capacity) this.#start -= this.capacity
    if (this.#length === 0) this.#rest()
  }

  /** Empty: the next run begins at 0, and a storage that is too large for its use goes. */
  #rest(): void {
    this.#start = 0
    this.#warmth = warmthAfter(this.#warmth, this.#peak, this.#storage.length)
    this.#peak = 0
    if (!worthKeeping(this.#warmth, this.#storage.length)) this.#storage = none
  }

  /** Makes the storage reach `end` (up to the capacity). What it holds has not wrapped yet where this has to grow. */
  #reserve(end: number): void {
    if (end <= this.#storage.length) return
    let size = Math.max(this.#storage.length, smallest)
    while (size < end) size *= 2
    const storage: Bytes = new Uint8Array(Math.min(size, this.capacity))
    storage.set(this.#storage.subarray(this.#start, this.#start + this.#length), this.#start)
    this.#storage = storage
  }
}

/** A ring's size for a BIO: 17 KiB, one record as OpenSSL emits it (BIO_s_bio(3)). */
export const defaultRingSize = 17 * 1024
