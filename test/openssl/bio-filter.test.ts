import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'
import * as C from '@biopair/ssl/openssl'
import test from 'ava'
import fc from 'fast-check'
import { bytes, final, into, reason, state, text, wantsRead, wantsWrite } from './support/bio.ts'
import { counted } from './support/tls.ts'

/** A chain from the top. */
function chain(...bios: C.BIO[]): C.BIO {
  const [top, ...rest] = bios as [C.BIO, ...C.BIO[]]
  for (const bio of rest) C.BIO_push(top, bio)
  return top
}

function memory(content = ''): C.BIO {
  const bio = C.BIO_new(C.BIO_s_mem())
  C.BIO_puts(bio, content)
  return bio
}

const held = (bio: C.BIO) => text(C.BIO_get_mem_data(bio))

function read(bio: C.BIO, length = 100): string {
  const buf = into(length)
  return text(buf.subarray(0, Math.max(C.BIO_read(bio, buf), 0)))
}

function line(bio: C.BIO, length = 100): string {
  const buf = into(length)
  return text(buf.subarray(0, Math.max(C.BIO_gets(bio, buf), 0)))
}

test('F1: a buffer over a 16-byte pair takes 100, and flushes as the pair has room', t => {
  const [near, far] = C.BIO_new_bio_pair(16, 16)
  const buffer = chain(C.BIO_new(C.BIO_f_buffer()), near)
  t.is(C.BIO_write(buffer, counted(100)), 100)
  t.deepEqual(state(buffer), final)
  t.is(C.BIO_ctrl_wpending(buffer), 100)
  t.is(C.BIO_flush(buffer), -1)
  t.deepEqual(state(buffer), wantsWrite)
  t.is(C.BIO_ctrl_wpending(buffer), 84)
  t.deepEqual(C.BIO_get_retry_BIO(buffer), [near, 0])
  const got: number[] = []
  let flushed = 0
  for (let round = 0; round < 9 && got.length < 100; round++) {
    const buf = into(20)
    got.push(...buf.subarray(0, Math.max(C.BIO_read(far, buf), 0)))
    flushed = C.BIO_flush(buffer)
  }
  t.is(flushed, 1)
  t.deepEqual(Uint8Array.from(got), counted(100))
  t.is(C.BIO_ctrl_wpending(buffer), 0)
  t.deepEqual([C.BIO_number_written(buffer), C.BIO_number_written(near)], [100, 100])
})

test('4: a buffer reads ahead, has lines, and is asked how many', t => {
  const below = memory('one\ntwo\nthree')
  const buffer = chain(C.BIO_new(C.BIO_f_buffer()), below)
  t.is(line(buffer), 'one\n')
  t.is(C.BIO_pending(below), 0)
  t.is(C.BIO_get_buffer_num_lines(buffer), 1)
  t.is(C.BIO_pending(buffer), 9)
  t.is(C.BIO_eof(buffer), 0)
  const peeked = into(3)
  t.is(C.BIO_buffer_peek(buffer, peeked), 3)
  t.is(text(peeked), 'two')
  t.is(C.BIO_set_buffer_read_data(buffer, bytes('zero ')), 1)
  t.is(line(buffer), 'zero two\n')
  // The rest of the line may come yet: it stays. OpenSSL gives it out as if it were one.
  t.is(C.BIO_gets(buffer, into(9)), -1)
  t.deepEqual(state(buffer), wantsRead)
  C.BIO_set_mem_eof_return(below, 0)
  t.is(line(buffer), 'three')
  t.is(C.BIO_gets(buffer, into(9)), 0)
  t.is(C.BIO_eof(buffer), 1)
  t.is(C.BIO_eof(C.BIO_new(C.BIO_f_buffer())), -1)
})

