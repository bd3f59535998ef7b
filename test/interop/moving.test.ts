/** A connection of ours moves again and again while a program of others is at the other end. */
import { once } from 'node:events'
import type net from 'node:net'
import tls from 'node:tls'
import test from 'ava'
import { Child } from './support/child.ts'
import { filesFor } from './support/files.ts'
import { connectTo, listen } from './support/ours.ts'
import { peerTest } from './support/peers.ts'

const { certFile, keyFile, caFile, pem, keyPem, root } = filesFor('p256')
const suites = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
] as const
const flagsOf = (suite: string) =>
  suite.startsWith('ECDHE') ? ['-tls1_2', '-cipher', suite] : ['-tls1_3', '-ciphersuites', suite]
const versionOf = (suite: string) => (suite.startsWith('ECDHE') ? 'TLSv1.2' : 'TLSv1.3')

for (const suite of suites) {
  test.serial(`our client moves while node:tls talks to it: ${suite}`, async t => {
    t.timeout(120_000)
    const server = tls.createServer({
      cert: pem,
      key: keyPem,
      ciphers: suite,
      minVersion: versionOf(suite),
    })
    server.on('secureConnection', socket => socket.pipe(socket))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.teardown(() => server.close())
    const { port } = server.address() as net.AddressInfo
    const client = await (
      await connectTo(t, port, { ca: root.pem, maxVersion: versionOf(suite) })
    ).shake()
    for (let i = 0; i < 5; i++) {
      await client.write(`there and back ${i}`)
      t.is((await client.read(16)).toString(), `there and back ${i}`)
      await client.move()
      if (i % 2 === 0) await client.move()
    }
    const { cipher } = client.ssl
    t.is(cipher && 'alias' in cipher ? cipher.alias : cipher?.name, suite)
    t.true(client.ssl.authorized)
    t.is((await client.goodbye()).status, 'closed')
  })

  test.serial(`our server moves while node:tls talks to it: ${suite}`, async t => {
    t.timeout(120_000)
    const { port, accepted } = await listen(t, {
      ...{ cert: pem, key: keyPem, ciphers: suite, maxVersion: versionOf(suite) },
    })
    const client = tls.connect({
      ...{ port, host: '127.0.0.1', servername: 'server.example', ca: [root.pem] },
    })
    t.teardown(() => client.destroy())
    const secure = once(client, 'secureConnect')
    const server = await (await accepted).shake()
    await secure
    for (let i = 0; i < 5; i++) {
      client.write(`there and back ${i}`)
      await server.write(await server.read(16))
      const [back] = (await once(client, 'data')) as [Buffer]
      t.is(back.toString(), `there and back ${i}`)
      await server.move()
    }
    t.is(server.ssl.servername, 'server.example')
    const label = 'EXPORTER-biopair'
    t.deepEqual(
      Buffer.from(server.ssl.exportKeyingMaterial(20, label, new Uint8Array(0))),
      client.exportKeyingMaterial(20, label, Buffer.alloc(0)),
    )
    client.end()
    t.is((await server.ending()).status, 'closed')
  })

  // -rev sleeps where a record carries no data: a KeyUpdate costs it a second.
  peerTest('openssl', `our client moves while openssl s_server talks to it: ${suite}`, async t => {
    const server = new Child(t, 'openssl', [
      's_server',
      ...['-accept', '127.0.0.1:0', '-naccept', '1', '-rev'],
      ...['-cert', certFile, '-cert_chain', certFile, '-key', keyFile, ...flagsOf(suite)],
    ])
    const [, port] = await server.says(/ACCEPT \S*:(\d+)/)
    const client = await (
      await connectTo(t, Number(port), { ca: root.pem, maxVersion: versionOf(suite) })
    ).shake()
    for (let i = 0; i < 2; i++) {
      await client.move()
      await client.write('hello\n')
      t.is(await client.line(), 'olleh\n')
    }
    t.is((await client.goodbye()).status, 'closed')
  })

  peerTest('openssl', `our server moves while openssl s_client talks to it: ${suite}`, async t => {
    const { port, accepted } = await listen(t, {
      ...{ cert: pem, key: keyPem, ciphers: suite, maxVersion: versionOf(suite) },
    })
    const client = new Child(t, 'openssl', [
      's_client',
      ...['-connect', `127.0.0.1:${port}`, ...flagsOf(suite), '-verify_return_error', '-quiet'],
      ...['-CAfile', caFile, '-servername', 'server.example'],
    ])
    const server = await (await accepted).shake()
    for (let i = 0; i < 5; i++) {
      client.type(`hello ${i}\n`)
      t.is(await server.line(), `hello ${i}\n`)
      await server.move()
      await server.write(`and back ${i}\n`)
      await client.says(new RegExp(`and back ${i}\n`))
    }
    t.is((await server.goodbye()).status, 'closed')
    t.is(await client.exit(), 0)
  })
}
