/** TLS 1.2 resumed, by a session's id and by a ticket: it goes on where everything still holds, and is a full handshake where it does not. */
import { nodeCrypto } from '@biopair/crypto-node'
import {
  type ContextOptions,
  MemorySessionCache,
  type Session,
  sessionFromBytes,
  sessionToBytes,
} from '@biopair/ssl'
import ava, { type ExecutionContext } from 'ava'
import { chainFor } from '../support/mint.ts'
import {
  clientContext,
  clock,
  serverContext,
  sessionOf,
  type Visit,
  visit,
} from '../support/resume.ts'

// One after the other: they share a clock, which some put on.
const test = ava.serial

const older = { maxVersion: 'TLSv1.2' } as const
const ecdsa = (aead: string) => `TLS_ECDHE_ECDSA_WITH_${aead}`
const aeads = ['AES_128_GCM_SHA256', 'AES_256_GCM_SHA384', 'CHACHA20_POLY1305_SHA256']
const { pem, keyPem, root } = chainFor('p256')
const own = { cert: pem, key: keyPem }

/** Where a server has its sessions: servers that are given the same resume each other's. */
const keepings = {
  'by id': (): ContextOptions => ({ sessionCache: new MemorySessionCache({ now: clock.now }) }),
  'by ticket': (): ContextOptions => ({ ticketKeys: nodeCrypto.randomBytes(48) }),
} as const

const older12 = (options: ContextOptions = {}) => ({ ...older, ...options })

/** Both ends stand, agree on everything, and went on with a session or did not. */
function stands(t: ExecutionContext, { client, server, statuses }: Visit, resumed: boolean): void {
  t.deepEqual(statuses, ['want_read', 'want_read'])
  t.deepEqual([client.version, server.version], ['TLSv1.2', 'TLSv1.2'])
  t.deepEqual([client.resumed, server.resumed], [resumed, resumed])
  t.is(client.cipher, server.cipher)
  t.is(client.alpnProtocol, server.alpnProtocol)
  t.true(client.authorized)
  t.deepEqual(
    client.exportKeyingMaterial(32, 'EXPORTER-x'),
    server.exportKeyingMaterial(32, 'EXPORTER-x'),
  )
  t.deepEqual(client.channelBinding('tls-unique'), server.channelBinding('tls-unique'))
}

for (const [how, keeping] of Object.entries(keepings)) {
  for (const aead of aeads)
    test(`a session of ${aead} goes on ${how}, with facts that agree`, async t => {
      const server = older12({ ...keeping(), ciphers: ecdsa(aead) })
      const session = await sessionOf(clientContext(older), serverContext(server))
      t.is(session.suite.name as string, ecdsa(aead))
      t.is(session.ticket.length > 0, how === 'by ticket')
      const first = await visit(clientContext(older), serverContext(server), { session })
      stands(t, first, true)
      t.is(first.client.group, undefined)
      t.deepEqual(first.client.peerCertificates, session.chain)
      const again = sessionFromBytes(sessionToBytes(first.client.session as Session))
      stands(t, await visit(clientContext(older), serverContext(server), { session: again }), true)
    })
}
void own
void root
