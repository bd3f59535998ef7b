/** ECDHE_PSK in TLS 1.2 (RFC 8442, RFC 5489): suites, hints, who is asked, and what is refused. */
import { pskCipherSuites12 } from '@biopair/crypto'
import { noble } from '@biopair/crypto/noble'
import { nodeCrypto } from '@biopair/crypto-node'
import type { ContextOptions } from '@biopair/ssl'
import test from 'ava'
import { bytes, connectedEnds, type EndsOptions, ends, readAll } from '../support/ends.ts'
import { chainFor } from '../support/mint.ts'

const key = new Uint8Array(32).fill(7)
const older = { maxVersion: 'TLSv1.2' } as const
const psks = (hash: 'sha256' | 'sha384' = 'sha256') => [{ identity: 'tram 7', key, hash }]
/** Nobody has a certificate, and nobody believes one. */
const both = (client: ContextOptions = {}, server: ContextOptions = {}): EndsOptions => ({
  client: { ...older, ca: [], ...client },
  server: { ...older, cert: [], key: [], ...server },
})

for (const { name, hash, alias } of Object.values(pskCipherSuites12))
  for (const crypto of [nodeCrypto, noble])
    test(`${name} carries data both ways, with ${crypto.name}`, t => {
      const keys = { psks: psks(hash === 'sha384' ? hash : 'sha256'), crypto }
      const { client, server } = connectedEnds(both({ ...keys, ciphers: alias }, keys))
      t.is(client.version, 'TLSv1.2')
      t.is(client.cipher?.name as string, name)
      t.is(server.cipher?.name as string, name)
      t.deepEqual(client.pskIdentity, bytes('tram 7'))
      t.deepEqual(server.pskIdentity, bytes('tram 7'))
      t.deepEqual(client.peerCertificates, [])
      t.is(client.group, 'x25519')
      t.is(client.write(bytes('ping')).status, 'done')
      t.like(readAll(server), { text: 'ping' })
      t.is(server.write(bytes('pong')).status, 'done')
      t.like(readAll(client), { text: 'pong' })
      t.deepEqual(
        client.exportKeyingMaterial(40, 'EXPORTER-x'),
        server.exportKeyingMaterial(40, 'EXPORTER-x'),
      )
    })

/** What both ends come to. */
function outcome(options: EndsOptions) {
  const { client, server } = ends(options)
  for (let i = 0; i < 10; i++) {
    client.doHandshake()
    server.doHandshake()
  }
  return { client, server, ended: [client.doHandshake(), server.doHandshake()] as const }
}

test('neither a Certificate nor a CertificateRequest is there, even where a certificate is required', t => {
  const seen: number[] = []
  const { root } = chainFor('p256')
  const { client, server } = connectedEnds(
    both(
      {
        psks: psks(),
        trace: event => {
          if (event.event === 'message') seen.push(event.message[0] as number)
        },
      },
      { psks: psks(), requestCert: true, ca: root.pem },
    ),
  )
  t.deepEqual(seen, [1, 2, 12, 14, 16, 20, 20])
  t.deepEqual(server.peerCertificates, [])
  t.is(client.channelBinding('tls-unique').length, 12)
})

