/** TLS 1.2 with OpenSSL's s_server and s_client: suites, groups, client certificates, OCSP, and renegotiation, which is refused. */
import { cipherSuites12 } from '@biopair/crypto'
import type { ContextOptions } from '@biopair/ssl'
import type { ExecutionContext } from 'ava'
import { Child } from '../interop/support/child.ts'
import { filesFor } from '../interop/support/files.ts'
import { connectTo, listen, type Ours } from '../interop/support/ours.ts'
import { peerTest } from '../interop/support/peers.ts'
import type { KeyKind } from '../support/mint.ts'

const groups = [
  ['x25519', 'X25519'],
  ['secp256r1', 'P-256'],
  ['secp384r1', 'P-384'],
  ['secp521r1', 'P-521'],
] as const
const either = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' } as const

async function toServer(
  t: ExecutionContext,
  args: readonly string[],
  options: ContextOptions = {},
  kind: KeyKind = 'p256',
): Promise<{ readonly client: Ours; readonly server: Child }> {
  const { certFile, keyFile, root } = filesFor(kind)
  const server = new Child(t, 'openssl', [
    's_server',
    ...['-accept', '127.0.0.1:0', '-tls1_2', '-naccept', '1'],
    ...['-cert', certFile, '-cert_chain', certFile, '-key', keyFile],
    ...args,
  ])
  const [, port] = await server.says(/ACCEPT \S*:(\d+)/)
  const client = await connectTo(t, Number(port), { ca: root.pem, ...either, ...options })
  return { client, server }
}

async function toClient(
  t: ExecutionContext,
  args: readonly string[],
  options: ContextOptions = {},
  kind: KeyKind = 'p256',
): Promise<{ readonly client: Child; readonly server: Ours }> {
  const { pem, keyPem, caFile } = filesFor(kind)
  const { port, accepted } = await listen(t, { cert: pem, key: keyPem, ...either, ...options })
  const client = new Child(t, 'openssl', [
    's_client',
    ...['-connect', `127.0.0.1:${port}`, '-tls1_2', '-verify_return_error', '-CAfile', caFile],
    ...['-servername', 'server.example', '-verify_hostname', 'server.example'],
    ...args,
  ])
  return { client, server: await accepted }
}

for (const [name, theirs] of groups)
  peerTest('openssl', `our client of TLS 1.2 agrees on ${name} with openssl s_server`, async t => {
    // RFC 8422 §5.1: groups hold for the curves of certificates too.
    const { client } = await toServer(t, ['-rev', '-groups', theirs], { groups: [name] }, 'rsa')
    await client.shake()
    await client.write('hello\n')
    t.is(await client.line(), 'olleh\n')
    t.is((await client.goodbye()).status, 'closed')
    t.is(client.ssl.group, name)
    t.is(client.ssl.version, 'TLSv1.2')
  })

for (const { name, alias, auth } of Object.values(cipherSuites12))
  peerTest('openssl', `openssl s_client speaks ${name} with our server`, async t => {
    const kind = auth === 'rsa' ? 'rsa' : 'p256'
    const { client, server } = await toClient(t, ['-cipher', alias], {}, kind)
    await server.shake()
    client.type('hello\n')
    t.is(await server.line(), 'hello\n')
    await server.write('olleh\n')
    await client.says(/olleh\n/)
    t.is((await server.goodbye()).status, 'closed')
    t.is(server.ssl.cipher?.name as string, name)
  })

/** Alerts of an end of ours, as they went and came. */
const alertsOf = ({ events }: Ours) =>
  events.flatMap(event =>
    event.event === 'alert' ? [`${event.direction} ${event.level} ${event.alert}`] : [],
  )

// OpenSSL takes the warning that it has asked for as the end: whoever wanted to renegotiate had a reason.
peerTest(
  'openssl',
  'rule 72: openssl s_client asks our server to renegotiate: it is warned, and ends the connection itself',
  async t => {
    const { client, server } = await toClient(t, [])
    await server.shake()
    client.type('hello\n')
    t.is(await server.line(), 'hello\n')
    client.type('R\n')
    const end = await server.ending()
    t.deepEqual(alertsOf(server), ['write 1 no_renegotiation', 'read 2 handshake_failure'])
    t.is(end.status, 'failed')
    await client.says(/no renegotiation/i)
  },
)

for (const letter of ['r', 'R'] as const)
  peerTest(
    'openssl',
    `rule 72: openssl s_server asks our client to renegotiate (${letter}): it is warned, and ends the connection itself`,
    async t => {
      const { client, server } = await toServer(t, [])
      await client.shake()
      await client.write('hello\n')
      await server.says(/hello/)
      server.type(`${letter}\n`)
      const end = await client.ending()
      t.deepEqual(alertsOf(client), ['write 1 no_renegotiation', 'read 2 handshake_failure'])
      t.is(end.status, 'failed')
      await server.says(/no renegotiation/i)
    },
  )

peerTest(
  'openssl',
  'a client that fell back, as its TLS_FALLBACK_SCSV says, is refused by a server of TLS 1.3',
  async t => {
    const { client, server } = await toClient(t, ['-fallback_scsv'])
    await t.throwsAsync(server.shake())
    await client.says(/inappropriate fallback/i)
  },
)
