/** Callbacks that throw where C has no answer for it: the connection ends with internal_error, and the cause can be had. */
import {
  ERR_get_error_all,
  SSL_accept,
  type SSL_CTX,
  SSL_CTX_sess_set_new_cb,
  SSL_CTX_set_alpn_protos,
  SSL_CTX_set_alpn_select_cb,
  SSL_CTX_set_info_callback,
  SSL_CTX_set_keylog_callback,
  SSL_connect,
  SSL_ERROR_SSL,
  SSL_get_error,
  SSL_read,
} from '@biopair/ssl/openssl'
import { TlsAlert } from '@biopair/wire'
import test from 'ava'
import { failure, play, playLater } from './support/play.ts'
import { clientContext, endsOver, serverContext, versions } from './support/tls.ts'

const mistake = new Error('a mistake')
const fail = () => {
  throw mistake
}

const cases: [string, 'client' | 'server', string, (ctx: SSL_CTX) => void][] = [
  ['ALPN select', 'server', 'CALLBACK_FAILED', ctx => SSL_CTX_set_alpn_select_cb(ctx, fail)],
  [
    'ALPN select that rejects',
    'server',
    'CALLBACK_FAILED',
    ctx => SSL_CTX_set_alpn_select_cb(ctx, () => Promise.reject(mistake)),
  ],
  ['the key log', 'server', 'INTERNAL_ERROR', ctx => SSL_CTX_set_keylog_callback(ctx, fail)],
  [
    "the client's key log",
    'client',
    'INTERNAL_ERROR',
    ctx => SSL_CTX_set_keylog_callback(ctx, fail),
  ],
]

for (const [name, side, reason, set] of cases)
  test(`${name}: a callback that throws is internal_error, the same on each later call`, async t => {
    const made = { client: clientContext(), server: serverContext() }
    SSL_CTX_set_alpn_protos(made.client, Uint8Array.of(2, 104, 50))
    set(made[side])
    const ends = endsOver(17408, versions[0], made)
    t.false((await playLater(ends)).done)
    for (let i = 0; i < 3; i++) {
      const ret = side === 'client' ? SSL_connect(ends.client) : SSL_accept(ends.server)
      t.is(ret, -1)
      t.is(SSL_get_error(ends[side], ret), SSL_ERROR_SSL)
      t.deepEqual(failure(ends[side]), { reason, alert: 'internal_error', thrown: mistake })
    }
  })

test('a session callback that throws ends the read that brought the ticket', t => {
  const client = clientContext()
  SSL_CTX_sess_set_new_cb(client, fail)
  const ends = endsOver(17408, versions[0], { client })
  t.true(play(ends).done)
  t.is(SSL_read(ends.client, new Uint8Array(1)), -1)
  t.is(failure(ends.client).thrown, mistake)
})

test('a TlsAlert that is thrown goes out as it is', t => {
  const server = serverContext()
  const alert = new TlsAlert('access_denied', { reason: 'MINE', section: '6.2', why: 'not you' })
  SSL_CTX_set_info_callback(server, () => {
    throw alert
  })
  const ends = endsOver(17408, versions[0], { server })
  t.false(play(ends).done)
  t.is(SSL_accept(ends.server), -1)
  t.is(ERR_get_error_all(ends.server)?.cause, alert)
  t.is(SSL_connect(ends.client), -1)
  t.is(failure(ends.client).alert, 'access_denied')
})

test('a callback that calls its own connection is told so, and the handshake goes on', t => {
  const [client, server] = [clientContext(), serverContext()]
  const inside: unknown[] = []
  SSL_CTX_set_info_callback(server, ssl => {
    if (inside.length > 0) return
    inside.push(SSL_accept(ssl), ERR_get_error_all(ssl)?.reason)
  })
  t.true(play(endsOver(17408, versions[0], { client, server })).done)
  t.deepEqual(inside, [-1, 'SHOULD_NOT_HAVE_BEEN_CALLED'])
})
