/** Sessions by their C names: kept, given to the next connection, written and read (SSL_set_session(3), SSL_CTX_sess_set_new_cb(3)). */
import { nodeCrypto } from '@biopair/crypto-node'
import {
  d2i_SSL_SESSION,
  i2d_SSL_SESSION,
  type SSL,
  SSL_CIPHER_get_name,
  type SSL_CTX,
  SSL_CTX_flush_sessions,
  SSL_CTX_get_session_cache_mode,
  SSL_CTX_get_timeout,
  SSL_CTX_load_verify,
  SSL_CTX_sess_accept,
  SSL_CTX_sess_accept_good,
  SSL_CTX_sess_accept_renegotiate,
  SSL_CTX_sess_connect,
  SSL_CTX_sess_connect_good,
  SSL_CTX_sess_connect_renegotiate,
  SSL_CTX_sess_get_cache_size,
  SSL_CTX_sess_hits,
  SSL_CTX_sess_number,
  SSL_CTX_sess_set_cache_size,
  SSL_CTX_sess_set_new_cb,
  SSL_CTX_set_options,
  SSL_CTX_set_session_cache_mode,
  SSL_CTX_set_session_id_context,
  SSL_CTX_set_timeout,
  SSL_CTX_set_tlsext_ticket_keys,
  SSL_CTX_set_verify,
  SSL_CTX_use_certificate_chain,
  SSL_CTX_use_PrivateKey,
  SSL_clear,
  SSL_connect,
  SSL_free,
  SSL_get_peer_certificate,
  SSL_get_session,
  SSL_get0_session,
  SSL_get1_session,
  SSL_OP_NO_TICKET,
  SSL_read,
  SSL_SESS_CACHE_CLIENT,
  SSL_SESS_CACHE_NO_INTERNAL,
  SSL_SESS_CACHE_OFF,
  SSL_SESS_CACHE_SERVER,
  type SSL_SESSION,
  SSL_SESSION_dup,
  SSL_SESSION_free,
  SSL_SESSION_get_id,
  SSL_SESSION_get_master_key,
  SSL_SESSION_get_protocol_version,
  SSL_SESSION_get_ticket_lifetime_hint,
  SSL_SESSION_get_time,
  SSL_SESSION_get_timeout,
  SSL_SESSION_get0_alpn_selected,
  SSL_SESSION_get0_cipher,
  SSL_SESSION_get0_hostname,
  SSL_SESSION_get0_peer,
  SSL_SESSION_get0_ticket,
  SSL_SESSION_has_ticket,
  SSL_SESSION_is_resumable,
  SSL_SESSION_new,
  SSL_SESSION_set_cipher,
  SSL_SESSION_set_protocol_version,
  SSL_SESSION_set1_master_key,
  SSL_SESSION_up_ref,
  SSL_session_reused,
  SSL_set_session,
  SSL_set_session_id_context,
  SSL_shutdown,
  SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
  SSL_VERIFY_PEER,
  TLS1_3_VERSION,
} from '@biopair/ssl/openssl'
import test, { type ExecutionContext } from 'ava'
import { chainFor } from '../support/mint.ts'
import {
  clientContext,
  type Ends,
  each,
  endsOver,
  inject,
  only13,
  serverContext,
  shake,
  shakeWired,
  versions,
  wiredEnds,
} from './support/tls.ts'

const ticketKeys = new Uint8Array(80).map((_, i) => i)

/** Both ends, shaken, with what the server says afterwards read. */
function met(contexts: { client: SSL_CTX; server: SSL_CTX }, session?: SSL_SESSION | null): Ends {
  const ends = endsOver(17408, versions[0], contexts)
  if (session !== undefined) SSL_set_session(ends.client, session)
  shake(ends)
  SSL_read(ends.client, new Uint8Array(1))
  return ends
}

function sessionOf(ssl: SSL): SSL_SESSION {
  const session = SSL_get1_session(ssl)
  if (!session) throw new Error('no session')
  return session
}

function reused(t: ExecutionContext, { client, server }: Ends, expected: 0 | 1): void {
  t.deepEqual([SSL_session_reused(client), SSL_session_reused(server)], [expected, expected])
}

