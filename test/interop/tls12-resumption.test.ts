/** TLS 1.2 resumed with GnuTLS, Go, curl and node:tls: by id and by ticket where the peer has both, both ways where it has both ends. */
import { constants } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import tls from 'node:tls'
import { cipherSuites12 } from '@biopair/crypto'
import test from 'ava'
import { Child } from './support/child.ts'
import { filesFor } from './support/files.ts'
import { program } from './support/go.ts'
import { freePort, listenOften } from './support/ours.ts'
import { peerTest } from './support/peers.ts'
import { acceptTwice, serverOptions, text, visitTwice, ways } from './support/resumption12.ts'

const { certFile, keyFile, caFile, pem, keyPem, root, leaf } = filesFor('p256')

/** A suite for each hash of the key schedule: GnuTLS's cipher, and the suite. */
const gnutlsSuites = [
  ['AES-128-GCM', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'],
  ['AES-256-GCM', 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'],
] as const

for (const way of ways)
  for (const [cipher, suite] of gnutlsSuites) {
    const what = `${way}: ${suite}`
    const priority = `NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+${cipher}`

    peerTest('gnutls-serv', `our client resumes TLS 1.2 with gnutls-serv by ${what}`, async t => {
      const port = await freePort()
      const server = new Child(t, 'gnutls-serv', [
        ...['--echo', '--port', String(port), '--priority', priority],
        ...['--x509certfile', certFile, '--x509keyfile', keyFile],
        way === 'id' ? '--noticket' : '--nodb',
      ])
      await server.says(/listening on IPv4/)
      t.is(await visitTwice(t, port, way), suite)
      // It says what it saw when it ends.
      server.process.kill('SIGTERM')
      await server.exit()
      const [, first, second] = server.stdout.split('Accepted connection')
      t.notRegex(first as string, /resumed session/)
      t.regex(second as string, /This is a resumed session/)
    })

    peerTest('gnutls-cli', `gnutls-cli resumes TLS 1.2 with our server by ${what}`, async t => {
      const { port, accepted } = await listenOften(t, serverOptions(way))
      const client = new Child(t, 'gnutls-cli', [
        ...['--resume', '--port', String(port), '--priority', priority],
        ...['--x509cafile', caFile, '--sni-hostname', 'server.example'],
        ...['--verify-hostname', 'server.example', ...(way === 'id' ? ['--noticket'] : [])],
        '127.0.0.1',
      ])
      await acceptTwice(t, accepted, async (server, resumed) => {
        t.is(server.ssl.cipher?.name as string, suite)
        if (resumed) {
          await client.says(/This is a resumed session/)
          client.type(text)
          t.is(await server.line(), text)
          await server.write('and gone\n')
          await client.says(/and gone\n/)
          client.end()
        }
        // The first connection it ends by itself, before a byte of data. It says close_notify only where we have not yet.
        t.is((await server.ending()).status, 'closed')
        await server.goodbye()
      })
      t.is(await client.exit(), 0, client.stderr)
    })
  }

/** Go has tickets alone: its server gives no id, and its client keeps none. */
const goSuites = [
  cipherSuites12.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
  cipherSuites12.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
]
const goTimeout = [150_000, 'go build may take long, once'] as const
for (const { id, name } of goSuites) {
  const env = { SUITE: String(id), CERT: certFile, KEY: keyFile, CA: caFile }
  const options = { ALPNProtocols: ['echo'] }

  peerTest(
    'go',
    `our client resumes TLS 1.2 with Go by ticket, certificates both ways: ${name}`,
    async t => {
      t.timeout(...goTimeout)
      const server = new Child(t, program(t), ['servers', certFile, keyFile], env)
      const [, port] = await server.says(/ACCEPT \S*:(\d+)/)
      t.is(await visitTwice(t, Number(port), 'ticket', options), name)
      t.is(await server.exit(), 0, server.stderr)
      t.regex(server.stdout, /RESUMED false\nRESUMED true\n/)
    },
  )

  peerTest(
    'go',
    `Go resumes TLS 1.2 with our server by ticket, certificates both ways: ${name}`,
    async t => {
      t.timeout(...goTimeout)
      const { port, accepted } = await listenOften(t, {
        ...serverOptions('ticket'),
        ...options,
        ca: root.pem,
        requestCert: true,
      })
      const client = new Child(t, program(t), ['clients', String(port), caFile, String(port)], env)
      await acceptTwice(t, accepted, async server => {
        t.is(server.ssl.cipher?.name as string, name)
        t.true(server.ssl.authorized)
        t.deepEqual(server.ssl.peerCertificates[0], leaf.der)
        await server.write(await server.line())
        t.is((await server.goodbye()).status, 'closed')
      })
      t.is(await client.exit(), 0, client.stderr)
      t.is(client.stdout, text + text)
      t.regex(client.stderr, /RESUMED false\n(?:STAPLED .*\n)?RESUMED true/)
    },
  )
}

// By id alone: curl 7.88 over OpenSSL asks for no ticket.
peerTest('curl', 'curl resumes TLS 1.2 with our server by id', async t => {
  const { port, accepted } = await listenOften(t, serverOptions('id'))
  const url = `https://server.example:${port}/`
  const client = new Child(t, 'curl', [
    ...['-sSv', '-m', '10', '--http1.1', '--tls-max', '1.2', '--cacert', caFile],
    ...['--resolve', `server.example:${port}:127.0.0.1`, url, url],
  ])
  await acceptTwice(t, accepted, async server => {
    while ((await server.line()) !== '\r\n');
    await server.write(
      `HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
    )
    await server.goodbye()
  })
  t.is(await client.exit(), 0, client.stderr)
  t.is(client.stdout, text + text)
  t.regex(client.stderr, /SSL re-?using session/)
  t.is(client.stderr.match(/\(IN\), TLS handshake, Certificate \(11\)/g)?.length, 1)
})

test.serial('our client resumes TLS 1.2 with node:tls by id', async t => {
  const kept = new Map<string, Buffer>()
  const asked: string[] = []
  const seen: boolean[] = []
  const server = tls.createServer({
    ...{ cert: pem, key: keyPem, maxVersion: 'TLSv1.2' },
    secureOptions: constants.SSL_OP_NO_TICKET,
  })
  server.on('newSession', (id: Buffer, session: Buffer, done: () => void) => {
    kept.set(id.toString('hex'), session)
    done()
  })
  server.on('resumeSession', (id: Buffer, done: (error: null, session: Buffer | null) => void) => {
    asked.push(id.toString('hex'))
    done(null, kept.get(id.toString('hex')) ?? null)
  })
  server.on('secureConnection', socket => {
    seen.push(socket.isSessionReused())
    socket.pipe(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  await visitTwice(t, (server.address() as AddressInfo).port, 'id')
  t.deepEqual(seen, [false, true])
  // The first id is the one that a ClientHello of TLS 1.3 makes up; the second is the one that it gave.
  t.deepEqual(asked.slice(1), [...kept.keys()])
})
