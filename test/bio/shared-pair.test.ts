/** The shared pair between threads: what waits wakes, and what a thread stores that cannot be there leads to `broken` and no further. */
import {
  bioPair,
  Filter,
  SharedPairBio,
  type SharedPairOptions,
  selectable,
  sharedPair,
} from '@biopair/bio'
import ava from 'ava'
import fc from 'fast-check'
import { statuses, threads } from '../support/threads.ts'
import { codeOf, counted, eof, retryRead, retryWrite, settled, take } from './support/bytes.ts'

// One after the other: some have threads of their own, and some take functions of Atomics away.
const test = ava.serial

function pair(size = 17_408, options: SharedPairOptions = {}): [SharedPairBio, SharedPairBio] {
  const [a, b] = sharedPair(size)
  return [new SharedPairBio(a, options), new SharedPairBio(b, options)]
}

for (const [size, total] of [
  [1, 2000],
  [6, 20_000],
  [100, 200_000],
  [17_408, 2 ** 24],
  [65_536, 2 ** 25],
] as const)
  test(`P5 bytes go from one thread to another and back, then eof: rings of ${size}, waiting`, async t => {
    const { a, b, trouble } = await threads({
      tls: false,
      sizes: [size, size],
      a: [['put', total], ['take', total], ['end'], ['take', 1], ['put', 1]],
      b: [['take', total], ['put', total], ['take', 1], ['end']],
    })
    t.is(trouble, undefined)
    t.deepEqual(statuses(a), ['done', 'done', 'done', 'eof', 'broken'])
    t.deepEqual(statuses(b), ['done', 'done', 'eof', 'done'])
    t.is(a[0]?.digest, b[0]?.digest)
    t.is(b[1]?.digest, a[1]?.digest)
  })

for (const [how, reading, writing] of [
  ['end', 'eof', undefined],
  ['closeBio', 'eof', 'ERR_BIO_BROKEN_PIPE'],
  ['break', 'ERR_BIO_PREMATURE_CLOSE', 'ERR_BIO_PREMATURE_CLOSE'],
] as const) {
  test(`a thread that waits for bytes wakes at ${how}`, async t => {
    const { b, trouble } = await threads({
      tls: false,
      a: [['put', 3], ['sleep', 100], [how]],
      b: [
        ['take', 3],
        ['take', 1],
        ['take', 1],
      ],
    })
    t.is(trouble, undefined)
    for (const came of b.slice(1)) t.is(came.reason ?? came.status, reading)
    t.is(b.length, 3)
  })

  if (writing !== undefined)
    test(`a thread that waits for room wakes at ${how}`, async t => {
      const { b, trouble } = await threads({
        tls: false,
        sizes: [10, 10],
        // The other thread may be long in starting: its first byte says that it has.
        a: [['take', 1], ['sleep', 100], [how]],
        b: [
          ['put', 100],
          ['put', 1],
        ],
      })
      t.is(trouble, undefined)
      t.is(b[0]?.bytes, 11)
      for (const came of b) t.is(came.reason, writing)
    })
}

test('an error is told to the other thread in its own words', t => {
  const [a, b] = pair()
  a.write(counted(2))
  a.close(Object.assign(new Error(`the cable was cut${'!'.repeat(500)}`), { code: 'ECUT' }))
  t.deepEqual(take(b, 9), counted(2))
  const answer = take(b, 9) as unknown as { error: Error }
  t.regex(answer.error.message, /ECUT: the cable was cut!{100,150}$/)
  t.is((b.write(counted(1)) as unknown as { error: Error }).error, answer.error)
})

test('with a timeout a call that waits answers retry, and not before', t => {
  const [a, b] = pair(4, { blocking: true, timeout: 30 })
  for (const [call, answer] of [
    [() => a.read(new Uint8Array(1)), retryRead],
    [() => b.write(counted(9)), 4],
    [() => b.write(counted(9)), retryWrite],
    [() => a.select({ read: false, write: true }), true],
    [() => b.select({ read: true, write: true }), false],
  ] as const) {
    const start = performance.now()
    t.deepEqual(call(), answer)
    const waited = performance.now() - start
    if (answer !== 4 && answer !== true) t.true(waited > 25, `${waited} ms`)
  }
})

