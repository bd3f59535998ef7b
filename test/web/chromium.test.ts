/** The demo's page in a real browser: TLS in the page to a real OpenSSL, and keys that stay in workers. */
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { root } from '../house/support/rooms.ts'
import { Child } from '../interop/support/child.ts'
import { filesFor } from '../interop/support/files.ts'
import { peerTest, versionOf } from '../interop/support/peers.ts'
import { Chromium, type Page } from './support/chromium.ts'

type Facts = Readonly<Record<string, string>>

/** What is missing first, if anything is. */
const both = versionOf('openssl') === undefined ? 'openssl' : 'chromium'
const body = randomBytes(1_000_000)
const digest = createHash('sha256').update(body).digest('hex')

/** `openssl s_server -WWW` in a folder with one file; answers its port. */
async function openssl(t: ExecutionContext): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'biopair-www-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'file.bin'), body)
  const { certFile, keyFile } = filesFor('p256')
  const words = [
    ...['s_server', '-WWW', '-accept', '127.0.0.1:0', '-tls1_3'],
    ...['-cert', certFile, '-cert_chain', certFile, '-key', keyFile],
  ]
  const server = new Child(t, 'sh', ['-c', 'cd "$0" && exec openssl "$@"', folder, ...words])
  const [, port = ''] = await server.says(/ACCEPT \S*:(\d+)/)
  return port
}

/** The demo's site, at the end of its work in a browser. */
async function shown(t: ExecutionContext, words: readonly string[]): Promise<Page> {
  const program = join(root, 'demo/dist/web/serve.js')
  const site = new Child(t, process.execPath, [program, '--port', '0', ...words])
  const [url] = await site.says(/http:\/\/\S+/)
  const page = await new Chromium(t).open(url)
  await page.until('document.body?.dataset.state > "" && document.body.dataset.state !== "working"')
  return page
}

/** Every line of one half of the page, as it stands in the DOM. */
async function lines(page: Page, id: string): Promise<Facts> {
  return (await page.value(
    `Object.fromEntries([...document.querySelectorAll('#${id} [data-fact]')].map(line => [line.dataset.fact, line.textContent]))`,
  )) as Facts
}

/** Where the variable says so, the picture is kept: it is for people. */
async function keep(t: ExecutionContext, page: Page): Promise<void> {
  const picture = await page.picture()
  t.is(picture.subarray(1, 4).toString(), 'PNG')
  const { BIOPAIR_SCREENSHOT } = process.env
  if (BIOPAIR_SCREENSHOT) writeFileSync(BIOPAIR_SCREENSHOT, picture)
}

peerTest(
  both,
  'a page in Chromium fetches a file over TLS of its own, through a relay, from openssl s_server; two workers talk, and keep their keys',
  async t => {
    t.timeout(90_000)
    const { caFile } = filesFor('p256')
    const page = await shown(t, [
      ...['--to', `127.0.0.1:${await openssl(t)}`, '--ca', caFile],
      ...['--servername', 'server.example', '--path', '/file.bin'],
    ])
    const file = await lines(page, 'file')
    t.like(file, {
      state: 'done',
      protocol: 'TLSv1.3',
      group: 'x25519',
      servername: 'server.example',
      authorized: 'true',
      file: '/file.bin, 1,000,000 bytes',
      'SHA-256': digest,
    })
    const number = (name: string) => Number(file[name]?.replaceAll(',', ''))
    t.true(number('bytes received below') > number('bytes read'))
    t.true(number('bytes read') > body.length)

    const workers = await lines(page, 'workers')
    t.like(workers, {
      state: 'done',
      protocol: 'TLSv1.3',
      alpn: 'demo',
      servername: 'demo.example',
      authorized: 'true',
      'facts agree': 'true',
      'bytes to the server': '300,000',
      'bytes to the client': '200,000',
      'what was sent was read': 'true',
      ends: 'clean, clean',
    })
    t.regex(workers.exporter ?? '', /^[0-9a-f]{32}$/)
    await keep(t, page)
  },
)

peerTest(
  'chromium',
  'the page says so where the server is not the one that is believed',
  async t => {
    t.timeout(90_000)
    const { caFile } = filesFor('p256')
    const { caFile: other } = filesFor('p384')
    t.not(caFile, other)
    const page = await shown(t, [
      ...['--to', `127.0.0.1:${await openssl(t)}`, '--ca', other],
      ...['--servername', 'server.example', '--path', '/file.bin'],
    ])
    const file = await lines(page, 'file')
    t.is(file.state, 'failed')
    t.regex(file.error ?? '', /unknown_ca|CERTIFICATE_VERIFY_FAILED/)
    t.is(file['SHA-256'], undefined)
    t.is(await page.value('document.body.dataset.state'), 'failed')
  },
)

peerTest('chromium', 'without words, the demo talks to a server of its own', async t => {
  t.timeout(90_000)
  const page = await shown(t, [])
  const file = await lines(page, 'file')
  t.like(file, { state: 'done', servername: 'demo.example', file: '/file, 1,048,576 bytes' })
  t.is(await page.value('document.body.dataset.state'), 'done')
})
