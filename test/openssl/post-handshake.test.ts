/** Certificates after the handshake through the C names (SSL_CTX_set_verify(3), SSL_VERIFY_POST_HANDSHAKE). */
import {
  SSL_CTX_get0_CA_list,
  SSL_CTX_load_verify,
  SSL_CTX_set_cert_cb,
  SSL_CTX_set_post_handshake_auth,
  SSL_CTX_set_verify,
  SSL_CTX_set0_CA_list,
  SSL_CTX_set1_client_sigalgs_list,
  SSL_CTX_use_certificate_chain,
  SSL_CTX_use_PrivateKey,
  SSL_do_handshake,
  SSL_ERROR_SSL,
  SSL_ERROR_WANT_READ,
  SSL_ERROR_WANT_RETRY_VERIFY,
  SSL_ERROR_WANT_X509_LOOKUP,
  SSL_get_error,
  SSL_get_peer_certificate,
  SSL_get_verify_result,
  SSL_get0_CA_list,
  SSL_get0_peer_CA_list,
  SSL_new,
  SSL_read,
  SSL_set_accept_state,
  SSL_set_post_handshake_auth,
  SSL_set_retry_verify,
  SSL_set_verify,
  SSL_set0_CA_list,
  SSL_set1_client_sigalgs_list,
  SSL_VERIFY_CLIENT_ONCE,
  SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
  SSL_VERIFY_NONE,
  SSL_VERIFY_PEER,
  SSL_VERIFY_POST_HANDSHAKE,
  SSL_verify_client_post_handshake,
  SSL_write,
  X509_V_OK,
} from '@biopair/ssl/openssl'
import test, { type ExecutionContext } from 'ava'
import { chainFor } from '../support/mint.ts'
import { failure } from './support/play.ts'
import {
  clientContext,
  connected,
  type Ends,
  endsOver,
  ringSizes,
  serverContext,
  shake,
} from './support/tls.ts'

const mine = chainFor('p384')
const later = SSL_VERIFY_PEER | SSL_VERIFY_POST_HANDSHAKE
const nothing = new Uint8Array(10)

function contexts(mode: number = later) {
  const client = clientContext()
  SSL_CTX_set_post_handshake_auth(client, 1)
  SSL_CTX_use_certificate_chain(client, mine.pem)
  SSL_CTX_use_PrivateKey(client, mine.keyPem)
  const server = serverContext()
  SSL_CTX_load_verify(server, mine.root.pem)
  SSL_CTX_set_verify(server, mode)
  return { client, server }
}

function open(mode: number = later, size = 17408): Ends {
  return connected(size, undefined, contexts(mode))
}

/** Whether it was answered 0 with this reason. */
function says(t: ExecutionContext, ends: Pick<Ends, 'server'>, reason: string): void {
  t.is(SSL_verify_client_post_handshake(ends.server), 0, reason)
  t.is(failure(ends.server).reason, reason)
}

for (const size of ringSizes)
  test(`5.10: do_handshake sends the request, the client answers inside SSL_read, the server ends inside SSL_read: rings of ${size}`, t => {
    const ends = open(later, size)
    t.is(SSL_get_peer_certificate(ends.server), null)
    t.is(SSL_verify_client_post_handshake(ends.server), 1)
    for (let i = 0; i < 20_000 && !SSL_get_peer_certificate(ends.server); i++) {
      SSL_do_handshake(ends.server)
      t.is(SSL_read(ends.client, nothing), -1)
      t.is(SSL_get_error(ends.client, -1), SSL_ERROR_WANT_READ)
      t.is(SSL_read(ends.server, nothing), -1)
    }
    t.deepEqual(SSL_get_peer_certificate(ends.server), mine.leaf.der)
    t.is(SSL_get_verify_result(ends.server), X509_V_OK)
    t.is(SSL_verify_client_post_handshake(ends.server), 1)
  })

test('5.10: SSL_verify_client_post_handshake says why it cannot be', t => {
  const { client, server } = contexts()
  const early = SSL_new(server)
  SSL_set_accept_state(early)
  says(t, { server: early }, 'STILL_IN_INIT')
  const ends = open()
  says(t, { server: ends.client }, 'NOT_SERVER')
  t.is(SSL_verify_client_post_handshake(ends.server), 1)
  says(t, ends, 'REQUEST_SENT')
  SSL_do_handshake(ends.server)
  says(t, ends, 'REQUEST_SENT')
  says(t, open(SSL_VERIFY_NONE), 'INVALID_CONFIG')
  SSL_CTX_set_post_handshake_auth(client, 0)
  says(t, connected(17408, undefined, { client, server }), 'EXTENSION_NOT_RECEIVED')
  const once = open(later | SSL_VERIFY_CLIENT_ONCE)
  t.is(SSL_verify_client_post_handshake(once.server), 1)
  SSL_do_handshake(once.server)
  SSL_read(once.client, nothing)
  SSL_read(once.server, nothing)
  says(t, once, 'INVALID_CONFIG')
})

