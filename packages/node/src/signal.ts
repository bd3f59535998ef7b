/** One promise for all who wait for the same event; it is made when the first one waits. */

/** Continuations run in a later microtask, so that `fire` never runs anybody's code. */
export class Signal {
  #promise: Promise<void> | undefined
  #settle: (() => void) | undefined

  /** Settles at the next `fire`. */
  wait(): Promise<void> {
    this.#promise ??= new Promise<void>(settle => {
      this.#settle = settle
    })
    return this.#promise
  }

  /** Settles what was handed out since the last `fire`. */
  fire(): void {
    this.#settle?.()
    this.#promise = undefined
    this.#settle = undefined
  }
}
