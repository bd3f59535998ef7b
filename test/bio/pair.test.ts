/** The BIO pair: rows P1 to P8 of OpenSSL's behaviour, and the laws of every Bio. */
import { bioPair, PairBio, setBlocking } from '@biopair/bio'
import test from 'ava'
import { codeOf, counted, eof, retryRead, retryWrite, settled, take } from './support/bytes.ts'

test('P1 a read in vain leaves a read request, no larger than the ring', t => {
  const [a, b] = bioPair()
  t.deepEqual(a.read(new Uint8Array(100)), retryRead)
  t.is(b.readRequest, 100)
  t.is(a.readRequest, 0)
  t.deepEqual(a.read(new Uint8Array(65536)), retryRead)
  t.is(b.readRequest, 17408)
  b.resetReadRequest()
  t.is(b.readRequest, 0)
})

test('P2 any write clears the read request, a partial one too', t => {
  const [a, b] = bioPair()
  a.read(new Uint8Array(10))
  t.is(b.readRequest, 10)
  t.is(b.write(counted(4)), 4)
  t.is(b.readRequest, 0)
  t.deepEqual(take(a, 10), counted(4))
  t.is(b.readRequest, 0)
})

test('P3 a write takes what is free and no more, exactly the write guarantee', t => {
  const [a, b] = bioPair()
  t.is(a.write(counted(30000)), 17408)
  t.deepEqual(a.write(counted(1)), retryWrite)
  t.is(a.writeGuarantee, 0)
  t.deepEqual(take(b, 10), counted(10))
  t.is(a.writeGuarantee, 10)
  t.is(a.write(counted(16)), 10)
})

test('P4 lent runs and room are contiguous: two of each around the end, one read or write for both', t => {
  const [a, b] = bioPair()
  a.write(counted(10000))
  b.read(new Uint8Array(5000))
  t.is(a.writeGuarantee, 12408)
  for (const length of [7408, 5000]) {
    const room = a.room() as Uint8Array
    t.is(room.length, length)
    room.set(counted(length, 10000))
    a.commit(length)
  }
  t.deepEqual(a.room(), retryWrite)
  for (const length of [12408, 5000]) {
    const run = b.run() as Uint8Array
    t.is(run.length, length)
    if (length === 12408) b.consume(length)
  }
  t.is(b.pending, 5000)
  b.consume(5000)
  t.deepEqual(b.run(), retryRead)
  t.is(a.readRequest, 1)

  a.write(counted(10000))
  b.read(new Uint8Array(9000))
  a.write(counted(16000, 10000))
  t.is((b.run() as Uint8Array).length, 8408)
  t.deepEqual(take(b, 20000), counted(17000, 9000))
})

test('P4 room of a wanted size is contiguous wherever that much is free', t => {
  const [a, b] = bioPair()
  a.write(counted(10000))
  b.read(new Uint8Array(5000))
  t.is((a.room(12408) as Uint8Array).length, 12408)
  a.commit(0)
  t.deepEqual(take(b, 20000), counted(5000, 5000))
})

test('P5 what was written before the end stays readable, then eof; the other direction still works', t => {
  const [a, b] = bioPair()
  a.write(counted(5))
  t.is(a.end(), 'done')
  t.is(codeOf(a.write(counted(1))), 'ERR_BIO_BROKEN_PIPE')
  t.is(codeOf(a.room()), 'ERR_BIO_BROKEN_PIPE')
  t.is(a.writeGuarantee, 0)
  t.false(b.eof)
  t.deepEqual(take(b, 3), counted(3))
  t.false(b.eof)
  t.deepEqual(take(b, 3), counted(2, 3))
  t.true(b.eof)
  t.deepEqual(take(b, 3), eof)
  t.deepEqual(b.run(), eof)
  t.false(a.eof)
  t.is(b.write(counted(2)), 2)
  t.deepEqual(take(a, 9), counted(2))
  t.deepEqual(take(a, 9), retryRead)
})

