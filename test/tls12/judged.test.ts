/** What an end of TLS 1.2 refuses of each message, and what stands just beside that and is taken (RFC 5246 §7.4 and what came to it since). */
import {
  cipherSuites12,
  pskCipherSuites12,
  type SignatureScheme,
  signatureSchemes,
} from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  type Certificate12,
  type CertificateRequest12,
  type CertificateVerify,
  type ClientHello,
  type ClientKeyExchange,
  certificates,
  type ExtensionIn,
  type ExtensionValue,
  extensionTypes,
  type Finished,
  is12,
  type RawExtension,
  type RawPublicKey12,
  type ServerHello,
  type ServerKeyExchange,
  writeExtension,
} from '@biopair/handshake'
import { type AlertName, TlsAlert } from '@biopair/wire'
import test from 'ava'
import { external, offered } from '../support/conversations.ts'
import { type ConverseOptions, converse } from '../support/converse.ts'
import { documented } from '../support/documented.ts'
import { editing } from '../support/edited-ends.ts'
import { identityOf } from '../support/peer-identity.ts'

const older = { versions: ['TLSv1.2'] } as const
const both = { versions: ['TLSv1.3', 'TLSv1.2'] } as const
const bytes = (text: string) => Uint8Array.from(text, char => char.charCodeAt(0))
const { x25519, secp256r1, secp384r1, X25519MLKEM768 } = nodeCrypto.groups
const { TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 } =
  cipherSuites12

type Refusal = readonly [AlertName, reason: string, section: string]
interface Case {
  readonly client?: ConverseOptions['client']
  readonly server?: ConverseOptions['server']
  readonly answers?: Pick<ConverseOptions, 'clientAnswers' | 'serverAnswers'>
  /** Undefined where it is taken. */
  readonly refused?: Refusal
  /** What the error says. */
  readonly says?: RegExp
}

const judged = (title: string, { client, server, answers, refused, says }: Case): void =>
  test(refused ? `${refused[0]}: ${title}` : `taken: ${title}`, t => {
    const meet = () =>
      converse({ client: { ...older, ...client }, server: { ...older, ...server }, ...answers })
    if (!refused) {
      const ends = meet()
      for (const { connected } of [ends.client, ends.server])
        t.true(connected !== undefined && is12(connected))
      return
    }
    const error = t.throws(meet, { instanceOf: TlsAlert })
    t.deepEqual([error.alert, error.reason, error.section], refused)
    if (says) t.regex(error.message, says)
    documented(t, error)
  })

const without = (block: readonly RawExtension[] | undefined, ...ids: readonly number[]) =>
  (block ?? []).filter(({ extension_type }) => !ids.includes(extension_type))

/** A server whose ServerHello is changed. */
const answering = (change: Partial<ServerHello> | ((hello: ServerHello) => Partial<ServerHello>)) =>
  editing<ServerHello>('ServerHello', hello => ({
    ...hello,
    ...(typeof change === 'function' ? change(hello) : change),
  }))
const answeringWith = <N extends ExtensionIn<'ServerHello12'>>(
  name: N,
  value: ExtensionValue<'ServerHello12', N>,
) =>
  answering(({ extensions }) => ({
    extensions: [
      ...without(extensions, extensionTypes[name]),
      writeExtension('ServerHello12', name, value),
    ],
  }))
const answeringWithout = (id: number) =>
  answering(({ extensions }) => ({ extensions: without(extensions, id) }))

/** A client whose ClientHello is changed. */
const offering = (change: Partial<ClientHello> | ((hello: ClientHello) => Partial<ClientHello>)) =>
  editing<ClientHello>('ClientHello', hello => ({
    ...hello,
    ...(typeof change === 'function' ? change(hello) : change),
  }))
const offeringWith = <N extends ExtensionIn<'ClientHello12'>>(
  name: N,
  value: ExtensionValue<'ClientHello12', N>,
) =>
  offering(({ extensions }) => ({
    extensions: [
      ...without(extensions, extensionTypes[name]),
      writeExtension('ClientHello12', name, value),
    ],
  }))
