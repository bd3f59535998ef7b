/** Sessions and pre-shared keys with programs of others, both ways. */
import type { Session } from '@biopair/ssl'
import type { ExecutionContext } from 'ava'
import { Child } from './support/child.ts'
import { filesFor, scratch } from './support/files.ts'
import { program } from './support/go.ts'
import { connectTo, listen } from './support/ours.ts'
import { peerTest } from './support/peers.ts'

const { certFile, keyFile, caFile, pem, keyPem, root } = filesFor('p256')
const suites = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384'] as const
const key = new Uint8Array(32).map((_, i) => i * 7)
const hexKey = Buffer.from(key).toString('hex')

/** A line there and back with `openssl s_server -rev`, and the session it leaves. */
async function visit(t: ExecutionContext, port: number, options: object, session?: Session) {
  const client = await connectTo(t, port, { ca: root.pem, ...options }, undefined, session)
  await client.shake()
  await client.write('hello\n')
  t.is(await client.line(), 'olleh\n')
  t.is((await client.goodbye()).status, 'closed')
  return client.ssl
}

for (const suite of suites)
  for (const stateful of [false, true])
    for (const retry of [false, true])
      peerTest(
        'openssl',
        `our client resumes with openssl s_server: ${suite}${stateful ? ', a stateful ticket' : ''}${retry ? ', after a HelloRetryRequest' : ''}`,
        async t => {
          const server = new Child(t, 'openssl', [
            's_server',
            ...['-accept', '127.0.0.1:0', '-tls1_3', '-naccept', '2', '-rev'],
            ...['-cert', certFile, '-cert_chain', certFile, '-key', keyFile],
            ...['-ciphersuites', suite, '-groups', 'P-256', ...(stateful ? ['-no_ticket'] : [])],
          ])
          const [, port] = await server.says(/ACCEPT \S*:(\d+)/)
          const groups = { groups: 'x25519:P-256', keyShares: retry ? 'x25519' : 'P-256' }
          const first = await visit(t, Number(port), groups)
          t.false(first.resumed)
          const second = await visit(t, Number(port), groups, first.session)
          t.true(second.resumed && second.authorized)
          t.is(second.retried, retry)
        },
      )

for (const suite of suites)
  for (const stateful of [false, true])
    peerTest(
      'openssl',
      `openssl s_client resumes with our server: ${suite}${stateful ? ', a stateful ticket' : ''}`,
      async t => {
        const cache = new Map<string, Uint8Array>()
        const options = {
          cert: pem,
          key: keyPem,
          ciphers: suite,
          ...(stateful ? { sessionCache: cache } : { ticketKeys: new Uint8Array(48).fill(3) }),
        }
        const file = scratch(`session-${suite}-${stateful}`)
        for (const [resumed, session] of [
          [false, ['-sess_out', file]],
          [true, ['-sess_in', file]],
        ] as const) {
          const { port, accepted } = await listen(t, options)
          const client = new Child(t, 'openssl', [
            's_client',
            ...['-connect', `127.0.0.1:${port}`, '-tls1_3', '-verify_return_error'],
            ...['-CAfile', caFile, '-servername', 'server.example', ...session],
          ])
          const server = await (await accepted).shake()
          t.is(server.ssl.resumed, resumed)
          client.type('hello\n')
          t.is(await server.line(), 'hello\n')
          await server.write('olleh\n')
          await client.says(/olleh\n/)
          await client.says(resumed ? /Reused, TLSv1\.3/ : /New, TLSv1\.3/)
          t.is((await server.goodbye()).status, 'closed')
          t.is(await client.exit(), 0)
        }
      },
    )

peerTest('openssl', 'our client and openssl s_server have a key and no certificates', async t => {
  const server = new Child(t, 'openssl', [
    's_server',
    ...['-accept', '127.0.0.1:0', '-tls1_3', '-naccept', '2', '-rev', '-nocert'],
    ...['-psk', hexKey, '-psk_identity', 'both'],
  ])
  const [, port] = await server.says(/ACCEPT \S*:(\d+)/)
  const first = await visit(t, Number(port), { psks: [{ identity: 'both', key }] })
  t.deepEqual(Buffer.from(first.pskIdentity ?? []).toString(), 'both')
  t.false(first.resumed || first.authorized)
  const second = await visit(t, Number(port), { psks: [{ identity: 'both', key }] }, first.session)
  t.true(second.resumed)
})

for (const pskModes of [['psk_dhe_ke'], ['psk_ke']] as const)
  peerTest(
    'openssl',
    `openssl s_client and our server have a key and no certificates: ${pskModes}`,
    async t => {
      const { port, accepted } = await listen(t, { psks: [{ identity: 'both', key }], pskModes })
      const client = new Child(t, 'openssl', [
        's_client',
        ...['-connect', `127.0.0.1:${port}`, '-tls1_3', '-psk', hexKey, '-psk_identity', 'both'],
        ...(pskModes[0] === 'psk_ke' ? ['-allow_no_dhe_kex'] : []),
        '-quiet',
      ])
      const server = await (await accepted).shake()
      t.deepEqual(Buffer.from(server.ssl.pskIdentity ?? []).toString(), 'both')
      t.is(server.ssl.group === undefined, pskModes[0] === 'psk_ke')
      client.type('hello\n')
      t.is(await server.line(), 'hello\n')
      await server.write('olleh\n')
      await client.says(/olleh\n/)
      t.is((await server.goodbye()).status, 'closed')
      t.is(await client.exit(), 0)
    },
  )

peerTest('go', 'our client resumes with Go', async t => {
  t.timeout(150_000, 'go build may take long, once')
  const server = new Child(t, program(t), ['servers', certFile, keyFile])
  const [, port] = await server.says(/ACCEPT \S*:(\d+)/)
  let session: Session | undefined
  for (const resumed of [false, true]) {
    const options = { ca: root.pem, ALPNProtocols: ['echo'] }
    const client = await (await connectTo(t, Number(port), options, undefined, session)).shake()
    await client.write('there and back\n')
    t.is(await client.line(), 'there and back\n')
    t.is(client.ssl.resumed, resumed)
    session = client.ssl.session
    t.is((await client.goodbye()).status, 'closed')
    await server.says(new RegExp(`RESUMED ${resumed}`))
  }
  t.is(await server.exit(), 0, server.stderr)
})

peerTest('go', 'Go resumes with our server', async t => {
  t.timeout(150_000, 'go build may take long, once')
  const ticketKeys = new Uint8Array(48).fill(4)
  const options = { cert: pem, key: keyPem, ALPNProtocols: ['echo'], ticketKeys }
  const [first, second] = [await listen(t, options), await listen(t, options)]
  const ports = [String(first.port), caFile, String(second.port)]
  const client = new Child(t, program(t), ['clients', ...ports])
  for (const [resumed, { accepted }] of [
    [false, first],
    [true, second],
  ] as const) {
    const server = await (await accepted).shake()
    t.is(server.ssl.resumed, resumed)
    await server.write(await server.line())
    t.is((await server.goodbye()).status, 'closed')
  }
  t.is(await client.exit(), 0, client.stderr)
  t.regex(client.stderr, /RESUMED false\n(?:STAPLED .*\n)?RESUMED true/)
})
