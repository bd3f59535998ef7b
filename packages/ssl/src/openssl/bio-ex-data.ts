/** The calls of BIO_get_ex_new_index(3): what a program hangs on a BIO. */
import type { BIO } from './bio.ts'

/** Called at the first look at a place of a BIO that is empty; it may fill it. */
export type BIO_EX_new = (
  parent: BIO,
  ptr: unknown,
  idx: BIO_EX_INDEX,
  argl: number,
  argp: unknown,
) => void
/** Called by BIO_dup_chain: `[1, what the copy gets]`, or 0, and there is no copy. */
export type BIO_EX_dup = (
  to: BIO,
  from: BIO,
  from_d: unknown,
  idx: BIO_EX_INDEX,
  argl: number,
  argp: unknown,
) => [result: number, data: unknown]
export type BIO_EX_free = (
  parent: BIO,
  ptr: unknown,
  idx: BIO_EX_INDEX,
  argl: number,
  argp: unknown,
) => void

/** A place that nobody else has. */
export class BIO_EX_PLACE {
  readonly argl: number
  readonly argp: unknown
  readonly onNew: BIO_EX_new | null
  readonly onDup: BIO_EX_dup | null
  readonly onFree: BIO_EX_free | null

  constructor(
    argl: number,
    argp: unknown,
    onNew: BIO_EX_new | null,
    onDup: BIO_EX_dup | null,
    onFree: BIO_EX_free | null,
  ) {
    this.argl = argl
    this.argp = argp
    this.onNew = onNew
    this.onDup = onDup
    this.onFree = onFree
  }
}

/** A place of a BIO: 0 is the application's own (app_data), other numbers are as good; BIO_get_ex_new_index makes one. */
export type BIO_EX_INDEX = number | BIO_EX_PLACE

/**
 * A place for data on any BIO. It is the index itself, and no number: so nothing is kept for the whole process, and nobody can guess
 * another's. `new_func` is called at the first look at the place of a BIO, not when that is made.
 */
export function BIO_get_ex_new_index(
  argl = 0,
  argp: unknown = null,
  new_func: BIO_EX_new | null = null,
  dup_func: BIO_EX_dup | null = null,
  free_func: BIO_EX_free | null = null,
): BIO_EX_PLACE {
  return new BIO_EX_PLACE(argl, argp, new_func, dup_func, free_func)
}

/** 1; 0 for a number below 0. */
export function BIO_set_ex_data(bio: BIO, idx: BIO_EX_INDEX, data: unknown): 0 | 1 {
  return bio.exData.set(idx, data)
}

/** null where nothing was set. */
export function BIO_get_ex_data(bio: BIO, idx: BIO_EX_INDEX): unknown {
  return bio.exData.at(idx)
}

/** What stands at index 0. */
export function BIO_set_app_data(bio: BIO, data: unknown): 0 | 1 {
  return BIO_set_ex_data(bio, 0, data)
}

export function BIO_get_app_data(bio: BIO): unknown {
  return BIO_get_ex_data(bio, 0)
}

/** What hangs on one BIO. */
export class ExData {
  readonly #bio: BIO
  readonly #at = new Map<BIO_EX_INDEX, unknown>()

  constructor(bio: BIO) {
    this.#bio = bio
  }

  at(idx: BIO_EX_INDEX): unknown {
    if (!this.#at.has(idx) && idx instanceof BIO_EX_PLACE && idx.onNew) {
      this.#at.set(idx, null)
      idx.onNew(this.#bio, null, idx, idx.argl, idx.argp)
    }
    return this.#at.get(idx) ?? null
  }

  set(idx: BIO_EX_INDEX, data: unknown): 0 | 1 {
    if (!(idx instanceof BIO_EX_PLACE) && !(Number.isSafeInteger(idx) && idx >= 0)) return 0
    this.#at.set(idx, data)
    return 1
  }

  /** Copies all to another BIO; false where a dup_func does not want it. */
  copy(to: BIO): boolean {
    for (const [idx, data] of this.#at) {
      const answer: [number, unknown] =
        idx instanceof BIO_EX_PLACE && idx.onDup
          ? idx.onDup(to, this.#bio, data, idx, idx.argl, idx.argp)
          : [1, data]
      if (answer[0] <= 0) return false
      to.exData.set(idx, answer[1])
    }
    return true
  }

  free(): void {
    for (const [idx, data] of this.#at)
      if (idx instanceof BIO_EX_PLACE && idx.onFree)
        idx.onFree(this.#bio, data, idx, idx.argl, idx.argp)
    this.#at.clear()
  }
}
