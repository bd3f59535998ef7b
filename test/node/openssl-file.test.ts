/** BIO_s_file(3): what each call answers, as OpenSSL 3 does unless a title says otherwise. */
import { readFileSync, writeFileSync } from 'node:fs'
import * as C from '@biopair/node/openssl'
import test from 'ava'
import fc from 'fast-check'
import { bytes, final, folder, into, reason, state, text } from './support/c.ts'

test('what is written to a file in pieces is read from it in others', t => {
  const place = folder()
  t.teardown(place.remove)
  const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 9000 }), { maxLength: 6 })
  t.notThrows(() =>
    fc.assert(
      fc.property(pieces, fc.integer({ min: 1, max: 20_000 }), (written, size) => {
        const out = C.BIO_new_file(place.path('f'), 'wb') as C.BIO
        for (const piece of written) if (C.BIO_write(out, piece) !== piece.length) return false
        C.BIO_free(out)
        const whole = Buffer.concat(written)
        const bio = C.BIO_new_file(place.path('f'), 'rb') as C.BIO
        for (let at = 0; ; ) {
          const buf = into(size)
          const len = C.BIO_read(bio, buf)
          if (!whole.subarray(at, at + len).equals(buf.subarray(0, len))) return false
          at += len
          // A count that is short is the end, as with fread.
          if (len < size && C.BIO_eof(bio) !== 1) return false
          if (len <= 0) {
            C.BIO_free(bio)
            return at === whole.length
          }
        }
      }),
      { numRuns: 40 },
    ),
  )
})

test('seek and reset of a file answer 0 for success, tell where it is, and eof whether a read came to it', t => {
  const place = folder()
  t.teardown(place.remove)
  writeFileSync(place.path('f'), 'ab\ncd')
  const bio = C.BIO_new(C.BIO_s_file())
  t.is(C.BIO_read(bio, into(1)), -1)
  t.is(reason(bio), 'uninitialized')
  t.is(C.BIO_read_filename(bio, place.path('f')), 1)
  t.is(C.BIO_method_type(bio), C.BIO_TYPE_FILE)
  const buf = into(100)
  t.is(C.BIO_gets(bio, buf), 3)
  t.is(text(buf.subarray(0, 4)), 'ab\n\0')
  t.is(C.BIO_tell(bio), 3)
  t.is(C.BIO_eof(bio), 0)
  t.is(C.BIO_read(bio, buf), 2)
  t.is(C.BIO_eof(bio), 1)
  t.is(C.BIO_read(bio, buf), 0)
  t.deepEqual(state(bio), final)
  t.is(C.BIO_reset(bio), 0)
  t.is(C.BIO_eof(bio), 0)
  t.is(C.BIO_seek(bio, 3), 0)
  t.is(C.BIO_seek(bio, -5), -1)
  t.is(reason(bio), 'invalid argument')
  t.is(C.BIO_seek(bio, 1000), 0)
  t.is(C.BIO_gets(bio, buf), 0)
  t.deepEqual([C.BIO_pending(bio), C.BIO_wpending(bio), C.BIO_flush(bio)], [0, 0, 1])
  t.is(C.BIO_seek(bio, 0), 0)
  t.is(C.BIO_gets(bio, buf, 2), 1)
  t.is(C.BIO_gets(bio, buf, 1), 0)
  C.BIO_free(bio)
})

test('a file is opened to read, to write, to append, or both ways; another name closes the one before', t => {
  const place = folder()
  t.teardown(place.remove)
  const [name, buf] = [place.path('g'), into(10)]
  const bio = C.BIO_new(C.BIO_s_file())
  t.is(C.BIO_write_filename(bio, name), 1)
  t.is(C.BIO_puts(bio, 'hi'), 2)
  t.is(C.BIO_read(bio, buf), -1)
  t.is(C.BIO_append_filename(bio, name), 1)
  t.is(C.BIO_puts(bio, 'ho'), 2)
  t.is(C.BIO_tell(bio), 4)
  t.is(C.BIO_rw_filename(bio, name), 1)
  t.is(C.BIO_gets(bio, buf), 4)
  t.is(C.BIO_puts(bio, '!'), 1)
  t.is(C.BIO_free(bio), 1)
  t.is(readFileSync(name, 'utf8'), 'hiho!')
  const appending = C.BIO_new_file(name, 'a+b') as C.BIO
  t.is(C.BIO_puts(appending, '?'), 1)
  t.is(C.BIO_reset(appending), 0)
  t.is(C.BIO_read(appending, buf), 6)
  C.BIO_free(appending)
})

test('a file that cannot be opened is null, or 0 with the reason; one that was opened to be read is not written', t => {
  const place = folder()
  t.teardown(place.remove)
  t.is(C.BIO_new_file(place.path('none'), 'r'), null)
  t.is(C.BIO_new_file(place.path('none'), 'zz'), null)
  const bio = C.BIO_new(C.BIO_s_file())
  t.is(C.BIO_read_filename(bio, place.path('none')), 0)
  const error = C.ERR_get_error_all(bio)
  t.is(C.ERR_GET_LIB(error?.code ?? 0), C.ERR_LIB_SYS)
  t.regex(error?.data ?? '', /ENOENT/)
  t.is(C.BIO_ctrl(bio, C.BIO_C_SET_FILENAME, C.BIO_CLOSE, place.path('f')), 0)
  t.is(reason(bio), 'bad fopen mode')
  writeFileSync(place.path('f'), 'x')
  t.is(C.BIO_read_filename(bio, place.path('f')), 1)
  t.is(C.BIO_write(bio, bytes('y')), -1)
  t.is(reason(bio), 'write to read only bio')
  t.deepEqual(state(bio), final)
  C.BIO_free(bio)
})

test('a file always waits: BIO_set_nbio is refused with the reason, and BIO_ready is at once', async t => {
  const place = folder()
  t.teardown(place.remove)
  const bio = C.BIO_new_file(place.path('f'), 'w') as C.BIO
  t.is(C.BIO_set_nbio(bio, 0), 1)
  t.is(C.BIO_set_nbio(bio, 1), 0)
  t.is(reason(bio), 'cannot block')
  await C.BIO_ready(bio)
  await C.BIO_ready(bio, 'read')
  C.BIO_free(bio)
})

test('filters stand on a file as on anything else', t => {
  const place = folder()
  t.teardown(place.remove)
  const out = C.BIO_push(C.BIO_new(C.BIO_f_base64()), C.BIO_new_file(place.path('f'), 'w'))
  t.is(C.BIO_puts(out, 'hello'), 5)
  t.is(C.BIO_flush(out), 1)
  C.BIO_free_all(out)
  t.is(readFileSync(place.path('f'), 'utf8'), 'aGVsbG8=\n')
  const back = C.BIO_push(C.BIO_new(C.BIO_f_base64()), C.BIO_new_file(place.path('f'), 'r'))
  const buf = into(10)
  t.is(C.BIO_read(back, buf), 5)
  t.is(text(buf.subarray(0, 5)), 'hello')
  C.BIO_free_all(back)
})
