/** Checks of arguments: a wrong one throws, saying what was expected and what came. */
import { misuse } from './bio-error.ts'

/** Throws unless `value` is an integer from `least` to `most`. */
export function checkCount(
  what: string,
  value: number,
  least: number,
  most: number = Number.MAX_SAFE_INTEGER,
): void {
  if (typeof value !== 'number') {
    throw misuse(TypeError, `${what}: expected a number, got ${shown(value)}`)
  }
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

/** Throws unless `value` is a direction that `ready` knows. */
export function checkDirection(value: 'read' | 'write'): void {
  if (value === 'read' || value === 'write') return
  throw misuse(TypeError, `ready: expected 'read' or 'write', got ${shown(value)}`)
}

function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`
  if (typeof value !== 'object' || value === null) return `${String(value)} (${typeof value})`
  return Object.prototype.toString.call(value).slice('[object '.length, -1)
}
