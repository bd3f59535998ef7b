import {
  bindersLength,
  type Extension,
  type ExtensionMessage,
  extensionCodec,
  extensionName,
  extensions,
  extensionTypes,
  isGrease,
  readExtension,
  readExtensions,
  writeExtension,
} from '@biopair/handshake/extensions'
import {
  ClientHello,
  decodeMessage,
  encodeMessage,
  messageTypes,
  type RawExtension,
} from '@biopair/handshake/messages'
import { type AlertName, type Codec, encode, TlsAlert } from '@biopair/wire'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { arbitraryOf } from '../support/arbitrary.ts'
import {
  anythingIsJudged,
  boundsHold,
  trailingBytesAreRefused,
  truncationIsRefused,
  writtenCanBeRead,
} from '../support/codec-laws.ts'
import { sampleOf } from '../support/loose.ts'
import { declare } from '../support/presentation.ts'
import { transcripts } from '../support/transcripts.ts'

const messages = [
  'ClientHello',
  'ServerHello',
  'HelloRetryRequest',
  'EncryptedExtensions',
  'CertificateRequest',
  'Certificate',
  'NewSessionTicket',
  'ClientHello12',
  'ServerHello12',
] as const satisfies readonly ExtensionMessage[]

const responses = [
  'ServerHello',
  'HelloRetryRequest',
  'EncryptedExtensions',
  'Certificate',
] as const
const requests = ['ClientHello', 'CertificateRequest', 'NewSessionTicket'] as const

const rows: readonly Extension[] = Object.values(extensions)
const places = rows.flatMap(row =>
  messages.flatMap(message => {
    const codec: Codec<unknown> | undefined = row.in[message]
    return codec === undefined ? [] : [{ row, message, codec }]
  }),
)

const everything: ReadonlySet<number> = new Set(Array.from({ length: 2 ** 16 }, (_, id) => id))
const unknown: RawExtension = { extension_type: 0x1234, extension_data: Uint8Array.of(1, 2, 3) }

/** What a ClientHello has stands there for TLS 1.2 too; TLS 1.3 does not know what TLS 1.2 alone has. */
function mayStand(row: Extension, message: ExtensionMessage): boolean {
  if (message === 'ClientHello12' && row.in.ClientHello) return true
  const older = Object.keys(row.in).every(place => place.endsWith('12'))
  return row.in[message] !== undefined || (older && !message.endsWith('12'))
}

function raw(row: Extension, message: ExtensionMessage): RawExtension {
  const codec = row.in[message] ?? Object.values(row.in)[0]
  if (codec === undefined) throw new Error(`${row.name} stands nowhere`)
  return { extension_type: row.id, extension_data: encode(codec, sampleOf(codec.shape)) }
}

function refused(t: ExecutionContext, read: () => unknown, alert: AlertName, reason: string): void {
  const error = t.throws(read, { instanceOf: TlsAlert })
  t.is(error.alert, alert)
  t.is(error.reason, reason)
}

for (const { row, message, codec } of places) {
  test(`what is written can be read: ${row.name} in ${message}`, t => {
    writtenCanBeRead(codec, 30)
    fc.assert(
      fc.property(arbitraryOf(codec), value => {
        const written = { extension_type: row.id, extension_data: encode(codec, value) }
        t.deepEqual(readExtensions(message, [written], everything), { [row.name]: value })
      }),
      { numRuns: 10 },
    )
  })
  test(`its bounds and its ends hold: ${row.name} in ${message}`, t => {
    boundsHold(codec)
    truncationIsRefused(codec, 4)
    trailingBytesAreRefused(codec, 10)
    anythingIsJudged(codec, 50)
    t.pass()
  })
}

