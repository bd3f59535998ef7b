/** What our ends make of certificate types and raw public keys that are wrong (RFC 7250; RFC 9846 §4.5.1). */
import { concat } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  Certificate,
  CertificateRequest,
  EncryptedExtensions,
  extensionTypes,
  type RawExtension,
  readExtension,
  writeExtension,
} from '@biopair/handshake'
import { type ContextOptions, SslContext } from '@biopair/ssl'
import type { AlertName } from '@biopair/wire'
import test from 'ava'
import { ClientPeer, withExtension, withRaw } from '../support/client-peer.ts'
import { bitString, oid, sequence } from '../support/der-writer.ts'
import { chainFor } from '../support/mint.ts'
import type { Under } from '../support/peer.ts'
import { identityOf } from '../support/peer-identity.ts'
import { connected, refused } from '../support/refused.ts'
import { ServerPeer } from '../support/server-peer.ts'

const x509 = identityOf('p256')
const { leaf, root, keyPem, pem } = chainFor('p256')
const raw = { ...x509, chain: [leaf.spki] }
const base: ContextOptions = { crypto: nodeCrypto, groups: 'x25519', ca: root.pem }
const expecting: ContextOptions = { ...base, rawPublicKeys: leaf.spki }

const rawServer = writeExtension('EncryptedExtensions', 'server_certificate_type', {
  server_certificate_type: 'RawPublicKey',
})
const x509Server = writeExtension('EncryptedExtensions', 'server_certificate_type', {
  server_certificate_type: 'X509',
})
const pgpServer: RawExtension = { ...rawServer, extension_data: Uint8Array.of(1) }
const rawClient = writeExtension('EncryptedExtensions', 'client_certificate_type', {
  client_certificate_type: 'RawPublicKey',
})

function atClient(
  title: string,
  alert: AlertName,
  under: Under,
  {
    options = { serverCertTypes: ['rpk'] },
    says = [rawServer],
    shows = [leaf.spki],
    extensions = [],
    verify,
  }: {
    options?: ContextOptions
    says?: RawExtension[]
    shows?: readonly Uint8Array[]
    extensions?: RawExtension[]
    verify?: Parameters<ServerPeer['sendFlight']>[0]
  },
): void {
  test(`rule 64: our client: ${title}: ${alert}`, t => {
    const peer = new ServerPeer(new SslContext({ ...expecting, ...options }), raw)
    peer.step()
    peer.sendServerHello()
    peer.sendFlight({
      encryptedExtensions: () => ({ extensions: says }),
      certificate: message => ({
        ...message,
        certificate_list: shows.map(key => ({ cert_data: new Uint8Array(key), extensions })),
      }),
      ...verify,
    })
    refused(t, peer, alert, under)
  })
}

const both: ContextOptions = { serverCertTypes: ['rpk', 'x509'] }
atClient('a server_certificate_type that was not asked for', 'unsupported_extension', 'handshake', {
  options: { serverCertTypes: ['x509'] },
})
atClient('a client_certificate_type that was not asked for', 'unsupported_extension', 'handshake', {
  says: [rawServer, rawClient],
})
atClient('X.509, which was not offered', 'illegal_parameter', 'handshake', { says: [x509Server] })
atClient('OpenPGP, which is no type of TLS 1.3', 'illegal_parameter', 'handshake', {
  options: both,
  says: [pgpServer],
})
atClient(
  'a server that is silent, of which a raw key is wanted',
  'unsupported_certificate',
  'handshake',
  {
    says: [],
    shows: x509.chain,
  },
)
atClient('two raw public keys', 'illegal_parameter', 'handshake', { shows: [leaf.spki, leaf.spki] })
atClient('no raw public key', 'decode_error', 'handshake', { shows: [] })
atClient('a certificate where a raw public key belongs', 'bad_certificate', 'handshake', {
  shows: [leaf.der],
})
atClient('a raw public key where a certificate belongs', 'bad_certificate', 'handshake', {
  options: both,
  says: [x509Server],
})
atClient('a raw public key where nothing was agreed on', 'bad_certificate', 'handshake', {
  options: both,
  says: [],
})
atClient('a key with a byte behind it', 'bad_certificate', 'handshake', {
  shows: [concat(leaf.spki, Uint8Array.of(0))],
})
atClient('a key of an algorithm that nobody knows', 'unsupported_certificate', 'handshake', {
  shows: [sequence(sequence(oid('1.2.3.4')), bitString(new Uint8Array(32)))],
})
atClient('another key', 'bad_certificate', 'handshake', { shows: [chainFor('ed25519').leaf.spki] })
atClient('a delegated credential without a certificate', 'illegal_parameter', 'handshake', {
  options: { serverCertTypes: ['rpk'], delegatedSigalgs: 'ed25519' },
  extensions: [
    writeExtension('Certificate', 'delegated_credential', {
      cred: {
        valid_time: 1,
        dc_cert_verify_algorithm: 0x0807,
        ASN1_subjectPublicKeyInfo: leaf.spki,
      },
      algorithm: 0x0403,
      signature: new Uint8Array(1),
    }),
  ],
})
atClient("a CertificateVerify of somebody else's", 'decrypt_error', 'handshake', {
  verify: {
    certificateVerify: message => ({ ...message, signature: message.signature.toReversed() }),
  },
})
atClient('a CertificateVerify with a scheme of another key', 'illegal_parameter', 'handshake', {
  verify: { certificateVerify: message => ({ ...message, algorithm: 0x0807 }) },
})

