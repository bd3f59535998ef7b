/** Values that break one bound each, from the shape alone. */
import { looseEncode } from '@biopair/testkit'
import { leastLength, prefixWidth, type Shape } from '@biopair/wire'

export { looseEncode }

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
