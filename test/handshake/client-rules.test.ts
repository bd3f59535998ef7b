/** Each MUST that a client keeps about a server's messages: sent wrong, with the alert it is owed (field.md's numbers). */
import { concat } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  type Certificate,
  type CertificateRequest,
  type CertificateVerify,
  type ClientHello,
  type EncryptedExtensions,
  encodeMessage,
  extensionTypes,
  NewSessionTicket,
  type RawExtension,
  readExtension,
  ServerHello,
} from '@biopair/handshake'
import { type ContextOptions, SslContext } from '@biopair/ssl'
import type { AlertName } from '@biopair/wire'
import test from 'ava'
import { chainFor } from '../support/mint.ts'
import { contentToSign } from '../support/peer.ts'
import { identityOf } from '../support/peer-identity.ts'
import { connected, refused } from '../support/refused.ts'
import { type Edit, ServerPeer } from '../support/server-peer.ts'

const identity = identityOf('p256')
const { root, pem, keyPem } = chainFor('p256')
const base = { crypto: nodeCrypto, ca: root.pem, groups: ['x25519', 'secp256r1'] }

/** A server whose client has said its ClientHello. */
function open(options: ContextOptions = {}, servername?: string): ServerPeer {
  const peer = new ServerPeer(new SslContext({ ...base, ...options }), identity, servername)
  peer.step()
  return peer
}

const raw = (extension_type: number, ...data: number[]): RawExtension => ({
  extension_type,
  extension_data: Uint8Array.from(data),
})
type Block = { readonly extensions: readonly RawExtension[] }
const plus =
  (...added: RawExtension[]) =>
  <T extends Block>(message: T): T => ({
    ...message,
    extensions: [...message.extensions, ...added],
  })
const replaced =
  (extension: RawExtension) =>
  <T extends Block>(message: T): T => ({
    ...message,
    extensions: message.extensions.map(other =>
      other.extension_type === extension.extension_type ? extension : other,
    ),
  })
const without =
  (id: number) =>
  <T extends Block>(message: T): T => ({
    ...message,
    extensions: message.extensions.filter(({ extension_type }) => extension_type !== id),
  })
const types = extensionTypes

// 4.2.3: ServerHello
function hello(
  title: string,
  alert: AlertName,
  edit: Edit<ServerHello>,
  options: ContextOptions = {},
): void {
  test(`${title}: ${alert}`, t => {
    const peer = open(options)
    peer.stray(ServerHello, edit(peer.serverHello().message))
    refused(t, peer, alert, 'nothing')
  })
}
for (const legacy_version of [0x0302, 0x0304])
  hello(`4.2.3: legacy_version 0x0${legacy_version.toString(16)}`, 'protocol_version', made => ({
    ...made,
    legacy_version,
  }))
for (const [what, legacy_session_id_echo] of [
  ['another', new Uint8Array(32)],
  ['an empty', new Uint8Array(0)],
  ['a short', new Uint8Array(31)],
] as const)
  hello(`rule 6: ${what} legacy_session_id_echo`, 'illegal_parameter', made => ({
    ...made,
    legacy_session_id_echo,
  }))
hello(
  'rule 6: a legacy_session_id_echo where none was sent',
  'illegal_parameter',
  made => ({ ...made, legacy_session_id_echo: new Uint8Array(32) }),
  { middleboxCompat: false },
)
const sentinel = (last: number) => (made: ServerHello) => ({
  ...without(types.supported_versions)(made),
  random: concat(made.random.slice(0, 24), Buffer.from('DOWNGRD'), Uint8Array.of(last)),
})
for (const last of [0, 1])
  hello(
    `rule 8: TLS 1.2 with the sentinel of a downgrade (${last})`,
    'illegal_parameter',
    sentinel(last),
  )
hello('rule 8: TLS 1.2 without a sentinel', 'protocol_version', sentinel(2))
for (const version of [0x0303, 0x0305, 0x7f1c])
  hello(`rule 15: selected_version 0x${version.toString(16)}`, 'illegal_parameter', made =>
    replaced(raw(types.supported_versions, version >> 8, version & 0xff))(made),
  )
