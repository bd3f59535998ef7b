/** Section 5.2: SSL_get_error row by row; where ours differs by intention the title says so. */
import { type Bio, MemoryBio, type Stopped } from '@biopair/bio'
import {
  BIO_from,
  BIO_new_bio_pair,
  BIO_shutdown_wr,
  ERR_clear_error,
  ERR_GET_LIB,
  ERR_get_error,
  ERR_get_error_all,
  ERR_LIB_SSL,
  ERR_LIB_SYS,
  ERR_peek_error,
  type SSL,
  SSL_accept,
  SSL_CTX_set_verify,
  SSL_connect,
  SSL_do_handshake,
  SSL_ERROR_NONE,
  SSL_ERROR_SSL,
  SSL_ERROR_SYSCALL,
  SSL_ERROR_WANT_ACCEPT,
  SSL_ERROR_WANT_CONNECT,
  SSL_ERROR_WANT_READ,
  SSL_ERROR_WANT_RETRY_VERIFY,
  SSL_ERROR_WANT_WRITE,
  SSL_ERROR_ZERO_RETURN,
  SSL_get_error,
  SSL_NOTHING,
  SSL_new,
  SSL_peek,
  SSL_pending,
  SSL_READING,
  SSL_RETRY_VERIFY,
  SSL_read,
  SSL_read_ex,
  SSL_set_bio,
  SSL_set_connect_state,
  SSL_set1_host,
  SSL_shutdown,
  SSL_VERIFY_PEER,
  SSL_WRITING,
  SSL_want,
  SSL_write,
  SSL_write_ex,
} from '@biopair/ssl/openssl'
import test from 'ava'
import {
  clientContext,
  connected,
  counted,
  each,
  endsOver,
  inject,
  ringSizes,
  shake,
  type Version,
  versions,
  wiredEnds,
} from './support/tls.ts'

const into = (length: number) => new Uint8Array(length)
const why = (ssl: SSL) => ERR_get_error_all(ssl)?.reason
const handshakeFailure = Uint8Array.of(21, 3, 3, 0, 2, 2, 40)

/** A client over a BIO that answers as it is told. */
function over(version: Version, answer: () => Stopped): SSL {
  const bio: Bio = {
    read: answer,
    write: answer,
    flush: () => 'done',
    end: () => 'done',
    close: () => {},
  }
  const ssl = SSL_new(clientContext(version))
  const carrier = BIO_from(bio)
  SSL_set_bio(ssl, carrier, carrier)
  SSL_set_connect_state(ssl)
  SSL_set1_host(ssl, 'server.example')
  return ssl
}

