import { Filter, PairBio } from '@biopair/bio'
import * as C from '@biopair/ssl/openssl'
import test from 'ava'
import { bytes, final, into, reason, state, text, wantsRead, wantsWrite } from './support/bio.ts'

test('1.1: BIO_read answers bytes, 0 at the end and for nothing asked, -1 to be tried again, -2 without a read', t => {
  const [a, b] = C.BIO_new_bio_pair(0, 0)
  C.BIO_write(a, bytes('abc'))
  t.is(C.BIO_read(b, into(2)), 2)
  t.is(C.BIO_read(b, into(2), -1), 0)
  t.is(C.BIO_read(b, into(0)), 0)
  t.is(C.BIO_read(b, into(2)), 1)
  t.is(C.BIO_read(b, into(2)), -1)
  t.deepEqual(state(b), wantsRead)
  C.BIO_shutdown_wr(a)
  t.is(C.BIO_read(b, into(2)), 0)
  t.deepEqual(state(b), final)
  const bare = C.BIO_new(C.BIO_meth_new(C.BIO_TYPE_SOURCE_SINK | 200, 'bare')) as C.BIO
  t.is(C.BIO_read(bare, into(1)), -2)
  t.is(reason(bare), 'unsupported method')
  t.is(C.BIO_write(bare, bytes('x')), -2)
  t.is(C.BIO_puts(bare, 'x'), -2)
  t.is(C.BIO_gets(bare, into(4)), -2)
  t.is(C.BIO_ctrl(bare, C.BIO_CTRL_FLUSH), -2)
  t.is(reason(bare), 'unsupported method')
})

test('1.1: BIO_read_ex is 1 for a byte or more, and 0 for the end, a retry and a failure alike', t => {
  const [a, b] = C.BIO_new_bio_pair(0, 0)
  t.deepEqual(C.BIO_read_ex(b, into(2)), [0, 0])
  t.is(C.BIO_should_retry(b), 8)
  C.BIO_write(a, bytes('abc'))
  t.deepEqual(C.BIO_read_ex(b, into(2)), [1, 2])
  t.deepEqual(C.BIO_read_ex(b, into(0)), [0, 0])
  t.deepEqual(C.BIO_read_ex(b, into(5)), [1, 1])
  C.BIO_shutdown_wr(a)
  t.deepEqual(C.BIO_read_ex(b, into(5)), [0, 0])
  t.is(C.BIO_eof(b), 1)
  t.is(C.BIO_should_retry(b), 0)
  t.deepEqual(C.BIO_read_ex(null, into(5)), [0, 0])
})

test('1.1: BIO_write may take less, and for nothing it is 0 and touches nothing; BIO_write_ex is 1 then', t => {
  const [a] = C.BIO_new_bio_pair(2, 2)
  t.is(C.BIO_write(a, bytes('abc')), 2)
  t.is(C.BIO_write(a, bytes('c')), -1)
  t.deepEqual(state(a), wantsWrite)
  t.is(C.BIO_write(a, into(0)), 0)
  t.is(C.BIO_write(a, bytes('c'), 0), 0)
  t.is(C.BIO_write(a, bytes('c'), -1), 0)
  t.deepEqual(C.BIO_write_ex(a, into(0)), [1, 0])
  t.deepEqual(state(a), wantsWrite)
  t.deepEqual(C.BIO_write_ex(a, bytes('c')), [0, 0])
  C.BIO_reset(a)
  t.deepEqual(C.BIO_write_ex(a, bytes('abc')), [1, 2])
})

test('1.1: BIO_gets keeps the newline, leaves room for the 0, and is -2 where there are no lines', t => {
  const bio = C.BIO_new_mem_buf('one\ntwo')
  const line = into(8).fill(9)
  t.is(C.BIO_gets(bio, line, 3), 2)
  t.deepEqual([...line.subarray(0, 3)], [111, 110, 0])
  t.is(C.BIO_gets(bio, line), 2)
  t.is(text(line.subarray(0, 2)), 'e\n')
  t.is(C.BIO_gets(bio, line, -1), -1)
  t.is(reason(bio), 'invalid argument')
  t.is(C.BIO_gets(bio, line, 9), -1)
  t.is(C.BIO_gets(bio, line, 0), 0)
  t.is(C.BIO_gets(bio, line, 1), 0)
  t.is(C.BIO_gets(bio, line), 3)
  t.is(C.BIO_gets(bio, line), 0)
  t.is(C.BIO_gets(C.BIO_new_bio_pair()[0], line), -2)
  t.is(C.BIO_gets(C.BIO_new(C.BIO_s_null()), line), 0)
})

