/** Sessions, pre-shared keys and early data with NSS, both ways. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type ContextOptions, MemoryReplayStore, type Session } from '@biopair/ssl'
import { filesFor, written } from './support/files.ts'
import { ask, certified, fromNss, selfserv, talk, toNss, tstclnt } from './support/nss.ts'
import { connectTo, listenOften } from './support/ours.ts'
import { peerTest } from './support/peers.ts'

const ticketKeys = new Uint8Array(48).fill(7)

for (const [title, args, options] of [
  ['', [], {}],
  [', a stateful ticket', [], { sessionCache: new Map<string, Uint8Array>() }],
  [', SHA-384', [], { ciphers: 'TLS_AES_256_GCM_SHA384' }],
  [', after a HelloRetryRequest', ['-I', 'x25519,P256'], { groups: 'P-256' }],
] as readonly (readonly [string, readonly string[], ContextOptions])[])
  peerTest('tstclnt', `tstclnt resumes with our server${title}`, async t => {
    const keys = options.sessionCache ? {} : { ticketKeys }
    const { port, accepted } = await listenOften(t, { ...certified(), ...keys, ...options })
    const client = tstclnt(t, port, ['-u', '-L', '2', ...args])
    client.end()
    for (const resumed of [false, true]) {
      const server = await (await accepted()).shake()
      t.is(server.ssl.resumed, resumed)
      t.is(server.ssl.retried, title.includes('Retry'))
      await server.write('hello\n')
      t.is((await server.goodbye()).status, 'closed')
    }
    t.is(await client.exit(), 0)
    t.is(client.stdout, 'hello\nhello\n')
    t.regex(client.stderr, /1 stateless resumes/)
  })

for (const [title, args, options] of [
  ['', [], {}],
  [', SHA-384', ['-c', ':1302'], {}],
  [', after a HelloRetryRequest', ['-I', 'P256'], { groups: 'x25519:P-256', keyShares: 'x25519' }],
] as readonly (readonly [string, readonly string[], ContextOptions])[])
  peerTest('selfserv', `our client resumes with selfserv${title}`, async t => {
    const { port } = await selfserv(t, ['-u', ...args])
    let session: Session | undefined
    for (const resumed of [false, true, true]) {
      const client = await toNss(t, port, options, 'p256', session)
      t.is(client.ssl.resumed, resumed)
      t.is(client.ssl.retried, title.includes('Retry'))
      await ask(t, client)
      session = client.ssl.session
    }
  })

const key = Buffer.alloc(32, 0xab)
const psks = [{ identity: 'both', key }]
const external = ['-z', `0x${key.toString('hex')}:both`]
const bare = { cert: [], key: [], psks }

for (const [title, args, options] of [
  ['', [], {}],
  [', after a HelloRetryRequest', ['-I', 'x25519,P256'], { groups: 'P-256' }],
] as const)
  peerTest('tstclnt', `tstclnt and our server have a key and no certificates${title}`, async t => {
    // NSS breaks off at a second ticket where there was no certificate that it could copy to the second session.
    const { client, server } = await fromNss(t, [...external, ...args], {
      ...{ ...bare, numTickets: 1, ...options },
    })
    t.is(Buffer.from(server.ssl.pskIdentity ?? []).toString(), 'both')
    t.is(server.ssl.retried, title !== '')
    await talk(t, client, server)
  })

for (const [title, args, options] of [
  ['', [], {}],
  [', after a HelloRetryRequest', ['-I', 'P256'], { groups: 'x25519:P-256', keyShares: 'x25519' }],
] as const)
  peerTest('selfserv', `our client and selfserv have a key${title}`, async t => {
    // Without -m, which makes each connection from a model, it forgets its key.
    const { port } = await selfserv(t, [...external, '-m', ...args])
    const client = await toNss(t, port, { psks, ...options })
    t.is(Buffer.from(client.ssl.pskIdentity ?? []).toString(), 'both')
    t.is(client.ssl.retried, title !== '')
    t.deepEqual(client.ssl.peerCertificates, [])
    await ask(t, client)
  })

const said = 'early from afar\n'

peerTest(
  'tstclnt',
  'tstclnt sends early data, which our server takes, and once more where it refuses',
  async t => {
    let refuse = false
    const { port, accepted } = await listenOften(t, {
      ...certified(),
      ticketKeys,
      maxEarlyData: 1000,
      replayStore: new MemoryReplayStore({ silence: 0 }),
      earlyDataCallback: () => !refuse,
    })
    const file = written('nss-early', said)
    const client = tstclnt(t, port, ['-u', '-Z', '-L', '3', '-A', file])
    for (const status of ['none', 'accepted', 'rejected'] as const) {
      refuse = status === 'rejected'
      const server = await accepted()
      const into = Buffer.alloc(1000)
      const early = await server.settled(ssl => ssl.readEarly(into))
      t.is(early.status, status === 'accepted' ? 'done' : 'end')
      if (early.status === 'done') t.is(into.toString('latin1', 0, said.length), said)
      await server.shake()
      t.is(server.ssl.resumed, status !== 'none')
      t.is(server.ssl.earlyData, status)
      if (status !== 'accepted') t.is(await server.line(), said)
      await server.write(`${status}\n`)
      t.is((await server.goodbye()).status, 'closed')
    }
    t.is(await client.exit(), 0)
    t.is(client.stdout, 'none\naccepted\nrejected\n')
  },
)

peerTest(
  'selfserv',
  'our client sends early data, which selfserv refuses in its first seconds and takes after them',
  async t => {
    t.timeout(120_000, 'NSS takes none for as long as it could not know of a replay: ten seconds')
    const { port } = await selfserv(t, ['-u', '-Z'])
    // The end of it comes later, because selfserv hangs up behind its answer, whether we have finished or not.
    const request = 'GET /early HTTP/1.0\r\n'
    for (const status of ['rejected', 'accepted'] as const) {
      const first = await toNss(t, port)
      await ask(t, first)
      const { session } = first.ssl
      t.true(session !== undefined && session.maxEarlyData > 0)
      const options = { ca: filesFor('p256').root.pem }
      const client = await connectTo(t, port, options, undefined, session)
      const early = await client.settled(ssl => ssl.writeEarly(Buffer.from(request)))
      t.is(early.status, 'done')
      await client.shake()
      t.true(client.ssl.resumed)
      t.is(client.ssl.earlyData, status)
      await client.write(status === 'rejected' ? `${request}\r\n` : '\r\n')
      while ((await client.line()) !== '\r\n');
      t.is(await client.line(), request)
      t.is((await client.goodbye()).status, 'closed')
      if (status === 'rejected') await sleep(10_500)
    }
  },
)