hello(
  '4.2.3: a suite that was not offered',
  'illegal_parameter',
  made => ({ ...made, cipher_suite: 0x1302 }),
  { ciphers: ['TLS_AES_128_GCM_SHA256'] },
)
for (const cipher_suite of [0x1304, 0xc02f, 0x0a0a])
  hello(`4.2.3: suite 0x${cipher_suite.toString(16)}`, 'illegal_parameter', made => ({
    ...made,
    cipher_suite,
  }))
hello('4.2.3: legacy_compression_method 1', 'illegal_parameter', made => ({
  ...made,
  legacy_compression_method: 1,
}))
hello('9.2: no key_share', 'missing_extension', without(types.key_share))
hello('rule 11: bytes behind a key share', 'decode_error', made =>
  replaced(raw(types.key_share, 0, 0x1d, 0, 1, 9, 9))(made),
)
test('rule 5: bytes behind the extensions of a ServerHello: decode_error', t => {
  const peer = open()
  const longer = concat(encodeMessage(ServerHello, peer.serverHello().message), Uint8Array.of(0))
  longer[3] = (longer[3] as number) + 1
  peer.handshake(longer)
  refused(t, peer, 'decode_error', 'nothing')
})
hello('rule 12: server_name in a ServerHello', 'illegal_parameter', plus(raw(types.server_name)))
hello(
  'rule 12: pre_shared_key that was not offered',
  'unsupported_extension',
  plus(raw(types.pre_shared_key, 0, 0)),
)
hello('rule 12: an unknown extension in a ServerHello', 'unsupported_extension', plus(raw(0x1234)))
hello('rule 12: a cookie in a ServerHello', 'illegal_parameter', plus(raw(types.cookie, 0, 1, 1)))
hello('rule 13: key_share twice', 'illegal_parameter', made =>
  plus(
    made.extensions.find(
      ({ extension_type }) => extension_type === types.key_share,
    ) as RawExtension,
  )(made),
)

// 4.3.8: the server's share
const share = (group: number, bytes: Uint8Array) =>
  replaced(
    raw(
      types.key_share,
      group >> 8,
      group & 0xff,
      bytes.length >> 8,
      bytes.length & 0xff,
      ...bytes,
    ),
  )
const { x25519, secp256r1, X25519MLKEM768 } = nodeCrypto.groups
const point = secp256r1.start().publicKey
hello(
  'rule 22: a share of a group for which none was sent',
  'illegal_parameter',
  share(secp256r1.id, point),
)
hello(
  'rule 22: a share of a group that was not offered',
  'illegal_parameter',
  share(0x18, new Uint8Array(97)),
)
hello(
  'rule 23: an x25519 share that gives zeros',
  'illegal_parameter',
  share(x25519.id, new Uint8Array(32)),
)
for (const length of [31, 33])
  hello(
    `rule 23: an x25519 share of ${length} bytes`,
    'illegal_parameter',
    share(x25519.id, new Uint8Array(length).fill(9)),
  )
const flipped = new Uint8Array(point)
flipped[64] = (flipped[64] as number) ^ 1
for (const [what, bytes] of [
  ['off the curve', flipped],
  ['compressed', concat(Uint8Array.of(2), point.slice(1, 33))],
  ['at infinity', Uint8Array.of(0)],
  ['too long', concat(point, Uint8Array.of(0))],
] as const)
  hello(`rule 23: a point ${what}`, 'illegal_parameter', share(secp256r1.id, bytes), {
    keyShares: ['secp256r1'],
  })
for (const [what, bytes] of [
  ['a byte short', new Uint8Array(1119)],
  ['a byte long', new Uint8Array(1121)],
  ['of the client', X25519MLKEM768.start().publicKey],
  ['whose x25519 part gives zeros', new Uint8Array(1120)],
] as const)
  hello(
    `rule 24: an X25519MLKEM768 share ${what}`,
    'illegal_parameter',
    share(X25519MLKEM768.id, bytes),
    {
      groups: ['X25519MLKEM768'],
    },
  )