test('the table is that of RFC 9846 section 4.3, and of the RFCs of TLS 1.2 beside it', t => {
  const short = {
    ClientHello: 'CH',
    ServerHello: 'SH',
    HelloRetryRequest: 'HRR',
    EncryptedExtensions: 'EE',
    CertificateRequest: 'CR',
    Certificate: 'CT',
    NewSessionTicket: 'NST',
    ClientHello12: 'CH12',
    ServerHello12: 'SH12',
  }
  const table = rows.map(
    row =>
      `${row.name}(${row.id}) ${messages
        .filter(m => row.in[m])
        .map(m => short[m])
        .join(' ')}`,
  )
  t.deepEqual(table.toSorted(), [
    'application_layer_protocol_negotiation(16) CH EE SH12',
    'certificate_authorities(47) CH CR',
    'client_certificate_type(19) CH EE SH12',
    'compress_certificate(27) CH CR',
    'cookie(44) CH HRR',
    'delegated_credential(34) CH CR CT',
    'early_data(42) CH EE NST',
    'ec_point_formats(11) CH12 SH12',
    'extended_master_secret(23) CH12 SH12',
    'key_share(51) CH SH HRR',
    'max_fragment_length(1) CH EE SH12',
    'oid_filters(48) CR',
    'padding(21) CH',
    'post_handshake_auth(49) CH',
    'pre_shared_key(41) CH SH',
    'psk_key_exchange_modes(45) CH',
    'quic_transport_parameters(57) CH EE',
    'record_size_limit(28) CH EE SH12',
    'renegotiation_info(65281) CH12 SH12',
    'server_certificate_type(20) CH EE SH12',
    'server_name(0) CH EE CR SH12',
    'session_ticket(35) CH12 SH12',
    'signature_algorithms(13) CH CR',
    'signature_algorithms_cert(50) CH CR',
    'signed_certificate_timestamp(18) CH CR CT SH12',
    'status_request(5) CH CR CT SH12',
    'supported_groups(10) CH EE',
    'supported_versions(43) CH SH HRR',
    'ticket_request(58) CH EE',
  ])
})

