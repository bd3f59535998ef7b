/** A module with all its mutants in it, each behind a switch: `$m(id)` is true for the one that is on. */
import { type AnyNode, parse } from 'acorn'
import { children, replacements } from './operators.ts'

/** Where a mutant is and what it does, lines and columns of the compiled module, from 1 and 0. */
export interface Mutant {
  readonly id: number
  readonly file: string
  readonly line: number
  readonly column: number
  readonly was: string
  readonly what: string
}

/** Code that asks `$m(id)` at each mutant, which also notes that the place was reached. */
export interface Instrumented {
  readonly code: string
  readonly mutants: readonly Mutant[]
}

/** Ids go on from `first`, so that those of many modules differ. */
export function instrument(source: string, file: string, first: number): Instrumented {
  const mutants: Mutant[] = []
  const noted = (node: AnyNode, what: string): string => {
    const before = source.slice(0, node.start)
    const line = before.split('\n').length
    const id = first + mutants.length
    const was = source.slice(node.start, node.end).replace(/\s+/g, ' ').slice(0, 60)
    mutants.push({
      id,
      file,
      line,
      column: node.start - before.lastIndexOf('\n') - 1,
      was,
      what,
    })
    return `$m(${id})`
  }

  /** The text of a node with the mutants below it. */
  const inner = (node: AnyNode): string => {
    let [code, at] = ['', node.start]
    for (const { field, child } of children(node)) {
      // A shorthand `{ a }` is key and value at once.
      if (child.start < at) continue
      code += source.slice(at, child.start) + render(child, node, field)
      at = child.end
    }
    return code + source.slice(at, node.end)
  }

  const condition = (node: AnyNode, code: string): string => {
    const [yes, no] = [noted(node, 'true'), noted(node, 'false')]
    return `(${yes}?true:${no}?false:(${code}))`
  }

  const render = (node: AnyNode, parent: AnyNode, field: string): string => {
    // Words for people, and names: nothing that a test could tell apart.
    if (node.type === 'TemplateLiteral' || node.type.startsWith('Import')) return raw(node)
    if (parent.type.startsWith('Export') && field === 'source') return raw(node)
    if (field === 'key' && 'computed' in parent && !parent.computed) return raw(node)
    let code = inner(node)
    if (node.type === 'ExpressionStatement') return statement(node, code)
    if (node.type === 'BlockStatement' && isBody(parent, field))
      return `{if(${noted(node, 'no body')})return;${code.slice(1)}`
    for (const { what, text } of replacements(node, source))
      code = `(${noted(node, what)}?(${text}):(${code}))`
    const decides = parent.type === 'IfStatement' || parent.type === 'ConditionalExpression'
    return field === 'test' && decides ? condition(node, code) : code
  }

  const raw = (node: AnyNode): string => source.slice(node.start, node.end)

  /** A call, or a wait for one, that is left out. */
  const statement = (node: AnyNode & { type: 'ExpressionStatement' }, code: string): string => {
    const { expression } = node
    const called =
      expression.type === 'YieldExpression' || expression.type === 'AwaitExpression'
        ? expression.argument
        : expression
    if (called?.type !== 'CallExpression' || called.callee.type === 'Super') return code
    return `{if(!${noted(node, 'not called')}){${code}}}`
  }

  const tree = parse(source, { ecmaVersion: 2023, sourceType: 'module' })
  const code = inner(tree as AnyNode)
  return { code: `const $m=globalThis.$mutants;${code}`, mutants }
}

const isBody = (parent: AnyNode, field: string): boolean =>
  field === 'body' &&
  (parent.type === 'FunctionDeclaration' ||
    parent.type === 'FunctionExpression' ||
    parent.type === 'ArrowFunctionExpression')
