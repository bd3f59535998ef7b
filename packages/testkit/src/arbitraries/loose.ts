/** A second writer, from the shape alone and without a single check: the oracle for the codecs, and what breaks bounds. */
import { leastLength, prefixWidth, type Shape } from '@biopair/wire'

/** The bytes of a value. A vector may be given as raw bytes, of any length that its prefix can say. */
export function looseEncode(shape: Shape, value: unknown): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(bytesOf(shape, value))
}

function bytesOf(shape: Shape, value: unknown): number[] {
  const fields = value as Record<string, unknown>
  switch (shape.kind) {
    case 'uint':
      return bigEndian(value as number, shape.width)
    case 'enumerated': {
      const number = typeof value === 'string' ? shape.names[value] : value
      return bigEndian(number as number, shape.width)
    }
    case 'fixed':
    case 'rest':
      return [...(value as Uint8Array)]
    case 'opaque':
      return prefixed(shape.max, [...(value as Uint8Array)])
    case 'vector': {
      if (value instanceof Uint8Array) return prefixed(shape.max, [...value])
      return prefixed(
        shape.max,
        (value as unknown[]).flatMap(element => bytesOf(shape.of, element)),
      )
    }
    case 'struct':
      return shape.fields.flatMap(field => bytesOf(field.shape, fields[field.name]))
    case 'variant': {
      const selected = fields[shape.selector.name]
      const body =
        (typeof selected === 'string' ? shape.cases[selected] : undefined) ?? shape.otherwise
      return [...bytesOf(shape.selector.shape, selected), ...bytesOf(body, fields[shape.body])]
    }
    case 'optionalTail':
      return value === undefined ? [] : bytesOf(shape.of, value)
  }
}

function bigEndian(value: number, width: number): number[] {
  return Array.from({ length: width }, (_, i) => Math.floor(value / 256 ** (width - 1 - i)) % 256)
}

function prefixed(max: number, content: number[]): number[] {
  return [...bigEndian(content.length, prefixWidth(max)), ...content]
}

/** The smallest value of a shape; of a tail that may be absent, the smallest that is there. */
export function sampleOf(shape: Shape): unknown {
  switch (shape.kind) {
    case 'uint':
      return 0
    case 'enumerated':
      return Object.keys(shape.names)[0]
    case 'fixed':
      return new Uint8Array(shape.length)
    case 'opaque':
      return new Uint8Array(shape.min)
    case 'vector':
      return samplesOf(shape.of, Math.ceil(shape.min / leastLength(shape.of)))
    case 'struct':
      return Object.fromEntries(shape.fields.map(field => [field.name, sampleOf(field.shape)]))
    case 'variant': {
      const [[name, of] = ['', shape.otherwise]] = Object.entries(shape.cases)
      return { [shape.selector.name]: name, [shape.body]: sampleOf(of) }
    }
    case 'rest':
      return new Uint8Array()
    case 'optionalTail':
      return sampleOf(shape.of)
  }
}

function samplesOf(shape: Shape, count: number): unknown[] {
  return Array.from({ length: count }, () => sampleOf(shape))
}

/** A value that breaks one bound, and where. Only readers can be given raw bytes for a list, only writers too many elements. */
export interface Broken {
  readonly where: string
  readonly value: unknown
  readonly reads: boolean
  readonly writes: boolean
}

/** Values of a shape with one length just out of its bounds, or a list that ends within an element. */
export function brokenOf(shape: Shape, where = ''): Broken[] {
  switch (shape.kind) {
    case 'opaque':
      return outside(shape, where).map(broken => ({ ...broken, reads: true, writes: true }))
    case 'vector': {
      const fewest = samplesOf(shape.of, Math.ceil(shape.min / leastLength(shape.of)))
      const inner = brokenOf(shape.of, `${where}[0]`).map(broken => ({
        ...broken,
        value: [...fewest, broken.value],
      }))
      const raw = [...outside(shape, where), ...ragged(shape, where)]
      return [
        ...raw.map(broken => ({ ...broken, reads: true, writes: false })),
        ...miscounted(shape, where).map(broken => ({ ...broken, reads: false, writes: true })),
        ...inner,
      ]
    }
    case 'struct': {
      const sample = sampleOf(shape) as Record<string, unknown>
      return shape.fields.flatMap(field =>
        brokenOf(field.shape, `${where}.${field.name}`).map(broken => ({
          ...broken,
          value: { ...sample, [field.name]: broken.value },
        })),
      )
    }
    case 'variant':
      return Object.entries(shape.cases).flatMap(([name, of]) =>
        brokenOf(of, `${where}.${shape.body}(${name})`).map(broken => ({
          ...broken,
          value: { [shape.selector.name]: name, [shape.body]: broken.value },
        })),
      )
    case 'optionalTail':
      return brokenOf(shape.of, where)
    default:
      return []
  }
}

type Place = Pick<Broken, 'where' | 'value'>
type Vector = Shape & { readonly kind: 'vector' }

/** Content one byte too short or too long, where the length field can say so. */
function outside(
  { min, max }: { readonly min: number; readonly max: number },
  where: string,
): Place[] {
  const most = 256 ** prefixWidth(max) - 1
  return [
    ...(min > 0 ? [{ where: `${where} below ${min}`, value: new Uint8Array(min - 1) }] : []),
    ...(max < most ? [{ where: `${where} above ${max}`, value: new Uint8Array(max + 1) }] : []),
  ]
}

/** Content that ends a byte before its last element does. */
function ragged(shape: Vector, where: string): Place[] {
  if (leastLength(shape.of) < 2) return []
  const count = Math.ceil(shape.min / leastLength(shape.of)) + 1
  const whole = samplesOf(shape.of, count).flatMap(value => [...looseEncode(shape.of, value)])
  return [{ where: `${where} ends early`, value: Uint8Array.from(whole.slice(0, -1)) }]
}

/** An element too few, or more than the ceiling has room for. */
function miscounted(shape: Vector, where: string): Place[] {
  const least = leastLength(shape.of)
  const few = Math.ceil(shape.min / least) - 1
  const many = Math.floor(shape.max / least) + 1
  return [
    ...(few >= 0 ? [{ where: `${where} has ${few}`, value: samplesOf(shape.of, few) }] : []),
    ...(many < 2 ** 16
      ? [{ where: `${where} has ${many}`, value: samplesOf(shape.of, many) }]
      : []),
  ]
}
