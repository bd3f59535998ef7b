/** docs/openssl.md is the complete table of the calls of SSL, SSL_CTX, X509_VERIFY_PARAM and ERR: it names each, and no other. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as All from '@biopair/node/openssl'
import * as C from '@biopair/ssl/openssl'
import test from 'ava'

/** The project's root, from `test/` or from `test/dist/`. */
function projectRoot(from: string): string {
  if (existsSync(join(from, 'pnpm-workspace.yaml'))) return from
  return projectRoot(dirname(from))
}

test('docs/openssl.md names every call of SSL that there is, and none that there is not', t => {
  const root = projectRoot(dirname(fileURLToPath(import.meta.url)))
  const page = readFileSync(join(root, 'docs/openssl.md'), 'utf8')
  const tables = page.slice(page.indexOf('## BIO\n'), page.indexOf('## Not there yet\n'))
  const rows = tables.split('\n').filter(row => /^\| (SSL|TLS|X509|ERR|BIO_ready, SSL)_/.test(row))
  const pattern = /\b(?:SSL|TLS|X509_VERIFY_PARAM|ERR)_\w+/g
  const named = new Set(rows.flatMap(row => row.split('|')[1]?.match(pattern) ?? []))
  const calls = Object.entries(C)
    .filter(([, value]) => typeof value === 'function' && !/^class\b/.test(String(value)))
    .map(([name]) => name)
    .filter(name => /^(SSL|TLS|X509_VERIFY_PARAM|ERR)_/.test(name))
  t.true(calls.length > 150)
  t.deepEqual(
    calls.filter(name => !named.has(name)),
    [],
  )
  t.deepEqual(
    // Those that need Node stand in the same tables.
    [...named].filter(name => !(name in All)),
    [],
  )
})
