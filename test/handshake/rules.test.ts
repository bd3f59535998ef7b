/** Each MUST that a server keeps about a client's messages: sent wrong, with the alert it is owed (field.md's numbers). */
import { concat } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  Certificate,
  CertificateRequest,
  CertificateVerify,
  ClientHello,
  EncryptedExtensions,
  encodeMessage,
  extensionTypes,
  Finished,
  ServerHello,
} from '@biopair/handshake'
import { type ContextOptions, SslContext } from '@biopair/ssl'
import type { AlertName } from '@biopair/wire'
import test from 'ava'
import { ClientPeer, withExtension, without, withRaw } from '../support/client-peer.ts'
import { chainFor } from '../support/mint.ts'
import { contentToSign } from '../support/peer.ts'
import { identityOf } from '../support/peer-identity.ts'
import { connected, refused } from '../support/refused.ts'

const identity = identityOf('p256')
const { pem, keyPem, root } = chainFor('p256')
const base = { crypto: nodeCrypto, cert: pem, key: keyPem, groups: ['x25519', 'secp256r1'] }
const open = (options: ContextOptions = {}) =>
  new ClientPeer(new SslContext({ ...base, ...options }), identity)

type Edit = (hello: ClientHello, peer: ClientPeer) => ClientHello

/** A first ClientHello that is refused in the clear. */
function hello(title: string, alert: AlertName, edit: Edit, options?: ContextOptions): void {
  test(`${title}: ${alert}`, t => {
    const peer = open(options)
    peer.sendMadeHello(edit(peer.clientHello('x25519'), peer))
    refused(t, peer, alert, 'nothing')
  })
}

/** A first ClientHello that is odd, and taken. */
function taken(title: string, edit: Edit, options?: ContextOptions): void {
  test(`${title}: the handshake goes on`, t => {
    const peer = open(options)
    peer.connect(made => edit(made, peer))
    connected(t, peer)
  })
}

const raw = (extension_type: number, ...data: number[]) => ({
  extension_type,
  extension_data: Uint8Array.from(data),
})
const x25519 = nodeCrypto.groups.x25519.id
const p256 = nodeCrypto.groups.secp256r1.id
const hybrid = nodeCrypto.groups.X25519MLKEM768.id
const share = (group: number, key_exchange: Uint8Array) => ({
  group,
  key_exchange: new Uint8Array(key_exchange),
})
const shares =
  (...client_shares: ReturnType<typeof share>[]): Edit =>
  made =>
    withExtension(made, 'key_share', { client_shares })
const groups =
  (...named_group_list: number[]): Edit =>
  made =>
    withExtension(made, 'supported_groups', { named_group_list })
const both =
  (...edits: Edit[]): Edit =>
  (made, peer) =>
    edits.reduce((edited, edit) => edit(edited, peer), made)

// 4.2.2, 9.2: the ClientHello's own fields
for (const legacy_version of [0x0301, 0x0302, 0x0304])
  hello(`4.2.2: legacy_version 0x0${legacy_version.toString(16)}`, 'protocol_version', made => ({
    ...made,
    legacy_version,
  }))
for (const methods of [[1], [0, 1], [1, 0], [0, 0]])
  hello(`rule 4: legacy_compression_methods ${methods}`, 'illegal_parameter', made => ({
    ...made,
    legacy_compression_methods: Uint8Array.from(methods),
  }))
