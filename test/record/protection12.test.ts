/** TLS 1.2 record protection: what is sealed opens, and nothing else does. */
import { cipherSuites12, fixedIvLength, type RecordKeys12 } from '@biopair/crypto'
import { noble } from '@biopair/crypto/noble'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  headerLength,
  maxPlaintext,
  ReadProtection12,
  RecordReader,
  RecordWriter,
  WriteProtection12,
} from '@biopair/record'
import { TlsAlert } from '@biopair/wire'
import test from 'ava'
import fc from 'fast-check'
import { watched } from './stand-in.ts'
import { bytesOf, drain, feed } from './support.ts'

const suites = Object.values(cipherSuites12).filter(({ auth }) => auth === 'rsa')
const keysOf = (suite: (typeof suites)[number], seed = 7): RecordKeys12 => ({
  suite,
  key: new Uint8Array(nodeCrypto.aeads[suite.aead].keyLength).fill(seed),
  iv: new Uint8Array(fixedIvLength(suite)).fill(seed + 1),
})
const changeCipherSpec = Uint8Array.of(20, 3, 3, 0, 1, 1)

for (const suite of suites) {
  const explicit = suite.aead === 'chacha20-poly1305' ? 0 : 8

  test(`what is sealed opens, whichever provider does either: ${suite.name}`, t => {
    fc.assert(
      fc.property(fc.array(fc.nat(maxPlaintext), { minLength: 1, maxLength: 6 }), lengths => {
        const writer = new RecordWriter()
        writer.protect(new WriteProtection12(keysOf(suite), nodeCrypto))
        const reader = new RecordReader()
        reader.protect(new ReadProtection12(keysOf(suite), noble))
        for (const [number, length] of lengths.entries()) {
          writer.write('application_data', bytesOf(length))
          const wire = drain(writer)
          t.is(wire.length, headerLength + explicit + length + 16)
          t.is(wire[0], 23)
          // RFC 5288 §3: the explicit nonce is the sequence number.
          if (explicit > 0) t.is(Buffer.from(wire).readBigUInt64BE(headerLength), BigInt(number))
          const [opened] = feed(reader, wire)
          t.is(opened?.type, 'application_data')
          t.is(opened?.content, Buffer.from(bytesOf(length)).toString('hex'))
        }
      }),
      { numRuns: 12 },
    )
  })

  test(`a tampered record is never opened: ${suite.name}`, t => {
    const writer = new RecordWriter()
    writer.protect(new WriteProtection12(keysOf(suite), nodeCrypto))
    writer.write('application_data', bytesOf(20))
    const wire = drain(writer)
    for (let bit = 0; bit < 8 * wire.length; bit++) {
      const at = bit >> 3
      // The length says how much there is; what is too short waits.
      if (at === 3 || at === 4) continue
      const tampered = wire.slice()
      tampered[at] = (tampered[at] as number) ^ (1 << (bit & 7))
      const reader = new RecordReader({ begun: true })
      reader.protect(new ReadProtection12(keysOf(suite), nodeCrypto))
      const error = t.throws(() => feed(reader, tampered), { instanceOf: TlsAlert })
      t.true(['bad_record_mac', 'unexpected_message'].includes(error.alert), `bit ${bit}`)
      if (at > 0) t.is(error.alert, 'bad_record_mac')
    }
  })

  test(`a record of the past or of the future does not open: ${suite.name}`, t => {
    const writer = new RecordWriter()
    writer.protect(new WriteProtection12(keysOf(suite), nodeCrypto))
    const wires = [0, 1, 2].map(length => {
      writer.write('application_data', bytesOf(length))
      return drain(writer)
    })
    const [first, second, third] = wires as [Uint8Array, Uint8Array, Uint8Array]
    for (const order of [[first, first], [second], [first, third]]) {
      const reader = new RecordReader({ begun: true })
      reader.protect(new ReadProtection12(keysOf(suite), nodeCrypto))
      t.throws(() => order.map(wire => feed(reader, wire)), { instanceOf: TlsAlert })
    }
  })

  test(`a record longer than this suite makes one is record_overflow, before it is opened: ${suite.name}`, t => {
    const reader = new RecordReader({ begun: true })
    reader.protect(new ReadProtection12(keysOf(suite), nodeCrypto))
    const most = maxPlaintext + explicit + 16
    const header = (length: number) => Uint8Array.of(23, 3, 3, length >> 8, length)
    feed(reader, header(most))
    const other = new RecordReader({ begun: true })
    other.protect(new ReadProtection12(keysOf(suite), nodeCrypto))
    const error = t.throws(() => feed(other, header(most + 1)), { instanceOf: TlsAlert })
    t.is(error.alert, 'record_overflow')
  })

  test(`change_cipher_spec brings the pending key into use, and nothing but an alert may come before it: ${suite.name}`, t => {
    const writer = new RecordWriter()
    const reader = () => {
      const made = new RecordReader({ begun: true })
      made.pend(new ReadProtection12(keysOf(suite), nodeCrypto))
      return made
    }
    writer.protect(new WriteProtection12(keysOf(suite), nodeCrypto))
    writer.write('handshake', bytesOf(16))
    const sealed = drain(writer)
    const right = reader()
    t.deepEqual(feed(right, changeCipherSpec), [])
    t.is(feed(right, sealed)[0]?.type, 'handshake')
    t.throws(() => feed(right, changeCipherSpec), { instanceOf: TlsAlert })
    t.is(feed(reader(), Uint8Array.of(21, 3, 3, 0, 2, 2, 40))[0]?.type, 'alert')
    for (const wrong of [
      sealed,
      Uint8Array.of(22, 3, 3, 0, 4, 14, 0, 0, 0),
      Uint8Array.of(20, 3, 3, 0, 1, 2),
      Uint8Array.of(20, 3, 3, 0, 2, 1, 1),
    ]) {
      const error = t.throws(() => feed(reader(), wrong), { instanceOf: TlsAlert })
      t.is(error.alert, 'unexpected_message')
    }
  })
}

test('the additional data is seq_num, type, version and the length of the content, the nonce salt and number (RFC 5246 6.2.3.3, RFC 5288 3)', t => {
  const asked: string[] = []
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
  const watching = watched(key => ({
    ...key,
    seal(nonce, additional, ...rest) {
      asked.push(`${hex(nonce)} ${hex(additional)}`)
      key.seal(nonce, additional, ...rest)
    },
    open(nonce, additional, ...rest) {
      asked.push(`${hex(nonce)} ${hex(additional)}`)
      return key.open(nonce, additional, ...rest)
    },
  }))
  const suite = cipherSuites12.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
  const keys = (): RecordKeys12 => ({ suite, key: bytesOf(16), iv: Uint8Array.of(1, 2, 3, 4) })
  const first = { high: 5, low: 6 }
  const writer = new RecordWriter()
  writer.protect(new WriteProtection12(keys(), watching, first))
  const reader = new RecordReader({ begun: true })
  reader.protect(new ReadProtection12(keys(), watching, first))
  for (const length of [0x0123, 2]) {
    writer.write('handshake', bytesOf(length))
    feed(reader, drain(writer))
  }
  const expected = [
    '010203040000000500000006 000000050000000616' + '0303' + '0123',
    '010203040000000500000007 000000050000000716' + '0303' + '0002',
  ]
  t.deepEqual(asked, [expected[0], expected[0], expected[1], expected[1]])
})
