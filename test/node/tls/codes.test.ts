/** The codes of errors beside node:tls's for the same failure: of clients against one server, and of servers against one client. */
import { once } from 'node:events'
import {
  type AddressInfo,
  connect as connectNet,
  createServer as createNet,
  type Server,
  type Socket,
} from 'node:net'
import type { Duplex } from 'node:stream'
import tls from 'node:tls'
import { connect, createServer, type TlsClientOptions } from '@biopair/node/tls'
import test, { type ExecutionContext } from 'ava'
import { freePort } from '../../support/free-port.ts'
import { chainFor, clientAuth, type MintOptions, mint } from '../../support/mint.ts'
import { awake } from './support/ends.ts'

const { root, pem, keyPem } = chainFor('p256')
const identity = { cert: pem, key: keyPem }
const believes = { ca: root.pem, servername: 'server.example', host: '127.0.0.1' }
const far = Date.UTC(2040, 0, 1)
const past = Date.UTC(2020, 0, 1)
const names = ['server.example']

type Coded = Error & { code?: string; syscall?: string }

async function listen(t: ExecutionContext, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}

/** The error of a stream, or how it ended without one. */
function endOf(t: ExecutionContext, stream: Duplex): Promise<Coded | 'end' | 'close'> {
  t.teardown(() => stream.destroy())
  return new Promise(resolve => {
    stream.on('error', resolve).resume()
    stream.once('end', () => setImmediate(() => setImmediate(() => resolve('end'))))
    stream.once('close', () => setImmediate(() => resolve('close')))
  })
}

const said = (end: Coded | string) => (typeof end === 'string' ? end : (end.code ?? end.message))

/** A TLS server of Node's with this certificate. */
const nodeServer = (options: tls.TlsOptions) => () =>
  tls.createServer({ minVersion: 'TLSv1.3', ...options }, socket => {
    socket.on('error', () => {}).resume()
  })
const certified = (one: { readonly pem: string; readonly keyPem: string }) =>
  nodeServer({ cert: one.pem, key: one.keyPem })
/** A server that is no TLS server. */
const plainServer = (serve: (socket: Socket) => unknown) => () =>
  createNet(socket => {
    socket.on('error', () => {})
    serve(socket)
  })
/** A relay to a server of Node's; `cut` is told of both sockets once the client has said something after the handshake. */
const cutAfterwards = (cut: (near: Socket) => unknown) => () => {
  const behind = nodeServer(identity)().listen(0, '127.0.0.1').unref()
  return createNet(near => {
    const port = (behind.address() as AddressInfo).port
    const other = connectNet(port, '127.0.0.1')
    for (const socket of [near, other]) socket.on('error', () => {})
    near.pipe(other).pipe(near)
    behind.once('secureConnection', (socket: Socket) =>
      socket.once('data', () => {
        near.unpipe(other)
        other.unpipe(near)
        other.destroy()
        behind.close()
        cut(near)
      }),
    )
  })
}

interface Case {
  readonly what: string
  readonly server: () => Server
  readonly client?: object
  readonly code: string
  /** Where node:tls says something else, and it is meant so. */
  readonly nodes?: string
  /** The client writes once it is connected. */
  readonly writes?: boolean
}

const mintLeaf = (more: MintOptions) => mint({ key: 'p256', names, ...more })

const clients: readonly Case[] = [
  {
    what: 'a root that nobody knows',
    server: nodeServer(identity),
    client: { ca: chainFor('ed25519').root.pem },
    code: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  },
  {
    what: 'a certificate that signed itself',
    server: certified(mintLeaf({})),
    code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  },
  {
    what: 'a root that nobody knows, sent along',
    server: nodeServer({ ...identity, cert: pem + root.pem }),
    client: { ca: chainFor('ed25519').root.pem },
    code: 'SELF_SIGNED_CERT_IN_CHAIN',
  },
  {
    what: 'a certificate that is out of date',
    server: certified(mintLeaf({ issuer: root, notBefore: past - 1e10, notAfter: past })),
    code: 'CERT_HAS_EXPIRED',
  },
  {
    what: 'a certificate whose time is to come',
    server: certified(mintLeaf({ issuer: root, notBefore: far, notAfter: far + 1e10 })),
    code: 'CERT_NOT_YET_VALID',
  },
  {
    what: 'another name',
    server: nodeServer(identity),
    client: { servername: 'other.example' },
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
  },
  {
    what: 'a certificate for clients alone',
    server: certified(mintLeaf({ issuer: root, extKeyUsage: [clientAuth] })),
    code: 'INVALID_PURPOSE',
  },
  {
    what: 'no protocol in common: an alert',
    server: nodeServer({ ...identity, ALPNProtocols: ['a'] }),
    client: { ALPNProtocols: ['b'] },
    code: 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
  },
  {
    what: 'no version in common: an alert',
    server: nodeServer({ ...identity, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }),
    client: { minVersion: 'TLSv1.3' },
    code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
  },
  {
    what: 'a certificate is asked for, and there is none: an alert after the handshake',
    server: nodeServer({ ...identity, requestCert: true, ca: root.pem }),
    code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
    writes: true,
  },
  {
    what: 'a server that speaks no TLS',
    server: plainServer(socket => socket.write('220 hello\r\n')),
    code: 'ERR_SSL_WRONG_VERSION_NUMBER',
  },
  {
    what: 'a server that closes at once',
    server: plainServer(socket => socket.end()),
    code: 'ECONNRESET',
  },
  {
    what: 'a server that resets in the handshake',
    server: plainServer(socket => socket.once('data', () => socket.resetAndDestroy())),
    code: 'ECONNRESET',
  },
  {
    what: 'a connection that is reset later',
    server: cutAfterwards(near => near.resetAndDestroy()),
    code: 'ECONNRESET',
    writes: true,
  },
  {
    // node:tls takes a cut for an end; so an attacker can end what a peer has not (RFC 9846 §6.1).
    what: 'a connection that ends without close_notify',
    server: cutAfterwards(near => near.end()),
    code: 'ECONNRESET',
    nodes: 'end',
    writes: true,
  },
]

