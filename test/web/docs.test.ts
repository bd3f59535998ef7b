/** docs/api.md names what package web exports, its options and the members of a connection. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as web from '@biopair/web'
import test from 'ava'
import { root } from '../house/support/rooms.ts'

const page = readFileSync(join(root, 'docs/api.md'), 'utf8')
const [, after = ''] = page.split('\n## Streams\n')
const chapter = after.split(/^## /m)[0] as string
const named = new Set(
  [...chapter.matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => /^(?:new )?(\w+)/.exec(span)?.[1]),
)
const missing = (names: readonly string[]) => names.filter(name => !named.has(name))
const source = (path: string) => readFileSync(join(root, 'packages', path), 'utf8')

test('docs/api.md names every value that package web exports', t => {
  t.true(Object.keys(web).length > 10)
  t.deepEqual(missing(Object.keys(web)), [])
})

test('docs/api.md names every option of a stream, every code and every member of a connection', t => {
  const options = [...source('ssl/src/stream/stream-options.ts').matchAll(/^ {2}(\w+): '/gm)]
  const codes = [...source('ssl/src/stream/stream-error.ts').matchAll(/\| '(ERR_\w+)'/g)]
  const [, shape = ''] = source('web/src/connection.ts').split('export interface Connection {')
  const members = [...(shape.split('\n}\n')[0] ?? '').matchAll(/^ {2}(?:readonly )?(\w+)[<(:]/gm)]
  for (const [list, least] of [
    [options, 6],
    [codes, 7],
    [members, 9],
  ] as const) {
    t.true(list.length >= least, `${list.length}`)
    t.deepEqual(missing(list.map(([, name = '']) => name)), [])
  }
})