test('1.1: BIO_puts answers the length in bytes, and counts it; BIO_gets counts nothing', t => {
  const bio = C.BIO_new(C.BIO_s_mem())
  t.is(C.BIO_puts(bio, 'é€\n'), 6)
  t.is(C.BIO_puts(bio, ''), 0)
  t.is(C.BIO_number_written(bio), 6)
  t.is(C.BIO_gets(bio, into(9)), 6)
  t.is(C.BIO_number_read(bio), 0)
})

test('1.1: BIO_get_line reads up to the newline from whatever reads, and is 0 at the end', t => {
  const [a, b] = C.BIO_new_bio_pair(0, 0)
  const line = into(8)
  C.BIO_puts(a, 'one\ntw')
  t.is(C.BIO_get_line(b, line), 4)
  t.is(text(line.subarray(0, 5)), 'one\n\0')
  t.is(C.BIO_get_line(b, line, 0), -1)
  t.is(reason(b), 'invalid argument')
  t.is(C.BIO_get_line(b, line, 2), 1)
  t.is(C.BIO_number_read(b), 5)
  C.BIO_shutdown_wr(a)
  t.is(C.BIO_get_line(b, line), 1)
  t.is(C.BIO_get_line(b, line), 0)
  t.is(C.BIO_get_line(null, line), -1)
})

test('BIO_get_line does not lose the first half of a line whose second half is to come: OpenSSL answers -1', t => {
  const [a, b] = C.BIO_new_bio_pair(0, 0)
  const line = into(8)
  C.BIO_puts(a, 'on')
  t.is(C.BIO_get_line(b, line), 2)
  t.is(text(line.subarray(0, 3)), 'on\0')
  t.deepEqual(state(b), wantsRead)
  t.is(C.BIO_get_line(b, line), -1)
  C.BIO_puts(a, 'e\n')
  t.is(C.BIO_get_line(b, line), 2)
})

test('1.1: a BIO that is not ready is -1 with UNINITIALIZED, whatever it is asked for', t => {
  const bio = C.BIO_new(C.BIO_s_bio())
  for (const call of [
    () => C.BIO_read(bio, into(1)),
    () => C.BIO_read(bio, into(0)),
    () => C.BIO_write(bio, bytes('x')),
    () => C.BIO_puts(bio, 'x'),
  ]) {
    t.is(call(), -1)
    t.is(reason(bio), 'uninitialized')
    t.deepEqual(state(bio), final)
  }
  t.is(C.BIO_write(bio, into(0)), 0)
  const lines = C.BIO_new(C.BIO_s_mem())
  C.BIO_set_init(lines, 0)
  t.is(C.BIO_gets(lines, into(4)), -1)
  t.is(reason(lines), 'uninitialized')
})

test('1.1: null is read as -1, written as 0, asked as -1, freed as 0, and holds nothing', t => {
  t.is(C.BIO_read(null, into(1)), -1)
  t.is(C.BIO_write(null, bytes('x')), 0)
  t.deepEqual(C.BIO_write_ex(null, into(0)), [0, 0])
  t.is(C.BIO_puts(null, 'x'), -1)
  t.is(C.BIO_gets(null, into(1)), -1)
  t.is(C.BIO_ctrl(null, C.BIO_CTRL_EOF), -1)
  t.is(C.BIO_eof(null), -1)
  t.is(C.BIO_ctrl_pending(null), 0)
  t.is(C.BIO_ctrl_wpending(null), 0)
  t.is(C.BIO_ptr_ctrl(null, C.BIO_CTRL_INFO, 0), null)
  t.is(C.BIO_free(null), 0)
  t.notThrows(() => C.BIO_free_all(null))
  t.notThrows(() => C.BIO_vfree(null))
  t.deepEqual([C.BIO_push(null, null), C.BIO_pop(null), C.BIO_next(null)], [null, null, null])
  t.deepEqual([C.BIO_number_read(null), C.BIO_number_written(null)], [0, 0])
})

