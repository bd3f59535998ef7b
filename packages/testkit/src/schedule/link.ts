/** A link of bytes: two halves and whatever a plan puts between them, stepped by hand and on a clock of its own. */
import type { Bytes } from '@biopair/bio'
import { joinedBytes } from '../joined-bytes.ts'
import { digestOf } from '../seeds/seed.ts'
import { Carrier } from './carrier.ts'
import { type CountingHalf, countingPair } from './counting-half.ts'
import { direct, faithful, type LinkPlan } from './link-plan.ts'
import { Way } from './way.ts'

/** A link between a client and a server. Nothing moves in it but by calls, and its time passes only by `step` and `wait`. */
export class Link extends Carrier {
  readonly carries = 'bytes'
  readonly plan: LinkPlan
  /** The client's half, and the server's. */
  readonly near: CountingHalf
  readonly far: CountingHalf

  constructor(plan: LinkPlan) {
    const [there, back] = [plan.there.ring, plan.back.ring]
    const [near, other] = countingPair(there, back, true)
    const straight = direct(plan.there) && direct(plan.back)
    const [another, far] = straight ? [near, other] : countingPair(there, back, true)
    super(straight ? [] : [new Way(other, another, plan.there), new Way(another, other, plan.back)])
    this.plan = plan
    this.near = near
    this.far = far
  }

  /** Whether everything that is written arrives as it was. */
  get faithful(): boolean {
    return faithful(this.plan)
  }

  /** Bytes that anybody has moved so far. */
  override get moved(): number {
    return super.moved + this.near.moved + this.far.moved
  }

  /** Bytes that were written and not read yet, wherever they are. */
  get inside(): { readonly there: number; readonly back: number } {
    const [there, back] = this.held
    if (there === undefined || back === undefined)
      return { there: this.far.pending, back: this.near.pending }
    return {
      there: this.near.wpending + there + this.far.pending,
      back: this.far.wpending + back + this.near.pending,
    }
  }

  /** Everything that was written so far: by the client, and by the server. */
  get said(): { readonly there: Bytes; readonly back: Bytes } {
    return { there: joinedBytes(this.near.kept ?? []), back: joinedBytes(this.far.kept ?? []) }
  }

  /** SHA-256 of that, as hex. */
  get digest(): string {
    const { there, back } = this.said
    return digestOf([there, Uint8Array.of(0), back])
  }

  /** What the link waits for, in words. */
  get waits(): string {
    const { there, back } = this.inside
    return `readers of ${there} bytes there and ${back} back`
  }
}