// 4.2.4: HelloRetryRequest
function retry(
  title: string,
  alert: AlertName,
  edit: Edit<ServerHello>,
  options: ContextOptions = {},
): void {
  test(`${title}: ${alert}`, t => {
    const peer = open(options)
    peer.stray(ServerHello, edit(peer.retryRequest('secp256r1')))
    refused(t, peer, alert, 'nothing')
  })
}
const asked = (group: number) => replaced(raw(types.key_share, group >> 8, group & 0xff))
retry(
  'rule 9: a HelloRetryRequest that changes nothing',
  'illegal_parameter',
  without(types.key_share),
)
retry('rule 22: selected_group was shared already', 'illegal_parameter', asked(x25519.id))
retry('rule 22: selected_group was not offered', 'illegal_parameter', asked(0x18))
retry('rule 22: selected_group is unknown', 'illegal_parameter', asked(0x7a7a))
retry(
  'rule 9: a HelloRetryRequest without supported_versions',
  'protocol_version',
  without(types.supported_versions),
)
retry(
  'rule 15: a HelloRetryRequest for TLS 1.2',
  'illegal_parameter',
  replaced(raw(types.supported_versions, 3, 3)),
)
retry('rule 6: a HelloRetryRequest with another session id', 'illegal_parameter', made => ({
  ...made,
  legacy_session_id_echo: new Uint8Array(32),
}))
retry('4.2.4: a HelloRetryRequest with a compression method', 'illegal_parameter', made => ({
  ...made,
  legacy_compression_method: 1,
}))
retry(
  '4.2.4: a HelloRetryRequest with a suite that was not offered',
  'illegal_parameter',
  made => ({
    ...made,
    cipher_suite: 0xc02f,
  }),
)
retry('4.2.4: a HelloRetryRequest with legacy_version 0x0304', 'protocol_version', made => ({
  ...made,
  legacy_version: 0x0304,
}))
retry(
  'rule 10: an unknown extension in a HelloRetryRequest',
  'unsupported_extension',
  plus(raw(0x1234)),
)
retry(
  'rule 10: server_name in a HelloRetryRequest',
  'illegal_parameter',
  plus(raw(types.server_name)),
)
retry(
  'rule 13: key_share twice in a HelloRetryRequest',
  'illegal_parameter',
  plus(raw(types.key_share, 0, 0x17)),
)
retry('rule 17: an empty cookie', 'decode_error', plus(raw(types.cookie, 0, 0)))
retry('rule 11: bytes behind a cookie', 'decode_error', plus(raw(types.cookie, 0, 1, 1, 1)))

function afterRetry(title: string, alert: AlertName, edit: Edit<ServerHello>): void {
  test(`${title}: ${alert}`, t => {
    const peer = open()
    peer.sendRetry('secp256r1')
    t.is(peer.step().status, 'want_read')
    peer.stray(ServerHello, edit(peer.serverHello().message))
    refused(t, peer, alert, 'nothing')
  })
}
afterRetry('rule 9: the suite changes after a HelloRetryRequest', 'illegal_parameter', made => ({
  ...made,
  cipher_suite: 0x1303,
}))
afterRetry(
  'rule 9: the version changes after a HelloRetryRequest',
  'illegal_parameter',
  replaced(raw(types.supported_versions, 3, 3)),
)
afterRetry(
  'rule 22: the group changes after a HelloRetryRequest',
  'illegal_parameter',
  share(x25519.id, x25519.start().publicKey),
)
test('rule 9: a second HelloRetryRequest: unexpected_message', t => {
  const peer = open()
  peer.sendRetry(undefined, Uint8Array.of(1))
  t.is(peer.step().status, 'want_read')
  peer.stray(ServerHello, peer.retryRequest('secp256r1', Uint8Array.of(2)))
  refused(t, peer, 'unexpected_message', 'nothing')
})
for (const suite of [0x1301, 0x1302])
  for (const [what, group, cookie] of [
    ['a group', 'secp256r1', undefined],
    ['a cookie', undefined, new Uint8Array(20_000).fill(7)],
    ['both', 'secp256r1', Uint8Array.of(1, 2, 3)],
  ] as const)
    test(`rule 1, rule 3, rule 17: the second ClientHello has what was asked for and is else the first: ${what}, suite ${suite}`, t => {
      const peer = open()
      const first = peer.hello as ClientHello
      peer.sendRetry(group, cookie, made => ({ ...made, cipher_suite: suite }))
      t.is(peer.step().status, 'want_read')
      t.is(peer.hellos, 2)
      const second = peer.hello as ClientHello
      const extensions = second.extensions ?? []
      t.deepEqual(readExtension('ClientHello', 'cookie', extensions)?.cookie, cookie)
      const shares = readExtension('ClientHello', 'key_share', extensions)?.client_shares
      t.deepEqual(
        shares?.map(entry => entry.group),
        [group ? secp256r1.id : x25519.id],
      )
      const free: readonly number[] = [types.cookie, ...(group ? [types.key_share] : [])]
      const rest = (made: ClientHello) => ({
        ...made,
        extensions: made.extensions?.filter(({ extension_type }) => !free.includes(extension_type)),
      })
      t.deepEqual(rest(second), rest(first))
      peer.sendServerHello()
      peer.sendFlight()
      t.is(peer.step().status, 'want_read')
      t.true(peer.ssl.retried)
      connected(t, peer)
    })

