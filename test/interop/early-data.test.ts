/** Early data with programs of others, both ways: taken, refused, and after a HelloRetryRequest. */
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import net from 'node:net'
import { type ContextOptions, MemoryReplayStore, type Session } from '@biopair/ssl'
import { Child } from './support/child.ts'
import { filesFor, scratch } from './support/files.ts'
import { connectOnce, connectTo, freePort, listen, Ours } from './support/ours.ts'
import { peerTest } from './support/peers.ts'

const { certFile, keyFile, caFile, pem, keyPem, root } = filesFor('p256')
const said = 'early from afar\n'
const earlyFile = scratch('early')
writeFileSync(earlyFile, said)

/** All early data that comes to our server, and how it ends. */
async function readEarly(server: Ours): Promise<{ text: string; status: string }> {
  const into = Buffer.alloc(1000)
  let text = ''
  for (;;) {
    const outcome = await server.settled(ssl => ssl.readEarly(into))
    if (outcome.status !== 'done') return { text, status: outcome.status }
    text += into.toString('latin1', 0, 'bytes' in outcome ? outcome.bytes : 0)
  }
}

async function sends(client: Ours): Promise<string> {
  const outcome = await client.settled(ssl => ssl.writeEarly(Buffer.from(said)))
  return outcome.status
}

for (const [title, options, args, status] of [
  ['takes it', {}, ['-early_data'], 'accepted'],
  ['refuses it', {}, [], 'rejected'],
  [
    'asks for another ClientHello',
    { groups: 'x25519:P-256', keyShares: 'x25519' },
    ['-early_data', '-groups', 'P-256'],
    'rejected',
  ],
  ['takes it, without compatibility mode', { middleboxCompat: false }, ['-early_data'], 'accepted'],
] as const)
  peerTest('openssl', `our client sends early data, and openssl s_server ${title}`, async t => {
    const server = new Child(t, 'openssl', [
      's_server',
      ...['-accept', '127.0.0.1:0', '-tls1_3', '-naccept', '2', '-max_early_data', '1000'],
      ...['-cert', certFile, '-cert_chain', certFile, '-key', keyFile, ...args],
    ])
    const [, port] = await server.says(/ACCEPT \S*:(\d+)/)
    const first = await (await connectTo(t, Number(port), { ca: root.pem, ...options })).shake()
    server.type('ready\n')
    t.is(await first.line(), 'ready\n')
    const { session } = first.ssl
    t.is(session?.maxEarlyData, 1000)
    await first.goodbye()

    const second = await connectTo(
      t,
      Number(port),
      { ca: root.pem, ...options },
      undefined,
      session,
    )
    t.is(await sends(second), 'done')
    await second.shake()
    t.is(second.ssl.earlyData, status)
    // Its tickets are used up by the first ClientHello, so that the second begins a full handshake.
    t.is(second.ssl.resumed, !second.ssl.retried)
    const rejected = second.ssl.rejectedEarlyData()
    if (status === 'accepted') {
      await server.says(/early from afar/)
      await server.says(/Early data received:/)
      t.is(rejected, undefined)
    } else {
      t.deepEqual(rejected, { bytes: new Uint8Array(Buffer.from(said)), sameProtocol: true })
      await second.write(said)
      await server.says(/early from afar/)
    }
    server.type('and back\n')
    t.is(await second.line(), 'and back\n')
    await second.goodbye()
  })

peerTest(
  'openssl',
  'a ticket that our client uses again is a full handshake to openssl s_server, and nothing is lost',
  async t => {
    const server = new Child(t, 'openssl', [
      's_server',
      ...['-accept', '127.0.0.1:0', '-tls1_3', '-naccept', '3', '-max_early_data', '1000'],
      ...['-cert', certFile, '-cert_chain', certFile, '-key', keyFile, '-early_data'],
    ])
    const [, port] = await server.says(/ACCEPT \S*:(\d+)/)
    let session: Session | undefined
    for (const status of ['none', 'accepted', 'rejected'] as const) {
      const client = await connectTo(t, Number(port), { ca: root.pem }, undefined, session)
      if (session) t.is(await sends(client), 'done')
      await client.shake()
      t.is(client.ssl.earlyData, status)
      server.type('ready\n')
      t.is(await client.line(), 'ready\n')
      session ??= client.ssl.session
      t.is(
        client.ssl.rejectedEarlyData()?.bytes.length,
        status === 'rejected' ? said.length : undefined,
      )
      await client.goodbye()
    }
  },
)

