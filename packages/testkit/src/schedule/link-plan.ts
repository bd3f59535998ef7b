/** What a link between two ends does to their bytes, as plain data: it prints, it shrinks, and it replays. */

/** One direction of a link. Only `ring` given: the bytes go straight through one ring, and nothing happens to them. */
export interface WayPlan {
  /** How many bytes fit in until they are taken; with anything else given, so many before the carrier and so many behind it. */
  readonly ring: number
  /** How many bytes each step of the carrier delivers, in turn and again from the first: `[1]` is a drip. */
  readonly cuts?: readonly number[]
  /** Bytes are held back until so many are there, or until nothing else happens any more: what was written apart arrives together. */
  readonly gather?: number
  /** Milliseconds that bytes take, on the link's clock. */
  readonly latency?: number
  /** Behind so many bytes nothing is delivered for so many milliseconds. */
  readonly stalls?: readonly { readonly at: number; readonly for: number }[]
  /** What comes after so many bytes never arrives: the reader comes to an end, or both sides to an error. */
  readonly end?: { readonly at: number; readonly as: 'eof' | 'broken' }
  /** Bits that arrive as their opposite, counted from the first bit of the first byte. */
  readonly flips?: readonly number[]
  /** Bytes that never arrive, while those behind them do, counted from the first: what a serial line with a full buffer does. */
  readonly drops?: readonly number[]
}

/** Both directions: `there` is from the client to the server. */
export interface LinkPlan {
  readonly there: WayPlan
  readonly back: WayPlan
}

/** Whether all that is written arrives as it was: then two ends have no excuse. */
export function faithful({ there, back }: LinkPlan): boolean {
  return [there, back].every(
    ({ end, flips = [], drops = [] }) => end === undefined && flips.length + drops.length === 0,
  )
}

/** Whether a direction is a ring and nothing else. */
export function direct(way: WayPlan): boolean {
  return Object.values(way).filter(part => part !== undefined).length === 1
}

const parts = ['ring', 'cuts', 'gather', 'latency', 'stalls', 'end', 'flips', 'drops']

/** Throws RangeError where a plan cannot be, and TypeError where it is none. */
export function checkPlan(plan: LinkPlan): void {
  for (const name of ['there', 'back'] as const) {
    const way = plan?.[name]
    if (typeof way !== 'object' || way === null)
      throw new TypeError(`link.${name}: expected what that direction does, got ${way}`)
    const strange = Object.keys(way).find(part => !parts.includes(part))
    if (strange !== undefined)
      throw new TypeError(`${name}.${strange}: expected one of ${parts.join(', ')}`)
    const as = way.end?.as ?? 'eof'
    if (as !== 'eof' && as !== 'broken')
      throw new TypeError(`${name}.end.as: expected eof or broken, got ${as}`)
    const { ring, cuts, gather = 1, latency = 0, stalls = [], end, flips = [], drops = [] } = way
    const counts = [
      [`ring`, ring, 1],
      [`gather`, gather, 1],
      [`latency`, latency, 0],
      [`end.at`, end?.at ?? 0, 0],
      ...(cuts ?? []).map(cut => ['cuts', cut, 1] as const),
      ...stalls.flatMap(stall => [
        ['stalls.at', stall.at, 0] as const,
        ['stalls.for', stall.for, 1] as const,
      ]),
      ...flips.map(flip => ['flips', flip, 0] as const),
      ...drops.map(drop => ['drops', drop, 0] as const),
    ] as const
    for (const [what, count, least] of counts)
      if (!Number.isSafeInteger(count) || count < least)
        throw new RangeError(`${name}.${what}: expected an integer from ${least} up, got ${count}`)
    if (cuts?.length === 0) throw new RangeError(`${name}.cuts: expected one cut or more, got none`)
  }
}
