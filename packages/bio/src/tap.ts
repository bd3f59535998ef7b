/** What a tap's callbacks are told, and what they may answer (BIO_set_callback_ex). */
import type { Stopped } from './bio.ts'

/** A call, as it came from above. */
export type TapCall =
  | { readonly call: 'read' /** Bytes of room. */; readonly length: number }
  | { readonly call: 'write' /** A copy of what is to be written. */; readonly bytes: Uint8Array }
  | { readonly call: 'flush' | 'end' }
  | { readonly call: 'close'; readonly error?: Error }

/** What a call came to: a count for `read` and `write`, `done` for the others, or why not. */
export type TapResult = number | 'done' | Stopped

export interface Tap {
  /**
   * Before a call goes down. To answer nothing lets it. A `Stopped` vetoes it: that is the call's answer, and what is below is not
   * touched (`close` cannot be vetoed). Bytes, for a `write` only, go down in the place of those given: of any length, none
   * too; all of those given then count as taken, and what there is no room for yet is held and goes first.
   */
  readonly before?: (call: TapCall) => Stopped | Uint8Array | Nothing
  /**
   * After a call. `moved` is what was read, and may be changed in place; or a copy of what was taken. To answer nothing lets the
   * result stand. Where nothing moved, a `Stopped` takes its place. Where bytes moved, only what loses none may:
   * - of a `read`, a number from 1 to the result: so many are given now, the rest by the next reads
   * - of a `read`, a `retry`: all of them are given by the next reads
   * - `broken`, after which nothing moves any more
   */
  readonly after?: (
    call: TapCall,
    result: TapResult,
    moved: Uint8Array,
  ) => Stopped | number | Nothing
}

// biome-ignore lint/suspicious/noConfusingVoidType: a callback that has nothing to say need not have a `return`
type Nothing = undefined | void
