/** Whose call is under way: a context serves many connections, and its callbacks are given theirs. */
import type { SSL } from './ssl.ts'

/** What the settings that came of one SSL_CTX share, to know whose call it is. */
export interface Caller {
  ssl: SSL | undefined
}

/** The callers that lead to one SSL: of its context, and of those that SSL_set_SSL_CTX put in its place. */
export class Calls {
  readonly #ssl: SSL
  readonly #callers: Caller[]
  /** What to put back when the call at hand is over. */
  #before: [Caller, SSL | undefined][] | undefined

  constructor(ssl: SSL, caller: Caller) {
    this.#ssl = ssl
    this.#callers = [caller]
  }

  /** Another context's callbacks are this SSL's from here on. */
  join(caller: Caller): void {
    if (this.#callers.includes(caller)) return
    this.#callers.push(caller)
    if (this.#before) this.#take(caller, this.#before)
  }

  /** Does some work, whose callbacks are given this SSL; calls on others may stand inside. */
  during<T>(work: () => T): T {
    const outer = this.#before
    const before: [Caller, SSL | undefined][] = []
    this.#before = before
    for (const caller of this.#callers) this.#take(caller, before)
    try {
      return work()
    } finally {
      for (const [caller, ssl] of before.reverse()) caller.ssl = ssl
      this.#before = outer
    }
  }

  #take(caller: Caller, before: [Caller, SSL | undefined][]): void {
    before.push([caller, caller.ssl])
    caller.ssl = this.#ssl
  }
}
