/** Each alert of the record layer says which section was broken, and what came. */
import { cipherSuites12 } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import { ReadProtection12, RecordReader, RecordWriter, WriteProtection12 } from '@biopair/record'
import { TlsAlert } from '@biopair/wire'
import test, { type ExecutionContext } from 'ava'
import { standIn } from './stand-in.ts'
import { bytesOf, drain, feed, reading, record, writerOf, writing } from './support.ts'

/** A reader in the clear, or with a key; past the first record. */
function plain(): RecordReader {
  return new RecordReader({ begun: true })
}

function keyed(): RecordReader {
  const reader = plain()
  reader.protect(reading(1))
  return reader
}

function inner(bytes: Uint8Array): Uint8Array {
  const type = bytes.at(-1) as 21
  const into = new Uint8Array(bytes.length + 100)
  const length = writing(1).seal(
    type,
    0x0303,
    bytes.subarray(0, -1),
    0,
    new Uint8Array(bytes.length + 100),
    into,
    0,
  )
  return into.subarray(0, length)
}

function says(
  t: ExecutionContext,
  reader: RecordReader,
  bytes: Uint8Array,
  section: string,
  why: RegExp,
): void {
  const error = t.throws(() => feed(reader, bytes), { instanceOf: TlsAlert })
  t.is(error.section, section, error.message)
  t.regex(error.reason, /^[A-Z_]{8,}$/)
  t.regex(error.why, why)
}

const zeros = (length: number) => new Uint8Array(length)

test('a stranger is told the five bytes that it sent, in hex', t => {
  says(t, new RecordReader(), Buffer.from('GET / HTTP'), '5.1', / 47 45 54 20 2f$/)
  says(t, new RecordReader(), Uint8Array.of(0, 1, 2, 0xab, 0), '5.1', / 00 01 02 ab 00$/)
})

test('what is wrong outside names its section', t => {
  says(t, plain(), record(24, [1]), '5', /no content type 24/)
  says(t, plain(), record(23, [1]), '5.1', /before there was a key/)
  says(t, plain(), record(22, []), '5.4', /type handshake came without content/)
  says(t, plain(), record(21, [1]), '5.1', /exactly 2 bytes; 1 came/)
  says(t, plain(), record(22, zeros(16385)), '5.1', /at most 16384 bytes here; 16385 /)
  says(t, keyed(), record(22, [1]), '5.2', /outside; handshake came/)
  says(t, keyed(), record(99, [1]), '5.2', /outside; 99 came/)
  says(t, keyed(), record(23, zeros(16641)), '5.2', /at most 16640 bytes; 16641 /)
  says(t, keyed(), record(20, [1]), '5', /between the first ClientHello/)
  for (const [body, why] of [
    [[1, 1], /2 bytes came/],
    [[3], /3 came/],
  ] as const) {
    const reader = keyed()
    reader.changeCipherSpec = 'drop'
    says(t, reader, record(20, [...body]), '5', why)
  }
  const reader = keyed()
  reader.allowPlaintextAlert = true
  t.is(reader.offer(Uint8Array.of(21, 3, 3, 0x40, 0)), 5)
  t.is(reader.wanted, 16384)
  const longer = keyed()
  longer.allowPlaintextAlert = true
  says(t, longer, Uint8Array.of(21, 3, 3, 0x40, 1), '5.1', /at most 16384 bytes; 16385 /)
})

test('what is wrong inside names its section', t => {
  says(t, keyed(), inner(Uint8Array.of(1, 20)), '5', /; change_cipher_spec came/)
  says(t, keyed(), inner(Uint8Array.of(1, 24)), '5', /; 24 came/)
  for (const length of [1, 2, 9])
    says(t, keyed(), inner(zeros(length)), '5.4', /every byte is zero/)
  says(t, keyed(), record(23, zeros(16)), '5.2', /record 0 under this key, 16 bytes/)
  says(t, keyed(), record(23, zeros(15)), '5.2', /15 bytes/)
  const reader = keyed()
  reader.maxPlaintext = 100
  const writer = writerOf(1)
  writer.write('application_data', bytesOf(100))
  t.is(feed(reader, drain(writer)).length, 1)
  reader.maxPlaintext = 16384
  const late = plain()
  late.protect(reading(2))
  const other = writerOf(2)
  other.write('application_data', bytesOf(101))
  feed(late, drain(other))
  const error = t.throws(() => late.limit(100), { instanceOf: TlsAlert })
  t.is(error.section, '5.4')
  t.is(error.reason, 'DATA_LENGTH_TOO_LONG')
  t.regex(error.why, /at most 100 bytes; 101 came/)
  t.notThrows(() => late.limit(101))
})

