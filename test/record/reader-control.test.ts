/** What a reader is told while bytes come: limits, keys, and that it goes on elsewhere. */
import {
  Buffers,
  plainRead,
  plainWrite,
  RecordError,
  RecordReader,
  RecordWriter,
} from '@biopair/record'
import { TlsAlert } from '@biopair/wire'
import test from 'ava'
import { bytesOf, drain, feed, reading, record, writerOf } from './support.ts'

test('a whole record is taken by one offer, and a header alone by one that has no more', t => {
  const writer = writerOf(1)
  writer.write('application_data', bytesOf(50))
  const bytes = drain(writer)
  const reader = new RecordReader()
  reader.protect(reading(1))
  t.is(reader.offer(bytes), bytes.length)
  t.is(reader.offer(bytes), 0)
  t.is(reader.next()?.fragment.length, 50)
  t.true(reader.protects)
  t.is(reader.offer(bytes.subarray(0, 3)), 3)
  t.is(reader.offer(bytes.subarray(3)), bytes.length - 3)
  const plain = new RecordReader()
  t.is(plain.offer(record(22, [1, 2])), 7)
  plain.next()
  t.false(plain.protects)
})

test('less content in the clear is held to from the next record on, one whose header is here too', t => {
  const reader = new RecordReader()
  t.throws(() => Object.assign(reader, { maxClear: 62 }), { instanceOf: RangeError })
  t.throws(() => Object.assign(reader, { maxClear: 16385 }), { instanceOf: RangeError })
  reader.maxClear = 512
  t.is(feed(reader, record(22, bytesOf(512))).length, 1)
  reader.offer(record(22, bytesOf(513)).subarray(0, 5))
  t.throws(() => reader.next(), { instanceOf: TlsAlert })
  const late = new RecordReader()
  late.offer(record(22, bytesOf(513)).subarray(0, 100))
  t.is(late.next(), undefined)
  late.maxClear = 512
  const error = t.throws(() => late.next(), { instanceOf: TlsAlert })
  t.is(error.alert, 'record_overflow')
})

test('what is held of a record goes on in another reader, wherever it was cut', t => {
  const writer = writerOf(1)
  writer.write('application_data', bytesOf(30))
  const bytes = drain(writer)
  for (let cut = 0; cut < bytes.length; cut++) {
    const [here, there] = [new RecordReader(), new RecordReader({ begun: true })]
    here.protect(reading(1))
    there.protect(reading(1))
    t.deepEqual(feed(here, bytes.subarray(0, cut)), [])
    const { part } = here
    t.is(part.length, here.buffered)
    t.deepEqual(part, bytes.slice(0, cut))
    here.wipe()
    feed(there, part)
    t.is(feed(there, bytes.subarray(cut)).length, 1)
  }
})

test('no key changes and none is pending while an opened record waits', t => {
  const reader = new RecordReader()
  reader.offer(record(22, [1]))
  for (const changes of [() => reader.protect(reading(1)), () => reader.pend(reading(1))]) {
    const error = t.throws(changes, { instanceOf: RecordError })
    t.is(error?.code, 'ERR_RECORD_WAITING')
  }
  reader.next()
  t.notThrows(() => reader.protect(reading(1)))
})

test('the longest record is that of the key at hand', t => {
  const reader = new RecordReader()
  for (const seed of [1, 2]) {
    reader.protect(reading(seed))
    t.notThrows(() => reader.limit(100), 'nothing came under this key')
    reader.maxPlaintext = 16384
    const writer = writerOf(seed)
    writer.write('application_data', bytesOf(200))
    writer.write('application_data', bytesOf(20))
    feed(reader, drain(writer))
    t.throws(() => reader.limit(198), { instanceOf: TlsAlert })
    t.notThrows(() => reader.limit(200))
    reader.maxPlaintext = 16384
  }
})

test('a stock that is shared is neither counted nor emptied by one of its readers', t => {
  const buffers = new Buffers()
  const kept = [buffers.take(1), buffers.take(513)]
  for (const one of kept) buffers.give(one)
  const held = 512 + 17 * 1024
  t.is(buffers.held, held)
  const reader = new RecordReader({ buffers })
  t.is(reader.footprint, 5)
  reader.release()
  reader.wipe()
  t.is(buffers.held, held)
  const own = new RecordReader()
  feed(own, record(22, bytesOf(100)), [50])
  t.true(own.footprint > 5 + 512)
  own.release()
  t.is(own.footprint, 5)
})

test('only early data that does not open is passed over: what is wrong inside is told', t => {
  const reader = new RecordReader()
  reader.protect(reading(1))
  reader.skipEarlyData(1000)
  const early = writerOf(9)
  early.write('application_data', bytesOf(20))
  t.deepEqual(feed(reader, drain(early)), [])
  const writer = writerOf(1)
  writer.write('alert', Uint8Array.of(1, 0, 0))
  const error = t.throws(() => feed(reader, drain(writer)), { instanceOf: TlsAlert })
  t.is(error.alert, 'decode_error')
})

test('a key that was pending takes the place of the one before, which is wiped, and its limit begins anew', t => {
  const wiped: string[] = []
  const named = (name: string, seed: number) => {
    const protection = reading(seed)
    return Object.assign(protection, { wipe: () => void wiped.push(name) })
  }
  const reader = new RecordReader({ begun: true })
  reader.protect(named('first', 1))
  const writer = writerOf(1)
  writer.write('application_data', bytesOf(200))
  feed(reader, drain(writer))
  reader.pend(named('second', 2))
  t.deepEqual(wiped, [])
  t.deepEqual(feed(reader, record(20, [1])), [])
  t.deepEqual(wiped, ['first'])
  t.notThrows(() => reader.limit(100))
  reader.pend(named('third', 3))
  reader.wipe()
  t.deepEqual(wiped, ['first', 'second', 'third'])
  t.is(reader.wanted, 0)
})

test('a limit is told as it was set; what fails on our side passes through, and is not held against the peer', t => {
  const [reader, writer] = [new RecordReader({ begun: true }), new RecordWriter()]
  for (const limit of [63, 100, 16384]) {
    for (const one of [reader, writer]) {
      one.maxPlaintext = limit
      t.is(one.maxPlaintext, limit)
    }
  }
  const wiped: string[] = []
  const error = new Error('the provider failed')
  const failing = Object.assign(reading(1), {
    open: () => {
      throw error
    },
    wipe: () => void wiped.push('failing'),
  })
  reader.protect(failing)
  t.is(
    t.throws(() => reader.offer(record(23, bytesOf(20)))),
    error,
  )
  t.notThrows(() => reader.next())
  reader.protect(reading(2))
  t.deepEqual(wiped, ['failing'])
})

test('before there is a key nothing is sealed, nothing added, and no limit reached', t => {
  t.is(new RecordWriter().sealedRecords, 0)
  t.false(new RecordWriter().limitReached)
  t.deepEqual([plainRead.overhead, plainWrite.overhead, plainRead.maxBody], [0, 0, 16384])
  t.deepEqual([plainRead.hides, plainWrite.hides], ['nothing', 'nothing'])
})

test('release lets go of the memory of a body of which nothing has come, and of no other', t => {
  const reader = new RecordReader({ buffers: new Buffers() })
  const bytes = record(22, bytesOf(100))
  reader.offer(bytes.subarray(0, 5))
  reader.room()
  t.is(reader.footprint, 5 + 512)
  reader.release()
  t.is(reader.footprint, 5)
  reader.offer(bytes.subarray(5, 6))
  reader.release()
  t.is(reader.footprint, 5 + 512)
  t.is(feed(reader, bytes.subarray(6)).length, 1)
})
