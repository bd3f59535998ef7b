/** BIO_s_accept(3). */
import * as C from '@biopair/node/openssl'
import test from 'ava'
import {
  final,
  into,
  listening,
  readAll,
  reason,
  state,
  text,
  until,
  wantsRead,
  wantsSpecial,
} from './support/c.ts'

test('the first BIO_do_accept binds, the second is -1 with SPECIAL and BIO_RR_ACCEPT until somebody comes', async t => {
  const acpt = C.BIO_new_accept('127.0.0.1:0') as C.BIO
  t.is(C.BIO_method_type(acpt), C.BIO_TYPE_ACCEPT)
  t.deepEqual([C.BIO_get_accept_name(acpt), C.BIO_get_accept_port(acpt)], [null, null])
  t.is(await until(acpt, C.BIO_do_accept), 1)
  t.is(C.BIO_next(acpt), null)
  t.is(C.BIO_get_accept_name(acpt), '127.0.0.1')
  t.regex(C.BIO_get_accept_port(acpt) ?? '', /^[1-9]\d*$/)
  t.is(C.BIO_do_accept(acpt), -1)
  t.deepEqual(state(acpt), wantsSpecial)
  t.is(C.BIO_get_retry_reason(acpt), C.BIO_RR_ACCEPT)
  const near = C.BIO_new_connect(`127.0.0.1:${C.BIO_get_accept_port(acpt)}`) as C.BIO
  t.is(await until(near, C.BIO_do_connect), 1)
  t.is(await until(acpt, C.BIO_do_accept), 1)
  t.is(C.BIO_do_accept(acpt), 1, 'the connection is still below it')
  t.is(C.BIO_get_peer_name(acpt), '127.0.0.1')
  t.regex(C.BIO_get_peer_port(acpt) ?? '', /^[1-9]\d*$/)
  const far = C.BIO_pop(acpt) as C.BIO
  t.is(C.BIO_method_type(far), C.BIO_TYPE_SOCKET)
  t.is(C.BIO_do_accept(acpt), -1)
  t.deepEqual(state(acpt), wantsSpecial)
  t.is(C.BIO_puts(far, 'hi'), 2)
  C.BIO_free(far)
  t.is(await readAll(near), 'hi')
  C.BIO_free(near)
  t.is(C.BIO_free(acpt), 1)
})

test('reads and writes go through to the connection below, which is waited for first', async t => {
  const acpt = C.BIO_new_accept('127.0.0.1:0') as C.BIO
  const buf = into(10)
  const read = until(acpt, b => C.BIO_read(b, buf, 5))
  while (C.BIO_get_accept_port(acpt) === null) await new Promise(setImmediate)
  const near = C.BIO_new_connect(`127.0.0.1:${C.BIO_get_accept_port(acpt)}`) as C.BIO
  t.is(await until(near, b => C.BIO_puts(b, 'hello')), 5)
  t.is(await read, 5)
  t.is(text(buf.subarray(0, 5)), 'hello')
  t.is(C.BIO_read(acpt, buf), -1)
  t.deepEqual(state(acpt), wantsRead)
  t.is(C.BIO_puts(acpt, 'answer'), 6)
  t.is(await until(near, b => C.BIO_read(b, buf)), 6)
  t.is(C.BIO_gets(acpt, buf), -2)
  t.deepEqual([C.BIO_eof(acpt), C.BIO_flush(acpt), C.BIO_pending(acpt)], [0, 1, 0])
  C.BIO_free(near)
  t.is(await readAll(acpt), '')
  t.is(C.BIO_eof(acpt), 1)
  C.BIO_free_all(acpt)
})

