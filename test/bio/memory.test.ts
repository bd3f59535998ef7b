/** The memory BIO: the M rows of OpenSSL's behaviour, what options change, and two of them as a duplex. */
import { type Bio, bioPair, duplex, lends, MemoryBio, setBlocking } from '@biopair/bio'
import test from 'ava'
import { codeOf, counted, eof, retryRead, retryWrite, settled, take } from './support/bytes.ts'

test('M1 an empty memory says retry until it is ended, then eof', t => {
  const memory = new MemoryBio()
  t.deepEqual(take(memory, 4), retryRead)
  t.deepEqual(memory.run(), retryRead)
  t.false(memory.eof)
  t.is(memory.write(counted(3)), 3)
  t.is(memory.end(), 'done')
  t.is(codeOf(memory.write(counted(1))), 'ERR_BIO_BROKEN_PIPE')
  t.false(memory.eof)
  t.deepEqual(take(memory, 4), counted(3))
  t.deepEqual(take(memory, 4), eof)
  t.true(memory.eof)
})

test('M2 read-only memory refuses writes, ends in eof and is rewound by reset', t => {
  const bytes = counted(5)
  const memory = new MemoryBio({ bytes, readOnly: true })
  t.is(codeOf(memory.write(counted(1))), 'ERR_BIO_WRITE_TO_READ_ONLY_BIO')
  t.is(codeOf(memory.room()), 'ERR_BIO_WRITE_TO_READ_ONLY_BIO')
  t.is(memory.write(new Uint8Array(0)), 0)
  for (let i = 0; i < 2; i++) {
    t.deepEqual(take(memory, 3), counted(3))
    t.deepEqual(memory.run(), counted(2, 3))
    memory.consume(2)
    t.deepEqual(take(memory, 3), eof)
    t.true(memory.eof)
    memory.reset()
    t.false(memory.eof)
  }
  t.throws(() => memory.consume(6), { instanceOf: RangeError })
  t.is((memory.run() as Uint8Array).buffer, bytes.buffer)
  const shared = new Uint8Array(new SharedArrayBuffer(2))
  const copied = new MemoryBio({ bytes: shared, readOnly: true })
  shared[0] = 7
  t.deepEqual(take(copied, 2), new Uint8Array(2))
})

test('M2 rewindable memory goes back to what could be read after the last write, and reset drops it', t => {
  const memory = new MemoryBio({ rewindable: true })
  memory.write(counted(5))
  take(memory, 3)
  memory.write(counted(2, 5))
  take(memory, 1)
  memory.rewind()
  t.deepEqual(take(memory, 9), counted(4, 3))
  t.deepEqual(take(memory, 9), retryRead)
  for (let i = 0; i < 2; i++) {
    memory.rewind()
    t.deepEqual(take(memory, 9), counted(4, 3))
  }
  memory.end()
  t.true(memory.eof)
  memory.rewind()
  t.false(memory.eof)
  t.deepEqual(take(memory, 9), counted(4, 3))
  t.deepEqual(take(memory, 9), eof)
  memory.reset()
  memory.rewind()
  t.deepEqual(take(memory, 9), eof)
})

test('memory seeks and tells within the bytes that are still there; a write makes the place 0', t => {
  const range = { instanceOf: RangeError, code: 'ERR_BIO_INVALID_ARGUMENT' }
  const memory = new MemoryBio({ rewindable: true, bytes: counted(10) })
  t.is(memory.tell(), 0)
  take(memory, 4)
  t.is(memory.tell(), 4)
  memory.seek(2)
  t.is(memory.pending, 8)
  t.deepEqual(take(memory, 3), counted(3, 2))
  memory.seek(10)
  t.deepEqual(take(memory, 1), retryRead)
  for (const place of [11, -1, 1.5]) t.throws(() => memory.seek(place), range)
  t.is(memory.tell(), 10)
  memory.seek(8)
  t.is(memory.write(counted(0)), 0)
  t.is(memory.tell(), 8)
  memory.write(counted(1, 10))
  t.is(memory.tell(), 0)
  t.deepEqual(take(memory, 9), counted(3, 8))

  const given = new MemoryBio({ bytes: counted(10), readOnly: true })
  take(given, 10)
  given.seek(7)
  t.is(given.tell(), 7)
  t.deepEqual(take(given, 9), counted(3, 7))
  given.rewind()
  t.deepEqual(take(given, 1), counted(1))
  t.throws(() => given.seek(11), range)

  const plain = new MemoryBio({ bytes: counted(10) })
  take(plain, 4)
  t.is(plain.tell(), 0)
  plain.seek(3)
  t.deepEqual(take(plain, 1), counted(1, 7))
  t.throws(() => plain.seek(3), range)
  t.throws(() => plain.rewind(), { instanceOf: TypeError, code: 'ERR_BIO_INVALID_ARGUMENT' })
})

