/** Our client and `openssl s_server`. */
import { createHash } from 'node:crypto'
import type { ContextOptions } from '@biopair/ssl'
import type { ExecutionContext } from 'ava'
import { type KeyKind, keyKinds } from '../support/mint.ts'
import { Child } from './support/child.ts'
import { filesFor } from './support/files.ts'
import { connectOnce, connectTo, freePort, type Ours } from './support/ours.ts'
import { peerTest } from './support/peers.ts'

const suites = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
] as const
const groups = [
  ['x25519', 'X25519'],
  ['secp256r1', 'P-256'],
  ['secp384r1', 'P-384'],
  ['secp521r1', 'P-521'],
] as const
const moreGroups = [
  ['x448', 'X448'],
  ['ffdhe2048', 'ffdhe2048'],
  ['ffdhe3072', 'ffdhe3072'],
] as const

interface Meeting {
  readonly client: Ours
  readonly server: Child
}

/** Starts `openssl s_server` and connects to it; the handshake is still to come. */
async function meet(
  t: ExecutionContext,
  args: readonly string[],
  options: ContextOptions = {},
  kind: KeyKind = 'p256',
): Promise<Meeting> {
  const { certFile, keyFile, root } = filesFor(kind)
  const server = new Child(t, 'openssl', [
    's_server',
    ...['-accept', '127.0.0.1:0', '-tls1_3', '-naccept', '1'],
    ...['-cert', certFile, '-cert_chain', certFile, '-key', keyFile],
    ...args,
  ])
  const [, port] = await server.says(/ACCEPT \S*:(\d+)/)
  const client = await connectTo(t, Number(port), { ca: root.pem, ...options })
  return { client, server }
}

/** A line there and back, and goodbyes. */
async function talk(t: ExecutionContext, { client }: Meeting): Promise<void> {
  await client.shake()
  await client.write('hello\n')
  t.is(await client.line(), 'olleh\n')
  t.is((await client.goodbye()).status, 'closed')
}

for (const [name, theirs] of groups)
  peerTest('openssl', `our client agrees on ${name} with openssl s_server`, async t => {
    const meeting = await meet(t, ['-rev', '-groups', theirs], { groups: [name] })
    await talk(t, meeting)
    t.is(meeting.client.ssl.group, name)
    t.false(meeting.client.ssl.retried)
  })

for (const [name, theirs] of moreGroups)
  peerTest('openssl', `our client agrees on ${name} with openssl s_server, asked to`, async t => {
    const meeting = await meet(t, ['-rev', '-groups', theirs], { groups: [name] })
    await talk(t, meeting)
    t.is(meeting.client.ssl.group, name)
  })

for (const suite of suites)
  peerTest('openssl', `our client speaks ${suite} with openssl s_server`, async t => {
    const meeting = await meet(t, ['-rev', '-ciphersuites', suite])
    await talk(t, meeting)
    t.is(meeting.client.ssl.cipher?.name, suite)
  })

for (const suite of ['TLS_AES_128_CCM_SHA256', 'TLS_AES_128_CCM_8_SHA256'] as const)
  peerTest('openssl', `our client speaks ${suite} with openssl s_server, asked to`, async t => {
    const meeting = await meet(t, ['-rev', '-ciphersuites', suite], { ciphers: suite })
    await talk(t, meeting)
    t.is(meeting.client.ssl.cipher?.name, suite)
  })

for (const kind of keyKinds)
  peerTest(
    'openssl',
    `our client believes openssl s_server with a ${kind} certificate`,
    async t => {
      const meeting = await meet(t, ['-rev'], {}, kind)
      await talk(t, meeting)
      t.true(meeting.client.ssl.authorized)
    },
  )

for (const [name, theirs] of groups.slice(1))
  peerTest(
    'openssl',
    `our client answers openssl s_server's HelloRetryRequest for ${name}`,
    async t => {
      const meeting = await meet(t, ['-rev', '-groups', theirs])
      await talk(t, meeting)
      t.true(meeting.client.ssl.retried)
      t.is(meeting.client.ssl.group, name)
    },
  )

