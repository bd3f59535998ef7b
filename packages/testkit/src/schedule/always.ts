/** `always`: runs many schedules of a play and fails with the smallest one that breaks it. */
import fc from 'fast-check'
import { type ScheduleOptions, schedules } from '../arbitraries/schedules.ts'
import { PlayFailure } from './failure.ts'
import type { Play, Schedule } from './play.ts'
import { type ReplayOptions, replay } from './replay.ts'

export interface AlwaysOptions extends ScheduleOptions, ReplayOptions {
  /** How many schedules; 100. */
  readonly runs?: number
  /** What the schedules follow from; another one each time, unless given. A failure says which it was. */
  readonly seed?: number
  /** The most runs that making a failure smaller may take; 2000. */
  readonly mostShrinks?: number
}

/** Runs; throws the `PlayFailure` of the smallest schedule that was found to break the play. */
export function always(play: Play, options: AlwaysOptions = {}): void {
  const found = smallest(play, options)
  if (found === undefined) return
  const { failure, seed, tried, smaller } = found
  failure.message += `found with seed ${seed}: schedule ${tried}, made smaller ${smaller} times\n`
  throw failure
}

/** The smallest schedule that breaks a play, with what it breaks; undefined where none of them does. */
export function smallest(
  play: Play,
  options: AlwaysOptions = {},
):
  | {
      readonly schedule: Schedule
      readonly failure: PlayFailure
      readonly seed: number
      readonly tried: number
      readonly smaller: number
    }
  | undefined {
  const { runs = 100, seed, mostShrinks = 2000 } = options
  let first: PlayFailure | undefined
  let left = mostShrinks
  const property = fc.property(schedules(options), schedule => {
    if (first !== undefined && left-- <= 0) return
    const failure = failureOf(play, schedule, options)
    // What fails in another way is another failure, and not this one made smaller.
    if (failure === undefined || (first && first.end !== failure.end)) return
    first ??= failure
    throw failure
  })
  const details = fc.check(property, {
    numRuns: runs,
    ...(seed === undefined ? {} : { seed }),
  })
  if (!details.failed || details.counterexample === null) return undefined
  const [schedule] = details.counterexample
  const tidy = smallerStill(play, schedule, options)
  const { numRuns: tried, numShrinks: smaller } = details
  return { ...tidy, seed: details.seed, tried, smaller }
}

/** What shrinking by parts leaves: turns that change nothing are taken out one by one. */
function smallerStill(play: Play, schedule: Schedule, options: ReplayOptions) {
  let best = schedule
  let failure = failureOf(play, best, options) as PlayFailure
  for (let at = best.turns.length - 1; at >= 0; at--) {
    const turns = best.turns.slice(0, at) + best.turns.slice(at + 1)
    const another = failureOf(play, { ...best, turns }, options)
    if (another?.end !== failure.end) continue
    best = { ...best, turns }
    failure = another
  }
  return { schedule: best, failure }
}

function failureOf(play: Play, schedule: Schedule, options: ReplayOptions) {
  try {
    replay(play, schedule, options)
    return undefined
  } catch (error) {
    if (error instanceof PlayFailure) return error
    throw error
  }
}
