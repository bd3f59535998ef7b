/** NSS, the library of Firefox, both ways: certificates, suites, groups, records, and what a hello may look like. */
import { writeFileSync } from 'node:fs'
import type { SignatureSchemeName } from '@biopair/crypto'
import { filesFor, scratch } from './support/files.ts'
import { ask, fromNss, type NssKind, selfserv, talk, toNss, tstclnt } from './support/nss.ts'
import { connectTo, listen, type Ours } from './support/ours.ts'
import { peerTest } from './support/peers.ts'

const schemes = {
  p256: 'ecdsa_secp256r1_sha256',
  p384: 'ecdsa_secp384r1_sha384',
  p521: 'ecdsa_secp521r1_sha512',
  rsa: 'rsa_pss_rsae_sha256',
  'rsa-pss': 'rsa_pss_pss_sha256',
}

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

peerTest(
  'tstclnt',
  'tstclnt refuses our server where it knows no root of it, and says so',
  async t => {
    const { pem, keyPem } = filesFor('p384')
    const { port, accepted } = await listen(t, { cert: pem, key: keyPem })
    const client = tstclnt(t, port)
    await t.throwsAsync((await accepted).shake(), { message: /^unknown_ca / })
    t.is(await client.exit(), 254)
  },
)

peerTest(
  'selfserv',
  'our client refuses selfserv where it knows no root of it, and selfserv hears why',
  async t => {
    const { server, port } = await selfserv(t)
    const client = await connectTo(t, port, { ca: filesFor('p384').root.pem })
    await t.throwsAsync(client.shake(), { message: /^unknown_ca / })
    // SSL_ERROR_UNKNOWN_CA_ALERT.
    await server.says(/error -12195/)
  },
)

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
      t.deepEqual([server.keys('write'), server.keys('read')], [2, 2])
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
      t.deepEqual([client.keys('write'), client.keys('read')], [2, 2])
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

for (const [group, theirs] of Object.entries(groups) as [keyof typeof groups, string][])
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

/** The longest body of a protected record that came. */
function longest({ events }: Ours): number {
  return Math.max(
    ...events.map(event =>
      event.event === 'record' && event.protected && event.direction === 'read'
        ? ((event.header[3] as number) << 8) | (event.header[4] as number)
        : 0,
    ),
  )
}

const text = `${'0123456789'.repeat(10_000)}\n`
/** A record_size_limit (RFC 8449) of 600 and its tag. */
const tight = 600 + 16

for (const recordSizeLimit of [600, 16_385]) {
  const limit = recordSizeLimit === 600 ? tight : 16_385 + 16

  peerTest('tstclnt', `tstclnt keeps to our server's limit of ${recordSizeLimit}`, async t => {
    const { client, server } = await fromNss(t, [], { recordSizeLimit })
    client.type(text)
    t.is(await server.line(), text)
    // It reads 4000 bytes at a time.
    t.is(longest(server), Math.min(limit, 4000 + 17))
    await server.write(text)
    t.is((await client.printed(text.length)).toString(), text)
    await talk(t, client, server)
  })

  peerTest('selfserv', `selfserv keeps to our client's limit of ${recordSizeLimit}`, async t => {
    const file = scratch('nss-text')
    writeFileSync(file, text)
    const { port } = await selfserv(t)
    const client = await toNss(t, port, { recordSizeLimit })
    await client.write(`GET ${file} HTTP/1.0\r\n\r\n`)
    while ((await client.line()) !== '\r\n');
    t.is((await client.read(text.length)).toString(), text)
    t.is(longest(client), limit)
    t.is((await client.goodbye()).status, 'closed')
  })
}

for (const [title, args, options] of [
  ['in compatibility mode', ['-e'], {}],
  ['with an extension for an encrypted ClientHello, which stays unanswered', ['-i', '100'], {}],
  ['and brings our cookie', ['-I', 'x25519,P256'], { groups: 'P-256', cookie: 'with_retry' }],
  ['and takes our padding', [], { padding: 512 }],
] as const)
  peerTest('tstclnt', `tstclnt speaks with our server ${title}`, async t => {
    const { client, server } = await fromNss(t, args, options)
    await talk(t, client, server)
  })

for (const [title, options] of [
  ['without compatibility mode', { middleboxCompat: false }],
  [
    'shuffled, with grease and padding',
    { clientHello: { order: 'shuffled', grease: true, padding: 512 } },
  ],
  ['with padded records', { padding: 512 }],
] as const)
  peerTest('selfserv', `our client speaks with selfserv ${title}`, async t => {
    const { port } = await selfserv(t)
    await ask(t, await toNss(t, port, options))
  })

peerTest('selfserv', 'our client agrees on http/1.1 with selfserv, or on nothing', async t => {
  const { port } = await selfserv(t, ['-Q'])
  const client = await toNss(t, port, { ALPNProtocols: ['h2', 'http/1.1'] })
  t.is(client.ssl.alpnProtocol, 'http/1.1')
  await ask(t, client)
  await t.throwsAsync(toNss(t, port, { ALPNProtocols: ['h2'] }), {
    message: /^no_application_protocol /,
  })
})

peerTest('tstclnt', 'tstclnt exports what our server exports', async t => {
  const { client, server } = await fromNss(t, ['-x', 'label:32:0x0102,EXPORTER-x:40'])
  const ours = [
    server.ssl.exportKeyingMaterial(32, 'label', Uint8Array.of(1, 2)),
    server.ssl.exportKeyingMaterial(40, 'EXPORTER-x'),
  ]
  await talk(t, client, server)
  const theirs = client.stdout.matchAll(/Keying Material:\n((?: +[0-9a-f:]+\n)+)/g)
  t.deepEqual(
    [...theirs].map(([, lines = '']) => lines.replaceAll(/[^0-9a-f]/g, '')),
    ours.map(bytes => Buffer.from(bytes).toString('hex')),
  )
})
