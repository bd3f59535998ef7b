import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import * as biopair from 'biopair'
import { root } from './support/rooms.ts'

const { Ssl, SslContext } = biopair
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const page = read('docs/api.md')

/** A chapter of the page, up to the next one. */
function chapter(title: string): string {
  const [, after = ''] = page.split(`\n## ${title}\n`)
  return after.split(/^## /m)[0] as string
}

/** What stands between backticks in a line of text; blocks of code do not count. */
function spans(text: string): string[] {
  return [...text.replaceAll(/```[\s\S]*?```/g, '').matchAll(/`([^`\n]+)`/g)].map(
    ([, span]) => span as string,
  )
}

/** The names that a span is about: `connect` of `connect()`, `Pump` of `new Pump(a, b)`. */
function nameOf(span: string): string {
  return /^(?:const .* = )?(?:await )?(?:new )?(\w+)/.exec(span)?.[1] ?? span
}

/** The names in the first cell of each row of a chapter's tables. */
function rows(title: string): string[] {
  const cells = [...chapter(title).matchAll(/^\| (.*?) \|/gm)].map(([, cell]) => cell as string)
  return cells.flatMap(cell => spans(cell).map(nameOf)).sort()
}

/** The names that match in a source. */
function found(path: string, pattern: RegExp): string[] {
  return [...read(path).matchAll(pattern)].map(([, name]) => name as string)
}

test('docs/api.md names every value that biopair exports', t => {
  const named = new Set(spans(page).map(nameOf))
  const missing = Object.keys(biopair).filter(name => !named.has(name))
  t.deepEqual(missing, [])
})

test('docs/api.md has a row for every option and every limit of a context, and for nothing else', t => {
  const [, table = ''] = read('packages/ssl/src/context-options.ts').split('const optionTypes')
  const [body = ''] = table.split('\n}\n')
  const options = [...body.matchAll(/^ {2}(\w+): '/gm)].map(([, name]) => name as string)
  t.true(options.length > 30)
  const limits = Object.keys(new SslContext().limits).filter(name => name !== 'maxMessage')
  t.deepEqual(rows('SslContext'), [...options, ...limits].sort())
})

test('docs/api.md has a row for every member of Ssl, and for nothing else', t => {
  const ssl = new Ssl(new SslContext())
  // What is known about a connection are the getters of a base.
  const kinds = [Ssl.prototype, Object.getPrototypeOf(Ssl.prototype)]
  const members = [...kinds.flatMap(Object.getOwnPropertyNames), ...Object.keys(ssl)]
  t.deepEqual(rows('Ssl'), members.filter(name => name !== 'constructor').sort())
})

test('docs/api.md names every type of an outcome, every status and every field of a TlsAlert', t => {
  const path = 'packages/ssl/src/outcome.ts'
  const named = new Set(spans(chapter('Outcomes')).map(span => span.replaceAll("'", '')))
  const types = found(path, /^export (?:interface|type|class) (\w+)/gm)
  const statuses = found(path, /(?<=status: .*)'(\w+)'/g)
  const fields = Object.keys(
    new biopair.TlsAlert('unknown_ca', { reason: 'R', section: '1', why: 'w' }),
  )
  t.true(types.length > 10 && statuses.length > 10 && fields.length > 5)
  const missing = [...types, ...statuses, ...fields].filter(name => !named.has(name))
  t.deepEqual(
    missing.filter(name => name !== 'name'),
    [],
  )
})

test('docs/api.md names every code of a misuse', t => {
  const codes = found('packages/ssl/src/misuse.ts', /'(ERR_\w+)'/g)
  t.true(codes.length > 10)
  const named = new Set(spans(chapter('Misuse')))
  t.deepEqual(
    codes.filter(code => !named.has(code)),
    [],
  )
})
