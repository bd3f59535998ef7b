import * as C from '@biopair/ssl/openssl'
import test from 'ava'
import fc from 'fast-check'
import { bytes, final, into, reason, state, text, wantsRead } from './support/bio.ts'
import {
  clientContext,
  counted,
  endsOver,
  ringSizes,
  serverContext,
  shake,
  versions,
} from './support/tls.ts'

/** Two TLS filters over one pair. */
function filters(size: number): [client: C.BIO, server: C.BIO] {
  const [near, far] = C.BIO_new_bio_pair(size, size)
  const client = C.BIO_new_ssl(clientContext(), 1)
  const server = C.BIO_new_ssl(serverContext(), 0)
  C.SSL_set1_host(C.BIO_get_ssl(client)[1] as C.SSL, 'server.example')
  C.BIO_push(client, near)
  C.BIO_push(server, far)
  return [client, server]
}

/** Shakes hands through BIO_do_handshake. */
function shaken(client: C.BIO, server: C.BIO): void {
  let [c, s] = [0, 0]
  for (let round = 0; round < 20_000 && !(c === 1 && s === 1); round++) {
    c = C.BIO_do_handshake(client)
    s = C.BIO_do_handshake(server)
    for (const [ret, bio] of [
      [c, client],
      [s, server],
    ] as const)
      if (ret !== 1 && !C.BIO_should_retry(bio)) throw new Error(`${ret}: ${reason(bio)}`)
  }
  if (!(c === 1 && s === 1)) throw new Error('the handshake did not end')
}

/** Sends through `from`, reads through `to`, until all is there. */
function sent(from: C.BIO, to: C.BIO, data: Uint8Array): Uint8Array {
  const got: number[] = []
  const buf = into(1000)
  let wrote = false
  for (let round = 0; round < 60_000 && got.length < data.length; round++) {
    if (!wrote) wrote = C.BIO_write(from, data) > 0
    const count = C.BIO_read(to, buf)
    if (count > 0) got.push(...buf.subarray(0, count))
  }
  return Uint8Array.from(got)
}

for (const size of ringSizes) {
  test(`4: TLS is a filter over a pair with rings of ${size}`, t => {
    const [client, server] = filters(size)
    shaken(client, server)
    t.deepEqual(sent(client, server, counted(3000)), counted(3000))
    t.deepEqual(sent(server, client, counted(2000)), counted(2000))
  })
}

test('any chain of null filters and callbacks below an SSL is transparent to it', t => {
  const link = fc.record({ listened: fc.boolean() })
  const chain = fc.array(link, { maxLength: 4 })
  const heard: number[] = []
  const build = (links: { listened: boolean }[], below: C.BIO): C.BIO => {
    let top = below
    for (const { listened } of links) {
      const filter = C.BIO_new(C.BIO_f_null())
      if (listened)
        C.BIO_set_callback_ex(filter, (_bio, oper, _argp, _len, _argi, _argl, ret) => {
          heard.push(oper)
          return ret
        })
      top = C.BIO_push(filter, top) as C.BIO
    }
    return top
  }
  const contexts = { client: clientContext(), server: serverContext() }
  const over = (size: number) =>
    fc.property(chain, chain, (one, two) => {
      const ends = endsOver(size, versions[0], contexts)
      const [near, far] = C.BIO_new_bio_pair(size, size)
      const [top, other] = [build(one, near), build(two, far)]
      C.SSL_set_bio(ends.client, top, top)
      C.SSL_set_bio(ends.server, other, other)
      shake(ends)
      const data = counted(700)
      const got: number[] = []
      const buf = into(100)
      let wrote = 0
      for (let round = 0; round < 5000 && got.length < data.length; round++) {
        if (wrote <= 0) wrote = C.SSL_write(ends.client, data)
        const count = C.SSL_read(ends.server, buf)
        if (count > 0) got.push(...buf.subarray(0, count))
      }
      t.deepEqual(Uint8Array.from(got), data)
      t.is(C.BIO_number_read(top), C.BIO_number_read(near))
      t.is(C.BIO_number_written(top), C.BIO_number_written(near))
      t.is(C.BIO_number_read(near) + C.BIO_ctrl_pending(near), C.BIO_number_written(far))
    })
  for (const size of ringSizes) fc.assert(over(size), { numRuns: 5 })
  t.true(heard.includes(C.BIO_CB_READ | C.BIO_CB_RETURN))
})