for (const version of versions) {
  const title = (text: string) => `${text} (${version.name})`

  test(title('5.2 row 1: NONE for a result above 0, whatever went before'), t => {
    const { client, server } = connected(17408, version)
    t.is(SSL_read(client, into(1)), -1)
    t.is(SSL_get_error(client, -1), SSL_ERROR_WANT_READ)
    t.is(SSL_get_error(client, 1), SSL_ERROR_NONE)
    t.is(SSL_write(server, counted(2)), 2)
    t.is(SSL_get_error(server, 2), SSL_ERROR_NONE)
    t.is(SSL_do_handshake(client), 1)
    t.is(SSL_get_error(client, 1), SSL_ERROR_NONE)
  })

  test(title('5.2 row 2: SYSCALL where the carrier broke, SSL where the protocol did'), t => {
    const broke = over(version, () => ({ stop: 'broken', error: new Error('ECONNRESET') }))
    for (let i = 0; i < 3; i++) {
      t.is(SSL_connect(broke), -1)
      t.is(SSL_get_error(broke, -1), SSL_ERROR_SYSCALL)
      t.is(ERR_GET_LIB(ERR_peek_error(broke)), ERR_LIB_SYS)
    }
    const { client, clientWire } = wiredEnds(17408, version)
    SSL_connect(client)
    inject(clientWire, handshakeFailure)
    t.is(SSL_connect(client), -1)
    t.is(SSL_get_error(client, -1), SSL_ERROR_SSL)
    t.is(ERR_GET_LIB(ERR_peek_error(client)), ERR_LIB_SSL)
  })

  test(
    title(
      '5.2 rows 3 and 4: WANT_CONNECT and WANT_ACCEPT where the BIO is not connected yet; any other wait of a BIO’s own is worth another call (OpenSSL: SYSCALL)',
    ),
    t => {
      const special = (reason?: string) => () =>
        ({ stop: 'retry', on: 'special', ...(reason ? { reason } : {}) }) as const
      const cases = [
        ['connect', SSL_ERROR_WANT_CONNECT],
        ['accept', SSL_ERROR_WANT_ACCEPT],
        [undefined, SSL_ERROR_WANT_WRITE],
      ] as const
      for (const [reason, error] of cases) {
        const ssl = over(version, special(reason))
        for (let i = 0; i < 3; i++) {
          t.is(SSL_connect(ssl), -1)
          t.is(SSL_get_error(ssl, -1), error)
          t.not(SSL_want(ssl), SSL_NOTHING)
        }
      }
    },
  )

  for (const size of ringSizes) {
    test(
      title(
        `5.2 rows 3 and 4: WANT_READ and WANT_WRITE say what would help, over rings of ${size}`,
      ),
      t => {
        const { client } = endsOver(size, version)
        t.is(SSL_connect(client), -1)
        // A ClientHello is longer than the ring.
        const full = size < each(version, { 'TLSv1.3': 1000, 'TLSv1.2': 150 })
        t.is(SSL_get_error(client, -1), full ? SSL_ERROR_WANT_WRITE : SSL_ERROR_WANT_READ)
        t.is(SSL_want(client), full ? SSL_WRITING : SSL_READING)
        const ends = connected(size, version)
        while (SSL_read(ends.client, into(1)) > 0);
        t.is(SSL_read(ends.client, into(1)), -1)
        t.is(SSL_get_error(ends.client, -1), SSL_ERROR_WANT_READ)
        t.is(SSL_want(ends.client), SSL_READING)
        t.is(SSL_write(ends.client, counted(40_000)), -1)
        t.is(SSL_get_error(ends.client, -1), SSL_ERROR_WANT_WRITE)
        t.is(SSL_want(ends.client), SSL_WRITING)
        t.is(SSL_read(ends.client, into(1)), -1, 'and the other half has its own')
        t.is(ERR_peek_error(ends.client), 0)
      },
    )

    test(
      title(
        `S8: what failed on one connection changes no answer of another, over rings of ${size}`,
      ),
      t => {
        const a = endsOver(size, version)
        const b = endsOver(size, version)
        SSL_connect(a.client)
        // The peer speaks no TLS.
        const [mine, theirs] = BIO_new_bio_pair()
        SSL_set_bio(a.client, mine, mine)
        inject(theirs, handshakeFailure)
        t.is(SSL_connect(a.client), -1)
        t.is(SSL_get_error(a.client, -1), SSL_ERROR_SSL)
        // OpenSSL: the stale entry turns the other's WANT_READ into SSL.
        const ret = SSL_connect(b.client)
        t.true([SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE].includes(SSL_get_error(b.client, ret)))
        t.is(ERR_peek_error(b.client), 0)
        shake(b)
        t.is(SSL_connect(a.client), -1)
        t.is(SSL_get_error(b.client, 1), SSL_ERROR_NONE)
        t.is(SSL_read(b.client, into(1)), -1)
        t.is(SSL_get_error(b.client, -1), SSL_ERROR_WANT_READ)
      },
    )

    test(
      title(
        `S7: a fatal error is the same error on every later call, and never a clean end, over rings of ${size}`,
      ),
      t => {
        const calls: [string, (ssl: SSL) => number][] = [
          ['SSL_do_handshake', SSL_do_handshake],
          ['SSL_connect', SSL_connect],
          ['SSL_read', ssl => SSL_read(ssl, into(1))],
          ['SSL_peek', ssl => SSL_peek(ssl, into(1))],
          ['SSL_write', ssl => SSL_write(ssl, into(1))],
          ['SSL_read_ex', ssl => SSL_read_ex(ssl, into(1))[0] - 1],
          ['SSL_write_ex', ssl => SSL_write_ex(ssl, into(1))[0] - 1],
          ['SSL_shutdown', SSL_shutdown],
        ]
        const [near, wire] = BIO_new_bio_pair(size, size)
        const client = SSL_new(clientContext(version))
        SSL_set_bio(client, near, near)
        SSL_set_connect_state(client)
        SSL_set1_host(client, 'server.example')
        const sink = new MemoryBio()
        SSL_set_bio(client, near, BIO_from(sink))
        for (let at = 0; at < handshakeFailure.length; at += size) {
          SSL_connect(client)
          inject(wire, handshakeFailure.subarray(at, at + size))
        }
        t.is(SSL_connect(client), -1)
        t.is(why(client), 'SSLV3_ALERT_HANDSHAKE_FAILURE')
        for (let i = 0; i < 10; i++)
          for (const [name, call] of calls) {
            t.is(call(client), -1, name)
            t.is(SSL_get_error(client, -1), SSL_ERROR_SSL, name)
            t.is(ERR_get_error(client) & 0x7fffff, 1040, name)
            // With the list read to its end the answer stays (OpenSSL: SYSCALL, or ZERO_RETURN).
            t.is(ERR_get_error(client), 0)
            t.is(SSL_get_error(client, -1), SSL_ERROR_SSL, name)
            t.is(SSL_want(client), SSL_NOTHING)
          }
      },
    )
  }

  test(
    title('5.2 row 5: a callback that has promised its answer has a want of its own'),
    async t => {
      const ctx = clientContext(version)
      let answer: (go: number) => void = () => {}
      SSL_CTX_set_verify(
        ctx,
        SSL_VERIFY_PEER,
        () =>
          new Promise<number>(resolve => {
            answer = resolve
          }),
      )
      const { client, server } = endsOver(17408, version, { client: ctx })
      SSL_connect(client)
      SSL_accept(server)
      for (let i = 0; i < 3; i++) {
        t.is(SSL_connect(client), -1)
        t.is(SSL_get_error(client, -1), SSL_ERROR_WANT_RETRY_VERIFY)
        t.is(SSL_want(client), SSL_RETRY_VERIFY)
      }
      // Root, intermediate and the server's own: each is asked about.
      const answers: number[] = []
      for (let i = 0; i < 3; i++) {
        answer(1)
        await new Promise(resolve => setImmediate(resolve))
        answers.push(SSL_connect(client))
      }
      // In TLS 1.2 the server's Finished is yet to come.
      t.deepEqual(answers, [-1, -1, each(version, { 'TLSv1.3': 1, 'TLSv1.2': -1 })])
      shake({ client, server })
    },
  )

  test(
    title('5.2 row 6: ZERO_RETURN for close_notify alone, and for nothing that went wrong'),
    t => {
      const { client, server } = connected(17408, version)
      t.is(SSL_shutdown(server), 0)
      for (let i = 0; i < 3; i++) {
        t.is(SSL_read(client, into(1)), 0)
        t.is(SSL_get_error(client, 0), SSL_ERROR_ZERO_RETURN)
        t.deepEqual(SSL_read_ex(client, into(1)), [0, 0])
        t.is(SSL_get_error(client, 0), SSL_ERROR_ZERO_RETURN)
      }
      const cut = wiredEnds(17408, version)
      SSL_connect(cut.client)
      BIO_shutdown_wr(cut.clientWire)
      t.is(SSL_connect(cut.client), -1)
      t.is(SSL_get_error(cut.client, -1), SSL_ERROR_SSL)
      t.is(why(cut.client), 'UNEXPECTED_EOF_WHILE_READING')
    },
  )

  test(
    title(
      '5.2 row 7: where no call was made there is nothing to tell (OpenSSL: SYSCALL, or WANT_READ)',
    ),
    t => {
      const { client } = endsOver(17408, version)
      t.is(SSL_get_error(client, -1), SSL_ERROR_NONE)
      t.is(SSL_want(client), SSL_NOTHING)
    },
  )

  test(
    title('5.2: it is asked as often as one likes, and other calls in between change nothing'),
    t => {
      const { client, server } = connected(17408, version)
      t.is(SSL_read(client, into(1)), -1)
      for (let i = 0; i < 3; i++) t.is(SSL_get_error(client, -1), SSL_ERROR_WANT_READ)
      SSL_write(server, counted(1))
      SSL_pending(client)
      ERR_clear_error(client)
      t.is(SSL_get_error(client, -1), SSL_ERROR_WANT_READ)
      // It is that call's answer: after the next one it is the next one's.
      t.is(SSL_read(client, into(1)), 1)
      t.is(SSL_want(client), SSL_NOTHING)
    },
  )
}
