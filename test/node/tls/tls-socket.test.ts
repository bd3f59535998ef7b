import { once } from 'node:events'
import { type Duplex, PassThrough } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { createSecureContext, TlsSocket } from '@biopair/node/tls'
import test from 'ava'
import { chainFor } from '../../support/mint.ts'
import { mintOcsp } from '../../support/ocsp-mint.ts'
import {
  awake,
  believes,
  failure,
  identity,
  over,
  pairOfStreams,
  secured,
  sockets,
  text,
} from './support/ends.ts'

test('what one end writes, the other end reads, both ways at once, in pieces of any length', async t => {
  const { client, server } = over(t, pairOfStreams())
  const sizes = [1, 5, 100, 20_000, 1, 70_000, 3000, 200_000]
  const bytes = sizes.map((size, at) => Buffer.alloc(size, at + 1))
  const said = Buffer.concat(bytes).toString('latin1')
  for (const piece of bytes) {
    client.write(piece)
    server.write(piece)
  }
  client.end()
  server.end()
  const closed = Promise.all([once(client, 'close'), once(server, 'close')])
  t.deepEqual(await Promise.all([text(client), text(server)]), [said, said])
  await closed
})

test('a socket says what was agreed on as node:tls does', async t => {
  const { root, pem, keyPem, leaf } = chainFor('p256')
  const { client, server } = over(t, await sockets(t), {
    client: { ALPNProtocols: ['h2', Buffer.from('http/1.1')], cert: pem, key: keyPem },
    server: { ALPNProtocols: Buffer.from('\x08http/1.1'), requestCert: true, ca: root.pem },
  })
  t.true(client.encrypted && client.secureConnecting)
  t.false(client.authorized)
  t.is(client.alpnProtocol as unknown, null)
  t.is(client.getProtocol(), null)
  await secured({ client, server })
  t.false(client.secureConnecting)
  for (const end of [client, server]) {
    t.true(end.authorized)
    t.is(end.authorizationError, null)
    t.is(end.alpnProtocol, 'http/1.1')
    t.is(end.servername, 'server.example')
    t.is(end.getProtocol(), 'TLSv1.3')
    t.like(end.getCipher(), { name: 'TLS_AES_128_GCM_SHA256', version: 'TLSv1.3' })
    const { fingerprint256 } = end.getPeerCertificate()
    t.is(fingerprint256 as string | undefined, end.getPeerX509Certificate()?.fingerprint256)
    t.deepEqual(new Uint8Array(end.getPeerCertificate().raw), new Uint8Array(leaf.der))
    t.deepEqual(new Uint8Array(end.getX509Certificate()?.raw ?? []), new Uint8Array(leaf.der))
    t.like(end.getCertificate(), { serialNumber: end.getX509Certificate()?.serialNumber })
    t.false(end.isSessionReused())
    t.is(end.remoteAddress, '127.0.0.1')
    t.is(typeof end.remotePort, 'number')
    t.is(end.setNoDelay(true).setKeepAlive(true).unref().ref(), end)
    t.false(end.setMaxSendFragment(512))
    t.throws(() => end.setServername('x'), { code: 'ERR_STATE_MACHINE_STARTED' })
    t.throws(() => end.enableTrace(), { code: 'ERR_STATE_MACHINE_STARTED' })
  }
  const detailed = client.getPeerCertificate(true)
  t.is(detailed.subject.CN, client.getPeerCertificate().subject.CN)
  t.deepEqual(client.getEphemeralKeyInfo(), { type: 'ECDH', name: 'X25519', size: 253 })
  t.is(server.getEphemeralKeyInfo(), null)
  const exported = client.exportKeyingMaterial(32, 'EXPORTER-test', Buffer.from('x'))
  t.deepEqual(exported, server.exportKeyingMaterial(32, 'EXPORTER-test', Buffer.from('x')))
  const refusal = await new Promise<Error>(resolve => client.renegotiate({}, resolve))
  t.is((refusal as { code?: string }).code, 'ERR_SSL_WRONG_SSL_VERSION')
})

