/**
 * Mutation testing: `pnpm mutants [package...] [--only path]... [--except path]... [--tests path]... [--sample n] [--seed n] [--budget ms] [--jobs n] [--list file]`.
 * Prints the score of each package, and where each survivor is.
 */
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { availableParallelism, tmpdir } from 'node:os'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Dice } from '../support/dice.ts'
import type { Base } from './child.ts'
import { instrument, type Mutant } from './instrument.ts'
import { type Fate, Judge } from './judge.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const compiled = join(root, 'test', 'dist')

/** The folders of tests that a package is held to: its own and what is fast, in one process and without a peer. */
const suites: Readonly<Record<string, readonly string[]>> = {
  bio: ['bio'],
  record: ['record'],
  handshake: ['handshake', 'tls12', 'rules', 'ssl', 'quic'],
  wire: ['wire', 'handshake', 'record'],
  ssl: ['ssl', 'openssl', 'tls12', 'rules', 'liveness', 'quic', 'web'],
  x509: ['x509', 'review', 'testkit'],
}

/** Of those folders, what takes long for the little that it says of the package: carriers, other stacks, walks, whole sessions at each stage. */
const spared: Readonly<Record<string, RegExp>> = {
  handshake:
    /\b(handshake\/appendix-a|tls12\/(completes|node-tls|openssl|.*interop)|ssl\/(?!authorities|choice|client-hello|delegated|early-data|oid-filters|outcomes|pair|post-handshake|raw-public-keys|resume|roles|server-name)|quic\/(lossy|lingering))/,
}

const say = (line: string): void => void process.stdout.write(`${line}\n`)

const modulesOf = (folder: string, ending: RegExp): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => ending.test(name))
    .map(name => join(folder, name))
    .sort()

/** Tests that start processes say nothing of one mutant in one process. */
const alone = (file: string): boolean =>
  !/node:(child_process|worker_threads)'/.test(readFileSync(file, 'utf8'))

interface Judged extends Mutant {
  readonly fate: Fate
  readonly killer: string | undefined
}

async function scored(name: string, options: Options): Promise<number> {
  const began = Date.now()
  const folder = mkdtempSync(join(tmpdir(), 'biopair-mutants-'))
  const modules: Record<string, string> = {}
  const mutants: Mutant[] = []
  for (const path of modulesOf(join(root, 'packages', name, 'dist'), /\.js$/)) {
    const source = readFileSync(path, 'utf8')
    const made = instrument(source, path, mutants.length + 1)
    modules[path] = made.code
    mutants.push(...made.mutants)
  }
  const files = (suites[name] ?? [name])
    .flatMap(suite => modulesOf(join(compiled, suite), /\.test\.js$/))
    .filter(file => alone(file) && !spared[name]?.test(relative(compiled, file)))
    .filter(
      file => options.tests.length === 0 || options.tests.some(path => within(testOf(file), path)),
    )
  const setting = { folder, modules, files, count: mutants.length }
  const judges = Array.from({ length: options.jobs }, (_, index) => new Judge(setting, index))
  const base = await (judges[0] as Judge).base(options.budget)
  for (const judge of judges) judge.limitBy(base.tests)
  say(
    `${name}: ${mutants.length} mutants, ${base.tests.length} tests of ${files.length} files without one, ${base.unfit.length} left out, ${seconds(began)} s`,
  )
  for (const unfit of base.unfit) say(`  left out: ${unfit}`)

  const quick = base.tests.filter(({ ms }) => ms <= options.budget / 3).sort((a, b) => a.ms - b.ms)
  const by = new Map<number, Base[]>()
  for (const test of quick) for (const id of test.reached) by.set(id, [...(by.get(id) ?? []), test])
  const loaded = new Set(base.loaded)
  const kills = new Map<string, number>()
  const fileOf = (id: number): string => (mutants[id - 1] as Mutant).file
  const comeBy = new Map(quick.map(({ name, reached }) => [name, new Set(reached.map(fileOf))]))
  /** Those that have killed most for their time come first, and before them those that come by another part of the module. */
  const affordable = (tests: readonly Base[], id: number): string[] => {
    const weight = ({ name, ms }: Base): number =>
      (ms + 1) / (1 + (kills.get(name) ?? 0)) / (comeBy.get(name)?.has(fileOf(id)) ? 100 : 1)
    let spent = 0
    return [...tests]
      .sort((a, b) => weight(a) - weight(b))
      .filter(({ ms }) => {
        spent += ms
        return spent <= options.budget
      })
      .map(({ name }) => name)
  }

  const waiting = sample(mutants, options)
  const total = waiting.length
  const judged: Judged[] = []
  const work = async (judge: Judge): Promise<void> => {
    for (let mutant = waiting.pop(); mutant !== undefined; mutant = waiting.pop()) {
      const tests = by.get(mutant.id)
      let [fate, killer]: [Fate, string?] =
        tests === undefined
          ? ['unreached']
          : await judge.judge(mutant.id, affordable(tests, mutant.id))
      // What loading passes by has to be on before that, in a process of its own: where nothing else tells it.
      if (!dead({ fate }) && loaded.has(mutant.id))
        [fate, killer] = await judge.judge(mutant.id, affordable(quick, mutant.id), true)
      if (killer !== undefined) kills.set(killer, (kills.get(killer) ?? 0) + 1)
      const one = { ...mutant, fate, killer }
      judged.push(one)
      if (options.list !== undefined)
        appendFileSync(options.list, `${JSON.stringify({ ...one, ...placed(one) })}\n`)
      if (judged.length % 200 === 0)
        say(`  ${judged.length} of ${total}, ${percent(judged)} %, ${seconds(began)} s`)
    }
    judge.stop()
  }
  await Promise.all(judges.map(work))
  rmSync(folder, { recursive: true })
  report(name, judged, began)
  return percent(judged)
}

