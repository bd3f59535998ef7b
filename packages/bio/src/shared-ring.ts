/** A ring of bytes in shared memory, written in one thread and read in another, without locks; each thread has its end of it. */
import { changed } from './agent.ts'
import type { Bell } from './bell.ts'

/*
 * Each end owns one word, which only it stores to: how many bytes it has moved, modulo twice the capacity (so that full and
 * empty differ), and two bits that say that it is over. One load tells all of the other end's state, and a thread that waits,
 * waits for that very word to change: whatever happens between looking and waiting makes the wait return at once.
 *
 * What comes out of shared memory may be anything. An end trusts its own count, kept here, and believes of the other's word only
 * what an honest end could have stored after the last one seen: a reader goes no further than what was written, a writer no
 * further than what is free, and what was over stays over.
 */

const over = 1 << 29
const failed = 1 << 30
const counts = over - 1

/** The most bytes of a ring: 256 MiB. */
export const largestSharedRing: number = 2 ** 28

/** Bytes of control words before the storage; the two that threads contend for stand in cache lines of their own. */
export const controlLength = 192
const [writerWord, readerWord, requestWord] = [0, 16, 32]

/** How an end is over: in order, or because of an error. */
export type Over = 'ended' | 'failed'

/** Where a ring lies in its memory. Offsets are multiples of 4. */
export interface RingPlace {
  readonly memory: SharedArrayBuffer
  readonly control: number
  readonly storage: number
  readonly capacity: number
  /** Wakes the other thread where it waits for more than this ring. */
  readonly bell: Bell
  /** Where an end goes on that was in another thread before; the beginning where it is not given. */
  readonly from?: RingPosition | undefined
}

/** How far an end has come: its own count, and the other end's word as it was last believed. */
export interface RingPosition {
  readonly count: number
  readonly seen: number
}

/** Whether a writer and a reader of a ring of this capacity may stand so: by their words. */
export function possible(writer: number, reader: number, capacity: number): boolean {
  const range = 2 * capacity
  const whole = [writer, reader].every(word => Number.isSafeInteger(word) && word >= 0)
  const [written, read] = [writer & counts, reader & counts]
  if (!whole || written >= range || read >= range) return false
  return (written - read + range) % range <= capacity
}

/** What both ends have in common. */
abstract class RingEnd {
  readonly capacity: number
  protected readonly storage: Uint8Array
  readonly #words: Int32Array
  readonly #bell: Bell
  readonly #mine: number
  readonly #theirs: number
  #count = 0
  #over = 0
  /** The other's word, as last believed. */
  #seen = 0

  constructor(place: RingPlace, mine: number, theirs: number) {
    const { memory, control, storage, capacity, bell, from } = place
    this.#bell = bell
    this.capacity = capacity
    this.storage = new Uint8Array(memory, storage, capacity)
    this.#words = new Int32Array(memory, control, controlLength / 4)
    this.#mine = mine
    this.#theirs = theirs
    if (from) {
      this.#count = from.count
      this.#seen = from.seen
    }
  }

  /** How far this end has come, for one that goes on in its place. */
  get position(): RingPosition {
    return { count: this.#count, seen: this.#seen }
  }

  /** Bytes by which the first count is ahead of the second. */
  protected ahead(first: number, second: number): number {
    const ahead = (first & counts) - (second & counts)
    return ahead < 0 ? ahead + 2 * this.capacity : ahead
  }

  /** How many bytes the other end may have moved since it was last seen. */
  protected abstract readonly most: number
  protected abstract moved(count: number): void

  /**
   * Takes note of what the other end has done, unless that one is over. False if it says what cannot be: then nothing of this ring
   * is to be believed.
   */
  look(): boolean {
    if (this.over) return true
    const word = Atomics.load(this.#words, this.#theirs)
    if (word === this.#seen) return true
    if (word < 0 || word >> 29 === 2) return false
    const moved = this.ahead(word, this.#seen)
    if ((word & counts) >= 2 * this.capacity || moved > this.most) return false
    this.#seen = word
    this.moved(moved)
    return true
  }

  /** Whether the other end is over, when last looked at. */
  get over(): Over | undefined {
    if (this.#seen < over) return undefined
    return this.#seen >= failed ? 'failed' : 'ended'
  }

  /** This end is over; how it became so the first time stays. */
  finish(how: Over): void {
    if (this.#over === 0) this.#over = how === 'failed' ? over | failed : over
    this.advance(0)
  }

  /** Waits until the other end has done something since it was last looked at. False after `timeout` milliseconds. */
  wait(timeout: number): boolean {
    return Atomics.wait(this.#words, this.#theirs, this.#seen, timeout) !== 'timed-out'
  }

  /** Settles when the other end has done something since it was last looked at, or at `stir`. */
  changed(): Promise<void> {
    return changed(this.#words, this.#theirs, this.#seen)
  }

  /** Settles what `changed` gave here. */
  stir(): void {
    Atomics.notify(this.#words, this.#theirs)
  }

  /** What a read wanted in vain: a hint, which the reader stores and both may clear; anything may stand there. */
  get request(): number {
    return Math.max(0, Atomics.load(this.#words, requestWord))
  }

  set request(wanted: number) {
    if (Atomics.load(this.#words, requestWord) !== wanted)
      Atomics.store(this.#words, requestWord, wanted)
  }

  /** Where in the storage this end stands. */
  protected get at(): number {
    return this.#count < this.capacity ? this.#count : this.#count - this.capacity
  }

  /** Tells the other end of `count` more bytes. */
  protected advance(count: number): void {
    this.#count += count
    if (this.#count >= 2 * this.capacity) this.#count -= 2 * this.capacity
    Atomics.store(this.#words, this.#mine, this.#count | this.#over)
    Atomics.notify(this.#words, this.#mine)
    this.#bell.ring()
  }
}

/** The end that bytes are written at. */
export class RingWriter extends RingEnd {
  /** Bytes that were not read yet, when last looked. */
  length = 0

  constructor(place: RingPlace) {
    super(place, writerWord, readerWord)
    const { count, seen } = this.position
    this.length = this.ahead(count, seen)
  }

  get free(): number {
    return this.capacity - this.length
  }

  /** Takes as many of the first bytes as are free; answers how many. */
  write(bytes: Uint8Array): number {
    const count = Math.min(bytes.length, this.free)
    const first = Math.min(count, this.capacity - this.at)
    this.storage.set(bytes.subarray(0, first), this.at)
    if (first < count) this.storage.set(bytes.subarray(first, count))
    this.length += count
    this.advance(count)
    return count
  }

  protected get most(): number {
    return this.length
  }

  protected moved(count: number): void {
    this.length -= count
  }
}

/** The end that bytes are read at. */
export class RingReader extends RingEnd {
  /** Bytes that can be read, when last looked. */
  length = 0

  constructor(place: RingPlace) {
    super(place, readerWord, writerWord)
    const { count, seen } = this.position
    this.length = this.ahead(seen, count)
  }

  /** Copies bytes out; answers how many. */
  read(into: Uint8Array): number {
    const count = Math.min(into.length, this.length)
    const first = Math.min(count, this.capacity - this.at)
    into.set(this.storage.subarray(this.at, this.at + first))
    if (first < count) into.set(this.storage.subarray(0, count - first), first)
    this.length -= count
    this.advance(count)
    return count
  }

  /** Drops what can be read, and takes no more. */
  refuse(how: Over): void {
    const dropped = this.length
    this.length = 0
    this.finish(how)
    this.advance(dropped)
  }

  protected get most(): number {
    return this.capacity - this.length
  }

  protected moved(count: number): void {
    this.length += count
  }
}
