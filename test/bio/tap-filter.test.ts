/** The tap: what callbacks see and may do, and that no byte is lost, doubled or made up by it (C1 of the contract). */
import {
  type Bio,
  bioPair,
  broken,
  MemoryBio,
  type Stopped,
  type Tap,
  type TapCall,
  TapFilter,
} from '@biopair/bio'
import test from 'ava'
import fc from 'fast-check'
import { connectedEnds, readAll, bytes as text } from '../support/ends.ts'
import { codeOf, counted, eof, retryRead, retryWrite, settled, take } from './support/bytes.ts'
import { carriers, carry, plainOf, script, weather } from './support/codec-chain.ts'
import { NullLike } from './support/null-like.ts'

const failed = 'ERR_BIO_CALLBACK_FAILED'
const shout = (bytes: Uint8Array) => bytes.map(byte => byte ^ 0x55)

test('C1: each call is seen before and after, with its bytes and its result', t => {
  const [a, b] = bioPair(4)
  const seen: unknown[] = []
  const filter = new TapFilter({
    before: call => {
      seen.push(call.call === 'write' ? ['write', [...call.bytes]] : call)
    },
    after: (call, result, moved) => {
      seen.push([call.call, result, [...moved]])
    },
  }).push(a)
  filter.write(Uint8Array.of(1, 2, 3, 4, 5))
  filter.write(Uint8Array.of(6))
  b.write(Uint8Array.of(7, 8))
  take(filter, 5)
  filter.flush()
  filter.end()
  const error = new Error('enough')
  filter.close(error)
  t.deepEqual(seen, [
    ['write', [1, 2, 3, 4, 5]],
    ['write', 4, [1, 2, 3, 4]],
    ['write', [6]],
    ['write', retryWrite, []],
    { call: 'read', length: 5 },
    ['read', 2, [7, 8]],
    { call: 'flush' },
    ['flush', 'done', []],
    { call: 'end' },
    ['end', 'done', []],
    { call: 'close', error },
    ['close', 'done', []],
  ])
})

test('C1: a veto is the answer, nothing below is touched, and after is not asked', t => {
  const memory = new MemoryBio()
  const special = { stop: 'retry', on: 'special', reason: 'not today' } as const
  let after = 0
  const filter = new TapFilter({
    before: () => special,
    after: () => {
      after++
    },
  }).push(memory)
  memory.write(counted(5))
  t.is(filter.write(counted(3)), special)
  t.is(take(filter, 3), special)
  t.is(filter.flush(), special)
  t.is(filter.end(), special)
  t.deepEqual([memory.pending, after], [5, 0])
  t.is(memory.write(counted(1)), 1, 'it was not ended')
  filter.close()
  t.is(codeOf(memory.write(counted(1))), 'ERR_BIO_CLOSED', 'close cannot be vetoed')
})

test('C1: a shorter read leaves the rest for the next reads, where OpenSSL would lose it', t => {
  const whims = fc.array(fc.constantFrom('whole', 'one', 'half', 'wait'), {
    minLength: 1,
    maxLength: 9,
  })
  fc.assert(
    fc.property(weather, script, whims, (sky, steps, script) => {
      const [a, b] = carriers(sky)
      let turn = 0
      const reader = new TapFilter({
        after: (call, result) => {
          if (call.call !== 'read' || typeof result !== 'number') return
          const whim = script[turn++ % script.length]
          if (whim === 'one') return 1
          if (whim === 'half') return Math.ceil(result / 2)
          return whim === 'wait' ? retryRead : undefined
        },
      }).push(b)
      const { got, stop } = carry(a, reader, steps, sky.piece)
      t.is(stop, 'eof')
      t.deepEqual(got, plainOf(steps))
    }),
    { numRuns: 80 },
  )
})

