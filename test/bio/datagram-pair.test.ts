/** The datagram pair and the datagram memory: what BIO_s_dgram_pair(3) says, and where ours is the safer one. */
import {
  DatagramMemoryBio,
  DatagramPairBio,
  datagramOverhead,
  datagramPair,
  defaultDatagramSize,
  defaultMtu,
} from '@biopair/bio'
import test from 'ava'
import fc from 'fast-check'
import { codeOf, counted, eof, retryRead, retryWrite, settled } from './support/bytes.ts'

/** Receives up to `size` bytes: the datagram, or why none. */
function next(bio: DatagramPairBio | DatagramMemoryBio, size = 2000): unknown {
  const into = new Uint8Array(size)
  const answer = bio.receive(into)
  return 'stop' in answer ? answer : into.subarray(0, answer.length)
}

test('a new datagram pair has room for 15336 bytes, nine datagrams of the MTU of 1472, as OpenSSL has', t => {
  const [a, b] = datagramPair()
  t.deepEqual([a.size, b.size, a.mtu, b.mtu], [15336, 15336, 1472, 1472])
  t.deepEqual([defaultDatagramSize, defaultMtu], [15336, 1472])
  t.is(a.writeGuarantee, 15336 - datagramOverhead)
  for (let i = 0; i < 9; i++) t.is(a.send(counted(1472, i)), 'done')
  t.is(a.writeGuarantee, 0)
  t.deepEqual(a.send(new Uint8Array(0)), retryWrite)
  for (let i = 0; i < 9; i++) t.deepEqual(next(b), counted(1472, i))
  t.deepEqual(next(b), retryRead)
})

test('datagrams keep their boundaries, and pending is the length of the next one alone', t => {
  const [a, b] = datagramPair()
  for (const length of [3, 0, 1472, 1]) t.is(a.send(counted(length)), 'done')
  t.is(a.wpending, 1476)
  for (const length of [3, 0, 1472, 1]) {
    t.is(b.pending, length)
    t.deepEqual(next(b), counted(length))
  }
  t.is(b.pending, undefined)
  t.is(a.pending, undefined)
})

test('a datagram of no bytes is one (OpenSSL takes it for no call), and a buffer of no bytes loses one', t => {
  const [a, b] = datagramPair()
  t.is(a.send(new Uint8Array(0)), 'done')
  t.is(b.pending, 0)
  t.deepEqual(b.receive(new Uint8Array(9)), { length: 0, lost: 0 })
  t.deepEqual(b.receive(new Uint8Array(9)), retryRead)
  a.send(counted(4))
  t.deepEqual(b.receive(new Uint8Array(0)), { length: 0, lost: 4 })
  t.deepEqual(next(b), retryRead)
})

test('a datagram that the buffer cuts says how much was lost; with noTruncate it stays, and its length is told', t => {
  for (const [to, from] of [datagramPair(), memoryAsTwo()]) {
    to.send(counted(10))
    to.send(counted(5, 10))
    t.deepEqual(from.receive(new Uint8Array(4)), { length: 4, lost: 6 })
    from.noTruncate = true
    for (let i = 0; i < 2; i++) {
      const into = new Uint8Array(4)
      t.deepEqual(from.receive(into), { stop: 'short', length: 5 })
      t.deepEqual(into, new Uint8Array(4))
      t.is(from.pending, 5)
    }
    t.deepEqual(next(from, 5), counted(5, 10))
  }
  t.true(datagramPair({ noTruncate: true })[1].noTruncate)
  t.true(new DatagramMemoryBio({ noTruncate: true }).noTruncate)
})

function memoryAsTwo(): [DatagramMemoryBio, DatagramMemoryBio] {
  const memory = new DatagramMemoryBio()
  return [memory, memory]
}

test('a datagram that can never fit is refused as too long and not to be retried; the longest that fits goes', t => {
  const size = 500 + datagramOverhead
  const [a, b] = datagramPair({ size })
  const memory = new DatagramMemoryBio({ limit: size })
  for (const [to, from] of [[a, b] as const, [memory, memory] as const]) {
    t.is(to.send(counted(9)), 'done')
    t.deepEqual(to.send(counted(501)), { stop: 'long', most: 500 })
    t.deepEqual(to.send(counted(500)), retryWrite)
    t.deepEqual(next(from), counted(9))
    t.is(to.send(counted(500)), 'done')
    t.deepEqual(next(from), counted(500))
  }
})

