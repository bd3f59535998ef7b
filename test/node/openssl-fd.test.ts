/** BIO_s_fd(3) over files and pipes, waiting and not. */
import { closeSync, fstatSync, openSync } from 'node:fs'
import { constants } from 'node:os'
import * as C from '@biopair/node/openssl'
import test from 'ava'
import {
  bytes,
  fifo,
  fifos,
  final,
  folder,
  into,
  reason,
  state,
  text,
  until,
  wantsRead,
} from './support/c.ts'

const isOpen = (fd: number) => {
  try {
    fstatSync(fd)
    return true
  } catch {
    return false
  }
}

test('a descriptor of a file: seek answers the place, reset 0, eof what the last read came to', t => {
  const place = folder()
  t.teardown(place.remove)
  const fd = openSync(place.path('f'), 'w+')
  const bio = C.BIO_new(C.BIO_s_fd())
  const buf = into(10)
  t.is(C.BIO_read(bio, buf), -1)
  t.is(reason(bio), 'uninitialized')
  t.is(C.BIO_get_fd(bio), -1)
  t.is(C.BIO_set_fd(bio, fd, C.BIO_CLOSE), 1)
  t.is(C.BIO_get_fd(bio), fd)
  t.is(C.BIO_method_type(bio), C.BIO_TYPE_FD)
  t.is(C.BIO_find_type(bio, C.BIO_TYPE_DESCRIPTOR), bio)
  t.is(C.BIO_puts(bio, 'ab\ncd'), 5)
  t.is(C.BIO_reset(bio), 0)
  t.is(C.BIO_gets(bio, buf), 3)
  t.is(text(buf.subarray(0, 4)), 'ab\n\0')
  t.is(C.BIO_seek(bio, 4), 4)
  t.is(C.BIO_tell(bio), 4)
  t.is(C.BIO_read(bio, buf), 1)
  t.is(C.BIO_eof(bio), 0)
  t.is(C.BIO_read(bio, buf), 0)
  t.is(C.BIO_eof(bio), 1)
  t.deepEqual(state(bio), final)
  t.is(C.BIO_gets(bio, buf), 0)
  t.is(C.BIO_seek(bio, -1), -1)
  t.is(reason(bio), 'invalid argument')
  t.deepEqual([C.BIO_pending(bio), C.BIO_wpending(bio), C.BIO_flush(bio)], [0, 0, 1])
  t.is(C.BIO_get_close(bio), C.BIO_CLOSE)
  C.BIO_free(bio)
  t.false(isOpen(fd))
})

test('BIO_NOCLOSE leaves the descriptor open, and so does another one in its place', t => {
  const place = folder()
  t.teardown(place.remove)
  const [one, two] = [openSync(place.path('f'), 'w+'), openSync(place.path('g'), 'w+')]
  const bio = C.BIO_new_fd(one, C.BIO_NOCLOSE) as C.BIO
  t.is(C.BIO_set_fd(bio, two, C.BIO_CLOSE), 1)
  t.true(isOpen(one))
  t.is(C.BIO_set_fd(bio, one, C.BIO_NOCLOSE), 1)
  t.false(isOpen(two))
  C.BIO_free(bio)
  t.true(isOpen(one))
  closeSync(one)
})

test('a descriptor that is not open is refused where it is set, with the reason', t => {
  t.is(C.BIO_new_fd(9999, C.BIO_CLOSE), null)
  const bio = C.BIO_new(C.BIO_s_fd())
  t.is(C.BIO_set_fd(bio, 9999, C.BIO_CLOSE), 0)
  t.is(C.ERR_GET_LIB(C.ERR_peek_error(bio)), C.ERR_LIB_SYS)
  t.is(C.BIO_set_fd(bio, -1, C.BIO_CLOSE), 0)
  t.is(reason(bio), 'invalid argument')
  t.is(C.BIO_read(bio, into(1)), -1)
  C.BIO_free(bio)
})

