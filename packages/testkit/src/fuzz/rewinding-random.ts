/** Randomness that starts anew for every run of a fuzz target, so that a run depends on its input alone. */
import type { Bytes, Random } from '@biopair/crypto'
import { Dice } from '../seeds/dice.ts'

export class RewindingRandom {
  readonly #seed: number
  #dice: Dice
  #exports = 0

  constructor(seed: number) {
    this.#seed = seed
    this.#dice = new Dice(seed)
  }

  /** The next bytes. They are no secret to anybody. */
  readonly draw: Random = (purpose: string, length: number): Bytes =>
    // What moves a connection may be used once, in all runs together.
    purpose === 'export id' ? new Dice(++this.#exports).bytes(length) : this.#dice.bytes(length)

  rewind(): void {
    this.#dice = new Dice(this.#seed)
  }
}
