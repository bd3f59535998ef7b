/** TLS 1.2 with OpenSSL, GnuTLS and Go: each suite with each kind of certificate, shown by both ends, both directions, with extended_master_secret and without. */
import { cipherSuites12 } from '@biopair/crypto'
import type { ContextOptions } from '@biopair/ssl'
import { keyKinds } from '../support/mint.ts'
import { filesFor } from './support/files.ts'
import { connectOnce, listen } from './support/ours.ts'
import { peerTest } from './support/peers.ts'
import { type Peer12, peers12, type Wanted } from './support/peers12.ts'

const kinds = keyKinds.filter(kind => kind !== 'rsa-pss' && kind !== 'p521')
const wantedOf = (extended: boolean): readonly Wanted[] =>
  kinds.flatMap(kind =>
    Object.values(cipherSuites12)
      .filter(({ auth }) => (auth === 'rsa') === (kind === 'rsa'))
      .map(suite => ({ suite, kind, extended })),
  )

/** Without extended_master_secret the key exchange is another, whatever the suite: one of each will do. */
const without = (['p256', 'rsa'] as const).flatMap(kind =>
  wantedOf(false)
    .filter(wanted => wanted.kind === kind)
    .slice(0, 1),
)

function ourOptions({ kind, extended }: Wanted): ContextOptions {
  const { root, pem, keyPem } = filesFor(kind)
  return {
    ...{ ca: root.pem, cert: pem, key: keyPem, requireExtendedMasterSecret: extended },
    // Either version: the peer decides.
    ...{ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' },
  }
}

const text = 'there and back\n'

function bothWays(peer: Peer12, wanted: Wanted): void {
  const { suite, kind, extended } = wanted
  const what = `${suite.name}, ${kind} certificates both ways${extended ? '' : ', no extended_master_secret'}`

  peerTest(peer.programs.server, `our client and a server of ${peer.name}: ${what}`, async t => {
    t.timeout(150_000, 'go build may take long, once')
    const { port } = await peer.server(t, wanted)
    const client = await (await connectOnce(t, port, ourOptions(wanted))).shake()
    await client.write(text)
    t.is((await client.line()).trim().length, text.trim().length)
    const { ssl } = client
    t.is(ssl.version, 'TLSv1.2')
    t.is(ssl.cipher?.name as string, suite.name)
    t.true(ssl.authorized)
    if (!extended) t.throws(() => ssl.channelBinding('tls-unique'))
    t.is((await client.goodbye()).status, 'closed')
  })

  peerTest(peer.programs.client, `a client of ${peer.name} and our server: ${what}`, async t => {
    t.timeout(150_000, 'go build may take long, once')
    const { port, accepted } = await listen(t, { ...ourOptions(wanted), requestCert: true })
    const client = peer.client(t, wanted, port)
    const server = await (await accepted).shake()
    client.type(text)
    t.is(await server.line(), text)
    await server.write(text)
    await client.says(/there and back/)
    const { ssl } = server
    t.is(ssl.version, 'TLSv1.2')
    t.is(ssl.cipher?.name as string, suite.name)
    t.true(ssl.authorized)
    t.deepEqual(ssl.peerCertificates[0], filesFor(kind).leaf.der)
    if (!extended) t.throws(() => ssl.channelBinding('tls-unique'))
  })
}

for (const peer of peers12) {
  for (const wanted of wantedOf(true)) bothWays(peer, wanted)
  if (peer.mayLackExtended) for (const wanted of without) bothWays(peer, wanted)
}

for (const peer of peers12.filter(({ mayLackExtended }) => mayLackExtended)) {
  const [wanted] = without as [Wanted]
  const strict = { ...ourOptions(wanted), requireExtendedMasterSecret: true }

  peerTest(
    peer.programs.server,
    `our client refuses a server of ${peer.name} that lacks extended_master_secret`,
    async t => {
      const { port } = await peer.server(t, wanted)
      const client = await connectOnce(t, port, strict)
      await t.throwsAsync(client.shake(), { message: /NO_EXTENDED_MASTER_SECRET/ })
    },
  )

  peerTest(
    peer.programs.client,
    `our server refuses a client of ${peer.name} that lacks extended_master_secret`,
    async t => {
      const { port, accepted } = await listen(t, strict)
      peer.client(t, wanted, port)
      await t.throwsAsync((await accepted).shake(), { message: /NO_EXTENDED_MASTER_SECRET/ })
    },
  )
}
