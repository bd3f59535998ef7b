import { headerLength, parseHeader, RecordReader, RecordWriter } from '@biopair/record'
import test from 'ava'
import { bytesOf, drain, feed, hexOf, reading, writerOf, writing } from './support.ts'

/** The headers of the records in `bytes`. */
function headers(bytes: Uint8Array) {
  const found = []
  for (let at = 0; at < bytes.length; ) {
    const header = parseHeader(bytes.subarray(at))
    found.push(header)
    at += headerLength + header.length
  }
  return found
}

test('records end where maxFragment says, however much room there is', t => {
  const writer = writerOf(1, { maxFragment: 512, maxQueue: 1200 })
  writer.write('application_data', bytesOf(1025))
  t.deepEqual(
    headers(drain(writer)).map(header => header.length),
    [512 + 17, 512 + 17, 1 + 17],
  )
  writer.maxFragment = 1025
  writer.write('application_data', bytesOf(1025))
  t.deepEqual(
    headers(drain(writer)).map(header => header.length),
    [1025 + 17],
  )
})

test('2^14 bytes are one record, one more is two', t => {
  for (const [length, expected] of [
    [16384, [16384 + 17]],
    [16385, [16384 + 17, 1 + 17]],
  ] as const) {
    const writer = writerOf(1)
    writer.write('application_data', bytesOf(length))
    t.deepEqual(
      headers(drain(writer)).map(header => header.length),
      [...expected],
    )
  }
})

test("the peer's limit cuts too, and counts padding (RFC 8449 section 4)", t => {
  const writer = writerOf(1, { padding: () => 1000 })
  writer.maxPlaintext = 100
  t.is(writer.fragmentLength, 100)
  writer.write('application_data', bytesOf(150))
  t.deepEqual(
    headers(drain(writer)).map(header => header.length),
    [100 + 17, 100 + 17],
  )
})

test('maxFragment is from 512 to 2^14, maxPlaintext from 63 to 2^14', t => {
  for (const maxFragment of [511, 16385, 600.5, Number.NaN])
    t.throws(() => new RecordWriter({ maxFragment }), {
      instanceOf: RangeError,
      code: 'ERR_RECORD_RANGE',
    })
  const writer = new RecordWriter({ maxFragment: 512 })
  t.throws(
    () => {
      writer.maxFragment = 5
    },
    { instanceOf: RangeError },
  )
  for (const limit of [62, 16385])
    t.throws(
      () => {
        writer.maxPlaintext = limit
      },
      { instanceOf: RangeError },
    )
  t.is(writer.maxFragment, 512)
})

test('an initial ClientHello says 0x0301, everything later 0x0303 (section 5.1)', t => {
  const writer = new RecordWriter({ initialVersion: 0x0301 })
  writer.write('handshake', bytesOf(40000))
  writer.version = 0x0303
  writer.write('handshake', bytesOf(3))
  t.deepEqual(
    headers(drain(writer)).map(header => header.legacy_record_version),
    [0x0301, 0x0301, 0x0301, 0x0303],
  )
  const early = new RecordWriter({ initialVersion: 0x0301 })
  early.protect(writing(1))
  early.write('application_data', bytesOf(3))
  t.deepEqual(headers(drain(early)), [{ type: 23, legacy_record_version: 0x0303, length: 20 }])
  t.is(new RecordWriter().version, 0x0303)
})

test('application data is never written without a key (section 5.1)', t => {
  const writer = new RecordWriter()
  t.throws(() => writer.write('application_data', bytesOf(1)), { code: 'ERR_RECORD_UNPROTECTED' })
  t.throws(() => writer.sealInto('application_data', bytesOf(1), new Uint8Array(100)), {
    code: 'ERR_RECORD_UNPROTECTED',
  })
  t.is(writer.queue, 0)
})

test('handshake, alert and change_cipher_spec records have content (section 5.1)', t => {
  for (const type of ['handshake', 'alert', 'change_cipher_spec'] as const) {
    const none = new Uint8Array(0)
    t.throws(() => writerOf(1).write(type, none), { code: 'ERR_RECORD_EMPTY' })
    t.throws(() => writerOf(1).sealInto(type, none, new Uint8Array(99)), {
      code: 'ERR_RECORD_EMPTY',
    })
  }
})

test('change_cipher_spec goes out in the clear, whatever keys there are (section 5)', t => {
  const writer = writerOf(1, { padding: () => 9 })
  t.is(writer.recordSize(1, 'change_cipher_spec'), 6)
  writer.write('change_cipher_spec', Uint8Array.of(1))
  t.is(hexOf(drain(writer)), '140303000101')
  t.is(writer.sealedRecords, 0)
})

