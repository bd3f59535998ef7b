import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { verifyAlerts } from '@biopair/ssl'
import { alerts } from '@biopair/wire'
import { type VerifyCode, verifyCodes } from '@biopair/x509'
import test from 'ava'

/** The project's root, from `test/` or from `test/dist/`. */
function projectRoot(from: string): string {
  if (existsSync(join(from, 'pnpm-workspace.yaml'))) return from
  return projectRoot(dirname(from))
}

const root = projectRoot(dirname(fileURLToPath(import.meta.url)))

/** The first cells and the rows of every table under a heading. */
function tables(): Map<string, string[][]> {
  const found = new Map<string, string[][]>()
  let heading = ''
  for (const line of readFileSync(join(root, 'docs/reasons.md'), 'utf8').split('\n')) {
    if (line.startsWith('## ')) heading = line.slice(3)
    if (!line.startsWith('| `')) continue
    const cells = line.slice(1, -1).split('|')
    const row = cells.map(cell => cell.trim().replaceAll('`', ''))
    found.set(heading, [...(found.get(heading) ?? []), row])
  }
  return found
}

const documented = tables()
const rows = (heading: string) => documented.get(heading) ?? []
const sent = rows('Alerts that we send')
const codes = rows('Why a chain is not believed')
const misuse = rows('What a caller did wrong, and carriers')

/** Packages that name failures of their own; the C names and the command only pass them on. */
function sources(folder = join(root, 'packages')): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name)
    if (entry.isFile()) return path.includes('/src/') && path.endsWith('.ts') ? [path] : []
    const passesOn = ['node_modules', 'dist', 'cli', 'openssl'].includes(entry.name)
    return passesOn ? [] : sources(path)
  })
}

/** Words in capitals that name something else than a failure. */
const otherNames = [
  /^(WAIT_|TLS_(?!INVALID))/, // states, cipher suites
  /_SECRET(_0)?$|^CLIENT_RANDOM$/, // labels of the key log
  // Values of verify codes and BioReason, checked under their own tables; the parts of TOO_MANY_….
  /^(BAD_BASE64_DECODE|BAD_DECRYPT|BROKEN_PIPE|CANNOT_BLOCK|ENCRYPT_ERROR|IN_USE|INVALID_ARGUMENT|PREMATURE_CLOSE|UNSUPPORTED_METHOD|WRITE_TO_READ_ONLY_BIO)$/,
  /^(KEY_UPDATES|WARN_ALERTS)$/,
  // OpenSSL's words for codes of ours.
  /^(APPLICATION_VERIFICATION|HOSTNAME_MISMATCH)$/,
  // Of node:crypto, caught.
  /^ERR_CRYPTO_/,
]

const literals = new Map<string, string>()
for (const path of sources())
  for (const [, name = ''] of readFileSync(path, 'utf8').matchAll(
    /'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'/g,
  ))
    if (!otherNames.some(pattern => pattern.test(name))) literals.set(name, path)

const text = sources()
  .map(path => readFileSync(path, 'utf8'))
  .join('\n')

test('every name of a failure in the code stands in docs/reasons.md', t => {
  const known = new Set([...sent, ...codes, ...misuse].map(([name]) => name))
  const missing = [...literals].filter(([name]) => !known.has(name))
  t.true(literals.size > 100)
  t.deepEqual(missing, [])
})

test('every reason and code of docs/reasons.md stands in the code', t => {
  for (const [name = ''] of [...sent, ...misuse]) {
    const part = /^(?:TOO_MANY|ERR_BIO)_(.*)$/.exec(name)?.[1]
    t.true(text.includes(`'${name}'`) || (part !== undefined && text.includes(`'${part}'`)), name)
  }
})

test('every reason of docs/reasons.md stands there once, in order, with an alert of RFC 9846', t => {
  for (const table of [sent, codes, misuse]) {
    const names = table.map(([name]) => name)
    t.true(names.length > 10)
    t.deepEqual(names, [...new Set(names)].sort())
  }
  for (const [name, alert = ''] of sent) {
    if (name === 'CERTIFICATE_VERIFY_FAILED') continue
    for (const one of alert.split(' or ')) t.true(one in alerts, `${name}: ${alert}`)
  }
})

test('the verify codes of docs/reasons.md are those of x509, with their alerts, sections and fields', t => {
  const told = codes.map(([name = '', alert, section, field = '']) => [
    name,
    { alert, section, ...(field === '' ? {} : { field }) },
  ])
  const known = Object.entries(verifyCodes).map(([name, row]) => [
    name,
    { alert: verifyAlerts[name as VerifyCode], ...row },
  ])
  t.deepEqual<unknown, unknown>(Object.fromEntries(told), Object.fromEntries(known))
})

test('the alert of each reason is the one that it is thrown with', t => {
  // Where alert and reason stand in one expression; helpers that take both are told apart by the tests of their rules.
  const thrown = text.matchAll(/new TlsAlert\('(\w+)', \{\s*reason: '([A-Z0-9_]+)'/g)
  const told = new Map(sent.map(([name = '', alert = '']) => [name, alert.split(' or ')]))
  let count = 0
  for (const [, alert = '', reason = ''] of thrown) {
    count++
    t.true(told.get(reason)?.includes(alert), `${reason} is thrown with ${alert}`)
  }
  t.true(count > 40)
})
