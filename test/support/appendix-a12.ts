/** The state machine of TLS 1.2 as tables (RFC 5246 section 7.3, RFC 8422 section 2, RFC 6066 section 8), and a test peer's part of a walk through each. */
import { nodeCrypto } from '@biopair/crypto-node'
import {
  Certificate12,
  CertificateRequest12,
  CertificateStatus,
  CertificateVerify,
  ClientHello,
  ClientKeyExchange,
  encodeMessage,
  Finished,
  type MessageType,
  NewSessionTicket12,
  ServerHello12,
  ServerHelloDone,
  ServerKeyExchange,
} from '@biopair/handshake'
import { type ContextOptions, SslContext } from '@biopair/ssl'
import { ClientPeer12 } from './client-peer12.ts'
import { chainFor } from './mint.ts'
import { identityOf } from './peer-identity.ts'
import { ServerPeer12 } from './server-peer12.ts'
import { type Side, strays, type Table } from './walk.ts'

const change = 'change_cipher_spec'

/**
 * What a server may say to a client:
 *
 *     ServerHello  Certificate  CertificateStatus*  ServerKeyExchange  CertificateRequest*  ServerHelloDone
 *     [ChangeCipherSpec]  Finished
 *
 * RFC 6066 §8: CertificateStatus is for a server that said status_request, which may still leave it out.
 */
export const clientTable12: Table = {
  WAIT_SH: {
    ServerHello: 'WAIT_CERT',
    'ServerHello with status_request': 'WAIT_CERT, then a status',
  },
  WAIT_CERT: { Certificate: 'WAIT_SKE' },
  'WAIT_CERT, then a status': { Certificate: 'WAIT_CERT_STATUS' },
  WAIT_CERT_STATUS: { CertificateStatus: 'WAIT_SKE', ServerKeyExchange: 'WAIT_SHD' },
  WAIT_SKE: { ServerKeyExchange: 'WAIT_SHD' },
  WAIT_SHD: { CertificateRequest: 'WAIT_SHD, asked', ServerHelloDone: 'WAIT_FINISHED, unchanged' },
  'WAIT_SHD, asked': { ServerHelloDone: 'WAIT_FINISHED, unchanged' },
  'WAIT_FINISHED, unchanged': { [change]: 'WAIT_FINISHED' },
  WAIT_FINISHED: { Finished: 'CONNECTED' },
  // RFC 5746 §4: it is answered with a warning, and nothing else comes of it.
  CONNECTED: { HelloRequest: 'CONNECTED' },
}

/** What a client may say to a server, which asks for its certificate or does not. */
export const serverTable12 = (asks: boolean): Table => ({
  START: { ClientHello: asks ? 'WAIT_CERT' : 'WAIT_CKE' },
  ...(asks
    ? {
        WAIT_CERT: { Certificate: 'WAIT_CKE, then a proof', 'empty Certificate': 'WAIT_CKE' },
        'WAIT_CKE, then a proof': { ClientKeyExchange: 'WAIT_CV' },
        WAIT_CV: { CertificateVerify: 'WAIT_FINISHED, unchanged' },
      }
    : {}),
  WAIT_CKE: { ClientKeyExchange: 'WAIT_FINISHED, unchanged' },
  'WAIT_FINISHED, unchanged': { [change]: 'WAIT_FINISHED' },
  WAIT_FINISHED: { Finished: 'CONNECTED' },
  CONNECTED: { ClientHello: 'CONNECTED' },
})

const stateName = (state: string) => state.replace(/,.*/, '')
const keyed = (state: string) => state === 'WAIT_FINISHED' || state === 'CONNECTED'

/** The test peer's. */
export const identity12 = identityOf('ed25519')
const { pem, keyPem, root } = chainFor('ed25519')
/** What every end has. */
export const common12: ContextOptions = {
  crypto: nodeCrypto,
  groups: ['x25519', 'secp256r1'],
  rejectUnauthorized: false,
  maxVersion: 'TLSv1.2',
}
const response = Uint8Array.of(0x30, 3, 10, 1, 6)
const asking: ContextOptions = { requestOCSP: true, ocsp: 'ignore' }

