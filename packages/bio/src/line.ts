/** One direction of a pump: takes bytes from one BIO and gives them to another, none lost. */
import { type Bio, type Bytes, lends, type Stopped } from './bio.ts'
import { retryRead, retryWrite } from './stopped.ts'

/** Where a line stands: `again` means that its share of work is done while there may be more. */
export type LineState =
  | { readonly at: 'again' }
  | { readonly at: 'read' | 'write'; readonly on: 'read' | 'write'; readonly reason?: string }
  | { readonly at: 'ended' }
  | { readonly at: 'broken'; readonly error: Error }

const again: LineState = { at: 'again' }
const nothing: Bytes = new Uint8Array(0)

/**
 * Bytes come straight from the lent run where the source lends, and only what the target took is consumed. From another
 * source they are read into a carry of `chunk` bytes, which is empty again before anything more is read.
 */
export class Line {
  readonly #from: Bio
  readonly #to: Bio
  readonly #chunk: number
  #carry: Bytes | undefined
  #carried = 0
  #delivered = 0
  #unflushed = false
  #state: LineState = again

  constructor(from: Bio, to: Bio, chunk: number) {
    this.#from = from
    this.#to = to
    this.#chunk = chunk
  }

  get state(): LineState {
    return this.#state
  }

  /** Bytes read from the source that the target has not taken. */
  get carried(): number {
    return this.#carried - this.#delivered
  }

  /** The target took bytes and has not flushed them. */
  get unflushed(): boolean {
    return this.#unflushed
  }

  get over(): boolean {
    return this.#state.at === 'ended' || this.#state.at === 'broken'
  }

  /** Moves up to `chunk` bytes; answers how many the target took. */
  step(): number {
    let moved = 0
    while (!this.over) {
      if (moved >= this.#chunk) {
        this.#state = again
        return moved
      }
      const answer = this.carried > 0 ? this.#give() : this.#take(this.#chunk - moved)
      if (answer === undefined) return moved
      moved += answer
    }
    return moved
  }

  /** Nothing more is delivered: the other direction has failed, and this one has nothing at hand. */
  abandon(error: Error): void {
    this.#state = { at: 'broken', error }
  }

  /** Offers what is carried. undefined: not now. */
  #give(): number | undefined {
    const rest = this.#carry?.subarray(this.#delivered, this.#carried) ?? nothing
    const count = orRetry(this.#to.write(rest), retryWrite)
    if (typeof count !== 'number') return this.#stoppedWriting(count)
    this.#delivered += count
    this.#unflushed = true
    if (this.carried === 0) {
      this.#carried = 0
      this.#delivered = 0
    }
    return count
  }

  #take(most: number): number | undefined {
    if (lends(this.#from)) {
      const run = this.#from.run()
      if (!(run instanceof Uint8Array)) return this.#stoppedReading(run)
      if (run.length === 0) return this.#stoppedReading(retryRead)
      const rest = run.length > most ? run.subarray(0, most) : run
      const count = orRetry(this.#to.write(rest), retryWrite)
      if (typeof count !== 'number') return this.#stoppedWriting(count)
      this.#from.consume(count)
      this.#unflushed = true
      return count
    }
    this.#carry ??= new Uint8Array(this.#chunk)
    const count = orRetry(this.#from.read(this.#carry.subarray(0, most)), retryRead)
    if (typeof count !== 'number') return this.#stoppedReading(count)
    this.#carried = count
    return 0
  }

  #stoppedReading(answer: Stopped): undefined {
    if (answer.stop === 'broken') {
      this.#state = { at: 'broken', error: answer.error }
      return
    }
    const flushed = this.#flush()
    if (answer.stop === 'retry') {
      if (!this.over) this.#state = waiting('read', answer)
      return
    }
    if (!flushed) return
    const end = this.#to.end()
    if (end === 'done') this.#state = { at: 'ended' }
    else this.#stoppedWriting(end)
  }

  /** Whether the target has passed on everything; says where the line stands if not. */
  #flush(): boolean {
    if (!this.#unflushed) return true
    const answer = this.#to.flush()
    this.#unflushed = answer !== 'done'
    if (answer !== 'done') this.#stoppedWriting(answer)
    return answer === 'done'
  }

  #stoppedWriting(answer: Stopped): undefined {
    if (answer.stop === 'retry') {
      this.#state = waiting('write', answer)
      return
    }
    // A write never comes to an end of its own: `eof` from a target means that it takes nothing any more.
    const error = answer.stop === 'broken' ? answer.error : new Error('the target has ended')
    this.#state = { at: 'broken', error }
  }
}

/** A BIO must not answer 0 where it was asked for more; that one does is no reason to ask for ever. */
function orRetry(answer: number | Stopped, retry: Stopped): number | Stopped {
  return answer === 0 ? retry : answer
}

function waiting(at: 'read' | 'write', answer: Stopped & { readonly stop: 'retry' }): LineState {
  const on = answer.on === 'special' ? at : answer.on
  return answer.reason === undefined ? { at, on } : { at, on, reason: answer.reason }
}
