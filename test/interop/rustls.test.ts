/** rustls, over aws-lc-rs, as either end: handshakes, identities, sessions, and what goes on after the handshake. */
import { writeFileSync } from 'node:fs'
import { certificateCompressions } from '@biopair/node'
import { type ContextOptions, MemoryReplayStore, type Session } from '@biopair/ssl'
import type { ExecutionContext } from 'ava'
import { pem as asPem } from '../support/der-writer.ts'
import { type AnyKind, chainFor } from '../support/mint.ts'
import { mintOcsp } from '../support/ocsp-mint.ts'
import { filesFor, scratch, written } from './support/files.ts'
import { connectTo, listen, type Ours } from './support/ours.ts'
import { type Facts, RustlsPeer, rustlsTest, type Words } from './support/rustls.ts'

const mine = filesFor('p256')
const identity = { cert: mine.pem, key: mine.keyPem }
const theirs: Words = { cert: mine.certFile, key: mine.keyFile }
const roots: Words = { ca: mine.caFile }

/** Our client with a server of rustls. */
async function toRustls(
  t: ExecutionContext,
  words: Words,
  options: ContextOptions = {},
): Promise<{ client: Ours; server: RustlsPeer }> {
  const server = new RustlsPeer(t, 'server', { ...theirs, ...words })
  const client = await connectTo(t, await server.port(), { ca: mine.root.pem, ...options })
  return { client, server }
}

/** A client of rustls with our server. */
async function fromRustls(
  t: ExecutionContext,
  words: Words,
  options: ContextOptions = {},
): Promise<{ client: RustlsPeer; server: Ours }> {
  const { port, accepted } = await listen(t, { ...identity, ...options })
  const client = new RustlsPeer(t, 'client', { ...roots, ports: port, ...words })
  return { client, server: await accepted }
}

/** Both ends say the same. */
function agree(t: ExecutionContext, { ssl }: Ours, facts: Facts): void {
  const ours = ssl.exportKeyingMaterial(32, 'EXPORTER-interop', Buffer.from('both'))
  t.deepEqual(
    [facts.suite, facts.group.toLowerCase(), facts.alpn, facts.exporter],
    [
      ssl.cipher?.name.replace('TLS_', 'TLS13_') ?? '',
      ssl.group?.toLowerCase() ?? '',
      ssl.alpnProtocol ?? '',
      hex(ours),
    ],
  )
  // Of a session that is resumed it does not say whether there was a HelloRetryRequest.
  t.is(facts.kind === 'Resumed', ssl.resumed)
  t.is(facts.kind === 'FullWithHelloRetryRequest', ssl.retried && !ssl.resumed)
}

/** A line there and back, and both ends say close_notify. */
async function chat(t: ExecutionContext, client: Ours): Promise<void> {
  await client.write('there and back\n')
  t.is(await client.line(), 'there and back\n')
  t.is((await client.goodbye()).status, 'closed')
}

/** Answers lines until the end of the other side. */
async function echo(t: ExecutionContext, server: Ours, lines: number): Promise<void> {
  for (; lines > 0; lines--) await server.write(await server.line())
  t.is((await server.ending()).status, 'closed')
  await server.goodbye()
}

/** Types of the handshake messages that came or went. */
function messages({ events }: Ours, direction: 'read' | 'write'): (number | undefined)[] {
  return events.flatMap(event =>
    event.event === 'message' && event.direction === direction ? [event.message[0]] : [],
  )
}

const hex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('hex')

function sure<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('there is none')
  return value
}

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

for (const resume of ['tickets', 'state'])
  for (const retry of [false, true])
    rustlsTest(
      `our client resumes with rustls: ${resume}${retry ? ', after a HelloRetryRequest' : ''}`,
      async t => {
        const server = new RustlsPeer(t, 'server', {
          ...{ ...theirs, resume, count: 3, groups: 'secp256r1' },
        })
        const keyShares = retry ? 'x25519' : 'P-256'
        const options = { ca: mine.root.pem, groups: 'x25519:P-256', keyShares }
        let session: Session | undefined
        for (const nth of [1, 2, 3]) {
          const port = await server.port()
          const client = await connectTo(t, port, options, undefined, session)
          await client.shake()
          agree(t, client, await server.facts(nth))
          t.is(client.ssl.resumed, nth > 1)
          t.is(client.ssl.retried, retry)
          t.true(client.ssl.authorized)
          await chat(t, client)
          session = client.ssl.session
        }
        await server.over(t)
      },
    )

