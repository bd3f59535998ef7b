/** Padding policies as the record layer asks them (RFC 9846 section 5.4). */
import { blockPadding, type ContentTypeName, type Padding, RecordReader } from '@biopair/record'
import test from 'ava'
import fc from 'fast-check'
import { bytesOf, drain, feed, hexOf, reading, slices, ways, writerOf } from './support.ts'

const types = fc.constantFrom<ContentTypeName>('application_data', 'handshake', 'alert')
const content = (type: ContentTypeName, length: number) => (type === 'alert' ? 2 : length)

/** What a writer with this policy puts on the wire for one record of so much content. */
function onTheWire(padding: Padding, length: number, type: ContentTypeName, limit = 16384): number {
  const writer = writerOf(1, { padding })
  writer.maxPlaintext = limit
  writer.write(type, bytesOf(length))
  return drain(writer).length
}

test('whatever a policy says, what was written is read, and no record goes beyond its limit', t => {
  const records = fc.array(
    fc.record({ type: types, length: fc.integer({ min: 1, max: 3000 }), pad: fc.nat(20000) }),
    { minLength: 1, maxLength: 8 },
  )
  const limits = fc.integer({ min: 63, max: 16384 })
  fc.assert(
    fc.property(records, limits, slices, ways, (list, limit, sizes, way) => {
      let asked = 0
      // A policy that never says the same twice.
      const writer = writerOf(1, { padding: () => (list[asked++ % list.length]?.pad ?? 0) + asked })
      writer.maxPlaintext = limit
      for (const [turn, { type, length }] of list.entries())
        writer.write(type, bytesOf(content(type, length), turn))
      const bytes = drain(writer)
      const reader = new RecordReader({ maxPlaintext: limit })
      reader.protect(reading(1))
      const whole = new Map<string, string>()
      let records = 0
      for (const seen of feed(reader, bytes, sizes, way)) {
        whole.set(seen.type, (whole.get(seen.type) ?? '') + seen.content)
        records++
      }
      t.is(asked, records, 'asked once for each record')
      const wanted = new Map<string, string>()
      for (const [turn, { type, length }] of list.entries())
        wanted.set(type, (wanted.get(type) ?? '') + hexOf(bytesOf(content(type, length), turn)))
      t.deepEqual(whole, wanted)
    }),
    { numRuns: 80 },
  )
})

test('block padding: what has the same number of blocks has the same length, whatever its type', t => {
  const lengths = fc.integer({ min: 1, max: 16384 })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 16384 }), lengths, lengths, (block, one, other) => {
      const blocks = (length: number) => Math.ceil(length / block)
      const wire = (length: number) => onTheWire(blockPadding(block), length, 'application_data')
      const [a, b] = [wire(one), wire(other)]
      t.is(a === b, Math.min(blocks(one) * block, 16384) === Math.min(blocks(other) * block, 16384))
      // An alert has 2 bytes.
      if (blocks(one) === blocks(2)) t.is(onTheWire(blockPadding(block), 2, 'alert'), a)
    }),
    { numRuns: 150 },
  )
})

test('block padding: nothing at all is a block too; a whole block stays one; the limit cuts the last', t => {
  const wire = (length: number, limit?: number) =>
    onTheWire(blockPadding(512), length, 'application_data', limit) - 5 - 17
  t.deepEqual(
    [0, 1, 511, 512, 513, 16384].map(length => wire(length)),
    [512, 512, 512, 512, 1024, 16384],
  )
  t.is(wire(600, 1000), 1000)
  t.is(wire(100, 300), 300)
})

test('a policy is asked once, however often the size of the next record is', t => {
  let turn = 0
  const writer = writerOf(1, { padding: () => 100 * ++turn })
  const size = writer.recordSize(10)
  t.is(size, 5 + 10 + 100 + 17)
  t.is(writer.recordSize(10), size)
  t.is(writer.sealInto('application_data', bytesOf(10), new Uint8Array(size - 1)), 0)
  writer.write('application_data', bytesOf(10))
  t.is(writer.queue, size)
  t.deepEqual(writer.made, [size])
  t.is(turn, 1)
  drain(writer)
  t.is(writer.sealInto('application_data', bytesOf(10), new Uint8Array(999)), size + 100)
  t.is(turn, 2)
})

test('a policy that fails is asked no more: an alert still goes out', t => {
  let asked = 0
  const writer = writerOf(1, {
    padding: () => {
      asked++
      throw new Error('no dice')
    },
  })
  t.throws(() => writer.write('application_data', bytesOf(3)), { message: 'no dice' })
  t.is(writer.queue, 0)
  writer.write('alert', Uint8Array.of(2, 80))
  t.is(writer.queue, 5 + 2 + 17)
  t.is(asked, 1)
})