test('the write guarantee is 0 unless a datagram of the MTU fits, though a shorter one is taken', t => {
  const [a, b] = datagramPair({ size: 1000, mtu: 400 })
  t.is(a.writeGuarantee, 768)
  a.send(counted(200))
  t.is(a.writeGuarantee, 0)
  t.is(a.send(counted(336)), 'done')
  t.deepEqual(a.send(counted(0)), retryWrite)
  next(b)
  t.is(a.writeGuarantee, 0)
  t.deepEqual(a.send(counted(201)), retryWrite)
  t.is(a.send(counted(168)), 'done')
  next(b)
  next(b)
  t.is(a.writeGuarantee, 768)
})

test('the write guarantee is exact: that much is taken at once, and a byte more is not', t => {
  const script = fc.array(fc.nat(700), { maxLength: 12 })
  fc.assert(
    fc.property(script, fc.integer({ min: 1, max: 300 }), (lengths, mtu) => {
      const [a] = datagramPair({ size: 4000, mtu })
      for (const length of lengths) a.send(new Uint8Array(length))
      const guarantee = a.writeGuarantee
      if (guarantee === 0) return
      t.not(a.send(new Uint8Array(guarantee + 1)), 'done')
      t.is(a.send(new Uint8Array(guarantee)), 'done')
    }),
  )
})

test('the MTU is set on both halves of a pair, and on one by itself where there is no peer', t => {
  const [a, b] = datagramPair({ mtu: 1200 })
  b.mtu = 1350
  t.deepEqual([a.mtu, b.mtu], [1350, 1350])
  a.destroy()
  b.mtu = 600
  t.deepEqual([a.mtu, b.mtu], [1350, 600])
  const wrong = { instanceOf: RangeError, code: 'ERR_BIO_INVALID_ARGUMENT' }
  for (const mtu of [0, -1, 1.5, Number.NaN]) {
    t.throws(() => {
      b.mtu = mtu
    }, wrong)
    t.throws(() => datagramPair({ mtu }), wrong)
  }
})

test('what was sent before a close is received, then eof, which OpenSSL never says; sends are refused', t => {
  const [a, b] = datagramPair()
  a.send(counted(3))
  a.send(new Uint8Array(0))
  b.send(counted(4))
  a.close()
  a.close(new Error('too late'))
  t.is(a.wpending, 3)
  t.is(b.wpending, 0)
  t.is(codeOf(b.send(counted(1))), 'ERR_BIO_BROKEN_PIPE')
  t.is(b.writeGuarantee, 0)
  t.false(b.eof)
  t.deepEqual(next(b), counted(3))
  t.false(b.eof)
  t.deepEqual(next(b), counted(0))
  t.true(b.eof)
  for (let i = 0; i < 3; i++) t.deepEqual(next(b), eof)
  t.is(codeOf(a.send(counted(1))), 'ERR_BIO_CLOSED')
  t.is(codeOf(a.receive(new Uint8Array(9))), 'ERR_BIO_CLOSED')
  t.is(a.flush(), 'done')
})

test('a close with an error is that error behind the datagrams, and never eof', t => {
  const error = new Error('network gone')
  const [a, b] = datagramPair()
  const memory = new DatagramMemoryBio()
  for (const [to, from] of [[a, b] as const, [memory, memory] as const]) {
    to.send(counted(3))
    to.close(error)
    t.deepEqual(next(from), counted(3))
    for (let i = 0; i < 3; i++) t.deepEqual(next(from), { stop: 'broken', error })
    t.false(from.eof)
    const own = to.send(counted(1)) as { error: Error }
    t.is(own.error.cause, error)
  }
  t.deepEqual(b.send(counted(1)), { stop: 'broken', error })
})

test('destroy drops what was not received; the halves are resized and paired again, and nothing is closed', t => {
  const [a, b] = datagramPair()
  a.send(counted(5))
  b.close()
  b.destroy()
  b.destroy()
  for (const half of [a, b]) {
    t.false(half.paired)
    t.true(half.eof)
    t.deepEqual([half.pending, half.wpending, half.writeGuarantee], [undefined, 0, 0])
    t.is(codeOf(half.send(counted(1))), 'ERR_BIO_UNINITIALIZED')
    t.is(codeOf(half.receive(new Uint8Array(1))), 'ERR_BIO_UNINITIALIZED')
    t.is(codeOf(half.flush()), 'ERR_BIO_UNINITIALIZED')
    half.close()
  }
  a.resize(300)
  t.is(a.size, 300)
  b.pair(a)
  const inUse = { instanceOf: TypeError, code: 'ERR_BIO_IN_USE' }
  t.throws(() => a.resize(400), inUse)
  t.throws(() => a.pair(b), inUse)
  const lone = new DatagramPairBio()
  t.throws(() => a.pair(lone), inUse)
  t.throws(() => lone.pair(a), inUse)
  t.throws(() => lone.pair(lone), { instanceOf: TypeError, code: 'ERR_BIO_INVALID_ARGUMENT' })
  t.throws(() => lone.pair({} as DatagramPairBio), { instanceOf: TypeError })
  t.is(a.send(counted(68)), 'done')
  t.deepEqual(next(b), counted(68))
  t.is(b.send(counted(5)), 'done')
})

