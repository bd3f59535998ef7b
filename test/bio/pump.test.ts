/** The pump: any sizes, any cuts, every byte in order, ends carried across, and stalls named. */
import net from 'node:net'
import { duplexPair } from 'node:stream'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import {
  type Bio,
  bioPair,
  duplex,
  MemoryBio,
  type PairBio,
  Pump,
  SocketBio,
  StallDetector,
} from '@biopair/bio'
import test from 'ava'
import fc from 'fast-check'
import { counted, eof, retryRead, retryWrite, settled, take } from './support/bytes.ts'

/** The same BIO without its lending, so that the pump has to carry. */
function plain(bio: Bio): Bio {
  return {
    read: into => bio.read(into),
    write: bytes => bio.write(bytes),
    flush: () => bio.flush(),
    end: () => bio.end(),
    close: error => bio.close(error),
    ready: on => bio.ready?.(on) ?? Promise.resolve(),
  }
}

/** One end of a conversation: sends its bytes in cuts, then ends, and gathers what comes. */
class Talker {
  readonly #bio: PairBio
  readonly #bytes: Uint8Array
  readonly #cuts: readonly number[]
  #sent = 0
  #turn = 0
  #ended = false
  readonly received: number[] = []
  end: unknown

  constructor(bio: PairBio, bytes: Uint8Array, cuts: readonly number[]) {
    this.#bio = bio
    this.#bytes = bytes
    this.#cuts = cuts
  }

  get done(): boolean {
    return this.#ended && this.end !== undefined
  }

  step(): void {
    const cut = this.#cuts[this.#turn++ % this.#cuts.length] ?? 1
    const wrote = this.#bio.write(this.#bytes.subarray(this.#sent, this.#sent + cut))
    if (typeof wrote === 'number') this.#sent += wrote
    if (this.#sent === this.#bytes.length && !this.#ended) {
      this.#ended = true
      this.#bio.end()
    }
    const answer = take(this.#bio, cut)
    if (answer instanceof Uint8Array) this.received.push(...answer)
    else if (answer.stop !== 'retry') this.end = answer
  }
}

const size = fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 300 }))
const cuts = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 6 })

test('any sizes, any cuts, any order of steps: all bytes arrive in order and both ends come across', t => {
  const talk = fc.record({
    sizes: fc.tuple(size, size, size, size),
    chunk: fc.integer({ min: 1, max: 64 }),
    bytes: fc.tuple(fc.nat(600), fc.nat(600)),
    cuts: fc.tuple(cuts, cuts),
    order: fc.array(fc.constantFrom(0, 1, 2), { minLength: 1, maxLength: 12 }),
    lending: fc.tuple(fc.boolean(), fc.boolean()),
  })
  fc.assert(
    fc.property(talk, ({ sizes: [w, x, y, z], chunk, bytes: [up, down], lending, ...rest }) => {
      const [left, nearLeft] = bioPair(w, x)
      const [right, nearRight] = bioPair(y, z)
      const a = lending[0] ? nearLeft : plain(nearLeft)
      const b = lending[1] ? nearRight : plain(nearRight)
      const pump = new Pump(a, b, { chunk })
      const one = new Talker(left, counted(up), rest.cuts[0])
      const two = new Talker(right, counted(down, 77), rest.cuts[1])
      const acts = [() => one.step(), () => two.step(), () => pump.step()]
      const order = [...rest.order, 0, 1, 2]
      for (let i = 0; i < 30000 && !(one.done && two.done); i++)
        acts[order[i % order.length] ?? 0]?.()
      t.deepEqual([one.end, two.end], [eof, eof])
      t.deepEqual(two.received, [...counted(up)])
      t.deepEqual(one.received, [...counted(down, 77)])
      const last = pump.step()
      t.true(last.done)
      t.deepEqual(last.moved, { aToB: 0, bToA: 0 })
      t.deepEqual(last.waits, [
        { direction: 'a to b', for: 'nothing: ended', carried: 0 },
        { direction: 'b to a', for: 'nothing: ended', carried: 0 },
      ])
    }),
    { numRuns: 300 },
  )
  t.pass()
})

test('a step says what it moved and what each direction waits for', t => {
  const [far, a] = bioPair(100, 10)
  const [b, end] = bioPair(4, 100)
  const pump = new Pump(plain(a), b, { chunk: 8 })
  far.write(counted(20))
  t.deepEqual(pump.step(), {
    moved: { aToB: 4, bToA: 0 },
    waits: [
      { direction: 'a to b', for: 'room in b', carried: 4 },
      { direction: 'b to a', for: 'bytes from b', carried: 0 },
    ],
    done: false,
  })
  t.deepEqual(pump.parties('relay'), [
    { name: 'relay a to b', waits: 'room in b (4 bytes carried)' },
    { name: 'relay b to a', waits: 'bytes from b' },
  ])
  end.write(counted(12))
  t.deepEqual(take(end, 99), counted(4))
  const next = pump.step()
  t.deepEqual(next.moved, { aToB: 4, bToA: 8 })
  t.is(next.waits[1].for, 'another step')
})

