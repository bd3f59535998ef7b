import {
  type BIO,
  BIO_ctrl_get_read_request,
  BIO_ctrl_get_write_guarantee,
  BIO_ctrl_pending,
  BIO_ctrl_reset_read_request,
  BIO_ctrl_wpending,
  BIO_destroy_bio_pair,
  BIO_eof,
  BIO_FLAGS_READ,
  BIO_FLAGS_SHOULD_RETRY,
  BIO_FLAGS_WRITE,
  BIO_flush,
  BIO_free,
  BIO_get_read_request,
  BIO_get_write_buf_size,
  BIO_get_write_guarantee,
  BIO_gets,
  BIO_make_bio_pair,
  BIO_new,
  BIO_new_bio_pair,
  BIO_nread,
  BIO_nread0,
  BIO_number_read,
  BIO_number_written,
  BIO_nwrite,
  BIO_nwrite0,
  BIO_puts,
  BIO_read,
  BIO_reset,
  BIO_retry_type,
  BIO_s_bio,
  BIO_set_write_buf_size,
  BIO_should_io_special,
  BIO_should_read,
  BIO_should_retry,
  BIO_should_write,
  BIO_shutdown_wr,
  BIO_up_ref,
  BIO_write,
  ERR_error_string,
  ERR_get_error,
  ERR_peek_error,
} from '@biopair/ssl/openssl'
import test from 'ava'
import fc from 'fast-check'
import { counted } from './support/tls.ts'

const into = (length: number) => new Uint8Array(length)
const reason = (bio: BIO) => ERR_error_string(ERR_get_error(bio)).split('::')[1]
const state = (bio: BIO) => [BIO_should_retry(bio), BIO_retry_type(bio)]
const wantsRead = [BIO_FLAGS_SHOULD_RETRY, BIO_FLAGS_READ]
const wantsWrite = [BIO_FLAGS_SHOULD_RETRY, BIO_FLAGS_WRITE]
const final = [0, 0]

test('P1: an empty half answers -1 with the retry flags, and its peer learns how much was wanted', t => {
  const [a, b] = BIO_new_bio_pair(0, 0)
  t.is(BIO_read(a, into(100)), -1)
  t.deepEqual(state(a), wantsRead)
  t.truthy(BIO_should_read(a))
  t.falsy(BIO_should_write(a))
  t.falsy(BIO_should_io_special(a))
  t.deepEqual(state(b), final)
  t.is(BIO_ctrl_get_read_request(b), 100)
  t.is(BIO_read(a, into(65536)), -1)
  t.is(BIO_get_read_request(b), 17408)
  t.is(BIO_ctrl_reset_read_request(b), 1)
  t.is(BIO_get_read_request(b), 0)
})

test('P2: any write clears the read request, and a read that gives less does not set it', t => {
  const [a, b] = BIO_new_bio_pair(0, 0)
  t.is(BIO_read(a, into(10)), -1)
  t.is(BIO_get_read_request(b), 10)
  t.is(BIO_write(b, counted(4)), 4)
  t.is(BIO_get_read_request(b), 0)
  t.is(BIO_read(a, into(10)), 4)
  t.deepEqual(state(a), final)
  t.is(BIO_get_read_request(b), 0)
})

test('P3: a short write sets no flag, a full ring does, and the flag stays when the peer reads', t => {
  const [a, b] = BIO_new_bio_pair(0, 0)
  t.is(BIO_write(a, counted(30000)), 17408)
  t.deepEqual(state(a), final)
  t.is(BIO_write(a, counted(1)), -1)
  t.deepEqual(state(a), wantsWrite)
  t.is(BIO_get_write_guarantee(a), 0)
  t.is(BIO_read(b, into(10)), 10)
  t.is(BIO_ctrl_get_write_guarantee(a), 10)
  t.deepEqual(state(a), wantsWrite)
  t.is(BIO_write(a, counted(16)), 10)
  t.is(BIO_ctrl_wpending(a), 17408)
  t.is(BIO_ctrl_pending(b), 17408)
})

