/** The programs of docs/testkit-middle.md run as they stand. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import test from 'ava'
import { root } from '../house/support/rooms.ts'

const page = readFileSync(join(root, 'docs/testkit-middle.md'), 'utf8')
const programs = [...page.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code = '']) => code)

test('the page of the middle and the oracle shows two programs', t => {
  t.is(programs.length, 2)
})

for (const [i, program] of programs.entries())
  test(`program ${i + 1} of docs/testkit-middle.md runs`, async t => {
    const folder = join(root, 'test/dist/testkit/middle-docs')
    mkdirSync(folder, { recursive: true })
    const file = join(folder, `program-${i + 1}.mjs`)
    writeFileSync(file, program)
    await t.notThrowsAsync(import(pathToFileURL(file).href))
  })
