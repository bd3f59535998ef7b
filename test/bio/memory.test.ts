/** The memory BIO against a list, the M rows of OpenSSL's behaviour, and two of them as a duplex. */
import { bioPair, duplex, lends, MemoryBio } from '@biopair/bio'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { Act } from './support/act.ts'
import { codeOf, counted, eof, retryRead, retryWrite, settled, take } from './support/bytes.ts'

interface Model {
  readonly limit: number
  bytes: number[]
  next: number
  ended: boolean
}

function acts(t: ExecutionContext): fc.Arbitrary<Act<Model, MemoryBio>>[] {
  const size = fc.oneof(fc.nat(9), fc.nat(800))
  const act = (name: string, does: (model: Model, bio: MemoryBio) => void) =>
    new Act<Model, MemoryBio>(name, (model, bio) => {
      does(model, bio)
      t.is(bio.pending, model.bytes.length)
      t.is(bio.eof, model.ended && model.bytes.length === 0)
      const empty = model.ended ? eof : retryRead
      const run = bio.run()
      if (model.bytes.length === 0) t.deepEqual(run, empty)
      else t.deepEqual([...(run as Uint8Array)], model.bytes)
    })
  const give = (model: Model, count: number): number[] => {
    const bytes = Array.from({ length: count }, () => model.next++ & 0xff)
    model.bytes.push(...bytes)
    return bytes
  }
  const writable = (model: Model) => (model.ended ? 0 : model.limit - model.bytes.length)
  const refused = (model: Model, answer: unknown) => {
    if (model.ended) t.is(codeOf(answer), 'ERR_BIO_BROKEN_PIPE')
    else t.deepEqual(answer, retryWrite)
  }
  return [
    size.map(n =>
      act(`write ${n}`, (model, bio) => {
        const bytes = Uint8Array.from({ length: n }, (_, i) => (model.next + i) & 0xff)
        const answer = bio.write(bytes)
        const count = Math.min(n, writable(model))
        if (n > 0 && count === 0) return refused(model, answer)
        t.is(answer, count)
        give(model, count)
      }),
    ),
    size.map(n =>
      act(`read ${n}`, (model, bio) => {
        const into = new Uint8Array(n)
        const answer = bio.read(into)
        if (n > 0 && model.bytes.length === 0) {
          return void t.deepEqual(answer, model.ended ? eof : retryRead)
        }
        const expected = model.bytes.splice(0, n)
        t.is(answer, expected.length)
        t.deepEqual([...into.subarray(0, expected.length)], expected)
      }),
    ),
    size.map(n =>
      act(`consume ${n}`, (model, bio) => {
        if (n > model.bytes.length) {
          return void t.throws(() => bio.consume(n), { instanceOf: RangeError })
        }
        bio.consume(n)
        model.bytes.splice(0, n)
      }),
    ),
    fc.tuple(fc.option(size), size).map(([wanted, n]) =>
      act(`room ${wanted} commit ${n}`, (model, bio) => {
        const room = wanted === null ? bio.room() : bio.room(wanted)
        if (writable(model) === 0) {
          if (n > 0) t.throws(() => bio.commit(n), { instanceOf: RangeError })
          return refused(model, room)
        }
        const lent = room as Uint8Array
        t.true(lent.length >= Math.min(wanted ?? 1, writable(model)))
        t.true(lent.length <= writable(model))
        if (n > lent.length) return void t.throws(() => bio.commit(n), { instanceOf: RangeError })
        lent.set(give(model, n))
        bio.commit(n)
      }),
    ),
    fc.constant(
      act('reset', (model, bio) => {
        bio.reset()
        model.bytes.length = 0
      }),
    ),
    fc.constant(
      act('end', (model, bio) => {
        bio.end()
        model.ended = true
      }),
    ),
  ]
}

test('a memory BIO, bounded or not, is a list', t => {
  const limit = fc.oneof(
    fc.integer({ min: 1, max: 20 }),
    fc.integer({ min: 300, max: 2000 }),
    fc.constant(Number.POSITIVE_INFINITY),
  )
  fc.assert(
    fc.property(
      limit,
      fc.commands(acts(t), { maxCommands: 60, size: 'max' }),
      (limit, commands) => {
        const model: Model = { limit, bytes: [], next: 0, ended: false }
        fc.modelRun(() => ({ model, real: new MemoryBio({ limit }) }), commands)
      },
    ),
    { numRuns: 200 },
  )
  t.pass()
})

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

test('a read of one byte from a large memory moves no others', t => {
  const memory = new MemoryBio({ bytes: new Uint8Array((8 << 20) - 1000) })
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
