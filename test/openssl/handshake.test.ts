import {
  BIO_ctrl_get_read_request,
  BIO_ctrl_pending,
  BIO_new_bio_pair,
  BIO_read,
  BIO_shutdown_wr,
  BIO_write,
  ERR_error_string,
  ERR_get_error,
  ERR_get_error_all,
  ERR_peek_error,
  type SSL,
  SSL_accept,
  SSL_CTX_set_num_tickets,
  SSL_connect,
  SSL_do_handshake,
  SSL_ERROR_NONE,
  SSL_ERROR_SSL,
  SSL_ERROR_WANT_READ,
  SSL_ERROR_WANT_WRITE,
  SSL_ERROR_ZERO_RETURN,
  SSL_get_error,
  SSL_get_shutdown,
  SSL_get_verify_result,
  SSL_is_init_finished,
  SSL_NOTHING,
  SSL_new,
  SSL_peek,
  SSL_READING,
  SSL_RECEIVED_SHUTDOWN,
  SSL_read,
  SSL_set_accept_state,
  SSL_set_bio,
  SSL_set_connect_state,
  SSL_set1_host,
  SSL_shutdown,
  SSL_state_string,
  SSL_want,
  SSL_write,
  X509_V_ERR_HOSTNAME_MISMATCH,
} from '@biopair/ssl/openssl'
import test from 'ava'
import {
  clientContext,
  connected,
  counted,
  drained,
  endsOver,
  inject,
  relay,
  ringSizes,
  serverContext,
  shake,
  versions,
  wbio,
  wiredEnds,
} from './support/tls.ts'

const into = (length: number) => new Uint8Array(length)
const why = (ssl: SSL) => ERR_get_error_all(ssl)?.reason

test('S1: without a role every call says so', t => {
  const ssl = SSL_new(clientContext())
  const [near] = BIO_new_bio_pair()
  SSL_set_bio(ssl, near, near)
  const calls: [string, (ssl: SSL) => number, string][] = [
    ['SSL_do_handshake', SSL_do_handshake, 'CONNECTION_TYPE_NOT_SET'],
    ['SSL_read', s => SSL_read(s, into(1)), 'UNINITIALIZED'],
    ['SSL_peek', s => SSL_peek(s, into(1)), 'UNINITIALIZED'],
    ['SSL_write', s => SSL_write(s, into(1)), 'UNINITIALIZED'],
    ['SSL_shutdown', SSL_shutdown, 'UNINITIALIZED'],
  ]
  for (const [name, call, reason] of calls) {
    t.is(call(ssl), -1, name)
    t.is(SSL_get_error(ssl, -1), SSL_ERROR_SSL, name)
    t.is(why(ssl), reason, name)
  }
  t.is(BIO_ctrl_pending(near), 0)
})

test('S1: a context of one role refuses the other with 0', t => {
  const [near, far] = BIO_new_bio_pair()
  const client = SSL_new(clientContext())
  SSL_set_bio(client, near, near)
  t.is(SSL_accept(client), 0)
  t.is(SSL_get_error(client, 0), SSL_ERROR_SSL)
  t.is(why(client), 'SHOULD_NOT_HAVE_BEEN_CALLED')
  const server = SSL_new(serverContext())
  SSL_set_bio(server, far, far)
  t.is(SSL_connect(server), 0)
  t.is(SSL_get_error(server, 0), SSL_ERROR_SSL)
})

test('S1: reading, writing and shutting down in a role that the method lacks is -1, never 0', t => {
  const [near] = BIO_new_bio_pair()
  const ssl = SSL_new(clientContext())
  SSL_set_bio(ssl, near, near)
  SSL_set_accept_state(ssl)
  const calls = [
    (s: SSL) => SSL_read(s, into(1)),
    (s: SSL) => SSL_peek(s, into(1)),
    (s: SSL) => SSL_write(s, into(1)),
    SSL_shutdown,
  ]
  for (const call of calls) {
    t.is(call(ssl), -1)
    t.is(SSL_get_error(ssl, -1), SSL_ERROR_SSL)
    t.is(why(ssl), 'SHOULD_NOT_HAVE_BEEN_CALLED')
  }
})