test('select tells at once of what is there, and of ends', t => {
  const [a, b] = pair(4, { timeout: 5 })
  const [read, write] = [
    { read: true, write: false },
    { read: false, write: true },
  ]
  t.true(a.select({ read: false, write: false }))
  t.true(a.select(write))
  t.false(a.select(read))
  b.write(counted(4))
  t.true(a.select(read))
  t.false(b.select(write))
  b.end()
  take(a, 4)
  t.true(a.select(read))
  t.deepEqual(take(a, 1), eof)
  a.close()
  t.true(b.select(write))
  t.is(selectable(a), a)
  t.is(selectable(new Filter().push(new Filter()).push(b)), b)
  t.is(selectable(new Filter()), undefined)
  t.is(selectable(bioPair()[0]), undefined)
})

test('ready settles when another try is worth it, in another turn of the event loop', async t => {
  const [a, b] = pair(4)
  const readable = a.ready('read')
  t.is(a.ready('read'), readable)
  t.false(await settled(readable))
  b.write(counted(4))
  await readable
  const room = b.ready('write')
  t.false(await settled(room))
  take(a, 1)
  await room
  take(a, 4)
  const end = a.ready('read')
  b.close()
  await end
  const own = pair(4)
  const waits = own[0].ready('read')
  own[0].close()
  await waits
  t.pass()
})

test('blocking is refused where a thread must not wait, with the reason', t => {
  const { wait } = Atomics
  t.teardown(() => {
    Atomics.wait = wait
  })
  const [a] = pair()
  const [handle] = sharedPair()
  const why = new TypeError('Atomics.wait cannot be called in this context')
  Atomics.wait = () => {
    throw why
  }
  const expected = {
    instanceOf: TypeError,
    code: 'ERR_BIO_CANNOT_BLOCK',
    message: /in this context/,
  }
  const error = t.throws(() => a.setBlocking(true), expected)
  t.is(error?.cause, why)
  t.false(a.blocking)
  t.throws(() => new SharedPairBio(handle, { blocking: true }), expected)
  t.throws(() => a.select({ read: true, write: false }), expected)
  a.setBlocking(false)
  t.deepEqual(a.read(new Uint8Array(1)), retryRead)
  Atomics.wait = wait
  t.notThrows(() => new SharedPairBio(handle, { blocking: true }), 'the half was not made before')
})

test('ready is refused where there is no Atomics.waitAsync, and where there is no such direction', t => {
  const atomics = Atomics as { waitAsync?: unknown }
  const { waitAsync } = atomics
  t.teardown(() => {
    atomics.waitAsync = waitAsync
  })
  const [a, b] = pair()
  t.throws(() => a.ready('special' as 'read'), { code: 'ERR_BIO_INVALID_ARGUMENT' })
  delete atomics.waitAsync
  b.write(counted(1))
  const expected = { instanceOf: TypeError, code: 'ERR_BIO_UNSUPPORTED_METHOD' }
  t.throws(() => a.ready('read'), expected)
  t.throws(() => b.ready('write'), expected)
})

