/** Links of every kind: rings, cuts, coalescing, drips, stalls, latency; and those that lose or change bytes, where they may. */
import fc from 'fast-check'
import type { DatagramPlan, DatagramWayPlan } from '../schedule/datagram-plan.ts'
import type { LinkPlan, WayPlan } from '../schedule/link-plan.ts'
import { counted } from './counted.ts'
import { type DatagramLinkOptions, datagramLinks, datagramWays } from './datagram-links.ts'

export interface LinkOptions {
  /** Bytes, in a stream; with 'datagrams' there are other options. */
  readonly carries?: 'bytes'
  /** The largest ring; 20 000. The smallest is 1 byte, and small ones come often. */
  readonly largestRing?: number
  /** Whether a link may end after some byte, or break; no, unless told so. */
  readonly ends?: boolean
  /** Whether bits may flip; no, unless told so. */
  readonly flips?: boolean
  /** Whether bytes may get lost, while those behind them arrive; no, unless told so. */
  readonly drops?: boolean
  /** The most milliseconds that bytes take, or that a link stands still; 1000, and 60 000. Less than a timer of the protocol, where that must not run out. */
  readonly mostDelay?: number
  /** How far into the stream ends, flips, drops and stalls come, in bytes; 6000. */
  readonly within?: number
}

/** Plans of links; they shrink to one ring of one byte each way, to which nothing happens, or to datagrams to which nothing does. */
export function links(options?: LinkOptions): fc.Arbitrary<LinkPlan>
export function links(options: DatagramLinkOptions): fc.Arbitrary<DatagramPlan>
export function links(
  options: LinkOptions | DatagramLinkOptions = {},
): fc.Arbitrary<LinkPlan | DatagramPlan> {
  if (options.carries === 'datagrams') return datagramLinks(options)
  return fc.record({ there: byteWays(options), back: byteWays(options) }, { noNullPrototype: true })
}

/** Plans of one direction. */
export function ways(options?: LinkOptions): fc.Arbitrary<WayPlan>
export function ways(options: DatagramLinkOptions): fc.Arbitrary<DatagramWayPlan>
export function ways(
  options: LinkOptions | DatagramLinkOptions = {},
): fc.Arbitrary<WayPlan | DatagramWayPlan> {
  return options.carries === 'datagrams' ? datagramWays(options) : byteWays(options)
}

function byteWays(options: LinkOptions): fc.Arbitrary<WayPlan> {
  const { largestRing = 20_000, ends = false, flips = false, drops = false } = options
  const { within = 6000, mostDelay } = options
  counted({ largestRing, mostDelay: mostDelay ?? 1 }, 1)
  counted({ within }, 0)
  const ring = fc.oneof(
    fc.integer({ min: 1, max: Math.min(4, largestRing) }),
    fc.integer({ min: 1, max: Math.min(600, largestRing) }),
    fc.integer({ min: 1, max: largestRing }),
  )
  const cut = fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 4096 }))
  const stall = fc.record(
    { at: fc.nat(within), for: fc.integer({ min: 1, max: mostDelay ?? 60_000 }) },
    { noNullPrototype: true },
  )
  const end = fc.record(
    { at: fc.nat(within), as: fc.constantFrom('eof' as const, 'broken' as const) },
    { noNullPrototype: true },
  )
  const extras = {
    cuts: fc.oneof(fc.constant([1]), fc.array(cut, { minLength: 1, maxLength: 6 })),
    gather: fc.integer({ min: 2, max: 4096 }),
    latency: fc.integer({ min: 1, max: mostDelay ?? 1000 }),
    stalls: fc.array(stall, { minLength: 1, maxLength: 3 }),
    ...(ends ? { end } : {}),
    ...(flips ? { flips: fc.array(fc.nat(8 * within), { minLength: 1, maxLength: 3 }) } : {}),
    ...(drops ? { drops: fc.uniqueArray(fc.nat(within), { minLength: 1, maxLength: 8 }) } : {}),
  }
  const straight = ring.map((ring): WayPlan => ({ ring }))
  const carried = fc.record(
    { ring, ...extras },
    { requiredKeys: ['ring'], noNullPrototype: true },
  ) as fc.Arbitrary<WayPlan>
  return fc.oneof({ withCrossShrink: true }, straight, carried)
}
