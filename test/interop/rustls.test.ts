/** rustls, over aws-lc-rs, as either end: handshakes, identities, sessions, and what goes on after the handshake. One file, so that it is built once. */
import type { AnyKind } from '../support/mint.ts'
import { filesFor } from './support/files.ts'
import { rustlsTest } from './support/rustls.ts'
import {
  agree,
  chat,
  echo,
  fromRustls,
  hex,
  mine,
  roots,
  sure,
  toRustls,
} from './support/rustls-ends.ts'
import { identityTests } from './support/rustls-identities.ts'
import { sessionTests } from './support/rustls-sessions.ts'

for (const kind of ['p256', 'p384', 'p521', 'rsa', 'ed25519'] as const) {
  const { certFile, keyFile, caFile, pem, keyPem, root, leaf } = filesFor(kind)
  rustlsTest(`our client and rustls believe each other's certificates: ${kind}`, async t => {
    const words = { cert: certFile, key: keyFile, ca: caFile, alpn: 'other,echo' }
    const { client, server } = await toRustls(t, words, {
      ...{ ca: root.pem, cert: pem, key: keyPem, ALPNProtocols: ['echo'] },
    })
    await client.shake()
    const facts = await server.facts()
    agree(t, client, facts)
    t.like(facts, { kind: 'Full', group: 'X25519MLKEM768', alpn: 'echo', name: 'server.example' })
    t.deepEqual([facts.certificates, facts.leaf], [2, hex(leaf.der)])
    t.true(client.ssl.authorized)
    await chat(t, client)
    await server.over(t)
  })

  rustlsTest(`rustls and our server believe each other's certificates: ${kind}`, async t => {
    const words = { cert: certFile, key: keyFile, ca: caFile, alpn: 'other,echo', say: 'hello' }
    const { client, server } = await fromRustls(t, words, {
      ...{ ca: root.pem, cert: pem, key: keyPem, ALPNProtocols: ['echo'], requestCert: true },
    })
    await server.shake()
    const facts = await client.facts()
    agree(t, server, facts)
    t.like(facts, { kind: 'Full', group: 'X25519MLKEM768', alpn: 'echo' })
    t.is(server.ssl.servername, 'server.example')
    t.deepEqual([facts.certificates, facts.leaf], [2, hex(leaf.der)])
    t.true(server.ssl.authorized)
    await echo(t, server, 1)
    await client.over(t)
    t.regex(client.stdout, /LINE hello\n/)
  })
}

for (const kind of ['mldsa44', 'mldsa65', 'mldsa87'] satisfies AnyKind[])
  rustlsTest(`rustls believes a certificate of our server: ${kind}`, async t => {
    const { caFile, pem, keyPem } = filesFor(kind)
    const words = { ca: caFile, say: 'hello' }
    const { client, server } = await fromRustls(t, words, { cert: pem, key: keyPem })
    await server.shake()
    agree(t, server, await client.facts())
    await echo(t, server, 1)
    await client.over(t)
    t.regex(client.stdout, new RegExp(`SIGNED ML_DSA_${kind.slice(-2)}\\n`))
  })

const groups = [
  ['X25519', 'x25519'],
  ['secp256r1', 'secp256r1'],
  ['secp384r1', 'secp384r1'],
  ['X25519MLKEM768', 'X25519MLKEM768'],
  ['secp256r1MLKEM768', 'SecP256r1MLKEM768'],
] as const
for (const [i, [name, group]] of groups.entries()) {
  const suite = sure(
    ['AES_128_GCM_SHA256', 'AES_256_GCM_SHA384', 'CHACHA20_POLY1305_SHA256'][i % 3],
  )
  rustlsTest(`our client and rustls agree on ${group} and ${suite}`, async t => {
    const words = { groups: name, suites: `TLS13_${suite}` }
    const { client, server } = await toRustls(t, words, {
      ...{
        groups: group,
        ciphers: `TLS_${suite}`,
        clientHello: { order: 'shuffled', grease: true },
      },
    })
    await client.shake()
    agree(t, client, await server.facts())
    t.is(client.ssl.group, group)
    await chat(t, client)
    await server.over(t)
  })

  rustlsTest(`rustls and our server agree on ${group} and ${suite}`, async t => {
    const words = { groups: name, suites: `TLS13_${suite}`, say: 'hello' }
    const options = { groups: group, ciphers: `TLS_${suite}` }
    const { client, server } = await fromRustls(t, words, options)
    await server.shake()
    agree(t, server, await client.facts())
    t.is(server.ssl.group, group)
    await echo(t, server, 1)
    await client.over(t)
  })

  const other = name === 'X25519' ? groups[1] : groups[0]
  rustlsTest(`our client is asked by rustls for another key share: ${group}`, async t => {
    const options = { groups: [other[1], group], keyShares: other[1] }
    const { client, server } = await toRustls(t, { groups: name }, options)
    await client.shake()
    agree(t, client, await server.facts())
    t.true(client.ssl.retried)
    await chat(t, client)
    await server.over(t)
  })

  rustlsTest(`rustls is asked by our server for another key share: ${group}`, async t => {
    const words = { groups: `${other[0]},${name}`, say: 'hello' }
    const { client, server } = await fromRustls(t, words, { groups: group, cookie: 'always' })
    await server.shake()
    agree(t, server, await client.facts())
    t.true(server.ssl.retried)
    await echo(t, server, 1)
    await client.over(t)
  })
}

