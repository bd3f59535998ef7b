/** What each option makes a hello of TLS 1.2 say, in full: the extensions of ClientHello and ServerHello, and a CertificateRequest. */
import { cipherSuites12, signatureSchemes } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  type CertificateRequest12,
  type ClientConfig,
  type ClientHello,
  type Edit,
  type ExtensionsOf,
  readExtensions,
  type ServerConfig,
  type ServerHello,
} from '@biopair/handshake'
import test from 'ava'
import { type ConverseOptions, converse } from '../support/converse.ts'
import { identityOf } from '../support/peer-identity.ts'

const older = { versions: ['TLSv1.2'] } as const
const bytes = (text: string) => Uint8Array.from(text, char => char.charCodeAt(0))
const none = new Uint8Array(0)
const everything = new Set(Array.from({ length: 2 ** 16 }, (_, id) => id))
const { x25519, secp256r1, X25519MLKEM768 } = nodeCrypto.groups
const { TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: suite } = cipherSuites12

interface Said {
  client: ClientHello | undefined
  server: ServerHello | undefined
  request: CertificateRequest12 | undefined
}

/** What both ends say of themselves. */
function said(
  client: Partial<ClientConfig>,
  server: Partial<ServerConfig> = {},
  answers: Pick<ConverseOptions, 'clientAnswers' | 'serverAnswers'> = {},
): Said {
  const heard: Said = { client: undefined, server: undefined, request: undefined }
  const edit: Edit = (name, message) => {
    if (name === 'ClientHello') heard.client = message as unknown as ClientHello
    if (name === 'ServerHello') heard.server = message as unknown as ServerHello
    if (name === 'CertificateRequest') heard.request = message as unknown as CertificateRequest12
    return message
  }
  converse({
    client: { ...older, edit, ...client },
    server: { ...older, edit, ...server },
    ...answers,
  })
  return heard
}

/** What every client of ours says in TLS 1.2, as `converse` sets it up. */
const offered: ExtensionsOf<'ClientHello12'> = {
  // RFC 6066 §3.
  server_name: { server_name_list: [{ name_type: 'host_name', name: bytes('server.example') }] },
  // RFC 8422 §5.1.
  supported_groups: { named_group_list: [x25519.id, secp256r1.id] },
  ec_point_formats: { ec_point_format_list: Uint8Array.of(0) },
  // RFC 5246 §7.4.1.4.1.
  signature_algorithms: { supported_signature_algorithms: [0x0403] },
  // RFC 7627 §5.2, RFC 5746 §3.4, RFC 5077 §3.2.
  extended_master_secret: {},
  renegotiation_info: { renegotiated_connection: none },
  session_ticket: none,
}
/** What every server of ours answers. */
const answered: ExtensionsOf<'ServerHello12'> = {
  server_name: {},
  extended_master_secret: {},
  renegotiation_info: { renegotiated_connection: none },
  ec_point_formats: { ec_point_format_list: Uint8Array.of(0) },
}

const offers = ({ client }: Said) => readExtensions('ClientHello12', client?.extensions ?? [])
const answers = ({ server }: Said) =>
  readExtensions('ServerHello12', server?.extensions ?? [], everything)

test('a ClientHello of TLS 1.2 alone', t => {
  const { client } = said({})
  t.is(client?.legacy_version, 0x0303)
  t.is(client?.random.length, 32)
  t.deepEqual(client?.legacy_session_id, none)
  t.deepEqual(client?.cipher_suites, [suite.id])
  t.deepEqual(client?.legacy_compression_methods, Uint8Array.of(0))
  t.deepEqual(offers(said({})), offered)
})

test('a ServerHello that answers it', t => {
  const heard = said({})
  t.is(heard.server?.legacy_version, 0x0303)
  t.is(heard.server?.random.length, 32)
  t.is(heard.server?.cipher_suite, suite.id)
  t.is(heard.server?.legacy_compression_method, 0)
  t.deepEqual(heard.server?.legacy_session_id_echo, none)
  t.deepEqual(answers(heard), answered)
  t.is(heard.request, undefined)
})

test('a client of both versions says besides what TLS 1.2 needs, and a server of TLS 1.3 nothing of it', t => {
  const both = { versions: ['TLSv1.3', 'TLSv1.2'] } as const
  const own = [
    'extended_master_secret',
    'renegotiation_info',
    'ec_point_formats',
    'session_ticket',
  ] as const
  const heard = offers(said(both))
  for (const name of own) t.deepEqual(heard[name], offered[name])
  t.deepEqual(said(both).client?.cipher_suites.includes(suite.id), true)
  t.deepEqual(answers(said(both)), answered)
  const newer = said({ versions: ['TLSv1.3'] }, { versions: ['TLSv1.3'] })
  for (const name of own) t.is(offers(newer)[name], undefined)
})

