/** docs/rules.md holds each rule that stacks get wrong to the tests that send it wrong, and says of the rest what they wait for. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { root } from './support/rooms.ts'

/** The rules of TLS 1.3 over a stream and over QUIC, and of certificates; of TLS 1.2 as well; the numbers between are those of ECH and DTLS. */
const numbers = [
  ...Array.from({ length: 59 }, (_, i) => i + 1),
  ...[63, 64, 65, 66, 67, 68, 69, 71, 72, 73, 74, 75],
]

/** What is still to come: the rules that wait for it, whole or in part, and the words in the code that say that it has come. */
const waiting: Readonly<
  Record<
    string,
    { readonly whole: readonly number[]; readonly part: readonly number[]; readonly sign: Sign }
  >
> = {
  'resumption in TLS 1.2': {
    whole: [],
    part: [72],
    sign: { folder: 'packages/handshake/src/tls12', words: /session_ticket/ },
  },
}

interface Sign {
  readonly folder: string
  readonly words: RegExp
}

interface Row {
  readonly number: number
  readonly rule: string
  readonly section: string
  readonly files: readonly string[]
  readonly waits: readonly string[]
}

const rows: readonly Row[] = readFileSync(join(root, 'docs/rules.md'), 'utf8')
  .split('\n')
  .filter(line => /^\| \d/.test(line))
  .map(line => {
    const [number = '', rule = '', section = '', files = '', waits = ''] = line
      .slice(1, -1)
      .split('|')
      .map(cell => cell.trim())
    return {
      number: Number(number),
      rule,
      section,
      files: [...files.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
      waits: waits === '' ? [] : waits.split(', '),
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

test('docs/rules.md has a row for each rule of TLS 1.3 and of certificates, in order, and no other', t => {
  t.deepEqual(
    rows.map(({ number }) => number),
    numbers,
  )
  for (const { number, rule, section } of rows) {
    t.true(rule.length > 20, `rule ${number}`)
    t.regex(section, /\d|E\.4/, `rule ${number}`)
  }
})

test('each test file of a row of docs/rules.md has a title that carries the number, and each rule has one or waits', t => {
  const whole = Object.values(waiting).flatMap(one => one.whole)
  for (const { number, files: named } of rows) {
    for (const name of named) t.true(titled.get(name)?.has(number), `rule ${number}: ${name}`)
    t.is(named.length === 0, whole.includes(number), `rule ${number}`)
    t.is(tested.has(number), !whole.includes(number), `rule ${number} waits and is tested`)
  }
})

test('what docs/rules.md says is still to come is this list, which only gets shorter', t => {
  for (const { number, waits } of rows) {
    const expected = Object.entries(waiting)
      .filter(([, { whole, part }]) => [...whole, ...part].includes(number))
      .map(([feature]) => feature)
    t.deepEqual(waits, expected, `rule ${number}`)
  }
})

for (const [feature, { whole, part, sign }] of Object.entries(waiting))
  test(`no rule waits for what is there: ${feature}`, t => {
    const folder = join(root, 'packages', sign.folder)
    const there = files(folder).filter(path =>
      sign.words.test(readFileSync(join(folder, path), 'utf8')),
    )
    t.deepEqual(
      there,
      [],
      `${feature} has come: rules ${[...whole, ...part].join(', ')} want their tests, and this list one entry less`,
    )
  })
