import * as C from '@biopair/ssl/openssl'
import {
  BIO_ctrl_pending,
  BIO_ctrl_wpending,
  BIO_eof,
  BIO_FLAGS_READ,
  BIO_FLAGS_SHOULD_RETRY,
  BIO_flush,
  BIO_get_mem_data,
  BIO_gets,
  BIO_method_name,
  BIO_method_type,
  BIO_new,
  BIO_new_mem_buf,
  BIO_nread,
  BIO_number_read,
  BIO_puts,
  BIO_read,
  BIO_reset,
  BIO_retry_type,
  BIO_s_mem,
  BIO_set_mem_eof_return,
  BIO_should_retry,
  BIO_write,
  ERR_error_string,
  ERR_get_error,
} from '@biopair/ssl/openssl'
import test from 'ava'
import { counted } from './support/tls.ts'

const into = (length: number) => new Uint8Array(length)

test('M1: empty memory answers what BIO_set_mem_eof_return says, and eof is 1 whatever it says', t => {
  const bio = BIO_new(BIO_s_mem())
  t.is(BIO_read(bio, into(4)), -1)
  t.is(BIO_should_retry(bio), BIO_FLAGS_SHOULD_RETRY)
  t.is(BIO_retry_type(bio), BIO_FLAGS_READ)
  t.is(BIO_eof(bio), 1)
  t.is(BIO_set_mem_eof_return(bio, 0), 1)
  t.is(BIO_read(bio, into(4)), 0)
  t.is(BIO_should_retry(bio), 0)
  t.is(BIO_eof(bio), 1)
  t.is(BIO_set_mem_eof_return(bio, -5), 1)
  t.is(BIO_read(bio, into(4)), -5)
  t.is(BIO_should_retry(bio), BIO_FLAGS_SHOULD_RETRY)
  t.is(BIO_eof(bio), 1)
  t.is(BIO_gets(bio, into(4)), 0)
  t.is(BIO_should_retry(bio), 0)
})

test('memory never counts bytes that are not there: a positive eof return is refused', t => {
  const bio = BIO_new(BIO_s_mem())
  t.is(BIO_set_mem_eof_return(bio, 3), 0)
  t.regex(ERR_error_string(ERR_get_error(bio)), /^error:1000007D:BIO routines::invalid argument$/)
  t.is(BIO_read(bio, into(4)), -1)
  t.is(BIO_number_read(bio), 0)
})

test('memory takes everything and gives it back in order', t => {
  const bio = BIO_new(BIO_s_mem())
  t.is(BIO_write(bio, counted(100_000)), 100_000)
  t.is(BIO_ctrl_pending(bio), 100_000)
  t.is(BIO_ctrl_wpending(bio), 0)
  t.is(BIO_flush(bio), 1)
  t.is(BIO_eof(bio), 0)
  const half = into(50_000)
  t.is(BIO_read(bio, half), 50_000)
  t.deepEqual(half, counted(50_000))
  t.deepEqual(BIO_get_mem_data(bio), counted(50_000, 50_000))
  t.is(BIO_reset(bio), 1)
  t.is(BIO_ctrl_pending(bio), 0)
  t.deepEqual(BIO_nread(bio, 1), [-2, into(0)])
  t.deepEqual([BIO_method_type(bio), BIO_method_name(bio)], [1025, 'memory buffer'])
})

test('M2: read-only memory is not written, comes to an end, and a reset rewinds it', t => {
  const bio = BIO_new_mem_buf('one\ntwo', -1)
  t.is(BIO_write(bio, counted(1)), -1)
  t.is(BIO_should_retry(bio), 0)
  t.regex(ERR_error_string(ERR_get_error(bio)), /write to read only bio$/)
  const line = into(8)
  t.is(BIO_gets(bio, line), 4)
  t.deepEqual([...line.subarray(0, 5)], [111, 110, 101, 10, 0])
  t.is(BIO_gets(bio, line, 3), 2)
  t.is(BIO_gets(bio, line), 1)
  t.is(BIO_gets(bio, line), 0)
  t.is(BIO_read(bio, into(4)), 0)
  t.is(BIO_should_retry(bio), 0)
  t.is(BIO_reset(bio), 1)
  t.is(BIO_ctrl_pending(bio), 7)
  t.is(BIO_ctrl_pending(BIO_new_mem_buf('one\ntwo', 3)), 3)
})

