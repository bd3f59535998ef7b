/** Sections 5.4 and 5.7: modes and options, each with what it does here. */
import {
  BIO_ctrl_pending,
  BIO_new_bio_pair,
  ERR_get_error_all,
  type SSL,
  SSL_accept,
  SSL_CTX_add_client_CA,
  SSL_CTX_clear_mode,
  SSL_CTX_get_options,
  SSL_CTX_set_cipher_list,
  SSL_CTX_set_ciphersuites,
  SSL_CTX_set_num_tickets,
  SSL_CTX_set_options,
  SSL_CTX_set_session_cache_mode,
  SSL_CTX_set_verify,
  SSL_clear_mode,
  SSL_clear_options,
  SSL_connect,
  SSL_do_handshake,
  SSL_ERROR_WANT_READ,
  SSL_get_cipher_name,
  SSL_get_error,
  SSL_get_mode,
  SSL_get_options,
  SSL_get_rbio,
  SSL_KEY_UPDATE_NOT_REQUESTED,
  SSL_key_update,
  SSL_MODE_AUTO_RETRY,
  SSL_MODE_RELEASE_BUFFERS,
  SSL_MODE_SEND_FALLBACK_SCSV,
  SSL_new,
  SSL_new_session_ticket,
  SSL_OP_CIPHER_SERVER_PREFERENCE,
  SSL_OP_CLEANSE_PLAINTEXT,
  SSL_OP_DISABLE_TLSEXT_CA_NAMES,
  SSL_OP_ENABLE_MIDDLEBOX_COMPAT,
  SSL_OP_IGNORE_UNEXPECTED_EOF,
  SSL_OP_NO_TICKET,
  SSL_OP_NO_TLSv1_2,
  SSL_OP_NO_TLSv1_3,
  SSL_OP_PRIORITIZE_CHACHA,
  SSL_read,
  SSL_SESS_CACHE_OFF,
  SSL_SESS_CACHE_SERVER,
  SSL_set_bio,
  SSL_set_mode,
  SSL_set_options,
  SSL_set_read_ahead,
  SSL_shutdown,
  SSL_VERIFY_PEER,
  SSL_write,
} from '@biopair/ssl/openssl'
import test from 'ava'
import { chainFor } from '../support/mint.ts'
import {
  clientContext,
  connected,
  counted,
  drained,
  type Ends,
  each,
  endsOver,
  only13,
  ringSizes,
  serverContext,
  shake,
  versions,
  wiredEnds,
} from './support/tls.ts'

const into = (length: number) => new Uint8Array(length)
const why = (ssl: SSL) => ERR_get_error_all(ssl)?.reason

