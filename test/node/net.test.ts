/** The connect and accept BIOs: TCP on this machine and Unix sockets. */
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Bio, Pump, type Stopped, setBlocking } from '@biopair/bio'
import { nodeCrypto } from '@biopair/crypto-node'
import { AcceptBio, type AcceptedBio, type AcceptOptions, ConnectBio } from '@biopair/node'
import { drive, Ssl, SslContext } from '@biopair/ssl'
import test, { type ExecutionContext } from 'ava'
import { codeOf, counted, eof, settled, take } from '../bio/support/bytes.ts'
import { freePort } from '../support/free-port.ts'
import { chainFor } from '../support/mint.ts'
import { folder } from './support/paths.ts'

const connecting = { stop: 'retry', on: 'special', reason: 'connect' } as const
const accepting = { stop: 'retry', on: 'special', reason: 'accept' } as const

/** Asks again, waiting in between, until the answer is no retry. */
async function settle<T>(
  bio: { ready?(on: 'read'): Promise<void> },
  call: () => T | Stopped,
): Promise<T | Stopped> {
  for (;;) {
    const answer = call()
    if (typeof answer !== 'object' || answer === null || !('stop' in answer)) return answer
    if (answer.stop !== 'retry') return answer
    await bio.ready?.('read')
  }
}

async function listening(t: ExecutionContext, options: Partial<AcceptOptions> = {}) {
  const where = 'path' in options ? {} : { port: 0, host: '127.0.0.1' }
  const bio = new AcceptBio({ ...where, ...options })
  t.teardown(() => bio.close())
  t.deepEqual(bio.listen(), accepting)
  t.is(await settle(bio, () => bio.listen()), 'done')
  return bio
}

async function next(t: ExecutionContext, bio: AcceptBio): Promise<AcceptedBio> {
  const accepted = await settle(bio, () => bio.accept())
  if ('stop' in accepted) throw new Error(accepted.stop)
  t.teardown(() => accepted.socket.destroy())
  return accepted
}

function to(
  t: ExecutionContext,
  where: AcceptBio | { port: number; host?: string } | { path: string },
) {
  const bio =
    where instanceof AcceptBio
      ? new ConnectBio({ port: where.port as number, host: '127.0.0.1' })
      : new ConnectBio(where)
  t.teardown(() => bio.socket?.destroy())
  return bio
}

async function exchange(t: ExecutionContext, a: Bio, b: Bio): Promise<void> {
  t.is(await settle(a, () => a.write(counted(10))), 10)
  t.deepEqual(await settle(b, () => take(b, 20)), counted(10))
  b.write(counted(7))
  b.end()
  t.deepEqual(await settle(a, () => take(a, 20)), counted(7))
  t.deepEqual(await settle(a, () => take(a, 20)), eof)
}

test('the first read connects; until then it says connect, then it is a socket', async t => {
  const server = await listening(t)
  const bio = to(t, server)
  t.is(bio.read(new Uint8Array(0)), 0)
  t.is(bio.socket, undefined)
  t.is(bio.flush(), 'done')
  t.deepEqual(bio.read(new Uint8Array(1)), connecting)
  t.deepEqual(bio.write(counted(1)), connecting)
  t.deepEqual(bio.run(), connecting)
  t.deepEqual(bio.room(), connecting)
  t.deepEqual(bio.end(), connecting)
  t.deepEqual(bio.connect(), connecting)
  t.false(bio.connected)
  t.throws(() => bio.consume(1), { instanceOf: RangeError })
  await bio.ready('read')
  t.is(bio.connect(), 'done')
  t.true(bio.connected)
  t.is(bio.socket?.remotePort, server.port)
  const accepted = await next(t, server)
  t.is(accepted.socket.remotePort, bio.socket?.localPort)
  await exchange(t, bio, accepted)
})

test('ready connects by itself, and a name is looked up', async t => {
  const server = await listening(t, { host: 'localhost' })
  const bio = to(t, { port: server.port as number, host: 'localhost' })
  await bio.ready('write')
  t.is(bio.connect(), 'done')
  await exchange(t, bio, await next(t, server))
})

