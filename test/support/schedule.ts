/** Two ends, what they have to say, and a random fair order in which they and the carriers between them are stepped. */
import { type Party, StallDetector, type StallReport } from '@biopair/bio'
import type { Ssl } from '@biopair/ssl'
import { type CountingHalf, countingPair } from './counting-pair.ts'
import type { Dice } from './dice.ts'

/** Something that can be stepped in several ways, in any order. */
export interface Actor {
  readonly name: string
  readonly actions: readonly (() => void)[]
  /** What it waits for, in words that change whenever it has come further. */
  readonly waits: string
  /** Counted bytes, ever. */
  readonly moved: number
  readonly over: boolean
}

/** An end that shakes hands, sends its data whole, reads until the peer has closed, and says goodbye. */
export class End implements Actor {
  readonly name: string
  readonly ssl: Ssl
  readonly half: CountingHalf
  readonly #dice: Dice
  readonly #received: Uint8Array[] = []
  #left: Uint8Array
  #last = 'nothing called'
  /** Ended otherwise than by the peer's close_notify. */
  #lost: { readonly status: string; readonly error?: Error } | undefined
  #closed = false
  #shut = false
  #early: Uint8Array | undefined
  #begun = false
  readonly #readsEarly: boolean
  readonly #sentEarly: Uint8Array[] = []
  readonly #receivedEarly: Uint8Array[] = []
  readonly #buffer = new Uint8Array(20_000)

  constructor(
    name: string,
    ssl: Ssl,
    half: CountingHalf,
    data: Uint8Array,
    dice: Dice,
    early?: { readonly data: Uint8Array } | 'read',
  ) {
    this.name = name
    this.ssl = ssl
    this.half = half
    this.#left = data
    this.#dice = dice
    if (typeof early === 'object') this.#early = early.data
    this.#readsEarly = early === 'read'
  }

