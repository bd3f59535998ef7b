/** A session cache in memory, for a server of one process: bounded in number and in time. */
import { type Bytes, outOfRange } from '@biopair/wire'
import type { SessionCache } from './tickets.ts'

interface Kept {
  readonly state: Bytes
  readonly expires: number
}

/** `sessionCache: new MemorySessionCache()`. Where there is no room, the oldest goes. What goes is wiped: a session is a secret. */
export class MemorySessionCache implements SessionCache {
  readonly #kept = new Map<string, Kept>()
  readonly #now: () => number
  #limit: number

  /** At most `limit` sessions; `now` in milliseconds since 1970. RangeError for a limit that is no positive whole number. */
  constructor({ limit = 20_480, now = Date.now }: { limit?: number; now?: () => number } = {}) {
    this.#limit = positive(limit)
    this.#now = now
  }

  get limit(): number {
    return this.#limit
  }

  /** Fewer than are kept: the oldest go. */
  set limit(limit: number) {
    this.#limit = positive(limit)
    this.#fit(0)
  }

  /** Sessions that are kept, those out of time included. */
  get size(): number {
    return this.#kept.size
  }

  get(id: string): Uint8Array | undefined {
    const kept = this.#kept.get(id)
    if (!kept) return undefined
    if (kept.expires > this.#now()) return kept.state.slice()
    this.#drop(id)
    return undefined
  }

  set(id: string, state: Bytes, expires: number): void {
    this.#drop(id)
    this.#fit(1)
    // A slice of a Buffer is a view of it.
    this.#kept.set(id, { state: Uint8Array.from(state), expires })
  }

  delete(id: string): boolean {
    return this.#drop(id)
  }

  /** Drops what is out of time at `time`, milliseconds since 1970; now, if it is left out. */
  flush(time = this.#now()): void {
    for (const [id, { expires }] of this.#kept) if (expires <= time) this.#drop(id)
  }

  #fit(more: number): void {
    if (this.#kept.size + more > this.#limit) this.flush()
    for (const id of this.#kept.keys()) {
      if (this.#kept.size + more <= this.#limit) return
      this.#drop(id)
    }
  }

  #drop(id: string): boolean {
    this.#kept.get(id)?.state.fill(0)
    return this.#kept.delete(id)
  }
}

function positive(limit: number): number {
  if (Number.isSafeInteger(limit) && limit > 0) return limit
  throw outOfRange(`limit: expected a whole number from 1, got ${limit}`)
}
