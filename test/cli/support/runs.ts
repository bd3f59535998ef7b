/** The command in this process: its stdin, stdout and stderr are streams of ours. */
import { PassThrough } from 'node:stream'
import { run } from '@biopair/cli'
import type { ExecutionContext } from 'ava'

export class Run {
  readonly stdin = new PassThrough()
  readonly #out = { stdout: '', stderr: '' }
  readonly #watchers = new Set<() => void>()
  readonly #abort = new AbortController()
  #code: 0 | 1 | undefined
  readonly exit: Promise<0 | 1>

  constructor(t: ExecutionContext, argv: readonly string[]) {
    const stdout = new PassThrough()
    const stderr = new PassThrough()
    for (const [name, stream] of Object.entries({ stdout, stderr }))
      stream.on('data', (chunk: Buffer) => {
        this.#out[name as 'stdout'] += chunk.toString('latin1')
        this.#wake()
      })
    const { signal } = this.#abort
    this.exit = run(argv, { stdin: this.stdin, stdout, stderr, signal }).then(code => {
      this.#code = code
      setImmediate(() => this.#wake())
      return code
    })
    t.teardown(() => {
      this.#abort.abort()
      this.stdin.end()
      if (!t.passed) t.log(argv.join(' '), '\n', this.stdout, '\n', this.stderr)
    })
  }

  get stdout(): string {
    return this.#out.stdout
  }

  get stderr(): string {
    return this.#out.stderr
  }

  type(text: string): void {
    this.stdin.write(text)
  }

  end(): void {
    this.stdin.end()
  }

  /** Waits until stdout or stderr match. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.stdout) ?? pattern.exec(this.stderr)
      if (found) return found
      if (this.#code !== undefined)
        throw new Error(
          `ended with ${this.#code} and without ${pattern}: ${this.stdout}${this.stderr}`,
        )
      await new Promise<void>(resolve => this.#watchers.add(resolve))
    }
  }

  #wake(): void {
    const watchers = [...this.#watchers]
    this.#watchers.clear()
    for (const watcher of watchers) watcher()
  }
}
