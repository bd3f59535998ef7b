import { ascii } from '@biopair/crypto'
import {
  Buffers,
  type ContentTypeId,
  headerLength,
  maxCiphertext,
  RecordReader,
  RecordWriter,
} from '@biopair/record'
import { TlsAlert } from '@biopair/wire'
import test from 'ava'
import fc from 'fast-check'
import { standIn } from './stand-in.ts'
import {
  bytesOf,
  drain,
  feed,
  hexOf,
  reading,
  record,
  refuses,
  secretOf,
  slices,
  writerOf,
  writing,
} from './support.ts'

const changeCipherSpec = record(20, [1])
const fatal = record(21, [2, 40])

/** A reader with the key of `seed`. */
function readerOf(seed = 1): RecordReader {
  const reader = new RecordReader()
  reader.protect(reading(seed))
  return reader
}

/** A protected record with exactly this inside: content, type and padding are the test's to choose. */
function sealedInner(inner: Uint8Array, seed = 1, sequence = 0): Uint8Array<ArrayBuffer> {
  const into = new Uint8Array(headerLength + inner.length + 16)
  // The protection appends the type: what comes before it is content to it, and zeros after it are padding.
  let end = inner.length
  while (end > 1 && inner[end - 1] === 0) end--
  writing(seed, standIn, { high: 0, low: sequence }).seal(
    inner[end - 1] as ContentTypeId,
    0x0303,
    inner.subarray(0, end - 1),
    inner.length - end,
    new Uint8Array(inner.length + 16),
    into,
    0,
  )
  return into
}

test('wanted is 5, then the body, exactly, and 0 while a record waits', t => {
  const reader = new RecordReader()
  const bytes = record(22, bytesOf(9))
  t.is(reader.wanted, 5)
  t.is(reader.buffered, 0)
  for (let at = 0; at < bytes.length; at++) {
    t.is(reader.wanted, at < 5 ? 5 - at : bytes.length - at)
    t.is(reader.buffered, at)
    t.is(reader.room().length, reader.wanted)
    t.is(reader.next(), undefined)
    t.is(reader.offer(bytes.subarray(at, at + 1)), 1)
  }
  t.is(reader.wanted, 0)
  t.is(reader.room().length, 0)
  t.is(reader.offer(bytes), 0)
  t.is(hexOf(reader.next()?.fragment ?? bytes), hexOf(bytesOf(9)))
  t.is(reader.wanted, 5)
})

test('offer takes one record at most', t => {
  const reader = new RecordReader()
  const two = Uint8Array.of(...record(22, bytesOf(9)), ...record(22, bytesOf(3)))
  t.is(reader.offer(two), 14)
  t.is(reader.next()?.fragment.length, 9)
  t.is(reader.offer(two.subarray(14)), 8)
  t.is(reader.next()?.fragment.length, 3)
  t.is(reader.offer(new Uint8Array(0)), 0)
})

test('filled refuses more than was wanted', t => {
  const reader = new RecordReader()
  for (const count of [6, -1, 0.5, Number.NaN])
    t.throws(() => reader.filled(count), { instanceOf: RangeError, code: 'ERR_RECORD_RANGE' })
  reader.filled(0)
  t.is(reader.wanted, 5)
})

test('a record that lies whole in a lent run is opened without copying its ciphertext', t => {
  const buffers = new Buffers()
  const reader = new RecordReader({ buffers })
  reader.protect(reading(1))
  const writer = writerOf(1)
  writer.write('application_data', bytesOf(5000))
  const bytes = drain(writer)
  reader.offer(bytes.subarray(0, 2))
  reader.offer(bytes.subarray(2))
  t.is(reader.next()?.fragment.length, 5000)
  t.is(buffers.held, 0)
})

test('shared memory is copied before it is opened', t => {
  const buffers = new Buffers()
  const reader = new RecordReader({ buffers })
  reader.protect(reading(1))
  const writer = writerOf(1)
  writer.write('application_data', bytesOf(100))
  const shared = new Uint8Array(new SharedArrayBuffer(writer.queue))
  shared.set(drain(writer))
  t.is(reader.offer(shared), shared.length)
  t.is(hexOf(reader.next()?.fragment ?? shared), hexOf(bytesOf(100)))
  t.true(buffers.held > 0)
})

