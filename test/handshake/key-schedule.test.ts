/** The key schedule: RFC 8448's values, both ends beside a second implementation, exporters, and that nothing lingers. */
import { bioPair } from '@biopair/bio'
import { noble } from '@biopair/crypto/noble'
import { nodeCrypto } from '@biopair/crypto-node'
import { EncryptedExtensions } from '@biopair/handshake'
import { type ContextOptions, Ssl, SslContext } from '@biopair/ssl'
import test from 'ava'
import { ClientPeer } from '../support/client-peer.ts'
import { exporter } from '../support/key-schedule.ts'
import { chainFor } from '../support/mint.ts'
import { identityOf } from '../support/peer-identity.ts'
import { Recording, replayClient, replayServer } from '../support/replay.ts'
import { ServerPeer } from '../support/server-peer.ts'
import { transcripts } from '../support/transcripts.ts'
import { watched } from '../support/watched.ts'

const identity = identityOf('p256')
const { pem, keyPem, root } = chainFor('p256')
const hex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('hex')

/** RFC 8448 section 3, as the key log of RFC 9850 names them. */
const section3 = {
  CLIENT_HANDSHAKE_TRAFFIC_SECRET:
    'b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21',
  SERVER_HANDSHAKE_TRAFFIC_SECRET:
    'b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38',
  CLIENT_TRAFFIC_SECRET_0: '9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5',
  SERVER_TRAFFIC_SECRET_0: 'a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643',
  EXPORTER_SECRET: 'fe22f881176eda18eb8f44529e6792c50c9a3f89452f68d8ae311b4309d3cf50',
}
const resumptionPsk = '4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3'

const simple = transcripts()?.find(({ section }) => section === 'Simple_1RTT_Handshake')
if (simple) {
  const recording = new Recording(simple)
  for (const crypto of [nodeCrypto, noble]) {
    test(`the secrets of RFC 8448 section 3, as a client (${crypto.name})`, t => {
      const { end } = replayClient(recording, crypto)
      end.ssl.doHandshake()
      end.feed(recording.bytes('Record_ServerHello'))
      end.feed(recording.bytes('Record_ServerHandshakeMessages'))
      t.deepEqual(end.ssl.doHandshake(), { status: 'done' })
      for (const [label, secret] of Object.entries(section3)) t.is(end.secret(label), secret, label)
      end.feed(recording.bytes('Record_NewSessionTicket'))
      t.is(end.read(), 'want_read')
      t.is(hex(end.ssl.session?.psk), resumptionPsk)
    })
    test(`the secrets of RFC 8448 section 3, as a server (${crypto.name})`, t => {
      const { extensions } = recording.message('Message_EncryptedExtensions', EncryptedExtensions)
      const listed = recording.bytes('Message_Server_Certificate')
      // Behind message header, context, list length and entry length; two bytes of extensions end it.
      const chain = [listed.slice(11, -2)]
      const signer = { chain, scheme: 'rsa_pss_rsae_sha256' } as const
      const { end } = replayServer(recording, crypto, signer, { extensions })
      end.feed(recording.bytes('Record_ClientHello_1'))
      end.ssl.doHandshake()
      end.feed(recording.bytes('Record_ClientFinished'))
      t.deepEqual(end.ssl.doHandshake(), { status: 'done' })
      for (const [label, secret] of Object.entries(section3)) t.is(end.secret(label), secret, label)
    })
  }
} else {
  test('the secrets of RFC 8448 (skipped: no ../shared/data)', t => {
    t.not(process.env.BIOPAIR_REQUIRE_DATA, '1')
    t.log('the traces are not part of this project')
  })
}

const suites = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
] as const
for (const suite of suites)
  for (const role of ['client', 'server'] as const)
    test(`a ${role} derives what a second implementation derives, exporters too (${suite})`, t => {
      const lines: string[] = []
      const options: ContextOptions = {
        crypto: nodeCrypto,
        groups: ['x25519', 'secp256r1'],
        ciphers: [suite],
        keylog: line => lines.push(line),
        ...(role === 'client' ? { ca: root.pem } : { cert: pem, key: keyPem }),
      }
      const context = new SslContext(options)
      const peer =
        role === 'client' ? new ServerPeer(context, identity) : new ClientPeer(context, identity)
      if (peer instanceof ServerPeer) {
        peer.step()
        peer.sendServerHello(made => ({
          ...made,
          cipher_suite: nodeSuite(suite),
        }))
        peer.sendFlight()
        peer.step()
      } else peer.connect()
      t.true(peer.ssl.connected)
      t.is(peer.ssl.cipher?.name, suite)
      const logged = (label: string) =>
        lines.find(line => line.startsWith(`${label} `))?.split(' ')[2]
      t.is(logged('CLIENT_HANDSHAKE_TRAFFIC_SECRET'), hex(peer.handshakeSecrets?.client))
      t.is(logged('SERVER_HANDSHAKE_TRAFFIC_SECRET'), hex(peer.handshakeSecrets?.server))
      t.is(logged('CLIENT_TRAFFIC_SECRET_0'), hex(peer.applicationSecrets?.client))
      t.is(logged('SERVER_TRAFFIC_SECRET_0'), hex(peer.applicationSecrets?.server))
      t.is(logged('EXPORTER_SECRET'), hex(peer.exporterSecret))
      t.is(lines.length, 5)
      const secret = peer.exporterSecret ?? new Uint8Array(0)
      for (const [label, value, length] of [
        ['EXPORTER-Channel-Binding', new Uint8Array(0), 32],
        ['EXPORTER test', Uint8Array.of(1, 2, 3), 100],
        ['EXPORTER test', Uint8Array.of(1, 2, 4), 1],
      ] as const)
        t.deepEqual(
          peer.ssl.exportKeyingMaterial(length, label, value),
          exporter(peer.hash, secret, label, value, length),
        )
      // Rule 54: in TLS 1.3 no context is an empty one.
      t.deepEqual(
        peer.ssl.exportKeyingMaterial(32, 'EXPORTER test'),
        peer.ssl.exportKeyingMaterial(32, 'EXPORTER test', new Uint8Array(0)),
      )
    })