for (const kind of keyKinds)
  peerTest(
    'openssl',
    `openssl s_server believes our client with a ${kind} certificate`,
    async t => {
      const { pem, keyPem, caFile } = filesFor(kind)
      const args = ['-rev', '-Verify', '3', '-verify_return_error', '-CAfile', caFile]
      await talk(t, await meet(t, args, { cert: pem, key: keyPem }, kind))
    },
  )

peerTest('openssl', 'our client hears openssl s_server insist on a certificate', async t => {
  const { caFile } = filesFor('p256')
  const { client } = await meet(t, ['-rev', '-Verify', '3', '-CAfile', caFile])
  await client.shake()
  const error = await t.throwsAsync(client.read(1))
  t.like(error, { alert: 'certificate_required', origin: 'received' })
})

peerTest('openssl', 'our client and openssl s_server agree on a protocol', async t => {
  const meeting = await meet(t, ['-rev', '-alpn', 'http/1.1,h2'], { ALPNProtocols: ['h2', 'spdy'] })
  await talk(t, meeting)
  t.is(meeting.client.ssl.alpnProtocol, 'h2')
})

peerTest(
  'openssl',
  'our client changes keys with openssl s_server, at the wish of either',
  async t => {
    const { client, server } = await meet(t, [])
    await client.shake()
    await client.settled(ssl => ssl.keyUpdate(false))
    await client.write('one\n')
    await server.says(/one\n/)
    t.deepEqual([client.keys('read'), client.keys('write')], [1, 2])

    // We ask, they follow.
    await client.settled(ssl => ssl.keyUpdate(true))
    await client.write('two\n')
    await server.says(/two\n/)
    server.type('three\n')
    t.is(await client.line(), 'three\n')
    t.deepEqual([client.keys('read'), client.keys('write')], [2, 3])

    // They ask, we follow.
    const four = client.line()
    server.type('K\n')
    await client.changed('read', 3)
    server.type('four\n')
    t.is(await four, 'four\n')
    await client.write('five\n')
    await server.says(/five\n/)
    t.deepEqual([client.keys('read'), client.keys('write')], [3, 4])
    t.is((await client.goodbye()).status, 'closed')
  },
)

peerTest('openssl', 'our client keeps the tickets of openssl s_server', async t => {
  const tickets: number[] = []
  const meeting = await meet(t, ['-rev'], {
    onSession: ({ ticket }) => tickets.push(ticket.length),
  })
  await talk(t, meeting)
  t.is(tickets.length, 2)
  t.true((meeting.client.ssl.session?.ticket.length ?? 0) > 0)
})

peerTest('openssl', 'a MiB goes both ways between our client and openssl s_server', async t => {
  // With -quiet it does not say which port it took.
  const port = await freePort()
  const { certFile, keyFile, root } = filesFor('p256')
  const accept = ['-accept', `127.0.0.1:${port}`, '-quiet', '-naccept', '1']
  const server = new Child(t, 'openssl', [
    's_server',
    ...accept,
    '-cert',
    certFile,
    '-key',
    keyFile,
  ])
  const options = { ca: [root.pem, filesFor('p256').intermediate.pem] }
  const client = await connectOnce(t, port, options)
  await client.shake()
  const data = digits(2 ** 20)
  server.type(data)
  const [came] = await Promise.all([client.read(data.length), client.write(data)])
  t.is(hash(came), hash(data))
  t.is(hash(await server.printed(data.length)), hash(data))
})

peerTest('openssl', 'our client refuses openssl s_server under an unknown root', async t => {
  const { client, server } = await meet(t, [], { ca: filesFor('rsa').root.pem })
  t.like(await t.throwsAsync(client.shake()), { alert: 'unknown_ca', origin: 'sent' })
  await server.says(/alert unknown ca/)
})

peerTest(
  'openssl',
  'our client and openssl s_server say that they have no group in common',
  async t => {
    const { client } = await meet(t, ['-groups', 'P-256'], { groups: ['x25519'] })
    t.like(await t.throwsAsync(client.shake()), { alert: 'handshake_failure', origin: 'received' })
  },
)

/** Text that no program takes for a command. */
function digits(length: number): Buffer {
  const bytes = Buffer.alloc(length)
  for (let i = 0; i < length; i++) bytes[i] = i % 61 === 60 ? 0x0a : 0x30 + ((i * 7919) % 10)
  return bytes
}

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
