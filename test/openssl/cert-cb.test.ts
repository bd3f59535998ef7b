/** Certificate callbacks: what is shown may be decided when it is asked for, in both roles. */

import { nodeCrypto } from '@biopair/crypto-node'
import {
  SSL_accept,
  SSL_CTX_get_client_cert_cb,
  SSL_CTX_load_verify,
  SSL_CTX_new,
  SSL_CTX_set_cert_cb,
  SSL_CTX_set_client_cert_cb,
  SSL_CTX_set_verify,
  SSL_CTX_use_certificate_chain,
  SSL_CTX_use_PrivateKey,
  SSL_check_private_key,
  SSL_connect,
  SSL_get_peer_certificate,
  SSL_get_servername,
  SSL_set_cert_cb,
  SSL_set_connect_state,
  SSL_use_certificate,
  SSL_use_certificate_chain,
  SSL_use_PrivateKey,
  SSL_VERIFY_PEER,
  TLS_server_method,
} from '@biopair/ssl/openssl'
import test from 'ava'
import { chainFor, mint } from '../support/mint.ts'
import { agree, failure, play } from './support/play.ts'
import { clientContext, endsOver, serverContext, versions } from './support/tls.ts'

const mine = chainFor('p384')
const bare = () => SSL_CTX_new(TLS_server_method(), { crypto: nodeCrypto })

/** A server that asks for a certificate. */
function asking() {
  const server = serverContext()
  SSL_CTX_load_verify(server, mine.root.pem)
  SSL_CTX_set_verify(server, SSL_VERIFY_PEER)
  return server
}

test('the passphrase beside an SSL_CTX is that of an encrypted key, also inside cert_cb', t => {
  const { pem, leaf } = chainFor('p256')
  const encrypted = leaf.key
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'sesame' })
    .toString()
  const server = (passphrase: string) =>
    SSL_CTX_new(TLS_server_method(), { crypto: nodeCrypto, passphrase })
  const locked = server('other')
  t.is(SSL_CTX_use_certificate_chain(locked, pem), 1)
  t.is(SSL_CTX_use_PrivateKey(locked, encrypted), 0)
  const early = server('sesame')
  t.is(SSL_CTX_use_certificate_chain(early, pem), 1)
  t.is(SSL_CTX_use_PrivateKey(early, encrypted), 1)
  const late = server('sesame')
  SSL_CTX_set_cert_cb(late, ssl => {
    t.is(SSL_use_PrivateKey(ssl, encrypted), 1)
    return SSL_use_certificate_chain(ssl, pem)
  })
  for (const context of [early, late])
    t.true(play(endsOver(17408, versions[0], { server: context })).done)
})

test('what cert_cb sets for its SSL is shown, by a server that has nothing else', t => {
  const server = bare()
  const { pem, keyPem, leaf } = chainFor('p256')
  SSL_CTX_set_cert_cb(
    server,
    (ssl, arg) => {
      t.is(arg, 'mine')
      t.is(SSL_get_servername(ssl), 'server.example')
      t.is(SSL_check_private_key(ssl), 0)
      t.is(SSL_use_PrivateKey(ssl, keyPem), 1)
      t.is(SSL_use_certificate_chain(ssl, pem), 1)
      t.is(SSL_check_private_key(ssl), 1)
      return 1
    },
    'mine',
  )
  for (let i = 0; i < 2; i++) {
    const ends = endsOver(17408, versions[0], { server })
    t.true(play(ends).done)
    t.deepEqual(SSL_get_peer_certificate(ends.client), leaf.der)
    t.true(agree(ends))
  }
})

test('what cert_cb sets takes the place of what the context has, for this SSL alone', t => {
  const { root } = chainFor('p256')
  const other = mint({ issuer: root, names: ['server.example'] })
  const server = serverContext()
  const ends = endsOver(17408, versions[0], { server })
  SSL_set_cert_cb(ends.server, ssl => {
    t.is(SSL_use_certificate(ssl, other.pem), 1)
    return SSL_use_PrivateKey(ssl, other.keyPem)
  })
  t.true(play(ends).done)
  t.deepEqual(SSL_get_peer_certificate(ends.client), other.der)
  const next = endsOver(17408, versions[0], { server })
  t.true(play(next).done)
  t.deepEqual(SSL_get_peer_certificate(next.client), chainFor('p256').leaf.der)
})

