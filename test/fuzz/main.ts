/**
 * `pnpm fuzz [target] [--seed n] [--runs n] [--minutes n] [--guide] [--uncovered files]`: runs the fuzz targets, prints figures, and ends with 1 where a law was
 * broken. Without a target, all six share the runs or the time; where both are given, they share the time, and whichever comes first is the end.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { FuzzFinding, FuzzName, FuzzReport } from '@biopair/testkit/fuzz'
import { CoverageThread } from './coverage-thread.ts'
import { V8Coverage } from './v8-coverage.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' },
    runs: { type: 'string' },
    minutes: { type: 'string' },
    /** Guides by coverage, at a cost; without, what targets answer is the guide. */
    guide: { type: 'boolean', default: false },
    /** Where findings go. */
    out: { type: 'string', default: 'dist/fuzz-findings' },
    /** Lists what did not run, in the end: files whose name begins so (`x509/`, `handshake/src/tls12`), all by `all`. */
    uncovered: { type: 'string' },
    /** Milliseconds after which a target hands on to the next, and the round begins anew. */
    slice: { type: 'string', default: '60000' },
  },
})

// Before the packages are loaded, so that their coverage is whole.
const guide = values.guide ? new V8Coverage() : undefined
const { fuzz, fuzzNames, fuzzSubjects } = await import('@biopair/testkit/fuzz')
const subjects = fuzzSubjects()
const chosen = fuzzNames.filter(name => positionals.length === 0 || positionals.includes(name))
const unknown = positionals.find(name => !fuzzNames.some(known => known === name))
if (unknown !== undefined) throw new TypeError(`expected ${fuzzNames.join(', ')}; got ${unknown}`)

/** What a target came to, over all its turns. */
interface Sum {
  executions: number
  milliseconds: number
  cpu: number
  answers: number
  kept: FuzzReport['kept']
}
const coverage = new CoverageThread()
const sums = new Map<FuzzName, Sum>()
const findings = new Map<string, FuzzFinding>()
const say = (line: string) => process.stdout.write(`${line}\n`)
const began = Date.now()

const minutes = values.minutes === undefined ? undefined : Number(values.minutes)
const total = values.runs === undefined ? undefined : Number(values.runs)
/** Of one target, where time does not decide how they share. */
const runs =
  total === undefined || minutes !== undefined ? undefined : Math.ceil(total / chosen.length)
const share = minutes === undefined ? undefined : (minutes * 60_000) / chosen.length

/** A turn of a target: it goes on from what its turns before have kept. */
async function turn(name: FuzzName, round: number): Promise<void> {
  const before = sums.get(name) ?? { executions: 0, milliseconds: 0, cpu: 0, answers: 0, kept: [] }
  const { user } = process.cpuUsage()
  const left = share === undefined ? undefined : share - before.milliseconds
  const report = fuzz(subjects[name], {
    seed: Number(values.seed) + round,
    ...(runs === undefined ? {} : { runs: Math.min(runs - before.executions, 1_000_000) }),
    ...(left === undefined && runs !== undefined
      ? { time: Number(values.slice) }
      : { time: Math.min(left ?? 10_000, Number(values.slice)) }),
    corpus: before.kept.slice(subjects[name].corpus().length),
    ...(guide ? { coverage: guide } : {}),
    onFinding: finding => say(`FINDING in ${name}: ${finding.key}`),
  })
  const sum = {
    executions: before.executions + report.executions,
    milliseconds: before.milliseconds + report.milliseconds,
    cpu: before.cpu + (process.cpuUsage().user - user) / 1000,
    answers: Math.max(before.answers, report.answers),
    kept: report.kept,
  }
  sums.set(name, sum)
  await coverage.learn(name, report.kept)
  for (const finding of report.findings) keep(finding)
  const perSecond = Math.round((sum.executions * 1000) / sum.milliseconds)
  const perCpu = Math.round((sum.executions * 1000) / Math.max(1, sum.cpu))
  say(
    `${clock()} ${name.padEnd(11)} ${String(sum.executions).padStart(9)} executions, ${perSecond}/s (${perCpu} per second of CPU), ` +
      `corpus ${sum.kept.length}, answers ${sum.answers}, findings ${findings.size}`,
  )
}

function executed(): number {
  return [...sums.values()].reduce((sum, { executions }) => sum + executions, 0)
}

function clock(): string {
  return `${((Date.now() - began) / 60_000).toFixed(1).padStart(6)} min`
}

function keep(finding: FuzzFinding): void {
  // One law may be broken by two targets for two reasons.
  const key = `${finding.subject} ${finding.key}`
  if (findings.has(key)) return
  findings.set(key, finding)
  mkdirSync(values.out, { recursive: true })
  const file = `${values.out}/${finding.subject}-${findings.size}.mjs`
  const { error } = finding
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  const comment = text.split('\n').map(line => `// ${line}`)
  writeFileSync(file, `${comment.join('\n')}\n${finding.program}`)
  say(`${finding.key}\n  ${finding.data.length} bytes, ${file}\n${text}`)
}

function done(name: FuzzName): boolean {
  const sum = sums.get(name)
  if (!sum) return false
  if (runs !== undefined) return sum.executions >= runs
  if (total !== undefined && executed() >= total) return true
  return share === undefined || sum.milliseconds >= share
}

/** Lines and functions of each package that ran. */
async function figures(uncovered?: string): Promise<void> {
  const packages = await coverage.report()
  say(
    `${clock()} ${executed()} executions in all, ${findings.size} findings; coverage of what was kept:`,
  )
  const percent = ([ran, all]: readonly [number, number]) =>
    `${((100 * ran) / Math.max(1, all)).toFixed(1)} % of ${all}`
  for (const { name, lines, functions } of packages)
    say(`  ${name.padEnd(10)} lines ${percent(lines)}, functions ${percent(functions)}`)
  const missed = uncovered === undefined ? [] : packages.flatMap(each => each.missed)
  for (const { file, functions, ranges } of missed) {
    if (uncovered !== 'all' && !file.startsWith(uncovered ?? '')) continue
    const lines = ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`))
    say(`${file}: ${lines.join(' ')}`)
    if (functions.length > 0) say(`  never called: ${functions.join(', ')}`)
  }
}

for (let round = 0; !chosen.every(done); round++) {
  for (const name of chosen) if (!done(name)) await turn(name, round)
  if (round % 10 === 9) await figures()
}
await figures(values.uncovered)
await coverage.end()
process.exitCode = findings.size === 0 ? 0 : 1
