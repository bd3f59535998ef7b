/** Every interleaving of two recorded ends over one pair of rings, by single bytes and by whole steps. */
import type { Play, Schedule } from '../schedule/play.ts'
import { programOf } from '../schedule/program.ts'
import { type Move, type Place, Two } from './automaton.ts'
import type { Explored } from './explore.ts'
import type { Recorded } from './record.ts'
import type { Trap } from './search.ts'
import { stalls } from './stalls.ts'

/** What a search of places has found. */
export interface Places {
  readonly places: number
  /** Where nothing can move although an end is not done; each with the moves that lead there. */
  readonly stuck: readonly { readonly place: Place; readonly path: readonly string[] }[]
  readonly reaches: boolean
  readonly whole: boolean
}

/**
 * Breadth first from the beginning over every move. Each move makes a counter grow, so that no run is endless: if no place is
 * stuck, every run ends with both done, whatever the order, and none goes round in circles.
 */
export function searchPlaces(
  two: Two,
  next: (place: Place) => readonly Move[],
  most = 10_000_000,
): Places {
  const stuck: Place[] = []
  let [reaches, whole] = [false, true]
  const before = new Map<number, { readonly from: number; readonly by: string }>()
  const start: Place = [0, 0, 0, 0]
  before.set(two.keyOf(start), { from: -1, by: '' })
  let frontier: Place[] = [start]
  while (frontier.length > 0) {
    const following: Place[] = []
    for (const place of frontier) {
      const moves = next(place)
      if (two.final(place)) reaches = true
      else if (moves.length === 0) stuck.push(place)
      const from = two.keyOf(place)
      for (const { place: to, by } of moves) {
        const key = two.keyOf(to)
        if (before.has(key)) continue
        if (before.size >= most) {
          whole = false
          continue
        }
        before.set(key, { from, by })
        following.push(to)
      }
    }
    frontier = following
  }
  const wayTo = (place: Place) => {
    const path: string[] = []
    for (let at = before.get(two.keyOf(place)); at && at.from >= 0; at = before.get(at.from))
      path.unshift(at.by)
    return path
  }
  return {
    places: before.size,
    stuck: stuck.map(place => ({ place, path: wayTo(place) })),
    reaches,
    whole,
  }
}

/** Both searches; a deadlock that steps come to is run on the ends themselves before it is told. */
export function searchRecorded(
  play: Play,
  { client, server }: Recorded,
  start: Schedule,
  most: number,
): Explored {
  const two = new Two(client, server, start.link.there.ring, start.link.back.ring)
  const bytes = searchPlaces(two, place => two.bytes(place), most)
  const steps = searchPlaces(two, place => two.steps(place), most)
  const traps: Trap[] = []
  const [found] = steps.stuck
  const [finer] = bytes.stuck
  if (found) {
    // Where fair turns come to a halt as well, they are all that needs to be said.
    const turns = stalls(play, start) ? '' : found.path.map(by => by[0]).join('')
    const path = [...inTurns(found.path), placeInWords(two, found.place)]
    traps.push(trapOf(play, { ...start, turns }, path, steps.stuck.length))
  } else if (finer) {
    const path = [...inWords(finer.path), placeInWords(two, finer.place)]
    traps.push(trapOf(play, start, path, bytes.stuck.length))
  }
  return {
    states: bytes.places + steps.places,
    reaches: bytes.reaches,
    traps,
    whole: bytes.whole && steps.whole,
  }
}

function trapOf(play: Play, schedule: Schedule, path: readonly string[], states: number): Trap {
  const confirmed = stalls(play, schedule)
  const program = programOf(play, schedule)
  return { kind: 'deadlock', schedule, path, states, program, confirmed }
}

const deeds: Readonly<Record<string, string>> = {
  C: 'client writes',
  c: 'client reads',
  S: 'server writes',
  s: 'server reads',
}

/** Runs of one move in one line. */
function inWords(path: readonly string[]): string[] {
  const lines: string[] = []
  for (let at = 0; at < path.length; ) {
    const by = path[at] as string
    let times = 0
    while (path[at] === by) {
      times++
      at++
    }
    lines.push(`${deeds[by]} ${times}`)
  }
  return lines
}

/** Steps, with those that go on alternating in one line. */
function inTurns(path: readonly string[]): string[] {
  const lines: string[] = []
  for (let at = 0; at < path.length; ) {
    const [a, b] = [path[at], path[at + 1]]
    let times = 1
    while (b !== undefined && path[at + 2 * times] === a && path[at + 2 * times + 1] === b) times++
    lines.push(times > 1 ? `${a} and ${b}, ${times} times` : `${a}`)
    at += times > 1 ? 2 * times : 1
  }
  return lines
}

function placeInWords(two: Two, [rc, wc, rs, ws]: Place): string {
  const words = (
    name: string,
    end: Two['client'],
    read: number,
    written: number,
    waiting: number,
  ) => {
    const state = end.done(read, written) ? 'is done' : 'is not done'
    return `the ${name} ${state}, has read ${read} bytes of ${read + waiting} and written ${written} of ${end.total}`
  }
  return [
    words('client', two.client, rc, wc, ws - rc),
    words('server', two.server, rs, ws, wc - rs),
  ].join('; ')
}
