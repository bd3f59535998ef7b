/** A shape in the RFC's presentation language, so that a test can compare it with the RFC's text. */
import type { Shape } from '@biopair/wire'

/** The declaration of a field: `opaque cookie<1..2^16-1>`; the fields of a struct, for a struct. */
export function declare(shape: Shape, name = ''): string {
  switch (shape.kind) {
    case 'fixed':
      return `opaque ${name}[${shape.length}]`
    case 'opaque':
      return `opaque ${name}<${shape.min}..${bound(shape.max)}>`
    case 'vector':
      return `${element(shape.of)} ${name}<${shape.min}..${bound(shape.max)}>`
    case 'rest':
      return `opaque ${name}[rest]`
    case 'optionalTail':
      return `[[${declare(shape.of, name)}]]`
    case 'struct':
      return name === '' ? fieldsOf(shape) : `${element(shape)} ${name}`
    default:
      return `${element(shape)} ${name}`.trim()
  }
}

function element(shape: Shape): string {
  if (shape.type !== undefined) return shape.type
  switch (shape.kind) {
    case 'uint':
      return `uint${8 * shape.width}`
    case 'enumerated': {
      const names = Object.entries(shape.names).map(([name, number]) => `${name}(${number})`)
      return `enum { ${names.join(', ')}, (${bound(256 ** shape.width - 1)}) }`
    }
    case 'struct':
      return `{ ${fieldsOf(shape)} }`
    case 'variant': {
      const { selector, cases, body, otherwise } = shape
      const arms = Object.entries(cases).map(([name, of]) => `case ${name}: ${declare(of, body)}`)
      return `{ ${declare(selector.shape, selector.name)}; ${[...arms, `default: ${declare(otherwise, body)}`].join('; ')} }`
    }
    default:
      return declare(shape)
  }
}

function fieldsOf(shape: Shape & { readonly kind: 'struct' }): string {
  return shape.fields.map(field => declare(field.shape, field.name)).join('; ')
}

function bound(max: number): string {
  for (const bits of [8, 16, 24, 32])
    for (const below of [1, 2])
      if (max === 2 ** bits - below && max > 255) return `2^${bits}-${below}`
  return `${max}`
}