test('P4: storage is lent in two runs where the ring wraps, and BIO_read takes both in one call', t => {
  const bytes = counted(10_000 + 12_408)
  const [a, b] = BIO_new_bio_pair(0, 0)
  t.is(BIO_write(a, bytes.subarray(0, 10_000)), 10_000)
  t.is(BIO_read(b, into(5000)), 5000)
  t.is(BIO_get_write_guarantee(a), 12_408)
  t.is(BIO_nwrite0(a)[0], 7408)
  const [first, run] = BIO_nwrite(a, 20_000)
  t.is(first, 7408)
  run.set(bytes.subarray(10_000, 17_408))
  const [second, rest] = BIO_nwrite(a, 20_000)
  t.is(second, 5000)
  rest.set(bytes.subarray(17_408))
  t.deepEqual(BIO_nwrite(a, 1), [-1, into(0)])
  t.deepEqual(state(a), wantsWrite)
  t.is(BIO_nread0(b)[0], 12_408)
  const [count, piece] = BIO_nread(b, 2408)
  t.is(count, 2408)
  t.deepEqual(piece, bytes.subarray(5000, 7408))
  const all = into(20_000)
  t.is(BIO_read(b, all), 15_000)
  t.deepEqual(all.subarray(0, 15_000), bytes.subarray(7408))
  t.is(BIO_number_written(a), 22_408)
  t.is(BIO_number_read(b), 22_408)
  t.deepEqual(BIO_nread0(b), [-1, into(0)])
  t.deepEqual(state(b), wantsRead)
  t.is(BIO_get_read_request(a), 1)
})

test('P5: a half that is shut for writing leaves its bytes readable, and the other direction works on', t => {
  const [a, b] = BIO_new_bio_pair(0, 0)
  t.is(BIO_write(a, counted(5)), 5)
  t.is(BIO_shutdown_wr(a), 1)
  t.is(BIO_write(a, counted(1)), -1)
  t.deepEqual(state(a), final)
  t.is(reason(a), 'broken pipe')
  t.is(BIO_get_write_guarantee(a), 0)
  t.is(BIO_eof(b), 0)
  t.is(BIO_read(b, into(3)), 3)
  t.is(BIO_eof(b), 0)
  t.is(BIO_read(b, into(3)), 2)
  t.is(BIO_eof(b), 1)
  t.is(BIO_read(b, into(3)), 0)
  t.deepEqual(state(b), final)
  t.deepEqual(BIO_nread0(b), [0, into(0)])
  t.is(BIO_write(b, counted(7)), 7)
  t.is(BIO_read(a, into(9)), 7)
  t.is(BIO_eof(a), 0)
  t.is(BIO_reset(a), 0)
  t.is(BIO_write(a, counted(1)), -1)
})

test('P6: a pair that is destroyed loses its bytes, can be resized, and paired again nothing is shut', t => {
  const [a, b] = BIO_new_bio_pair(0, 0)
  BIO_write(a, counted(5))
  BIO_shutdown_wr(a)
  t.is(BIO_destroy_bio_pair(b), 1)
  t.is(BIO_destroy_bio_pair(b), 1)
  t.is(BIO_ctrl_pending(b), 0)
  t.is(BIO_eof(b), 1)
  t.is(BIO_read(b, into(1)), -1)
  t.is(reason(b), 'uninitialized')
  t.is(BIO_write(b, counted(1)), -1)
  t.is(reason(b), 'uninitialized')
  t.deepEqual(state(b), final)
  t.deepEqual(BIO_nread(b, 1), [-2, into(0)])
  t.deepEqual(BIO_nwrite0(b), [-2, into(0)])
  t.is(BIO_get_write_guarantee(b), 0)
  t.is(BIO_get_read_request(b), 0)
  t.is(BIO_flush(b), 1)
  t.is(BIO_shutdown_wr(b), 1)
  t.is(BIO_set_write_buf_size(a, 6), 1)
  t.is(BIO_get_write_buf_size(a), 6)
  t.is(BIO_make_bio_pair(a, b), 1)
  t.is(BIO_write(a, counted(10)), 6)
  t.is(BIO_write(b, counted(10)), 10)
})

test('P7: a reset answers 0 and empties its own ring alone; a read of nothing clears flags and request', t => {
  const [a, b] = BIO_new_bio_pair(0, 0)
  BIO_write(a, counted(3))
  BIO_write(b, counted(4))
  t.is(BIO_reset(a), 0)
  t.is(BIO_ctrl_pending(b), 0)
  t.is(BIO_ctrl_pending(a), 4)
  t.is(BIO_read(b, into(8)), -1)
  t.is(BIO_get_read_request(a), 8)
  t.is(BIO_read(b, into(0)), 0)
  t.deepEqual(state(b), final)
  t.is(BIO_get_read_request(a), 0)
})

test('P7: a write of nothing touches neither flags nor request', t => {
  const [a, b] = BIO_new_bio_pair(1, 1)
  BIO_write(a, counted(2))
  BIO_write(a, counted(1))
  BIO_read(a, into(1))
  t.is(BIO_read(a, into(9)), -1)
  t.is(BIO_get_read_request(b), 1)
  t.is(BIO_write(b, into(0)), 0)
  t.is(BIO_get_read_request(b), 1)
  t.is(BIO_write(a, into(0)), 0)
  t.deepEqual(state(a), wantsRead)
})