function nodeSuite(name: (typeof suites)[number]): number {
  return 0x1301 + suites.indexOf(name)
}

/** Two ends of ours over a pair, each with a provider that remembers. */
function pair(clientOptions: ContextOptions = {}, serverOptions: ContextOptions = {}) {
  const near = watched(nodeCrypto)
  const far = watched(nodeCrypto)
  // verify_data is sent, so it is no secret.
  const sent: string[] = []
  const edit = <T>(name: string, message: T): T => {
    if (name === 'Finished') sent.push(hex((message as { verify_data: Uint8Array }).verify_data))
    return message
  }
  const groups = ['X25519MLKEM768', 'x25519', 'secp256r1']
  const client = new Ssl(
    new SslContext({
      crypto: near.crypto,
      groups,
      ca: root.pem,
      tickets: false,
      edit,
      cert: pem,
      key: keyPem,
      ...clientOptions,
    }),
    { servername: 'server.example' },
  )
  const server = new Ssl(
    new SslContext({
      crypto: far.crypto,
      groups,
      cert: pem,
      key: keyPem,
      ca: root.pem,
      edit,
      ...serverOptions,
    }),
  )
  const [a, b] = bioPair()
  client.setBio(a).setConnectState()
  server.setBio(b).setAcceptState()
  for (let i = 0; i < 6; i++) {
    client.doHandshake()
    server.doHandshake()
  }
  const left = (secrets: readonly Uint8Array[]) =>
    secrets.filter(secret => secret.some(byte => byte !== 0) && !sent.includes(hex(secret)))
  return { client, server, near, far, left }
}
const ways: Readonly<Record<string, [ContextOptions, ContextOptions]>> = {
  'a plain handshake': [{}, {}],
  'a HelloRetryRequest': [{ keyShares: ['secp256r1'] }, { groups: ['x25519'] }],
  'client authentication': [{}, { requestCert: true }],
}
for (const [way, [clientOptions, serverOptions]] of Object.entries(ways))
  test(`nothing of the handshake lingers but four secrets and two keys: ${way}`, t => {
    const { client, server, near, far, left } = pair(clientOptions, serverOptions)
    t.true(client.connected && server.connected)
    for (const { secrets, live, made } of [near, far]) {
      // Traffic secrets of both directions, exporter_secret, resumption_secret.
      t.is(left(secrets).length, 4)
      t.is(live.size, 2)
      t.true(secrets.length > 20 && made() > 10)
    }
    client.keyUpdate(true)
    server.read(new Uint8Array(1))
    client.read(new Uint8Array(1))
    for (const { secrets, live } of [near, far]) {
      t.is(left(secrets).length, 4)
      t.is(live.size, 2)
    }
    t.deepEqual(client.close(), { status: 'done' })
    t.deepEqual(server.close(), { status: 'done' })
    for (const { secrets, live } of [near, far]) {
      t.deepEqual(left(secrets), [])
      t.is(live.size, 0)
    }
  })
const failures: Readonly<Record<string, [ContextOptions, ContextOptions]>> = {
  'the client believes nobody': [{ ca: chainFor('ed25519').root.pem }, {}],
  'the server believes nobody': [{}, { requestCert: true, ca: chainFor('ed25519').root.pem }],
  'there is no group in common': [{ groups: ['x25519'] }, { groups: ['secp256r1'] }],
  'signing fails': [
    {},
    {
      signCallback: () => {
        throw new Error('no')
      },
    },
  ],
}
for (const [what, [clientOptions, serverOptions]] of Object.entries(failures))
  test(`nothing lingers after a failure: ${what}`, t => {
    const { client, server, near, far, left } = pair(clientOptions, serverOptions)
    client.read(new Uint8Array(1))
    server.read(new Uint8Array(1))
    t.is(client.doHandshake().status, 'failed')
    t.is(server.doHandshake().status, 'failed')
    for (const { secrets, live } of [near, far]) {
      t.deepEqual(left(secrets), [])
      t.is(live.size, 0)
    }
  })
test('nothing lingers where a handshake is given up half way', t => {
  const { crypto, secrets, live } = watched(nodeCrypto)
  const peer = new ServerPeer(
    new SslContext({ crypto, groups: ['x25519', 'secp256r1'], ca: root.pem }),
    identity,
  )
  peer.step()
  peer.sendServerHello()
  peer.step()
  t.true(live.size > 0)
  t.deepEqual(peer.ssl.close(), { status: 'done' })
  t.deepEqual(
    secrets.filter(secret => secret.some(byte => byte !== 0)),
    [],
  )
  t.is(live.size, 0)
})