test('keylog and session are told of one connection, also where the context is shared; a session goes on', async t => {
  const { servername, ...shared } = believes
  const secureContext = createSecureContext(shared)
  const server = createSecureContext(identity)
  const visit = async (session?: Uint8Array) => {
    const bare = pairOfStreams()
    const client = new TlsSocket(bare[0], { secureContext, servername, session })
    const other = new TlsSocket(bare[1], { secureContext: server, isServer: true })
    const lines: string[] = []
    client.on('keylog', (line: Buffer) => lines.push(line.toString()))
    const ticket = once(client, 'session')
    await secured({ client, server: other })
    const [bytes] = (await ticket) as [Buffer]
    t.is(lines.length, 5)
    t.true(lines.every(line => /^\w+ [0-9a-f]+ [0-9a-f]+\n$/.test(line)))
    t.is(client.isSessionReused(), session !== undefined)
    t.is(other.isSessionReused(), session !== undefined)
    t.true(client.authorized)
    t.deepEqual(client.getPeerCertificate().raw, Buffer.from(chainFor('p256').leaf.der))
    client.destroy()
    await once(other.resume(), 'close')
    return bytes
  }
  const bytes = await visit()
  await visit(bytes)
})

for (const [title, kind, client, code] of [
  [
    'a name that is another',
    'p256',
    { servername: 'other.example' },
    'ERR_TLS_CERT_ALTNAME_INVALID',
  ],
  [
    'a root that is not known',
    'p256',
    { ca: chainFor('ed25519').root.pem },
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  ],
] as const)
  test(`refused: ${title}: the error has node:tls's code, and authorizationError where it is put up with`, async t => {
    const { pem, keyPem } = chainFor(kind)
    const server = { cert: pem, key: keyPem }
    const strict = over(t, pairOfStreams(), { client, server })
    const [error, theirs] = await Promise.all([failure(strict.client), failure(strict.server)])
    t.is(error.code, code)
    t.regex(theirs.code ?? '', /^ERR_SSL_/)
    t.false(strict.client.authorized)
    const lax = over(t, pairOfStreams(), {
      client: { ...client, rejectUnauthorized: false },
      server,
    })
    await secured(lax)
    t.false(lax.client.authorized)
    t.is(lax.client.authorizationError, code)
    t.is(lax.server.authorizationError, null)
  })

