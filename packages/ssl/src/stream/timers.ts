/** Deadlines of a stream: the timers are whoever's makes it, so that there is none here and a test has its own clock. */

/** `setTimeout` and `clearTimeout`, wherever they come from. */
export interface Timers {
  /** Calls back once, after so many milliseconds; answers what `clear` takes. */
  set(callback: () => void, milliseconds: number): unknown
  clear(timer: unknown): void
  /** Calls back in a later turn of the event loop, as `setImmediate` does: for others to have theirs while much is moved. Without it, nothing pauses. */
  pause?(callback: () => void): void
}

/** One deadline: set, put off, and taken back. */
export class Deadline {
  readonly #timers: Timers | undefined
  readonly #milliseconds: number
  readonly #expired: () => void
  #timer: { readonly timer: unknown } | undefined

  /** 0 milliseconds, or no timers: it never comes. */
  constructor(timers: Timers | undefined, milliseconds: number, expired: () => void) {
    this.#timers = timers
    this.#milliseconds = milliseconds
    this.#expired = expired
  }

  /** Begins anew. */
  begin(): void {
    this.stop()
    if (!this.#timers || this.#milliseconds === 0) return
    const timer = this.#timers.set(() => {
      this.#timer = undefined
      this.#expired()
    }, this.#milliseconds)
    this.#timer = { timer }
  }

  /** As `begin`, where it has begun. */
  putOff(): void {
    if (this.#timer) this.begin()
  }

  stop(): void {
    if (this.#timer) this.#timers?.clear(this.#timer.timer)
    this.#timer = undefined
  }
}