test('a BIO that was freed is UNINITIALIZED, and is not freed twice (in C: undefined)', t => {
  const bio = C.BIO_new(C.BIO_s_mem())
  C.BIO_puts(bio, 'x')
  t.is(C.BIO_free(bio), 1)
  t.is(C.BIO_read(bio, into(1)), -1)
  t.is(reason(bio), 'uninitialized')
  t.is(C.BIO_flush(bio), -1)
  t.is(C.BIO_ctrl_pending(bio), 0)
  t.is(C.BIO_free(bio), 0)
  t.is(C.BIO_up_ref(bio), 0)
})

test('1.2: flags are what the last call came to; they stay when the peer has made room', t => {
  const [a, b] = C.BIO_new_bio_pair(1, 1)
  C.BIO_write(a, bytes('x'))
  t.is(C.BIO_write(a, bytes('y')), -1)
  t.is(C.BIO_read(b, into(1)), 1)
  t.deepEqual(state(a), wantsWrite)
  t.is(C.BIO_get_retry_flags(a), 10)
  t.is(C.BIO_pending(a), 0)
  t.is(C.BIO_eof(a), 0)
  t.deepEqual(state(a), wantsWrite)
  t.is(C.BIO_write(a, bytes('y')), 1)
  t.deepEqual(state(a), final)
})

test('1.2: clearing the flags leaves the reason, and a retry of one kind does not set another', t => {
  const bio = C.BIO_new(C.BIO_s_mem())
  C.BIO_set_retry_special(bio)
  C.BIO_set_retry_reason(bio, C.BIO_RR_CONNECT)
  t.truthy(C.BIO_should_io_special(bio))
  t.is(C.BIO_get_retry_flags(bio), 12)
  C.BIO_clear_retry_flags(bio)
  t.is(C.BIO_get_retry_flags(bio), 0)
  t.is(C.BIO_get_retry_reason(bio), 2)
  C.BIO_set_flags(bio, 0x100 | C.BIO_FLAGS_READ)
  t.is(C.BIO_test_flags(bio, 0x300), 0x100)
  t.is(C.BIO_read(bio, into(1)), -1)
  t.is(C.BIO_get_flags(bio), 0x100 | 9)
  C.BIO_clear_flags(bio, 0x100)
  t.is(C.BIO_get_flags(bio), 9)
  t.is(C.BIO_get_retry_reason(bio), 2)
})

test('1.2: a filter waits for what is below it, and BIO_get_retry_BIO finds the BIO that waits', t => {
  const [a] = C.BIO_new_bio_pair(0, 0)
  const [upper, middle] = [C.BIO_new(C.BIO_f_null()), C.BIO_new(C.BIO_f_null())]
  C.BIO_push(C.BIO_push(upper, middle), a)
  t.deepEqual(C.BIO_get_retry_BIO(upper), [upper, 0])
  C.BIO_set_retry_reason(a, 3)
  t.is(C.BIO_read(upper, into(4)), -1)
  t.deepEqual([state(upper), state(middle), state(a)], [wantsRead, wantsRead, wantsRead])
  t.deepEqual(C.BIO_get_retry_BIO(upper), [a, 3])
  t.is(C.BIO_get_retry_reason(upper), 3)
  const other = C.BIO_new(C.BIO_f_null())
  C.BIO_copy_next_retry(other)
  t.is(C.BIO_get_retry_flags(other), 0)
  C.BIO_clear_retry_flags(middle)
  C.BIO_copy_next_retry(middle)
  t.is(C.BIO_get_retry_flags(middle), 9)
})

test('1.3: every command is the call of its name', t => {
  const [a, b] = C.BIO_new_bio_pair(10, 20)
  C.BIO_puts(a, 'abc')
  t.is(C.BIO_ctrl(b, C.BIO_CTRL_PENDING, 0, null), 3)
  t.is(C.BIO_ctrl(a, C.BIO_CTRL_WPENDING), 3)
  t.is(C.BIO_ctrl(b, C.BIO_CTRL_EOF), 0)
  t.is(C.BIO_ctrl(a, C.BIO_CTRL_FLUSH), 1)
  t.is(C.BIO_ctrl(a, C.BIO_C_GET_WRITE_BUF_SIZE), 10)
  t.is(C.BIO_int_ctrl(a, C.BIO_C_SET_WRITE_BUF_SIZE, 5, 0), 0)
  t.is(reason(a), 'in use')
  const out = { value: into(0) }
  t.is(C.BIO_ctrl(b, C.BIO_C_NREAD, 2, out), 2)
  t.is(text(out.value), 'ab')
  t.deepEqual(C.BIO_ptr_ctrl(a, C.BIO_C_NWRITE0, 0), into(7))
  t.is(C.BIO_ctrl(b, 9999), 0)
  t.is(C.BIO_ctrl(C.BIO_new(C.BIO_s_mem()), 9999), 0)
  t.is(C.BIO_ctrl(C.BIO_new(C.BIO_s_null()), 9999), 0)
  t.is(C.BIO_set_nbio(a, 1), 0)
})

