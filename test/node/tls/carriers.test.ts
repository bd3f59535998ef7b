/** TLS through a proxy, over a child's stdio, a Unix socket and a terminal; a server of any streams. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import http from 'node:http'
import { type AddressInfo, connect as connectNet, type Server } from 'node:net'
import type { Duplex } from 'node:stream'
import { ReadStream, WriteStream } from 'node:tty'
import { fileURLToPath } from 'node:url'
import {
  Agent,
  connect,
  createSecureContext,
  createServer,
  TlsSocket,
  tunnel,
} from '@biopair/node/tls'
import test, { type ExecutionContext } from 'ava'
import { scratch } from '../../interop/support/files.ts'
import { chainFor } from '../../support/mint.ts'
import { serialTest } from '../support/programs.ts'
import { serialLine } from '../support/serial.ts'
import { believes, failure, identity, over, pairOfStreams, secured, text } from './support/ends.ts'

async function listening(t: ExecutionContext, server: Server, path?: string): Promise<number> {
  if (path === undefined) server.listen(0, '127.0.0.1')
  else server.listen(path)
  await once(server, 'listening')
  t.teardown(() => server.close())
  return path === undefined ? (server.address() as AddressInfo).port : 0
}

/** A proxy behind TLS of its own, which connects where it is asked to, unless the name is `closed`. */
async function proxy(t: ExecutionContext) {
  const other = chainFor('ed25519')
  const plain = http.createServer()
  const asked: string[] = []
  plain.on('connect', (request: http.IncomingMessage, client: Duplex) => {
    asked.push(`${request.url} ${request.headers['proxy-authorization']}`)
    if (request.url?.startsWith('closed')) {
      client.end('HTTP/1.1 403 Forbidden\r\n\r\n')
      return
    }
    const [, port] = request.url?.split(':') ?? []
    const target = connectNet(Number(port), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      client.pipe(target).pipe(client)
    })
    for (const stream of [target, client]) stream.on('error', () => target.destroy())
  })
  const server = createServer({ cert: other.pem, key: other.keyPem }, socket =>
    plain.emit('connection', socket),
  )
  const port = await listening(t, server)
  return { port, asked, outer: { ca: other.root.pem, servername: 'server.example', port } }
}

test('#23, #30: TLS in TLS through a proxy: each layer has its own options, and its own errors', async t => {
  const target = createServer(identity, socket => socket.end(`hello ${socket.servername}`))
  const at = await listening(t, target)
  const { asked, outer } = await proxy(t)
  const through = tunnel(connect(outer), `localhost:${at}`, {
    headers: { 'proxy-authorization': 'x' },
  })
  const inner = connect({ ...believes, socket: through })
  t.is(await text(inner), 'hello server.example')
  t.true(inner.authorized)
  t.deepEqual(asked, [`localhost:${at} x`])

  const wrong = tunnel(connect({ ...outer, ca: believes.ca }), `localhost:${at}`)
  t.is(
    (await failure(connect({ ...believes, socket: wrong }))).code,
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  )
  const refused = tunnel(connect(outer), 'closed.example:443')
  t.like(await failure(connect({ ...believes, socket: refused })), {
    code: 'ERR_PROXY_TUNNEL',
    statusCode: 403,
  })
  t.throws(() => tunnel(pairOfStreams()[0], 'a:1\r\nX: y'), { code: 'ERR_INVALID_ARG_VALUE' })
})

test('an agent goes through a proxy by its carrier', async t => {
  const plain = http.createServer((_request, response) => response.end('through'))
  const at = await listening(
    t,
    createServer(identity, socket => plain.emit('connection', socket)),
  )
  const { outer, asked } = await proxy(t)
  const { servername: _, ...tls } = believes
  const agent = new Agent({
    ...tls,
    carrier: (host, port) => tunnel(connect(outer), `${host}:${port}`),
  })
  const https = await import('node:https')
  const [response] = (await once(
    https.get({ agent, host: 'localhost', port: at }),
    'response',
  )) as [http.IncomingMessage]
  t.is(await text(response as unknown as Duplex), 'through')
  t.is(asked.length, 1)
  agent.destroy()
})

test('a tunnel that is not answered in HTTP, not at all, or at too great a length is an error', async t => {
  for (const answer of ['SSH-2.0-x\r\n\r\n', 'x'.repeat(20_000), undefined]) {
    const [near, far] = pairOfStreams()
    const opened = tunnel(near, 'a.example:1', { timeout: 200 })
    if (answer) far.write(answer)
    await t.throwsAsync(opened, { code: 'ERR_PROXY_TUNNEL' })
    t.true(near.destroyed)
  }
  const [near, far] = pairOfStreams()
  const opened = tunnel(near, 'a.example:1')
  far.write('HTTP/1.1 200 fine\r\nA: b\r\n\r\nfirst words')
  t.is(String((await opened).read()), 'first words')
})

