/** Who remembers which exports were imported: of several that ask for one, a single one may go on with it. */

/**
 * A store that everybody asks who could import the same bytes: a table in a database, a few lines around Redis's SET NX, or an object that
 * several contexts of one thread share. Two imports of the same bytes would use the same keys and numbers for different data, and no
 * cryptography can tell them apart.
 */
export interface ClaimStore {
  /**
   * Whether nobody has claimed this before: of two that ask at the same time, only one may hear true. `until`, in milliseconds since 1970, is
   * how long the answer has to be remembered: later, the export is refused without a question.
   */
  claim(id: string, until: number): boolean | Promise<boolean>
}

/** A store that answers at once. */
export interface ClaimStoreNow extends ClaimStore {
  claim(id: string, until: number): boolean
}

/** What one context remembers. */
export class Claims implements ClaimStoreNow {
  readonly #until = new Map<string, number>()
  readonly #now: () => number
  /** A clock that is put back forgets nothing. */
  #latest = 0

  /** `now` gives milliseconds since 1970. */
  constructor(now: () => number) {
    this.#now = now
  }

  claim(id: string, until: number): boolean {
    this.#latest = Math.max(this.#latest, this.#now())
    // The oldest stand first: what a longer life keeps back goes with it.
    for (const [old, end] of this.#until) {
      if (end > this.#latest) break
      this.#until.delete(old)
    }
    if (until <= this.#latest || this.#until.has(id)) return false
    this.#until.set(id, until)
    return true
  }
}