test('a handshake that ends inside a read is finished, whatever that read says', t => {
  const { client, server } = endsOver(17408)
  t.is(SSL_read(client, into(1)), -1)
  t.is(SSL_read(server, into(1)), -1)
  t.deepEqual([SSL_is_init_finished(client), SSL_is_init_finished(server)], [0, 0])
  t.is(SSL_read(client, into(1)), -1)
  t.is(SSL_get_error(client, -1), SSL_ERROR_WANT_READ)
  t.deepEqual([SSL_is_init_finished(client), SSL_is_init_finished(server)], [1, 0])
  t.is(SSL_read(server, into(1)), -1)
  t.is(SSL_is_init_finished(server), 1)
})

test('S1: without a BIO, a name, somebody to believe or a certificate, the first call says which', t => {
  const bare = SSL_new(clientContext())
  t.is(SSL_connect(bare), -1)
  t.is(SSL_get_error(bare, -1), SSL_ERROR_SSL)
  t.is(why(bare), 'READ_BIO_NOT_SET')
  const [near] = BIO_new_bio_pair()
  SSL_set_bio(bare, near, near)
  t.is(SSL_connect(bare), -1)
  t.is(why(bare), 'NO_SERVERNAME')
  SSL_set1_host(bare, 'server.example')
  t.is(SSL_connect(bare), -1)
  t.is(SSL_get_error(bare, -1), SSL_ERROR_WANT_READ)
})

