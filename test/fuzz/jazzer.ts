/**
 * `node dist/fuzz/jazzer.js [target] [runs]`: runs a target under Jazzer.js, which is fetched into a folder of its own and is no dependency. Says
 * `skipped` and why, and ends with 0, where it cannot be had or does not run on this machine.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fuzzNames, fuzzSubjects } from '@biopair/testkit/fuzz'

const [name = 'record', runs = '10000'] = process.argv.slice(2)
const subject = Object.values(fuzzSubjects()).find(one => one.name === name)
if (!subject) throw new TypeError(`expected ${fuzzNames.join(', ')}; got ${name}`)

const folder = mkdtempSync(join(tmpdir(), 'biopair-jazzer-'))
const corpus = join(folder, 'corpus')
mkdirSync(corpus)
for (const [i, data] of subject.corpus().entries()) writeFileSync(join(corpus, `${i}`), data)
writeFileSync(join(folder, 'package.json'), '{"private":true}')
// Jazzer.js loads a CommonJS module; ours is imported by it.
writeFileSync(
  join(folder, 'target.cjs'),
  `const kit = import(${JSON.stringify(import.meta.resolve('@biopair/testkit/fuzz'))})
let target
module.exports.fuzz = async data => {
  target ??= (await kit).fuzzSubjects()[${JSON.stringify(name)}].target
  target(data)
}
`,
)

const say = (line: string) => process.stdout.write(`${line}\n`)
const run = (command: string, ...given: string[]) =>
  spawnSync(command, given, { cwd: folder, encoding: 'utf8', timeout: 600_000 })

const added = run('npx', '-y', 'pnpm@12', 'add', '@jazzer.js/core@4.0.0')
const loaded =
  added.status === 0
    ? run('node', '-e', "require('@jazzer.js/core')")
    : { ...added, stderr: `${added.stdout}${added.stderr}` }
if (loaded.status !== 0) {
  const [why = 'no reason was given'] = /.*(?:Error|ERR_).*/.exec(loaded.stderr) ?? []
  say(`skipped: Jazzer.js does not run here: ${why.trim()}`)
} else {
  const jazzer = join(folder, 'node_modules/.bin/jazzer')
  const done = run(
    jazzer,
    'target.cjs',
    corpus,
    '-i',
    'biopair',
    '-i',
    'packages',
    '--',
    `-runs=${runs}`,
  )
  say(`${done.stdout}${done.stderr}`.trimEnd())
  process.exitCode = done.status ?? 1
}
