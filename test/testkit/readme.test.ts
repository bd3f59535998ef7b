/** The programs of the testkit's README run as they stand. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import test from 'ava'
import { root } from '../house/support/rooms.ts'

const readme = readFileSync(join(root, 'packages/testkit/README.md'), 'utf8')
const programs = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code = '']) => code)

test('the README of the testkit shows six programs, the first of ten lines at most', t => {
  t.is(programs.length, 6)
  t.true((programs[0] ?? '').split('\n').filter(line => line !== '').length <= 10)
})

for (const [i, program] of programs.entries())
  test(`program ${i + 1} of the testkit's README runs`, async t => {
    const folder = join(root, 'test/dist/testkit/readme')
    mkdirSync(folder, { recursive: true })
    const file = join(folder, `program-${i + 1}.mjs`)
    writeFileSync(file, program)
    await t.notThrowsAsync(import(pathToFileURL(file).href))
  })