const offeringWithout = (id: number) =>
  offering(({ extensions }) => ({ extensions: without(extensions, id) }))

const tail = (...last: number[]) =>
  answering(({ random }) => ({ random: Uint8Array.of(...random.subarray(0, 24), ...last) }))

// RFC 5246 §7.4.1.3: what a server chose.

for (const version of [0x0300, 0x0301, 0x0302, 0x0304])
  judged(`a server that chose ${version.toString(16)}`, {
    server: answering({ legacy_version: version }),
    refused: ['protocol_version', 'UNSUPPORTED_PROTOCOL', 'RFC 5246 7.4.1.3'],
    says: new RegExp(`0x${version.toString(16).padStart(4, '0')}$`),
  })

// RFC 9846 §4.2.3: "44 4F 57 4E 47 52 44 01" and "... 00".
judged('a server whose random says that it was made to choose below TLS 1.2', {
  server: tail(0x44, 0x4f, 0x57, 0x4e, 0x47, 0x52, 0x44, 0),
  refused: ['illegal_parameter', 'TLS13_DOWNGRADE', '4.2.3'],
})
judged('a client of TLS 1.2 alone passes over what stands for TLS 1.2', {
  server: tail(0x44, 0x4f, 0x57, 0x4e, 0x47, 0x52, 0x44, 1),
})
for (const last of [0, 1])
  judged(`a client of TLS 1.3 too, whose server says by ${last} what it would have spoken`, {
    client: both,
    server: tail(0x44, 0x4f, 0x57, 0x4e, 0x47, 0x52, 0x44, last),
    refused: ['illegal_parameter', 'TLS13_DOWNGRADE', '4.2.3'],
  })
for (let i = 0; i < 8; i++) {
  const near = [0x44, 0x4f, 0x57, 0x4e, 0x47, 0x52, 0x44, 1]
  near[i] = (near[i] as number) ^ 2
  for (const client of [older, both])
    judged(
      `a random that is a bit off at byte ${i} of its end says nothing (${client.versions.length})`,
      { client, server: tail(...near) },
    )
}

const wrongSuite: Refusal = ['illegal_parameter', 'WRONG_CIPHER_RETURNED', 'RFC 5246 7.4.1.3']
judged('a suite that was not offered', {
  server: answering({ cipher_suite: TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256.id }),
  refused: wrongSuite,
  says: /0xc02f/,
})
judged('a suite of TLS 1.3, offered to TLS 1.3', {
  client: both,
  server: answering({ cipher_suite: 0x1301 }),
  refused: wrongSuite,
})
judged('a suite that compresses', {
  server: answering({ legacy_compression_method: 1 }),
  refused: ['illegal_parameter', 'INVALID_COMPRESSION_ALGORITHM', 'RFC 5246 7.4.1.3'],
})

// RFC 9846 §4.2.2: an id of compatibility mode is of no session.
judged('the echo of an id that is of no session', {
  client: { ...both, ...offering({ legacy_session_id: new Uint8Array(32).fill(7) }) },
  server: answering({ legacy_session_id_echo: new Uint8Array(32).fill(7) }),
  refused: ['illegal_parameter', 'SERVER_ECHOED_INVALID_SESSION_ID', 'RFC 5246 7.4.1.3'],
})
judged('the echo of an id of one byte', {
  client: { ...both, ...offering({ legacy_session_id: Uint8Array.of(7) }) },
  server: answering({ legacy_session_id_echo: Uint8Array.of(7) }),
  refused: ['illegal_parameter', 'SERVER_ECHOED_INVALID_SESSION_ID', 'RFC 5246 7.4.1.3'],
})
judged('another id than that of compatibility mode, which names a new session', {
  client: { ...both, ...offering({ legacy_session_id: new Uint8Array(32).fill(7) }) },
  server: answering({ legacy_session_id_echo: new Uint8Array(32).fill(8) }),
})
judged('no id at both ends is no echo', {
  client: offering({ legacy_session_id: new Uint8Array(0) }),
  server: answering({ legacy_session_id_echo: new Uint8Array(0) }),
})

