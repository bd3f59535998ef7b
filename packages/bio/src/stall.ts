/** Finds out that nobody makes progress any more, and says who waits for what. */

/** Somebody who takes part: a pump's direction, a connection, a program. */
export interface Party {
  readonly name: string
  /** What it waits for, as words: `bytes from a`. A change of them counts as progress. */
  readonly waits: string
}

/** Nothing moves any more. */
export interface StallReport {
  /** How many rounds went by without progress. */
  readonly rounds: number
  readonly parties: readonly Party[]
  /** The same, for people: a line for each party. */
  readonly text: string
}

/** Two full rounds in which no byte moved and no party changed what it waits for are a stall. */
export class StallDetector {
  #before: readonly Party[] | undefined
  #fruitless = 0

  /** Tells of a round: how many bytes moved in it, and what each party waits for after it. Answers the stall, if it is one. */
  round(moved: number, parties: readonly Party[]): StallReport | undefined {
    const same = this.#before !== undefined && equalParties(this.#before, parties)
    this.#fruitless = moved === 0 && same ? this.#fruitless + 1 : 0
    this.#before = parties.map(({ name, waits }) => ({ name, waits }))
    return this.#fruitless < 2 ? undefined : stallReport(this.#fruitless, this.#before)
  }
}

/** Words and data for parties that wait. */
export function stallReport(rounds: number, parties: readonly Party[]): StallReport {
  const lines = parties.map(({ name, waits }) => `  ${name} waits for ${waits}`)
  return {
    rounds,
    parties,
    text: [`stalled: no progress in ${rounds} rounds`, ...lines].join('\n'),
  }
}

function equalParties(before: readonly Party[], after: readonly Party[]): boolean {
  if (before.length !== after.length) return false
  return before.every((party, i) => {
    const other = after[i]
    return party.name === other?.name && party.waits === other.waits
  })
}
