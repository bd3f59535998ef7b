/** Children: started with pipes, watched line by line, always killed. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import type { ExecutionContext } from 'ava'

export class Child {
  readonly process: ChildProcessWithoutNullStreams
  readonly #chunks: { readonly stdout: Buffer[]; readonly stderr: Buffer[] } = {
    stdout: [],
    stderr: [],
  }
  readonly #exit: Promise<number | string>
  #exited = false
  #watchers: (() => void)[] = []

  constructor(
    t: ExecutionContext,
    program: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ) {
    this.process = spawn(program, args, { env: { ...process.env, ...env } })
    for (const name of ['stdout', 'stderr'] as const)
      this.process[name].on('data', (chunk: Buffer) => {
        this.#chunks[name].push(chunk)
        this.#wake()
      })
    // A child that has ended is told so by its exit code.
    this.process.stdin.on('error', () => {})
    this.#exit = new Promise((resolve, reject) => {
      this.process.on('error', reject)
      this.process.on('close', (code, signal) => {
        this.#exited = true
        resolve(code ?? String(signal))
        this.#wake()
      })
    })
    t.teardown(() => {
      this.process.kill('SIGKILL')
      if (!t.passed) t.log(program, args.join(' '), '\n', this.stdout.slice(-4000), this.stderr)
    })
  }

  get stdout(): string {
    return this.bytes.toString('latin1')
  }

  get stderr(): string {
    return Buffer.concat(this.#chunks.stderr).toString('latin1')
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks.stdout)
  }

  /** Types something. */
  type(text: string | Uint8Array): void {
    this.process.stdin.write(text)
  }

  /** The end of its stdin. */
  end(): void {
    this.process.stdin.end()
  }

  /** The exit code, or the signal that ended it. */
  exit(): Promise<number | string> {
    return this.#exit
  }

  /** Waits until its output, both kinds together, matches. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#until(
      () => pattern.exec(this.stdout) ?? pattern.exec(this.stderr),
      String(pattern),
    )
  }

  /** Waits until so many bytes have come on stdout. */
  async printed(count: number): Promise<Buffer> {
    let length = 0
    let seen = 0
    return this.#until(() => {
      for (; seen < this.#chunks.stdout.length; seen++)
        length += this.#chunks.stdout[seen]?.length ?? 0
      return length >= count ? this.bytes : undefined
    }, `${count} bytes`)
  }

  async #until<T>(look: () => T | null | undefined, what: string): Promise<T> {
    for (;;) {
      const seen = look()
      if (seen !== null && seen !== undefined) return seen
      if (this.#exited) throw new Error(`it ended without ${what}: ${this.stdout}${this.stderr}`)
      await new Promise<void>(resolve => this.#watchers.push(resolve))
    }
  }

  #wake(): void {
    for (const watcher of this.#watchers.splice(0)) watcher()
  }
}
