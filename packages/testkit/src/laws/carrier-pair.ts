/** What the laws of carriers are held against. */
import type { ByteCarrier } from '@biopair/ssl/stream'

/** Two carriers that are each other's other side. */
export interface CarrierPair {
  readonly near: ByteCarrier
  readonly far: ByteCarrier
  /** The most bytes that the near one takes while nothing is taken of it. */
  readonly bound: number
  /** Makes nothing be taken of the near one; a carrier that its reader slows down needs none, as then nobody reads the far one. */
  readonly stall?: () => void
  /** Breaks what is below both, where that can be done: both sides then have this error as their cause. */
  readonly cut?: (error: Error) => void
  /** Whether a side can tell the other that it gave up: true unless given. */
  readonly tells?: boolean
}