test('4: buffers have sizes, of which small ones change nothing; a reset forgets; a copy has the same', t => {
  const below = memory()
  const buffer = chain(C.BIO_new(C.BIO_f_buffer()), below)
  t.is(C.BIO_set_write_buffer_size(buffer, 16), 1)
  C.BIO_write(buffer, counted(100))
  t.is(C.BIO_pending(below), 0)
  t.is(C.BIO_ctrl(buffer, C.BIO_CTRL_INFO), 100)
  t.is(C.BIO_reset(buffer), 1)
  t.is(C.BIO_ctrl(buffer, C.BIO_CTRL_INFO), 0)
  t.is(C.BIO_set_buffer_size(buffer, 9000), 1)
  t.is(C.BIO_set_read_buffer_size(buffer, 10_000), 1)
  C.BIO_write(buffer, counted(8000))
  t.is(C.BIO_pending(below), 0)
  const copy = C.BIO_dup_chain(buffer) as C.BIO
  C.BIO_write(copy, counted(8000))
  t.is(C.BIO_pending(C.BIO_next(copy)), 0)
  t.is(C.BIO_flush(copy), 1)
  t.is(C.BIO_pending(C.BIO_next(copy)), 8000)
})

test('a buffer that is freed hands on what it took: OpenSSL drops it', t => {
  for (const method of [C.BIO_f_buffer(), C.BIO_f_linebuffer()]) {
    const below = memory()
    const buffer = chain(C.BIO_new(method), below)
    C.BIO_puts(buffer, 'kept')
    t.is(held(below), '')
    C.BIO_free(buffer)
    t.is(held(below), 'kept')
  }
})

test('4: a line buffer hands on whole lines and holds the rest', t => {
  const below = memory()
  const buffer = chain(C.BIO_new(C.BIO_f_linebuffer()), below)
  t.is(C.BIO_puts(buffer, 'one\ntw'), 6)
  t.is(held(below), 'one\n')
  t.is(C.BIO_wpending(buffer), 2)
  t.is(C.BIO_ctrl(buffer, C.BIO_CTRL_INFO), 2)
  t.is(C.BIO_set_write_buffer_size(buffer, 20_000), 1)
  C.BIO_puts(buffer, 'o\n')
  t.is(held(below), 'one\ntwo\n')
  t.is(line(buffer), 'one\n')
  C.BIO_puts(buffer, 'x')
  t.is(C.BIO_flush(buffer), 1)
  t.is(held(below), 'two\nx')
  C.BIO_puts(buffer, 'y')
  C.BIO_reset(buffer)
  t.is(C.BIO_flush(buffer), 1)
  t.is(held(below), '')
  t.not(C.BIO_dup_chain(buffer), null)
})

test('4: a read buffer goes back to any place, and is not written', t => {
  const [near, far] = C.BIO_new_bio_pair()
  const buffer = chain(C.BIO_new(C.BIO_f_readbuffer()), near)
  C.BIO_puts(far, 'one\ntw')
  t.is(read(buffer, 2), 'on')
  t.is(C.BIO_tell(buffer), 2)
  t.is(C.BIO_reset(buffer), 1)
  t.is(line(buffer), 'one\n')
  // Half a line is not a line yet: it stays, and is read with the rest.
  t.is(C.BIO_gets(buffer, into(9)), -1)
  t.deepEqual(state(buffer), wantsRead)
  t.is(C.BIO_tell(buffer), 4)
  C.BIO_puts(far, 'o\n')
  t.is(line(buffer), 'two\n')
  t.is(C.BIO_seek(buffer, 9), 0)
  t.is(C.BIO_seek(buffer, 4), 1)
  t.is(C.BIO_pending(buffer), 4)
  t.is(C.BIO_eof(buffer), 0)
  t.is(read(buffer), 'two\n')
  C.BIO_shutdown_wr(far)
  t.is(C.BIO_gets(buffer, into(9)), 0)
  t.is(C.BIO_eof(buffer), 1)
  t.is(C.BIO_write(buffer, bytes('x')), 0)
  t.is(C.BIO_puts(buffer, 'x'), 0)
  t.is(C.BIO_flush(buffer), 1)
  t.is(C.BIO_get_close(buffer), 0)
  t.is(C.BIO_eof(C.BIO_new(C.BIO_f_readbuffer())), 1)
})