// RFC 5746 §3.4, §3.6.
judged('a server without renegotiation_info', {
  server: answeringWithout(0xff01),
  refused: ['handshake_failure', 'UNSAFE_LEGACY_RENEGOTIATION_DISABLED', 'RFC 5746 3.4'],
})
for (const length of [1, 12, 24]) {
  const formerly = { renegotiated_connection: new Uint8Array(length) }
  judged(`a server that goes on from a connection before (${length})`, {
    server: answeringWith('renegotiation_info', formerly),
    refused: ['handshake_failure', 'RENEGOTIATION_MISMATCH', 'RFC 5746 3.4'],
  })
  judged(`a client that goes on from a connection before (${length})`, {
    client: offeringWith('renegotiation_info', formerly),
    refused: ['handshake_failure', 'RENEGOTIATION_MISMATCH', 'RFC 5746 3.6'],
  })
}

// RFC 7627 §5.2.
const unbound: Refusal = ['handshake_failure', 'NO_EXTENDED_MASTER_SECRET', 'RFC 7627 5.2']
judged('a server without extended_master_secret', {
  server: answeringWithout(23),
  refused: unbound,
  says: /in the ServerHello$/,
})
judged('a client without extended_master_secret', {
  client: offeringWithout(23),
  refused: unbound,
  says: /in the ClientHello$/,
})
judged('neither has extended_master_secret, where both do without', {
  client: { extendedMasterSecret: false, ...offeringWithout(23) },
  server: { extendedMasterSecret: false },
})

// RFC 8422 §5.1.2: "MUST contain the value 0".
const formats: Refusal = ['illegal_parameter', 'TLS_INVALID_ECPOINTFORMAT_LIST', 'RFC 8422 5.1.2']
for (const list of [[1], [1, 2], [0], [2, 1, 0]]) {
  const value = { ec_point_format_list: Uint8Array.from(list) }
  const refused = list.includes(0) ? {} : { refused: formats }
  judged(`a server's point formats ${list}`, {
    server: answeringWith('ec_point_formats', value),
    ...refused,
  })
  judged(`a client's point formats ${list}`, {
    client: offeringWith('ec_point_formats', value),
    ...refused,
  })
}
judged('a client that says nothing of point formats', { client: offeringWithout(11) })
judged('a server that says nothing of point formats', { server: answeringWithout(11) })

// RFC 7301 §3.2: "MUST contain exactly one ProtocolName", of those that the client said.
const alpn = [bytes('h2'), bytes('http/1.1')]
const chosenAlpn: Refusal = ['illegal_parameter', 'INVALID_ALPN_PROTOCOL', 'RFC 7301 3.2']
const protocols = (...names: string[]) =>
  answeringWith('application_layer_protocol_negotiation', { protocol_name_list: names.map(bytes) })
for (const name of ['h2', 'http/1.1'])
  judged(`the protocol ${name}, which was offered`, { client: { alpn }, server: protocols(name) })
for (const names of [['h3'], ['h2', 'http/1.1'], ['h2', 'h2'], ['http']])
  judged(`a server that chose ${names}`, {
    client: { alpn },
    server: protocols(...names),
    refused: chosenAlpn,
  })
judged('a protocol, where none was offered', {
  server: protocols('h2'),
  refused: ['unsupported_extension', 'UNSOLICITED_EXTENSION', '4.3'],
})
judged('a server that has none of the protocols', {
  client: { alpn },
  answers: { serverAnswers: { alpn: () => 'refuse' } },
  refused: ['no_application_protocol', 'NO_APPLICATION_PROTOCOL', 'RFC 7301 3.2'],
})

// RFC 8449 §4: 64 at least; a server says 2^14 at most in TLS 1.2, what a client says beyond that stands for it.
const limits: Refusal = ['illegal_parameter', 'BAD_EXTENSION', 'RFC 8449 4']
const recordSizeLimit = 16_384
for (const limit of [0, 63, 64, 16_384, 16_385, 65_535]) {
  const said = { client: { recordSizeLimit }, server: { recordSizeLimit } }
  judged(`a record_size_limit of ${limit} of a server`, {
    ...said,
    server: { ...said.server, ...answeringWith('record_size_limit', limit) },
    ...(limit >= 64 && limit <= 16_384 ? {} : { refused: limits }),
  })
  judged(`a record_size_limit of ${limit} of a client`, {
    ...said,
    client: { ...said.client, ...offeringWith('record_size_limit', limit) },
    ...(limit >= 64 ? {} : { refused: limits }),
  })
}

