/** What ran, of our packages: V8's precise coverage, for the guidance of the fuzzer and for its report. */
import { readFileSync } from 'node:fs'
import { type Profiler, Session } from 'node:inspector'
import { fileURLToPath } from 'node:url'
import type { CoverageProbe } from '@biopair/testkit/fuzz'
import { type MissedFile, missedFile } from './missed.ts'

/** The packages that are looked at; the kit itself is not among them. */
const ours = /\/packages\/(bio|wire|crypto|record|x509|handshake|ssl)\/dist\//

/** Lines and functions of a package that ran, of those that there are in modules that were loaded. */
export interface PackageCoverage {
  readonly name: string
  readonly lines: readonly [ran: number, all: number]
  readonly functions: readonly [ran: number, all: number]
  /** What did not run, by file: those that have something. */
  readonly missed: readonly MissedFile[]
}

interface KnownFunction {
  readonly name: string
  ran: boolean
  /** Ranges that ran never so far. */
  readonly missed: Map<string, readonly [number, number]>
}

interface Known {
  /** Blocks that ran, by place. */
  readonly ran: Set<string>
  /** By place. */
  readonly functions: Map<string, KnownFunction>
}

/** Counts from the moment it is made; modules that are loaded before are not seen in full. */
export class V8Coverage implements CoverageProbe {
  readonly #session = new Session()
  readonly #files = new Map<string, Known>()
  #last: readonly Profiler.ScriptCoverage[] = []

  constructor() {
    this.#session.connect()
    this.#post('Profiler.enable')
    this.#post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  fresh(): boolean {
    this.#last = this.#take()
    return this.#last.some(({ url, functions }) => {
      const ran = this.#files.get(url)?.ran
      return functions.some(({ ranges }) =>
        ranges.some(range => range.count > 0 && !ran?.has(placeOf(range))),
      )
    })
  }

  learn(): void {
    for (const script of this.#last) this.#learnScript(script)
  }

  /** How many blocks ran. */
  get blocks(): number {
    return [...this.#files.values()].reduce((sum, { ran }) => sum + ran.size, 0)
  }

  report(): readonly PackageCoverage[] {
    this.fresh()
    this.learn()
    const packages = new Map<
      string,
      { lines: [number, number]; functions: [number, number]; missed: MissedFile[] }
    >()
    for (const [url, { functions }] of this.#files) {
      const name = ours.exec(url)?.[1] ?? ''
      const sum = packages.get(name) ?? { lines: [0, 0], functions: [0, 0], missed: [] }
      packages.set(name, sum)
      for (const { ran } of functions.values()) {
        sum.functions[0] += Number(ran)
        sum.functions[1]++
      }
      const lines = linesOf(readFileSync(fileURLToPath(url), 'utf8'), functions)
      const gone = lines.filter(({ ran }) => !ran)
      sum.lines[0] += lines.length - gone.length
      sum.lines[1] += lines.length
      const names = [...functions.values()].filter(({ ran }) => !ran).map(({ name }) => name)
      if (gone.length > 0) sum.missed.push(missedFile(url, gone, names))
    }
    return [...packages].map(([name, sum]) => ({ name, ...sum }))
  }

  #learnScript({ url, functions }: Profiler.ScriptCoverage): void {
    const known: Known = this.#files.get(url) ?? { ran: new Set(), functions: new Map() }
    this.#files.set(url, known)
    for (const { functionName, ranges } of functions) {
      const [whole] = ranges
      if (!whole) continue
      const place = placeOf(whole)
      const before = known.functions.get(place)
      const missed = new Map(
        ranges
          .filter(({ count }) => count === 0)
          .map(range => [placeOf(range), [range.startOffset, range.endOffset] as const]),
      )
      // A range is missed if every run so far missed it; what a later run does not name, it ran or never entered.
      if (!before?.ran)
        known.functions.set(place, { name: functionName, ran: whole.count > 0, missed })
      else if (whole.count > 0)
        for (const range of before.missed.keys())
          if (!covers(missed, range)) before.missed.delete(range)
      for (const range of ranges) if (range.count > 0) known.ran.add(placeOf(range))
    }
  }

  #take(): readonly Profiler.ScriptCoverage[] {
    let result: readonly Profiler.ScriptCoverage[] = []
    this.#session.post('Profiler.takePreciseCoverage', (error, taken) => {
      if (error) throw error
      result = taken.result.filter(({ url }) => ours.test(url))
    })
    return result
  }

  #post(method: string, parameters: object = {}): void {
    this.#session.post(method, parameters, error => {
      if (error) throw error
    })
  }
}

function placeOf({ startOffset, endOffset }: Profiler.CoverageRange): string {
  return `${startOffset}-${endOffset}`
}

/** Whether a range lies in one that was missed this time, too. */
function covers(missed: ReadonlyMap<string, readonly [number, number]>, range: string): boolean {
  const [from = 0, to = 0] = range.split('-').map(Number)
  return [...missed.values()].some(([start, end]) => start <= from && to <= end)
}

/** A line with code, counted from 0, and whether it ran. */
export interface CodeLine {
  readonly line: number
  /** Where its code begins. */
  readonly column: number
  readonly ran: boolean
}

/** Lines with code: one did not run where a missed function or range has it whole. */
function linesOf(text: string, functions: Known['functions']): readonly CodeLine[] {
  const gaps = [...functions].flatMap(([place, { ran, missed }]) => {
    const [from = 0, to = 0] = place.split('-').map(Number)
    return ran ? [...missed.values()] : [[from, to] as const]
  })
  const lines: CodeLine[] = []
  let at = 0
  let comment = false
  for (const [number, line] of text.split('\n').entries()) {
    const code = line.trim()
    const begins = code.startsWith('/*')
    const skipped = comment || begins || code === '' || code.startsWith('//')
    if (begins) comment = true
    if (code.endsWith('*/')) comment = false
    if (!skipped && !/^[)}\];,]*$/.test(code)) {
      const column = line.length - line.trimStart().length
      const start = at + column
      const missed = gaps.some(([from, to]) => from <= start && start + code.length <= to)
      lines.push({ line: number, column, ran: !missed })
    }
    at += line.length + 1
  }
  return lines
}
