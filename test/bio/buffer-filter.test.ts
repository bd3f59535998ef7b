/** The buffering filter: row F1, what is collected and when it goes, and the read side with its lines. */
import { BufferFilter, bioPair, MemoryBio, NullFilter } from '@biopair/bio'
import test from 'ava'
import fc from 'fast-check'
import { codeOf, counted, eof, retryRead, retryWrite, settled, take } from './support/bytes.ts'
import { ascii, FlakyBio, told } from './support/flaky.ts'

const script = fc.array(fc.nat(7), { maxLength: 60 })

test('F1 a buffer over a 16-byte pair takes 100 bytes, and a flush drives out what fits until all is out', t => {
  const [near, far] = bioPair(16, 16)
  const filter = new BufferFilter().push(near)
  t.is(filter.write(counted(100)), 100)
  t.is(far.pending, 0)
  const refusal = filter.flush()
  t.deepEqual(refusal, retryWrite)
  // Who said retry is the pair half: the filter hands on what it answered, and has room itself.
  t.is(refusal, near.write(counted(1)) as typeof refusal)
  t.is(near.writeGuarantee, 0)
  t.is(filter.buffered, 84)
  t.is(near.wpending, 16)
  t.is(filter.wpending, 84 + 16)
  const came: number[] = []
  let rounds = 0
  for (let flushed = refusal; ; flushed = filter.flush()) {
    t.is(filter.wpending, 100 - came.length)
    for (let got = take(far, 16); got instanceof Uint8Array; got = take(far, 16)) came.push(...got)
    rounds++
    if (flushed === 'done') break
  }
  t.is(rounds, 7)
  t.deepEqual(came, [...counted(100)])
  t.is(filter.wpending, 0)
  t.deepEqual(take(far, 1), retryRead)
})

test('every byte taken arrives once and in order, whatever the BIO below takes or refuses', t => {
  const steps = fc.array(fc.oneof(fc.nat(40), fc.constant('flush' as const)), { maxLength: 40 })
  fc.assert(
    fc.property(steps, script, fc.integer({ min: 1, max: 30 }), (steps, script, writeSize) => {
      const below = new FlakyBio(script)
      const filter = new BufferFilter({ writeSize }).push(below)
      let taken = 0
      for (const step of steps) {
        const before = below.taken.length + filter.buffered
        if (step === 'flush') {
          const answer = filter.flush()
          if (answer === 'done') t.is(below.taken.length, taken)
          else t.deepEqual(answer, retryWrite)
        } else {
          const answer = filter.write(counted(step, taken))
          if (typeof answer === 'number') taken += answer
          else {
            t.deepEqual(answer, retryWrite)
            t.is(filter.buffered, writeSize)
          }
        }
        t.true(filter.buffered <= writeSize)
        t.true(below.taken.length + filter.buffered >= before)
        t.is(below.taken.length + filter.buffered, taken)
      }
      below.heal()
      while (filter.flush() !== 'done');
      t.deepEqual(below.taken, [...counted(taken)])
    }),
    { numRuns: 300 },
  )
})

test('every byte below is read once and in order, by any mix of reads, peeks and lines', t => {
  const step = fc.tuple(
    fc.constantFrom('read', 'peek', 'line', 'unread'),
    fc.integer({ min: 1, max: 20 }),
  )
  const bytes = fc.array(fc.constantFrom(10, 65, 66, 67), { maxLength: 80 })
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 50 }),
      script,
      bytes,
      fc.integer({ min: 1, max: 12 }),
      (steps, script, source, readSize) => {
        const filter = new BufferFilter({ readSize }).push(new FlakyBio(script, source))
        const rest: number[] = [...source]
        for (const [what, length] of steps) {
          const into = new Uint8Array(length)
          if (what === 'unread') {
            const free = Math.max(0, readSize - filter.pending)
            const back = Array.from({ length: Math.min(length, free) }, () => 66)
            filter.unread(Uint8Array.from(back))
            rest.unshift(...back)
            continue
          }
          const answer = filter[what](into)
          if (typeof answer !== 'number') {
            t.deepEqual(answer, retryRead)
            continue
          }
          const got = [...into.subarray(0, answer)]
          t.true(answer > 0)
          t.deepEqual(got, rest.slice(0, answer))
          if (what === 'peek') continue
          if (what === 'line') {
            const end = rest.indexOf(10)
            t.is(answer, end >= 0 && end < length ? end + 1 : length)
          }
          rest.splice(0, answer)
        }
        const left: number[] = []
        const into = new Uint8Array(64)
        for (let dry = 0; dry < 80; ) {
          const answer = filter.read(into)
          if (typeof answer === 'number') left.push(...into.subarray(0, answer))
          else dry++
        }
        t.deepEqual(left, rest)
      },
    ),
    { numRuns: 300 },
  )
})

