/** The stock of buffers, the queue and the plaintext's memory, to the byte. */
import { Buffers, RecordReader, RecordSizing, RecordWriter } from '@biopair/record'
import test from 'ava'
import { bytesOf, drain, feed, reading, record, writerOf } from './support.ts'

const [small, large] = [512, 17 * 1024]

test('a stock has two sizes and makes longer ones to measure, 4-aligned', t => {
  const buffers = new Buffers()
  for (const [length, size] of [
    [0, small],
    [small, small],
    [small + 1, large],
    [large, large],
    [large + 1, large + 4],
    [large + 4, large + 4],
    [large + 5, large + 8],
  ] as const) {
    const bytes = buffers.take(length)
    t.is(bytes.length, size)
    t.is(bytes.byteOffset % 4, 0)
  }
})

test('a stock keeps four of each size unless told otherwise, and no others', t => {
  for (const [buffers, keep] of [
    [new Buffers(), 4],
    [new Buffers(1), 1],
    [new Buffers(0), 0],
  ] as const) {
    for (const length of [1, 1000, 20_000]) {
      const taken = Array.from({ length: 6 }, () => buffers.take(length))
      for (const one of taken) buffers.give(one)
    }
    t.is(buffers.held, keep * (small + large))
    const again = Array.from({ length: 6 }, () => buffers.take(1))
    t.is(new Set(again).size, 6)
    t.is(buffers.held, keep * large)
  }
})

test('what is given back is wiped as far as it was secret', t => {
  const buffers = new Buffers()
  for (const secret of [undefined, 0, 1, 100, 512]) {
    const bytes = buffers.take(1).fill(7)
    buffers.give(bytes, secret)
    const again = buffers.take(1)
    t.is(again, bytes)
    t.is(again.indexOf(7), secret === 512 ? -1 : (secret ?? 0))
  }
})

test('a queue keeps its memory while it can, moves what waits to the front, and doubles what is needed', t => {
  const writer = new RecordWriter()
  const put = (length: number) => writer.write('handshake', bytesOf(length - 5))
  put(300)
  put(212)
  t.is(writer.footprint, small, 'full to the last byte')
  writer.sent(412)
  put(156)
  t.is(writer.footprint, small, 'the 100 bytes that wait went to the front')
  t.is(writer.queue, 256)
  writer.sent(255)
  put(300)
  t.is(writer.footprint, large + small, 'more than half of it is needed')
  put(256)
  t.is(writer.queue, 557)
  t.deepEqual(
    feed(new RecordReader({ begun: true }), drain(writer).subarray(1)).map(
      ({ content }) => content.length / 2,
    ),
    [295, 251],
  )
  t.is(writer.footprint, large + small)
})

test('what needs many records is made room for once', t => {
  const taken: number[] = []
  class Counting extends Buffers {
    override take(length: number) {
      taken.push(length)
      return super.take(length)
    }
  }
  const writer = new RecordWriter({ buffers: new Counting(), maxFragment: 512 })
  writer.write('handshake', bytesOf(5000))
  t.deepEqual(taken, [5000 + 10 * 5])
})

test('plaintext stays in the memory that it has; a long record among short ones keeps the large one', t => {
  const reader = new RecordReader()
  reader.protect(reading(1))
  const writer = writerOf(1)
  const pass = (length: number): number => {
    writer.write('application_data', bytesOf(length))
    const seen = feed(reader, drain(writer))
    t.is(seen[0]?.content.length, 2 * length)
    return reader.footprint - 5
  }
  t.is(pass(100), small)
  t.is(pass(1000), large)
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 15; i++) t.is(pass(100), large)
    t.is(pass(small - 16), large)
  }
  for (let i = 0; i < 15; i++) t.is(pass(small - 17), large)
  t.is(pass(100), small)
  for (let i = 0; i < 20; i++) t.is(pass(100), small)
})

test('a body without content holds no memory', t => {
  const reader = new RecordReader()
  feed(reader, record(22, [1, 2, 3]))
  t.is(reader.footprint, 5 + small)
  reader.release()
  t.is(reader.footprint, 5)
})

test('records are large from the byte on that the small ones came to, and names are told', t => {
  let now = 0
  const sizing = new RecordSizing({ small: 100, after: 200, idle: 10 }, () => now)
  sizing.made(199)
  t.is(sizing.length(), 100, 'the first is young')
  sizing.made(199)
  t.is(sizing.length(), 100)
  sizing.made(1)
  t.is(sizing.length(), 16384)
  now = 10
  t.is(sizing.length(), 16384)
  now = 21
  t.is(sizing.length(), 100)
  for (const name of ['small', 'after', 'idle']) {
    const error = t.throws(() => new RecordSizing({ [name]: -1 }, () => now), {
      instanceOf: RangeError,
    })
    t.true(error?.message.startsWith(`${name} is`))
  }
  for (const name of ['maxFragment', 'maxQueue']) {
    const error = t.throws(() => new RecordWriter({ [name]: 0 }), { instanceOf: RangeError })
    t.true(error?.message.startsWith(`${name} is`))
  }
  const limits = [new RecordReader(), new RecordWriter()]
  for (const one of limits) {
    const error = t.throws(() => Object.assign(one, { maxPlaintext: 62 }), {
      instanceOf: RangeError,
    })
    t.true(error?.message.startsWith('maxPlaintext is'))
  }
  t.is(new RecordWriter({ maxQueue: 1 }).room(), 1)
  t.is(new RecordWriter().room(), 256 * 1024)
})
