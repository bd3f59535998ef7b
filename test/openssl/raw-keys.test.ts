/** Raw public keys through the C names (SSL_set1_server_cert_type(3), SSL_add_expected_rpk(3)): only a key that is expected is believed. */
import { nodeCrypto } from '@biopair/crypto-node'
import {
  BIO_new_bio_pair,
  ERR_get_error_all,
  type SSL,
  SSL_accept,
  SSL_add_expected_rpk,
  SSL_CTX_get0_client_cert_type,
  SSL_CTX_get0_server_cert_type,
  SSL_CTX_new,
  SSL_CTX_set1_client_cert_type,
  SSL_CTX_set1_server_cert_type,
  SSL_connect,
  SSL_get_negotiated_client_cert_type,
  SSL_get_negotiated_server_cert_type,
  SSL_get_peer_certificate,
  SSL_get_session,
  SSL_get_verify_result,
  SSL_get0_client_cert_type,
  SSL_get0_peer_rpk,
  SSL_get0_server_cert_type,
  SSL_new,
  SSL_read,
  SSL_SESSION_get0_peer_rpk,
  SSL_set_bio,
  SSL_set_verify,
  SSL_set1_client_cert_type,
  SSL_set1_server_cert_type,
  SSL_use_certificate_chain,
  SSL_use_PrivateKey,
  SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
  SSL_VERIFY_NONE,
  SSL_VERIFY_PEER,
  type SSL_verify_cb,
  TLS_client_method,
  TLS_server_method,
  TLSEXT_cert_type_rpk,
  TLSEXT_cert_type_x509,
  X509_STORE_CTX_get_error,
  X509_STORE_CTX_get0_cert,
  X509_STORE_CTX_get0_rpk,
  X509_STORE_CTX_set_error,
  X509_V_ERR_RPK_UNTRUSTED,
  X509_V_OK,
} from '@biopair/ssl/openssl'
import test from 'ava'
import { chainFor } from '../support/mint.ts'

const theirs = chainFor('p256')
const mine = chainFor('ed25519')
const rpk = [TLSEXT_cert_type_rpk]
const surroundings = { crypto: nodeCrypto }

function ends(): [SSL, SSL] {
  const client = SSL_new(SSL_CTX_new(TLS_client_method(), surroundings))
  const server = SSL_new(SSL_CTX_new(TLS_server_method(), surroundings))
  const [near, far] = BIO_new_bio_pair(0, 0)
  SSL_set_bio(client, near, near)
  SSL_set_bio(server, far, far)
  for (const ssl of [client, server]) {
    SSL_set1_server_cert_type(ssl, rpk)
    SSL_set1_client_cert_type(ssl, rpk)
  }
  SSL_use_PrivateKey(server, theirs.keyPem)
  return [client, server]
}

/** What both came to: 1, or what the last error says. */
function shaken(client: SSL, server: SSL): (number | string)[] {
  let [c, s] = [0, 0]
  for (let round = 0; round < 6; round++) {
    c = SSL_connect(client)
    s = SSL_accept(server)
  }
  const said = (ssl: SSL, ret: number) => (ret === 1 ? 1 : (ERR_get_error_all(ssl)?.reason ?? ret))
  return [said(client, c), said(server, s)]
}

test('a key that is expected is believed, in both directions, without a certificate or a name', t => {
  const [client, server] = ends()
  t.is(SSL_add_expected_rpk(client, mine.leaf.spki), 1)
  t.is(SSL_add_expected_rpk(client, theirs.leaf.spki), 1)
  t.is(SSL_use_PrivateKey(client, mine.keyPem), 1)
  t.is(SSL_add_expected_rpk(server, mine.leaf.spki), 1)
  SSL_set_verify(server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT)
  t.deepEqual(shaken(client, server), [1, 1])
  for (const [ssl, peer] of [
    [client, theirs],
    [server, mine],
  ] as const) {
    t.is(SSL_get_negotiated_server_cert_type(ssl), TLSEXT_cert_type_rpk)
    t.is(SSL_get_negotiated_client_cert_type(ssl), TLSEXT_cert_type_rpk)
    t.deepEqual(SSL_get0_peer_rpk(ssl), peer.leaf.spki)
    t.is(SSL_get_peer_certificate(ssl), null)
    t.is(SSL_get_verify_result(ssl), X509_V_OK)
  }
  SSL_read(client, new Uint8Array(1))
  const session = SSL_get_session(client)
  t.deepEqual(session && SSL_SESSION_get0_peer_rpk(session), theirs.leaf.spki)
})

test('rule 64: no key that is expected, or another: the handshake fails', t => {
  {
    const [client, server] = ends()
    t.not(shaken(client, server)[0], 1)
    t.is(SSL_get0_peer_rpk(client), null)
  }
  const [client, server] = ends()
  SSL_add_expected_rpk(client, mine.leaf.spki)
  t.deepEqual(shaken(client, server), ['CERTIFICATE_VERIFY_FAILED', 'SSLV3_ALERT_BAD_CERTIFICATE'])
  t.is(SSL_get_verify_result(client), X509_V_ERR_RPK_UNTRUSTED)
})

