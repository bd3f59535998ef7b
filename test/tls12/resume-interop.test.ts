/** TLS 1.2 resumed with OpenSSL and node:tls, by id and by ticket, both ways; and a session whose server speaks TLS 1.3 next time. */
import { once } from 'node:events'
import type net from 'node:net'
import tls from 'node:tls'
import { type ContextOptions, MemorySessionCache, type Session } from '@biopair/ssl'
import test, { type ExecutionContext } from 'ava'
import { Child } from '../interop/support/child.ts'
import { filesFor, scratch } from '../interop/support/files.ts'
import { connectTo, listen, type Ours } from '../interop/support/ours.ts'
import { peerTest } from '../interop/support/peers.ts'

const { certFile, keyFile, caFile, pem, keyPem, root } = filesFor('p256')
const servername = 'server.example'
const older = { maxVersion: 'TLSv1.2' } as const
const either = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' } as const
const ways = ['id', 'ticket'] as const
const aliases = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
] as const

/** What a server of ours remembers its sessions with. */
const keeping = (way: 'id' | 'ticket'): ContextOptions =>
  way === 'id'
    ? { sessionCache: new MemorySessionCache() }
    : { ticketKeys: new Uint8Array(48).fill(3) }

/** A line there and back with `openssl s_server -rev`. */
async function visit(
  t: ExecutionContext,
  port: number,
  options: ContextOptions,
  session?: Session,
): Promise<Ours['ssl']> {
  const client = await connectTo(t, port, { ca: root.pem, ...options }, undefined, session)
  await client.shake()
  await client.write('hello\n')
  t.is(await client.line(), 'olleh\n')
  t.is((await client.goodbye()).status, 'closed')
  return client.ssl
}

for (const way of ways)
  for (const cipher of aliases)
    peerTest(
      'openssl',
      `our client resumes TLS 1.2 with openssl s_server by ${way}: ${cipher}`,
      async t => {
        const server = new Child(t, 'openssl', [
          's_server',
          ...['-accept', '127.0.0.1:0', '-tls1_2', '-naccept', '3', '-rev', '-cipher', cipher],
          ...['-cert', certFile, '-cert_chain', certFile, '-key', keyFile],
          ...(way === 'id' ? ['-no_ticket'] : []),
        ])
        const [, port] = await server.says(/ACCEPT \S*:(\d+)/)
        const first = await visit(t, Number(port), either)
        t.false(first.resumed)
        t.is((first.session?.ticket.length ?? 0) > 0, way === 'ticket')
        const second = await visit(t, Number(port), either, first.session)
        t.true(second.resumed && second.authorized)
        t.true(
          second.cipher !== undefined && 'alias' in second.cipher && second.cipher.alias === cipher,
        )
        const third = await visit(t, Number(port), older, { ...(second.session as Session) })
        t.true(third.resumed)
      },
    )

for (const way of ways)
  for (const cipher of aliases)
    peerTest(
      'openssl',
      `openssl s_client resumes TLS 1.2 with our server by ${way}: ${cipher}`,
      async t => {
        const options = { cert: pem, key: keyPem, ...either, ...keeping(way) }
        const file = scratch(`session12-${way}-${cipher}`)
        for (const [resumed, session] of [
          [false, ['-sess_out', file]],
          [true, ['-sess_in', file]],
        ] as const) {
          const { port, accepted } = await listen(t, options)
          const client = new Child(t, 'openssl', [
            's_client',
            ...['-connect', `127.0.0.1:${port}`, '-tls1_2', '-verify_return_error'],
            ...['-cipher', cipher, '-CAfile', caFile, '-servername', servername, ...session],
            ...(way === 'id' ? ['-no_ticket'] : []),
          ])
          const server = await (await accepted).shake()
          t.is(server.ssl.resumed, resumed)
          client.type('hello\n')
          t.is(await server.line(), 'hello\n')
          await server.write('olleh\n')
          await client.says(/olleh\n/)
          await client.says(resumed ? /Reused, TLSv1\.2/ : /New, TLSv1\.2/)
          t.is((await server.goodbye()).status, 'closed')
          t.is(await client.exit(), 0)
        }
      },
    )

