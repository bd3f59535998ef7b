import { Buffers, RecordReader, RecordWriter } from '@biopair/record'
import test from 'ava'
import { bytesOf, drain, feed, reading, writerOf, writing } from './support.ts'

test('nothing is allocated before the first record', t => {
  t.is(new RecordReader().footprint, 5)
  t.is(new RecordWriter().footprint, 0)
})

test('an idle connection holds less than 1 KiB after bulk, with buffers of its own', t => {
  const writer = writerOf(1)
  const reader = new RecordReader()
  reader.protect(reading(1))
  for (let i = 0; i < 3; i++) {
    writer.write('application_data', bytesOf(50000))
    feed(reader, drain(writer), [7000], 'both')
  }
  t.true(reader.footprint + writer.footprint > 16384)
  reader.release()
  writer.release()
  t.true(reader.footprint + writer.footprint <= 1024)
  writer.write('application_data', bytesOf(50000))
  t.is(feed(reader, drain(writer)).length, 4)
})

test('connections that share a stock hold nothing between records, and the stock stays small', t => {
  const buffers = new Buffers(2)
  const ends = Array.from({ length: 20 }, (_, seed) => {
    const writer = writerOf(seed, { buffers })
    const reader = new RecordReader({ buffers })
    reader.protect(reading(seed))
    return { writer, reader }
  })
  for (const { writer, reader } of ends) {
    writer.write('application_data', bytesOf(16384))
    feed(reader, drain(writer), [9000])
    t.is(writer.footprint, 0)
    reader.release()
    t.is(reader.footprint, 5)
  }
  t.true(buffers.held <= 2 * (512 + 17 * 1024))
  buffers.drop()
  t.is(buffers.held, 0)
})

test('release keeps a record that has begun, and what is queued', t => {
  const writer = writerOf(1)
  const reader = new RecordReader()
  reader.protect(reading(1))
  writer.write('application_data', bytesOf(3000))
  writer.release()
  const bytes = drain(writer)
  feed(reader, bytes.subarray(0, 1000))
  reader.release()
  t.is(reader.buffered, 1000)
  t.is(feed(reader, bytes.subarray(1000))[0]?.content.length, 6000)
})

test('a large plaintext buffer gives way to a small one once short records are the rule', t => {
  const writer = writerOf(1)
  const reader = new RecordReader()
  reader.protect(reading(1))
  writer.write('application_data', bytesOf(16384))
  reader.offer(drain(writer))
  const large = reader.next()?.fragment
  t.true(reader.footprint > 16384)
  for (let i = 0; i < 16; i++) {
    writer.write('application_data', bytesOf(30))
    reader.offer(drain(writer))
    reader.next()
  }
  t.true(reader.footprint <= 1024)
  t.true(large?.every(byte => byte === 0))
})

test('a queue grows with what waits and is let go when it is empty', t => {
  const buffers = new Buffers()
  const writer = writerOf(1, { buffers })
  writer.write('alert', Uint8Array.of(1, 0))
  t.is(writer.footprint, 512)
  writer.write('handshake', bytesOf(60000))
  t.true(writer.footprint < 4 * 60000)
  drain(writer)
  t.is(writer.footprint, 0)
})

test('scratch goes back into a stock without the plaintext that was sealed', t => {
  const kept: Uint8Array[] = []
  class Watched extends Buffers {
    override take(length: number) {
      const bytes = super.take(length)
      kept.push(bytes)
      return bytes
    }
  }
  const writer = new RecordWriter({ buffers: new Watched() })
  const secret = bytesOf(200, 77)
  // A provider that leaves the scratch as it found it.
  const inner = writing(1)
  writer.protect({
    hides: 'content_and_type',
    overhead: 17,
    sealed: 0,
    recordLimit: Number.POSITIVE_INFINITY,
    seal(type, version, content, padding, work, into, at) {
      work.set(content)
      return inner.seal(type, version, content, padding, new Uint8Array(work.length), into, at)
    },
    wipe() {},
  })
  writer.write('application_data', secret)
  const found = kept.filter(bytes => Buffer.from(bytes).includes(Buffer.from(secret)))
  t.true(kept.length >= 2)
  t.is(found.length, 0)
})