test('fields and bounds are those of the RFCs', t => {
  const schemes = 'SignatureScheme supported_signature_algorithms<2..2^16-2>'
  const groups = 'NamedGroup named_group_list<2..2^16-1>'
  const names =
    '{ enum { host_name(0), (255) } name_type; case host_name: opaque name<1..2^16-1>; ' +
    'default: opaque name<0..2^16-1> } server_name_list<1..2^16-1>'
  const protocols = 'opaque <1..255> protocol_name_list<2..2^16-1>'
  const status = 'enum { ocsp(1), (255) } status_type'
  const algorithms = 'enum { zlib(1), brotli(2), zstd(3), (2^16-1) } algorithms<2..254>'
  const type = 'enum { X509(0), OpenPGP_RESERVED(1), RawPublicKey(2), (255) }'
  const entry = '{ NamedGroup group; opaque key_exchange<1..2^16-1> }'
  const authorities = 'opaque <1..2^16-1> authorities<3..2^16-1>'
  const cookie = 'opaque cookie<1..2^16-1>'
  const version = 'ProtocolVersion selected_version'
  const declared = places.map(({ row, message, codec }) => [
    `${row.name} ${message}`,
    declare(codec.shape),
  ])
  t.deepEqual(Object.fromEntries(declared), {
    'application_layer_protocol_negotiation ServerHello12': protocols,
    'client_certificate_type ServerHello12': `${type} client_certificate_type`,
    'server_certificate_type ServerHello12': `${type} server_certificate_type`,
    'record_size_limit ServerHello12': 'uint16',
    'max_fragment_length ClientHello': 'uint8',
    'max_fragment_length EncryptedExtensions': 'uint8',
    'max_fragment_length ServerHello12': 'uint8',
    'ec_point_formats ClientHello12': 'opaque ec_point_format_list<1..255>',
    'ec_point_formats ServerHello12': 'opaque ec_point_format_list<1..255>',
    'extended_master_secret ClientHello12': '',
    'extended_master_secret ServerHello12': '',
    'renegotiation_info ClientHello12': 'opaque renegotiated_connection<0..255>',
    'renegotiation_info ServerHello12': 'opaque renegotiated_connection<0..255>',
    'server_name ServerHello12': '',
    'session_ticket ClientHello12': 'opaque [rest]',
    'session_ticket ServerHello12': '',
    'signed_certificate_timestamp ServerHello12': 'opaque <1..2^16-1> sct_list<1..2^16-1>',
    'status_request ServerHello12': '',
    'server_name ClientHello': names,
    'server_name EncryptedExtensions': '',
    'server_name CertificateRequest': names,
    'status_request ClientHello':
      `{ ${status}; case ocsp: { opaque <1..2^16-1> responder_id_list<0..2^16-1>; ` +
      'opaque request_extensions<0..2^16-1> } request; default: opaque request[rest] }',
    'status_request CertificateRequest': '',
    'status_request Certificate': `{ ${status}; case ocsp: opaque response<1..2^24-1>; default: opaque response[rest] }`,
    'supported_groups ClientHello': groups,
    'supported_groups EncryptedExtensions': groups,
    'signature_algorithms ClientHello': schemes,
    'signature_algorithms CertificateRequest': schemes,
    'signature_algorithms_cert ClientHello': schemes,
    'signature_algorithms_cert CertificateRequest': schemes,
    'application_layer_protocol_negotiation ClientHello': protocols,
    'application_layer_protocol_negotiation EncryptedExtensions': protocols,
    'signed_certificate_timestamp ClientHello': '',
    'signed_certificate_timestamp CertificateRequest': '',
    'signed_certificate_timestamp Certificate': 'opaque <1..2^16-1> sct_list<1..2^16-1>',
    'client_certificate_type ClientHello': `${type} client_certificate_types<1..255>`,
    'client_certificate_type EncryptedExtensions': `${type} client_certificate_type`,
    'server_certificate_type ClientHello': `${type} server_certificate_types<1..255>`,
    'server_certificate_type EncryptedExtensions': `${type} server_certificate_type`,
    'padding ClientHello': 'opaque [rest]',
    'compress_certificate ClientHello': algorithms,
    'compress_certificate CertificateRequest': algorithms,
    'record_size_limit ClientHello': 'uint16',
    'record_size_limit EncryptedExtensions': 'uint16',
    'delegated_credential ClientHello': schemes,
    'delegated_credential CertificateRequest': schemes,
    'delegated_credential Certificate':
      '{ uint32 valid_time; SignatureScheme dc_cert_verify_algorithm; ' +
      'opaque ASN1_subjectPublicKeyInfo<1..2^24-1> } cred; SignatureScheme algorithm; opaque signature<1..2^16-1>',
    'pre_shared_key ClientHello':
      '{ opaque identity<1..2^16-1>; uint32 obfuscated_ticket_age } identities<7..2^16-1>; ' +
      'opaque <32..255> binders<33..2^16-1>',
    'pre_shared_key ServerHello': 'uint16 selected_identity',
    'early_data ClientHello': '',
    'early_data EncryptedExtensions': '',
    'early_data NewSessionTicket': 'uint32 max_early_data_size',
    'supported_versions ClientHello': 'ProtocolVersion versions<2..254>',
    'supported_versions ServerHello': version,
    'supported_versions HelloRetryRequest': version,
    'cookie ClientHello': cookie,
    'cookie HelloRetryRequest': cookie,
    'psk_key_exchange_modes ClientHello':
      'enum { psk_ke(0), psk_dhe_ke(1), (255) } ke_modes<1..255>',
    'certificate_authorities ClientHello': authorities,
    'certificate_authorities CertificateRequest': authorities,
    'oid_filters CertificateRequest':
      '{ opaque certificate_extension_oid<1..255>; ' +
      'opaque certificate_extension_values<0..2^16-1> } filters<0..2^16-1>',
    'post_handshake_auth ClientHello': '',
    'key_share ClientHello': `${entry} client_shares<0..2^16-1>`,
    'key_share HelloRetryRequest': 'NamedGroup selected_group',
    'key_share ServerHello': `${entry} server_share`,
    'quic_transport_parameters ClientHello': 'opaque [rest]',
    'quic_transport_parameters EncryptedExtensions': 'opaque [rest]',
    'ticket_request ClientHello': 'uint8 new_session_count; uint8 resumption_count',
    'ticket_request EncryptedExtensions': 'uint8 expected_count',
  })
})

test('an extension where it may not stand is illegal_parameter, offered or not', t => {
  for (const row of rows)
    for (const message of messages.filter(message => !mayStand(row, message))) {
      const misplaced = [raw(row, message)]
      refused(t, () => readExtensions(message, misplaced), 'illegal_parameter', 'BAD_EXTENSION')
      refused(
        t,
        () => readExtensions(message, misplaced, everything),
        'illegal_parameter',
        'BAD_EXTENSION',
      )
    }
})

