/** Whom the command believes: -CAfile, -CApath, and nobody. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { mint } from '../support/mint.ts'
import { caFile, chain, identity, scratch, server } from './support/pairs.ts'
import { Run } from './support/runs.ts'

const folder = scratch('believed')
mkdirSync(folder)
writeFileSync(join(folder, 'other.pem'), mint({ subject: 'other', ca: true }).pem)
writeFileSync(join(folder, 'root.pem'), chain.root.pem)
const empty = scratch('empty')
mkdirSync(empty)

const cases: readonly (readonly [
  title: string,
  flags: readonly string[],
  exit: 0 | 1,
  says: RegExp,
])[] = [
  ['-CApath', ['-CApath', folder], 0, /^$/],
  ['-CApath beside a -CAfile', ['-CAfile', join(folder, 'other.pem'), '-CApath', folder], 0, /^$/],
  ['-CAfile whatever -no-CAfile says', ['-CAfile', caFile, '-no-CAfile'], 0, /^$/],
  ['another -CAfile', ['-CAfile', join(folder, 'other.pem')], 1, /unknown_ca/],
  ['a -CApath without certificates', ['-CApath', empty], 1, /-CApath: expected certificates/],
  ['the system alone, which does not know us', [], 1, /unknown_ca/],
  ['nobody', ['-no-CAfile'], 1, /needs ca or pins/],
]

for (const [title, flags, exit, says] of cases)
  test(`s_client believes ${title}`, async t => {
    const { port } = await server(t, [...identity, '-rev'])
    const to = ['-connect', `127.0.0.1:${port}`, '-servername', 'server.example', '-quiet']
    const run = new Run(t, ['s_client', ...to, ...flags])
    run.type('hello\nCLOSE\n')
    t.is(await run.exit, exit)
    t.regex(run.stderr, says)
    t.is(run.stdout, exit === 0 ? 'olleh\n' : '')
  })
