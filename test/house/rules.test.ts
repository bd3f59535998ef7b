/** docs/rules.md holds each rule that stacks get wrong to the tests that send it wrong. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { root } from './support/rooms.ts'

/** The rules of TLS 1.3 over a stream and over QUIC, and of certificates; and that of TLS 1.2; the numbers between and beyond are those of ECH and DTLS. */
const numbers = [
  ...Array.from({ length: 59 }, (_, i) => i + 1),
  ...[63, 64, 65, 66, 67, 68, 69, 71, 72, 73, 74, 75],
]

interface Row {
  readonly number: number
  readonly rule: string
  readonly section: string
  readonly files: readonly string[]
}

const rows: readonly Row[] = readFileSync(join(root, 'docs/rules.md'), 'utf8')
  .split('\n')
  .filter(line => /^\| \d/.test(line))
  .map(line => {
    const [number = '', rule = '', section = '', files = ''] = line
      .slice(1, -1)
      .split('|')
      .map(cell => cell.trim())
    return {
      number: Number(number),
      rule,
      section,
      files: [...files.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
    }
  })

function files(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.ts') && !/(^|[\\/])(dist|node_modules)[\\/]/.test(path))
    .map(path => path.replaceAll('\\', '/'))
}

/** The rules that the titles of each test file name: `rule 37: ...`, or `rule 3, rule 33: ...`. */
const titled = new Map<string, ReadonlySet<number>>()
const odd: string[] = []
for (const path of files(join(root, 'test')).filter(path => path.endsWith('.test.ts'))) {
  if (path === 'house/rules.test.ts') continue
  const text = readFileSync(join(root, 'test', path), 'utf8')
  const found = new Set<number>()
  for (const [title, list] of text.matchAll(/['"`]((?:rules? \d+)[^:'"`\n]*:?)/g)) {
    if (list && /^rule \d+(, rule \d+)*:$/.test(list))
      for (const [number] of list.matchAll(/\d+/g)) found.add(Number(number))
    else odd.push(`${path}: ${title}`)
  }
  if (found.size > 0) titled.set(path, found)
}
const tested = new Set([...titled.values()].flatMap(found => [...found]))

test('titles name rules in one form, and only rules that docs/rules.md has', t => {
  t.deepEqual(odd, [])
  for (const [path, found] of titled)
    for (const number of found) t.true(numbers.includes(number), `${path}: rule ${number}`)
})

test('docs/rules.md has a row for each rule of TLS and of certificates, in order, and no other', t => {
  t.deepEqual(
    rows.map(({ number }) => number),
    numbers,
  )
  for (const { number, rule, section } of rows) {
    t.true(rule.length > 20, `rule ${number}`)
    t.regex(section, /\d|E\.4/, `rule ${number}`)
  }
})

test('each test file of a row of docs/rules.md has a title that carries the number, and each rule has one', t => {
  for (const { number, files: named } of rows) {
    for (const name of named) t.true(titled.get(name)?.has(number), `rule ${number}: ${name}`)
    t.not(named.length, 0, `rule ${number}`)
    t.true(tested.has(number), `rule ${number}`)
  }
})
