/** The messages of TLS 1.2, and those of a pre-shared or raw public key, as their RFCs declare them. */
import {
  AnyServerHello,
  clientCertificateTypes,
  decodeMessage,
  encodeMessage,
  type MessageType,
  messageName,
  messageTypes12,
  messageTypesKeys,
  type ServerHello,
  ServerHello12,
  ServerKeyExchange,
} from '@biopair/handshake/messages'
import { TlsAlert } from '@biopair/wire'
import test from 'ava'
import {
  anythingIsJudged,
  boundsHold,
  trailingBytesAreRefused,
  truncationIsRefused,
  writtenCanBeRead,
} from '../support/codec-laws.ts'
import { declare } from '../support/presentation.ts'

const tables = { 'TLS 1.2': messageTypes12, 'a key': messageTypesKeys }
const all = Object.entries(tables).flatMap(([of, types]) =>
  [...types.values()].map(type => [of, type] as const),
)

const params =
  '{ enum { named_curve(3), (255) } curve_type; NamedGroup namedcurve; opaque public<1..255> } params'

/** RFC 5246 §7.4 and appendix A.4, where nothing else is said. */
const declared: Readonly<Record<string, readonly [number, string, string]>> = {
  'TLS 1.2: HelloRequest': [0, 'HelloRequest', ''],
  // RFC 5077 §3.3.
  'TLS 1.2: NewSessionTicket': [
    4,
    'NewSessionTicket',
    'uint32 ticket_lifetime_hint; opaque ticket<0..2^16-1>',
  ],
  'TLS 1.2: Certificate': [11, 'Certificate', 'opaque <1..2^24-1> certificate_list<0..2^24-1>'],
  // RFC 8422 §5.4.
  'TLS 1.2: ServerKeyExchange': [
    12,
    'ServerKeyExchange',
    `${params}; SignatureScheme algorithm; opaque signature<0..2^16-1>`,
  ],
  'TLS 1.2: CertificateRequest': [
    13,
    'CertificateRequest',
    'opaque certificate_types<1..255>; SignatureScheme supported_signature_algorithms<2..2^16-2>; ' +
      'opaque <1..2^16-1> certificate_authorities<0..2^16-1>',
  ],
  'TLS 1.2: ServerHelloDone': [14, 'ServerHelloDone', ''],
  // RFC 8422 §5.7.
  'TLS 1.2: ClientKeyExchange': [16, 'ClientKeyExchange', 'opaque ecdh_Yc<1..255>'],
  // RFC 6066 §8.
  'TLS 1.2: CertificateStatus': [
    22,
    'CertificateStatus',
    '{ enum { ocsp(1), (255) } status_type; case ocsp: opaque response<1..2^24-1>; default: opaque response[rest] }',
  ],
  // RFC 5489 §2.
  'a key: ServerKeyExchange': [
    12,
    'ServerKeyExchange',
    `opaque psk_identity_hint<0..2^16-1>; ${params}`,
  ],
  'a key: ClientKeyExchange': [
    16,
    'ClientKeyExchange',
    'opaque psk_identity<0..2^16-1>; opaque ecdh_Yc<1..255>',
  ],
  // RFC 7250 §3; 0 bytes where a client has none.
  'a key: Certificate': [11, 'Certificate', 'opaque subjectPublicKeyInfo<0..2^24-1>'],
}

test('types, names, fields and bounds are those of the RFCs', t => {
  t.deepEqual(
    Object.fromEntries(
      all.map(([of, { msg_type, name, body }]) => [
        `${of}: ${name}`,
        [msg_type, name, declare(body.shape)],
      ]),
    ),
    declared,
  )
  for (const types of Object.values(tables))
    for (const [key, { msg_type }] of types) t.is(key, msg_type)
})

for (const [of, type] of all) {
  test(`what is written can be read: ${type.name} of ${of}`, t => {
    writtenCanBeRead(type.body, 30)
    t.pass()
  })
  test(`lengths out of bounds and missing or additional bytes are decode_error: ${type.name} of ${of}`, t => {
    boundsHold(type.body)
    truncationIsRefused(type.body, 4)
    trailingBytesAreRefused(type.body, 10)
    t.pass()
  })
  // A ServerKeyExchange may say illegal_parameter: of curves that it describes.
  test(`any bytes are read or refused by an alert: ${type.name} of ${of}`, t => {
    anythingIsJudged(type.body, 50)
    t.pass()
  })
}

