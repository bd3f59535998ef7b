/** A turn for everybody else: carriers that answer in microtasks alone would hold the event loop for as long as there is data. */

/** Bytes of one flow between two pauses: a millisecond or a few. */
const between = 262_144

/** The pauses of one flow. */
export class Pauses {
  readonly #pause: ((over: () => void) => void) | undefined
  #bytes = 0
  #resting = false

  /** @param pause calls back in a later turn of the event loop; without it there are no pauses */
  constructor(pause: ((over: () => void) => void) | undefined) {
    this.#pause = pause
  }

  /** Whether nothing is to be moved now. */
  get resting(): boolean {
    return this.#resting
  }

  /** So many bytes have moved: begins a pause where one is due, and says when it is over. */
  moved(bytes: number, over: () => void): void {
    this.#bytes += bytes
    if (!this.#pause || this.#bytes < between) return
    this.#bytes = 0
    this.#resting = true
    this.#pause(() => {
      this.#resting = false
      over()
    })
  }
}