rustlsTest('our client and rustls have no protocol in common', async t => {
  const { client, server } = await toRustls(t, { alpn: 'other' }, { ALPNProtocols: ['echo'] })
  const outcome = await client.settled(ssl => ssl.doHandshake())
  t.like(outcome, { error: { alert: 'no_application_protocol', origin: 'received' } })
  await server.says(/FAILED .*support any known protocol/)
})

rustlsTest('rustls and our server have no protocol in common', async t => {
  const { client, server } = await fromRustls(t, { alpn: 'other' }, { ALPNProtocols: ['echo'] })
  const outcome = await server.settled(ssl => ssl.doHandshake())
  t.like(outcome, { error: { alert: 'no_application_protocol', origin: 'sent' } })
  await client.says(/FAILED .*NoApplicationProtocol/)
})

rustlsTest('rustls wants a certificate, and our client has none', async t => {
  const { client, server } = await toRustls(t, roots)
  await client.shake()
  t.like(await client.ending(), { error: { alert: 'certificate_required', origin: 'received' } })
  await server.says(/FAILED .*no certificates/)
})

rustlsTest('our server wants a certificate, and rustls has none', async t => {
  const options = { ca: mine.root.pem, requestCert: true }
  const { client, server } = await fromRustls(t, { say: 'hello' }, options)
  const outcome = await server.settled(ssl => ssl.doHandshake())
  t.like(outcome, { error: { alert: 'certificate_required', origin: 'sent' } })
  await client.says(/FAILED .*CertificateRequired/)
})

rustlsTest('each end says that it does not know the authority of the other', async t => {
  const stranger = filesFor('p384')
  const doubting = await toRustls(t, {}, { ca: stranger.root.pem })
  t.like(await doubting.client.settled(ssl => ssl.doHandshake()), {
    error: { alert: 'unknown_ca', origin: 'sent' },
  })
  await doubting.server.says(/FAILED .*UnknownCA/)
  const doubted = await fromRustls(t, { ca: stranger.caFile })
  t.like(await doubted.server.settled(ssl => ssl.doHandshake()), {
    error: { alert: 'unknown_ca', origin: 'received' },
  })
  await doubted.client.says(/FAILED .*UnknownIssuer/)
})

identityTests()
sessionTests()

rustlsTest('our client has what rustls says before it has heard Finished', async t => {
  const { client, server } = await toRustls(t, { half: 'half' })
  const into = Buffer.alloc(5)
  const got = await client.settled(ssl => ssl.read(into))
  t.deepEqual([got.status, into.toString()], ['done', 'half\n'])
  await chat(t, client)
  await server.over(t)
})

rustlsTest('our client and rustls change their keys', async t => {
  const { client, server } = await toRustls(t, {})
  await client.shake()
  for (const request of [false, true, true]) {
    client.ssl.keyUpdate(request)
    await client.write('keys\n')
    t.is(await client.line(), 'keys\n')
  }
  // Theirs: one for each line, which asks for one of ours, and one for each request.
  t.is(client.keys('read'), 1 + 3 + 2)
  t.is(client.keys('write'), 1 + 3 + 3)
  await chat(t, client)
  await server.over(t)
})

rustlsTest('rustls and our server change their keys', async t => {
  const words = { say: '!keys,one,!keys,!keys,two,three' }
  const { client, server } = await fromRustls(t, words)
  await server.shake()
  for (let i = 0; i < 3; i++) {
    const line = await server.line()
    server.ssl.keyUpdate(true)
    await server.write(line)
  }
  t.is((await server.ending()).status, 'closed')
  await server.goodbye()
  await client.over(t)
  t.regex(client.stdout, /LINE one\nLINE two\nLINE three\n/)
  t.true(server.keys('read') >= 4 && server.keys('write') >= 4)
})

rustlsTest('our client and rustls cut records short, and ours are padded', async t => {
  const { client, server } = await toRustls(
    t,
    { fragment: 600 },
    { padding: 300, limits: { maxFragment: 512 } },
  )
  await client.shake()
  const line = `${'x'.repeat(5000)}\n`
  await client.write(line)
  t.is(await client.line(), line)
  const records = client.events.filter(event => event.event === 'record')
  t.true(records.every(({ length }) => length <= 600))
  t.true(records.length > 18)
  await chat(t, client)
  await server.over(t)
})

rustlsTest('rustls and our server cut records short', async t => {
  const say = 'x'.repeat(5000)
  const { client, server } = await fromRustls(
    t,
    { fragment: 600, say },
    { recordSizing: { small: 700 } },
  )
  await server.shake()
  await echo(t, server, 1)
  await client.over(t)
  t.regex(client.stdout, new RegExp(`LINE ${say}\n`))
  const read = server.events.filter(event => event.event === 'record' && event.direction === 'read')
  t.true(read.every(event => 'length' in event && event.length <= 600))
})

rustlsTest('rustls ends its side, and our client goes on', async t => {
  const { client, server } = await toRustls(t, {})
  await client.shake()
  await client.write('close\n')
  t.is((await client.ending()).status, 'closed')
  await client.write('more\n')
  t.is((await client.goodbye()).status, 'closed')
  await server.over(t)
})

rustlsTest('a connection that rustls drops is truncated, and one that we drop', async t => {
  const { client } = await toRustls(t, {})
  await client.shake()
  await client.write('drop\n')
  t.is((await client.ending()).status, 'truncated')
  const { client: listening, server } = await fromRustls(t, { say: 'hello,!read' })
  await server.shake()
  await server.write(await server.line())
  await listening.says(/LINE hello\n/)
  server.ssl.rbio?.close()
  await listening.says(/FAILED .*close_notify/)
})
