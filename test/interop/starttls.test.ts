/** STARTTLS and its like with OpenSSL: `upgrade` in the middle of five protocols, both roles. */
import { once } from 'node:events'
import { type AddressInfo, connect as connectNet, createServer, type Socket } from 'node:net'
import { type TlsSocket, upgrade } from '@biopair/node/tls'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { believes, failure, identity, pairOfStreams } from '../node/tls/support/ends.ts'
import { Child } from './support/child.ts'
import { filesFor } from './support/files.ts'
import { peerTest } from './support/peers.ts'
import { type Protocol, protocols } from './support/starttls.ts'

/** Listens on loopback, and hands over each socket, which nobody reads. */
async function listening(t: ExecutionContext, serve: (socket: Socket) => unknown): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, socket => {
    t.teardown(() => socket.destroy())
    serve(socket.on('error', () => {}))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}

for (const protocol of protocols) {
  for (const where of ['inside upgrade', 'before upgrade'] as const)
    peerTest(
      'openssl',
      `#16: openssl s_client -starttls ${protocol.name} begins TLS with our server, whose reply goes out ${where}`,
      async t => {
        const { caFile } = filesFor('p256')
        let secure: (server: TlsSocket) => void = () => {}
        const secured = new Promise<TlsSocket>(resolve => {
          secure = resolve
        })
        const port = await listening(t, async socket => {
          const head = await protocol.server(socket)
          t.is(head.length, 0)
          const { reply } = protocol
          if (where === 'before upgrade') socket.write(reply)
          const more = where === 'before upgrade' ? {} : { reply }
          const server = upgrade(socket, { ...identity, ...more, isServer: true, head })
          server.on('error', error => t.fail(error.message)).once('secure', () => secure(server))
          for await (const line of server) server.write(`heard ${line}`)
        })
        const client = new Child(t, 'openssl', [
          ...['s_client', '-connect', `127.0.0.1:${port}`, '-starttls', protocol.name],
          ...['-CAfile', caFile, '-verify_return_error', '-servername', 'server.example'],
          ...['-verify_hostname', 'server.example', '-tls1_3'],
        ])
        const server = await secured
        t.is(server.getProtocol(), 'TLSv1.3')
        t.is(server.servername, 'server.example')
        await client.says(/Verify return code: 0 \(ok\)/)
        client.type('hello\n')
        await client.says(/heard hello/)
        client.end()
        t.is(await client.exit(), 0)
      },
    )

  peerTest(
    'openssl',
    `#16: our client begins TLS in the middle of ${protocol.name}, with openssl s_server behind a relay`,
    async t => {
      const { certFile, keyFile } = filesFor('p256')
      const server = new Child(t, 'openssl', [
        ...['s_server', '-accept', '127.0.0.1:0', '-tls1_3', '-rev', '-naccept', '1'],
        ...['-cert', certFile, '-cert_chain', certFile, '-key', keyFile],
      ])
      const [, tlsPort] = await server.says(/ACCEPT \S*:(\d+)/)
      const port = await listening(t, async socket => {
        const head = await protocol.server(socket)
        t.is(head.length, 0)
        const behind = connectNet(Number(tlsPort), '127.0.0.1').on('error', () => {})
        t.teardown(() => behind.destroy())
        socket.write(protocol.reply)
        socket.pipe(behind).pipe(socket)
      })
      const carrier = connectNet({ port, host: '127.0.0.1', allowHalfOpen: true })
      const head = await protocol.client(carrier)
      const client = upgrade(carrier, { ...believes, head })
      await once(client, 'secureConnect')
      t.true(client.authorized)
      client.write('hello\n')
      t.is(String((await once(client, 'data'))[0]), 'olleh\n')
      client.end()
      await once(client, 'close')
    },
  )

  test(`CVE-2011-0411, CVE-2021-33515: whatever is put behind the command of ${protocol.name}, in whatever pieces, is never data of the TLS connection, and no reply to it goes out`, async t => {
    const plaintext = fc.oneof(
      fc.constantFrom(
        'RSET\r\n',
        'MAIL FROM:<a@b>\r\n',
        '. LOGIN a b\r\n',
        '<auth/>',
        '\x16\x03',
        'Q',
      ),
      fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 60 }),
    )
    await fc.assert(
      fc.asyncProperty(plaintext, fc.nat(), async (words, cut) => {
        await injected(t, protocol, Buffer.from(words, 'latin1'), cut)
      }),
      { numRuns: 15 },
    )
  })

  test(`whatever is put behind the reply of ${protocol.name} is never data of a client`, async t => {
    const words = { smtp: '250 STARTTLS\r\n', imap: '* PREAUTH\r\n', xmpp: '<success/>' }
    for (const extra of [words[protocol.name as 'smtp'] ?? 'Z\0\0\0\x05', '\x17\x03\x03\0\x01x'])
      for (const together of [true, false]) {
        const [near, far] = pairOfStreams()
        const serve = async () => {
          await protocol.server(far)
          far.write(Buffer.concat([protocol.reply, Buffer.from(together ? extra : '', 'latin1')]))
        }
        const [head] = await Promise.all([protocol.client(near), serve()])
        const client = upgrade(near, { ...believes, head })
        client.on('data', () => t.fail('plaintext was read as data'))
        if (!together) far.write(Buffer.from(extra, 'latin1'))
        const { code = '' } = await failure(client)
        t.regex(code, together ? /^ERR_UPGRADE_PLAINTEXT$/ : /^ERR_SSL_/)
        t.is(client.getProtocol(), null)
        near.destroy()
      }
  })
}

/** A client that sends plaintext behind its command, cut in two at some place; then it would begin TLS. */
async function injected(
  t: ExecutionContext,
  protocol: Protocol,
  words: Buffer,
  cut: number,
): Promise<void> {
  const [near, far] = pairOfStreams()
  const heard: Buffer[] = []
  near.on('data', (bytes: Buffer) => heard.push(bytes))
  const all = Buffer.concat([protocol.opening, protocol.command, words])
  const at = 1 + (cut % (all.length - 1))
  near.write(all.subarray(0, at))
  near.write(all.subarray(at))
  const head = await protocol.server(far)
  const held = head.length + far.readableLength
  const server = upgrade(far, { ...identity, isServer: true, head, reply: protocol.reply })
  server.on('data', () => t.fail('plaintext was read as data'))
  // What came too late to be seen is what TLS begins with, and no TLS.
  near.end()
  const { code = '' } = await failure(server)
  if (held > 0) {
    t.is(code, 'ERR_UPGRADE_PLAINTEXT')
    t.false(Buffer.concat(heard).includes(Buffer.from(protocol.reply)))
    t.true(far.destroyed)
  } else t.regex(code, /^(ERR_SSL_|ECONNRESET)/)
  t.is(server.getProtocol(), null)
}
