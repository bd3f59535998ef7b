import { createHash } from 'node:crypto'
import {
  Certificate,
  CertificateRequest,
  ClientHello,
  decodeMessage,
  EncryptedExtensions,
  encodeMessage,
  Finished,
  helloRetryRequestRandom,
  isHelloRetryRequest,
  KeyUpdate,
  MessageHash,
  messageHeaderLength,
  messageName,
  messageTypes,
  NewSessionTicket,
  RawExtension,
  type ServerHello,
  showMessage,
} from '@biopair/handshake/messages'
import { TlsAlert } from '@biopair/wire'
import test from 'ava'
import fc from 'fast-check'
import { arbitraryOf } from '../support/arbitrary.ts'
import {
  anythingIsJudged,
  boundsHold,
  trailingBytesAreRefused,
  truncationIsRefused,
  writtenCanBeRead,
} from '../support/codec-laws.ts'
import { declare } from '../support/presentation.ts'
import { transcripts } from '../support/transcripts.ts'

for (const { name, body } of messageTypes.values()) {
  test(`what is written can be read: ${name}`, t => {
    writtenCanBeRead(body)
    t.pass()
  })
  test(`lengths out of bounds and missing or additional bytes are decode_error: ${name}`, t => {
    boundsHold(body)
    truncationIsRefused(body)
    trailingBytesAreRefused(body)
    t.pass()
  })
  test(`any bytes are read or refused by an alert: ${name}`, t => {
    anythingIsJudged(body)
    t.pass()
  })
}

test('the header says the type and the length of the body', t => {
  for (const type of messageTypes.values())
    fc.assert(
      fc.property(arbitraryOf(type.body), value => {
        const message = encodeMessage(type, value)
        const header = Buffer.from(message.subarray(0, messageHeaderLength))
        t.is(header[0], type.msg_type)
        t.is(header.readUIntBE(1, 3), message.length - messageHeaderLength)
        t.deepEqual(decodeMessage(type, message.subarray(messageHeaderLength)), value)
      }),
      { numRuns: 10 },
    )
})

test('types and names are those of RFC 9846 appendix B.3, and of RFC 8879', t => {
  t.deepEqual(
    [...messageTypes].map(([msg_type, { name }]) => [msg_type, name]),
    [
      [1, 'ClientHello'],
      [2, 'ServerHello'],
      [4, 'NewSessionTicket'],
      [5, 'EndOfEarlyData'],
      [8, 'EncryptedExtensions'],
      [11, 'Certificate'],
      [13, 'CertificateRequest'],
      [15, 'CertificateVerify'],
      [20, 'Finished'],
      [24, 'KeyUpdate'],
      [25, 'CompressedCertificate'],
      [254, 'message_hash'],
    ],
  )
  t.is(messageName(1), 'ClientHello')
  t.is(messageName(12), 'ServerKeyExchange')
  t.is(messageName(99), 'handshake_99')
})

test('fields and bounds are those of RFC 9846 appendix B.3, and of RFC 8879', t => {
  const declared = [...messageTypes.values()].map(({ name, body }) => [name, declare(body.shape)])
  t.deepEqual(Object.fromEntries(declared), {
    ClientHello:
      'ProtocolVersion legacy_version; opaque random[32]; opaque legacy_session_id<0..32>; ' +
      'CipherSuite cipher_suites<2..2^16-2>; opaque legacy_compression_methods<1..255>; ' +
      // Of RFC 5246 §7.4.1.2: below the 7 of RFC 9846 there is no TLS 1.3.
      '[[Extension extensions<0..2^16-1>]]',
    ServerHello:
      'ProtocolVersion legacy_version; opaque random[32]; opaque legacy_session_id_echo<0..32>; ' +
      'CipherSuite cipher_suite; uint8 legacy_compression_method; Extension extensions<6..2^16-1>',
    NewSessionTicket:
      'uint32 ticket_lifetime; uint32 ticket_age_add; opaque ticket_nonce<0..255>; ' +
      'opaque ticket<1..2^16-1>; Extension extensions<0..2^16-1>',
    EndOfEarlyData: '',
    EncryptedExtensions: 'Extension extensions<0..2^16-1>',
    Certificate:
      'opaque certificate_request_context<0..255>; ' +
      '{ opaque cert_data<1..2^24-1>; Extension extensions<0..2^16-1> } certificate_list<0..2^24-1>',
    CertificateRequest:
      'opaque certificate_request_context<0..255>; Extension extensions<0..2^16-1>',
    CertificateVerify: 'SignatureScheme algorithm; opaque signature<0..2^16-1>',
    Finished: 'opaque verify_data[rest]',
    KeyUpdate: 'enum { update_not_requested(0), update_requested(1), (255) } request_update',
    CompressedCertificate:
      'CertificateCompressionAlgorithm algorithm; uint24 uncompressed_length; ' +
      'opaque compressed_certificate_message<1..2^24-1>',
    message_hash: 'opaque hash[rest]',
  })
  t.is(
    declare({ ...RawExtension.shape, type: '' }).replace('ExtensionType', 'uint16'),
    'uint16 extension_type; opaque extension_data<0..2^16-1>',
  )
})

