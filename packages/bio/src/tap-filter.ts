/** The tap: callbacks see each call before and after it, and may refuse or rewrite it (BIO_set_callback_ex as a filter). */
import type { Bytes, Stopped } from './bio.ts'
import { BioError, misuse } from './bio-error.ts'
import { checkBytes, checkDirection } from './check.ts'
import { Filter } from './filter.ts'
import { ByteQueue } from './queue.ts'
import { broken, retryWrite } from './stopped.ts'
import type { Tap, TapCall, TapResult } from './tap.ts'

type Direction = 'read' | 'write'

const nothing: Bytes = new Uint8Array(0)

/**
 * What callbacks may do is said at `Tap`. Beyond it:
 * - no byte is lost, doubled or made up: an answer that would do so makes the tap `broken` with CALLBACK_FAILED, and so does a
 *   callback that throws (its error is the cause)
 * - a callback's `broken` is final for both directions, its `eof` for the one that it was about
 * - each byte is shown to `after` once: bytes that it left for the next reads are given without asking it again
 * - a call of no bytes is none; calling the tap from inside its callback is a TypeError ERR_BIO_IN_USE
 */
export class TapFilter extends Filter {
  readonly #tap: Tap
  /** Bytes read that `after` left for the next reads. */
  readonly #inward = new ByteQueue()
  /** Bytes that `before` put in the place of others. */
  readonly #outward = new ByteQueue()
  /** What each direction has come to by itself: a callback's word, `end` or `close`. */
  #readEnd: Stopped | undefined
  #writeEnd: Stopped | undefined
  #failure: Stopped | undefined
  /** Bytes taken that were dropped when it failed. */
  #lost = 0
  #asking = false

  constructor(tap: Tap) {
    super()
    for (const callback of [tap.before, tap.after])
      if (callback !== undefined && typeof callback !== 'function')
        throw misuse(TypeError, `a tap's callback: expected a function, got ${typeof callback}`)
    this.#tap = tap
  }

  override read(into: Uint8Array): number | Stopped {
    checkBytes('what to read into', into)
    this.#enter()
    if (into.length === 0) return 0
    if (this.#readEnd) return this.#readEnd
    if (this.#inward.length > 0) return this.#inward.read(into)
    const call: TapCall = { call: 'read', length: into.length }
    const veto = this.#before(call)
    if (veto) return this.#veto('read', veto)
    const result = super.read(into)
    return typeof result === 'number'
      ? this.#afterRead(call, into.subarray(0, result))
      : this.#afterNothing('read', call, result)
  }

  override write(bytes: Uint8Array): number | Stopped {
    checkBytes('what to write', bytes)
    this.#enter()
    if (bytes.length === 0) return 0
    const stopped = this.#writeEnd ?? this.#pass()
    if (stopped) return stopped
    // A callback that changed the caller's own bytes would change them again when what was not taken is offered again.
    const copy = Uint8Array.from(bytes)
    const call: TapCall = { call: 'write', bytes: copy }
    const answer = this.#before(call)
    if (answer instanceof Uint8Array) {
      this.#outward.write(answer)
      this.#pass()
      return this.#afterWrite(call, Uint8Array.from(bytes))
    }
    if (answer) return this.#veto('write', answer)
    const result = super.write(bytes)
    return typeof result === 'number'
      ? this.#afterWrite(call, Uint8Array.from(bytes.subarray(0, result)))
      : this.#afterNothing('write', call, result)
  }

  override flush(): 'done' | Stopped {
    this.#enter()
    return this.#whole({ call: 'flush' }, () => super.flush())
  }

  override end(): 'done' | Stopped {
    this.#enter()
    return this.#whole({ call: 'end' }, () => super.end())
  }

  /** Passes on what is held as far as there is room; where some is lost, the other end is told so by an error. */
  override close(error?: Error): void {
    this.#enter()
    const call: TapCall = error === undefined ? { call: 'close' } : { call: 'close', error }
    this.#before(call)
    this.#pass()
    const lost = this.#lost + this.#outward.length
    this.#lost = 0
    this.#outward.clear()
    const closed = broken(new BioError('CLOSED', 'this tap was closed', { cause: error }))
    if (this.#inward.length > 0) this.#readEnd ??= closed
    this.#inward.clear()
    this.#writeEnd ??= closed
    super.close(error ?? (lost > 0 ? lostBytes(lost) : undefined))
    this.#after(call, 'done', nothing)
  }

  override ready(on: Direction): Promise<void> {
    checkDirection(on)
    const known = on === 'read' ? this.#readEnd || this.#inward.length > 0 : this.#writeEnd
    return known && !(on === 'write' && this.#outward.length > 0)
      ? Promise.resolve()
      : super.ready(on)
  }

  override get pending(): number {
    return this.#readEnd ? 0 : this.#inward.length + super.pending
  }

  override get wpending(): number {
    return this.#outward.length + super.wpending
  }

  override get eof(): boolean {
    if (this.#readEnd) return this.#readEnd.stop === 'eof'
    return this.#inward.length === 0 && super.eof
  }

  /** `flush` and `end`: what is held goes first. */
  #whole(call: TapCall, go: () => 'done' | Stopped): 'done' | Stopped {
    if (this.#failure) return this.#failure
    const veto = this.#before(call)
    if (veto) return this.#veto('write', veto)
    if (call.call === 'end')
      this.#writeEnd ??= broken(new BioError('BROKEN_PIPE', 'write: this tap was ended'))
    return this.#afterNothing('write', call, this.#pass() ?? go())
  }

  #afterRead(call: TapCall, got: Uint8Array): number | Stopped {
    const answer = this.#after(call, got.length, got)
    if (answer === undefined) return got.length
    if (typeof answer === 'number') {
      if (!Number.isInteger(answer) || answer < 1 || answer > got.length)
        return this.#fail(`after: expected 1 to ${got.length} of the bytes read, got ${answer}`)
      this.#inward.write(got.subarray(answer))
      return answer
    }
    if (answer.stop === 'eof')
      return this.#fail(`after: an end in the place of ${got.length} bytes read would lose them`)
    if (answer.stop === 'retry') this.#inward.write(got)
    return this.#said('read', answer)
  }

  #afterWrite(call: TapCall, took: Uint8Array): number | Stopped {
    const count = took.length
    const answer = this.#after(call, count, took)
    if (answer === undefined || answer === count) return count
    if (typeof answer === 'object' && answer.stop === 'broken') return this.#said('write', answer)
    return this.#fail(`after: ${count} bytes were taken, which another answer would deny`)
  }

  #afterNothing<R extends 'done' | Stopped>(
    direction: Direction,
    call: TapCall,
    result: R,
  ): R | Stopped {
    const answer = this.#after(call, result, nothing)
    if (answer === undefined) return result
    if (typeof answer === 'object') return this.#said(direction, answer)
    return this.#fail(`after: ${answer} bytes where none moved`)
  }

  #veto(direction: Direction, answer: Stopped | Uint8Array): Stopped {
    if (answer instanceof Uint8Array) return this.#fail('before: bytes in the place of no write')
    return this.#said(direction, answer)
  }

  /** A callback's word: an end is kept. */
  #said(direction: Direction, answer: Stopped): Stopped {
    if (answer.stop === 'broken') {
      this.#failure ??= answer
      this.#readEnd = this.#failure
      this.#writeEnd = this.#failure
      this.#inward.clear()
      this.#lost += this.#outward.length
      this.#outward.clear()
    }
    if (answer.stop !== 'eof') return this.#failure ?? answer
    if (direction === 'read') this.#readEnd = answer
    else this.#writeEnd = answer
    return answer
  }

