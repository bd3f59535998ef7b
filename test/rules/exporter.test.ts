/** Exported keying material (field.md 54) and the tls-exporter channel binding (71), against the key schedule made apart from ours. */
import { cipherSuites } from '@biopair/crypto'
import { noble } from '@biopair/crypto/noble'
import { nodeCrypto } from '@biopair/crypto-node'
import test from 'ava'
import fc from 'fast-check'
import { type Bytes, exporter } from '../support/key-schedule.ts'
import type { Peer } from '../support/peer.ts'
import { clientContext, serverContext, visit } from '../support/resume.ts'
import { connectedEnd, ourClient, roles } from '../support/rule-ends.ts'

const none = new Uint8Array(0)
const suites = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384'] as const

/** Our connected ends, one for each suite and provider, and the test peer of each. */
const ends = {
  client: suites.flatMap(ciphers =>
    [nodeCrypto, noble].map(crypto => {
      const peer = ourClient({ crypto, ciphers })
      peer.suite = cipherSuites[ciphers]
      peer.connect()
      return peer
    }),
  ),
  server: suites.flatMap(ciphers =>
    [nodeCrypto, noble].map(crypto => connectedEnd.server({ crypto, ciphers })),
  ),
}
for (const role of roles)
  test(`rule 54: what a ${role} exports is TLS-Exporter of label, context and length, and no context is an empty one: 150 runs`, t => {
    fc.assert(
      fc.property(
        fc.nat(3),
        fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme-ascii' }),
        fc.uint8Array({ maxLength: 300 }),
        fc.integer({ min: 1, max: 500 }),
        (which, label, context, length) => {
          const { ssl, hash, exporterSecret } = ends[role][which] as Peer
          t.deepEqual(
            ssl.exportKeyingMaterial(length, label, context),
            exporter(hash, exporterSecret as Bytes, label, context, length),
          )
          t.deepEqual(
            ssl.exportKeyingMaterial(length, label),
            ssl.exportKeyingMaterial(length, label, none),
          )
        },
      ),
      { numRuns: 150 },
    )
  })
test('rule 54: another label, another context or another length is other material', t => {
  const { ssl } = connectedEnd.client()
  const some = [
    ssl.exportKeyingMaterial(32, 'EXPORTER-a'),
    ssl.exportKeyingMaterial(32, 'EXPORTER-b'),
    ssl.exportKeyingMaterial(32, 'EXPORTER-a', Uint8Array.of(0)),
    ssl.exportKeyingMaterial(33, 'EXPORTER-a').slice(0, 32),
  ]
  t.is(new Set(some.map(String)).size, some.length)
})
test('rule 54: nothing is exported before the handshake is over, nor after a failure', t => {
  const early = ourClient()
  t.throws(() => early.ssl.exportKeyingMaterial(32, 'EXPORTER-a'), { code: 'ERR_STILL_IN_INIT' })
  const failed = connectedEnd.client()
  failed.alert(80)
  failed.step()
  t.throws(() => failed.ssl.exportKeyingMaterial(32, 'EXPORTER-a'), { code: 'ERR_CLOSED' })
})
test('rule 54: a KeyUpdate changes nothing about what is exported', t => {
  for (const role of roles) {
    const peer = connectedEnd[role]()
    const before = peer.ssl.exportKeyingMaterial(32, 'EXPORTER-a')
    peer.keyUpdate('update_requested')
    peer.step()
    t.deepEqual(peer.ssl.exportKeyingMaterial(32, 'EXPORTER-a'), before)
  }
})

test('rule 71: tls-exporter is 32 bytes of EXPORTER-Channel-Binding with an empty context: the same at both ends, another on each connection', async t => {
  const seen = new Set<string>()
  for (const ciphers of suites)
    for (let i = 0; i < 2; i++) {
      const { client, server } = await visit(clientContext({ ciphers }), serverContext())
      const [near, far] = [client, server].map(end =>
        end.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', none),
      )
      t.is(near?.length, 32)
      t.deepEqual(near, far)
      seen.add(String(near))
    }
  t.is(seen.size, 4)
  for (const role of roles) {
    const peer = connectedEnd[role]()
    t.deepEqual(
      peer.ssl.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding'),
      exporter(peer.hash, peer.exporterSecret as Bytes, 'EXPORTER-Channel-Binding', none, 32),
    )
  }
})