for (const [what, options] of [
  ['tickets', { ticketKeys: new Uint8Array(48).fill(6) }],
  ['a cache', { sessionCache: new Map<string, Uint8Array>() }],
  [
    'tickets, after a HelloRetryRequest',
    { ticketKeys: new Uint8Array(48).fill(7), cookie: 'always' },
  ],
] as readonly (readonly [string, ContextOptions])[])
  rustlsTest(`rustls resumes with our server: ${what}`, async t => {
    const ends = []
    for (let i = 0; i < 3; i++) ends.push(await listen(t, { ...identity, ...options }))
    const ports = ends.map(({ port }) => port).join(',')
    const client = new RustlsPeer(t, 'client', { ...roots, ports, say: 'hello' })
    for (const [i, { accepted }] of ends.entries()) {
      const server = await (await accepted).shake()
      agree(t, server, await client.facts(i + 1))
      t.is(server.ssl.resumed, i > 0)
      t.is(server.ssl.retried, options.cookie === 'always')
      await echo(t, server, 1)
    }
    await client.over(t)
  })

rustlsTest('our client has as many tickets of rustls as it asks for', async t => {
  let tickets = 0
  const { client, server } = await toRustls(
    t,
    { tickets: 5, resume: 'tickets' },
    { ticketRequest: { newSessions: 4, resumptions: 1 }, onSession: () => tickets++ },
  )
  await client.shake()
  await chat(t, client)
  t.is(tickets, 4)
  await server.over(t)
})

rustlsTest('rustls has as many tickets of our server as it asks for', async t => {
  const { client, server } = await fromRustls(t, { tickets: '5,1', say: 'hello' })
  await server.shake()
  await echo(t, server, 1)
  await client.over(t)
  t.regex(client.stdout, /TICKETS 5\n/)
})

for (const [title, words, options, status] of [
  ['takes', {}, {}, 'accepted'],
  ['takes, without compatibility mode,', {}, { middleboxCompat: false }, 'accepted'],
  [
    'asks for another ClientHello in the place of',
    { groups: 'secp256r1' },
    { groups: 'x25519:P-256', keyShares: 'x25519' },
    'rejected',
  ],
] as const)
  rustlsTest(`rustls ${title} early data of our client`, async t => {
    const server = new RustlsPeer(t, 'server', {
      ...{ ...theirs, ...words, early: 1000, count: 2, alpn: 'echo' },
    })
    const port = await server.port()
    const all = { ca: mine.root.pem, ALPNProtocols: ['echo'], ...options }
    const first = await (await connectTo(t, port, all)).shake()
    await chat(t, first)
    t.is(first.ssl.session?.maxEarlyData, 1000)
    const second = await connectTo(t, port, all, undefined, first.ssl.session)
    t.is((await second.settled(ssl => ssl.writeEarly(Buffer.from('early\n')))).status, 'done')
    await second.shake()
    t.is(second.ssl.earlyData, status)
    const facts = await server.facts(2)
    agree(t, second, facts)
    const accepted = status === 'accepted'
    t.like(facts, { accepted, early: accepted ? 'early\n' : '' })
    t.is(hex(second.ssl.rejectedEarlyData()?.bytes), accepted ? '' : hex(Buffer.from('early\n')))
    await chat(t, second)
    await server.over(t)
  })

for (const [title, options, accepted] of [
  ['takes', {}, true],
  ['refuses', { earlyDataCallback: () => false }, false],
  ['asks for another ClientHello in the place of', { cookie: 'always' }, false],
] as readonly (readonly [string, ContextOptions, boolean])[])
  rustlsTest(`our server ${title} early data of rustls`, async t => {
    const common: ContextOptions = {
      ...identity,
      ticketKeys: new Uint8Array(48).fill(8),
      maxEarlyData: 1000,
      replayStore: new MemoryReplayStore({ silence: 0 }),
    }
    const ends = [await listen(t, common), await listen(t, { ...common, ...options })] as const
    const ports = ends.map(({ port }) => port).join(',')
    const client = new RustlsPeer(t, 'client', { ...roots, ports, early: 'early', say: 'hello' })
    const first = await (await ends[0].accepted).shake()
    await echo(t, first, 1)
    const second = await ends[1].accepted
    const into = Buffer.alloc(100)
    const got = await second.settled(ssl => ssl.readEarly(into))
    t.is(got.status, accepted ? 'done' : 'end')
    if (accepted) {
      t.is(into.toString('latin1', 0, 6), 'early\n')
      t.is((await second.settled(ssl => ssl.writeEarly(Buffer.from('early\n')))).status, 'done')
    }
    await second.shake()
    agree(t, second, await client.facts(2))
    t.is((await client.facts(2)).accepted, accepted)
    await echo(t, second, accepted ? 1 : 2)
    await client.over(t)
    t.regex(client.stdout, /EARLY early\n/)
  })

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

