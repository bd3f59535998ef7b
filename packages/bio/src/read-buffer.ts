/** The read side of a buffering filter: what was read ahead, to be read in small pieces, peeked at, or by the line. */
import { ask } from './ask.ts'
import type { Bio, Stopped } from './bio.ts'
import { BioError } from './bio-error.ts'
import { checkCount } from './check.ts'
import { ByteQueue } from './queue.ts'
import { broken, retryRead } from './stopped.ts'

const newline = 10

/** `below` is where more comes from; undefined where nothing is below. Arguments were checked. */
export class ReadBuffer {
  readonly #bytes = new ByteQueue()
  #size: number
  #stop: Error | undefined
  /** How many of the first bytes are known to hold no newline. */
  #searched = 0
  #hungry = false
  /** The BIO below is at a read: whoever calls from there waits. */
  #asking = false

  constructor(size: number) {
    checkCount('size of a read buffer', size, 1)
    this.#size = size
  }

  get size(): number {
    return this.#size
  }

  get length(): number {
    return this.#bytes.length
  }

  get closed(): boolean {
    return this.#stop !== undefined
  }

  /** The last call wanted more than is held. */
  get hungry(): boolean {
    return this.#hungry
  }

  get lines(): number {
    return this.#bytes.run().reduce((count, byte) => count + (byte === newline ? 1 : 0), 0)
  }

  resize(size: number): void {
    checkCount('size of a read buffer', size, 1)
    this.#size = size
  }

  read(into: Uint8Array, below: Bio | undefined): number | Stopped {
    this.#hungry = false
    if (this.#bytes.length > 0) return this.#take(into)
    if (into.length >= this.#size) return this.#ask(into, below)
    return this.#fill(this.#size, below) ?? this.#take(into)
  }

  peek(into: Uint8Array, below: Bio | undefined): number | Stopped {
    const wanted = Math.min(into.length, this.#size)
    const waits = below?.blocking === true && !below.pending
    const held = this.#bytes.length
    const stop = held === 0 || (held < wanted && !waits) ? this.#fill(this.#size, below) : undefined
    const run = this.#bytes.run().subarray(0, into.length)
    this.#hungry = run.length < wanted
    if (run.length === 0) return stop ?? retryRead
    into.set(run)
    return run.length
  }

  line(into: Uint8Array, below: Bio | undefined): number | Stopped {
    this.#hungry = false
    for (;;) {
      const length = this.#lineWithin(into.length)
      if (length > 0) return this.#take(into.subarray(0, length))
      // A line longer than the buffer is bounded by who asks for it.
      const stop = this.#fill(Math.max(this.#size, into.length), below)
      if (stop === undefined) continue
      if (stop.stop !== 'retry' && this.#bytes.length > 0) return this.#take(into)
      this.#hungry = true
      return stop
    }
  }

  unread(bytes: Uint8Array): void {
    const free = Math.max(0, this.#size - this.#bytes.length)
    checkCount('bytes to put back', bytes.length, 0, free)
    const rest = this.#bytes.run().slice()
    this.#bytes.clear()
    this.#bytes.write(bytes)
    this.#bytes.write(rest)
    this.#searched = 0
  }

  /** Dropping what is held leaves a gap before what can be read below: then nothing is read any more. */
  close(error: Error | undefined): void {
    if (this.#bytes.length === 0) return
    this.#bytes.clear()
    this.#searched = 0
    this.#stop = new BioError('CLOSED', 'read: this filter was closed', { cause: error })
  }

  #take(into: Uint8Array): number {
    this.#searched = 0
    return this.#bytes.read(into)
  }

  /** Length of the first line, or `most` where that many bytes hold no whole one; 0 where more have to come. */
  #lineWithin(most: number): number {
    const run = this.#bytes.run().subarray(0, most)
    const found = run.indexOf(newline, this.#searched)
    if (found >= 0) return found + 1
    if (run.length === most) return most
    this.#searched = run.length
    return 0
  }

  /** Asks below once, for `most` bytes held in all; answers why none came. */
  #fill(most: number, below: Bio | undefined): Stopped | undefined {
    if (this.#asking) return retryRead
    const wanted = most - this.#bytes.length
    const count = this.#ask(this.#bytes.room(wanted).subarray(0, wanted), below)
    if (typeof count !== 'number') return count
    this.#bytes.commit(count)
    return undefined
  }

  #ask(into: Uint8Array, below: Bio | undefined): number | Stopped {
    if (this.#stop) return broken(this.#stop)
    if (this.#asking) return retryRead
    this.#asking = true
    try {
      return ask(below, into)
    } finally {
      this.#asking = false
    }
  }
}
