import { Filter } from '@biopair/bio'
import * as C from '@biopair/ssl/openssl'
import test from 'ava'
import { bytes, into, listen, reason, text } from './support/bio.ts'

const nul = () => C.BIO_new(C.BIO_f_null())
const mem = () => C.BIO_new(C.BIO_s_mem())

/** What stands in a chain, from the top. */
function links(bio: C.BIO | null): C.BIO[] {
  const all: C.BIO[] = []
  for (let at = bio; at; at = C.BIO_next(at)) all.push(at)
  return all
}

test('1.4: BIO_push appends below the last and answers the head; BIO_pop takes out anywhere and answers the next', t => {
  const [a, b, c, d] = [nul(), nul(), nul(), mem()]
  t.is(C.BIO_push(null, a), a)
  t.is(C.BIO_push(a, b), a)
  t.is(C.BIO_push(c, d), c)
  t.is(C.BIO_push(a, c), a)
  t.is(C.BIO_push(a, null), a)
  t.deepEqual(links(a), [a, b, c, d])
  t.is(C.BIO_puts(a, 'abc'), 3)
  t.is(C.BIO_pop(b), c)
  t.deepEqual(links(a), [a, c, d])
  t.is(C.BIO_next(b), null)
  t.is(C.BIO_pop(d), null)
  t.deepEqual(links(a), [a, c])
  t.is(C.BIO_read(a, into(1)), 0)
  t.is(C.BIO_pop(a), c)
  C.BIO_push(c, d)
  const buf = into(4)
  t.is(C.BIO_read(c, buf), 3)
  t.is(text(buf.subarray(0, 3)), 'abc')
})

test('1.4: the head is told of a push with the old last, and what is popped of the pop', t => {
  const [a, b] = [nul(), nul()]
  const told: unknown[] = []
  const tell: C.BIO_callback_fn_ex = (bio, oper, argp, _len, argi, _argl, ret) => {
    if (oper === C.BIO_CB_CTRL) told.push([bio, argi, argp])
    return ret
  }
  C.BIO_push(a, b)
  C.BIO_set_callback_ex(a, tell)
  C.BIO_set_callback_ex(b, tell)
  C.BIO_push(a, mem())
  t.deepEqual(told, [
    [a, C.BIO_CTRL_PUSH, b],
    [b, C.BIO_CTRL_PUSH, b],
  ])
  told.length = 0
  C.BIO_pop(b)
  t.deepEqual(told, [[b, C.BIO_CTRL_POP, b]])
})

test('BIO_set_next joins in silence, and parts what was there', t => {
  const [a, b, c] = [nul(), mem(), mem()]
  C.BIO_push(a, b)
  const heard = listen(a)
  C.BIO_set_next(a, c)
  t.deepEqual(links(a), [a, c])
  C.BIO_set_next(a, c)
  C.BIO_set_next(a, null)
  t.deepEqual(links(a), [a])
  t.deepEqual(heard, [])
  C.BIO_push(nul(), b)
  C.BIO_set_next(a, c)
  C.BIO_set_next(a, b)
  t.is(reason(a), 'in use')
  t.deepEqual(links(a), [a, c])
})

test('a BIO stands in one chain only: a second push is null with IN_USE and changes nothing (in C: undefined)', t => {
  const [a, b, c] = [nul(), nul(), mem()]
  C.BIO_push(a, c)
  t.is(C.BIO_push(b, c), null)
  t.is(reason(b), 'in use')
  t.is(C.BIO_push(a, a), null)
  const top = nul()
  C.BIO_push(top, a)
  t.is(C.BIO_push(c, top), null)
  t.is(reason(c), 'in use')
  t.deepEqual(links(top), [top, a, c])
  t.deepEqual(links(b), [b])
  const ours = new Filter()
  const taken = mem()
  ours.push(taken)
  t.is(C.BIO_push(b, taken), null)
  t.deepEqual(links(b), [b])
  ours.pop()
  t.is(C.BIO_push(b, taken), b)
})