/** Each option, and what it changes in both hellos. Undefined: it is not there any more. */
const options: Readonly<
  Record<
    string,
    {
      readonly client?: Partial<ClientConfig>
      readonly server?: Partial<ServerConfig>
      readonly more?: Pick<ConverseOptions, 'clientAnswers' | 'serverAnswers'>
      readonly offers?: { readonly [N in keyof ExtensionsOf<'ClientHello12'>]?: unknown }
      readonly answers?: { readonly [N in keyof ExtensionsOf<'ServerHello12'>]?: unknown }
    }
  >
> = {
  'a client that asks for nobody': {
    client: { serverName: undefined },
    offers: { server_name: undefined },
    answers: { server_name: undefined },
  },
  'a server that does not use the name': {
    more: { serverAnswers: { server_name: () => ({ acknowledge: false }) } },
    answers: { server_name: undefined },
  },
  'a client that keeps no sessions': {
    client: { tickets: false },
    offers: { session_ticket: undefined },
  },
  'a server that gives tickets': {
    server: { sessions12: { issues: true, by: 'ticket', seal: () => undefined } },
    answers: { session_ticket: {} },
  },
  'a server that gives no new tickets': {
    server: { sessions12: { issues: false, by: 'ticket', seal: () => undefined } },
  },
  'a server that gives tickets, and a client that has no use for them': {
    client: { tickets: false },
    server: { sessions12: { issues: true, by: 'ticket', seal: () => undefined } },
    offers: { session_ticket: undefined },
  },
  'a server that keeps sessions by their ids': {
    server: { sessions12: { issues: true, by: 'id', keep: () => {} } },
  },
  // RFC 9846 §4.3.7: groups of TLS 1.3 alone are none of RFC 8422.
  'a client with a group of TLS 1.3': { client: { groups: [X25519MLKEM768, x25519, secp256r1] } },
  'a client with schemes of TLS 1.3, and with RSA': {
    client: {
      schemes: [
        signatureSchemes.mldsa44,
        signatureSchemes.ecdsa_secp256r1_sha256,
        signatureSchemes.rsa_pkcs1_sha256,
      ],
    },
    offers: { signature_algorithms: { supported_signature_algorithms: [0x0403, 0x0401] } },
  },
  'a client with other schemes for certificates': {
    client: {
      certificateSchemes: [
        signatureSchemes.rsa_pkcs1_sha256,
        signatureSchemes.ecdsa_secp256r1_sha256,
      ],
    },
    offers: { signature_algorithms_cert: { supported_signature_algorithms: [0x0401, 0x0403] } },
  },
  'a client that names protocols': {
    client: { alpn: [bytes('h2'), bytes('http/1.1')] },
    offers: {
      application_layer_protocol_negotiation: {
        protocol_name_list: [bytes('h2'), bytes('http/1.1')],
      },
    },
    answers: { application_layer_protocol_negotiation: { protocol_name_list: [bytes('h2')] } },
  },
  'a server that leaves the protocol open': {
    client: { alpn: [bytes('h2')] },
    more: { serverAnswers: { alpn: () => 'none' } },
    offers: { application_layer_protocol_negotiation: { protocol_name_list: [bytes('h2')] } },
  },
  // RFC 6066 §8.
  'a client that asks for a status, and a server that has none': {
    client: { requestOcsp: true },
    offers: {
      status_request: {
        status_type: 'ocsp',
        request: { responder_id_list: [], request_extensions: none },
      },
    },
  },
  'a client that asks for a status, and a server that has one': {
    client: { requestOcsp: true },
    more: { serverAnswers: { ocsp_request: () => bytes('good') } },
    offers: {
      status_request: {
        status_type: 'ocsp',
        request: { responder_id_list: [], request_extensions: none },
      },
    },
    answers: { status_request: {} },
  },
  'a client that asks for a status, and a server whose status is a byte': {
    client: { requestOcsp: true },
    more: { serverAnswers: { ocsp_request: () => Uint8Array.of(5) } },
    offers: {
      status_request: {
        status_type: 'ocsp',
        request: { responder_id_list: [], request_extensions: none },
      },
    },
    answers: { status_request: {} },
  },
  'a client that asks for a status, and a server whose status is empty': {
    client: { requestOcsp: true },
    more: { serverAnswers: { ocsp_request: () => none } },
    offers: {
      status_request: {
        status_type: 'ocsp',
        request: { responder_id_list: [], request_extensions: none },
      },
    },
  },
  // RFC 6962 §3.3.1.
  'a client that asks for timestamps, and a server that has none': {
    client: { requestScts: true },
    offers: { signed_certificate_timestamp: {} },
  },
  // RFC 8879 §3: TLS 1.3 alone.
  'a client that takes compressed certificates': {
    client: {
      certificateCompression: [
        { id: 1, name: 'zlib', compress: () => none, decompress: () => none },
      ],
    },
  },
  // RFC 8449 §4: 2^14 at most, which is of the content alone.
  record_size_limit: {
    client: { recordSizeLimit: 1000 },
    server: { recordSizeLimit: 2000 },
    offers: { record_size_limit: 1000 },
    answers: { record_size_limit: 2000 },
  },
  'record_size_limit, as much as TLS 1.3 has': {
    client: { recordSizeLimit: 16_385 },
    server: { recordSizeLimit: 16_385 },
    offers: { record_size_limit: 16_384 },
    answers: { record_size_limit: 16_384 },
  },
  'record_size_limit of a client whose server does not know it': {
    client: { recordSizeLimit: 1000 },
    offers: { record_size_limit: 1000 },
  },
  'record_size_limit of a server whose client does not know it': {
    server: { recordSizeLimit: 1000 },
  },
  ...Object.fromEntries(
    // RFC 6066 §4: 2^9(1), 2^10(2), 2^11(3), 2^12(4).
    ([512, 1024, 2048, 4096] as const).map((maxFragmentLength, i) => [
      `max_fragment_length ${maxFragmentLength}`,
      {
        client: { maxFragmentLength },
        offers: { max_fragment_length: i + 1 },
        answers: { max_fragment_length: i + 1 },
      },
    ]),
  ),
  // RFC 8449 §5: a server that knows both passes over this one.
  'max_fragment_length beside record_size_limit': {
    client: { maxFragmentLength: 512, recordSizeLimit: 700 },
    server: { recordSizeLimit: 800 },
    offers: { max_fragment_length: 1, record_size_limit: 700 },
    answers: { record_size_limit: 800 },
  },
  'max_fragment_length beside record_size_limit, of which the server knows the one': {
    client: { maxFragmentLength: 512, recordSizeLimit: 700 },
    offers: { max_fragment_length: 1, record_size_limit: 700 },
    answers: { max_fragment_length: 1 },
  },
  // RFC 7250 §4.1, §4.2: X.509 alone is not said, and the client's type is answered where it is asked for.
  'types of certificates, where nobody asks the client': {
    client: { serverTypes: ['rpk', 'x509'], clientTypes: ['x509', 'rpk'] },
    offers: {
      server_certificate_type: { server_certificate_types: ['RawPublicKey', 'X509'] },
      client_certificate_type: { client_certificate_types: ['X509', 'RawPublicKey'] },
    },
    answers: { server_certificate_type: { server_certificate_type: 'X509' } },
  },
  'types of certificates, where the client is asked': {
    client: { serverTypes: ['rpk', 'x509'], clientTypes: ['x509', 'rpk'] },
    server: { clientCertificate: 'request' },
    offers: {
      server_certificate_type: { server_certificate_types: ['RawPublicKey', 'X509'] },
      client_certificate_type: { client_certificate_types: ['X509', 'RawPublicKey'] },
    },
    answers: {
      server_certificate_type: { server_certificate_type: 'X509' },
      client_certificate_type: { client_certificate_type: 'X509' },
    },
  },
  'X.509 alone': { client: { serverTypes: ['x509'], clientTypes: ['x509'] } },
}

