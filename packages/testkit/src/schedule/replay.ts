/** `replay`: one schedule, run to its end. The same schedule gives the same run, to the byte. */
import { StallDetector } from '@biopair/bio'
import { digestOf, Seed } from '../seeds/seed.ts'
import { PlayFailure } from './failure.ts'
import { type Link, linked } from './link.ts'
import type { Ends, Play, Schedule } from './play.ts'

/** A run in which everything went as it should. */
export interface Run {
  readonly schedule: Schedule
  /** Steps that were taken, those after the schedule's turns included. */
  readonly steps: number
  readonly link: Link
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
 * throws, where the check does, where nobody gets on any more (two rounds without a byte, a word or the time moving), or where there is no end.
 */
export function replay(play: Play, schedule: Schedule, options: ReplayOptions = {}): Run {
  return replayWithin(play, schedule, options, Number.POSITIVE_INFINITY)
}

/** The same, held to fewer steps than the options say: a run that takes more is `endless`. Its program is one for the options. */
export function replayWithin(
  play: Play,
  schedule: Schedule,
  options: ReplayOptions,
  held: number,
): Run {
  const { mostSteps = 1_000_000 } = options
  if (!(mostSteps >= 1)) throw new RangeError(`mostSteps: expected 1 or more, got ${mostSteps}`)
  if (typeof schedule?.turns !== 'string' || typeof schedule.seed !== 'string')
    throw new TypeError('schedule: expected { link, turns, seed }, the last two texts')
  const link = linked(schedule.link)
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
      const what = `no end after ${taken.steps} steps (mostSteps): ${link.moved} bytes were moved`
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
  const { there, back } = link.said
  return { schedule, steps: taken.steps, link, digest: digestOf([there, Uint8Array.of(0), back]) }
}

interface Taken {
  steps: number
  last?: string
}

function take(letter: string, ends: Ends, link: Link, taken: Taken): void {
  taken.steps++
  const turn = ({ c: 'client', s: 'server', p: 'pump' } as const)[letter]
  if (turn === undefined) throw new TypeError(`turns: expected c, s or p, got ${letter}`)
  taken.last = turn
  if (turn === 'pump') link.step()
  else ends[turn].step()
}

function partiesOf({ client, server }: Ends, link: Link) {
  const { there, back } = link.inside
  const words = (actor: Ends['client']) => {
    const { done, waits } = actor
    if (!done) return waits ?? 'something'
    return `nothing, done${waits === undefined ? '' : `: ${waits}`}`
  }
  return [
    { name: 'client', waits: words(client) },
    { name: 'server', waits: words(server) },
    { name: 'link', waits: `readers of ${there} bytes there and ${back} back` },
  ]
}

/** What went wrong, and who waits for what. */
function whyOf(what: string, ends: Ends, link: Link): string {
  const lines = partiesOf(ends, link).map(({ name, waits }) => `  ${name} waits for ${waits}`)
  return [what, ...lines].join('\n')
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
