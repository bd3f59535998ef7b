/** What a codec describes, as plain data: reader, writer, trace and test generator all follow from it. */

/** The width of a number, in bytes. */
export type Width = 1 | 2 | 3 | 4

/** Names of an enumerated and their numbers (RFC 9846 §3.5). */
export type Names = Readonly<Record<string, number>>

/**
 * One type of the RFC's presentation language (RFC 9846 section 3). All lengths are bytes.
 * `type` is the RFC's name for the type where it has one that a reader wants to see: `CipherSuite`, `Extension`.
 */
export type Shape = { readonly type?: string } & (
  | { readonly kind: 'uint'; readonly width: Width }
  /** A value is a name; an unknown number stays a number where `keeps` says so. */
  | {
      readonly kind: 'enumerated'
      readonly width: Width
      readonly names: Names
      readonly keeps: boolean
    }
  | { readonly kind: 'fixed'; readonly length: number }
  | { readonly kind: 'opaque'; readonly min: number; readonly max: number }
  | {
      readonly kind: 'vector'
      readonly of: Shape
      readonly min: number
      readonly max: number
    }
  | { readonly kind: 'struct'; readonly fields: readonly Field[] }
  /** Two fields: the selector, and what it selects. `otherwise` is for numbers without a name. */
  | {
      readonly kind: 'variant'
      readonly selector: Field
      readonly body: string
      readonly cases: Readonly<Record<string, Shape>>
      readonly otherwise: Shape
    }
  /** All bytes that are left. */
  | { readonly kind: 'rest' }
  /** Absent where no byte is left. */
  | { readonly kind: 'optionalTail'; readonly of: Shape }
)

/** A field of a struct. */
export interface Field {
  readonly name: string
  readonly shape: Shape
}

/** How many bytes the length of a vector takes, from its ceiling (RFC 9846 §3.4). */
export function prefixWidth(max: number): Width {
  if (max < 0x100) return 1
  if (max < 0x10000) return 2
  if (max < 0x1000000) return 3
  return 4
}

/** The fewest bytes that a value of the shape takes. */
export function leastLength(shape: Shape): number {
  switch (shape.kind) {
    case 'uint':
    case 'enumerated':
      return shape.width
    case 'fixed':
      return shape.length
    case 'opaque':
    case 'vector':
      return prefixWidth(shape.max) + shape.min
    case 'struct':
      return shape.fields.reduce((sum, field) => sum + leastLength(field.shape), 0)
    case 'variant':
      return (
        leastLength(shape.selector.shape) +
        Math.min(...[...Object.values(shape.cases), shape.otherwise].map(leastLength))
      )
    case 'rest':
    case 'optionalTail':
      return 0
  }
}

/** Whether the bytes that follow decide where a value ends: such a shape can only stand last. */
export function openEnded(shape: Shape): boolean {
  switch (shape.kind) {
    case 'rest':
    case 'optionalTail':
      return true
    case 'struct':
      return shape.fields.some(field => openEnded(field.shape))
    case 'variant':
      return [...Object.values(shape.cases), shape.otherwise].some(openEnded)
    default:
      return false
  }
}
