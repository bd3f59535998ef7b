/** A command of a model-based property: what it does, and what must hold after it. */
import type fc from 'fast-check'

export class Act<Model extends object, Real> implements fc.Command<Model, Real> {
  readonly #name: string
  readonly #act: (model: Model, real: Real) => void

  constructor(name: string, act: (model: Model, real: Real) => void) {
    this.#name = name
    this.#act = act
  }

  check(): boolean {
    return true
  }

  run(model: Model, real: Real): void {
    this.#act(model, real)
  }

  toString(): string {
    return this.#name
  }
}

/** The same, for what must hold after a turn of the microtasks. */
export class AsyncAct<Model extends object, Real> implements fc.AsyncCommand<Model, Real> {
  readonly #name: string
  readonly #act: (model: Model, real: Real) => Promise<void>

  constructor(name: string, act: (model: Model, real: Real) => Promise<void>) {
    this.#name = name
    this.#act = act
  }

  check(): boolean {
    return true
  }

  run(model: Model, real: Real): Promise<void> {
    return this.#act(model, real)
  }

  toString(): string {
    return this.#name
  }
}
