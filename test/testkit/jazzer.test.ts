/** The fuzz targets run under Jazzer.js, where `.ci/run` or somebody else has fetched it; there it finds what is planted, too. */
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fuzzNames, fuzzSubjects } from '@biopair/testkit/fuzz'
import test from 'ava'
import { versionIn, whyNot } from '../fuzz/jazzer-home.ts'
import { runJazzer } from '../fuzz/jazzer-run.ts'
import { stackFaults } from './support/planted-stack.ts'

const home = process.env.BIOPAIR_JAZZER
/** Executions: a whole connection costs ten times what the others do. */
const runs = { client: 300, server: 300, record: 2000, message: 2000, certificate: 600 } as const
const most = (name: string): number => (runs as Readonly<Record<string, number>>)[name] ?? 1000
const planted = 'a record is whole a byte too early'

if (home === undefined) {
  const title = 'the targets run under Jazzer.js'
  if (process.env.BIOPAIR_REQUIRE_PEERS === '1')
    test(title, t => t.fail('BIOPAIR_REQUIRE_PEERS=1, and BIOPAIR_JAZZER names no folder'))
  else
    test(`${title} (skipped: BIOPAIR_JAZZER does not name a folder that has it)`, t => {
      t.is(home, undefined)
    })
} else {
  const subjects = fuzzSubjects()

  test.before(t => {
    t.is(whyNot(home), undefined)
    t.log(`Jazzer.js ${versionIn(home)}`)
  })

  for (const name of fuzzNames)
    test.serial(
      `${name}: Jazzer.js runs it ${most(name)} times, sees its code, and finds nothing`,
      t => {
        t.timeout(280_000)
        const { status, output, folder } = runJazzer(home, subjects[name], { runs: most(name) })
        t.is(status, 0, output)
        const [, done] = /Done (\d+) runs/.exec(output) ?? []
        t.true(Number(done) >= most(name), output)
        // What it keeps is what ran something new of our modules.
        const [, seen] = /cov: (\d+)/.exec(/.*DONE.*/.exec(output)?.[0] ?? '') ?? []
        t.true(Number(seen) > 100, output)
        t.log(/.*DONE.*/.exec(output)?.[0])
        rmSync(folder, { recursive: true })
      },
    )

  test.serial(`Jazzer.js finds, where it is planted: ${planted}`, t => {
    t.timeout(280_000)
    const fault = stackFaults.find(({ name }) => name === planted)
    if (!fault) throw new TypeError(`expected the fault: ${planted}`)
    const { target } = subjects[fault.target]
    const words = ['--import', new URL('./support/plant.js', import.meta.url).href]
    const { status, output, folder } = runJazzer(home, subjects[fault.target], {
      ...{ runs: 50_000, words, env: { BIOPAIR_PLANTED: planted }, changed: fault.module },
    })
    t.is(status, 77, output)
    t.true(output.includes(`Finding: ${fault.law}`), output)
    const crash = readdirSync(folder).find(file => file.startsWith('crash-'))
    // Without the fault, its input breaks no law.
    t.notThrows(() => target(new Uint8Array(readFileSync(join(folder, crash ?? '')))))
    rmSync(folder, { recursive: true })
  })
}