test('1.4: BIO_find_type finds the very type, or a class where the low byte is 0, from the BIO itself on', t => {
  const [a, b] = [nul(), mem()]
  C.BIO_push(a, b)
  t.is(C.BIO_find_type(a, C.BIO_TYPE_NULL_FILTER), a)
  t.is(C.BIO_find_type(a, C.BIO_TYPE_MEM), b)
  t.is(C.BIO_find_type(a, C.BIO_TYPE_FILTER), a)
  t.is(C.BIO_find_type(a, C.BIO_TYPE_SOURCE_SINK), b)
  t.is(C.BIO_find_type(b, C.BIO_TYPE_SOURCE_SINK), b)
  t.is(C.BIO_find_type(b, C.BIO_TYPE_FILTER), null)
  t.is(C.BIO_find_type(a, C.BIO_TYPE_DESCRIPTOR), null)
  t.is(C.BIO_find_type(a, C.BIO_TYPE_BIO), null)
  t.is(C.BIO_find_type(null, C.BIO_TYPE_MEM), null)
})

test('1.4: BIO_free_all stops after a BIO that has other owners', t => {
  const [a, b, c] = [nul(), nul(), mem()]
  C.BIO_push(C.BIO_push(a, b), c)
  C.BIO_up_ref(b)
  C.BIO_puts(a, 'abc')
  C.BIO_free_all(a)
  t.is(C.BIO_free(a), 0)
  t.deepEqual(links(b), [b, c])
  t.is(C.BIO_read(b, into(3)), 3)
  C.BIO_free_all(b)
  t.is(C.BIO_free(b), 0)
  t.is(C.BIO_free(c), 0)
})

test('a BIO that is freed leaves its chain whole (in C: undefined)', t => {
  const [a, b, c] = [nul(), nul(), mem()]
  C.BIO_push(C.BIO_push(a, b), c)
  t.is(C.BIO_free(b), 1)
  t.deepEqual(links(a), [a, c])
  t.is(C.BIO_puts(a, 'abc'), 3)
  C.BIO_vfree(c)
  t.deepEqual(links(a), [a])
})

test('C1: BIO_dup_chain copies methods, callbacks, flags and ex_data, and neither contents nor counters', t => {
  const [a, b] = [nul(), mem()]
  C.BIO_push(a, b)
  C.BIO_puts(a, 'abc')
  const place = C.BIO_get_ex_new_index()
  const callback: C.BIO_callback_fn_ex = (_b, _o, _p, _l, _i, _a, ret) => ret
  C.BIO_set_callback_ex(a, callback)
  C.BIO_set_callback_arg(a, 7)
  C.BIO_set_ex_data(a, place, 'kept')
  C.BIO_set_app_data(b, 'app')
  C.BIO_set_flags(b, 0x800)
  C.BIO_set_close(b, C.BIO_NOCLOSE)
  C.BIO_set_mem_eof_return(b, -5)
  const copy = C.BIO_dup_chain(a)
  const [one, two] = links(copy) as [C.BIO, C.BIO]
  t.deepEqual([C.BIO_method_type(one), C.BIO_method_type(two)], [529, 1025])
  t.is(C.BIO_get_callback_ex(one), callback)
  t.is(C.BIO_get_callback_arg(one), 7)
  t.is(C.BIO_get_ex_data(one, place), 'kept')
  t.is(C.BIO_get_app_data(two), 'app')
  t.is(C.BIO_test_flags(two, 0x800), 0x800)
  t.is(C.BIO_get_close(two), C.BIO_NOCLOSE)
  t.deepEqual([C.BIO_pending(one), C.BIO_number_written(two)], [0, 0])
  t.is(C.BIO_read(two, into(1)), -5)
  t.is(C.BIO_read(b, into(9)), 3)
  t.is(C.BIO_dup_chain(null), null)
  const fixed = C.BIO_dup_chain(C.BIO_new_mem_buf('abc')) as C.BIO
  t.is(C.BIO_write(fixed, bytes('x')), -1)
})

