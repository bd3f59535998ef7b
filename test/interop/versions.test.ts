/** Who speaks TLS 1.2 alone, TLS 1.3 alone, or either: every pair of such ends, ours with ours and with OpenSSL, both directions; and what gives a downgrade away. */
import { cipherSuites12 } from '@biopair/crypto'
import { type ClientHello, type Edit, type ServerHello, writeExtension } from '@biopair/handshake'
import type { ContextOptions } from '@biopair/ssl'
import test from 'ava'
import { ends } from '../support/ends.ts'
import { settle } from '../support/settle.ts'
import { Child } from './support/child.ts'
import { filesFor } from './support/files.ts'
import { program } from './support/go.ts'
import { connectOnce, connectTo, listen } from './support/ours.ts'
import { peerTest } from './support/peers.ts'

const versions = {
  'TLS 1.2 alone': ['TLSv1.2'],
  'TLS 1.3 alone': ['TLSv1.3'],
  'either version': ['TLSv1.2', 'TLSv1.3'],
} as const
type Name = keyof typeof versions
const names = Object.keys(versions) as Name[]
const pairs = names.flatMap(client => names.map(server => [client, server] as const))

const speaking = (name: Name): ContextOptions => ({
  minVersion: versions[name][0],
  maxVersion: versions[name].at(-1) as 'TLSv1.3',
})

/** Where they meet: at the highest that both have. */
function meeting(client: Name, server: Name): 'TLSv1.2' | 'TLSv1.3' | undefined {
  return (['TLSv1.3', 'TLSv1.2'] as const).find(version =>
    [client, server].every(name => (versions[name] as readonly string[]).includes(version)),
  )
}

/** RFC 9846 §4.2.3: who would have spoken TLS 1.3 says so in a ServerHello of TLS 1.2. */
const sentinel = '444f574e47524401'
const marks = (client: Name, server: Name) =>
  meeting(client, server) === 'TLSv1.2' && server === 'either version'

/** Watches the messages of one name that an end says. */
function hearing<T>(name: string, hear: (message: T) => void): { readonly edit: Edit } {
  return {
    edit: (said, message) => {
      if (said === name) hear(message as unknown as T)
      return message
    },
  }
}

for (const [client, server] of pairs) {
  const met = meeting(client, server)
  const title = `a client of ${client} and a server of ${server} ${met ? `meet at ${met}` : 'end with protocol_version'}`

  test(`${title}, both ours`, async t => {
    const tails: string[] = []
    const made = ends({
      client: speaking(client),
      server: {
        ...speaking(server),
        ...hearing<ServerHello>('ServerHello', ({ random }) =>
          tails.push(Buffer.from(random.subarray(24)).toString('hex')),
        ),
      },
    })
    const settled = await settle(made)
    if (!met) {
      t.like(settled.server, { status: 'failed', error: { alert: 'protocol_version' } })
      t.like(settled.client, {
        status: 'failed',
        error: { alert: 'protocol_version', origin: 'received' },
      })
      return
    }
    t.is(made.client.version, met)
    t.is(made.server.version, met)
    t.is(tails[0] === sentinel, marks(client, server))
  })

  const flags = {
    'TLS 1.2 alone': ['-tls1_2'],
    'TLS 1.3 alone': ['-tls1_3'],
    'either version': ['-no_tls1', '-no_tls1_1'],
  } as const
  const { pem, keyPem, certFile, keyFile, caFile, root } = filesFor('p256')

  peerTest('openssl', `${title}, ours and openssl s_server`, async t => {
    const child = new Child(t, 'openssl', [
      ...['s_server', '-accept', '127.0.0.1:0', ...flags[server], '-rev'],
      ...['-cert', certFile, '-cert_chain', certFile, '-key', keyFile],
    ])
    const [, port] = await child.says(/ACCEPT \S*:(\d+)/)
    const ours = await connectTo(t, Number(port), { ca: root.pem, ...speaking(client) })
    if (!met) {
      await t.throwsAsync(ours.shake(), { message: /protocol_version/ })
      return
    }
    await ours.shake()
    await ours.write('hello\n')
    t.is(await ours.line(), 'olleh\n')
    t.is(ours.ssl.version, met)
    const hello = ours.events.flatMap(event =>
      event.event === 'message' && event.direction === 'read' && event.message[0] === 2
        ? [Buffer.from(event.message.subarray(30, 38)).toString('hex')]
        : [],
    )
    t.is(hello[0] === sentinel, marks(client, server))
  })

  peerTest('openssl', `${title}, openssl s_client and ours`, async t => {
    const { port, accepted } = await listen(t, { cert: pem, key: keyPem, ...speaking(server) })
    const child = new Child(t, 'openssl', [
      ...['s_client', '-connect', `127.0.0.1:${port}`, ...flags[client], '-CAfile', caFile],
      ...['-verify_return_error', '-servername', 'server.example', '-quiet'],
    ])
    const ours = await accepted
    if (!met) {
      await t.throwsAsync(ours.shake(), { message: /protocol_version/ })
      await child.says(/alert protocol version/)
      return
    }
    await ours.shake()
    child.type('hello\n')
    t.is(await ours.line(), 'hello\n')
    await ours.write('olleh\n')
    await child.says(/olleh\n/)
    t.is(ours.ssl.version, met)
  })
}

