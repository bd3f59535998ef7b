import {
  ContentType,
  contentTypeName,
  headerLength,
  maxCiphertext,
  maxPlaintext,
  parseHeader,
  printHeader,
} from '@biopair/record'
import test from 'ava'
import fc from 'fast-check'

test('what is written can be read: a header is five bytes at any place', t => {
  fc.assert(
    fc.property(
      fc.nat(255),
      fc.nat(0xffff),
      fc.nat(0xffff),
      fc.nat(9),
      (type, version, length, at) => {
        const into = new Uint8Array(20)
        printHeader(into, at, type, version, length)
        t.deepEqual(parseHeader(into.subarray(at)), {
          type,
          legacy_record_version: version,
          length,
        })
        t.true(into.every((byte, i) => byte === 0 || (i >= at && i < at + headerLength)))
      },
    ),
  )
})

test('fewer than five bytes are no header', t => {
  t.throws(() => parseHeader(Uint8Array.of(22, 3, 3, 0)), { instanceOf: RangeError })
})

test('content types have the names and numbers of RFC 9846 appendix B.1', t => {
  t.deepEqual(ContentType, {
    change_cipher_spec: 20,
    alert: 21,
    handshake: 22,
    application_data: 23,
  })
  for (const [name, id] of Object.entries(ContentType)) t.is(contentTypeName(id), name as never)
  t.is(contentTypeName(0), undefined)
  t.is(contentTypeName(24), undefined)
})

test('the limits are those of RFC 9846 section 5', t => {
  t.is(maxPlaintext, 2 ** 14)
  t.is(maxCiphertext, 2 ** 14 + 256)
})