test('a handle makes its half once, and nothing else makes one', t => {
  const [a, b] = sharedPair(3, 4)
  t.is(new SharedPairBio(a).size, 3)
  t.is(new SharedPairBio(structuredClone(b)).size, 4)
  t.throws(() => new SharedPairBio(a), { instanceOf: TypeError, code: 'ERR_BIO_IN_USE' })
  const [c] = sharedPair(3, 4)
  for (const wrong of [
    undefined,
    {},
    { ...c, half: 'c' },
    { ...c, memory: new ArrayBuffer(c.memory.byteLength) },
    { ...c, sizes: [4, 4] },
    { ...c, sizes: [0, 7] },
    { ...c, sizes: undefined },
  ])
    t.throws(() => new SharedPairBio(wrong as typeof c), { code: 'ERR_BIO_INVALID_ARGUMENT' })
  t.throws(() => new SharedPairBio(c, { timeout: 0 }), { instanceOf: RangeError })
  for (const size of [-1, 1.5, 2 ** 28 + 1, '9']) {
    t.throws(() => sharedPair(size as number), { code: 'ERR_BIO_INVALID_ARGUMENT' })
    t.throws(() => sharedPair(1, size as number), { code: 'ERR_BIO_INVALID_ARGUMENT' })
  }
  t.deepEqual(sharedPair(0)[0].sizes, [17_408, 17_408])
})

test('whatever another thread stores among the words, calls come back and move no more than there is', t => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ word: fc.nat(255), value: fc.oneof(fc.integer(), fc.nat(40)) }),
      fc.record({ call: fc.constantFrom('read', 'write', 'end', 'close'), on: fc.nat(1) }),
    ),
    { maxLength: 30 },
  )
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 12 }), fc.boolean(), (script, size, blocking) => {
      const handles = sharedPair(size)
      const options = blocking ? { blocking, timeout: 1 } : {}
      const halves = handles.map(handle => new SharedPairBio(handle, options))
      const words = new Int32Array(handles[0].memory, 0, 256)
      const ends: (string | undefined)[] = [undefined, undefined]
      for (const step of script) {
        if ('word' in step) {
          Atomics.store(words, step.word, step.value)
          continue
        }
        const bio = halves[step.on] as SharedPairBio
        const { pending, wpending, writeGuarantee, readRequest } = bio
        for (const count of [pending, wpending, writeGuarantee, readRequest])
          t.true(count >= 0 && count <= size)
        if (step.call === 'end' || step.call === 'close') bio[step.call]()
        if (step.call === 'write') {
          const answer = bio.write(counted(9))
          if (typeof answer === 'number') t.true(answer >= 1 && answer <= Math.min(9, size))
        }
        if (step.call !== 'read') continue
        const answer = bio.read(new Uint8Array(9))
        if (typeof answer === 'number') t.true(answer >= 1 && answer <= Math.min(9, size))
        // An end is an end, whatever comes to stand there.
        const end = typeof answer === 'object' && answer.stop !== 'retry' ? answer.stop : undefined
        if (ends[step.on] !== undefined) t.truthy(end)
        ends[step.on] ??= end
      }
    }),
    { numRuns: 500 },
  )
  t.pass()
})

test('an end that was told stays the end, whatever comes to stand there after it', t => {
  const handles = sharedPair(10)
  const [a, b] = handles.map(handle => new SharedPairBio(handle)) as [SharedPairBio, SharedPairBio]
  const words = new Int32Array(handles[0].memory, 0, 256)
  b.end()
  t.deepEqual(take(a, 1), eof)
  // Where the other half says how far it has written: in the first word of the second half's.
  for (const value of [3, -1, 0]) {
    Atomics.store(words, 128, value)
    t.deepEqual(take(a, 1), eof)
    t.true(a.eof)
    t.is(a.pending, 0)
  }
  t.is(a.write(counted(2)), 2)
})

for (const [what, word, value] of [
  ['more than fits', 0, 11],
  ['a count beyond the ring', 0, 25],
  ['a negative word', 0, -5],
  ['an error without an end', 0, 1 << 30],
] as const)
  test(`a thread that waits wakes, broken, when the other stores ${what}; the other learns it too`, async t => {
    const { a, b, trouble } = await threads({
      tls: false,
      sizes: [10, 10],
      a: [
        ['sleep', 50],
        ['scribble', word, value],
        ['take', 1],
      ],
      b: [
        ['take', 1],
        ['take', 1],
        ['put', 1],
      ],
    })
    t.is(trouble, undefined)
    for (const came of b) t.is(came.reason, 'ERR_BIO_CORRUPTED')
    t.is(a[2]?.reason, 'ERR_BIO_PREMATURE_CLOSE')
  })

