/** The presentation language of RFC 9846 section 3 as values: one description gives type, reader, writer and shape. */
import { type AlertName, TlsAlert } from './alert.ts'
import type { Bytes } from './bytes.ts'
import { Reader } from './reader.ts'
import { leastLength, type Names, openEnded, prefixWidth, type Shape, type Width } from './shape.ts'
import { outOfRange, Writer } from './writer.ts'

/** A type that can be read and written. What `read` returns is already right: bounds hold, lengths agree. */
export interface Codec<T> {
  readonly shape: Shape
  /** @throws TlsAlert `decode_error`, or the alert of an `enumerated` that refuses unknown numbers */
  read(from: Reader): T
  /** @throws RangeError (`ERR_OUT_OF_RANGE`) or TypeError where the value cannot be written */
  write(to: Writer, value: T): void
}

/** The values of a codec. */
export type Decoded<C> = C extends Codec<infer T> ? T : never

/** The bytes of a value. */
export function encode<T>(codec: Codec<T>, value: T): Bytes {
  const to = new Writer()
  codec.write(to, value)
  return to.finish()
}

/** The value of bytes that hold it and nothing more. Byte strings in it are copies. */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array): T {
  const from = new Reader(bytes)
  const value = codec.read(from)
  from.finish()
  return value
}

// Numbers (§3.3)

function uint(width: Width): Codec<number> {
  return {
    shape: { kind: 'uint', width },
    read: from => from.uint(width),
    write: (to, value) => to.uint(width, value),
  }
}

export const uint8: Codec<number> = uint(1)
export const uint16: Codec<number> = uint(2)
export const uint24: Codec<number> = uint(3)
export const uint32: Codec<number> = uint(4)

/** The same codec under the RFC's name for the type (§3.2), by which traces find names for its numbers. */
export function named<T>(type: string, codec: Codec<T>): Codec<T> {
  return { ...codec, shape: { ...codec.shape, type } }
}

// Enumerateds (§3.5)

/** What to do with numbers that have no name: keep them, or refuse them with this alert. */
export type Unknown =
  | { readonly unknown: 'keep' }
  | { readonly unknown: AlertName; readonly reason: string; readonly section: string }

/** Numbers with names: values are the names; unknown numbers stay numbers, or are refused. */
export function enumerated<const N extends Names>(
  base: Codec<number>,
  names: N,
  unknown: { readonly unknown: 'keep' },
): Codec<(keyof N & string) | number>
export function enumerated<const N extends Names>(
  base: Codec<number>,
  names: N,
  unknown: Exclude<Unknown, { readonly unknown: 'keep' }>,
): Codec<keyof N & string>
export function enumerated(
  base: Codec<number>,
  names: Names,
  unknown: Unknown,
): Codec<string | number> {
  if (base.shape.kind !== 'uint') throw new TypeError('an enumerated is a number')
  const keeps = unknown.unknown === 'keep'
  const numbers = new Map(Object.entries(names))
  const byNumber = new Map(Object.entries(names).map(([name, number]) => [number, name]))
  return {
    shape: { kind: 'enumerated', width: base.shape.width, names, keeps },
    read(from) {
      const number = base.read(from)
      const name = byNumber.get(number)
      if (name !== undefined) return name
      if (unknown.unknown === 'keep') return number
      throw new TlsAlert(unknown.unknown, {
        reason: unknown.reason,
        section: unknown.section,
        why: `expected ${[...numbers.keys()].join(' or ')} for ${from.field}, got ${number}`,
      })
    },
    write(to, value) {
      const number = typeof value === 'string' ? numbers.get(value) : keeps ? value : undefined
      if (number === undefined) throw outOfRange(`${to.field} has no value ${value}`)
      base.write(to, number)
    },
  }
}

// Byte strings (§3.4)

/** `opaque x[length]`. */
export function fixed(length: number): Codec<Bytes> {
  return {
    shape: { kind: 'fixed', length },
    read: from => from.copy(length),
    write(to, value) {
      if (value.length !== length)
        throw outOfRange(`${to.field} is ${length} bytes, got ${value.length}`)
      to.bytes(value)
    },
  }
}

/** `opaque x<min..max>`. */
export function opaque(min: number, max: number): Codec<Bytes> {
  const width = prefixWidth(max)
  return {
    shape: { kind: 'opaque', min, max },
    read: from => from.copy(readLength(from, width, min, max)),
    write(to, value) {
      checkLength(to, value.length, min, max)
      to.uint(width, value.length)
      to.bytes(value)
    },
  }
}

/** All bytes that are left. Stands last. */
export function rest(): Codec<Bytes> {
  return {
    shape: { kind: 'rest' },
    read: from => from.copy(from.left),
    write: (to, value) => to.bytes(value),
  }
}

// Lists (§3.4)