hello('rule 5: a ClientHello without extensions', 'protocol_version', made => ({
  ...made,
  extensions: undefined,
}))
test('rule 5: bytes behind the extensions of a ClientHello: decode_error', t => {
  const peer = open()
  const whole = encodeMessage(ClientHello, peer.clientHello('x25519'))
  const longer = concat(whole, Uint8Array.of(0))
  longer[3] = ((longer[3] as number) + 1) & 0xff
  if (longer[3] === 0) longer[2] = (longer[2] as number) + 1
  peer.handshake(longer)
  refused(t, peer, 'decode_error', 'nothing')
})
hello('rule 16: no supported_versions', 'protocol_version', made =>
  without(made, 'supported_versions'),
)
hello('rule 16: supported_versions without TLS 1.3', 'protocol_version', made =>
  withExtension(made, 'supported_versions', { versions: [0x0303, 0x0305] }),
)
taken('rule 16: unknown versions beside TLS 1.3', made =>
  withExtension(made, 'supported_versions', { versions: [0x0a0a, 0x0305, 0x0304, 0x0303] }),
)
hello('4.2.1: no suite in common', 'handshake_failure', made => ({
  ...made,
  cipher_suites: [0x0a0a, 0xc02f],
}))
hello('4.2.1: no group in common', 'handshake_failure', both(shares(), groups(0x001e, 0x0100)))
hello('4.2.1: no signature scheme in common', 'handshake_failure', made =>
  withExtension(made, 'signature_algorithms', { supported_signature_algorithms: [0x0804, 0x0807] }),
)
hello('rule 18: our key signs by a scheme for certificates alone', 'handshake_failure', made =>
  withExtension(made, 'signature_algorithms', { supported_signature_algorithms: [0x0401] }),
)
taken('rule 68: GREASE in every list', (made, peer) =>
  both(
    groups(0x1a1a, x25519, p256),
    () => ({ ...made, cipher_suites: [0x2a2a, ...made.cipher_suites] }),
    edited => withRaw(edited, raw(0x3a3a, 1, 2, 3)),
    groups(0x1a1a, x25519, p256),
    edited =>
      withExtension(edited, 'signature_algorithms', {
        supported_signature_algorithms: [0x4a4a, 0x0403],
      }),
  )(made, peer),
)

// 4.3: the extension block
hello('rule 11: bytes behind supported_groups', 'decode_error', made =>
  withRaw(made, raw(extensionTypes.supported_groups, 0, 2, 0, 0x1d, 0)),
)
hello('rule 11: an odd list in supported_groups', 'decode_error', made =>
  withRaw(made, raw(extensionTypes.supported_groups, 0, 3, 0, 0x1d, 0)),
)
taken('rule 11: the data of an unknown extension is not looked at', made =>
  withRaw(made, raw(0x1234, 255, 255, 255)),
)
hello('rule 12: oid_filters in a ClientHello', 'illegal_parameter', made =>
  withRaw(made, raw(extensionTypes.oid_filters, 0, 0)),
)
for (const [what, id] of [
  ['supported_versions', extensionTypes.supported_versions],
  ['an unknown extension', 0x1234],
  ['GREASE', 0x5a5a],
] as const)
  hello(`rule 13: ${what} twice`, 'illegal_parameter', made => {
    const twice = raw(id, 2, 3, 4)
    return { ...made, extensions: [...(made.extensions ?? []), twice, twice] }
  })
const psk = raw(
  extensionTypes.pre_shared_key,
  ...[0, 7, 0, 1, 9, 0, 0, 0, 0, 0, 33, 32, ...new Uint8Array(32)],
)
hello('rule 13: pre_shared_key before another extension', 'illegal_parameter', made => ({
  ...made,
  extensions: [psk, ...(made.extensions ?? [])],
}))
hello('rule 25: pre_shared_key without psk_key_exchange_modes', 'missing_extension', made =>
  withRaw(made, psk),
)
taken('rule 25: psk_key_exchange_modes without pre_shared_key', made =>
  withExtension(made, 'psk_key_exchange_modes', { ke_modes: ['psk_dhe_ke'] }),
)
hello('rule 19: no signature_algorithms', 'missing_extension', made =>
  without(made, 'signature_algorithms'),
)
for (const name of ['supported_groups', 'key_share'] as const)
  hello(`rule 56: no ${name}`, 'missing_extension', made => without(made, name))

// 4.3.8: key shares
hello('rule 21: shares in another order than supported_groups', 'illegal_parameter', (_, peer) =>
  groups(p256, x25519)(peer.clientHello('x25519', 'secp256r1'), peer),
)
hello('rule 21: two shares for one group', 'illegal_parameter', (_, peer) =>
  peer.clientHello('x25519', 'x25519'),
)
hello(
  'rule 21: a share for a group that is not in supported_groups',
  'illegal_parameter',
  (_, peer) => groups(x25519)(peer.clientHello('x25519', 'secp256r1'), peer),
)
hello('rule 21: an empty key_exchange', 'decode_error', made =>
  withRaw(made, raw(extensionTypes.key_share, 0, 4, 0, 0x1d, 0, 0)),
)
for (const length of [31, 33])
  hello(`rule 23: an x25519 share of ${length} bytes`, 'illegal_parameter', (made, peer) =>
    shares(share(x25519, new Uint8Array(length).fill(9)))(made, peer),
  )
