import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as C from '@biopair/node/openssl'
import test from 'ava'

/** The project's root, from `test/` or from `test/dist/`. */
function projectRoot(from: string): string {
  if (existsSync(join(from, 'pnpm-workspace.yaml'))) return from
  return projectRoot(dirname(from))
}

test('docs/openssl.md names every call of BIO that there is, and calls none its own that there is not', t => {
  const root = projectRoot(dirname(fileURLToPath(import.meta.url)))
  const page = readFileSync(join(root, 'docs/openssl.md'), 'utf8')
  const table = page.slice(page.indexOf('## BIO\n'), page.indexOf('## SSL_CTX\n'))
  const rows = table.split('\n').filter(row => row.startsWith('| BIO_'))
  const there = rows.filter(row => !/\| not (t?here)/.test(row))
  const named = new Set(there.flatMap(row => row.split('|')[1]?.match(/BIO_\w+/g) ?? []))
  const calls = Object.entries(C)
    .filter(([name, value]) => name.startsWith('BIO_') && typeof value === 'function')
    .map(([name]) => name)
  t.true(calls.length > 150)
  t.deepEqual(
    calls.filter(name => !named.has(name)),
    [],
  )
  t.deepEqual(
    [...named].filter(name => !(name in C)),
    [],
  )
})
