/** Early data by its C names: SSL_read_early_data(3), row by row of the contract's section 5.10. */

import {
  BIO_new,
  BIO_read,
  BIO_s_mem,
  BIO_write,
  SSL_accept,
  type SSL_CTX,
  SSL_CTX_get_max_early_data,
  SSL_CTX_get_recv_max_early_data,
  SSL_CTX_set_allow_early_data_cb,
  SSL_CTX_set_max_early_data,
  SSL_CTX_set_options,
  SSL_CTX_set_recv_max_early_data,
  SSL_connect,
  SSL_EARLY_DATA_ACCEPTED,
  SSL_EARLY_DATA_NOT_SENT,
  SSL_EARLY_DATA_REJECTED,
  SSL_ERROR_SSL,
  SSL_ERROR_WANT_READ,
  SSL_ERROR_WANT_WRITE,
  SSL_get_early_data_status,
  SSL_get_error,
  SSL_get_max_early_data,
  SSL_get_peer_certificate,
  SSL_get_recv_max_early_data,
  SSL_get_session,
  SSL_in_before,
  SSL_new,
  SSL_OP_NO_ANTI_REPLAY,
  SSL_READ_EARLY_DATA_FINISH,
  SSL_READ_EARLY_DATA_SUCCESS,
  SSL_read,
  SSL_read_early_data,
  type SSL_SESSION,
  SSL_SESSION_get_max_early_data,
  SSL_SESSION_new,
  SSL_SESSION_set_max_early_data,
  SSL_session_reused,
  SSL_set_accept_state,
  SSL_set_allow_early_data_cb,
  SSL_set_bio,
  SSL_set_max_early_data,
  SSL_set_recv_max_early_data,
  SSL_set_session,
  SSL_write,
  SSL_write_early_data,
} from '@biopair/ssl/openssl'
import test from 'ava'
import { chainFor } from '../support/mint.ts'
import { bytes, into, reason, text } from './support/bio.ts'
import {
  clientContext,
  type Ends,
  endsOver,
  ringSizes,
  serverContext,
  shake,
} from './support/tls.ts'

interface Pair {
  readonly client: SSL_CTX
  readonly server: SSL_CTX
}

function contexts(max = 100): Pair {
  const server = serverContext()
  SSL_CTX_set_max_early_data(server, max)
  return { client: clientContext(), server }
}

/** Two ends, and the session of a connection before them. */
function comeback(pair: Pair = contexts()): Ends & { readonly session: SSL_SESSION } {
  const first = endsOver(17408, undefined, pair)
  shake(first)
  SSL_read(first.client, into(1))
  const session = SSL_get_session(first.client)
  if (!session) throw new Error('no ticket came')
  const ends = endsOver(17408, undefined, pair)
  SSL_set_session(ends.client, session)
  return { ...ends, session }
}

const statuses = ({ client, server }: Ends) => [client, server].map(SSL_get_early_data_status)

test('S12: accepted: read before the handshake, answered before the Finished, and the handshake goes on', t => {
  const ends = comeback()
  const { client, server } = ends
  t.deepEqual(statuses(ends), [SSL_EARLY_DATA_NOT_SENT, SSL_EARLY_DATA_NOT_SENT])
  t.deepEqual(SSL_write_early_data(client, bytes('early')), [1, 5])
  t.is(SSL_get_early_data_status(client), SSL_EARLY_DATA_REJECTED)
  const buffer = into(100)
  t.deepEqual(SSL_read_early_data(server, buffer), [SSL_READ_EARLY_DATA_SUCCESS, 5])
  t.is(text(buffer.subarray(0, 5)), 'early')
  t.deepEqual(SSL_write_early_data(server, bytes('half')), [1, 4])
  t.deepEqual(SSL_read_early_data(server, buffer), [0, 0])
  t.is(SSL_get_error(server, 0), SSL_ERROR_WANT_READ)
  t.is(SSL_read(client, buffer), 4)
  t.is(text(buffer.subarray(0, 4)), 'half')
  t.is(SSL_connect(client), 1)
  t.deepEqual(SSL_read_early_data(server, buffer), [SSL_READ_EARLY_DATA_FINISH, 0])
  t.is(SSL_accept(server), 1)
  t.deepEqual(statuses(ends), [SSL_EARLY_DATA_ACCEPTED, SSL_EARLY_DATA_ACCEPTED])
  t.deepEqual([SSL_session_reused(client), SSL_session_reused(server)], [1, 1])
})

