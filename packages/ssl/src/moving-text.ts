/** Text, truth, and what may be absent, in the bytes of a connection that moves. */
import { type Codec, uint16, vector } from '@biopair/wire'

/** Nothing or one: a list, so that an empty value differs from none. `most` is the bytes of one. */
export function maybe<T>(codec: Codec<T>, most: number): Codec<readonly T[]> {
  return vector(codec, 0, most)
}

/** Text in UTF-16 units, as JavaScript has it. */
export const words: Codec<readonly number[]> = vector(uint16, 0, 2 ** 16 - 2)
/** Throws unless it is so; whoever reads an export turns that into one refusal. */
export function check(right: boolean): asserts right {
  if (!right) throw new RangeError('no export that we have written says this')
}

export function units(characters: string): readonly number[] {
  return Array.from({ length: characters.length }, (_, i) => characters.charCodeAt(i))
}

export function text(characters: readonly number[]): string {
  return characters.map(unit => String.fromCharCode(unit)).join('')
}

export function number(truth: boolean): number {
  return truth ? 1 : 0
}

export function truth(number: number): boolean {
  check(number <= 1)
  return number === 1
}

export function some<T>(value: T | undefined): readonly T[] {
  return value === undefined ? [] : [value]
}

export function only<T>(values: readonly T[]): T | undefined {
  check(values.length <= 1)
  return values[0]
}