test('an extension twice in a block is illegal_parameter, whether we know it or not', t => {
  for (const { row, message } of places) {
    const one = raw(row, message)
    const other = places.find(place => place.message === message && place.row !== row)
    const between = other === undefined ? [] : [raw(other.row, message)]
    const blocks = [
      [one, one],
      // What follows pre_shared_key in a ClientHello is refused for another reason.
      [one, ...(row.name === 'pre_shared_key' ? [] : between), one],
    ]
    for (const block of blocks)
      refused(
        t,
        () => readExtensions(message, block, everything),
        'illegal_parameter',
        'DUPLICATE_EXTENSION',
      )
  }
  for (const message of requests) {
    const grease = { extension_type: 0x0a0a, extension_data: new Uint8Array() }
    for (const twice of [unknown, grease]) {
      const other = { ...twice, extension_data: Uint8Array.of(9) }
      refused(
        t,
        () => readExtensions(message, [twice, other]),
        'illegal_parameter',
        'DUPLICATE_EXTENSION',
      )
    }
  }
})

test('a response to what was not asked for is unsupported_extension', t => {
  for (const { row, message } of places.filter(({ message }) =>
    (responses as readonly string[]).includes(message),
  )) {
    const others = new Set([...everything].filter(id => id !== row.id))
    if (row.name === 'cookie') continue
    for (const offered of [undefined, new Set<number>(), others])
      refused(
        t,
        () => readExtensions(message, [raw(row, message)], offered),
        'unsupported_extension',
        'UNSOLICITED_EXTENSION',
      )
  }
  for (const message of responses)
    refused(
      t,
      () => readExtensions(message, [unknown], new Set([43])),
      'unsupported_extension',
      'UNSOLICITED_EXTENSION',
    )
})

test('only the cookie of a HelloRetryRequest may come unasked', t => {
  const cookie = writeExtension('HelloRetryRequest', 'cookie', { cookie: Uint8Array.of(1) })
  t.deepEqual(readExtensions('HelloRetryRequest', [cookie]), {
    cookie: { cookie: Uint8Array.of(1) },
  })
  const group = writeExtension('HelloRetryRequest', 'key_share', { selected_group: 29 })
  refused(
    t,
    () => readExtensions('HelloRetryRequest', [cookie, group]),
    'unsupported_extension',
    'UNSOLICITED_EXTENSION',
  )
})

test('what we offered without a row for the response is illegal_parameter: GREASE, and what only TLS 1.2 has', t => {
  for (const extension_type of [0x2a2a, 23, 35, 0xff01])
    for (const message of responses) {
      const block = [{ extension_type, extension_data: new Uint8Array() }]
      refused(
        t,
        () => readExtensions(message, block, new Set([extension_type])),
        'illegal_parameter',
        'BAD_EXTENSION',
      )
      refused(
        t,
        () => readExtensions(message, block),
        'unsupported_extension',
        'UNSOLICITED_EXTENSION',
      )
    }
})

test('in requests, what we do not know is passed over unread', t => {
  const older = [11, 22, 23, 35, 0xff01, 0x0a0a, 0xfafa, 65535]
  const block = older.map(extension_type => ({
    extension_type,
    extension_data: Uint8Array.of(255),
  }))
  for (const message of requests) t.deepEqual(readExtensions(message, block), {})
})

test('the bodies of unknown extensions are not touched', t => {
  const untouchable = new Proxy(new Uint8Array(), {
    get: () => {
      throw new Error('touched')
    },
  })
  t.deepEqual(
    readExtensions('ClientHello', [{ extension_type: 0x1234, extension_data: untouchable }]),
    {},
  )
})

test('pre_shared_key comes last in a ClientHello, anywhere in a ServerHello', t => {
  const psk = raw(extensions.pre_shared_key, 'ClientHello')
  const versions = writeExtension('ClientHello', 'supported_versions', { versions: [0x0304] })
  t.notThrows(() => readExtensions('ClientHello', [versions, unknown, psk]))
  for (const after of [versions, unknown])
    refused(
      t,
      () => readExtensions('ClientHello', [psk, after]),
      'illegal_parameter',
      'BAD_EXTENSION',
    )
  const chosen = writeExtension('ServerHello', 'pre_shared_key', { selected_identity: 1 })
  const version = writeExtension('ServerHello', 'supported_versions', { selected_version: 0x0304 })
  t.deepEqual(readExtensions('ServerHello', [chosen, version], everything), {
    pre_shared_key: { selected_identity: 1 },
    supported_versions: { selected_version: 0x0304 },
  })
})