test('reset drops what this half sent, not what it may receive', t => {
  const [a, b] = datagramPair()
  a.send(counted(5))
  b.send(counted(6))
  a.reset()
  t.is(b.pending, undefined)
  t.is(a.pending, 6)
})

test('ready waits for room for the very datagram that found none, and runs nothing before the caller is done', async t => {
  const [a, b] = datagramPair({ size: 1000, mtu: 100 })
  const readable = b.ready('read')
  t.false(await settled(readable))
  let ran = false
  void readable.then(() => {
    ran = true
  })
  a.send(counted(100))
  t.false(ran)
  t.true(await settled(readable))
  a.send(counted(100))
  t.deepEqual(a.send(counted(500)), retryWrite)
  const writable = a.ready('write')
  t.false(await settled(writable))
  next(b)
  // Settled, since something changed; asked again it says that there is still too little room.
  t.true(await settled(writable))
  const still = a.ready('write')
  t.false(await settled(still))
  next(b)
  t.true(await settled(still))
  t.is(a.send(counted(500)), 'done')
  t.throws(() => a.ready('x' as 'read'), { instanceOf: TypeError })
  t.true(await settled(new DatagramPairBio().ready('read')))
})

test('ready settles on both halves when the pair is closed or destroyed', async t => {
  for (const act of ['close', 'destroy'] as const) {
    const [a, b] = datagramPair({ size: 300 })
    for (const half of [a, b]) half.send(counted(10))
    for (const half of [a, b]) half.send(counted(60))
    const waits = [a.ready('write'), b.ready('write')]
    for (const wait of waits) t.false(await settled(wait))
    a[act]()
    for (const wait of waits) t.true(await settled(wait))
    const [c, d] = datagramPair()
    const reads = [c.ready('read'), d.ready('read')]
    c[act]()
    for (const wait of reads) t.true(await settled(wait))
  }
})

test('what a pair holds is bounded, also by number: empty datagrams do not grow it', t => {
  const [a, b] = datagramPair()
  t.is(a.held, 0)
  let taken = 0
  while (a.send(new Uint8Array(0)) === 'done') taken++
  t.is(taken, Math.floor(15336 / datagramOverhead))
  while (typeof next(b) === 'object' && b.pending !== undefined);
  for (let i = 0; i < 3000; i++) {
    t.is(a.send(counted(1472, i)), 'done')
    if (i > 7) t.deepEqual(next(b), counted(1472, i - 8))
    t.true(a.held <= 32768)
  }
})

test('a memory of 20000 datagrams gives them back in order, at the cost of each', t => {
  const memory = new DatagramMemoryBio()
  t.is(memory.limit, Number.POSITIVE_INFINITY)
  for (let i = 0; i < 20000; i++) memory.send(counted(i % 7, i))
  for (let i = 0; i < 20000; i++) {
    const answer = next(memory, 6) as Uint8Array
    if (answer.length !== i % 7 || answer[0] !== counted(i % 7, i)[0]) t.fail(`datagram ${i}`)
  }
  t.is(memory.pending, undefined)
  t.is(memory.flush(), 'done')
})

test('sizes and buffers that cannot be are refused', t => {
  const range = { instanceOf: RangeError, code: 'ERR_BIO_INVALID_ARGUMENT' }
  for (const size of [0, datagramOverhead, -1, 300.5, Number.NaN]) {
    t.throws(() => datagramPair({ size }), range)
    t.throws(() => new DatagramMemoryBio({ limit: size }), range)
    t.throws(() => new DatagramPairBio().resize(size), range)
  }
  t.is(new DatagramPairBio({ size: datagramOverhead + 1 }).size, 233)
  for (const bio of [new DatagramPairBio(), datagramPair()[0], new DatagramMemoryBio()])
    for (const wrong of ['text', [1], undefined, new Uint16Array(1)]) {
      const expected = { instanceOf: TypeError, code: 'ERR_BIO_INVALID_ARGUMENT' }
      t.throws(() => bio.send(wrong as unknown as Uint8Array), expected)
      t.throws(() => bio.receive(wrong as unknown as Uint8Array), expected)
    }
})