test('what before puts in the place of written bytes goes down whole, in order, over any carrier', t => {
  fc.assert(
    fc.property(weather, script, fc.nat(5), (sky, steps, kind) => {
      const [a, b] = carriers(sky)
      const expected: Uint8Array[] = []
      const writer = new TapFilter({
        before: call => {
          if (call.call !== 'write') return
          // Twice, not at all, changed in place, its head; or nothing said, though the copy was spoiled.
          const { bytes } = call
          if (kind === 4) bytes.fill(0)
          if (kind > 3) return
          const instead = [
            Buffer.concat([bytes, bytes]),
            new Uint8Array(0),
            shout(bytes),
            bytes.slice(0, 1),
          ][kind]
          expected.push(instead as Uint8Array)
          return instead
        },
      }).push(a)
      const { got } = carry(writer, b, steps, sky.piece)
      t.deepEqual(got, kind > 3 ? plainOf(steps) : Buffer.concat(expected))
    }),
    { numRuns: 100 },
  )
})

test('bytes changed where they are written and read back in place are the same, each shown once', t => {
  fc.assert(
    fc.property(weather, script, (sky, steps) => {
      const [a, b] = carriers(sky)
      const scramble = () => {
        let at = 0
        return (bytes: Uint8Array) => bytes.map(byte => byte ^ (at++ & 0xff))
      }
      const [out, back] = [scramble(), scramble()]
      const writer = new TapFilter({
        before: call => (call.call === 'write' ? out(call.bytes) : undefined),
      }).push(a)
      const reader = new TapFilter({
        after: (call, _, moved) => {
          if (call.call === 'read') moved.set(back(moved))
          return call.call === 'read' && moved.length > 2 ? 2 : undefined
        },
      }).push(b)
      const { got } = carry(writer, reader, steps, sky.piece)
      t.deepEqual(got, plainOf(steps))
    }),
    { numRuns: 60 },
  )
})

test('what waits for room in the place of other bytes is counted, goes first and is flushed', t => {
  const [a, b] = bioPair(4)
  let calls = 0
  const filter = new TapFilter({
    before: call => {
      calls++
      return call.call === 'write' ? counted(6) : undefined
    },
  }).push(a)
  t.is(filter.write(counted(1)), 1)
  t.is(filter.wpending, 6)
  t.deepEqual(filter.write(counted(1)), retryWrite)
  t.is(calls, 1, 'nothing was asked about bytes that could not be taken')
  t.deepEqual(filter.flush(), retryWrite)
  t.deepEqual(take(b, 9), counted(4))
  t.is(filter.flush(), 'done')
  t.deepEqual(take(b, 9), counted(2, 4))
  filter.write(counted(1))
  filter.close()
  t.deepEqual(take(b, 9), counted(4))
  t.is(codeOf(take(b, 9)), 'ERR_BIO_BROKEN_PIPE', 'two bytes were lost: no clean end')
  t.is(codeOf(filter.write(counted(1))), 'ERR_BIO_CLOSED')
})

test('an end that had to wait is an end: nothing more is taken, and what was held goes first', t => {
  const [a, b] = bioPair(4)
  const filter = new TapFilter({
    before: call => (call.call === 'write' ? counted(6) : undefined),
  }).push(a)
  filter.write(counted(1))
  t.deepEqual(filter.end(), retryWrite)
  t.deepEqual(take(b, 9), counted(4))
  t.is(codeOf(filter.write(counted(1))), 'ERR_BIO_BROKEN_PIPE')
  t.is(filter.end(), 'done')
  t.deepEqual([take(b, 9), take(b, 9)], [counted(2, 4), eof])
})