for (const { what, server, client, code, nodes = code, writes } of clients)
  test(`the error of a client is node:tls’s: ${what}`, async t => {
    awake(t)
    const options = { ...believes, ...client }
    const ends: string[] = []
    const messages: string[] = []
    for (const dial of [tls.connect, connect] as readonly ((options: object) => Duplex)[]) {
      const port = await listen(t, server())
      const socket = dial({ ...options, port })
      if (writes) socket.once('secureConnect', () => socket.write('words'))
      const end = await endOf(t, socket)
      ends.push(said(end))
      messages.push(String(end))
    }
    t.deepEqual(ends, [nodes, code], messages.join('\n'))
  })

test('nobody there: the carrier’s own error, as it is in node:tls', async t => {
  const nobody = await freePort()
  for (const dial of [tls.connect, connect] as readonly ((options: object) => Duplex)[])
    t.like(await endOf(t, dial({ ...believes, port: nobody })), {
      code: 'ECONNREFUSED',
      syscall: 'connect',
    })
})

interface ServerCase {
  readonly what: string
  readonly options?: object
  readonly meet: (port: number) => Duplex
  readonly code: string
}

const theirs = (options: object) => (port: number) =>
  tls.connect({ ...believes, port, ...options }).on('error', () => {})
const plainly = (say: (socket: Socket) => unknown) => (port: number) => {
  const socket = connectNet(port, '127.0.0.1', () => say(socket)).on('error', () => {})
  return socket
}

const servers: readonly ServerCase[] = [
  {
    what: 'a client that has no certificate',
    options: { requestCert: true, ca: root.pem },
    meet: theirs({}),
    code: 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE',
  },
  {
    what: 'a client that speaks HTTP',
    meet: plainly(socket => socket.write('GET / HTTP/1.1\r\n\r\n')),
    code: 'ERR_SSL_HTTP_REQUEST',
  },
  {
    what: 'a client that speaks neither TLS nor HTTP',
    meet: plainly(socket => socket.write('SSH-2.0-OpenSSH\r\n')),
    code: 'ERR_SSL_WRONG_VERSION_NUMBER',
  },
  { what: 'a client that goes at once', meet: plainly(socket => socket.end()), code: 'ECONNRESET' },
  {
    what: 'a client that resets',
    meet: plainly(socket => socket.write('\x16', () => socket.resetAndDestroy())),
    code: 'ECONNRESET',
  },
  {
    what: 'a client that says nothing',
    options: { handshakeTimeout: 100 },
    meet: plainly(() => {}),
    code: 'ERR_TLS_HANDSHAKE_TIMEOUT',
  },
  {
    what: 'a client of another version',
    meet: theirs({ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }),
    code: 'ERR_SSL_UNSUPPORTED_PROTOCOL',
  },
  {
    what: 'a client of another protocol',
    options: { ALPNProtocols: ['a'] },
    meet: theirs({ ALPNProtocols: ['b'] }),
    code: 'ERR_SSL_NO_APPLICATION_PROTOCOL',
  },
]

for (const { what, options, meet, code } of servers)
  test(`the tlsClientError of a server is node:tls’s: ${what}`, async t => {
    awake(t)
    const codes: (string | undefined)[] = []
    for (const make of [
      () => tls.createServer({ ...identity, minVersion: 'TLSv1.3', ...options }),
      () => createServer({ ...identity, ...options }),
    ]) {
      const server = make() as Server
      const port = await listen(t, server)
      const told = once(server, 'tlsClientError')
      const client = meet(port)
      t.teardown(() => client.destroy())
      const [error] = (await told) as [Coded]
      codes.push(error.code ?? error.message)
    }
    t.deepEqual(codes, [code, code])
  })

test('writing where it cannot be is what every stream of Node says', async t => {
  const port = await listen(t, nodeServer(identity)())
  for (const dial of [tls.connect, connect] as readonly ((options: object) => Duplex)[]) {
    const ended = dial({ ...believes, port } as TlsClientOptions)
    await once(ended, 'secureConnect')
    ended.end()
    const late = endOf(t, ended)
    ended.write('more')
    t.is(said(await late), 'ERR_STREAM_WRITE_AFTER_END')
    const destroyed = dial({ ...believes, port } as TlsClientOptions)
    await once(destroyed, 'secureConnect')
    destroyed.destroy()
    const error = await new Promise<Coded>(resolve =>
      destroyed.write('more', why => resolve(why as Coded)),
    )
    t.is(error.code, 'ERR_STREAM_DESTROYED')
  }
})
