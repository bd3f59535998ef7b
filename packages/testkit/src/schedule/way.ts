/** One direction of a carrier: takes bytes from one half and delivers them to another as a plan says. */
import { BioError, type Bytes, type PairBio } from '@biopair/bio'
import type { WayPlan } from './link-plan.ts'

/** Bytes that a carrier holds at most: then it takes no more, and its writer has to wait. */
const most = 65_536

interface Held {
  readonly bytes: Bytes
  readonly due: number
}

/** It has no clock: the time is given with each step. */
export class Way {
  readonly #from: PairBio
  readonly #to: PairBio
  readonly #plan: WayPlan
  readonly #held: Held[] = []
  #size = 0
  #taken = 0
  #delivered = 0
  #cut = 0
  #stall = 0
  #until = 0
  #ended = false
  #flips: readonly number[]
  /** Bytes taken and delivered. */
  moved = 0

  constructor(from: PairBio, to: PairBio, plan: WayPlan) {
    this.#from = from
    this.#to = to
    this.#plan = { ...plan, stalls: [...(plan.stalls ?? [])].sort((a, b) => a.at - b.at) }
    this.#flips = plan.flips ?? []
  }

  /** Bytes that it holds. */
  get held(): number {
    return this.#size
  }

  /** When it can go on by itself; undefined where it waits for somebody else. */
  next(now: number): number | undefined {
    const [first] = this.#held
    if (!first) return undefined
    const due = Math.max(first.due, this.#until)
    return due > now ? due : undefined
  }

  step(now: number): void {
    this.#take(now)
    this.#deliver(now)
  }

  #take(now: number): void {
    const { latency = 0, gather = 1, end, drops } = this.#plan
    const pending = this.#from.pending
    if (pending > 0 && this.#size < most) {
      const bytes = new Uint8Array(Math.min(pending, most - this.#size))
      this.#from.read(bytes)
      this.moved += bytes.length
      for (const bit of this.#flips) {
        const at = Math.floor(bit / 8) - this.#taken
        if (at >= 0 && at < bytes.length) bytes[at] = (bytes[at] as number) ^ (1 << (bit % 8))
      }
      const left = end ? Math.max(0, end.at - this.#taken) : bytes.length
      const whole = bytes.subarray(0, left)
      const kept = drops ? whole.filter((_, at) => !drops.includes(this.#taken + at)) : whole
      this.#taken += bytes.length
      if (kept.length > 0 && !this.#ended)
        this.#held.push({ bytes: kept, due: now + latency + (gather > 1 ? 1 : 0) })
      if (!this.#ended) this.#size += kept.length
    }
  }

  #deliver(now: number): void {
    const { cuts, gather = 1, stalls = [] } = this.#plan
    let left = cuts ? (cuts[this.#cut % cuts.length] as number) : most
    let delivered = 0
    while (left > 0 && now >= this.#until) {
      const stall = stalls[this.#stall]
      if (stall && this.#delivered >= stall.at) {
        this.#stall++
        this.#until = now + stall.for
        break
      }
      const [first] = this.#held
      if (!first || (first.due > now && (gather === 1 || this.#size < gather))) break
      const room = Math.min(left, stall ? stall.at - this.#delivered : left)
      const took = this.#to.write(first.bytes.subarray(0, room))
      if (typeof took !== 'number') {
        if (took.stop !== 'retry') this.#drop()
        break
      }
      const rest = first.bytes.subarray(took)
      if (rest.length === 0) this.#held.shift()
      else this.#held[0] = { bytes: rest, due: first.due }
      this.#size -= took
      this.#delivered += took
      this.moved += took
      delivered += took
      left -= took
    }
    if (delivered > 0) this.#cut++
    if (this.#size === 0) this.#finish()
  }

  /** What nobody takes any more goes nowhere; who says it hears of that from the other direction. */
  #drop(): void {
    this.#ended = true
    this.#held.length = 0
    this.#size = 0
  }

  #finish(): void {
    if (this.#ended) return
    const { end } = this.#plan
    if (end && this.#taken >= end.at) {
      this.#ended = true
      if (end.as === 'eof') this.#to.end()
      else {
        const error = new BioError('BROKEN_PIPE', `the link broke after ${end.at} bytes`)
        this.#to.close(error)
        this.#from.close(error)
      }
      return
    }
    if (this.#from.pending > 0) return
    const stop = this.#from.read(new Uint8Array(1))
    if (typeof stop === 'number' || stop.stop === 'retry') return
    this.#ended = true
    if (stop.stop === 'eof') this.#to.end()
    else this.#to.close(stop.error)
  }
}
