/** Schedules that are simpler by one thing: what is left when none of them fails any more is a smallest one. */
import type { LinkPlan, WayPlan } from './link-plan.ts'
import type { Schedule } from './play.ts'

/** Each schedule that is this one but for one turn, one number, or one thing that the link does; the simplest first. */
export function* simpler(schedule: Schedule): Generator<Schedule> {
  const { link, turns, seed } = schedule
  for (const there of simplerWays(link.there)) yield withLink({ ...link, there })
  for (const back of simplerWays(link.back)) yield withLink({ ...link, back })
  for (let at = turns.length - 1; at >= 0; at--)
    yield { ...schedule, turns: turns.slice(0, at) + turns.slice(at + 1) }
  if (/^\d+$/.test(seed)) for (const less of smaller(Number(seed), 0)) yield withSeed(`${less}`)

  function withLink(link: LinkPlan): Schedule {
    return { ...schedule, link }
  }
  function withSeed(seed: string): Schedule {
    return { ...schedule, seed }
  }
}

function* simplerWays(way: WayPlan): Generator<WayPlan> {
  for (const name of Object.keys(way) as (keyof WayPlan)[]) {
    if (name === 'ring') continue
    const { [name]: _gone, ...rest } = way
    yield rest as WayPlan
  }
  const { ring, cuts, gather, latency, stalls, end, flips } = way
  for (const less of smaller(ring, 1)) yield { ...way, ring: less }
  for (const less of smaller(gather, 1)) yield { ...way, gather: less }
  for (const less of smaller(latency, 1)) yield { ...way, latency: less }
  for (const fewer of fewerOf(cuts, cut => [...smaller(cut, 1)])) yield { ...way, cuts: fewer }
  for (const fewer of fewerOf(flips, flip => [...smaller(flip, 0)])) yield { ...way, flips: fewer }
  for (const fewer of fewerOf(stalls, stall => [
    ...Array.from(smaller(stall.at, 0), at => ({ ...stall, at })),
    ...Array.from(smaller(stall.for, 1), time => ({ ...stall, for: time })),
  ]))
    yield { ...way, stalls: fewer }
  if (end) for (const at of smaller(end.at, 0)) yield { ...way, end: { ...end, at } }
}

/** A list without one of its elements, while another is left, or with one that is simpler. */
function* fewerOf<T>(
  list: readonly T[] = [],
  simplerOnes: (element: T) => readonly T[],
): Generator<T[]> {
  if (list.length > 1) for (const at of list.keys()) yield list.toSpliced(at, 1)
  for (const [at, element] of list.entries())
    for (const other of simplerOnes(element)) yield list.with(at, other)
}

/** The least, the half, and one less. */
function* smaller(count: number | undefined, least: number): Generator<number> {
  if (count === undefined || count <= least) return
  yield* new Set([least, Math.max(least, count >> 1), count - 1])
}