test('a server that has both prefers the key, and one whose ciphers say so the certificate', t => {
  const { root, pem, keyPem } = chainFor('p256')
  const certified = { cert: pem, key: keyPem, psks: psks() }
  const trusting = { ca: root.pem, psks: psks() }
  const names = (server: ContextOptions, client: ContextOptions = trusting) =>
    connectedEnds(both(client, server)).client.cipher?.name as string
  t.regex(names(certified), /ECDHE_PSK/)
  t.regex(
    names({ ...certified, ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-PSK-AES128-GCM-SHA256' }),
    /ECDHE_ECDSA/,
  )
  // Who has no key offers no such suite; who has no certificate goes on with the key that comes last.
  t.regex(names(certified, { ca: root.pem }), /ECDHE_ECDSA/)
  t.regex(
    names({
      psks: psks(),
      ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-PSK-AES128-GCM-SHA256',
    }),
    /ECDHE_PSK/,
  )
})

test('a client is asked once, with the hint, when the server has chosen; what it answers fits the suite', t => {
  const asked: unknown[] = []
  for (const ciphers of ['ECDHE-PSK-AES256-GCM-SHA384', 'ECDHE-PSK-CHACHA20-POLY1305']) {
    const { client, server } = connectedEnds(
      both(
        {
          minVersion: 'TLSv1.2',
          ciphers,
          pskCallback: (identity, { hint, signal }) => {
            asked.push(identity, hint, signal.aborted)
            return { identity: 'of a callback', psk: key }
          },
        },
        {
          ciphers,
          pskIdentityHint: 'depot',
          pskCallback: identity => {
            asked.push(identity)
            return key
          },
        },
      ),
    )
    t.is(client.cipher?.name, server.cipher?.name)
    t.deepEqual(asked.splice(0), [null, 'depot', false, 'of a callback'])
  }
})

test('callbacks may answer later', async t => {
  const later = <T>(value: T) => new Promise<T>(resolve => setTimeout(resolve, 1, value))
  const made = ends(
    both(
      { pskCallback: () => later({ identity: 'late', psk: key }) },
      { pskCallback: () => later(key) },
    ),
  )
  const wants = new Set<string>()
  for (let i = 0; i < 50 && !(made.client.connected && made.server.connected); i++)
    for (const outcome of [made.client.doHandshake(), made.server.doHandshake()]) {
      if (outcome.status === 'failed') throw outcome.error
      if (!('ready' in outcome)) continue
      wants.add(outcome.status)
      await outcome.ready
    }
  t.true(made.client.connected && made.server.connected)
  t.deepEqual([...wants].sort(), ['want_psk', 'want_psk_offer'])
})

test('an identity that a server does not know is unknown_psk_identity', t => {
  const other = [{ identity: 'tram 8', key }]
  for (const server of [{ psks: other }, { pskCallback: () => null }])
    t.like(outcome(both({ psks: psks() }, server)).ended, [
      { error: { alert: 'unknown_psk_identity', origin: 'received' } },
      { error: { alert: 'unknown_psk_identity', reason: 'PSK_IDENTITY_NOT_FOUND' } },
    ])
})

test("another key under the same identity shows in the client's Finished, which does not open", t => {
  const { ended } = outcome(
    both({ psks: psks() }, { psks: [{ identity: 'tram 7', key: new Uint8Array(32) }] }),
  )
  t.like(ended, [
    { error: { alert: 'bad_record_mac', origin: 'received' } },
    { error: { alert: 'bad_record_mac' } },
  ])
})

test('a client whose callback has no key for the hint is handshake_failure', t => {
  t.like(outcome(both({ pskCallback: () => null }, { psks: psks() })).ended, [
    { error: { alert: 'handshake_failure', reason: 'PSK_IDENTITY_NOT_FOUND' } },
    { error: { alert: 'handshake_failure', origin: 'received' } },
  ])
})

test('a key is of one hash, and an imported one of TLS 1.3 alone: no suite is offered for it', t => {
  const offered = (given: ContextOptions): unknown => {
    const { client } = ends({ client: { maxVersion: 'TLSv1.2', ...given } })
    return client.context.suites12.filter(({ auth }) => auth === 'psk').map(({ hash }) => hash)
  }
  t.deepEqual(offered({ psks: psks('sha384') }), ['sha384'])
  t.deepEqual(offered({ psks: psks() }), ['sha256', 'sha256'])
  t.deepEqual(offered({ psks: [{ identity: 'x', key, kind: 'imported' }] }), [])
  t.deepEqual(offered({}), [])
  const options = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-PSK-AES128-GCM-SHA256' } as const
  t.throws(() => offered(options), {
    message: /pre-shared key.*psks or a pskCallback/,
    code: 'ERR_INVALID_ARG_VALUE',
  })
})

test('an identity hint is short text or bytes', t => {
  const hint = (pskIdentityHint: string | Uint8Array) => () =>
    ends({ server: { ...older, pskIdentityHint } })
  t.notThrows(hint('x'.repeat(128)))
  t.notThrows(hint(new Uint8Array([255])))
  for (const wrong of ['', 'x'.repeat(129), 'é'])
    t.throws(hint(wrong), { message: /pskIdentityHint/, code: 'ERR_INVALID_ARG_VALUE' })
})

test('both ends offer both versions: TLS 1.3 takes the key, and TLS 1.2 where one end has no more', t => {
  const either = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' } as const
  const made = (client: ContextOptions, server: ContextOptions) =>
    connectedEnds(both({ psks: psks(), ...client }, { psks: psks(), ...server })).client
  t.is(made(either, either).version, 'TLSv1.3')
  t.is(made(either, {}).version, 'TLSv1.2')
  t.is(made({}, either).version, 'TLSv1.2')
  t.deepEqual(made(either, {}).pskIdentity, bytes('tram 7'))
})
