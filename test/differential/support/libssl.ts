/** The C program over the installed libssl: built once, fed schedules, and skipped visibly where it cannot be built. */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { filesFor, scratch } from '../../interop/support/files.ts'

/** Long enough for any schedule; what takes longer hangs. */
const patience = 100_000

/** The program, one process of it; answers are lines, one for each call. */
export class Libssl {
  /** OPENSSL_VERSION_NUMBER without its patch level: 0x3000 is 3.0. */
  readonly version: number
  /** What it says of itself. */
  readonly name: string
  readonly #process: ChildProcessWithoutNullStreams
  readonly #lines: AsyncIterator<string, undefined>

  private constructor(
    process: ChildProcessWithoutNullStreams,
    lines: AsyncIterator<string, undefined>,
    hello: string,
  ) {
    const [number = '', ...name] = hello.split(' ')
    this.version = Number.parseInt(number, 16) >>> 16
    this.name = name.join(' ')
    this.#process = process
    this.#lines = lines
  }

  static async start(): Promise<Libssl> {
    const { certFile, keyFile, caFile } = filesFor('p256')
    const child = spawn(program(), [certFile, keyFile, caFile])
    // Whoever waits for an answer is told that there is none.
    child.stdin.on('error', () => {})
    child.stderr.resume()
    await once(child, 'spawn')
    const lines = linesOf(child)
    const first = await within(child, lines.next())
    return new Libssl(child, lines, first.value ?? '')
  }

  /** The answers to a schedule's calls, then everything is forgotten. */
  async run(schedule: readonly string[]): Promise<string[]> {
    this.#process.stdin.write(`${[...schedule, 'end'].join('\n')}\n`)
    const answers: string[] = []
    for (;;) {
      const { value, done } = await within(this.#process, this.#lines.next())
      if (done)
        throw new Error(`libssl ended after ${answers.length} answers to\n${schedule.join('\n')}`)
      if (value === 'end') return answers
      answers.push(value)
    }
  }

  stop(): void {
    this.#process.kill('SIGKILL')
  }
}

async function* linesOf(child: ChildProcessWithoutNullStreams): AsyncGenerator<string, undefined> {
  let rest = ''
  for await (const chunk of child.stdout) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  return undefined
}

async function within<T>(child: ChildProcessWithoutNullStreams, answer: Promise<T>): Promise<T> {
  const timer = setTimeout(() => child.kill('SIGKILL'), patience)
  try {
    return await answer
  } finally {
    clearTimeout(timer)
  }
}

let built: string | undefined

function program(): string {
  if (built !== undefined) return built
  const path = scratch('libssl')
  // The tests run from dist/, the C program stands beside their sources.
  const source = fileURLToPath(new URL('../../../differential/libssl.c', import.meta.url))
  const args = ['-std=c11', '-O1', '-o', path, source, '-lssl', '-lcrypto']
  const { status, stderr } = spawnSync('cc', args, { encoding: 'utf8', timeout: 200_000 })
  if (status !== 0) throw new Error(`cc: ${stderr}`)
  built = path
  return path
}

/** Why there is nothing to compare with; undefined where there is. */
function lacking(): string | undefined {
  const input =
    '#include <openssl/ssl.h>\n#if OPENSSL_VERSION_NUMBER < 0x30000000L\n#error old\n#endif\n'
  const { error, status } = spawnSync('cc', ['-E', '-x', 'c', '-'], { input, timeout: 200_000 })
  if (error) return 'no cc'
  return status === 0 ? undefined : 'no libssl-dev of OpenSSL 3'
}

const lack = lacking()
let running: Promise<Libssl> | undefined

test.after.always(async () => (await running?.catch(() => undefined))?.stop())

/** Registers a test that needs libssl to compare with. They run one after the other, with one process of it. */
export function libsslTest(
  title: string,
  body: (t: ExecutionContext, libssl: Libssl) => Promise<void>,
): void {
  if (lack === undefined)
    test.serial(title, async t => {
      t.timeout(280_000)
      running ??= Libssl.start()
      await body(t, await running)
    })
  else if (process.env.BIOPAIR_REQUIRE_PEERS === '1')
    test.serial(title, t => t.fail(`BIOPAIR_REQUIRE_PEERS=1, and there is ${lack}`))
  else
    test.serial(`${title} (skipped: ${lack})`, t => {
      t.log(`there is ${lack} on this machine`)
      t.is(lacking(), lack)
    })
}
