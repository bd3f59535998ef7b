/** Sessions of TLS 1.2 by their C names: what they say of themselves (SSL_SESSION_get_protocol_version(3), SSL_SESSION_get_id(3), SSL_SESSION_has_ticket(3)). */
import { nodeCrypto } from '@biopair/crypto-node'
import { MemorySessionCache, sessionToBytes } from '@biopair/ssl'
import {
  d2i_SSL_SESSION,
  i2d_SSL_SESSION,
  SSL_SESSION_get_id,
  SSL_SESSION_get_master_key,
  SSL_SESSION_get_max_early_data,
  SSL_SESSION_get_protocol_version,
  SSL_SESSION_get_ticket_lifetime_hint,
  SSL_SESSION_get_timeout,
  SSL_SESSION_get0_cipher,
  SSL_SESSION_get0_hostname,
  SSL_SESSION_get0_peer,
  SSL_SESSION_get0_ticket,
  SSL_SESSION_has_ticket,
  SSL_SESSION_is_resumable,
  SSL_SESSION_set_max_early_data,
  TLS1_2_VERSION,
  TLS1_3_VERSION,
} from '@biopair/ssl/openssl'
import test from 'ava'
import { clientContext, serverContext, sessionOf } from '../support/resume.ts'

const older = { maxVersion: 'TLSv1.2' } as const

for (const way of ['id', 'ticket'] as const)
  test(`a session of TLS 1.2 that goes by its ${way} says so, as one of OpenSSL does`, async t => {
    const server = way === 'id' ? { sessionCache: new MemorySessionCache() } : {}
    const native = await sessionOf(clientContext(older), serverContext({ ...older, ...server }))
    const session = d2i_SSL_SESSION(sessionToBytes(native))
    if (!session) throw new Error('no session')
    t.is(SSL_SESSION_get_protocol_version(session), TLS1_2_VERSION)
    t.is(SSL_SESSION_is_resumable(session), 1)
    t.is(SSL_SESSION_has_ticket(session), way === 'ticket' ? 1 : 0)
    t.is(SSL_SESSION_get_ticket_lifetime_hint(session), way === 'ticket' ? 7200 : 0)
    t.is(SSL_SESSION_get_timeout(session), 7200)
    t.is(SSL_SESSION_get0_cipher(session)?.name as string, native.suite.name)
    t.is(SSL_SESSION_get0_hostname(session), 'server.example')
    t.deepEqual(SSL_SESSION_get0_peer(session), native.chain[0])
    t.deepEqual(SSL_SESSION_get_master_key(session), native.psk)
    t.is(SSL_SESSION_get_master_key(session).length, 48)
    t.is(SSL_SESSION_get_max_early_data(session), 0)
    t.is(SSL_SESSION_set_max_early_data(session, 100), 0)
    if (way === 'id') {
      t.deepEqual(SSL_SESSION_get_id(session), native.tls12?.sessionId)
      t.is(SSL_SESSION_get0_ticket(session), null)
    } else {
      t.deepEqual(SSL_SESSION_get_id(session), nodeCrypto.hashes.sha256.digest(native.ticket))
      t.deepEqual(SSL_SESSION_get0_ticket(session), native.ticket)
    }
    t.deepEqual(i2d_SSL_SESSION(session), sessionToBytes(native))
  })

test('a session of TLS 1.3 stays one of TLS 1.3', async t => {
  const session = d2i_SSL_SESSION(sessionToBytes(await sessionOf(clientContext(), serverContext())))
  t.is(session && SSL_SESSION_get_protocol_version(session), TLS1_3_VERSION)
})
