/** The names that a trace gives to numbers, against the registries of their RFCs. */
import { extensionCodec, extensionTypes } from '@biopair/handshake/extensions'
import {
  CertificateRequest12,
  ClientHello,
  CompressedCertificate,
  encodeMessage,
  PskServerKeyExchange,
  RawPublicKey12,
  type ServerHello,
  ServerHello12,
  ServerKeyExchange,
  showMessage,
} from '@biopair/handshake/messages'
import { encode } from '@biopair/wire'
import test from 'ava'

const shown = (message: Uint8Array): string[] =>
  showMessage(message[0] as number, message.subarray(4)).map(line => line.trim())

const hex = (id: number) => `0x${id.toString(16).padStart(4, '0')}`

const hello: ClientHello = {
  legacy_version: 0x0303,
  random: new Uint8Array(32),
  legacy_session_id: new Uint8Array(0),
  cipher_suites: [0x1301],
  legacy_compression_methods: Uint8Array.of(0),
  extensions: [],
}

/** Numbers of a list of an extension, as one line shows them. */
function listed(name: keyof typeof extensionTypes, field: string, ids: readonly number[]): string {
  const codec = extensionCodec('ClientHello', extensionTypes[name])
  if (!codec) throw new Error(`a ClientHello has no ${name}`)
  const extension = {
    extension_type: extensionTypes[name],
    extension_data: encode(codec, { [field]: ids }),
  }
  const lines = shown(encodeMessage(ClientHello, { ...hello, extensions: [extension] }))
  return (lines.at(-1) as string).replace(`${field}: `, '')
}

const lines = (names: Readonly<Record<number, string>>): [number, string][] =>
  Object.entries(names).map(([id, name]) => [Number(id), `${name} (${hex(Number(id))})`])

test('versions: RFC 9846 4.2.1, and what went before', t => {
  for (const [id, line] of lines({
    768: 'SSL 3.0',
    769: 'TLS 1.0',
    770: 'TLS 1.1',
    771: 'TLS 1.2',
    772: 'TLS 1.3',
    23130: 'GREASE',
  })) {
    t.is(listed('supported_versions', 'versions', [id]), line)
    t.true(
      shown(encodeMessage(ClientHello, { ...hello, legacy_version: id })).includes(
        `legacy_version: ${line}`,
      ),
    )
  }
  for (const id of [0x02ff, 0x0305]) t.is(listed('supported_versions', 'versions', [id]), hex(id))
})

test('cipher suites: RFC 9846 B.4, RFC 5289, RFC 7905, RFC 8442', t => {
  for (const [id, line] of lines({
    4865: 'TLS_AES_128_GCM_SHA256',
    4866: 'TLS_AES_256_GCM_SHA384',
    4867: 'TLS_CHACHA20_POLY1305_SHA256',
    49195: 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
    49196: 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
    49199: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
    49200: 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
    52392: 'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
    52393: 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
    51914: 'GREASE',
  }))
    t.true(
      shown(encodeMessage(ClientHello, { ...hello, cipher_suites: [id] })).includes(
        `cipher_suites: ${line}`,
      ),
      line,
    )
})

test('groups: RFC 9846 4.3.7', t => {
  for (const [id, line] of lines({
    23: 'secp256r1',
    24: 'secp384r1',
    25: 'secp521r1',
    29: 'x25519',
    30: 'x448',
    256: 'ffdhe2048',
    257: 'ffdhe3072',
    258: 'ffdhe4096',
    259: 'ffdhe6144',
    260: 'ffdhe8192',
    4588: 'X25519MLKEM768',
    10794: 'GREASE',
  }))
    t.is(listed('supported_groups', 'named_group_list', [id]), line)
})

