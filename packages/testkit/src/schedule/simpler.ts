/** Schedules that are simpler by one thing: what is left when none of them fails any more is a smallest one. */
import { shapeOf } from './linked.ts'
import type { AnyLink, Schedule } from './play.ts'
import { simplerBy, smaller } from './shape.ts'

/** Each schedule that is this one but for one turn, one number, or one thing that the link does; the simplest first. */
export function* simpler<L extends AnyLink>(schedule: Schedule<L>): Generator<Schedule<L>> {
  const { link, turns, seed } = schedule
  for (const less of simplerBy(link, shapeOf(link))) yield { ...schedule, link: less }
  for (let at = turns.length - 1; at >= 0; at--)
    yield { ...schedule, turns: turns.slice(0, at) + turns.slice(at + 1) }
  if (/^\d+$/.test(seed))
    for (const less of smaller(Number(seed), 0)) yield { ...schedule, seed: `${less}` }
}
