/**
 * `pnpm fuzz [target] [--seed n] [--runs n] [--minutes n] [--guide]`: runs the fuzz targets, prints figures, and ends with 1 where a law was
 * broken. Without a target, all six share the runs or the time.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { FuzzFinding, FuzzReport } from '@biopair/testkit/fuzz'
import { V8Coverage } from './v8-coverage.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' },
    runs: { type: 'string' },
    minutes: { type: 'string' },
    /** Guides by coverage; without, coverage is of a replay of what was kept, and the loop runs at its full speed. */
    guide: { type: 'boolean', default: false },
    /** Where findings go. */
    out: { type: 'string', default: 'fuzz-findings' },
    /** Milliseconds after which a target hands on to the next, and the round begins anew. */
    slice: { type: 'string', default: '60000' },
  },
})

// Before the packages are loaded, so that their coverage is whole.
const coverage = new V8Coverage()
const { fuzz, fuzzNames, fuzzSubjects, programOf } = await import('@biopair/testkit/fuzz')
const subjects = fuzzSubjects()
const chosen = fuzzNames.filter(name => positionals.length === 0 || positionals.includes(name))
const unknown = positionals.find(name => !fuzzNames.some(known => known === name))
if (unknown !== undefined) throw new TypeError(`expected ${fuzzNames.join(', ')}; got ${unknown}`)

interface Sum {
  executions: number
  milliseconds: number
  answers: number
  kept: FuzzReport['kept']
}
const sums = new Map<string, Sum>()
const findings = new Map<string, FuzzFinding>()
const say = (line: string) => process.stdout.write(`${line}\n`)