test('P8: sizes and pairings that cannot be are 0 with their reason', t => {
  const [a, b] = BIO_new_bio_pair(0, 0)
  const c = BIO_new(BIO_s_bio())
  t.is(BIO_get_write_buf_size(c), 17408)
  for (const size of [0, -1, 1.5]) {
    t.is(BIO_set_write_buf_size(c, size), 0)
    t.is(reason(c), 'invalid argument')
  }
  t.is(BIO_set_write_buf_size(a, 10), 0)
  t.is(reason(a), 'in use')
  t.is(BIO_make_bio_pair(c, b), 0)
  t.is(reason(c), 'in use')
  t.is(BIO_make_bio_pair(c, c), 0)
  t.is(reason(c), 'invalid argument')
  t.is(BIO_read(c, into(1)), -1)
  t.throws(() => BIO_new_bio_pair(-1, 0), { instanceOf: RangeError })
})

test('a half whose peer is freed still reads what was written, and can be paired again', t => {
  const [a, b] = BIO_new_bio_pair(0, 0)
  BIO_write(a, counted(5))
  t.is(BIO_up_ref(a), 1)
  t.is(BIO_free(a), 1)
  t.is(BIO_ctrl_pending(b), 5)
  t.is(BIO_eof(b), 0)
  t.is(BIO_free(a), 1)
  t.is(BIO_free(a), 0)
  t.is(BIO_read(a, into(1)), -1)
  t.is(BIO_read(b, into(9)), 5)
  t.is(BIO_eof(b), 1)
  t.is(BIO_read(b, into(9)), 0)
  t.is(BIO_write(b, counted(1)), -1)
  t.is(reason(b), 'broken pipe')
  const c = BIO_new(BIO_s_bio())
  t.is(BIO_make_bio_pair(b, c), 1)
  t.is(BIO_write(b, counted(1)), 1)
  t.is(BIO_free(null), 0)
})

test('a request is never above the guarantee, and a negative count moves nothing', t => {
  const [a, b] = BIO_new_bio_pair(0, 0)
  BIO_read(a, into(8))
  t.is(BIO_get_read_request(b), 8)
  BIO_shutdown_wr(b)
  t.is(BIO_get_read_request(b), 0)
  t.is(BIO_read(a, into(8), -1), 0)
  BIO_write(a, counted(5))
  t.deepEqual(BIO_nread(b, -1), [-1, into(0)])
  t.is(reason(b), 'invalid argument')
  t.is(BIO_ctrl_pending(b), 5)
})

test('BIO_puts counts its bytes, and a half has no BIO_gets', t => {
  const [a, b] = BIO_new_bio_pair(0, 0)
  t.is(BIO_puts(a, 'aé€😀'), 10)
  t.is(BIO_number_written(a), 10)
  const text = into(20)
  t.is(BIO_read(b, text), 10)
  t.is(new TextDecoder().decode(text.subarray(0, 10)), 'aé€😀')
  t.is(BIO_gets(b, text), -2)
  t.is(reason(b), 'unsupported method')
  t.is(ERR_peek_error(b), 0)
})

test('what goes in comes out, whatever the ring and however it is moved', t => {
  const size = fc.oneof(fc.constantFrom(1, 5, 6, 100, 256, 17408), fc.integer({ min: 1, max: 40 }))
  const move = fc.record({ lent: fc.boolean(), count: fc.integer({ min: 0, max: 50 }) })
  fc.assert(
    fc.property(size, fc.array(fc.tuple(move, move), { maxLength: 60 }), (ring, moves) => {
      const [a, b] = BIO_new_bio_pair(ring, 1)
      let [wrote, read] = [0, 0]
      for (const [write, take] of moves) {
        const bytes = counted(write.count, wrote)
        const guarantee = BIO_get_write_guarantee(a)
        if (write.lent) {
          const [count, room] = BIO_nwrite(a, write.count)
          room.set(bytes.subarray(0, room.length))
          wrote += Math.max(count, 0)
        } else {
          const took = BIO_write(a, bytes)
          t.is(Math.max(took, 0), Math.min(write.count, guarantee))
          wrote += Math.max(took, 0)
        }
        const buffer = into(take.count)
        const [count, run] = take.lent ? BIO_nread(b, take.count) : [BIO_read(b, buffer), buffer]
        const got = Math.max(count, 0)
        t.deepEqual(run.subarray(0, got), counted(got, read))
        read += got
        t.is(BIO_ctrl_pending(b), wrote - read)
        t.is(BIO_number_written(a), wrote)
        t.is(BIO_number_read(b), read)
      }
    }),
    { numRuns: 200 },
  )
})
