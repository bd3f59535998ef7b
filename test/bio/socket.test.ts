/** The socket BIO over real sockets, stream pairs and a scripted socket. */
import { once } from 'node:events'
import net from 'node:net'
import { Duplex, duplexPair, PassThrough } from 'node:stream'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { type Bio, SocketBio, type SocketLike, type SocketOptions } from '@biopair/bio'
import test, { type ExecutionContext } from 'ava'
import { codeOf, counted, eof, retryRead, retryWrite, settled, take } from './support/bytes.ts'
import { scripted } from './support/scripted-socket.ts'

async function connected(t: ExecutionContext, allowHalfOpen = false): Promise<net.Socket[]> {
  const server = net.createServer({ allowHalfOpen })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  const client = net.connect({ port, host: '127.0.0.1', allowHalfOpen })
  const [accepted] = (await once(server, 'connection')) as [net.Socket]
  t.teardown(() => {
    for (const socket of [client, accepted]) {
      socket.on('error', () => {})
      socket.destroy()
    }
    server.close()
  })
  return [client, accepted]
}

async function sendAll(bio: Bio, bytes: Uint8Array): Promise<void> {
  let sent = 0
  while (sent < bytes.length) {
    const count = bio.write(bytes.subarray(sent))
    if (typeof count === 'number') sent += count
    else if (count.stop === 'retry') await bio.ready?.('write')
    else throw new Error('the write side has ended')
  }
}

/** Everything up to the end, and what the end was. */
async function receiveAll(bio: Bio, most = 5000, pause?: () => Promise<void>) {
  const chunks: Uint8Array[] = []
  for (;;) {
    const answer = take(bio, most)
    if (answer instanceof Uint8Array) chunks.push(answer)
    else if (answer.stop === 'retry') await bio.ready?.('read')
    else return { bytes: new Uint8Array(Buffer.concat(chunks)), end: answer }
    await pause?.()
  }
}

async function flushed(bio: Bio): Promise<'done' | string> {
  for (;;) {
    const answer = bio.flush()
    if (answer === 'done') return answer
    if (answer.stop !== 'retry') return answer.stop
    await bio.ready?.('write')
  }
}

/** `once` would reject on `error`, and miss a `close` that has been. */
async function gone(socket: Duplex): Promise<void> {
  if (!socket.closed) await new Promise<void>(resolve => socket.once('close', () => resolve()))
  await turn()
}

const listened = ['data', 'end', 'error', 'finish', 'drain', 'close']
function listenersOf(socket: Duplex): number[] {
  return listened.map(event => socket.listenerCount(event))
}

const carriers: Record<string, (t: ExecutionContext) => Promise<Duplex[]>> = {
  'TCP sockets': connected,
  'a stream pair': async () => duplexPair(),
}

for (const [name, open] of Object.entries(carriers)) {
  test(`256 KiB go both ways at once over ${name}, and each side ends`, async t => {
    const [left, right] = (await open(t)) as [Duplex, Duplex]
    const [a, b] = [new SocketBio(left), new SocketBio(right, { inbound: 1000, outbound: 3000 })]
    const [up, down] = [counted(262144), counted(262144, 99)]
    const send = async (bio: Bio, bytes: Uint8Array) => {
      await sendAll(bio, bytes)
      t.is(bio.end(), 'done')
    }
    const [, , atA, atB] = await Promise.all([
      send(a, up),
      send(b, down),
      receiveAll(a),
      receiveAll(b, 777, turn),
    ])
    t.deepEqual(atA, { bytes: down, end: eof })
    t.deepEqual(atB, { bytes: up, end: eof })
    t.is(await flushed(a), 'done')
    t.is(codeOf(a.write(counted(1))), 'ERR_BIO_BROKEN_PIPE')
    t.deepEqual(take(a, 1), eof)
  })

  test(`the end of one side leaves the other one open over ${name}`, async t => {
    const [left, right] = (await open(t)) as [Duplex, Duplex]
    const [a, b] = [new SocketBio(left), new SocketBio(right)]
    await sendAll(a, counted(10))
    a.end()
    t.deepEqual(await receiveAll(b), { bytes: counted(10), end: eof })
    await turn()
    const late = counted(70000, 5)
    const received = receiveAll(a)
    await sendAll(b, late)
    b.end()
    t.deepEqual(await received, { bytes: late, end: eof })
  })

  test(`a close delivers what was taken, and leaves no listener over ${name}`, async t => {
    const [left, right] = (await open(t)) as [Duplex, Duplex]
    const before = listenersOf(left)
    const [a, b] = [new SocketBio(left), new SocketBio(right)]
    const received = receiveAll(b)
    const bytes = counted(60000)
    let sent = 0
    while (sent < bytes.length) {
      const count = a.write(bytes.subarray(sent))
      if (typeof count === 'number') sent += count
      else await a.ready('write')
    }
    a.close(new Error('enough'))
    a.close()
    t.is(codeOf(a.read(new Uint8Array(1))), 'ERR_BIO_CLOSED')
    t.is(codeOf(a.write(counted(1))), 'ERR_BIO_CLOSED')
    t.deepEqual(await received, { bytes, end: eof })
    await gone(left)
    t.true(left.destroyed)
    t.is(a.flush(), 'done')
    t.deepEqual(
      listenersOf(left).map((count, i) => Math.max(count - (before[i] ?? 0), 0)),
      [0, 0, 0, 0, 0, 0],
    )
    t.is(codeOf(a.read(new Uint8Array(1))), 'ERR_BIO_CLOSED')
  })
}