const changed = <T extends object>(of: T, by: object = {}): T =>
  Object.fromEntries(
    Object.entries({ ...of, ...by }).filter(([, value]) => value !== undefined),
  ) as T

for (const [title, { client, server, more, ...expected }] of Object.entries(options))
  test(`hellos of TLS 1.2: ${title}`, t => {
    const heard = said(client ?? {}, server, more)
    t.deepEqual(offers(heard), changed(offered, expected.offers))
    t.deepEqual(answers(heard), changed(answered, expected.answers))
    t.deepEqual(heard.client?.cipher_suites, [suite.id])
  })

test('hellos of TLS 1.2: timestamps of a server that has some', t => {
  const { chain, scheme } = identityOf('p256')
  const scts = [bytes('one'), bytes('two')]
  const certificate = () => ({ chain, schemes: [scheme], scts })
  const more = { serverAnswers: { certificate } }
  t.deepEqual(answers(said({ requestScts: true }, {}, more)), {
    ...answered,
    signed_certificate_timestamp: { sct_list: scts },
  })
  t.deepEqual(answers(said({}, {}, more)), answered)
})

test('RFC 7507 4: a client that fell back says so among its suites', t => {
  t.deepEqual(said({ fallback: true }).client?.cipher_suites, [suite.id, 0x5600])
})