test('a refused write keeps what was read, and what is kept does not count against the limit', t => {
  const memory = new MemoryBio({ rewindable: true, limit: 4, bytes: counted(4) })
  t.deepEqual(memory.write(counted(1)), retryWrite)
  take(memory, 3)
  memory.rewind()
  t.deepEqual(memory.write(counted(1)), retryWrite)
  t.deepEqual(take(memory, 4), counted(4))
  t.is(memory.write(counted(9, 4)), 4)
  t.deepEqual(take(memory, 9), counted(4, 4))
})

test('a seek is worth another try for those who wait', async t => {
  const memory = new MemoryBio({ rewindable: true, limit: 2, bytes: counted(2) })
  const writable = memory.ready('write')
  t.false(await settled(writable))
  memory.seek(1)
  t.true(await settled(writable))
  memory.seek(2)
  const readable = memory.ready('read')
  t.false(await settled(readable))
  memory.rewind()
  t.true(await settled(readable))
})

test('replace holds other bytes, copied or as they are, and an end stays behind them', t => {
  const memory = new MemoryBio({ limit: 6, rewindable: true, bytes: counted(6) })
  take(memory, 2)
  const bytes = counted(3, 20)
  memory.replace(bytes)
  bytes.fill(0)
  t.is(memory.tell(), 0)
  t.deepEqual(take(memory, 9), counted(3, 20))
  memory.end()
  memory.replace(counted(6))
  t.deepEqual(take(memory, 9), counted(6))
  t.deepEqual(take(memory, 9), eof)
  t.throws(() => memory.replace(counted(7)), { instanceOf: RangeError })
  t.throws(() => memory.replace('x' as unknown as Uint8Array), { instanceOf: TypeError })
  memory.rewind()
  t.is(memory.pending, 6)
  memory.replace(memory.run() as Uint8Array)
  t.deepEqual(take(memory, 9), counted(6))

  const given = new MemoryBio({ readOnly: true })
  t.deepEqual(take(given, 9), eof)
  const other = counted(4)
  given.replace(other)
  t.is((given.run() as Uint8Array).buffer, other.buffer)
  t.deepEqual(take(given, 9), counted(4))
})

/** How many bytes other than 0 a storage has. */
function left(storage: ArrayBufferLike): number {
  return new Uint8Array(storage).filter(byte => byte !== 0).length
}

test('memory that wipes leaves nothing behind of what was read, moved, lent, dropped or replaced', t => {
  const ones = (length: number) => new Uint8Array(length).fill(1)
  const storageOf = (memory: MemoryBio) => (memory.run() as Uint8Array).buffer
  const memory = new MemoryBio({ wipes: true })
  memory.write(ones(200))
  const first = storageOf(memory)
  take(memory, 50)
  t.is(left(first), 150)
  memory.write(ones(100))
  const second = storageOf(memory)
  t.not(second, first)
  t.is(left(first), 0)
  t.is(left(second), 250)

  // The storage is full, 20 of its bytes are unread: they go to the front, to make room behind them.
  memory.write(ones(second.byteLength - 250 - 50))
  take(memory, memory.pending - 20)
  const lent = memory.room(12) as Uint8Array
  t.is(lent.buffer, second)
  t.is(left(second), 20)
  lent.fill(1)
  memory.commit(3)
  t.is(left(second), 23)
  ;(memory.room(4) as Uint8Array).fill(1)
  take(memory, 1)
  t.is(left(second), 22)
  memory.replace(ones(5))
  t.is(left(second), 0)
  const third = storageOf(memory)
  memory.reset()
  t.is(left(third), 0)
  t.throws(() => new MemoryBio({ readOnly: true, wipes: true }), { instanceOf: TypeError })

  const rewindable = new MemoryBio({ wipes: true, rewindable: true, bytes: ones(9) })
  const kept = storageOf(rewindable)
  take(rewindable, 5)
  t.is(left(kept), 9)
  rewindable.write(ones(1))
  t.is(left(kept), 5)
})

