/** The kit needs no runner: its laws and its plays run under node:test, and under vitest where a registry gives it. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { folderFor } from './support/programs.ts'

const body = `
import { bioPair } from '@biopair/bio'
import { always, bioLaws } from '@biopair/testkit'
import { chat, stubborn } from '../../support/chat.js'

const make = () => {
  const [bio, other] = bioPair(20)
  return { bio, other }
}
for (const { title, keep } of bioLaws(make, { runs: 10 })) test(title, keep)
test('a chat always comes to its end', () => always(chat, { runs: 30 }))
test('a stubborn one does not', () => always(stubborn, { runs: 30, seed: 7 }))
`

test('under node:test the laws are tests, and a play that breaks is a test that fails with its program', t => {
  const file = join(folderFor('node-test'), 'kit.test.mjs')
  writeFileSync(file, `import test from 'node:test'\n${body}`)
  const { status, stdout } = spawnSync(process.execPath, ['--test-reporter=tap', file], {
    encoding: 'utf8',
    timeout: 250_000,
    // A test of ava's within a test of Node's would report to the outer one.
    env: { ...process.env, NODE_TEST_CONTEXT: undefined },
  })
  t.is(status, 1)
  t.regex(stdout, /# pass 14\n/)
  t.regex(stdout, /# fail 1\n/)
  t.regex(stdout, /replay\(chat, \{/)
})

const vitest = process.env.BIOPAIR_VITEST
const title = 'under vitest, too'
if (vitest === undefined && process.env.BIOPAIR_REQUIRE_PEERS === '1')
  test(title, t => t.fail('BIOPAIR_REQUIRE_PEERS=1, and BIOPAIR_VITEST names nothing'))
else if (vitest === undefined)
  test(`${title} (skipped: BIOPAIR_VITEST does not name it)`, t => {
    t.is(vitest, undefined)
  })
else
  test(title, t => {
    const folder = mkdtempSync(join(folderFor('vitest'), 'run-'))
    const file = join(folder, 'kit.test.mjs')
    const text = body.replace("'../../support/chat.js'", "'../../../support/chat.js'")
    writeFileSync(file, `import { test } from 'vitest'\n${text}`)
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [vitest, 'run', '--root', folder, '--reporter=verbose', '--no-color', '--testTimeout=100000'],
      { encoding: 'utf8', timeout: 250_000 },
    )
    t.regex(stdout, /1 failed \| 14 passed/, stdout + stderr)
    t.regex(stdout + stderr, /replay\(chat, \{/)
  })
