/** What a link between two ends does to their datagrams, as plain data: it prints, it shrinks, and it replays. */
import { defaultMtu } from '@biopair/bio'
import type { RecordShape } from './shape.ts'

/**
 * What happens to datagrams of one direction, each named by its number from 0, `at`, in the order in which they were sent; nothing, where
 * it is empty: then all arrive once, in order and at once.
 */
export interface DatagramWayPlan {
  /** Never arrive. */
  readonly lost?: readonly number[]
  /** Arrive again, so many milliseconds after the first time. */
  readonly doubled?: readonly { readonly at: number; readonly by: number }[]
  /** Arrive so many milliseconds later than others, which overtake them. */
  readonly late?: readonly { readonly at: number; readonly by: number }[]
  /** Arrive with a bit as its opposite; beyond their length, it is counted on from the beginning. */
  readonly flipped?: readonly { readonly at: number; readonly bit: number }[]
  /** Arrive with so many of their first bytes and no more. */
  readonly cut?: readonly { readonly at: number; readonly to: number }[]
  /** Arrive with so many zeros behind them, or as many as there is room for. */
  readonly padded?: readonly { readonly at: number; readonly by: number }[]
  /** Milliseconds that all of them take, on the link's clock. */
  readonly latency?: number
  /** What the half that sends is told, as its `mtu`; longer ones never arrive. 1472, and all do, unless it is given. */
  readonly mtu?: number
  /** How many fit before the carrier, and as many behind it; about nine of the MTU, unless it is given. To send another is to retry. */
  readonly holds?: number
  /** From this one on, none arrives. */
  readonly end?: number
}

/** Both directions: `there` is from the client to the server. */
export interface DatagramPlan {
  readonly carries: 'datagrams'
  readonly there: DatagramWayPlan
  readonly back: DatagramWayPlan
}

/** Whether all that is sent, and not longer than the MTU, arrives as it was: perhaps again, perhaps in another order. */
export function faithfulToDatagrams({ there, back }: DatagramPlan): boolean {
  return [there, back].every(
    ({ lost = [], flipped = [], cut = [], padded = [], end }) =>
      end === undefined && lost.length + flipped.length + cut.length + padded.length === 0,
  )
}

const wayShape: RecordShape = {
  needs: {},
  may: {
    lost: { list: 0 },
    doubled: { list: { needs: { at: 0, by: 0 } } },
    late: { list: { needs: { at: 0, by: 0 } } },
    flipped: { list: { needs: { at: 0, bit: 0 } } },
    cut: { list: { needs: { at: 0, to: 0 } } },
    padded: { list: { needs: { at: 0, by: 0 } } },
    latency: 0,
    mtu: { least: 1, usual: defaultMtu },
    holds: 1,
    end: 0,
  },
}

/** What a plan may say. */
export const datagramShape: RecordShape = {
  needs: { carries: ['datagrams'], there: wayShape, back: wayShape },
}
