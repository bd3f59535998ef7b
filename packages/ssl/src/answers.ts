/** Wants and who answers them: at once, later by a promise, or by asking to be asked again. */
import type { AnswerTo, AnyWant } from '@biopair/handshake'
import { TlsAlert } from '@biopair/wire'
import { Abortable, type CallbackContext } from './abort.ts'
import type { Suspended } from './outcome.ts'

/** Every want but the next message, which the carrier answers. */
export type ApplicationWant = Exclude<AnyWant, { readonly want: 'message' }>

/**
 * An answer that is none: the call ends with the want, whose `ready` has settled, and the next call asks anew. For the C
 * names, whose man pages have a callback that suspends called again. Every function here hands it on untouched.
 */
export const again: unique symbol = Symbol('ask again')
export type Again = typeof again

/** One function per want; the exhaustive list of who may make a handshake wait. */
export type Answers = {
  readonly [K in ApplicationWant['want']]: (
    want: Extract<ApplicationWant, { readonly want: K }>,
    context: CallbackContext,
  ) => AnswerTo<K> | Again | Promise<AnswerTo<K> | Again>
}

/** A want under way: asked once, and answered once. */
export class Asked {
  readonly want: ApplicationWant
  readonly #context = new Abortable()
  readonly #ready: Promise<void> | undefined
  #settled: { readonly answer: unknown } | { readonly error: unknown } | undefined

  constructor(want: ApplicationWant, answers: Answers) {
    this.want = want
    let answer: unknown
    try {
      const answering = answers[want.want] as (
        want: ApplicationWant,
        context: CallbackContext,
      ) => unknown
      answer = answering(want, this.#context)
    } catch (error) {
      this.#settled = { error }
      return
    }
    if (!isPromise(answer)) {
      this.#settled = { answer }
      return
    }
    this.#ready = Promise.resolve(answer).then(
      value => {
        this.#settled = { answer: value }
      },
      (error: unknown) => {
        this.#settled = { error }
      },
    )
  }

  /** Whether the answer was to ask again: then this one is over, however it is taken. */
  get again(): boolean {
    return (
      this.#settled !== undefined && 'answer' in this.#settled && this.#settled.answer === again
    )
  }

  /** Nobody waits for the answer any more: whoever is at work on it hears that. */
  abandon(): void {
    if (!this.#settled) this.#context.abort()
  }

  /** The answer, or how to wait for it. A callback that throws or rejects is internal_error, unless it names an alert. */
  take(): { readonly answer: unknown } | Suspended {
    if (!this.#settled || this.again)
      return { status: `want_${this.want.want}`, ready: this.#ready ?? Promise.resolve() }
    if ('answer' in this.#settled) return this.#settled
    const { error } = this.#settled
    // An alert that a peer sent was another connection's: ours has sent none.
    if (error instanceof TlsAlert && error.origin === 'sent') throw error
    throw new TlsAlert('internal_error', {
      reason: 'CALLBACK_FAILED',
      section: '6.2',
      why: `the ${this.want.want} callback failed: ${error instanceof Error ? error.message : String(error)}`,
      cause: error,
    })
  }
}

/** What follows from an answer, now or when it has come; `again` is handed on. */
export function following<T, U>(
  answer: T | Promise<T>,
  next: (answer: T) => U | Again | Promise<U | Again>,
): U | Again | Promise<U | Again> {
  const then = (value: T) => ((value as unknown) === again ? again : next(value))
  return isPromise(answer) ? Promise.resolve(answer).then(then) : then(answer)
}

/** What a store answers, or `otherwise` where it fails. */
export function orElse<T>(ask: () => T | Promise<T>, otherwise: T): T | Promise<T> {
  try {
    const answer = ask()
    return isPromise(answer) ? Promise.resolve(answer).catch(() => otherwise) : answer
  } catch {
    return otherwise
  }
}

/** Whether an answer comes later. */
export function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return (
    typeof value === 'object' &&
    value !== null &&
    'then' in value &&
    typeof value.then === 'function'
  )
}
