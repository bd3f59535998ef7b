/** Programs of others that tests meet: looked for once, skipped visibly where they are missing, required with BIOPAIR_REQUIRE_PEERS=1. */
import { spawnSync } from 'node:child_process'
import test, { type ExecutionContext } from 'ava'

/** Programs that want two dashes before `version`. */
const dashed: ReadonlySet<string> = new Set([
  'chromium',
  'curl',
  'gnutls-cli',
  'gnutls-serv',
  'postgres',
  'python3',
  'redis-server',
  'tshark',
])
/** NSS's say no version: they are there if they say what they are for. */
const mute: ReadonlyMap<string, readonly string[]> = new Map([
  ['selfserv', ['-Y']],
  ['tstclnt', ['-Y']],
])
const found = new Map<string, string | undefined>()

/** The version that a program says it has; undefined where there is none. */
export function versionOf(program: string): string | undefined {
  if (!found.has(program)) {
    const asked = mute.get(program) ?? [dashed.has(program) ? '--version' : 'version']
    const { status, stdout, stderr } = spawnSync(program, asked, { encoding: 'utf8' })
    const said = mute.has(program) ? `${stdout}${stderr}` : stdout
    const there = mute.has(program) ? /^Usage:/m.test(said) : status === 0
    found.set(program, there ? said.split('\n')[0] : undefined)
  }
  return found.get(program)
}

/** Registers a test that needs a program. They run one after the other: the machine's cores are for both ends. */
export function peerTest(
  program: string,
  title: string,
  body: (t: ExecutionContext) => Promise<void>,
): void {
  if (versionOf(program) !== undefined) {
    test.serial(title, async t => {
      t.timeout(120_000)
      await body(t)
    })
    return
  }
  if (process.env.BIOPAIR_REQUIRE_PEERS === '1')
    test.serial(title, t => t.fail(`BIOPAIR_REQUIRE_PEERS=1, and there is no ${program}`))
  else
    test.serial(`${title} (skipped: no ${program})`, t => {
      t.log(`there is no ${program} on this machine`)
      t.is(versionOf(program), undefined)
    })
}
