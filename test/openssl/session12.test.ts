/** Sessions of TLS 1.2 by their C names: what they say of themselves (SSL_SESSION_get_protocol_version(3), SSL_SESSION_get_id(3), SSL_SESSION_has_ticket(3)). */
import { nodeCrypto } from '@biopair/crypto-node'
import { MemorySessionCache, sessionToBytes } from '@biopair/ssl'
import {
  d2i_SSL_SESSION,
  i2d_SSL_SESSION,
  SSL_CTX_sess_hits,
  SSL_CTX_sess_set_new_cb,
  SSL_CTX_set_options,
  SSL_CTX_set_session_cache_mode,
  SSL_CTX_set_session_id_context,
  SSL_get_session,
  SSL_get1_session,
  SSL_in_init,
  SSL_OP_NO_TICKET,
  SSL_read,
  SSL_SESS_CACHE_NO_INTERNAL,
  SSL_SESS_CACHE_OFF,
  SSL_SESS_CACHE_SERVER,
  type SSL_SESSION,
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
  SSL_session_reused,
  SSL_set_session,
  SSL_set_session_id_context,
  TLS1_2_VERSION,
  TLS1_3_VERSION,
} from '@biopair/ssl/openssl'
import test from 'ava'
import { clientContext, serverContext, sessionOf } from '../support/resume.ts'
import {
  clientContext as dialling,
  endsOver,
  serverContext as serving,
  shake,
  versions,
} from './support/tls.ts'

const tls12 = versions[1]
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

function ssl12(options = 0) {
  const server = serving(tls12)
  SSL_CTX_set_options(server, options)
  return { client: dialling(tls12), server }
}

function met(contexts: ReturnType<typeof ssl12>, session: SSL_SESSION | null = null) {
  const made = endsOver(17_408, tls12, contexts)
  SSL_set_session(made.client, session)
  shake(made)
  return made
}

for (const [way, options] of [
  ['id', SSL_OP_NO_TICKET],
  ['ticket', 0],
] as const) {
  test(`a session that goes by its ${way} is one object, from its callback in the handshake on; resumed by id it is the one that was set`, t => {
    const contexts = ssl12(options)
    const told: SSL_SESSION[] = []
    SSL_CTX_sess_set_new_cb(contexts.client, (ssl, session) => {
      t.is(SSL_in_init(ssl), 1)
      return told.push(session) && 1
    })
    const first = met(contexts)
    const session = SSL_get_session(first.client)
    t.is(told.length, 1)
    t.is(told[0], session as SSL_SESSION)
    t.is(SSL_SESSION_is_resumable(session), 1)
    SSL_read(first.client, new Uint8Array(1))
    t.is(SSL_get_session(first.client), session)
    t.is(SSL_SESSION_get_id(session as SSL_SESSION).length, 32)
    const next = met(contexts, session)
    t.deepEqual([SSL_session_reused(next.client), SSL_session_reused(next.server)], [1, 1])
    // An id stays what it is, and nobody is told; a ticket is renewed.
    t.is(told.length, way === 'id' ? 1 : 2)
    t.is(SSL_get_session(next.client), (way === 'id' ? session : told[1]) as SSL_SESSION)
    t.deepEqual(
      SSL_SESSION_get_master_key(SSL_get_session(next.client) as SSL_SESSION),
      SSL_SESSION_get_master_key(session as SSL_SESSION),
    )
    t.deepEqual([SSL_CTX_sess_hits(contexts.client), SSL_CTX_sess_hits(contexts.server)], [1, 1])
    t.is(SSL_SESSION_is_resumable(SSL_get_session(next.server)), 0)
  })

  test(`a session that goes by its ${way} is for its session id context alone, of an SSL too`, t => {
    const contexts = ssl12(options)
    const context = Uint8Array.of(1, 2, 3)
    t.is(SSL_CTX_set_session_id_context(contexts.server, context), 1)
    const session = SSL_get1_session(met(contexts).client)
    const again = (own: Uint8Array | undefined) => {
      const made = endsOver(17_408, tls12, contexts)
      if (own) t.is(SSL_set_session_id_context(made.server, own), 1)
      SSL_set_session(made.client, session)
      shake(made)
      return SSL_session_reused(made.client)
    }
    t.is(again(Uint8Array.of(1, 2)), 0)
    t.is(again(Uint8Array.of(1, 2, 3, 0)), 0)
    t.is(again(undefined), 1)
    t.is(again(context), 1)
  })
}

test('the callback for new sessions is told of none where the server gives none', t => {
  const contexts = ssl12(SSL_OP_NO_TICKET)
  SSL_CTX_set_session_cache_mode(contexts.server, SSL_SESS_CACHE_OFF)
  let told = 0
  SSL_CTX_sess_set_new_cb(contexts.client, () => told++)
  const { client } = met(contexts)
  t.is(told, 0)
  t.is(SSL_SESSION_is_resumable(SSL_get_session(client)), 0)
  t.is(SSL_SESSION_get_id(SSL_get_session(client) as SSL_SESSION).length, 0)
})

test('SSL_SESS_CACHE_NO_INTERNAL with tickets: they need no cache', t => {
  const contexts = ssl12()
  SSL_CTX_set_session_cache_mode(
    contexts.server,
    SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL,
  )
  const session = SSL_get1_session(met(contexts).client)
  t.is(SSL_session_reused(met(contexts, session).client), 1)
})