test('where to listen is a port, or a host and a port; what cannot be is refused with its reason', async t => {
  const bio = C.BIO_new(C.BIO_s_accept())
  t.is(C.BIO_read(bio, into(1)), -1)
  t.is(reason(bio), 'uninitialized')
  t.is(C.BIO_do_accept(bio), -1)
  t.is(reason(bio), 'no accept addr or service specified')
  t.is(C.BIO_new_accept('1:2:3'), null)
  t.is(C.BIO_set_accept_name(bio, '1:2:3'), 0)
  t.is(reason(bio), 'ambiguous host or service')
  t.is(C.BIO_set_accept_port(bio, 'nonsense'), 1)
  t.is(C.BIO_do_accept(bio), -1)
  t.is(reason(bio), 'invalid argument')
  t.is(C.BIO_get_bind_mode(bio), C.BIO_BIND_NORMAL)
  t.is(C.BIO_set_bind_mode(bio, C.BIO_BIND_REUSEADDR), 1)
  t.is(C.BIO_get_bind_mode(bio), C.BIO_BIND_REUSEADDR)
  t.is(C.BIO_get_accept_ip_family(bio), C.BIO_FAMILY_IPANY)
  t.is(C.BIO_set_accept_ip_family(bio, C.BIO_FAMILY_IPV4), 1)
  t.is(C.BIO_get_accept_ip_family(bio), C.BIO_FAMILY_IPV4)
  t.is(C.BIO_set_nbio_accept(bio, 1), 1)
  t.is(C.BIO_set_nbio_accept(bio, 0), 0)
  t.is(reason(bio), 'cannot block')
  t.is(C.BIO_set_nbio(bio, 0), 0)
  t.is(C.BIO_get_fd(bio), -1)
  t.is(C.BIO_set_accept_name(bio, '*:0'), 1)
  t.is(await until(bio, C.BIO_do_accept), 1)
  t.is(C.BIO_get_accept_name(bio), '0.0.0.0')
  const other = C.BIO_new_accept(`0.0.0.0:${C.BIO_get_accept_port(bio)}`) as C.BIO
  t.is(await until(other, C.BIO_do_accept), -1)
  t.deepEqual(state(other), final)
  t.regex(C.ERR_get_error_all(other)?.data ?? '', /EADDRINUSE/)
  t.is(C.BIO_reset(bio), 0)
  t.is(C.BIO_free(bio), 1)
  C.BIO_free(other)
})

test('BIO_reset stops listening, answers 0, and the next BIO_do_accept binds anew; who waited is not left hanging', async t => {
  const [acpt, where] = await listening()
  const near = C.BIO_new_connect(where) as C.BIO
  t.is(await until(near, C.BIO_do_connect), 1)
  await until(acpt, b => (C.BIO_do_accept(b) > 0 ? 1 : -1))
  const far = C.BIO_pop(acpt)
  const second = C.BIO_new_connect(where) as C.BIO
  t.is(await until(second, C.BIO_do_connect), 1)
  await C.BIO_ready(acpt, 'read')
  t.is(C.BIO_reset(acpt), 0)
  t.is(await until(second, b => C.BIO_read(b, into(1))), -1)
  t.regex(C.ERR_get_error_all(second)?.data ?? '', /ECONNRESET/)
  t.is(await until(acpt, C.BIO_do_accept), 1)
  t.is(C.BIO_do_accept(acpt), -1)
  for (const bio of [near, far, second, acpt]) C.BIO_free(bio)
})

test('each connection comes under a copy of BIO_set_accept_bios’s chain', async t => {
  const [acpt, where] = await listening()
  const chain = C.BIO_push(C.BIO_new(C.BIO_f_buffer()), C.BIO_new(C.BIO_f_null()))
  t.is(C.BIO_set_accept_bios(acpt, chain), 1)
  const lines: string[] = []
  for (const word of ['one', 'two']) {
    const near = C.BIO_new_connect(where) as C.BIO
    t.is(await until(near, b => C.BIO_puts(b, `${word}\nrest`)), 8)
    t.is(await until(acpt, C.BIO_do_accept), 1)
    const far = C.BIO_pop(acpt) as C.BIO
    t.not(far, chain)
    const types = []
    for (let at: C.BIO | null = far; at; at = C.BIO_next(at)) types.push(C.BIO_method_type(at))
    t.deepEqual(types, [C.BIO_TYPE_BUFFER, C.BIO_TYPE_NULL_FILTER, C.BIO_TYPE_SOCKET])
    const buf = into(20)
    const length = await until(far, b => C.BIO_gets(b, buf))
    lines.push(text(buf.subarray(0, length)))
    C.BIO_free_all(far)
    C.BIO_free(near)
  }
  t.deepEqual(lines, ['one\n', 'two\n'])
  // A pair's half has a peer, and cannot be copied: who came is let go, and the reason told.
  const [half] = C.BIO_new_bio_pair(0, 0)
  t.is(C.BIO_set_accept_bios(acpt, half), 1)
  const near = C.BIO_new_connect(where) as C.BIO
  C.BIO_do_connect(near)
  t.is(await until(acpt, C.BIO_do_accept), -1)
  t.is(reason(acpt), 'in use')
  t.is(C.BIO_next(acpt), null)
  t.is(await until(near, b => C.BIO_read(b, into(1))), 0)
  C.BIO_free(near)
  C.BIO_free(acpt)
  t.is(C.BIO_free(half), 0, 'it was freed with the accept BIO')
})