test('padding is added as asked for, up to the limit of a record (section 5.4)', t => {
  const asked: [string, number][] = []
  const writer = writerOf(1, {
    padding: (type, length) => {
      asked.push([type, length])
      return type === 'application_data' ? 20000 : 7
    },
  })
  t.is(writer.recordSize(10), 5 + 16384 + 17)
  t.is(writer.recordSize(10, 'alert'), 5 + 17 + 17)
  writer.write('application_data', bytesOf(10))
  writer.write('application_data', bytesOf(16384))
  writer.write('handshake', bytesOf(10))
  const bytes = drain(writer)
  t.deepEqual(
    headers(bytes).map(header => header.length),
    [16384 + 17, 16384 + 17, 17 + 17],
  )
  const reader = new RecordReader()
  reader.protect(reading(1))
  t.deepEqual(
    feed(reader, bytes).map(({ content }) => content.length / 2),
    [10, 16384, 10],
  )
  t.deepEqual(asked[0], ['application_data', 10])
  for (const wrong of [-1, 0.5, Number.NaN])
    t.throws(() => writerOf(1, { padding: () => wrong }).write('application_data', bytesOf(1)), {
      instanceOf: RangeError,
    })
})

test('there is no padding in the clear', t => {
  const writer = new RecordWriter({ padding: () => 50 })
  writer.write('handshake', bytesOf(4))
  t.is(writer.queue, 9)
})

test('beyond room() write takes nothing and says so', t => {
  const writer = writerOf(1, { maxQueue: 2 * (5 + 100 + 17) })
  writer.write('application_data', bytesOf(100))
  t.is(writer.room(), 122)
  t.throws(() => writer.write('application_data', bytesOf(101)), { code: 'ERR_RECORD_QUEUE_FULL' })
  t.is(writer.queue, 122)
  t.is(writer.sealedRecords, 1)
  t.is(writer.recordSize(100), 122)
  writer.write('application_data', bytesOf(100))
  t.is(writer.room(), 0)
  writer.sent(122)
  t.is(writer.room(), 122)
  const reader = new RecordReader()
  reader.protect(reading(1))
  reader.protect(reading(1, undefined, { high: 0, low: 1 }))
  t.is(feed(reader, drain(writer)).length, 1)
})

test('made says what write has queued, record by record', t => {
  for (const length of [0, 1, 511, 512, 513, 1024, 1025, 5000]) {
    const writer = writerOf(1, { maxFragment: 512, padding: (_, n) => n % 5 })
    writer.write('application_data', bytesOf(length))
    const made = [...writer.made]
    t.is(made.length, Math.max(1, Math.ceil(length / 512)))
    t.is(
      made.reduce((sum, size) => sum + size, 0),
      writer.queue,
    )
    t.deepEqual(
      made.map(size => size - 5),
      headers(drain(writer)).map(header => header.length),
    )
  }
})

test('sent refuses more than waits', t => {
  const writer = writerOf(1)
  writer.write('alert', Uint8Array.of(1, 0))
  for (const count of [-1, writer.queue + 1, 0.5, Number.NaN])
    t.throws(() => writer.sent(count), { instanceOf: RangeError, code: 'ERR_RECORD_RANGE' })
  t.is(writer.pending().length, writer.queue)
})

test('sealInto keeps order: behind something queued, beyond one record or beyond the room it does nothing', t => {
  const writer = writerOf(1)
  const run = new Uint8Array(20000)
  t.is(writer.sealInto('application_data', bytesOf(16385), run), 0)
  t.is(writer.sealInto('application_data', bytesOf(10), run.subarray(0, 31)), 0)
  t.is(writer.sealedRecords, 0)
  t.is(writer.sealInto('application_data', bytesOf(10), run.subarray(0, 32)), 32)
  writer.write('alert', Uint8Array.of(1, 0))
  t.is(writer.sealInto('application_data', bytesOf(10), run), 0)
  t.is(writer.sealedRecords, 2)
})

test('sealInto leaves shared memory to the queue', t => {
  const shared = new Uint8Array(new SharedArrayBuffer(100))
  t.is(writerOf(1).sealInto('application_data', bytesOf(10), shared), 0)
})

test('limitReached leaves one record for the KeyUpdate (section 5.5)', t => {
  const writer = writerOf(1, { recordLimit: 4 })
  for (let i = 0; i < 3; i++) {
    t.false(writer.limitReached)
    writer.write('application_data', bytesOf(1))
  }
  t.true(writer.limitReached)
  writer.write('handshake', bytesOf(5))
  t.is(writer.sealedRecords, 4)
  writer.protect(writing(2))
  t.false(writer.limitReached)
  t.is(writer.sealedRecords, 0)
})

test('the limit of the cipher suite counts without an option, and there is none without a key', t => {
  const writer = new RecordWriter({ recordLimit: 1 })
  t.false(writer.limitReached)
  const limit = Math.floor(2 ** 24.5)
  const before = new RecordWriter()
  before.protect(writing(1, undefined, { high: 0, low: limit - 2 }))
  t.false(before.limitReached)
  before.write('application_data', bytesOf(1))
  t.true(before.limitReached)
})

test('after wipe nothing is sealed, and what was queued can still be sent', t => {
  const writer = writerOf(1)
  writer.write('alert', Uint8Array.of(2, 40))
  writer.wipe()
  t.throws(() => writer.write('alert', Uint8Array.of(2, 40)))
  t.is(drain(writer).length, 24)
})