test('a source that lends is read only as far as the target takes', t => {
  const [far, a] = bioPair(100, 10)
  const [b] = bioPair(4, 100)
  far.write(counted(20))
  const { waits } = new Pump(a, b).step()
  t.is(waits[0].carried, 0)
  t.is(a.pending, 16)
})

test('what was carried when the pump stopped is delivered when it goes on', async t => {
  const [far, a] = bioPair(100, 100)
  const [b, end] = bioPair(3, 100)
  far.write(counted(20))
  const pump = new Pump(plain(a), b)
  const run = pump.run()
  await turn()
  pump.stop()
  const stopped = await run
  t.is(stopped.end, 'stopped')
  t.deepEqual(stopped.moved, { aToB: 3, bToA: 0 })
  t.is(stopped.waits[0].carried, 17)
  const got = [...(take(end, 9) as Uint8Array)]
  const again = pump.run()
  far.end()
  end.end()
  for (let i = 0; i < 20; i++) {
    await turn()
    const more = take(end, 9)
    if (more instanceof Uint8Array) got.push(...more)
  }
  t.deepEqual(got, [...counted(20)])
  t.deepEqual(await again, {
    end: 'ended',
    moved: { aToB: 17, bToA: 0 },
    waits: [
      { direction: 'a to b', for: 'nothing: ended', carried: 0 },
      { direction: 'b to a', for: 'nothing: ended', carried: 0 },
    ],
  })
})

test('the end of one side leaves the other direction running', t => {
  const [far, a] = bioPair()
  const [b, end] = bioPair()
  const pump = new Pump(a, b)
  far.write(counted(5))
  far.end()
  pump.step()
  t.deepEqual(take(end, 9), counted(5))
  t.deepEqual(take(end, 9), eof)
  end.write(counted(6))
  t.false(pump.step().done)
  t.deepEqual(take(far, 9), counted(6))
  end.end()
  t.true(pump.step().done)
  t.deepEqual(take(far, 9), eof)
})

test('a side that breaks delivers its bytes, and what comes the other way, before the error does', t => {
  const [far, a] = bioPair()
  const [b, end] = bioPair()
  const error = new Error('cut')
  const pump = new Pump(plain(a), b)
  far.write(counted(5))
  far.close(error)
  const step = pump.step()
  t.true(step.done)
  t.is(step.waits[0].error, error)
  t.deepEqual(take(end, 9), counted(5))
  t.deepEqual(take(end, 9), { stop: 'broken', error })
  t.deepEqual(end.write(counted(1)), { stop: 'broken', error })
})

test('a side that takes no more still gives what it had', t => {
  const [far, a] = bioPair(100, 4)
  const [b, end] = bioPair()
  const error = new Error('cut')
  const pump = new Pump(a, b)
  end.write(counted(10))
  end.close(error)
  far.write(counted(3))
  t.false(pump.step().done)
  const got: number[] = []
  for (let i = 0; i < 3; i++) {
    got.push(...(take(far, 9) as Uint8Array))
    pump.step()
  }
  t.deepEqual(got, [...counted(10)])
  t.true(pump.step().done)
  t.deepEqual(take(far, 9), { stop: 'broken', error })
})

test('a run ends as broken when a side breaks', async t => {
  const [far, a] = bioPair()
  const [b, end] = bioPair()
  const error = new Error('cut')
  const run = new Pump(a, b).run()
  await turn()
  far.close(error)
  const { end: how, ...rest } = await run
  t.is(how, 'broken')
  t.is((rest as { error?: Error }).error, error)
  t.deepEqual(take(end, 1), { stop: 'broken', error })
})

test('the target is flushed when the source has no more, and before it is ended', t => {
  const calls: string[] = []
  const slow = { left: 2 }
  const target: Bio = {
    read: () => retryRead,
    write: bytes => {
      calls.push(`write ${bytes.length}`)
      return bytes.length
    },
    flush: () => {
      calls.push('flush')
      return slow.left-- > 0 ? retryWrite : 'done'
    },
    end: () => {
      calls.push('end')
      return 'done'
    },
    close: () => {},
  }
  const source = new MemoryBio({ bytes: counted(5) })
  const pump = new Pump(duplex(source, new MemoryBio()), target)
  t.is(pump.step().waits[0].for, 'bytes from a')
  source.end()
  t.is(pump.step().waits[0].for, 'room in b')
  t.is(pump.step().waits[0].for, 'nothing: ended')
  t.deepEqual(calls, ['write 5', 'flush', 'flush', 'flush', 'end'])
})