for (const more of [0, 1])
  test(`rule 17: a cookie that leaves ${more === 0 ? 'just enough room is brought back' : 'a byte too little in the second ClientHello: illegal_parameter'}`, t => {
    const peer = open()
    const kept = (peer.hello?.extensions ?? []).filter(
      ({ extension_type }) => extension_type !== types.key_share,
    )
    const taken = kept.reduce((sum, { extension_data }) => sum + 4 + extension_data.length, 0)
    // Of key_share the header, the length of the list, a group, a length and a point; of the cookie the header and a length.
    const room = 2 ** 16 - 1 - taken - (4 + 2 + 2 + 2 + 65) - (4 + 2)
    peer.stray(ServerHello, peer.retryRequest('secp256r1', new Uint8Array(room + more).fill(7)))
    if (more > 0) {
      refused(t, peer, 'illegal_parameter', 'nothing')
      return
    }
    t.is(peer.step().status, 'want_read')
    t.is(peer.hellos, 2)
  })

// 4.3, 4.4, 4.5: the flight; our alerts travel under handshake keys (A.1)
function flight(
  title: string,
  alert: AlertName,
  edits: Parameters<ServerPeer['sendFlight']>[0],
  options: ContextOptions = {},
): void {
  test(`${title}: ${alert}, under handshake keys`, t => {
    const peer = open(options)
    peer.sendServerHello()
    peer.sendFlight(edits)
    refused(t, peer, alert, 'handshake')
  })
}
const withAlpn = { ALPNProtocols: ['h2', 'http/1.1'] }
const ee = (edit: Edit<EncryptedExtensions>) => ({ encryptedExtensions: edit })
flight(
  'rule 12: key_share in EncryptedExtensions',
  'illegal_parameter',
  ee(plus(raw(types.key_share, 0, 0x1d))),
)
flight(
  'rule 12: supported_versions in EncryptedExtensions',
  'illegal_parameter',
  ee(plus(raw(types.supported_versions, 3, 4))),
)
flight(
  'rule 12: a protocol that nobody asked for',
  'unsupported_extension',
  ee(plus(raw(16, 0, 3, 2, 0x68, 0x32))),
)
flight(
  'rule 12: record_size_limit that was not offered',
  'unsupported_extension',
  ee(plus(raw(types.record_size_limit, 0x40, 0))),
  { recordSizeLimit: 0 },
)
flight(
  'rule 12: an unknown extension in EncryptedExtensions',
  'unsupported_extension',
  ee(plus(raw(0x1234))),
)
flight(
  'rule 13: an extension twice in EncryptedExtensions',
  'illegal_parameter',
  ee(plus(raw(types.server_name), raw(types.server_name))),
)
flight(
  'rule 66: two protocols',
  'illegal_parameter',
  ee(plus(raw(16, 0, 6, 2, 0x68, 0x32, 2, 0x68, 0x32))),
  withAlpn,
)
flight(
  'rule 66: a protocol that was not offered',
  'illegal_parameter',
  ee(plus(raw(16, 0, 3, 2, 0x68, 0x33))),
  withAlpn,
)
flight('rule 66: no protocol at all', 'decode_error', ee(plus(raw(16, 0, 0))), withAlpn)
flight(
  'rule 67: a name in the answer to server_name',
  'decode_error',
  ee(plus(raw(types.server_name, 0, 4, 0, 0, 1, 0x61))),
)
test('rule 20: supported_groups in EncryptedExtensions changes nothing', t => {
  const peer = open()
  peer.connect(ee(plus(raw(types.supported_groups, 0, 6, 0x7a, 0x7a, 0, 0x18, 0, 0x1d))))
  t.is(peer.ssl.group, 'x25519')
  connected(t, peer)
})
test('rule 66: one of the protocols offered', t => {
  const peer = open(withAlpn)
  peer.connect(ee(plus(raw(16, 0, 9, 8, ...Buffer.from('http/1.1')))))
  t.is(peer.ssl.alpnProtocol, 'http/1.1')
})

