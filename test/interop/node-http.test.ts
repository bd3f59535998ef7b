/** node:https, node:http2 and undici over our sockets, against Node's own servers and clients, and against ours. */
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import tls from 'node:tls'
import {
  Agent,
  connect,
  createServer,
  type ServerOptions,
  undiciConnector,
} from '@biopair/node/tls'
import test, { type ExecutionContext } from 'ava'
import * as undici from 'undici'
import { chainFor } from '../support/mint.ts'

const { root, pem, keyPem } = chainFor('p256')
const identity = { cert: pem, key: keyPem }
const believes = { ca: root.pem, groups: 'x25519' }

async function port(t: ExecutionContext, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}

/** An HTTP/1.1 server over our createServer: `http.Server` takes its connections. */
function ourHttps(handler: http.RequestListener, more: ServerOptions = {}) {
  const plain = http.createServer({ keepAlive: true }, handler)
  return createServer({ ...identity, ...more }, socket => plain.emit('connection', socket))
}

/** One request, and all of its answer. */
function get(
  options: https.RequestOptions,
  body?: string | Buffer,
): Promise<{ response: http.IncomingMessage; text: string; authorized: boolean }> {
  return new Promise((resolve, reject) => {
    const request = https.request({ host: 'localhost', ...options }, async response => {
      const parts: Buffer[] = []
      const { authorized } = response.socket as tls.TLSSocket
      for await (const part of response) parts.push(part)
      resolve({ response, authorized, text: Buffer.concat(parts).toString('latin1') })
    })
    request.on('error', reject).end(body)
  })
}

/** Answers with what it was sent, and how the connection stood. */
const echo: http.RequestListener = async (request, response) => {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part)
  const { encrypted } = request.socket as tls.TLSSocket
  response.setHeader('x-resumed', String((request.socket as tls.TLSSocket).isSessionReused()))
  response.setHeader('x-encrypted', String(encrypted))
  response.end(`${request.method} ${request.url} ${Buffer.concat(parts)}`)
}

const servers = {
  'Node’s https server': () => https.createServer({ ...identity, minVersion: 'TLSv1.3' }, echo),
  'http over our server': () => ourHttps(echo),
} as const

for (const [name, make] of Object.entries(servers)) {
  test.serial(
    `1,000 requests of https.request with our agent to ${name}, kept alive and resumed`,
    async t => {
      t.timeout(150_000)
      const server = make()
      const at = await port(t, server)
      let handshakes = 0
      let resumed = 0
      server.on('secureConnection', (socket: tls.TLSSocket) => {
        handshakes++
        if (socket.isSessionReused()) resumed++
      })
      const agent = new Agent({ ...believes, keepAlive: true, maxSockets: 4 })
      t.teardown(() => agent.destroy())
      const one = async (i: number) => {
        // Every tenth connection is not kept.
        const headers = i % 10 === 0 ? { connection: 'close' } : {}
        const options = { agent, port: at, path: `/${i}`, method: 'POST', headers }
        const { response, text, authorized } = await get(options, `body ${i}`)
        t.is(text, `POST /${i} body ${i}`)
        t.is(response.headers['x-encrypted'], 'true')
        t.true(authorized)
      }
      await one(0)
      for (let i = 1; i < 1000; i += 4)
        await Promise.all([0, 1, 2, 3].filter(j => i + j < 1000).map(j => one(i + j)))
      t.true(handshakes >= 90 && handshakes <= 110, `${handshakes} handshakes`)
      // Each ticket goes once; Node's server gives two for a full handshake, and none for a resumption.
      t.true(
        resumed >= (server instanceof https.Server ? 0.6 * handshakes : handshakes - 10),
        `${resumed} of ${handshakes} resumed`,
      )
    },
  )

  test.serial(
    `1,000 requests of undici's fetch over our sockets to ${name}, kept alive and resumed`,
    async t => {
      t.timeout(150_000)
      const server = make()
      const at = await port(t, server)
      let handshakes = 0
      let resumed = 0
      server.on('secureConnection', (socket: tls.TLSSocket) => {
        handshakes++
        if (socket.isSessionReused()) resumed++
      })
      const dispatcher = new undici.Agent({
        connections: 4,
        connect: undiciConnector(believes) as undici.buildConnector.connector,
      })
      t.teardown(() => dispatcher.destroy())
      const big = 'x'.repeat(300_000)
      let answered = 0
      const one = async (i: number) => {
        const body = i === 25 ? big : `body ${i}`
        const url = `https://localhost:${at}/${i}`
        // Every tenth connection is not kept.
        const headers = i % 10 === 0 ? { connection: 'close' } : {}
        const answer = await undici.fetch(url, { dispatcher, method: 'PUT', body, headers })
        t.is(answer.headers.get('x-encrypted'), 'true')
        t.is(await answer.text(), `PUT /${i} ${body}`)
        answered++
      }
      await one(0)
      for (let i = 1; i < 1000; i += 4)
        await Promise.all([0, 1, 2, 3].filter(j => i + j < 1000).map(j => one(i + j)))
      t.is(answered, 1000)
      t.true(handshakes >= 90 && handshakes <= 110, `${handshakes} handshakes`)
      t.true(
        resumed >= (server instanceof https.Server ? 0.6 * handshakes : handshakes - 10),
        `${resumed} of ${handshakes} resumed`,
      )
    },
  )
}

