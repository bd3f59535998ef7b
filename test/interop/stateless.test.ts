/** Clients of others and a server of ours that keeps nothing: over TCP, a new Ssl of a new context takes the second ClientHello. */
import { writeFileSync } from 'node:fs'
import { type ContextOptions, Ssl, SslContext } from '@biopair/ssl'
import type { ExecutionContext } from 'ava'
import { cookieKeys } from '../support/stateless.ts'
import { Child } from './support/child.ts'
import { filesFor, scratch } from './support/files.ts'
import { program } from './support/go.ts'
import { listen, type Ours } from './support/ours.ts'
import { peerTest } from './support/peers.ts'

const { pem, keyPem, caFile } = filesFor('p256')
const base: ContextOptions = { cert: pem, key: keyPem, cookieKeys }

interface Listening {
  readonly port: number
  /** Our end of the first connection, and how many objects it took to get there. */
  readonly server: Promise<{ readonly ours: Ours; readonly made: number }>
}

/** Listens, and hands each ClientHello to another Ssl. */
async function statelessly(t: ExecutionContext, more: ContextOptions): Promise<Listening> {
  const options = { ...base, ...more }
  const { port, accepted } = await listen(t, options)
  const server = accepted.then(async ours => {
    const { rbio } = ours.ssl
    if (!rbio) throw new Error('unreachable')
    const cookieContext = new Uint8Array(Buffer.from('127.0.0.1'))
    for (let made = 1; ; made++) {
      ours.ssl = new Ssl(new SslContext(options), { cookieContext }).setBio(rbio).setAcceptState()
      const outcome = await ours.settled(ssl => ssl.stateless())
      if (outcome.status === 'retried') continue
      if (outcome.status === 'failed') throw outcome.error
      await ours.shake()
      return { ours, made }
    }
  })
  return { port, server }
}

const cases = [
  ['another group', { groups: ['secp384r1'] }, 2],
  ['a cookie alone', { cookie: 'always' }, 2],
  ['nothing', {}, 1],
] as const

for (const [what, more, expected] of cases) {
  peerTest(
    'openssl',
    `openssl s_client is asked for ${what} by a server without state`,
    async t => {
      for (const suite of ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384'] as const) {
        const { port, server } = await statelessly(t, more)
        const client = new Child(t, 'openssl', [
          ...['s_client', '-quiet', '-connect', `127.0.0.1:${port}`, '-verify_return_error'],
          ...['-CAfile', caFile, '-ciphersuites', suite],
        ])
        const { ours, made } = await server
        t.is(made, expected)
        t.is(ours.ssl.cipher?.name, suite)
        client.type('hello\n')
        t.is(await ours.line(), 'hello\n')
        t.is((await ours.goodbye()).status, 'closed')
        t.is(await client.exit(), 0, client.stderr)
      }
    },
  )

  peerTest('curl', `curl is asked for ${what} by a server without state`, async t => {
    const { port, server } = await statelessly(t, more)
    const to = `server.example:${port}`
    const args = ['-sS', '-m', '10', '--http1.1', '--cacert', caFile]
    const client = new Child(t, 'curl', [
      ...args,
      ...['--resolve', `${to}:127.0.0.1`, `https://${to}/`],
    ])
    const { ours, made } = await server
    t.is(made, expected)
    for (let line = ''; line !== '\r\n'; ) line = await ours.line()
    await ours.write('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\nyes')
    await ours.goodbye()
    t.is(await client.exit(), 0, client.stderr)
    t.is(client.stdout, 'yes')
  })

  // The Go client has one group, and a share for it.
  if (!('groups' in more))
    peerTest('go', `Go is asked for ${what} by a server without state`, async t => {
      t.timeout(150_000, 'go build may take long, once')
      const { port, server } = await statelessly(t, { ...more, ALPNProtocols: ['echo'] })
      const client = new Child(t, program(t), ['client', String(port), caFile])
      const { ours, made } = await server
      t.is(made, expected)
      await ours.write(await ours.line())
      t.is((await ours.goodbye()).status, 'closed')
      t.is(await client.exit(), 0, client.stderr)
    })
}

peerTest(
  'openssl',
  'openssl s_client resumes with a server without state, which passes its early data over before the second ClientHello',
  async t => {
    const tickets = { ticketKeys: new Uint8Array(48).fill(4), maxEarlyData: 16_384 }
    const session = scratch('session')
    const early = scratch('early')
    writeFileSync(early, 'x'.repeat(5000))
    const connect = (port: number, ...more: string[]) =>
      new Child(t, 'openssl', [
        ...['s_client', '-connect', `127.0.0.1:${port}`, '-CAfile', caFile, '-tls1_3'],
        ...['-servername', 'server.example', ...more],
      ])
    const first = await statelessly(t, tickets)
    const before = connect(first.port, '-sess_out', session)
    const met = await first.server
    await met.ours.write('hello\n')
    await before.says(/hello\n/)
    before.type('Q\n')
    await met.ours.ending()
    t.is(await before.exit(), 0)

    const again = await statelessly(t, { ...tickets, cookie: 'always' })
    const after = connect(again.port, '-sess_in', session, '-early_data', early)
    const { ours, made } = await again.server
    t.is(made, 2)
    t.true(ours.ssl.resumed)
    after.type('late\n')
    t.is(await ours.line(), 'late\n')
    await after.says(/Early data was rejected/)
  },
)
