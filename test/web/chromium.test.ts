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

/** In the page: two peers whose data channel carries TLS, each way to its end; JSON of what came of it. */
const peers = `(async () => {
  const { accept, connect, fromDataChannel } = await import('@biopair/web')
  const { ca, cert, key, servername } = await (await fetch('/identity.json')).json()
  const [near, far] = [new RTCPeerConnection(), new RTCPeerConnection()]
  for (const [one, other] of [[near, far], [far, near]])
    one.onicecandidate = ({ candidate }) => candidate && other.addIceCandidate(candidate)
  const arrives = new Promise(resolve => (far.ondatachannel = ({ channel }) => resolve(channel)))
  const channel = near.createDataChannel('tls')
  // Before it is open.
  const client = connect(channel, { ca, servername })
  await near.setLocalDescription()
  await far.setRemoteDescription(near.localDescription)
  await far.setLocalDescription()
  await near.setRemoteDescription(far.localDescription)
  const maxMessageSize = 65_536
  const server = accept(fromDataChannel(await arrives, { maxMessageSize }), { cert, key })
  const { protocol, authorized } = await client.opened
  const sent = new Uint8Array(1_000_000)
  for (let at = 0; at < sent.length; at += 65_536)
    crypto.getRandomValues(sent.subarray(at, at + 65_536))
  const echo = server.readable.pipeTo(server.writable)
  const saying = (async () => {
    const writer = client.writable.getWriter()
    for (let at = 0; at < sent.length; at += 10_000) await writer.write(sent.slice(at, at + 10_000))
    await writer.close()
  })()
  const heard = new Uint8Array(await new Response(client.readable).arrayBuffer())
  await Promise.all([saying, echo, client.closed, server.closed])
  const same = heard.length === sent.length && heard.every((byte, at) => byte === sent[at])
  const state = () => channel.readyState
  while (state() !== 'closed') await new Promise(resolve => setTimeout(resolve, 10))
  near.close()
  far.close()
  return JSON.stringify({ protocol, authorized, same, state: state() })
})()`

peerTest(
  'chromium',
  'without words, the demo talks to a server of its own; two peers in its page talk over a data channel of WebRTC, both ways and to a clean end',
  async t => {
    t.timeout(90_000)
    const page = await shown(t, [])
    const file = await lines(page, 'file')
    t.like(file, { state: 'done', servername: 'demo.example', file: '/file, 1,048,576 bytes' })
    t.is(await page.value('document.body.dataset.state'), 'done')
    t.deepEqual(JSON.parse(String(await page.value(peers))), {
      protocol: 'TLSv1.3',
      authorized: true,
      same: true,
      state: 'closed',
    })
  },
)