test('a thread that is woken for nothing again and again does not wait for ever', t => {
  const { wait } = Atomics
  t.teardown(() => {
    Atomics.wait = wait
  })
  const [reading, writing, selecting] = [pair(4), pair(4), pair(4)]
  for (const [a] of [reading, writing]) a.setBlocking(true)
  writing[0].write(counted(4))
  t.true(selecting[0].select({ read: false, write: true }))
  Atomics.wait = () => 'ok'
  for (const answer of [
    reading[0].read(new Uint8Array(1)),
    writing[0].write(counted(1)),
    selecting[0].select({ read: true, write: false }) && selecting[0].read(new Uint8Array(1)),
  ])
    t.is(codeOf(answer), 'ERR_BIO_CORRUPTED')
})

test('a released half goes on where it stood, by the handle that release answered alone, once', t => {
  const [handleA, handleB] = sharedPair(10)
  const [a, b] = [new SharedPairBio(handleA), new SharedPairBio(handleB)]
  a.write(counted(7))
  b.write(counted(4, 100))
  a.read(new Uint8Array(1))
  const handle = structuredClone(a.release())
  t.is(codeOf(a.read(new Uint8Array(1))), 'ERR_BIO_CLOSED')
  t.is(codeOf(a.write(counted(1))), 'ERR_BIO_CLOSED')
  t.throws(() => a.release(), { instanceOf: TypeError, code: 'ERR_BIO_CLOSED' })
  t.throws(() => new SharedPairBio(handleA), { code: 'ERR_BIO_IN_USE' })
  const next = new SharedPairBio(handle)
  t.throws(() => new SharedPairBio(handle), { code: 'ERR_BIO_IN_USE' })
  t.is(next.write(counted(9, 7)), 3)
  t.deepEqual(take(next, 9), counted(3, 101))
  t.deepEqual(take(b, 20), counted(10))
  const third = new SharedPairBio(next.release())
  t.throws(() => new SharedPairBio(handle), { code: 'ERR_BIO_IN_USE' })
  b.end()
  t.deepEqual(third.read(new Uint8Array(1)), eof)
  third.close()
  t.throws(() => third.release(), { instanceOf: TypeError, code: 'ERR_BIO_CLOSED' })
})

test('what is no place in a ring is no handle', t => {
  const [handle] = sharedPair(10)
  const good = { times: 1, out: { count: 0, seen: 0 }, in: { count: 0, seen: 0 } }
  const bad = [
    { ...good, times: 0 },
    { ...good, times: 1.5 },
    { ...good, out: { count: 20, seen: 0 } },
    { ...good, in: { count: -1, seen: 0 } },
    { ...good, in: { count: 0, seen: 15 } },
    { ...good, out: { count: 0.5, seen: 0 } },
  ]
  for (const released of bad)
    t.throws(() => new SharedPairBio({ ...handle, released }), { message: /expected/ })
})

test('who waits with ready for a half that is released hears of it', async t => {
  const [a] = pair(4)
  const waiting = a.ready('read')
  a.release()
  await waiting
  t.is(codeOf(a.read(new Uint8Array(1))), 'ERR_BIO_CLOSED')
})

test('closed with one byte unread, a shared half has not come to its end; with none, it has', t => {
  for (const unread of [0, 1]) {
    const [near, far] = pair(10)
    far.write(counted(1))
    take(near, 1 - unread)
    // Its word comes while nobody here looks.
    far.end()
    near.close()
    if (unread > 0) t.is(codeOf(take(near, 1)), 'ERR_BIO_CLOSED')
    else t.deepEqual(take(near, 1), eof)
  }
})

test('who was told once and waits again, waits for the next time', async t => {
  const [near, far] = pair(10)
  for (let round = 0; round < 2; round++) {
    const told = near.ready('read')
    t.is(near.ready('read'), told)
    t.false(await settled(told))
    far.write(counted(1))
    await told
    take(near, 1)
  }
})
