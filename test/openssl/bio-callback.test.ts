import * as C from '@biopair/ssl/openssl'
import test from 'ava'
import { bytes, final, into, listen, reason, state, text, wantsRead } from './support/bio.ts'

test('C1: a callback hears of every operation before and after it, with the numbers that OpenSSL has', t => {
  // As OpenSSL 3.0.19 tells it for the same calls.
  const bio = C.BIO_new(C.BIO_s_mem())
  const heard = listen(bio)
  t.is(C.BIO_write(bio, bytes('abc\ndef')), 7)
  t.is(C.BIO_read(bio, into(2)), 2)
  t.is(C.BIO_gets(bio, into(16)), 2)
  t.is(C.BIO_puts(bio, 'xy'), 2)
  t.is(C.BIO_pending(bio), 5)
  t.is(C.BIO_read(bio, into(5)), 5)
  t.is(C.BIO_read(bio, into(2)), -1)
  t.is(C.BIO_write(bio, into(0)), 0)
  t.is(C.BIO_free(bio), 1)
  t.deepEqual(heard, [
    [C.BIO_CB_WRITE, 7, 0, 0, 1, null],
    [C.BIO_CB_WRITE | C.BIO_CB_RETURN, 7, 0, 0, 1, 7],
    [C.BIO_CB_READ, 2, 0, 0, 1, null],
    [C.BIO_CB_READ | C.BIO_CB_RETURN, 2, 0, 0, 1, 2],
    [C.BIO_CB_GETS, 16, 0, 0, 1, null],
    [C.BIO_CB_GETS | C.BIO_CB_RETURN, 16, 0, 0, 1, 2],
    [C.BIO_CB_PUTS, 0, 0, 0, 1, null],
    [C.BIO_CB_PUTS | C.BIO_CB_RETURN, 0, 0, 0, 1, 2],
    [C.BIO_CB_CTRL, 0, C.BIO_CTRL_PENDING, 0, 1, null],
    [C.BIO_CB_CTRL | C.BIO_CB_RETURN, 0, C.BIO_CTRL_PENDING, 0, 5, null],
    [C.BIO_CB_READ, 5, 0, 0, 1, null],
    [C.BIO_CB_READ | C.BIO_CB_RETURN, 5, 0, 0, 1, 5],
    [C.BIO_CB_READ, 2, 0, 0, 1, null],
    [C.BIO_CB_READ | C.BIO_CB_RETURN, 2, 0, 0, -1, 0],
    [C.BIO_CB_FREE, 0, 0, 0, 1, null],
  ])
  t.deepEqual([C.BIO_number_read(bio), C.BIO_number_written(bio)], [7, 9])
})

test('C1: what 0 and below answers before an operation is its answer, and nothing is done or touched', t => {
  const bio = C.BIO_new(C.BIO_s_mem())
  C.BIO_read(bio, into(1))
  for (const veto of [0, -7]) {
    C.BIO_set_callback_ex(bio, () => veto)
    t.is(C.BIO_write(bio, bytes('x')), veto)
    t.is(C.BIO_read(bio, into(1)), veto)
    t.is(C.BIO_puts(bio, 'x'), veto)
    t.is(C.BIO_gets(bio, into(4)), veto)
    t.is(C.BIO_ctrl(bio, C.BIO_CTRL_PENDING), veto)
    t.is(C.BIO_free(bio), 0)
    C.BIO_set_callback_ex(bio, null)
    t.deepEqual(state(bio), wantsRead)
    t.is(C.BIO_number_written(bio), 0)
  }
  t.is(C.BIO_get_callback_ex(bio), null)
  t.is(C.BIO_puts(bio, 'still here'), 10)
  t.is(C.BIO_free(bio), 1)
})

