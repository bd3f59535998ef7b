/** Judges mutants with one child process at a time, and begins a new one where a mutant hangs or spoils the old. */
import { type ChildProcess, fork } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Base, Order, Report } from './child.ts'

/** How a mutant ended. `unreached`: no test comes by it. */
export type Fate = 'killed' | 'hung' | 'survived' | 'unreached'

/** What a child needs to begin. */
export interface Setting {
  readonly folder: string
  readonly modules: Readonly<Record<string, string>>
  readonly files: readonly string[]
  readonly count: number
}

/** What the run without mutants said. */
export interface BaseReport {
  readonly tests: readonly Base[]
  /** Tests that fail or hang here although ava passes them. */
  readonly unfit: readonly string[]
  readonly loaded: readonly number[]
}

const program = fileURLToPath(new URL('./child.js', import.meta.url))
const startMs = 120_000

/** One process after the other; `fixed` is a mutant that is on from before the modules load. */
export class Judge {
  readonly #setting: Setting
  readonly #limits = new Map<string, number>()
  readonly #path: string
  #child: ChildProcess | undefined

  constructor(setting: Setting, number: number) {
    this.#setting = setting
    this.#path = join(setting.folder, `child-${number}.json`)
  }

  /** How long each test may take, by what it took without a mutant. */
  limitBy(tests: readonly Base[]): void {
    for (const { name, ms } of tests) this.#limits.set(name, 4000 + 8 * ms)
  }

  /** A test that takes much longer than `mostMs`, or never ends, is left out: no mutant would be held to it. */
  async base(mostMs: number): Promise<BaseReport> {
    const [tests, unfit]: [Base[], string[]] = [[], []]
    for (;;) {
      let running = ''
      const skip = [...tests.map(({ name }) => name), ...unfit]
      const limit = (name: string): number => {
        running = name
        return mostMs
      }
      const end = await this.#ask({ ask: 'base', skip }, limit, report => {
        if (report.say === 'passed') tests.push(report.test)
        if (report.say === 'unfit') unfit.push(report.name)
      })
      if (end?.say === 'base') return { tests, unfit, loaded: end.loaded }
      unfit.push(running)
    }
  }

  /** A poisoned process is left, and the mutant judged once more in a fresh one. */
  async judge(id: number, tests: readonly string[], fixed = false): Promise<[Fate, string?]> {
    if (fixed) this.stop()
    let [running, patience] = ['', 1]
    const limit = (name: string): number => {
      running = name
      return patience * (this.#limits.get(name) ?? startMs)
    }
    for (let attempt = 0; ; attempt++) {
      const report = await this.#ask(
        { ask: 'judge', id, tests },
        limit,
        undefined,
        fixed ? id : undefined,
      )
      if (fixed) this.stop()
      if (report === undefined) {
        // A busy machine is slow as well: a test has to hang twice, the second time with more time.
        if (running === '' || patience > 1) return ['hung', running]
        patience = 5
        continue
      }
      if (report.say === 'judged')
        return report.killer === undefined ? ['survived'] : ['killed', report.killer]
      this.stop()
      if (report.say !== 'poisoned' || attempt > 0) return ['killed', running]
    }
  }

  stop(): void {
    this.#child?.removeAllListeners()
    this.#child?.kill('SIGKILL')
    this.#child = undefined
  }

  #spawn(fixed: number | undefined): ChildProcess {
    const { modules, files, count, folder } = this.#setting
    const code = join(folder, 'modules.json')
    writeFileSync(code, JSON.stringify(modules))
    writeFileSync(this.#path, JSON.stringify({ modules: code, files, count, fixed }))
    return fork(program, [this.#path], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
  }

  /** Undefined: nothing came in the time for it, or the process is gone. */
  async #ask(
    order: Order,
    limit: (name: string) => number,
    note?: (report: Report) => void,
    fixed?: number,
  ): Promise<Report | undefined> {
    const fresh = this.#child === undefined
    const child = this.#child ?? this.#spawn(fixed)
    this.#child = child
    const report = await new Promise<Report | undefined>(resolve => {
      let timer = setTimeout(() => end(), startMs)
      const end = (report?: Report): void => {
        clearTimeout(timer)
        child.removeAllListeners()
        resolve(report)
      }
      child.on('exit', () => end())
      child.on('message', (report: Report) => {
        if (report.say === 'ready') child.send(order)
        else if (report.say === 'running') {
          clearTimeout(timer)
          timer = setTimeout(() => end(), limit(report.name))
        } else if (report.say === 'passed' || report.say === 'unfit') note?.(report)
        else end(report)
      })
      if (!fresh) child.send(order)
    })
    if (report === undefined) this.stop()
    return report
  }
}