/** Clients with and without a certificate. All ask for a status, since a server may say nothing that was not asked for. */
export const clients12: readonly SslContext[] = [
  new SslContext({ ...common12, ...asking }),
  new SslContext({ ...common12, ...asking, cert: pem, key: keyPem }),
]

export const servers12: readonly { readonly asks: boolean; readonly context: SslContext }[] = [
  { asks: false, context: new SslContext({ ...common12, cert: pem, key: keyPem }) },
  {
    asks: true,
    context: new SslContext({
      ...{ ...common12, cert: pem, key: keyPem, ca: root.pem },
      ...{ requestCert: true, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' },
    }),
  },
]

/** Messages that TLS 1.2 does not have, or that are not for this connection. */
const strays12 = Object.fromEntries(
  Object.entries({
    ...strays,
    EncryptedExtensions: Uint8Array.of(8, 0, 0, 2, 0, 0),
    KeyUpdate: Uint8Array.of(24, 0, 0, 1, 0),
  }).filter(
    ([name]) =>
      ![
        'hello_request',
        'server_hello_done',
        'client_key_exchange',
        'server_key_exchange',
        'certificate_status',
      ].includes(name),
  ),
)

/** What all parts have alike. */
export const shared12 = {
  shown: stateName,
  // No change_cipher_spec is dropped in TLS 1.2: each is in its place, or wrong.
  drops: () => false,
  changesMatter: true,
  strays: strays12,
  protects: keyed,
  // RFC 5246 §6.2.3.3: what was not sealed does not open.
  inTheClear: 'bad_record_mac',
} as const

/** Messages that are made for the connection. */
export const alphabet12: readonly string[] = [
  ...['HelloRequest', 'ClientHello', 'ServerHello', 'NewSessionTicket', 'Certificate'],
  ...['ServerKeyExchange', 'CertificateRequest', 'ServerHelloDone', 'CertificateVerify'],
  ...['ClientKeyExchange', 'Finished', 'CertificateStatus'],
]

/** Our client's part. */
export function clientSide12(context: SslContext): Side {
  const peer = new ServerPeer12(context, identity12)
  peer.step()
  const say: Record<string, () => Uint8Array<ArrayBuffer>> = {
    ServerHello: () => peer.say(ServerHello12, peer.serverHello()),
    'ServerHello with status_request': () =>
      peer.say(ServerHello12, peer.serverHello({ status: true })),
    Certificate: () => peer.say(Certificate12, peer.certificate()),
    CertificateStatus: () => peer.say(CertificateStatus, peer.certificateStatus(response)),
    ServerKeyExchange: () => peer.say(ServerKeyExchange, peer.serverKeyExchange()),
    CertificateRequest: () => peer.say(CertificateRequest12, peer.certificateRequest()),
    ServerHelloDone: () => peer.say(ServerHelloDone, {}),
    Finished: () => peer.say(Finished, peer.finished()),
    HelloRequest: () => stray12('HelloRequest'),
  }
  return {
    ...shared12,
    peer,
    table: clientTable12,
    start: 'WAIT_SH',
    alphabet: alphabet12,
    // Our Finished is out before the server's change_cipher_spec is waited for.
    under: state => (/^(WAIT_FINISHED|CONNECTED)/.test(state) ? 'application' : 'nothing'),
    underTrailed: () => 'application',
    changesKeys: message => message === 'ServerHelloDone',
    answered: message => message === 'ServerHelloDone',
    warns: message => message === 'HelloRequest',
    say: message => (say[message] as () => Uint8Array<ArrayBuffer>)(),
    after: message => {
      if (message === change) peer.takeWriteKeys()
    },
    stray: stray12,
  }
}

/** Our server's part. */
export function serverSide12({ asks, context }: (typeof servers12)[number]): Side {
  const peer = new ClientPeer12(context, identity12)
  let connected = false
  let proves = false
  const say: Record<string, () => Uint8Array<ArrayBuffer>> = {
    ClientHello: () =>
      connected ? stray12('ClientHello') : peer.say(ClientHello, peer.clientHello()),
    Certificate: () => {
      proves = true
      return peer.say(Certificate12, peer.certificate())
    },
    'empty Certificate': () => peer.say(Certificate12, { certificate_list: [] }),
    ClientKeyExchange: () => {
      const raw = peer.say(ClientKeyExchange, peer.clientKeyExchange())
      peer.exchanged()
      return raw
    },
    CertificateVerify: () => peer.say(CertificateVerify, peer.certificateVerify()),
    Finished: () => peer.say(Finished, peer.finished()),
  }
  return {
    ...shared12,
    peer,
    table: serverTable12(asks),
    start: 'START',
    alphabet: alphabet12,
    under: state => (state === 'CONNECTED' ? 'application' : 'nothing'),
    underTrailed: () => 'nothing',
    // The last before change_cipher_spec.
    changesKeys: message =>
      message === 'CertificateVerify' || (message === 'ClientKeyExchange' && !proves),
    answered: message => message === 'ClientHello' || message === 'Finished',
    warns: (message, state) => message === 'ClientHello' && state === 'CONNECTED',
    say: message => (say[message] as () => Uint8Array<ArrayBuffer>)(),
    after: message => {
      if (message === change) peer.takeWriteKeys()
      if (message === 'Finished') connected = true
    },
    stray: stray12,
  }
}

/** A well-made message, for a state that does not permit it. */
export function stray12(message: string): Uint8Array<ArrayBuffer> {
  const random = new Uint8Array(32)
  const signature = new Uint8Array(64)
  const made: Record<string, [MessageType<never>, unknown]> = {
    ServerHello: [
      ServerHello12 as MessageType<never>,
      {
        ...{ legacy_version: 0x0303, random, legacy_session_id_echo: new Uint8Array(0) },
        ...{ cipher_suite: 0xc02b, legacy_compression_method: 0, extensions: [] },
      },
    ],
    ClientHello: [
      ClientHello as MessageType<never>,
      {
        ...{ legacy_version: 0x0303, random, legacy_session_id: new Uint8Array(0) },
        ...{ cipher_suites: [0xc02b], legacy_compression_methods: Uint8Array.of(0) },
        extensions: [{ extension_type: 13, extension_data: Uint8Array.of(0, 2, 4, 3) }],
      },
    ],
    NewSessionTicket: [
      NewSessionTicket12 as MessageType<never>,
      { ticket_lifetime_hint: 60, ticket: Uint8Array.of(1, 2, 3) },
    ],
    Certificate: [Certificate12 as MessageType<never>, { certificate_list: [...identity12.chain] }],
    CertificateStatus: [CertificateStatus as MessageType<never>, { status_type: 'ocsp', response }],
    ServerKeyExchange: [
      ServerKeyExchange as MessageType<never>,
      {
        params: { curve_type: 'named_curve', namedcurve: 29, public: new Uint8Array(32).fill(9) },
        ...{ algorithm: 0x0807, signature },
      },
    ],
    CertificateRequest: [
      CertificateRequest12 as MessageType<never>,
      {
        certificate_types: Uint8Array.of(64),
        supported_signature_algorithms: [0x0403],
        certificate_authorities: [],
      },
    ],
    ServerHelloDone: [ServerHelloDone as MessageType<never>, {}],
    ClientKeyExchange: [
      ClientKeyExchange as MessageType<never>,
      { ecdh_Yc: new Uint8Array(32).fill(9) },
    ],
    CertificateVerify: [CertificateVerify as MessageType<never>, { algorithm: 0x0807, signature }],
    Finished: [Finished as MessageType<never>, { verify_data: new Uint8Array(12) }],
  }
  if (message === 'HelloRequest') return Uint8Array.of(0, 0, 0, 0)
  const [type, value] = made[message] ?? []
  if (!type) throw new Error(`there is no message ${message}`)
  return encodeMessage(type, value as never)
}
