/** `search`: every order there is for two ends over small rings; deadlocks and livelocks come with a way there. */
import { PlayFailure } from '../schedule/failure.ts'
import type { Play, Schedule } from '../schedule/play.ts'
import { replay } from '../schedule/replay.ts'
import { explore } from './explore.ts'
import { record } from './record.ts'
import { searchRecorded } from './recorded.ts'

export interface SearchOptions {
  /**
   * `turns`: runs the ends themselves in every order of their steps; for protocols with some thousand states at most. `bytes`: records both ends
   * once, byte by byte, and searches what was recorded, in every order of single bytes and in every order of steps; for ends whose steps go
   * on until they can go on no more, and which do the same whatever the cuts. `turns`, unless told otherwise.
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
  /** Whether the ends themselves, run by the schedule and then in turns, come to a halt: always, but for deadlocks of `bytes`, which a cut may be needed for. */
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
  /** Whether every state was seen. */
  readonly whole: boolean
}

/**
 * Searches. A livelock is found where both ends tell all of their state in `waits`, so that they can come to one state twice; deadlocks are always.
 * With `bytes` every move is a byte more, so that no livelock can be: the end is reached, or there is a deadlock;
 * the check is asked about one run over the first pair of rings, where `turns` asks it in every state that is an end.
 */
export function search(play: Play, options: SearchOptions = {}): Search {
  const { by = 'turns', rings = [1, 2, 3, 4, 5, 6, 7, 8] } = options
  const { seed = '0', mostStates = 1_000_000 } = options
  const recorded = by === 'bytes' ? record(play, seed) : undefined
  let [states, pairs, ends, whole] = [0, 0, 0, true]
  const traps: Trap[] = []
  const [first = 1] = rings
  if (recorded) traps.push(...wrongOver(play, first, seed))
  for (const there of rings)
    for (const back of rings) {
      const start: Schedule = {
        link: { there: { ring: there }, back: { ring: back } },
        turns: '',
        seed,
      }
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

/** The check of a run in fair turns. */
function wrongOver(play: Play, ring: number, seed: string): Trap[] {
  const schedule: Schedule = { link: { there: { ring }, back: { ring } }, turns: '', seed }
  try {
    replay(play, schedule)
  } catch (failure) {
    if (!(failure instanceof PlayFailure) || failure.end !== 'wrong') return []
    const { why, program, cause: error } = failure
    return [{ kind: 'wrong', schedule, path: [why], states: 1, error, program, confirmed: true }]
  }
  return []
}
