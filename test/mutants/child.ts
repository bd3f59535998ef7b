/** The process that the mutants run in: loads the tests once, and then judges mutant after mutant as its parent asks. */
import { readFileSync } from 'node:fs'
import { register } from 'node:module'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import { begin, type Collected, collection, run } from './ava-shim.ts'

/** What a run without any mutant said of a test: the processor's time for it, whatever else the machine does, and the mutants that it passed by. */
export interface Base {
  readonly name: string
  readonly ms: number
  readonly reached: readonly number[]
}

/** What the parent asks. */
export type Order =
  | { readonly ask: 'base'; readonly skip: readonly string[] }
  | { readonly ask: 'judge'; readonly id: number; readonly tests: readonly string[] }

/** What the child says. `running` precedes each test, so that the parent knows which one hangs. */
export type Report =
  | { readonly say: 'ready' }
  | { readonly say: 'running'; readonly name: string }
  | { readonly say: 'passed'; readonly test: Base }
  | { readonly say: 'unfit'; readonly name: string }
  /** The end of the run without mutants, with what loading alone passed by: a mutant there has to be on before that. */
  | { readonly say: 'base'; readonly loaded: readonly number[] }
  | { readonly say: 'judged'; readonly id: number; readonly killer?: string }
  | { readonly say: 'poisoned'; readonly id: number; readonly killer: string }

const { modules, files, count, fixed } = JSON.parse(readFileSync(String(process.argv[2]), 'utf8'))

let on: number = fixed ?? 0
let reached: Uint8Array = new Uint8Array(count + 1)
Object.assign(globalThis, {
  $mutants: (id: number): boolean => {
    reached[id] = 1
    return id === on
  },
})

const passedBy = (): number[] => [...reached.keys()].filter(id => reached[id] === 1)
const say = (report: Report): void => void process.send?.(report)
const name = ({ file, title }: Collected): string => `${file}: ${title}`

let stray = false

const passes = async (test: Collected): Promise<boolean> => {
  stray = false
  try {
    await run(test)
    return !stray
  } catch {
    return false
  }
}

async function base(skip: readonly string[]): Promise<void> {
  const loaded = passedBy()
  for (const test of collection.tests) {
    if (skip.includes(name(test))) continue
    say({ say: 'running', name: name(test) })
    reached = new Uint8Array(count + 1)
    const began = process.cpuUsage()
    const good = await passes(test)
    const { user, system } = process.cpuUsage(began)
    const ms = (user + system) / 1000
    if (good) say({ say: 'passed', test: { name: name(test), ms, reached: passedBy() } })
    else say({ say: 'unfit', name: name(test) })
  }
  say({ say: 'base', loaded })
}

async function judge(id: number, names: readonly string[]): Promise<void> {
  for (const wanted of names) {
    const test = collection.tests.find(one => name(one) === wanted)
    if (test === undefined) continue
    say({ say: 'running', name: wanted })
    on = id
    const good = await passes(test)
    on = fixed ?? 0
    if (good) continue
    // A mutant may have left something behind that fails every test from now on: then this process says nothing more.
    const sound = fixed !== undefined || (await passes(test))
    say(sound ? { say: 'judged', id, killer: wanted } : { say: 'poisoned', id, killer: wanted })
    return
  }
  say({ say: 'judged', id })
}

const strays = (): void => {
  stray = true
}
process.on('uncaughtException', strays)
process.on('unhandledRejection', strays)
fc.configureGlobal({ seed: 1, endOnFailure: true })
register('./hooks.js', import.meta.url, { data: { file: modules } })
for (const file of files) {
  begin(file)
  await import(pathToFileURL(file).href)
}
process.on('message', async (order: Order) => {
  if (order.ask === 'base') await base(order.skip)
  else await judge(order.id, order.tests)
})
process.on('disconnect', () => process.exit())
say({ say: 'ready' })