test('bytes behind the data of an extension are decode_error', t => {
  for (const { row, message, codec } of places) {
    if (codec.shape.kind === 'rest') continue
    const { extension_type, extension_data } = raw(row, message)
    const longer = { extension_type, extension_data: Uint8Array.of(...extension_data, 0) }
    refused(t, () => readExtensions(message, [longer], everything), 'decode_error', 'DECODE_ERROR')
  }
})

test('one extension can be read before the others are judged', t => {
  const version = writeExtension('ServerHello', 'supported_versions', { selected_version: 0x0304 })
  t.deepEqual(readExtension('ServerHello', 'supported_versions', [unknown, unknown, version]), {
    selected_version: 0x0304,
  })
  t.is(readExtension('ServerHello', 'supported_versions', [unknown]), undefined)
  const malformed = { ...version, extension_data: Uint8Array.of(3) }
  refused(
    t,
    () => readExtension('ServerHello', 'supported_versions', [malformed]),
    'decode_error',
    'DECODE_ERROR',
  )
})

test('an extension cannot be written where it may not stand', t => {
  const write = writeExtension as (message: string, name: string, value: unknown) => RawExtension
  t.throws(() => write('ServerHello', 'cookie', { cookie: Uint8Array.of(1) }), {
    instanceOf: TypeError,
  })
})

test('the values have the RFCs field names', t => {
  const offer = [
    writeExtension('ClientHello', 'server_name', {
      server_name_list: [{ name_type: 'host_name', name: Uint8Array.of(97) }],
    }),
    writeExtension('ClientHello', 'status_request', {
      status_type: 'ocsp',
      request: { responder_id_list: [], request_extensions: new Uint8Array() },
    }),
    writeExtension('ClientHello', 'psk_key_exchange_modes', { ke_modes: ['psk_dhe_ke', 7] }),
    writeExtension('ClientHello', 'record_size_limit', 16385),
    writeExtension('ClientHello', 'early_data', {}),
    writeExtension('ClientHello', 'key_share', {
      client_shares: [{ group: 29, key_exchange: Uint8Array.of(4) }],
    }),
  ]
  t.deepEqual(
    offer.map(({ extension_data }) => Buffer.from(extension_data).toString('hex')),
    ['00040000' + '0161', '0100000000', '020107', '4001', '', '0005001d000104'],
  )
  const read = readExtensions('ClientHello', offer)
  t.is(read.server_name?.server_name_list[0]?.name_type, 'host_name')
  t.is(read.record_size_limit, 16385)
  t.is(read.key_share?.client_shares[0]?.group, 29)
  t.deepEqual(read.psk_key_exchange_modes?.ke_modes, ['psk_dhe_ke', 7])
  t.truthy(read.early_data)
  t.is(read.cookie, undefined)
})

test('a status_request of an unknown type is kept as bytes', t => {
  const block = [{ extension_type: 5, extension_data: Uint8Array.of(2, 1, 2, 3) }]
  t.deepEqual(readExtensions('ClientHello', block).status_request, {
    status_type: 2,
    request: Uint8Array.of(1, 2, 3),
  })
})