const request = (edit: Edit<CertificateRequest>) => ({ certificateRequest: edit })
flight(
  'rule 34: a certificate_request_context in the handshake',
  'illegal_parameter',
  request(made => ({
    ...made,
    certificate_request_context: Uint8Array.of(1),
  })),
)
flight(
  'rule 19: a CertificateRequest without signature_algorithms',
  'missing_extension',
  request(without(types.signature_algorithms)),
)
flight(
  'rule 13: signature_algorithms twice',
  'illegal_parameter',
  request(plus(raw(types.signature_algorithms, 0, 2, 4, 3))),
)
flight(
  'rule 12: key_share in a CertificateRequest',
  'illegal_parameter',
  request(plus(raw(types.key_share, 0, 0x1d))),
)
for (const [what, options, certificates] of [
  ['has none', {}, 0],
  ['has one', { cert: pem, key: keyPem }, 2],
] as const)
  test(`rule 35: a client that ${what} answers a CertificateRequest; unknown extensions in it are ignored`, t => {
    const peer = open(options)
    peer.sendServerHello()
    peer.sendFlight(request(plus(raw(0x1234, 1, 2))))
    t.is(peer.step().status, 'want_read')
    const names = peer.heard.map(heard => (heard.kind === 'message' ? heard.name : heard.kind))
    t.deepEqual(names, [
      'ClientHello',
      'change_cipher_spec',
      'Certificate',
      ...(certificates > 0 ? ['CertificateVerify'] : []),
      'Finished',
    ])
    connected(t, peer)
  })
flight(
  'rule 19: our certificate fits no scheme of the CertificateRequest, so none is shown',
  'decrypt_error',
  {
    ...request(replaced(raw(types.signature_algorithms, 0, 2, 8, 7))),
    finished: () => ({ verify_data: new Uint8Array(32) }),
  },
  { cert: pem, key: keyPem },
)

const certificate = (edit: Edit<Certificate>) => ({ certificate: edit })
flight(
  'rule 35: a server without a certificate',
  'decode_error',
  certificate(made => ({ ...made, certificate_list: [] })),
)
flight(
  'rule 34: a certificate_request_context of the server',
  'illegal_parameter',
  certificate(made => ({
    ...made,
    certificate_request_context: Uint8Array.of(1),
  })),
)
const onLeaf = (extension: RawExtension) => (made: Certificate) => {
  const [leaf, ...others] = made.certificate_list
  const cert_data = leaf?.cert_data ?? new Uint8Array(0)
  return { ...made, certificate_list: [{ cert_data, extensions: [extension] }, ...others] }
}
flight(
  'rule 36: status_request that was not asked for',
  'unsupported_extension',
  certificate(onLeaf(raw(5, 1, 0, 0, 1, 0))),
)
flight(
  'rule 36: signed_certificate_timestamp that was not asked for',
  'unsupported_extension',
  certificate(onLeaf(raw(18, 0, 3, 0, 1, 0))),
)
flight(
  'rule 12: supported_groups in a Certificate',
  'illegal_parameter',
  certificate(onLeaf(raw(types.supported_groups, 0, 2, 0, 0x1d))),
)
flight(
  '4.5.1.3: a chain that nobody believes',
  'unknown_ca',
  {},
  { ca: chainFor('ed25519').root.pem },
)

const verify = (edit: Edit<CertificateVerify>) => ({ certificateVerify: edit })
for (const [what, algorithm] of [
  ['rsa_pkcs1_sha256', 0x0401],
  ['ecdsa_secp384r1_sha384 for a P-256 key', 0x0503],
  ['rsa_pss_rsae_sha256 for a P-256 key', 0x0804],
  ['ed25519 for a P-256 key', 0x0807],
  ['ecdsa_sha1', 0x0203],
  ['rsa_pkcs1_sha1', 0x0201],
  ['a scheme that nobody knows', 0x0a0a],
] as const)
  flight(
    `rule 18: CertificateVerify by ${what}`,
    'illegal_parameter',
    verify(made => ({ ...made, algorithm })),
  )
