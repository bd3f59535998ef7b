/** How a callback that was asked hears that nobody waits for its answer any more: an AbortSignal, or what is like one. */

/** What we need of an AbortSignal, and give where the platform has none. */
export interface AbortSignalLike {
  readonly aborted: boolean
  readonly reason: unknown
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void
  removeEventListener(type: 'abort', listener: () => void): void
  throwIfAborted(): void
}

/** The platform's AbortSignal where its types are loaded, so that it can be handed on to `fetch` and its like. */
export type Signal = typeof globalThis extends { AbortSignal: { prototype: infer S } }
  ? S
  : AbortSignalLike

/** What a callback is told besides its question, as its last argument. */
export interface CallbackContext {
  /** Aborted when the connection fails or is closed while the answer is awaited; what is answered then is ignored. */
  readonly signal: Signal
}

interface Controller {
  readonly signal: AbortSignalLike
  abort(): void
}

/** One question's context. Its signal is made when it is first asked for: most callbacks never do. */
export class Abortable implements CallbackContext {
  #controller: Controller | undefined
  #aborted = false

  get signal(): Signal {
    if (!this.#controller) {
      this.#controller = controller()
      if (this.#aborted) this.#controller.abort()
    }
    return this.#controller.signal as Signal
  }

  abort(): void {
    this.#aborted = true
    this.#controller?.abort()
  }
}

function controller(): Controller {
  const { AbortController } = globalThis as { AbortController?: new () => Controller }
  return AbortController ? new AbortController() : new SmallController()
}

/** For a platform without AbortController. Listeners are called in order, once. */
class SmallController implements Controller {
  readonly signal = new SmallSignal()

  abort(): void {
    this.signal.settle()
  }
}

class SmallSignal implements AbortSignalLike {
  readonly #listeners = new Set<() => void>()
  #reason: Error | undefined

  get aborted(): boolean {
    return this.#reason !== undefined
  }

  get reason(): unknown {
    return this.#reason
  }

  /** Once is all that an abort can happen, so that `once` changes nothing. */
  addEventListener(_type: 'abort', listener: () => void): void {
    if (!this.aborted) this.#listeners.add(listener)
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.delete(listener)
  }

  throwIfAborted(): void {
    if (this.#reason) throw this.#reason
  }

  settle(): void {
    if (this.#reason) return
    this.#reason = Object.assign(new Error('The operation was aborted'), { name: 'AbortError' })
    for (const listener of this.#listeners) {
      try {
        listener()
      } catch {
        // As with the platform's, a listener's mistake is not the connection's; there is nobody here to tell.
      }
    }
    this.#listeners.clear()
  }
}
