/** The command itself against openssl's programs. */
import { Child } from './support/child.ts'
import { biopair } from './support/command.ts'
import { filesFor } from './support/files.ts'
import { peerTest } from './support/peers.ts'

const servername = ['-servername', 'server.example']

for (const provider of ['node', 'noble'])
  peerTest('openssl', `biopair s_client over ${provider} meets openssl s_server -rev`, async t => {
    const { certFile, keyFile, caFile } = filesFor('p256')
    const server = new Child(t, 'openssl', [
      ...['s_server', '-accept', '127.0.0.1:0', '-rev', '-naccept', '1'],
      ...['-cert', certFile, '-cert_chain', certFile, '-key', keyFile],
    ])
    const [, port] = await server.says(/ACCEPT \S*:(\d+)/)
    const to = ['-connect', `127.0.0.1:${port}`, '-CAfile', caFile, ...servername]
    const client = biopair(t, ['s_client', ...to, '-provider', provider])
    await client.says(/Verify return code: OK/)
    client.type('hello\n')
    await client.says(/olleh\n/)
    client.type('K\n')
    client.type('again\n')
    await client.says(/niaga\n/)
    client.type('Q\n')
    t.is(await client.exit(), 0)
    t.regex(client.stdout, /closed\n$/)
  })

for (const provider of ['node', 'noble'])
  peerTest('openssl', `openssl s_client meets biopair s_server -rev over ${provider}`, async t => {
    const { certFile, keyFile, caFile } = filesFor('p256')
    const server = biopair(t, [
      ...['s_server', '-accept', '127.0.0.1:0', '-rev', '-naccept', '1', '-provider', provider],
      ...['-cert', certFile, '-key', keyFile],
    ])
    const [, port] = await server.says(/ACCEPT \S*:(\d+)/)
    const client = new Child(t, 'openssl', [
      ...['s_client', '-connect', `127.0.0.1:${port}`, '-CAfile', caFile],
      ...['-verify_return_error', '-quiet', ...servername],
    ])
    client.type('hello\n')
    await client.says(/olleh\n/)
    client.type('CLOSE\n')
    t.is(await client.exit(), 0)
    t.is(await server.exit(), 0)
  })

peerTest('openssl', 'biopair s_client gets a page from openssl s_server -www', async t => {
  const { certFile, keyFile, caFile } = filesFor('rsa')
  const server = new Child(t, 'openssl', [
    ...['s_server', '-accept', '127.0.0.1:0', '-www'],
    ...['-cert', certFile, '-cert_chain', certFile, '-key', keyFile],
  ])
  const [, port] = await server.says(/ACCEPT \S*:(\d+)/)
  const to = ['-connect', `127.0.0.1:${port}`, '-CAfile', caFile, ...servername]
  const client = biopair(t, ['s_client', '-quiet', ...to])
  client.type('GET / HTTP/1.0\r\n\r\n')
  const status = await client.exit()
  t.regex(client.stdout, /HTTP\/1\.0 200 ok[\s\S]*TLS_AES/)
  t.is(status, 0, client.stderr)
})