peerTest(
  'openssl',
  'our client offers its session of TLS 1.2 to an openssl s_server that speaks TLS 1.3 now, and to one that knows it no more',
  async t => {
    const serverOf = async (version: string, port = '0') => {
      const child = new Child(t, 'openssl', [
        's_server',
        ...['-accept', `127.0.0.1:${port}`, version, '-naccept', '1', '-rev'],
        ...['-cert', certFile, '-cert_chain', certFile, '-key', keyFile],
      ])
      const [, bound] = await child.says(/ACCEPT \S*:(\d+)/)
      return Number(bound)
    }
    const { session } = await visit(t, await serverOf('-tls1_2'), either)
    t.truthy(session?.tls12)
    const younger = await visit(t, await serverOf('-tls1_3'), either, { ...(session as Session) })
    t.deepEqual([younger.version, younger.resumed], ['TLSv1.3', false])
    const stranger = await visit(t, await serverOf('-tls1_2'), either, { ...(session as Session) })
    t.deepEqual([stranger.version, stranger.resumed], ['TLSv1.2', false])
  },
)

test.serial(
  'our client resumes TLS 1.2 with node:tls by ticket, with certificates both ways',
  async t => {
    const server = tls.createServer({
      ...{ cert: pem, key: keyPem, ca: [root.pem], ...older },
      ...{ requestCert: true, rejectUnauthorized: true, sessionIdContext: 'here' },
    })
    const seen: { reused: boolean; finished: Buffer | undefined; subject: string | undefined }[] =
      []
    server.on('secureConnection', socket => {
      seen.push({
        reused: socket.isSessionReused(),
        finished: socket.getFinished(),
        subject: socket.getPeerCertificate().subject?.CN as string | undefined,
      })
      socket.end(socket.exportKeyingMaterial(40, 'EXPORTER-x', Buffer.from('context')))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.teardown(() => server.close())
    const { port } = server.address() as net.AddressInfo
    let session: Session | undefined
    for (const resumed of [false, true, true]) {
      const options = { ca: root.pem, cert: pem, key: keyPem, ...either }
      const client = await connectTo(t, port, options, servername, session)
      await client.shake()
      t.is(client.ssl.resumed, resumed)
      t.deepEqual(
        await client.read(40),
        Buffer.from(client.ssl.exportKeyingMaterial(40, 'EXPORTER-x', Buffer.from('context'))),
      )
      // The server is the first to say Finished where a session goes on.
      if (resumed)
        t.deepEqual(Buffer.from(client.ssl.channelBinding('tls-unique')), seen.at(-1)?.finished)
      session = client.ssl.session
      await client.goodbye()
    }
    t.deepEqual(
      seen.map(({ reused }) => reused),
      [false, true, true],
    )
    t.is(new Set(seen.map(({ subject }) => subject)).size, 1)
  },
)

for (const way of ways)
  test.serial(
    `node:tls resumes TLS 1.2 with our server by ${way}, with certificates both ways`,
    async t => {
      const options = {
        ...{ cert: pem, key: keyPem, ca: root.pem, requestCert: true, ...either },
        ...keeping(way),
      }
      let session: Buffer | undefined
      for (const resumed of [false, true, true]) {
        const { port, accepted } = await listen(t, options)
        const client = tls.connect({
          ...{ port, host: '127.0.0.1', servername, ca: [root.pem], cert: pem, key: keyPem },
          ...(session ? { ...older, session } : older),
        })
        const secure = once(client, 'secureConnect')
        t.teardown(() => client.destroy())
        const server = await (await accepted).shake()
        await secure
        t.is(client.isSessionReused(), resumed)
        t.is(server.ssl.resumed, resumed)
        t.true(server.ssl.authorized)
        t.is(server.ssl.peerCertificates.length > 0, true)
        client.write('hello\n')
        t.is(await server.line(), 'hello\n')
        session = client.getSession()
        client.end()
        t.is((await server.ending()).status, 'closed')
        server.ssl.close()
      }
    },
  )
