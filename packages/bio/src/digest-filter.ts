/** The digest filter (BIO_f_md): bytes pass as they are, and a digest of them grows. */
import type { Stopped } from './bio.ts'
import { misuse } from './bio-error.ts'
import { Filter } from './filter.ts'

/** A hash that grows and can be asked on the way: of this house (`snapshot`), of node:crypto (`copy`), of noble (`clone`). */
export type RunningDigest = { update(bytes: Uint8Array): unknown } & (
  | { snapshot(): Uint8Array }
  | { copy(): { digest(): Uint8Array } }
  | { clone(): { digest(): Uint8Array } }
)

export interface DigestOptions {
  /** Which bytes count; `both`, as BIO_f_md has it: in the order in which they were read and written. */
  readonly of?: 'both' | 'read' | 'write'
}

/**
 * Only bytes that moved count: those read, and those that the BIO below took. A digest that throws harms none of them: they pass,
 * and `digest` throws what it threw.
 */
export class DigestFilter extends Filter {
  readonly #start: () => RunningDigest
  readonly #of: 'both' | 'read' | 'write'
  #running: RunningDigest
  #failure: { readonly cause: unknown } | undefined

  /** `start` makes a hash that has seen nothing: `() => createHash('sha256')`. */
  constructor(start: () => RunningDigest, { of = 'both' }: DigestOptions = {}) {
    super()
    if (of !== 'both' && of !== 'read' && of !== 'write')
      throw misuse(TypeError, `of a digest filter: expected 'both', 'read' or 'write', got ${of}`)
    this.#start = start
    this.#of = of
    this.#running = begun(start)
  }

  override read(into: Uint8Array): number | Stopped {
    const count = super.read(into)
    if (this.#of !== 'write') this.#add(into, count)
    return count
  }

  override write(bytes: Uint8Array): number | Stopped {
    const count = super.write(bytes)
    if (this.#of !== 'read') this.#add(bytes, count)
    return count
  }

  /** The digest of what has passed since the beginning or `reset`. More may pass. TypeError with its cause where the hash threw. */
  digest(): Uint8Array {
    if (this.#failure)
      throw Object.assign(misuse(TypeError, 'digest: the hash threw when it was given bytes'), {
        cause: this.#failure.cause,
      })
    const running = this.#running
    if ('snapshot' in running) return running.snapshot()
    return ('copy' in running ? running.copy() : running.clone()).digest()
  }

  /** Begins a new digest (BIO_reset); nothing below is touched. */
  reset(): void {
    this.#running = begun(this.#start)
    this.#failure = undefined
  }

  #add(bytes: Uint8Array, count: number | Stopped): void {
    if (typeof count !== 'number' || count === 0 || this.#failure) return
    try {
      this.#running.update(bytes.subarray(0, count))
    } catch (cause) {
      this.#failure = { cause }
    }
  }
}

function begun(start: () => RunningDigest): RunningDigest {
  if (typeof start !== 'function')
    throw misuse(
      TypeError,
      `a digest filter: expected a function that starts a hash, got ${typeof start}`,
    )
  const running = start()
  const fits = ['snapshot', 'copy', 'clone'].some(name => name in running)
  if (fits && typeof running.update === 'function') return running
  throw misuse(
    TypeError,
    'a digest filter: expected a hash with update and snapshot, copy or clone',
  )
}
