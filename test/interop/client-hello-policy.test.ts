/** Servers of others take ClientHellos of any look: order, GREASE, padding, first and second, resumed too. */
import { once } from 'node:events'
import type net from 'node:net'
import tls from 'node:tls'
import { greasePlaces } from '@biopair/handshake'
import type { ClientHelloPolicy, ContextOptions, Session } from '@biopair/ssl'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { anyPolicy } from '../support/client-hello-policies.ts'
import { Child } from './support/child.ts'
import { filesFor } from './support/files.ts'
import { program } from './support/go.ts'
import { connectOnce, connectTo, freePort, type Ours } from './support/ours.ts'
import { peerTest } from './support/peers.ts'

const { certFile, keyFile, pem, keyPem, root } = filesFor('p256')

const policies: Readonly<Record<string, ClientHelloPolicy>> = {
  usual: { order: 'shuffled', grease: true, padding: 512 },
  'GREASE everywhere': { grease: greasePlaces },
  'turned around': {
    order: ['key_share', 'signature_algorithms', 'supported_groups', 'supported_versions'],
    padding: length => Math.max(length, 2000),
  },
}

/** Retried, where the server has but P-256. */
const shapes: Readonly<Record<string, ContextOptions>> = {
  'at once': { groups: 'P-256' },
  'after a HelloRetryRequest': { groups: 'x25519:P-256', keyShares: 'x25519' },
}

async function talk(t: ExecutionContext, client: Ours, question: string, answer: string) {
  await client.write(question)
  t.is(await client.line(), answer)
  t.is((await client.goodbye()).status, 'closed')
}

for (const [look, clientHello] of Object.entries(policies))
  for (const [when, options] of Object.entries(shapes)) {
    const given = { ca: root.pem, clientHello, ALPNProtocols: ['echo'], ...options }
    const retried = 'keyShares' in options

    test.serial(`node:tls takes a ClientHello: ${look}, ${when}`, async t => {
      t.timeout(120_000)
      const server = tls.createServer({
        ...{ cert: pem, key: keyPem, minVersion: 'TLSv1.3', ecdhCurve: 'P-256' },
        ALPNProtocols: ['echo'],
      })
      server.on('secureConnection', socket => socket.pipe(socket))
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      t.teardown(() => server.close())
      const { port } = server.address() as net.AddressInfo
      let session: Session | undefined
      for (const resumed of [false, true]) {
        const client = await (await connectTo(t, port, given, undefined, session)).shake()
        t.is(client.ssl.alpnProtocol, 'echo')
        t.is(client.ssl.retried, retried)
        t.is(client.ssl.resumed, resumed)
        await talk(t, client, 'there and back\n', 'there and back\n')
        session = client.ssl.session
      }
    })

    peerTest('openssl', `openssl s_server takes a ClientHello: ${look}, ${when}`, async t => {
      const server = new Child(t, 'openssl', [
        's_server',
        ...['-accept', '127.0.0.1:0', '-tls1_3', '-naccept', '2', '-rev', '-groups', 'P-256'],
        ...['-cert', certFile, '-cert_chain', certFile, '-key', keyFile, '-alpn', 'echo'],
      ])
      const [, port] = await server.says(/ACCEPT \S*:(\d+)/)
      let session: Session | undefined
      for (const resumed of [false, true]) {
        const client = await connectTo(t, Number(port), given, undefined, session)
        await client.shake()
        t.is(client.ssl.retried, retried)
        t.is(client.ssl.resumed, resumed)
        await talk(t, client, 'hello\n', 'olleh\n')
        session = client.ssl.session
      }
    })

    peerTest('gnutls-serv', `GnuTLS takes a ClientHello: ${look}, ${when}`, async t => {
      const port = await freePort()
      const server = new Child(t, 'gnutls-serv', [
        ...['--echo', '--port', String(port), '--x509certfile', certFile, '--x509keyfile', keyFile],
        ...['--priority', 'NORMAL:-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+GROUP-SECP256R1'],
      ])
      await server.says(/listening on IPv4/)
      const client = await (await connectOnce(t, port, given)).shake()
      t.is(client.ssl.retried, retried)
      await client.write('there and back\n')
      t.is(await client.line(), 'there and back\n')
    })

    peerTest('go', `Go takes a ClientHello: ${look}, ${when}`, async t => {
      t.timeout(150_000, 'go build may take long, once')
      const server = new Child(t, program(t), ['server', certFile, keyFile])
      const [, port] = await server.says(/ACCEPT \S*:(\d+)/)
      // The hybrid is the one group of Go's end.
      const groups = {
        groups: 'x25519:X25519MLKEM768',
        keyShares: retried ? 'x25519' : 'X25519MLKEM768',
      }
      const client = await connectTo(t, Number(port), { ...given, ...groups })
      await client.shake()
      t.is(client.ssl.retried, retried)
      await talk(t, client, 'there and back\n', 'there and back\n')
      t.is(await server.exit(), 0, server.stderr)
    })
  }

test.serial('node:tls takes a ClientHello of any look, and a second one of the same', async t => {
  t.timeout(120_000)
  const server = tls.createServer({ cert: pem, key: keyPem, ecdhCurve: 'P-256' })
  server.on('secureConnection', socket => socket.pipe(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as net.AddressInfo
  await fc.assert(
    fc.asyncProperty(
      anyPolicy,
      fc.constantFrom(...Object.values(shapes)),
      async (look, options) => {
        const given = { ca: root.pem, clientHello: look, ...options }
        const client = await (await connectTo(t, port, given)).shake()
        t.is(client.ssl.retried, 'keyShares' in options)
        await talk(t, client, 'any\n', 'any\n')
      },
    ),
    { numRuns: 40 },
  )
})