test('two that wait for each other are a stall, reported with their names', t => {
  const [client, a] = bioPair(4, 4)
  const [b, server] = bioPair(4, 4)
  const pump = new Pump(a, b)
  const detector = new StallDetector()
  let report: ReturnType<StallDetector['round']>
  let rounds = 0
  while (report === undefined && rounds++ < 100) {
    let moved = 0
    for (const end of [client, server]) {
      const count = end.write(counted(3))
      if (typeof count === 'number') moved += count
    }
    const step = pump.step()
    moved += step.moved.aToB + step.moved.bToA
    const writers = [client, server].map((end, i) => ({
      name: ['client', 'server'][i] ?? '',
      waits: end.writeGuarantee === 0 ? 'room to write' : 'nothing',
    }))
    report = detector.round(moved, [...writers, ...pump.parties()])
  }
  t.is(report?.rounds, 2)
  t.is(
    report?.text,
    [
      'stalled: no progress in 2 rounds',
      '  client waits for room to write',
      '  server waits for room to write',
      '  pump a to b waits for room in b',
      '  pump b to a waits for room in a',
    ].join('\n'),
  )
})

test('a BIO that says it is ready and never moves ends the run as stalled, not in a loop', async t => {
  const liar: Bio = {
    read: () => ({ stop: 'retry', on: 'special', reason: 'a certificate' }),
    write: () => retryWrite,
    flush: () => 'done',
    end: () => 'done',
    close: () => {},
    ready: () => Promise.resolve(),
  }
  const [far] = bioPair()
  const ended = await new Pump(liar, far).run()
  t.is(ended.end, 'stalled')
  if (ended.end !== 'stalled') return
  t.deepEqual(ended.report.parties, [
    { name: 'pump a to b', waits: 'bytes from a (a certificate)' },
    { name: 'pump b to a', waits: 'bytes from b' },
  ])
})

test('a BIO that answers 0 where it must not does not keep a step from ending', t => {
  const zero: Bio = {
    read: () => 0,
    write: () => 0,
    flush: () => 'done',
    end: () => 'done',
    close: () => {},
  }
  const lender = { ...zero, run: () => new Uint8Array(0), room: () => new Uint8Array(0) }
  const lending: Bio = { ...lender, consume: () => {}, commit: () => {} } as Bio
  const [far, near] = bioPair()
  far.write(counted(3))
  for (const [bio, source] of [
    [zero, near],
    [lending, near],
    [zero, plain(near)],
  ] as const) {
    const step = new Pump(bio, source).step()
    t.deepEqual(step.moved, { aToB: 0, bToA: 0 })
    t.deepEqual(
      step.waits.map(wait => wait.for),
      ['bytes from a', 'room in a'],
    )
  }
})

test('a run leaves its turn to others, where it is told how', async t => {
  const [far, a] = bioPair(64, 64)
  const [b, end] = bioPair(64, 64)
  let turns = 0
  const count = async () => {
    turns++
    await turn()
  }
  const pump = new Pump(a, b, { chunk: 1, turn: count })
  const run = pump.run()
  far.write(counted(40))
  far.end()
  end.end()
  t.is((await run).end, 'ended')
  t.true(turns >= 40)
})

test('an idle direction gathers no listeners while the other one is busy', async t => {
  const [far, a] = bioPair(8, 8)
  const [b, end] = bioPair(8, 8)
  let asked = 0
  const watched: Bio = {
    ...plain(b),
    ready: on => {
      if (on === 'read') asked++
      return b.ready(on)
    },
  }
  const pump = new Pump(a, watched)
  const run = pump.run()
  for (let i = 0; i < 50; i++) {
    far.write(counted(8))
    await turn()
    t.deepEqual(take(end, 9), counted(8))
  }
  t.is(asked, 1)
  pump.stop()
  t.is((await run).end, 'stopped')
})

