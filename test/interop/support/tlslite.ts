/** Tests with tlslite-ng: the one of the Python that BIOPAIR_PYTHON names, which then has to have it, or of python3, where it is a visible skip. */
import { spawnSync } from 'node:child_process'
import test, { type ExecutionContext } from 'ava'

/** The Python that tests start. */
export const python = process.env.BIOPAIR_PYTHON ?? 'python3'

/** What a line of Python says; undefined where it fails. */
export function said(line: string): string | undefined {
  const { status, stdout } = spawnSync(python, ['-c', line], { encoding: 'utf8' })
  return status === 0 ? stdout.trim() : undefined
}

/** Registers a test that needs something of tlslite-ng: `there` says whether it is there, `wheels` what to install. */
export function tlsliteTest(
  {
    there,
    what,
    wheels,
  }: { readonly there: boolean; readonly what: string; readonly wheels: string },
  title: string,
  body: (t: ExecutionContext) => Promise<void>,
): void {
  if (there)
    test.serial(title, async t => {
      t.timeout(120_000)
      await body(t)
    })
  else if (process.env.BIOPAIR_PYTHON !== undefined)
    test.serial(title, t => t.fail(`BIOPAIR_PYTHON is ${python}, and it has no ${what}`))
  else
    test.serial(`${title} (skipped: no ${what})`, t => {
      t.log(`python3 -m pip install ${wheels} gives it`)
      t.false(there)
    })
}