test('RFC 5246 7.4: a msg_type has the name of its struct, whichever version has it', t => {
  const names = {
    ...{ 0: 'HelloRequest', 1: 'ClientHello', 2: 'ServerHello', 4: 'NewSessionTicket' },
    ...{ 5: 'EndOfEarlyData', 8: 'EncryptedExtensions', 11: 'Certificate' },
    ...{ 12: 'ServerKeyExchange', 13: 'CertificateRequest', 14: 'ServerHelloDone' },
    ...{ 15: 'CertificateVerify', 16: 'ClientKeyExchange', 20: 'Finished' },
    ...{ 22: 'CertificateStatus', 24: 'KeyUpdate', 25: 'CompressedCertificate' },
    254: 'message_hash',
  }
  const said = Object.fromEntries(
    Array.from({ length: 256 }, (_, id) => [id, messageName(id)] as const).filter(
      ([id, name]) => name !== `handshake_${id}`,
    ),
  )
  t.deepEqual(said, names)
})

test('RFC 5246 7.4.4, RFC 8422 5.5: the certificate types of keys that sign', t => {
  t.deepEqual(clientCertificateTypes, { rsa_sign: 1, ecdsa_sign: 64 })
})

test('RFC 8422 5.4: curves that a server describes are illegal_parameter', t => {
  const named = encodeMessage(ServerKeyExchange, {
    params: { curve_type: 'named_curve', namedcurve: 29, public: Uint8Array.of(4) },
    algorithm: 0x0403,
    signature: Uint8Array.of(5),
  }).subarray(4)
  t.deepEqual([...named], [3, 0, 29, 1, 4, 4, 3, 0, 1, 5])
  for (let type = 0; type < 256; type++) {
    const body = Uint8Array.of(type, ...named.subarray(1))
    if (type === 3) {
      t.is(decodeMessage(ServerKeyExchange, body).params.namedcurve, 29)
      continue
    }
    const { alert, reason, section } =
      t.throws(() => decodeMessage(ServerKeyExchange, body), { instanceOf: TlsAlert }) ?? {}
    t.deepEqual(
      [alert, reason, section],
      ['illegal_parameter', 'UNSUPPORTED_ELLIPTIC_CURVE', 'RFC 8422 5.4'],
    )
  }
})

const answer = (extensions: ServerHello['extensions']): ServerHello => ({
  legacy_version: 0x0303,
  random: new Uint8Array(32).fill(1),
  legacy_session_id_echo: Uint8Array.of(2),
  cipher_suite: 0xc02b,
  legacy_compression_method: 0,
  extensions,
})
const length = 2 + 32 + 2 + 2 + 1
const extension = { extension_type: 23, extension_data: new Uint8Array(0) }

for (const [name, type] of Object.entries<MessageType<ServerHello>>({
  AnyServerHello,
  ServerHello12,
}))
  test(`RFC 5246 7.4.1.3: a ServerHello has extensions or none, and a block may be empty (${name})`, t => {
    t.is(type.msg_type, 2)
    t.is(type.name, 'ServerHello')
    const bare = encodeMessage(ServerHello12, answer([])).subarray(4)
    t.is(bare.length, length)
    t.deepEqual(decodeMessage(type, bare), answer([]))
    t.deepEqual(decodeMessage(type, Uint8Array.of(...bare, 0, 0)), answer([]))
    const some = encodeMessage(ServerHello12, answer([extension])).subarray(4)
    t.deepEqual([...some], [...bare, 0, 4, 0, 23, 0, 0])
    t.deepEqual(decodeMessage(type, some), answer([extension]))
    for (const block of [[0], [0, 1], [0, 1, 0], [0, 0, 0], [0, 4, 0, 23, 0, 0, 0]]) {
      const error = t.throws(() => decodeMessage(type, Uint8Array.of(...bare, ...block)), {
        instanceOf: TlsAlert,
      })
      t.is(error.alert, 'decode_error', `${block}`)
    }
  })