test('memory has nothing that waits to be flushed, and cannot be made to block', t => {
  const memory: Bio = new MemoryBio({ bytes: counted(9) })
  // BIO_wpending of memory is always 0: it is where the bytes arrive.
  t.is(memory.wpending, undefined)
  t.is(memory.flush(), 'done')
  t.false(memory.blocking ?? false)
  t.throws(() => setBlocking(memory, true), { instanceOf: TypeError, code: 'ERR_BIO_CANNOT_BLOCK' })
})

test('memory that is given bytes holds a copy and goes on from there', t => {
  const bytes = counted(3)
  const memory = new MemoryBio({ bytes, limit: 5 })
  bytes.fill(0)
  t.is(memory.write(counted(9, 3)), 2)
  t.deepEqual(memory.write(counted(1)), retryWrite)
  t.deepEqual(take(memory, 9), counted(5))
})

test('a close keeps what is held, then eof, or the error that was given', t => {
  const [clean, failed] = [new MemoryBio(), new MemoryBio()]
  const error = new Error('lost')
  for (const memory of [clean, failed]) memory.write(counted(2))
  clean.close()
  failed.close(error)
  for (const memory of [clean, failed]) {
    t.is(codeOf(memory.write(counted(1))), 'ERR_BIO_CLOSED')
    t.deepEqual(take(memory, 9), counted(2))
  }
  t.deepEqual(take(clean, 9), eof)
  t.deepEqual(take(failed, 9), { stop: 'broken', error })
  t.false(failed.eof)
})

for (const rewindable of [false, true])
  test(`a read of one byte from a large memory moves no others${rewindable ? ', if rewindable too' : ''}`, t => {
    const memory = new MemoryBio({ bytes: new Uint8Array((8 << 20) - 1000), rewindable })
    const at = () => (memory.run() as Uint8Array).byteOffset
    const storage = (memory.run() as Uint8Array).buffer
    for (let i = 0; i < 1000; i++) {
      take(memory, 1)
      memory.write(counted(1))
      t.is(at(), i + 1)
    }
    t.is((memory.run() as Uint8Array).buffer, storage)
  })

test('a memory that bytes flow through stays small, and moves what it holds rarely', t => {
  const memory = new MemoryBio({ bytes: new Uint8Array(1000) })
  let moves = 0
  let before = 0
  for (let i = 0; i < 10000; i++) {
    memory.write(counted(20))
    const run = memory.run() as Uint8Array
    if (run.byteOffset !== before) moves++
    before = run.byteOffset + 20
    t.true(run.buffer.byteLength <= 4096)
    memory.consume(20)
  }
  // Each move needs at least as many bytes read before it as it moves: 200000 went through, 1000 are moved at a time.
  t.true(moves <= 200)
})

test('memory ready settles when another try is worth it', async t => {
  const memory = new MemoryBio({ limit: 1 })
  const readable = memory.ready('read')
  t.false(await settled(readable))
  memory.write(counted(1))
  t.true(await settled(readable))
  const writable = memory.ready('write')
  t.false(await settled(writable))
  take(memory, 1)
  t.true(await settled(writable))
  const end = memory.ready('read')
  t.false(await settled(end))
  memory.end()
  t.true(await settled(end))
})

test('a limit of 0, and wrong bytes, are refused', t => {
  t.throws(() => new MemoryBio({ limit: 0 }), { instanceOf: RangeError })
  t.throws(() => new MemoryBio({ limit: 2, bytes: counted(3) }), { instanceOf: RangeError })
  t.throws(() => new MemoryBio({ bytes: 'x' as unknown as Uint8Array }), { instanceOf: TypeError })
  t.throws(() => new MemoryBio({ readOnly: true, limit: 1 }), { instanceOf: TypeError })
})

