/** How a writer over a WebSocket learns that there is room again: by a look now and then, by being told, or by streams. */
import { nodeCrypto } from '@biopair/crypto-node'
import { accept, connect, fromWebSocket, type WebSocketLike } from '@biopair/web'
import test from 'ava'
import { chainFor } from '../support/mint.ts'
import { line } from './support/fakes.ts'

const { root, pem, keyPem } = chainFor('p256')

/** One whose bytes leave when the test says so, and that may tell of it; counts how often somebody looks. */
class Paced extends EventTarget implements WebSocketLike {
  readyState = 1
  binaryType = ''
  looks = 0
  #held = 0
  #left: (() => void)[] = []
  readonly #tells: boolean

  constructor(tells: boolean) {
    super()
    this.#tells = tells
  }

  get bufferedAmount(): number {
    this.looks++
    return this.#held
  }

  get held(): number {
    return this.#held
  }

  send(bytes: Uint8Array, left?: () => void): void {
    this.#held += bytes.length
    if (left && this.#tells) this.#left.push(left)
  }

  leave(count: number): void {
    this.#held -= count
    for (const told of this.#left.splice(0)) told()
  }

  close(): void {
    this.readyState = 3
    this.dispatchEvent(new Event('close'))
  }
}

const pause = (milliseconds: number) => new Promise(resolve => setTimeout(resolve, milliseconds))

for (const tells of [true, false])
  test(`a write waits while more than the mark has not left: ${tells ? 'one that tells is not looked at' : 'looks are ever rarer, and end with the wait'}`, async t => {
    const socket = new Paced(tells)
    const carrier = fromWebSocket(socket, { highWaterMark: 1000 })
    await carrier.write(new Uint8Array(500))
    socket.leave(500)
    let written = false
    const writing = carrier.write(new Uint8Array(5000)).then(() => {
      written = true
    })
    const before = socket.looks
    const began = performance.now()
    await pause(300)
    while (!tells && socket.looks - before < 4) await pause(10)
    const elapsed = performance.now() - began
    t.false(written)
    t.is(socket.held, 5000)
    // After 1, 2, 4, 8, 16, and 32 from then on, two looks each at the most.
    const looks = socket.looks - before
    const most = tells ? 2 : 2 * (6 + elapsed / 32)
    t.true(looks <= most, `${looks} looks in ${elapsed} ms`)
    socket.leave(4500)
    await writing
    const after = socket.looks
    await pause(80)
    t.is(socket.looks, after)
    carrier.abort(new Error('over'))
  })

test('a write that waits ends with the socket, told or not', async t => {
  for (const tells of [true, false]) {
    const socket = new Paced(tells)
    const carrier = fromWebSocket(socket, { highWaterMark: 10 })
    if (tells) {
      await carrier.write(Uint8Array.of(1))
      socket.leave(1)
    }
    const writing = carrier.write(new Uint8Array(100))
    await pause(20)
    socket.close()
    await t.throwsAsync(writing, { code: 'ERR_CARRIER_GONE' })
  }
})

/** As a WebSocketStream: its streams come with `opened`, with what was agreed on. */
function webSocketStream(readable: ReadableStream, writable: WritableStream) {
  return {
    url: 'wss://relay.example/',
    closes: 0,
    opened: pause(5).then(() => ({ readable, writable, protocol: '', extensions: '' })),
    closed: new Promise(() => {}),
    close() {
      this.closes++
    },
  }
}

test('a WebSocketStream is a carrier as it stands, which a reader that does not read slows down', async t => {
  const [there, back] = [line(), line()]
  const [near, far] = [
    webSocketStream(back.readable, there.writable),
    webSocketStream(there.readable, back.writable),
  ]
  const client = connect(near, {
    ca: root.pem,
    servername: 'server.example',
    crypto: nodeCrypto,
  })
  const server = accept(far, { cert: pem, key: keyPem, crypto: nodeCrypto })
  await Promise.all([client.opened, server.opened])
  const writer = client.writable.getWriter()
  let written = 0
  const writing = (async () => {
    for (; written < 2_000_000; written += 10_000) await writer.write(new Uint8Array(10_000))
  })()
  await pause(100)
  const before = written
  await pause(50)
  t.is(written, before)
  t.true(written < 500_000, `${written}`)
  const reader = server.readable.getReader()
  for (let got = 0; got < 2_000_000; ) got += (await reader.read()).value?.length ?? 0
  await writing
  await Promise.all([client.close(), server.close()])
  t.is(near.closes, 1)
})

test('a WebSocket that says why it failed is quoted, and one of a page says no more than that', async t => {
  for (const [said, words] of [
    [{ message: 'connect ECONNREFUSED' }, 'the WebSocket failed: connect ECONNREFUSED'],
    [{}, 'the WebSocket failed'],
  ] as const) {
    const socket = new Paced(false)
    const { opened, closed } = connect(socket, { ca: root.pem, servername: 'server.example' })
    closed.catch(() => {})
    socket.dispatchEvent(Object.assign(new Event('error'), said))
    t.like(await t.throwsAsync(opened), { cause: { message: words } })
  }
})
