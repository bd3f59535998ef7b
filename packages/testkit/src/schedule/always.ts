/** `always`: runs many schedules of a play and fails with the smallest one that breaks it. */
import fc from 'fast-check'
import { type ScheduleOptions, schedules } from '../arbitraries/schedules.ts'
import type { DatagramLink } from './datagram-link.ts'
import { PlayFailure } from './failure.ts'
import type { Link } from './link.ts'
import type { AnyLink, Play, Schedule } from './play.ts'
import { type ReplayOptions, replayWithin } from './replay.ts'
import { simpler } from './simpler.ts'

export type AlwaysOptions<L extends AnyLink = Link> = ScheduleOptions<L> & RunsOptions

interface RunsOptions extends ReplayOptions {
  /** How many schedules; 100. */
  readonly runs?: number
  /** What the schedules follow from; another one each time, unless given. A failure says which it was. */
  readonly seed?: number
  /** The most runs that making a failure smaller may take, first by parts and then one by one; 2000 each. */
  readonly mostShrinks?: number
  /**
   * The most steps that all of these runs together may take; 5 000 000. None takes more than ten times the steps of the failure and a thousand, but for an
   * `endless` one.
   */
  readonly mostShrinkSteps?: number
}

/** Runs; throws the `PlayFailure` of the smallest schedule that was found to break the play; nothing that is simpler by one thing breaks it in the same way. */
export function always(play: Play, options?: AlwaysOptions): void
export function always(play: Play<DatagramLink>, options: AlwaysOptions<DatagramLink>): void
export function always(
  play: Play | Play<DatagramLink>,
  options: AlwaysOptions<AnyLink> = {},
): void {
  const found = smallestOf(play as Play<AnyLink>, options)
  if (found === undefined) return
  const { failure, seed, tried, smaller } = found
  failure.message += `found with seed ${seed}: schedule ${tried}, made smaller ${smaller} times\n`
  throw failure
}

/** The smallest schedule that breaks a play, with what it breaks. */
export interface Smallest<L extends AnyLink = Link> {
  readonly schedule: Schedule<L>
  readonly failure: PlayFailure<L>
  readonly seed: number
  readonly tried: number
  readonly smaller: number
}

/** The smallest schedule that breaks a play; undefined where none of them does. */
export function smallest(play: Play, options?: AlwaysOptions): Smallest | undefined
export function smallest(
  play: Play<DatagramLink>,
  options: AlwaysOptions<DatagramLink>,
): Smallest<DatagramLink> | undefined
export function smallest(
  play: Play | Play<DatagramLink>,
  options: AlwaysOptions<AnyLink> = {},
): Smallest<AnyLink> | undefined {
  return smallestOf(play as Play<AnyLink>, options)
}

/** A play is given the links that its options ask for. */
function smallestOf(
  play: Play<AnyLink>,
  options: AlwaysOptions<AnyLink>,
): Smallest<AnyLink> | undefined {
  const { runs = 100, seed, mostShrinks = 2000, mostShrinkSteps = 5_000_000 } = options
  checkOptions(play, { runs, mostShrinks, mostShrinkSteps, seed: seed ?? 0 })
  const cost = { left: mostShrinkSteps }
  let first: PlayFailure<AnyLink> | undefined
  let left = mostShrinks
  const property = fc.property(schedules(options), schedule => {
    if (first !== undefined && left-- <= 0) return
    const failure = first
      ? smallerFailure(play, schedule, options, first, cost)
      : failureOf(play, schedule, options)
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
  const tidy = smallerStill(play, schedule, options, mostShrinks, cost)
  const { numRuns: tried, numShrinks: smaller } = details
  return { ...tidy, seed: details.seed, tried, smaller }
}

/** What shrinking by parts leaves: as long as anything that is simpler by one thing fails in the same way, it is that. */
function smallerStill(
  play: Play<AnyLink>,
  schedule: Schedule<AnyLink>,
  options: ReplayOptions,
  most: number,
  cost: { left: number },
) {
  let best = schedule
  let failure = failureOf(play, best, options)
  if (failure === undefined)
    throw new Error(
      'the play broke, and the same schedule did not break it again: it does not follow from its link, its seed and the order of steps alone',
    )
  for (let [left, found] = [most, true]; found; ) {
    found = false
    for (const other of simpler(best)) {
      if (left-- <= 0) break
      const another = smallerFailure(play, other, options, failure, cost)
      if (another?.end !== failure.end) continue
      ;[best, failure, found] = [other, another, true]
      break
    }
  }
  return { schedule: best, failure }
}

/** A property of no runs holds always. */
function checkOptions(play: Play<AnyLink>, options: Readonly<Record<string, number>>): void {
  if (typeof play !== 'function')
    throw new TypeError(`play: expected a function, got ${typeof play}`)
  for (const [name, number] of Object.entries(options)) {
    const least = name === 'runs' ? 1 : name === 'seed' ? Number.MIN_SAFE_INTEGER : 0
    if (!Number.isSafeInteger(number) || number < least)
      throw new RangeError(
        `${name}: expected an integer${name === 'seed' ? '' : ` from ${least} up`}, got ${number}`,
      )
  }
}

/** What a smaller schedule leads to, within what that may cost; undefined, where it costs more. */
function smallerFailure(
  play: Play<AnyLink>,
  schedule: Schedule<AnyLink>,
  options: ReplayOptions,
  { end, steps }: PlayFailure<AnyLink>,
  cost: { left: number },
): PlayFailure<AnyLink> | undefined {
  const { mostSteps = 1_000_000 } = options
  const held = end === 'endless' ? mostSteps : Math.min(mostSteps, 10 * steps + 1000)
  if (cost.left < held) return undefined
  return failureOf(play, schedule, options, held, taken => {
    cost.left -= taken
  })
}

function failureOf(
  play: Play<AnyLink>,
  schedule: Schedule<AnyLink>,
  options: ReplayOptions,
  held = Number.POSITIVE_INFINITY,
  took: (steps: number) => void = () => {},
): PlayFailure<AnyLink> | undefined {
  try {
    took(replayWithin(play, schedule, options, held).steps)
    return undefined
  } catch (error) {
    if (error instanceof PlayFailure) took(error.steps)
    if (error instanceof PlayFailure) return error
    throw error
  }
}
