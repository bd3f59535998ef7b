/** Programs that tests of this folder need: looked for once, with a limit; skipped visibly, or required with BIOPAIR_REQUIRE_PEERS=1. */
import { spawnSync } from 'node:child_process'
import test, { type ExecutionContext } from 'ava'

const found = new Map<string, boolean>()

/** Whether a program runs and ends well with these arguments, within a minute. */
function runs(program: string, args: readonly string[]): boolean {
  const call = [program, ...args].join(' ')
  const before = found.get(call)
  if (before !== undefined) return before
  const { status } = spawnSync(program, args, {
    stdio: 'ignore',
    timeout: 60_000,
    killSignal: 'SIGKILL',
  })
  found.set(call, status === 0)
  return status === 0
}

/** Registers a test that makes FIFOs. */
export function fifoTest(title: string, body: (t: ExecutionContext) => Promise<void>): void {
  programTest('mkfifo', ['--version'], title, body)
}

/** Registers a test that has a pseudo-terminal made. */
export function serialTest(title: string, body: (t: ExecutionContext) => Promise<void>): void {
  programTest('python3', ['-c', 'import pty, tty'], title, body)
}

function programTest(
  program: string,
  args: readonly string[],
  title: string,
  body: (t: ExecutionContext) => Promise<void>,
): void {
  if (runs(program, args)) {
    test.serial(title, async t => {
      t.timeout(120_000)
      await body(t)
    })
    return
  }
  if (process.env.BIOPAIR_REQUIRE_PEERS === '1')
    test(title, t => t.fail(`BIOPAIR_REQUIRE_PEERS=1, and there is no ${program}`))
  else
    test(`${title} (skipped: no ${program})`, t => {
      t.log(`there is no ${program} on this machine`)
      t.false(runs(program, args))
    })
}