test('rule 64: a server believes none that it does not expect, whether or not one has to be shown', t => {
  for (const mode of [SSL_VERIFY_PEER, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT]) {
    const [client, server] = ends()
    SSL_add_expected_rpk(client, theirs.leaf.spki)
    SSL_use_PrivateKey(client, mine.keyPem)
    SSL_set_verify(server, mode)
    t.is(shaken(client, server)[1], 'CERTIFICATE_VERIFY_FAILED')
  }
})

test('SSL_VERIFY_NONE goes on, and the result says what it is', t => {
  const [client, server] = ends()
  SSL_set_verify(client, SSL_VERIFY_NONE)
  t.deepEqual(shaken(client, server), [1, 1])
  t.is(SSL_get_verify_result(client), X509_V_ERR_RPK_UNTRUSTED)
  t.deepEqual(SSL_get0_peer_rpk(client), theirs.leaf.spki)
})

test('the verify callback is asked once, with the key, and may put up with it', t => {
  const asked: unknown[] = []
  const callback =
    (goOn: number, clear = false): SSL_verify_cb =>
    (ok, x509_ctx) => {
      asked.push(ok, X509_STORE_CTX_get_error(x509_ctx), X509_STORE_CTX_get0_cert(x509_ctx))
      asked.push(X509_STORE_CTX_get0_rpk(x509_ctx))
      if (clear) X509_STORE_CTX_set_error(x509_ctx, X509_V_OK)
      return goOn
    }
  const once = (ok: number, error: number) => [ok, error, null, theirs.leaf.spki]
  const run = (verify: SSL_verify_cb, expected?: Uint8Array) => {
    const [client, server] = ends()
    SSL_set_verify(client, SSL_VERIFY_PEER, verify)
    if (expected) SSL_add_expected_rpk(client, expected)
    asked.length = 0
    return [shaken(client, server)[0], SSL_get_verify_result(client)]
  }
  t.deepEqual(run(callback(1)), [1, X509_V_ERR_RPK_UNTRUSTED])
  t.deepEqual(asked, once(0, X509_V_ERR_RPK_UNTRUSTED))
  t.deepEqual(run(callback(1, true)), [1, X509_V_OK])
  t.deepEqual(run(callback(0)), ['CERTIFICATE_VERIFY_FAILED', X509_V_ERR_RPK_UNTRUSTED])
  t.deepEqual(run(callback(1), theirs.leaf.spki), [1, X509_V_OK])
  t.deepEqual(asked, once(1, X509_V_OK))
  t.is(run(callback(0), theirs.leaf.spki)[0], 'CERTIFICATE_VERIFY_FAILED')
})

test('the key of a certificate serves by itself too, and X.509 is what is left without a type in common', t => {
  const [client, server] = ends()
  SSL_use_certificate_chain(server, theirs.pem)
  SSL_add_expected_rpk(client, theirs.leaf.spki)
  t.deepEqual(shaken(client, server), [1, 1])
  t.is(SSL_get_negotiated_server_cert_type(client), TLSEXT_cert_type_rpk)
  t.is(SSL_get_negotiated_client_cert_type(client), TLSEXT_cert_type_x509)
  const [near, far] = ends()
  SSL_use_certificate_chain(far, theirs.pem)
  SSL_set1_server_cert_type(far, null)
  SSL_add_expected_rpk(near, theirs.leaf.spki)
  t.deepEqual(shaken(near, far), [
    'SSLV3_ALERT_UNSUPPORTED_CERTIFICATE',
    'UNKNOWN_CERTIFICATE_TYPE',
  ])
})

test('types are kept as they were set, copied to a connection, and refused where they are none', t => {
  const ctx = SSL_CTX_new(TLS_client_method(), surroundings)
  t.is(SSL_CTX_get0_server_cert_type(ctx), null)
  t.is(SSL_CTX_set1_server_cert_type(ctx, Uint8Array.of(2, 0)), 1)
  t.is(SSL_CTX_set1_client_cert_type(ctx, rpk), 1)
  const ssl = SSL_new(ctx)
  t.deepEqual(SSL_get0_server_cert_type(ssl), Uint8Array.of(2, 0))
  t.deepEqual(SSL_get0_client_cert_type(ssl), Uint8Array.of(2))
  for (const wrong of [[1], [2, 2], [0, 3], [-1]]) {
    t.is(SSL_CTX_set1_server_cert_type(ctx, wrong), 0)
    t.is(SSL_set1_client_cert_type(ssl, wrong), 0)
  }
  t.deepEqual(SSL_CTX_get0_server_cert_type(ctx), Uint8Array.of(2, 0))
  t.is(SSL_CTX_set1_client_cert_type(ctx, null), 1)
  t.is(SSL_CTX_get0_client_cert_type(ctx), null)
  t.is(SSL_add_expected_rpk(ssl, 'nothing'), 0)
  t.is(SSL_add_expected_rpk(ssl, theirs.leaf.der), 0)
})