test('what came before the BIO was made is read from it', async t => {
  const [client, accepted] = (await connected(t)) as [net.Socket, net.Socket]
  client.write(counted(1000))
  client.end()
  accepted.pause()
  await sleep(20)
  t.deepEqual(await receiveAll(new SocketBio(accepted)), { bytes: counted(1000), end: eof })

  const through = new PassThrough()
  through.write(counted(5))
  const bio = new SocketBio(through)
  through.write(counted(5, 5))
  through.end()
  t.deepEqual(await receiveAll(bio), { bytes: counted(10), end: eof })
})

test('a slow reader holds the writer back, and both bounds hold', async t => {
  const [left, right] = duplexPair({ highWaterMark: 100 })
  const [a, b] = [new SocketBio(left, { outbound: 250 }), new SocketBio(right, { inbound: 64 })]
  let taken = 0
  for (let i = 0; i < 200; i++) {
    const count = a.write(counted(50, taken))
    if (typeof count === 'number') taken += count
    t.true(a.wpending <= 250)
    t.true(b.pending < 64 + 50)
    await turn()
  }
  t.true(taken < 1000)
  t.deepEqual(a.write(counted(1)), retryWrite)
  t.false(await settled(a.ready('write')))
  const received = receiveAll(b, 7)
  await sendAll(a, counted(5000, taken))
  a.end()
  t.deepEqual(await received, { bytes: counted(taken + 5000), end: eof })
})

test('a flush is done when the write callbacks have come, and ready waits for just that', async t => {
  const held: (() => void)[] = []
  const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => void held.push(done) })
  const bio = new SocketBio(socket)
  t.is(bio.flush(), 'done')
  t.is(bio.write(counted(10)), 10)
  t.deepEqual(bio.flush(), retryWrite)
  const ready = bio.ready('write')
  await turn()
  t.false(await settled(ready))
  held.shift()?.()
  await turn()
  t.true(await settled(ready))
  t.is(bio.flush(), 'done')
  t.is(bio.wpending, 0)
  t.is(bio.write(counted(1)), 1)
  t.true(await settled(bio.ready('write')))
})

test('after a write that answers false, nothing is written before drain', async t => {
  const written: number[] = []
  const { socket, tell } = scripted((bytes, done) => {
    written.push(bytes.length)
    done?.()
    return false
  })
  const bio = new SocketBio(socket)
  t.is(bio.write(counted(3)), 3)
  t.is(bio.wpending, 0)
  t.deepEqual(bio.write(counted(3)), retryWrite)
  const ready = bio.ready('write')
  t.false(await settled(ready))
  tell('drain')
  t.true(await settled(ready))
  t.is(bio.write(counted(4)), 4)
  t.deepEqual(written, [3, 4])
})

test('a write that fails leaves what the peer sent to be read', t => {
  const error = new Error('broken pipe')
  const { socket, tell } = scripted((_, done) => {
    done?.(error)
    return true
  })
  const bio = new SocketBio(socket)
  bio.write(counted(3))
  t.deepEqual(bio.write(counted(3)), { stop: 'broken', error })
  t.deepEqual(bio.flush(), { stop: 'broken', error })
  t.deepEqual(take(bio, 9), retryRead)
  tell('data', counted(4))
  tell('end')
  t.deepEqual(take(bio, 9), counted(4))
  t.deepEqual(take(bio, 9), eof)
})

test('the caller may use its bytes again after a write', async t => {
  const held: Uint8Array[] = []
  const socket = new Duplex({
    read() {},
    write(chunk, _, done) {
      held.push(chunk)
      done()
    },
  })
  const bio = new SocketBio(socket)
  const bytes = Buffer.from(counted(4))
  bio.write(bytes)
  bytes.fill(0)
  await turn()
  t.deepEqual(new Uint8Array(held[0] ?? []), counted(4))
})

