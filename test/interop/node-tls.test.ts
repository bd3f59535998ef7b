/** node:tls on the other side, in this process, over loopback sockets. */
import { once } from 'node:events'
import net from 'node:net'
import tls from 'node:tls'
import test, { type ExecutionContext } from 'ava'
import { type KeyKind, keyKinds } from '../support/mint.ts'
import { filesFor } from './support/files.ts'
import { connectTo, listen } from './support/ours.ts'

const servername = 'server.example'

/** Our client against a tls.Server that echoes. */
async function ourClient(t: ExecutionContext, kind: KeyKind) {
  const { pem, keyPem, root } = filesFor(kind)
  const server = tls.createServer({
    ...{ cert: pem, key: keyPem, ca: [root.pem], minVersion: 'TLSv1.3' },
    ...{ requestCert: true, rejectUnauthorized: true, ALPNProtocols: ['echo'] },
  })
  const theirs: string[] = []
  server.on('keylog', (line: Buffer) => theirs.push(line.toString('latin1').trim()))
  server.on('secureConnection', socket => socket.pipe(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const client = await connectTo(t, (server.address() as net.AddressInfo).port, {
    ...{ ca: root.pem, cert: pem, key: keyPem, ALPNProtocols: ['echo'] },
  })
  return { client, theirs }
}

for (const kind of keyKinds)
  test.serial(
    `our client and node:tls agree on every secret, both with ${kind} certificates`,
    async t => {
      t.timeout(120_000)
      const { client, theirs } = await ourClient(t, kind)
      await client.shake()
      await client.write('there and back')
      t.is((await client.read(14)).toString(), 'there and back')
      t.is(client.ssl.alpnProtocol, 'echo')
      t.is((await client.goodbye()).status, 'closed')
      t.deepEqual([...client.keylog].sort(), secrets(theirs))
      t.is(client.keylog.length, 5)
    },
  )

for (const kind of keyKinds)
  test.serial(
    `node:tls and our server agree on every secret, both with ${kind} certificates`,
    async t => {
      t.timeout(120_000)
      const { pem, keyPem, root } = filesFor(kind)
      const { port, accepted } = await listen(t, {
        ...{ cert: pem, key: keyPem, ca: root.pem, requestCert: true, ALPNProtocols: ['echo'] },
      })
      const theirs: string[] = []
      const client = tls.connect({
        ...{ port, host: '127.0.0.1', servername, ca: [root.pem], cert: pem, key: keyPem },
        ...{ ALPNProtocols: ['echo'], minVersion: 'TLSv1.3' },
      })
      client.on('keylog', (line: Buffer) => theirs.push(line.toString('latin1').trim()))
      t.teardown(() => client.destroy())
      const [server] = await Promise.all([accepted.then(ours => ours.shake()), secure(client)])
      t.true(client.authorized)
      t.is(client.alpnProtocol, 'echo')
      t.true(server.ssl.authorized)
      client.write('there and back')
      await server.write(await server.read(14))
      const [back] = (await once(client, 'data')) as [Buffer]
      t.is(back.toString(), 'there and back')
      client.end()
      t.is((await server.ending()).status, 'closed')
      t.deepEqual([...server.keylog].sort(), secrets(theirs))
      t.is(server.keylog.length, 5)
    },
  )

test.serial('node:tls keys exported on both sides are equal', async t => {
  t.timeout(120_000)
  const { pem, keyPem, root } = filesFor('p256')
  const { port, accepted } = await listen(t, { cert: pem, key: keyPem })
  const client = tls.connect({ port, host: '127.0.0.1', servername, ca: [root.pem] })
  t.teardown(() => client.destroy())
  const [server] = await Promise.all([accepted.then(ours => ours.shake()), secure(client)])
  const context = Buffer.from('a context')
  t.deepEqual(
    Buffer.from(server.ssl.exportKeyingMaterial(40, 'EXPORTER-biopair', context)),
    client.exportKeyingMaterial(40, 'EXPORTER-biopair', context),
  )
})

test.serial('a socket that just ends is a truncation to our server, and not an end', async t => {
  t.timeout(120_000)
  const { pem, keyPem, root } = filesFor('p256')
  const { port, accepted } = await listen(t, { cert: pem, key: keyPem })
  const socket = net.connect(port, '127.0.0.1')
  const client = tls.connect({ socket, servername, ca: [root.pem] })
  client.on('error', () => {})
  const [server] = await Promise.all([accepted.then(ours => ours.shake()), secure(client)])
  client.write('x')
  await server.read(1)
  socket.end()
  t.is((await server.ending()).status, 'truncated')
})

/** Node emits it once, and may do so before our end has finished. */
async function secure(client: tls.TLSSocket): Promise<void> {
  await once(client, 'secureConnect')
}

/** The lines of TLS 1.3, in an order of their own. */
function secrets(lines: readonly string[]): string[] {
  return lines.filter(line => line !== '').sort()
}