test('RFC 5246 7.4.1.3: a session that is kept by its id has one of 32 bytes, and another each time', t => {
  const server: Partial<ServerConfig> = { sessions12: { issues: true, by: 'id', keep: () => {} } }
  const ids = [said({}, server), said({}, server)].map(
    heard => heard.server?.legacy_session_id_echo,
  )
  t.deepEqual(
    ids.map(id => id?.length),
    [32, 32],
  )
  t.notDeepEqual(ids[0], ids[1])
  for (const sessions12 of [
    { issues: false, by: 'id', keep: () => {} },
    { issues: true, by: 'ticket', seal: () => undefined },
  ] as const)
    t.deepEqual(said({}, { sessions12 }).server?.legacy_session_id_echo, none)
})

test('RFC 7627 5.3: there is no session without extended_master_secret, by id or by ticket', t => {
  const without: Edit = (name, message) => {
    if (name !== 'ClientHello') return message
    const hello = message as unknown as ClientHello
    const extensions = (hello.extensions ?? []).filter(
      ({ extension_type }) => extension_type !== 23,
    )
    return { ...hello, extensions } as unknown as typeof message
  }
  for (const sessions12 of [
    { issues: true, by: 'id', keep: () => t.fail('a session was kept') },
    { issues: true, by: 'ticket', seal: () => t.fail('a session was sealed') as never },
  ] as const) {
    const heard = said(
      { extendedMasterSecret: false, edit: without },
      { extendedMasterSecret: false, sessions12 },
    )
    t.deepEqual(heard.server?.legacy_session_id_echo, none)
    t.deepEqual(answers(heard), changed(answered, { extended_master_secret: undefined }))
  }
})

test('RFC 5746 3.6, RFC 8422 5.2: a server answers neither renegotiation_info nor point formats to whoever says nothing of them', t => {
  const silent: Edit = (name, message) => {
    if (name !== 'ClientHello') return message
    const hello = message as unknown as ClientHello
    const extensions = (hello.extensions ?? []).filter(
      ({ extension_type }) => ![0xff01, 11].includes(extension_type),
    )
    return { ...hello, extensions } as unknown as typeof message
  }
  const heard: ServerHello[] = []
  const edit: Edit = (name, message) => {
    if (name === 'ServerHello') heard.push(message as unknown as ServerHello)
    return message
  }
  t.throws(() => converse({ client: { ...older, edit: silent }, server: { ...older, edit } }), {
    message: /^handshake_failure \(UNSAFE_LEGACY_RENEGOTIATION_DISABLED/,
  })
  t.deepEqual(
    readExtensions('ServerHello12', heard[0]?.extensions ?? [], everything),
    changed(answered, { renegotiation_info: undefined, ec_point_formats: undefined }),
  )
})

test('RFC 5246 7.4.4: a CertificateRequest has the kinds of keys, the schemes and the authorities', t => {
  const authorities = [bytes('a name'), bytes('another')]
  const { request } = said(
    {},
    {
      clientCertificate: 'request',
      authorities,
      schemes: [
        signatureSchemes.mldsa44,
        signatureSchemes.ecdsa_secp256r1_sha256,
        signatureSchemes.rsa_pss_rsae_sha256,
      ],
    },
  )
  t.deepEqual(request, {
    certificate_types: Uint8Array.of(64, 1),
    supported_signature_algorithms: [0x0403, 0x0804],
    certificate_authorities: authorities,
  })
})

test('RFC 9846 4.2.3: a server of TLS 1.3 ends its random with a mark, and one of TLS 1.2 alone does not', t => {
  const mark = [0x44, 0x4f, 0x57, 0x4e, 0x47, 0x52, 0x44, 1]
  const tail = (server: Partial<ServerConfig>) => [
    ...(said({}, server).server?.random.subarray(24) ?? []),
  ]
  const newer = said({}, { versions: ['TLSv1.3', 'TLSv1.2'] }).server?.random ?? none
  t.deepEqual([...newer.subarray(24)], mark)
  t.is(newer.length, 32)
  t.notDeepEqual([...newer.subarray(16, 24)], Array(8).fill(0))
  t.notDeepEqual(tail({}), mark)
})
