/** KeyUpdate by the C names, where the one who is asked has a write that waits (the contract's section 5.10). */
import {
  BIO_ctrl_pending,
  SSL_do_handshake,
  SSL_ERROR_WANT_WRITE,
  SSL_get_error,
  SSL_get_key_update_type,
  SSL_get_rbio,
  SSL_KEY_UPDATE_NONE,
  SSL_KEY_UPDATE_REQUESTED,
  SSL_key_update,
  SSL_read,
  SSL_write,
} from '@biopair/ssl/openssl'
import test from 'ava'
import { connected, counted, ringSizes } from './support/tls.ts'

for (const size of ringSizes)
  test(`S12: a KeyUpdate that is asked for while the receiver has a write that waits goes behind it, and nothing is lost: rings of ${size}`, t => {
    const { client, server } = connected(size)
    const into = new Uint8Array(20_000)
    const length = 3 * size + 100
    const sent = counted(length)
    // What waits may be a ticket as well: it goes before.
    let wrote = SSL_write(server, sent)
    t.is(SSL_get_error(server, wrote), SSL_ERROR_WANT_WRITE)
    t.is(SSL_key_update(client, SSL_KEY_UPDATE_REQUESTED), 1)
    t.is(SSL_get_key_update_type(client), SSL_KEY_UPDATE_REQUESTED)
    const got: number[] = []
    let asked = false
    for (let round = 0; round < 60_000 && got.length < length; round++) {
      asked ||= SSL_do_handshake(client) === 1
      // The server hears of it in the middle of its write.
      t.is(SSL_read(server, into), -1)
      if (wrote < 0) wrote = SSL_write(server, sent)
      const read = SSL_read(client, into)
      if (read > 0) got.push(...into.subarray(0, read))
    }
    t.true(asked)
    t.is(SSL_get_key_update_type(client), SSL_KEY_UPDATE_NONE)
    t.is(wrote, length)
    t.deepEqual(Uint8Array.from(got), sent)
    // Under the new keys, both ways.
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      let count = SSL_write(from, counted(9))
      let read = -1
      for (let round = 0; round < 1000 && read < 0; round++) {
        read = SSL_read(to, into)
        if (count < 0) count = SSL_write(from, counted(9))
      }
      t.deepEqual(into.slice(0, read), counted(9))
    }
    const rbio = SSL_get_rbio(client)
    t.is(rbio && BIO_ctrl_pending(rbio), 0)
  })