flight(
  'rule 37: a signature that is wrong',
  'decrypt_error',
  verify(made => ({
    ...made,
    signature: made.signature.map((byte, i) => (i === made.signature.length - 1 ? byte ^ 1 : byte)),
  })),
)
flight(
  'rule 37: a scheme that was not offered',
  'illegal_parameter',
  {},
  {
    sigalgs: ['ed25519', 'rsa_pss_rsae_sha256'],
    verifyCallback: () => true,
  },
)
test('rule 37: a signature in the name of the other role: decrypt_error', t => {
  const peer = open()
  peer.sendServerHello()
  peer.sendFlight({
    certificateVerify: made => {
      const content = contentToSign('client', peer.transcriptHash)
      return { ...made, signature: identity.key.sign(identity.scheme.algorithm, content) }
    },
  })
  refused(t, peer, 'decrypt_error', 'handshake')
})
for (const [what, length, alert] of [
  ['wrong', 32, 'decrypt_error'],
  ['short', 31, 'decode_error'],
  ['long', 33, 'decode_error'],
  ['empty', 0, 'decode_error'],
] as const)
  flight(`rule 38: a Finished that is ${what}`, alert, {
    finished: () => ({ verify_data: new Uint8Array(length) }),
  })

// What a client sends
for (const [name, sent] of [
  ['server.example', 'server.example'],
  ['server.example.', 'server.example'],
  ['127.0.0.1', undefined],
  ['::1', undefined],
] as const)
  test(`rule 67: asked for ${name}, a client sends ${sent ?? 'no server_name'}`, t => {
    const peer = open({ rejectUnauthorized: false }, name)
    const extension = readExtension('ClientHello', 'server_name', peer.hello?.extensions ?? [])
    t.deepEqual(
      extension?.server_name_list.map(entry => Buffer.from(entry.name).toString()),
      sent === undefined ? undefined : [sent],
    )
  })
test('rule 57: a client sends one change_cipher_spec before its second flight, in compatibility mode', t => {
  const order = (retried: boolean, middleboxCompat: boolean) => {
    const peer = open({ middleboxCompat })
    if (retried) {
      peer.sendRetry('secp256r1')
      peer.step()
    }
    peer.sendServerHello()
    peer.sendFlight()
    peer.step()
    return peer.heard.map(heard => (heard.kind === 'message' ? heard.name : heard.kind))
  }
  const ccs = 'change_cipher_spec'
  t.deepEqual(order(false, true), ['ClientHello', ccs, 'Finished'])
  t.deepEqual(order(true, true), ['ClientHello', ccs, 'ClientHello', 'Finished'])
  t.deepEqual(order(false, false), ['ClientHello', 'Finished'])
  t.deepEqual(order(true, false), ['ClientHello', 'ClientHello', 'Finished'])
})
test('rule 4, rule 21, rule 57: what a ClientHello of ours says in its legacy fields and shares', t => {
  const hello = open({
    groups: ['x25519', 'secp256r1', 'secp384r1'],
    keyShares: ['secp384r1', 'x25519'],
  }).hello
  t.is(hello?.legacy_version, 0x0303)
  t.is(hello?.legacy_session_id.length, 32)
  t.deepEqual(hello?.legacy_compression_methods, Uint8Array.of(0))
  const shares = readExtension('ClientHello', 'key_share', hello?.extensions ?? [])?.client_shares
  t.deepEqual(
    shares?.map(entry => entry.group),
    [0x1d, 0x18],
  )
  t.is(open({ middleboxCompat: false }).hello?.legacy_session_id.length, 0)
})

// 4.7.1: the ticket's extensions
for (const [what, extensions, alert] of [
  ['early_data twice', [raw(42, 0, 0, 0, 1), raw(42, 0, 0, 0, 1)], 'illegal_parameter'],
  ['key_share', [raw(types.key_share, 0, 0x1d)], 'illegal_parameter'],
  ['early_data with bytes behind it', [raw(42, 0, 0, 0, 1, 0)], 'decode_error'],
] as const)
  test(`rule 11, rule 12, rule 13: ${what} in a NewSessionTicket: ${alert}, under application keys`, t => {
    const peer = open()
    peer.sendServerHello()
    peer.sendFlight()
    peer.step()
    peer.stray(NewSessionTicket, {
      ticket_lifetime: 1,
      ticket_age_add: 0,
      ticket_nonce: new Uint8Array(0),
      ticket: Uint8Array.of(1),
      extensions,
    })
    refused(t, peer, alert, 'application')
  })
