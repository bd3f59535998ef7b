/** What node:tls documents of TLSSocket, Server and their options: what is here, and what says why it is not. */
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type tls from 'node:tls'
import {
  Agent,
  connect,
  createSecureContext,
  createServer,
  TlsServer,
  TlsSocket,
  undiciConnector,
} from '@biopair/node/tls'
import { clientOnly, serverOnly } from '@biopair/ssl/stream'
import test from 'ava'
import { root as projectRoot } from '../../house/support/rooms.ts'
import { chainFor } from '../../support/mint.ts'
import { believes, failure, identity, over, pairOfStreams, secured, text } from './support/ends.ts'

/** Of `https://nodejs.org/docs/latest-v20.x/api/tls.html`, and what net.Socket has. */
const members = [
  ...['address', 'disableRenegotiation', 'enableTrace', 'exportKeyingMaterial', 'getCertificate'],
  ...['getCipher', 'getEphemeralKeyInfo', 'getFinished', 'getPeerCertificate', 'getPeerFinished'],
  ...['getPeerX509Certificate', 'getProtocol', 'getSession', 'getSharedSigalgs', 'getTLSTicket'],
  ...['getX509Certificate', 'isSessionReused', 'renegotiate', 'setMaxSendFragment', 'setKeyCert'],
  ...['setNoDelay', 'setKeepAlive', 'setTimeout', 'ref', 'unref', 'destroySoon', 'setServername'],
]
const values = [
  ...[
    'authorized',
    'authorizationError',
    'encrypted',
    'localAddress',
    'localPort',
    'remoteAddress',
  ],
  ...['remoteFamily', 'remotePort', 'alpnProtocol', 'servername', 'bytesRead', 'bytesWritten'],
  ...['connecting', 'pending', 'readyState', 'timeout', 'bufferSize', 'localFamily'],
]

test('every member that node:tls documents of a TLSSocket and of a Server is there', async t => {
  const { client } = await secured(over(t, pairOfStreams()))
  for (const name of members) t.is(typeof (client as never)[name], 'function', name)
  for (const name of values) t.true(name in client, name)
  const server = [...['addContext', 'getTicketKeys', 'setTicketKeys', 'setSecureContext']]
  for (const name of [...server, 'address', 'close', 'listen', 'getConnections', 'ref', 'unref'])
    t.is(typeof TlsServer.prototype[name as 'listen'], 'function', name)
  for (const name of ['getFinished', 'getPeerFinished', 'getSharedSigalgs'] as const)
    t.throws(() => client[name](), { code: 'ERR_METHOD_NOT_IMPLEMENTED', message: /use / })
  t.throws(() => client.setKeyCert({}), { code: 'ERR_METHOD_NOT_IMPLEMENTED' })
})

test('a ticket is that of the session, and nobody has one before it has come', async t => {
  const { client } = over(t, pairOfStreams())
  t.is(client.getTLSTicket(), undefined)
  await once(client, 'session')
  t.deepEqual(client.getTLSTicket(), Buffer.from(client.ssl.session?.ticket ?? []))
})

test('the objects of certificates are node:tls’s own to the last field, with Buffers, and issuers as far as the chain goes', async t => {
  for (const kind of ['p256', 'rsa', 'ed25519'] as const) {
    const chain = chainFor(kind)
    const { client } = await secured(
      over(t, pairOfStreams(), {
        client: { ca: chain.root.pem },
        server: { cert: chain.pem, key: chain.keyPem },
      }),
    )
    const [leaf, issuer] = client.ssl.peerCertificates
    const nodes = (der = new Uint8Array()) =>
      new X509Certificate(der).toLegacyObject() as unknown as object
    t.deepEqual({ ...client.getPeerCertificate() } as object, { ...nodes(leaf) })
    const detailed = client.getPeerCertificate(true)
    t.deepEqual({ ...detailed.issuerCertificate } as object, { ...nodes(issuer) })
    t.true(Buffer.isBuffer(detailed.raw))
  }
  const { root, pem, keyPem } = chainFor('p256')
  const { client } = await secured(
    over(t, pairOfStreams(), { server: { cert: `${pem}${root.pem}`, key: keyPem } }),
  )
  const last = client.getPeerCertificate(true).issuerCertificate.issuerCertificate
  t.is(last.issuerCertificate, last)
  t.false('issuerCertificate' in client.getPeerCertificate())
})

