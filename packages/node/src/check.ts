/** Checks of arguments: a wrong one throws, saying what was expected and what came, with a code of package bio. */
import type { BioErrorCode, BioReason } from '@biopair/bio'

/** An error that says the caller is wrong; `kind` is `TypeError` or `RangeError`. */
export function misuse(
  kind: TypeErrorConstructor | RangeErrorConstructor,
  message: string,
  reason: BioReason = 'INVALID_ARGUMENT',
): Error & { readonly code: BioErrorCode } {
  const code: BioErrorCode = `ERR_BIO_${reason}`
  return Object.assign(new kind(message), { code })
}

/** Throws unless `value` is an integer from `least` to `most`. */
export function checkCount(
  what: string,
  value: unknown,
  least: number,
  most: number = Number.MAX_SAFE_INTEGER,
): void {
  if (typeof value !== 'number')
    throw misuse(TypeError, `${what}: expected a number, got ${shown(value)}`)
  if (Number.isSafeInteger(value) && value >= least && value <= most) return
  const upTo = most === Number.MAX_SAFE_INTEGER ? 'up' : `to ${most}`
  throw misuse(RangeError, `${what}: expected an integer from ${least} ${upTo}, got ${value}`)
}

/** Throws unless `value` is a Uint8Array (a Buffer is one), of any realm. */
export function checkBytes(what: string, value: Uint8Array): void {
  if (value instanceof Uint8Array) return
  if (Object.prototype.toString.call(value) === '[object Uint8Array]') return
  throw misuse(TypeError, `${what}: expected a Uint8Array, got ${shown(value)}`)
}

/** Throws unless `value` is one of these words. */
export function checkWord(what: string, value: unknown, words: readonly string[]): void {
  if (typeof value === 'string' && words.includes(value)) return
  const expected = words.map(word => `'${word}'`).join(', ')
  throw misuse(TypeError, `${what}: expected one of ${expected}, got ${shown(value)}`)
}

/** Throws unless `value` is a string or left out. */
export function checkText(what: string, value: unknown): void {
  if (value === undefined || typeof value === 'string') return
  throw misuse(TypeError, `${what}: expected a string, got ${shown(value)}`)
}

function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`
  if (typeof value !== 'object' || value === null) return `${String(value)} (${typeof value})`
  return Object.prototype.toString.call(value).slice('[object '.length, -1)
}
