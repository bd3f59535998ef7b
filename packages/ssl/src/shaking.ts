/** A handshake under way, or a part of one: the flow, the want that it stands at, and who answers it. */
import {
  type AnswerTo,
  type AnyWant,
  type Flow,
  type JoinedMessage,
  resume,
  start,
} from '@biopair/handshake'
import { type Answers, Asked } from './answers.ts'
import type { Suspended } from './outcome.ts'

/** What a step came to: it went on, it lacks a message, somebody has promised an answer, or it is over, with a `T`. */
export type Step<T> = 'on' | 'message' | Suspended | T

export class Shaking<T> {
  readonly #answers: Answers
  #flow: Flow<T> | undefined
  #want: AnyWant | undefined
  #asked: Asked | undefined

  constructor(flow: Flow<T>, answers: Answers) {
    this.#flow = flow
    this.#answers = answers
  }

  /** Whether it has begun and is not over. */
  get begun(): boolean {
    return this.#want !== undefined
  }

  /** Resumes the flow once, with the next message or with the answer to its want. */
  step(next: () => JoinedMessage | undefined): Step<T> {
    const flow = this.#flow as Flow<T>
    if (!this.#want) return this.#take(start(flow))
    if (this.#want.want !== 'message') {
      this.#asked ??= new Asked(this.#want, this.#answers)
      const asked = this.#asked
      const taken = asked.take()
      if ('status' in taken) {
        if (asked.again) this.#asked = undefined
        return taken
      }
      this.#asked = undefined
      const { want } = this.#want
      return this.#take(resume(flow, want, taken.answer as AnswerTo<typeof want>))
    }
    const message = next()
    return message ? this.#take(resume(flow, 'message', message)) : 'message'
  }

  /** Ends it where it stands: the flow wipes its secrets, who is at work on an answer is told, and the answer ignored. */
  stop(): void {
    const asked = this.#asked
    this.#flow?.return(undefined as never)
    this.#flow = undefined
    this.#want = undefined
    this.#asked = undefined
    asked?.abandon()
  }

  #take(result: IteratorResult<AnyWant, T>): Step<T> {
    if (!result.done) {
      this.#want = result.value
      return 'on'
    }
    this.#flow = undefined
    this.#want = undefined
    return result.value
  }
}