test('C1: what a callback answers after an operation takes the place of its answer', t => {
  const bio = C.BIO_new(C.BIO_s_mem())
  const after =
    (answer: number): C.BIO_callback_fn_ex =>
    (_b, oper, _p, _l, _i, _a, ret) =>
      oper & C.BIO_CB_RETURN ? answer : ret
  C.BIO_set_callback_ex(bio, after(-3))
  t.is(C.BIO_write(bio, bytes('abc')), -3)
  t.is(C.BIO_pending(bio), -3)
  t.is(C.BIO_gets(bio, into(2)), -3)
  t.is(C.BIO_puts(bio, 'x'), -3)
  C.BIO_set_callback_ex(bio, null)
  t.is(text(C.BIO_get_mem_data(bio)), 'bcx')
  t.is(C.BIO_number_written(bio), 4)
})

test('a callback that passes on less of a read loses nothing: OpenSSL loses the rest', t => {
  for (const make of [
    () => {
      const bio = C.BIO_new(C.BIO_s_mem())
      C.BIO_puts(bio, 'abcd\nef')
      return bio
    },
    () => {
      const [near, far] = C.BIO_new_bio_pair()
      C.BIO_puts(near, 'abcd\nef')
      return far
    },
  ]) {
    const bio = make()
    C.BIO_set_callback_ex(bio, (_b, oper, _p, _l, _i, _a, ret, processed) => {
      if (oper === (C.BIO_CB_READ | C.BIO_CB_RETURN) && processed) processed.value = 1
      return ret
    })
    const buf = into(4)
    t.is(C.BIO_read(bio, buf), 1)
    t.is(text(buf.subarray(0, 1)), 'a')
    t.is(C.BIO_number_read(bio), 1)
    t.is(C.BIO_pending(bio), 6)
    C.BIO_set_callback_ex(bio, () => 0)
    t.is(C.BIO_read(bio, buf), 0)
    C.BIO_set_callback_ex(bio, null)
    t.is(C.BIO_read(bio, into(0)), 0)
    t.is(C.BIO_eof(bio), 0)
    t.is(C.BIO_get_line(bio, into(9)), 4)
    t.is(C.BIO_read(bio, buf), 2)
    t.is(text(buf.subarray(0, 2)), 'ef')
    t.is(C.BIO_number_read(bio), 7)
  }
})

test('what was kept back comes first for BIO_gets and BIO_nread, and is dropped by a reset', t => {
  const keepAll: C.BIO_callback_fn_ex = (_b, oper, _p, _l, _i, _a, ret) =>
    oper === (C.BIO_CB_READ | C.BIO_CB_RETURN) ? -1 : ret
  const memory = C.BIO_new(C.BIO_s_mem())
  C.BIO_puts(memory, 'ab\ncd')
  C.BIO_set_callback_ex(memory, keepAll)
  t.is(C.BIO_read(memory, into(2)), -1)
  C.BIO_set_callback_ex(memory, null)
  const line = into(9)
  t.is(C.BIO_gets(memory, line), 3)
  t.is(text(line.subarray(0, 3)), 'ab\n')
  const [a, b] = C.BIO_new_bio_pair()
  C.BIO_puts(a, 'abcd')
  C.BIO_set_callback_ex(b, keepAll)
  t.is(C.BIO_read(b, into(3)), -1)
  C.BIO_set_callback_ex(b, null)
  t.is(text(C.BIO_nread0(b)[1]), 'abc')
  t.is(text(C.BIO_nread(b, 2)[1]), 'ab')
  t.is(text(C.BIO_nread(b, 2)[1]), 'c')
  t.is(text(C.BIO_nread(b, 2)[1]), 'd')
  C.BIO_set_callback_ex(memory, keepAll)
  t.is(C.BIO_read(memory, into(1)), -1)
  t.is(C.BIO_reset(memory), 1)
  t.is(C.BIO_pending(memory), 0)
})

test('a callback may change what was read, and may not say that there was more than was asked for', t => {
  const bio = C.BIO_new(C.BIO_s_mem())
  C.BIO_puts(bio, 'abc')
  C.BIO_set_callback_ex(bio, (_b, oper, argp, _l, _i, _a, ret, processed) => {
    if (oper === (C.BIO_CB_READ | C.BIO_CB_RETURN) && argp instanceof Uint8Array && processed) {
      argp.set(bytes('ABCD').subarray(0, argp.length))
      processed.value = 4
    }
    return ret
  })
  const buf = into(4)
  t.is(C.BIO_read(bio, buf), 4)
  t.is(text(buf), 'ABCD')
  C.BIO_puts(bio, 'abc')
  t.is(C.BIO_read(bio, into(3)), -1)
  t.is(reason(bio), 'internal error')
})

