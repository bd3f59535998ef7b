/**
 * `node dist/fuzz/jazzer.js [target] [runs]`: runs a target under Jazzer.js, of the folder that BIOPAIR_JAZZER names, or fetched into one
 * that goes away. `node dist/fuzz/jazzer.js fetch <folder>` fetches it. Says `skipped` and why, and ends with 3, where it does not run here.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fuzzNames, fuzzSubjects } from '@biopair/testkit/fuzz'
import { fetchJazzer, versionIn, whyNot } from './jazzer-home.ts'
import { runJazzer } from './jazzer-run.ts'

const say = (line: string) => process.stdout.write(`${line}\n`)

/** Whether it runs; says why where it does not. */
function there(reason: string | undefined): boolean {
  if (reason === undefined) return true
  say(`skipped: Jazzer.js does not run here: ${reason}`)
  process.exitCode = 3
  return false
}

const [first = 'record', second] = process.argv.slice(2)
const named = process.env.BIOPAIR_JAZZER
if (first === 'fetch') {
  if (second === undefined) throw new TypeError('expected a folder to fetch it into')
  if (there(fetchJazzer(second))) {
    // Once is enough for all of our modules to be instrumented, which takes longer than many runs.
    const { status, output, folder } = runJazzer(second, fuzzSubjects().message, { runs: 1 })
    say(status === 0 ? `Jazzer.js ${versionIn(second)}` : output)
    rmSync(folder, { recursive: true })
    process.exitCode = status ?? 1
  }
} else {
  const name = fuzzNames.find(one => one === first)
  if (!name) throw new TypeError(`expected ${fuzzNames.join(', ')}, fetch; got ${first}`)
  const home = named ?? mkdtempSync(join(tmpdir(), 'biopair-jazzer-'))
  if (there(named === undefined ? fetchJazzer(home) : whyNot(home))) {
    const { status, output } = runJazzer(home, fuzzSubjects()[name], {
      runs: Number(second ?? 10_000),
    })
    say(output)
    process.exitCode = status ?? 1
  }
  // A finding's input is in there.
  const found = (process.exitCode ?? 0) !== 0 && process.exitCode !== 3
  if (found) say(`what it found is in ${home}`)
  else if (named === undefined) rmSync(home, { recursive: true })
}