// RFC 5246 §7.4.1.2: what a client offers.

judged('a client whose highest version is TLS 1.1', {
  client: offering({ legacy_version: 0x0302 }),
  refused: ['protocol_version', 'UNSUPPORTED_PROTOCOL', 'RFC 5246 E.1'],
  says: /0x0302$/,
})
for (const versions of [[0x0303], [0x0302, 0x0303], [0x0302], [0x7a7a, 0x0301], [0x0304]])
  judged(`a client whose supported_versions are ${versions}`, {
    client: offeringWith('supported_versions', { versions }),
    ...(versions.includes(0x0303)
      ? {}
      : {
          refused: ['protocol_version', 'UNSUPPORTED_PROTOCOL', 'RFC 5246 E.1'] as const,
          says: new RegExp(`0x${(versions.at(-1) as number).toString(16).padStart(4, '0')}$`),
        }),
  })
const many = (count: number) => Array.from({ length: count }, (_, i) => 0x0500 + i)
judged('a client of ten versions that nobody has, each of which is named', {
  client: offeringWith('supported_versions', { versions: many(10) }),
  refused: ['protocol_version', 'UNSUPPORTED_PROTOCOL', 'RFC 5246 E.1'],
  says: /supported_versions 0x0500, .*, 0x0508, 0x0509$/,
})
judged('a client of eleven, of which ten are', {
  client: offeringWith('supported_versions', { versions: many(11) }),
  refused: ['protocol_version', 'UNSUPPORTED_PROTOCOL', 'RFC 5246 E.1'],
  says: /, 0x0508, 0x0509 and 1 more$/,
})

// RFC 9846 §4.3.2: a cookie is of TLS 1.3; who speaks TLS 1.2 alone does not know the extension.
const nobody = () => {
  throw new Error('a cookie was opened or made')
}
judged('a cookie, by a server of TLS 1.2 that could make some for TLS 1.3', {
  client: offeringWith('cookie', { cookie: bytes('somebody made it') }),
  server: { cookie: 'always', cookies: { seal: nobody, open: nobody } },
})

const methods = (...list: number[]) =>
  offering({ legacy_compression_methods: Uint8Array.from(list) })
for (const list of [[0], [1, 0], [0, 1]])
  judged(`a client of the compression methods ${list}`, { client: methods(...list) })
for (const list of [[1], [1, 64]])
  judged(`a client of the compression methods ${list}`, {
    client: methods(...list),
    refused: ['illegal_parameter', 'INVALID_COMPRESSION_ALGORITHM', 'RFC 5246 7.4.1.2'],
  })

// RFC 7507 §3.
judged('a client that fell back to what is below the server', {
  client: { fallback: true },
  server: both,
  refused: ['inappropriate_fallback', 'INAPPROPRIATE_FALLBACK', 'RFC 7507 3'],
})
judged('a client that fell back to what is the highest of the server', {
  client: { fallback: true },
})

const noSuite: Refusal = ['handshake_failure', 'NO_SHARED_CIPHER', 'RFC 5246 7.4.1.3']
for (const id of [0xc02f, 0x1301, 0x00ff])
  judged(`a client with no suite but ${id.toString(16)}`, {
    client: offering({ cipher_suites: [id] }),
    refused: noSuite,
    says: new RegExp(`got 0x${id.toString(16).padStart(4, '0')}`),
  })
judged('a server without suites of TLS 1.2', { server: { suites12: [] }, refused: noSuite })
judged('a server that has the suite behind others', {
  server: {
    suites12: [
      TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
      cipherSuites12.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    ],
  },
})