for (const version of versions) {
  const title = (text: string) => `${text} (${version.name})`

  if (version.name === 'TLSv1.3')
    test(
      title(
        '5.4: with AUTO_RETRY off each record without data is a WANT_READ, though the BIO has more',
      ),
      t => {
        const client = clientContext(version)
        SSL_CTX_clear_mode(client, SSL_MODE_AUTO_RETRY)
        const { client: ssl, server } = connected(17408, version, { client })
        t.is(SSL_write(server, counted(5)), 5)
        const wire = SSL_get_rbio(ssl)
        const buffer = into(10)
        for (let tickets = 2; tickets > 0; tickets--) {
          t.is(SSL_read(ssl, buffer), -1)
          t.is(SSL_get_error(ssl, -1), SSL_ERROR_WANT_READ)
          t.true(wire && BIO_ctrl_pending(wire) > 0)
        }
        t.is(SSL_read(ssl, buffer), 5)
        t.is(wire && BIO_ctrl_pending(wire), 0)
        // So is a KeyUpdate, and so it is for SSL_shutdown.
        SSL_key_update(server, SSL_KEY_UPDATE_NOT_REQUESTED)
        SSL_do_handshake(server)
        t.is(SSL_shutdown(ssl), 0)
        t.is(SSL_shutdown(server), 0)
        t.is(SSL_shutdown(ssl), -1)
        t.is(SSL_get_error(ssl, -1), SSL_ERROR_WANT_READ)
        t.is(SSL_shutdown(ssl), 1)
        // With it on, all of them are one call.
        const on = connected(17408, version)
        t.is(SSL_write(on.server, counted(5)), 5)
        t.is(SSL_read(on.client, buffer), 5)
      },
    )

  for (const size of ringSizes)
    test(
      title(
        `5.4: with AUTO_RETRY off a program that repeats each call still reads everything (rings of ${size})`,
      ),
      t => {
        const client = clientContext(version)
        SSL_CTX_clear_mode(client, SSL_MODE_AUTO_RETRY)
        const ends = connected(size, version, { client })
        const bytes = counted(2000)
        const got = into(2001)
        let [sent, read] = [-1, 0]
        for (let i = 0; i < 20_000 && (sent < 0 || read < 2000); i++) {
          if (sent < 0) sent = SSL_write(ends.server, bytes)
          if (i < 15 && i % 5 === 0 && version.name === 'TLSv1.3')
            SSL_new_session_ticket(ends.server)
          read += Math.max(SSL_read(ends.client, got.subarray(read)), 0)
        }
        t.deepEqual([sent, read], [2000, 2000])
        t.deepEqual(got.subarray(0, 2000), bytes)
      },
    )

  test(
    title(
      '5.4: modes can be switched while a connection is used; buffers are given back either way',
    ),
    t => {
      const ends = connected(17408, version)
      t.is(SSL_get_mode(ends.client), SSL_MODE_AUTO_RETRY)
      t.is(
        SSL_set_mode(ends.client, SSL_MODE_RELEASE_BUFFERS),
        SSL_MODE_AUTO_RETRY | SSL_MODE_RELEASE_BUFFERS,
      )
      t.is(SSL_clear_mode(ends.client, SSL_MODE_AUTO_RETRY), SSL_MODE_RELEASE_BUFFERS)
      t.is(SSL_set_mode(ends.client, SSL_MODE_SEND_FALLBACK_SCSV), 0x90)
      SSL_set_read_ahead(ends.client, 1)
      SSL_write(ends.server, counted(3))
      let read = -1
      for (let i = 0; i < 3 && read < 0; i++) read = SSL_read(ends.client, into(3))
      t.is(read, 3)
    },
  )

  test(
    title('5.7: DISABLE_TLSEXT_CA_NAMES: a server that asks for certificates names nobody'),
    t => {
      const lengths = [0, SSL_OP_DISABLE_TLSEXT_CA_NAMES].map(options => {
        const server = serverContext(version)
        SSL_CTX_set_verify(server, SSL_VERIFY_PEER)
        SSL_CTX_add_client_CA(server, chainFor('p384').root.pem)
        SSL_CTX_set_options(server, options)
        const ends = wiredEnds(17408, version, { server })
        SSL_connect(ends.client)
        const [near, wire] = BIO_new_bio_pair()
        SSL_set_bio(ends.server, near, near)
        return feed(ends, wire, drained(ends.clientWire))
      })
      t.true((lengths[0] as number) > (lengths[1] as number))
    },
  )

  // A ticket of TLS 1.2 is part of the handshake, and nothing is left to read behind it: session.test.ts has it there.
  if (only13(version))
    test(
      title(
        '5.7: NO_TICKET: a ticket is the name of a session that is kept, and none is sent where none is kept',
      ),
      t => {
        const lengths = [SSL_SESS_CACHE_SERVER, SSL_SESS_CACHE_OFF].map(mode => {
          const server = serverContext(version)
          SSL_CTX_set_options(server, SSL_OP_NO_TICKET)
          SSL_CTX_set_session_cache_mode(server, mode)
          const wire = SSL_get_rbio(connected(17408, version, { server }).client)
          return wire && BIO_ctrl_pending(wire)
        })
        // Two records of a message with 32 bytes of ticket, one byte of nonce more.
        t.deepEqual(lengths, [146, 0])
      },
    )

  test(
    title(
      '5.7: NO_TLSv1_3, or NO_TLSv1_2, leaves no version; it can be taken back before the handshake has begun',
    ),
    t => {
      const ends = endsOver(17408, version)
      const none = each(version, { 'TLSv1.3': SSL_OP_NO_TLSv1_3, 'TLSv1.2': SSL_OP_NO_TLSv1_2 })
      SSL_set_options(ends.client, none)
      t.is(SSL_connect(ends.client), -1)
      t.is(why(ends.client), 'PASSED_INVALID_ARGUMENT')
      SSL_clear_options(ends.client, none)
      shake(ends)
      t.pass()
    },
  )

  test(
    title('5.7: the server’s preference decides, with CIPHER_SERVER_PREFERENCE and without'),
    t => {
      for (const options of [0, SSL_OP_CIPHER_SERVER_PREFERENCE, SSL_OP_PRIORITIZE_CHACHA]) {
        const [client, server] = [clientContext(version), serverContext(version)]
        SSL_CTX_set_options(server, options)
        SSL_CTX_set_ciphersuites(client, 'TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256')
        SSL_CTX_set_ciphersuites(server, 'TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256')
        SSL_CTX_set_cipher_list(client, 'ECDHE+CHACHA20:ECDHE+AES128')
        SSL_CTX_set_cipher_list(server, 'ECDHE+AES128:ECDHE+CHACHA20')
        const ends = connected(17408, version, { client, server })
        t.is(
          SSL_get_cipher_name(ends.client),
          each(version, {
            'TLSv1.3': 'TLS_AES_128_GCM_SHA256',
            'TLSv1.2': 'ECDHE-ECDSA-AES128-GCM-SHA256',
          }),
        )
      }
    },
  )

  // In TLS 1.2 an id names a session, and nothing else.
  if (only13(version))
    test(title('5.7: without ENABLE_MIDDLEBOX_COMPAT a client sends no session id'), t => {
      const hello = (options: number) => {
        const ends = wiredEnds(17408, version)
        if (!options) SSL_clear_options(ends.client, SSL_OP_ENABLE_MIDDLEBOX_COMPAT)
        SSL_connect(ends.client)
        return drained(ends.clientWire)[43]
      }
      t.deepEqual([hello(SSL_OP_ENABLE_MIDDLEBOX_COMPAT), hello(0)], [32, 0])
    })

  test(
    title(
      '5.7: an SSL has options of its own, from those its context had; bits that mean nothing are kept',
    ),
    t => {
      const ctx = clientContext(version)
      SSL_CTX_set_options(ctx, SSL_OP_CLEANSE_PLAINTEXT)
      const ssl = SSL_new(ctx)
      t.is(SSL_get_options(ssl), SSL_CTX_get_options(ctx))
      t.is(SSL_set_options(ssl, SSL_OP_IGNORE_UNEXPECTED_EOF), SSL_CTX_get_options(ctx) | 0x80)
      t.is(SSL_clear_options(ssl, SSL_OP_CLEANSE_PLAINTEXT) & 2, 0)
      t.is(SSL_CTX_get_options(ctx) & 0x82, 2)
    },
  )

  test(title('5.7: no tickets where their number is 0'), t => {
    const server = serverContext(version)
    SSL_CTX_set_num_tickets(server, 0)
    const ends = connected(17408, version, { server })
    const wire = SSL_get_rbio(ends.client)
    t.is(wire && BIO_ctrl_pending(wire), 0)
  })
}

/** How long the server's answer to a ClientHello is. */
function feed({ server }: Ends, wire: ReturnType<typeof BIO_new_bio_pair>[0], hello: Uint8Array) {
  wire.write(hello)
  SSL_accept(server)
  return drained(wire).length
}
