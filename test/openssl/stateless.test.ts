/** SSL_stateless(3) by its C names. */
import { nodeCrypto } from '@biopair/crypto-node'
import {
  type BIO,
  BIO_pending,
  BIO_shutdown_wr,
  ERR_get_error,
  ERR_reason_error_string,
  SSL_accept,
  SSL_CTX_set_stateless_cookie_generate_cb,
  SSL_connect,
  SSL_ERROR_SSL,
  SSL_ERROR_WANT_READ,
  SSL_free,
  SSL_get_error,
  SSL_get_rbio,
  SSL_get_wbio,
  SSL_is_init_finished,
  SSL_new,
  SSL_read,
  SSL_set_bio,
  SSL_stateless,
  SSL_write,
  type Surroundings,
} from '@biopair/ssl/openssl'
import test from 'ava'
import { bytes, into } from './support/bio.ts'
import { clientContext, endsOver, serverContext, versions } from './support/tls.ts'

const address = () => bytes('192.0.2.1')

/** A server that asks for cookies, and a client. */
function meeting(cookieFor: (() => Uint8Array | null) | null = address, more: Surroundings = {}) {
  const server = serverContext(versions[0], { crypto: nodeCrypto, ...more })
  SSL_CTX_set_stateless_cookie_generate_cb(server, cookieFor)
  return { ...endsOver(17408, undefined, { client: clientContext(), server }), context: server }
}

test('0 when the client was asked again, 1 when its cookie is good, and SSL_accept goes on', t => {
  const { client, server } = meeting()
  t.is(SSL_stateless(server), -1)
  t.is(SSL_get_error(server, -1), SSL_ERROR_WANT_READ)
  SSL_connect(client)
  t.is(SSL_stateless(server), 0)
  SSL_connect(client)
  t.is(SSL_stateless(server), 1)
  t.is(SSL_accept(server), -1)
  t.is(SSL_connect(client), 1)
  t.is(SSL_accept(server), 1)
  t.is(SSL_write(client, bytes('one')), 3)
  t.is(SSL_read(server, into(10)), 3)
})

test('another SSL of the same context goes on; the first is freed meanwhile', t => {
  const { client, server, context } = meeting()
  SSL_connect(client)
  const rbio = SSL_get_rbio(server)
  const next = SSL_new(context)
  SSL_set_bio(next, rbio, rbio)
  t.is(SSL_stateless(server), 0)
  SSL_connect(client)
  t.true(BIO_pending(rbio as NonNullable<typeof rbio>) > 0)
  t.is(SSL_stateless(next), 1)
  SSL_accept(next)
  t.is(SSL_connect(client), 1)
  t.is(SSL_accept(next), 1)
  t.is(SSL_is_init_finished(next), 1)
  t.notThrows(() => SSL_free(server))
})

test('a cookie for another address is none: -1 with COOKIE_MISMATCH', t => {
  let asked = 0
  const { client, server } = meeting(() => bytes(`192.0.2.${asked++}`))
  SSL_connect(client)
  t.is(SSL_stateless(server), 0)
  SSL_connect(client)
  t.is(SSL_stateless(server), -1)
  t.is(SSL_get_error(server, -1), SSL_ERROR_SSL)
  t.is(ERR_reason_error_string(ERR_get_error(server)), 'cookie mismatch')
})

test('without a callback: NO_COOKIE_CALLBACK_SET, unless SSL_CTX_new was given cookieKeys; one that answers null begins nothing', t => {
  const { client, server } = meeting(null)
  SSL_connect(client)
  t.is(SSL_stateless(server), -1)
  t.is(ERR_reason_error_string(ERR_get_error(server)), 'no cookie callback set')
  const none = meeting(() => null)
  t.is(SSL_stateless(none.server), -1)
  t.is(SSL_get_error(none.server, -1), SSL_ERROR_SSL)
  const keyed = meeting(null, { cookieKeys: new Uint8Array(32), cookie: 'always' })
  SSL_connect(keyed.client)
  t.is(SSL_stateless(keyed.server), 0)
})

test('a carrier that ends before a ClientHello is -1, which is not 0', t => {
  const { client, server } = meeting()
  BIO_shutdown_wr(SSL_get_wbio(client) as BIO)
  t.is(SSL_stateless(server), -1)
  t.is(ERR_reason_error_string(ERR_get_error(server)), 'unexpected eof while reading')
})