/** What after may not answer, and to what. */
const lies: readonly (readonly [string, TapCall['call'], unknown])[] = [
  ['more bytes than were read', 'read', 4],
  ['no bytes of a read that got some', 'read', 0],
  ['a part of a byte', 'read', 0.5],
  ['an end in the place of bytes', 'read', eof],
  ['that fewer bytes were taken', 'write', 2],
  ['that none were taken yet', 'write', retryWrite],
  ['bytes of a flush', 'flush', 1],
  ['bytes of an end', 'end', 1],
  ['no Stopped', 'read', { stop: 'perhaps' }],
  ['a word', 'flush', 'done'],
  ['null', 'write', null],
]
for (const [what, on, answer] of lies)
  test(`after a ${on} a callback cannot say: ${what}`, t => {
    const [a, b] = bioPair()
    b.write(counted(3))
    const filter = new TapFilter({
      after: ({ call }) => (call === on ? (answer as Stopped) : undefined),
    }).push(a)
    const calls: Record<string, () => unknown> = {
      read: () => take(filter, 9),
      write: () => filter.write(counted(3)),
      flush: () => filter.flush(),
      end: () => filter.end(),
    }
    const first = calls[on]?.()
    t.is(codeOf(first), failed)
    for (const call of Object.values(calls)) t.is(call(), first)
  })

test('before a call that is no write a callback cannot give bytes, nor anything but what is said', t => {
  for (const answer of [counted(1), 5, 'x', { stop: 'perhaps' }]) {
    const filter = new TapFilter({ before: () => answer as Stopped }).push(new MemoryBio())
    const first = take(filter, 5)
    t.is(codeOf(first), failed)
    t.is(filter.write(counted(3)), first as unknown as number)
  }
})

test('a callback that throws makes the tap broken, with its cause, for good', t => {
  for (const which of ['before', 'after'] as const) {
    const [a, b] = bioPair()
    b.write(counted(5))
    const cause = new Error('oops')
    const tap: Tap = {
      [which]: () => {
        throw cause
      },
    }
    const filter = new TapFilter(tap).push(a)
    const first = take(filter, 5)
    t.is(codeOf(first), failed)
    t.is((first as { error: Error }).error.cause, cause)
    t.is(take(filter, 5), first)
    t.is(filter.flush(), first as unknown as 'done')
    filter.close()
    t.is(a.write(counted(1)) !== 1, true, 'it was closed nonetheless')
  }
})

test('a broken of a callback ends both directions, an eof its own', t => {
  const [a, b] = bioPair()
  b.write(counted(9))
  const lost = broken(new Error('carrier lost'))
  let answer: Stopped | undefined = eof
  const filter = new TapFilter({
    before: ({ call }) => (call === 'read' ? answer : undefined),
  }).push(a)
  t.deepEqual(take(filter, 1), eof)
  answer = undefined
  t.deepEqual(take(filter, 1), eof)
  t.true(filter.eof)
  t.is(filter.write(counted(1)), 1)

  const after = new TapFilter({ after: ({ call }) => (call === 'write' ? lost : undefined) })
  filter.pop()
  after.push(a)
  t.deepEqual(take(after, 2), counted(2))
  t.is(after.write(counted(1)), lost as unknown as number)
  t.is(take(after, 1), lost)
  t.is(after.end(), lost as unknown as 'done')
  t.is(after.pending, 0)
})

test('where nothing moved, another reason may stand in the place of the one from below', t => {
  const special = { stop: 'retry', on: 'special', reason: 'a moment' } as const
  const filter = new TapFilter({ after: () => special }).push(new MemoryBio())
  t.is(take(filter, 1), special)
  t.is(filter.flush(), special)
})

test('calling the tap from inside its own callback is a TypeError there', t => {
  const calls: readonly ((tap: TapFilter) => unknown)[] = [
    tap => take(tap, 1),
    tap => tap.write(counted(1)),
    tap => tap.flush(),
    tap => tap.end(),
    tap => tap.close(),
    tap => tap.read(new Uint8Array(0)),
  ]
  t.plan(calls.length)
  for (const call of calls) {
    const filter: TapFilter = new TapFilter({
      before: () => {
        t.throws(() => call(filter), { instanceOf: TypeError, code: 'ERR_BIO_IN_USE' })
      },
    }).push(new MemoryBio())
    filter.flush()
  }
})