test('4: base64 in lines, or on one where the flag says so; a flush ends it', t => {
  const below = memory()
  const coded = chain(C.BIO_new(C.BIO_f_base64()), below)
  t.is(C.BIO_write(coded, counted(50)), 50)
  t.true(C.BIO_wpending(coded) > 0)
  t.is(C.BIO_flush(coded), 1)
  const lines = held(below)
  t.is(lines, `${Buffer.from(counted(50)).toString('base64').replace(/.{64}/, '$&\n')}\n`)
  const buf = into(99)
  t.is(C.BIO_read(coded, buf), 50)
  t.deepEqual(buf.subarray(0, 50), counted(50))
  t.is(C.BIO_reset(coded), 1)
  C.BIO_set_flags(coded, C.BIO_FLAGS_BASE64_NO_NL)
  t.is(C.BIO_puts(coded, 'hello'), 5)
  t.is(C.BIO_flush(coded), 1)
  t.is(held(below), 'aGVsbG8=')
  t.is(read(coded), 'hello')
  t.is(C.BIO_gets(coded, buf), -2)
  C.BIO_puts(below, '****')
  t.is(C.BIO_read(coded, buf), -1)
  t.deepEqual(state(coded), final)
  t.is(reason(coded), 'bad base64 decode')
})

const cipher: C.BIO_CIPHER = (key, iv, enc) =>
  enc ? createCipheriv('aes-128-cbc', key, iv) : createDecipheriv('aes-128-cbc', key, iv)

test('4: a cipher enciphers what is written and deciphers what is read; a flush ends it', t => {
  const [key, iv] = [counted(16), counted(16, 5)]
  const below = memory()
  C.BIO_set_mem_eof_return(below, 0)
  const coded = chain(C.BIO_new(C.BIO_f_cipher()), below)
  t.is(C.BIO_write(coded, bytes('x')), -1)
  t.is(C.BIO_set_cipher(coded, cipher, key, iv, 1), 1)
  t.is(C.BIO_puts(coded, 'x'), -2)
  t.is(C.BIO_write(coded, bytes('the quick brown fox')), 19)
  t.is(C.BIO_flush(coded), 1)
  t.is(C.BIO_get_cipher_status(coded), 1)
  t.is(C.BIO_pending(below), 32)
  const open = C.BIO_new(C.BIO_f_cipher())
  C.BIO_set_cipher(open, cipher, key, iv, 0)
  C.BIO_pop(coded)
  chain(open, below)
  t.is(read(open) + read(open), 'the quick brown fox')
  t.is(C.BIO_read(open, into(1)), 0)
  t.is(C.BIO_get_cipher_status(open), 1)
  t.is(C.BIO_reset(open), 1)
  C.BIO_write(below, counted(15))
  t.is(C.BIO_read(open, into(1)), -1)
  t.is(C.BIO_get_cipher_status(open), 0)
  t.is(C.BIO_set_cipher(open, cipher, counted(3), iv, 0), 0)
  t.is(reason(open), 'invalid argument')
  t.is(C.BIO_set_cipher(below, cipher, key, iv, 0), 0)
  t.is(C.BIO_dup_chain(open), null)
  t.is(C.BIO_get_cipher_status(below), 0)
})

