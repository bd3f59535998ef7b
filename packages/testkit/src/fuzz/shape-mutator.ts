/** Mutations of a tree that a codec's shape gave: numbers, lengths, elements, extensions. */
import { leastLength, prefixWidth, type Shape } from '@biopair/wire'
import type { Dice } from '../seeds/dice.ts'
import { mutateBytes } from './byte-mutator.ts'
import { bigEndian, bodyOf, copyOf, numberOf, type Part, partsOf } from './shape-tree.ts'

/** Changes one part of the tree, chosen by the dice; `donor` is a tree to take parts from. */
export function mutatePart(whole: Part, dice: Dice, donor?: Part): void {
  const parts = partsOf(whole)
  const part = dice.of(parts) as Part
  const { shape } = part
  switch (shape.kind) {
    case 'uint':
    case 'enumerated':
      part.bytes = bigEndian(otherNumber(shape, numberOf(part.bytes), dice), shape.width)
      return
    case 'fixed':
    case 'rest':
    case 'opaque':
      if ('max' in shape && dice.one(4)) lie(part, shape.max, dice)
      else if (!part.children || dice.one(4)) otherBytes(part, dice, donor)
      return
    case 'vector':
      if (dice.one(6)) lie(part, shape.max, dice)
      else otherElements(part, shape.of, dice, donor)
      return
    case 'struct':
      replaced(part, dice, donor)
      return
    case 'variant':
    case 'optionalTail':
      part.children = dice.one(3) ? [] : sample(shape, dice).children
  }
}

/** A number that means something else. */
function otherNumber(
  shape: Extract<Shape, { kind: 'uint' | 'enumerated' }>,
  now: number,
  dice: Dice,
): number {
  const most = 2 ** (8 * shape.width) - 1
  if (shape.kind === 'enumerated' && !dice.one(4)) return dice.of(Object.values(shape.names)) ?? now
  const known = shape.type === undefined ? undefined : dice.of(telling[shape.type] ?? [])
  if (known !== undefined && !dice.one(4)) return known
  return [0, 1, most, now + 1, Math.max(0, now - 1), now ^ 1, dice.word()][dice.below(7)] as number
}

/** Numbers that somebody knows, by the RFC's name of their type. */
const telling: Readonly<Record<string, readonly number[]>> = {
  ProtocolVersion: [0x0300, 0x0301, 0x0302, 0x0303, 0x0304, 0x0a0a, 0x7f1c],
  CipherSuite: [0x1301, 0x1302, 0x1303, 0x1305, 0xc02b, 0xc02c, 0xcca9, 0xc02f, 0x5600, 0x00ff],
  NamedGroup: [0x001d, 0x0017, 0x0018, 0x0019, 0x11ec, 0x001e, 0x0100, 0x0a0a],
  SignatureScheme: [0x0403, 0x0503, 0x0603, 0x0804, 0x0807, 0x0401, 0x0201, 0x0904, 0x0a0a],
  ExtensionType: [
    ...[0, 5, 10, 11, 13, 16, 18, 19, 20, 21, 22, 23, 27, 28, 34, 35, 41, 42, 43, 44, 45, 47, 48],
    ...[49, 50, 51, 57, 58, 0xff01, 0x0a0a, 17, 24],
  ],
  CertificateCompressionAlgorithm: [1, 2, 3],
}

function lie(part: Part, max: number, dice: Dice): void {
  const most = 256 ** prefixWidth(max) - 1
  const truth = part.children ? undefined : part.bytes.length
  part.lie = [0, 1, most, (truth ?? 4) + 1, Math.max(0, (truth ?? 4) - 1), dice.below(most + 1)][
    dice.below(6)
  ] as number
}

function otherBytes(part: Part, dice: Dice, donor: Part | undefined): void {
  part.children = undefined
  const { shape } = part
  const same = dice.one(3)
    ? given(donor).filter(({ shape: other, children }) => other.kind === shape.kind && !children)
    : []
  const one = dice.of(same)
  if (one) part.bytes = one.bytes
  else if (dice.one(5)) part.bytes = new Uint8Array(0)
  else if (dice.one(20)) part.bytes = new Uint8Array(dice.below(20_000)).fill(dice.word())
  else part.bytes = mutateBytes(part.bytes, dice)
}

function otherElements(part: Part, of: Shape, dice: Dice, donor: Part | undefined): void {
  const children = part.children ?? []
  part.children = children
  const at = dice.below(children.length)
  const chosen = children[at]
  switch (dice.below(chosen ? 7 : 1)) {
    case 0: {
      const one = dice.of(
        given(donor).filter(({ shape }) => shape.kind === of.kind && shape.type === of.type),
      )
      children.splice(at, 0, one && !dice.one(3) ? copyOf(one) : sample(of, dice))
      return
    }
    case 1:
    case 2:
      children.splice(at, 1)
      return
    case 3:
      children.splice(at, 0, copyOf(chosen as Part))
      return
    case 4: {
      const other = dice.below(children.length)
      ;[children[at], children[other]] = [children[other] as Part, chosen as Part]
      return
    }
    case 5:
      if (dice.one(4)) children.length = 0
      else children.splice(at)
      return
    default:
      for (let times = dice.below(dice.one(8) ? 300 : 8); times > 0; times--)
        children.push(copyOf(chosen as Part))
  }
}

function replaced(part: Part, dice: Dice, donor: Part | undefined): void {
  const { shape } = part
  const one = dice.of(
    given(donor).filter(other => other.shape.kind === 'struct' && other.shape === shape),
  )
  const from = one && !dice.one(4) ? copyOf(one) : sample(shape, dice)
  part.children = from.children
}

function given(donor: Part | undefined): readonly Part[] {
  return donor ? partsOf(donor) : []
}

/** Some value of a shape: small, right in form, with no sense. */
export function sample(shape: Shape, dice: Dice): Part {
  const leaf = (bytes: Uint8Array): Part => ({ shape, bytes, children: undefined })
  const tree = (children: Part[]): Part => ({ shape, bytes: new Uint8Array(0), children })
  switch (shape.kind) {
    case 'uint':
    case 'enumerated':
      return leaf(bigEndian(otherNumber(shape, dice.below(256), dice), shape.width))
    case 'fixed':
      return leaf(dice.bytes(shape.length))
    case 'opaque':
      return leaf(dice.bytes(Math.min(shape.max, shape.min + dice.below(24))))
    case 'rest':
      return leaf(dice.bytes(dice.below(16)))
    case 'vector': {
      const least = Math.ceil(shape.min / Math.max(1, leastLength(shape.of)))
      const count = least + dice.below(3)
      return tree(Array.from({ length: count }, () => sample(shape.of, dice)))
    }
    case 'struct':
      return tree(shape.fields.map(field => sample(field.shape, dice)))
    case 'variant': {
      const selector = sample(shape.selector.shape, dice)
      return tree([selector, sample(bodyOf(shape, numberOf(selector.bytes)), dice)])
    }
    case 'optionalTail':
      return tree(dice.one(3) ? [] : [sample(shape.of, dice)])
  }
}
