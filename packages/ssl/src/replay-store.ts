/** Whether a ClientHello with early data has been seen before (RFC 9846 §8.2): the question, and an answer from memory. */

/** Milliseconds by which a ClientHello may come before or after the time that its age says: 10 000 (RFC 9846 §8.3). */
export const usualWindow = 10_000

/**
 * Knows the ClientHellos whose early data was taken. Servers that open each other's tickets share one: a `SET key 1 NX PX ...` of Redis is all of it. One
 * that throws, rejects or answers anything but true refuses the early data; the handshake goes on.
 */
export interface ReplayStore {
  /**
   * True exactly once for a key before `until`, in milliseconds since 1970, however many ask at the same time.
   * @param key 64 hexadecimal digits, which tell nothing about any secret
   */
  claim(key: string, until: number): boolean | Promise<boolean>
}

export interface MemoryReplayStoreOptions {
  /** Milliseconds since 1970. */
  readonly now?: () => number
  /** Keys that are known at once: 65 536. While they are, all that is new is refused. */
  readonly capacity?: number
  /**
   * Milliseconds from its making in which everything is refused: what a process before this one took is not known here (RFC 9846 §8.2).
   * 0 is for servers whose tickets do not outlive them.
   */
  readonly silence?: number
}

/** A store for one process. */
export class MemoryReplayStore implements ReplayStore {
  readonly #now: () => number
  readonly #capacity: number
  readonly #speaks: number
  /** A clock that is put back forgets nothing: what is fresh again was taken before. */
  #latest = Number.NEGATIVE_INFINITY
  /** When each is forgotten. */
  readonly #known = new Map<string, number>()

  constructor({
    now = Date.now,
    capacity = 65_536,
    silence = 2 * usualWindow,
  }: MemoryReplayStoreOptions = {}) {
    this.#now = now
    this.#capacity = capacity
    this.#speaks = silence > 0 ? now() + silence : Number.NEGATIVE_INFINITY
  }

  /** Keys that are known. */
  get size(): number {
    return this.#known.size
  }

  claim(key: string, until: number): boolean {
    const said = this.#now()
    if (said > this.#latest) this.#latest = said
    const now = this.#latest
    if (now < this.#speaks || until <= now || this.#lives(key, now)) return false
    this.#sweep(now)
    if (this.#known.size >= this.#capacity) return false
    this.#known.delete(key)
    this.#known.set(key, until)
    return true
  }

  #lives(key: string, now: number): boolean {
    const until = this.#known.get(key)
    return until !== undefined && until > now
  }

  /** They came in the order of their times, more or less: the first that lives on ends it. */
  #sweep(now: number): void {
    for (const [key, until] of this.#known) {
      if (until > now) return
      this.#known.delete(key)
    }
  }
}
