import { Buffers, type ContentTypeName, RecordReader, RecordWriter } from '@biopair/record'
import { TlsAlert } from '@biopair/wire'
import test from 'ava'
import fc from 'fast-check'
import {
  bytesOf,
  drain,
  feed,
  hexOf,
  reading,
  type Seen,
  slices,
  ways,
  writerOf,
  writing,
} from './support.ts'

interface Piece {
  readonly type: Exclude<ContentTypeName, 'change_cipher_spec'>
  readonly length: number
}

const lengths = fc.oneof(
  { weight: 6, arbitrary: fc.nat(300) },
  { weight: 2, arbitrary: fc.nat(16384) },
  { weight: 1, arbitrary: fc.constantFrom(511, 512, 513, 16383, 16384, 16385, 40000) },
)
const pieces: fc.Arbitrary<Piece[]> = fc.array(
  fc.oneof(
    fc.record({ type: fc.constant('application_data' as const), length: lengths }),
    fc.record({
      type: fc.constant('handshake' as const),
      length: lengths.map(length => Math.max(1, length)),
    }),
    fc.record({ type: fc.constant('alert' as const), length: fc.constant(2) }),
  ),
  { maxLength: 6 },
)

/** What pieces become when they are cut at `cut`. */
function expected(list: readonly Piece[], cut: number): Seen[] {
  return list.flatMap(({ type, length }, turn) => {
    const bytes = bytesOf(length, turn)
    const count = Math.max(1, Math.ceil(length / cut))
    return Array.from({ length: count }, (_, i) => ({
      type,
      content: hexOf(bytes.subarray(i * cut, (i + 1) * cut)),
    }))
  })
}

test('bytes may be cut anywhere: any slicing, lent or read, gives the records that were written', t => {
  fc.assert(
    fc.property(
      pieces,
      fc.constantFrom(512, 1000, 16384),
      fc.nat(200),
      slices,
      ways,
      fc.boolean(),
      (list, maxFragment, pad, sizes, way, shared) => {
        const buffers = new Buffers(2)
        const options = shared ? { buffers } : {}
        const writer = writerOf(1, {
          maxFragment,
          padding: (_, length) => (length * pad) % 257,
          ...options,
        })
        for (const [turn, { type, length }] of list.entries())
          writer.write(type, bytesOf(length, turn))
        const reader = new RecordReader(options)
        reader.protect(reading(1))
        t.deepEqual(feed(reader, drain(writer), sizes, way), expected(list, maxFragment))
        t.is(reader.buffered, 0)
        t.is(reader.wanted, 5)
      },
    ),
    { numRuns: 80 },
  )
})

test('before there is a key, any slicing gives the records that were written', t => {
  fc.assert(
    fc.property(
      pieces.map(list => list.filter(({ type }) => type !== 'application_data')),
      slices,
      ways,
      (list, sizes, way) => {
        const writer = new RecordWriter({ maxFragment: 700, initialVersion: 0x0301 })
        for (const [turn, { type, length }] of list.entries())
          writer.write(type, bytesOf(length, turn))
        t.deepEqual(feed(new RecordReader(), drain(writer), sizes, way), expected(list, 700))
      },
    ),
    { numRuns: 40 },
  )
})

test('the queue may be sent in any pieces and written to in between: the bytes are the same', t => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ length: fc.nat(3000), take: fc.nat(4000) }), { maxLength: 30 }),
      steps => {
        const once = writerOf(5)
        const piecemeal = writerOf(5)
        const taken: Uint8Array[] = []
        for (const { length, take } of steps) {
          once.write('application_data', bytesOf(length))
          piecemeal.write('application_data', bytesOf(length))
          const run = piecemeal.pending().slice(0, take)
          taken.push(run)
          piecemeal.sent(run.length)
        }
        taken.push(drain(piecemeal))
        t.deepEqual(Buffer.concat(taken), Buffer.from(drain(once)))
        t.is(piecemeal.queue, 0)
      },
    ),
    { numRuns: 60 },
  )
})

