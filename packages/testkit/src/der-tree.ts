/** DER as a tree that can be changed and written again, wrongly where that is wanted: what faults and mutations are made with. */
import { type Bytes, concat } from '@biopair/crypto'
import { derLength } from './der-writer.ts'

/** One element. Content that is a list is a constructed value, or DER inside a string (an extension's value, say). */
export interface DerNode {
  readonly tag: number
  readonly content: Uint8Array | readonly DerNode[]
  /** How its length is written: minimal if left out; `long` with a byte too many; a number is written for the length whatever it is. */
  readonly length?: 'minimal' | 'long' | 'indefinite' | number
}

/** The tree of one DER element. `open` looks into OCTET STRINGs that hold DER. TypeError for bytes that are no such element. */
export function derTree(der: Uint8Array, options: { readonly open?: boolean } = {}): DerNode {
  const [node, ...more] = elements(der, options.open === true) ?? []
  if (node === undefined || more.length > 0) throw new TypeError('expected one DER element')
  return node
}

/** The bytes of a tree. */
export function derBytes({ tag, content, length = 'minimal' }: DerNode): Bytes {
  const body = content instanceof Uint8Array ? content : concat(...content.map(derBytes))
  if (length === 'indefinite') return concat(Uint8Array.of(tag, 0x80), body, new Uint8Array(2))
  if (length === 'long') {
    const digits = derLength(body.length)
    const padded = digits.length === 1 ? digits : [0, ...digits.slice(1)]
    return concat(Uint8Array.of(tag, 0x80 | padded.length, ...padded), body)
  }
  return concat(Uint8Array.of(tag, ...derLength(length === 'minimal' ? body.length : length)), body)
}

/** The element at a path of indices, changed: into another, into several, or into none. TypeError where there is nothing. */
export function derEdit(
  der: Uint8Array,
  path: readonly number[],
  change: (node: DerNode) => DerNode | readonly DerNode[],
): Bytes {
  const [whole] = edited([derTree(der, { open: true })], [0, ...path], change)
  if (whole === undefined) return new Uint8Array(0)
  return derBytes(whole)
}

function edited(
  nodes: readonly DerNode[],
  path: readonly number[],
  change: (node: DerNode) => DerNode | readonly DerNode[],
): readonly DerNode[] {
  const [index = 0, ...rest] = path
  const node = nodes[index]
  if (node === undefined) throw new TypeError(`no element ${index} among ${nodes.length}`)
  if (rest.length === 0) return nodes.toSpliced(index, 1, ...[change(node)].flat())
  if (node.content instanceof Uint8Array) throw new TypeError('a primitive element has no elements')
  return nodes.with(index, { ...node, content: edited(node.content, rest, change) })
}

/** The elements that bytes consist of; undefined where they are none. */
function elements(bytes: Uint8Array, open: boolean): readonly DerNode[] | undefined {
  const nodes: DerNode[] = []
  let at = 0
  while (at < bytes.length) {
    const tag = bytes[at] as number
    let length = bytes[at + 1]
    let start = at + 2
    if (length === undefined || tag === 0 || length === 0x80 || length > 0x84) return undefined
    if (length > 0x80) {
      const count = length & 0x7f
      length = bytes.subarray(start, start + count).reduce((sum, byte) => sum * 256 + byte, 0)
      start += count
    }
    const end = start + length
    if (end > bytes.length) return undefined
    nodes.push({ tag, content: content(tag, bytes.subarray(start, end), open) })
    at = end
  }
  return nodes
}

function content(tag: number, bytes: Uint8Array, open: boolean): DerNode['content'] {
  if ((tag & 0x20) !== 0) return elements(bytes, open) ?? bytes
  if (!open || tag !== 0x04 || bytes.length < 2) return bytes
  const inside = elements(bytes, open)
  return inside?.length === 1 ? inside : bytes
}
