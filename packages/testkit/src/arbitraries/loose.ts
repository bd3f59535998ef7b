/** A second writer, from the shape alone and without a single check: an oracle for the codecs, and what writes what they refuse. */
import { prefixWidth, type Shape } from '@biopair/wire'

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