const hello: ClientHello = {
  legacy_version: 0x0303,
  random: new Uint8Array(32).fill(7),
  legacy_session_id: new Uint8Array(32).fill(8),
  cipher_suites: [0x1301, 0x00ff],
  legacy_compression_methods: Uint8Array.of(0),
  extensions: [{ extension_type: 43, extension_data: Uint8Array.of(2, 3, 4) }],
}

/** The body of a ClientHello up to its extensions. */
const fixedPart = 2 + 32 + 33 + 6 + 2

test('a ClientHello without extensions has none, and an empty block is not the same', t => {
  const without = encodeMessage(ClientHello, { ...hello, extensions: undefined }).subarray(4)
  t.is(without.length, fixedPart)
  t.is(decodeMessage(ClientHello, without).extensions, undefined)
  // §4.2.2 has a lower bound of 7 bytes; RFC 5246 §7.4.1.2 has none, and below 7 bytes nobody offers TLS 1.3.
  const read = (...block: number[]) =>
    decodeMessage(ClientHello, Uint8Array.of(...without, ...block))
  t.deepEqual(read(0, 0).extensions, [])
  t.deepEqual(read(0, 4, 0, 23, 0, 0).extensions, [
    { extension_type: 23, extension_data: new Uint8Array(0) },
  ])
  const blocks = [
    [0],
    [0, 0, 0],
    [0, 4, 0, 0, 0],
    [0, 3, 0, 23, 0],
    [0, 7, 0, 43, 0, 3, 2, 3, 4, 0],
  ]
  for (const block of blocks) {
    const error = t.throws(() => decodeMessage(ClientHello, Uint8Array.of(...without, ...block)), {
      instanceOf: TlsAlert,
    })
    t.is(error.alert, 'decode_error', `${block}`)
  }
  const shortest = Uint8Array.of(...without, 0, 7, 0, 43, 0, 3, 2, 3, 4)
  t.deepEqual(decodeMessage(ClientHello, shortest), hello)
})

test('a ClientHello cut anywhere but before its extensions is a decode_error', t => {
  const body = encodeMessage(ClientHello, hello).subarray(4)
  const accepted = []
  for (let length = 0; length <= body.length; length++) {
    try {
      decodeMessage(ClientHello, body.subarray(0, length))
      accepted.push(length)
    } catch (error) {
      t.true(error instanceof TlsAlert && error.alert === 'decode_error')
    }
  }
  t.deepEqual(accepted, [fixedPart, body.length])
})

test('versions, compression methods and other protocol values are data, not judged here', t => {
  const odd = { ...hello, legacy_version: 0x0301, legacy_compression_methods: Uint8Array.of(1, 64) }
  t.deepEqual(decodeMessage(ClientHello, encodeMessage(ClientHello, odd).subarray(4)), odd)
})

test('extensions may be empty where RFC 9846 lets them', t => {
  t.deepEqual(decodeMessage(EncryptedExtensions, Uint8Array.of(0, 0)), { extensions: [] })
  t.deepEqual(decodeMessage(CertificateRequest, Uint8Array.of(0, 0, 0)).extensions, [])
  const ticket = Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 1, 9, 0, 0)
  t.deepEqual(decodeMessage(NewSessionTicket, ticket), {
    ticket_lifetime: 1,
    ticket_age_add: 2,
    ticket_nonce: new Uint8Array(),
    ticket: Uint8Array.of(9),
    extensions: [],
  })
})

test('the extensions of a NewSessionTicket may fill 2^16-1 bytes', t => {
  const extensions = [{ extension_type: 9999, extension_data: new Uint8Array(2 ** 16 - 1 - 4) }]
  const value = {
    ticket_lifetime: 1,
    ticket_age_add: 2,
    ticket_nonce: new Uint8Array(255),
    ticket: new Uint8Array(2 ** 16 - 1),
    extensions,
  }
  t.deepEqual(
    decodeMessage(NewSessionTicket, encodeMessage(NewSessionTicket, value).subarray(4)),
    value,
  )
})

test('a Certificate without certificates and one of a megabyte can both be read', t => {
  const none = { certificate_request_context: Uint8Array.of(1), certificate_list: [] }
  t.deepEqual(decodeMessage(Certificate, Uint8Array.of(1, 1, 0, 0, 0)), none)
  const large = {
    ...none,
    certificate_list: [{ cert_data: new Uint8Array(2 ** 20), extensions: [] }],
  }
  t.deepEqual(decodeMessage(Certificate, encodeMessage(Certificate, large).subarray(4)), large)
})

test('a KeyUpdate that asks for neither of the two is illegal_parameter, one of another length decode_error', t => {
  t.is(decodeMessage(KeyUpdate, Uint8Array.of(0)).request_update, 'update_not_requested')
  t.is(decodeMessage(KeyUpdate, Uint8Array.of(1)).request_update, 'update_requested')
  for (let value = 2; value < 256; value++) {
    const error = t.throws(() => decodeMessage(KeyUpdate, Uint8Array.of(value)), {
      instanceOf: TlsAlert,
    })
    t.is(error.alert, 'illegal_parameter')
    t.is(error.reason, 'BAD_KEY_UPDATE')
    t.is(error.section, '4.7.3')
  }
  for (const body of [[], [0, 0]]) {
    const error = t.throws(() => decodeMessage(KeyUpdate, Uint8Array.from(body)), {
      instanceOf: TlsAlert,
    })
    t.is(error.alert, 'decode_error')
  }
})