test('4: a clean close is 0 without a retry and the end; what is below is asked where nothing is closed', t => {
  const [client, server] = filters(0)
  shaken(client, server)
  t.is(C.BIO_read(server, into(4)), -1)
  t.deepEqual(state(server), wantsRead)
  t.is(C.BIO_eof(server), 0)
  t.is(C.BIO_puts(client, 'hi'), 2)
  t.is(C.BIO_gets(client, into(4)), -2)
  // The record as it came, until something is read: as in OpenSSL.
  t.is(C.BIO_pending(server), 24)
  t.is(C.BIO_read(server, into(1)), 1)
  t.is(C.BIO_pending(server), 1)
  t.is(C.BIO_read(server, into(1)), 1)
  C.BIO_ssl_shutdown(client)
  t.is(C.BIO_read(server, into(4)), 0)
  t.deepEqual(state(server), final)
  t.is(C.BIO_eof(server), 1)
  t.is(C.BIO_shutdown_wr(server), 1)
  t.is(C.BIO_flush(server), 1)
  t.is(C.BIO_write(server, bytes('x')), -1)
  t.is(reason(server), 'protocol is shutdown')
})

test('a failure of TLS is final for its filter, with its reason', t => {
  const [near, far] = C.BIO_new_bio_pair(0, 0)
  const server = C.BIO_new_ssl(serverContext(), 0)
  C.BIO_push(server, near)
  C.BIO_puts(far, 'GET / HTTP/1.1\r\n\r\n')
  for (let i = 0; i < 3; i++) {
    t.is(C.BIO_read(server, into(9)), -1)
    t.deepEqual(state(server), final)
    t.is(reason(server), 'http request')
  }
})

test('4: push attaches what is below as an owner, pop lets it go, and freeing says close_notify', t => {
  const [client, server] = filters(0)
  shaken(client, server)
  const ssl = C.BIO_get_ssl(client)[1] as C.SSL
  const near = C.BIO_next(client) as C.BIO
  t.is(C.SSL_get_rbio(ssl), near)
  t.is(C.BIO_pop(client), near)
  t.is(C.SSL_get_rbio(ssl), null)
  t.is(C.BIO_read(client, into(4)), -1)
  t.is(reason(client), 'read bio not set')
  C.BIO_push(client, near)
  t.is(C.BIO_puts(client, 'on'), 2)
  const buf = into(4)
  t.is(C.BIO_read(server, buf), 2)
  t.is(text(buf.subarray(0, 2)), 'on')
  C.BIO_free_all(client)
  t.is(C.BIO_free(near), 0)
  t.is(C.BIO_read(server, buf), 0)
  t.is(C.BIO_eof(server), 1)
})

test('an SSL that has its BIO already takes it below the filter', t => {
  const { client, server } = endsOver(0)
  const filter = C.BIO_new(C.BIO_f_ssl())
  t.is(C.BIO_read(filter, into(1)), -1)
  t.is(reason(filter), 'uninitialized')
  t.deepEqual(C.BIO_get_ssl(filter), [0, null])
  const other = C.BIO_new(C.BIO_f_ssl())
  t.is(C.BIO_set_ssl(filter, client, C.BIO_NOCLOSE), 1)
  t.is(C.BIO_set_ssl(other, server, C.BIO_CLOSE), 1)
  t.is(C.BIO_next(filter), C.SSL_get_rbio(client))
  t.is(C.BIO_get_close(filter), C.BIO_NOCLOSE)
  t.is(C.BIO_set_ssl_mode(filter, 1), 1)
  shaken(filter, other)
  t.is(C.BIO_get_ssl(filter)[1], client)
  C.BIO_free(filter)
  t.is(C.SSL_write(client, bytes('x')), -1)
  t.is(C.SSL_get_shutdown(client) & C.SSL_SENT_SHUTDOWN, C.SSL_SENT_SHUTDOWN)
})

test('TLS in TLS is two pushes', t => {
  const [client, server] = filters(256)
  const inner = C.BIO_new_ssl(clientContext(), 1)
  const outer = C.BIO_new_ssl(serverContext(), 0)
  C.SSL_set1_host(C.BIO_get_ssl(inner)[1] as C.SSL, 'server.example')
  C.BIO_push(inner, client)
  C.BIO_push(outer, server)
  shaken(inner, outer)
  t.deepEqual(sent(inner, outer, counted(2000)), counted(2000))
  t.is(C.BIO_find_type(inner, C.BIO_TYPE_SSL), inner)
  t.is(C.BIO_find_type(C.BIO_next(inner), C.BIO_TYPE_SSL), client)
  t.is(C.BIO_get_retry_BIO(inner)[0], inner)
})