test('P6 destroy drops what is unread and leaves both halves unpaired, to be resized and paired again', t => {
  const [a, b] = bioPair()
  a.write(counted(5))
  b.end()
  b.destroy()
  b.destroy()
  for (const half of [a, b]) {
    t.false(half.paired)
    t.is(half.pending, 0)
    t.is(half.wpending, 0)
    t.is(half.writeGuarantee, 0)
    t.is(half.readRequest, 0)
    t.true(half.eof)
    t.is(codeOf(half.read(new Uint8Array(1))), 'ERR_BIO_UNINITIALIZED')
    t.is(codeOf(half.write(counted(1))), 'ERR_BIO_UNINITIALIZED')
    t.is(codeOf(half.run()), 'ERR_BIO_UNINITIALIZED')
    t.is(codeOf(half.room()), 'ERR_BIO_UNINITIALIZED')
    t.is(codeOf(half.flush()), 'ERR_BIO_UNINITIALIZED')
    t.is(half.end(), 'done')
    t.throws(() => half.consume(1), { instanceOf: RangeError })
    t.throws(() => half.commit(1), { instanceOf: RangeError })
  }
  a.resize(3)
  t.is(a.size, 3)
  b.pair(a)
  t.true(a.paired)
  t.is(a.write(counted(5)), 3)
  t.is(b.write(counted(5)), 5)
})

test('P7 reset empties only the own ring and keeps its end; a zero length touches nothing', t => {
  const [a, b] = bioPair()
  a.write(counted(5))
  b.write(counted(6))
  a.end()
  a.reset()
  t.is(b.pending, 0)
  t.is(a.pending, 6)
  t.true(b.eof)
  const [c, d] = bioPair()
  c.read(new Uint8Array(8))
  t.is(c.read(new Uint8Array(0)), 0)
  t.is(d.write(new Uint8Array(0)), 0)
  t.is(d.readRequest, 8)
  d.close()
  t.is(d.read(new Uint8Array(0)), 0)
  t.is(d.write(new Uint8Array(0)), 0)
})

test('P8 a size of 0, a new size while paired and a second peer are refused', t => {
  const lone = new PairBio()
  t.is(lone.size, 17408)
  t.throws(() => lone.resize(0), { instanceOf: RangeError, code: 'ERR_BIO_INVALID_ARGUMENT' })
  t.throws(() => new PairBio(0), { instanceOf: RangeError, code: 'ERR_BIO_INVALID_ARGUMENT' })
  const [a, b] = bioPair(0, 5)
  t.is(a.size, 17408)
  t.is(b.size, 5)
  const inUse = { instanceOf: TypeError, code: 'ERR_BIO_IN_USE' }
  t.throws(() => a.resize(7), inUse)
  t.throws(() => a.pair(lone), inUse)
  t.throws(() => lone.pair(a), inUse)
  t.throws(() => a.pair(b), inUse)
  t.throws(() => lone.pair(lone), { instanceOf: TypeError, code: 'ERR_BIO_INVALID_ARGUMENT' })
  t.throws(() => lone.pair({} as PairBio), { instanceOf: TypeError })
  t.false(lone.paired)
})

test('P4 a ring that was emptied begins anew: its room is contiguous and whole', t => {
  const [a, b] = bioPair(10)
  for (let i = 1; i <= 10; i++) {
    a.write(counted(i))
    t.deepEqual(take(b, i), counted(i))
    t.is((a.room() as Uint8Array).length, 10)
  }
})

test('P4 room that is lent and not committed is not written, and a lent run that is not consumed not read', t => {
  const [a, b] = bioPair(10)
  ;(a.room() as Uint8Array).fill(7)
  t.is(b.pending, 0)
  a.commit(0)
  t.deepEqual(b.run(), retryRead)
  a.write(counted(3))
  for (let i = 0; i < 2; i++) t.deepEqual(b.run(), counted(3))
  b.consume(0)
  t.is(b.pending, 3)
  for (const wrong of [-1, 4, 0.5]) t.throws(() => b.consume(wrong), { instanceOf: RangeError })
  for (const wrong of [-1, 11, 0.5]) t.throws(() => a.commit(wrong), { instanceOf: RangeError })
})

