/** Names that programs in C have for one thing: macros, and what OpenSSL 3 calls otherwise. */
import {
  BIO_new_bio_pair,
  ERR_get_error_all,
  SSL_CTX_load_verify,
  SSL_CTX_new,
  SSL_CTX_use_certificate,
  SSL_CTX_use_PrivateKey,
  SSL_do_handshake,
  SSL_get_cipher,
  SSL_get_cipher_name,
  SSL_get_peer_certificate,
  SSL_get0_peer_certificate,
  SSL_get1_peer_certificate,
  SSL_is_init_finished,
  SSL_new,
  SSL_set_accept_state,
  SSL_set_bio,
  SSL_set_connect_state,
  SSL_set1_host,
  TLS_client_method,
  TLS_server_method,
} from '@biopair/ssl/openssl'
import { Minter } from '@biopair/testkit/mint'
import test from 'ava'

const self = new Minter({ time: Date.now() }).certificate({ names: ['localhost'] })

test('a program that sets a certificate alone, and asks by the names of OpenSSL 3 and by macros, ports as it stands', t => {
  const [clientContext, serverContext] = [
    SSL_CTX_new(TLS_client_method()),
    SSL_CTX_new(TLS_server_method()),
  ]
  t.is(SSL_CTX_load_verify(clientContext, self.pem), 1)
  t.is(SSL_CTX_use_certificate(serverContext, self.der), 1)
  t.is(SSL_CTX_use_PrivateKey(serverContext, self.key.pem()), 1)
  const [client, server] = [SSL_new(clientContext), SSL_new(serverContext)]
  const [near, far] = BIO_new_bio_pair(0, 0)
  SSL_set_bio(client, near, near)
  SSL_set_bio(server, far, far)
  SSL_set1_host(client, 'localhost')
  SSL_set_connect_state(client)
  SSL_set_accept_state(server)
  t.is(SSL_get_cipher(client), '(NONE)')
  for (let i = 0; i < 5; i++) for (const ssl of [client, server]) SSL_do_handshake(ssl)
  t.deepEqual([client, server].map(SSL_is_init_finished), [1, 1])
  t.is(SSL_get_cipher(client), SSL_get_cipher_name(server))
  for (const peer of [
    SSL_get_peer_certificate,
    SSL_get0_peer_certificate,
    SSL_get1_peer_certificate,
  ]) {
    t.deepEqual(peer(client), self.der)
    t.is(peer(server), null)
  }
})

test('a certificate of another key than the one that stands there is refused, with the error in the context', t => {
  const other = new Minter({ time: Date.now() }).certificate({ names: ['other'] })
  const context = SSL_CTX_new(TLS_server_method())
  t.is(SSL_CTX_use_certificate(context, self.der), 1)
  t.is(SSL_CTX_use_PrivateKey(context, other.key.pem()), 0)
  t.is(ERR_get_error_all(context)?.reason, 'KEY_VALUES_MISMATCH')
})