test('the fragment is 4-aligned and the header is told as it came', t => {
  const reader = new RecordReader()
  reader.offer(record(22, bytesOf(7), 0x0301))
  const opened = reader.next()
  t.deepEqual(opened?.header, { type: 22, legacy_record_version: 0x0301, length: 7 })
  t.is((opened?.fragment.byteOffset ?? 1) % 4, 0)
})

test('after the first record the version is ignored (section 5.1)', t => {
  const reader = new RecordReader()
  const seen = feed(
    reader,
    Uint8Array.of(...record(22, [1], 0x0300), ...record(22, [2], 0x7f7f), ...record(22, [3], 0)),
  )
  t.is(seen.length, 3)
})

for (const [text, reason] of [
  ['GET / HTTP/1.1\r\n', 'HTTP_REQUEST'],
  ['POST / HTTP/1.1\r\n', 'HTTP_REQUEST'],
  ['HEAD / HTTP/1.1\r\n', 'HTTP_REQUEST'],
  ['PUT / HTTP/1.1\r\n', 'HTTP_REQUEST'],
  ['OPTIONS * HTTP/1.1\r\n', 'HTTP_REQUEST'],
  ['CONNECT a:443 HTTP/1.1\r\n', 'HTTPS_PROXY_REQUEST'],
  ['HTTP/1.1 400 Bad Request\r\n', 'WRONG_VERSION_NUMBER'],
  ['SSH-2.0-OpenSSH\r\n', 'WRONG_VERSION_NUMBER'],
] as const)
  test(`a stranger that begins with ${text.trim()} is told protocol_version (${reason})`, t => {
    refuses(t, new RecordReader(), ascii(text), 'protocol_version', reason)
  })

test('a stranger is refused at the fifth byte, before any body is waited for', t => {
  const reader = new RecordReader()
  reader.offer(ascii('GET /'))
  t.throws(() => reader.next(), { instanceOf: TlsAlert })
})

test('content type 24 in the clear is unexpected_message (section 5)', t => {
  refuses(t, new RecordReader(), record(24, [1]), 'unexpected_message', 'UNEXPECTED_RECORD')
})

test('application data before there is a key is unexpected_message (section 5.1)', t => {
  refuses(t, new RecordReader(), record(23, [1]), 'unexpected_message', 'APP_DATA_IN_HANDSHAKE')
})

test('2^14 bytes in the clear are taken, one more is record_overflow at its header (section 5.1)', t => {
  t.is(feed(new RecordReader(), record(22, bytesOf(16384))).length, 1)
  refuses(
    t,
    new RecordReader(),
    record(22, bytesOf(16385)).subarray(0, 5),
    'record_overflow',
    'DATA_LENGTH_TOO_LONG',
  )
})

test('a ciphertext of 2^14 + 256 bytes is tried, one more is record_overflow at its header (section 5.2)', t => {
  refuses(
    t,
    readerOf(),
    record(23, new Uint8Array(maxCiphertext)),
    'bad_record_mac',
    'DECRYPTION_FAILED_OR_BAD_RECORD_MAC',
  )
  refuses(
    t,
    readerOf(),
    record(23, new Uint8Array(maxCiphertext + 1)).subarray(0, 5),
    'record_overflow',
    'ENCRYPTED_LENGTH_TOO_LONG',
  )
})

test('an inner plaintext of 2^14 + 1 bytes is taken, one more is record_overflow (section 5.4)', t => {
  for (const content of [16384, 16000, 0]) {
    const inner = new Uint8Array(16385)
    inner.set(bytesOf(content))
    inner[content] = 23
    t.is(feed(readerOf(), sealedInner(inner))[0]?.content.length, 2 * content)
    const longer = new Uint8Array(16386)
    longer.set(inner)
    refuses(t, readerOf(), sealedInner(longer), 'record_overflow', 'DATA_LENGTH_TOO_LONG')
  }
})

