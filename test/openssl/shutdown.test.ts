/** Row S5: the whole matrix of section 5.5, over every ring. */
import {
  BIO_ctrl_pending,
  BIO_destroy_bio_pair,
  BIO_shutdown_wr,
  ERR_get_error_all,
  type SSL,
  SSL_CTX_set_num_tickets,
  SSL_CTX_set_options,
  SSL_do_handshake,
  SSL_ERROR_SSL,
  SSL_ERROR_WANT_READ,
  SSL_ERROR_WANT_WRITE,
  SSL_ERROR_ZERO_RETURN,
  SSL_get_error,
  SSL_get_quiet_shutdown,
  SSL_get_rbio,
  SSL_get_shutdown,
  SSL_new,
  SSL_OP_IGNORE_UNEXPECTED_EOF,
  SSL_RECEIVED_SHUTDOWN,
  SSL_read,
  SSL_SENT_SHUTDOWN,
  SSL_set_options,
  SSL_set_quiet_shutdown,
  SSL_set_shutdown,
  SSL_shutdown,
  SSL_write,
} from '@biopair/ssl/openssl'
import test from 'ava'
import {
  clientContext,
  connected,
  counted,
  type Ends,
  endsOver,
  ringSizes,
  serverContext,
  type Version,
  versions,
} from './support/tls.ts'

const into = (length: number) => new Uint8Array(length)
const why = (ssl: SSL) => ERR_get_error_all(ssl)?.reason
const waits = [SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE]

/** Two ends after their handshake, with every ticket read. */
function quiet(size: number, version: Version): Ends {
  const server = serverContext(version)
  SSL_CTX_set_num_tickets(server, 0)
  return connected(size, version, { server })
}

/** Repeats a call while it waits; `meanwhile` makes the other end go on. */
function until(ssl: SSL, call: (ssl: SSL) => number, meanwhile: () => void = () => {}): number {
  for (let i = 0; i < 20_000; i++) {
    const ret = call(ssl)
    if (ret >= 0 || !waits.includes(SSL_get_error(ssl, ret))) return ret
    meanwhile()
  }
  throw new Error('it never ends')
}

/** Reads everything that comes before the end, while the other end does something; the last result with it. */
function readToEnd(ssl: SSL, meanwhile: () => void = () => {}): [number[], number] {
  const all: number[] = []
  const buffer = into(20_000)
  for (;;) {
    const ret = until(ssl, one => SSL_read(one, buffer), meanwhile)
    if (ret <= 0) return [all, ret]
    all.push(...buffer.subarray(0, ret))
  }
}

