/** Rows S1 to S4, S14 and S15 over every ring: roles, what is asked of the BIO, records, retried writes, a second ClientHello, freeing. */
import {
  BIO_ctrl_get_read_request,
  BIO_ctrl_pending,
  BIO_new_bio_pair,
  ERR_get_error_all,
  type SSL,
  SSL_accept,
  SSL_CTX_new,
  SSL_CTX_set_mode,
  SSL_CTX_set_num_tickets,
  SSL_connect,
  SSL_do_handshake,
  SSL_ERROR_NONE,
  SSL_ERROR_SSL,
  SSL_ERROR_WANT_READ,
  SSL_ERROR_WANT_WRITE,
  SSL_ERROR_ZERO_RETURN,
  SSL_free,
  SSL_get_error,
  SSL_get_rbio,
  SSL_has_pending,
  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER,
  SSL_MODE_ENABLE_PARTIAL_WRITE,
  SSL_new,
  SSL_peek,
  SSL_peek_ex,
  SSL_pending,
  SSL_read,
  SSL_read_ex,
  SSL_set_bio,
  SSL_shutdown,
  SSL_write,
  SSL_write_ex,
  TLS_method,
} from '@biopair/ssl/openssl'
import test from 'ava'
import {
  clientContext,
  connected,
  counted,
  drained,
  type Ends,
  endsOver,
  inject,
  only13,
  ringSizes,
  serverContext,
  type Version,
  versions,
  wiredEnds,
} from './support/tls.ts'

const into = (length: number) => new Uint8Array(length)
const why = (ssl: SSL) => ERR_get_error_all(ssl)?.reason
const waits = [SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE]

/** Two ends after their handshake, without tickets. */
function pair(size: number, version: Version, mode = 0): Ends {
  const server = serverContext(version)
  const client = clientContext(version)
  SSL_CTX_set_num_tickets(server, 0)
  SSL_CTX_set_mode(client, mode)
  return connected(size, version, { client, server })
}

/** Writes with `retry` until it is done; the reader collects meanwhile. Answers the last result. */
function written(
  { client, server }: Ends,
  bytes: Uint8Array,
  retry: (length: number) => Uint8Array,
): { ret: number; got: Uint8Array; collect: () => void } {
  const got: number[] = []
  const buffer = into(20_000)
  const collect = () => {
    const count = SSL_read(server, buffer)
    if (count > 0) got.push(...buffer.subarray(0, count))
  }
  let ret = SSL_write(client, bytes)
  for (let i = 0; i < 200_000 && ret < 0; i++) {
    if (SSL_get_error(client, ret) !== SSL_ERROR_WANT_WRITE) throw new Error(why(client))
    collect()
    ret = SSL_write(client, retry(bytes.length))
  }
  for (let before = -1; before !== got.length; ) {
    before = got.length
    collect()
  }
  return { ret, got: Uint8Array.from(got), collect }
}

