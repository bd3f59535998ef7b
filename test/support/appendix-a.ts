/** Appendix A as tables, and a test peer's part of a walk through each. */
import { nodeCrypto } from '@biopair/crypto-node'
import {
  Certificate,
  CertificateRequest,
  CertificateVerify,
  ClientHello,
  EncryptedExtensions,
  encodeMessage,
  Finished,
  type MessageType,
  NewSessionTicket,
  ServerHello,
  writeExtension,
} from '@biopair/handshake'
import { SslContext, type SslOptions } from '@biopair/ssl'
import { ClientPeer, without } from './client-peer.ts'
import { chainFor } from './mint.ts'
import { identityOf } from './peer-identity.ts'
import { type PeerPsk, withPsks } from './psk-peer.ts'
import { ServerPeer } from './server-peer.ts'
import { keyUpdate, type Side, type Table } from './walk.ts'

const identity = identityOf('ed25519')
const { pem, keyPem, root } = chainFor('ed25519')
const common = { crypto: nodeCrypto, groups: ['x25519', 'secp256r1'], rejectUnauthorized: false }

/** A.1, from the first ClientHello on. WAIT_SH is here twice: only one HelloRetryRequest is permitted (§4.2.4). */
export const clientTable = (offers: boolean): Table => ({
  WAIT_SH: {
    ServerHello: 'WAIT_EE',
    HelloRetryRequest: 'WAIT_SH, retried',
    ...(offers ? { 'ServerHello with a key': 'WAIT_EE, with a key' } : {}),
  },
  'WAIT_SH, retried': {
    ServerHello: 'WAIT_EE',
    ...(offers ? { 'ServerHello with a key': 'WAIT_EE, with a key' } : {}),
  },
  WAIT_EE: { EncryptedExtensions: 'WAIT_CERT_CR' },
  ...(offers ? { 'WAIT_EE, with a key': { EncryptedExtensions: 'WAIT_FINISHED' } } : {}),
  WAIT_CERT_CR: { CertificateRequest: 'WAIT_CERT', Certificate: 'WAIT_CV' },
  WAIT_CERT: { Certificate: 'WAIT_CV' },
  WAIT_CV: { CertificateVerify: 'WAIT_FINISHED' },
  WAIT_FINISHED: { Finished: 'CONNECTED' },
  CONNECTED: { NewSessionTicket: 'CONNECTED', KeyUpdate: 'CONNECTED' },
})

/** A.2. Where ClientHello leads, our configuration decides; RECVD_CH, NEGOTIATED and WAIT_FLIGHT2 wait for nobody. */
export const serverTable = (asks: boolean, resumes: boolean): Table => {
  const flight2 = asks ? 'WAIT_CERT' : 'WAIT_FINISHED'
  return {
    START: {
      ClientHello: flight2,
      'ClientHello without a share': 'START, retried',
      ...(resumes
        ? {
            'ClientHello with a key': 'WAIT_FINISHED',
            'ClientHello with a key, without a share': 'START, retried with a key',
          }
        : {}),
    },
    'START, retried': { ClientHello: flight2 },
    ...(resumes
      ? {
          'START, retried with a key': {
            'ClientHello with a key': 'WAIT_FINISHED',
            ClientHello: flight2,
          },
        }
      : {}),
    WAIT_CERT: { Certificate: 'WAIT_CV', 'empty Certificate': 'WAIT_FINISHED' },
    WAIT_CV: { CertificateVerify: 'WAIT_FINISHED' },
    WAIT_FINISHED: { Finished: 'CONNECTED' },
    CONNECTED: { KeyUpdate: 'CONNECTED' },
  }
}

const stateName = (state: string) => state.replace(/,.*/, '')

/** A key that both ends were given. */
const key = new Uint8Array(32).fill(3)
const external: PeerPsk = {
  identity: new Uint8Array(Buffer.from('both')),
  key,
  label: 'ext binder',
  hash: 'sha256',
}
const psks = [{ identity: 'both', key }]
const suite = 'TLS_AES_128_GCM_SHA256'

export interface ClientStart {
  readonly context: SslContext
  /** The key that the first identity of the ClientHello stands for, if it has any. */
  readonly psk?: Uint8Array
  readonly options?: SslOptions
}

export const clients: readonly ClientStart[] = [
  { context: new SslContext(common) },
  { context: new SslContext({ ...common, middleboxCompat: false, cert: pem, key: keyPem }) },
]

