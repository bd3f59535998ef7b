/** A server's events that ask, and those that tell, beside node:tls's. */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  createSecureContext,
  createServer,
  type ServerOptions,
  type TlsServer,
  TlsSocket,
} from '@biopair/node/tls'
import test, { type ExecutionContext } from 'ava'
import { chainFor } from '../../support/mint.ts'
import { mintOcsp } from '../../support/ocsp-mint.ts'
import { awake, believes, failure, identity, pairOfStreams } from './support/ends.ts'

const { servername, ...shared } = believes
const secureContext = createSecureContext(shared)

/** Meets a server once, and answers whether the session went on, and the one that came. */
async function visit(
  t: ExecutionContext,
  server: TlsServer,
  session?: Uint8Array,
): Promise<{ readonly reused: boolean; readonly session: Buffer }> {
  const [near, far] = pairOfStreams()
  const client = new TlsSocket(near, { secureContext, servername, session })
  t.teardown(() => client.destroy())
  const ticket = once(client, 'session')
  const accepted = once(server, 'secureConnection')
  server.emit('connection', far)
  await once(client, 'secureConnect')
  const [socket] = (await accepted) as [TlsSocket]
  t.is(socket.isSessionReused(), client.isSessionReused())
  const [came] = (await ticket) as [Buffer]
  client.destroy()
  return { reused: client.isSessionReused(), session: came }
}

test('newSession and resumeSession keep sessions elsewhere, and answer later', async t => {
  awake(t)
  const store = new Map<string, Buffer>()
  const server = createServer({ ...identity, numTickets: 1 })
  server.on('newSession', (id: Buffer, bytes: Buffer, done: () => void) => {
    t.is(id.length, 32)
    store.set(id.toString('hex'), bytes)
    done()
  })
  server.on('resumeSession', (id: Buffer, done: (error: null, bytes?: Buffer) => void) => {
    setTimeout(() => done(null, store.get(id.toString('hex'))), 5)
  })
  const first = await visit(t, server)
  t.is(store.size, 1)
  const second = await visit(t, server, first.session)
  t.deepEqual([first.reused, second.reused], [false, true])
  store.clear()
  t.false((await visit(t, server, second.session)).reused)

  // Another server with the same store, and no other secret, goes on with it.
  const third = await visit(t, server)
  const twin = createServer(identity)
  twin.on('resumeSession', (id: Buffer, done: (error: null, bytes?: Buffer) => void) =>
    done(null, store.get(id.toString('hex'))),
  )
  t.true((await visit(t, twin, third.session)).reused)
})

test('a resumeSession that fails, or says nothing that we know, is a full handshake', async t => {
  for (const answer of [
    [new Error('the store is down')],
    [null, Buffer.from('nonsense')],
    [null],
  ]) {
    const server = createServer(identity)
    server.on('resumeSession', (_id: Buffer, done: (...answer: unknown[]) => void) =>
      done(...answer),
    )
    const { session } = await visit(t, server)
    t.false((await visit(t, server, session)).reused)
  }
})

test('a session that nobody is asked about any more is a full handshake', async t => {
  const server = createServer(identity)
  const listener = (_id: Buffer, done: () => void) => done()
  server.on('resumeSession', listener)
  const { session } = await visit(t, server)
  server.off('resumeSession', listener)
  t.false((await visit(t, server, session)).reused)
})

/** What a client hears that asks for a response. */
async function stapled(t: ExecutionContext, server: TlsServer): Promise<Buffer | null> {
  const [near, far] = pairOfStreams()
  const client = new TlsSocket(near, { ...believes, requestOCSP: true, ocsp: 'ignore' })
  t.teardown(() => client.destroy())
  server.emit('connection', far)
  const [response] = (await once(client, 'OCSPResponse')) as [Buffer | null]
  return response
}

