/** One direction of a carrier of datagrams: takes them from one half and delivers them to another as a plan says. */
import { type Bytes, datagramOverhead } from '@biopair/bio'
import type { DatagramHalf } from './datagram-half.ts'
import type { DatagramWayPlan } from './datagram-plan.ts'

interface Held {
  readonly bytes: Bytes
  readonly number: number
  readonly due: number
}

/** It has no clock: the time is given with each step. */
export class DatagramWay {
  readonly #from: DatagramHalf
  readonly #to: DatagramHalf
  readonly #plan: DatagramWayPlan
  /** What is on its way, in the order in which it is due. */
  readonly #held: Held[] = []
  #taken = 0
  #ended = false
  /** Datagrams taken and delivered. */
  moved = 0

  constructor(from: DatagramHalf, to: DatagramHalf, plan: DatagramWayPlan) {
    this.#from = from
    this.#to = to
    this.#plan = plan
  }

  /** How many it holds. */
  get held(): number {
    return this.#held.length
  }

  /** When it can go on by itself; undefined where it waits for somebody else. */
  next(now: number): number | undefined {
    const [first] = this.#held
    return first && first.due > now ? first.due : undefined
  }

  step(now: number): void {
    const taken = this.#from.take()
    this.moved += taken.length
    for (const bytes of taken) this.#accept(bytes, this.#taken++, now)
    // Those of one time in the order in which they were sent.
    if (taken.length > 0) this.#held.sort((a, b) => a.due - b.due || a.number - b.number)
    this.#deliver(now)
  }

  #accept(bytes: Bytes, number: number, now: number): void {
    const { lost = [], doubled = [], late = [], latency = 0, mtu, end } = this.#plan
    if (this.#ended || lost.includes(number)) return
    if (number >= (end ?? Number.POSITIVE_INFINITY)) return
    if (bytes.length > (mtu ?? Number.POSITIVE_INFINITY)) return
    const arrives = this.#spoilt(bytes, number)
    const due = late.filter(of(number)).reduce((sum, { by }) => sum + by, now + latency)
    this.#held.push({ bytes: arrives, number, due })
    for (const { by } of doubled.filter(of(number)))
      this.#held.push({ bytes: arrives, number, due: due + by })
  }

  #spoilt(bytes: Bytes, number: number): Bytes {
    const { flipped = [], cut = [], padded = [] } = this.#plan
    let arrives = bytes
    for (const { bit } of flipped.filter(of(number))) {
      if (bytes.length === 0) continue
      const at = Math.floor(bit / 8) % bytes.length
      bytes[at] = (bytes[at] as number) ^ (1 << (bit % 8))
    }
    for (const { to } of cut.filter(of(number))) arrives = arrives.slice(0, to)
    for (const { by } of padded.filter(of(number))) {
      const longer = new Uint8Array(Math.min(arrives.length + by, this.#to.size - datagramOverhead))
      longer.set(arrives)
      arrives = longer
    }
    return arrives
  }

  #deliver(now: number): void {
    for (let [first] = this.#held; first && first.due <= now; [first] = this.#held) {
      const answer = this.#to.send(first.bytes)
      if (answer !== 'done' && answer.stop === 'retry') return
      // What nobody takes any more, or can never take, goes nowhere.
      this.#held.shift()
      if (answer === 'done') this.moved++
    }
    if (this.#held.length === 0) this.#finish()
  }

  /** The end of one half is that of the other, once everything has arrived. */
  #finish(): void {
    if (this.#ended || this.#from.pending !== undefined) return
    const stop = this.#from.receive(new Uint8Array(0))
    if (!('stop' in stop) || stop.stop === 'retry' || stop.stop === 'short') return
    this.#ended = true
    this.#to.close(stop.stop === 'broken' ? stop.error : undefined)
  }
}

function of(number: number) {
  return ({ at }: { readonly at: number }) => at === number
}
