/** Each MUST about what rides with a certificate, sent wrong, with the alert it is owed (field.md's numbers). */
import { nodeCrypto } from '@biopair/crypto-node'
import {
  Certificate,
  CertificateRequest,
  decodeMessage,
  EncryptedExtensions,
  extensionTypes,
  type RawExtension,
  readExtension,
  ServerHello,
  writeExtension,
} from '@biopair/handshake'
import { type ContextOptions, SslContext } from '@biopair/ssl'
import type { AlertName } from '@biopair/wire'
import test from 'ava'
import { ClientPeer, withRaw } from '../support/client-peer.ts'
import { chainFor, mint } from '../support/mint.ts'
import { mintOcsp, mustStaple } from '../support/ocsp-mint.ts'
import { identityOf } from '../support/peer-identity.ts'
import { connected, refused } from '../support/refused.ts'
import { ServerPeer } from '../support/server-peer.ts'

const identity = identityOf('p256')
const { pem, keyPem, root, leaf, intermediate: issuer } = chainFor('p256')
const base = { crypto: nodeCrypto, groups: ['x25519', 'secp256r1'] }
const asks: ContextOptions = { requestOCSP: true, ocsp: 'ignore', requestSCT: true }
const client = (options: ContextOptions = {}) =>
  new ServerPeer(new SslContext({ ...base, ca: root.pem, ...options }), identity)
const server = (options: ContextOptions = {}) =>
  new ClientPeer(new SslContext({ ...base, cert: pem, key: keyPem, ...options }), identity)

const raw = (extension_type: number, ...data: number[]): RawExtension => ({
  extension_type,
  extension_data: Uint8Array.from(data),
})
const { status_request, signed_certificate_timestamp, compress_certificate } = extensionTypes
const good = mintOcsp({ leaf, issuer })
const status = (response: Uint8Array) =>
  writeExtension('Certificate', 'status_request', {
    status_type: 'ocsp',
    response: Uint8Array.from(response),
  })
const scts = (...sct_list: number[][]) =>
  writeExtension('Certificate', 'signed_certificate_timestamp', {
    sct_list: sct_list.map(sct => Uint8Array.from(sct)),
  })

/** Extensions in one entry of a Certificate. */
const riding =
  (at: number, ...extensions: RawExtension[]) =>
  (message: Certificate): Certificate => ({
    ...message,
    certificate_list: message.certificate_list.map((entry, i) =>
      i === at ? { ...entry, extensions } : entry,
    ),
  })

/** A server's Certificate that our client refuses. */
function shown(
  title: string,
  alert: AlertName,
  edit: (message: Certificate) => Certificate,
  options?: ContextOptions,
): void {
  test(`${title}: ${alert}`, t => {
    const peer = client(options)
    peer.step()
    peer.sendServerHello()
    peer.sendFlight({ certificate: edit })
    refused(t, peer, alert, 'handshake')
  })
  // The same of a client that our server asked.
  if (options?.ocsp === 'require' || options?.ocsp === 'check') return
  test(`${title}, by a client: ${alert}`, t => {
    const peer = server({ ca: root.pem, requestCert: true, ...options })
    peer.sendHello()
    peer.step()
    peer.send(Certificate, edit(peer.certificate()))
    refused(t, peer, alert, 'application')
  })
}

