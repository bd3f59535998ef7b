/** The byte ring against a list and an offset. */
import { ByteRing } from '@biopair/bio'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { Act } from './support/act.ts'

/** What a ring of `capacity` holds, where it begins, and the number of the next byte that is written. */
interface Model {
  readonly capacity: number
  bytes: number[]
  start: number
  next: number
}

function take(model: Model, count: number): number[] {
  const taken = model.bytes.splice(0, count)
  model.start = model.bytes.length === 0 ? 0 : (model.start + taken.length) % model.capacity
  return taken
}

function give(model: Model, count: number): number[] {
  const given = Array.from({ length: count }, () => model.next++ & 0xff)
  model.bytes.push(...given)
  return given
}

function acts(t: ExecutionContext): fc.Arbitrary<Act<Model, ByteRing>>[] {
  // Mostly small ones: a read that takes everything brings the ring back to its beginning.
  const size = fc.oneof(
    { weight: 6, arbitrary: fc.nat(6) },
    { weight: 2, arbitrary: fc.nat(300) },
    { weight: 1, arbitrary: fc.nat(700) },
  )
  const act = (name: string, run: (model: Model, ring: ByteRing) => void) =>
    new Act<Model, ByteRing>(name, (model, ring) => {
      run(model, ring)
      t.is(ring.length, model.bytes.length)
      t.is(ring.free, model.capacity - model.bytes.length)
      t.deepEqual([...ring.run()], model.bytes.slice(0, model.capacity - model.start))
      t.true(ring.held <= model.capacity)
    })
  return [
    size.map(n =>
      act(`write ${n}`, (model, ring) => {
        const taken = Math.min(n, model.capacity - model.bytes.length)
        const bytes = Uint8Array.from({ length: n }, (_, i) => (model.next + i) & 0xff)
        t.is(ring.write(bytes), taken)
        give(model, taken)
      }),
    ),
    size.map(n =>
      act(`read ${n}`, (model, ring) => {
        const into = new Uint8Array(n)
        const count = ring.read(into)
        t.deepEqual([...into.subarray(0, count)], take(model, n))
      }),
    ),
    size.map(n =>
      act(`consume ${n}`, (model, ring) => {
        if (n > ring.run().length) {
          return void t.throws(() => ring.consume(n), { instanceOf: RangeError })
        }
        ring.consume(n)
        take(model, n)
      }),
    ),
    fc.tuple(fc.option(size), size).map(([wanted, n]) =>
      act(`room ${wanted} commit ${n}`, (model, ring) => {
        const room = wanted === null ? ring.room() : ring.room(wanted)
        const end = model.start + model.bytes.length
        const free = model.capacity - model.bytes.length
        const tail = end < model.capacity ? model.capacity - end : free
        if (wanted === null || wanted > free) t.is(room.length, tail)
        else t.true(room.length >= wanted)
        // Only where its two parts must be joined does what the ring holds move.
        if (wanted !== null && wanted > tail && wanted <= free) model.start = 0
        if (n > room.length) return void t.throws(() => ring.commit(n), { instanceOf: RangeError })
        room.set(give(model, n))
        ring.commit(n)
        t.throws(() => ring.commit(1), { instanceOf: RangeError })
      }),
    ),
    fc.constant(
      act('clear', (model, ring) => {
        ring.clear()
        take(model, model.bytes.length)
        t.is(ring.held, 0)
      }),
    ),
    fc.constant(
      act('trim', (model, ring) => {
        ring.trim()
        if (model.bytes.length === 0) t.is(ring.held, 0)
      }),
    ),
  ]
}

test('a ring of any size is a list that knows where it begins', t => {
  const capacity = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 250, max: 1500 }))
  fc.assert(
    fc.property(
      capacity,
      fc.commands(acts(t), { maxCommands: 60, size: 'max' }),
      (size, commands) => {
        const model = { capacity: size, bytes: [], start: 0, next: 0 }
        fc.modelRun(() => ({ model, real: new ByteRing(size) }), commands)
      },
    ),
    { numRuns: 300 },
  )
  t.pass()
})

