/** Bytes taken apart by a codec's shape into a tree that can be changed and put together again, lies about lengths included. */
import { type Bytes, concat } from '@biopair/crypto'
import { leastLength, prefixWidth, type Shape } from '@biopair/wire'

/** A part of a message. A leaf has its bytes; what has a length prefix may lie about it. */
export interface Part {
  readonly shape: Shape
  bytes: Uint8Array
  children: Part[] | undefined
  /** What the prefix says, where that is not the truth. */
  lie?: number
}

/** The shape of an opaque string that is a message of its own (`extension_data`), from what stands before it. */
export type Opener = (type: string | undefined, before: readonly Part[]) => Shape | undefined

/** The tree of bytes that are one value of the shape and nothing more; undefined where they are none. */
export function takeApart(shape: Shape, bytes: Uint8Array, open?: Opener): Part | undefined {
  const taking = new Taking(bytes, open)
  const part = taking.part(shape, bytes.length)
  return part && taking.at === bytes.length ? part : undefined
}

/** The bytes of a tree. */
export function putTogether(part: Part): Bytes {
  const { shape, children } = part
  const content = children ? concat(...children.map(putTogether)) : new Uint8Array(part.bytes)
  if (shape.kind !== 'opaque' && shape.kind !== 'vector') return content
  return concat(bigEndian(part.lie ?? content.length, prefixWidth(shape.max)), content)
}

/** Every part of a tree, itself first. */
export function partsOf(part: Part): readonly Part[] {
  const parts = [part]
  // It grows meanwhile; children stand behind their parents.
  for (const { children } of parts) if (children) for (const child of children) parts.push(child)
  return parts
}

/** A copy that shares nothing that changes. */
export function copyOf(part: Part): Part {
  return { ...part, children: part.children?.map(copyOf) }
}

/** A number as so many bytes; what does not fit is cut. */
export function bigEndian(value: number, width: number): Bytes {
  const bytes = new Uint8Array(width)
  for (let i = 0; i < width; i++) bytes[i] = Math.floor(value / 256 ** (width - 1 - i)) % 256
  return bytes
}

/** The number that bytes are. */
export function numberOf(bytes: Uint8Array): number {
  return bytes.reduce((value, byte) => value * 256 + byte, 0)
}

class Taking {
  at = 0
  readonly #bytes: Uint8Array
  readonly #open: Opener | undefined

  constructor(bytes: Uint8Array, open: Opener | undefined) {
    this.#bytes = bytes
    this.#open = open
  }

  part(shape: Shape, end: number, type?: string, before: readonly Part[] = []): Part | undefined {
    switch (shape.kind) {
      case 'uint':
      case 'enumerated':
        return this.#leaf(shape, shape.width, end)
      case 'fixed':
        return this.#leaf(shape, shape.length, end)
      case 'rest':
        return this.#leaf(shape, end - this.at, end)
      case 'opaque': {
        const length = this.#prefix(shape.max, end)
        if (length === undefined) return undefined
        const leaf = this.#leaf(shape, length, end)
        const inner = leaf && this.#open?.(type, before)
        const opened = inner && takeApart(inner, leaf.bytes, this.#open)
        return opened ? { ...leaf, children: [opened] } : leaf
      }
      case 'vector': {
        const length = this.#prefix(shape.max, end)
        if (length === undefined || this.at + length > end || leastLength(shape.of) < 1)
          return undefined
        return this.#all(shape, this.at + length, () => shape.of)
      }
      case 'struct': {
        const children: Part[] = []
        for (const field of shape.fields) {
          const child = this.part(field.shape, end, shape.type, children)
          if (!child) return undefined
          children.push(child)
        }
        return { shape, bytes: none, children }
      }
      case 'variant': {
        const selector = this.part(shape.selector.shape, end)
        if (!selector) return undefined
        const body = this.part(bodyOf(shape, numberOf(selector.bytes)), end)
        return body && { shape, bytes: none, children: [selector, body] }
      }
      case 'optionalTail':
        if (this.at === end) return { shape, bytes: none, children: [] }
        return this.#wrapped(shape, this.part(shape.of, end))
    }
  }

  #wrapped(shape: Shape, inner: Part | undefined): Part | undefined {
    return inner && { shape, bytes: none, children: [inner] }
  }

  #all(shape: Shape, end: number, of: () => Shape): Part | undefined {
    const children: Part[] = []
    while (this.at < end) {
      const child = this.part(of(), end)
      if (!child) return undefined
      children.push(child)
    }
    return { shape, bytes: none, children }
  }

  #prefix(max: number, end: number): number | undefined {
    const width = prefixWidth(max)
    if (this.at + width > end) return undefined
    const length = numberOf(this.#bytes.subarray(this.at, this.at + width))
    this.at += width
    return length
  }

  #leaf(shape: Shape, length: number, end: number): Part | undefined {
    if (length < 0 || this.at + length > end) return undefined
    const bytes = this.#bytes.subarray(this.at, this.at + length)
    this.at += length
    return { shape, bytes, children: undefined }
  }
}

const none = new Uint8Array(0)

/** The shape that a variant's selector selects. */
export function bodyOf(shape: Extract<Shape, { kind: 'variant' }>, selected: number): Shape {
  const { shape: selector } = shape.selector
  const names = selector.kind === 'enumerated' ? selector.names : {}
  const name = Object.keys(names).find(known => names[known] === selected)
  return (name === undefined ? undefined : shape.cases[name]) ?? shape.otherwise
}