test('two memory BIOs joined are one duplex, which lends', t => {
  const [incoming, outgoing] = [new MemoryBio(), new MemoryBio()]
  const joined = duplex(incoming, outgoing)
  t.true(lends(joined))
  incoming.write(counted(4))
  t.deepEqual(take(joined, 2), counted(2))
  t.deepEqual(joined.run(), counted(2, 2))
  joined.consume(2)
  t.is(joined.write(counted(3)), 3)
  ;(joined.room(2) as Uint8Array).set(counted(2, 3))
  joined.commit(2)
  t.is(joined.flush(), 'done')
  t.is(joined.end(), 'done')
  t.deepEqual(take(outgoing, 9), counted(5))
  t.deepEqual(take(outgoing, 9), eof)
  t.deepEqual(take(joined, 9), retryRead)
  joined.close()
  t.deepEqual(take(joined, 9), eof)
})

test('a duplex of a BIO that does not lend does not lend, and has ready only if both have', async t => {
  const plain = {
    read: () => retryRead,
    write: (bytes: Uint8Array) => bytes.length,
    flush: () => 'done' as const,
    end: () => 'done' as const,
    close: () => {},
  }
  const joined = duplex(new MemoryBio(), plain)
  t.false(lends(joined))
  t.is(joined.ready, undefined)
  t.is(joined.write(counted(3)), 3)
  t.deepEqual(take(joined, 1), retryRead)
  const memory = new MemoryBio()
  t.is(duplex(memory, memory), memory)
  const [a, b] = bioPair(1, 1)
  const both = duplex(a, new MemoryBio())
  const readable = both.ready?.('read') ?? Promise.resolve()
  t.false(await settled(readable))
  b.write(counted(1))
  t.true(await settled(readable))
})

test('all who wait are told, and who waits again waits for the next time', async t => {
  const memory = new MemoryBio({ limit: 2 })
  for (let round = 0; round < 2; round++) {
    const reading = [memory.ready('read'), memory.ready('read')]
    for (const one of reading) t.false(await settled(one))
    memory.write(counted(2))
    for (const one of reading) t.true(await settled(one))
    const writing = [memory.ready('write'), memory.ready('write')]
    for (const one of writing) t.false(await settled(one))
    take(memory, 2)
    for (const one of writing) t.true(await settled(one))
  }
})

test('lent room that a write takes back is wiped whole, also where what is held moves to the front', t => {
  const memory = new MemoryBio({ wipes: true })
  memory.write(new Uint8Array(200).fill(1))
  take(memory, 190)
  const lent = memory.room(1) as Uint8Array
  t.is(lent.length, 56)
  lent.fill(1)
  memory.write(new Uint8Array(100).fill(2))
  t.is((memory.run() as Uint8Array).buffer, lent.buffer)
  t.deepEqual(lent, new Uint8Array(56))
  t.is(left(lent.buffer), 10 + 100)
  t.deepEqual(memory.run(), Uint8Array.of(...Array(10).fill(1), ...Array(100).fill(2)))
  t.throws(() => memory.commit(1), { instanceOf: RangeError })
})

test('what is no bytes is refused as what a memory holds at first, and so is what a read-only one cannot have', t => {
  const bytes = 'abc' as unknown as Uint8Array
  for (const readOnly of [true, false])
    t.throws(() => new MemoryBio({ bytes, readOnly }), { instanceOf: TypeError })
  t.throws(() => new MemoryBio({ readOnly: true, limit: 9 }), { instanceOf: TypeError })
  t.deepEqual(take(new MemoryBio({ readOnly: true }), 1), eof)
})

test('who waits for room is told where it comes otherwise than by reading', async t => {
  for (const makes of [
    (memory: MemoryBio) => memory.reset(),
    (memory: MemoryBio) => memory.replace(counted(1)),
    (memory: MemoryBio) => memory.consume(1),
    (memory: MemoryBio) => memory.end(),
  ]) {
    const memory = new MemoryBio({ limit: 2, bytes: counted(2) })
    const room = memory.ready('write')
    memory.consume(0)
    t.false(await settled(room))
    makes(memory)
    t.true(await settled(room))
  }
})