/** A client of either version that says less on its second try, as browsers once did. */
const fallback = (name: Name): ContextOptions => ({
  ...speaking('TLS 1.2 alone'),
  edit: (said, message) => {
    if (said !== 'ClientHello' || name === 'TLS 1.3 alone') return message
    const hello = message as unknown as ClientHello
    return {
      ...hello,
      cipher_suites: [...hello.cipher_suites, 0x5600],
    } as unknown as typeof message
  },
})

for (const server of names)
  test(`TLS_FALLBACK_SCSV is ${server === 'TLS 1.2 alone' ? 'nothing' : 'refused'} to a server of ${server}`, async t => {
    const made = ends({ client: fallback('TLS 1.2 alone'), server: speaking(server) })
    const settled = await settle(made)
    const alerts = {
      'TLS 1.2 alone': undefined,
      // It has no version in common with it, whatever it says.
      'TLS 1.3 alone': 'protocol_version',
      'either version': 'inappropriate_fallback',
    } as const
    const alert = alerts[server]
    if (alert) t.like(settled.server, { status: 'failed', error: { alert } })
    else t.is(made.client.version, 'TLSv1.2')
  })

test('somebody between two ends of either version who takes TLS 1.3 out of the ClientHello is found out', async t => {
  // What the server hears is what a client of TLS 1.2 says; the client that said more is told so by the random.
  const made = ends({
    client: {
      ...speaking('either version'),
      edit: (said, message) => {
        if (said !== 'ClientHello') return message
        const hello = message as unknown as ClientHello
        const supported = writeExtension('ClientHello', 'supported_versions', {
          versions: [0x0303],
        })
        const extensions = hello.extensions?.map(raw =>
          raw.extension_type === supported.extension_type ? supported : raw,
        )
        return { ...hello, extensions } as unknown as typeof message
      },
    },
    server: speaking('either version'),
  })
  const settled = await settle(made)
  t.like(settled.client, {
    status: 'failed',
    error: { alert: 'illegal_parameter', reason: 'TLS13_DOWNGRADE', origin: 'sent' },
  })
  t.like(settled.server, {
    status: 'failed',
    error: { alert: 'illegal_parameter', origin: 'received' },
  })
})

peerTest(
  'go',
  'Go of either version meets ours of either version at TLS 1.3, and ours of TLS 1.2 there',
  async t => {
    t.timeout(150_000, 'go build may take long, once')
    const { certFile, keyFile, root } = filesFor('p256')
    for (const [name, version] of [
      ['either version', 'TLSv1.3'],
      ['TLS 1.2 alone', 'TLSv1.2'],
    ] as const) {
      const server = new Child(t, program(t), ['server', certFile, keyFile], { VERSIONS: '123' })
      const [, port] = await server.says(/ACCEPT \S*:(\d+)/)
      const ours = await connectOnce(t, Number(port), { ca: root.pem, ...speaking(name) })
      await ours.shake()
      t.is(ours.ssl.version, version)
      t.is((await ours.goodbye()).status, 'closed')
    }
  },
)

for (const { name, alias, auth } of Object.values(cipherSuites12))
  peerTest('curl', `curl of TLS 1.2 gets a page from our server with ${name}`, async t => {
    const { pem, keyPem, caFile } = filesFor(auth === 'rsa' ? 'rsa' : 'p256')
    const own = { cert: pem, key: keyPem, ...speaking('either version') }
    const { port, accepted } = await listen(t, own)
    const client = new Child(t, 'curl', [
      ...['-sS', '-m', '10', '--http1.1', '--cacert', caFile, '--tls-max', '1.2'],
      ...['--ciphers', alias, '--resolve', `server.example:${port}:127.0.0.1`],
      `https://server.example:${port}/`,
    ])
    const server = await (await accepted).shake()
    while ((await server.line()) !== '\r\n');
    await server.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\npage\n')
    await server.goodbye()
    t.is(await client.exit(), 0, client.stderr)
    t.is(client.stdout, 'page\n')
    t.is(server.ssl.version, 'TLSv1.2')
    t.is(server.ssl.cipher?.name as string, name)
  })
