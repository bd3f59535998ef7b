/** The C names, called by callbacks at the wrong moment and with numbers that are none. */
import { NullFilter } from '@biopair/bio'
import {
  type BIO,
  BIO_CB_FREE,
  BIO_CB_READ,
  BIO_CB_RETURN,
  BIO_CB_WRITE,
  BIO_f_buffer,
  BIO_f_linebuffer,
  BIO_f_md,
  BIO_flush,
  BIO_free,
  BIO_get_md,
  BIO_new,
  BIO_new_bio_pair,
  BIO_push,
  BIO_read,
  BIO_s_bio,
  BIO_s_mem,
  BIO_set_buffer_size,
  BIO_set_callback_ex,
  BIO_set_md,
  BIO_set_write_buf_size,
  BIO_set_write_buffer_size,
  BIO_should_read,
  BIO_wpending,
  BIO_write,
} from '@biopair/ssl/openssl'
import test from 'ava'

/** Memory that holds so many bytes. */
function memory(length: number): BIO {
  const bio = BIO_new(BIO_s_mem())
  BIO_write(bio, new Uint8Array(length))
  return bio
}

test('a callback that frees the BIO that is being freed frees it once', t => {
  const bio = memory(3)
  let calls = 0
  BIO_set_callback_ex(bio, (own, oper) => {
    if (oper !== BIO_CB_FREE) return 1
    calls++
    t.is(BIO_free(own), 0)
    return calls === 1 ? 0 : 1
  })
  t.is(BIO_free(bio), 0)
  t.false(bio.freed)
  t.is(BIO_free(bio), 1)
  t.true(bio.freed)
  t.is(calls, 2)
})

test('a size that is no number, none of C, or more than an int, is refused with 0 and changes nothing', t => {
  for (const size of [Number.NaN, 20_000.5, 2 ** 31, 2 ** 40, 2 ** 60, Number.POSITIVE_INFINITY]) {
    const buffer = BIO_new(BIO_f_buffer())
    BIO_push(buffer, memory(5))
    t.is(BIO_set_buffer_size(buffer, size), 0)
    t.is(BIO_read(buffer, new Uint8Array(9)), 5)
    t.is(BIO_set_write_buffer_size(BIO_new(BIO_f_linebuffer()), size), 0)
    t.is(BIO_set_write_buf_size(BIO_new(BIO_s_bio()), size), 0)
  }
})

test('a hash that is none, or throws, is refused with 0, and the one before stays', t => {
  const bio = BIO_new(BIO_f_md())
  const md = () => ({ update: () => {}, snapshot: () => new Uint8Array(1) })
  t.is(BIO_set_md(bio, md), 1)
  const thrower = () => {
    throw new Error('no hash')
  }
  for (const wrong of [null, thrower]) t.is(BIO_set_md(bio, wrong as never), 0)
  t.deepEqual(BIO_get_md(bio), [1, md])
})

test('a callback that says more bytes were written than there were, or what is no count, makes the write fail', t => {
  for (const value of [1000, Number.NaN, -5, 1.5]) {
    const below = BIO_new(BIO_s_mem())
    BIO_set_callback_ex(below, (_bio, oper, _argp, _len, _argi, _argl, ret, processed) => {
      if (processed && oper === (BIO_CB_WRITE | BIO_CB_RETURN)) processed.value = value
      return ret
    })
    t.is(BIO_write(below, new Uint8Array(3)), -1)
    const buffer = BIO_new(BIO_f_buffer())
    BIO_push(buffer, below)
    t.is(BIO_write(buffer, new Uint8Array(3)), 3)
    t.is(BIO_flush(buffer), -1)
    t.is(BIO_wpending(buffer), 3)
  }
})

test('a callback that keeps back all that was read makes it a retry and no end', t => {
  const bio = memory(5)
  let keeps = true
  BIO_set_callback_ex(bio, (_bio, oper, _argp, _len, _argi, _argl, ret, processed) => {
    if (keeps && processed && oper === (BIO_CB_READ | BIO_CB_RETURN)) processed.value = 0
    return ret
  })
  const into = new Uint8Array(9)
  t.is(BIO_read(bio, into), -1)
  t.not(BIO_should_read(bio), 0)
  t.deepEqual(bio.read(into), { stop: 'retry', on: 'read' })
  keeps = false
  t.is(BIO_read(bio, into), 5)
})

test('a half in a chain of package bio refuses to block, as every Bio does', t => {
  const [half] = BIO_new_bio_pair()
  const top = new NullFilter().push(half)
  t.throws(() => top.setBlocking(true), { instanceOf: TypeError, code: 'ERR_BIO_CANNOT_BLOCK' })
  t.notThrows(() => top.setBlocking(false))
})
