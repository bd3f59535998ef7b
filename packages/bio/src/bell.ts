/** A word of shared memory by which one thread wakes another that waits for more than one thing. */

/**
 * Who waits arms the bell, looks at everything it waits for, and then sleeps. Who changes anything of that rings after the change.
 * Both use atomics in one order, so that either the look finds the change, or the ring finds the bell armed.
 */
export class Bell {
  readonly #words: Int32Array

  constructor(memory: SharedArrayBuffer, offset: number) {
    this.#words = new Int32Array(memory, offset, 1)
  }

  arm(): void {
    Atomics.store(this.#words, 0, 1)
  }

  /** Sleeps until it is rung, if that has not happened since it was armed. False after `timeout` milliseconds. */
  sleep(timeout: number): boolean {
    return Atomics.wait(this.#words, 0, 1, timeout) !== 'timed-out'
  }

  ring(): void {
    if (Atomics.load(this.#words, 0) === 0) return
    Atomics.store(this.#words, 0, 0)
    Atomics.notify(this.#words, 0)
  }
}
