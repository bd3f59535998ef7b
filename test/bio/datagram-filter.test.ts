/** Filters of datagrams: never over a stream, passing everything on, and the tap that looks, refuses, replaces and loses. */
import {
  bioPair,
  type Datagram,
  type DatagramBio,
  DatagramFilter,
  DatagramMemoryBio,
  DatagramPairBio,
  type DatagramTap,
  DatagramTapFilter,
  datagramPair,
  Filter,
  MemoryBio,
} from '@biopair/bio'
import test from 'ava'
import { codeOf, counted, eof, retryRead, retryWrite, settled } from './support/bytes.ts'

function next(bio: DatagramBio, size = 2000): unknown {
  const into = new Uint8Array(size)
  const answer = bio.receive(into)
  return 'stop' in answer ? answer : into.subarray(0, answer.length)
}

test('a datagram filter on a stream, and a stream filter on datagrams, do not compile, and are a TypeError', t => {
  const wrong = { instanceOf: TypeError, code: 'ERR_BIO_INVALID_ARGUMENT' }
  const datagrams = datagramPair()[0]
  const stream = bioPair()[0]
  // @ts-expect-error a stream is no DatagramBio
  t.throws(() => new DatagramFilter().push(stream), { ...wrong, message: /receive and send/ })
  // @ts-expect-error a datagram BIO is no Bio
  t.throws(() => new Filter().push(datagrams), { ...wrong, message: /read and write/ })
  // @ts-expect-error memory is a stream
  t.throws(() => new DatagramTapFilter({}).push(new MemoryBio()), wrong)
  // @ts-expect-error a packet queue is no stream
  t.throws(() => new Filter().push(new DatagramMemoryBio()), wrong)
  // @ts-expect-error nor may filters be mixed
  t.throws(() => new DatagramFilter().push(new Filter()), wrong)
  // @ts-expect-error either way
  t.throws(() => new Filter().push(new DatagramFilter()), wrong)
  // @ts-expect-error neither deep in a chain
  t.throws(() => new Filter().push(new Filter()).push(datagrams), wrong)
  // @ts-expect-error halves of two kinds are no pair
  t.throws(() => new DatagramPairBio().pair(stream), wrong)
  // What was refused is still free.
  t.notThrows(() => new DatagramFilter().push(datagrams))
  t.notThrows(() => new Filter().push(stream))
})

test('a datagram filter passes everything on, both ways', async t => {
  const [a, b] = datagramPair({ size: 300, noTruncate: true })
  const filter = new DatagramFilter().push(a)
  t.is(filter.send(counted(60)), 'done')
  t.deepEqual(filter.send(counted(60)), retryWrite)
  t.deepEqual(filter.send(counted(100)), { stop: 'long', most: 68 })
  const writable = filter.ready('write')
  t.false(await settled(writable))
  t.deepEqual(next(b), counted(60))
  t.true(await settled(writable))
  t.is(filter.pending, undefined)
  t.deepEqual(next(filter), retryRead)
  b.send(counted(7))
  t.is(filter.pending, 7)
  t.deepEqual(filter.receive(new Uint8Array(2)), { stop: 'short', length: 7 })
  t.deepEqual(next(filter), counted(7))
  t.is(filter.flush(), 'done')
  filter.close()
  t.deepEqual(next(b), eof)
  t.is(filter.find(DatagramFilter), filter)
})

test('a datagram filter with nothing below says so', async t => {
  const filter = new DatagramFilter()
  for (const answer of [filter.send(counted(1)), filter.receive(counted(1)), filter.flush()])
    t.is(codeOf(answer), 'ERR_BIO_UNINITIALIZED')
  t.is(filter.pending, undefined)
  t.true(await settled(filter.ready('read')))
  t.notThrows(() => filter.close())
  const { ready: _, ...mute } = plain()
  t.throws(() => new DatagramFilter().push(mute).ready('read'), { instanceOf: TypeError })
})

function plain(): DatagramBio {
  return {
    receive: () => retryRead,
    send: () => 'done',
    flush: () => 'done',
    close: () => {},
    ready: () => Promise.resolve(),
  }
}

/** A tap on one half, and the other half. */
function tapped(tap: DatagramTap) {
  const [near, far] = datagramPair()
  return { bio: new DatagramTapFilter(tap).push(near), far }
}