test('a record sealed into lent room is the record that the queue would hold', t => {
  fc.assert(
    fc.property(fc.nat(16384), fc.nat(40), fc.nat(60), (length, pad, room) => {
      const options = { padding: () => pad }
      const queued = writerOf(6, options)
      queued.write('application_data', bytesOf(length))
      const direct = writerOf(6, options)
      const size = direct.recordSize(length)
      t.is(size, queued.queue)
      // Somewhere inside a ring, at any alignment, with a little less or more room than the record needs.
      const ring = new Uint8Array(size + 100).fill(0x55)
      const into = ring.subarray(7, 7 + size - 30 + room)
      const used = direct.sealInto('application_data', bytesOf(length), into)
      if (into.length < size) {
        t.is(used, 0)
        t.true(ring.every(byte => byte === 0x55))
        direct.write('application_data', bytesOf(length))
        t.deepEqual(drain(direct), drain(queued))
        return
      }
      t.is(used, size)
      t.deepEqual(ring.slice(7, 7 + size), drain(queued))
      t.true(ring.subarray(7 + size).every(byte => byte === 0x55))
    }),
    { numRuns: 60 },
  )
})

test('a tampered record is never opened: each flipped bit of header or body is an alert and no plaintext', t => {
  const writer = writerOf(7, { padding: () => 3 })
  writer.write('application_data', bytesOf(40))
  const good = drain(writer)
  for (let bit = 0; bit < good.length * 8; bit++) {
    const bad = good.slice()
    bad[bit >> 3] = (bad[bit >> 3] as number) ^ (1 << (bit & 7))
    // A longer length would wait for more bytes: give it enough to judge.
    const stream = Buffer.concat([bad, new Uint8Array(20000)])
    const reader = new RecordReader()
    reader.changeCipherSpec = 'drop'
    reader.allowPlaintextAlert = true
    reader.protect(reading(7))
    const error = t.throws(() => feed(reader, stream), { instanceOf: TlsAlert }, `bit ${bit}`)
    t.is(error?.origin, 'sent')
    t.is(reader.wanted, 0)
  }
})

test('records that are dropped, repeated or swapped do not open', t => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 2, maxLength: 5 }),
      fc.constantFrom('drop', 'repeat', 'swap'),
      fc.nat(),
      (list, change, where) => {
        const writer = writerOf(8)
        const records = list.map(length => {
          writer.write('application_data', bytesOf(length))
          return drain(writer)
        })
        const at = where % (records.length - 1)
        const one = records[at] as Uint8Array<ArrayBuffer>
        const two = records[at + 1] as Uint8Array<ArrayBuffer>
        const changed = { drop: [two], repeat: [one, one], swap: [two, one] }[
          change
        ] as Uint8Array[]
        records.splice(at, 2, ...(changed as Uint8Array<ArrayBuffer>[]))
        const reader = new RecordReader()
        reader.protect(reading(8))
        const error = t.throws(() => feed(reader, Buffer.concat(records)), { instanceOf: TlsAlert })
        t.is(error?.alert, 'bad_record_mac')
      },
    ),
    { numRuns: 60 },
  )
})

test('keys change between records, and what is queued stays sealed as it was', t => {
  const writer = writerOf(1)
  const reader = new RecordReader()
  reader.protect(reading(1))
  writer.write('handshake', bytesOf(10))
  const first = writer.queue
  writer.protect(writing(2))
  t.is(writer.sealedRecords, 0)
  writer.write('application_data', bytesOf(20))
  t.is(writer.sealedRecords, 1)
  const bytes = drain(writer)
  t.deepEqual(feed(reader, bytes.subarray(0, first + 3)), [
    { type: 'handshake', content: hexOf(bytesOf(10)) },
  ])
  // Three bytes of the next header are here already.
  reader.protect(reading(2))
  t.deepEqual(feed(reader, bytes.subarray(first + 3)), [
    { type: 'application_data', content: hexOf(bytesOf(20)) },
  ])
})

test('a key that another takes the place of is wiped', t => {
  const writer = new RecordWriter()
  const reader = new RecordReader()
  const write = writing(1)
  const read = reading(1)
  writer.protect(write)
  reader.protect(read)
  writer.protect(writing(2))
  reader.protect(reading(2))
  const into = new Uint8Array(64)
  t.throws(() => write.seal(23, 0x0303, bytesOf(4), 0, new Uint8Array(64), into, 0))
  t.throws(() => read.open(into.subarray(0, 5), into.subarray(5, 40), new Uint8Array(64)))
})