test('lent room goes to the socket as it is, and is bounded like a write', async t => {
  const through = new PassThrough()
  const bio = new SocketBio(through, { outbound: 10 })
  const room = bio.room(30) as Uint8Array
  t.is(room.length, 10)
  room.set(counted(6))
  t.throws(() => bio.commit(11), { instanceOf: RangeError })
  bio.commit(6)
  t.throws(() => bio.commit(1), { instanceOf: RangeError })
  await bio.ready('read')
  t.deepEqual(new Uint8Array(bio.run() as Uint8Array), counted(6))
  bio.consume(6)
  t.deepEqual(bio.run(), retryRead)
})

test('an error is read after the bytes that came before it, and stays', async t => {
  const error = new Error('reset by peer')
  const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() })
  const bio = new SocketBio(socket, { inbound: 4 })
  socket.push(counted(6))
  await turn()
  t.is(bio.pending, 6)
  // The BIO has paused the socket: these wait inside it when it fails.
  socket.push(counted(6, 6))
  socket.destroy(error)
  await gone(socket)
  t.deepEqual(bio.write(counted(1)), { stop: 'broken', error })
  t.deepEqual(take(bio, 99), counted(12))
  for (let i = 0; i < 3; i++) t.deepEqual(take(bio, 99), { stop: 'broken', error })
  t.deepEqual(bio.write(counted(1)), { stop: 'broken', error })
  t.deepEqual(listenersOf(socket).slice(2), [0, 0, 0, 0])
})

test('a connection that is reset is broken, with the error of the socket', async t => {
  const [client, accepted] = (await connected(t)) as [net.Socket, net.Socket]
  const bio = new SocketBio(client)
  accepted.resetAndDestroy()
  const { end } = await receiveAll(bio)
  t.is(codeOf(end), 'ECONNRESET')
  t.is(codeOf(bio.write(counted(1))), 'ECONNRESET')
})

test('a socket that closes without an end is broken, not at its end', async t => {
  const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() })
  const bio = new SocketBio(socket)
  socket.push(counted(3))
  await turn()
  const reading = bio.ready('read')
  socket.destroy()
  await reading
  const { bytes, end } = await receiveAll(bio)
  t.deepEqual(bytes, counted(3))
  t.is(codeOf(end), 'ERR_BIO_PREMATURE_CLOSE')
  await gone(socket)
  t.is(codeOf(bio.write(counted(1))), 'ERR_BIO_BROKEN_PIPE')
})

test('bytes that the socket lost make the flush broken', async t => {
  const socket = new Duplex({ read() {}, write: () => {} })
  const bio = new SocketBio(socket)
  bio.write(counted(3))
  t.deepEqual(bio.flush(), retryWrite)
  socket.destroy()
  t.is(await flushed(bio), 'broken')
  t.is(bio.wpending, 3)
})

test('a socket that has ended, failed or closed already says so at once', async t => {
  const ended = new PassThrough()
  ended.end()
  ended.resume()
  await once(ended, 'end')
  t.deepEqual(new SocketBio(ended).read(new Uint8Array(1)), eof)
  const error = new Error('gone')
  const failed = new PassThrough()
  failed.on('error', () => {})
  failed.destroy(error)
  t.deepEqual(new SocketBio(failed).read(new Uint8Array(1)), { stop: 'broken', error })
  await gone(failed)
  t.deepEqual(new SocketBio(failed).write(counted(1)), { stop: 'broken', error })
  const closed = new PassThrough()
  closed.destroy()
  await gone(closed)
  t.is(codeOf(new SocketBio(closed).read(new Uint8Array(1))), 'ERR_BIO_PREMATURE_CLOSE')
  t.deepEqual(listenersOf(closed), listenersOf(new PassThrough().destroy()))
})

test('a socket that hands out text is broken', async t => {
  const through = new PassThrough({ encoding: 'utf8' })
  const bio = new SocketBio(through)
  through.write('hello')
  const { end } = await receiveAll(bio)
  t.is(codeOf(end), 'ERR_BIO_UNSUPPORTED_METHOD')
})

test('a write or an end that throws breaks the BIO instead', t => {
  const error = new Error('no')
  const refuse = () => {
    throw error
  }
  const quiet = { destroy() {}, pause() {}, resume() {}, on() {}, off() {} }
  const socket: SocketLike = { ...quiet, write: refuse, end: refuse }
  const bio = new SocketBio(socket)
  t.is(bio.write(counted(1)), 1)
  t.deepEqual(bio.flush(), { stop: 'broken', error })
  t.deepEqual(bio.write(counted(1)), { stop: 'broken', error })
  t.deepEqual(new SocketBio(socket).end(), { stop: 'broken', error })
})

test('bounds below 1 are refused', t => {
  for (const options of [{ inbound: 0 }, { outbound: 0 }] satisfies SocketOptions[]) {
    t.throws(() => new SocketBio(new PassThrough(), options), { instanceOf: RangeError })
  }
})