for (const version of versions)
  for (const size of ringSizes) {
    const title = (text: string) => `${text} (${version.name}, rings of ${size})`
    // More than a ring and a record hold, and few enough bytes for a ring of one.
    const long = Math.max(300, size * 3 + (size > 10_000 ? 0 : 100))

    test(
      title('S1: without a role every call says which it lacks; either role can then be taken'),
      t => {
        const calls: [string, (ssl: SSL) => number, string][] = [
          ['SSL_do_handshake', SSL_do_handshake, 'CONNECTION_TYPE_NOT_SET'],
          ['SSL_read', ssl => SSL_read(ssl, into(1)), 'UNINITIALIZED'],
          ['SSL_read_ex', ssl => SSL_read_ex(ssl, into(1))[0] - 1, 'UNINITIALIZED'],
          ['SSL_peek', ssl => SSL_peek(ssl, into(1)), 'UNINITIALIZED'],
          ['SSL_peek_ex', ssl => SSL_peek_ex(ssl, into(1))[0] - 1, 'UNINITIALIZED'],
          ['SSL_write', ssl => SSL_write(ssl, into(1)), 'UNINITIALIZED'],
          ['SSL_write_ex', ssl => SSL_write_ex(ssl, into(1))[0] - 1, 'UNINITIALIZED'],
          ['SSL_shutdown', SSL_shutdown, 'UNINITIALIZED'],
        ]
        const [near, far] = BIO_new_bio_pair(size, size)
        for (const ctx of [
          clientContext(version),
          serverContext(version),
          SSL_CTX_new(TLS_method()),
        ]) {
          const ssl = SSL_new(ctx)
          SSL_set_bio(ssl, near, near)
          for (const [name, call, reason] of calls) {
            t.is(call(ssl), -1, name)
            t.is(SSL_get_error(ssl, -1), SSL_ERROR_SSL, name)
            t.is(why(ssl), reason, name)
          }
        }
        t.is(BIO_ctrl_pending(far), 0)
        for (const [ctx, call] of [
          [clientContext(version), SSL_accept],
          [serverContext(version), SSL_connect],
        ] as const) {
          const ssl = SSL_new(ctx)
          SSL_set_bio(ssl, near, near)
          t.is(call(ssl), 0)
          t.is(SSL_get_error(ssl, 0), SSL_ERROR_SSL)
          t.is(why(ssl), 'SHOULD_NOT_HAVE_BEEN_CALLED')
        }
      },
    )

    test(
      title(
        'S2: the BIO is asked for the rest of a header, then for the rest of the body, and never for more',
      ),
      t => {
        const source = wiredEnds(17_408, version)
        SSL_connect(source.client)
        const hello = drained(source.clientWire)
        const length = ((hello[3] as number) << 8) | (hello[4] as number)
        const [far, wire] = BIO_new_bio_pair(17_408, size)
        const { server } = endsOver(size, version)
        SSL_set_bio(server, far, far)
        t.is(SSL_accept(server), -1)
        for (let at = 0; at < hello.length; ) {
          const missing = at < 5 ? 5 - at : 5 + length - at
          t.is(BIO_ctrl_get_read_request(wire), Math.min(missing, size), `after ${at} bytes`)
          const count = Math.min(missing, size, at === 0 ? 3 : 100)
          inject(wire, hello.subarray(at, at + count))
          t.is(BIO_ctrl_get_read_request(wire), 0)
          at += count
          t.is(SSL_accept(server), -1)
        }
        t.is(BIO_ctrl_get_read_request(wire), Math.min(5, size))
      },
    )

    test(
      title(
        'S3: two records are two reads; a peek stays in the first, and pending counts that one alone',
      ),
      t => {
        const { client, server } = pair(size, version)
        const buffer = into(100)
        let [three, four] = [SSL_write(client, counted(3)), -1]
        let peeked = SSL_peek(server, buffer)
        for (let i = 0; i < 200 && (three < 0 || peeked < 0); i++) {
          if (three < 0) three = SSL_write(client, counted(3))
          if (peeked < 0) peeked = SSL_peek(server, buffer)
        }
        t.deepEqual([three, peeked, SSL_pending(server), SSL_has_pending(server)], [3, 3, 3, 1])
        four = SSL_write(client, counted(4, 3))
        t.is(SSL_peek(server, buffer), 3)
        t.deepEqual(SSL_peek_ex(server, buffer), [1, 3])
        t.is(SSL_read(server, buffer, 2), 2)
        t.is(SSL_pending(server), 1)
        t.is(SSL_read(server, buffer), 1)
        t.is(SSL_pending(server), 0)
        let last = SSL_read(server, buffer)
        for (let i = 0; i < 200 && (four < 0 || last < 0); i++) {
          if (four < 0) four = SSL_write(client, counted(4, 3))
          if (last < 0) last = SSL_read(server, buffer)
        }
        t.deepEqual([four, last], [4, 4])
        t.deepEqual(buffer.subarray(0, 4), counted(4, 3))
        t.is(SSL_read(server, buffer), -1)
        t.is(SSL_get_error(server, -1), SSL_ERROR_WANT_READ)
      },
    )

    test(
      title(
        'S3: reading and writing nothing is 0 and NONE, with and without data waiting, and touches nothing (OpenSSL: WANT_READ, or SYSCALL)',
      ),
      t => {
        const { client, server } = pair(size, version)
        const wire = SSL_get_rbio(server)
        for (const data of [false, true]) {
          if (data) SSL_write(client, counted(5))
          const before = wire && BIO_ctrl_pending(wire)
          t.is(SSL_read(server, into(0)), 0)
          t.is(SSL_get_error(server, 0), SSL_ERROR_NONE)
          t.is(SSL_peek(server, into(5), 0), 0)
          t.is(SSL_get_error(server, 0), SSL_ERROR_NONE)
          t.is(SSL_pending(server), 0)
          t.is(wire && BIO_ctrl_pending(wire), before)
        }
        const other = pair(size, version)
        const theirs = SSL_get_rbio(other.server)
        t.is(SSL_write(other.client, into(0)), 0)
        t.is(SSL_get_error(other.client, 0), SSL_ERROR_NONE)
        t.deepEqual(SSL_write_ex(other.client, into(0)), [1, 0])
        t.is(theirs && BIO_ctrl_pending(theirs), 0)
        t.is(SSL_read(server, into(8), -1), -1)
        t.is(why(server), 'BAD_LENGTH')
      },
    )

    for (const [how, mode] of [
      ['', 0],
      [' in moving mode', SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER],
    ] as const) {
      test(
        title(
          `S4: retried with the same bytes, or from another buffer${how}, a write sends each byte once`,
        ),
        t => {
          const bytes = counted(long)
          for (const again of [() => bytes, () => bytes.slice()]) {
            const ends = pair(size, version, mode)
            const { ret, got } = written(ends, bytes, again)
            t.is(ret, long)
            t.deepEqual(got, bytes)
          }
        },
      )
    }

    test(
      title(
        'S4: retried with more it sends more, with less than was taken it is BAD_LENGTH, which is not the end (OpenSSL: fatal, for any less)',
      ),
      t => {
        const ends = pair(size, version)
        const bytes = counted(long + 20)
        t.is(SSL_write(ends.client, bytes.subarray(0, long)), -1)
        t.is(SSL_get_error(ends.client, -1), SSL_ERROR_WANT_WRITE)
        for (let i = 0; i < 3; i++) {
          t.is(SSL_write(ends.client, bytes.subarray(0, 1)), -1)
          t.is(SSL_get_error(ends.client, -1), SSL_ERROR_SSL)
          t.is(why(ends.client), 'BAD_LENGTH')
        }
        const { ret, got } = written(ends, bytes, () => bytes)
        t.is(ret, long + 20)
        t.deepEqual(got, bytes)
      },
    )

    test(title('S4: what was taken goes out as it was, though the buffer is overwritten'), t => {
      const ends = pair(size, version)
      const bytes = counted(long)
      const mine = bytes.slice()
      t.is(SSL_write(ends.client, mine), -1)
      const taken = ends.client.writing?.taken ?? 0
      mine.fill(0, 0, taken)
      const { ret, got } = written(ends, mine, () => mine)
      t.is(ret, long)
      t.deepEqual(got, bytes)
    })

    test(title('S4: with partial writes a write is done with each record'), t => {
      const ends = pair(size, version, SSL_MODE_ENABLE_PARTIAL_WRITE)
      const bytes = counted(40_000)
      const got: number[] = []
      for (let at = 0; at < bytes.length; ) {
        const rest = bytes.subarray(at)
        const one = written(ends, rest, () => rest)
        t.is(one.ret, Math.min(rest.length, 16_384))
        got.push(...one.got)
        at += one.ret
      }
      t.deepEqual(Uint8Array.from(got), bytes)
    })

    test(
      title(
        'S4: while a write is pending SSL_read reads, SSL_do_handshake is 1, and the write goes on',
      ),
      t => {
        const ends = pair(size, version)
        const bytes = counted(long)
        t.is(SSL_write(ends.client, bytes), -1)
        let said = SSL_write(ends.server, counted(5))
        const buffer = into(9)
        let heard = SSL_read(ends.client, buffer)
        for (let i = 0; i < 200 && (said < 0 || heard < 0); i++) {
          if (heard < 0) t.true(waits.includes(SSL_get_error(ends.client, heard)))
          if (said < 0) said = SSL_write(ends.server, counted(5))
          if (heard < 0) heard = SSL_read(ends.client, buffer)
        }
        t.deepEqual([said, heard], [5, 5])
        t.is(SSL_do_handshake(ends.client), 1)
        const { ret, got } = written(ends, bytes, () => bytes)
        t.is(ret, long)
        t.deepEqual(got, bytes)
      },
    )

    test(
      title('S14: a second ClientHello in the middle of the handshake is fatal, and stays so'),
      t => {
        const source = wiredEnds(17_408, version)
        SSL_connect(source.client)
        const hello = drained(source.clientWire)
        const [far, wire] = BIO_new_bio_pair(17_408, size)
        const { server } = endsOver(size, version)
        SSL_set_bio(server, far, far)
        // In TLS 1.3 the second is known for what it is by its header: a record in the clear where none belongs.
        for (const bytes of [hello, only13(version) ? hello.subarray(0, 5) : hello])
          for (let at = 0; at < bytes.length; at += size) {
            t.is(SSL_accept(server), -1)
            t.true(waits.includes(SSL_get_error(server, -1)))
            inject(wire, bytes.subarray(at, at + size))
          }
        const reasons = new Set<string | undefined>()
        for (let i = 0; i < 10; i++) {
          t.is(SSL_accept(server), -1)
          t.is(SSL_get_error(server, -1), SSL_ERROR_SSL)
          reasons.add(why(server))
        }
        t.is(reasons.size, 1)
        t.regex([...reasons][0] ?? '', /^(UNEXPECTED_MESSAGE|BAD_RECORD_TYPE|UNEXPECTED_RECORD)$/)
      },
    )

    test(
      title('S15: what the BIO took is read after SSL_free, then comes the end (OpenSSL drops it)'),
      t => {
        const { client, server } = pair(size, version)
        const bytes = counted(20)
        const got: number[] = []
        const buffer = into(50)
        const take = () => {
          const count = SSL_read(server, buffer)
          if (count > 0) got.push(...buffer.subarray(0, count))
          return count
        }
        let ret = SSL_write(client, bytes)
        for (let i = 0; i < 200 && ret < 0; i++) {
          take()
          ret = SSL_write(client, bytes)
        }
        let shut = SSL_shutdown(client)
        for (let i = 0; i < 200 && shut < 0; i++) {
          take()
          shut = SSL_shutdown(client)
        }
        const wire = SSL_get_rbio(server)
        const pending = wire && BIO_ctrl_pending(wire)
        SSL_free(client)
        t.is(wire && BIO_ctrl_pending(wire), pending)
        while (take() > 0);
        t.deepEqual(Uint8Array.from(got), bytes)
        t.is(SSL_get_error(server, 0), SSL_ERROR_ZERO_RETURN)
        t.is(SSL_write(client, into(1)), -1)
        t.is(why(client), 'UNINITIALIZED')
      },
    )

    test(title('S15: SSL_free says nothing itself: the peer reads a cut'), t => {
      const { client, server } = pair(size, version)
      SSL_free(client)
      t.is(SSL_read(server, into(1)), -1)
      t.is(why(server), 'UNEXPECTED_EOF_WHILE_READING')
    })
  }
