/** What a fuzz target is. */
import type { Bytes } from '@biopair/crypto'
import type { Dice } from '../seeds/dice.ts'

/**
 * Takes any bytes and throws for a broken law alone. What it answers tells how the run went, for a loop that keeps inputs whose answer is
 * new; other fuzzers ignore it.
 */
export type FuzzTarget = (data: Uint8Array) => string

/** Makes another input of one; parts of others may be spliced in. */
export type Mutator = (data: Uint8Array, dice: Dice, corpus: readonly Uint8Array[]) => Bytes

/** A target with what a loop needs beside it. */
export interface FuzzSubject {
  readonly name: string
  readonly target: FuzzTarget
  readonly mutator: Mutator
  /** Inputs to begin with: always the same ones. */
  readonly corpus: () => readonly Bytes[]
  /** How a program names the subject, of a target of your own: without it, as what `subject.js` exports by its name. */
  readonly source?: { readonly imports: string; readonly expression: string }
}
