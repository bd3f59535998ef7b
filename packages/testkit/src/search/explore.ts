/** Every order of steps of two ends over one pair of rings, on the ends themselves: for protocols with few states. */

import { linked } from '../schedule/linked.ts'
import type { Ends, Play, Schedule } from '../schedule/play.ts'
import { programOf } from '../schedule/program.ts'
import { Seed } from '../seeds/seed.ts'
import type { Trap } from './search.ts'
import { stalls } from './stalls.ts'

interface State {
  readonly key: string
  readonly turns: string
  readonly from: number
  readonly over: boolean
  /** What the check threw, where both ends are done. */
  readonly wrong?: { readonly error: unknown }
  readonly next: { readonly to: number; readonly by: string }[]
  /** Steps that change nothing. */
  still: number
  /** Whether a step throws. */
  throws: boolean
}

/** What was found over one pair of rings. */
export interface Explored {
  readonly states: number
  readonly reaches: boolean
  readonly traps: readonly Trap[]
  readonly whole: boolean
}

/**
 * Breadth first over the turns of client and server, each state reached by running its way anew. Two states are one where both ends say the
 * same in `waits` and `done`, the same bytes are under way and the same sides have ended; where an end says nothing, the same number of bytes was
 * moved, too.
 */
export function explore(play: Play, start: Schedule, most: number): Explored {
  const run = (turns: string) => runOf(play, { ...start, turns })
  const states: State[] = []
  const known = new Map<string, number>()
  const traps: Trap[] = []
  const trap = (
    kind: Trap['kind'],
    at: number,
    turns: string,
    path: string[],
    count: number,
    error?: unknown,
  ) => {
    if (traps.some(other => other.kind === kind)) return
    const schedule = { ...start, turns }
    const program = programOf(play, schedule)
    traps.push({
      kind,
      schedule,
      path: [...wayTo(states, at), ...path],
      states: count,
      program,
      confirmed: kind !== 'deadlock' || stalls(play, schedule),
      ...(error === undefined ? {} : { error }),
    })
  }
  let whole = true
  try {
    const first = run('')
    states.push({ ...first, turns: '', from: -1, next: [], still: 0, throws: false })
    known.set(first.key, 0)
  } catch (error) {
    trap('threw', -1, '', [], 1, error)
  }
  for (let at = 0; at < states.length; at++) {
    const state = states[at] as State
    if (state.wrong) trap('wrong', at, state.turns, [], 1, state.wrong.error)
    if (state.over) continue
    for (const letter of ['c', 's']) {
      const turns = state.turns + letter
      let reached: ReturnType<typeof runOf>
      try {
        reached = run(turns)
      } catch (error) {
        state.throws = true
        trap('threw', at, turns, [], 1, error)
        continue
      }
      const already = known.get(reached.key)
      if (already !== undefined) {
        if (already === at) state.still++
        else state.next.push({ to: already, by: letter })
        continue
      }
      if (states.length >= most) {
        whole = false
        continue
      }
      known.set(reached.key, states.length)
      state.next.push({ to: states.length, by: letter })
      states.push({ ...reached, turns, from: at, next: [], still: 0, throws: false })
    }
  }
  const leads = leading(states)
  const lost = states.flatMap((state, at) => (leads[at] || !whole ? [] : [{ state, at }]))
  const halts = ({ still }: State) => still === 2
  const stuck = states.flatMap((state, at) => (halts(state) ? [{ state, at }] : []))
  const [dead] = stuck
  if (dead) trap('deadlock', dead.at, dead.state.turns, [], stuck.length)
  // Lost, and with no deadlock to come to: round in circles.
  const toStuck = leading(states, state => halts(state) || state.throws)
  const circling = lost.filter(({ at }) => !toStuck[at])
  const [live] = circling
  if (live) {
    const circle = circleFrom(states, live.at)
    trap('livelock', live.at, live.state.turns + circle.turns, circle.path, circling.length)
  }
  return { states: states.length, reaches: states.some(({ over }) => over), traps, whole }
}

function runOf(
  play: Play,
  { link: plan, turns, seed }: Schedule,
): Pick<State, 'key' | 'over' | 'wrong'> {
  const link = linked(plan)
  const ends: Ends = play(link, new Seed(seed))
  for (const turn of turns) (turn === 'c' ? ends.client : ends.server).step()
  const told = ends.client.waits !== undefined && ends.server.waits !== undefined
  const { near, far } = link
  const counts = told ? [] : [near.readBytes, near.writtenBytes, far.readBytes, far.writtenBytes]
  const carried = [hex(near.unread), near.ending, hex(far.unread), far.ending]
  const words = [ends.client, ends.server].map(
    ({ waits, done }) => `${done ? 'done' : 'on'} ${waits ?? ''}`,
  )
  const over = ends.client.done && ends.server.done
  return { key: [...words, ...carried, ...counts].join(' | '), over, ...(over && checked(ends)) }
}

function checked(ends: Ends): Pick<State, 'wrong'> {
  try {
    ends.check?.()
    return {}
  } catch (error) {
    return { wrong: { error } }
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}

/** From which states one of the wanted can be reached. */
function leading(states: readonly State[], wanted = (state: State) => state.over): boolean[] {
  const before: number[][] = states.map(() => [])
  for (const [at, { next }] of states.entries()) for (const { to } of next) before[to]?.push(at)
  const leads = states.map(wanted)
  const open = [...leads.keys()].filter(at => leads[at])
  for (let at = open.pop(); at !== undefined; at = open.pop())
    for (const earlier of before[at] ?? [])
      if (!leads[earlier]) {
        leads[earlier] = true
        open.push(earlier)
      }
  return leads
}

function wayTo(states: readonly State[], at: number): string[] {
  const path: string[] = []
  for (let place = at; place >= 0; place = states[place]?.from ?? -1)
    path.unshift(states[place]?.key ?? '')
  return path
}

/** Turns that lead from a state round to one that was passed. */
function circleFrom(states: readonly State[], start: number) {
  const passed = new Set<number>()
  const path: string[] = []
  let [at, turns] = [start, '']
  while (!passed.has(at)) {
    passed.add(at)
    const [step] = (states[at] as State).next
    if (step === undefined) break
    turns += step.by
    path.push((states[step.to] as State).key)
    at = step.to
  }
  return { turns, path }
}
