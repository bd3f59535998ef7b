/** What the filters share that collect small writes into larger ones (BIO_f_buffer, BIO_f_linebuffer). */
import type { Stopped } from './bio.ts'
import { HoldingFilter } from './holding-filter.ts'

/**
 * Bytes are taken as long as they fit, whatever the BIO below says: `retry` means that not one could be taken. Bytes that
 * are due go down as soon as the BIO below takes them, the others when it must be or when they are flushed.
 */
export abstract class CollectingFilter extends HoldingFilter {
  /** How many of the held bytes are due. */
  #due = 0

  /** The most bytes held. */
  protected abstract get capacity(): number

  /** How many of the first bytes are due as they come, and need not be held where the BIO below takes them. */
  protected abstract dueOf(bytes: Uint8Array): number

  override write(bytes: Uint8Array): number | Stopped {
    const refused = this.refused(bytes)
    if (refused !== undefined) return refused
    let taken = 0
    while (taken < bytes.length) {
      const rest = bytes.subarray(taken)
      const due = this.failed ? rest.length : this.dueOf(rest)
      if (due > 0 && this.buffered === 0) {
        const moved = this.pass(rest.subarray(0, due))
        if (typeof moved === 'number') {
          taken += moved
          continue
        }
        if (moved.stop !== 'retry') return taken > 0 ? taken : moved
      }
      const count = this.#collect(rest, due)
      taken += count
      // What does not fit pushes out what is there.
      if (taken < bytes.length) this.#due = this.buffered
      const before = this.buffered
      const driven = this.drive(this.#due)
      if (driven !== 'done' && count === 0 && this.buffered === before)
        return taken > 0 ? taken : driven
    }
    return taken
  }

  protected override drive(count?: number): 'done' | Stopped {
    const before = this.buffered
    const answer = super.drive(count)
    this.#due = Math.max(0, this.#due - (before - this.buffered))
    return answer
  }

  /** Holds what fits; answers how many bytes that is. */
  #collect(bytes: Uint8Array, due: number): number {
    if (this.failed) return 0
    const count = Math.min(bytes.length, Math.max(0, this.capacity - this.buffered))
    if (count === 0) return 0
    if (due > 0) this.#due = this.buffered + Math.min(due, count)
    this.hold(bytes.subarray(0, count))
    return count
  }
}