for (const [title, options, accepted] of [
  ['takes it', {}, true],
  ['takes it with single-use tickets', { singleUseTickets: true }, true],
  ['refuses it', { earlyDataCallback: () => false }, false],
  ['asks for another ClientHello', { groups: 'P-256' }, false],
  ['does not know of early data by now', { maxEarlyData: 0 }, false],
] as readonly (readonly [string, ContextOptions, boolean])[])
  peerTest('openssl', `openssl s_client sends early data, and our server ${title}`, async t => {
    const common: ContextOptions = {
      cert: pem,
      key: keyPem,
      ...(options.singleUseTickets
        ? { sessionCache: new Map<string, Uint8Array>() }
        : { ticketKeys: new Uint8Array(48).fill(5) }),
      maxEarlyData: 1000,
      replayStore: new MemoryReplayStore({ silence: 0 }),
    }
    const file = scratch(`early-session-${title.replaceAll(' ', '-')}`)
    for (const [early, args] of [
      [false, ['-sess_out', file]],
      [true, ['-sess_in', file, '-early_data', earlyFile]],
    ] as const) {
      const { port, accepted: coming } = await listen(t, early ? { ...common, ...options } : common)
      const client = new Child(t, 'openssl', [
        's_client',
        ...['-connect', `127.0.0.1:${port}`, '-tls1_3', '-verify_return_error'],
        ...['-CAfile', caFile, '-servername', 'server.example', ...args],
      ])
      const server = await coming
      if (early) {
        const got = await readEarly(server)
        t.deepEqual(got, { text: accepted ? said : '', status: 'end' })
      }
      await server.shake()
      t.is(server.ssl.resumed, early)
      client.type('hello\n')
      t.is(await server.line(), 'hello\n')
      await server.write('olleh\n')
      await client.says(/olleh\n/)
      if (early) await client.says(accepted ? /Early data was accepted/ : /Early data was rejected/)
      t.is((await server.goodbye()).status, 'closed')
      t.is(await client.exit(), 0)
    }
  })

peerTest('gnutls-serv', 'our client sends early data, and gnutls-serv takes it', async t => {
  const port = await freePort()
  new Child(t, 'gnutls-serv', [
    ...['--port', String(port), '--echo', '--earlydata', '--maxearlydata', '1000'],
    ...['--x509certfile', certFile, '--x509keyfile', keyFile, '--disable-client-cert'],
  ])
  let session: Session | undefined
  for (const status of ['none', 'accepted'] as const) {
    const client = session
      ? await connectTo(t, port, { ca: root.pem }, undefined, session)
      : await connectOnce(t, port, { ca: root.pem })
    if (session) t.is(await sends(client), 'done')
    await client.shake()
    t.is(client.ssl.earlyData, status)
    await client.write('there and back\n')
    t.is(await client.line(), 'there and back\n')
    session = client.ssl.session
    await client.goodbye()
  }
})

peerTest('gnutls-cli', 'gnutls-cli sends early data, and our server takes it', async t => {
  const options: ContextOptions = { cert: pem, key: keyPem, maxEarlyData: 1000 }
  const connections: Ours[] = []
  const arrivals = net.createServer({ allowHalfOpen: true }, socket => {
    connections.push(new Ours(t, socket, 'server', shared))
  })
  const shared: ContextOptions = {
    ...options,
    ticketKeys: new Uint8Array(48).fill(8),
    replayStore: new MemoryReplayStore({ silence: 0 }),
  }
  arrivals.listen(0, '127.0.0.1')
  await once(arrivals, 'listening')
  t.teardown(() => arrivals.close())
  const { port } = arrivals.address() as net.AddressInfo
  const client = new Child(t, 'gnutls-cli', [
    ...['--port', String(port), '--x509cafile', caFile, '--sni-hostname', 'server.example'],
    ...['--verify-hostname', 'server.example', '--resume', '--waitresumption'],
    ...['--earlydata', earlyFile, '127.0.0.1'],
  ])
  await arrived(arrivals, connections, 1)
  const first = await (connections[0] as Ours).shake()
  t.false(first.ssl.resumed)
  await first.ending()
  first.ssl.close()
  await arrived(arrivals, connections, 2)
  const second = connections[1] as Ours
  t.deepEqual(await readEarly(second), { text: said, status: 'end' })
  await second.shake()
  t.true(second.ssl.resumed)
  client.type('hello\n')
  t.is(await second.line(), 'hello\n')
  await second.goodbye()
})

async function arrived(server: net.Server, list: readonly unknown[], count: number): Promise<void> {
  while (list.length < count) await once(server, 'connection')
}
