/** The tap on datagrams: callbacks before and after each one, which look, refuse, replace or lose it (BIO_set_callback(3)). */
import type { Datagram, Stopped, TooLong, TooShort } from './bio.ts'
import { misuse } from './bio-error.ts'
import { checkBytes, checkCount } from './check.ts'
import { DatagramFilter } from './datagram-filter.ts'

/**
 * Each is called once for each call that passes. Answering nothing lets the call go its way. A callback that throws makes the
 * call throw.
 */
export interface DatagramTap {
  /**
   * A datagram is about to go down. Other bytes go in its place. An outcome is a veto: it is what the call answers, nothing
   * goes down and `afterSend` is not called; so `done` loses the datagram as a network does.
   */
  beforeSend?(datagram: Uint8Array): Uint8Array | 'done' | Stopped | TooLong | undefined
  /** What sending came to, with the bytes that went down. An outcome is answered instead. */
  afterSend?(
    datagram: Uint8Array,
    outcome: 'done' | Stopped | TooLong,
  ): 'done' | Stopped | TooLong | undefined
  /** A datagram is about to be received into `into`. A reason is a veto: it is answered, and nothing is asked of the BIO below. */
  beforeReceive?(into: Uint8Array): Stopped | TooShort | undefined
  /**
   * What receiving came to, with the bytes that were put into the buffer (none where nothing came), which may be changed
   * there. An outcome is answered instead: another datagram's `length` can only cut what came, a reason loses it.
   */
  afterReceive?(
    datagram: Uint8Array,
    outcome: Datagram | Stopped | TooShort,
  ): Datagram | Stopped | TooShort | undefined
}

/** Sees every datagram of the chain that passes it. */
export class DatagramTapFilter extends DatagramFilter {
  readonly #tap: DatagramTap

  constructor(tap: DatagramTap) {
    super()
    if (typeof tap !== 'object' || tap === null)
      throw misuse(TypeError, 'DatagramTapFilter: expected an object with callbacks')
    this.#tap = tap
  }

  override receive(into: Uint8Array): Datagram | Stopped | TooShort {
    checkBytes('what to receive into', into)
    const veto = this.#tap.beforeReceive?.(into)
    if (veto !== undefined) return veto
    const outcome = super.receive(into)
    const datagram = into.subarray(0, 'stop' in outcome ? 0 : outcome.length)
    const other = this.#tap.afterReceive?.(datagram, outcome)
    if (other === undefined) return outcome
    if (!('stop' in other))
      checkCount('length that afterReceive answered', other.length, 0, datagram.length)
    return other
  }

  override send(datagram: Uint8Array): 'done' | Stopped | TooLong {
    checkBytes('the datagram', datagram)
    const before = this.#tap.beforeSend?.(datagram)
    if (before === 'done' || (typeof before === 'object' && 'stop' in before)) return before
    if (before !== undefined) checkBytes('what beforeSend made', before)
    const goes = before ?? datagram
    const outcome = super.send(goes)
    return this.#tap.afterSend?.(goes, outcome) ?? outcome
  }
}
