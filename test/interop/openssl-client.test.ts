/** `openssl s_client` and our server. */
import { createHash } from 'node:crypto'
import type { ContextOptions } from '@biopair/ssl'
import type { ExecutionContext } from 'ava'
import { type KeyKind, keyKinds } from '../support/mint.ts'
import { Child } from './support/child.ts'
import { filesFor, scratch } from './support/files.ts'
import { listen, type Ours } from './support/ours.ts'
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
  readonly client: Child
  readonly server: Ours
}

/** Listens, and starts `openssl s_client`, which verifies; the handshake is still to come. */
async function meet(
  t: ExecutionContext,
  args: readonly string[],
  options: ContextOptions = {},
  kind: KeyKind = 'p256',
): Promise<Meeting> {
  const { pem, keyPem, caFile } = filesFor(kind)
  const { port, accepted } = await listen(t, { cert: pem, key: keyPem, ...options })
  const client = new Child(t, 'openssl', [
    's_client',
    ...['-connect', `127.0.0.1:${port}`, '-tls1_3', '-verify_return_error', '-CAfile', caFile],
    ...['-servername', 'server.example', '-verify_hostname', 'server.example'],
    ...args,
  ])
  return { client, server: await accepted }
}

/** A line there and back, and goodbyes. */
async function talk(t: ExecutionContext, { client, server }: Meeting): Promise<void> {
  await server.shake()
  client.type('hello\n')
  t.is(await server.line(), 'hello\n')
  await server.write('olleh\n')
  await client.says(/olleh\n/)
  t.is((await server.goodbye()).status, 'closed')
  t.is(await client.exit(), 0)
}

for (const [name, theirs] of groups)
  peerTest('openssl', `our server agrees on ${name} with openssl s_client`, async t => {
    const meeting = await meet(t, ['-quiet', '-groups', theirs])
    await talk(t, meeting)
    t.is(meeting.server.ssl.group, name)
    t.false(meeting.server.ssl.retried)
    t.is(meeting.server.ssl.servername, 'server.example')
  })

for (const [name, theirs] of moreGroups)
  peerTest('openssl', `our server agrees on ${name} with openssl s_client, asked to`, async t => {
    const meeting = await meet(t, ['-quiet', '-groups', theirs], { groups: [name] })
    await talk(t, meeting)
    t.is(meeting.server.ssl.group, name)
  })

for (const suite of suites)
  peerTest('openssl', `our server speaks ${suite} with openssl s_client`, async t => {
    const meeting = await meet(t, ['-quiet', '-ciphersuites', suite])
    await talk(t, meeting)
    t.is(meeting.server.ssl.cipher?.name, suite)
  })

for (const suite of ['TLS_AES_128_CCM_SHA256', 'TLS_AES_128_CCM_8_SHA256'] as const)
  peerTest('openssl', `our server speaks ${suite} with openssl s_client, asked to`, async t => {
    const meeting = await meet(t, ['-quiet', '-ciphersuites', suite], { ciphers: suite })
    await talk(t, meeting)
    t.is(meeting.server.ssl.cipher?.name, suite)
  })

for (const kind of keyKinds)
  peerTest(
    'openssl',
    `openssl s_client believes our server with a ${kind} certificate`,
    async t => {
      await talk(t, await meet(t, ['-quiet'], {}, kind))
    },
  )

for (const [name, theirs] of groups.slice(1))
  peerTest('openssl', `openssl s_client answers our HelloRetryRequest for ${name}`, async t => {
    const args = ['-quiet', '-groups', `X25519:${theirs}`]
    const meeting = await meet(t, args, { groups: [name], cookie: 'with_retry' })
    await talk(t, meeting)
    t.true(meeting.server.ssl.retried)
    t.is(meeting.server.ssl.group, name)
  })

for (const kind of keyKinds)
  peerTest(
    'openssl',
    `our server believes openssl s_client with a ${kind} certificate`,
    async t => {
      const { certFile, keyFile, root, leaf } = filesFor(kind)
      const args = ['-quiet', '-cert', certFile, '-key', keyFile, '-cert_chain', certFile]
      const meeting = await meet(t, args, { requestCert: true, ca: root.pem }, kind)
      await talk(t, meeting)
      t.true(meeting.server.ssl.authorized)
      t.deepEqual(meeting.server.ssl.peerCertificates[0], leaf.der)
    },
  )

