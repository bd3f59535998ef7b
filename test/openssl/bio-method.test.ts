import * as C from '@biopair/ssl/openssl'
import test from 'ava'
import { bytes, final, into, reason, state, text, wantsRead } from './support/bio.ts'
import { clientContext, endsOver, serverContext, shake } from './support/tls.ts'

/** Bytes on their way, one array each way: a carrier that only a custom method knows. */
interface Wire {
  readonly from: number[]
  readonly to: number[]
  ended: boolean
  flushed: number
}

/** As programs of C write it: every call clears the flags, and sets them where it has to be repeated. */
function wireMethod(): C.BIO_METHOD & ReturnType<typeof C.BIO_meth_new> {
  const type = C.BIO_TYPE_SOURCE_SINK | C.BIO_get_new_index()
  const method = C.BIO_meth_new(type, 'wire')
  const wire = (bio: C.BIO) => C.BIO_get_data(bio) as Wire
  C.BIO_meth_set_create(method, bio => {
    C.BIO_set_init(bio, 0)
    return 1
  })
  C.BIO_meth_set_read(method, (bio, buf, len) => {
    C.BIO_clear_retry_flags(bio)
    const got = wire(bio).from.splice(0, Math.min(len, 100))
    buf.set(got)
    if (got.length > 0) return got.length
    if (wire(bio).ended) return 0
    C.BIO_set_retry_read(bio)
    return -1
  })
  C.BIO_meth_set_write(method, (bio, buf, len) => {
    C.BIO_clear_retry_flags(bio)
    const { to } = wire(bio)
    const free = Math.min(300 - to.length, len)
    if (free > 0) {
      to.push(...buf.subarray(0, free))
      return free
    }
    C.BIO_set_retry_write(bio)
    return -1
  })
  C.BIO_meth_set_puts(method, (bio, line) => C.BIO_write(bio, bytes(line)))
  C.BIO_meth_set_ctrl(method, (bio, cmd) => {
    if (cmd === C.BIO_CTRL_FLUSH) wire(bio).flushed++
    if (cmd === C.BIO_CTRL_EOF) return wire(bio).ended ? 1 : 0
    return cmd === C.BIO_CTRL_FLUSH ? 1 : 0
  })
  C.BIO_meth_set_destroy(method, bio => {
    C.BIO_set_data(bio, null)
    return 1
  })
  return method
}

function wires(method: ReturnType<typeof wireMethod>): [C.BIO, C.BIO, Wire, Wire] {
  const [forth, back]: number[][] = [[], []]
  const near: Wire = { from: back ?? [], to: forth ?? [], ended: false, flushed: 0 }
  const far: Wire = { from: near.to, to: near.from, ended: false, flushed: 0 }
  const [a, b] = [C.BIO_new(method) as C.BIO, C.BIO_new(method) as C.BIO]
  t0(a, near)
  t0(b, far)
  return [a, b, near, far]
}

function t0(bio: C.BIO, wire: Wire): void {
  C.BIO_set_data(bio, wire)
  C.BIO_set_init(bio, 1)
}

test('S: two SSLs shake hands and talk over custom BIOs, whose flags are what counts', t => {
  const [a, b, near] = wires(wireMethod())
  const ends = endsOver(17408)
  C.SSL_set_bio(ends.client, a, a)
  C.SSL_set_bio(ends.server, b, b)
  shake(ends)
  t.is(C.SSL_write(ends.client, bytes('hello')), 5)
  const buf = into(9)
  t.is(C.SSL_read(ends.server, buf), 5)
  t.is(text(buf.subarray(0, 5)), 'hello')
  t.true(near.flushed > 0)
  near.ended = true
  near.from.length = 0
  t.is(C.SSL_read(ends.client, buf), -1)
  t.is(C.SSL_get_error(ends.client, -1), C.SSL_ERROR_SSL)
  t.is(reason(ends.client), 'unexpected eof while reading')
})

test('a custom BIO without ctrl answers no flush: the handshake over it fails, as the page says', t => {
  const method = wireMethod()
  method.ctrl = undefined
  const [a] = wires(method)
  const ssl = C.SSL_new(clientContext())
  C.SSL_set1_host(ssl, 'server.example')
  C.SSL_set_bio(ssl, a, a)
  let ret = 0
  for (let i = 0; i < 9 && (i === 0 || C.SSL_get_error(ssl, ret) === C.SSL_ERROR_WANT_WRITE); i++) {
    ret = C.SSL_connect(ssl)
    ;(C.BIO_get_data(a) as Wire).to.length = 0
  }
  t.is(ret, -1)
  t.is(C.SSL_get_error(ssl, ret), C.SSL_ERROR_SSL)
  t.is(reason(ssl), 'unsupported method')
})

