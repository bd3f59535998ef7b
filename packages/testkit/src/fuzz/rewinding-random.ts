/** Randomness that starts anew for every run of a fuzz target, so that a run depends on its input alone. */
import type { Bytes, Random } from '@biopair/crypto'
import { Dice } from '../seeds/dice.ts'

export class RewindingRandom {
  readonly #seed: number
  #dice: Dice

  constructor(seed: number) {
    this.#seed = seed
    this.#dice = new Dice(seed)
  }

  /** The next bytes. They are no secret to anybody. */
  readonly draw: Random = (_purpose: string, length: number): Bytes => this.#dice.bytes(length)

  rewind(): void {
    this.#dice = new Dice(this.#seed)
  }
}