test('a smaller maxPlaintext counts padding, and does not touch records in the clear (RFC 8449 section 4)', t => {
  const inner = new Uint8Array(101)
  inner[50] = 23
  const reader = new RecordReader({ maxPlaintext: 100 })
  t.is(feed(reader, record(22, bytesOf(500))).length, 1)
  reader.protect(reading(1))
  t.is(feed(reader, sealedInner(inner)).length, 1)
  const longer = new Uint8Array(102)
  longer[50] = 23
  // By its header: nothing of the body is waited for.
  const header = sealedInner(longer, 1, 1).subarray(0, 5)
  refuses(t, reader, header, 'record_overflow', 'ENCRYPTED_LENGTH_TOO_LONG')
  t.throws(() => new RecordReader({ maxPlaintext: 62 }), { instanceOf: RangeError })
  t.throws(
    () => {
      reader.maxPlaintext = 16385
    },
    { instanceOf: RangeError },
  )
})

test('a limit that was known before it could be told judges the record before it (RFC 8449 section 4)', t => {
  const reader = new RecordReader()
  reader.protect(reading(1))
  t.is(feed(reader, sealedInner(Uint8Array.of(1, 23, ...new Uint8Array(100)))).length, 1)
  t.notThrows(() => reader.limit(101))
  t.like(
    t.throws(() => reader.limit(100), { instanceOf: TlsAlert }),
    { alert: 'record_overflow' },
  )
  reader.protect(reading(2))
  t.notThrows(() => reader.limit(63))
})

test('a smaller limit judges a header that is here already', t => {
  const reader = new RecordReader()
  reader.protect(reading(1))
  const sealed = sealedInner(Uint8Array.of(1, 23, ...new Uint8Array(100)))
  t.deepEqual(feed(reader, sealed.subarray(0, 9)), [])
  reader.limit(100)
  refuses(t, reader, sealed.subarray(9), 'record_overflow', 'ENCRYPTED_LENGTH_TOO_LONG')
})

test('early data that is passed over is not subject to a limit that it could not know', t => {
  const reader = new RecordReader({ maxPlaintext: 63 })
  reader.protect(reading(1))
  reader.skipEarlyData(5000)
  t.deepEqual(feed(reader, record(23, new Uint8Array(4000))), [])
  t.is(feed(reader, sealedInner(Uint8Array.of(1, 23))).length, 1)
  t.is(reader.wanted, 5)
  refuses(
    t,
    reader,
    record(23, new Uint8Array(4000)).subarray(0, 5),
    'record_overflow',
    'ENCRYPTED_LENGTH_TOO_LONG',
  )
})

test('a protected record without room for its tag is bad_record_mac (section 6.2)', t => {
  for (const length of [0, 1, 15, 16])
    refuses(
      t,
      readerOf(),
      record(23, new Uint8Array(length)),
      'bad_record_mac',
      'DECRYPTION_FAILED_OR_BAD_RECORD_MAC',
    )
})

test('all zeros inside, or nothing at all, is unexpected_message (section 5.4)', t => {
  for (const length of [0, 1, 2, 300, 16385]) {
    const inner = new Uint8Array(length)
    const into = new Uint8Array(headerLength + length + 16)
    const header = Uint8Array.of(23, 3, 3, (length + 16) >> 8, (length + 16) & 255)
    into.set(header)
    const key = keyOf(1)
    key.aead.seal(key.iv, header, paddedTo(inner, length + 16), length, into.subarray(5))
    refuses(t, readerOf(), into, 'unexpected_message', 'BAD_RECORD_TYPE')
  }
})

test('padding is stripped from the end, whatever the content ends in (section 5.4)', t => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(0, 23, 22, 1), { maxLength: 30 }),
      fc.nat(300),
      (content, pad) => {
        const writer = writerOf(1, { padding: () => pad })
        writer.write('application_data', Uint8Array.from(content))
        t.deepEqual(feed(readerOf(), drain(writer)), [
          { type: 'application_data', content: hexOf(Uint8Array.from(content)) },
        ])
      },
    ),
  )
})

