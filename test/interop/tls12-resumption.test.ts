/** TLS 1.2 resumed with GnuTLS, Go, curl and node:tls: by id and by ticket where the peer has both, both ways where it has both ends. */
import { constants } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import tls from 'node:tls'
import { cipherSuites12 } from '@biopair/crypto'
import type { ContextOptions } from '@biopair/ssl'
import test, { type ExecutionContext } from 'ava'
import { Child } from './support/child.ts'
import { filesFor } from './support/files.ts'
import { program } from './support/go.ts'
import { freePort, listenOften } from './support/ours.ts'
import { peerTest } from './support/peers.ts'
import {
  acceptTwice,
  serverOptions,
  text,
  visit,
  visitTwice,
  type Way,
  ways,
} from './support/resumption12.ts'

const { certFile, keyFile, caFile, pem, keyPem, root, leaf } = filesFor('p256')

/** A suite for each hash of the key schedule: GnuTLS's cipher, and the suite. */
const gnutlsSuites = [
  ['AES-128-GCM', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'],
  ['AES-256-GCM', 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'],
] as const

const only12 = 'NORMAL:-VERS-ALL:+VERS-TLS1.2'
const lacking = `${only12}:%NO_SESSION_HASH`

async function gnutlsServer(
  t: ExecutionContext,
  way: Way,
  priority: string,
): Promise<{ server: Child; port: number }> {
  const port = await freePort()
  const server = new Child(t, 'gnutls-serv', [
    ...['--echo', '--port', String(port), '--priority', priority],
    ...['--x509certfile', certFile, '--x509keyfile', keyFile],
    way === 'id' ? '--noticket' : '--nodb',
  ])
  await server.says(/listening on IPv4/)
  return { server, port }
}

/** Which of its connections it says were resumed. */
async function resumedOf(server: Child): Promise<boolean[]> {
  // It says what it saw when it ends.
  server.process.kill('SIGTERM')
  await server.exit()
  const said = server.stdout.split('Accepted connection').slice(1)
  return said.map(connection => connection.includes('This is a resumed session'))
}

/** `gnutls-cli --resume`: it connects, ends that connection by itself before a byte of data, and connects again. */
async function gnutlsClient(
  t: ExecutionContext,
  way: Way,
  priority: string,
  options: ContextOptions,
  expected: readonly [boolean, boolean],
): Promise<(string | undefined)[]> {
  const { port, accepted } = await listenOften(t, options)
  const client = new Child(t, 'gnutls-cli', [
    ...['--resume', '--port', String(port), '--priority', priority],
    ...['--x509cafile', caFile, '--sni-hostname', 'server.example'],
    ...['--verify-hostname', 'server.example', ...(way === 'id' ? ['--noticket'] : [])],
    '127.0.0.1',
  ])
  const suites: (string | undefined)[] = []
  await acceptTwice(
    t,
    accepted,
    async (server, again) => {
      suites.push(server.ssl.cipher?.name)
      if (again) {
        await client.says(/Simple Client Mode/)
        client.type(text)
        t.is(await server.line(), text)
        await server.write('and gone\n')
        await client.says(/and gone\n/)
        client.end()
      }
      // It says close_notify only where we have not yet.
      t.is((await server.ending()).status, 'closed')
      await server.goodbye()
    },
    expected,
  )
  t.is(await client.exit(), 0, client.stderr)
  t.is(client.stdout.includes('This is a resumed session'), expected[1])
  return suites
}

for (const way of ways) {
  for (const [cipher, suite] of gnutlsSuites) {
    const what = `${way}: ${suite}`
    const priority = `${only12}:-CIPHER-ALL:+${cipher}`

    peerTest('gnutls-serv', `our client resumes TLS 1.2 with gnutls-serv by ${what}`, async t => {
      const { server, port } = await gnutlsServer(t, way, priority)
      t.is(await visitTwice(t, port, way), suite)
      t.deepEqual(await resumedOf(server), [false, true])
    })

    peerTest('gnutls-cli', `gnutls-cli resumes TLS 1.2 with our server by ${what}`, async t => {
      t.deepEqual(await gnutlsClient(t, way, priority, serverOptions(way), [false, true]), [
        suite,
        suite,
      ])
    })
  }

  // RFC 7627 §5.3: such a session is not to go on.
  const lax = { requireExtendedMasterSecret: false }

  peerTest(
    'gnutls-serv',
    `our client keeps no session by ${way} of a gnutls-serv without extended_master_secret`,
    async t => {
      const { server, port } = await gnutlsServer(t, way, lacking)
      t.is((await visit(t, port, lax)).session, undefined)
      t.deepEqual(await resumedOf(server), [false])
    },
  )

  peerTest(
    'gnutls-cli',
    `our server goes on with no session by ${way} of a gnutls-cli without extended_master_secret`,
    async t => {
      await gnutlsClient(t, way, lacking, { ...serverOptions(way), ...lax }, [false, false])
    },
  )
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

peerTest('go', "Go goes on with no id of our server's: it keeps tickets alone", async t => {
  t.timeout(...goTimeout)
  const { port, accepted } = await listenOften(t, serverOptions('id'))
  const args = ['clients', String(port), caFile, String(port)]
  const client = new Child(t, program(t), args, { VERSIONS: '12' })
  await acceptTwice(
    t,
    accepted,
    async server => {
      await server.write(await server.line())
      t.is((await server.goodbye()).status, 'closed')
    },
    [false, false],
  )
  t.is(await client.exit(), 0, client.stderr)
  t.is(client.stdout, text + text)
  t.is(client.stderr.match(/RESUMED false/g)?.length, 2)
})

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
