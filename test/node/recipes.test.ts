/** The programs of docs/recipes.md run as they stand there. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { mint } from '../support/mint.ts'
import { folder } from './support/c.ts'

/** The project's root, from `test/` or from `test/dist/`. */
function projectRoot(from: string): string {
  if (existsSync(join(from, 'pnpm-workspace.yaml'))) return from
  return projectRoot(dirname(from))
}

const root = projectRoot(dirname(fileURLToPath(import.meta.url)))
const page = readFileSync(join(root, 'docs/recipes.md'), 'utf8')

/** The program below a heading. */
function program(heading: string): string {
  const [, chapter = ''] = page.split(`\n## ${heading}\n`)
  const [, code = ''] = /```js runnable\n([\s\S]*?)```/.exec(chapter.split('\n## ')[0] ?? '') ?? []
  return code
}

/** What it says, and how it ends. It is laid where the workspace's packages are found. */
async function run(name: string, code: string): Promise<string> {
  const place = folder()
  const { pem, keyPem } = mint({ key: 'p256', names: ['localhost'] })
  writeFileSync(place.path('cert.pem'), pem)
  writeFileSync(place.path('key.pem'), keyPem)
  const laid = join(root, 'test/dist/node/recipes')
  mkdirSync(laid, { recursive: true })
  const file = join(laid, `${name}.mjs`)
  writeFileSync(file, code)
  const child = spawn(process.execPath, [file], { cwd: dirname(place.path('x')), timeout: 120_000 })
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', chunk => {
      text += chunk
    })
  const [status] = await once(child, 'close')
  place.remove()
  return `${text}exit ${status}`
}

const said: readonly [heading: string, words: string][] = [
  [
    'A chain of filters',
    '0\ndone\nwrite: 16, write: 5, flush: done\nb25lIHR3byB0aHJlZQ==\n\ntrue\nundefined\nexit 0',
  ],
  ['TLS in TLS', 'hello\nexit 0'],
  [
    'Over a socket in Node',
    'TLSv1.3 true hello\nDEPTH_ZERO_SELF_SIGNED_CERT\nERR_SSL_TLSV1_ALERT_UNKNOWN_CA\nexit 0',
  ],
  ['https, fetch and http2', 'https.get HTTP/1.1\nfetch HTTP/2.0\nexit 0'],
  ['Over a child process', 'hello\nexit 0'],
  ['TLS from the middle of a stream', '220 go ahead\nTLSv1.3 true hello\nexit 0'],
  [
    'A peer of TLS 1.2',
    'protocol_version (TLSV1_ALERT_PROTOCOL_VERSION, RFC 9846 6.2): the peer ended the connection: it speaks none of our versions (minVersion, maxVersion)\nfirst hello TLSv1.2 false\nagain hello TLSv1.2 true\nexit 0',
  ],
  ['Sign with a key that cannot be extracted', 'true\nexit 0'],
  ['TLS for QUIC', 'true true h3 Uint8Array(3) [ 1, 1, 30 ]\nexit 0'],
  ['Port a C program', 'TLSv1.3\nHTTP/1.0 200 OK\r\n\r\nhello\r\n\nexit 0'],
]

for (const [index, [heading, words]] of said.entries())
  test(`the program of docs/recipes.md, "${heading}", runs as written`, async t => {
    t.timeout(150_000)
    const code = program(heading)
    t.not(code, '')
    t.is(await run(String(index), code), words)
  })

test('no program of docs/recipes.md is left out', t => {
  t.is(page.split('```js runnable').length - 1, said.length)
})