test('S12: a plain SSL_accept refuses early data; the session goes on, and the program sends it again', t => {
  const ends = comeback()
  t.deepEqual(SSL_write_early_data(ends.client, bytes('early')), [1, 5])
  shake(ends)
  t.deepEqual(statuses(ends), [SSL_EARLY_DATA_REJECTED, SSL_EARLY_DATA_REJECTED])
  t.is(SSL_session_reused(ends.client), 1)
  t.is(SSL_read(ends.server, into(10)), -1)
  t.is(SSL_write(ends.client, bytes('early')), 5)
  t.is(SSL_read(ends.server, into(10)), 5)
  t.deepEqual(SSL_read_early_data(ends.server, into(10)), [0, 0])
  t.is(reason(ends.server), 'should not have been called')
})

test('S12: early data never comes out of SSL_read, and SSL_write waits for the Finished', t => {
  const { client, server } = comeback()
  SSL_write_early_data(client, bytes('early'))
  t.deepEqual(SSL_read_early_data(server, into(2)), [SSL_READ_EARLY_DATA_SUCCESS, 2])
  t.is(SSL_read(server, into(10)), -1)
  t.is(SSL_get_error(server, -1), SSL_ERROR_WANT_READ)
  t.is(SSL_write(server, bytes('x')), -1)
  t.is(SSL_get_error(server, -1), SSL_ERROR_WANT_READ)
  t.deepEqual(SSL_read_early_data(server, into(10)), [SSL_READ_EARLY_DATA_SUCCESS, 3])
  shake({ client, server })
})

test('what the session permits is taken; beyond it is TOO_MUCH_EARLY_DATA, and the connection goes on', t => {
  const ends = comeback(contexts(8))
  const { client, server } = ends
  t.is(SSL_SESSION_get_max_early_data(ends.session), 8)
  t.deepEqual(SSL_write_early_data(client, bytes('0123456789')), [1, 8])
  t.deepEqual(SSL_write_early_data(client, bytes('89')), [0, 0])
  t.is(SSL_get_error(client, 0), SSL_ERROR_SSL)
  t.is(reason(client), 'too much early data')
  t.deepEqual(SSL_read_early_data(server, into(10)), [SSL_READ_EARLY_DATA_SUCCESS, 8])
  shake(ends)
  t.is(SSL_write(client, bytes('89')), 2)
  t.is(SSL_read(server, into(10)), 2)
})

test('a call that must not be made says so, and leaves the connection as it is', t => {
  const ends = comeback()
  t.deepEqual(SSL_read_early_data(ends.client, into(1)), [0, 0])
  t.is(reason(ends.client), 'should not have been called')
  t.deepEqual(SSL_write_early_data(ends.server, bytes('x')), [0, 0])
  t.is(reason(ends.server), 'should not have been called')
  shake(ends)
  t.deepEqual(SSL_write_early_data(ends.client, bytes('x')), [0, 0])
  t.is(reason(ends.client), 'should not have been called')
  const none = comeback(contexts(0))
  t.deepEqual(SSL_write_early_data(none.client, bytes('x')), [0, 0])
  t.is(reason(none.client), 'should not have been called')
  t.deepEqual(statuses(none), [SSL_EARLY_DATA_NOT_SENT, SSL_EARLY_DATA_NOT_SENT])
  shake(none)
})

test('a server that reads early data of a client without any goes on', t => {
  const ends = endsOver(17408, undefined, contexts())
  t.is(SSL_connect(ends.client), -1)
  t.deepEqual(SSL_read_early_data(ends.server, into(1)), [SSL_READ_EARLY_DATA_FINISH, 0])
  shake(ends)
  t.deepEqual(statuses(ends), [SSL_EARLY_DATA_NOT_SENT, SSL_EARLY_DATA_NOT_SENT])
})

test('5.10: where there is no early data, the server’s flight is out when it hears so, over whatever ring; FINISH is told once', t => {
  for (const size of ringSizes) {
    const ends = endsOver(size, undefined, contexts())
    let waits = 0
    for (;;) {
      SSL_connect(ends.client)
      const [result] = SSL_read_early_data(ends.server, into(1))
      if (result === SSL_READ_EARLY_DATA_FINISH) break
      t.true([SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE].includes(SSL_get_error(ends.server, 0)))
      if (waits++ > 20_000) return t.fail('no end')
    }
    SSL_connect(ends.client)
    // The client has all that it needs.
    t.is(SSL_get_peer_certificate(ends.client)?.length, chainFor('p256').leaf.der.length)
    t.deepEqual(SSL_read_early_data(ends.server, into(1)), [0, 0])
    t.is(reason(ends.server), 'should not have been called')
    shake(ends)
  }
})

