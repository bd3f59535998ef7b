/** What a law is, and what it says when it is broken. */

/** One thing that has to be so; `keep` throws a `LawBroken` where it is not. Any test runner can run it. */
export interface Law {
  readonly title: string
  readonly keep: () => Promise<void>
}

/** A law that was broken: which one, how, and the fewest steps that were found to break it. */
export class LawBroken extends Error {
  override readonly name = 'LawBroken'
  readonly law: string
  readonly why: string
  /** The steps, where the law is about steps; empty where it breaks at once. */
  readonly steps: readonly string[]
  /** A module that breaks the law again, when it is run. */
  readonly program: string | undefined

  constructor(
    law: string,
    why: string,
    {
      steps = [],
      program,
      cause,
    }: {
      readonly steps?: readonly string[]
      readonly program?: string
      readonly cause?: unknown
    } = {},
  ) {
    const after = steps.length === 0 ? '' : `, after ${steps.join(', ')}`
    super(
      `broken: ${law}${after}: ${why}${program === undefined ? '' : `\n\n${program}`}`,
      cause === undefined ? undefined : { cause },
    )
    this.law = law
    this.why = why
    this.steps = steps
    this.program = program
  }
}

/** Throws with words that say what was expected. */
export function expect(truth: boolean, what: string): asserts truth {
  if (!truth) throw new Error(`expected ${what}`)
}