test('a custom read that fails without a reason is a failure of the system, never an end', t => {
  const method = wireMethod()
  C.BIO_meth_set_read(method, bio => {
    C.BIO_clear_retry_flags(bio)
    return -1
  })
  const [a] = wires(method)
  const ssl = C.SSL_new(serverContext())
  C.SSL_set_bio(ssl, a, a)
  t.is(C.SSL_accept(ssl), -1)
  t.is(C.SSL_get_error(ssl, -1), C.SSL_ERROR_SYSCALL)
})

test('a custom read that answers -1 at what its EOF says is the end, is the end', t => {
  const method = wireMethod()
  C.BIO_meth_set_read(method, bio => {
    C.BIO_clear_retry_flags(bio)
    return -1
  })
  const [a, , near] = wires(method)
  near.ended = true
  const ssl = C.SSL_new(serverContext())
  C.SSL_set_bio(ssl, a, a)
  t.is(C.SSL_accept(ssl), -1)
  t.is(reason(ssl), 'unexpected eof while reading')
})

test('a method has create and destroy, and counts as OpenSSL counts', t => {
  const method = wireMethod()
  const bio = C.BIO_new(method) as C.BIO
  t.is(C.BIO_get_init(bio), 0)
  t.is(C.BIO_read(bio, into(1)), -1)
  t.is(reason(bio), 'uninitialized')
  const wire: Wire = { from: [1, 2, 3], to: [], ended: false, flushed: 0 }
  t0(bio, wire)
  t.is(C.BIO_read(bio, into(2)), 2)
  t.is(C.BIO_puts(bio, 'abcd'), 4)
  // Once by the write inside it, once by itself: so it is in C.
  t.is(C.BIO_number_written(bio), 8)
  t.is(C.BIO_number_read(bio), 2)
  t.is(C.BIO_read(bio, into(2)), 1)
  t.is(C.BIO_read(bio, into(2)), -1)
  t.deepEqual(state(bio), wantsRead)
  t.is(C.BIO_method_name(bio), 'wire')
  t.is(C.BIO_method_type(bio), C.BIO_TYPE_SOURCE_SINK | 128)
  t.is(C.BIO_find_type(bio, method.type), bio)
  C.BIO_set_shutdown(bio, C.BIO_NOCLOSE)
  t.is(C.BIO_get_shutdown(bio), C.BIO_NOCLOSE)
  t.is(C.BIO_free(bio), 1)
  t.is(C.BIO_get_data(bio), null)
  C.BIO_meth_set_create(method, () => 0)
  t.is(C.BIO_new(method), null)
  C.BIO_meth_free(method)
})

test('read_ex and write_ex answer 1 with their count', t => {
  const method = C.BIO_meth_new(C.BIO_TYPE_SOURCE_SINK | 129, 'ex')
  C.BIO_meth_set_read_ex(method, (_bio, buf) => {
    buf.fill(7)
    return [1, buf.length]
  })
  C.BIO_meth_set_write_ex(method, (_bio, _buf, len) => (len > 3 ? [-4, 0] : [1, len]))
  C.BIO_meth_set_gets(method, (_bio, buf, size) => {
    buf.set(bytes('ab'))
    return Math.min(size, 2)
  })
  const bio = C.BIO_new(method) as C.BIO
  t.is(C.BIO_get_init(bio), 1)
  t.deepEqual(C.BIO_read_ex(bio, into(3)), [1, 3])
  t.is(C.BIO_write(bio, bytes('abc')), 3)
  t.is(C.BIO_write(bio, bytes('abcd')), -4)
  t.is(C.BIO_gets(bio, into(4)), 2)
})

test('a method that says it moved more than it was asked to has failed', t => {
  const method = C.BIO_meth_new(C.BIO_TYPE_SOURCE_SINK | 130, 'liar')
  C.BIO_meth_set_read(method, (_bio, _buf, len) => len + 1)
  C.BIO_meth_set_write(method, (_bio, _buf, len) => len + 1)
  const bio = C.BIO_new(method) as C.BIO
  t.is(C.BIO_read(bio, into(3)), -1)
  t.is(reason(bio), 'internal error')
  t.is(C.BIO_write(bio, into(3)), -1)
  t.is(reason(bio), 'internal error')
  t.deepEqual([C.BIO_number_read(bio), C.BIO_number_written(bio)], [0, 0])
  t.deepEqual(state(bio), final)
})

test('new types are those that the other methods do not have', t => {
  t.is(C.BIO_get_new_index(), 128)
  const one = C.BIO_meth_new(C.BIO_TYPE_FILTER | C.BIO_get_new_index(), 'one')
  t.is(C.BIO_get_new_index([one]), 129)
  const all = Array.from({ length: 128 }, (_, i) => C.BIO_meth_new(128 + i, ''))
  t.is(C.BIO_get_new_index(all), -1)
})
