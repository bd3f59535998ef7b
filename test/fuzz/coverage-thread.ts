/** What the inputs run that were kept at any time: each runs once more, counted, in a thread of its own. */
import { hash } from 'node:crypto'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { PackageCoverage } from './v8-coverage.ts'

export class CoverageThread {
  readonly #worker = new Worker(new URL('coverage-worker.js', import.meta.url))
  readonly #known = new Set<string>()

  /** Runs those that were not given before; what a fuzzer has kept may be gone the next time. */
  async learn(name: string, kept: readonly Uint8Array[]): Promise<void> {
    const inputs = kept.filter(data => {
      const { size } = this.#known
      return this.#known.add(`${name} ${hash('sha1', data)}`).size > size
    })
    await this.#ask({ name, inputs })
  }

  async report(): Promise<readonly PackageCoverage[]> {
    return (await this.#ask('report')) as readonly PackageCoverage[]
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }

  async #ask(question: unknown): Promise<unknown> {
    const answer = once(this.#worker, 'message')
    this.#worker.postMessage(question)
    return (await answer)[0]
  }
}
