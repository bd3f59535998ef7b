/** A link of datagrams: two halves and a carrier that loses, doubles, delays and damages as a plan says, on a clock of its own. */
import { type Bytes, datagramOverhead, defaultMtu } from '@biopair/bio'
import { digestOf } from '../seeds/seed.ts'
import { Carrier } from './carrier.ts'
import { type DatagramHalf, datagramHalves } from './datagram-half.ts'
import { type DatagramPlan, type DatagramWayPlan, faithfulToDatagrams } from './datagram-plan.ts'
import { DatagramWay } from './datagram-way.ts'

/** A link between a client and a server. Nothing moves in it but by calls, and its time passes only by `step` and `wait`. */
export class DatagramLink extends Carrier {
  readonly carries = 'datagrams'
  readonly plan: DatagramPlan
  /** The client's half, and the server's. */
  readonly near: DatagramHalf
  readonly far: DatagramHalf

  constructor(plan: DatagramPlan) {
    const [there, back] = [halfOf(plan.there), halfOf(plan.back)]
    const [near, other] = datagramHalves(there, back)
    const [another, far] = datagramHalves(there, back)
    super([new DatagramWay(other, another, plan.there), new DatagramWay(another, other, plan.back)])
    this.plan = plan
    this.near = near
    this.far = far
  }

  /** Whether all that is sent, and not longer than the MTU, arrives as it was: perhaps again, perhaps in another order. */
  get faithful(): boolean {
    return faithfulToDatagrams(this.plan)
  }

  /** Datagrams that anybody has moved so far. */
  override get moved(): number {
    return super.moved + this.near.moved + this.far.moved
  }

  /** Every datagram that was sent so far: by the client, and by the server. */
  get said(): { readonly there: readonly Bytes[]; readonly back: readonly Bytes[] } {
    return { there: this.near.sent, back: this.far.sent }
  }

  /** SHA-256 of that and of all lengths, as hex. */
  get digest(): string {
    return digestOf(
      [this.near.sent, this.far.sent].flatMap(sent => [
        word(sent.length),
        ...sent.flatMap(bytes => [word(bytes.length), bytes]),
      ]),
    )
  }

  /** What the link waits for, in words. */
  get waits(): string {
    const [there, back] = this.held
    return `time, or readers, of ${there} datagrams there and ${back} back`
  }
}

/** A half is told the MTU, and takes longer ones all the same. */
function halfOf({ holds, mtu = defaultMtu }: DatagramWayPlan) {
  return { holds, mtu, size: (holds ?? 9) * (Math.max(mtu, defaultMtu) + datagramOverhead) }
}

function word(count: number): Bytes {
  return Uint8Array.of(count >> 24, count >> 16, count >> 8, count)
}
