/** A half of a datagram pair that counts what goes through it and keeps what was sent, so that a test sees whether anything moved. */
import {
  type Bytes,
  type Datagram,
  DatagramPairBio,
  type DatagramPairOptions,
  retryWrite,
  type Stopped,
  type TooLong,
  type TooShort,
} from '@biopair/bio'

interface HalfOptions extends DatagramPairOptions {
  readonly holds: number | undefined
}

export class DatagramHalf extends DatagramPairBio {
  /** Every datagram that was sent by this half, in order. */
  readonly sent: Bytes[] = []
  /** How many were received by it. */
  received = 0
  readonly #holds: number
  #other: DatagramHalf | undefined

  constructor({ holds, ...options }: HalfOptions) {
    super(options)
    this.#holds = holds ?? Number.POSITIVE_INFINITY
  }

  override pair(other: DatagramHalf): void {
    super.pair(other)
    this.#other = other
    other.#other = this
  }

  /** Whether it holds as many as it may. */
  get #full(): boolean {
    return this.sent.length - (this.#other?.received ?? 0) >= this.#holds
  }

  override get writeGuarantee(): number {
    return this.#full ? 0 : super.writeGuarantee
  }

  /** Datagrams in both directions. */
  get moved(): number {
    return this.sent.length + this.received
  }

  override receive(into: Uint8Array): Datagram | Stopped | TooShort {
    const got = super.receive(into)
    if (!('stop' in got)) this.received++
    return got
  }

  override send(datagram: Uint8Array): 'done' | Stopped | TooLong {
    const answer = this.#full ? retryWrite : super.send(datagram)
    if (answer === 'done') this.sent.push(new Uint8Array(datagram))
    return answer
  }

  /** Every datagram that can be received now. */
  take(): Bytes[] {
    const taken: Bytes[] = []
    for (let next = this.pending; next !== undefined; next = this.pending) {
      const bytes = new Uint8Array(next)
      if ('stop' in this.receive(bytes)) break
      taken.push(bytes)
    }
    return taken
  }
}

/** Two halves of a pair. */
export function datagramHalves(ofA: HalfOptions, ofB: HalfOptions): [DatagramHalf, DatagramHalf] {
  const a = new DatagramHalf(ofA)
  const b = new DatagramHalf(ofB)
  a.pair(b)
  return [a, b]
}
