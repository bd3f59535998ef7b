/** The torture filter (BIO_f_nbio_test): refuses calls and cuts them short at random, seeded, so that a test can repeat it. */
import type { Stopped } from './bio.ts'
import { misuse } from './bio-error.ts'
import { checkBytes, checkCount, checkDirection } from './check.ts'
import { Filter } from './filter.ts'
import { retryRead, retryWrite } from './stopped.ts'

export interface TortureOptions {
  /** How often a call is refused, from 0 to 1; 0.4 if not given. */
  readonly refuse?: number
  /** How often a read or write that goes down is cut to a random length, from 0 to 1; 0.8 if not given. */
  readonly short?: number
  /** The most bytes that one read or write moves; no bound if not given. */
  readonly largest?: number
  /** The most refusals of one kind of call (read, write, flush, end) in a row, from 0; 5 if not given. The next one goes down. */
  readonly inARow?: number
}

/** A whole number from 0 to `below` - 1. */
export type Draw = (below: number) => number

type Kind = 'read' | 'write' | 'flush' | 'end'

/** Odds are drawn out of so many. */
const odds = 1 << 16

/**
 * No byte is changed, and whoever goes on trying gets on: after `inARow` refusals of a kind the next call goes down. What comes from
 * below is passed on. A BIO below that blocks makes calls that are cut short, and none that is refused, since blocking means that.
 */
export class TortureFilter extends Filter {
  readonly #draw: Draw
  readonly #refuse: number
  readonly #short: number
  readonly #largest: number
  readonly #inARow: number
  /** Refusals in a row of each kind. */
  readonly #refused: Record<Kind, number> = { read: 0, write: 0, flush: 0, end: 0 }
  /** Whether the last answer from below was an end. */
  readonly #over: Record<Kind, boolean> = { read: false, write: false, flush: false, end: false }
  /** Whether the last answer to each direction was a refusal of ours. */
  readonly #last = { read: false, write: false }

  /** `seed` is a number, from which everything follows; or a source of choices. */
  constructor(seed: number | Draw, options: TortureOptions = {}) {
    super()
    const { refuse = 0.4, short = 0.8, largest = Number.MAX_SAFE_INTEGER, inARow = 5 } = options
    checkShare('refuse', refuse)
    checkShare('short', short)
    checkCount('largest of a torture filter', largest, 1)
    checkCount('inARow of a torture filter', inARow, 0)
    if (typeof seed !== 'function')
      checkCount('seed of a torture filter', seed, Number.MIN_SAFE_INTEGER)
    this.#draw = typeof seed === 'function' ? seed : drawFrom(seed)
    this.#refuse = refuse
    this.#short = short
    this.#largest = largest
    this.#inARow = inARow
  }

  override read(into: Uint8Array): number | Stopped {
    checkBytes('what to read into', into)
    if (into.length === 0) return 0
    return this.#refuses('read') ? retryRead : this.#told('read', super.read(this.#cut(into)))
  }

  override write(bytes: Uint8Array): number | Stopped {
    checkBytes('what to write', bytes)
    if (bytes.length === 0) return 0
    return this.#refuses('write') ? retryWrite : this.#told('write', super.write(this.#cut(bytes)))
  }

  override flush(): 'done' | Stopped {
    return this.#refuses('flush') ? retryWrite : this.#told('flush', super.flush())
  }

  override end(): 'done' | Stopped {
    return this.#refuses('end') ? retryWrite : this.#told('end', super.end())
  }

  /** Settles at once where the last answer was a refusal of this filter; if not, when what is below says so. */
  override ready(on: 'read' | 'write'): Promise<void> {
    checkDirection(on)
    return this.#last[on] ? Promise.resolve() : super.ready(on)
  }

  #refuses(kind: Kind): boolean {
    const never = this.next === undefined || this.blocking || this.#over[kind]
    const may = !never && this.#refused[kind] < this.#inARow
    const refused = may && this.#chance(this.#refuse)
    this.#refused[kind] = refused ? this.#refused[kind] + 1 : 0
    this.#last[kind === 'read' ? 'read' : 'write'] = refused
    return refused
  }

  /** Behind an end nothing is refused: it would look as if more might come. */
  #told<A extends number | 'done' | Stopped>(kind: Kind, answer: A): A {
    this.#over[kind] = typeof answer === 'object' && answer.stop !== 'retry'
    return answer
  }

  #cut(bytes: Uint8Array): Uint8Array {
    const most = Math.min(bytes.length, this.#largest)
    const length = this.#chance(this.#short) ? 1 + this.#draw(most) : most
    return length === bytes.length ? bytes : bytes.subarray(0, length)
  }

  #chance(share: number): boolean {
    return this.#draw(odds) < share * odds
  }
}

/** xorshift32: the same choices from the same seed on every machine. */
function drawFrom(seed: number): Draw {
  let state = (Math.imul((seed % 2 ** 32) | 0, 0x9e3779b1) ^ 0x5bd1e995) >>> 0 || 1
  return below => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state % below
  }
}

function checkShare(what: string, share: number): void {
  if (typeof share === 'number' && share >= 0 && share <= 1) return
  throw misuse(RangeError, `${what} of a torture filter: expected 0 to 1, got ${share}`)
}
