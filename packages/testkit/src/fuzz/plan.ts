/** The first bytes of an endpoint's input: which end it is given to, how it comes, and what else the end does. */

/** Bytes of a plan, before what the peer says. */
export const planLength = 3

/** What the first bytes say. */
export interface Plan {
  readonly scenario: number
  /** Bytes that come at a time. */
  readonly piece: number
  readonly lends: boolean
  /** Bytes that are taken at a time. */
  readonly drain: number
  /** Whether the end is compared with one that is given the bytes in other pieces. */
  readonly compares: boolean
  readonly early: boolean
  readonly writes: boolean
  readonly updates: boolean
  readonly asksUpdates: boolean
  readonly requests: boolean
  readonly issues: boolean
  readonly shutsDown: boolean
  readonly exports: boolean
  readonly closes: boolean
}

const pieces = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 1, 2, 5, 17, 64, 333] as const
const drains = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 700, 61] as const

/** Reads the plan of an input, whatever it is; zeros stand for bytes that are not there. */
export function planOf(data: Uint8Array): Plan {
  const [scenario = 0, how = 0, what = 0] = data
  const bit = (of: number, n: number) => ((of >> n) & 1) === 1
  return {
    scenario,
    piece: pieces[how & 7] as number,
    lends: !bit(how, 3),
    drain: drains[(how >> 4) & 3] as number,
    compares: bit(how, 6),
    early: bit(how, 7),
    writes: bit(what, 0),
    updates: bit(what, 1),
    asksUpdates: bit(what, 2),
    requests: bit(what, 3),
    issues: bit(what, 4),
    shutsDown: bit(what, 5),
    exports: bit(what, 6),
    closes: bit(what, 7),
  }
}