test('small writes go down as one, and one as large as the buffer passes it by', t => {
  const below = new FlakyBio()
  const filter = new BufferFilter({ writeSize: 10 }).push(below)
  for (let i = 0; i < 10; i++) t.is(filter.write(counted(1, i)), 1)
  t.is(below.writes, 0)
  t.is(filter.write(counted(1, 10)), 1)
  t.is(below.writes, 1)
  t.is(filter.buffered, 1)
  t.is(filter.flush(), 'done')
  t.is(below.flushes, 1)
  t.is(filter.write(counted(25, 11)), 25)
  t.is(below.writes, 3)
  t.is(filter.buffered, 0)
  t.is(filter.write(counted(4, 36)), 4)
  t.is(filter.write(counted(30, 40)), 30)
  t.is(below.writes, 5)
  t.is(filter.buffered, 0)
  t.deepEqual(below.taken, [...counted(70)])
})

test('a write answers retry only where not one byte could be taken', t => {
  const [near, far] = bioPair(1, 1)
  const filter = new BufferFilter({ writeSize: 4 }).push(near)
  t.is(filter.write(counted(9)), 5)
  t.deepEqual(filter.write(counted(9)), retryWrite)
  t.deepEqual(take(far, 1), counted(1))
  t.is(filter.write(counted(9, 5)), 1)
  t.deepEqual(filter.write(counted(1)), retryWrite)
})

test('end drives out what is held first, and refuses writes from the first call on', t => {
  const [near, far] = bioPair(2, 2)
  const filter = new BufferFilter().push(near)
  filter.write(counted(5))
  t.deepEqual(filter.end(), retryWrite)
  t.is(codeOf(filter.write(counted(1))), 'ERR_BIO_BROKEN_PIPE')
  t.is(filter.write(new Uint8Array(0)), 0)
  t.false(far.eof)
  t.deepEqual(take(far, 9), counted(2))
  t.deepEqual(filter.end(), retryWrite)
  t.deepEqual(take(far, 9), counted(2, 2))
  t.is(filter.end(), 'done')
  t.deepEqual(take(far, 9), counted(1, 4))
  t.deepEqual(take(far, 9), eof)
  t.is(filter.flush(), 'done')
  far.write(counted(1))
  t.deepEqual(take(filter, 9), counted(1))
})

test('close hands on what fits, drops the rest, and reads nothing more', t => {
  const [near, far] = bioPair(4, 40)
  const filter = new BufferFilter().push(near)
  far.write(counted(20))
  t.deepEqual(take(filter, 5), counted(5))
  t.is(filter.pending, 15)
  filter.write(counted(9))
  const error = new Error('over')
  filter.close(error)
  filter.close()
  t.is(filter.buffered, 0)
  t.is(filter.pending, 0)
  t.false(filter.eof)
  t.deepEqual(take(far, 9), counted(4))
  t.deepEqual(take(far, 9), { stop: 'broken', error })
  t.is(codeOf(filter.read(new Uint8Array(1))), 'ERR_BIO_CLOSED')
  t.is(codeOf(filter.line(new Uint8Array(1))), 'ERR_BIO_CLOSED')
  t.is(codeOf(filter.peek(new Uint8Array(1))), 'ERR_BIO_CLOSED')
  t.is(codeOf(filter.write(counted(1))), 'ERR_BIO_CLOSED')
})

test('a close that drops what was read ahead leaves no gap: what the memory below still holds is not read', t => {
  const memory = new MemoryBio({ bytes: counted(20) })
  const filter = new BufferFilter({ readSize: 8 }).push(memory)
  take(filter, 3)
  filter.close()
  t.is(codeOf(filter.read(new Uint8Array(9))), 'ERR_BIO_CLOSED')
  t.is(memory.pending, 12)
})

test('an end that was read stays an end after a close', t => {
  const [near, far] = bioPair()
  const filter = new BufferFilter().push(near)
  far.end()
  t.deepEqual(take(filter, 1), eof)
  filter.close()
  t.deepEqual(take(filter, 1), eof)
})

test('nothing more is held for a BIO that is broken, and all goes on once it works again', t => {
  const below = new FlakyBio()
  const filter = new BufferFilter({ writeSize: 8 }).push(below)
  filter.write(counted(6))
  const fault = { stop: 'broken', error: new Error('unplugged') } as const
  below.fault = fault
  t.is(filter.flush(), fault)
  t.is(filter.write(counted(1, 6)), fault)
  t.is(filter.buffered, 6)
  below.fault = undefined
  t.is(filter.write(counted(1, 6)), 1)
  t.is(filter.flush(), 'done')
  t.deepEqual(below.taken, [...counted(7)])
  below.fault = fault
  t.is(filter.write(counted(9)), fault)
  t.is(filter.write(counted(1)), fault)
  t.is(filter.buffered, 0)
  t.is(filter.write(counted(0)), 0)
  filter.pop()
  const other = new FlakyBio()
  t.is(filter.push(other).write(counted(1)), 1)
  t.is(filter.buffered, 1)
})