  #fail(message: string, options?: { readonly cause: unknown }): Stopped {
    return this.#said('read', broken(new BioError('CALLBACK_FAILED', message, options)))
  }

  #before(call: TapCall): Stopped | Uint8Array | undefined {
    const answer = this.#ask('before', () => this.#tap.before?.(call))
    if (answer === undefined) return undefined
    if (answer instanceof Uint8Array || stops(answer)) return answer
    return this.#fail(`before: expected nothing, a Stopped or bytes, got ${typeof answer}`)
  }

  #after(call: TapCall, result: TapResult, moved: Uint8Array): Stopped | number | undefined {
    const answer = this.#ask('after', () => this.#tap.after?.(call, result, moved))
    if (answer === undefined) return undefined
    if (typeof answer === 'number' || stops(answer)) return answer
    return this.#fail(`after: expected nothing, a Stopped or a number, got ${typeof answer}`)
  }

  #ask<A>(name: string, callback: () => A): A | Stopped {
    this.#asking = true
    try {
      return callback()
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      return this.#fail(`${name}: the callback threw: ${why}`, { cause })
    } finally {
      this.#asking = false
    }
  }

  #enter(): void {
    if (this.#asking)
      throw misuse(TypeError, 'a tap was called from inside its own callback', 'IN_USE')
  }

  #pass(): Stopped | undefined {
    while (this.#outward.length > 0) {
      const took = super.write(this.#outward.run())
      if (took === 0) return retryWrite
      if (typeof took !== 'number') return took
      this.#outward.consume(took)
    }
    return undefined
  }
}

function stops(answer: unknown): answer is Stopped {
  if (typeof answer !== 'object' || answer === null || !('stop' in answer)) return false
  return answer.stop === 'retry' || answer.stop === 'eof' || answer.stop === 'broken'
}

function lostBytes(count: number): Error {
  return new BioError(
    'BROKEN_PIPE',
    `close: there was no room for the last ${count} bytes that a tap held, and they are lost`,
  )
}
