/** The pump: moves bytes between any two BIOs, both ways, and carries their ends across. */
import type { Bio } from './bio.ts'
import { misuse } from './bio-error.ts'
import { checkCount } from './check.ts'
import { Line } from './line.ts'
import { Signal } from './signal.ts'
import { type Party, type StallReport, stallReport } from './stall.ts'

export interface PumpOptions {
  /** The most bytes that a step moves in each direction, and that are carried in each; 16 KiB if not given. */
  readonly chunk?: number
  /**
   * Awaited by `run` between two steps: give one that comes back with the next turn of your event loop, so that a
   * pump with much to move leaves others their time. Without it a step follows the other in the next microtask.
   */
  readonly turn?: () => Promise<void>
}

/** What one direction waits for after a step. */
export interface PumpWait {
  readonly direction: 'a to b' | 'b to a'
  readonly for:
    | 'bytes from a'
    | 'bytes from b'
    | 'room in a'
    | 'room in b'
    | 'another step'
    | 'nothing: ended'
  /** Bytes that were read on one side and not yet taken by the other. */
  readonly carried: number
  /** What a BIO that answered `special` waits for. */
  readonly reason?: string
  /** Why this direction ended, where it did not end cleanly. */
  readonly error?: Error
}

/** What a step did. */
export interface PumpStep {
  /** Bytes that were taken by the other side. */
  readonly moved: { readonly aToB: number; readonly bToA: number }
  readonly waits: readonly [PumpWait, PumpWait]
  /** Both directions have ended. */
  readonly done: boolean
}

/** How a run came to its end. */
export type PumpEnd = { readonly moved: PumpStep['moved']; readonly waits: PumpStep['waits'] } & (
  | { readonly end: 'ended' | 'stopped' }
  | { readonly end: 'broken'; readonly error: Error }
  | { readonly end: 'stalled'; readonly report: StallReport }
)

const usualChunk = 16 * 1024
/**
 * A BIO that says it is ready this often in a row, and then moves nothing, never will. So many, because what a TLS filter does is not
 * seen from above: its whole handshake, or a record of 16 KiB, may come to it byte by byte, and each one wakes the pump.
 */
const mostFruitless = 1 << 17

/**
 * Bytes keep their order and none is lost. When one side has ended and everything was delivered, the other is ended.
 * When one side is broken, what the other still has at hand is delivered as far as it goes, then both are closed with that error.
 */
export class Pump {
  readonly #a: Bio
  readonly #b: Bio
  readonly #aToB: Line
  readonly #bToA: Line
  readonly #turn: (() => Promise<void>) | undefined
  readonly #wake = new Signal()
  readonly #awaited = new Set<string>()
  #woken = false
  #stopped = false
  #running = false
  #failure: Error | undefined

  constructor(a: Bio, b: Bio, options: PumpOptions = {}) {
    const { chunk = usualChunk, turn } = options
    checkCount('chunk of a pump', chunk, 1)
    if (a === b) throw misuse(TypeError, 'pump: expected two BIOs, got the same one twice')
    this.#a = a
    this.#b = b
    this.#aToB = new Line(a, b, chunk)
    this.#bToA = new Line(b, a, chunk)
    this.#turn = turn
  }