const unsolicited = 'unsupported_extension'
for (const at of [0, 1]) {
  shown(
    `rule 36: status_request in entry ${at}, which nobody asked for`,
    unsolicited,
    riding(at, status(good)),
  )
  shown(`rule 36: SCTs in entry ${at}, which nobody asked for`, unsolicited, riding(at, scts([1])))
  shown(
    `rule 12: compress_certificate in entry ${at}`,
    'illegal_parameter',
    riding(at, raw(compress_certificate, 2, 0, 1)),
    asks,
  )
  shown(
    `rule 13: two responses in entry ${at}`,
    'illegal_parameter',
    riding(at, status(good), status(good)),
    asks,
  )
  shown(
    `6066 8: a status of type 2 in entry ${at}`,
    'illegal_parameter',
    riding(at, raw(status_request, 2, 0, 0, 1, 0)),
    asks,
  )
  for (const [what, ...data] of [
    ['an empty status_request'],
    ['an empty response', 1, 0, 0, 0],
    ['a response that ends early', 1, 0, 0, 3, 1, 2],
    ['bytes behind a response', 1, 0, 0, 1, 7, 0],
  ] as const)
    shown(
      `rule 11: ${what} in entry ${at}`,
      'decode_error',
      riding(at, raw(status_request, ...data)),
      asks,
    )
  for (const [what, ...data] of [
    ['an empty SCT extension'],
    ['an empty list of SCTs', 0, 0],
    ['an empty SCT', 0, 2, 0, 0],
    ['an SCT that ends early', 0, 4, 0, 3, 1, 1],
    ['bytes behind the SCTs', 0, 3, 0, 1, 1, 9],
  ] as const)
    shown(
      `rule 11: ${what} in entry ${at}`,
      'decode_error',
      riding(at, raw(signed_certificate_timestamp, ...data)),
      asks,
    )
}
shown('rule 36: SCTs where a response was asked for', unsolicited, riding(0, scts([1])), {
  requestOCSP: true,
  ocsp: 'ignore',
})
shown('rule 36: a response where SCTs were asked for', unsolicited, riding(0, status(good)), {
  requestSCT: true,
})

const refusing = 'bad_certificate_status_response'
const same = (message: Certificate) => message
shown('4.5.1.1: no response where one is required', refusing, same, { ocsp: 'require' })
shown(
  '4.5.1.1: a response for the issuer alone, where one is required',
  refusing,
  riding(1, status(good)),
  { ocsp: 'require' },
)
for (const ocsp of ['check', 'require'] as const) {
  shown(
    `4.5.1.1: a response that is none (${ocsp})`,
    refusing,
    riding(0, status(Uint8Array.of(5))),
    { ocsp },
  )
  shown(
    `4.5.1.1: revoked (${ocsp})`,
    'certificate_revoked',
    riding(0, status(mintOcsp({ leaf, issuer, status: 'revoked' }))),
    { ocsp },
  )
}

// RFC 7633
const stapler = mint({ issuer, key: leaf.key, extensions: [mustStaple(true)] })
const stapling = (message: Certificate): Certificate => ({
  ...message,
  certificate_list: message.certificate_list.map((entry, i) =>
    i === 0 ? { ...entry, cert_data: stapler.der } : entry,
  ),
})
shown('7633 4.2.3: no response with a certificate that always has one', refusing, stapling, {
  ocsp: 'check',
})
test('7633 4.2.3: who did not ask for a response does not miss it', t => {
  const peer = client()
  peer.connect({ certificate: stapling })
  connected(t, peer)
})

test('rule 36: responses and SCTs ride in the entry of their certificate, and are handed on from there', t => {
  const peer = client({ ...asks, ocsp: 'check' })
  const other = Uint8Array.of(0x30, 0)
  peer.connect({
    certificate: message =>
      riding(1, status(other))(riding(0, status(good), scts([1, 2], [3]))(message)),
  })
  connected(t, peer)
  t.deepEqual(peer.ssl.stapled, [
    { ocspResponse: good, scts: [Uint8Array.of(1, 2), Uint8Array.of(3)] },
    { ocspResponse: other, scts: [] },
  ])
})

for (const [name, id] of [
  ['status_request', status_request],
  ['signed_certificate_timestamp', signed_certificate_timestamp],
  ['compress_certificate', compress_certificate],
] as const) {
  test(`rule 12: ${name} in EncryptedExtensions: illegal_parameter`, t => {
    const peer = client(asks)
    peer.step()
    peer.sendServerHello()
    peer.send(EncryptedExtensions, { extensions: [raw(id)] })
    refused(t, peer, 'illegal_parameter', 'handshake')
  })
  test(`rule 12: ${name} in ServerHello: illegal_parameter`, t => {
    const peer = client(asks)
    peer.step()
    const { message } = peer.serverHello()
    peer.stray(ServerHello, { ...message, extensions: [...message.extensions, raw(id)] })
    refused(t, peer, 'illegal_parameter', 'nothing')
  })
}

