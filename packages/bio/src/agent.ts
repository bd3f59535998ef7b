/** What a thread can do while nothing happens to memory that it shares: wait, be told, or neither. */

/** Why `Atomics.wait` is refused here, as it is in the main thread of a browser; undefined where it is allowed. */
export function whyNotWait(): unknown {
  try {
    // Another value than expected: it comes back at once, unless this thread may not wait at all.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1, 0)
    return undefined
  } catch (error) {
    return error ?? new TypeError('Atomics.wait is refused')
  }
}

/** `Atomics.waitAsync` of ES2024, which not every runtime has. */
interface Telling {
  waitAsync?(
    words: Int32Array,
    index: number,
    value: number,
  ): { readonly async: boolean; readonly value: string | Promise<string> }
}

/** Whether this runtime can tell of a change without waiting for it. */
export function canTell(): boolean {
  return typeof (Atomics as Telling).waitAsync === 'function'
}

/** Settles once `words[index]` is no longer `value`, or somebody has notified of it. Only where `canTell`. */
export async function changed(words: Int32Array, index: number, value: number): Promise<void> {
  await (Atomics as Telling).waitAsync?.(words, index, value).value
}
