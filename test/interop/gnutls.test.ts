/** GnuTLS, which has record_size_limit (RFC 8449), and suites and groups that few others have. */
import type { ContextOptions } from '@biopair/ssl'
import type { ExecutionContext } from 'ava'
import { Child } from './support/child.ts'
import { filesFor } from './support/files.ts'
import { connectOnce, freePort, listen, type Ours } from './support/ours.ts'
import { peerTest } from './support/peers.ts'

const only13 = 'NORMAL:-VERS-ALL:+VERS-TLS1.3'
/** Content type and tag: what a body of TLS 1.3 has beside content, without padding. */
const overhead = 17

/** Our client, connected to `gnutls-serv --echo`. */
async function toServer(
  t: ExecutionContext,
  args: readonly string[],
  options: ContextOptions,
): Promise<Ours> {
  const port = await freePort()
  const { certFile, keyFile, root } = filesFor('p256')
  const server = new Child(t, 'gnutls-serv', [
    ...['--echo', '--port', String(port), '--x509certfile', certFile, '--x509keyfile', keyFile],
    ...args,
  ])
  await server.says(/listening on IPv4/)
  return (await connectOnce(t, port, { ca: root.pem, ...options })).shake()
}

/** `gnutls-cli`, connected to our server. */
async function fromClient(
  t: ExecutionContext,
  args: readonly string[],
  options: ContextOptions,
): Promise<{ client: Child; server: Ours }> {
  const { pem, keyPem, caFile } = filesFor('p256')
  const { port, accepted } = await listen(t, { cert: pem, key: keyPem, ...options })
  const client = new Child(t, 'gnutls-cli', [
    ...['--port', String(port), '--x509cafile', caFile, '--sni-hostname', 'server.example'],
    ...['--verify-hostname', 'server.example', ...args, '127.0.0.1'],
  ])
  return { client, server: await (await accepted).shake() }
}

/** The longest body of a protected record, of those that came or went. */
function longest({ events }: Ours, direction: 'read' | 'write'): number {
  return Math.max(
    ...events.flatMap(event =>
      event.event === 'record' && event.protected && event.direction === direction
        ? [((event.header[3] as number) << 8) | (event.header[4] as number)]
        : [],
    ),
  )
}

const text = `${'0123456789'.repeat(1000)}\n`

for (const [theirs, ours] of [
  [1000, 600],
  [16384, 700],
] as const) {
  peerTest('gnutls-serv', `our client and gnutls-serv keep to ${theirs} and ${ours}`, async t => {
    const args = ['--priority', only13, '--recordsize', String(theirs)]
    const client = await toServer(t, args, { recordSizeLimit: ours })
    await client.write(text)
    t.is((await client.read(text.length)).toString(), text)
    // GnuTLS says one more than it is told: its limit is on content.
    t.is(longest(client, 'write'), Math.min(theirs, 10001) + overhead)
    t.is(longest(client, 'read'), ours - 1 + overhead)
  })
}

peerTest('gnutls-cli', 'our server and gnutls-cli keep to what the other says', async t => {
  const args = ['--priority', only13, '--recordsize', '1000']
  const { client, server } = await fromClient(t, args, { recordSizeLimit: 600 })
  // gnutls-cli makes one record of what it reads, and drops what does not fit.
  client.type(text.slice(0, 1000))
  t.is((await server.read(599)).toString(), text.slice(0, 599))
  await server.write(text)
  await client.says(/0123456789\n/)
  t.is(longest(server, 'write'), 1000 + overhead)
  t.is(longest(server, 'read'), 599 + overhead)
})

for (const [theirs, suite] of [
  ['AES-128-CCM', 'TLS_AES_128_CCM_SHA256'],
  ['AES-128-CCM-8', 'TLS_AES_128_CCM_8_SHA256'],
] as const) {
  const args = ['--priority', `${only13}:-CIPHER-ALL:+${theirs}`]
  peerTest('gnutls-serv', `our client speaks ${suite} with gnutls-serv`, async t => {
    const client = await toServer(t, args, { ciphers: suite })
    await client.write('there and back\n')
    t.is(await client.line(), 'there and back\n')
    t.is(client.ssl.cipher?.name, suite)
  })
  peerTest('gnutls-cli', `our server speaks ${suite} with gnutls-cli`, async t => {
    const { client, server } = await fromClient(t, args, { ciphers: suite })
    client.type('there\n')
    t.is(await server.line(), 'there\n')
    await server.write('and back\n')
    await client.says(/and back\n/)
    t.is(server.ssl.cipher?.name, suite)
  })
}