judged('a client without signature_algorithms, who would have SHA-1', {
  client: offeringWithout(13),
  refused: ['handshake_failure', 'MISSING_SIGALGS_EXTENSION', 'RFC 5246 7.4.1.4.1'],
})
judged('a client whose schemes nobody has', {
  client: offeringWith('signature_algorithms', { supported_signature_algorithms: [0x0201] }),
  refused: ['handshake_failure', 'NO_SUITABLE_SIGNATURE_ALGORITHM', 'RFC 5246 7.4.3'],
})
judged('a server without a certificate', {
  answers: { serverAnswers: { certificate: () => undefined } },
  refused: ['handshake_failure', 'NO_CERTIFICATE_SET', 'RFC 5246 7.4.2'],
})

const noGroup: Refusal = ['handshake_failure', 'NO_SHARED_GROUPS', 'RFC 8422 5.1']
judged('a client whose groups the server does not have', {
  client: offeringWith('supported_groups', { named_group_list: [24, 25] }),
  refused: noGroup,
  says: /got 0x0018, 0x0019$/,
})
judged('a client that says no groups, who has P-256', { client: offeringWithout(10) })

// RFC 6066 §4.
for (const code of [0, 5, 255])
  judged(`a client that asks for the max_fragment_length ${code}`, {
    client: offeringWith('max_fragment_length', code),
    refused: ['illegal_parameter', 'SSL3_EXT_INVALID_MAX_FRAGMENT_LENGTH', 'RFC 6066 4'],
  })

const granting = (code: number) => answeringWith('max_fragment_length', code)
const fragments = (section: string): Refusal => [
  'illegal_parameter',
  'SSL3_EXT_INVALID_MAX_FRAGMENT_LENGTH',
  section,
]
judged('a server that grants what was asked for', {
  client: { maxFragmentLength: 1024 },
  server: granting(2),
})
for (const code of [0, 1, 3, 5])
  judged(`a server that grants ${code} where 2 was asked for`, {
    client: { maxFragmentLength: 1024 },
    server: granting(code),
    refused: fragments('RFC 6066 4'),
  })
judged('a server that grants a length beside a record_size_limit', {
  client: { maxFragmentLength: 1024, recordSizeLimit },
  server: { recordSizeLimit, ...granting(2) },
  refused: fragments('RFC 8449 5'),
})

// RFC 5246 §7.4.2, RFC 7250 §3.
const noCertificate: Refusal = [
  'decode_error',
  'PEER_DID_NOT_RETURN_A_CERTIFICATE',
  'RFC 5246 7.4.2',
]
judged('a server that shows no certificate', {
  server: editing<Certificate12>('Certificate', () => ({ certificate_list: [] })),
  refused: noCertificate,
})
const raw = { serverTypes: ['rpk', 'x509'], clientTypes: ['rpk', 'x509'] } as const
const key = bytes('key')
const schemes = [signatureSchemes.ecdsa_secp256r1_sha256]
judged('a server that shows no raw public key', {
  client: raw,
  server: {
    ...raw,
    ...editing<RawPublicKey12>('Certificate', () => ({ subjectPublicKeyInfo: bytes('') })),
  },
  answers: {
    serverAnswers: { certificate: () => ({ chain: [key], schemes, type: 'rpk' }) },
  },
  refused: noCertificate,
})
judged('a server whose raw public key is a byte, if that is believed', {
  client: raw,
  server: raw,
  answers: {
    serverAnswers: { certificate: () => ({ chain: [Uint8Array.of(5)], schemes, type: 'rpk' }) },
  },
})
judged('a client that shows no certificate, where one is required', {
  server: { clientCertificate: 'require' },
  answers: { clientAnswers: { certificate: () => undefined } },
  refused: ['handshake_failure', 'PEER_DID_NOT_RETURN_A_CERTIFICATE', 'RFC 5246 7.4.6'],
})
judged('a client that shows no certificate, where one is asked for', {
  server: { clientCertificate: 'request' },
  answers: { clientAnswers: { certificate: () => undefined } },
})

// RFC 6066 §8: "a server MAY choose not to send" what it has announced.
judged('a server that announces a status and leaves it out', {
  client: { requestOcsp: true },
  server: answeringWith('status_request', {}),
})

