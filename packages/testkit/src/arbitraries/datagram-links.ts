/** Links of datagrams: those that lose, double, delay and so reorder; and those that change datagrams, where they may. */
import { defaultMtu } from '@biopair/bio'
import fc from 'fast-check'
import type { DatagramPlan, DatagramWayPlan } from '../schedule/datagram-plan.ts'
import { counted } from './counted.ts'

export interface DatagramLinkOptions {
  readonly carries: 'datagrams'
  /** Whether datagrams may get lost; yes, unless told otherwise. */
  readonly drops?: boolean
  /** Whether they may arrive twice; yes, unless told otherwise. */
  readonly doubles?: boolean
  /** Whether bits may flip; no, unless told so. */
  readonly flips?: boolean
  /** Whether they may arrive cut short, or with more behind them; no, unless told so. */
  readonly cuts?: boolean
  /** Whether from some datagram on none may arrive; no, unless told so. */
  readonly ends?: boolean
  /** The most milliseconds that a datagram, or its double, takes longer than others; 1000. With 0, all arrive in order. */
  readonly mostDelay?: number
  /** The least MTU that a half may be told; none is told another than 1472, unless it is given. */
  readonly leastMtu?: number
  /** Where bits flip and datagrams are cut: about how long they are, in bytes; 1472. */
  readonly longest?: number
  /** Below which number of each direction anything happens to a datagram; 30. */
  readonly within?: number
}

/** Plans of links; they shrink to one that does nothing. */
export function datagramLinks(options: DatagramLinkOptions): fc.Arbitrary<DatagramPlan> {
  return fc.record(
    {
      carries: fc.constant('datagrams' as const),
      there: datagramWays(options),
      back: datagramWays(options),
    },
    { noNullPrototype: true },
  )
}

/** Plans of one direction. */
export function datagramWays(options: DatagramLinkOptions): fc.Arbitrary<DatagramWayPlan> {
  const { drops = true, doubles = true, flips = false, cuts = false, ends = false } = options
  const { mostDelay = 1000, leastMtu, longest = defaultMtu, within = 30 } = options
  counted({ within, longest }, 1)
  counted({ mostDelay }, 0)
  const at = fc.nat(within - 1)
  const delay = fc.oneof(fc.nat(Math.min(mostDelay, 5)), fc.nat(mostDelay))
  const extras = {
    ...(drops ? { lost: fc.uniqueArray(at, { minLength: 1, maxLength: 8 }) } : {}),
    ...(doubles ? { doubled: some({ at, by: delay }) } : {}),
    ...(mostDelay > 0 ? { late: some({ at, by: delay }), latency: fc.nat(mostDelay) } : {}),
    ...(flips ? { flipped: some({ at, bit: fc.nat(8 * longest) }) } : {}),
    ...(cuts
      ? { cut: some({ at, to: fc.nat(longest) }), padded: some({ at, by: fc.nat(99) }) }
      : {}),
    ...(leastMtu === undefined
      ? {}
      : { mtu: fc.integer({ min: leastMtu, max: Math.max(leastMtu, defaultMtu) }) }),
    ...(ends ? { end: at } : {}),
    holds: fc.integer({ min: 1, max: 9 }),
  }
  return fc.record(extras, {
    requiredKeys: [],
    noNullPrototype: true,
  }) as fc.Arbitrary<DatagramWayPlan>
}

function some<T extends object>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) {
  return fc.array(fc.record(fields, { noNullPrototype: true }), { minLength: 1, maxLength: 4 })
}