test('1.3: reset is 1, but 0 for a half; a new BIO starts with BIO_CLOSE', t => {
  const [a] = C.BIO_new_bio_pair()
  t.is(C.BIO_reset(a), 0)
  for (const bio of [C.BIO_new(C.BIO_s_mem()), C.BIO_new(C.BIO_s_null())]) t.is(C.BIO_reset(bio), 1)
  for (const bio of [a, C.BIO_new(C.BIO_s_mem())]) {
    t.is(C.BIO_get_close(bio), C.BIO_CLOSE)
    t.is(C.BIO_set_close(bio, C.BIO_NOCLOSE), 1)
    t.is(C.BIO_get_close(bio), C.BIO_NOCLOSE)
  }
})

test('1.3: eof is below 0 for a filter with nothing below it, whose reads and writes are 0', t => {
  const filter = C.BIO_new(C.BIO_f_null())
  t.is(C.BIO_eof(filter), -1)
  t.is(C.BIO_read(filter, into(1)), 0)
  t.is(C.BIO_write(filter, bytes('x')), 0)
  t.is(C.BIO_flush(filter), 0)
  t.deepEqual(state(filter), final)
})

test('4: the null sink takes everything and has nothing', t => {
  const bio = C.BIO_new(C.BIO_s_null())
  t.is(C.BIO_write(bio, bytes('abc')), 3)
  t.is(C.BIO_puts(bio, 'é'), 2)
  t.is(C.BIO_number_written(bio), 5)
  t.is(C.BIO_read(bio, into(3)), 0)
  t.deepEqual(state(bio), final)
  t.deepEqual(
    [C.BIO_eof(bio), C.BIO_flush(bio), C.BIO_reset(bio), C.BIO_pending(bio)],
    [1, 1, 1, 0],
  )
  t.deepEqual([C.BIO_method_type(bio), C.BIO_method_name(bio)], [1030, 'NULL'])
})

test('types are the numbers of the headers', t => {
  t.deepEqual(
    [C.BIO_s_mem(), C.BIO_s_null(), C.BIO_s_bio(), C.BIO_f_ssl(), C.BIO_f_null()].map(m => m.type),
    [1025, 1030, 1043, 519, 529],
  )
})

test('a BIO over a carrier of ours closes it when it is freed, unless it was told not to', t => {
  for (const close of [C.BIO_CLOSE, C.BIO_NOCLOSE]) {
    const [near, far] = [new PairBio(), new PairBio()]
    near.pair(far)
    const bio = C.BIO_from(near)
    t.is(C.BIO_set_close(bio, close), 1)
    t.is(C.BIO_puts(bio, 'abc'), 3)
    t.is(C.BIO_wpending(bio), 3)
    t.is(C.BIO_read(bio, into(1)), -1)
    t.deepEqual(state(bio), wantsRead)
    far.write(bytes('xy'))
    t.is(C.BIO_pending(bio), 2)
    t.is(C.BIO_set_nbio(bio, 1), 1)
    t.is(C.BIO_set_nbio(bio, 0), 0)
    t.regex(reason(bio) ?? '', /cannot block/)
    C.BIO_free(bio)
    far.read(into(3))
    t.is(far.eof, close === C.BIO_CLOSE)
  }
})

test('a filter of ours is a filter for C', t => {
  class Shout extends Filter {
    override write(data: Uint8Array) {
      return super.write(bytes(text(data).toUpperCase()))
    }
  }
  const loud = C.BIO_from(new Shout())
  const memory = C.BIO_new(C.BIO_s_mem())
  t.is(C.BIO_method_type(loud), C.BIO_TYPE_FILTER)
  C.BIO_push(loud, memory)
  t.is(C.BIO_puts(loud, 'hello'), 5)
  t.is(text(C.BIO_get_mem_data(loud)), 'HELLO')
  t.is(C.BIO_number_written(memory), 5)
})
