/** What each option of a context may be: a mistake is told where it is made, by name. */
import { misuse } from './misuse.ts'

/** Types that options have, and how one is told from the others. */
const kinds = {
  boolean: value => typeof value === 'boolean',
  'boolean or string': value => typeof value === 'boolean' || text(value),
  function: value => typeof value === 'function',
  object: value => typeof value === 'object' && value !== null,
  Uint8Array: value => value instanceof Uint8Array,
  'Uint8Array or function': value => value instanceof Uint8Array || typeof value === 'function',
  'Uint8Array or a list of them': value =>
    value instanceof Uint8Array ||
    (Array.isArray(value) && value.every(item => item instanceof Uint8Array)),
  'Uint8Array or a list of them, undefined for none': value =>
    value instanceof Uint8Array ||
    (Array.isArray(value) && value.every(item => item === undefined || item instanceof Uint8Array)),
  'list of objects': value =>
    Array.isArray(value) && value.every(item => typeof item === 'object' && item !== null),
  'whole number': value => Number.isSafeInteger(value) && (value as number) >= 0,
  'whole number or function': value =>
    typeof value === 'function' || (Number.isSafeInteger(value) && (value as number) >= 0),
  'boolean or list of strings': value =>
    typeof value === 'boolean' || (Array.isArray(value) && value.every(text)),
  string: text,
  'list of strings': value => Array.isArray(value) && value.every(text),
  'list of byte arrays': value =>
    Array.isArray(value) && value.every(item => item instanceof Uint8Array),
  'list of byte arrays or of lists of them': value =>
    Array.isArray(value) && value.every(item => typeof item === 'object' && item !== null),
  'string or list of strings': value => text(value) || (Array.isArray(value) && value.every(text)),
  'list of strings or byte arrays': value =>
    Array.isArray(value) && value.every(item => text(item) || item instanceof Uint8Array),
  'text or bytes': value => text(value) || bytesLike(value),
  'text, bytes, an object or a list of them': value =>
    Array.isArray(value) ? value.every(given) : given(value),
} as const satisfies Record<string, (value: unknown) => boolean>

export type OptionType = keyof typeof kinds

/** TypeError for a name that is none (`ERR_UNKNOWN_OPTION`) or a value of another type (`ERR_INVALID_ARG_TYPE`). An undefined option is absent. */
export function checkOptions(
  options: object,
  types: Readonly<Record<string, OptionType>>,
  within = '',
): void {
  if (!kinds.object(options))
    throw misuse('ERR_INVALID_ARG_TYPE', `options: expected an object, got ${shown(options)}`)
  for (const [name, value] of Object.entries(options)) {
    const type = Object.hasOwn(types, name) ? types[name] : undefined
    if (type === undefined)
      throw misuse(
        'ERR_UNKNOWN_OPTION',
        `there is no option ${within}${name}${instead(name, types)}`,
      )
    // A key may have been given by mistake: no value is shown, but for numbers where some would do.
    if (value !== undefined && !kinds[type](value))
      throw misuse(
        'ERR_INVALID_ARG_TYPE',
        `${within}${name}: expected ${type}, got ${type.startsWith('whole number') && typeof value === 'number' ? value : shown(value)}`,
      )
  }
}

/** Where to go from a name that is none. */
function instead(name: string, types: object): string {
  if (Object.hasOwn(elsewhere, name)) return `: ${elsewhere[name]}`
  const small = name.toLowerCase()
  const meant = Object.keys(types).find(each => each.toLowerCase() === small)
  return meant === undefined ? '' : `: ${meant} is one`
}

function text(value: unknown): boolean {
  return typeof value === 'string'
}

function bytesLike(value: unknown): boolean {
  return (
    ArrayBuffer.isView(value) || Object.prototype.toString.call(value) === '[object ArrayBuffer]'
  )
}

/** What may be a key or a certificate: whoever reads it says what it is. */
function given(value: unknown): boolean {
  return text(value) || (typeof value === 'object' && value !== null)
}

/** Names of node:tls that are none of ours, and where to go instead. */
const elsewhere: Readonly<Record<string, string>> = {
  pfx: 'await loadPfx(pfx, passphrase) of biopair/pki, which gives cert, key and ca',
}

function shown(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'another list' : typeof value
}
