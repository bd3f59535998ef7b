/** The rewinding filter: seeking back in what was read from a source that only goes forward. */
import { bioPair, ReadBufferFilter } from '@biopair/bio'
import test from 'ava'
import fc from 'fast-check'
import { codeOf, counted, eof, retryRead, settled, take } from './support/bytes.ts'
import { FlakyBio } from './support/flaky.ts'

const outside = { instanceOf: RangeError, code: 'ERR_BIO_INVALID_ARGUMENT' }

test('any reads and seeks give the bytes of their positions, and only the last ones are kept', t => {
  const act = fc.tuple(fc.constantFrom('read', 'seek'), fc.nat(30))
  fc.assert(
    fc.property(
      fc.array(act, { maxLength: 60 }),
      fc.array(fc.nat(9), { maxLength: 40 }),
      fc.integer({ min: 1, max: 12 }),
      (acts, script, limit) => {
        const below = new FlakyBio(script, counted(200))
        const filter = new ReadBufferFilter({ limit }).push(below)
        let [at, furthest, start] = [0, 0, 0]
        for (const [what, n] of acts) {
          if (what === 'seek') {
            const target = start + n - 5
            if (target < start || target > furthest) {
              t.throws(() => filter.seek(target), outside)
            } else {
              filter.seek(target)
              at = target
            }
          } else {
            const got = take(filter, n)
            if (!(got instanceof Uint8Array)) {
              t.is(at, furthest)
              t.deepEqual(got, retryRead)
              continue
            }
            t.deepEqual(got, counted(got.length, at))
            if (n > 0) t.true(got.length > 0)
            if (at < furthest) t.is(got.length, Math.min(n, furthest - at))
            at += got.length
            furthest = Math.max(furthest, at)
            start = Math.max(start, furthest - limit)
          }
          t.is(filter.tell(), at)
          t.is(filter.start, start)
          t.is(filter.pending, furthest - at)
        }
      },
    ),
    { numRuns: 300 },
  )
})

test('what was read is read again after a seek, then more from below', t => {
  const [near, far] = bioPair()
  const filter = new ReadBufferFilter().push(near)
  t.is(filter.limit, 65536)
  far.write(counted(10))
  t.deepEqual(take(filter, 6), counted(6))
  t.is(filter.tell(), 6)
  filter.seek(2)
  t.is(filter.pending, 4 + 4)
  t.deepEqual(take(filter, 20), counted(4, 2))
  t.deepEqual(take(filter, 20), counted(4, 6))
  t.deepEqual(take(filter, 20), retryRead)
  filter.reset()
  t.is(filter.tell(), 0)
  t.deepEqual(take(filter, 20), counted(10))
})

test('a position that was not read yet, or is kept no more, is refused', t => {
  const filter = new ReadBufferFilter({ limit: 4 }).push(new FlakyBio([], counted(50)))
  t.throws(() => filter.seek(1), outside)
  take(filter, 3)
  filter.reset()
  filter.seek(3)
  take(filter, 20)
  t.is(filter.start, 19)
  t.throws(() => filter.seek(18), outside)
  t.throws(() => filter.seek(24), outside)
  t.throws(() => filter.reset(), outside)
  t.throws(() => filter.seek('1' as unknown as number), { instanceOf: TypeError })
  filter.seek(19)
  t.deepEqual(take(filter, 20), counted(4, 19))
  t.throws(() => new ReadBufferFilter({ limit: 0 }), outside)
})

test('eof and ready count what can be read again', async t => {
  const [near, far] = bioPair()
  const filter = new ReadBufferFilter().push(near)
  far.write(counted(2))
  t.false(filter.eof)
  take(filter, 2)
  t.false(await settled(filter.ready('read')))
  filter.seek(1)
  t.true(await settled(filter.ready('read')))
  far.end()
  t.false(filter.eof)
  take(filter, 1)
  t.true(filter.eof)
  t.deepEqual(take(filter, 1), eof)
  filter.reset()
  t.deepEqual(take(filter, 9), counted(2))
  t.deepEqual(take(filter, 9), eof)
})

test('writes pass through, and what was read stays readable after a pop', t => {
  const below = new FlakyBio([], counted(3))
  const filter = new ReadBufferFilter().push(below)
  t.is(filter.write(counted(4)), 4)
  t.is(filter.flush(), 'done')
  t.deepEqual(below.taken, [...counted(4)])
  take(filter, 3)
  filter.pop()
  filter.reset()
  t.deepEqual(take(filter, 9), counted(3))
  t.is(codeOf(filter.read(new Uint8Array(1))), 'ERR_BIO_UNINITIALIZED')
  t.is(filter.read(new Uint8Array(0)), 0)
})

test('a BIO below that gives nothing or too much is found out', t => {
  const below = new FlakyBio()
  const filter = new ReadBufferFilter().push(below)
  below.read = () => 0
  t.deepEqual(take(filter, 4), retryRead)
  below.read = () => 5
  t.throws(() => take(filter, 4), outside)
  t.is(filter.tell(), 0)
})