test('P5 an end is undone by pairing alone: not by reset, and said to a half without a peer it is forgotten', t => {
  const [a, b] = bioPair()
  a.end()
  a.reset()
  t.is(codeOf(a.write(counted(1))), 'ERR_BIO_BROKEN_PIPE')
  t.deepEqual(take(b, 1), eof)
  const [c, d] = [new PairBio(), new PairBio()]
  t.is(c.end(), 'done')
  c.reset()
  c.resetReadRequest()
  c.pair(d)
  t.is(c.write(counted(3)), 3)
  t.deepEqual(take(d, 9), counted(3))
  t.false(d.eof)
})

test('P6 a new pairing forgets the read request, and both rings are empty', t => {
  const [a, b] = bioPair()
  b.write(counted(2))
  b.read(new Uint8Array(9))
  t.is(a.readRequest, 9)
  b.destroy()
  a.pair(b)
  t.deepEqual([a.readRequest, b.readRequest, a.pending, b.pending], [0, 0, 0, 0])
})

test('P6 a half can have another peer once its own is gone', t => {
  const [a, b] = bioPair()
  a.destroy()
  const c = new PairBio(4)
  a.pair(c)
  t.is(c.write(counted(9)), 4)
  t.deepEqual(take(a, 9), counted(4))
  t.is(codeOf(b.write(counted(1))), 'ERR_BIO_UNINITIALIZED')
})

test('P8 a size that is negative, broken or no number is refused at once, not at the pairing', t => {
  const lone = new PairBio()
  for (const size of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    const refused = { instanceOf: RangeError, code: 'ERR_BIO_INVALID_ARGUMENT' }
    t.throws(() => lone.resize(size), refused)
    t.throws(() => new PairBio(size), refused)
    t.throws(() => bioPair(5, size), refused)
  }
  t.throws(() => lone.resize('9' as unknown as number), { instanceOf: TypeError })
  t.is(lone.size, 17408)
})

test('the memory of a pair is bounded by its rings, however much goes through', t => {
  const [a, b] = bioPair(1000, 3)
  for (let i = 0; i < 200; i++) {
    a.write(counted(700))
    take(b, 650)
    b.write(counted(9))
    t.true(a.held <= 1000 && b.held <= 3)
  }
})

test('a pair cannot be made to block: nobody else could write while its thread waits', t => {
  const [a] = bioPair()
  t.throws(() => setBlocking(a, true), { instanceOf: TypeError, code: 'ERR_BIO_CANNOT_BLOCK' })
  t.notThrows(() => setBlocking(a, false))
})

test('the read request never exceeds the write guarantee, not even after the end', t => {
  const [a, b] = bioPair(4, 4)
  a.read(new Uint8Array(8))
  t.is(b.readRequest, 4)
  b.end()
  t.is(b.readRequest, 0)
})

test('every read clears the read request first, one that finds bytes too', t => {
  const [a, b] = bioPair()
  a.read(new Uint8Array(7))
  b.room(2)
  t.is(b.readRequest, 0)
  a.read(new Uint8Array(7))
  b.end()
  t.deepEqual(a.read(new Uint8Array(7)), eof)
  t.is(b.readRequest, 0)
})

test('a close is an end for the other half, and drops what the closer had not read', t => {
  const [a, b] = bioPair()
  a.write(counted(3))
  b.write(counted(9))
  a.close()
  t.is(b.wpending, 0)
  t.is(b.writeGuarantee, 0)
  t.is(codeOf(b.write(counted(1))), 'ERR_BIO_BROKEN_PIPE')
  t.deepEqual(take(b, 9), counted(3))
  t.deepEqual(take(b, 9), eof)
  t.true(b.eof)
  t.is(codeOf(a.read(new Uint8Array(1))), 'ERR_BIO_CLOSED')
  t.is(codeOf(a.write(counted(1))), 'ERR_BIO_CLOSED')
  t.is(a.flush(), 'done')
})