  /** Moves up to a chunk each way, never waiting. Call it again while bytes move, or when a BIO is ready. */
  step(): PumpStep {
    const aToB = this.#aToB.step()
    const bToA = this.#bToA.step()
    this.#settleFailure()
    const done = this.#aToB.over && this.#bToA.over
    return { moved: { aToB, bToA }, waits: this.#waits(), done }
  }

  /**
   * Steps until both directions have ended, `stop` is called, or no BIO that it waits for will ever do more.
   * Both BIOs must have `ready`; TypeError if not. Never rejects otherwise, but with what a BIO or `turn` throws.
   */
  async run(): Promise<PumpEnd> {
    if (this.#a.ready === undefined || this.#b.ready === undefined) {
      throw misuse(TypeError, 'run: expected both BIOs to have ready(); use step() for these')
    }
    if (this.#running) throw misuse(TypeError, 'run: this pump is running already', 'IN_USE')
    this.#running = true
    this.#stopped = false
    try {
      return await this.#loop()
    } finally {
      this.#running = false
    }
  }

  /** Makes `run` settle, with `stopped`. What is carried stays carried: `step` and `run` go on from there. */
  stop(): void {
    this.#stopped = true
    this.#rouse()
  }

  /** Both directions as parties for a `StallDetector`. */
  parties(name = 'pump'): Party[] {
    return this.#waits().map(wait => ({ name: `${name} ${wait.direction}`, waits: inWords(wait) }))
  }

  async #loop(): Promise<PumpEnd> {
    const total = { aToB: 0, bToA: 0 }
    let fruitless = 0
    for (;;) {
      if (this.#stopped) return { end: 'stopped', moved: total, waits: this.#waits() }
      this.#woken = false
      const { moved, waits, done } = this.step()
      total.aToB += moved.aToB
      total.bToA += moved.bToA
      if (done) {
        const error = this.#failure
        if (error) return { end: 'broken', error, moved: total, waits }
        return { end: 'ended', moved: total, waits }
      }
      const goOn = moved.aToB + moved.bToA > 0
      fruitless = goOn ? 0 : fruitless + 1
      if (fruitless > mostFruitless) {
        const report = stallReport(fruitless, this.parties())
        return { end: 'stalled', report, moved: total, waits }
      }
      if (!goOn) await this.#readiness()
      await this.#turn?.()
    }
  }

  /** Settles when a BIO that somebody waits for is ready, or at `stop`. */
  async #readiness(): Promise<void> {
    this.#watch(this.#aToB, 'a', 'b')
    this.#watch(this.#bToA, 'b', 'a')
    if (!this.#woken) await this.#wake.wait()
  }

  #watch(line: Line, from: 'a' | 'b', to: 'a' | 'b'): void {
    const { state } = line
    if (state.at === 'read') this.#await(from, state.on)
    if (state.at === 'write') this.#await(to, state.on)
    if (state.at === 'read' && line.unflushed) this.#await(to, 'write')
  }

  /** Asks a BIO once, not once a step: a promise that is long in coming would gather a listener with each. */
  #await(side: 'a' | 'b', on: 'read' | 'write'): void {
    const key = `${side} ${on}`
    if (this.#awaited.has(key)) return
    this.#awaited.add(key)
    const ready = (side === 'a' ? this.#a : this.#b).ready?.(on)
    const settle = (): void => {
      this.#awaited.delete(key)
      this.#rouse()
    }
    ready?.then(settle, settle)
  }

  #rouse(): void {
    this.#woken = true
    this.#wake.fire()
  }

  /** One direction is broken: the other goes on only while it has something at hand, then both BIOs are closed. */
  #settleFailure(): void {
    if (this.#failure) return
    const states = [this.#aToB.state, this.#bToA.state]
    const failed = states.find(state => state.at === 'broken')
    if (failed?.at !== 'broken') return
    for (const line of [this.#aToB, this.#bToA]) {
      if (line.state.at === 'read') line.abandon(failed.error)
    }
    if (!this.#aToB.over || !this.#bToA.over) return
    this.#failure = failed.error
    this.#a.close(failed.error)
    this.#b.close(failed.error)
  }

  #waits(): [PumpWait, PumpWait] {
    return [
      waitOf('a to b', this.#aToB, 'bytes from a', 'room in b'),
      waitOf('b to a', this.#bToA, 'bytes from b', 'room in a'),
    ]
  }
}

function waitOf(
  direction: PumpWait['direction'],
  line: Line,
  bytes: PumpWait['for'],
  room: PumpWait['for'],
): PumpWait {
  const { state, carried } = line
  if (state.at === 'again') return { direction, for: 'another step', carried }
  if (state.at === 'ended') return { direction, for: 'nothing: ended', carried }
  if (state.at === 'broken') {
    return { direction, for: 'nothing: ended', carried, error: state.error }
  }
  const wait = { direction, for: state.at === 'read' ? bytes : room, carried }
  return state.reason === undefined ? wait : { ...wait, reason: state.reason }
}

function inWords({ for: what, carried, reason, error }: PumpWait): string {
  const notes = [
    carried > 0 ? `${carried} bytes carried` : '',
    reason ?? '',
    error === undefined ? '' : error.message,
  ].filter(note => note !== '')
  return notes.length === 0 ? what : `${what} (${notes.join(', ')})`
}
