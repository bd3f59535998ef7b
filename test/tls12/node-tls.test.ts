/** TLS 1.2 with node:tls on the other side, in this process, over loopback sockets: both roles, each suite, both with certificates. */
import { once } from 'node:events'
import type net from 'node:net'
import tls from 'node:tls'
import { cipherSuites12 } from '@biopair/crypto'
import test from 'ava'
import { filesFor } from '../interop/support/files.ts'
import { connectTo, listen } from '../interop/support/ours.ts'
import { keyKinds } from '../support/mint.ts'

const servername = 'server.example'
const lines = (theirs: readonly Buffer[]) =>
  theirs.map(line => line.toString('latin1').trim()).sort()

const pairs = keyKinds.flatMap(kind =>
  Object.values(cipherSuites12)
    .filter(({ auth }) => (auth === 'rsa') === kind.startsWith('rsa'))
    .map(suite => ({ kind, suite })),
)

for (const { kind, suite } of pairs)
  test.serial(
    `our client speaks ${suite.name} with node:tls, both with ${kind} certificates`,
    async t => {
      t.timeout(120_000)
      const { pem, keyPem, root } = filesFor(kind)
      const server = tls.createServer({
        ...{ cert: pem, key: keyPem, ca: [root.pem], maxVersion: 'TLSv1.2', ciphers: suite.alias },
        ...{ requestCert: true, rejectUnauthorized: true, ALPNProtocols: ['echo'] },
      })
      const theirs: Buffer[] = []
      server.on('keylog', (line: Buffer) => theirs.push(line))
      server.on('secureConnection', socket => {
        const exported = socket.exportKeyingMaterial(40, 'EXPORTER-x', Buffer.from('context'))
        socket.write(exported)
        socket.pipe(socket)
      })
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      t.teardown(() => server.close())
      const client = await connectTo(t, (server.address() as net.AddressInfo).port, {
        ...{ ca: root.pem, cert: pem, key: keyPem, ALPNProtocols: ['echo'] },
        minVersion: 'TLSv1.2',
        maxVersion: 'TLSv1.3',
      })
      await client.shake()
      t.is(client.ssl.version, 'TLSv1.2')
      t.is(client.ssl.cipher?.name as string, suite.name)
      t.true(client.ssl.authorized)
      t.deepEqual(
        await client.read(40),
        Buffer.from(client.ssl.exportKeyingMaterial(40, 'EXPORTER-x', Buffer.from('context'))),
      )
      await client.write('there and back')
      t.is((await client.read(14)).toString(), 'there and back')
      t.is(client.ssl.alpnProtocol, 'echo')
      t.is((await client.goodbye()).status, 'closed')
      t.deepEqual([...client.keylog].sort(), lines(theirs))
      t.is(client.keylog.length, 1)
    },
  )

for (const { kind, suite } of pairs)
  test.serial(
    `node:tls speaks ${suite.name} with our server, both with ${kind} certificates`,
    async t => {
      t.timeout(120_000)
      const { pem, keyPem, root } = filesFor(kind)
      const { port, accepted } = await listen(t, {
        ...{ cert: pem, key: keyPem, ca: root.pem, requestCert: true, ALPNProtocols: ['echo'] },
        minVersion: 'TLSv1.2',
        maxVersion: 'TLSv1.3',
      })
      const theirs: Buffer[] = []
      const client = tls.connect({
        ...{ port, host: '127.0.0.1', servername, ca: [root.pem], cert: pem, key: keyPem },
        ...{ ALPNProtocols: ['echo'], maxVersion: 'TLSv1.2', ciphers: suite.alias },
      })
      client.on('keylog', (line: Buffer) => theirs.push(line))
      t.teardown(() => client.destroy())
      const [server] = await Promise.all([
        accepted.then(ours => ours.shake()),
        once(client, 'secureConnect'),
      ])
      t.true(client.authorized)
      t.is(client.getProtocol(), 'TLSv1.2')
      t.is(client.getCipher().standardName, suite.name)
      t.is(client.alpnProtocol, 'echo')
      t.true(server.ssl.authorized)
      // The server was the last to say Finished.
      t.deepEqual(
        Buffer.from(server.ssl.channelBinding('tls-unique')),
        client.getPeerFinished() && client.getFinished(),
      )
      t.deepEqual(
        Buffer.from(server.ssl.exportKeyingMaterial(40, 'EXPORTER-x')),
        client.exportKeyingMaterial(40, 'EXPORTER-x', undefined as never),
      )
      client.write('there and back')
      await server.write(await server.read(14))
      const [back] = (await once(client, 'data')) as [Buffer]
      t.is(back.toString(), 'there and back')
      client.end()
      t.is((await server.ending()).status, 'closed')
      t.deepEqual([...server.keylog].sort(), lines(theirs))
      t.is(server.keylog.length, 1)
    },
  )