test('1.4: a half with a peer is not copied: OpenSSL copies it, and crashes when the copy is read', t => {
  const [near] = C.BIO_new_bio_pair(5, 6)
  const filter = nul()
  C.BIO_push(filter, near)
  t.is(C.BIO_dup_chain(filter), null)
  t.is(reason(filter), 'in use')
  C.BIO_destroy_bio_pair(near)
  const copy = C.BIO_dup_chain(filter)
  const half = C.BIO_find_type(copy, C.BIO_TYPE_BIO) as C.BIO
  t.is(C.BIO_get_write_buf_size(half), 5)
  t.is(C.BIO_read(half, into(1)), -1)
  t.is(reason(half), 'uninitialized')
})

test('1.4: TLS is copied, settings and all, until it has begun', t => {
  const filter = C.BIO_new_ssl(C.SSL_CTX_new(C.TLS_client_method()), 1)
  const [, ssl] = C.BIO_get_ssl(filter)
  C.SSL_set_mode(ssl as C.SSL, C.SSL_MODE_ENABLE_PARTIAL_WRITE)
  C.SSL_set1_host(ssl as C.SSL, null)
  C.SSL_set_verify(ssl as C.SSL, C.SSL_VERIFY_NONE)
  const copy = C.BIO_dup_chain(filter) as C.BIO
  const [, copied] = C.BIO_get_ssl(copy)
  t.not(copied, ssl)
  t.is(C.SSL_get_mode(copied as C.SSL), C.SSL_get_mode(ssl as C.SSL))
  t.is(C.SSL_is_server(copied as C.SSL), 0)
  for (const each of [filter, copy]) {
    C.BIO_push(each, C.BIO_new_bio_pair(0, 0)[0])
    t.is(C.BIO_do_handshake(each), -1)
    t.is(C.BIO_should_retry(each), 8)
    t.is(C.BIO_dup_chain(each), null)
    t.is(reason(each), 'in use')
  }
})

test('1.4: ex_data has the application at index 0, is null where unset, and indexes need no order', t => {
  const bio = mem()
  t.is(C.BIO_get_app_data(bio), null)
  t.is(C.BIO_set_ex_data(bio, 17, 'far'), 1)
  t.is(C.BIO_get_ex_data(bio, 17), 'far')
  t.is(C.BIO_get_ex_data(bio, 3), null)
  t.is(C.BIO_set_ex_data(bio, -1, 'x'), 0)
  C.BIO_set_app_data(bio, 'app')
  t.is(C.BIO_get_ex_data(bio, 0), 'app')
  const [one, two] = [C.BIO_get_ex_new_index(), C.BIO_get_ex_new_index()]
  C.BIO_set_ex_data(bio, one, 1)
  C.BIO_set_ex_data(bio, two, 2)
  t.deepEqual([C.BIO_get_ex_data(bio, one), C.BIO_get_ex_data(bio, two)], [1, 2])
  t.is(C.BIO_get_ex_data(mem(), one), null)
})

test('1.4: what hangs on a BIO is made at the first look, copied by its dup_func and freed by its free_func', t => {
  const freed: unknown[] = []
  const place = C.BIO_get_ex_new_index(
    5,
    'arg',
    (parent, _ptr, idx, argl, argp) => {
      C.BIO_set_ex_data(parent, idx, `${argl}${argp}`)
    },
    (_to, _from, data) => [1, `copy of ${data}`],
    (_parent, data) => freed.push(data),
  )
  const bio = mem()
  t.is(C.BIO_get_ex_data(bio, place), '5arg')
  const copy = C.BIO_dup_chain(bio) as C.BIO
  t.is(C.BIO_get_ex_data(copy, place), 'copy of 5arg')
  C.BIO_free(copy)
  C.BIO_free(bio)
  C.BIO_free(mem())
  t.deepEqual(freed, ['copy of 5arg', '5arg'])
  const never = C.BIO_get_ex_new_index(0, null, null, () => [0, null])
  const other = mem()
  C.BIO_set_ex_data(other, never, 1)
  t.is(C.BIO_dup_chain(other), null)
})