test('OCSPRequest has the certificate and its issuer, and answers later, with nothing, or with an error', async t => {
  awake(t)
  const { leaf, intermediate: issuer } = chainFor('p256')
  const response = Buffer.from(mintOcsp({ leaf, issuer }))
  // The event's answer goes before it.
  const other = mintOcsp({ leaf, issuer })
  const server = createServer({ ...identity, ocspResponse: new Uint8Array(other) })
  type Done = (error: Error | null, response?: Buffer | null) => void
  let answer: (done: Done) => void = done => void setTimeout(() => done(null, response), 5)
  server.on('OCSPRequest', (own: Buffer, above: Buffer | null, done: Done) => {
    t.deepEqual(new Uint8Array(own), new Uint8Array(leaf.der))
    t.deepEqual(new Uint8Array(above ?? []), new Uint8Array(issuer.der))
    answer(done)
  })
  t.deepEqual(await stapled(t, server), response)
  answer = done => done(null, null)
  t.is(await stapled(t, server), null)

  answer = done => done(new Error('no responder'))
  const [near, far] = pairOfStreams()
  const client = new TlsSocket(near, { ...believes, requestOCSP: true })
  const told = once(server, 'tlsClientError')
  server.emit('connection', far)
  t.is((await failure(client)).code, 'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR')
  const [error] = (await told) as [Error]
  t.is((error.cause as Error | undefined)?.message, 'no responder')

  const bare = createServer({ ...identity, ocspResponse: new Uint8Array(response) })
  t.deepEqual(await stapled(t, bare), response)
})

test('a listener beside an option that has the answer is refused, and so is such an option beside a listener', t => {
  const store = { get: () => undefined, set: () => {}, delete: () => true }
  const cases: readonly (readonly [event: string, options: object])[] = [
    ['newSession', { sessionCache: store }],
    ['resumeSession', { sessionCache: store }],
    ['resumeSession', { sessionCache: store, singleUseTickets: true }],
    ['OCSPRequest', { ocspRequestCallback: () => null }],
    ['newSession', { secureContext: createSecureContext(identity) }],
  ]
  for (const [event, options] of cases) {
    const own = 'secureContext' in options ? {} : identity
    const server = createServer({ ...own, ...options } as ServerOptions)
    t.throws(() => server.on(event, () => {}), { code: 'ERR_INVALID_ARG_VALUE' }, event)
    t.is(server.listenerCount(event), 0)
    if ('secureContext' in options) continue
    const other = createServer(identity).on(event, () => {})
    t.throws(() => (other as TlsServer).setSecureContext({ ...identity, ...options }), {
      code: 'ERR_INVALID_ARG_VALUE',
    })
  }
})

test('getTicketKeys gives what setTicketKeys takes: two servers are one, and a listener that comes later changes nothing', async t => {
  const [one, two] = [createServer(identity), createServer(identity)] as const
  const { session } = await visit(t, one)
  t.is(one.getTicketKeys().length, 48)
  two.setTicketKeys(one.getTicketKeys())
  two.on('OCSPRequest', (_own: Buffer, _above: Buffer, done: () => void) => done())
  t.deepEqual(two.getTicketKeys(), one.getTicketKeys())
  t.true((await visit(t, two, session)).reused)
  t.throws(() => one.setTicketKeys(new Uint8Array(47)), { code: 'ERR_INVALID_ARG_VALUE' })
})

test('keylog tells each connection’s lines with its socket; tlsClientError comes once, with an open server going on', async t => {
  const server = createServer(identity)
  const lines = new Map<unknown, number>()
  server.on('keylog', (line: Buffer, socket: TlsSocket) => {
    t.regex(String(line), /^\w+ [0-9a-f]{64} [0-9a-f]+\n$/)
    lines.set(socket, (lines.get(socket) ?? 0) + 1)
  })
  await visit(t, server)
  await visit(t, server)
  t.deepEqual([...lines.values()], [5, 5])
  let errors = 0
  server.on('tlsClientError', (error: { code?: string }, socket: TlsSocket) => {
    errors++
    t.truthy(error.code)
    t.true(socket.destroyed)
  })
  const wrong = ['GET / HTTP/1.0\r\n\r\n', '\x16\x03\x01\x00\x05hello', '']
  for (const [before, bytes] of wrong.entries()) {
    const [near, far] = pairOfStreams()
    near.on('error', () => {})
    server.emit('connection', far)
    near.end(bytes)
    near.resume()
    await once(near, 'close')
    while (errors === before) await sleep(1)
  }
  // Nor twice for one of them.
  await sleep(5)
  t.is(errors, 3)
  t.false((await visit(t, server)).reused)
})