test('5.10: early data that no session permits is refused before anything is sent: a session can still be given', t => {
  const pair = contexts()
  const { session } = comeback(pair)
  const ends = endsOver(17408, undefined, pair)
  t.deepEqual(SSL_write_early_data(ends.client, bytes('early')), [0, 0])
  t.is(reason(ends.client), 'should not have been called')
  t.is(SSL_in_before(ends.client), 1)
  SSL_set_session(ends.client, session)
  t.deepEqual(SSL_write_early_data(ends.client, bytes('early')), [1, 5])
  t.deepEqual(SSL_read_early_data(ends.server, into(9)), [SSL_READ_EARLY_DATA_SUCCESS, 5])
})

test('the callback has a say, of a context and of one connection, now or later', async t => {
  const pair = contexts()
  const asked: unknown[] = []
  SSL_CTX_set_allow_early_data_cb(pair.server, (_ssl, arg) => asked.push(arg) * 0, 'context')
  const refused = comeback(pair)
  SSL_write_early_data(refused.client, bytes('early'))
  t.deepEqual(SSL_read_early_data(refused.server, into(9)), [SSL_READ_EARLY_DATA_FINISH, 0])
  const allowed = comeback(pair)
  SSL_set_allow_early_data_cb(
    allowed.server,
    async (_ssl, arg) => asked.push(arg) && 1,
    'connection',
  )
  SSL_write_early_data(allowed.client, bytes('early'))
  t.deepEqual(SSL_read_early_data(allowed.server, into(9)), [0, 0])
  await new Promise(setImmediate)
  t.deepEqual(SSL_read_early_data(allowed.server, into(9)), [SSL_READ_EARLY_DATA_SUCCESS, 5])
  t.deepEqual(asked, ['context', 'connection'])
})

test('limits are kept for contexts and connections, and a session can permit less', t => {
  const { server } = contexts(7)
  t.is(SSL_CTX_get_max_early_data(server), 7)
  t.is(SSL_CTX_get_recv_max_early_data(server), 16_384)
  t.is(SSL_CTX_set_recv_max_early_data(server, 5), 1)
  t.is(SSL_CTX_get_recv_max_early_data(server), 5)
  const ends = comeback()
  t.is(SSL_get_max_early_data(ends.server), 100)
  SSL_set_max_early_data(ends.server, 3)
  t.is(SSL_get_max_early_data(ends.server), 3)
  SSL_set_recv_max_early_data(ends.server, 4)
  t.is(SSL_get_recv_max_early_data(ends.server), 4)
  const less = comeback()
  t.is(SSL_SESSION_set_max_early_data(less.session, 2), 1)
  t.is(SSL_SESSION_get_max_early_data(less.session), 2)
  SSL_set_session(less.client, less.session)
  t.deepEqual(SSL_write_early_data(less.client, bytes('early')), [1, 2])
})

test('what a session permits can be changed on the one that its connection has, and not where no ticket is', t => {
  const first = endsOver(17408, undefined, contexts())
  shake(first)
  SSL_read(first.client, into(1))
  const session = SSL_get_session(first.client)
  if (!session) return t.fail('no ticket came')
  SSL_SESSION_set_max_early_data(session, 3)
  t.is(SSL_get_session(first.client), session)
  t.is(SSL_SESSION_get_max_early_data(session), 3)
  const key = SSL_SESSION_new()
  t.is(SSL_SESSION_set_max_early_data(key, 3), 0)
  t.is(SSL_SESSION_get_max_early_data(key), 0)
})

for (const [anti, second] of [
  [true, SSL_READ_EARLY_DATA_FINISH],
  [false, SSL_READ_EARLY_DATA_SUCCESS],
] as const)
  test(`rule 55: a flight that is played again is ${anti ? 'refused, also where the connection has settings of its own' : 'taken with SSL_OP_NO_ANTI_REPLAY'}`, t => {
    const pair = contexts()
    if (!anti) SSL_CTX_set_options(pair.server, SSL_OP_NO_ANTI_REPLAY)
    const { client } = comeback(pair)
    const heard = BIO_new(BIO_s_mem())
    SSL_set_bio(client, BIO_new(BIO_s_mem()), heard)
    t.deepEqual(SSL_write_early_data(client, bytes('early')), [1, 5])
    const flight = into(2000)
    const length = BIO_read(heard, flight)
    for (const expected of [SSL_READ_EARLY_DATA_SUCCESS, second] as const) {
      const server = SSL_new(pair.server)
      if (expected === second) SSL_set_recv_max_early_data(server, 200)
      const from = BIO_new(BIO_s_mem())
      BIO_write(from, flight.subarray(0, length))
      SSL_set_bio(server, from, BIO_new(BIO_s_mem()))
      SSL_set_accept_state(server)
      t.is(SSL_read_early_data(server, into(9))[0], expected)
      t.is(SSL_session_reused(server), 1)
    }
  })