test('a client is asked only if the server asks, and shows what is set then', t => {
  const client = clientContext()
  let calls = 0
  SSL_CTX_set_cert_cb(client, ssl => {
    calls++
    SSL_use_certificate_chain(ssl, mine.pem)
    return SSL_use_PrivateKey(ssl, mine.keyPem)
  })
  t.true(play(endsOver(17408, versions[0], { client })).done)
  t.is(calls, 0)
  const ends = endsOver(17408, versions[0], { client, server: asking() })
  t.true(play(ends).done)
  t.is(calls, 1)
  t.deepEqual(SSL_get_peer_certificate(ends.server), mine.leaf.der)
})

test('SSL_set_cert_cb takes effect also once the handshake has begun', t => {
  const ends = endsOver(17408, versions[0], { server: asking() })
  SSL_set_connect_state(ends.client)
  t.is(SSL_connect(ends.client), -1)
  SSL_set_cert_cb(ends.client, ssl => {
    SSL_use_certificate_chain(ssl, mine.pem)
    return SSL_use_PrivateKey(ssl, mine.keyPem)
  })
  t.true(play(ends).done)
  t.deepEqual(SSL_get_peer_certificate(ends.server), mine.leaf.der)
})

test('it is called also where there are certificates, and 0 is internal_error', t => {
  const server = serverContext()
  SSL_CTX_set_cert_cb(server, () => 0)
  const ends = endsOver(17408, versions[0], { server })
  t.false(play(ends).done)
  t.is(SSL_accept(ends.server), -1)
  t.deepEqual(failure(ends.server), {
    reason: 'CERT_CB_ERROR',
    alert: 'internal_error',
    thrown: undefined,
  })
  const client = clientContext()
  SSL_CTX_set_cert_cb(client, () => 0)
  const asked = endsOver(17408, versions[0], { client, server: asking() })
  t.false(play(asked).done)
  t.is(SSL_connect(asked.client), -1)
  t.deepEqual(failure(asked.client), {
    reason: 'CALLBACK_FAILED',
    alert: 'internal_error',
    thrown: undefined,
  })
})

test('a server that is left without a certificate says handshake_failure', t => {
  const server = bare()
  SSL_CTX_set_cert_cb(server, () => 1)
  const ends = endsOver(17408, versions[0], { server })
  t.false(play(ends).done)
  t.is(SSL_accept(ends.server), -1)
  t.deepEqual(failure(ends.server), {
    reason: 'NO_CERTIFICATE_SET',
    alert: 'handshake_failure',
    thrown: undefined,
  })
})

test('client_cert_cb is called where nothing fits, after cert_cb', t => {
  const seen: string[] = []
  const client = clientContext()
  const callback = () => {
    seen.push('client_cert_cb')
    return [1, mine.pem, mine.keyPem] as const
  }
  t.is(SSL_CTX_get_client_cert_cb(client), null)
  SSL_CTX_set_client_cert_cb(client, callback)
  t.is(SSL_CTX_get_client_cert_cb(client), callback)
  SSL_CTX_set_cert_cb(client, () => seen.push('cert_cb'))
  const ends = endsOver(17408, versions[0], { client, server: asking() })
  t.true(play(ends).done)
  t.deepEqual(seen, ['cert_cb', 'client_cert_cb'])
  t.deepEqual(SSL_get_peer_certificate(ends.server), mine.leaf.der)
  SSL_CTX_use_certificate_chain(client, mine.pem)
  SSL_CTX_use_PrivateKey(client, mine.keyPem)
  t.true(play(endsOver(17408, versions[0], { client, server: asking() })).done)
  t.is(seen.length, 3)
  const none = clientContext()
  SSL_CTX_set_client_cert_cb(none, () => 0)
  const without = endsOver(17408, versions[0], { client: none, server: asking() })
  t.true(play(without).done)
  t.is(SSL_get_peer_certificate(without.server), null)
})

test('a callback that throws, or passes out what is no certificate, is internal_error with its cause', t => {
  const mistake = new Error('a mistake')
  const client = clientContext()
  SSL_CTX_set_cert_cb(client, () => {
    throw mistake
  })
  const ends = endsOver(17408, versions[0], { client, server: asking() })
  t.false(play(ends).done)
  t.is(SSL_connect(ends.client), -1)
  t.deepEqual(failure(ends.client), {
    reason: 'CALLBACK_FAILED',
    alert: 'internal_error',
    thrown: mistake,
  })
  const wrong = clientContext()
  SSL_CTX_set_client_cert_cb(wrong, () => [1, 'no certificate', 'no key'])
  const other = endsOver(17408, versions[0], { client: wrong, server: asking() })
  t.false(play(other).done)
  t.is(SSL_connect(other.client), -1)
  const { alert, thrown } = failure(other.client)
  t.is(alert, 'internal_error')
  t.true(thrown instanceof Error)
})