test('a pump between sockets carries 200 KiB each way and both ends', async t => {
  const server = net.createServer(socket => socket.pipe(socket))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as net.AddressInfo
  const [app, near] = duplexPair()
  const upstream = net.connect(port, '127.0.0.1')
  t.teardown(() => upstream.destroy())
  const pump = new Pump(new SocketBio(near), new SocketBio(upstream), { turn: () => turn() })
  const run = pump.run()
  const bytes = counted(204800)
  const chunks: Uint8Array[] = []
  app.on('data', chunk => chunks.push(chunk))
  const ended = new Promise(resolve => app.once('end', resolve))
  app.end(bytes)
  await ended
  t.deepEqual(new Uint8Array(Buffer.concat(chunks)), bytes)
  const { end, moved } = await run
  t.is(end, 'ended')
  t.deepEqual(moved, { aToB: bytes.length, bToA: bytes.length })
})

test('a run of BIOs that cannot say when they are ready is refused, and so is a second run', async t => {
  const { ready: _, ...mute } = plain(bioPair()[0])
  await t.throwsAsync(new Pump(mute, bioPair()[0]).run(), { instanceOf: TypeError })
  const [a] = bioPair()
  t.throws(() => new Pump(a, a), { instanceOf: TypeError })
  t.throws(() => new Pump(a, bioPair()[0], { chunk: 0 }), { instanceOf: RangeError })
  const pump = new Pump(a, bioPair()[0])
  const run = pump.run()
  await t.throwsAsync(pump.run(), { instanceOf: TypeError, code: 'ERR_BIO_IN_USE' })
  t.false(await settled(run.then(() => {})))
  await sleep(1)
  pump.stop()
  t.is((await run).end, 'stopped')
})

test('a target that was given bytes is flushed, whether they were lent or carried', t => {
  for (const lending of [true, false]) {
    const flushed: string[] = []
    const a = new MemoryBio({ bytes: counted(5) })
    const target: Bio = {
      ...plain(new MemoryBio()),
      read: () => retryRead,
      flush: () => {
        flushed.push('flush')
        return 'done'
      },
    }
    const pump = new Pump(lending ? a : plain(a), target)
    t.is(pump.step().moved.aToB, 5)
    t.deepEqual(flushed, ['flush'])
    pump.step()
    t.deepEqual(flushed, ['flush'], 'once, as nothing came since')
  }
})

test('an end that the target is not ready for is waited for, and one that fails breaks', t => {
  const answers: ReturnType<Bio['end']>[] = [
    retryWrite,
    { stop: 'retry', on: 'special', reason: 'a key' },
    'done',
  ]
  const source = new MemoryBio()
  source.end()
  const target: Bio = { ...plain(new MemoryBio()), end: () => answers.shift() ?? 'done' }
  const pump = new Pump(source, target)
  t.deepEqual(pump.step().waits[0], { direction: 'a to b', for: 'room in b', carried: 0 })
  t.deepEqual(pump.step().waits[0], {
    direction: 'a to b',
    for: 'room in b',
    carried: 0,
    reason: 'a key',
  })
  t.is(pump.step().waits[0].for, 'nothing: ended')
  const error = new Error('no end')
  const broken: Bio = { ...plain(new MemoryBio()), end: () => ({ stop: 'broken', error }) }
  t.is(new Pump(source, broken).step().waits[0].error, error)
  const over: Bio = { ...plain(new MemoryBio()), end: () => eof }
  t.is(new Pump(source, over).step().waits[0].error?.message, 'the target has ended')
})

test('when both directions have failed, each side is closed once, with the first error', t => {
  const closed: unknown[] = []
  const [first, second] = [new Error('first'), new Error('second')]
  const breaks = (error: Error): Bio => ({
    ...plain(new MemoryBio()),
    read: () => ({ stop: 'broken', error }),
    close: reason => void closed.push(reason),
  })
  const pump = new Pump(breaks(first), breaks(second))
  for (let i = 0; i < 3; i++) t.true(pump.step().done)
  t.deepEqual(closed, [first, first])
  t.deepEqual(
    pump.parties('p').map(({ name, waits }) => `${name}: ${waits}`),
    ['p a to b: nothing: ended (first)', 'p b to a: nothing: ended (second)'],
  )
})

test('a run waits for room where bytes are carried, on the side that they go to', async t => {
  for (const flip of [false, true]) {
    const [near, far] = bioPair(4)
    const source = plain(new MemoryBio({ bytes: counted(6), readOnly: true }))
    const pump = flip ? new Pump(near, source) : new Pump(source, near)
    const run = pump.run()
    await turn()
    t.deepEqual(take(far, 9), counted(4))
    await turn()
    t.deepEqual(take(far, 9), counted(2, 4))
    far.end()
    const { end, moved } = await run
    t.is(end, 'ended')
    t.deepEqual(moved, flip ? { aToB: 0, bToA: 6 } : { aToB: 6, bToA: 0 })
  }
})
