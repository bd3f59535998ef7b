/** Errors that are our user's: a TypeError with a stable code. */

export type WebMisuseCode =
  | 'ERR_CARRIER_LOCKED'
  | 'ERR_CARRIER_NOT_OPEN'
  | 'ERR_INVALID_ARG_TYPE'
  | 'ERR_INVALID_ARG_VALUE'

export function misuse(
  code: WebMisuseCode,
  message: string,
): TypeError & { readonly code: WebMisuseCode } {
  return Object.assign(new TypeError(message), { code })
}

/** What something is, in a word or two, for a message. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value !== 'object') return `a ${typeof value}`
  const { name } = value.constructor ?? {}
  return typeof name === 'string' && name !== '' && name !== 'Object'
    ? `${/^[AEIO]/.test(name) ? 'an' : 'a'} ${name}`
    : `an object with ${Object.keys(value).slice(0, 8).join(', ') || 'nothing'}`
}
