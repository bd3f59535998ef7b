/** ECDHE_PSK in TLS 1.2 with OpenSSL, which has it with ChaCha20 alone, as GnuTLS's server does (gnutls-cli 3.7.9 crashes once it has shaken hands). */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ContextOptions } from '@biopair/ssl'
import type { ExecutionContext } from 'ava'
import { Child } from '../interop/support/child.ts'
import { connectOnce, connectTo, freePort, listen, type Ours } from '../interop/support/ours.ts'
import { peerTest } from '../interop/support/peers.ts'

const hex = '6a'.repeat(32)
const key = Uint8Array.from(Buffer.from(hex, 'hex'))
const either = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' } as const
const chacha = 'ECDHE-PSK-CHACHA20-POLY1305'
const secret = ['-psk', hex, '-psk_identity', 'Client_identity', '-cipher', chacha, '-tls1_2']
const psks = [{ identity: 'Client_identity', key }]

/** A line there, and one back. */
async function echoed(t: ExecutionContext, ours: Ours): Promise<void> {
  await ours.shake()
  await ours.write('hello\n')
  t.regex(await ours.line(), /hello|olleh/)
  t.is(ours.ssl.version, 'TLSv1.2')
  t.deepEqual(Buffer.from(ours.ssl.pskIdentity ?? []).toString(), 'Client_identity')
}

for (const hint of [undefined, 'which tram?'])
  peerTest(
    'openssl',
    `our client has a key in common with openssl s_server (${hint ? 'with' : 'without'} a hint)`,
    async t => {
      const server = new Child(t, 'openssl', [
        ...['s_server', '-accept', '127.0.0.1:0', '-naccept', '1', '-nocert', '-rev', ...secret],
        ...(hint ? ['-psk_hint', hint] : []),
      ])
      const [, port] = await server.says(/ACCEPT \S*:(\d+)/)
      const hints: unknown[] = []
      const client = await connectTo(t, Number(port), {
        ...either,
        pskCallback: (_, { hint }) => {
          hints.push(hint)
          return { identity: 'Client_identity', psk: key }
        },
      })
      await echoed(t, client)
      t.is((client.ssl.cipher as { alias?: string }).alias, chacha)
      // Asked for the ClientHello of TLS 1.3, and for the ClientKeyExchange.
      t.deepEqual(hints, [undefined, hint])
      t.is((await client.goodbye()).status, 'closed')
    },
  )

async function served(
  t: ExecutionContext,
  options: ContextOptions,
): Promise<{ readonly client: Child; readonly server: Ours }> {
  const { port, accepted } = await listen(t, { ...either, ...options })
  const client = new Child(t, 'openssl', [
    ...['s_client', '-connect', `127.0.0.1:${port}`, ...secret],
  ])
  return { client, server: await accepted }
}

peerTest('openssl', 'our server has a key in common with openssl s_client', async t => {
  const { client, server } = await served(t, { psks, pskIdentityHint: 'depot 3' })
  await server.shake()
  client.type('hello\n')
  t.is(await server.line(), 'hello\n')
  await server.write('olleh\n')
  await client.says(/olleh\n/)
  t.is(server.ssl.version, 'TLSv1.2')
  await client.says(/PSK identity hint: depot 3/)
  t.is((await server.goodbye()).status, 'closed')
})

peerTest('openssl', 'openssl s_client hears unknown_psk_identity, and bad_record_mac', async t => {
  const other = await served(t, { psks: [{ identity: 'somebody else', key }] })
  await t.throwsAsync(other.server.shake(), { message: /unknown_psk_identity/ })
  await other.client.says(/unknown psk identity/i)
  const wrong = await served(t, { psks: [{ identity: 'Client_identity', key: key.map(x => ~x) }] })
  await t.throwsAsync(wrong.server.shake(), { message: /bad_record_mac/ })
  await wrong.client.says(/bad record mac/i)
})

const name = 'TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256'
const priority =
  'NONE:+VERS-TLS1.2:+ECDHE-PSK:+CHACHA20-POLY1305:+AEAD:+SIGN-ALL:+COMP-NULL:+GROUP-ALL'

peerTest('gnutls-serv', `our client speaks ${name} with gnutls-serv`, async t => {
  const port = await freePort()
  const passwords = join(mkdtempSync(join(tmpdir(), 'biopair-')), 'psk.txt')
  writeFileSync(passwords, `Client_identity:${hex}\n`)
  const server = new Child(t, 'gnutls-serv', [
    ...['--echo', '--port', String(port), '--pskpasswd', passwords],
    ...['--priority', priority],
  ])
  await server.says(/listening on IPv4/)
  const client = await connectOnce(t, port, {
    ...either,
    psks: [{ identity: 'Client_identity', key }],
  })
  await echoed(t, client)
  t.is(client.ssl.cipher?.name as string, name)
})
