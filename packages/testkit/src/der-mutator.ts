/** Mutations of DER that know its structure, and some that do not: what a fuzzer of certificates feeds a parser with. */
import type { Bytes } from '@biopair/crypto'
import { type DerNode, derBytes, derTree } from './der-tree.ts'
import { join } from './der-writer.ts'

/** A choice: a whole number from 0 to `count` - 1. */
export type Below = (count: number) => number

/** The kinds of mutations. */
export const derMutations = [
  'flip',
  'byte',
  'duplicate',
  'remove',
  'swap',
  'splice',
  'retag',
  'longLength',
  'indefiniteLength',
  'wrongLength',
  'empty',
  'grow',
  'nest',
  'telling',
  'rawFlip',
  'rawTruncate',
  'rawInsert',
  'rawAppend',
] as const
export type DerMutation = (typeof derMutations)[number]

/**
 * Bytes with one mutation, chosen by `below` where it is not given; what is spliced in comes from `others`. Bytes that are no DER
 * element are mutated as bytes. The result may be what was given, where a mutation finds nothing to change.
 */
export function mutateDer(
  der: Uint8Array,
  below: Below,
  mutation: DerMutation = derMutations[below(derMutations.length)] as DerMutation,
  others: readonly Uint8Array[] = [],
): Bytes {
  if (mutation.startsWith('raw')) return raw(der, below, mutation)
  const tree = parsed(der)
  if (tree === undefined) return raw(der, below, 'rawFlip')
  const every = pathsOf(tree)
  const paths =
    mutation === 'telling' ? every.filter(path => telling.has(at(tree, path).tag)) : every
  const path = paths[below(paths.length)] ?? []
  const donors = [der, ...others].flatMap(one => parsed(one) ?? [])
  const donor = donors[below(donors.length)] ?? tree
  const donated = pathsOf(donor)
  const given = at(donor, donated[below(donated.length)] ?? [])
  const [whole] = replaced([tree], [0, ...path], below, mutation, given)
  return whole === undefined ? new Uint8Array(0) : derBytes(whole)
}

const text = (ascii: string): Bytes => Uint8Array.from(ascii, character => character.charCodeAt(0))

/** Values that mean something, by tag: each from another one than what was there is far for a mutator of bytes. */
const telling: ReadonlyMap<number, readonly Uint8Array[]> = new Map([
  [0x01, [Uint8Array.of(0xff), Uint8Array.of(0), Uint8Array.of(1)]],
  [
    0x02,
    [[0], [1], [0xff], [0x7f, 0xff, 0xff, 0xff], [0, 0x80, 0, 0, 0]].map(of => Uint8Array.from(of)),
  ],
  [0x17, ['700101000000Z', '491231235959Z', '500101000000Z', '260230000000Z'].map(text)],
  [0x18, ['20200101000000Z', '20500101000000Z', '99991231235959Z', '00000101000000Z'].map(text)],
])

/** Every element's path, the whole's ([]) first. */
function pathsOf(
  { content }: DerNode,
  above: readonly number[] = [],
): readonly (readonly number[])[] {
  if (content instanceof Uint8Array) return [above]
  return [above, ...content.flatMap((child, i) => pathsOf(child, [...above, i]))]
}

function at(node: DerNode, [index, ...rest]: readonly number[]): DerNode {
  if (index === undefined || node.content instanceof Uint8Array) return node
  const child = node.content[index]
  return child === undefined ? node : at(child, rest)
}

function replaced(
  nodes: readonly DerNode[],
  [index = 0, ...rest]: readonly number[],
  below: Below,
  mutation: DerMutation,
  given: DerNode,
): readonly DerNode[] {
  const node = nodes[index]
  if (node === undefined) return nodes
  if (rest.length > 0 && !(node.content instanceof Uint8Array))
    return nodes.with(index, {
      ...node,
      content: replaced(node.content, rest, below, mutation, given),
    })
  switch (mutation) {
    case 'duplicate':
      return nodes.toSpliced(index, 0, node)
    case 'remove':
      return nodes.toSpliced(index, 1)
    case 'swap': {
      const other = below(nodes.length)
      return nodes.with(index, nodes[other] as DerNode).with(other, node)
    }
    case 'splice':
      return nodes.with(index, given)
    default:
      return nodes.with(index, changed(node, below, mutation))
  }
}

function changed(node: DerNode, below: Below, mutation: DerMutation): DerNode {
  const body = () => contentOf(node)
  switch (mutation) {
    case 'flip':
      return { ...node, content: flipped(body(), below) }
    case 'byte':
      return { ...node, content: setByte(body(), below) }
    case 'retag':
      return { ...node, tag: below(2) === 0 ? below(256) : node.tag ^ (1 << below(8)) }
    case 'longLength':
      return { ...node, length: 'long' }
    case 'indefiniteLength':
      return { ...node, length: 'indefinite' }
    case 'wrongLength': {
      const { length } = body()
      return {
        ...node,
        length: Math.max(
          0,
          [length + 1, length - 1, 0, 2 ** 31, below(70_000)][below(5)] as number,
        ),
      }
    }
    case 'empty':
      return { ...node, content: new Uint8Array(0) }
    case 'grow':
      return { ...node, content: join(body(), new Uint8Array(1 + below(300)).fill(below(256))) }
    case 'nest': {
      let nested = node
      for (let levels = 1 + below(40); levels > 0; levels--)
        nested = { tag: node.tag | 0x20, content: [nested] }
      return nested
    }
    case 'telling': {
      const values = telling.get(node.tag)
      return values ? { ...node, content: values[below(values.length)] as Uint8Array } : node
    }
    default:
      return node
  }
}

function raw(der: Uint8Array, below: Below, mutation: DerMutation): Bytes {
  switch (mutation) {
    case 'rawTruncate':
      return der.slice(0, below(der.length + 1))
    case 'rawInsert': {
      const place = below(der.length + 1)
      return join(der.subarray(0, place), Uint8Array.of(below(256)), der.subarray(place))
    }
    case 'rawAppend':
      return join(der, Uint8Array.of(below(256)))
    default:
      return flipped(der, below)
  }
}

function contentOf({ content }: DerNode): Bytes {
  return content instanceof Uint8Array ? new Uint8Array(content) : join(...content.map(derBytes))
}

function flipped(bytes: Uint8Array, below: Below): Bytes {
  const copy = new Uint8Array(bytes)
  if (copy.length === 0) return copy
  const bit = below(copy.length * 8)
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7))
  return copy
}

function setByte(bytes: Uint8Array, below: Below): Bytes {
  const copy = new Uint8Array(bytes)
  if (copy.length > 0)
    copy[below(copy.length)] = [0, 0x7f, 0x80, 0xff, below(256)][below(5)] as number
  return copy
}

function parsed(der: Uint8Array): DerNode | undefined {
  try {
    return derTree(der, { open: true })
  } catch {
    return undefined
  }
}
