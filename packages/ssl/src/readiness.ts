/** Waiting for whichever comes first, without a growing pile of reactions on a promise that stays pending. */

/** `Promise.race`, called again and again on one long-lived promise, leaves a reaction on it each time; this leaves one in all. */
export class Readiness {
  /** Promises that are listened to already. */
  readonly #heard = new Set<Promise<void>>()
  #wakers: (() => void)[] = []

  /** Settles once any of these has; it may settle early for one that an earlier call named. Never rejects. */
  any(waits: readonly Promise<void>[]): Promise<void> {
    if (waits.length === 0) return Promise.resolve()
    const woken = new Promise<void>(resolve => {
      this.#wakers.push(resolve)
    })
    for (const wait of waits) {
      if (this.#heard.has(wait)) continue
      this.#heard.add(wait)
      const wake = () => this.#wake(wait)
      wait.then(wake, wake)
    }
    return woken
  }

  #wake(wait: Promise<void>): void {
    this.#heard.delete(wait)
    const wakers = this.#wakers
    this.#wakers = []
    for (const wake of wakers) wake()
  }
}