const seconds = (began: number): number => Math.round((Date.now() - began) / 1000)

const dead = ({ fate }: Pick<Judged, 'fate'>): boolean => fate === 'killed' || fate === 'hung'

/** In tenths, rounded down. */
const percent = (judged: readonly Judged[]): number =>
  Math.floor((1000 * judged.filter(dead).length) / Math.max(1, judged.length)) / 10

function sample(mutants: readonly Mutant[], { only, except, sample, seed }: Options): Mutant[] {
  const wanted = (source: string): boolean =>
    (only.length === 0 || only.some(path => within(source, path))) &&
    !except.some(path => within(source, path))
  const all = mutants.filter(({ file }) => wanted(sourceOf(file)))
  if (all.length === 0) throw new RangeError('no mutant is where --only and --except look')
  return new Dice(seed).shuffled(all).slice(0, sample)
}

/** Whether a source is this file, or in this folder: both from the root of the project. */
const within = (source: string, path: string): boolean =>
  source === path || source.startsWith(path.replace(/\/?$/, '/'))

/** The source of a compiled file, from the root of the project. */
const sourceOf = (file: string): string =>
  relative(root, file).replaceAll(sep, '/').replace('/dist/', '/src/').replace(/\.js$/, '.ts')

/** The source of a compiled test, from the root of the project. */
const testOf = (file: string): string =>
  `test/${relative(compiled, file).replaceAll(sep, '/')}`.replace(/\.js$/, '.ts')

/** The place in the source that the compiled line came from. */
function placed({ file, line, column }: Mutant): { source: string; at: string } {
  const map = new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')))
  const entry = map.findEntry(line - 1, column) as {
    originalLine?: number
    originalColumn?: number
  }
  return {
    source: sourceOf(file),
    at: `${(entry.originalLine ?? -1) + 1}:${(entry.originalColumn ?? -1) + 1}`,
  }
}

function report(name: string, judged: readonly Judged[], began: number): void {
  const alive = judged
    .filter(one => !dead(one))
    .map(one => ({ ...one, ...placed(one) }))
    .sort((a, b) => (a.source + a.at.padStart(9) < b.source + b.at.padStart(9) ? -1 : 1))
  for (const { source, at, was, what, fate } of alive)
    say(`  ${fate}: ${source}:${at}: \`${was}\` → ${what}`)
  const count = (fate: Fate): number => judged.filter(one => one.fate === fate).length
  say(
    `${name}: ${percent(judged)} % of ${judged.length} (${count('killed')} killed, ${count('hung')} hung, ${count('survived')} survived, ${count('unreached')} unreached), ${seconds(began)} s`,
  )
}

interface Options {
  /** Files and folders whose mutants are drawn, from the root of the project; all, where none is named. */
  readonly only: readonly string[]
  /** Files and folders of these whose mutants are not. */
  readonly except: readonly string[]
  /** Files and folders of tests that mutants are held to alone; all of the package's, where none is named. */
  readonly tests: readonly string[]
  readonly sample: number
  readonly seed: number
  /** The milliseconds of tests that a mutant is held to, as they take without one. */
  readonly budget: number
  readonly jobs: number
  readonly list: string | undefined
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', multiple: true, default: [] },
    except: { type: 'string', multiple: true, default: [] },
    tests: { type: 'string', multiple: true, default: [] },
    sample: { type: 'string', default: 'Infinity' },
    seed: { type: 'string', default: '1' },
    budget: { type: 'string', default: '6000' },
    jobs: { type: 'string', default: String(availableParallelism()) },
    list: { type: 'string' },
  },
})
const options: Options = {
  only: values.only,
  except: values.except,
  tests: values.tests,
  sample: Number(values.sample),
  seed: Number(values.seed),
  budget: Number(values.budget),
  jobs: Number(values.jobs),
  list: values.list,
}
const names = positionals.length > 0 ? positionals : ['bio', 'record', 'handshake']
for (const name of names) await scored(name, options)
