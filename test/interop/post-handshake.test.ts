/** Client certificates after the handshake, with OpenSSL, Python's ssl and GnuTLS, each as either end. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { CertificateInquiry, ContextOptions, TraceEvent } from '@biopair/ssl'
import type { ExecutionContext } from 'ava'
import { Child } from './support/child.ts'
import { filesFor, written } from './support/files.ts'
import { connectOnce, connectTo, freePort, listen, type Ours } from './support/ours.ts'
import { peerTest } from './support/peers.ts'

const { pem, keyPem, certFile, keyFile, caFile, root, der } = filesFor('p256')
const rsa = filesFor('rsa')
const asClient: ContextOptions = { ca: root.pem, postHandshakeAuth: true, cert: pem, key: keyPem }
const asServer: ContextOptions = { cert: pem, key: keyPem, ca: root.pem }

/** Asks, and reads on until something has become of it. */
async function ask(server: Ours, options = {}): Promise<CertificateInquiry> {
  const outcome = await server.settled(ssl => ssl.requestCertificate(options))
  if (outcome.status !== 'done') throw new Error(outcome.status)
  const { request } = outcome
  while (!['authenticated', 'declined'].includes(request.state)) {
    const read = server.ssl.peek(new Uint8Array(1))
    if (read.status === 'failed') throw read.error
    if (read.status === 'want_read' || read.status === 'want_write')
      await Promise.race([server.ssl.ready(read), sleep(20)])
    else break
  }
  return request
}

/** A CertificateRequest that came. */
function isRequest(event: TraceEvent): boolean {
  return event.event === 'message' && event.direction === 'read' && event.message[0] === 13
}

/** A server of ours, a program that connects to it, and what is to come of three requests. */
async function asked(
  t: ExecutionContext,
  start: (port: number) => Child,
  came: 'authenticated' | 'declined',
): Promise<void> {
  const { port, accepted } = await listen(t, asServer)
  const client = start(port)
  const server = await (await accepted).shake()
  t.true(server.ssl.canRequestCertificate)
  for (let i = 0; i < 3; i++) {
    const request = await ask(server, { required: false })
    t.is(request.state, came)
    t.deepEqual(request.certificates[0], came === 'authenticated' ? der[0] : undefined)
    server.ssl.keyUpdate()
    await server.write(`round ${i}\n`)
    await client.says(new RegExp(`round ${i}`))
  }
  t.is(server.ssl.authorized, came === 'authenticated')
  await server.settled(ssl => ssl.shutdown())
}

for (const [what, args, came] of [
  ['shows', ['-cert', certFile, '-cert_chain', certFile, '-key', keyFile], 'authenticated'],
  ['has no', [], 'declined'],
] as const)
  peerTest('openssl', `openssl s_client ${what} certificate after the handshake`, t =>
    asked(
      t,
      port =>
        new Child(t, 'openssl', [
          's_client',
          ...['-connect', `127.0.0.1:${port}`, '-tls1_3', '-CAfile', caFile, '-enable_pha'],
          ...['-servername', 'server.example', ...args],
        ]),
      came,
    ),
  )

peerTest('openssl', 'openssl s_client without -enable_pha may not be asked', async t => {
  const { port, accepted } = await listen(t, asServer)
  new Child(t, 'openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-tls1_3'])
  const server = await (await accepted).shake()
  t.deepEqual(server.ssl.requestCertificate() as object, { status: 'unsupported' })
})

for (const [what, options, shown] of [
  ['shows openssl s_server its', {}, true],
  ['tells openssl s_server that it has no', { cert: [], key: [] }, false],
  ['signs later, for openssl s_server, with its', { later: true }, true],
] as const)
  peerTest('openssl', `our client ${what} certificate after the handshake`, async t => {
    const server = new Child(t, 'openssl', [
      's_server',
      ...['-accept', '127.0.0.1:0', '-tls1_3', '-naccept', '1', '-msg', '-CAfile', caFile],
      ...['-cert', rsa.certFile, '-cert_chain', rsa.certFile, '-key', rsa.keyFile],
    ])
    const [, port] = await server.says(/ACCEPT \S*:(\d+)/)
    let tickets = 0
    const later: ContextOptions = {
      signCallback: async want => {
        await sleep(100)
        const key = client.ssl.context.credentials[0]?.key
        if (!key) throw new Error('there is no key')
        return key.sign(want.scheme.algorithm, want.content)
      },
    }
    const client: Ours = await connectTo(t, Number(port), {
      ...asClient,
      ca: rsa.root.pem,
      onSession: () => tickets++,
      ...('later' in options ? later : options),
    })
    await client.shake()
    await client.write('hello\n')
    await server.says(/hello/)
    server.type('c\n')
    const said = client.line()
    // What it reads together with a command is lost: only once the request has come is the command read.
    while (!client.events.some(isRequest)) await sleep(5)
    server.type('data\n')
    t.is(await said, 'data\n')
    const reading = client.read(1)
    if (shown) await server.says(/<<< TLS 1.3, Handshake \[length \w+\], CertificateVerify/)
    await server.says(/<<< TLS 1.3, Handshake \[length \w+\], Finished[\s\S]*<<< [^>]*, Finished/)
    // It issues tickets anew, which now say who the client is.
    while (shown && tickets < 4) await sleep(5)
    server.type('more\n')
    t.is((await reading).toString() + (await client.line()), 'more\n')
    await client.write('after\n')
    await server.says(/after/)
  })

