/** Values of options, read: names, numbers and lists, each mistake told with its option. */
import { type CertificateTypeName, fragmentLengths } from '@biopair/handshake'
import type { Bytes } from '@biopair/wire'
import { misuse } from './misuse.ts'

/** Names that people use for a group, beside RFC 9846's. */
const groupAliases: Readonly<Record<string, string>> = {
  X25519: 'x25519',
  X448: 'x448',
  'P-256': 'secp256r1',
  prime256v1: 'secp256r1',
  'P-384': 'secp384r1',
  'P-521': 'secp521r1',
}

/** RFC 7250 has one type at least; X.509 unless said otherwise. */
export function certTypes(
  option: string,
  given: readonly CertificateTypeName[] = ['x509'],
): readonly CertificateTypeName[] {
  for (const type of given) oneOf(option, type, ['x509', 'rpk'])
  if (given.length > 0) return [...new Set(given)]
  throw misuse('ERR_INVALID_ARG_VALUE', `${option}: expected at least one type, got none`)
}

/** TypeError for a value that is none of these names. */
export function oneOf(option: string, value: string | undefined, names: readonly string[]): void {
  if (value === undefined || names.includes(value)) return
  throw misuse(
    'ERR_INVALID_ARG_VALUE',
    `${option}: expected one of ${names.join(', ')}, got ${value}`,
  )
}

/** TypeError for a value outside these bounds. */
export function wholeNumber(
  option: string,
  value: number | undefined,
  least: number,
  most: number,
): void {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return
  throw misuse(
    'ERR_INVALID_ARG_VALUE',
    `${option}: expected a whole number from ${least} to ${most}, got ${value}`,
  )
}

/** TypeError for a length that max_fragment_length has no number for (RFC 6066 §4). */
export function checkFragmentLength(value: number | undefined): void {
  if (value === undefined || fragmentLengths.some(length => length === value)) return
  throw misuse(
    'ERR_INVALID_ARG_VALUE',
    `maxFragmentLength: expected one of ${fragmentLengths.join(', ')}, got ${value}`,
  )
}

/** The rows of a list of names, `A:B` or an array; at least one. */
export function list<T>(
  option: string,
  given: string | readonly string[] | undefined,
  standard: readonly string[],
  rows: Readonly<Record<string, T>>,
): readonly T[] {
  const chosen = named(option, given ?? standard, rows)
  if (chosen.length > 0) return chosen
  throw misuse('ERR_INVALID_ARG_VALUE', `${option}: expected at least one name, got none`)
}

/** As `list`, of which there may be none. */
export function named<T>(
  option: string,
  given: string | readonly string[],
  rows: Readonly<Record<string, T>>,
): readonly T[] {
  const names = typeof given === 'string' ? given.split(':').filter(name => name !== '') : given
  const chosen = names.map(name => {
    const row = rows[groupAliases[name] ?? name]
    if (row && Object.hasOwn(rows, groupAliases[name] ?? name)) return row
    throw misuse(
      'ERR_INVALID_ARG_VALUE',
      `${option}: expected one of ${Object.keys(rows).join(', ')}, got ${name}`,
    )
  })
  return [...new Set(chosen)]
}

/** RFC 7301 §3.1: 1 to 255 bytes. */
export function protocol(name: string): Bytes {
  if (name.length === 0 || name.length > 255 || /[^\0-\xff]/.test(name))
    throw misuse(
      'ERR_INVALID_ARG_VALUE',
      `ALPNProtocols: expected names of 1 to 255 bytes, got ${JSON.stringify(name)}`,
    )
  return Uint8Array.from(name, character => character.charCodeAt(0))
}

/** One key or several, each of `length` bytes; at least one. */
export function keysOf(
  option: string,
  given: Uint8Array | readonly Uint8Array[],
  length: number,
): readonly Uint8Array[] {
  const keys = given instanceof Uint8Array ? [given] : given
  const wrong = keys.find(key => key.length !== length)
  if (!wrong && keys.length > 0) return keys
  throw misuse(
    'ERR_INVALID_ARG_VALUE',
    `${option}: expected ${length} bytes each, got ${wrong ? wrong.length : 'none'}`,
  )
}

/** One, several or none. */
export function many<T>(given: T | readonly T[] | undefined): readonly T[] {
  if (given === undefined) return []
  return Array.isArray(given) ? (given as readonly T[]) : [given as T]
}
