/** `linkedDatagrams`: two halves of a datagram pair and a carrier that loses, doubles, delays and damages as a plan says. */
import { type Bytes, type DatagramPairBio, datagramPair } from '@biopair/bio'

/** What happens to datagrams of one direction, each named by its number from 0; nothing, where it is empty. */
export interface DatagramPlan {
  /** Never arrive. */
  readonly lost?: readonly number[]
  /** Arrive twice. */
  readonly doubled?: readonly number[]
  /** Arrive behind so many that were sent after them. */
  readonly late?: readonly (readonly [datagram: number, by: number])[]
  /** Arrive with a bit as its opposite; beyond their length, the bit is counted on from the beginning. */
  readonly flipped?: readonly (readonly [datagram: number, bit: number])[]
}

/** Both ends of a link of datagrams. */
export class DatagramLink {
  /** The client's half, and the server's. */
  readonly near: DatagramPairBio
  readonly far: DatagramPairBio
  readonly #ways: readonly [DatagramWay, DatagramWay]

  constructor(there: DatagramPlan, back: DatagramPlan, size?: number) {
    const options = size === undefined ? {} : { size }
    const [near, other] = datagramPair(options)
    const [another, far] = datagramPair(options)
    this.near = near
    this.far = far
    this.#ways = [new DatagramWay(other, another, there), new DatagramWay(another, other, back)]
  }

  /** Carries what was sent; answers how many datagrams arrived. */
  step(): number {
    return this.#ways[0].step() + this.#ways[1].step()
  }
}

/** A link of datagrams; the second plan is the way back, and as the first unless it is given. */
export function linkedDatagrams(
  there: DatagramPlan = {},
  back: DatagramPlan = there,
  size?: number,
): DatagramLink {
  return new DatagramLink(there, back, size)
}

/** One direction. */
class DatagramWay {
  readonly #from: DatagramPairBio
  readonly #to: DatagramPairBio
  readonly #plan: DatagramPlan
  /** What is on its way; it arrives once so many were sent. */
  #held: { readonly bytes: Bytes; readonly number: number; readonly after: number }[] = []
  #sent = 0

  constructor(from: DatagramPairBio, to: DatagramPairBio, plan: DatagramPlan) {
    this.#from = from
    this.#to = to
    this.#plan = plan
  }

  step(): number {
    const before = this.#sent
    for (let next = this.#from.pending; next !== undefined; next = this.#from.pending) {
      const bytes = new Uint8Array(next)
      if ('stop' in this.#from.receive(bytes)) break
      this.#accept(bytes, this.#sent++)
    }
    // Nothing more was sent: what waits to be overtaken is not, and goes.
    const due = this.#sent === before ? Number.POSITIVE_INFINITY : this.#sent
    let arrived = 0
    for (const held of this.#held.filter(({ after }) => after <= due)) {
      if (this.#to.send(held.bytes) !== 'done') break
      this.#held = this.#held.filter(other => other !== held)
      arrived++
    }
    return arrived
  }

  #accept(bytes: Bytes, number: number): void {
    const { lost = [], doubled = [], late = [], flipped = [] } = this.#plan
    if (lost.includes(number)) return
    for (const [which, bit] of flipped) {
      if (which !== number || bytes.length === 0) continue
      const at = Math.floor(bit / 8) % bytes.length
      bytes[at] = (bytes[at] as number) ^ (1 << (bit % 8))
    }
    const by = late.find(([which]) => which === number)?.[1] ?? 0
    const held = { bytes, number, after: number + by + 1 }
    this.#held.push(held, ...(doubled.includes(number) ? [{ ...held }] : []))
    // Behind those that overtake it.
    this.#held.sort((a, b) => a.after - b.after || b.number - a.number)
  }
}