// RFC 8422 §2: the suite says which keys sign.
const rsa = identityOf('rsa')
const rsaKey = nodeCrypto.publicKey(rsa.key.publicMaterial)
if ('why' in rsaKey) throw new Error(rsaKey.why)
const ofRsa = {
  schemes: [signatureSchemes.rsa_pss_rsae_sha256, signatureSchemes.rsa_pkcs1_sha256],
  suites12: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256],
}
const ofBoth = {
  schemes: [...ofRsa.schemes, signatureSchemes.ecdsa_secp256r1_sha256],
  suites12: [
    TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    cipherSuites12.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
  ],
}
const shows = (scheme: SignatureScheme) => ({
  clientAnswers: { verification: () => ({ trusted: true, key: rsaKey }) as const },
  serverAnswers: {
    certificate: () => ({ chain: rsa.chain, schemes: [scheme] }),
    signature: ({ content }: { readonly content: Uint8Array }) =>
      rsa.key.sign(scheme.algorithm, content),
  },
})
for (const scheme of ofRsa.schemes) {
  judged(`an RSA key that signs by ${scheme.name}`, {
    client: ofRsa,
    server: ofRsa,
    answers: shows(scheme),
  })
  judged(`an RSA key in a suite of ECDSA keys, by ${scheme.name}`, {
    client: ofBoth,
    server: {
      ...ofBoth,
      ...answering({ cipher_suite: cipherSuites12.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256.id }),
    },
    answers: shows(scheme),
    refused: ['illegal_parameter', 'WRONG_CERTIFICATE_TYPE', 'RFC 8422 2'],
  })
}
judged('an ECDSA key in a suite of RSA keys', {
  client: ofBoth,
  server: { ...ofBoth, ...answering({ cipher_suite: TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256.id }) },
  refused: ['illegal_parameter', 'WRONG_CERTIFICATE_TYPE', 'RFC 8422 2'],
})

// RFC 8422 §5.4, §5.7: shares and who signed them.
const exchange = (change: Partial<ServerKeyExchange>) =>
  editing<ServerKeyExchange>('ServerKeyExchange', said => ({ ...said, ...change }))
const curve = (namedcurve: number) =>
  editing<ServerKeyExchange>('ServerKeyExchange', said => ({
    ...said,
    params: { ...said.params, namedcurve },
  }))
judged('another curve than the one that was signed', {
  server: curve(secp256r1.id),
  refused: ['decrypt_error', 'BAD_SIGNATURE', 'RFC 8422 5.4'],
})
const pskSuite = pskCipherSuites12.TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256
const keyed = {
  client: { suites12: [pskSuite], psk: true },
  server: { suites12: [pskSuite], psk: true },
  clientAnswers: { psk_offer: () => [offered(external)] },
} as const
judged('a curve that was not offered, behind a key', {
  client: { ...keyed.client, groups: [x25519, secp256r1] },
  server: { ...keyed.server, ...curve(secp384r1.id) },
  answers: { clientAnswers: keyed.clientAnswers },
  refused: ['illegal_parameter', 'WRONG_CURVE', 'RFC 8422 5.4'],
  says: /0x0018/,
})
const wrongScheme = (section: string): Refusal => [
  'illegal_parameter',
  'WRONG_SIGNATURE_TYPE',
  section,
]
const eddsa = {
  schemes: [signatureSchemes.ecdsa_secp256r1_sha256, signatureSchemes.ed25519],
}
for (const [what, algorithm] of Object.entries({
  'that nobody has': 0x0201,
  'that we have and did not offer': signatureSchemes.ecdsa_secp384r1_sha384.id,
  'of another kind of key': signatureSchemes.ed25519.id,
})) {
  judged(`a share signed by a scheme ${what}`, {
    client: eddsa,
    server: exchange({ algorithm }),
    refused: wrongScheme('RFC 8422 5.4'),
  })
  judged(`a client's certificate proved by a scheme ${what}`, {
    client: editing<CertificateVerify>('CertificateVerify', said => ({ ...said, algorithm })),
    server: { ...eddsa, clientCertificate: 'request' },
    refused: wrongScheme('RFC 5246 7.4.8'),
  })
}
const signature = new Uint8Array(70)
judged('a share that nobody signed', {
  server: exchange({ signature }),
  refused: ['decrypt_error', 'BAD_SIGNATURE', 'RFC 8422 5.4'],
})
judged("a client's certificate that nobody proved", {
  client: editing<CertificateVerify>('CertificateVerify', said => ({ ...said, signature })),
  server: { clientCertificate: 'request' },
  refused: ['decrypt_error', 'BAD_SIGNATURE', 'RFC 5246 7.4.8'],
})
judged("a client's share that leads nowhere", {
  client: editing<ClientKeyExchange>('ClientKeyExchange', () => ({ ecdh_Yc: new Uint8Array(32) })),
  refused: ['illegal_parameter', 'BAD_ECPOINT', 'RFC 8422 5.7'],
})