test('what is held when a filter is popped goes to what is pushed next', t => {
  const [near, far] = bioPair()
  const filter = new BufferFilter().push(near)
  far.write(counted(9))
  take(filter, 2)
  filter.write(counted(5))
  t.is(filter.pop(), near)
  t.is(filter.buffered, 5)
  t.is(codeOf(filter.flush()), 'ERR_BIO_UNINITIALIZED')
  t.is(codeOf(filter.write(counted(1))), 'ERR_BIO_UNINITIALIZED')
  t.deepEqual(take(filter, 3), counted(3, 2))
  const below = new FlakyBio()
  filter.push(below)
  t.is(filter.flush(), 'done')
  t.deepEqual(below.taken, [...counted(5)])
  t.deepEqual(take(filter, 9), counted(4, 5))
})

test('a read asks below once at most, and not at all where something is held', t => {
  const below = new FlakyBio([5, 3], counted(99))
  const filter = new BufferFilter({ readSize: 10 }).push(below)
  t.deepEqual(take(filter, 2), counted(2))
  t.is(below.reads, 1)
  t.deepEqual(take(filter, 50), counted(3, 2))
  t.is(below.reads, 1)
  t.deepEqual(take(filter, 10), counted(3, 5))
  t.is(filter.pending, 0)
  t.is(below.reads, 2)
})

test('pending and eof count what was read ahead', t => {
  const [near, far] = bioPair()
  const filter = new BufferFilter({ readSize: 6 }).push(near)
  far.write(counted(10))
  far.end()
  t.is(filter.pending, 10)
  take(filter, 1)
  t.is(filter.pending, 9)
  take(filter, 5)
  take(filter, 3)
  t.true(near.eof)
  t.false(filter.eof)
  t.is(filter.pending, 1)
  take(filter, 3)
  t.true(filter.eof)
  t.deepEqual(take(filter, 3), eof)
})

test('a line comes whole or not at all, but for a last one without a newline and one that does not fit', t => {
  const [near, far] = bioPair()
  const filter = new BufferFilter({ readSize: 4 }).push(near)
  const into = new Uint8Array(12)
  const line = (length = 12) => told(filter.line(into.subarray(0, length)), into)
  t.is(line(0), '')
  far.write(ascii('first'))
  t.deepEqual(line(), retryRead)
  t.is(filter.pending, 5)
  far.write(ascii(' line\nsecond\n\nlo'))
  t.is(line(), 'first line\n')
  t.is(line(), 'second\n')
  t.is(filter.lines, 1)
  t.is(line(), '\n')
  t.is(filter.lines, 0)
  t.deepEqual(line(), retryRead)
  far.write(ascii('ng enough to be cut\nlast'))
  t.is(line(), 'long enough ')
  t.is(line(5), 'to be')
  t.is(line(), ' cut\n')
  far.end()
  t.is(line(), 'last')
  t.deepEqual(line(), eof)
  const below = new FlakyBio([], ascii('rest'))
  const broken = new BufferFilter().push(below)
  t.deepEqual(broken.line(into), retryRead)
  broken.pop()
  t.is(told(broken.line(into), into), 'rest')
  t.is(codeOf(broken.line(into)), 'ERR_BIO_UNINITIALIZED')
})

test('a line that trickles in is looked through once', t => {
  const below = new FlakyBio()
  const filter = new BufferFilter().push(below)
  const into = new Uint8Array(400)
  for (let i = 0; i < 300; i++) {
    below.give([65])
    t.deepEqual(filter.line(into), retryRead)
  }
  below.give([10])
  t.is(filter.line(into), 301)
})

test('a peek leaves what it shows, and asks for what is missing', t => {
  const below = new FlakyBio([2, 2], ascii('abcdefgh'))
  const filter = new BufferFilter({ readSize: 6 }).push(below)
  const into = new Uint8Array(8)
  const peek = (length: number) => told(filter.peek(into.subarray(0, length)), into)
  t.is(peek(1), 'a')
  t.is(peek(2), 'ab')
  t.is(below.reads, 1)
  t.is(peek(3), 'abc')
  t.is(peek(8), 'abcdef')
  t.is(peek(8), 'abcdef')
  t.is(below.reads, 3)
  t.is(told(filter.read(into), into), 'abcdef')
  t.is(peek(5), 'gh')
  t.is(peek(5), 'gh')
  t.deepEqual(new BufferFilter().push(new FlakyBio()).peek(into), retryRead)
  t.is(filter.peek(new Uint8Array(0)), 0)
})

