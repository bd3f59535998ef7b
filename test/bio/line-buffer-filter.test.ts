/** The line buffering filter: whole lines go on at once, the start of one waits. */
import { bioPair, LineBufferFilter } from '@biopair/bio'
import test from 'ava'
import fc from 'fast-check'
import { codeOf, counted, retryWrite, take } from './support/bytes.ts'
import { ascii, FlakyBio } from './support/flaky.ts'

const newline = 10

test('over a BIO that takes everything, exactly the whole lines and what does not fit have gone', t => {
  const pieces = fc.array(fc.array(fc.constantFrom(newline, 65, 66), { maxLength: 12 }), {
    maxLength: 30,
  })
  fc.assert(
    fc.property(pieces, fc.integer({ min: 1, max: 9 }), (pieces, size) => {
      const below = new FlakyBio()
      const filter = new LineBufferFilter({ size }).push(below)
      const written: number[] = []
      for (const piece of pieces) {
        t.is(filter.write(Uint8Array.from(piece)), piece.length)
        written.push(...piece)
        t.deepEqual(below.taken, written.slice(0, below.taken.length))
        t.true(below.taken.length > written.lastIndexOf(newline))
        t.is(below.taken.length + filter.buffered, written.length)
        t.true(filter.buffered <= size)
      }
      t.is(filter.flush(), 'done')
      t.deepEqual(below.taken, written)
    }),
    { numRuns: 300 },
  )
})

test('whatever the BIO below refuses, every byte taken arrives once and in order, whole lines first', t => {
  const pieces = fc.array(
    fc.oneof(
      fc.array(fc.constantFrom(newline, 65), { maxLength: 9 }),
      fc.constant('flush' as const),
    ),
    { maxLength: 30 },
  )
  const script = fc.array(fc.nat(4), { maxLength: 60 })
  fc.assert(
    fc.property(pieces, script, fc.integer({ min: 1, max: 9 }), (pieces, script, size) => {
      const below = new FlakyBio(script)
      const filter = new LineBufferFilter({ size }).push(below)
      const written: number[] = []
      for (const piece of pieces) {
        const answer = piece === 'flush' ? filter.flush() : filter.write(Uint8Array.from(piece))
        if (typeof answer === 'number') written.push(...(piece as number[]).slice(0, answer))
        else if (answer !== 'done') t.deepEqual(answer, retryWrite)
        if (answer === 'done') t.is(filter.buffered, 0)
        t.is(below.taken.length + filter.buffered, written.length)
        t.true(filter.buffered <= size)
      }
      below.heal()
      // A line's end makes the lines go that were refused, without a flush.
      while (filter.write(Uint8Array.of(newline)) !== 1);
      written.push(newline)
      t.is(filter.buffered, 0)
      t.deepEqual(below.taken, written)
    }),
    { numRuns: 300 },
  )
})

test('the start of a line waits for its end, in one write or in many', t => {
  const below = new FlakyBio()
  const filter = new LineBufferFilter().push(below)
  t.is(filter.size, 10240)
  t.is(filter.write(ascii('one\ntwo\nthr')), 11)
  t.is(below.text, 'one\ntwo\n')
  t.is(below.writes, 1)
  t.is(filter.wpending, 3)
  t.is(filter.write(ascii('e')), 1)
  t.is(filter.write(ascii('e\nf')), 3)
  t.is(below.text, 'one\ntwo\nthree\n')
  t.is(below.writes, 2)
  t.is(filter.flush(), 'done')
  t.is(below.text, 'one\ntwo\nthree\nf')
})

test('a line longer than the buffer goes on in parts', t => {
  const below = new FlakyBio()
  const filter = new LineBufferFilter().push(below)
  const byte = Uint8Array.of(65)
  for (let i = 0; i < 10240; i++) filter.write(byte)
  t.is(below.taken.length, 0)
  filter.write(byte)
  t.is(below.taken.length, 10240)
  t.is(filter.buffered, 1)
  filter.flush()
  t.is(filter.write(new Uint8Array(10241)), 10241)
  t.is(filter.buffered, 0)
})

test('a line that was refused goes with the next write, and the rest behind it waits on', t => {
  const [near, far] = bioPair(3, 3)
  const filter = new LineBufferFilter().push(near)
  t.is(filter.write(ascii('abcdef\ng')), 8)
  t.is(filter.buffered, 5)
  t.deepEqual(take(far, 9), ascii('abc'))
  t.is(filter.write(ascii('h')), 1)
  t.deepEqual(take(far, 9), ascii('def'))
  t.is(filter.write(ascii('i')), 1)
  t.deepEqual(take(far, 9), ascii('\n'))
  t.is(filter.write(ascii('j')), 1)
  t.is(far.pending, 0)
  t.is(filter.buffered, 4)
})

test('a flush that was cut short leaves the start of a line where it was', t => {
  const below = new FlakyBio([0, 0, 3, 0, 0])
  const filter = new LineBufferFilter().push(below)
  filter.write(ascii('abcd\nef'))
  t.deepEqual(filter.flush(), retryWrite)
  t.is(below.text, 'abc')
  t.is(filter.write(ascii('g')), 1)
  t.is(filter.write(ascii('h')), 1)
  t.is(below.text, 'abcd\n')
  t.is(filter.buffered, 4)
})

test('end drives out the start of a line, and close what fits of it', t => {
  const [ended, closed] = [new FlakyBio([1, 0]), new FlakyBio([1, 0])]
  const first = new LineBufferFilter().push(ended)
  first.write(ascii('abc'))
  t.deepEqual(first.end(), retryWrite)
  t.false(ended.ended)
  t.is(codeOf(first.write(ascii('d\n'))), 'ERR_BIO_BROKEN_PIPE')
  t.is(first.end(), 'done')
  t.true(ended.ended)
  t.is(ended.text, 'abc')
  const second = new LineBufferFilter().push(closed)
  second.write(ascii('abc'))
  second.close()
  t.is(closed.text, 'a')
  t.is(second.buffered, 0)
  // What was lost is no clean end.
  t.is((closed.closed as { readonly code?: string }).code, 'ERR_BIO_BROKEN_PIPE')
})

test('nothing more is held for a BIO that is broken, and reads pass through', t => {
  const below = new FlakyBio([], counted(3))
  const filter = new LineBufferFilter().push(below)
  const fault = { stop: 'broken', error: new Error('unplugged') } as const
  below.fault = fault
  t.is(filter.write(ascii('a')), 1)
  t.is(filter.write(ascii('b\n')), 2)
  t.is(filter.write(ascii('c')), fault)
  t.is(filter.write(ascii('c\n')), fault)
  t.is(filter.buffered, 3)
  t.deepEqual(take(filter, 9), counted(3))
  below.fault = undefined
  t.is(filter.write(ascii('c\n')), 2)
  t.is(below.text, 'ab\nc\n')
})

test('a new size loses nothing, and a size of 0 is refused', t => {
  const below = new FlakyBio()
  const filter = new LineBufferFilter({ size: 8 }).push(below)
  filter.write(ascii('abcdef'))
  filter.resize(2)
  t.is(filter.size, 2)
  filter.write(ascii('g'))
  t.is(below.text, 'abcdef')
  t.throws(() => filter.resize(0), { instanceOf: RangeError })
  t.throws(() => new LineBufferFilter({ size: 0.5 }), { instanceOf: RangeError })
})
