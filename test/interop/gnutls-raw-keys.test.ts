/** GnuTLS with raw public keys (RFC 7250): `--rawpkfile` of its command-line programs, in both roles and for both ends. */
import type { ContextOptions } from '@biopair/ssl'
import type { ExecutionContext } from 'ava'
import { pem } from '../support/der-writer.ts'
import { chainFor } from '../support/mint.ts'
import { Child } from './support/child.ts'
import { written } from './support/files.ts'
import { connectOnce, freePort, listen, type Ours } from './support/ours.ts'
import { peerTest } from './support/peers.ts'

const only13 = 'NORMAL:-VERS-ALL:+VERS-TLS1.3'
const raw = `${only13}:-CTYPE-ALL:+CTYPE-RAWPK`
const versions = [
  ['TLSv1.2', raw.replace('1.3', '1.2')],
  ['TLSv1.3', raw],
] as const
/** Theirs, as files. */
const theirs = chainFor('p256').leaf
const keyFile = written('raw.key', theirs.keyPem)
const publicFile = written('raw.pub', pem('PUBLIC KEY', theirs.spki))
const rawFiles = ['--rawpkkeyfile', keyFile, '--rawpkfile', publicFile]
const mine = chainFor('ed25519').leaf
const types = { serverCertTypes: ['rpk'], clientCertTypes: ['rpk'] } as const

async function toServer(
  t: ExecutionContext,
  args: readonly string[],
  options: ContextOptions,
): Promise<Ours> {
  const port = await freePort()
  const server = new Child(t, 'gnutls-serv', ['--echo', '--port', String(port), ...args])
  await server.says(/listening on IPv4/)
  return connectOnce(t, port, options)
}

async function fromClient(
  t: ExecutionContext,
  args: readonly string[],
  options: ContextOptions,
): Promise<{ client: Child; server: Ours }> {
  const { port, accepted } = await listen(t, options)
  const client = new Child(t, 'gnutls-cli', [
    ...['--port', String(port), '--no-ca-verification', ...args, '127.0.0.1'],
  ])
  return { client, server: await accepted }
}

for (const [minVersion, raw] of versions)
  peerTest(
    'gnutls-serv',
    `our client believes the raw key of gnutls-serv in ${minVersion}, and no other`,
    async t => {
      const args = [...rawFiles, '--priority', raw]
      const client = await toServer(t, args, { ...types, minVersion, rawPublicKeys: theirs.spki })
      await client.shake()
      await client.write('there and back\n')
      t.is(await client.line(), 'there and back\n')
      t.true(client.ssl.authorized)
      t.is(client.ssl.version, minVersion)
      t.is(client.ssl.serverCertType, 'rpk')
      t.deepEqual(client.ssl.peerRawPublicKey, theirs.spki)
      const doubting = await toServer(t, args, { ...types, minVersion, rawPublicKeys: mine.spki })
      const outcome = await doubting.settled(ssl => ssl.doHandshake())
      t.is(outcome.status, 'failed')
      t.like(outcome, { error: { alert: 'bad_certificate', origin: 'sent' } })
    },
  )

for (const [minVersion, raw] of versions)
  peerTest(
    'gnutls-serv',
    `our client shows its own raw key to gnutls-serv in ${minVersion}`,
    async t => {
      const client = await toServer(t, [...rawFiles, '--require-client-cert', '--priority', raw], {
        ...types,
        minVersion,
        rawPublicKeys: theirs.spki,
        rawKey: mine.keyPem,
      })
      await client.shake()
      await client.write('there and back\n')
      t.is(await client.line(), 'there and back\n')
      t.is(client.ssl.clientCertType, 'rpk')
    },
  )

peerTest(
  'gnutls-serv',
  'our client takes the raw key of gnutls-serv and shows a certificate',
  async t => {
    const own = chainFor('p256')
    const client = await toServer(
      t,
      [...rawFiles, '--priority', `${only13}:-CTYPE-ALL:+CTYPE-SRV-RAWPK:+CTYPE-CLI-X509`],
      { serverCertTypes: ['rpk'], rawPublicKeys: theirs.spki, cert: own.pem, key: own.keyPem },
    )
    await client.shake()
    await client.write('there and back\n')
    t.is(await client.line(), 'there and back\n')
    t.deepEqual([client.ssl.serverCertType, client.ssl.clientCertType], ['rpk', 'x509'])
  },
)

for (const [minVersion, raw] of versions)
  peerTest(
    'gnutls-cli',
    `our server shows gnutls-cli its raw key in ${minVersion}, and believes that of gnutls-cli`,
    async t => {
      const { client, server } = await fromClient(t, [...rawFiles, '--priority', raw], {
        ...types,
        minVersion,
        rawKey: mine.keyPem,
        rawPublicKeys: theirs.spki,
        requestCert: true,
      })
      await server.shake()
      client.type('there\n')
      t.is(await server.line(), 'there\n')
      await server.write('and back\n')
      await client.says(/and back\n/)
      await client.says(/Certificate type: Raw Public Key/)
      t.true(server.ssl.authorized)
      t.deepEqual(server.ssl.peerRawPublicKey, theirs.spki)
    },
  )

peerTest(
  'gnutls-cli',
  'our server does not believe the raw key of a gnutls-cli that it does not expect',
  async t => {
    const { server } = await fromClient(t, [...rawFiles, '--priority', raw], {
      ...types,
      rawKey: mine.keyPem,
      rawPublicKeys: mine.spki,
      requestCert: true,
    })
    const outcome = await server.settled(ssl => ssl.doHandshake())
    t.like(outcome, { status: 'failed', error: { alert: 'bad_certificate', origin: 'sent' } })
  },
)

peerTest(
  'gnutls-cli',
  'our server has no type in common with a gnutls-cli that takes raw keys alone',
  async t => {
    const own = chainFor('p256')
    const { client, server } = await fromClient(t, ['--priority', raw], {
      cert: own.pem,
      key: own.keyPem,
    })
    const outcome = await server.settled(ssl => ssl.doHandshake())
    t.like(outcome, {
      status: 'failed',
      error: { alert: 'unsupported_certificate', origin: 'sent' },
    })
    await client.says(/Certificate is not supported|unsupported certificate/i)
  },
)