test('4: a digest grows with what passes, and BIO_gets reads it', t => {
  const below = memory()
  const digest = chain(C.BIO_new(C.BIO_f_md()), below)
  t.deepEqual(C.BIO_get_md(digest), [0, null])
  t.is(C.BIO_gets(digest, into(40)), -1)
  const md: C.BIO_MD = () => createHash('sha256')
  t.is(C.BIO_set_md(digest, md), 1)
  t.deepEqual(C.BIO_get_md(digest), [1, md])
  C.BIO_write(digest, bytes('abc'))
  t.is(read(digest), 'abc')
  const buf = into(40)
  t.is(C.BIO_gets(digest, buf, 31), 0)
  t.is(C.BIO_gets(digest, buf), 32)
  t.deepEqual(Buffer.from(buf.subarray(0, 32)), createHash('sha256').update('abcabc').digest())
  C.BIO_reset(digest)
  C.BIO_gets(digest, buf)
  t.deepEqual(Buffer.from(buf.subarray(0, 32)), createHash('sha256').digest())
  const copy = C.BIO_dup_chain(digest)
  t.deepEqual(C.BIO_get_md(copy), [1, md])
  t.is(C.BIO_puts(digest, 'x'), -2)
})

test('4: a prefix and an indent before every line', t => {
  const below = memory()
  const prefix = chain(C.BIO_new(C.BIO_f_prefix()), below)
  t.is(C.BIO_set_prefix(prefix, '# '), 1)
  t.is(C.BIO_set_indent(prefix, 2), 1)
  t.is(C.BIO_set_indent(prefix, -1), 0)
  t.is(C.BIO_get_indent(prefix), 2)
  t.is(C.BIO_puts(prefix, 'one\ntw'), 6)
  t.is(C.BIO_puts(prefix, 'o\n'), 2)
  t.is(held(below), '#   one\n#   two\n')
  t.is(line(prefix), '#   one\n')
  C.BIO_puts(prefix, 'half')
  C.BIO_reset(prefix)
  C.BIO_puts(prefix, 'new')
  t.is(held(below), '#   new')
  C.BIO_set_prefix(prefix, null)
  const copy = C.BIO_dup_chain(prefix) as C.BIO
  C.BIO_puts(copy, 'x')
  t.is(held(copy), '  x')
})

test('whatever stands in a chain, and however it refuses, what is written at one end is read at the other', t => {
  const links: Record<string, (seed: number) => C.BIO> = {
    null: () => C.BIO_new(C.BIO_f_null()),
    buffer: () => C.BIO_new(C.BIO_f_buffer()),
    lines: () => C.BIO_new(C.BIO_f_linebuffer()),
    refuses: seed => C.BIO_new(C.BIO_f_nbio_test(seed)),
    digest: () => {
      const bio = C.BIO_new(C.BIO_f_md())
      C.BIO_set_md(bio, () => createHash('sha256'))
      return bio
    },
  }
  const kinds = fc.array(fc.constantFrom(...Object.keys(links)), { maxLength: 4 })
  const size = fc.constantFrom(1, 5, 6, 100, 256, 17408)
  fc.assert(
    fc.property(kinds, kinds, size, fc.integer({ min: 1 }), (one, two, ring, seed) => {
      const [near, far] = C.BIO_new_bio_pair(ring, ring)
      const build = (names: string[], bio: C.BIO) =>
        chain(...names.map(name => (links[name] as (seed: number) => C.BIO)(seed)), bio)
      const [top, other] = [build(one, near), build(two, far)]
      const data = counted(400)
      const got: number[] = []
      let taken = 0
      for (let round = 0; round < 40_000 && got.length < data.length; round++) {
        if (taken < data.length) taken += Math.max(C.BIO_write(top, data.subarray(taken)), 0)
        else C.BIO_flush(top)
        const buf = into(50)
        const count = C.BIO_read(other, buf)
        if (count > 0) got.push(...buf.subarray(0, count))
        else if (!C.BIO_should_retry(other)) t.fail(`a read came to ${count}: ${reason(other)}`)
      }
      t.deepEqual(Uint8Array.from(got), data)
      t.is(C.BIO_number_written(near), data.length)
      t.is(C.BIO_number_read(far), data.length)
    }),
    { numRuns: 60 },
  )
})
