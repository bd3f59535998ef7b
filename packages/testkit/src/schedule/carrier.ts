/** What stands between two halves: the ways of a link and its clock. */
import { seededTime } from '../seeds/seed.ts'

/** One direction. */
interface OneWay {
  /** What was taken and delivered, and what is on its way. */
  readonly moved: number
  readonly held: number
  /** When it can go on by itself; undefined where it waits for somebody else. */
  next(now: number): number | undefined
  step(now: number): void
}

/** Nothing moves in it but by calls, and its time passes only by `step` and `wait`. */
export class Carrier {
  readonly #ways: readonly OneWay[]
  #now = seededTime

  constructor(ways: readonly OneWay[]) {
    this.#ways = ways
  }

  /** Milliseconds since 1970: to be given to whoever needs a clock. */
  get now(): number {
    return this.#now
  }

  /** What anybody has moved so far. */
  get moved(): number {
    return this.#ways.reduce((sum, way) => sum + way.moved, 0)
  }

  /** What is on its way in each direction; nothing where the halves are joined straight. */
  protected get held(): readonly number[] {
    return this.#ways.map(({ held }) => held)
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
}