test('C1: storage that is lent is heard of as a command, and a half without lines is silent', t => {
  const [a] = C.BIO_new_bio_pair()
  const heard = listen(a)
  t.is(C.BIO_nwrite0(a)[0], 17408)
  t.is(C.BIO_nread(a, 3)[0], -1)
  t.is(C.BIO_gets(a, into(4)), -2)
  t.deepEqual(heard, [
    [C.BIO_CB_CTRL, 0, C.BIO_C_NWRITE0, 0, 1, null],
    [C.BIO_CB_CTRL | C.BIO_CB_RETURN, 0, C.BIO_C_NWRITE0, 0, 17408, null],
    [C.BIO_CB_CTRL, 0, C.BIO_C_NREAD, 3, 1, null],
    [C.BIO_CB_CTRL | C.BIO_CB_RETURN, 0, C.BIO_C_NREAD, 3, -1, null],
  ])
  t.is(C.BIO_number_read(a), 0)
  t.is(C.BIO_nwrite(a, 5)[0], 5)
  t.is(C.BIO_number_written(a), 5)
  C.BIO_reset(a)
  t.is(C.BIO_number_written(a), 5)
})

test('a callback has an argument of its own, and its operations can be told apart', t => {
  const bio = C.BIO_new(C.BIO_s_mem())
  t.is(C.BIO_get_callback_arg(bio), null)
  C.BIO_set_callback_arg(bio, 'log')
  t.is(C.BIO_get_callback_arg(bio), 'log')
  t.is(C.BIO_cb_post(C.BIO_CB_READ), 0x82)
  t.is(C.BIO_cb_pre(0x82), C.BIO_CB_READ)
})

test('1.4: the info callback is given to what makes progress, through filters; nothing else takes it', t => {
  const method = C.BIO_meth_new(C.BIO_TYPE_SOURCE_SINK | 128, 'dial')
  C.BIO_meth_set_callback_ctrl(method, (bio, _cmd, fp) => {
    C.BIO_set_data(bio, fp)
    return 1
  })
  C.BIO_meth_set_ctrl(method, (bio, cmd, _larg, parg) => {
    if (cmd !== C.BIO_CTRL_GET_CALLBACK) return 0
    ;(parg as { value: unknown }).value = C.BIO_get_data(bio)
    return 1
  })
  const dial = C.BIO_new(method)
  const filter = C.BIO_new(C.BIO_f_null())
  t.is(
    C.BIO_set_info_callback(filter, () => 1),
    0,
  )
  C.BIO_push(filter, dial)
  const heard = listen(filter)
  const info: C.BIO_info_cb = (_bio, state) => state
  t.is(C.BIO_set_info_callback(filter, info), 1)
  t.deepEqual(heard, [
    [C.BIO_CB_CTRL, 0, C.BIO_CTRL_SET_CALLBACK, 0, 1, null],
    [C.BIO_CB_CTRL | C.BIO_CB_RETURN, 0, C.BIO_CTRL_SET_CALLBACK, 0, 1, null],
  ])
  t.deepEqual(C.BIO_get_info_callback(filter), [1, info])
  const memory = C.BIO_new(C.BIO_s_mem())
  t.is(C.BIO_set_info_callback(memory, info), -2)
  t.is(reason(memory), 'unsupported method')
  t.is(C.BIO_callback_ctrl(dial, 99, info), -2)
  t.is(C.BIO_callback_ctrl(null, C.BIO_CTRL_SET_CALLBACK, info), -1)
  C.BIO_set_callback_ex(filter, () => 0)
  t.is(C.BIO_set_info_callback(filter, info), 0)
  t.deepEqual(state(filter), final)
})
