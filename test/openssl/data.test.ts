import {
  BIO_ctrl_pending,
  BIO_eof,
  BIO_new_bio_pair,
  BIO_shutdown_wr,
  ERR_get_error_all,
  type SSL,
  SSL_CTX_set_mode,
  SSL_do_handshake,
  SSL_ERROR_NONE,
  SSL_ERROR_SSL,
  SSL_ERROR_WANT_READ,
  SSL_ERROR_WANT_WRITE,
  SSL_ERROR_ZERO_RETURN,
  SSL_free,
  SSL_get_error,
  SSL_get_key_update_type,
  SSL_get_shutdown,
  SSL_has_pending,
  SSL_KEY_UPDATE_NONE,
  SSL_KEY_UPDATE_REQUESTED,
  SSL_key_update,
  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER,
  SSL_MODE_AUTO_RETRY,
  SSL_MODE_ENABLE_PARTIAL_WRITE,
  SSL_new,
  SSL_new_session_ticket,
  SSL_peek,
  SSL_peek_ex,
  SSL_pending,
  SSL_RECEIVED_SHUTDOWN,
  SSL_read,
  SSL_read_ex,
  SSL_SENT_SHUTDOWN,
  SSL_set_bio,
  SSL_set_quiet_shutdown,
  SSL_set_shutdown,
  SSL_shutdown,
  SSL_write,
  SSL_write_ex,
} from '@biopair/ssl/openssl'
import test from 'ava'
import {
  clientContext,
  connected,
  counted,
  drained,
  each,
  relay,
  serverContext,
  shakeWired,
  versions,
  wbio,
  wiredEnds,
} from './support/tls.ts'

const into = (length: number) => new Uint8Array(length)
const why = (ssl: SSL) => ERR_get_error_all(ssl)?.reason

function readAll(ssl: SSL, length: number): Uint8Array {
  const all = into(length)
  let at = 0
  for (let got = SSL_read(ssl, all.subarray(at)); got > 0; got = SSL_read(ssl, all.subarray(at))) {
    at += got
    if (at === length) break
  }
  return all.subarray(0, at)
}

