/** The torture filter: what it may do to calls, and what it never does. */
import { type Bio, bioPair, Filter, MemoryBio, type Stopped, TortureFilter } from '@biopair/bio'
import test from 'ava'
import fc from 'fast-check'
import { connectedEnds, ends, readAll, shake, bytes as text } from '../support/ends.ts'
import { codeOf, counted, eof, retryRead, retryWrite, settled, take } from './support/bytes.ts'
import { carry, plainOf, script, weather } from './support/codec-chain.ts'

const options = fc.record({
  refuse: fc.double({ min: 0, max: 1, noNaN: true }),
  short: fc.double({ min: 0, max: 1, noNaN: true }),
  largest: fc.integer({ min: 1, max: 300 }),
  inARow: fc.integer({ min: 0, max: 6 }),
})

test('no byte is lost, doubled or changed, whatever the odds', t => {
  fc.assert(
    fc.property(weather, options, script, (sky, odds, steps) => {
      const [a, b] = bioPair(sky.ring)
      const [writer, reader] = [a, b].map((half, i) =>
        new TortureFilter(sky.seed + i, odds).push(half),
      )
      const { got, stop } = carry(writer as Bio, reader as Bio, steps, sky.piece)
      t.is(stop, 'eof')
      t.deepEqual(got, plainOf(steps))
    }),
    { numRuns: 100 },
  )
})

test('one seed makes one run, call by call', t => {
  const calls = fc.array(fc.constantFrom('read', 'write', 'flush', 'end'), { maxLength: 60 })
  const run = (seed: number, script: readonly string[]) => {
    const filter = new TortureFilter(seed).push(new MemoryBio())
    return script.map(call => {
      if (call === 'read') return take(filter, 9)
      if (call === 'write') return filter.write(counted(20))
      return call === 'flush' ? filter.flush() : filter.end()
    })
  }
  fc.assert(
    fc.property(fc.integer(), calls, (seed, calls) =>
      t.deepEqual(run(seed, calls), run(seed, calls)),
    ),
  )
  const runs = [1, 2, 3, 4, 5].map(seed => JSON.stringify(run(seed, Array(20).fill('write'))))
  t.is(new Set(runs).size, 5)
})

test('no kind of call is refused more often in a row than said, even where each one would be', t => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.nat(7),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (seed, inARow, refuse) => {
        const memory = new MemoryBio()
        // Enough for every read: memory that is empty refuses by itself.
        memory.write(counted(6000))
        const filter = new TortureFilter(seed, { refuse, inARow }).push(memory)
        const row = { read: 0, write: 0, flush: 0, end: 0 }
        for (let i = 0; i < 60; i++)
          for (const kind of ['write', 'flush', 'read'] as const) {
            const answer =
              kind === 'read'
                ? take(filter, 100)
                : kind === 'write'
                  ? filter.write(counted(9))
                  : filter.flush()
            row[kind] = typeof answer === 'object' && 'stop' in answer ? row[kind] + 1 : 0
            t.true(row[kind] <= inARow)
            if (refuse === 1 && row[kind] === 0) t.is((i + 1) % (inARow + 1), 0)
          }
        for (let i = 0; filter.end() !== 'done'; i++) t.true(i < inARow)
      },
    ),
    { numRuns: 60 },
  )
})

test('pieces are no larger than said, and all lengths up to it come', t => {
  const memory = new MemoryBio()
  const filter = new TortureFilter(1, { refuse: 0, short: 1, largest: 4 }).push(memory)
  const lengths = Array.from({ length: 100 }, () => filter.write(counted(9)))
  t.deepEqual([...new Set(lengths)].sort(), [1, 2, 3, 4])
  const got = Array.from({ length: 50 }, () => (take(filter, 9) as Uint8Array).length)
  t.deepEqual([...new Set(got)].sort(), [1, 2, 3, 4])
  const whole = new TortureFilter(1, { refuse: 0, short: 0 }).push(new MemoryBio())
  t.is(whole.write(counted(5000)), 5000)
})

test("a source of choices of one's own is asked instead of a seed", t => {
  const asked: number[] = []
  const filter = new TortureFilter(below => {
    asked.push(below)
    return below - 1
  }).push(new MemoryBio())
  t.is(filter.write(counted(9)), 9)
  t.deepEqual(asked, [65_536, 65_536])
})