test('errors that mean "later" are told from others, by number, by name or as Node has them', t => {
  for (const name of ['EAGAIN', 'EINTR', 'ENOTCONN', 'EINPROGRESS', 'EALREADY'] as const) {
    t.is(C.BIO_fd_non_fatal_error(constants.errno[name]), 1, name)
    t.is(C.BIO_sock_non_fatal_error(-constants.errno[name]), 1, name)
    t.is(C.BIO_fd_should_retry(-1, name), 1, name)
    t.is(C.BIO_sock_should_retry(0, Object.assign(new Error(name), { code: name })), 1, name)
    t.is(C.BIO_fd_should_retry(1, name), 0)
  }
  t.is(C.BIO_fd_non_fatal_error('EIO'), 0)
  t.is(C.BIO_sock_non_fatal_error(constants.errno.ECONNRESET), 0)
  t.is(C.BIO_fd_non_fatal_error(new Error('no code')), 0)
})

if (!fifos) test('FIFOs (skipped: this system has none that open both ways)', t => t.pass())
else {
  test('a pipe that does not block says -1 with READ and RETRY, and BIO_ready settles when bytes come', async t => {
    const place = folder()
    t.teardown(place.remove)
    const bio = C.BIO_new_fd(fifo(place.path('p'), true), C.BIO_CLOSE) as C.BIO
    const buf = into(10)
    t.is(C.BIO_read(bio, buf), -1)
    t.deepEqual(state(bio), wantsRead)
    t.is(C.BIO_set_nbio(bio, 1), 1)
    t.is(C.BIO_set_nbio(bio, 0), 0)
    t.is(reason(bio), 'cannot block')
    t.is(C.BIO_read(bio, buf), -1)
    t.is(await C.BIO_wait(bio, Date.now() / 1000 + 0.001), 0)
    setTimeout(() => C.BIO_write(C.BIO_new_fd(C.BIO_get_fd(bio), C.BIO_NOCLOSE), bytes('late')), 20)
    t.is(await until(bio, b => C.BIO_read(b, buf)), 4)
    t.is(text(buf.subarray(0, 4)), 'late')
    t.is(C.BIO_seek(bio, 0), -1)
    t.is(reason(bio), 'unsupported method')
    C.BIO_free(bio)
  })

  test('what a pipe that does not block refused was taken, is pending, and goes out while somebody waits', async t => {
    const place = folder()
    t.teardown(place.remove)
    const fd = fifo(place.path('p'), true)
    const bio = C.BIO_new_fd(fd, C.BIO_CLOSE) as C.BIO
    const reader = C.BIO_new_fd(fd, C.BIO_NOCLOSE) as C.BIO
    let wrote = 0
    for (let ret = 1; ret > 0; wrote += Math.max(ret, 0)) ret = C.BIO_write(bio, into(10_000))
    t.deepEqual(state(bio), [8, 2])
    t.true(C.BIO_wpending(bio) > 0)
    t.is(C.BIO_flush(bio), -1)
    let read = 0
    const buf = into(20_000)
    while (read < wrote) {
      const got = C.BIO_read(reader, buf)
      if (got > 0) read += got
      else await C.BIO_ready(bio)
    }
    t.is(await until(bio, C.BIO_flush), 1)
    t.is(C.BIO_wpending(bio), 0)
    t.is(read, wrote)
    C.BIO_free(reader)
    C.BIO_free(bio)
  })

  test('a pipe that blocks says so, and cannot be made not to', t => {
    const place = folder()
    t.teardown(place.remove)
    const bio = C.BIO_new_fd(fifo(place.path('p'), false), C.BIO_CLOSE) as C.BIO
    t.is(C.BIO_set_nbio(bio, 0), 1)
    t.is(C.BIO_set_nbio(bio, 1), 0)
    t.is(reason(bio), 'cannot block')
    const buf = into(10)
    t.is(C.BIO_puts(bio, 'one\ntwo\n'), 8)
    t.is(C.BIO_gets(bio, buf), 4)
    t.is(C.BIO_gets(bio, buf), 4)
    t.is(text(buf.subarray(0, 4)), 'two\n')
    C.BIO_free(bio)
  })
}