peerTest(
  'openssl',
  'our server insists on a certificate, and openssl s_client hears it',
  async t => {
    const { root } = filesFor('p256')
    const { client, server } = await meet(t, ['-quiet'], { requestCert: true, ca: root.pem })
    t.like(await t.throwsAsync(server.shake()), { alert: 'certificate_required', origin: 'sent' })
    await client.says(/alert certificate required/)
    t.not(await client.exit(), 0)
  },
)

peerTest('openssl', 'our server and openssl s_client agree on a protocol', async t => {
  const meeting = await meet(t, ['-quiet', '-alpn', 'spdy,h2'], {
    ALPNProtocols: ['http/1.1', 'h2'],
  })
  await talk(t, meeting)
  t.is(meeting.server.ssl.alpnProtocol, 'h2')
})

peerTest(
  'openssl',
  'our server refuses a protocol it does not know, and openssl hears it',
  async t => {
    const { client, server } = await meet(t, ['-quiet', '-alpn', 'spdy'], { ALPNProtocols: ['h2'] })
    t.like(await t.throwsAsync(server.shake()), { alert: 'no_application_protocol' })
    await client.says(/alert no application protocol/)
  },
)

peerTest(
  'openssl',
  'our server changes keys with openssl s_client, at the wish of either',
  async t => {
    const { client, server } = await meet(t, [])
    await server.shake()
    // k: they change, and nothing is owed. K: they ask, and we follow.
    const one = server.line()
    client.type('k\n')
    await server.changed('read', 2)
    client.type('one\n')
    t.is(await one, 'one\n')
    t.is(server.keys('write'), 1)
    const two = server.line()
    client.type('K\n')
    await server.changed('read', 3)
    client.type('two\n')
    t.is(await two, 'two\n')
    await server.write('three\n')
    await client.says(/three\n/)
    t.is(server.keys('write'), 2)

    // We ask, they follow with what they say next.
    await server.settled(ssl => ssl.keyUpdate(true))
    await server.write('four\n')
    await client.says(/four\n/)
    client.type('five\n')
    t.is(await server.line(), 'five\n')
    t.deepEqual([server.keys('read'), server.keys('write')], [4, 3])
    // Q: goodbye.
    client.type('Q\n')
    t.is((await server.ending()).status, 'closed')
    t.is(await client.exit(), 0)
  },
)

peerTest(
  'openssl',
  'openssl s_client gets our tickets, and comes back with one in vain',
  async t => {
    const file = scratch('session')
    const first = await meet(t, ['-sess_out', file])
    await first.server.shake()
    await first.server.goodbye()
    t.is(await first.client.exit(), 0)
    t.is(first.client.stdout.match(/New Session Ticket arrived/g)?.length, 2)

    const second = await meet(t, ['-sess_in', file])
    await talk(t, second)
    t.regex(second.client.stdout, /^(New|Reused), TLSv1\.3/m)
  },
)

peerTest('openssl', 'a MiB goes both ways between openssl s_client and our server', async t => {
  const { client, server } = await meet(t, ['-quiet', '-nocommands'])
  await server.shake()
  const data = digits(2 ** 20)
  client.type(data)
  const [came] = await Promise.all([server.read(data.length), server.write(data)])
  t.is(hash(came), hash(data))
  t.is(hash(await client.printed(data.length)), hash(data))
})

peerTest(
  'openssl',
  'our server and openssl s_client say that they have no suite in common',
  async t => {
    const { client, server } = await meet(t, ['-quiet', '-ciphersuites', suites[0]], {
      ciphers: suites[1],
    })
    t.like(await t.throwsAsync(server.shake()), { alert: 'handshake_failure', origin: 'sent' })
    await client.says(/alert handshake failure/)
  },
)

peerTest('openssl', 'our server refuses an openssl s_client that speaks TLS 1.2 alone', async t => {
  const { pem, keyPem } = filesFor('p256')
  const { port, accepted } = await listen(t, { cert: pem, key: keyPem })
  const client = new Child(t, 'openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-tls1_2'])
  const server = await accepted
  t.like(await t.throwsAsync(server.shake()), { alert: 'protocol_version', origin: 'sent' })
  await client.says(/alert protocol version/)
})

/** Text that no program takes for a command. */
function digits(length: number): Buffer {
  const bytes = Buffer.alloc(length)
  for (let i = 0; i < length; i++) bytes[i] = i % 61 === 60 ? 0x0a : 0x30 + ((i * 7919) % 10)
  return bytes
}

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