test('writing nothing forgets the error of the call before, and a flush leaves the flags of the last read', t => {
  const bio = BIO_new_mem_buf('one')
  t.is(BIO_write(bio, counted(1)), -1)
  t.is(BIO_write(bio, counted(0)), 0)
  t.is(ERR_get_error(bio), 0)
  const empty = BIO_new(BIO_s_mem())
  t.is(BIO_read(empty, into(4)), -1)
  t.is(BIO_flush(empty), 1)
  t.is(BIO_should_retry(empty), BIO_FLAGS_SHOULD_RETRY)
})

test('BIO_puts and BIO_gets agree on lines', t => {
  const bio = BIO_new(BIO_s_mem())
  t.is(BIO_puts(bio, 'a\n\nb'), 4)
  const line = into(10)
  t.deepEqual([BIO_gets(bio, line), BIO_gets(bio, line), BIO_gets(bio, line)], [2, 1, 1])
})

test('M2: with BIO_FLAGS_NONCLEAR_RST a reset goes back to what was there after the last write', t => {
  const bio = BIO_new(BIO_s_mem())
  BIO_puts(bio, 'abcdef')
  BIO_read(bio, into(2))
  BIO_puts(bio, 'gh')
  BIO_read(bio, into(3))
  C.BIO_set_flags(bio, C.BIO_FLAGS_NONCLEAR_RST)
  t.is(BIO_reset(bio), 1)
  t.is(new TextDecoder().decode(BIO_get_mem_data(bio)), 'cdefgh')
  C.BIO_clear_flags(bio, C.BIO_FLAGS_NONCLEAR_RST)
  BIO_reset(bio)
  t.is(BIO_ctrl_pending(bio), 0)
})

test('3: memory seeks within what it still holds; a write ends that', t => {
  const bio = BIO_new(BIO_s_mem())
  BIO_puts(bio, 'abcdef')
  BIO_read(bio, into(4))
  t.is(C.BIO_tell(bio), 4)
  t.is(C.BIO_seek(bio, 1), 1)
  t.is(BIO_ctrl_pending(bio), 5)
  t.is(C.BIO_seek(bio, 6), 6)
  t.is(BIO_eof(bio), 1)
  for (const bad of [7, -1, 0.5]) t.is(C.BIO_seek(bio, bad), -1)
  t.is(C.BIO_seek(bio, 5), 5)
  BIO_puts(bio, 'g')
  t.is(C.BIO_tell(bio), 0)
  t.is(C.BIO_seek(bio, 3), -1)
  t.is(BIO_read(bio, into(9)), 2)
})

test('3: BIO_get_mem_ptr shows what is not read, and BIO_set_mem_buf puts other bytes there', t => {
  const bio = BIO_new(BIO_s_mem())
  BIO_puts(bio, 'abc')
  BIO_read(bio, into(1))
  const [result, memory] = C.BIO_get_mem_ptr(bio)
  t.is(result, 1)
  t.is(memory?.length, 2)
  t.is(new TextDecoder().decode(memory?.data), 'bc')
  const other = BIO_new(C.BIO_s_secmem())
  t.is(C.BIO_set_mem_buf(other, memory as C.BUF_MEM, C.BIO_NOCLOSE), 1)
  t.is(C.BIO_get_close(other), C.BIO_NOCLOSE)
  BIO_puts(other, 'd')
  t.is(new TextDecoder().decode(BIO_get_mem_data(other)), 'bcd')
  t.is(BIO_method_type(other), 1025)
  t.is(C.BIO_free(other), 1)
  t.deepEqual(C.BIO_get_mem_ptr(C.BIO_new(C.BIO_s_null())), [0, null])
  t.is(BIO_new_mem_buf(null), null)
})
