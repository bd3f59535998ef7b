/** NSS, the library of Firefox, both ways: it is the peer with delegated credentials, and one that takes ffdhe groups. */
import type { SignatureSchemeName } from '@biopair/crypto'
import type { ContextOptions } from '@biopair/ssl'
import type { ExecutionContext } from 'ava'
import type { Child } from './support/child.ts'
import { filesFor } from './support/files.ts'
import { chainForNss, type NssKind, request, selfserv, tstclnt } from './support/nss.ts'
import { connectTo, listen, type Ours } from './support/ours.ts'
import { peerTest } from './support/peers.ts'

/** `tstclnt`, connected to our server. */
async function fromNss(
  t: ExecutionContext,
  args: readonly string[],
  options: ContextOptions = {},
  kind: NssKind = 'p256',
): Promise<{ client: Child; server: Ours }> {
  const { pem, keyPem } = chainForNss(kind)
  const { port, accepted } = await listen(t, { cert: pem, key: keyPem, ...options })
  const client = tstclnt(t, port, args, kind)
  return { client, server: await (await accepted).shake() }
}

/** Our client, connected to a `selfserv`. */
async function toNss(
  t: ExecutionContext,
  port: number,
  options: ContextOptions = {},
  kind: NssKind = 'p256',
): Promise<Ours> {
  return (await connectTo(t, port, { ca: filesFor(kind).root.pem, ...options })).shake()
}

/** A line each way, and the ends of both. */
async function talk(t: ExecutionContext, client: Child, server: Ours): Promise<void> {
  client.type('there\n')
  t.is(await server.line(), 'there\n')
  await server.write('and back\n')
  await client.says(/and back\n/)
  client.end()
  t.is((await server.goodbye()).status, 'closed')
  t.is(await client.exit(), 0, client.stderr)
}

/** A request of ours and its answer, which ends with close_notify. */
async function ask(t: ExecutionContext, client: Ours): Promise<void> {
  await client.write(request)
  t.is(await client.line(), 'HTTP/1.0 200 OK\r\n')
  t.is((await client.goodbye()).status, 'closed')
}

const schemes = {
  p256: 'ecdsa_secp256r1_sha256',
  p384: 'ecdsa_secp384r1_sha384',
  p521: 'ecdsa_secp521r1_sha512',
  rsa: 'rsa_pss_rsae_sha256',
  'rsa-pss': 'rsa_pss_pss_sha256',
} as const

for (const [kind, scheme] of Object.entries(schemes) as [NssKind, SignatureSchemeName][]) {
  peerTest('tstclnt', `tstclnt believes our server's ${scheme}`, async t => {
    const { client, server } = await fromNss(t, ['-J', scheme], {}, kind)
    await talk(t, client, server)
  })

  peerTest('selfserv', `our client believes selfserv's ${scheme}`, async t => {
    const { port } = await selfserv(t, ['-J', scheme], kind)
    const client = await toNss(t, port, {}, kind)
    t.true(client.ssl.authorized)
    t.is(client.ssl.peerSignatureScheme, scheme)
    await ask(t, client)
  })
}

const suites = {
  TLS_AES_128_GCM_SHA256: ':1301',
  TLS_AES_256_GCM_SHA384: ':1302',
  TLS_CHACHA20_POLY1305_SHA256: ':1303',
}

for (const [suite, theirs] of Object.entries(suites) as [keyof typeof suites, string][]) {
  peerTest(
    'tstclnt',
    `tstclnt speaks ${suite} with our server, beyond a KeyUpdate of each`,
    async t => {
      const { client, server } = await fromNss(t, ['-c', theirs], { ciphers: suite })
      t.is(server.ssl.cipher?.name, suite)
      client.type('before\n')
      t.is(await server.line(), 'before\n')
      server.ssl.keyUpdate(true)
      await server.write('between\n')
      await client.says(/between\n/)
      await talk(t, client, server)
      t.is(server.keys('write'), 2)
      t.is(server.keys('read'), 2)
    },
  )

  peerTest(
    'selfserv',
    `our client speaks ${suite} with selfserv, beyond a KeyUpdate of each`,
    async t => {
      const { port } = await selfserv(t, ['-c', theirs])
      const client = await toNss(t, port, { ciphers: suite })
      t.is(client.ssl.cipher?.name, suite)
      client.ssl.keyUpdate(true)
      await ask(t, client)
      t.is(client.keys('write'), 2)
      t.is(client.keys('read'), 2)
    },
  )
}

const groups = {
  x25519: 'x25519',
  'P-256': 'P256',
  'P-384': 'P384',
  'P-521': 'P521',
  ffdhe2048: 'FF2048',
  ffdhe3072: 'FF3072',
}

for (const [group, theirs] of Object.entries(groups) as [keyof typeof groups, string][]) {
  for (const retried of [false, true]) {
    const how = retried ? ' after a HelloRetryRequest' : ''
    const other = group === 'x25519' ? 'P-256' : 'x25519'

    peerTest('tstclnt', `tstclnt agrees on ${group} with our server${how}`, async t => {
      const list = retried ? `${groups[other]},${theirs}` : theirs
      const { client, server } = await fromNss(t, ['-I', list], { groups: group })
      t.is(server.ssl.retried, retried)
      await talk(t, client, server)
    })

    peerTest('selfserv', `our client agrees on ${group} with selfserv${how}`, async t => {
      const { port } = await selfserv(t, ['-I', theirs])
      const keyShares = retried ? other : group
      const client = await toNss(t, port, { groups: [group, other], keyShares })
      t.is(client.ssl.retried, retried)
      await ask(t, client)
    })
  }
}
