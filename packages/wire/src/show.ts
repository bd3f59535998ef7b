/** A value as readable lines, derived from its codec's shape. */
import type { Codec } from './codec.ts'
import type { Field, Shape } from './shape.ts'

/** What a trace knows beyond the shapes. */
export interface ShowOptions {
  /** Names for numbers, by the RFC's name of their type: `{ CipherSuite: id => 'TLS_...' }`. */
  readonly names?: Readonly<Record<string, (id: number) => string | undefined>>
  /** What a value of a named type holds inside (an Extension's data): shown in place of the value. */
  readonly open?: (type: string, value: unknown) => Opened | undefined
}

/** Something found inside a value. */
export interface Opened {
  readonly title: string
  readonly codec: Codec<unknown>
  readonly value: unknown
}

const longestBytes = 32
const longestLine = 96

/**
 * The lines that show a value: a field a line, two spaces for each level, lists of structs with dashes.
 * Bytes are hex, beyond 32 of them cut with the length, and quoted beside it where all of them are printable ASCII;
 * numbers are decimal, and of a named type hex with their name.
 */
export function show<T>(codec: Codec<T>, value: T, options: ShowOptions = {}): string[] {
  const text = leaf(codec.shape, value, options)
  return text === undefined ? lines(codec.shape, value, options) : [text]
}

/** Bytes as hex: beyond 32 of them the first 32 and how many there are. */
export function showBytes(bytes: Uint8Array): string {
  if (bytes.length === 0) return '(empty)'
  const hex = Array.from(bytes.subarray(0, longestBytes), byte =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
  if (bytes.length > longestBytes) return `${hex}... (${bytes.length} bytes)`
  const printable = bytes.every(byte => byte >= 0x20 && byte < 0x7f)
  return printable ? `${hex} "${String.fromCharCode(...bytes)}"` : hex
}

/** The text of what fits one line whatever it holds; undefined for structs and lists. */
function leaf(shape: Shape, value: unknown, options: ShowOptions): string | undefined {
  switch (shape.kind) {
    case 'uint':
    case 'enumerated':
      return typeof value === 'string'
        ? value
        : number(shape.type, shape.width, value as number, options)
    case 'fixed':
    case 'opaque':
    case 'rest':
      return showBytes(value as Uint8Array)
    case 'vector':
      return (value as readonly unknown[]).length === 0 ? '(none)' : undefined
    case 'struct':
      return shape.fields.length === 0 ? '(empty)' : undefined
    case 'variant':
      return undefined
    case 'optionalTail':
      return value === undefined ? '(absent)' : leaf(shape.of, value, options)
  }
}

function number(type: string | undefined, width: number, id: number, options: ShowOptions): string {
  if (type === undefined) return `${id}`
  const hex = `0x${id.toString(16).padStart(2 * width, '0')}`
  const name = options.names?.[type]?.(id)
  return name === undefined ? hex : `${name} (${hex})`
}

function lines(shape: Shape, value: unknown, options: ShowOptions): string[] {
  const opened = shape.type === undefined ? undefined : options.open?.(shape.type, value)
  if (opened !== undefined) return titled(opened.title, opened.codec.shape, opened.value, options)
  const fields = value as Readonly<Record<string, unknown>>
  switch (shape.kind) {
    case 'struct':
      return shape.fields.flatMap(field =>
        titled(field.name, field.shape, fields[field.name], options),
      )
    case 'variant':
      return variantFields(shape, fields).flatMap(field =>
        titled(field.name, field.shape, fields[field.name], options),
      )
    case 'vector':
      return list(shape.of, value as readonly unknown[], options)
    case 'optionalTail':
      return lines(shape.of, value, options)
    default:
      return []
  }
}

function variantFields(
  shape: Shape & { readonly kind: 'variant' },
  value: Readonly<Record<string, unknown>>,
): Field[] {
  const selected = value[shape.selector.name]
  const body = (typeof selected === 'string' ? shape.cases[selected] : undefined) ?? shape.otherwise
  return [shape.selector, { name: shape.body, shape: body }]
}

function titled(title: string, shape: Shape, value: unknown, options: ShowOptions): string[] {
  const text = leaf(shape, value, options)
  if (text !== undefined) return [`${title}: ${text}`]
  const inner = lines(shape, value, options)
  const only = inner.length === 1 ? inner[0] : undefined
  const leaves =
    shape.kind === 'vector' && leaf(shape.of, (value as readonly unknown[])[0], options)
  if (leaves && only !== undefined) return [`${title}: ${only}`]
  return [`${title}:`, ...inner.map(line => `  ${line}`)]
}

/** Leaves stand side by side where they fit a line. Each struct starts with a dash. */
function list(of: Shape, values: readonly unknown[], options: ShowOptions): string[] {
  const texts = values.map(value => leaf(of, value, options))
  if (texts.every(text => text !== undefined)) {
    const line = texts.join(', ')
    return line.length <= longestLine ? [line] : texts
  }
  return values.flatMap(value => {
    const [first = '', ...others] = lines(of, value, options)
    return [`- ${first}`, ...others.map(line => `  ${line}`)]
  })
}
