/** Trying again and again, with pauses that grow: what stands in for poll(2), which Node does not offer. */

const shortest = 1
const longest = 20

/**
 * The first attempt is made at once, the next ones after 1, 2, 4, 8, 16 and then every 20 ms. While somebody waits, the timer
 * keeps the process alive, as an open socket does.
 */
export class Backoff {
  readonly #attempt: () => boolean
  #pause = shortest
  #timer: NodeJS.Timeout | undefined
  #promise: Promise<void> | undefined
  #settle: (() => void) | undefined

  /** `attempt` answers whether there is nothing to wait for any more. It must not throw. */
  constructor(attempt: () => boolean) {
    this.#attempt = attempt
  }

  /** Settles once an attempt succeeded, or at `stop`. Never rejects. */
  wait(): Promise<void> {
    if (this.#promise) return this.#promise
    if (this.#attempt()) return Promise.resolve()
    this.#promise = new Promise(settle => {
      this.#settle = settle
    })
    this.#pause = shortest
    this.#later()
    return this.#promise
  }

  /** No more attempts: whoever waits goes on. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#settle?.()
    this.#promise = undefined
    this.#settle = undefined
  }

  #later(): void {
    this.#timer = setTimeout(() => {
      if (this.#attempt()) this.stop()
      else this.#later()
    }, this.#pause)
    this.#pause = Math.min(this.#pause * 2, longest)
  }
}