test('rule 64: our client takes the raw key that it expects, and its own is asked for by type', t => {
  const context = new SslContext({
    ...expecting,
    serverCertTypes: ['rpk'],
    clientCertTypes: ['rpk'],
    rawKey: keyPem,
  })
  const peer = new ServerPeer(context, raw)
  peer.step()
  const { extensions = [] } = peer.hello ?? {}
  const says = (name: 'client_certificate_type' | 'server_certificate_type') =>
    readExtension('ClientHello', name, extensions)
  t.deepEqual(says('client_certificate_type'), { client_certificate_types: ['RawPublicKey'] })
  t.deepEqual(says('server_certificate_type'), { server_certificate_types: ['RawPublicKey'] })
  peer.connect({
    encryptedExtensions: () => ({ extensions: [rawServer, rawClient] }),
    certificateRequest: message => message,
  })
  const [shown] = peer.said(Certificate)
  t.deepEqual(
    shown?.certificate_list.map(({ cert_data }) => cert_data),
    [leaf.spki],
  )
  connected(t, peer)
})

test('a client without another type than X.509 says nothing of types', t => {
  const peer = new ServerPeer(new SslContext(base), x509)
  peer.step()
  const ids = peer.hello?.extensions?.map(({ extension_type }) => extension_type)
  t.false(ids?.includes(extensionTypes.client_certificate_type))
  t.false(ids?.includes(extensionTypes.server_certificate_type))
})

test('a client that has raw keys alone shows nothing to a server that asks for a certificate', t => {
  const options = { serverCertTypes: ['rpk'], clientCertTypes: ['rpk'], rawKey: keyPem } as const
  const peer = new ServerPeer(new SslContext({ ...expecting, ...options }), raw)
  peer.connect({
    encryptedExtensions: () => ({ extensions: [rawServer] }),
    certificateRequest: message => message,
  })
  t.deepEqual(peer.said(Certificate)[0]?.certificate_list, [])
  connected(t, peer)
})

const server: ContextOptions = { ...base, cert: pem, key: keyPem, rawPublicKeys: leaf.spki }
const types = (name: 'client_certificate_type' | 'server_certificate_type', ...list: number[]) => ({
  extension_type: extensionTypes[name],
  extension_data: Uint8Array.of(list.length, ...list),
})

function atServer(
  title: string,
  alert: AlertName,
  under: Under,
  offer: RawExtension,
  options: ContextOptions,
): void {
  test(`rule 64: our server: ${title}: ${alert}`, t => {
    const peer = new ClientPeer(new SslContext({ ...server, ...options }), raw)
    peer.sendHello(hello => withRaw(hello, offer))
    refused(t, peer, alert, under)
  })
}

const takesBoth: ContextOptions = {
  serverCertTypes: ['rpk', 'x509'],
  clientCertTypes: ['rpk', 'x509'],
}
const insists = { ...takesBoth, requestCert: true }
atServer(
  'an empty list of types',
  'decode_error',
  'nothing',
  types('server_certificate_type'),
  takesBoth,
)
atServer(
  'OpenPGP alone',
  'unsupported_certificate',
  'nothing',
  types('server_certificate_type', 1),
  takesBoth,
)
atServer(
  'raw keys alone, of which it has been told nothing',
  'unsupported_certificate',
  'nothing',
  types('server_certificate_type', 2),
  {},
)
atServer(
  'a client that has OpenPGP alone and has to show something',
  'unsupported_certificate',
  'handshake',
  types('client_certificate_type', 1),
  insists,
)

test('RFC 7250 4.2: types that nobody knows are passed over, and the answer names one', t => {
  const peer = new ClientPeer(new SslContext({ ...server, ...insists }), raw)
  peer.sendHello(hello =>
    withRaw(
      withExtension(hello, 'server_certificate_type', {
        server_certificate_types: [0xfa, 'X509', 'RawPublicKey'],
      }),
      types('client_certificate_type', 0xfa, 2),
    ),
  )
  peer.step()
  const extensions = peer.said(EncryptedExtensions)[0]?.extensions ?? []
  const answer = (name: 'client_certificate_type' | 'server_certificate_type') =>
    readExtension('EncryptedExtensions', name, extensions)
  t.deepEqual(answer('client_certificate_type'), { client_certificate_type: 'RawPublicKey' })
  t.deepEqual(answer('server_certificate_type'), { server_certificate_type: 'RawPublicKey' })
  t.is(peer.said(CertificateRequest).length, 1)
  peer.sendAuthentication()
  peer.sendFinished()
  connected(t, peer)
  t.true(peer.ssl.authorized)
})

test('RFC 7250 4.2: a server that would like a certificate, and takes none that there is, does not ask', t => {
  const options = { ...takesBoth, requestCert: true, rejectUnauthorized: false }
  const peer = new ClientPeer(new SslContext({ ...server, ...options }), raw)
  peer.connect(hello => withRaw(hello, types('client_certificate_type', 1)))
  t.deepEqual(peer.said(CertificateRequest), [])
  const extensions = peer.said(EncryptedExtensions)[0]?.extensions ?? []
  t.is(readExtension('EncryptedExtensions', 'client_certificate_type', extensions), undefined)
  t.is(peer.ssl.clientCertType, undefined)
  connected(t, peer)
})

for (const [title, alert, chain] of [
  ['two raw public keys', 'illegal_parameter', [leaf.spki, leaf.spki]],
  ['none', 'certificate_required', []],
  ['a certificate in its place', 'bad_certificate', [leaf.der]],
  ['a key of a stranger', 'bad_certificate', [chainFor('ed25519').leaf.spki]],
] as const)
  test(`rule 64: our server is shown ${title}: ${alert}`, t => {
    const peer = new ClientPeer(new SslContext({ ...server, ...insists }), { ...raw, chain })
    peer.sendHello(hello => withRaw(hello, types('client_certificate_type', 2)))
    peer.step()
    peer.send(Certificate, peer.certificate())
    refused(t, peer, alert, 'application')
  })