test('what a callback left of a read is pending, and ready at once', async t => {
  const [a, b] = bioPair()
  const filter = new TapFilter({ after: ({ call }) => (call === 'read' ? 1 : undefined) }).push(a)
  b.write(counted(3))
  b.end()
  t.deepEqual(take(filter, 9), counted(1))
  t.is(filter.pending, 2)
  t.false(filter.eof)
  t.true(await settled(filter.ready('read')))
  t.deepEqual(take(filter, 9), counted(2, 1))
  t.true(filter.eof)
})

test('what is no callback is refused at once', t => {
  const expected = { instanceOf: TypeError, code: 'ERR_BIO_INVALID_ARGUMENT' }
  t.throws(() => new TapFilter({ before: 5 } as unknown as Tap), expected)
})

test('a tap below an SSL sees its records, and a byte that it changes is found out', t => {
  const types: number[] = []
  let spoil = false
  const wrap = (near: Bio) =>
    new TapFilter({
      before: call => {
        if (call.call !== 'write') return
        types.push(call.bytes[0] as number)
        if (!spoil) return
        const bytes = call.bytes.slice()
        bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 1
        return bytes
      },
    }).push(near)
  const { client, server } = connectedEnds({ wrap })
  t.is(types[0], 22, 'a handshake record')
  client.write(text('hello'))
  t.is(types.at(-1), 23, 'application data')
  t.is(readAll(server).text, 'hello')
  spoil = true
  client.write(text('hello'))
  t.is(readAll(server).status, 'failed')
})

test('what a tap has come to is ready at once, but for what still waits for room', async t => {
  const never = (): Bio => ({ ...new NullLike(), ready: () => new Promise(() => {}) })
  const cases: [Tap, 'read' | 'write', (tap: TapFilter) => void][] = [
    [{}, 'write', tap => void tap.end()],
    [
      { after: ({ call }) => (call === 'read' ? eof : undefined) },
      'read',
      tap => void take(tap, 1),
    ],
    [
      { before: () => ({ stop: 'broken', error: new Error('no') }) },
      'read',
      tap => void take(tap, 1),
    ],
    [
      { before: () => ({ stop: 'broken', error: new Error('no') }) },
      'write',
      tap => void take(tap, 1),
    ],
  ]
  for (const [callbacks, on, does] of cases) {
    const tap = new TapFilter(callbacks).push(never())
    t.false(await settled(tap.ready(on)))
    does(tap)
    t.true(await settled(tap.ready(on)))
  }
  // It holds two bytes for the next read and three on their way down: reading is worth it, writing is not.
  const [near, far] = bioPair(1)
  const tap = new TapFilter({
    before: ({ call }) => (call === 'write' ? counted(4) : undefined),
    after: (_, result) => (result === 3 ? 1 : undefined),
  }).push({
    ...never(),
    read: into => into.fill(7, 0, 3).length,
    write: bytes => near.write(bytes),
    ready: on => near.ready(on),
  })
  tap.write(counted(1))
  take(tap, 3)
  t.is(tap.wpending, 3)
  t.true(await settled(tap.ready('read')))
  tap.end()
  t.false(await settled(tap.ready('write')))
  for (let i = 0; i < 4; i++) {
    take(far, 1)
    tap.end()
  }
  t.true(await settled(tap.ready('write')))
})

test('a close comes after an end: writes are told of the end, and reads that had ended of theirs', t => {
  const tap = new TapFilter({}).push(new MemoryBio())
  tap.end()
  tap.close()
  t.is(codeOf(tap.write(counted(1))), 'ERR_BIO_BROKEN_PIPE')
  const unread = new TapFilter({ after: () => 1 }).push(new MemoryBio({ bytes: counted(2) }))
  take(unread, 2)
  t.is(unread.pending, 1)
  unread.close()
  t.is(codeOf(take(unread, 1)), 'ERR_BIO_CLOSED')
  const plain = new TapFilter({}).push(new MemoryBio())
  plain.close()
  t.is(codeOf(plain.write(counted(1))), 'ERR_BIO_CLOSED')
})