test('an emptied ring begins at 0 again, so that the next run is contiguous', t => {
  const ring = new ByteRing(10)
  ring.write(new Uint8Array(7))
  ring.read(new Uint8Array(7))
  ring.write(new Uint8Array(10))
  t.is(ring.run().length, 10)
})

test('a ring takes no memory before its first byte, and little for few bytes', t => {
  const ring = new ByteRing(17408)
  t.is(ring.held, 0)
  t.is(ring.room(100).length >= 100, true)
  t.true(ring.held <= 256)
  ring.write(new Uint8Array(257))
  t.is(ring.held, 512)
  ring.write(new Uint8Array(17000))
  t.is(ring.held, 17408)
})

function buffersUsed(ring: ByteRing, sizes: readonly number[]): number {
  const seen = new Set<ArrayBuffer>()
  for (const size of sizes) {
    seen.add(ring.room(size).buffer)
    ring.commit(size)
    ring.consume(size)
  }
  return seen.size
}

test('bulk traffic does not allocate per record', t => {
  const records = Array.from({ length: 1000 }, () => 16406)
  t.true(buffersUsed(new ByteRing(17408), records) <= 3)
  const mixed = Array.from({ length: 1000 }, (_, i) => (i % 2 === 0 ? 16406 : 90))
  t.true(buffersUsed(new ByteRing(17408), mixed) <= 16)
})

test('after a handshake, or after bulk and then small talk, a ring holds at most 1 KiB', t => {
  const ring = new ByteRing(17408)
  buffersUsed(ring, [1800, 90])
  t.true(ring.held <= 1024)
  buffersUsed(
    ring,
    Array.from({ length: 50 }, () => 16406),
  )
  t.is(ring.held, 17408)
  buffersUsed(
    ring,
    Array.from({ length: 7 }, () => 40),
  )
  t.true(ring.held <= 1024)
})

test('room that was lent is taken back by any other call that moves bytes', t => {
  const ring = new ByteRing(8)
  for (const between of [
    () => ring.write(Uint8Array.of(1)),
    () => ring.read(new Uint8Array(1)),
    () => ring.clear(),
    () => ring.trim(),
  ]) {
    ring.room()
    between()
    t.throws(() => ring.commit(1), { instanceOf: RangeError, code: 'ERR_BIO_INVALID_ARGUMENT' })
  }
})

test('wrong arguments are refused, saying what was expected and what came', t => {
  for (const capacity of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    t.throws(() => new ByteRing(capacity), {
      instanceOf: RangeError,
      code: 'ERR_BIO_INVALID_ARGUMENT',
      message: `capacity of a ring: expected an integer from 1 up, got ${capacity}`,
    })
  }
  t.throws(() => new ByteRing('8' as unknown as number), {
    instanceOf: TypeError,
    message: "capacity of a ring: expected a number, got '8'",
  })
  const ring = new ByteRing(8)
  t.throws(() => ring.write([1] as unknown as Uint8Array), {
    instanceOf: TypeError,
    message: 'what to write: expected a Uint8Array, got Array',
  })
  t.throws(() => ring.read(new Uint16Array(1) as unknown as Uint8Array), { instanceOf: TypeError })
  t.throws(() => ring.consume(1), {
    message: 'bytes to consume of the run: expected an integer from 0 to 0, got 1',
  })
  t.throws(() => ring.room(-1), { instanceOf: RangeError })
})

test('nothing is committed that was not lent, and what was lent is gone when bytes have moved', t => {
  const ring = new ByteRing(10)
  t.throws(() => ring.commit(1), { instanceOf: RangeError })
  for (const moves of [
    () => ring.write(new Uint8Array(1)),
    () => ring.read(new Uint8Array(1)),
    () => ring.clear(),
  ]) {
    t.true(ring.room(2).length >= 2)
    moves()
    t.throws(() => ring.commit(1), { instanceOf: RangeError })
  }
  t.is(ring.read(new Uint8Array(1)), 0)
  t.is(ring.write(new Uint8Array(0)), 0)
})