test('a close with an error is read after the bytes, as that error, and never as eof', t => {
  const [a, b] = bioPair()
  const error = new Error('carrier on fire')
  a.write(counted(3))
  a.close(error)
  a.close(new Error('another'))
  t.deepEqual(b.write(counted(1)), { stop: 'broken', error })
  t.deepEqual(take(b, 9), counted(3))
  for (let i = 0; i < 3; i++) {
    const answer = b.read(new Uint8Array(1)) as { error: Error }
    t.is(answer.error, error)
  }
  t.false(b.eof)
  const own = a.read(new Uint8Array(1)) as { error: Error }
  t.is(own.error.cause, error)
})

test('an end that was clean stays clean when a close with an error follows', t => {
  const [a, b] = bioPair()
  a.end()
  t.deepEqual(take(b, 1), eof)
  a.close(new Error('too late'))
  t.deepEqual(take(b, 1), eof)
  t.true(b.eof)
})

test('ready settles when another try is worth it, and runs nothing before the caller is done', async t => {
  const [a, b] = bioPair(2, 2)
  t.true(await settled(a.ready('write')))
  for (const awaken of [() => a.write(counted(1)), () => a.end()]) {
    const readable = b.ready('read')
    t.false(await settled(readable))
    let ran = false
    void readable.then(() => {
      ran = true
    })
    awaken()
    t.false(ran)
    t.true(await settled(readable))
    t.true(ran)
    b.read(new Uint8Array(2))
  }
  for (const awaken of [
    () => void a.read(new Uint8Array(1)),
    () => a.consume(1),
    () => b.reset(),
    () => void b.end(),
  ]) {
    b.write(counted(2))
    const writable = b.ready('write')
    t.false(await settled(writable))
    awaken()
    t.true(await settled(writable))
  }
})

test('ready settles on both halves when the pair is closed or destroyed', async t => {
  for (const act of ['close', 'destroy'] as const) {
    const [a, b] = bioPair(1, 1)
    a.write(counted(1))
    b.write(counted(1))
    const waits = [a.ready('write'), b.ready('write')]
    for (const wait of waits) t.false(await settled(wait))
    a[act]()
    for (const wait of waits) t.true(await settled(wait))
    const [c, d] = bioPair(1, 1)
    const reads = [c.ready('read'), d.ready('read')]
    c[act]()
    for (const wait of reads) t.true(await settled(wait))
  }
  t.true(await settled(new PairBio().ready('read')))
  t.throws(() => new PairBio().ready('x' as 'read'), { instanceOf: TypeError })
})

test('an idle pair holds no ring, and trim gives one back that is empty', t => {
  const [a, b] = bioPair()
  t.is(a.held + b.held, 0)
  a.write(counted(900))
  b.read(new Uint8Array(900))
  t.true(a.held <= 1024)
  a.trim()
  t.is(a.held, 0)
})

test('one size serves both directions', t => {
  const [a, b] = bioPair(5)
  t.deepEqual([a.size, b.size], [5, 5])
  const [c, d] = bioPair(5, 0)
  t.deepEqual([c.size, d.size], [5, 17408])
})

test('closed with one byte unread, a half has not come to its end; with none, it has', t => {
  for (const unread of [0, 1]) {
    const [near, far] = bioPair(10)
    far.write(counted(1))
    far.end()
    take(near, 1 - unread)
    near.close()
    if (unread > 0) t.is(codeOf(take(near, 1)), 'ERR_BIO_CLOSED')
    else t.deepEqual(take(near, 1), eof)
  }
})
