/** TLS 1.2 resumed with GnuTLS, Go, curl and node:tls: by id and by ticket where the peer has both, both ways where it has both ends. */
import { Child } from './support/child.ts'
import { filesFor } from './support/files.ts'
import { freePort, listenOften } from './support/ours.ts'
import { peerTest } from './support/peers.ts'
import { acceptTwice, serverOptions, text, visitTwice, ways } from './support/resumption12.ts'

const { certFile, keyFile, caFile } = filesFor('p256')

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
        // The first connection it ends by itself, before a byte of data.
        t.is((await server.goodbye()).status, 'closed')
      })
      t.is(await client.exit(), 0, client.stderr)
    })
  }