/** `T x<min..max>`: bounds are bytes, as in the RFC. */
export function vector<T>(of: Codec<T>, min: number, max: number): Codec<readonly T[]> {
  // An element of no bytes could be read for ever.
  if (leastLength(of.shape) < 1) throw new TypeError('an element of a vector takes at least a byte')
  const width = prefixWidth(max)
  return {
    shape: { kind: 'vector', of: of.shape, min, max },
    read(from) {
      const elements = from.sub(readLength(from, width, min, max))
      const values: T[] = []
      while (elements.left > 0) values.push(of.read(elements))
      return values
    },
    write(to, values) {
      const length = to.block(width, () => {
        for (const value of values) of.write(to, value)
      })
      checkLength(to, length, min, max)
    },
  }
}

function readLength(from: Reader, width: Width, min: number, max: number): number {
  const length = from.uint(width)
  if (length < min || length > max)
    throw from.failure(
      `expected ${min} to ${max} bytes for ${from.field || 'a vector'}`,
      `${length}`,
    )
  return length
}

function checkLength(to: Writer, length: number, min: number, max: number): void {
  if (length < min || length > max)
    throw outOfRange(`${to.field || 'a vector'} is ${min} to ${max} bytes, got ${length}`)
}

// Constructed types (§3.6)

/** The fields of a struct in their order, under the RFC's names. */
export type Fields = Readonly<Record<string, Codec<unknown>>>

/** The values of a struct of such fields. */
export type StructOf<F extends Fields> = { readonly [K in keyof F]: Decoded<F[K]> }

/** `struct { ... }`. */
export function struct<F extends Fields>(fields: F): Codec<StructOf<F>> {
  const entries = Object.entries(fields)
  if (entries.slice(0, -1).some(([, codec]) => openEnded(codec.shape)))
    throw new TypeError('only the last field of a struct may be open-ended')
  return {
    shape: { kind: 'struct', fields: entries.map(([name, { shape }]) => ({ name, shape })) },
    read(from) {
      const value: Record<string, unknown> = {}
      for (const [name, codec] of entries) {
        from.field = name
        value[name] = codec.read(from)
      }
      return value as StructOf<F>
    },
    write(to, value) {
      for (const [name, codec] of entries) {
        to.field = name
        codec.write(to, value[name])
      }
    },
  }
}

/** The value of a struct without fields. */
export type Empty = Readonly<Record<never, never>>

/** `struct {}`. */
export const empty: Codec<Empty> = struct({})

/** What only a message's end can tell from absence (the extensions of a ClientHello, §4.2.2). Stands last. */
export function optionalTail<T>(of: Codec<T>): Codec<T | undefined> {
  return {
    shape: { kind: 'optionalTail', of: of.shape },
    read: from => (from.left === 0 ? undefined : of.read(from)),
    write(to, value) {
      if (value !== undefined) of.write(to, value)
    },
  }
}

// Variants (§3.8)

/** The values of a variant: the selector's name decides the type of the body. */
export type VariantOf<S extends string, B extends string, C extends Fields, O> =
  | {
      readonly [K in keyof C]: { readonly [N in S]: K } & { readonly [N in B]: Decoded<C[K]> }
    }[keyof C]
  | ({ readonly [N in S]: number } & { readonly [N in B]: O })

/**
 * `select (selector) { case ...: }`: a selector of one field and a body of another.
 * @param selector its field's name and its type, an `enumerated` that keeps unknown numbers
 * @param body the body's field's name, and its type for each name of the selector
 * @param otherwise the body where the selector's number has no name
 */
export function variant<S extends string, B extends string, C extends Fields, O>(
  selector: readonly [S, Codec<(keyof C & string) | number>],
  body: readonly [B, C],
  otherwise: Codec<O>,
): Codec<VariantOf<S, B, C, O>> {
  const [selectorName, selectorCodec] = selector
  const [bodyName, cases] = body
  const bodyOf = (selected: string | number): Codec<unknown> =>
    (typeof selected === 'string' ? cases[selected] : undefined) ?? otherwise
  return {
    shape: {
      kind: 'variant',
      selector: { name: selectorName, shape: selectorCodec.shape },
      body: bodyName,
      cases: Object.fromEntries(Object.entries(cases).map(([name, { shape }]) => [name, shape])),
      otherwise: otherwise.shape,
    },
    read(from) {
      from.field = selectorName
      const selected = selectorCodec.read(from)
      from.field = bodyName
      const value = bodyOf(selected).read(from)
      return { [selectorName]: selected, [bodyName]: value } as VariantOf<S, B, C, O>
    },
    write(to, value) {
      const fields: Readonly<Record<string, unknown>> = value
      const selected = fields[selectorName] as (keyof C & string) | number
      to.field = selectorName
      selectorCodec.write(to, selected)
      to.field = bodyName
      bodyOf(selected).write(to, fields[bodyName])
    },
  }
}