test('a tap without callbacks changes nothing', t => {
  const { bio, far } = tapped({})
  t.is(bio.send(counted(5)), 'done')
  t.deepEqual(next(far), counted(5))
  far.send(counted(6))
  t.deepEqual(bio.receive(new Uint8Array(4)), { length: 4, lost: 2 })
  t.deepEqual(next(bio), retryRead)
})

test('C1 a tap is called before and after, in that order, for each datagram and each way', t => {
  const seen: unknown[] = []
  const { bio, far } = tapped({
    beforeSend: datagram => void seen.push(['before send', [...datagram]]),
    afterSend: (datagram, outcome) => void seen.push(['after send', [...datagram], outcome]),
    beforeReceive: into => void seen.push(['before receive', into.length]),
    afterReceive: (datagram, outcome) => void seen.push(['after receive', [...datagram], outcome]),
  })
  bio.send(Uint8Array.of(1, 2))
  bio.send(new Uint8Array(0))
  bio.receive(new Uint8Array(3))
  far.send(Uint8Array.of(4, 5))
  bio.receive(new Uint8Array(1))
  t.deepEqual(seen, [
    ['before send', [1, 2]],
    ['after send', [1, 2], 'done'],
    ['before send', []],
    ['after send', [], 'done'],
    ['before receive', 3],
    ['after receive', [], retryRead],
    ['before receive', 1],
    ['after receive', [4], { length: 1, lost: 1 }],
  ])
})

test('C1 a veto before is the answer, and nothing below is called', t => {
  const after = () => {
    throw new Error('not to be called')
  }
  const error = new Error('forbidden')
  for (const veto of ['done', retryWrite, { stop: 'broken', error } as const] as const) {
    const { bio, far } = tapped({ beforeSend: () => veto, afterSend: after })
    t.is(bio.send(counted(3)), veto)
    t.is(far.pending, undefined)
  }
  for (const veto of [retryRead, eof]) {
    const { bio, far } = tapped({ beforeReceive: () => veto, afterReceive: after })
    far.send(counted(3))
    t.is(bio.receive(new Uint8Array(9)), veto)
    t.is(bio.pending, 3)
  }
})

test('a tap replaces what is sent and what is received', t => {
  const flip = (bytes: Uint8Array) => bytes.map(byte => byte ^ 0xff)
  const { bio, far } = tapped({
    beforeSend: flip,
    afterReceive: (datagram, outcome) => {
      if ('stop' in outcome) return undefined
      datagram.set(flip(datagram))
      return { length: datagram.length - 1, lost: outcome.lost }
    },
  })
  const bytes = counted(5)
  bio.send(bytes)
  t.deepEqual(bytes, counted(5))
  t.deepEqual(next(far), flip(counted(5)))
  far.send(counted(4))
  t.deepEqual(next(bio), flip(counted(4)).subarray(0, 3))
})

test('a tap loses datagrams: done for what is not sent, retry for what came', t => {
  let count = 0
  const everySecond = () => count++ % 2 === 0
  const out = tapped({ beforeSend: () => (everySecond() ? 'done' : undefined) })
  for (let i = 0; i < 4; i++) t.is(out.bio.send(counted(1, i)), 'done')
  t.deepEqual(next(out.far), counted(1, 1))
  t.deepEqual(next(out.far), counted(1, 3))
  t.deepEqual(next(out.far), retryRead)
  const back = tapped({ afterReceive: () => (everySecond() ? retryRead : undefined) })
  for (let i = 0; i < 2; i++) back.far.send(counted(1, i))
  t.deepEqual(next(back.bio), retryRead)
  t.deepEqual(next(back.bio), counted(1, 1))
})

test('what a tap makes is checked: no bytes, no callbacks, and a datagram longer than came are refused', t => {
  const type = { instanceOf: TypeError, code: 'ERR_BIO_INVALID_ARGUMENT' }
  t.throws(() => new DatagramTapFilter(undefined as unknown as DatagramTap), type)
  const text = tapped({ beforeSend: () => 'text' as unknown as Uint8Array })
  t.throws(() => text.bio.send(counted(1)), type)
  const longer: Datagram = { length: 4, lost: 0 }
  const { bio, far } = tapped({ afterReceive: () => longer })
  far.send(counted(3))
  t.throws(() => bio.receive(new Uint8Array(9)), { instanceOf: RangeError })
  t.throws(() => bio.receive('x' as unknown as Uint8Array), type)
  t.throws(() => bio.send('x' as unknown as Uint8Array), type)
})