test.serial(
  'Node’s https client and our server: the certificate is verified, and a client’s is asked for',
  async t => {
    t.timeout(120_000)
    const server = ourHttps(echo, { requestCert: true, ca: root.pem })
    const at = await port(t, server)
    const servername = 'server.example'
    const authorized = once(server, 'secureConnection')
    const { text } = await get({ port: at, ca: root.pem, ...identity, servername, agent: false })
    t.is(text, 'GET / ')
    const [socket] = (await authorized) as [tls.TLSSocket]
    t.true(socket.authorized)
    t.is(socket.servername, servername)
    const refused = once(server, 'tlsClientError')
    await t.throwsAsync(get({ port: at, ca: root.pem, servername, agent: false }))
    t.is(((await refused)[0] as { code: string }).code, 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE')
  },
)

test.serial(
  'an agent refuses a server that is not believed, with node:tls’s code, and TLS of a request’s own',
  async t => {
    const at = await port(t, servers['Node’s https server']())
    const agent = new Agent({ ca: chainFor('ed25519').root.pem, groups: 'x25519' })
    await t.throwsAsync(get({ agent, port: at }), { code: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY' })
    const other = new Agent(believes)
    await t.throwsAsync(get({ agent: other, port: at, servername: 'other.example' }), {
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    })
    t.throws(() => https.request({ agent: other, port: at, ca: root.pem }), {
      code: 'ERR_INVALID_ARG_VALUE',
    })
    t.throws(() => new Agent({ nonsense: 1 } as object), { code: 'ERR_UNKNOWN_OPTION' })
    t.throws(() => new Agent({ requestCert: true } as object), { code: 'ERR_INVALID_ARG_VALUE' })
    const judged = new Agent({ ...believes, checkServerIdentity: () => new Error('no') })
    await t.throwsAsync(get({ agent: judged, port: at }), { message: 'no' })
  },
)

test.serial(
  'undici hears of a server that is not believed, and of one that does not answer',
  async t => {
    const at = await port(t, servers['Node’s https server']())
    const dispatcher = new undici.Agent({
      connect: undiciConnector({
        ...believes,
        ca: chainFor('ed25519').root.pem,
      }) as undici.buildConnector.connector,
    })
    t.teardown(() => dispatcher.close())
    const error = await t.throwsAsync(undici.fetch(`https://localhost:${at}/`, { dispatcher }))
    t.is((error?.cause as { code?: string } | undefined)?.code, 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY')
    const silent = await port(
      t,
      new (await import('node:net')).Server(socket => void t.teardown(() => socket.destroy())),
    )
    const late = undiciConnector({ ...believes, timeout: 100 })
    const { code } = await new Promise<{ code?: string }>(resolve =>
      late({ hostname: 'localhost', protocol: 'https:', port: String(silent) }, (...[failed]) =>
        resolve(failed as object),
      ),
    )
    t.is(code, 'UND_ERR_CONNECT_TIMEOUT')
  },
)

/** The answer to one HTTP/2 request. */
async function ask(session: http2.ClientHttp2Session, path: string): Promise<string> {
  const stream = session.request({ ':path': path, ':method': 'POST' })
  stream.setEncoding('utf8').end('body')
  let text = ''
  for await (const part of stream) text += part
  return text
}

const answer = (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders) => {
  stream.respond({ ':status': 200 })
  stream.end(`h2 ${headers[':path']} ${'y'.repeat(5000)}`)
}

const h2Servers: Readonly<Record<string, () => Server>> = {
  'Node’s http2 server': () => {
    const server = http2.createSecureServer({ ...identity, minVersion: 'TLSv1.3' })
    return server.on('stream', answer) as unknown as Server
  },
  'http2.createServer() over our server': () => {
    const plain = http2.createServer().on('stream', answer)
    return createServer({ ...identity, ALPNProtocols: ['h2'] }, socket =>
      plain.emit('connection', socket),
    )
  },
  'http2.performServerHandshake over our server': () =>
    createServer({ ...identity, ALPNProtocols: ['h2'] }, socket => {
      // Nobody else hears of a client that breaks off.
      const session = http2.performServerHandshake(socket).on('error', () => {})
      session.on('stream', answer as () => void)
    }),
}

for (const [name, make] of Object.entries(h2Servers)) {
  test.serial(
    `1,000 requests of http2.connect over our sockets to ${name}: 100 at once on each of 10 connections, resumed as long as there are tickets`,
    async t => {
      t.timeout(150_000)
      const at = await port(t, make())
      const tickets: Buffer[] = []
      let answered = 0
      let resumed = 0
      for (let turn = 0; turn < 10; turn++) {
        const ticket = tickets.pop()
        const socket = connect({
          ...{ ...believes, port: at, host: 'localhost', ALPNProtocols: ['h2'], session: ticket },
        })
        socket.on('session', (came: Buffer) => tickets.push(came))
        const session = http2.connect(`https://localhost:${at}`, { createConnection: () => socket })
        t.teardown(() => session.destroy())
        await once(socket, 'secureConnect')
        t.true(socket.authorized)
        t.is(socket.alpnProtocol, 'h2')
        t.is(socket.isSessionReused(), ticket !== undefined)
        if (socket.isSessionReused()) resumed++
        const paths = Array.from({ length: 100 }, (_, i) => `/${i}`)
        for (const [i, text] of (
          await Promise.all(paths.map(path => ask(session, path)))
        ).entries()) {
          t.true(text.startsWith(`h2 /${i} `) && text.length > 5000)
          answered++
        }
        const closed = once(session, 'close')
        session.close()
        await closed
      }
      t.is(answered, 1000)
      // Node's server gives two tickets for a full handshake, and none for a resumption.
      t.is(resumed, name === 'Node’s http2 server' ? 6 : 9)
    },
  )

  test.serial(`undici's fetch in HTTP/2 over our sockets to ${name}`, async t => {
    t.timeout(120_000)
    const at = await port(t, make())
    const dispatcher = new undici.Agent({
      allowH2: true,
      connect: undiciConnector({ ...believes, allowH2: true }) as undici.buildConnector.connector,
    })
    t.teardown(() => dispatcher.destroy())
    for (let i = 0; i < 10; i++) {
      const response = await undici.fetch(`https://localhost:${at}/${i}`, { dispatcher })
      t.true((await response.text()).startsWith(`h2 /${i} `))
    }
  })
}

test.serial('one server speaks HTTP/2 and HTTP/1.1, as ALPN says, to Node’s clients', async t => {
  t.timeout(120_000)
  const say = (request: { httpVersion: string }, response: { end(text: string): void }) =>
    response.end(`HTTP/${request.httpVersion}`)
  const [plain, second] = [http.createServer(say), http2.createServer(say)]
  const ALPNProtocols = ['h2', 'http/1.1']
  const at = await port(
    t,
    createServer({ ...identity, ALPNProtocols }, socket =>
      (socket.alpnProtocol === 'h2' ? second : plain).emit('connection', socket),
    ),
  )
  const session = http2.connect(`https://localhost:${at}`, { ca: root.pem })
  t.teardown(() => session.destroy())
  t.is(await ask(session, '/'), 'HTTP/2.0')
  const { text } = await get({
    port: at,
    ca: root.pem,
    ALPNProtocols: ['http/1.1'],
    agent: false,
  } as https.RequestOptions)
  t.is(text, 'HTTP/1.1')
})

test.serial('node:tls as a peer: both ways, all facts agree, and sessions go on', async t => {
  t.timeout(120_000)
  const theirs = tls.createServer(
    { ...identity, minVersion: 'TLSv1.3', ALPNProtocols: ['echo'] },
    socket => socket.pipe(socket),
  )
  const ours = createServer({ ...identity, ALPNProtocols: ['echo'] }, socket => socket.pipe(socket))
  const bytes = Buffer.alloc(500_000, 'some text ')
  for (const server of [theirs, ours] as Server[]) {
    const at = await port(t, server)
    for (const dial of [
      (session?: Buffer) =>
        connect({ ...believes, port: at, host: 'localhost', ALPNProtocols: ['echo'], session }),
      (session?: Buffer) =>
        tls.connect({
          ca: root.pem,
          port: at,
          host: 'localhost',
          ALPNProtocols: ['echo'],
          session,
        }),
    ]) {
      let session: Buffer | undefined
      for (const turn of [0, 1]) {
        const socket = dial(session) as tls.TLSSocket
        t.teardown(() => socket.destroy())
        const accepted = once(server, 'secureConnection')
        socket.on('session', got => {
          session = got
        })
        const told = once(socket, 'session')
        await once(socket, 'secureConnect')
        const [other] = (await accepted) as [tls.TLSSocket]
        t.is(socket.alpnProtocol, 'echo')
        t.is(socket.getCipher().name, other.getCipher().name)
        t.true(socket.authorized)
        t.is(socket.isSessionReused(), turn === 1)
        t.is(other.isSessionReused(), turn === 1)
        // Node's own client shows nothing of a session that goes on.
        const { fingerprint256 } = socket.getPeerCertificate()
        if (turn === 0) t.is(fingerprint256, new X509Certificate(pem).fingerprint256)
        const key = (end: tls.TLSSocket) =>
          end.exportKeyingMaterial(20, 'EXPORTER-x', Buffer.from('c'))
        t.deepEqual(key(socket), key(other))
        socket.end(bytes)
        const parts: Buffer[] = []
        for await (const part of socket) parts.push(part)
        t.true(Buffer.concat(parts).equals(bytes))
        if (turn === 0) await told
      }
    }
  }
})