/** Clients that offer a key: of their own, alone, or a session's. */
export const clientsWithKeys = (): readonly ClientStart[] => {
  const first = new ServerPeer(new SslContext({ ...common, ciphers: suite }), identity)
  first.connect()
  first.handshake(ticket())
  first.step()
  const { session } = first.ssl
  if (!session) throw new Error('there is no session to go on with')
  return [
    { context: new SslContext({ ...common, psks }), psk: key },
    { context: new SslContext({ ...common, cert: pem, key: keyPem, psks }), psk: key },
    {
      context: new SslContext(common),
      psk: session.psk,
      options: { session, reuseSession: true },
    },
  ]
}

export function clientSide({ context, psk, options }: ClientStart): Side {
  const peer = new ServerPeer(context, identity, 'server.example', options)
  peer.step()
  const say: Record<string, () => Uint8Array<ArrayBuffer>> = {
    ServerHello: () => {
      const { message, secret } = peer.serverHello()
      agreed = secret
      return peer.say(ServerHello, message)
    },
    'ServerHello with a key': () => {
      const { message, secret } = peer.serverHello()
      agreed = secret
      peer.psk = psk
      const selected = writeExtension('ServerHello', 'pre_shared_key', { selected_identity: 0 })
      return peer.say(ServerHello, { ...message, extensions: [...message.extensions, selected] })
    },
    HelloRetryRequest: () => peer.say(ServerHello, peer.takeRetry('secp256r1')),
    EncryptedExtensions: () => peer.say(EncryptedExtensions, peer.encryptedExtensions()),
    CertificateRequest: () => peer.say(CertificateRequest, peer.certificateRequest()),
    Certificate: () => peer.say(Certificate, peer.certificate()),
    CertificateVerify: () => peer.say(CertificateVerify, peer.certificateVerify()),
    Finished: () => peer.say(Finished, peer.finished()),
    NewSessionTicket: () => ticket(),
    KeyUpdate: () => keyUpdate(),
  }
  let agreed: Uint8Array<ArrayBuffer> = new Uint8Array(32)
  return {
    peer,
    table: clientTable(psk !== undefined),
    start: 'WAIT_SH',
    alphabet: [...Object.keys(say).filter(name => !name.includes(' ')), 'ClientHello'],
    shown: stateName,
    drops: state => state !== 'CONNECTED',
    under: state =>
      state.startsWith('WAIT_SH') ? 'nothing' : state === 'CONNECTED' ? 'application' : 'handshake',
    underTrailed: state =>
      state.startsWith('WAIT_SH') ? 'nothing' : state === 'CONNECTED' ? 'application' : 'handshake',
    changesKeys: message => /^(ServerHello|Finished|KeyUpdate)/.test(message),
    answered: message => message === 'HelloRetryRequest',
    say: message => (say[message] as () => Uint8Array<ArrayBuffer>)(),
    after: message => {
      if (message.startsWith('ServerHello')) peer.takeHandshakeKeys(agreed)
      if (message === 'HelloRetryRequest') peer.takeRetried()
      if (message === 'Finished') peer.takeApplicationKeys()
      if (message === 'KeyUpdate') peer.nextWriteKey()
    },
    stray: message => strayOf(message, peer.serverHello().message),
  }
}

interface ServerStart {
  readonly asks: boolean
  readonly resumes: boolean
  readonly context: SslContext
}

export const servers: readonly ServerStart[] = [
  {
    asks: false,
    resumes: false,
    context: new SslContext({ ...common, cert: pem, key: keyPem }),
  },
  {
    asks: true,
    resumes: false,
    context: new SslContext({
      ...common,
      cert: pem,
      key: keyPem,
      ca: root.pem,
      requestCert: true,
      cookie: 'with_retry',
    }),
  },
]

/** Servers that know the client's key. One asks for certificates, but not where a key is used. */
export const serversWithKeys: readonly ServerStart[] = [
  {
    asks: false,
    resumes: true,
    context: new SslContext({ ...common, cert: pem, key: keyPem, psks }),
  },
  {
    asks: true,
    resumes: true,
    context: new SslContext({
      ...common,
      cert: pem,
      key: keyPem,
      ca: root.pem,
      requestCert: true,
      cookie: 'with_retry',
      psks,
    }),
  },
]

