/** Early data by its C names, attacked. */
import {
  SSL_CTX_set_max_early_data,
  SSL_CTX_set_tlsext_ticket_keys,
  SSL_EARLY_DATA_REJECTED,
  SSL_get_early_data_status,
  SSL_get_session,
  SSL_read,
  SSL_read_early_data,
  type SSL_SESSION,
  SSL_set_session,
  SSL_write_early_data,
} from '@biopair/ssl/openssl'
import test from 'ava'
import { bytes, into } from '../openssl/support/bio.ts'
import { clientContext, endsOver, serverContext, shake } from '../openssl/support/tls.ts'

test('a context that is given ticket keys after its first connection takes no early data yet: it may be older than the context', t => {
  const keys = new Uint8Array(80).fill(3)
  const client = clientContext()
  const others = serverContext()
  SSL_CTX_set_tlsext_ticket_keys(others, keys)
  SSL_CTX_set_max_early_data(others, 100)
  const before = endsOver(17_408, undefined, { client, server: others })
  shake(before)
  SSL_read(before.client, into(1))

  const server = serverContext()
  SSL_CTX_set_max_early_data(server, 100)
  shake(endsOver(17_408, undefined, { client, server }))
  SSL_CTX_set_tlsext_ticket_keys(server, keys)
  const ends = endsOver(17_408, undefined, { client, server })
  SSL_set_session(ends.client, SSL_get_session(before.client) as SSL_SESSION)
  t.deepEqual(SSL_write_early_data(ends.client, bytes('early')), [1, 5])
  t.deepEqual(SSL_read_early_data(ends.server, into(9)), [2, 0])
  shake(ends)
  t.is(SSL_get_early_data_status(ends.client), SSL_EARLY_DATA_REJECTED)
})