hello(
  'rule 23: an x25519 share that gives zeros',
  'illegal_parameter',
  shares(share(x25519, new Uint8Array(32))),
)
const point = nodeCrypto.groups.secp256r1.start().publicKey
const changed = (bytes: Uint8Array, at: number, value: number) => {
  const copy = new Uint8Array(bytes)
  copy[at] = value
  return copy
}
const points: Readonly<Record<string, Uint8Array>> = {
  'off the curve': changed(point, 64, (point[64] as number) ^ 1),
  compressed: changed(point.slice(0, 33), 0, 2),
  hybrid: changed(point, 0, 6),
  'at infinity': Uint8Array.of(0),
  'too short': point.slice(0, 64),
  'too long': concat(point, Uint8Array.of(0)),
  'with a coordinate beyond p': concat(Uint8Array.of(4), new Uint8Array(64).fill(0xff)),
}
for (const [what, key_exchange] of Object.entries(points))
  hello(`rule 23: a point ${what}`, 'illegal_parameter', shares(share(p256, key_exchange)), {
    groups: ['secp256r1'],
  })
const hybridShare = nodeCrypto.groups.X25519MLKEM768.start().publicKey
const hybrids: Readonly<Record<string, Uint8Array>> = {
  'a byte short': hybridShare.slice(0, 1215),
  'a byte long': concat(hybridShare, Uint8Array.of(0)),
  'of the server': new Uint8Array(1120),
  'whose encapsulation key fails the modulus check': concat(
    new Uint8Array(1152).fill(0xff),
    hybridShare.slice(1152),
  ),
  'whose x25519 part gives zeros': concat(hybridShare.slice(0, 1184), new Uint8Array(32)),
}
for (const [what, key_exchange] of Object.entries(hybrids))
  hello(
    `rule 24: an X25519MLKEM768 share ${what}`,
    'illegal_parameter',
    both(groups(hybrid), shares(share(hybrid, key_exchange))),
    { groups: ['X25519MLKEM768'] },
  )

// RFC 7301, RFC 6066
const protocols = (...names: string[]): Edit => {
  const protocol_name_list = names.map(name => new Uint8Array(Buffer.from(name)))
  return made =>
    withExtension(made, 'application_layer_protocol_negotiation', { protocol_name_list })
}
hello('rule 66: no protocol in common', 'no_application_protocol', protocols('h3'), {
  ALPNProtocols: ['h2', 'http/1.1'],
})
hello('rule 66: a protocol without a name', 'decode_error', made =>
  withRaw(made, raw(extensionTypes.application_layer_protocol_negotiation, 0, 1, 0)),
)
test('rule 66: a server chooses one protocol, in EncryptedExtensions', t => {
  const peer = open({ ALPNProtocols: ['h2', 'http/1.1'] })
  peer.connect(made => protocols('http/1.1', 'h2')(made, peer))
  const [encrypted] = peer.said(EncryptedExtensions)
  t.deepEqual(encrypted?.extensions, [raw(16, 0, 3, 2, 0x68, 0x32)])
  connected(t, peer)
})
const serverName = (...names: string[]): Edit => {
  const server_name_list = names.map(name => ({
    name_type: 'host_name' as const,
    name: new Uint8Array(Buffer.from(name)),
  }))
  return made => withExtension(made, 'server_name', { server_name_list })
}
hello('rule 67: a host_name with a trailing dot', 'illegal_parameter', serverName('a.example.'))
hello('rule 67: a host_name with a zero byte', 'illegal_parameter', serverName('a\0.example'))
hello('rule 67: two names of one type', 'illegal_parameter', serverName('a.example', 'b.example'))
hello('rule 67: an empty list', 'decode_error', made =>
  withRaw(made, raw(extensionTypes.server_name, 0, 0)),
)
test('rule 67: a server answers server_name with an empty extension', t => {
  const peer = open()
  peer.connect(made => serverName('server.example')(made, peer))
  t.deepEqual(peer.said(EncryptedExtensions)[0]?.extensions, [raw(0)])
  t.is(peer.ssl.servername, 'server.example')
})

