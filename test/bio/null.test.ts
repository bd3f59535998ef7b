/** The null BIO: everything is swallowed, and nothing comes. */
import { NullBio, NullFilter } from '@biopair/bio'
import test from 'ava'
import { codeOf, counted, eof, settled, take } from './support/bytes.ts'

test('a null BIO takes everything and gives nothing', async t => {
  const bio = new NullBio()
  t.is(bio.write(counted(70000)), 70000)
  t.is(bio.write(new Uint8Array(0)), 0)
  t.is(bio.read(new Uint8Array(0)), 0)
  t.deepEqual(take(bio, 9), eof)
  t.is(bio.flush(), 'done')
  t.deepEqual([bio.pending, bio.wpending, bio.eof], [0, 0, true])
  for (const on of ['read', 'write'] as const) t.true(await settled(bio.ready(on)))
})

test('a null BIO takes nothing more once it was ended or closed', t => {
  const [ended, closed] = [new NullBio(), new NullBio()]
  t.is(ended.end(), 'done')
  const cause = new Error('over')
  closed.close(cause)
  for (const bio of [ended, closed]) {
    bio.end()
    bio.close()
    t.is(bio.write(new Uint8Array(0)), 0)
    t.deepEqual(take(bio, 1), eof)
    t.is(bio.flush(), 'done')
  }
  t.is(codeOf(ended.write(counted(1))), 'ERR_BIO_BROKEN_PIPE')
  t.is(codeOf(closed.write(counted(1))), 'ERR_BIO_CLOSED')
  t.is((closed.write(counted(1)) as { error: Error }).error.cause, cause)
})

test('a null BIO is blocking or not as one likes, because it never has to wait', t => {
  const head = new NullFilter().push(new NullBio())
  t.false(head.blocking)
  head.setBlocking(true)
  t.true(head.blocking)
  t.is(head.write(counted(3)), 3)
})

test('a null BIO refuses what is not bytes', t => {
  const bio = new NullBio()
  const wrong = { instanceOf: TypeError, code: 'ERR_BIO_INVALID_ARGUMENT' }
  t.throws(() => bio.write('text' as unknown as Uint8Array), wrong)
  t.throws(() => bio.read([1] as unknown as Uint8Array), wrong)
  t.throws(() => bio.ready('x' as 'read'), wrong)
})
