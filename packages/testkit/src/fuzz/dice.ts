/** `Dice`: the choices of a fuzzer, all of one seed. */
import type { Bytes } from '@biopair/crypto'

/** A fast generator of 32 bits (sfc32): for choices, never for secrets. One seed gives one run on every runtime. */
export class Dice {
  #a: number
  #b: number
  #c: number
  #counter = 1

  constructor(seed: number) {
    this.#a = seed | 0
    this.#b = (seed / 2 ** 32) | 0
    this.#c = 0x9e3779b9
    for (let i = 0; i < 12; i++) this.word()
  }

  /** A whole number from 0 to 2^32 - 1. */
  word(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }

  /** A whole number from 0 to `count` - 1; 0 where there is no choice. */
  below(count: number): number {
    return count < 2 ? 0 : Math.floor((this.word() / 2 ** 32) * count)
  }

  /** True once in so many times. */
  once(times: number): boolean {
    return this.below(times) === 0
  }

  /** One of a list; undefined of an empty one. */
  of<T>(list: readonly T[]): T | undefined {
    return list[this.below(list.length)]
  }

  bytes(length: number): Bytes {
    const bytes = new Uint8Array(length)
    for (let i = 0; i < length; i++) bytes[i] = this.word()
    return bytes
  }
}