for (const version of versions) {
  const title = (text: string) => `${text} (${version.name})`

  // In TLS 1.2 the handshake itself names the session: session12.test.ts has that.
  if (only13(version))
    test(
      title(
        'a session is resumable once a ticket has come, and another object after each; SSL_get1_session before it is read has none',
      ),
      t => {
        const contexts = { client: clientContext(version), server: serverContext(version) }
        const ends = endsOver(17408, version, contexts)
        t.is(SSL_get_session(ends.client), null)
        shake(ends)
        const before = sessionOf(ends.client)
        t.is(SSL_SESSION_is_resumable(before), 0)
        t.is(SSL_SESSION_has_ticket(before), 0)
        t.is(i2d_SSL_SESSION(before), null)
        SSL_read(ends.client, new Uint8Array(1))
        const after = sessionOf(ends.client)
        t.not(after, before)
        t.true(after === SSL_get0_session(ends.client))
        t.is(SSL_SESSION_is_resumable(after), 1)
        t.is(SSL_SESSION_is_resumable(before), 0)
        reused(t, met(contexts, before), 0)
        reused(t, met(contexts, after), 1)
        t.is(SSL_SESSION_is_resumable(sessionOf(ends.server)), 0)
        t.is(SSL_SESSION_is_resumable(null), 0)
      },
    )

  test(title('what a session says of itself'), t => {
    const now = () => Date.UTC(2026, 6, 1)
    const contexts = {
      client: clientContext(version, { now }),
      server: serverContext(version, { now }),
    }
    SSL_CTX_set_timeout(contexts.server, 300)
    t.is(SSL_CTX_get_timeout(contexts.server), 300)
    const { client } = met(contexts)
    const session = sessionOf(client)
    t.is(
      SSL_CIPHER_get_name(SSL_SESSION_get0_cipher(session)),
      each(version, {
        'TLSv1.3': 'TLS_AES_128_GCM_SHA256',
        'TLSv1.2': 'ECDHE-ECDSA-AES128-GCM-SHA256',
      }),
    )
    t.is(SSL_SESSION_get0_hostname(session), 'server.example')
    t.is(SSL_SESSION_get0_alpn_selected(session), null)
    t.deepEqual(SSL_SESSION_get0_peer(session), SSL_get_peer_certificate(client))
    t.is(SSL_SESSION_get_protocol_version(session), version.number)
    t.is(SSL_SESSION_get_time(session), now() / 1000)
    t.is(SSL_SESSION_get_ticket_lifetime_hint(session), 300)
    t.is(SSL_SESSION_get_timeout(session), 300)
    t.is(
      SSL_SESSION_get_master_key(session).length,
      each(version, { 'TLSv1.3': 32, 'TLSv1.2': 48 }),
    )
    t.true((SSL_SESSION_get0_ticket(session)?.length ?? 0) > 32)
    t.is(SSL_SESSION_set1_master_key(session, new Uint8Array(32)), 0)
    t.is(SSL_SESSION_set_cipher(session, SSL_SESSION_get0_cipher(session) as never), 0)
  })

  test(title('a session is bytes and a session again'), t => {
    const contexts = { client: clientContext(version), server: serverContext(version) }
    const bytes = i2d_SSL_SESSION(sessionOf(met(contexts).client)) as Uint8Array
    const read = d2i_SSL_SESSION(bytes) as SSL_SESSION
    reused(t, met(contexts, read), 1)
    t.is(d2i_SSL_SESSION(bytes.subarray(1)), null)
    t.is(d2i_SSL_SESSION(new Uint8Array(0)), null)
  })

  test(
    title(
      'SSL_set_session takes null back, may be used again, and changes nothing once the handshake has begun',
    ),
    t => {
      const contexts = { client: clientContext(version), server: serverContext(version) }
      const session = sessionOf(met(contexts).client)
      const ends = endsOver(17408, version, contexts)
      SSL_set_session(ends.client, session)
      SSL_set_session(ends.client, null)
      shake(ends)
      reused(t, ends, 0)
      t.is(SSL_set_session(ends.client, session), 1)
      reused(t, ends, 0)
      reused(t, met(contexts, session), 1)
      reused(t, met(contexts, session), 1)
    },
  )

  test(
    title('the callback for new sessions is told of each ticket, and 1 keeps a reference'),
    t => {
      const contexts = { client: clientContext(version), server: serverContext(version) }
      const kept: SSL_SESSION[] = []
      t.is(
        SSL_CTX_set_session_cache_mode(contexts.client, SSL_SESS_CACHE_CLIENT),
        SSL_SESS_CACHE_SERVER,
      )
      t.is(SSL_CTX_get_session_cache_mode(contexts.client), SSL_SESS_CACHE_CLIENT)
      SSL_CTX_sess_set_new_cb(contexts.client, (_, session) => (kept.push(session) === 1 ? 1 : 0))
      const { client } = met(contexts)
      t.deepEqual(
        kept.map(({ references }) => references),
        each(version, { 'TLSv1.3': [2, 1], 'TLSv1.2': [2] }),
      )
      t.true(kept.at(-1) === SSL_get_session(client))
      reused(t, met(contexts, kept[0]), 1)
      // A resumption has tickets of its own.
      t.is(kept.length, each(version, { 'TLSv1.3': 3, 'TLSv1.2': 2 }))
    },
  )

  test(title('SSL_clear goes on with a session that was taken leave of, and with no other'), t => {
    const contexts = { client: clientContext(version), server: serverContext(version) }
    for (const polite of [true, false]) {
      const ends = met(contexts)
      if (polite) SSL_shutdown(ends.client)
      SSL_clear(ends.client)
      SSL_clear(ends.server)
      const next = endsOver(17408, version, contexts)
      next.client.offered = ends.client.offered
      shake(next)
      reused(t, next, polite ? 1 : 0)
    }
  })

  test(
    title(
      'SSL_OP_NO_TICKET: a server keeps its sessions, in a bounded cache, unless its mode says that it keeps none',
    ),
    t => {
      const server = serverContext(version)
      SSL_CTX_set_options(server, SSL_OP_NO_TICKET)
      const contexts = { client: clientContext(version), server }
      t.is(SSL_CTX_sess_get_cache_size(server), 20480)
      t.is(SSL_CTX_sess_set_cache_size(server, 3), 20480)
      const session = sessionOf(met(contexts).client)
      // A ticket of TLS 1.3 that names what is kept; in TLS 1.2 an id.
      const { length } = SSL_SESSION_get0_ticket(session) ?? SSL_SESSION_get_id(session)
      t.is(length, 32)
      t.is(SSL_SESSION_has_ticket(session), each(version, { 'TLSv1.3': 1, 'TLSv1.2': 0 }))
      t.is(SSL_CTX_sess_number(server), each(version, { 'TLSv1.3': 2, 'TLSv1.2': 1 }))
      reused(t, met(contexts, session), 1)
      t.is(SSL_CTX_sess_number(server), each(version, { 'TLSv1.3': 3, 'TLSv1.2': 1 }))
      SSL_CTX_flush_sessions(server, 0)
      t.is(SSL_CTX_sess_number(server), 0)
      reused(t, met(contexts, session), 0)
      for (const mode of [SSL_SESS_CACHE_OFF, SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL]) {
        SSL_CTX_set_session_cache_mode(server, mode)
        t.is(SSL_SESSION_is_resumable(SSL_get_session(met(contexts).client)), 0)
      }
    },
  )

  test(title('servers with the same ticket keys and the same context resume, others do not'), t => {
    const client = clientContext(version)
    const serving = (keys?: Uint8Array, context?: Uint8Array) => {
      const server = serverContext(version)
      if (keys) t.is(SSL_CTX_set_tlsext_ticket_keys(server, keys), 1)
      if (context) t.is(SSL_CTX_set_session_id_context(server, context), 1)
      return server
    }
    const context = Uint8Array.of(0, 1, 255)
    const session = sessionOf(met({ client, server: serving(ticketKeys, context) }).client)
    const same = serving(ticketKeys, context)
    reused(t, met({ client, server: same }, session), 1)
    reused(t, met({ client, server: serving(ticketKeys) }, session), 0)
    reused(
      t,
      met(
        {
          client,
          server: serving(
            ticketKeys.map(byte => byte ^ 1),
            context,
          ),
        },
        session,
      ),
      0,
    )
    reused(t, met({ client, server: serving(undefined, context) }, session), 0)
    const other = serving(ticketKeys)
    const ends = endsOver(17408, version, { client, server: other })
    t.is(SSL_set_session_id_context(ends.server, context), 1)
    SSL_set_session(ends.client, session)
    shake(ends)
    reused(t, ends, 1)
    t.is(SSL_CTX_set_tlsext_ticket_keys(same, null), 80)
    t.is(SSL_CTX_set_tlsext_ticket_keys(same, new Uint8Array(48)), 0)
    t.is(SSL_CTX_set_session_id_context(same, new Uint8Array(33)), 0)
  })

  test(
    title('5.3: a connection that fails takes its session along, and the one that it went on with'),
    t => {
      for (const resumes of [false, true]) {
        const contexts = { client: clientContext(version), server: serverContext(version) }
        const first = sessionOf(met(contexts).client)
        const ends = wiredEnds(17408, version, contexts)
        if (resumes) SSL_set_session(ends.client, first)
        shakeWired(ends)
        SSL_read(ends.client, new Uint8Array(1))
        const session = sessionOf(ends.client)
        t.is(SSL_SESSION_is_resumable(session), 1)
        inject(ends.clientWire, Uint8Array.of(23, 3, 3, 0, 30, ...new Uint8Array(30)))
        t.is(SSL_read(ends.client, new Uint8Array(1)), -1)
        t.is(SSL_SESSION_is_resumable(session), 0)
        t.is(SSL_get_session(ends.client), session)
        t.is(SSL_SESSION_is_resumable(first), resumes ? 0 : 1)
        reused(t, met(contexts, session), 0)
        reused(t, met(contexts, first), resumes ? 0 : 1)
      }
    },
  )

  test(title('a cut, and SSL_free without SSL_shutdown, leave the session as it is'), t => {
    const contexts = { client: clientContext(version), server: serverContext(version) }
    const ends = met(contexts)
    const session = sessionOf(ends.client)
    SSL_free(ends.server)
    t.is(SSL_read(ends.client, new Uint8Array(1)), -1)
    SSL_free(ends.client)
    reused(t, met(contexts, session), 1)
  })

  test(
    title(
      '5.9: a server that asks for certificates resumes without a session id context, and judges the client anew',
    ),
    t => {
      const { pem, keyPem, leaf, root } = chainFor('p256')
      const contexts = { client: clientContext(version), server: serverContext(version) }
      SSL_CTX_use_certificate_chain(contexts.client, pem)
      SSL_CTX_use_PrivateKey(contexts.client, keyPem)
      SSL_CTX_load_verify(contexts.server, root.pem)
      const judged: number[] = []
      SSL_CTX_set_verify(
        contexts.server,
        SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
        ok => judged.push(ok) && ok,
      )
      const session = sessionOf(met(contexts).client)
      const before = judged.length
      t.true(before > 0)
      const ends = met(contexts, session)
      reused(t, ends, 1)
      t.is(judged.length, 2 * before)
      t.deepEqual(SSL_get_peer_certificate(ends.server), leaf.der)
    },
  )

  test(title('a context counts handshakes that began, that were done, and that resumed'), t => {
    const contexts = { client: clientContext(version), server: serverContext(version) }
    const counts = ({ client, server }: typeof contexts) => [
      SSL_CTX_sess_connect(client),
      SSL_CTX_sess_connect_good(client),
      SSL_CTX_sess_accept(server),
      SSL_CTX_sess_accept_good(server),
      SSL_CTX_sess_hits(client),
      SSL_CTX_sess_hits(server),
    ]
    t.deepEqual(counts(contexts), [0, 0, 0, 0, 0, 0])
    const session = sessionOf(met(contexts).client)
    t.deepEqual(counts(contexts), [1, 1, 1, 1, 0, 0])
    const ends = met(contexts, session)
    SSL_read(ends.server, new Uint8Array(1))
    t.deepEqual(counts(contexts), [2, 2, 2, 2, 1, 1])
    SSL_connect(endsOver(17408, version, contexts).client)
    t.deepEqual(counts(contexts), [3, 2, 2, 2, 1, 1])
    t.is(SSL_CTX_sess_connect_renegotiate(contexts.client), 0)
    t.is(SSL_CTX_sess_accept_renegotiate(contexts.server), 0)
    t.deepEqual(
      SSL_SESSION_get_id(session),
      nodeCrypto.hashes.sha256.digest(SSL_SESSION_get0_ticket(session) as Uint8Array<ArrayBuffer>),
    )
    t.is(SSL_SESSION_get_id(SSL_SESSION_new()).length, 0)
  })
}

test('references of a session: the last one wipes a key that was set', t => {
  const session = SSL_SESSION_new()
  const suite = SSL_SESSION_get0_cipher(
    sessionOf(met({ client: clientContext(), server: serverContext() }).client),
  )
  t.is(SSL_SESSION_set1_master_key(session, new Uint8Array(32).fill(5)), 1)
  t.is(SSL_SESSION_set1_master_key(session, new Uint8Array(0)), 0)
  t.is(SSL_SESSION_set_cipher(session, suite as never), 1)
  t.is(SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION), 1)
  t.is(SSL_SESSION_set_protocol_version(session, 0x0303), 0)
  const copy = SSL_SESSION_dup(session)
  SSL_SESSION_up_ref(session)
  SSL_SESSION_free(session)
  t.deepEqual(SSL_SESSION_get_master_key(session), new Uint8Array(32).fill(5))
  const { key } = session
  SSL_SESSION_free(session)
  SSL_SESSION_free(session)
  SSL_SESSION_free(null)
  t.deepEqual(key, new Uint8Array(32))
  t.deepEqual(SSL_SESSION_get_master_key(copy), new Uint8Array(32).fill(5))
  t.is(chainFor('p256').der.length, 2)
})
