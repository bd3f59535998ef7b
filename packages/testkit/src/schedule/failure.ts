/** `PlayFailure`: what went wrong in a run, and the program that makes it go wrong again. */
import type { Link } from './link.ts'
import type { AnyLink, Play, Schedule } from './play.ts'
import { programOf } from './program.ts'
import type { ReplayOptions } from './replay.ts'

interface Found {
  readonly end: PlayFailure['end']
  readonly why: string
  readonly steps: number
  readonly last?: string | undefined
  readonly cause?: unknown
}

/** Its message says what went wrong and ends with the program. */
export class PlayFailure<L extends AnyLink = Link> extends Error {
  override readonly name = 'PlayFailure'
  /** `threw`: an end threw in a step. `stalled`: nobody got on. `endless`: they got on for too long. `wrong`: both were done, and the check threw. */
  readonly end: 'threw' | 'stalled' | 'endless' | 'wrong'
  readonly why: string
  readonly schedule: Schedule<L>
  /** Steps until then. */
  readonly steps: number
  /** A module that fails in the same way, when it is run. */
  readonly program: string

  constructor(
    play: Play<L>,
    schedule: Schedule<L>,
    { end, why, steps, last, cause }: Found,
    options: ReplayOptions = {},
  ) {
    const program = programOf(play, schedule, options)
    const where = end === 'threw' && last !== undefined ? ` (${last}, step ${steps})` : ''
    super(`${end}${where}: ${why}\n\n${program}`, cause === undefined ? undefined : { cause })
    this.end = end
    this.why = why
    this.schedule = schedule
    this.steps = steps
    this.program = program
  }
}