for (const version of versions) {
  const title = (text: string) => `${text} (${version.name})`
  const pair = (size = 17408) => connected(size, version)
  const wired = () => {
    const ends = wiredEnds(17408, version)
    shakeWired(ends)
    SSL_read(ends.client, into(1))
    return ends
  }

  test(
    title(
      'S3: two records are two reads, a peek stays in the first, and pending counts that one alone',
    ),
    t => {
      const { client, server } = pair()
      t.is(SSL_write(client, counted(3)), 3)
      t.is(SSL_write(client, counted(4, 3)), 4)
      t.is(SSL_pending(server), 0)
      t.is(SSL_has_pending(server), 0)
      const buffer = into(100)
      t.is(SSL_peek(server, buffer), 3)
      t.is(SSL_peek(server, buffer), 3)
      t.deepEqual([SSL_pending(server), SSL_has_pending(server)], [3, 1])
      t.is(SSL_read(server, buffer, 2), 2)
      t.is(SSL_pending(server), 1)
      t.is(SSL_read(server, buffer), 1)
      t.is(SSL_read(server, buffer), 4)
      t.deepEqual(buffer.subarray(0, 4), counted(4, 3))
      t.is(SSL_read(server, buffer), -1)
      t.is(SSL_get_error(server, -1), SSL_ERROR_WANT_READ)
      t.deepEqual(SSL_read_ex(server, buffer), [0, 0])
      t.is(SSL_write(client, counted(2)), 2)
      t.deepEqual(SSL_peek_ex(server, buffer), [1, 2])
      t.deepEqual(SSL_read_ex(server, buffer), [1, 2])
    },
  )

  test(title('S3: reading and writing nothing is 0, no error, and nothing on the wire'), t => {
    const { client, server } = pair()
    const before = BIO_ctrl_pending(wbio(server))
    t.is(SSL_write(client, into(0)), 0)
    t.is(SSL_get_error(client, 0), SSL_ERROR_NONE)
    t.deepEqual(SSL_write_ex(client, into(0)), [1, 0])
    t.is(BIO_ctrl_pending(wbio(server)), before)
    t.is(SSL_read(server, into(0)), 0)
    t.is(SSL_get_error(server, 0), SSL_ERROR_NONE)
    for (const count of [-1, 9, 1.5]) {
      t.is(SSL_read(server, into(8), count), -1)
      t.is(SSL_get_error(server, -1), SSL_ERROR_SSL)
      t.is(why(server), 'BAD_LENGTH')
      t.is(SSL_write(client, into(8), count), -1)
      t.is(why(client), 'BAD_LENGTH')
    }
    t.is(SSL_write(client, counted(1)), 1)
  })

  test(
    title('S4: a write is all or nothing, and a retry goes on where it was, from any buffer'),
    t => {
      const { client, server } = pair(17408)
      const bytes = counted(40_000)
      t.is(SSL_write(client, bytes), -1)
      t.is(SSL_get_error(client, -1), SSL_ERROR_WANT_WRITE)
      const got = into(40_000)
      let at = SSL_read(server, got)
      t.is(at, 16_384)
      // Two records were taken, and have to be in what is given again.
      t.is(SSL_write(client, bytes.subarray(0, 32_767)), -1)
      t.is(SSL_get_error(client, -1), SSL_ERROR_SSL)
      t.is(why(client), 'BAD_LENGTH')
      let sent = -1
      for (let round = 0; round < 20 && (sent < 0 || at < 40_000); round++) {
        if (sent < 0) sent = SSL_write(client, bytes.slice())
        at += Math.max(SSL_read(server, got.subarray(at)), 0)
      }
      t.is(sent, 40_000)
      t.deepEqual(got, bytes)
    },
  )

  test(title('S4: a write that was refused after our goodbye leaves nothing to repeat'), t => {
    const { client } = pair()
    t.is(SSL_shutdown(client), 0)
    for (const length of [500, 3]) {
      t.is(SSL_write(client, counted(length)), -1)
      t.is(why(client), 'PROTOCOL_IS_SHUTDOWN')
    }
  })

  test(
    title('S7: a write to a carrier that broke fails alike each time, whatever its length'),
    t => {
      const { client } = pair(100)
      BIO_shutdown_wr(wbio(client))
      for (const length of [500, 3, 17_000, 3]) {
        t.is(SSL_write(client, counted(length)), -1)
        t.is(SSL_get_error(client, -1), SSL_ERROR_SSL)
        t.is(why(client), 'BROKEN_PIPE')
      }
    },
  )

  test(title('S4: a longer retry sends the longer write'), t => {
    const { client, server } = pair(100)
    while (SSL_read(client, into(1)) > 0);
    t.is(SSL_write(client, counted(90)), -1)
    let sent = -1
    const got = into(200)
    let at = 0
    for (let round = 0; round < 100 && (sent < 0 || at < 120); round++) {
      at += Math.max(SSL_read(server, got.subarray(at)), 0)
      if (sent < 0) sent = SSL_write(client, counted(120))
    }
    t.is(sent, 120)
    t.deepEqual(got.subarray(0, at), counted(120))
  })

  test(
    title(
      'S4: with partial writes a write is a record, and the moving buffer mode changes nothing',
    ),
    t => {
      const client = clientContext(version)
      const mode = SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
      t.is(SSL_CTX_set_mode(client, mode), mode | SSL_MODE_AUTO_RETRY)
      const ends = connected(17408, version, { client })
      t.is(SSL_write(ends.client, counted(40_000)), 16_384)
      t.is(SSL_write(ends.client, counted(40_000).subarray(16_384)), -1)
      t.is(SSL_get_error(ends.client, -1), SSL_ERROR_WANT_WRITE)
      t.is(readAll(ends.server, 16_384).length, 16_384)
      t.is(SSL_write(ends.client, counted(40_000).subarray(16_384)), 16_384)
      t.deepEqual(readAll(ends.server, 16_384), counted(16_384, 16_384))
    },
  )

  test(title('S4: reading goes on while a write is pending'), t => {
    const { client, server } = pair(256)
    while (SSL_read(client, into(1)) > 0);
    t.is(SSL_write(client, counted(500)), -1)
    t.is(SSL_write(client, into(0)), 0)
    t.is(SSL_write(server, counted(5)), 5)
    t.is(SSL_read(client, into(10)), 5)
    t.is(SSL_do_handshake(client), 1)
    t.is(SSL_get_error(client, 1), SSL_ERROR_NONE)
  })

  test(title('S5: idle, each end says 0, then -1 with WANT_READ, then 1'), t => {
    const { client, server, clientWire, serverWire } = wired()
    t.is(SSL_shutdown(client), 0)
    t.is(SSL_get_error(client, 0), SSL_ERROR_WANT_READ)
    t.is(SSL_get_shutdown(client), SSL_SENT_SHUTDOWN)
    // TLS 1.2 has the nonce in the record, and no type behind the alert.
    t.is(BIO_ctrl_pending(clientWire), each(version, { 'TLSv1.3': 24, 'TLSv1.2': 31 }))
    t.is(SSL_shutdown(client), -1)
    t.is(SSL_get_error(client, -1), SSL_ERROR_WANT_READ)
    relay(clientWire, serverWire)
    t.is(SSL_read(server, into(1)), 0)
    t.is(SSL_get_error(server, 0), SSL_ERROR_ZERO_RETURN)
    t.is(SSL_read(server, into(1)), 0)
    t.is(SSL_get_error(server, 0), SSL_ERROR_ZERO_RETURN)
    // The other direction is still open.
    t.is(SSL_write(server, counted(6)), 6)
    t.is(SSL_shutdown(server), 1)
    t.is(SSL_get_shutdown(server), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN)
    relay(serverWire, clientWire)
    t.is(SSL_shutdown(client), -1)
    t.is(SSL_get_error(client, -1), SSL_ERROR_SSL)
    t.is(why(client), 'APPLICATION_DATA_AFTER_CLOSE_NOTIFY')
    t.is(SSL_read(client, into(10)), 6)
    t.is(SSL_read(client, into(10)), 0)
    t.is(SSL_shutdown(client), 1)
    t.is(SSL_write(client, counted(1)), -1)
    t.is(SSL_get_error(client, -1), SSL_ERROR_SSL)
    t.is(why(client), 'PROTOCOL_IS_SHUTDOWN')
  })

  test(title('S5: close_notifys that cross are 0, then 1, at each end'), t => {
    const { client, server } = pair()
    t.deepEqual([SSL_shutdown(client), SSL_shutdown(server)], [0, 0])
    t.deepEqual([SSL_shutdown(client), SSL_shutdown(server)], [1, 1])
    t.deepEqual([SSL_shutdown(client), SSL_shutdown(server)], [1, 1])
  })

  test(title('S5: before the handshake is over there is nothing to shut down'), t => {
    const { client } = wiredEnds(17408, version)
    SSL_do_handshake(client)
    t.is(SSL_shutdown(client), -1)
    t.is(SSL_get_error(client, -1), SSL_ERROR_SSL)
    t.is(why(client), 'SHUTDOWN_WHILE_IN_INIT')
  })

  test(title('S5: over a full pipe it is -1 with WANT_WRITE, and 0 once it is out'), t => {
    const { client, server } = pair(100)
    while (SSL_read(client, into(1)) > 0);
    t.is(SSL_write(client, counted(70)), 70)
    t.is(SSL_shutdown(client), -1)
    t.is(SSL_get_error(client, -1), SSL_ERROR_WANT_WRITE)
    t.is(SSL_get_shutdown(client), SSL_SENT_SHUTDOWN)
    t.deepEqual(readAll(server, 70), counted(70))
    t.is(SSL_shutdown(client), 0)
    t.is(SSL_read(server, into(1)), 0)
    t.is(SSL_get_error(server, 0), SSL_ERROR_ZERO_RETURN)
  })

  test(
    title(
      'S5: with a write pending, close_notify goes behind its record, and the peer reads a clean end',
    ),
    t => {
      const { client, server } = pair(100)
      while (SSL_read(client, into(1)) > 0);
      const bytes = counted(150)
      t.is(SSL_write(client, bytes), -1)
      t.is(SSL_shutdown(client), -1)
      t.is(SSL_get_error(client, -1), SSL_ERROR_WANT_WRITE)
      const got = into(200)
      let [at, last, shut] = [0, 1, -1]
      for (let round = 0; round < 50 && last !== 0; round++) {
        last = SSL_read(server, got.subarray(at))
        at += Math.max(last, 0)
        if (shut < 0) shut = SSL_shutdown(client)
      }
      t.is(last, 0)
      t.is(SSL_get_error(server, 0), SSL_ERROR_ZERO_RETURN)
      t.is(shut, 0)
      t.deepEqual(got.subarray(0, at), bytes)
      // All of it had been taken, so the repeated write may say so.
      t.is(SSL_write(client, bytes), 150)
      t.is(SSL_write(client, bytes), -1)
      t.is(why(client), 'PROTOCOL_IS_SHUTDOWN')
    },
  )

  test(
    title(
      'S5: the end of the carrier without close_notify is never a clean end, and writing goes on',
    ),
    t => {
      const { client, server, clientWire, serverWire } = wired()
      t.is(SSL_write(client, counted(9)), 9)
      relay(clientWire, serverWire)
      BIO_shutdown_wr(serverWire)
      t.is(SSL_read(server, into(20)), 9)
      for (let i = 0; i < 10; i++) {
        t.is(SSL_read(server, into(20)), -1)
        t.is(SSL_get_error(server, -1), SSL_ERROR_SSL)
        t.is(why(server), 'UNEXPECTED_EOF_WHILE_READING')
      }
      t.is(SSL_get_shutdown(server), 0)
      t.is(SSL_write(server, counted(3)), 3)
      relay(serverWire, clientWire)
      t.is(SSL_read(client, into(20)), 3)
    },
  )

  test(title('S5: a quiet shutdown is 1, sets both bits, says nothing, and ends both ways'), t => {
    const { client, clientWire } = wired()
    SSL_set_quiet_shutdown(client, 1)
    t.is(SSL_shutdown(client), 1)
    t.is(SSL_get_shutdown(client), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN)
    t.is(BIO_ctrl_pending(clientWire), 0)
    t.is(SSL_read(client, into(1)), 0)
    t.is(SSL_get_error(client, 0), SSL_ERROR_ZERO_RETURN)
    t.is(SSL_write(client, into(1)), -1)
    t.is(why(client), 'PROTOCOL_IS_SHUTDOWN')
  })

  test(title('S5: SSL_set_shutdown makes it as if one half had happened'), t => {
    const { client, server } = pair()
    SSL_set_shutdown(client, SSL_RECEIVED_SHUTDOWN)
    t.is(SSL_read(client, into(1)), 0)
    t.is(SSL_get_error(client, 0), SSL_ERROR_ZERO_RETURN)
    t.is(SSL_shutdown(client), 1)
    SSL_set_shutdown(server, SSL_SENT_SHUTDOWN)
    t.is(SSL_write(server, into(1)), -1)
    t.is(why(server), 'PROTOCOL_IS_SHUTDOWN')
    t.is(SSL_shutdown(server), 1)
    for (const mode of [SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN]) {
      const ends = pair()
      SSL_set_shutdown(ends.client, mode)
      t.deepEqual([SSL_shutdown(ends.client), SSL_shutdown(ends.client)], [1, 1])
    }
  })

  test(
    title('S15: what an SSL wrote stays readable after it is freed, and then comes the end'),
    t => {
      const { client, server, clientWire, serverWire } = wired()
      t.is(SSL_write(client, counted(20)), 20)
      t.is(SSL_shutdown(client), 0)
      const pending = BIO_ctrl_pending(clientWire)
      t.true(pending > 24)
      SSL_free(client)
      t.is(BIO_ctrl_pending(clientWire), pending)
      t.is(relay(clientWire, serverWire), pending)
      t.is(BIO_eof(clientWire), 1)
      t.is(SSL_read(server, into(50)), 20)
      t.is(SSL_read(server, into(50)), 0)
      t.is(SSL_get_error(server, 0), SSL_ERROR_ZERO_RETURN)
      t.is(SSL_read(client, into(1)), -1)
      t.is(SSL_get_error(client, -1), SSL_ERROR_SSL)
      t.is(drained(clientWire).length, 0)
    },
  )

  test(title('S15: freeing sends nothing, and the peer sees a cut'), t => {
    const { client, server, clientWire, serverWire } = wired()
    SSL_free(client)
    SSL_free(client)
    t.is(BIO_ctrl_pending(clientWire), 0)
    t.is(BIO_eof(clientWire), 1)
    BIO_shutdown_wr(serverWire)
    t.is(SSL_read(server, into(1)), -1)
    t.is(why(server), 'UNEXPECTED_EOF_WHILE_READING')
  })

  if (version.name === 'TLSv1.3') {
    test(
      title(
        'SSL_key_update is sent by the next call, asks for an answer, and waits behind a pending write',
      ),
      t => {
        const { client, server, clientWire, serverWire } = wired()
        t.is(SSL_key_update(client, 7), 0)
        t.is(why(client), 'INVALID_KEY_UPDATE_TYPE')
        t.is(SSL_key_update(client, SSL_KEY_UPDATE_REQUESTED), 1)
        t.is(SSL_get_key_update_type(client), SSL_KEY_UPDATE_REQUESTED)
        t.is(BIO_ctrl_pending(clientWire), 0)
        t.is(SSL_do_handshake(client), 1)
        t.is(SSL_get_key_update_type(client), SSL_KEY_UPDATE_NONE)
        t.is(BIO_ctrl_pending(clientWire), 27)
        relay(clientWire, serverWire)
        t.is(SSL_read(server, into(1)), -1)
        t.is(SSL_write(server, counted(5)), 5)
        relay(serverWire, clientWire)
        t.is(SSL_read(client, into(9)), 5)

        const bytes = counted(40_000)
        t.is(SSL_write(client, bytes), -1)
        t.is(SSL_key_update(client, SSL_KEY_UPDATE_REQUESTED), 1)
        const got = into(40_000)
        let [at, sent] = [0, -1]
        for (let round = 0; round < 50 && (sent < 0 || at < 40_000); round++) {
          relay(clientWire, serverWire)
          at += Math.max(SSL_read(server, got.subarray(at)), 0)
          if (sent < 0) sent = SSL_write(client, bytes)
        }
        t.is(sent, 40_000)
        t.deepEqual(got, bytes)
        t.is(SSL_get_key_update_type(client), SSL_KEY_UPDATE_NONE)
      },
    )

    test(title('a KeyUpdate that went out before a write does not wait for that write'), t => {
      const { client } = pair(100)
      SSL_read(client, into(1))
      t.is(SSL_key_update(client, SSL_KEY_UPDATE_REQUESTED), 1)
      t.is(SSL_write(client, counted(300)), -1)
      t.is(SSL_do_handshake(client), 1)
    })

    test(title('SSL_new_session_ticket is sent by the next handshake call'), t => {
      const { client, server, serverWire } = wired()
      t.is(SSL_new_session_ticket(client), 0)
      t.is(why(client), 'NOT_SERVER')
      t.is(SSL_new_session_ticket(server), 1)
      t.is(BIO_ctrl_pending(serverWire), 0)
      t.is(SSL_do_handshake(server), 1)
      t.true(BIO_ctrl_pending(serverWire) > 100)
    })
  }

  test(title('BIOs can be exchanged under a connection'), t => {
    const { client, server, clientWire } = wired()
    const [near, far] = BIO_new_bio_pair()
    SSL_set_bio(client, near, near)
    t.is(BIO_eof(clientWire), 1)
    SSL_set_bio(server, far, far)
    t.is(SSL_write(client, counted(4)), 4)
    t.is(SSL_read(server, into(9)), 4)
    t.not(SSL_new(serverContext(version)), null)
  })
}