// What a server hears
for (const [title, extension] of [
  ['an empty status_request', raw(status_request)],
  ['bytes behind a status_request', raw(status_request, 1, 0, 0, 0, 0, 0)],
  ['an empty ResponderID', raw(status_request, 1, 0, 2, 0, 0, 0, 0)],
  ['a signed_certificate_timestamp with content', raw(signed_certificate_timestamp, 0)],
  ['an empty compress_certificate', raw(compress_certificate)],
  ['a compress_certificate without algorithms', raw(compress_certificate, 0)],
  ['half an algorithm', raw(compress_certificate, 3, 0, 1, 0)],
  ['bytes behind the algorithms', raw(compress_certificate, 2, 0, 1, 0)],
] as const)
  test(`rule 11: ${title} in a ClientHello: decode_error`, t => {
    const peer = server()
    peer.sendHello(hello => withRaw(hello, extension))
    refused(t, peer, 'decode_error', 'nothing')
  })

for (const [title, extensions, ridden] of [
  ['no request', [], []],
  ['status_request', [raw(status_request, 1, 0, 0, 0, 0)], [status_request]],
  [
    'a ResponderID and extensions',
    [raw(status_request, 1, 0, 3, 0, 1, 9, 0, 1, 5)],
    [status_request],
  ],
  ['a status type that nobody knows', [raw(status_request, 2, 1, 2, 3)], []],
  // §4.5.1.1: status_request_v2 is not acted upon.
  ['status_request_v2', [raw(17, 0, 7, 2, 0, 4, 0, 0, 0, 0)], []],
  [
    'signed_certificate_timestamp',
    [raw(signed_certificate_timestamp)],
    [signed_certificate_timestamp],
  ],
] as const)
  test(`4.5.1.1: what a client has asked for rides with the first certificate, and no more: ${title}`, t => {
    const peer = server({ ocspResponse: good, scts: [Uint8Array.of(1)] })
    peer.connect(hello => extensions.reduce(withRaw, hello))
    connected(t, peer)
    const said = peer.heard.find(heard => heard.kind === 'message' && heard.name === 'Certificate')
    if (said?.kind !== 'message') throw new Error('there was no Certificate')
    const { certificate_list } = decodeMessage(Certificate, said.raw.subarray(4))
    t.deepEqual(
      certificate_list.map(entry => entry.extensions.map(({ extension_type }) => extension_type)),
      [[...ridden], []],
    )
  })

test('4.5.1.1: a server asks a client with empty extensions, and a client answers in kind', t => {
  const peer = client({ cert: pem, key: keyPem, ocspResponse: good, scts: [Uint8Array.of(1)] })
  const request = [
    writeExtension('CertificateRequest', 'status_request', {}),
    writeExtension('CertificateRequest', 'signed_certificate_timestamp', {}),
  ]
  peer.connect({
    certificateRequest: message => ({
      ...message,
      extensions: [...message.extensions, ...request],
    }),
  })
  connected(t, peer)
  const said = peer.heard.find(heard => heard.kind === 'message' && heard.name === 'Certificate')
  if (said?.kind !== 'message') throw new Error('there was no Certificate')
  const [first] = decodeMessage(Certificate, said.raw.subarray(4)).certificate_list
  t.deepEqual(first?.extensions, [status(good), scts([1])])

  const ours = server({ ...asks, requestCert: true, ca: root.pem })
  ours.sendHello()
  ours.step()
  const asked = ours.heard.find(one => one.kind === 'message' && one.name === 'CertificateRequest')
  if (asked?.kind !== 'message') throw new Error('there was no CertificateRequest')
  const { extensions } = decodeMessage(CertificateRequest, asked.raw.subarray(4))
  t.deepEqual(readExtension('CertificateRequest', 'status_request', extensions), {})
  t.deepEqual(readExtension('CertificateRequest', 'signed_certificate_timestamp', extensions), {})
})

test('rule 11: content of status_request in a CertificateRequest: decode_error', t => {
  const peer = client({ cert: pem, key: keyPem })
  peer.step()
  peer.sendServerHello()
  peer.sendFlight({
    certificateRequest: message => ({
      ...message,
      extensions: [...message.extensions, raw(status_request, 1, 0, 0, 0, 0)],
    }),
  })
  refused(t, peer, 'decode_error', 'handshake')
})
