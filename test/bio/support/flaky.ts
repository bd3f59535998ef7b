/** A BIO that follows a script: each number is how many bytes a call moves at most, 0 is a retry; then it is whole. */
import type { Bio, Stopped } from '@biopair/bio'
import { retryRead, retryWrite } from './bytes.ts'

export class FlakyBio implements Bio {
  /** Everything it took. */
  readonly taken: number[] = []
  /** How many calls came down. */
  reads = 0
  writes = 0
  flushes = 0
  ended = false
  closed: Error | true | undefined
  /** Answered by every write while it is there. */
  fault: Stopped | undefined
  blocking = false
  readonly #script: number[]
  readonly #source: number[]

  constructor(script: readonly number[] = [], source: Iterable<number> = []) {
    this.#script = [...script]
    this.#source = [...source]
  }

  read(into: Uint8Array): number | Stopped {
    this.reads++
    const most = this.#script.shift() ?? into.length
    const bytes = this.#source.splice(0, Math.min(most, into.length))
    if (bytes.length === 0) return retryRead
    into.set(bytes)
    return bytes.length
  }

  write(bytes: Uint8Array): number | Stopped {
    this.writes++
    if (this.fault) return this.fault
    const count = Math.min(bytes.length, this.#script.shift() ?? bytes.length)
    if (count === 0) return retryWrite
    this.taken.push(...bytes.subarray(0, count))
    return count
  }

  flush(): 'done' | Stopped {
    this.flushes++
    return this.fault ?? 'done'
  }

  end(): 'done' | Stopped {
    this.ended = true
    return 'done'
  }

  close(error?: Error): void {
    this.closed = error ?? true
  }

  /** More to be read. */
  give(bytes: Iterable<number>): void {
    this.#source.push(...bytes)
  }

  /** The rest of the script is void. */
  heal(): void {
    this.#script.length = 0
  }

  get text(): string {
    return String.fromCharCode(...this.taken)
  }
}

/** The bytes of an ASCII text. */
export function ascii(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, character => character.charCodeAt(0))
}

/** A text as a BIO's reader sees it, or why there is none. */
export function told(count: number | Stopped, into: Uint8Array): string | Stopped {
  return typeof count === 'number' ? String.fromCharCode(...into.subarray(0, count)) : count
}