test('where no ca is given, Node’s own roots are believed, and nobody else', async t => {
  const [near, far] = pairOfStreams()
  const { ca: _, ...rest } = believes
  const client = new TlsSocket(near, rest)
  new TlsSocket(far, { ...identity, isServer: true }).on('error', () => {})
  t.is((await failure(client)).code, 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY')
  t.true(client.ssl.context.anchors.certificates.length > 100)
})

test('checkServerIdentity judges the name, behind the chain, with node:tls’s object', async t => {
  const seen: string[] = []
  const check = (hostname: string, cert: { subjectaltname?: string }) => {
    seen.push(`${hostname} ${cert.subjectaltname}`)
    return hostname === 'pinned.example'
      ? undefined
      : Object.assign(new Error('not you'), { code: 'E_NOT' })
  }
  const good = over(t, pairOfStreams(), {
    client: { servername: 'pinned.example', checkServerIdentity: check },
  })
  await secured(good)
  t.true(good.client.authorized)
  t.regex(seen[0] ?? '', /^pinned\.example DNS:server\.example/)
  const bad = over(t, pairOfStreams(), { client: { checkServerIdentity: check } })
  bad.server.on('error', () => {})
  const why = await failure(bad.client)
  t.is(why.message, 'not you')
  t.is(why.code, 'E_NOT')
  const lax = over(t, pairOfStreams(), {
    client: { checkServerIdentity: check, rejectUnauthorized: false },
  })
  await secured(lax)
  t.false(lax.client.authorized)
  t.is(lax.client.authorizationError, 'ERR_TLS_CERT_ALTNAME_INVALID')
  const chain = over(t, pairOfStreams(), {
    client: {
      servername: 'pinned.example',
      checkServerIdentity: check,
      ca: chainFor('ed25519').root.pem,
    },
  })
  chain.server.on('error', () => {})
  t.is((await failure(chain.client)).code, 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY')
})

test('options that are unknown, of the other role, or beside a context are refused before the carrier is touched', t => {
  const carrier = new PassThrough()
  const refused = (options: object, code: string) =>
    t.throws(
      () => new TlsSocket(carrier, options as typeof believes),
      { code },
      Object.keys(options).at(-1),
    )
  refused({ ...believes, nonsense: 1 }, 'ERR_UNKNOWN_OPTION')
  refused({ ...believes, SNICallback: () => {} }, 'ERR_INVALID_ARG_VALUE')
  refused({ ...believes, requestCert: true }, 'ERR_INVALID_ARG_VALUE')
  refused({ ...identity, isServer: true, servername: 'x' }, 'ERR_INVALID_ARG_VALUE')
  refused({ ...identity, isServer: true, checkServerIdentity: () => {} }, 'ERR_INVALID_ARG_VALUE')
  refused({ ...identity, isServer: true, tickets: true }, 'ERR_INVALID_ARG_VALUE')
  refused({ secureContext: createSecureContext(), ca: 'x' }, 'ERR_INVALID_ARG_VALUE')
  refused({ secureContext: {} }, 'ERR_INVALID_ARG_TYPE')
  refused({ ...believes, maxVersion: 'TLSv1.1' }, 'ERR_INVALID_ARG_VALUE')
  refused({ ...believes, ALPNProtocols: Buffer.from([5, 1]) }, 'ERR_INVALID_ARG_VALUE')
  refused({ isServer: true }, 'ERR_NO_CERTIFICATE')
  t.is(carrier.listenerCount('readable'), 0)
  t.throws(() => new TlsSocket({} as Duplex, believes), { code: 'ERR_INVALID_ARG_TYPE' })
  t.notThrows(() => {
    const one = { ...believes, minVersion: 'TLSv1.2', ecdhCurve: 'auto' } as const
    new TlsSocket(pairOfStreams()[0], one).destroy()
  })
})

test('#13: data written before the handshake arrives, corked writes arrive as one record', async t => {
  const [near, far] = pairOfStreams()
  const { client, server } = over(t, [near, far])
  client.write('before ')
  await secured({ client, server })
  client.cork()
  for (const word of ['one ', 'two ', 'three']) client.write(word)
  client.uncork()
  client.end()
  t.is(await text(server), 'before one two three')
  t.is(server.readableEnded, true)
})

test('half-close leaves the other way open where allowHalfOpen says so, and ends both where not', async t => {
  const open = await secured(over(t, await sockets(t), { server: { allowHalfOpen: true } }))
  open.client.end('question')
  t.is(await text(open.server), 'question')
  open.server.end('answer')
  t.is(await text(open.client), 'answer')
  const shut = await secured(over(t, pairOfStreams()))
  shut.client.end('question')
  const closed = Promise.all([once(shut.server, 'close'), once(shut.client.resume(), 'close')])
  t.is(await text(shut.server), 'question')
  await closed
})

test('#8, #15: an end below without close_notify, and an error below, reach the socket; its end reaches below', async t => {
  const cut = pairOfStreams()
  const one = await secured(over(t, cut))
  one.server.write('last words')
  await once(one.client, 'readable')
  cut[1].end()
  one.client.resume()
  const error = await failure(one.client)
  t.is(error.code, 'ECONNRESET')
  t.is((error.cause as { code?: string }).code, 'ERR_TRUNCATED')
  one.server.on('error', () => {})

  const broken = pairOfStreams()
  const two = await secured(over(t, broken))
  two.server.on('error', () => {})
  const why = Object.assign(new Error('no carrier'), { code: 'E_LINE' })
  broken[0].destroy(why)
  t.is(await failure(two.client), why)

  const below = await sockets(t)
  const three = await secured(over(t, below))
  three.server.resume()
  three.client.end()
  await Promise.all([
    ...below.map(socket => once(socket, 'close')),
    once(three.client.resume(), 'close'),
  ])
  t.true(below[0].destroyed && below[1].destroyed)
})

test('an end below before there is a connection is node:tls’s ECONNRESET', async t => {
  const [near, far] = pairOfStreams()
  const client = new TlsSocket(near, believes)
  far.end()
  const error = await failure(client)
  t.is(error.code, 'ECONNRESET')
  t.is(
    error.message,
    'Client network socket disconnected before secure TLS connection was established',
  )
  const [near2, far2] = await sockets(t)
  const server = new TlsSocket(near2, { ...identity, isServer: true })
  far2.destroy()
  t.is((await failure(server)).message, 'socket hang up')
})

test('a handshake that takes too long is ERR_TLS_HANDSHAKE_TIMEOUT', async t => {
  awake(t)
  const [near] = pairOfStreams()
  const client = new TlsSocket(near, { ...believes, handshakeTimeout: 30 })
  t.is((await failure(client)).code, 'ERR_TLS_HANDSHAKE_TIMEOUT')
  if (!near.destroyed) await new Promise(resolve => near.once('close', resolve))
})

test('a socket that is destroyed says close_notify if all is out, and cuts the line if something is lost, or with an error', async t => {
  const quiet = await secured(over(t, pairOfStreams()))
  quiet.client.destroy()
  t.is(await text(quiet.server), '')
  const loud = await secured(over(t, pairOfStreams()))
  loud.client.write(Buffer.alloc(1_000_000))
  loud.client.destroy()
  loud.server.resume()
  t.is((await failure(loud.server)).code, 'ECONNRESET')
  const mine = await secured(over(t, pairOfStreams()))
  const why = new Error('mine')
  mine.client.destroy(why)
  const [own, theirs] = await Promise.all([failure(mine.client), failure(mine.server)])
  t.is(own, why)
  t.is(theirs.code, 'ECONNRESET')
})

test('timeout is emitted while nothing moves, and once for each time of silence', async t => {
  awake(t)
  const { client, server } = await secured(over(t, pairOfStreams()))
  let times = 0
  client.setTimeout(600, () => times++)
  t.is(client.timeout, 600)
  /** Something moves every 50 ms for longer than the timeout: the times that it came, and the longest silence. */
  const moving = async () => {
    let [longest, last] = [0, performance.now()]
    const before = times
    for (let i = 0; i < 14; i++) {
      await sleep(50)
      server.write('x')
      client.read()
      longest = Math.max(longest, performance.now() - last)
      last = performance.now()
    }
    return { came: times - before, longest }
  }
  // Where the machine stood still so long that there was a silence, it says nothing about the timeout.
  let seen = await moving()
  while (seen.longest > 300) seen = await moving()
  t.is(seen.came, 0)
  const before = times
  await once(client, 'timeout')
  t.is(times, before + 1)
  client.setTimeout(0)
  t.false(client.destroyed)
})

test('OCSPResponse is told where it was asked for', async t => {
  const { leaf, intermediate: issuer } = chainFor('p256')
  const ocspResponse = mintOcsp({ leaf, issuer })
  const client = { requestOCSP: true } as const
  for (const [server, expected] of [
    [{ ocspResponse }, Buffer.from(ocspResponse)],
    [{}, null],
  ] as const) {
    const ends = over(t, pairOfStreams(), { client, server })
    const [[response]] = await Promise.all([once(ends.client, 'OCSPResponse'), secured(ends)])
    t.deepEqual(response, expected)
  }
})

test('keys change, a carrier that comes later is waited for, and one that never comes says why', async t => {
  const [near, far] = pairOfStreams()
  const { client, server } = over(t, [sleep(20).then(() => near), far])
  await secured({ client, server })
  client.keyUpdate(true)
  client.write('behind')
  t.is(String((await once(server, 'data'))[0]), 'behind')
  const why = new Error('no route')
  t.is(await failure(new TlsSocket(Promise.reject(why), believes)), why)
})