// 4.2.2, 4.2.4: the second ClientHello
/** A second ClientHello that is refused; the first had no share, and was answered by a HelloRetryRequest. */
function second(title: string, alert: AlertName, edit: Edit, options: ContextOptions = {}): void {
  test(`${title}: ${alert}`, t => {
    const peer = open(options)
    peer.sendMadeHello(peer.clientHello())
    t.is(peer.step().status, 'want_read')
    peer.sendSecondHello(made => edit(made, peer))
    refused(t, peer, alert, 'nothing')
  })
}
const edits: Readonly<Record<string, Edit>> = {
  random: made => ({ ...made, random: new Uint8Array(32) }),
  legacy_session_id: made => ({ ...made, legacy_session_id: new Uint8Array(32) }),
  cipher_suites: made => ({ ...made, cipher_suites: [0x1301] }),
  signature_algorithms: made =>
    withExtension(made, 'signature_algorithms', { supported_signature_algorithms: [0x0403] }),
  supported_groups: groups(x25519),
  'an extension more': made => withRaw(made, raw(0x1234)),
  'a cookie that nobody gave': made => withExtension(made, 'cookie', { cookie: Uint8Array.of(1) }),
}
for (const [what, edit] of Object.entries(edits))
  second(`rule 3: the second ClientHello differs in ${what}`, 'illegal_parameter', edit)
second('rule 22: the second ClientHello has no share', 'illegal_parameter', shares())
second('rule 22: the second ClientHello has two shares', 'illegal_parameter', (_, peer) =>
  sameRandom(peer, peer.clientHello('x25519', 'secp256r1')),
)
second('rule 22: the second ClientHello has another share', 'illegal_parameter', (_, peer) =>
  sameRandom(peer, peer.clientHello('secp256r1')),
)
second(
  'rule 17: the second ClientHello leaves the cookie out',
  'illegal_parameter',
  made => without(made, 'cookie'),
  { cookie: 'with_retry' },
)
second(
  'rule 17: the second ClientHello has another cookie',
  'illegal_parameter',
  made => withExtension(made, 'cookie', { cookie: Uint8Array.of(1) }),
  { cookie: 'with_retry' },
)
second('4.2.2: early_data in the second ClientHello', 'illegal_parameter', made =>
  withRaw(made, raw(extensionTypes.early_data)),
)
for (const [what, edit] of Object.entries<Edit>({
  'padding is added': made => withRaw(made, raw(extensionTypes.padding, 0, 0, 0)),
  'nothing else changes': made => made,
}))
  test(`rule 3: the second ClientHello is taken where ${what}`, t => {
    const peer = open({ cookie: 'with_retry' })
    peer.sendMadeHello(peer.clientHello())
    peer.step()
    peer.sendSecondHello(made => edit(made, peer))
    peer.step()
    peer.sendFinished()
    t.is(peer.step().status, 'want_read')
    t.true(peer.ssl.retried)
    connected(t, peer)
  })
test('rule 3: the second ClientHello has another share where only a cookie was given: illegal_parameter', t => {
  const peer = open({ cookie: 'always' })
  peer.sendHello()
  peer.step()
  peer.sendSecondHello(made => shares(share(x25519, new Uint8Array(32).fill(9)))(made, peer))
  refused(t, peer, 'illegal_parameter', 'nothing')
})
function sameRandom(peer: ClientPeer, made: ClientHello): ClientHello {
  const { random, legacy_session_id } = peer.secondHello()
  return { ...made, random, legacy_session_id }
}

// 4.5: the client's second flight; our alerts travel under application keys (4.5.3, rule 39)
const asking = { requestCert: true, ca: root.pem }
function flight(
  title: string,
  alert: AlertName,
  edits: Parameters<ClientPeer['sendAuthentication']>[0],
  options: ContextOptions = {},
): void {
  test(`${title}: ${alert}, under application keys`, t => {
    const peer = open({ ...asking, ...options })
    peer.sendHello()
    peer.step()
    peer.sendAuthentication(edits)
    refused(t, peer, alert, 'application')
  })
}
flight('rule 34: a certificate_request_context that was not given', 'illegal_parameter', {
  certificate: made => ({ ...made, certificate_request_context: Uint8Array.of(1) }),
})
flight('rule 35: no certificate where one is required', 'certificate_required', {
  certificate: made => ({ ...made, certificate_list: [] }),
})
flight(
  'rule 36: status_request that the CertificateRequest did not ask for',
  'unsupported_extension',
  {
    certificate: made => onLeaf(made, raw(5, 1, 0, 0, 1, 0)),
  },
)
flight('rule 12: key_share in a Certificate', 'illegal_parameter', {
  certificate: made => onLeaf(made, raw(extensionTypes.key_share, 0)),
})
flight('4.5.1: a certificate that is none', 'bad_certificate', {
  certificate: made => ({
    ...made,
    certificate_list: [{ cert_data: Uint8Array.of(0x30, 0), extensions: [] }],
  }),
})
for (const [what, algorithm] of [
  ['rsa_pkcs1_sha256', 0x0401],
  ['ecdsa_secp384r1_sha384 for a P-256 key', 0x0503],
  ['rsa_pss_rsae_sha256 for a P-256 key', 0x0804],
  ['ecdsa_sha1', 0x0203],
  ['a scheme that nobody knows', 0x0a0a],
] as const)
  flight(`rule 18: CertificateVerify by ${what}`, 'illegal_parameter', {
    certificateVerify: made => ({ ...made, algorithm }),
  })