test('a peek over a blocking BIO does not wait for more than it has', t => {
  const below = new FlakyBio([2], ascii('abcd'))
  below.blocking = true
  const filter = new BufferFilter().push(below)
  const into = new Uint8Array(4)
  t.is(filter.peek(into), 2)
  t.is(filter.peek(into), 2)
  t.is(below.reads, 1)
  Object.assign(below, { pending: 2 })
  t.is(filter.peek(into), 4)
})

test('what is put back comes first, and never more than the buffer has room for', t => {
  const [near, far] = bioPair()
  const filter = new BufferFilter({ readSize: 5 }).push(near)
  filter.unread(ascii('ab'))
  filter.unread(ascii('xy'))
  t.throws(() => filter.unread(ascii('zz')), { instanceOf: RangeError })
  t.throws(() => filter.unread('zz' as unknown as Uint8Array), { instanceOf: TypeError })
  far.write(ascii('c\n'))
  const into = new Uint8Array(9)
  t.is(told(filter.line(into), into), 'xyabc\n')
})

test('new sizes lose nothing', t => {
  const below = new FlakyBio([], counted(20))
  const filter = new BufferFilter().push(below)
  t.deepEqual([filter.readSize, filter.writeSize], [4096, 4096])
  filter.write(counted(10))
  t.deepEqual(take(filter, 4), counted(4))
  filter.resize({ readSize: 2, writeSize: 3 })
  t.deepEqual([filter.readSize, filter.writeSize], [2, 3])
  t.is(filter.buffered, 10)
  t.is(filter.write(counted(1, 10)), 1)
  t.is(filter.buffered, 1)
  t.is(filter.flush(), 'done')
  t.deepEqual(below.taken, [...counted(11)])
  t.deepEqual(take(filter, 20), counted(16, 4))
  for (const sizes of [{ readSize: 0 }, { writeSize: 0 }, { writeSize: 1.5 }]) {
    t.throws(() => filter.resize(sizes), { instanceOf: RangeError })
    t.throws(() => new BufferFilter(sizes), { instanceOf: RangeError })
  }
  t.deepEqual([filter.readSize, filter.writeSize], [2, 3])
})

test('ready for reading settles where bytes are held, unless a line or a peek wanted more', async t => {
  const [near, far] = bioPair()
  const filter = new BufferFilter().push(near)
  t.false(await settled(filter.ready('read')))
  far.write(counted(4))
  take(filter, 1)
  t.true(await settled(filter.ready('read')))
  t.deepEqual(filter.line(new Uint8Array(9)), retryRead)
  t.false(await settled(filter.ready('read')))
  take(filter, 1)
  t.true(await settled(filter.ready('read')))
  t.is(filter.peek(new Uint8Array(9)), 2)
  const more = filter.ready('read')
  t.false(await settled(more))
  far.write(counted(1))
  t.true(await settled(more))
})

test('ready for writing waits for the BIO below, so that a flush is not tried in vain', async t => {
  const [near, far] = bioPair(1, 1)
  const filter = new BufferFilter().push(near)
  filter.write(counted(3))
  filter.flush()
  const room = filter.ready('write')
  t.false(await settled(room))
  take(far, 1)
  t.true(await settled(room))
})

test('a BIO below that answers 0 is not asked for ever, and one that counts wrong is found out', t => {
  const below = new FlakyBio()
  const filter = new BufferFilter({ writeSize: 4 }).push(new NullFilter().push(below))
  below.write = () => 0
  below.read = () => 0
  t.is(filter.write(counted(9)), 4)
  t.deepEqual(filter.write(counted(9)), retryWrite)
  t.deepEqual(filter.flush(), retryWrite)
  t.deepEqual(take(filter, 1), retryRead)
  below.write = () => 5
  below.read = into => into.length + 1
  t.throws(() => filter.flush(), { instanceOf: RangeError })
  t.throws(() => take(filter, 1), { instanceOf: RangeError })
  t.throws(() => take(filter, 9999), { instanceOf: RangeError })
  below.write = () => -1
  t.throws(() => filter.flush(), { instanceOf: RangeError })
})

test('nothing is put back into a full read buffer, and into one with room for a byte that byte', t => {
  const filter = new BufferFilter({ readSize: 3 }).push(new MemoryBio({ bytes: counted(9) }))
  filter.peek(new Uint8Array(1))
  t.throws(() => filter.unread(counted(1)), { instanceOf: RangeError })
  filter.unread(counted(0))
  take(filter, 1)
  filter.unread(counted(1, 7))
  t.deepEqual(take(filter, 9), Uint8Array.of(...counted(1, 7), ...counted(2, 1)))
})