  /** A client with early data begins with it, and goes on while it is taken. */
  get actions(): readonly (() => void)[] {
    const calls = [() => this.shake(), () => this.read(), () => this.write(), () => this.shutdown()]
    if (this.#readsEarly) return [...calls, () => this.readEarly()]
    if (!this.#early) return calls
    const after = calls.map(call => () => (this.#begun ? call() : this.writeEarly()))
    return [() => this.writeEarly(), ...after]
  }

  /** Early data that was taken. */
  get sentEarly(): Uint8Array {
    return Buffer.concat(this.#sentEarly)
  }

  /** Early data that was read. */
  get receivedEarly(): Uint8Array {
    return Buffer.concat(this.#receivedEarly)
  }

  writeEarly(): void {
    if (!this.#early || this.#early.length === 0) return
    const part = this.#early.subarray(0, this.#dice.from(1, this.#early.length))
    const outcome = this.ssl.writeEarly(part)
    this.#begun = true
    this.#note('writeEarly', outcome)
    if (outcome.status === 'refused') this.#early = this.#early.subarray(0, 0)
    if (outcome.status !== 'done') return
    this.#sentEarly.push(part.subarray(0, outcome.bytes))
    this.#early = this.#early.subarray(outcome.bytes)
  }

  readEarly(): void {
    const into = this.#buffer.subarray(0, this.#dice.from(1, this.#dice.one(2) ? 20 : 20_000))
    const outcome = this.ssl.readEarly(into)
    this.#note('readEarly', outcome)
    if (outcome.status === 'done') this.#receivedEarly.push(into.slice(0, outcome.bytes))
  }

  /** Both closed, each having heard the other. */
  get clean(): boolean {
    return this.#closed && this.#shut
  }

  get lost(): { readonly status: string; readonly error?: Error } | undefined {
    return this.#lost
  }

  get over(): boolean {
    return this.clean || (this.#lost !== undefined && this.ssl.queued === 0)
  }

  get received(): Uint8Array {
    return Buffer.concat(this.#received)
  }

  get moved(): number {
    return this.half.moved
  }

  get waits(): string {
    const { state, queued, pending } = this.ssl
    const { pending: there, writeGuarantee, readRequest } = this.half
    return `${this.#last} (${state}, ${queued} queued, ${pending} decrypted, ${this.#left.length} to write, half: ${there} pending, ${writeGuarantee} guaranteed, ${readRequest} requested)`
  }

  shake(): void {
    this.#note('handshake', this.ssl.doHandshake())
  }

  read(): void {
    const into = this.#buffer.subarray(0, this.#dice.from(1, this.#dice.one(2) ? 20 : 20_000))
    const outcome = this.ssl.read(into)
    this.#note('read', outcome)
    if (outcome.status === 'done') this.#received.push(into.slice(0, outcome.bytes))
    if (outcome.status === 'closed') this.#closed = true
  }

  write(): void {
    if (this.#left.length === 0) return
    const part = this.#left.subarray(0, this.#dice.from(1, this.#left.length))
    // A server that reads early data may answer before the client's Finished.
    const early = this.#readsEarly && !this.ssl.connected && this.#dice.one(2)
    const outcome = early ? this.ssl.writeEarly(part) : this.ssl.write(part)
    this.#note('write', outcome)
    if (outcome.status === 'done') this.#left = this.#left.subarray(outcome.bytes)
  }

  shutdown(): void {
    if (this.#left.length > 0 || !this.ssl.connected) return
    const outcome = this.ssl.shutdown()
    this.#note('shutdown', outcome)
    if (outcome.status === 'done') this.#shut = true
  }

  #note(
    call: string,
    outcome: {
      readonly status: string
      readonly read?: number
      readonly write?: number
      readonly error?: Error
    },
  ): void {
    this.#last = `${call}: ${outcome.status} read ${outcome.read ?? '-'} write ${outcome.write ?? '-'}`
    if (outcome.status === 'failed' || outcome.status === 'truncated') this.#lost = outcome
  }
}

/** Moves random numbers of bytes from one half to another and back, holding some for a while: the cuts of a network. */
export class Cut implements Actor {
  readonly name = 'carrier'
  readonly over = true
  readonly actions: readonly (() => void)[]
  readonly #ways: readonly [Way, Way]

  constructor(a: CountingHalf, b: CountingHalf, dice: Dice) {
    this.#ways = [new Way(a, b, dice), new Way(b, a, dice)]
    this.actions = this.#ways.map(way => () => way.move())
  }

  get moved(): number {
    return this.#ways[0].moved + this.#ways[1].moved
  }

  get waits(): string {
    return `bytes, holding ${this.#ways.map(way => way.held).join(' and ')}`
  }
}

class Way {
  readonly #from: CountingHalf
  readonly #to: CountingHalf
  readonly #dice: Dice
  #held: Uint8Array = new Uint8Array(0)
  moved = 0

  constructor(from: CountingHalf, to: CountingHalf, dice: Dice) {
    this.#from = from
    this.#to = to
    this.#dice = dice
  }

  get held(): number {
    return this.#held.length
  }

  move(): void {
    const most = this.#dice.one(3) ? this.#dice.from(1, 3) : 4096
    const into = new Uint8Array(Math.min(most, this.#from.pending))
    if (into.length > 0 && this.#held.length < 20_000) {
      this.#from.read(into)
      this.#held = Buffer.concat([this.#held, into])
      this.moved += into.length
    }
    if (this.#held.length === 0) return
    const took = this.#to.write(this.#held.subarray(0, this.#dice.from(1, this.#held.length)))
    if (typeof took !== 'number') return
    this.#held = this.#held.subarray(took)
    this.moved += took
  }
}

/** Rings between two ends: sizes of one pair, or of two pairs with a carrier between them. */
export type Rings = readonly [number, number] | readonly [number, number, number, number]

/** The halves of the client and of the server, and the carrier where there is one. */
export function lay(
  rings: Rings,
  dice: Dice,
): { readonly near: CountingHalf; readonly far: CountingHalf; readonly between: readonly Cut[] } {
  const [a, b, c, d] = rings
  const [near, other] = countingPair(a, b)
  if (c === undefined || d === undefined) return { near, far: other, between: [] }
  const [another, far] = countingPair(c, d)
  return { near, far, between: [new Cut(other, another, dice)] }
}

/**
 * Rounds in random order until every actor is over. A round is fair: each action of each actor comes at least once, some
 * come several times. Answers the stall, if there is one.
 */
export function run(actors: readonly Actor[], dice: Dice): StallReport | undefined {
  const detector = new StallDetector()
  const actions = actors.flatMap(actor => actor.actions)
  for (;;) {
    const before = total(actors)
    const more = dice.one(2) ? [] : Array.from({ length: dice.below(8) }, () => dice.pick(actions))
    for (const action of dice.shuffled([...actions, ...more])) action()
    const moved = total(actors) - before
    if (moved === 0 && actors.every(actor => actor.over)) return undefined
    const parties: Party[] = actors.map(({ name, waits }) => ({ name, waits }))
    const stall = detector.round(moved, parties)
    if (stall) return stall
  }
}

function total(actors: readonly Actor[]): number {
  return actors.reduce((sum, actor) => sum + actor.moved, 0)
}