for (const version of versions)
  for (const size of ringSizes) {
    const title = (text: string) => `S5: ${text} (${version.name}, rings of ${size})`

    test(
      title(
        'before and during the handshake it is SHUTDOWN_WHILE_IN_INIT, without a role UNINITIALIZED',
      ),
      t => {
        const { client } = endsOver(size, version)
        for (const begin of [() => {}, () => SSL_do_handshake(client)]) {
          begin()
          t.is(SSL_shutdown(client), -1)
          t.is(SSL_get_error(client, -1), SSL_ERROR_SSL)
          t.is(why(client), 'SHUTDOWN_WHILE_IN_INIT')
          t.is(SSL_get_shutdown(client), 0)
        }
        const ssl = SSL_new(clientContext(version))
        t.is(SSL_shutdown(ssl), -1)
        t.is(why(ssl), 'UNINITIALIZED')
      },
    )

    test(
      title('idle: 0, then -1 with WANT_READ; the peer reads ZERO_RETURN and says 1; then 1'),
      t => {
        const { client, server } = quiet(size, version)
        const first = until(client, SSL_shutdown, () => {
          t.is(SSL_get_error(client, -1), SSL_ERROR_WANT_WRITE)
          t.is(SSL_get_shutdown(client), SSL_SENT_SHUTDOWN, 'the bit is set on the first try')
          t.is(SSL_read(server, into(1)) <= 0, true)
        })
        t.is(first, 0)
        t.is(SSL_get_shutdown(client), SSL_SENT_SHUTDOWN)
        t.is(SSL_shutdown(client), -1)
        t.is(SSL_get_error(client, -1), SSL_ERROR_WANT_READ)
        t.is(SSL_write(client, into(1)), -1)
        t.is(why(client), 'PROTOCOL_IS_SHUTDOWN')
        for (let i = 0; i < 3; i++) {
          t.is(SSL_read(server, into(1)), 0)
          t.is(SSL_get_error(server, 0), SSL_ERROR_ZERO_RETURN)
        }
        t.is(SSL_get_shutdown(server), SSL_RECEIVED_SHUTDOWN)
        t.is(
          until(server, SSL_shutdown, () => void SSL_shutdown(client)),
          1,
        )
        t.is(until(client, SSL_shutdown), 1)
        for (const ssl of [client, server]) {
          t.is(SSL_shutdown(ssl), 1, 'and 1 it stays')
          t.is(SSL_get_shutdown(ssl), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN)
        }
      },
    )

    test(
      title('half closed: after the peer’s close_notify SSL_write goes on, and nothing is lost'),
      t => {
        const { client, server } = quiet(size, version)
        until(client, SSL_shutdown, () => void SSL_read(server, into(1)))
        t.is(SSL_read(server, into(1)), 0)
        const bytes = counted(700)
        const got: number[] = []
        const buffer = into(1000)
        const take = () => {
          const ret = SSL_read(client, buffer)
          if (ret > 0) got.push(...buffer.subarray(0, ret))
        }
        t.is(
          until(server, ssl => SSL_write(ssl, bytes), take),
          700,
        )
        t.is(until(server, SSL_shutdown, take), 1)
        const [rest, end] = readToEnd(client)
        t.deepEqual(Uint8Array.from([...got, ...rest]), bytes)
        t.is(end, 0)
        t.is(SSL_get_error(client, 0), SSL_ERROR_ZERO_RETURN)
        t.is(SSL_shutdown(client), 1)
      },
    )

    test(
      title(
        'data before the peer’s close_notify is APPLICATION_DATA_AFTER_CLOSE_NOTIFY, and stays to be read (OpenSSL: the connection is dead)',
      ),
      t => {
        const { client, server } = quiet(size, version)
        t.is(
          until(client, SSL_shutdown, () => void SSL_read(server, into(1))),
          0,
        )
        let sent = SSL_write(server, counted(30))
        let again = SSL_shutdown(client)
        for (let i = 0; i < 200 && SSL_get_error(client, again) !== SSL_ERROR_SSL; i++) {
          if (sent < 0) sent = SSL_write(server, counted(30))
          again = SSL_shutdown(client)
        }
        for (let i = 0; i < 3; i++) {
          t.is(SSL_shutdown(client), -1)
          t.is(SSL_get_error(client, -1), SSL_ERROR_SSL)
          t.is(why(client), 'APPLICATION_DATA_AFTER_CLOSE_NOTIFY')
        }
        const buffer = into(40)
        t.is(SSL_read(client, buffer), 30)
        t.deepEqual(buffer.subarray(0, 30), counted(30))
        if (sent < 0)
          t.is(
            until(server, ssl => SSL_write(ssl, counted(30))),
            30,
          )
        // The server has not looked for the client's yet: its own first, then both.
        let ret = until(server, SSL_shutdown, () => void SSL_read(client, into(1)))
        if (ret === 0) ret = until(server, SSL_shutdown)
        t.is(ret, 1)
        t.is(
          until(client, ssl => SSL_read(ssl, into(1))),
          0,
        )
        t.is(SSL_shutdown(client), 1)
      },
    )

    test(title('close_notifys that cross are 0, then 1, at each end'), t => {
      const { client, server } = quiet(size, version)
      const seen: [number[], number[]] = [[], []]
      for (let i = 0; i < 200 && !(seen[0].includes(1) && seen[1].includes(1)); i++)
        for (const [at, ssl] of [client, server].entries()) {
          const ret = SSL_shutdown(ssl)
          if (ret >= 0) (seen[at] as number[]).push(ret)
          else t.true(waits.includes(SSL_get_error(ssl, ret)))
        }
      for (const results of seen) {
        t.is(results.at(-1), 1)
        t.true(results.slice(0, -1).every(result => result === 0 || result === 1))
      }
      t.deepEqual([SSL_shutdown(client), SSL_shutdown(server)], [1, 1])
    })

    test(
      title(
        'with a write pending it goes behind its record, and the peer reads all of it and a clean end (OpenSSL 3.5 loses it)',
      ),
      t => {
        const { client, server } = quiet(size, version)
        const bytes = counted(size * 3 + 17_000)
        t.is(SSL_write(client, bytes), -1)
        t.is(SSL_get_error(client, -1), SSL_ERROR_WANT_WRITE)
        t.is(SSL_shutdown(client), -1)
        t.is(SSL_get_error(client, -1), SSL_ERROR_WANT_WRITE)
        t.is(SSL_get_shutdown(client), SSL_SENT_SHUTDOWN)
        let shut = -1
        const [got, end] = readToEnd(server, () => {
          if (shut < 0) shut = SSL_shutdown(client)
        })
        t.is(end, 0)
        t.is(SSL_get_error(server, 0), SSL_ERROR_ZERO_RETURN)
        // What was taken before is sent; what was not taken never is.
        t.true(got.length > 0)
        t.deepEqual(Uint8Array.from(got), bytes.subarray(0, got.length))
        t.is(shut < 0 ? SSL_shutdown(client) : shut, 0)
      },
    )

    test(title('tickets that nobody has read do not stand in the way of either end'), t => {
      const { client, server } = connected(size, version)
      const last = [-1, -1]
      for (let i = 0; i < 5000 && !(last[0] === 1 && last[1] === 1); i++) {
        last[0] = SSL_shutdown(client)
        last[1] = SSL_shutdown(server)
      }
      t.deepEqual(last, [1, 1])
    })

    test(
      title('quiet: 1, both bits, no bytes; reads are ZERO_RETURN, writes PROTOCOL_IS_SHUTDOWN'),
      t => {
        const { client, server } = quiet(size, version)
        SSL_set_quiet_shutdown(client, 1)
        t.is(SSL_get_quiet_shutdown(client), 1)
        t.is(SSL_shutdown(client), 1)
        t.is(SSL_get_shutdown(client), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN)
        const wire = SSL_get_rbio(server)
        t.is(wire && BIO_ctrl_pending(wire), 0)
        t.is(SSL_read(client, into(1)), 0)
        t.is(SSL_get_error(client, 0), SSL_ERROR_ZERO_RETURN)
        t.is(SSL_write(client, into(1)), -1)
        t.is(why(client), 'PROTOCOL_IS_SHUTDOWN')
      },
    )

    test(
      title(
        'SSL_set_shutdown: RECEIVED ends reading without the BIO, SENT ends writing without a word',
      ),
      t => {
        const { client, server } = quiet(size, version)
        SSL_write(server, into(1))
        const wire = SSL_get_rbio(client)
        const before = wire && BIO_ctrl_pending(wire)
        SSL_set_shutdown(client, SSL_RECEIVED_SHUTDOWN)
        t.is(SSL_get_shutdown(client), SSL_RECEIVED_SHUTDOWN)
        t.is(SSL_read(client, into(1)), 0)
        t.is(SSL_get_error(client, 0), SSL_ERROR_ZERO_RETURN)
        t.is(wire && BIO_ctrl_pending(wire), before)
        SSL_set_shutdown(client, 0)
        t.is(
          until(
            client,
            ssl => SSL_read(ssl, into(1)),
            () => void SSL_write(server, into(1)),
          ),
          1,
        )
        SSL_set_shutdown(client, SSL_SENT_SHUTDOWN)
        const theirs = SSL_get_rbio(server)
        const pending = theirs && BIO_ctrl_pending(theirs)
        t.is(SSL_write(client, into(1)), -1)
        t.is(SSL_get_error(client, -1), SSL_ERROR_SSL)
        t.is(why(client), 'PROTOCOL_IS_SHUTDOWN')
        t.is(theirs && BIO_ctrl_pending(theirs), pending)
        SSL_set_shutdown(client, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN)
        t.is(SSL_shutdown(client), 1)
      },
    )

    test(
      title(
        'cut: -1 with UNEXPECTED_EOF, ever after; writing goes on, and nothing counts as received',
      ),
      t => {
        const { client, server } = quiet(size, version)
        const wire = SSL_get_rbio(client)
        if (wire) BIO_shutdown_wr(wire)
        for (let i = 0; i < 3; i++) {
          t.is(SSL_read(server, into(1)), -1)
          t.is(SSL_get_error(server, -1), SSL_ERROR_SSL)
          t.is(why(server), 'UNEXPECTED_EOF_WHILE_READING')
        }
        t.is(SSL_get_shutdown(server), 0)
        t.is(
          until(
            server,
            ssl => SSL_write(ssl, counted(3)),
            () => void SSL_read(client, into(9)),
          ),
          3,
        )
        until(server, SSL_shutdown, () => void SSL_read(client, into(9)))
        t.is(SSL_shutdown(server), -1)
        t.is(why(server), 'UNEXPECTED_EOF_WHILE_READING')
      },
    )

    test(
      title(
        'cut, with IGNORE_UNEXPECTED_EOF: 0 with ZERO_RETURN, RECEIVED is set, writing goes on, SSL_shutdown is 1',
      ),
      t => {
        const server = serverContext(version)
        SSL_CTX_set_num_tickets(server, 0)
        SSL_CTX_set_options(server, SSL_OP_IGNORE_UNEXPECTED_EOF)
        const ends = connected(size, version, { server })
        const wire = SSL_get_rbio(ends.client)
        if (wire) BIO_shutdown_wr(wire)
        for (let i = 0; i < 3; i++) {
          t.is(SSL_read(ends.server, into(1)), 0)
          t.is(SSL_get_error(ends.server, 0), SSL_ERROR_ZERO_RETURN)
        }
        t.is(SSL_get_shutdown(ends.server), SSL_RECEIVED_SHUTDOWN)
        const got: number[] = []
        const buffer = into(9)
        const take = () => {
          const ret = SSL_read(ends.client, buffer)
          if (ret > 0) got.push(...buffer.subarray(0, ret))
        }
        t.is(
          until(ends.server, ssl => SSL_write(ssl, counted(3)), take),
          3,
        )
        t.is(until(ends.server, SSL_shutdown, take), 1)
        t.deepEqual([...got, ...readToEnd(ends.client)[0]], [...counted(3)])
        t.is(SSL_shutdown(ends.server), 1)
      },
    )

    test(
      title(
        'cut after our close_notify, with IGNORE_UNEXPECTED_EOF: 0, then 1; in the handshake 0 with ZERO_RETURN',
      ),
      t => {
        const { client, server } = quiet(size, version)
        SSL_set_options(server, SSL_OP_IGNORE_UNEXPECTED_EOF)
        t.is(
          until(server, SSL_shutdown, () => void SSL_read(client, into(1))),
          0,
        )
        const wire = SSL_get_rbio(client)
        if (wire) BIO_shutdown_wr(wire)
        t.is(SSL_shutdown(server), 1)
        t.is(SSL_get_shutdown(server), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN)

        const fresh = endsOver(size, version)
        SSL_set_options(fresh.client, SSL_OP_IGNORE_UNEXPECTED_EOF)
        SSL_do_handshake(fresh.client)
        const theirs = SSL_get_rbio(fresh.server)
        if (theirs) BIO_shutdown_wr(theirs)
        for (let i = 0; i < 3; i++) {
          t.is(SSL_do_handshake(fresh.client), 0)
          t.is(SSL_get_error(fresh.client, 0), SSL_ERROR_ZERO_RETURN)
        }
      },
    )

    test(
      title('the pair is destroyed under the SSL: no clean end, and the same answer ever after'),
      t => {
        const { client, server } = quiet(size, version)
        const wire = SSL_get_rbio(client)
        if (wire) BIO_destroy_bio_pair(wire)
        for (const ssl of [client, server]) {
          const reasons = new Set<string | undefined>()
          for (let i = 0; i < 3; i++) {
            t.is(SSL_read(ssl, into(1)), -1)
            t.is(SSL_get_error(ssl, -1), SSL_ERROR_SSL)
            reasons.add(why(ssl))
          }
          t.deepEqual([...reasons], ['UNINITIALIZED'])
          t.is(SSL_write(ssl, into(1)), -1)
          t.is(SSL_get_error(ssl, -1), SSL_ERROR_SSL)
          t.is(SSL_get_shutdown(ssl), 0)
        }
      },
    )
  }