test('TLS over the stdio of a child process, whose side is the same', async t => {
  const module = fileURLToPath(import.meta.resolve('@biopair/node/tls'))
  const program = `
    import { TlsSocket } from ${JSON.stringify(module)}
    const [cert, key] = JSON.parse(process.argv[1])
    const socket = new TlsSocket(process, { cert, key, isServer: true })
    socket.pipe(socket)
  `
  const args = ['--input-type=module', '-e', program, JSON.stringify([identity.cert, identity.key])]
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  t.teardown(() => child.kill())
  const socket = connect({ ...believes, socket: child })
  socket.end('x'.repeat(100_000))
  t.is((await text(socket)).length, 100_000)
  t.true(socket.authorized)
})

test('a server on a Unix socket, and one of any streams; contexts by name, new certificates, and clients that go wrong', async t => {
  const path = `${scratch('tls')}.sock`
  const other = chainFor('ed25519')
  const server = createServer({ ...identity, handshakeTimeout: 60_000 }, socket =>
    socket.end('hello'),
  )
  server.addContext('*.wild.example', { cert: other.pem, key: other.keyPem })
  await listening(t, server, path)
  t.is(await text(connect({ ...believes, path })), 'hello')
  const [near, far] = pairOfStreams()
  server.emit('connection', far)
  const wild = connect({
    ...believes,
    ca: other.root.pem,
    servername: 'a.wild.example',
    socket: near,
  })
  t.is(await text(wild), 'hello')
  t.throws(() => server.addContext('a b', {}), { code: 'ERR_INVALID_ARG_VALUE' })
  t.throws(() => server.addContext('a.example', { context: {} } as object), {
    code: 'ERR_INVALID_ARG_TYPE',
  })
  server.setSecureContext({ cert: other.pem, key: other.keyPem })
  t.is(await text(connect({ ...believes, ca: other.root.pem, path })), 'hello')
  const wrong = once(server, 'tlsClientError')
  connectNet(path).end('GET / HTTP/1.0\r\n\r\n')
  const [error, socket] = (await wrong) as [{ code: string }, TlsSocket]
  t.regex(error.code, /^ERR_SSL_/)
  t.true(socket instanceof TlsSocket)
  for (const [options, code] of [
    [{ servername: 'x' }, 'ERR_INVALID_ARG_VALUE'],
    [{ nonsense: 1 }, 'ERR_UNKNOWN_OPTION'],
    [{ onSession: () => {} }, 'ERR_INVALID_ARG_VALUE'],
  ] as const)
    t.throws(() => createServer({ ...identity, ...options }), { code })
})

test('SNICallback answers by its callback, by what it returns, or refuses', async t => {
  const other = createSecureContext({
    cert: chainFor('ed25519').pem,
    key: chainFor('ed25519').keyPem,
  })
  const both = { ca: [chainFor('p256').root.pem, chainFor('ed25519').root.pem] }
  for (const SNICallback of [
    (_name: string, done: (error: null, context: unknown) => void) =>
      void setTimeout(() => done(null, other), 5),
    () => other,
    async () => other,
  ]) {
    const { client } = await secured(
      over(t, pairOfStreams(), { client: both, server: { SNICallback } }),
    )
    t.is(client.getPeerX509Certificate()?.publicKey.asymmetricKeyType, 'ed25519')
  }
  const SNICallback = (_name: string, done: (error: Error) => void) => done(new Error('not here'))
  const refused = over(t, pairOfStreams(), { server: { SNICallback } })
  refused.server.on('error', () => {})
  t.is((await failure(refused.client)).code, 'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR')
})

serialTest('TLS over two pseudo-terminals, as node:tty has them', async t => {
  const { paths } = await serialLine(t)
  const [near, far] = paths.map(path => {
    const readable = new ReadStream(openSync(path, 'r+'))
    const writable = new WriteStream(openSync(path, 'r+'))
    t.teardown(() => readable.destroy() && writable.destroy())
    return { readable, writable }
  })
  if (!near || !far) return t.fail()
  const { client, server } = await secured(over(t, [near, far]))
  client.write('over the line')
  t.is(String((await once(server, 'data'))[0]), 'over the line')
  server.write('and back')
  t.is(String((await once(client, 'data'))[0]), 'and back')
})
