/** The relay of docs/recipes.md, as it is written: its names lead here, and `ws` is one of ours. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer as createNetServer } from 'node:net'
import { join } from 'node:path'
import { createServer } from 'node:tls'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { nodeCrypto } from '@biopair/crypto-node'
import { connect } from '@biopair/web'
import test, { type ExecutionContext } from 'ava'
import { root } from '../house/support/rooms.ts'
import { Child } from '../interop/support/child.ts'
import { chainFor } from '../support/mint.ts'
import { webSocketTo } from './support/web-socket-end.ts'

const heading = 'Over a WebSocket'
const laid = fileURLToPath(new URL('recipes/relay', import.meta.url))

/** Leads the one place of the relay to a port of this machine. */
const names = `
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'
const { connect } = net
net.connect = ({ host, port }) => {
  if (host !== 'server.example' || port !== 443) throw new Error('a place that nobody named')
  return connect(Number(process.env.PORT), '127.0.0.1')
}
syncBuiltinESMExports()
`

/** The relay, to a port of this machine; answers its URL. */
async function relayTo(t: ExecutionContext, port: number): Promise<string> {
  const page = readFileSync(join(root, 'docs/recipes.md'), 'utf8')
  const [, chapter = ''] = page.split(`\n## ${heading}\n`)
  const [, code = ''] = /```js relay\n([\s\S]*?)```/.exec(chapter.split('\n## ')[0] ?? '') ?? []
  t.not(code, '')
  const ws = join(laid, 'node_modules/ws')
  mkdirSync(ws, { recursive: true })
  writeFileSync(join(ws, 'package.json'), '{"type":"module","exports":"./index.js"}')
  writeFileSync(join(ws, 'index.js'), "export * from '../../../../support/ws-end.js'\n")
  writeFileSync(join(laid, 'names.mjs'), names)
  writeFileSync(join(laid, 'relay.mjs'), code)
  const words = ['--import', pathToFileURL(join(laid, 'names.mjs')).href, join(laid, 'relay.mjs')]
  const child = new Child(t, process.execPath, words, { PORT: String(port) })
  const [url] = await child.says(/ws:\/\/\S+\//)
  return url
}

async function listening(t: ExecutionContext, server: ReturnType<typeof createNetServer>) {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}

test('the relay of docs/recipes.md runs as written: TLS of a page through it, both ways, slower than what comes, to a clean end', async t => {
  t.timeout(150_000)
  const { root: anchor, pem, keyPem } = chainFor('p256')
  const server = createServer({ cert: pem, key: keyPem }, socket => {
    socket.on('error', () => {})
    socket.pipe(socket)
  })
  const url = await relayTo(t, await listening(t, server))
  const options = { ca: anchor.pem, servername: 'server.example', crypto: nodeCrypto }
  const connection = connect(await webSocketTo(`${url}tcp/server.example:443`), options)
  t.true((await connection.opened).authorized)
  const sent = randomBytes(3_000_000)
  const writer = connection.writable.getWriter()
  const writing = writer.write(sent).then(() => writer.close())
  const heard: Uint8Array[] = []
  for await (const bytes of connection.readable) heard.push(bytes)
  await writing
  t.true(Buffer.concat(heard).equals(sent))
  await connection.closed

  const elsewhere = connect(await webSocketTo(`${url}tcp/other.example:443`), options)
  await t.throwsAsync(elsewhere.opened, { message: /4004/ })
})

test('a server that breaks behind the relay of docs/recipes.md is no clean end', async t => {
  t.timeout(150_000)
  const cuts = createNetServer(socket => socket.once('data', () => socket.resetAndDestroy()))
  const url = await relayTo(t, await listening(t, cuts))
  const { pem } = chainFor('p256')
  const carrier = await webSocketTo(`${url}tcp/server.example:443`)
  const connection = connect(carrier, { ca: pem, servername: 'server.example', crypto: nodeCrypto })
  await t.throwsAsync(connection.opened, { code: 'ERR_CARRIER_BROKEN' })
})
