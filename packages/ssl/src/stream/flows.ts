/** The two ways between a carrier and our half of the pair: one piece at a time each, and no more than there is room for. */
import type { PairBio } from '@biopair/bio'
import type { Bytes } from '@biopair/wire'
import type { ByteCarrier } from './byte-carrier.ts'
import type { Pauses } from './pauses.ts'

/** Who hears of a flow. Nobody is called from inside a call of theirs. */
export interface FlowOwner {
  /** Something has come, or gone. */
  moved(): void
  /** The carrier is broken. */
  broke(error: Error): void
}

/** A carrier that gives nothing so often in a row never will give anything. */
const mostEmpty = 10_000

/** From the carrier into the pair. */
export class Inflow {
  readonly #carrier: ByteCarrier
  readonly #half: PairBio
  readonly #owner: FlowOwner
  readonly #pauses: Pauses
  #piece: Uint8Array | undefined
  #asking = false
  #over = false
  #ended = false
  #empty = 0

  constructor(carrier: ByteCarrier, half: PairBio, owner: FlowOwner, pauses: Pauses) {
    this.#carrier = carrier
    this.#half = half
    this.#owner = owner
    this.#pauses = pauses
  }

  /** Whether the carrier has come to its end. */
  get ended(): boolean {
    return this.#ended
  }

  /** Puts into the pair what fits of what has come; answers how many bytes. */
  feed(): number {
    const piece = this.#piece
    if (!piece) return 0
    const count = this.#half.write(piece)
    if (typeof count === 'number') {
      this.#piece = count < piece.length ? piece.subarray(count) : undefined
      return count
    }
    // The other half was closed: nobody wants it.
    if (count.stop !== 'retry') this.#piece = undefined
    return 0
  }

  /** Takes what the carrier has at hand once all that came before was used; answers whether something has come, which may be an end. */
  take(): boolean {
    if (!this.#carrier.readNow || !this.#asks) return false
    try {
      const bytes: unknown = this.#carrier.readNow()
      if (bytes === undefined) return false
      if (bytes !== null && !isBytes(bytes)) throw noBytes(bytes)
      return this.#accept(bytes)
    } catch (error) {
      // As if it had been asked later: the owner is in the middle of something.
      this.#await(Promise.reject(error))
      return false
    }
  }

  /** Asks for more once all that came before was used. */
  fetch(): void {
    if (this.#asks) this.#await(later(() => this.#carrier.read()))
  }

  /** Nothing that comes from now on is of interest. */
  stop(): void {
    this.#over = true
    this.#piece = undefined
  }

  get #asks(): boolean {
    if (this.#asking || this.#over || this.#piece || this.#half.wpending > 0) return false
    return !this.#pauses.resting
  }

  #await(bytes: Promise<Uint8Array | null>): undefined {
    this.#asking = true
    bytes.then(
      bytes => this.#came(bytes),
      (error: unknown) => this.#failed(error),
    )
  }

  #came(bytes: unknown): undefined {
    this.#asking = false
    if (this.#over) return
    if (bytes !== null && bytes !== undefined && !isBytes(bytes))
      return this.#failed(noBytes(bytes))
    try {
      this.#accept(bytes ?? null)
    } catch (error) {
      return this.#failed(error)
    }
    this.#owner.moved()
  }

  #accept(bytes: Uint8Array | null): boolean {
    if (bytes === null) {
      this.#over = true
      this.#ended = true
      this.#half.end()
      return true
    }
    if (bytes.length === 0) {
      if (++this.#empty > mostEmpty)
        throw new Error(`the carrier gave nothing ${mostEmpty} times in a row`)
      return false
    }
    this.#empty = 0
    this.#piece = bytes
    this.#pauses.moved(bytes.length, () => this.#owner.moved())
    return true
  }

  #failed(error: unknown): undefined {
    this.#asking = false
    if (this.#over) return
    this.#over = true
    this.#owner.broke(asError(error))
  }
}

/** From the pair to the carrier. */
export class Outflow {
  readonly #carrier: ByteCarrier
  readonly #half: PairBio
  readonly #owner: FlowOwner
  readonly #pauses: Pauses
  #underWay = 0
  #over = false

  constructor(carrier: ByteCarrier, half: PairBio, owner: FlowOwner, pauses: Pauses) {
    this.#carrier = carrier
    this.#half = half
    this.#owner = owner
    this.#pauses = pauses
  }

  /** Bytes that the carrier has been given, and has not taken. */
  get underWay(): number {
    return this.#underWay
  }

  /** Gives all there is to the carrier, unless it is still busy; answers how many bytes. */
  drain(): number {
    const count = this.#half.pending
    if (this.#underWay > 0 || this.#over || count === 0 || this.#pauses.resting) return 0
    const bytes: Bytes = new Uint8Array(count)
    this.#half.read(bytes)
    let wrote: Promise<unknown> | undefined
    try {
      if (this.#carrier.writeNow?.(bytes)) {
        this.#pauses.moved(count, () => this.#owner.moved())
        return count
      }
    } catch (error) {
      wrote = Promise.reject(error)
    }
    this.#underWay = count
    wrote ??= later(() => this.#carrier.write(bytes))
    wrote.then(
      () => this.#went(),
      (error: unknown) => this.#failed(error),
    )
    return count
  }

  stop(): void {
    this.#over = true
  }

  #went(): undefined {
    const went = this.#underWay
    this.#underWay = 0
    if (this.#over) return
    this.#pauses.moved(went, () => this.#owner.moved())
    this.#owner.moved()
  }

  #failed(error: unknown): undefined {
    this.#underWay = 0
    if (this.#over) return
    this.#over = true
    this.#owner.broke(asError(error))
  }
}

/** What a call of the carrier promises; one that throws has rejected. */
export function later<T>(call: () => T | Promise<T>): Promise<T> {
  try {
    return Promise.resolve(call())
  } catch (error) {
    return Promise.reject(error)
  }
}

export function asError(error: unknown): Error {
  if (error instanceof Error) return error
  const why = error === undefined ? 'it does not say why' : String(error)
  return new Error(why, { cause: error })
}

function noBytes(value: unknown): TypeError {
  return new TypeError(`expected the carrier to read a Uint8Array or null, got ${typeof value}`)
}

/** A Uint8Array of any realm. */
function isBytes(value: unknown): value is Uint8Array {
  return (
    value instanceof Uint8Array || Object.prototype.toString.call(value) === '[object Uint8Array]'
  )
}