test('the binders end a ClientHello, and their length says where the hash for them stops', t => {
  const lengths = fc.array(fc.integer({ min: 32, max: 255 }), { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(lengths, lengths => {
      const binders = lengths.map(length => new Uint8Array(length).fill(0xbb))
      const identities = lengths.map(() => ({
        identity: Uint8Array.of(0xaa),
        obfuscated_ticket_age: 0xaaaaaaaa,
      }))
      const psk = writeExtension('ClientHello', 'pre_shared_key', { identities, binders })
      const message = encodeMessage(ClientHello, {
        legacy_version: 0x0303,
        random: new Uint8Array(32),
        legacy_session_id: new Uint8Array(),
        cipher_suites: [0x1301],
        legacy_compression_methods: Uint8Array.of(0),
        extensions: [psk],
      })
      const cut = message.length - bindersLength(binders)
      t.is(message[cut - 1], 0xaa)
      t.is(Buffer.from(message).readUInt16BE(cut), message.length - cut - 2)
    }),
  )
})

test('an extension that we do not speak is named as the registry has it', t => {
  for (const [id, name] of [
    [14, 'use_srtp'],
    [15, 'heartbeat'],
    [17, 'status_request_v2'],
    [22, 'encrypt_then_mac'],
    [39, 'supported_ekt_ciphers'],
    [52, 'transparency_info'],
    [55, 'external_id_hash'],
    [56, 'external_session_id'],
    [0xfd00, 'ech_outer_extensions'],
    [0xfe0d, 'encrypted_client_hello'],
  ] as const)
    t.is(extensionName(id), name)
})

test('ids have names, GREASE has one too', t => {
  t.is(extensionTypes.key_share, 51)
  t.is(extensionName(51), 'key_share')
  t.is(extensionName(23), 'extended_master_secret')
  t.is(extensionName(0xff01), 'renegotiation_info')
  t.is(extensionName(0x1234), 'extension_4660')
  const grease = Array.from({ length: 2 ** 16 }, (_, id) => id).filter(isGrease)
  t.deepEqual(
    grease,
    Array.from({ length: 16 }, (_, i) => (i * 0x10 + 0x0a) * 0x0101),
  )
  t.is(extensionName(0x3a3a), 'GREASE')
})

test('the codec of an extension is found by message and id', t => {
  t.is(extensionCodec('ClientHello', 21), extensions.padding.in.ClientHello)
  t.is(extensionCodec('ServerHello', 21), undefined)
  t.is(extensionCodec('ServerHello', 0x1234), undefined)
})

test('whatever block comes, it is read or refused by an alert', t => {
  const id = fc.oneof(
    fc.constantFrom(...rows.map(row => row.id)),
    fc.integer({ min: 0, max: 65535 }),
  )
  const block = fc.array(
    fc.record({ extension_type: id, extension_data: fc.uint8Array({ maxLength: 12 }) }),
  )
  const offered = fc.uniqueArray(id).map(ids => new Set(ids))
  fc.assert(
    fc.property(fc.constantFrom(...messages), block, offered, (message, block, offered) => {
      try {
        const read = readExtensions(message, block, offered)
        return Object.keys(read).length <= block.length
      } catch (error) {
        return error instanceof TlsAlert
      }
    }),
    { numRuns: 1000 },
  )
  t.pass()
})

const published = transcripts()
if (published === undefined)
  test('the published extensions (skipped: no ../shared/data)', t => t.pass())

for (const { section, entries } of published ?? []) {
  test(`the published extensions are read and written back byte for byte: ${section}`, t => {
    const hellos = entries
      .filter(({ name }) => name.startsWith('Record_ClientHello_'))
      .map(({ bytes }) => bytes.subarray(9))
    const offered = new Set<number>()
    let count = 0
    const check = (message: ExtensionMessage, block: readonly RawExtension[]): void => {
      const read: Readonly<Record<string, unknown>> = readExtensions(message, block, offered)
      for (const { extension_type, extension_data } of block) {
        const codec = extensionCodec(message, extension_type)
        if (codec === undefined) continue
        t.deepEqual(encode(codec, read[extensionName(extension_type)]), extension_data)
        count++
      }
    }
    for (const body of hellos) {
      const { extensions = [] } = decodeMessage(ClientHello, body)
      check('ClientHello', extensions)
      for (const { extension_type } of extensions) offered.add(extension_type)
    }
    for (const name of ['ServerHello', 'EncryptedExtensions', 'CertificateRequest'] as const) {
      const bytes = entries.find(entry => entry.name === `Message_${name}`)?.bytes
      const type = messageTypes.get(bytes?.[0] ?? 0)
      if (bytes === undefined || type === undefined) continue
      check(
        name,
        (decodeMessage(type, bytes.subarray(4)) as { extensions: readonly RawExtension[] })
          .extensions,
      )
    }
    t.true(count > 10)
  })
}
