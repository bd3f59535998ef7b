/** The carriers of a fuzzed end: what the input says comes in, what the end says goes nowhere. */
import {
  type Bio,
  type Bytes,
  eof,
  type LendingBio,
  retryRead,
  retryWrite,
  type Stopped,
} from '@biopair/bio'

/** Bytes that come piece by piece, and then the end. */
export class Feed implements Bio {
  readonly #bytes: Bytes
  #at = 0
  #released = 0
  #ended = false

  constructor(bytes: Bytes) {
    this.#bytes = bytes
  }

  /** Bytes that can be read now. */
  get available(): number {
    return this.#released - this.#at
  }

  /** Bytes that were read. */
  get taken(): number {
    return this.#at
  }

  /** Bytes that have not come. */
  get left(): number {
    return this.#bytes.length - this.#released
  }

  release(count: number): void {
    this.#released = Math.min(this.#bytes.length, this.#released + count)
  }

  /** The carrier ends behind what was released. */
  finish(): void {
    this.#ended = true
  }

  read(into: Uint8Array): number | Stopped {
    if (into.length === 0) return 0
    const run = this.waiting()
    if ('stop' in run) return run
    const count = Math.min(run.length, into.length)
    into.set(run.subarray(0, count))
    this.advance(count)
    return count
  }

  protected waiting(): Bytes | Stopped {
    if (this.available > 0) return this.#bytes.subarray(this.#at, this.#released)
    return this.#ended ? eof : retryRead
  }

  protected advance(count: number): void {
    this.#at += count
  }

  write(bytes: Uint8Array): number {
    return bytes.length
  }

  flush(): 'done' {
    return 'done'
  }

  end(): 'done' {
    return 'done'
  }

  close(): void {}
}

/** The same, which lends. Nobody writes to it. */
export class LendingFeed extends Feed implements LendingBio {
  run(): Bytes | Stopped {
    return this.waiting()
  }

  consume(count: number): void {
    this.advance(count)
  }

  room(): Stopped {
    return retryWrite
  }

  commit(): void {}
}

/** Takes so many bytes each time it is refilled, and keeps none but their number. */
export class Drain implements Bio {
  readonly #most: number
  #room: number
  #taken = 0

  constructor(most: number) {
    this.#most = most
    this.#room = most
  }

  /** Bytes that were taken. */
  get taken(): number {
    return this.#taken
  }

  get full(): boolean {
    return this.#room === 0
  }

  refill(): void {
    this.#room = this.#most
  }

  read(): Stopped {
    return retryRead
  }

  write(bytes: Uint8Array): number | Stopped {
    if (bytes.length === 0) return 0
    if (this.#room === 0) return retryWrite
    const count = Math.min(this.#room, bytes.length)
    this.#room -= count
    this.#taken += count
    return count
  }

  flush(): 'done' | Stopped {
    return 'done'
  }

  end(): 'done' {
    return 'done'
  }

  close(): void {}
}