// RFC 4279 §2.
judged('an identity that the server does not know', {
  ...keyed,
  answers: { clientAnswers: keyed.clientAnswers },
  refused: ['unknown_psk_identity', 'PSK_IDENTITY_NOT_FOUND', 'RFC 4279 2'],
})
judged('a client that has no key for the hint', {
  ...keyed,
  refused: ['handshake_failure', 'PSK_IDENTITY_NOT_FOUND', 'RFC 4279 2'],
})

// RFC 5246 §7.4.4: what a client has to fit.
const asked = (change: Partial<CertificateRequest12>) => ({
  clientCertificate: 'require' as const,
  ...editing<CertificateRequest12>('CertificateRequest', said => ({ ...said, ...change })),
})
const nothingFits: Refusal = [
  'handshake_failure',
  'PEER_DID_NOT_RETURN_A_CERTIFICATE',
  'RFC 5246 7.4.6',
]
judged('a client whose kind of key is not asked for shows nothing', {
  server: asked({ certificate_types: Uint8Array.of(1) }),
  refused: nothingFits,
})
judged('a client whose schemes are not asked for shows nothing', {
  server: asked({ supported_signature_algorithms: [0x0804] }),
  refused: nothingFits,
})
judged('a client whose kind of key is asked for among others', {
  server: asked({ certificate_types: Uint8Array.of(1, 2, 64, 65) }),
})

// RFC 5246 §7.4.9: 12 bytes.
for (const role of ['client', 'server'] as const) {
  const finished = (change: (data: Uint8Array) => ArrayLike<number>) => ({
    [role]: editing<Finished>('Finished', ({ verify_data }) => ({
      verify_data: Uint8Array.from(change(verify_data)),
    })),
  })
  for (const length of [0, 11, 13, 32])
    judged(`a Finished of ${length} bytes, of a ${role}`, {
      ...finished(() => new Uint8Array(length)),
      refused: ['decode_error', 'BAD_DIGEST_LENGTH', 'RFC 5246 7.4.9'],
    })
  for (const i of [0, 11])
    judged(`a Finished that is wrong in byte ${i}, of a ${role}`, {
      ...finished(data => data.map((byte, j) => (i === j ? byte ^ 1 : byte))),
      refused: ['decrypt_error', 'DIGEST_CHECK_FAILED', 'RFC 5246 7.4.9'],
    })
}