test('a protected change_cipher_spec is unexpected_message (section 5)', t => {
  const reader = readerOf()
  reader.changeCipherSpec = 'drop'
  refuses(t, reader, sealedInner(Uint8Array.of(1, 20)), 'unexpected_message', 'BAD_RECORD_TYPE')
})

test('content type 24 inside is unexpected_message (section 5)', t => {
  refuses(t, readerOf(), sealedInner(Uint8Array.of(1, 24)), 'unexpected_message', 'BAD_RECORD_TYPE')
})

for (const [name, type] of [
  ['handshake', 22],
  ['alert', 21],
] as const) {
  test(`an empty ${name} record is unexpected_message, padded or not, protected or not (section 5.4)`, t => {
    refuses(t, new RecordReader(), record(type, []), 'unexpected_message', 'BAD_LENGTH')
    refuses(t, readerOf(), sealedInner(Uint8Array.of(type)), 'unexpected_message', 'BAD_LENGTH')
    refuses(
      t,
      readerOf(),
      sealedInner(Uint8Array.of(type, 0, 0, 0)),
      'unexpected_message',
      'BAD_LENGTH',
    )
  })

  test(`${name} in the clear where protection is due is unexpected_message (section 5.2)`, t => {
    refuses(t, readerOf(), record(type, [2, 40]), 'unexpected_message', 'BAD_RECORD_TYPE')
  })
}

test('an alert record of other than 2 bytes is decode_error (sections 5.1 and 6)', t => {
  for (const body of [[1], [1, 0, 1, 0], [1, 0, 0]]) {
    refuses(t, new RecordReader(), record(21, body), 'decode_error', 'INVALID_ALERT')
    refuses(t, readerOf(), sealedInner(Uint8Array.of(...body, 21)), 'decode_error', 'INVALID_ALERT')
  }
  t.deepEqual(feed(new RecordReader(), fatal), [{ type: 'alert', content: '0228' }])
  t.deepEqual(feed(readerOf(), sealedInner(Uint8Array.of(1, 90, 21))), [
    { type: 'alert', content: '015a' },
  ])
})

test('32 empty records of application data in a row are taken, the next is unexpected_message', t => {
  const writer = writerOf(1)
  const reader = readerOf()
  for (let i = 0; i < 32; i++) writer.write('application_data', new Uint8Array(0))
  t.is(feed(reader, drain(writer)).length, 32)
  writer.write('application_data', bytesOf(1))
  for (let i = 0; i < 32; i++) writer.write('application_data', new Uint8Array(0))
  t.is(feed(reader, drain(writer)).length, 33)
  writer.write('application_data', new Uint8Array(0))
  refuses(t, reader, drain(writer), 'unexpected_message', 'TOO_MANY_EMPTY_FRAGMENTS')
})

test('change_cipher_spec is refused unless it is to be dropped, at its header (section 5)', t => {
  const late = changeCipherSpec.subarray(0, 5)
  refuses(t, new RecordReader(), late, 'unexpected_message', 'UNEXPECTED_CCS_MESSAGE')
  refuses(t, readerOf(), late, 'unexpected_message', 'UNEXPECTED_CCS_MESSAGE')
})

test('change_cipher_spec is dropped where it may come, between protected records too (section 5)', t => {
  fc.assert(
    fc.property(slices, sizes => {
      const plain = new RecordReader()
      plain.changeCipherSpec = 'drop'
      t.is(
        feed(
          plain,
          Uint8Array.of(...record(22, [1]), ...changeCipherSpec, ...record(22, [2])),
          sizes,
        ).length,
        2,
      )
      const reader = readerOf()
      reader.changeCipherSpec = 'drop'
      const writer = writerOf(1)
      writer.write('handshake', bytesOf(3))
      writer.write('change_cipher_spec', Uint8Array.of(1))
      writer.write('handshake', bytesOf(4))
      t.is(feed(reader, drain(writer), sizes).length, 2)
      t.is(reader.buffered, 0)
    }),
    { numRuns: 20 },
  )
})