peerTest(
  'openssl',
  'openssl s_server refuses a stranger after the handshake, and our client hears why',
  async t => {
    const server = new Child(t, 'openssl', [
      's_server',
      ...['-accept', '127.0.0.1:0', '-tls1_3', '-naccept', '1', '-CAfile', rsa.caFile],
      '-verify_return_error',
      ...['-cert', certFile, '-cert_chain', certFile, '-key', keyFile],
    ])
    const [, port] = await server.says(/ACCEPT \S*:(\d+)/)
    const client = await connectTo(t, Number(port), asClient)
    await client.shake()
    await client.write('hello\n')
    await server.says(/hello/)
    server.type('c\n')
    const end = await client.ending()
    const { error } = end as { error?: { alert?: string; origin?: string } }
    t.deepEqual([end.status, error?.alert, error?.origin], ['failed', 'unknown_ca', 'received'])
  },
)

const pythonClient = written(
  'pha-client.py',
  `import socket, ssl, sys
port, ca, cert, key = sys.argv[1:5]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.load_verify_locations(ca)
context.post_handshake_auth = True
if cert: context.load_cert_chain(cert, key)
with socket.create_connection(('127.0.0.1', int(port))) as plain:
    with context.wrap_socket(plain, server_hostname='server.example') as tls:
        while line := tls.recv(1000):
            print(line.decode(), end='', flush=True)
`,
)
const pythonServer = written(
  'pha-server.py',
  `import socket, ssl, sys
ca, cert, key, required = sys.argv[1:5]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(cert, key)
context.load_verify_locations(ca)
context.verify_mode = ssl.CERT_REQUIRED if required == 'yes' else ssl.CERT_OPTIONAL
context.post_handshake_auth = True
with socket.create_server(('127.0.0.1', 0)) as listener:
    print('PORT', listener.getsockname()[1], flush=True)
    plain, _ = listener.accept()
    with context.wrap_socket(plain, server_side=True) as tls:
        print('BEFORE', tls.getpeercert(), flush=True)
        for i in range(2):
            tls.verify_client_post_handshake()
            tls.write(b'asked\\n')
            print('READ', tls.recv(100), flush=True)
            print('AFTER', tls.getpeercert(), flush=True)
            tls.write(b'thanks\\n')
`,
)

for (const [what, shown] of [
  ['shows', true],
  ['has no', false],
] as const) {
  peerTest('python3', `Python's ssl ${what} certificate after the handshake`, t =>
    asked(
      t,
      port =>
        new Child(t, 'python3', [
          ...[pythonClient, String(port), caFile],
          ...(shown ? [certFile, keyFile] : ['', '']),
        ]),
      shown ? 'authenticated' : 'declined',
    ),
  )
  peerTest(
    'python3',
    `our client ${what} certificate for Python's ssl after the handshake`,
    async t => {
      const server = new Child(t, 'python3', [
        pythonServer,
        caFile,
        certFile,
        keyFile,
        shown ? 'yes' : 'no',
      ])
      const [, port] = await server.says(/PORT (\d+)/)
      const client = await connectTo(t, Number(port), {
        ...asClient,
        ...(shown ? {} : { cert: [], key: [] }),
      })
      await client.shake()
      await server.says(shown ? /BEFORE (None|\{\})/ : /BEFORE/)
      for (let i = 0; i < 2; i++) {
        t.is(await client.line(), 'asked\n')
        await client.write('data')
        t.is(await client.line(), 'thanks\n')
      }
      t.is(await server.exit(), 0)
      const after = /AFTER (.*)/.exec(server.stdout)?.[1] ?? ''
      t.is(/'subject'/.test(after), shown, after)
    },
  )
}

for (const [what, shown] of [
  ['shows', true],
  ['has no', false],
] as const)
  peerTest('gnutls-cli', `gnutls-cli ${what} certificate after the handshake`, t =>
    asked(
      t,
      port =>
        new Child(t, 'gnutls-cli', [
          ...['--port', String(port), '--x509cafile', caFile, '--sni-hostname', 'server.example'],
          ...['--verify-hostname', 'server.example', '--post-handshake-auth'],
          ...(shown ? ['--x509certfile', certFile, '--x509keyfile', keyFile] : []),
          '127.0.0.1',
        ]),
      shown ? 'authenticated' : 'declined',
    ),
  )

peerTest(
  'gnutls-serv',
  'our client shows gnutls-serv its certificate after the handshake',
  async t => {
    const port = await freePort()
    const server = new Child(t, 'gnutls-serv', [
      ...['--echo', '--port', String(port), '--x509certfile', certFile, '--x509keyfile', keyFile],
      ...['--x509cafile', caFile],
    ])
    await server.says(/listening on IPv4/)
    const client = await (await connectOnce(t, port, asClient)).shake()
    await client.write('before\n')
    t.is(await client.line(), 'before\n')
    await client.write('**REAUTH**\n')
    // It takes no data before the answer.
    t.is(await client.line(), 'Successfully executed command\n')
    const messages = client.events.filter(
      ({ event, ...rest }) =>
        event === 'message' &&
        'level' in rest &&
        rest.level === 'application' &&
        rest.direction === 'write',
    )
    t.is(messages.length, 3)
    await client.write('after\n')
    t.is(await client.line(), 'after\n')
  },
)