for (const version of versions) {
  test(`S2: the read request is 5 for a header, then the body, then what is missing of either (${version.name})`, t => {
    const { client, server, clientWire, serverWire } = wiredEnds(17408, version)
    t.is(SSL_connect(client), -1)
    t.is(SSL_accept(server), -1)
    t.is(BIO_ctrl_get_read_request(serverWire), 5)
    const hello = drained(clientWire)
    const length = ((hello[3] as number) << 8) | (hello[4] as number)
    t.is(hello.length, 5 + length)
    inject(serverWire, hello.subarray(0, 3))
    t.is(BIO_ctrl_get_read_request(serverWire), 0)
    t.is(SSL_accept(server), -1)
    t.is(BIO_ctrl_get_read_request(serverWire), 2)
    inject(serverWire, hello.subarray(3, 5))
    t.is(SSL_accept(server), -1)
    t.is(BIO_ctrl_get_read_request(serverWire), length)
    inject(serverWire, hello.subarray(5, 105))
    t.is(SSL_accept(server), -1)
    t.is(BIO_ctrl_get_read_request(serverWire), length - 100)
    t.is(BIO_ctrl_pending(serverWire), 0)
    inject(serverWire, hello.subarray(105))
    t.is(SSL_accept(server), -1)
    t.is(SSL_get_error(server, -1), SSL_ERROR_WANT_READ)
    t.is(BIO_ctrl_get_read_request(serverWire), 5)
    t.true(BIO_ctrl_pending(serverWire) > 100)
  })

  for (const size of ringSizes) {
    test(`S11: with tickets to send, handshake calls alone complete over rings of ${size} (${version.name})`, t => {
      const server = serverContext(version)
      t.is(SSL_CTX_set_num_tickets(server, 2), 1)
      const ends = endsOver(size, version, { server })
      shake(ends)
      t.deepEqual(
        [SSL_state_string(ends.client), SSL_state_string(ends.server)],
        ['SSLOK', 'SSLOK'],
      )
      // A client that only writes, and a server that only reads: the tickets hold neither up.
      const bytes = counted(3000)
      const got = into(3000)
      let [sent, read] = [-1, 0]
      for (let round = 0; round < 10_000 && (sent < 0 || read < 3000); round++) {
        if (sent < 0) sent = SSL_write(ends.client, bytes)
        if (sent < 0) t.is(SSL_get_error(ends.client, sent), SSL_ERROR_WANT_WRITE)
        read += Math.max(SSL_read(ends.server, got.subarray(read)), 0)
      }
      t.is(sent, 3000)
      t.deepEqual(got, bytes)
    })

    test(`S11: two ends that write 50000 bytes and read come to their end over rings of ${size} (${version.name})`, t => {
      const ends = connected(size, version)
      const bytes = [counted(50_000), counted(50_000, 7)] as const
      const got = [into(50_000), into(50_000)] as const
      const order = [ends.client, ends.server] as const
      const sent = [-1, -1]
      const read = [0, 0]
      for (
        let round = 0;
        round < 400_000 && (sent.includes(-1) || read.some(n => n < 50_000));
        round++
      )
        for (const i of [0, 1] as const) {
          if (sent[i] === -1) sent[i] = SSL_write(order[i], bytes[i])
          const count = SSL_read(order[i], got[i].subarray(read[i]))
          if (count > 0) read[i] = (read[i] as number) + count
          else if (
            read[i] !== 50_000 &&
            ![SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE].includes(SSL_get_error(order[i], count))
          )
            throw new Error(why(order[i]))
        }
      t.deepEqual(sent, [50_000, 50_000])
      t.deepEqual(got[0], bytes[1])
      t.deepEqual(got[1], bytes[0])
    })
  }

  test(`a close_notify in the middle of the handshake is 0 with ZERO_RETURN, ever after (${version.name})`, t => {
    const { client, clientWire } = wiredEnds(17408, version)
    t.is(SSL_connect(client), -1)
    inject(clientWire, Uint8Array.of(21, 3, 3, 0, 2, 1, 0))
    for (let i = 0; i < 10; i++) {
      t.is(SSL_connect(client), 0)
      t.is(SSL_get_error(client, 0), SSL_ERROR_ZERO_RETURN)
      t.is(SSL_want(client), SSL_NOTHING)
    }
    t.is(SSL_get_shutdown(client), SSL_RECEIVED_SHUTDOWN)
  })

  test(`an end of the carrier in the middle of the handshake is UNEXPECTED_EOF_WHILE_READING, and decode_error goes out (${version.name})`, t => {
    const { client, clientWire } = wiredEnds(17408, version)
    t.is(SSL_connect(client), -1)
    t.is(SSL_want(client), SSL_READING)
    drained(clientWire)
    BIO_shutdown_wr(clientWire)
    for (let i = 0; i < 3; i++) {
      t.is(SSL_connect(client), -1)
      t.is(SSL_get_error(client, -1), SSL_ERROR_SSL)
      t.is(
        ERR_error_string(ERR_get_error(client)),
        'error:0A000126:SSL routines::unexpected eof while reading',
      )
    }
    t.deepEqual([...drained(clientWire)], [21, 3, 3, 0, 2, 2, 50])
  })

  test(`S7: after a fatal alert of the peer's, ten calls say the same (${version.name})`, t => {
    const { client, clientWire } = wiredEnds(17408, version)
    t.is(SSL_connect(client), -1)
    inject(clientWire, Uint8Array.of(21, 3, 3, 0, 2, 2, 40))
    for (let i = 0; i < 10; i++) {
      t.is(SSL_connect(client), -1)
      t.is(SSL_get_error(client, -1), SSL_ERROR_SSL)
      t.is(ERR_get_error(client) & 0x7fffff, 1040)
      t.is(ERR_get_error(client), 0)
      t.is(SSL_get_error(client, -1), SSL_ERROR_SSL)
    }
    t.is(SSL_read(client, into(1)), -1)
    t.is(SSL_get_error(client, -1), SSL_ERROR_SSL)
    t.is(SSL_get_shutdown(client), 0)
  })

  test(`S7: a record that was tampered with is fatal, its alert is drained, and ten calls say the same (${version.name})`, t => {
    const ends = connected(17408, version)
    const { client, server } = ends
    t.is(SSL_write(client, counted(20)), 20)
    const wire = wbio(server)
    const record = into(100)
    const length = BIO_read(wire, record)
    record[length - 1] = (record[length - 1] as number) ^ 1
    t.is(BIO_write(wbio(client), record, length), length)
    for (let i = 0; i < 10; i++) {
      t.is(SSL_read(server, into(20)), -1)
      t.is(SSL_get_error(server, -1), SSL_ERROR_SSL)
      t.is(why(server), 'DECRYPTION_FAILED_OR_BAD_RECORD_MAC')
      t.is(SSL_write(server, into(1)), -1)
      t.is(SSL_get_error(server, -1), SSL_ERROR_SSL)
    }
    t.is(SSL_read(client, into(20)), -1)
    t.is(
      ERR_error_string(ERR_get_error(client)),
      'error:0A0003FC:SSL routines::sslv3 alert bad record mac',
    )
  })

  test(`S8: an error of one connection that nobody took changes nothing for another (${version.name})`, t => {
    const server = serverContext(version)
    const client = clientContext(version)
    const a = wiredEnds(17408, version, { client, server })
    const b = wiredEnds(17408, version, { client, server })
    t.is(SSL_connect(a.client), -1)
    inject(a.clientWire, Uint8Array.of(21, 3, 3, 0, 2, 2, 40))
    t.is(SSL_connect(a.client), -1)
    t.not(ERR_peek_error(a.client), 0)
    t.is(SSL_connect(b.client), -1)
    t.is(SSL_get_error(b.client, -1), SSL_ERROR_WANT_READ)
    t.is(ERR_peek_error(b.client), 0)
    t.is(SSL_get_error(a.client, -1), SSL_ERROR_SSL)
    relay(b.clientWire, b.serverWire)
    t.is(SSL_accept(b.server), -1)
    t.is(SSL_get_error(b.server, -1), SSL_ERROR_WANT_READ)
  })

  test(`S14: a second ClientHello in the middle of the handshake is fatal (${version.name})`, t => {
    const { client, server, clientWire, serverWire } = wiredEnds(17408, version)
    SSL_connect(client)
    const hello = drained(clientWire)
    inject(serverWire, hello)
    t.is(SSL_accept(server), -1)
    t.is(SSL_get_error(server, -1), SSL_ERROR_WANT_READ)
    inject(serverWire, hello)
    for (let i = 0; i < 3; i++) {
      t.is(SSL_accept(server), -1)
      t.is(SSL_get_error(server, -1), SSL_ERROR_SSL)
      t.regex(why(server) ?? '', /^(UNEXPECTED_MESSAGE|BAD_RECORD_TYPE|UNEXPECTED_RECORD)$/)
    }
  })

  test(`a name that the certificate does not prove ends both ends, and the verify result says 62 (${version.name})`, t => {
    const { client, server } = endsOver(17408, version)
    SSL_set1_host(client, 'other.example')
    t.is(SSL_connect(client), -1)
    t.is(SSL_accept(server), -1)
    t.is(SSL_connect(client), -1)
    t.is(SSL_get_error(client, -1), SSL_ERROR_SSL)
    t.is(why(client), 'CERTIFICATE_VERIFY_FAILED')
    t.is(SSL_get_verify_result(client), X509_V_ERR_HOSTNAME_MISMATCH)
    t.is(SSL_accept(server), -1)
    t.is(why(server), 'SSLV3_ALERT_BAD_CERTIFICATE')
  })

  test(`a handshake that is done answers 1 whenever it is asked, and a role can no longer be changed (${version.name})`, t => {
    const { client, server } = connected(17408, version)
    for (const call of [SSL_do_handshake, SSL_connect]) t.is(call(client), 1)
    SSL_set_accept_state(client)
    t.is(why(client), 'SHOULD_NOT_HAVE_BEEN_CALLED')
    SSL_set_connect_state(client)
    t.is(SSL_do_handshake(client), 1)
    t.is(SSL_get_error(client, 1), SSL_ERROR_NONE)
    t.is(SSL_accept(server), 1)
  })

  test(`SSL_read and SSL_write shake hands by themselves (${version.name})`, t => {
    const { client, server } = endsOver(256, version)
    const got = into(10)
    let [sent, read] = [-1, -1]
    for (let round = 0; round < 100 && read < 0; round++) {
      if (sent < 0) sent = SSL_write(client, counted(10))
      read = SSL_read(server, got)
    }
    t.deepEqual([sent, read], [10, 10])
    t.deepEqual(got, counted(10))
  })
}
