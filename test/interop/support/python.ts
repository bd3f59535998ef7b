/** The Python program beside these tests, over an OpenSSL that has ML-DSA; `BIOPAIR_PYTHON` names a Python that has what it needs. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { Child } from './child.ts'
import { python } from './tlslite.ts'

// The tests run from dist/, the program stands beside their sources.
const source = fileURLToPath(new URL('../../../interop/python/openssl_peer.py', import.meta.url))

/** Its words: Python's own warnings are none of ours. */
const words = (args: readonly string[]): string[] => ['-W', 'ignore', source, ...args]

let found: string | undefined

/** The version of the OpenSSL that it speaks through; empty where there is none with ML-DSA. */
export function pythonOpenssl(): string {
  found ??= spawnSync(python, words(['version']), { encoding: 'utf8' }).stdout?.trim() ?? ''
  return found
}

/** Starts the program. */
export function pythonPeer(t: ExecutionContext, ...args: readonly string[]): Child {
  return new Child(t, python, words(args))
}

/** Registers a test that needs it; where BIOPAIR_PYTHON says that it is there, it has to be. */
export function pythonTest(title: string, body: (t: ExecutionContext) => Promise<void>): void {
  if (pythonOpenssl() !== '') {
    test.serial(title, async t => {
      t.timeout(120_000)
      await body(t)
    })
    return
  }
  if (process.env.BIOPAIR_PYTHON !== undefined)
    test.serial(title, t => t.fail(`BIOPAIR_PYTHON is ${python}, and it has no ML-DSA`))
  else
    test.serial(`${title} (skipped: no Python with pyOpenSSL over an OpenSSL with ML-DSA)`, t => {
      t.log('there is none on this machine')
      t.is(pythonOpenssl(), '')
    })
}
