/** The program of docs/recipes.md that goes through a proxy, as it is written: its names lead here, and the rest is its own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { type AddressInfo, connect as connectNet } from 'node:net'
import { dirname, join } from 'node:path'
import type { Duplex } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { createServer } from '@biopair/node/tls'
import test from 'ava'
import { root } from '../../house/support/rooms.ts'
import { mint } from '../../support/mint.ts'

const page = readFileSync(join(root, 'docs/recipes.md'), 'utf8')
const heading = 'TLS in TLS through a proxy'
const [, chapter = ''] = page.split(`\n## ${heading}\n`)
const blocks = [...(chapter.split('\n## ')[0] ?? '').matchAll(/```js proxied\n([\s\S]*?)```/g)].map(
  ([, code = '']) => code,
)

/** Leads each name and port to one on this machine. */
const names = `
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'
const ports = JSON.parse(process.env.PORTS)
const { connect } = net
net.connect = options => {
  const port = ports[options.host + ':' + options.port]
  if (port === undefined) throw new Error('nobody is to be asked but the proxy: ' + options.host)
  return connect({ ...options, host: '127.0.0.1', port })
}
syncBuiltinESMExports()
`

test(`the program of docs/recipes.md, "${heading}", runs as written`, async t => {
  t.timeout(150_000)
  const [code = ''] = blocks
  t.is(blocks.length, 1)
  t.true(code.split('\n').length <= 25)
  const authority = mint({ key: 'p256', ca: true })
  const serving = (name: string, plain: http.Server) => {
    const { pem, keyPem } = mint({ key: 'p256', names: [name], issuer: authority })
    const server = createServer({ cert: pem, key: keyPem }, socket => {
      t.is(socket.servername, name)
      plain.emit('connection', socket)
    })
    server.on('tlsClientError', error => t.fail(`${name}: ${error}`))
    t.teardown(() => server.close())
    return server.listen(0, '127.0.0.1')
  }
  const target = serving(
    'www.example',
    http.createServer((_request, response) => response.end('hello')),
  )
  const asked: string[] = []
  const proxies = http.createServer().on('connect', (request, client: Duplex) => {
    asked.push(String(request.url))
    const { port } = target.address() as AddressInfo
    const behind = connectNet(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      client.pipe(behind).pipe(client)
    })
    for (const stream of [behind, client]) stream.on('error', () => behind.destroy())
  })
  const proxy = serving('proxy.example', proxies)
  await Promise.all([once(target, 'listening'), once(proxy, 'listening')])

  const laid = join(root, 'test/dist/node/recipes')
  mkdirSync(laid, { recursive: true })
  const file = (name: string, text: string) => {
    writeFileSync(join(laid, name), text)
    return join(laid, name)
  }
  const preload = pathToFileURL(file('names.mjs', names)).href
  const child = spawn(process.execPath, ['--import', preload, file('proxied.mjs', code)], {
    cwd: dirname(laid),
    timeout: 120_000,
    env: {
      ...process.env,
      PORTS: JSON.stringify({ 'proxy.example:443': (proxy.address() as AddressInfo).port }),
      // Whom Node believes besides.
      NODE_EXTRA_CA_CERTS: file('proxied-ca.pem', authority.pem),
    },
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', chunk => {
      said += chunk
    })
  const [status] = await once(child, 'close')
  t.is(`${said} exit ${status}`, 'hello\nhello exit 0')
  t.deepEqual(asked, ['www.example:443', 'www.example:443'])
})

/** Recipes of sockets of Node. */
const nodeRecipes = [...page.matchAll(/```js[^\n]*\n([\s\S]*?)```/g)]
  .map(([, code = '']) => code)
  .filter(code => code.includes("from 'biopair/node/tls'"))

test('every recipe of sockets of Node has fewer than 25 lines, imports and blank ones not counted, and at most 32 with them', t => {
  t.is(nodeRecipes.length, 6)
  for (const code of nodeRecipes) {
    const lines = code.trimEnd().split('\n')
    const own = lines.filter(line => line !== '' && !line.startsWith('import '))
    t.true(own.length < 25, `${own.length} lines:\n${code}`)
    t.true(lines.length <= 32, `${lines.length} lines:\n${code}`)
  }
})
