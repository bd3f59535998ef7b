/** CRYPTO_get_ex_new_index(3): what a program hangs on an object of ours, in places that nobody else has. */

/** Called at the first look at a place of an object that is empty, and not when that is made; what it answers is put there. */
export type EX_new<T> = (parent: T, idx: EX_INDEX<T>, argl: number, argp: unknown) => unknown

/** Called where the object is copied: `[1, what the copy gets]`, or 0, and there is no copy. */
export type EX_dup<T> = (
  to: T,
  from: T,
  from_d: unknown,
  idx: EX_INDEX<T>,
  argl: number,
  argp: unknown,
) => readonly [result: number, data?: unknown]

/** Called when the object is freed. */
export type EX_free<T> = (
  parent: T,
  ptr: unknown,
  idx: EX_INDEX<T>,
  argl: number,
  argp: unknown,
) => void

/** A place. It is the index itself, and no number: so nothing is kept for the whole process, and nobody can guess another's. */
export class EX_PLACE<T> {
  readonly argl: number
  readonly argp: unknown
  readonly onNew: EX_new<T> | null
  readonly onDup: EX_dup<T> | null
  readonly onFree: EX_free<T> | null

  constructor(
    argl: number,
    argp: unknown,
    onNew: EX_new<T> | null,
    onDup: EX_dup<T> | null,
    onFree: EX_free<T> | null,
  ) {
    this.argl = argl
    this.argp = argp
    this.onNew = onNew
    this.onDup = onDup
    this.onFree = onFree
  }
}

/** 0 is the application's own (app_data), other numbers from 0 are as good. */
export type EX_INDEX<T> = number | EX_PLACE<T>

/** What hangs on one object. */
export class ExData<T> {
  readonly #owner: T
  readonly #at = new Map<EX_INDEX<T>, unknown>()

  constructor(owner: T) {
    this.#owner = owner
  }

  at(idx: EX_INDEX<T>): unknown {
    if (!this.#at.has(idx) && idx instanceof EX_PLACE && idx.onNew)
      this.#at.set(idx, idx.onNew(this.#owner, idx, idx.argl, idx.argp))
    return this.#at.get(idx) ?? null
  }

  /** 1; 0 for a number below 0. */
  set(idx: EX_INDEX<T>, data: unknown): 0 | 1 {
    if (!(idx instanceof EX_PLACE) && !(Number.isSafeInteger(idx) && idx >= 0)) return 0
    this.#at.set(idx, data)
    return 1
  }

  /** What a copy gets; undefined where somebody does not want it. */
  copyTo(to: T): ReadonlyMap<EX_INDEX<T>, unknown> | undefined {
    const copies = new Map<EX_INDEX<T>, unknown>()
    for (const [idx, data] of this.#at) {
      if (!(idx instanceof EX_PLACE) || !idx.onDup) copies.set(idx, data)
      else {
        const [result, copy] = idx.onDup(to, this.#owner, data, idx, idx.argl, idx.argp)
        if (result <= 0) return undefined
        copies.set(idx, copy)
      }
    }
    return copies
  }

  free(): void {
    for (const [idx, data] of this.#at)
      if (idx instanceof EX_PLACE && idx.onFree)
        idx.onFree(this.#owner, data, idx, idx.argl, idx.argp)
    this.#at.clear()
  }
}