test('too much of what is passed over names its section', t => {
  const reader = plain()
  reader.changeCipherSpec = 'drop'
  for (let i = 0; i < 32; i++) feed(reader, record(20, [1]))
  t.is(reader.changeCipherSpecs, 32)
  says(t, reader, record(20, [1]), '5', /more than 32 change_cipher_spec/)
  const empty = keyed()
  const writer = writerOf(1)
  for (let i = 0; i < 33; i++) writer.write('application_data', zeros(0))
  says(t, empty, drain(writer), '5.1', /more than 32 empty/)
  const early = plain()
  early.skipEarlyData(10)
  feed(early, record(23, zeros(17 + 10)))
  says(t, early, record(23, zeros(17)), '4.3.10', /max_early_data_size/)
  const long = plain()
  long.skipEarlyData(100_000)
  t.deepEqual(feed(long, record(23, zeros(16640))), [])
  says(t, long, record(23, zeros(16641)).subarray(0, 5), '5.2', /at most 16640 bytes; 16641 /)
})

test('of TLS 1.2 the sections are those of RFC 5246', t => {
  const suite = cipherSuites12.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
  const keys = () => ({ suite, key: bytesOf(16), iv: bytesOf(4) })
  const pending = plain()
  pending.pend(new ReadProtection12(keys(), nodeCrypto))
  says(t, pending, record(22, [1]), 'RFC 5246 7.4.9', /before Finished, got handshake/)
  for (const length of [0, 7, 23, 24]) {
    const reader = plain()
    reader.protect(new ReadProtection12(keys(), nodeCrypto))
    says(
      t,
      reader,
      record(23, zeros(length)),
      'RFC 5246 6.2.3.3',
      new RegExp(`record 0 under this key, ${length} bytes long`),
    )
  }
})

test('keys of TLS 1.2 are forgotten, begin where they are told, and have the limit of their suite', t => {
  const suite = cipherSuites12.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
  const keys = () => ({ suite, key: bytesOf(16), iv: bytesOf(4) })
  const first = { high: 1, low: 0xffff_ffff }
  const write = new WriteProtection12(keys(), nodeCrypto, first)
  const read = new ReadProtection12(keys(), nodeCrypto, first)
  t.is(write.recordLimit, suite.recordLimit)
  t.deepEqual([write.hides, read.hides], ['content', 'content'])
  t.deepEqual([write.overhead, read.overhead, read.maxBody], [24, 24, 16384 + 24])
  const into = new Uint8Array(100)
  const length = write.seal(23, 0x0303, bytesOf(10), 0, new Uint8Array(100), into, 3)
  t.is(length, 5 + 24 + 10)
  t.deepEqual([...into.subarray(3, 8)], [23, 3, 3, 0, 24 + 10])
  t.deepEqual([...into.subarray(8, 16)], [0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff])
  t.deepEqual(write.sequence, { high: 2, low: 0 })
  t.is(write.sealed, 2 * 2 ** 32)
  const plaintext = new Uint8Array(100)
  const opened = read.open(into.subarray(3, 8), into.subarray(8, 3 + length), plaintext)
  t.deepEqual(opened, { type: 23, length: 10 })
  t.deepEqual(read.sequence, { high: 2, low: 0 })
  for (const protection of [write, read]) protection.wipe()
  t.throws(() => write.seal(23, 0x0303, bytesOf(1), 0, new Uint8Array(100), into, 0))
  t.throws(() => read.open(into.subarray(3, 8), into.subarray(8, 3 + length), plaintext))
})

test('what is ours to get right has a name and a code, and goes on no wire', t => {
  const range = t.throws(() => new RecordReader().filled(9), { instanceOf: RangeError })
  t.like(range, { name: 'RecordRangeError', code: 'ERR_RECORD_RANGE' })
  const waiting = t.throws(() => new RecordWriter().write('application_data', bytesOf(1)))
  t.like(waiting, { name: 'RecordError', code: 'ERR_RECORD_UNPROTECTED' })
  const suite = cipherSuites12.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
  const without = { hashes: standIn.hashes, aeads: {} } as typeof standIn
  t.throws(() => reading(1, without), { instanceOf: TypeError, message: /has no aes-128-gcm/ })
  t.throws(() => new WriteProtection12({ suite, key: bytesOf(16), iv: bytesOf(4) }, without), {
    instanceOf: TypeError,
    message: /has no aes-128-gcm/,
  })
})
