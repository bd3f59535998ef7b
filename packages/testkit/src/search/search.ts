/** `search`: every order there is for two ends over small rings; deadlocks and livelocks come with a way there. */
import { PlayFailure } from '../schedule/failure.ts'
import type { Play, Schedule } from '../schedule/play.ts'
import { replay } from '../schedule/replay.ts'
import { explore } from './explore.ts'
import { record } from './record.ts'
import { searchRecorded } from './recorded.ts'
import { checkRecorded } from './walked.ts'

export interface SearchOptions {
  /**
   * `turns`: runs the ends themselves in every order of their steps; for protocols with some thousand states at most. `bytes`: records both ends
   * once, byte by byte, and searches what was recorded, in every order of single bytes and in every order of steps; for ends whose steps go
   * on until they can go on no more, and which do the same whatever the cuts: an Error where another order shows that they do not.
   * `turns`, unless told otherwise.
   */
  readonly by?: 'turns' | 'bytes'
  /** Sizes of rings, each with each other; 1 to 8. */
  readonly rings?: readonly number[]
  readonly seed?: string
  /** The most states over one pair of rings; 1 000 000. Beyond it the search says that it was cut short. */
  readonly mostStates?: number
}

/** A place that has no way to the end, or an end that is not what it should be, and the shortest schedule that leads there. */
export interface Trap {
  /**
   * `deadlock`: no step changes anything. `livelock`: steps do, for ever, and none of the ways from here comes to the end.
   * `threw`: the last step of the schedule throws. `wrong`: both ends are done, and the check throws.
   */
  readonly kind: 'deadlock' | 'livelock' | 'threw' | 'wrong'
  readonly schedule: Schedule
  /** The way there, from the first state to this one, in words; of a livelock the circle, too. */
  readonly path: readonly string[]
  /** How many states have no way to the end over these rings. */
  readonly states: number
  readonly error?: unknown
  /** Runs the schedule. */
  readonly program: string
  /** Whether the ends themselves, run by the schedule and then in turns, come to a halt, where this is a deadlock: one of `bytes` may need a cut. True of other kinds. */
  readonly confirmed: boolean
}

export interface Search {
  /** States over all rings together. */
  readonly states: number
  /** Pairs of rings that were searched. */
  readonly pairs: number
  /** Over how many of them the end can be reached. */
  readonly ends: number
  /** The first of each kind over each pair of rings. */
  readonly traps: readonly Trap[]
  /**
   * Whether every state was seen. Where it is false, `mostStates` were not enough over some pair of rings: each trap is real, but there may be others, over that pair no
   * livelock is told, and an end that was not come to may be there.
   */
  readonly whole: boolean
}

/**
 * Searches. Ends that tell all of their state in `waits` are searched whole: then every deadlock and every livelock is found. Of an end that says nothing, what
 * it remembers beyond the bytes that it moved is not seen, so that a deadlock that comes of it may be missed; and no livelock is found.
 * With `bytes` every move is a byte more, so that no livelock can be: the end is reached, or there is a deadlock;
 * the check is asked about one run over the first pair of rings, where `turns` asks it in every state that is an end.
 */
export function search(play: Play, options: SearchOptions = {}): Search {
  checkOptions(options)
  const { by = 'turns', rings = [1, 2, 3, 4, 5, 6, 7, 8] } = options
  const { seed = '0', mostStates = 1_000_000 } = options
  const recorded = by === 'bytes' ? record(play, seed) : undefined
  let [states, pairs, ends, whole] = [0, 0, 0, true]
  const traps: Trap[] = []
  const [first = 1] = rings
  if (recorded) {
    // Once over the smallest rings and once over the largest: what depends on the order shows itself there first.
    for (const ring of new Set([Math.min(...rings), Math.max(...rings)]))
      checkRecorded(play, recorded, startOver(ring, ring, seed))
    traps.push(...wrongOver(play, first, seed))
  }
  for (const there of rings)
    for (const back of rings) {
      const start = startOver(there, back, seed)
      const found = recorded
        ? searchRecorded(play, recorded, start, mostStates)
        : explore(play, start, mostStates)
      states += found.states
      pairs++
      if (found.reaches) ends++
      whole &&= found.whole
      traps.push(...found.traps)
    }
  return { states, pairs, ends, traps, whole }
}

function startOver(there: number, back: number, seed: string): Schedule {
  return { link: { there: { ring: there }, back: { ring: back } }, turns: '', seed }
}

/** What is asked for has to be something that can be searched. */
function checkOptions({ by = 'turns', rings = [1], mostStates = 1 }: SearchOptions): void {
  if (by !== 'turns' && by !== 'bytes')
    throw new TypeError(`by: expected turns or bytes, got ${by}`)
  if (!Array.isArray(rings) || rings.length === 0)
    throw new TypeError('rings: expected a list of one size or more')
  for (const [name, counts] of [
    ['rings', rings],
    ['mostStates', [mostStates]],
  ] as const)
    for (const count of counts)
      if (!Number.isSafeInteger(count) || count < 1)
        throw new RangeError(`${name}: expected an integer from 1 up, got ${count}`)
}

/** The check of a run in fair turns. */
function wrongOver(play: Play, ring: number, seed: string): Trap[] {
  const schedule = startOver(ring, ring, seed)
  try {
    replay(play, schedule)
  } catch (failure) {
    if (!(failure instanceof PlayFailure) || failure.end !== 'wrong') return []
    const { why, program, cause: error } = failure
    return [{ kind: 'wrong', schedule, path: [why], states: 1, error, program, confirmed: true }]
  }
  return []
}