test('every address that a name has is tried', async t => {
  const server = await listening(t)
  const tried: string[] = []
  const bio = new ConnectBio({
    port: server.port as number,
    host: 'two.example',
    // Nobody listens at the first.
    lookup: (_, __, answer) => {
      tried.push('two.example')
      answer(null, [
        { address: '127.0.0.2', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ])
    },
  })
  t.teardown(() => bio.socket?.destroy())
  t.is(await settle(bio, () => bio.connect()), 'done')
  t.deepEqual(tried, ['two.example'])
  t.is(bio.socket?.remoteAddress, '127.0.0.1')
  await exchange(t, bio, await next(t, server))
})

test("a refused connection is broken with the system's error, the same each time, until reset", async t => {
  const server = await listening(t, { port: await freePort() })
  const port = server.port as number
  server.close()
  const bio = to(t, { port, host: '127.0.0.1' })
  t.is(codeOf(await settle(bio, () => bio.connect())), 'ECONNREFUSED')
  t.is(codeOf(bio.read(new Uint8Array(1))), 'ECONNREFUSED')
  t.is(codeOf(bio.write(counted(1))), 'ECONNREFUSED')
  t.deepEqual(bio.connect(), bio.connect())
  t.is(bio.read(new Uint8Array(0)), 0)
  await bio.ready('read')
  const again = await listening(t, { port })
  bio.reset()
  t.is(await settle(bio, () => bio.connect()), 'done')
  await exchange(t, bio, await next(t, again))
})

test('reset disconnects, and the next call connects anew', async t => {
  const server = await listening(t)
  const bio = to(t, server)
  t.is(await settle(bio, () => bio.write(counted(4))), 4)
  const first = await next(t, server)
  bio.reset()
  t.false(bio.connected)
  t.deepEqual(await settle(first, () => take(first, 9)), counted(4))
  t.deepEqual(await settle(first, () => take(first, 9)), eof)
  t.deepEqual(bio.connect(), connecting)
  // And while it is connecting.
  bio.reset()
  t.deepEqual(bio.connect(), connecting)
  t.is(await settle(bio, () => bio.connect()), 'done')
  const seen = [await next(t, server)]
  while (seen.at(-1)?.socket.remotePort !== bio.socket?.localPort) seen.push(await next(t, server))
  await exchange(t, bio, seen.at(-1) as AcceptedBio)
})

test('a closed connect BIO stays closed, before, while and after it connects', async t => {
  const server = await listening(t)
  const [before, meanwhile, after] = [to(t, server), to(t, server), to(t, server)]
  meanwhile.connect()
  const waiting = meanwhile.ready('read')
  t.is(await settle(after, () => after.connect()), 'done')
  for (const bio of [before, meanwhile, after]) {
    bio.close(new Error('enough'))
    bio.close()
    t.is(codeOf(bio.read(new Uint8Array(1))), 'ERR_BIO_CLOSED')
    t.is(codeOf(bio.write(counted(1))), 'ERR_BIO_CLOSED')
    t.throws(() => bio.reset(), { instanceOf: TypeError, code: 'ERR_BIO_CLOSED' })
    await bio.ready('write')
  }
  await waiting
  t.is(before.socket, undefined)
})

test('a unix socket connects by its path, which is gone after close', async t => {
  const path = join(folder(t), 'socket')
  const server = await listening(t, { path })
  t.is(server.address, path)
  t.is(server.port, undefined)
  const bio = to(t, { path })
  await bio.ready('read')
  await exchange(t, bio, await next(t, server))
  server.close()
  await sleep(10)
  t.false(existsSync(path))
  const late = to(t, { path })
  t.is(codeOf(await settle(late, () => late.connect())), 'ENOENT')
})

test('connections are given in the order in which they came; nothing of them is read before', async t => {
  const server = await listening(t)
  t.is(server.address, '127.0.0.1')
  t.deepEqual(server.accept(), accepting)
  const waiting = server.ready()
  t.false(await settled(waiting))
  const clients: ConnectBio[] = []
  for (let i = 0; i < 3; i++) {
    const bio = to(t, server)
    t.is(await settle(bio, () => bio.write(Uint8Array.of(i))), 1)
    clients.push(bio)
    while (server.pending <= i) await sleep(1)
  }
  await waiting
  await server.ready()
  for (let i = 0; i < 3; i++) {
    const accepted = server.accept()
    if ('stop' in accepted) return t.fail(accepted.stop)
    t.is(accepted.socket.bytesRead, 0)
    t.deepEqual(await settle(accepted, () => take(accepted, 9)), Uint8Array.of(i))
    accepted.close()
  }
  t.deepEqual(server.accept(), accepting)
})

test('more connections than may wait are reset; those that wait are not touched', async t => {
  const server = await listening(t, { waiting: 2 })
  const clients = Array.from({ length: 5 }, () => to(t, server))
  // One that is reset may hear of it before it hears that it was connected.
  for (const client of clients) await settle(client, () => client.connect())
  while (server.pending + server.refused < 5) await sleep(1)
  t.is(server.pending, 2)
  t.is(server.refused, 3)
  for (const client of clients.slice(2)) {
    const end = await settle(client, () => take(client, 1))
    t.true('stop' in end && end.stop !== 'retry')
  }
  for (const client of clients.slice(0, 2)) await exchange(t, client, await next(t, server))
})

test('close drops nothing that came, and later connections are refused', async t => {
  const server = await listening(t, { port: await freePort() })
  const [given, waiting] = [to(t, server), to(t, server)]
  t.is(await settle(given, () => given.connect()), 'done')
  const accepted = await next(t, server)
  t.is(await settle(waiting, () => waiting.connect()), 'done')
  while (server.pending < 1) await sleep(1)
  const { port } = server
  server.close()
  server.close()
  await exchange(t, given, accepted)
  await server.ready()
  await exchange(t, waiting, await next(t, server))
  t.is(codeOf(server.accept()), 'ERR_BIO_CLOSED')
  t.is(codeOf(server.listen()), 'ERR_BIO_CLOSED')
  await server.ready()
  const late = to(t, { port: port as number, host: '127.0.0.1' })
  t.is(codeOf(await settle(late, () => late.connect())), 'ECONNREFUSED')
})

test('an accept BIO that is closed while it binds never listens', async t => {
  const bio = new AcceptBio({ port: 0, host: 'localhost' })
  t.deepEqual(bio.accept(), accepting)
  const waiting = bio.ready()
  bio.close()
  await waiting
  await sleep(50)
  t.is(codeOf(bio.accept()), 'ERR_BIO_CLOSED')
  const { port } = bio
  if (port !== undefined) {
    const late = to(t, { port, host: 'localhost' })
    t.is(((await settle(late, () => late.connect())) as { stop?: string }).stop, 'broken')
  }
})

test("a port that is taken is broken with the system's error", async t => {
  const server = await listening(t)
  const second = new AcceptBio({ port: server.port as number, host: '127.0.0.1' })
  t.is(codeOf(await settle(second, () => second.accept())), 'EADDRINUSE')
  t.is(codeOf(second.listen()), 'EADDRINUSE')
})

test('a waiting connection that its client resets is given all the same, and nothing is thrown', async t => {
  const server = await listening(t)
  const client = net.connect({ port: server.port as number, host: '127.0.0.1' })
  await once(client, 'connect')
  while (server.pending < 1) await sleep(1)
  client.resetAndDestroy()
  await sleep(10)
  const accepted = await next(t, server)
  const end = await settle(accepted, () => take(accepted, 1))
  t.true('stop' in end && end.stop !== 'retry')
})

test('what cannot be is refused where it is said', t => {
  const code = 'ERR_BIO_INVALID_ARGUMENT'
  for (const port of [-1, 65_536, 1.5, Number.NaN])
    t.throws(() => new ConnectBio({ port }), { instanceOf: RangeError, code })
  t.throws(() => new ConnectBio({ port: 0 }), { instanceOf: RangeError, code })
  const types = [{}, { port: '443' }, { port: 1, path: '/x' }, { port: 1, host: 7 }, { path: 7 }]
  for (const options of types) {
    t.throws(() => new ConnectBio(options as { port: number }), { instanceOf: TypeError, code })
    t.throws(() => new AcceptBio(options as { port: number }), { instanceOf: TypeError, code })
  }
  for (const options of [{ waiting: 0 }, { backlog: 0 }, { inbound: 0 }, { port: -1 }])
    t.throws(() => new AcceptBio({ port: 0, ...options }), { instanceOf: RangeError, code })
  const bio = new ConnectBio({ port: 1 })
  t.throws(() => setBlocking(bio, true), { code: 'ERR_BIO_CANNOT_BLOCK' })
  t.throws(() => bio.ready('special' as 'read'), { instanceOf: TypeError })
})

test('a client and a server shake hands over a connect BIO and an accepted one', async t => {
  const server = await listening(t)
  const { root, pem, keyPem } = chainFor('p256')
  const client = new Ssl(new SslContext({ crypto: nodeCrypto, ca: root.pem }), {
    servername: 'server.example',
  })
  client.setBio(to(t, server)).setConnectState()
  const shaking = drive(client, () => client.doHandshake())
  const other = new Ssl(new SslContext({ crypto: nodeCrypto, cert: pem, key: keyPem }))
  other.setBio(await next(t, server)).setAcceptState()
  t.is((await drive(other, () => other.doHandshake())).status, 'done')
  t.is((await shaking).status, 'done')
  t.is((await drive(other, () => other.write(counted(5)))).status, 'done')
  const into = new Uint8Array(9)
  t.deepEqual(await drive(client, () => client.read(into)), { status: 'done', bytes: 5 })
})

test('a pump joins a connect BIO with an accepted one: bytes and ends go through', async t => {
  const [front, back] = [await listening(t), await listening(t)]
  const client = to(t, front)
  t.is(await settle(client, () => client.write(counted(30))), 30)
  client.end()
  const pump = new Pump(await next(t, front), to(t, back))
  const running = pump.run()
  const service = await next(t, back)
  t.deepEqual(await settle(service, () => take(service, 99)), counted(30))
  t.deepEqual(await settle(service, () => take(service, 99)), eof)
  service.write(counted(3))
  service.end()
  t.deepEqual(await settle(client, () => take(client, 99)), counted(3))
  t.is((await running).end, 'ended')
})