const shown = chainFor('p256').leaf
const believed = chainFor('ed25519').leaf
const rawWords: Words = {
  raw: 'yes',
  key: mine.keyFile,
  believe: written('raw-ours.pub', asPem('PUBLIC KEY', believed.spki)),
}
const rawTypes = { serverCertTypes: ['rpk'], clientCertTypes: ['rpk'] } as const

rustlsTest('our client and rustls believe raw public keys, and no others', async t => {
  const server = new RustlsPeer(t, 'server', { ...rawWords, count: 2 })
  const port = await server.port()
  const own = { ...rawTypes, rawKey: believed.keyPem }
  const client = await connectTo(t, port, { ...own, rawPublicKeys: shown.spki })
  await client.shake()
  const facts = await server.facts()
  agree(t, client, facts)
  t.is(facts.leaf, hex(believed.spki))
  t.deepEqual(client.ssl.peerRawPublicKey, shown.spki)
  t.deepEqual([client.ssl.serverCertType, client.ssl.clientCertType], ['rpk', 'rpk'])
  await chat(t, client)
  const doubting = await connectTo(t, port, { ...own, rawPublicKeys: believed.spki })
  t.like(await doubting.settled(ssl => ssl.doHandshake()), {
    error: { alert: 'bad_certificate', origin: 'sent' },
  })
  await server.says(/FAILED .*BadCertificate/)
})

rustlsTest('rustls and our server believe raw public keys', async t => {
  const { port, accepted } = await listen(t, {
    ...{ ...rawTypes, rawKey: believed.keyPem, rawPublicKeys: shown.spki, requestCert: true },
  })
  const client = new RustlsPeer(t, 'client', { ...rawWords, ports: port, say: 'hello' })
  const server = await (await accepted).shake()
  const facts = await client.facts()
  agree(t, server, facts)
  t.is(facts.leaf, hex(believed.spki))
  t.deepEqual(server.ssl.peerRawPublicKey, shown.spki)
  await echo(t, server, 1)
  await client.over(t)
})

rustlsTest('rustls takes raw public keys alone, and our server has none', async t => {
  const { client, server } = await fromRustls(t, rawWords)
  t.like(await server.settled(ssl => ssl.doHandshake()), {
    error: { alert: 'unsupported_certificate', origin: 'sent' },
  })
  await client.says(/FAILED .*UnsupportedCertificate/)
})

for (const compress of ['brotli', 'zlib']) {
  const certificateCompression = certificateCompressions.filter(({ name }) => name === compress)
  const options = { ...identity, ca: mine.root.pem, certificateCompression }
  const words = { ...theirs, ...roots, compress, say: 'hello' }

  rustlsTest(`our client and rustls compress their certificates: ${compress}`, async t => {
    const { client, server } = await toRustls(t, words, options)
    await client.shake()
    agree(t, client, await server.facts())
    t.is((await server.facts()).leaf, hex(mine.leaf.der))
    t.true(messages(client, 'read').includes(25) && !messages(client, 'read').includes(11))
    t.true(messages(client, 'write').includes(25))
    await chat(t, client)
    await server.over(t)
  })

  rustlsTest(`rustls and our server compress their certificates: ${compress}`, async t => {
    const { client, server } = await fromRustls(t, words, { ...options, requestCert: true })
    await server.shake()
    agree(t, server, await client.facts())
    t.true(server.ssl.authorized)
    t.true(messages(server, 'read').includes(25) && !messages(server, 'read').includes(11))
    t.true(messages(server, 'write').includes(25))
    await echo(t, server, 1)
    await client.over(t)
  })
}

const response = mintOcsp({ leaf: mine.leaf, issuer: mine.intermediate })

rustlsTest('our client requires what rustls staples', async t => {
  const staple = scratch('rustls.der')
  writeFileSync(staple, response)
  const { client, server } = await toRustls(t, { staple }, { ocsp: 'require' })
  await client.shake()
  t.deepEqual(client.ssl.ocspResponse, response)
  await chat(t, client)
  await server.over(t)
})

rustlsTest('rustls has what our server staples', async t => {
  const { client, server } = await fromRustls(t, { say: 'hello' }, { ocspResponse: response })
  await server.shake()
  await echo(t, server, 1)
  await client.over(t)
  t.is(/STAPLED (\w*)\./.exec(client.stdout)?.[1], hex(response))
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