flight(
  'rule 37: CertificateVerify by a scheme that was not offered',
  'illegal_parameter',
  {},
  { sigalgs: ['ed25519', 'ecdsa_secp384r1_sha384'] },
)
flight('rule 37: a signature that is wrong', 'decrypt_error', {
  certificateVerify: made => ({
    ...made,
    signature: changed(made.signature, made.signature.length - 1, (made.signature.at(-1) ?? 0) ^ 1),
  }),
})
flight('rule 37: an empty signature', 'decrypt_error', {
  certificateVerify: made => ({ ...made, signature: new Uint8Array(0) }),
})
test('rule 37: a signature in the name of the other role: decrypt_error', t => {
  const peer = open(asking)
  peer.sendHello()
  peer.step()
  peer.send(Certificate, peer.certificate())
  const content = contentToSign('server', peer.transcriptHash)
  const { key, scheme } = identity
  const signature = key.sign(scheme.algorithm, content)
  peer.send(CertificateVerify, { algorithm: scheme.id, signature })
  refused(t, peer, 'decrypt_error', 'application')
})
test('rule 35: no certificate where one is asked for but not required: the handshake goes on', t => {
  const peer = open({ ...asking, rejectUnauthorized: false })
  peer.sendHello()
  peer.step()
  t.is(peer.said(CertificateRequest).length, 1)
  peer.send(Certificate, { ...peer.certificate(), certificate_list: [] })
  peer.sendFinished()
  t.is(peer.step().status, 'want_read')
  t.false(peer.ssl.authorized)
  connected(t, peer)
})
for (const [what, verify_data, alert] of [
  ['wrong', new Uint8Array(32), 'decrypt_error'],
  ['short', new Uint8Array(31), 'decode_error'],
  ['long', new Uint8Array(33), 'decode_error'],
  ['empty', new Uint8Array(0), 'decode_error'],
] as const)
  test(`rule 38: a Finished that is ${what}: ${alert}, under application keys`, t => {
    const peer = open()
    peer.sendHello()
    peer.step()
    peer.send(Finished, { verify_data })
    refused(t, peer, alert, 'application')
  })

// E.4, 4.1
test('rule 57: a server sends change_cipher_spec behind its first message to a client with a session id', t => {
  const order = (edit: Edit, retry: boolean) => {
    const peer = open()
    peer.sendMadeHello(edit(retry ? peer.clientHello() : peer.clientHello('x25519'), peer))
    peer.step()
    if (retry) peer.sendSecondHello()
    peer.step()
    return peer.heard
      .slice(0, retry ? 3 : 2)
      .map(heard => (heard.kind === 'message' ? heard.name : heard.kind))
  }
  const silent: Edit = made => ({ ...made, legacy_session_id: new Uint8Array(0) })
  t.deepEqual(
    order(made => made, false),
    ['ServerHello', 'change_cipher_spec'],
  )
  t.deepEqual(
    order(made => made, true),
    ['ServerHello', 'change_cipher_spec', 'ServerHello'],
  )
  t.deepEqual(order(silent, false), ['ServerHello', 'EncryptedExtensions'])
  t.deepEqual(order(silent, true), ['ServerHello', 'ServerHello', 'EncryptedExtensions'])
})
for (const suite of ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384'] as const)
  test(`rule 1: after a HelloRetryRequest the transcript begins with message_hash (${suite})`, t => {
    const peer = open({ ciphers: suite, cookie: 'always' })
    peer.sendHello()
    peer.step()
    t.is(peer.said(ServerHello).length, 1)
    peer.sendSecondHello()
    peer.step()
    peer.sendFinished()
    t.is(peer.step().status, 'want_read')
    t.is(peer.ssl.cipher?.name, suite)
    connected(t, peer)
  })

function onLeaf(made: Certificate, extension: ReturnType<typeof raw>): Certificate {
  const [leaf, ...others] = made.certificate_list
  if (!leaf) return made
  return { ...made, certificate_list: [{ ...leaf, extensions: [extension] }, ...others] }
}
