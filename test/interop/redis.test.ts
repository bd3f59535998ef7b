/** Two server processes that share ticket keys and a Redis: a 0-RTT flight is taken once, whichever of them it is played to. */
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { MemoryBio } from '@biopair/bio'
import { nodeCrypto } from '@biopair/crypto-node'
import { type Session, Ssl, SslContext } from '@biopair/ssl'
import type { ExecutionContext } from 'ava'
import { Child } from './support/child.ts'
import { filesFor, scratch } from './support/files.ts'
import { connectTo, freePort } from './support/ours.ts'
import { peerTest } from './support/peers.ts'

const { certFile, keyFile, root } = filesFor('p256')
const here = dirname(fileURLToPath(import.meta.url))
const early = 'GET /early.'

/** The project's root, from `test/` or from `test/dist/`. */
function projectRoot(from: string): string {
  if (existsSync(join(from, 'pnpm-workspace.yaml'))) return from
  return projectRoot(dirname(from))
}

/** The store of docs/recipes.md, as it stands there. */
function storeOfTheRecipe(): string {
  const page = readFileSync(join(projectRoot(here), 'docs/recipes.md'), 'utf8')
  const [, code = ''] = /```js redis-store\n([\s\S]*?)```/.exec(page) ?? []
  const file = `${scratch('redis-store')}.mjs`
  writeFileSync(file, code)
  return file
}

async function redis(t: ExecutionContext): Promise<{ child: Child; port: number }> {
  const port = await freePort()
  const child = new Child(t, 'redis-server', [
    ...['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
    ...['--dir', dirname(certFile)],
  ])
  await child.says(/Ready to accept connections/)
  return { child, port }
}

async function serverProcess(t: ExecutionContext, store: string, redisPort: number) {
  const script = join(here, 'support/early-server.js')
  const child = new Child(t, process.execPath, [
    script,
    store,
    String(redisPort),
    certFile,
    keyFile,
  ])
  const [, port] = await child.says(/port (\d+)/)
  return { child, port: Number(port) }
}

/** A session of one of the servers. */
async function visit(t: ExecutionContext, port: number): Promise<Session> {
  const client = await (await connectTo(t, port, { ca: root.pem })).shake()
  while (!client.ssl.session) {
    client.ssl.read(new Uint8Array(1))
    await sleep(2)
  }
  const { session } = client.ssl
  client.ssl.close()
  return session
}

/** A first flight with early data, as it goes out. */
function flight(session: Session): Uint8Array {
  const out = new MemoryBio()
  const client = new Ssl(new SslContext({ crypto: nodeCrypto, ca: root.pem }), {
    servername: 'server.example',
    session,
  })
  client.setBio(new MemoryBio(), out).setConnectState()
  client.writeEarly(Buffer.from(early))
  const bytes = new Uint8Array(out.pending)
  out.read(bytes)
  return bytes
}

async function play(t: ExecutionContext, port: number, bytes: Uint8Array): Promise<void> {
  const socket = net.connect(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.write(bytes)
}

peerTest(
  'redis-server',
  'rule 55: a flight that is played to two processes with one Redis is taken once, and without Redis not at all, while handshakes go on',
  async t => {
    const store = storeOfTheRecipe()
    const { child, port } = await redis(t)
    const [first, second] = [
      await serverProcess(t, store, port),
      await serverProcess(t, store, port),
    ]
    const recorded = flight(await visit(t, first.port))
    await play(t, first.port, recorded)
    await first.child.says(/accepted resumed "GET \/early\."/)
    for (const { child: server, port: again } of [second, first]) {
      await play(t, again, recorded)
      await server.says(/rejected resumed ""/)
    }
    // Another flight is another one, wherever it comes.
    await play(t, second.port, flight(await visit(t, first.port)))
    await second.child.says(/accepted resumed "GET \/early\."/)

    child.process.kill('SIGKILL')
    await child.exit()
    const session = await visit(t, first.port)
    const client = await connectTo(t, second.port, { ca: root.pem }, undefined, session)
    t.is((await client.settled(ssl => ssl.writeEarly(Buffer.from(early)))).status, 'done')
    await client.shake()
    t.true(client.ssl.resumed)
    t.is(client.ssl.earlyData, 'rejected')
    t.is(client.ssl.rejectedEarlyData()?.bytes.length, early.length)
    await second.child.says(/rejected resumed ""\nconnected/)
  },
)