test('TLS 1.2 is spoken where minVersion or maxVersion ask for it, and the socket says so in OpenSSL’s words', async t => {
  for (const version of [
    { maxVersion: 'TLSv1.2' },
    { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' },
    { minVersion: 'TLSv1', maxVersion: 'TLSv1.2' },
  ] as const) {
    const { client, server } = await secured(
      over(t, pairOfStreams(), { client: version, server: { minVersion: 'TLSv1.2' } }),
    )
    for (const end of [client, server]) {
      t.is(end.getProtocol(), 'TLSv1.2')
      t.deepEqual(end.getCipher() as object, {
        name: 'ECDHE-ECDSA-AES128-GCM-SHA256',
        standardName: 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
        version: 'TLSv1.2',
      })
    }
    client.end('old')
    t.is(await text(server), 'old')
  }
  const newer = over(t, pairOfStreams(), { client: { maxVersion: 'TLSv1.2' } })
  newer.server.on('error', () => {})
  t.regex((await failure(newer.client)).code ?? '', /PROTOCOL_VERSION/)
})

/** Names of the table of options in docs/api.md, which another test holds to be all. */
const page = readFileSync(join(projectRoot, 'docs/api.md'), 'utf8')
const [, chapter = ''] = page.split('\n## SslContext\n')
const options = [
  ...new Set(
    [...(chapter.split(/^#/m)[0] ?? '').matchAll(/^\| ((?:`\w+`(?:, )?)+) +\|/gm)].flatMap(
      ([, names = '']) => [...names.matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
    ),
  ),
]

/** Of which role, where it is not both: a table that its own test holds to what each option says of itself. */
const of: Readonly<Record<'client' | 'server', readonly string[]>> = {
  client: clientOnly,
  server: serverOnly,
}

test('every option of a context is known to both roles, and the other role’s is refused by name', t => {
  t.true(options.length > 60)
  for (const name of [...serverOnly, ...clientOnly]) t.true(options.includes(name), name)
  const [near] = pairOfStreams()
  // Nothing may be a symbol.
  const wrong = Symbol('wrong')
  const makers = {
    client: (name: string) => new TlsSocket(near, { ...believes, [name]: wrong }),
    server: (name: string) => new TlsSocket(near, { ...identity, [name]: wrong, isServer: true }),
    agent: (name: string) => new Agent({ ca: believes.ca, [name]: wrong }),
    undici: (name: string) => undiciConnector({ ca: believes.ca, [name]: wrong }),
    createServer: (name: string) => createServer({ ...identity, [name]: wrong }),
  }
  for (const [maker, make] of Object.entries(makers)) {
    const serves = ['server', 'createServer'].includes(maker)
    const foreign = serves ? of.client : of.server
    for (const name of options) {
      const error = t.throws(() => make(name), undefined, `${maker} ${name}`) as Error & {
        code?: string
      }
      t.true(error instanceof TypeError, `${maker} ${name}: ${error}`)
      t.regex(error.code ?? '', /^ERR_INVALID_ARG_(TYPE|VALUE)$/, `${maker} ${name}`)
      t.is(
        /is no option of a (client|server)/.test(error.message),
        foreign.includes(name),
        `${maker} ${name}: ${error.message}`,
      )
    }
  }
})

test('options of node:tls that are not here are refused by name, wherever they are given', t => {
  const [near] = pairOfStreams()
  const missing = [
    ...['clientCertEngine', 'dhparam', 'honorCipherOrder', 'pfx', 'privateKeyEngine'],
    ...['privateKeyIdentifier', 'secureOptions', 'secureProtocol', 'minDHSize'],
  ]
  for (const name of missing) {
    const one = { [name]: 1 } as object
    for (const make of [
      () => new TlsSocket(near, { ...believes, ...one }),
      () => connect({ ...believes, socket: near, ...one }),
      () => createServer({ ...identity, ...one }),
      () => createSecureContext(one),
      () => new Agent(one),
      () => undiciConnector(one),
    ])
      t.throws(make, { code: 'ERR_UNKNOWN_OPTION', message: new RegExp(name) }, name)
  }
  t.is(near.listenerCount('error'), 0)
})

test('pins say whom to believe: alone, or beside an authority', async t => {
  const { root, leaf } = chainFor('p256')
  const key = new X509Certificate(leaf.der).publicKey.export({ type: 'spki', format: 'der' })
  const { createHash } = await import('node:crypto')
  const pins = [new Uint8Array(createHash('sha256').update(key).digest())]
  const [near, far] = pairOfStreams()
  const { ca: _, ...nobody } = believes
  const alone = new TlsSocket(near, { ...nobody, pins })
  const other = new TlsSocket(far, { ...identity, isServer: true })
  await secured({ client: alone, server: other })
  t.true(alone.authorized)
  const wrong = over(t, pairOfStreams(), { client: { ca: root.pem, pins: [new Uint8Array(32)] } })
  wrong.server.on('error', () => {})
  t.is((await failure(wrong.client)).code, 'ERR_TLS_CERT_NOT_PINNED')
})

test('checkServerIdentity is an option of a context, an agent and a connector too, and may answer later', async t => {
  const seen: string[] = []
  const check = async (hostname: string, cert: tls.PeerCertificate) => {
    seen.push(`${hostname} ${Buffer.isBuffer(cert.raw)}`)
    return hostname === 'wrong.example' ? new Error('not this one') : undefined
  }
  const { servername: _, ...shared } = believes
  const secureContext = createSecureContext({ ...shared, checkServerIdentity: check })
  for (const servername of ['any.example', 'wrong.example']) {
    const [near, far] = pairOfStreams()
    const client = new TlsSocket(near, { secureContext, servername })
    const server = new TlsSocket(far, { ...identity, isServer: true }).on('error', () => {})
    if (servername === 'any.example') {
      await secured({ client, server })
      t.true(client.authorized)
    } else t.is((await failure(client)).message, 'not this one')
  }
  t.deepEqual(seen, ['any.example true', 'wrong.example true'])
  const server = createServer(identity, socket => socket.end())
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const dial = undiciConnector({ ...shared, checkServerIdentity: check })
  const request = { hostname: 'localhost', protocol: 'https:', port: String(port) }
  for (const servername of ['fetched.example', 'wrong.example']) {
    const error = await new Promise<Error | null>(resolve =>
      dial({ ...request, servername }, (...[error, socket]) => {
        resolve(error)
        socket?.destroy()
      }),
    )
    t.is(error?.message, servername === 'wrong.example' ? 'not this one' : undefined)
  }
})

test('what is told once is looked at once: options of connections are refused by servers, agents and connectors when they are made', t => {
  const wrong: readonly (readonly [options: object, code: string])[] = [
    [{ handshakeTimeout: -1 }, 'ERR_INVALID_ARG'],
    [{ idleTimeout: 'soon' }, 'ERR_INVALID_ARG'],
    [{ bufferSize: 0 }, 'ERR_'],
    [{ highWaterMark: -5 }, 'ERR_INVALID_ARG_VALUE'],
    [{ verifyNames: 5 }, 'ERR_INVALID_ARG_TYPE'],
  ]
  for (const [options, code] of wrong)
    for (const make of [
      () => createServer({ ...identity, ...options }),
      () => new Agent({ ca: believes.ca, ...options }),
      () => undiciConnector({ ca: believes.ca, ...options }),
    ])
      t.true((t.throws(make) as { code?: string }).code?.startsWith(code), JSON.stringify(options))
  for (const options of [{ servername: 'x' }, { session: new Uint8Array(1) }])
    for (const make of [
      () => new Agent(options as object),
      () => undiciConnector(options as object),
    ])
      t.throws(make, { code: 'ERR_INVALID_ARG_VALUE', message: /of one connection/ })
  const secureContext = createSecureContext({ ca: believes.ca })
  t.throws(() => undiciConnector({ secureContext, ca: believes.ca }), {
    code: 'ERR_INVALID_ARG_VALUE',
  })
  t.throws(() => undiciConnector({ secureContext: {} as never }), { code: 'ERR_INVALID_ARG_TYPE' })
  const server = createServer({ secureContext: createSecureContext(identity) })
  t.throws(() => server.addContext('a.example', identity), { code: 'ERR_INVALID_ARG_VALUE' })
  t.throws(() => createServer({ ...identity, SNICallback: 5 as never }), {
    code: 'ERR_INVALID_ARG_TYPE',
  })
  const [near] = pairOfStreams()
  for (const timeout of ['5', -1, Number.NaN, 2 ** 31])
    t.throws(() => connect({ ...believes, socket: near, timeout: timeout as number }))
  t.is(near.listenerCount('readable'), 0)
})
