/** `replay`: one schedule, run to its end. The same schedule gives the same run, to the byte. */
import { StallDetector } from '@biopair/bio'
import { Seed } from '../seeds/seed.ts'
import { PlayFailure } from './failure.ts'
import type { Link } from './link.ts'
import { linked } from './linked.ts'
import type { AnyLink, Ends, Play, Schedule } from './play.ts'

/** A run in which everything went as it should. */
export interface Run<L extends AnyLink = Link> {
  readonly schedule: Schedule<L>
  /** Steps that were taken, those after the schedule's turns included. */
  readonly steps: number
  readonly link: L
  /** SHA-256 of all that both ends wrote, as hex. */
  readonly digest: string
}

/** What a run may cost. */
export interface ReplayOptions {
  /** Steps after which a run counts as endless; 1 000 000. */
  readonly mostSteps?: number
}

/**
 * Runs the turns of a schedule, then fair rounds until both ends are done, then the play's check. Throws a `PlayFailure` where an end
 * throws, where the check does, where nobody gets on any more (two rounds without a byte or datagram, a word or the time moving), or where there is no end.
 */
export function replay<L extends AnyLink = Link>(
  play: Play<L>,
  schedule: Schedule<L>,
  options: ReplayOptions = {},
): Run<L> {
  return replayWithin(play, schedule, options, Number.POSITIVE_INFINITY)
}

/** The same, held to fewer steps than the options say: a run that takes more is `endless`. Its program is one for the options. */
export function replayWithin<L extends AnyLink>(
  play: Play<L>,
  schedule: Schedule<L>,
  options: ReplayOptions,
  held: number,
): Run<L> {
  const { mostSteps = 1_000_000 } = options
  if (!(mostSteps >= 1)) throw new RangeError(`mostSteps: expected 1 or more, got ${mostSteps}`)
  if (typeof schedule?.turns !== 'string' || typeof schedule.seed !== 'string')
    throw new TypeError('schedule: expected { link, turns, seed }, the last two texts')
  // The link of a plan of L is an L.
  const link = linked(schedule.link) as L
  const taken: Taken = { steps: 0 }
  const fail = (end: PlayFailure['end'], why: string, cause?: unknown): never => {
    throw new PlayFailure(
      play,
      schedule,
      { end, why, steps: taken.steps, last: taken.last, cause },
      options,
    )
  }
  let ends: Ends | undefined
  try {
    ends = play(link, new Seed(schedule.seed))
    for (const name of ['client', 'server'] as const)
      if (typeof ends?.[name]?.step !== 'function')
        throw new TypeError(
          `the play: expected a ${name} with a step(), got ${typeof ends?.[name]}`,
        )
    for (const letter of schedule.turns) take(letter, ends, link, taken)
  } catch (error) {
    return fail('threw', wordsOf(error), error)
  }
  let stall = new StallDetector()
  while (!(ends.client.done && ends.server.done)) {
    const before = link.moved
    try {
      for (const letter of 'csp') take(letter, ends, link, taken)
    } catch (error) {
      return fail('threw', wordsOf(error), error)
    }
    if (taken.steps > Math.min(mostSteps, held)) {
      const what = `no end after ${taken.steps} steps (mostSteps): ${link.moved} ${link.carries} were moved`
      return fail('endless', whyOf(what, ends, link))
    }
    if (link.moved > before || link.wait(ends.client.due, ends.server.due)) {
      stall = new StallDetector()
      continue
    }
    const report = stall.round(0, partiesOf(ends, link))
    if (report) return fail('stalled', whyOf(`no progress in ${report.rounds} rounds`, ends, link))
  }
  try {
    ends.check?.()
  } catch (error) {
    return fail('wrong', wordsOf(error), error)
  }
  return { schedule, steps: taken.steps, link, digest: link.digest }
}

interface Taken {
  steps: number
  last?: string
}

function take(letter: string, ends: Ends, link: AnyLink, taken: Taken): void {
  taken.steps++
  const turn = ({ c: 'client', s: 'server', p: 'pump' } as const)[letter]
  if (turn === undefined) throw new TypeError(`turns: expected c, s or p, got ${letter}`)
  taken.last = turn
  if (turn === 'pump') link.step()
  else ends[turn].step()
}

function partiesOf({ client, server }: Ends, link: AnyLink) {
  const words = (actor: Ends['client']) => {
    const { done, waits } = actor
    if (!done) return waits ?? 'something'
    return `nothing, done${waits === undefined ? '' : `: ${waits}`}`
  }
  return [
    { name: 'client', waits: words(client) },
    { name: 'server', waits: words(server) },
    { name: 'link', waits: link.waits },
  ]
}

/** What went wrong, and who waits for what. */
function whyOf(what: string, ends: Ends, link: AnyLink): string {
  const lines = partiesOf(ends, link).map(({ name, waits }) => `  ${name} waits for ${waits}`)
  return [what, ...lines].join('\n')
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