/** SSL_OP_NO_EXTENDED_MASTER_SECRET, which node:constants does not name. */
const noExtendedMasterSecret = 1

for (const allowed of [false, true])
  test.serial(
    `a server of node:tls without extended_master_secret is ${allowed ? 'taken where that is allowed, and nothing is bound to it' : 'refused'}`,
    async t => {
      const { pem, keyPem, root } = filesFor('p256')
      const server = tls.createServer({
        ...{ cert: pem, key: keyPem, maxVersion: 'TLSv1.2', secureOptions: noExtendedMasterSecret },
      })
      server.on('secureConnection', socket => socket.pipe(socket))
      server.on('tlsClientError', () => {})
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      t.teardown(() => server.close())
      const client = await connectTo(t, (server.address() as net.AddressInfo).port, {
        ...{ ca: root.pem, maxVersion: 'TLSv1.2', requireExtendedMasterSecret: !allowed },
      })
      if (!allowed) {
        await t.throwsAsync(client.shake(), { message: /NO_EXTENDED_MASTER_SECRET/ })
        return
      }
      await client.shake()
      await client.write('there and back')
      t.is((await client.read(14)).toString(), 'there and back')
      for (const type of ['tls-unique', 'tls-exporter'] as const)
        t.throws(() => client.ssl.channelBinding(type), { code: 'ERR_NO_CHANNEL_BINDING' })
      t.throws(() => client.ssl.exportKeyingMaterial(32, 'EXPORTER-x'), {
        code: 'ERR_INVALID_ARG_VALUE',
      })
    },
  )

for (const allowed of [false, true])
  test.serial(
    `a client of node:tls without extended_master_secret is ${allowed ? 'taken where that is allowed' : 'refused'}`,
    async t => {
      const { pem, keyPem, root } = filesFor('p256')
      const { port, accepted } = await listen(t, {
        ...{ cert: pem, key: keyPem, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' },
        requireExtendedMasterSecret: !allowed,
      })
      const client = tls.connect({
        ...{ port, host: '127.0.0.1', servername, ca: [root.pem] },
        ...{ maxVersion: 'TLSv1.2', secureOptions: noExtendedMasterSecret },
      })
      client.on('error', () => {})
      t.teardown(() => client.destroy())
      const server = await accepted
      if (!allowed) {
        await t.throwsAsync(server.shake(), { message: /NO_EXTENDED_MASTER_SECRET/ })
        return
      }
      await Promise.all([server.shake(), once(client, 'secureConnect')])
      client.write('there and back')
      t.is((await server.read(14)).toString(), 'there and back')
    },
  )

test.serial(
  'node:tls of either version and ours of either version meet at the highest that both have',
  async t => {
    t.timeout(120_000)
    const { pem, keyPem, root } = filesFor('p256')
    const all = ['TLSv1.2', 'TLSv1.3'] as const
    const ranges = [
      [0, 0],
      [0, 1],
      [1, 1],
    ] as const
    for (const [ourLeast, ourMost] of ranges)
      for (const [theirLeast, theirMost] of ranges) {
        const ours = { minVersion: all[ourLeast], maxVersion: all[ourMost] } as const
        const { port, accepted } = await listen(t, { cert: pem, key: keyPem, ...ours })
        const client = tls.connect({
          ...{ port, host: '127.0.0.1', servername, ca: [root.pem] },
          ...{ minVersion: all[theirLeast], maxVersion: all[theirMost] },
        })
        t.teardown(() => client.destroy())
        client.on('error', () => {})
        const met = Math.min(ourMost, theirMost)
        const server = await accepted
        if (met < Math.max(ourLeast, theirLeast)) {
          await t.throwsAsync(server.shake())
          continue
        }
        await Promise.all([server.shake(), once(client, 'secureConnect')])
        t.is(server.ssl.version, all[met])
        t.is(client.getProtocol(), all[met] ?? null)
      }
  },
)