test('change_cipher_spec of another value or length is unexpected_message (section 5)', t => {
  for (const body of [[], [0], [2], [1, 1], [1, 0]]) {
    for (const reader of [new RecordReader(), readerOf()]) {
      reader.changeCipherSpec = 'drop'
      refuses(t, reader, record(20, body), 'unexpected_message', 'INVALID_CCS_MESSAGE')
    }
  }
})

test('the 33rd change_cipher_spec is unexpected_message, whatever comes between', t => {
  const reader = new RecordReader()
  reader.changeCipherSpec = 'drop'
  for (let i = 0; i < 32; i++)
    t.is(feed(reader, Uint8Array.of(...changeCipherSpec, ...record(22, [1]))).length, 1)
  refuses(t, reader, changeCipherSpec, 'unexpected_message', 'UNEXPECTED_CCS_MESSAGE')
})

test('a plaintext alert is taken where it is allowed, until the first protected record has opened', t => {
  const reader = readerOf()
  reader.allowPlaintextAlert = true
  t.deepEqual(feed(reader, fatal), [{ type: 'alert', content: '0228' }])
  t.is(feed(reader, sealedInner(Uint8Array.of(1, 22))).length, 1)
  refuses(t, reader, fatal, 'unexpected_message', 'BAD_RECORD_TYPE')
})

test('where a plaintext alert is allowed, it is one alert, and nothing else comes in the clear', t => {
  for (const [bytes, alert, reason] of [
    [record(21, []), 'unexpected_message', 'BAD_LENGTH'],
    [record(21, [1]), 'decode_error', 'INVALID_ALERT'],
    [record(21, bytesOf(21)), 'decode_error', 'INVALID_ALERT'],
    [record(21, bytesOf(16385)), 'record_overflow', 'DATA_LENGTH_TOO_LONG'],
    [record(22, [1]), 'unexpected_message', 'BAD_RECORD_TYPE'],
    [record(24, [1]), 'unexpected_message', 'BAD_RECORD_TYPE'],
  ] as const) {
    const reader = readerOf()
    reader.allowPlaintextAlert = true
    refuses(t, reader, bytes, alert, reason)
  }
})

test('a header that came before the key changed is judged again', t => {
  const reader = new RecordReader()
  reader.offer(record(22, bytesOf(4)).subarray(0, 7))
  t.is(reader.wanted, 2)
  reader.protect(reading(1))
  const error = t.throws(() => reader.next(), { instanceOf: TlsAlert })
  t.is(error?.reason, 'BAD_RECORD_TYPE')
})

test('keys do not change while an opened record waits', t => {
  const reader = new RecordReader()
  reader.offer(record(22, [1]))
  t.throws(() => reader.protect(reading(1)), { code: 'ERR_RECORD_WAITING' })
  reader.next()
  reader.protect(reading(1))
  t.is(reader.wanted, 5)
})

test('a record at fault leaves the record before it readable, as long as only its header has come', t => {
  const reader = new RecordReader()
  reader.offer(record(22, bytesOf(8)))
  const opened = reader.next()
  reader.offer(record(24, []))
  t.is(hexOf(opened?.fragment ?? new Uint8Array(0)), hexOf(bytesOf(8)))
  t.throws(() => reader.next(), { instanceOf: TlsAlert })
})

test('a record that fails leaves no plaintext', t => {
  const reader = readerOf()
  const writer = writerOf(1)
  writer.write('application_data', bytesOf(64))
  const bytes = drain(writer)
  reader.offer(bytes)
  const opened = reader.next()
  const inner = Uint8Array.of(...bytesOf(30), 20)
  reader.offer(sealedInner(inner, 1, 1))
  t.throws(() => reader.next(), { instanceOf: TlsAlert })
  t.true(opened?.fragment.every(byte => byte === 0))
})

