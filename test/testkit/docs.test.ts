/** The programs of docs/testkit.md run as they stand, in a process of their own. */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { root } from '../house/support/rooms.ts'
import { folderFor } from './support/programs.ts'

const page = readFileSync(join(root, 'docs/testkit.md'), 'utf8')
const programs = [...page.matchAll(/```js file=(\S+)\n([\s\S]*?)```/g)].map(
  ([, file = '', text = '']) => ({ file, text }),
)
const folder = folderFor('docs')
for (const { file, text } of programs) writeFileSync(join(folder, file), text)

test('docs/testkit.md shows a protocol and programs that test it', t => {
  t.deepEqual(
    programs.map(({ file }) => file),
    [
      'chat.js',
      'always.js',
      'search.js',
      'stubborn.js',
      'ends.js',
      'flips.js',
      'timers.js',
      'datagrams.js',
      'carrier.js',
    ],
  )
})

for (const { file } of programs.slice(1))
  test(`${file} of docs/testkit.md runs`, t => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, file)], {
      encoding: 'utf8',
      timeout: 200_000,
    })
    t.log(stdout.trim())
    t.is(status, 0, stderr)
  })
