/** The Rust program beside these tests, a peer over rustls: built once per run where there is a cargo for it. BIOPAIR_RUSTLS is 1 where it has to be, 0 where it is not to be built, or the program. */
import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { Child } from './child.ts'
import { scratch } from './files.ts'

/** The cargo that reads its Cargo.lock, and what that names. */
const oldest = [1, 85] as const

/** The program, or why there is none. */
type Built = { readonly program: string } | { readonly missing: string }

const said = process.env.BIOPAIR_RUSTLS ?? ''
const built = await build()

async function build(): Promise<Built> {
  if (said === '0') return { missing: 'BIOPAIR_RUSTLS is 0' }
  if (said !== '' && said !== '1') return { program: said }
  const { status, stdout } = spawnSync('cargo', ['--version'], { encoding: 'utf8' })
  if (status !== 0) return { missing: 'no cargo' }
  const [, major = 0, minor = 0] = (/^cargo (\d+)\.(\d+)/.exec(stdout) ?? []).map(Number)
  if (major < oldest[0] || (major === oldest[0] && minor < oldest[1]))
    return { missing: `${stdout.trim()} is older than ${oldest.join('.')}` }
  const target = scratch('rustls')
  // The tests run from dist/, the program stands beside their sources.
  const cargo = spawn('cargo', ['build', '--release', '--locked', '--quiet'], {
    cwd: fileURLToPath(new URL('../../../interop/rustls', import.meta.url)),
    env: { ...process.env, CARGO_TARGET_DIR: target, CARGO_TERM_COLOR: 'never' },
    stdio: ['ignore', 'ignore', 'pipe'],
    // A little less than the five minutes after which ava gives up.
    timeout: 280_000,
  })
  const why: Buffer[] = []
  cargo.stderr.on('data', (chunk: Buffer) => why.push(chunk))
  const code = await new Promise(resolve =>
    cargo.on('close', (code, signal) => resolve(code ?? signal)),
  )
  if (code === 0) return { program: join(target, 'release', 'rustls-peer') }
  const [first = ''] = Buffer.concat(why).toString().split('\n')
  return { missing: `cargo build: ${code} ${first}` }
}

/** Words for the program, as `name=value`. */
export type Words = Readonly<Record<string, string | number>>

/** What it says about a connection. */
export interface Facts {
  readonly kind: 'Full' | 'FullWithHelloRetryRequest' | 'Resumed'
  readonly suite: string
  readonly group: string
  readonly alpn: string
  /** The server name that it was asked for. */
  readonly name: string
  readonly certificates: number
  /** DER, in hexadecimal. */
  readonly leaf: string
  /** 32 bytes with the label `EXPORTER-interop` and the context `both`, in hexadecimal. */
  readonly exporter: string
  readonly accepted: boolean
  readonly early: string
}

/** Starts the program. */
export class RustlsPeer extends Child {
  constructor(t: ExecutionContext, role: 'client' | 'server', words: Words) {
    if ('missing' in built) throw new Error(built.missing)
    super(t, built.program, [role, ...Object.entries(words).map(pair => pair.join('='))])
  }

  /** The port that a server took. */
  async port(): Promise<number> {
    const [, port] = await this.says(/PORT (\d+)\n/)
    return Number(port)
  }

  /** What it says about its `nth` connection. */
  async facts(nth = 1): Promise<Facts> {
    const [, facts = ''] = await this.says(new RegExp(`(?:FACTS (.*)\\n[^]*?){${nth}}`))
    return JSON.parse(facts)
  }

  /** Waits for its end, which has to be a good one. */
  async over(t: ExecutionContext): Promise<void> {
    t.is(await this.exit(), 0, this.stderr)
    t.notRegex(this.stdout, /FAILED/)
  }
}

/** Registers a test that needs it. */
export function rustlsTest(title: string, body: (t: ExecutionContext) => Promise<void>): void {
  if ('program' in built) {
    test.serial(title, async t => {
      t.timeout(120_000)
      await body(t)
    })
    return
  }
  const { missing } = built
  if (said === '1')
    test.serial(title, t => t.fail(`BIOPAIR_RUSTLS is 1, and there is none: ${missing}`))
  else
    test.serial(`${title} (skipped: no rustls)`, t => {
      t.log(missing)
      t.not(missing, '')
    })
}
