/** Values of any codec, generated from its shape. */
import { type Codec, leastLength, type Shape } from '@biopair/wire'
import fc from 'fast-check'
import { looseEncode } from './loose.ts'

/** Values that the codec can write and read: every bound of the shape holds. Kept small, with edges now and then. */
export function arbitraryOf<T>(codec: Codec<T>): fc.Arbitrary<T> {
  return ofShape(codec.shape) as fc.Arbitrary<T>
}

function ofShape(shape: Shape): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case 'uint':
      return numbers(shape.width)
    case 'enumerated': {
      const names = fc.constantFrom(...Object.keys(shape.names))
      if (!shape.keeps) return names
      const known = new Set(Object.values(shape.names))
      return fc.oneof(
        names,
        numbers(shape.width).filter(number => !known.has(number)),
      )
    }
    case 'fixed':
      return bytes(shape.length, shape.length)
    case 'opaque': {
      const few = bytes(shape.min, Math.min(shape.max, shape.min + 40))
      return shape.max > 255
        ? few
        : fc.oneof(
            { weight: 9, arbitrary: few },
            { weight: 1, arbitrary: bytes(shape.max, shape.max) },
          )
    }
    case 'vector': {
      const fewest = Math.ceil(shape.min / leastLength(shape.of))
      return fc
        .array(ofShape(shape.of), { minLength: fewest, maxLength: fewest + 5 })
        .map(values => cut(values, shape.of, shape.max))
        .filter(values => lengthOf(values, shape.of) >= shape.min)
    }
    case 'struct':
      return fc.record(
        Object.fromEntries(shape.fields.map(field => [field.name, ofShape(field.shape)])),
        { noNullPrototype: true },
      )
    case 'variant': {
      const { selector, body, cases, otherwise } = shape
      const known = Object.entries(cases).map(([name, of]) =>
        both(selector.name, fc.constant(name), body, of),
      )
      const unknown = ofShape(selector.shape).filter(value => typeof value === 'number')
      return fc.oneof(...known, both(selector.name, unknown, body, otherwise))
    }
    case 'rest':
      return bytes(0, 40)
    case 'optionalTail':
      return fc.option(ofShape(shape.of), { nil: undefined, freq: 5 })
  }
}

function both(
  selector: string,
  selected: fc.Arbitrary<unknown>,
  body: string,
  of: Shape,
): fc.Arbitrary<unknown> {
  return fc.record({ [selector]: selected, [body]: ofShape(of) }, { noNullPrototype: true })
}

function numbers(width: number): fc.Arbitrary<number> {
  return fc.integer({ min: 0, max: 2 ** (8 * width) - 1 })
}

function bytes(minLength: number, maxLength: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength, maxLength, size: 'max' })
}

function cut(values: readonly unknown[], of: Shape, max: number): readonly unknown[] {
  let kept = values
  while (lengthOf(kept, of) > max) kept = kept.slice(0, -1)
  return kept
}

function lengthOf(values: readonly unknown[], of: Shape): number {
  return values.reduce((sum: number, value) => sum + looseEncode(of, value).length, 0)
}