test('ready settles at once behind a refusal of its own, and else when the BIO below says so', async t => {
  const [a, b] = bioPair(1)
  const filter = new TortureFilter(0, { refuse: 1, inARow: 1 }).push(a)
  t.deepEqual(take(filter, 1), retryRead)
  t.true(await settled(filter.ready('read')))
  t.deepEqual(take(filter, 1), retryRead, 'by the pair')
  const waits = filter.ready('read')
  t.false(await settled(waits))
  b.write(counted(1))
  await waits
  for (const call of [() => filter.write(counted(1)), () => filter.flush(), () => filter.end()]) {
    t.deepEqual(call(), retryWrite)
    t.true(await settled(filter.ready('write')))
    t.true(call() === 1 || call() !== undefined)
  }
})

test('a BIO that blocks is never made to answer retry', t => {
  class Blocking extends Filter {
    override get blocking(): boolean {
      return true
    }
  }
  const filter = new TortureFilter(3, { refuse: 1 }).push(new Blocking().push(new MemoryBio()))
  for (let i = 0; i < 20; i++) {
    t.is(typeof filter.write(counted(9)), 'number')
    t.is(filter.flush(), 'done')
  }
})

test('odds, sizes and seeds that cannot be are refused at once', t => {
  for (const wrong of [
    { refuse: 2 },
    { short: -1 },
    { refuse: Number.NaN },
    { largest: 0 },
    { inARow: -1 },
  ])
    t.throws(() => new TortureFilter(1, wrong), {
      instanceOf: RangeError,
      code: 'ERR_BIO_INVALID_ARGUMENT',
    })
  t.throws(() => new TortureFilter(0.5), { instanceOf: RangeError })
  t.throws(() => new TortureFilter('1' as unknown as number), { instanceOf: TypeError })
  t.is(codeOf(new TortureFilter(1, { refuse: 1 }).flush()), 'ERR_BIO_UNINITIALIZED')
})

for (const ring of [1, 5, 6, 100, 256, 17_408])
  test(`client and server shake hands, talk and part with a torture filter on each side, rings of ${ring}`, t => {
    const seeds = ring < 100 ? 4 : 20
    for (let seed = 0; seed < seeds; seed++) {
      const made = ends({
        rings: [ring, ring],
        wrap: near => new TortureFilter(2 * seed, { inARow: 3 }).push(near),
      })
      made.server.setBio(new TortureFilter(2 * seed + 1, { inARow: 3 }).push(made.far))
      shake(made)
      const { client, server } = made
      t.is(client.write(text('hello')).status, 'done')
      let got = ''
      for (let i = 0; got !== 'hello' && i < 100_000; i++) {
        client.flush()
        got += readAll(server).text
      }
      t.is(got, 'hello')
      const statuses = () => [client.shutdown().status, server.shutdown().status]
      for (let i = 0; statuses().join() !== 'done,done'; i++) t.true(i < 10_000)
    }
  })

test('who waits with ready gets through torture on each side', async t => {
  const { client, server } = connectedEnds()
  t.is(client.connected && server.connected, true)
  for (let seed = 0; seed < 10; seed++) {
    const made = ends({ rings: [300, 300], wrap: near => new TortureFilter(seed).push(near) })
    made.server.setBio(new TortureFilter(seed + 100).push(made.far))
    const go = async (end: typeof made.client) => {
      for (let i = 0; i < 10_000; i++) {
        const outcome = end.doHandshake()
        if (outcome.status === 'done') return i
        await end.ready(outcome)
      }
      throw new Error('no end')
    }
    const rounds = await Promise.all([go(made.client), go(made.server)])
    t.true(rounds.every(count => count > 0))
  }
})

test('behind an end nothing is refused: it would look as if more might come', t => {
  const memory = new MemoryBio()
  const filter = new TortureFilter(5, { refuse: 0.9 }).push(memory)
  memory.end()
  for (let i = 0; (take(filter, 1) as Stopped).stop === 'retry'; i++) t.true(i < 5)
  for (let i = 0; i < 50; i++) t.deepEqual(take(filter, 1), eof)
})
