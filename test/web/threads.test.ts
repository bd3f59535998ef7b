import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type TransferListItem, Worker } from 'node:worker_threads'
import { nodeCrypto } from '@biopair/crypto-node'
import { accept, connect } from '@biopair/web'
import test from 'ava'
import { chainFor, mint } from '../support/mint.ts'
import { webSocketServer } from './support/web-socket-end.ts'

interface Streams {
  readonly readable: ReadableStream<Uint8Array>
  readonly writable: WritableStream<Uint8Array>
}

const { root, pem, keyPem } = chainFor('p256')
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))

test('a client talks to a server inside a worker, and a worker that dies is an error', async t => {
  t.timeout(150_000)
  const begin = () =>
    new Worker(here('support/worker-end.js'), { workerData: { cert: pem, key: keyPem } })
  const options = { ca: root.pem, servername: 'server.example', crypto: nodeCrypto }
  const worker = begin()
  const client = connect(worker, options)
  const writer = client.writable.getWriter()
  const sent = new Uint8Array(300_000).map((_, i) => i)
  const writing = writer.write(sent).then(() => writer.close())
  const got: Uint8Array[] = []
  for await (const chunk of client.readable as unknown as AsyncIterable<Uint8Array>) got.push(chunk)
  await writing
  t.deepEqual(new Uint8Array(Buffer.concat(got)), sent)
  await client.closed
  await once(worker, 'exit')

  const dies = begin()
  const cut = connect(dies, options)
  await cut.opened
  void dies.terminate()
  const error = (await t.throwsAsync(cut.closed, { code: 'ERR_CARRIER_BROKEN' })) as Error
  t.regex(error.message, /come to its end/)
})

test('a key stays in a worker: the page is given plaintext, and the server is shown the certificate', async t => {
  t.timeout(150_000)
  const client = mint({ key: 'p256', names: ['client.example'] })
  const { port1, port2 } = new MessageChannel()
  const server = accept(port2, {
    ...{ cert: pem, key: keyPem, crypto: nodeCrypto },
    ...{ ca: client.pem, requestCert: true },
  })
  const settings = { ca: root.pem, cert: client.pem, pkcs8: client.keyDer }
  const worker = new Worker(here('support/key-keeper.js'), { workerData: settings })
  worker.postMessage(port1, [port1 as unknown as TransferListItem])
  const [streams] = (await once(worker, 'message')) as [Streams]
  const ended = once(worker, 'message')
  const { authorized, peerCertificates } = await server.opened
  t.true(authorized)
  t.deepEqual(peerCertificates[0], client.der)
  const echo = server.readable.pipeTo(server.writable)
  const writer = streams.writable.getWriter()
  const sent = new Uint8Array(300_000).map((_, i) => i)
  const writing = writer.write(sent).then(() => writer.close())
  const got: Uint8Array[] = []
  for await (const piece of streams.readable as unknown as AsyncIterable<Uint8Array>)
    got.push(piece)
  await Promise.all([writing, echo, server.closed])
  t.deepEqual(new Uint8Array(Buffer.concat(got)), sent)
  t.deepEqual(await ended, ['closed'])
  await worker.terminate()
})

test('a client over the WebSocket of the platform talks to a server over a WebSocket', async t => {
  t.timeout(150_000)
  const ends: Promise<unknown>[] = []
  const { url, server } = await webSocketServer(end => {
    const connection = accept(end, { cert: pem, key: keyPem, crypto: nodeCrypto })
    ends.push(connection.readable.pipeTo(connection.writable), connection.closed)
  })
  const words = ['--experimental-websocket', '--no-warnings', here('support/web-socket-client.js')]
  const child = promisify(execFile)(process.execPath, words, { timeout: 50_000 })
  child.child.stdin?.end(JSON.stringify({ url, ca: root.pem }))
  const { stdout } = await child
  t.deepEqual(JSON.parse(stdout), { authorized: true, read: 500_000, sum: 12_250_000 })
  await Promise.all(ends)
  server.close()
})
