/** `linked`: two halves and whatever a plan puts between them, stepped by hand and on a clock of its own. */
import type { Bytes } from '@biopair/bio'
import { seededTime } from '../seeds/seed.ts'
import { type CountingHalf, countingPair } from './counting-half.ts'
import { checkPlan, direct, faithful, type LinkPlan } from './link-plan.ts'
import { Way } from './way.ts'

/** A link between a client and a server. Nothing moves in it but by calls, and its time passes only by `step` and `wait`. */
export class Link {
  readonly plan: LinkPlan
  /** The client's half, and the server's. */
  readonly near: CountingHalf
  readonly far: CountingHalf
  readonly #ways: readonly Way[]
  #now = seededTime

  constructor(plan: LinkPlan) {
    checkPlan(plan)
    this.plan = plan
    const [there, back] = [plan.there.ring, plan.back.ring]
    const [near, other] = countingPair(there, back, true)
    this.near = near
    if (direct(plan.there) && direct(plan.back)) {
      this.far = other
      this.#ways = []
      return
    }
    const [another, far] = countingPair(there, back, true)
    this.far = far
    this.#ways = [new Way(other, another, plan.there), new Way(another, other, plan.back)]
  }

  /** Whether everything that is written arrives as it was. */
  get faithful(): boolean {
    return faithful(this.plan)
  }

  /** Milliseconds since 1970: to be given to whoever needs a clock. */
  get now(): number {
    return this.#now
  }

  /** Bytes that anybody has moved so far. */
  get moved(): number {
    const carried = this.#ways.reduce((sum, way) => sum + way.moved, 0)
    return this.near.moved + this.far.moved + carried
  }

  /** Bytes that were written and not read yet, wherever they are. */
  get inside(): { readonly there: number; readonly back: number } {
    if (this.#ways.length === 0) return { there: this.far.pending, back: this.near.pending }
    const [there, back] = this.#ways.map(way => way.held) as [number, number]
    return {
      there: this.near.wpending + there + this.far.pending,
      back: this.far.wpending + back + this.near.pending,
    }
  }

  /** Lets the carrier do what is due; nothing, where there is none. */
  step(): void {
    for (const way of this.#ways) way.step(this.#now)
  }

  /** Lets time pass until something is due, or the first of some timers is. False where nothing will be, by itself. */
  wait(...timers: readonly (number | undefined)[]): boolean {
    const times = [...this.#ways.map(way => way.next(this.#now)), ...timers]
    const later = times.filter(time => time !== undefined && time > this.#now)
    const next = Math.min(...(later as number[]))
    if (next === Number.POSITIVE_INFINITY) return false
    this.#now = next
    return true
  }

  /** Everything that was written so far: by the client, and by the server. */
  get said(): { readonly there: Bytes; readonly back: Bytes } {
    return { there: joined(this.near.kept), back: joined(this.far.kept) }
  }
}

/** A link as a plan says; a number is a ring of that size in each direction. */
export function linked(plan: LinkPlan | number): Link {
  return new Link(typeof plan === 'number' ? { there: { ring: plan }, back: { ring: plan } } : plan)
}

function joined(pieces: readonly Bytes[] = []): Bytes {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}