test('a mode and a callback that are set between the handshake and the request count', t => {
  for (const [believed, overrules] of [
    [true, false],
    [false, false],
    [false, true],
  ]) {
    const both = contexts(SSL_VERIFY_NONE)
    const stranger = chainFor('ed25519')
    if (!believed) {
      SSL_CTX_use_certificate_chain(both.client, stranger.pem)
      SSL_CTX_use_PrivateKey(both.client, stranger.keyPem)
    }
    SSL_CTX_set1_client_sigalgs_list(both.client, believed ? 'ECDSA+SHA384' : 'ed25519')
    const ends = connected(17408, undefined, both)
    SSL_set_verify(ends.server, SSL_VERIFY_PEER, overrules ? () => 1 : null)
    t.is(SSL_verify_client_post_handshake(ends.server), 1)
    SSL_write(ends.server, Uint8Array.of(1))
    t.is(SSL_read(ends.client, nothing), 1)
    SSL_read(ends.client, nothing)
    const read = SSL_read(ends.server, nothing)
    const taken = believed || overrules
    t.is(SSL_get_error(ends.server, read), taken ? SSL_ERROR_WANT_READ : SSL_ERROR_SSL)
    if (!taken) t.is(failure(ends.server).reason, 'CERTIFICATE_VERIFY_FAILED')
    const shown = believed ? mine.leaf.der : stranger.leaf.der
    t.deepEqual(SSL_get_peer_certificate(ends.server), taken ? shown : null)
  }
})

test('FAIL_IF_NO_PEER_CERT makes an empty answer an end, PEER alone does not', t => {
  for (const fails of [false, true]) {
    const { server } = contexts(later | (fails ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0))
    const client = clientContext()
    SSL_CTX_set_post_handshake_auth(client, 1)
    const ends = connected(17408, undefined, { client, server })
    SSL_verify_client_post_handshake(ends.server)
    SSL_do_handshake(ends.server)
    SSL_read(ends.client, nothing)
    const read = SSL_read(ends.server, nothing)
    t.is(SSL_get_error(ends.server, read), fails ? SSL_ERROR_SSL : SSL_ERROR_WANT_READ)
    if (fails) t.is(failure(ends.server).reason, 'PEER_DID_NOT_RETURN_A_CERTIFICATE')
  }
})

test('SSL_set_post_handshake_auth is for one SSL', t => {
  const { client, server } = contexts()
  SSL_CTX_set_post_handshake_auth(client, 0)
  says(t, connected(17408, undefined, { client, server }), 'EXTENSION_NOT_RECEIVED')
  const ends = endsOver(17408, undefined, { client, server })
  SSL_set_post_handshake_auth(ends.client, 1)
  shake(ends)
  t.is(SSL_verify_client_post_handshake(ends.server), 1)
})

test('cert_cb and the verify callback are called again by the next call, and data goes on meanwhile', t => {
  const { client, server } = contexts()
  let asked = 0
  SSL_CTX_set_cert_cb(client, () => (++asked < 3 ? -1 : 1))
  let judged = 0
  SSL_CTX_set_verify(server, later, (ok, store) => {
    if (judged++ < 2) return SSL_set_retry_verify(store.ssl)
    return ok
  })
  const ends = connected(17408, undefined, { client, server })
  SSL_verify_client_post_handshake(ends.server)
  SSL_do_handshake(ends.server)
  for (let i = 1; i < 3; i++) {
    t.is(SSL_read(ends.client, nothing), -1)
    t.is(SSL_get_error(ends.client, -1), SSL_ERROR_WANT_X509_LOOKUP)
    t.is(asked, i)
  }
  SSL_write(ends.server, Uint8Array.of(1, 2))
  t.is(SSL_read(ends.client, nothing), 2)
  t.is(asked, 3)
  let read = SSL_read(ends.server, nothing)
  t.is(SSL_get_error(ends.server, read), SSL_ERROR_WANT_RETRY_VERIFY)
  SSL_write(ends.client, Uint8Array.of(3))
  for (let i = 0; i < 5 && !SSL_get_peer_certificate(ends.server); i++) {
    read = SSL_read(ends.server, nothing)
    if (i === 0) t.is(read, 1)
  }
  t.deepEqual(SSL_get_peer_certificate(ends.server), mine.leaf.der)
})

test('client_sigalgs are what a server verifies, and what a client signs with', t => {
  for (const of of ['server', 'client'] as const) {
    const both = contexts()
    t.is(SSL_CTX_set1_client_sigalgs_list(both[of], 'ECDSA+SHA256:ed25519'), 1)
    t.is(SSL_CTX_set1_client_sigalgs_list(both[of], 'rot13'), 0)
    const ends = connected(17408, undefined, both)
    SSL_verify_client_post_handshake(ends.server)
    SSL_do_handshake(ends.server)
    SSL_read(ends.client, nothing)
    SSL_read(ends.server, nothing)
    // Its key is of P-384.
    t.is(SSL_get_peer_certificate(ends.server), null, of)
  }
  t.is(SSL_set1_client_sigalgs_list(SSL_new(contexts().client), 'ed25519'), 1)
})

test('CA lists are told to the peer in either role, and heard', t => {
  const both = contexts()
  const names = [mine.root.subject, mine.intermediate.subject]
  SSL_CTX_set0_CA_list(both.client, names)
  SSL_CTX_set0_CA_list(both.server, names.slice(0, 1))
  t.deepEqual(SSL_CTX_get0_CA_list(both.client), names)
  const ends = connected(17408, undefined, both)
  t.deepEqual(SSL_get0_CA_list(ends.client), names)
  t.deepEqual(SSL_get0_peer_CA_list(ends.server), names)
  t.deepEqual(SSL_get0_peer_CA_list(ends.client), [])
  SSL_verify_client_post_handshake(ends.server)
  SSL_do_handshake(ends.server)
  SSL_read(ends.client, nothing)
  t.deepEqual(SSL_get0_peer_CA_list(ends.client), names.slice(0, 1))
  const one = SSL_new(both.client)
  SSL_set0_CA_list(one, [])
  t.deepEqual(SSL_get0_CA_list(one), [])
})
