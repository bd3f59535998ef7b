/** Schedules: a link, an order of turns, and a seed. */
import fc from 'fast-check'
import type { DatagramLink } from '../schedule/datagram-link.ts'
import type { Link } from '../schedule/link.ts'
import type { AnyLink, Schedule } from '../schedule/play.ts'
import { counted } from './counted.ts'
import type { DatagramLinkOptions } from './datagram-links.ts'
import { type LinkOptions, links } from './links.ts'

/** What links may do, and how many turns there are. */
export type ScheduleOptions<L extends AnyLink = Link> = (L extends DatagramLink
  ? DatagramLinkOptions
  : LinkOptions) & {
  /** The most turns before all take them in rounds; 60. */
  readonly mostTurns?: number
}

/** Schedules; they shrink to fewer turns over a simpler link. */
export function schedules(options?: ScheduleOptions): fc.Arbitrary<Schedule>
export function schedules(
  options: ScheduleOptions<DatagramLink>,
): fc.Arbitrary<Schedule<DatagramLink>>
export function schedules(options: ScheduleOptions<AnyLink>): fc.Arbitrary<Schedule<AnyLink>>
export function schedules(options: ScheduleOptions<AnyLink> = {}): fc.Arbitrary<Schedule<AnyLink>> {
  const link: fc.Arbitrary<AnyLink['plan']> =
    options.carries === 'datagrams' ? links(options) : links(options)
  return fc.record(
    { link, turns: turnsOf(options.mostTurns), seed: seeds() },
    { noNullPrototype: true },
  )
}

/** Long runs of one come up as often as alternation. */
function turnsOf(most = 60): fc.Arbitrary<string> {
  counted({ mostTurns: most }, 0)
  const burst = fc
    .tuple(fc.constantFrom('c', 's', 'p'), fc.integer({ min: 1, max: 9 }))
    .map(([letter, times]) => letter.repeat(times))
  const single = fc.constantFrom('c', 's', 'p')
  return fc
    .array(fc.oneof({ weight: 3, arbitrary: single }, { weight: 1, arbitrary: burst }), {
      maxLength: most,
      size: 'max',
    })
    .map(turns => turns.join('').slice(0, most))
}

/** Texts to draw everything from. */
function seeds(): fc.Arbitrary<string> {
  return fc.nat(99_999).map(String)
}

/** The schedule that a number stands for, the same on every runtime. */
export function scheduleOf(seed: number, options?: ScheduleOptions): Schedule
export function scheduleOf(
  seed: number,
  options: ScheduleOptions<DatagramLink>,
): Schedule<DatagramLink>
export function scheduleOf(
  seed: number,
  options: ScheduleOptions<AnyLink> = {},
): Schedule<AnyLink> {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`seed: expected an integer, got ${seed}`)
  const [schedule] = fc.sample(schedules(options), { seed, numRuns: 1 })
  return schedule as Schedule<AnyLink>
}
