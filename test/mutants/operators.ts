/** What a mutant changes: for a node of the syntax tree, the texts that may stand in its place. */
import type { AnyNode, Expression, Program } from 'acorn'

/** A text in the place of a node's own, and what it is called in a report. */
export interface Replacement {
  readonly what: string
  readonly text: string
}

/** `<` becomes `<=`, and so on: one change per operator, the one that tests miss most easily. */
const binary: Readonly<Record<string, string>> = {
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '===': '!==',
  '!==': '===',
  '+': '-',
  '-': '+',
  '*': '/',
  '/': '*',
  '%': '*',
  '<<': '>>',
  '>>': '<<',
  '>>>': '<<',
  '&': '|',
  '|': '&',
  '^': '&',
}

const logical: Readonly<Record<string, string>> = { '&&': '||', '||': '&&', '??': '&&' }

const assignment: Readonly<Record<string, string>> = {
  '+=': '-=',
  '-=': '+=',
  '|=': '&=',
  '&=': '|=',
  '^=': '&=',
  '??=': '=',
  '||=': '&&=',
  '&&=': '=',
}

const isText = (node: AnyNode): boolean =>
  node.type === 'TemplateLiteral' || (node.type === 'Literal' && typeof node.value === 'string')

/** The mutants of an expression, as texts over the source. None for what a test cannot see or only prints: prose, names of properties. */
export function replacements(node: AnyNode, source: string): Replacement[] {
  const text = (one: AnyNode | Expression): string => `(${source.slice(one.start, one.end)})`
  const swap = (operator: string, left: AnyNode, right: AnyNode): Replacement[] => [
    { what: operator, text: `${text(left)}${operator}${text(right)}` },
  ]
  switch (node.type) {
    case 'BinaryExpression': {
      const operator = binary[node.operator]
      if (operator === undefined || isText(node.left) || isText(node.right)) return []
      return swap(operator, node.left, node.right)
    }
    case 'LogicalExpression':
      return swap(logical[node.operator] as string, node.left, node.right)
    case 'UnaryExpression':
      return node.operator === '!' || node.operator === '-'
        ? [{ what: `without ${node.operator}`, text: text(node.argument) }]
        : []
    case 'UpdateExpression': {
      const operator = node.operator === '++' ? '--' : '++'
      const target = source.slice(node.argument.start, node.argument.end)
      return [{ what: operator, text: node.prefix ? operator + target : target + operator }]
    }
    case 'AssignmentExpression': {
      const operator = assignment[node.operator]
      if (operator === undefined) return []
      const target = source.slice(node.left.start, node.left.end)
      return [{ what: operator, text: `${target}${operator}${text(node.right)}` }]
    }
    case 'ArrayExpression':
      return node.elements.length > 0 ? [{ what: '[]', text: '[]' }] : []
    case 'Literal':
      if (typeof node.value === 'boolean')
        return [{ what: String(!node.value), text: String(!node.value) }]
      if (typeof node.value === 'number')
        return [{ what: String(node.value + 1), text: String(node.value + 1) }]
      if (typeof node.value === 'string' && node.value !== '' && !node.value.includes(' '))
        return [{ what: "''", text: "''" }]
      return []
    default:
      return []
  }
}

/** Every child of a node, in the order of the text, with the name of the field that holds it. */
export function children(node: AnyNode | Program): { field: string; child: AnyNode }[] {
  const found: { field: string; child: AnyNode }[] = []
  for (const [field, value] of Object.entries(node))
    for (const child of Array.isArray(value) ? value : [value])
      if (child !== null && typeof child === 'object' && typeof child.type === 'string')
        found.push({ field, child })
  return found.sort((a, b) => a.child.start - b.child.start)
}
