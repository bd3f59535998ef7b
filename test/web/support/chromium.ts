/** A headless Chromium over the DevTools protocol on two pipes (`--remote-debugging-pipe`), killed with all its processes whatever happens. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import type { ExecutionContext } from 'ava'

interface Answer {
  readonly id?: number
  readonly method?: string
  readonly params?: Readonly<Record<string, unknown>>
  readonly result?: Readonly<Record<string, unknown>>
  readonly error?: { readonly message: string }
}

/** Longer than this no browser of ours lives. */
const lifetime = 120_000

export class Chromium {
  /** What pages wrote on their consoles, and what they threw. */
  readonly said: string[] = []
  readonly #process: ChildProcess
  readonly #to: Writable
  readonly #waits = new Map<number, (answer: Answer) => void>()
  #received = ''
  #last = 0

  /** In a folder of its own, which goes away with the test. */
  constructor(t: ExecutionContext) {
    const folder = mkdtempSync(join(tmpdir(), 'biopair-chromium-'))
    this.#process = spawn(
      'chromium',
      [
        ...['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
        ...['--no-first-run', '--disable-background-networking', '--disable-component-update'],
        // Two peers of one page find each other where there is no network: by loopback, and without mDNS.
        ...['--allow-loopback-in-peer-connection', '--disable-features=WebRtcHideLocalIpsWithMdns'],
        ...['--remote-debugging-pipe', `--user-data-dir=${folder}`, '--window-size=1280,900'],
      ],
      // A group of its own: Debian's `chromium` is a script, and the browser is many processes.
      { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'], detached: true },
    )
    const [to, from] = [this.#process.stdio[3] as Writable, this.#process.stdio[4] as Readable]
    this.#to = to
    to.on('error', () => {})
    from.setEncoding('utf8').on('data', (text: string) => this.#take(text))
    const kill = () => {
      try {
        process.kill(-(this.#process.pid as number), 'SIGKILL')
      } catch {
        // It is gone already.
      }
    }
    const timer = setTimeout(kill, lifetime)
    process.once('exit', kill)
    this.#process.once('close', () => {
      for (const wait of this.#waits.values()) wait({ error: { message: 'the browser is gone' } })
    })
    t.teardown(async () => {
      clearTimeout(timer)
      process.off('exit', kill)
      const gone = this.#process.exitCode === null ? once(this.#process, 'close') : undefined
      kill()
      await gone
      if (!t.passed) t.log(this.said.join('\n'))
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
    })
  }

  /** A page that is loading. */
  async open(url: string): Promise<Page> {
    const { targetId } = await this.call('Target.createTarget', { url: 'about:blank' })
    const { sessionId } = await this.call('Target.attachToTarget', { targetId, flatten: true })
    const page = new Page(this, sessionId as string)
    await page.call('Runtime.enable')
    await page.call('Page.enable')
    await page.call('Page.navigate', { url })
    return page
  }

  call(
    method: string,
    params: object = {},
    sessionId?: string,
  ): Promise<Readonly<Record<string, unknown>>> {
    const id = ++this.#last
    return new Promise((resolve, reject) => {
      this.#waits.set(id, ({ result = {}, error }) => {
        if (error) reject(new Error(`${method}: ${error.message}`))
        else resolve(result)
      })
      this.#to.write(`${JSON.stringify({ id, method, params, sessionId })}\0`)
    })
  }

  #take(text: string): void {
    const parts = (this.#received + text).split('\0')
    this.#received = parts.pop() ?? ''
    for (const part of parts) {
      const answer = JSON.parse(part) as Answer
      if (answer.id === undefined) this.#heard(answer)
      else this.#waits.get(answer.id)?.(answer)
      this.#waits.delete(answer.id ?? 0)
    }
  }

  #heard({ method, params }: Answer): void {
    if (method === 'Runtime.exceptionThrown' || method === 'Runtime.consoleAPICalled')
      this.said.push(JSON.stringify(params))
  }
}

export class Page {
  readonly #browser: Chromium
  readonly #session: string

  constructor(browser: Chromium, session: string) {
    this.#browser = browser
    this.#session = session
  }

  call(method: string, params: object = {}): Promise<Readonly<Record<string, unknown>>> {
    return this.#browser.call(method, params, this.#session)
  }

  /** What an expression comes to in the page. */
  async value(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = await this.call('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    })
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails))
    return (result as { readonly value?: unknown }).value
  }

  /** Looks until an expression is true, so often that a test seldom waits. */
  async until(expression: string): Promise<void> {
    while (!(await this.value(expression))) await new Promise(resolve => setTimeout(resolve, 50))
  }

  /** What it looks like, as a PNG. */
  async picture(): Promise<Buffer> {
    const { data } = await this.call('Page.captureScreenshot', { format: 'png' })
    return Buffer.from(data as string, 'base64')
  }
}