export function serverSide({ asks, resumes, context }: ServerStart): Side {
  const peer = new ClientPeer(context, identity)
  const flight = (state: string) => (state.startsWith('START') ? 'nothing' : 'application')
  let retried = false
  const say: Record<string, () => Uint8Array<ArrayBuffer>> = {
    ClientHello: () =>
      peer.makeHello(
        retried ? without(peer.secondHello(), 'pre_shared_key') : peer.clientHello('x25519'),
      ),
    'ClientHello without a share': () => {
      retried = true
      return peer.makeHello(peer.clientHello())
    },
    'ClientHello with a key': () => {
      peer.psk = key
      const hello = retried ? peer.secondHello() : peer.clientHello('x25519')
      const before = retried ? peer.transcript : []
      return peer.makeHello(withPsks(hello, [external], { before }))
    },
    'ClientHello with a key, without a share': () => {
      retried = true
      return peer.makeHello(withPsks(peer.clientHello(), [external]))
    },
    Certificate: () => peer.say(Certificate, peer.certificate()),
    'empty Certificate': () =>
      peer.say(Certificate, { ...peer.certificate(), certificate_list: [] }),
    CertificateVerify: () => peer.say(CertificateVerify, peer.certificateVerify()),
    Finished: () => peer.say(Finished, peer.finished()),
    KeyUpdate: () => keyUpdate(),
  }
  return {
    peer,
    table: serverTable(asks, resumes),
    start: 'START',
    alphabet: [
      ...['ClientHello', 'Certificate', 'CertificateVerify', 'Finished', 'KeyUpdate'],
      ...['ServerHello', 'HelloRetryRequest', 'EncryptedExtensions', 'CertificateRequest'],
      'NewSessionTicket',
    ],
    shown: stateName,
    drops: state => state !== 'START' && state !== 'CONNECTED',
    under: flight,
    // Our ServerHello is out before the bytes behind the ClientHello are seen.
    underTrailed: state => (state.startsWith('START') ? 'handshake' : 'application'),
    changesKeys: message =>
      /^(ClientHello|Finished|KeyUpdate)/.test(message) && !message.endsWith('without a share'),
    answered: message => message.startsWith('ClientHello'),
    say: message => (say[message] as () => Uint8Array<ArrayBuffer>)(),
    after: message => {
      if (message === 'Finished') peer.takeApplicationKeys()
      if (message === 'KeyUpdate') peer.nextWriteKey()
    },
    stray: message =>
      message === 'ClientHello'
        ? encodeMessage(ClientHello, peer.clientHello('x25519'))
        : strayOf(message, someServerHello),
  }
}

const someServerHello: ServerHello = {
  legacy_version: 0x0303,
  random: new Uint8Array(32),
  legacy_session_id_echo: new Uint8Array(0),
  cipher_suite: 0x1301,
  legacy_compression_method: 0,
  extensions: [{ extension_type: 43, extension_data: Uint8Array.of(3, 4) }],
}

/** A well-made message, for a state that does not permit it. */
function strayOf(message: string, serverHello: ServerHello): Uint8Array<ArrayBuffer> {
  const made: Record<string, [MessageType<never>, unknown]> = {
    ServerHello: [ServerHello as MessageType<never>, serverHello],
    HelloRetryRequest: [
      ServerHello as MessageType<never>,
      {
        ...serverHello,
        random: Uint8Array.from(
          Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex'),
        ),
        extensions: [
          { extension_type: 43, extension_data: Uint8Array.of(3, 4) },
          { extension_type: 51, extension_data: Uint8Array.of(0, 0x17) },
        ],
      },
    ],
    EncryptedExtensions: [EncryptedExtensions as MessageType<never>, { extensions: [] }],
    CertificateRequest: [
      CertificateRequest as MessageType<never>,
      {
        certificate_request_context: new Uint8Array(0),
        extensions: [{ extension_type: 13, extension_data: Uint8Array.of(0, 2, 4, 3) }],
      },
    ],
    Certificate: [
      Certificate as MessageType<never>,
      {
        certificate_request_context: new Uint8Array(0),
        certificate_list: identity.chain.map(cert_data => ({ cert_data, extensions: [] })),
      },
    ],
    CertificateVerify: [
      CertificateVerify as MessageType<never>,
      { algorithm: 0x0807, signature: new Uint8Array(64) },
    ],
    Finished: [Finished as MessageType<never>, { verify_data: new Uint8Array(32) }],
    ClientHello: [
      ClientHello as MessageType<never>,
      {
        legacy_version: 0x0303,
        random: new Uint8Array(32),
        legacy_session_id: new Uint8Array(0),
        cipher_suites: [0x1301],
        legacy_compression_methods: Uint8Array.of(0),
        extensions: [{ extension_type: 43, extension_data: Uint8Array.of(2, 3, 4) }],
      },
    ],
  }
  if (message === 'KeyUpdate') return keyUpdate()
  if (message === 'NewSessionTicket') return ticket()
  const [type, value] = made[message] ?? []
  if (!type) throw new Error(`there is no message ${message}`)
  return encodeMessage(type, value as never)
}

function ticket(): Uint8Array<ArrayBuffer> {
  return encodeMessage(NewSessionTicket, {
    ticket_lifetime: 7200,
    ticket_age_add: 1,
    ticket_nonce: Uint8Array.of(0),
    ticket: Uint8Array.of(1, 2, 3),
    extensions: [],
  })
}