test('signature schemes: RFC 9846 4.3.3', t => {
  for (const [id, line] of lines({
    513: 'rsa_pkcs1_sha1',
    515: 'ecdsa_sha1',
    1025: 'rsa_pkcs1_sha256',
    1281: 'rsa_pkcs1_sha384',
    1537: 'rsa_pkcs1_sha512',
    1027: 'ecdsa_secp256r1_sha256',
    1283: 'ecdsa_secp384r1_sha384',
    1539: 'ecdsa_secp521r1_sha512',
    2052: 'rsa_pss_rsae_sha256',
    2053: 'rsa_pss_rsae_sha384',
    2054: 'rsa_pss_rsae_sha512',
    2055: 'ed25519',
    2056: 'ed448',
    2057: 'rsa_pss_pss_sha256',
    2058: 'rsa_pss_pss_sha384',
    2059: 'rsa_pss_pss_sha512',
    14906: 'GREASE',
  }))
    t.is(listed('signature_algorithms', 'supported_signature_algorithms', [id]), line)
})

test('compression: RFC 8879 3', t => {
  const compressed = (algorithm: number) =>
    shown(
      encodeMessage(CompressedCertificate, {
        algorithm,
        uncompressed_length: 70_000,
        compressed_certificate_message: Uint8Array.of(9),
      }),
    )
  for (const [id, line] of lines({ 1: 'zlib', 2: 'brotli', 3: 'zstd' }))
    t.deepEqual(compressed(id), [
      'CompressedCertificate',
      `algorithm: ${line}`,
      'uncompressed_length: 70000',
      'compressed_certificate_message: 09',
    ])
  for (const id of [0, 4]) t.is(compressed(id)[1], `algorithm: ${hex(id)}`)
})

const answer: ServerHello = {
  legacy_version: 0x0303,
  random: new Uint8Array(32),
  legacy_session_id_echo: new Uint8Array(0),
  cipher_suite: 0xc02b,
  legacy_compression_method: 0,
  extensions: [],
}

test('a ServerHello of TLS 1.2 is shown with what its extensions say there', t => {
  const extensions = [
    { extension_type: 0xff01, extension_data: Uint8Array.of(0) },
    { extension_type: 23, extension_data: new Uint8Array(0) },
  ]
  t.deepEqual(shown(encodeMessage(ServerHello12, { ...answer, extensions })).slice(-4), [
    'extensions:',
    '- renegotiation_info:',
    'renegotiated_connection: (empty)',
    '- extended_master_secret: (empty)',
  ])
})

test('a message of TLS 1.2 is told from its namesake of TLS 1.3 by its form', t => {
  const params = {
    ...{ curve_type: 'named_curve', namedcurve: 29, public: Uint8Array.of(4) },
  } as const
  const signature = new Uint8Array(0)
  t.deepEqual(shown(encodeMessage(ServerKeyExchange, { params, algorithm: 0x0403, signature })), [
    'ServerKeyExchange',
    'params:',
    'curve_type: named_curve',
    'namedcurve: x25519 (0x001d)',
    'public: 04',
    'algorithm: ecdsa_secp256r1_sha256 (0x0403)',
    'signature: (empty)',
  ])
  t.deepEqual(
    shown(encodeMessage(PskServerKeyExchange, { psk_identity_hint: Uint8Array.of(7), params })),
    [
      'ServerKeyExchange',
      'psk_identity_hint: 07',
      'params:',
      'curve_type: named_curve',
      'namedcurve: x25519 (0x001d)',
      'public: 04',
    ],
  )
  t.deepEqual(
    shown(
      encodeMessage(CertificateRequest12, {
        certificate_types: Uint8Array.of(64, 1),
        supported_signature_algorithms: [0x0403],
        certificate_authorities: [],
      }),
    ),
    [
      'CertificateRequest',
      'certificate_types: 4001',
      'supported_signature_algorithms: ecdsa_secp256r1_sha256 (0x0403)',
      'certificate_authorities: (none)',
    ],
  )
  const key = Uint8Array.of(0x30, 0x11, 0x22)
  t.deepEqual(shown(encodeMessage(RawPublicKey12, { subjectPublicKeyInfo: key })), [
    'Certificate',
    'subjectPublicKeyInfo: 301122',
  ])
})

test('what no version can read is shown with what TLS 1.3 says of it, where it has the message', t => {
  t.deepEqual(showMessage(13, Uint8Array.of(5)), [
    'CertificateRequest',
    '  unreadable: expected 5 bytes for certificate_request_context, got 0, at offset 1',
    '  05',
  ])
  t.deepEqual(showMessage(16, new Uint8Array(0)).slice(0, 1), ['ClientKeyExchange'])
})
