/** What a link between two ends does to their bytes, as plain data: it prints, it shrinks, and it replays. */
import type { RecordShape } from './shape.ts'

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
  /** Bytes, in a stream, unless a plan says otherwise. */
  readonly carries?: 'bytes'
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

const wayShape: RecordShape = {
  needs: { ring: 1 },
  may: {
    cuts: { list: 1, some: true },
    gather: 1,
    latency: 0,
    stalls: { list: { needs: { at: 0, for: 1 } } },
    end: { needs: { at: 0, as: ['eof', 'broken'] } },
    flips: { list: 0 },
    drops: { list: 0 },
  },
}

/** What a plan may say. */
export const linkShape: RecordShape = {
  needs: { there: wayShape, back: wayShape },
  may: { carries: ['bytes'] },
}
