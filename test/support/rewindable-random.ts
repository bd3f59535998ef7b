/** A source of random bytes that follows from a seed and can be started again, so that a fresh end repeats an old one. */
import { createHash } from 'node:crypto'
import type { Bytes } from '@biopair/crypto'

/** Each draw depends on the seed, its purpose, and how many draws came before it. */
export class RewindableRandom {
  readonly #seed: string
  #draws = 0

  constructor(seed: string) {
    this.#seed = seed
  }

  /** How many draws were made since the start. */
  get draws(): number {
    return this.#draws
  }

  /** As a `Random`: may be handed on without its object. */
  readonly draw = (purpose: string, length: number): Bytes => {
    const bytes = createHash('shake256', { outputLength: length })
      .update(`${this.#seed}/${this.#draws++}/${purpose}`)
      .digest()
    return Uint8Array.from(bytes)
  }

  /** Goes on after so many draws; from the start unless told otherwise. */
  rewind(draws = 0): void {
    this.#draws = draws
  }
}
