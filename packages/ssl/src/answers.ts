/** Wants and who answers them: at once, or later by a promise. */
import type { AnswerTo, AnyWant } from '@biopair/handshake'
import { TlsAlert } from '@biopair/wire'
import type { Suspended } from './outcome.ts'

/** Every want but the next message, which the carrier answers. */
export type ApplicationWant = Exclude<AnyWant, { readonly want: 'message' }>

/** One function per want; the exhaustive list of who may make a handshake wait. */
export type Answers = {
  readonly [K in ApplicationWant['want']]: (
    want: Extract<ApplicationWant, { readonly want: K }>,
  ) => AnswerTo<K> | Promise<AnswerTo<K>>
}

/** A want under way: asked once, and answered once. */
export class Asked {
  readonly want: ApplicationWant
  readonly #ready: Promise<void> | undefined
  #settled: { readonly answer: unknown } | { readonly error: unknown } | undefined

  constructor(want: ApplicationWant, answers: Answers) {
    this.want = want
    let answer: unknown
    try {
      const answering = answers[want.want] as (want: ApplicationWant) => unknown
      answer = answering(want)
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

  /** The answer, or how to wait for it. A callback that throws or rejects is internal_error, unless it names an alert. */
  take(): { readonly answer: unknown } | Suspended {
    if (!this.#settled)
      return { status: `want_${this.want.want}`, ready: this.#ready as Promise<void> }
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

/** What follows from an answer, now or when it has come. */
export function following<T, U>(answer: T | Promise<T>, next: (answer: T) => U): U | Promise<U> {
  return isPromise(answer) ? Promise.resolve(answer).then(next) : next(answer)
}

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return (
    typeof value === 'object' &&
    value !== null &&
    'then' in value &&
    typeof value.then === 'function'
  )
}