test('refused early data is skipped until a record opens, then nothing else is (section 4.3.10)', t => {
  fc.assert(
    fc.property(fc.array(fc.nat(300), { maxLength: 6 }), slices, (lengths, sizes) => {
      const early = writerOf(2)
      for (const length of lengths) early.write('application_data', bytesOf(length))
      const reader = readerOf()
      reader.changeCipherSpec = 'drop'
      reader.skipEarlyData(lengths.reduce((sum, length) => sum + Math.max(length, 1), 0))
      const writer = writerOf(1)
      writer.write('handshake', bytesOf(36))
      const bytes = Uint8Array.of(...changeCipherSpec, ...drain(early), ...drain(writer))
      t.deepEqual(feed(reader, bytes, sizes), [{ type: 'handshake', content: hexOf(bytesOf(36)) }])
      early.write('application_data', bytesOf(1))
      refuses(t, reader, drain(early), 'bad_record_mac', 'DECRYPTION_FAILED_OR_BAD_RECORD_MAC')
    }),
    { numRuns: 40 },
  )
})

test('after a HelloRetryRequest early data is skipped by its outer type until the second ClientHello (section 4.2.4)', t => {
  fc.assert(
    fc.property(slices, sizes => {
      const early = writerOf(2)
      early.write('application_data', bytesOf(16384))
      early.write('application_data', new Uint8Array(0))
      const reader = new RecordReader()
      reader.skipEarlyData(20000)
      const bytes = Uint8Array.of(...drain(early), ...record(23, []), ...record(22, bytesOf(50)))
      t.deepEqual(feed(reader, bytes, sizes), [{ type: 'handshake', content: hexOf(bytesOf(50)) }])
      refuses(t, reader, record(23, [1]), 'unexpected_message', 'APP_DATA_IN_HANDSHAKE')
    }),
    { numRuns: 10 },
  )
})

test('more early data than is allowed is unexpected_message (section 4.3.10)', t => {
  const early = new RecordWriter()
  early.protect(writing(2))
  early.write('application_data', bytesOf(10))
  early.write('application_data', bytesOf(11))
  const bytes = drain(early)
  for (const protectedToo of [true, false]) {
    const reader = protectedToo ? readerOf() : new RecordReader()
    reader.skipEarlyData(20)
    refuses(t, reader, bytes, 'unexpected_message', 'TOO_MUCH_EARLY_DATA')
  }
  const empty = new RecordReader()
  empty.skipEarlyData(3)
  refuses(
    t,
    empty,
    Uint8Array.of(...record(23, []), ...record(23, []), ...record(23, []), ...record(23, [])),
    'unexpected_message',
    'TOO_MUCH_EARLY_DATA',
  )
})

test('after wipe nothing is wanted, and what was received is zero', t => {
  const reader = readerOf()
  const writer = writerOf(1)
  writer.write('application_data', bytesOf(64))
  reader.offer(drain(writer))
  const opened = reader.next()
  reader.wipe()
  t.true(opened?.fragment.every(byte => byte === 0))
  t.is(reader.wanted, 0)
  t.is(reader.offer(changeCipherSpec), 0)
  t.is(reader.next(), undefined)
})

function paddedTo(bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const longer = new Uint8Array(length)
  longer.set(bytes)
  return longer
}

/** The AEAD key and the iv of a seed, for what a writer would not seal. */
function keyOf(seed: number) {
  const made: { key?: Uint8Array; nonce?: Uint8Array } = {}
  const provider = {
    hashes: standIn.hashes,
    aeads: {
      ...standIn.aeads,
      'aes-128-gcm': {
        ...standIn.aeads['aes-128-gcm'],
        key(bytes: Uint8Array) {
          made.key = bytes.slice()
          const inner = standIn.aeads['aes-128-gcm'].key(bytes)
          return {
            ...inner,
            seal(
              nonce: Uint8Array,
              ...rest: [Uint8Array, Uint8Array<ArrayBuffer>, number, Uint8Array]
            ) {
              made.nonce = nonce.slice()
              inner.seal(nonce, ...rest)
            },
          }
        },
      },
    },
  }
  const work = new Uint8Array(32)
  writing(seed, provider).seal(23, 0x0303, new Uint8Array(0), 0, work, new Uint8Array(32), 0)
  return {
    aead: standIn.aeads[secretOf(seed).suite.aead].key(made.key as Uint8Array),
    iv: made.nonce as Uint8Array,
  }
}