// RFC 5246 §7.4.1.3, RFC 7627 §5.3: a session goes on with its suite, and with extended_master_secret.
const suite = cipherSuites12.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
const session = {
  ...{ masterSecret: new Uint8Array(48).fill(3), suite, chain: [], shown: certificates },
  ...{ id: bytes('an id'), ticket: bytes(''), authenticatedBy: 'certificate' as const },
}
const resuming = {
  client: { session12: session },
  server: { sessions12: { issues: false, by: 'id', keep: () => {} } },
  answers: {
    serverAnswers: {
      session: () => ({ ...session, masterSecret: session.masterSecret.slice(), until: 1 }),
    },
  },
} as const satisfies Case
judged('a session that goes on', resuming)
judged('an id that was never said is the name of no session', {
  ...resuming,
  client: { ...resuming.client, ...offering({ legacy_session_id: bytes('') }) },
})
judged('a session that goes on with another suite', {
  ...resuming,
  client: {
    ...resuming.client,
    suites12: [suite, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384],
  },
  server: {
    ...resuming.server,
    ...answering({ cipher_suite: TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384.id }),
  },
  refused: ['illegal_parameter', 'OLD_SESSION_CIPHER_NOT_RETURNED', 'RFC 5246 7.4.1.3'],
})
const split: Refusal = ['handshake_failure', 'INCONSISTENT_EXTMS', 'RFC 7627 5.3']
judged('a server that goes on without extended_master_secret', {
  ...resuming,
  client: { ...resuming.client, extendedMasterSecret: false },
  server: { ...resuming.server, ...answeringWithout(23) },
  refused: split,
  says: /the ServerHello does not$/,
})
judged('a client that goes on without extended_master_secret', {
  ...resuming,
  client: { ...resuming.client, ...offeringWithout(23) },
  server: { ...resuming.server, extendedMasterSecret: false },
  refused: split,
  says: /the ClientHello does not$/,
})
judged('a client without groups that the server has, nor the server any curve', {
  server: { groups: [X25519MLKEM768] },
  refused: noGroup,
  says: /expected one of , got 0x001d, 0x0017$/,
})

// RFC 9846 §4.3.1: who has no version in common with a client says so.
judged('a client of TLS 1.2, and a server of TLS 1.3', {
  server: { versions: ['TLSv1.3'] },
  refused: ['protocol_version', 'UNSUPPORTED_PROTOCOL', '4.3.1'],
})
judged('a client of TLS 1.3, and a server of TLS 1.2', {
  client: { versions: ['TLSv1.3'] },
  refused: ['protocol_version', 'UNSUPPORTED_PROTOCOL', 'RFC 5246 E.1'],
})

// RFC 7250 §4.2: types of certificates.
const unknownType: Refusal = ['unsupported_certificate', 'UNKNOWN_CERTIFICATE_TYPE', 'RFC 7250 4.2']
judged('a server that has X.509 alone, where a raw public key is wanted', {
  client: { serverTypes: ['rpk'] },
  refused: unknownType,
})
judged('a server that passes over the wish for a raw public key', {
  client: { serverTypes: ['rpk'] },
  server: { serverTypes: ['x509', 'rpk'], ...answeringWithout(20) },
  answers: {
    serverAnswers: { certificate: () => ({ chain: [key], schemes, type: 'rpk' }) },
  },
  refused: unknownType,
})
judged('a type of certificate that was not offered', {
  client: { serverTypes: ['rpk', 'x509'] },
  server: answeringWith('server_certificate_type', { server_certificate_type: 'OpenPGP_RESERVED' }),
  refused: ['illegal_parameter', 'BAD_VALUE', 'RFC 7250 4.2'],
})
judged('a server that insists on a type that the client has not', {
  client: { clientTypes: ['rpk'] },
  server: { clientCertificate: 'require' },
  refused: unknownType,
})
judged('a server that asks for a type that the client has not, and does without', {
  client: { clientTypes: ['rpk'] },
  server: { clientCertificate: 'request' },
})

judged('a client that says no groups, and a server without a curve', {
  client: offeringWithout(10),
  server: { groups: [X25519MLKEM768] },
  refused: noGroup,
  says: /got none$/,
})
for (const limit of [63, 64])
  judged(`a record_size_limit of ${limit} of a client, where a session goes on`, {
    ...resuming,
    client: {
      ...resuming.client,
      recordSizeLimit,
      ...offeringWith('record_size_limit', limit),
    },
    server: { ...resuming.server, recordSizeLimit },
    ...(limit < 64 ? { refused: limits } : {}),
  })
const keyless = { clientAnswers: { certificate: () => undefined } } as const
judged('a client without a raw public key, where one is asked for', {
  client: raw,
  server: { ...raw, clientCertificate: 'request' },
  answers: keyless,
})
judged('a client without a raw public key, where one is required', {
  client: raw,
  server: { ...raw, clientCertificate: 'require' },
  answers: keyless,
  refused: nothingFits,
})
