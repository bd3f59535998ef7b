/** Peers that are not believed, that send garbage, that say nothing: each is one line, and disturbs nobody else. */
import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import { SocketBio } from '@biopair/bio'
import { nodeCrypto } from '@biopair/crypto-node'
import { drive, Ssl, SslContext } from '@biopair/ssl'
import test, { type ExecutionContext } from 'ava'
import { freePort } from '../support/free-port.ts'
import { mint } from '../support/mint.ts'
import { chain, client, identity, server, written } from './support/pairs.ts'

async function connect(t: ExecutionContext, port: string): Promise<net.Socket> {
  const socket = net.connect(Number(port), '127.0.0.1')
  socket.on('error', () => {})
  socket.resume()
  t.teardown(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

/** A leaf under our root with one thing about it that is wrong. */
function leaf(name: string, options: Parameters<typeof mint>[0]): string[] {
  const { pem, keyPem } = mint({ issuer: chain.root, ...options })
  return ['-cert', written(`${name}.pem`, pem), '-key', written(`${name}.key`, keyPem)]
}

const faults: Readonly<Record<string, readonly [readonly string[], RegExp, string]>> = {
  'an unknown authority': [
    leaf('stranger', { issuer: undefined }),
    /^biopair s_client: unknown_ca sent in WAIT_\w+ \(CERTIFICATE_VERIFY_FAILED, RFC 5280 6\.1\): DEPTH_ZERO_SELF_SIGNED_CERT at depth 0/,
    'unknown_ca',
  ],
  'another name': [
    leaf('named', { names: ['other.example'] }),
    /^biopair s_client: bad_certificate sent in WAIT_\w+ \(CERTIFICATE_VERIFY_FAILED, RFC 9525 6\): ERR_TLS_CERT_ALTNAME_INVALID/,
    'bad_certificate',
  ],
  'a certificate that has expired': [
    leaf('old', { notAfter: Date.UTC(2021, 0, 1) }),
    /^biopair s_client: certificate_expired sent in WAIT_\w+ \(CERTIFICATE_VERIFY_FAILED, RFC 5280 4\.1\.2\.5\): CERT_HAS_EXPIRED/,
    'certificate_expired',
  ],
}

for (const [what, [args, line, alert]] of Object.entries(faults)) {
  test(`${what} is one line at the client, and one at the server`, async t => {
    const { run, port } = await server(t, [...args, '-naccept', '1'])
    const near = client(t, port, ['-quiet'])
    t.is(await near.exit, 1)
    t.regex(near.stderr, line)
    t.regex(near.stderr, /^[^\n]+\n$/)
    t.is(await run.exit, 0)
    t.regex(
      run.stderr,
      new RegExp(
        `^biopair s_server: connection 1 from 127\\.0\\.0\\.1:\\d+: ${alert} received in [^\\n]+\\n$`,
      ),
    )
  })

  test(`${what} is said, and passes, with -noverify`, async t => {
    const { port } = await server(t, [...args, '-naccept', '1', '-rev'])
    const near = client(t, port, ['-quiet', '-noverify'])
    near.type('x\nCLOSE\n')
    t.is(await near.exit, 0)
    t.is(near.stdout, 'x\n')
    t.regex(near.stderr, /^verify error:[A-Z_]+ at depth 0: /)
  })
}

test('garbage, half a hello and silence do not disturb another client', async t => {
  const { run, port } = await server(t, [...identity, '-rev', '-timeout', '8'])
  const silent = await connect(t, port)
  const half = await connect(t, port)
  half.write(Uint8Array.of(0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00))
  const http = await connect(t, port)
  http.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  const noise = await connect(t, port)
  noise.write(Buffer.alloc(200_000, 0xa5))
  const gone = await connect(t, port)
  gone.resetAndDestroy()

  const near = client(t, port, ['-quiet'])
  near.type('hello\nCLOSE\n')
  t.is(await near.exit, 0)
  t.is(near.stdout, 'olleh\n')

  for (const socket of [silent, half, http, noise]) if (!socket.closed) await once(socket, 'close')
  await run.says(/connection 1 from \S+: handshake timed out in START after 8 s\n/)
  await run.says(/connection 2 from \S+: handshake timed out in START after 8 s\n/)
  await run.says(/connection 3 from \S+: \w+ sent in START \(\w+, RFC 9846 \S+\)/)
  await run.says(/connection 4 from \S+: \w+ sent in START \(\w+, RFC 9846 \S+\)/)
  await run.says(/connection 5 from \S+: (broken|truncated) in START/)
  t.is(run.stderr.split('\n').length, 6)
})

test('a client does not wait for ever for a server that says nothing', async t => {
  const silent = net.createServer(socket => socket.on('error', () => {}).resume())
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  t.teardown(() => silent.close())
  const near = client(t, String((silent.address() as net.AddressInfo).port), [
    '-quiet',
    '-timeout',
    '1',
  ])
  t.is(await near.exit, 1)
  t.is(near.stderr, 'biopair s_client: handshake timed out in WAIT_SH after 1 s\n')
})

test('a client says what came where a server speaks no TLS', async t => {
  const plain = net.createServer(socket => socket.on('error', () => {}).end('220 smtp.example\r\n'))
  plain.listen(0, '127.0.0.1')
  await once(plain, 'listening')
  t.teardown(() => plain.close())
  const near = client(t, String((plain.address() as net.AddressInfo).port), ['-quiet'])
  t.is(await near.exit, 1)
  t.regex(near.stderr, /^biopair s_client: \w+ sent in WAIT_SH \(\w+, RFC 9846 \S+\): [^\n]+\n$/)
})

test('-naccept counts connections, whatever became of them', async t => {
  const args = [...identity, '-rev', '-naccept', '2']
  const { run, port } = await server(t, args, await freePort())
  const noise = await connect(t, port)
  noise.write('not TLS at all\n')
  const near = client(t, port, ['-quiet'])
  near.type('hello\nCLOSE\n')
  t.is(await near.exit, 0)
  t.is(await run.exit, 0)
  await t.throwsAsync(connect(t, port), { code: 'ECONNREFUSED' })
})

// Before all others, which have deadlines: so many processes take the whole machine.
test.serial('twenty clients at once are each answered', async t => {
  const { run, port } = await server(t, [...identity, '-rev', '-naccept', '20'])
  await Promise.all(
    Array.from({ length: 20 }, async (_, i) => {
      const near = client(t, port, ['-quiet'])
      near.type(`${i + 100}\nCLOSE\n`)
      t.is(await near.exit, 0)
      t.is(near.stdout, `${[...`${i + 100}`].reverse().join('')}\n`)
    }),
  )
  t.is(await run.exit, 0)
})

test('a peer that has said goodbye and reads no more holds nobody up, and what it did not take is told', async t => {
  const context = new SslContext({ cert: chain.pem, key: chain.keyPem, crypto: nodeCrypto })
  const server = net.createServer(async socket => {
    t.teardown(() => socket.destroy())
    const ssl = new Ssl(context).setBio(new SocketBio(socket))
    await drive(ssl, () => ssl.accept())
    ssl.write(new TextEncoder().encode('bye\n'))
    await drive(ssl, () => ssl.shutdown())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const near = client(t, String(port), ['-quiet', '-timeout', '8'])
  near.type('x'.repeat(30_000_000))
  near.end()
  t.is(await near.exit, 1)
  t.is(near.stdout, 'bye\n')
  t.not(near.stderr, '')
  server.close()
})