test('the random of a HelloRetryRequest is the SHA-256 of its name, and makes a ServerHello one', t => {
  const random = createHash('sha256').update('HelloRetryRequest').digest()
  t.deepEqual(helloRetryRequestRandom, new Uint8Array(random))
  const answer: ServerHello = {
    legacy_version: 0x0303,
    random: helloRetryRequestRandom,
    legacy_session_id_echo: new Uint8Array(),
    cipher_suite: 0x1301,
    legacy_compression_method: 0,
    extensions: [{ extension_type: 43, extension_data: Uint8Array.of(3, 4) }],
  }
  t.true(isHelloRetryRequest(answer))
  for (let i = 0; i < 32; i++)
    t.false(
      isHelloRetryRequest({
        ...answer,
        random: answer.random.map((b, j) => (i === j ? b ^ 1 : b)),
      }),
    )
})

test('message_hash is fe 00 00 and the length of the hash', t => {
  const message = encodeMessage(MessageHash, { hash: new Uint8Array(32).fill(5) })
  t.deepEqual(message, Uint8Array.of(254, 0, 0, 32, ...new Uint8Array(32).fill(5)))
})

test('a message is shown with its extensions read', t => {
  t.deepEqual(showMessage(1, encodeMessage(ClientHello, hello).subarray(4)), [
    'ClientHello',
    '  legacy_version: TLS 1.2 (0x0303)',
    `  random: ${'07'.repeat(32)}`,
    `  legacy_session_id: ${'08'.repeat(32)}`,
    '  cipher_suites: TLS_AES_128_GCM_SHA256 (0x1301), 0x00ff',
    '  legacy_compression_methods: 00',
    '  extensions:',
    '    - supported_versions:',
    '        versions: TLS 1.3 (0x0304)',
  ])
})

test('what cannot be read is shown as bytes, with the reason', t => {
  t.deepEqual(showMessage(77, Uint8Array.of(1, 2)), ['handshake_77', '  0102'])
  t.deepEqual(showMessage(24, Uint8Array.of(9)), [
    'KeyUpdate',
    '  unreadable: expected update_not_requested or update_requested for request_update, got 9',
    '  09',
  ])
  const malformed = {
    ...hello,
    extensions: [{ extension_type: 43, extension_data: Uint8Array.of(9, 9, 9) }],
  }
  t.deepEqual(showMessage(1, encodeMessage(ClientHello, malformed).subarray(4)).slice(-2), [
    '    - extension_type: supported_versions (0x002b)',
    '      extension_data: 090909',
  ])
})

test('showing never throws', t => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 255 }),
      fc.uint8Array({ maxLength: 120 }),
      (msg_type, body) => {
        return showMessage(msg_type, body).length > 0
      },
    ),
  )
  for (const type of messageTypes.values())
    fc.assert(
      fc.property(arbitraryOf(type.body), value => {
        const lines = showMessage(type.msg_type, encodeMessage(type, value).subarray(4))
        return [type.name, 'HelloRetryRequest'].includes(lines[0] as string)
      }),
      { numRuns: 20 },
    )
  t.pass()
})

const published = transcripts()
if (published === undefined)
  test('the published messages (skipped: no ../shared/data)', t => t.pass())

for (const { section, entries } of published ?? []) {
  test(`the published messages are read and written back byte for byte: ${section}`, t => {
    const plain = entries.flatMap(({ name, bytes }) => {
      if (name.startsWith('Message_')) return [{ name, bytes }]
      // A record's header is 5 bytes; ServerHello and NewSessionTicket stand as messages, or protected.
      return /^Record_(ClientHello_\d|HelloRetryRequest)$/.test(name)
        ? [{ name, bytes: bytes.subarray(5) }]
        : []
    })
    t.true(plain.length >= 4)
    for (const { name, bytes } of plain) {
      const type = messageTypes.get(bytes[0] as number)
      if (type === undefined) return t.fail(`${name} has no type`)
      const value = decodeMessage(type, bytes.subarray(messageHeaderLength))
      t.deepEqual(encodeMessage(type, value), bytes, name)
      t.is(
        name === 'Record_HelloRetryRequest',
        type.msg_type === 2 && isHelloRetryRequest(value as ServerHello),
      )
      const expected = name === 'Record_HelloRetryRequest' ? 'HelloRetryRequest' : type.name
      const shown = showMessage(type.msg_type, bytes.subarray(messageHeaderLength))
      t.is(shown[0], expected)
      t.false(
        shown.some(line => line.includes('unreadable')),
        name,
      )
    }
  })
}

test('a Finished takes any length: its hash is known to whoever verifies it', t => {
  for (const length of [0, 12, 32, 48])
    t.is(decodeMessage(Finished, new Uint8Array(length)).verify_data.length, length)
})
