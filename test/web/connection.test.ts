import { createHash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { nodeCrypto } from '@biopair/crypto-node'
import { TlsAlert } from '@biopair/ssl'
import {
  accept,
  type Carrier,
  type ClientOptions,
  connect,
  fromBroadcastChannel,
  fromDataChannel,
  fromMessagePort,
  fromWebSocket,
  type ServerOptions,
} from '@biopair/web'
import test from 'ava'
import { chainFor, mint } from '../support/mint.ts'
import {
  FakeDataChannel,
  FakeWebSocket,
  line,
  memoryFunctions,
  serialPorts,
} from './support/fakes.ts'
import { webSocketPair } from './support/web-socket-end.ts'

const { root, pem, keyPem } = chainFor('p256')
const clientOptions: ClientOptions = {
  ca: root.pem,
  servername: 'server.example',
  crypto: nodeCrypto,
  groups: 'x25519',
}
const serverOptions: ServerOptions = { cert: pem, key: keyPem, crypto: nodeCrypto }

const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString()
const turns = () => new Promise(resolve => setTimeout(resolve, 5))

/** Two ends of a pair of streams. */
function streams() {
  const [there, back] = [line(), line()]
  return [
    { readable: back.readable, writable: there.writable },
    { readable: there.readable, writable: back.writable },
  ] as const
}

function pair(near: Carrier, far: Carrier) {
  return [connect(near, clientOptions), accept(far, serverOptions)] as const
}

test('every kind of carrier is recognised by its shape', async t => {
  const { near, far } = memoryFunctions()
  const { port1, port2 } = new MessageChannel()
  const [a, b] = [new FakeWebSocket(), new FakeWebSocket()]
  a.join(b)
  const [c, d] = [new FakeDataChannel(), new FakeDataChannel()]
  c.join(d)
  const [e, f] = streams()
  const name = `recognised ${process.pid}`
  const kinds: Readonly<Record<string, readonly [Carrier, Carrier]>> = {
    functions: [near, far],
    ports: [port1, port2],
    BroadcastChannels: [new BroadcastChannel(name), new BroadcastChannel(name)],
    WebSockets: [a, b],
    'data channels': [c, d],
    streams: streams(),
    'serial ports': serialPorts(),
    'what opens later': [{ opened: Promise.resolve(e) }, { opened: Promise.resolve(f) }],
    'a socket of Node that is a WebSocket': await webSocketPair(),
  }
  for (const [kind, [one, other]] of Object.entries(kinds)) {
    const [client, server] = pair(one, other)
    const { authorized } = await client.opened
    t.true(authorized, kind)
    await Promise.all([client.close(), server.close()])
  }
})

test('what is no carrier is refused, and the message says what it was', t => {
  const wrong: readonly [unknown, RegExp][] = [
    [undefined, /got undefined$/],
    [[], /got an Array$/],
    ['wss://x.test', /got a string$/],
    [{}, /got an object with nothing$/],
    [{ readable: 1, close: 2 }, /got an object with readable, close$/],
    [new Map(), /got a Map$/],
    [process.stdin, /a Node stream is for biopair\/node$/],
  ]
  for (const [carrier, message] of wrong)
    t.throws(() => connect(carrier as Carrier, clientOptions), {
      code: 'ERR_INVALID_ARG_TYPE',
      message,
    })
  const [{ readable, writable }] = streams()
  readable.getReader()
  t.throws(() => connect({ readable, writable }, clientOptions), { code: 'ERR_CARRIER_LOCKED' })
  const closed = { readable: null, writable: null, getInfo: () => ({}) }
  t.throws(() => connect(closed, clientOptions), { code: 'ERR_CARRIER_NOT_OPEN' })
  const unordered = Object.assign(new FakeDataChannel(), { ordered: false })
  t.throws(() => connect(unordered, clientOptions), { code: 'ERR_INVALID_ARG_TYPE' })
})

test('a client that does not say whom it believes is refused before the carrier is touched', t => {
  const [carrier] = streams()
  const error = t.throws(() => connect(carrier, { servername: 'server.example' }), {
    code: 'ERR_NO_TRUST_ANCHORS',
  })
  t.regex(error.message, /needs ca or pins\b/)
  t.throws(() => accept(carrier, {}), { code: 'ERR_NO_CERTIFICATE' })
  t.false(carrier.readable.locked)
})

test('pins alone are enough, and a key that is not among them is refused', async t => {
  const leaf = new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' })
  const pin = (key: Uint8Array) => `sha256/${createHash('sha256').update(key).digest('base64')}`
  const { ca: _, ...nobody } = clientOptions
  const [near, far] = streams()
  const server = accept(far, serverOptions)
  const client = connect(near, { ...nobody, pins: [pin(leaf)] })
  t.true((await client.opened).authorized)
  await Promise.all([client.close(), server.close()])
  const [here, there] = streams()
  const refused = accept(there, serverOptions)
  const wary = connect(here, { ...nobody, pins: [pin(new Uint8Array(32))] })
  t.like(await t.throwsAsync(wary.opened), { reason: 'CERTIFICATE_VERIFY_FAILED' })
  t.like(wary.ssl.verdict, { ok: false, code: 'ERR_TLS_CERT_NOT_PINNED' })
  await t.throwsAsync(refused.closed, { instanceOf: TlsAlert })
})

test('a servername is one that people write, and A-labels on the wire and in the certificate', async t => {
  const { pem: ca, keyPem: key } = mint({ key: 'p256', names: ['xn--mnchen-3ya.example'] })
  for (const servername of ['münchen.example', 'MÜNCHEN。example', 'xn--mnchen-3ya.example']) {
    const [near, far] = streams()
    const client = connect(near, { ...clientOptions, ca, servername })
    const server = accept(far, { ...serverOptions, cert: ca, key })
    const [ours, theirs] = await Promise.all([client.opened, server.opened])
    t.true(ours.authorized)
    t.is(theirs.servername, 'xn--mnchen-3ya.example')
    await Promise.all([client.close(), server.close()])
  }
  const [near, far] = streams()
  const asked = { ...clientOptions, ca, servername: 'relay.example', rejectUnauthorized: true }
  const client = connect(near, { ...asked, verifyNames: ['münchen.example'] })
  const server = accept(far, { ...serverOptions, cert: ca, key })
  t.true((await client.opened).authorized)
  await Promise.all([client.close(), server.close()])
  for (const servername of ['mün chen.example', 'ü/x', 'ü@x', 'ü:443', '１２７.0.0.1', 'xn--ü'])
    t.throws(
      () => connect(far, { ...clientOptions, servername }),
      { code: 'ERR_INVALID_ARG_VALUE', instanceOf: TypeError },
      servername,
    )
})

test('a bulk transfer over a carrier that answers in microtasks alone leaves others their turns', async t => {
  const { near, far } = memoryFunctions()
  const [client, server] = pair(near, far)
  await Promise.all([client.opened, server.opened])
  let [turns, over] = [0, false]
  const turn = () => {
    turns++
    if (!over) setImmediate(turn)
  }
  setImmediate(turn)
  const writer = client.writable.getWriter()
  const writing = (async () => {
    for (let i = 0; i < 128; i++) await writer.write(new Uint8Array(32_768))
    await writer.close()
  })()
  let read = 0
  for await (const { length } of server.readable as unknown as AsyncIterable<Uint8Array>)
    read += length
  over = true
  await writing
  t.is(read, 2 ** 22)
  t.true(turns >= 16, `${turns} turns`)
  await Promise.all([client.close(), server.close()])
})

test('the two streams are the connection: facts, data both ways, half-close, and an end', async t => {
  const [near, far] = streams()
  const client = connect(near, { ...clientOptions, ALPNProtocols: ['a', 'b'] })
  const server = accept(far, { ...serverOptions, ALPNProtocols: ['b'] })
  const [ours, theirs] = await Promise.all([client.opened, server.opened])
  t.like(ours, {
    protocol: 'TLSv1.3',
    cipher: 'TLS_AES_128_GCM_SHA256',
    group: 'x25519',
    alpn: 'b',
    servername: 'server.example',
    authorized: true,
    resumed: false,
    earlyData: 'none',
  })
  t.is(ours.peerCertificates.length, 2)
  t.like(theirs, { alpn: 'b', servername: 'server.example', authorized: false })
  const echo = server.readable.pipeTo(server.writable)
  const writer = client.writable.getWriter()
  await writer.write(Buffer.from('over '))
  await writer.write(new Uint8Array(Buffer.from('and out')).buffer)
  await writer.close()
  let heard = ''
  for await (const chunk of client.readable as unknown as AsyncIterable<Uint8Array>)
    heard += text(chunk)
  t.is(heard, 'over and out')
  await echo
  await Promise.all([client.closed, server.closed])
  t.false(near.readable.locked || near.writable.locked)
  t.truthy(client.session)
})

test('a reader may bring its own buffer', async t => {
  const [client, server] = pair(...streams())
  const writer = server.writable.getWriter()
  await writer.write(Buffer.from('hello'))
  await writer.close()
  const reader = client.readable.getReader({ mode: 'byob' })
  const { value } = await reader.read(new Uint8Array(3))
  t.is(text(value), 'hel')
  t.is(text((await reader.read(new Uint8Array(3))).value), 'lo')
  t.true((await reader.read(new Uint8Array(3))).done)
})

test('the writer hears how much room there is, and waits while the other side does not read', async t => {
  const [client, server] = pair(...streams())
  await client.opened
  const writer = client.writable.getWriter()
  let written = 0
  const writing = (async () => {
    for (;;) {
      await writer.ready
      await writer.write(new Uint8Array(10_000))
      written += 10_000
    }
  })()
  // Until it stands still, which it does long before so much.
  let before = -1
  while (written !== before && written < 500_000) {
    before = written
    for (let i = 0; i < 10; i++) await turns()
  }
  t.true(written < 500_000, `${written}`)
  const reader = server.readable.getReader()
  for (let got = 0; got < 1_000_000; ) got += (await reader.read()).value?.length ?? 0
  t.true(written > before)
  client.abort()
  await t.throwsAsync(writing)
})

test('an aborted writer gives the connection up: no clean end for the peer', async t => {
  const [client, server] = pair(...streams())
  await client.opened
  const enough = new Error('enough')
  await client.writable.abort(enough)
  await t.throwsAsync(client.closed, { is: enough })
  await t.throwsAsync(server.readable.getReader().read())
  await t.throwsAsync(server.closed)
})

test('what is no bytes is the mistake of who writes it, and ends the connection', async t => {
  const [client, server] = pair(...streams())
  await client.opened
  const writer = client.writable.getWriter()
  await t.throwsAsync(writer.write('text' as unknown as Uint8Array), {
    code: 'ERR_INVALID_ARG_TYPE',
  })
  await t.throwsAsync(client.closed, { code: 'ERR_INVALID_ARG_TYPE' })
  await t.throwsAsync(server.closed)
})

test('an alert of the peer reaches every promise and both streams', async t => {
  const strict = streams()
  const asks = connect(strict[0], { ...clientOptions, ALPNProtocols: ['http/1.1'] })
  const refuses = accept(strict[1], { ...serverOptions, ALPNProtocols: ['h2'] })
  for (const promise of [asks.opened, asks.closed, asks.readable.getReader().read()]) {
    const error = await t.throwsAsync(promise, { instanceOf: TlsAlert })
    t.is(error?.alert, 'no_application_protocol')
    t.is(error?.origin, 'received')
  }
  await t.throwsAsync(asks.writable.getWriter().write(Buffer.from('x')), { instanceOf: TlsAlert })
  const ours = await t.throwsAsync(refuses.opened, { instanceOf: TlsAlert })
  t.is(ours?.origin, 'sent')
})

test('a connection is closed where its scope ends', async t => {
  const [client, server] = pair(...streams())
  await client.opened
  await client[Symbol.asyncDispose]()
  await client.closed
  t.true((await server.readable.getReader().read()).done)
  await server.close()
})

test('TLS in TLS: a connection is a carrier', async t => {
  const [outer, beyond] = pair(...streams())
  const [client, server] = pair(outer, beyond)
  await Promise.all([client.opened, server.opened])
  const writer = client.writable.getWriter()
  await writer.write(new Uint8Array(100_000))
  await writer.close()
  let got = 0
  for await (const chunk of server.readable as unknown as AsyncIterable<Uint8Array>)
    got += chunk.length
  t.is(got, 100_000)
  await server.writable.close()
  await Promise.all([client.closed, server.closed, outer.closed, beyond.closed])
})

test('early data of a session comes by a stream of its own', async t => {
  const { SslContext } = await import('@biopair/ssl')
  const ours = new SslContext({ ca: root.pem, crypto: nodeCrypto, groups: 'x25519' })
  const theirs = new SslContext({ cert: pem, key: keyPem, crypto: nodeCrypto, maxEarlyData: 1000 })
  const before = streams()
  const first = connect(before[0], { context: ours, servername: 'server.example' })
  const partner = accept(before[1], { context: theirs })
  await Promise.all([first.opened, partner.opened])
  while (!first.session) await turns()
  const { session } = first
  const after = streams()
  const earlyData = Buffer.from('soon')
  const client = connect(after[0], {
    context: ours,
    servername: 'server.example',
    session,
    earlyData,
  })
  const server = accept(after[1], { context: theirs })
  const reader = server.early?.getReader()
  t.is(text((await reader?.read())?.value), 'soon')
  t.true((await reader?.read())?.done)
  t.like(await client.opened, { resumed: true, earlyData: 'accepted' })
  for (const end of [first, partner, client, server]) end.abort()
})

test('a WebSocket that is closed with a code, breaks, or brings text is an error that says so', async t => {
  const begin = () => {
    const [near, far] = [new FakeWebSocket(), new FakeWebSocket()]
    near.join(far)
    return { near, far, client: connect(near, clientOptions) }
  }
  const coded = begin()
  coded.far.close(4321, 'go away')
  const error = (await t.throwsAsync(coded.client.closed)) as Error & { cause: Error }
  t.regex(error.cause.message, /closed with 4321: go away/)
  const broken = begin()
  broken.near.break()
  await t.throwsAsync(broken.client.opened, { message: /closed with 1006/ })
  const words = begin()
  words.near.dispatchEvent(Object.assign(new Event('message'), { data: 'text' }))
  await t.throwsAsync(words.client.opened, { message: /brought a string/ })
  t.is(words.near.readyState, 2)
  const gone = begin()
  gone.near.readyState = 3
  t.notThrows(() => fromWebSocket(gone.near))
  await t.throwsAsync(connect(gone.near, clientOptions).opened, { message: /is closed/ })
  gone.client.abort()
})

test('a WebSocket whose messages nobody reads is given up at its bound', async t => {
  const [near, far] = [new FakeWebSocket(), new FakeWebSocket()]
  near.join(far)
  const carrier = fromWebSocket(near, { maxReceived: 50_000 })
  for (let i = 0; i < 6; i++) far.send(new Uint8Array(10_000))
  while (near.readyState === 1) await turns()
  let got = 0
  const reading = async () => {
    for (;;) got += (await carrier.read())?.length ?? 0
  }
  await t.throwsAsync(reading(), { code: 'ERR_CARRIER_GONE', message: /50000 bytes/ })
  t.is(got, 50_000)
})

test('a data channel gets no message that is longer than it takes', async t => {
  const [near, far] = [new FakeDataChannel(1200), new FakeDataChannel(1200)]
  near.join(far)
  const carriers = [near, far].map(end => fromDataChannel(end, { maxMessageSize: 1200 }))
  const [client, server] = pair(carriers[0] as Carrier, carriers[1] as Carrier)
  await client.writable.getWriter().write(new Uint8Array(50_000))
  const reader = server.readable.getReader()
  for (let got = 0; got < 50_000; ) got += (await reader.read()).value?.length ?? 0
  t.is(near.longest, 1200)
  client.abort()
})

test('a third party on a BroadcastChannel is told that there are two', async t => {
  const name = `third ${process.pid}`
  const open = () => new BroadcastChannel(name)
  const [near, far, third] = [open(), open(), open()]
  const [client, server] = pair(near, far)
  await Promise.all([client.opened, server.opened])
  const late = connect(third, clientOptions)
  await t.throwsAsync(late.opened, { message: /taken by two others/ })
  await client.writable.getWriter().write(Buffer.from('undisturbed'))
  t.is(text((await server.readable.getReader().read()).value), 'undisturbed')
  client.abort()
  server.abort()
})

test('a port carries messages of others besides, and holds no more than its window', async t => {
  const { port1, port2 } = new MessageChannel()
  const [near, far] = [fromMessagePort(port1), fromMessagePort(port2, { window: 1000 })]
  port1.postMessage('not ours')
  port1.postMessage({ biopair: 'port/1' })
  let sent = 0
  const writing = near.write(new Uint8Array(5000)).then(() => {
    sent = 5000
  })
  await turns()
  t.is(sent, 0)
  const first = await far.read()
  t.is(first?.length, 1000)
  for (let got = 1000; got < 5000; ) got += (await far.read())?.length ?? 0
  await writing
  near.abort(new Error('x'))
  await t.throwsAsync(far.read(), { message: /given up by the other side: x/ })
  far.abort(new Error('x'))
})

test('a port whose other side sends more than it may is broken', async t => {
  const { port1, port2 } = new MessageChannel()
  const carrier = fromMessagePort(port1, { window: 100 })
  const [{ from }] = (await once(port2, 'message')) as [{ from: string }]
  const said = { biopair: 'biopair/port/1', from: 'us', to: from }
  port2.postMessage({ ...said, kind: 'open', credit: 10, answer: true })
  port2.postMessage({ ...said, kind: 'data', bytes: new Uint8Array(101) })
  await t.throwsAsync(carrier.read(), { message: /more than there was credit for/ })
  carrier.abort(new Error('x'))
  port2.close()
})

test('the other side of a port that is gone is no clean end', async t => {
  const { port1, port2 } = new MessageChannel()
  const [client, server] = pair(port1, port2)
  await Promise.all([client.opened, server.opened])
  port2.close()
  await t.throwsAsync(client.closed, { code: 'ERR_CARRIER_BROKEN' })
  server.abort()
  const name = `carrier ${process.pid}`
  t.notThrows(() => fromBroadcastChannel(new BroadcastChannel(name)).abort(new Error('x')))
})
