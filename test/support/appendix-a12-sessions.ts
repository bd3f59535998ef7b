/** TLS 1.2's state machine where sessions go on and where a key stands in for certificates, as tables (RFC 5246 section 7.3, RFC 5077 section 3.1, RFC 5489 section 2). */
import { bioPair } from '@biopair/bio'
import { ascii, pskCipherSuites12 } from '@biopair/crypto'
import {
  Certificate12,
  ClientHello,
  ClientKeyExchange,
  Finished,
  NewSessionTicket12,
  PskClientKeyExchange,
  PskServerKeyExchange,
  ServerHello12,
  ServerHelloDone,
  ServerKeyExchange,
} from '@biopair/handshake'
import {
  type ContextOptions,
  type Session,
  type SessionCache,
  Ssl,
  SslContext,
  sessionToBytes,
} from '@biopair/ssl'
import { alphabet12, common12, identity12, shared12, stray12 } from './appendix-a12.ts'
import { shake } from './ends.ts'
import type { Bytes } from './key-schedule.ts'
import { chainFor } from './mint.ts'
import { SessionClientPeer12, SessionServerPeer12 } from './session-peers12.ts'
import type { Side, Table } from './walk.ts'

const change = 'change_cipher_spec'

/**
 * What a server may say to a client that offers a session and takes tickets:
 *
 *     ServerHello  Certificate  ServerKeyExchange  ServerHelloDone  NewSessionTicket*  [ChangeCipherSpec]  Finished
 *     ServerHello  NewSessionTicket*  [ChangeCipherSpec]  Finished
 *
 * RFC 5077 §3.3: "This message MUST be sent if the server included a SessionTicket extension in the ServerHello", and else it "MUST NOT be sent".
 */
export const resumingClientTable12: Table = {
  WAIT_SH: {
    ServerHello: 'WAIT_CERT',
    'ServerHello with session_ticket': 'WAIT_CERT, then a ticket',
    'ServerHello of the session': 'WAIT_FINISHED, resumed, unchanged',
    'ServerHello of the session with session_ticket': 'WAIT_TICKET, resumed',
  },
  WAIT_CERT: { Certificate: 'WAIT_SKE' },
  WAIT_SKE: { ServerKeyExchange: 'WAIT_SHD' },
  WAIT_SHD: { ServerHelloDone: 'WAIT_FINISHED, unchanged' },
  'WAIT_CERT, then a ticket': { Certificate: 'WAIT_SKE, then a ticket' },
  'WAIT_SKE, then a ticket': { ServerKeyExchange: 'WAIT_SHD, then a ticket' },
  'WAIT_SHD, then a ticket': { ServerHelloDone: 'WAIT_TICKET' },
  WAIT_TICKET: { NewSessionTicket: 'WAIT_FINISHED, unchanged' },
  'WAIT_FINISHED, unchanged': { [change]: 'WAIT_FINISHED' },
  WAIT_FINISHED: { Finished: 'CONNECTED' },
  'WAIT_TICKET, resumed': { NewSessionTicket: 'WAIT_FINISHED, resumed, unchanged' },
  'WAIT_FINISHED, resumed, unchanged': { [change]: 'WAIT_FINISHED, resumed' },
  'WAIT_FINISHED, resumed': { Finished: 'CONNECTED' },
  CONNECTED: { HelloRequest: 'CONNECTED' },
}

/** What a server may say to a client that has a key in the place of certificates. */
export const pskClientTable12: Table = {
  WAIT_SH: { ServerHello: 'WAIT_SKE' },
  WAIT_SKE: { ServerKeyExchange: 'WAIT_SHD' },
  WAIT_SHD: { ServerHelloDone: 'WAIT_FINISHED, unchanged' },
  'WAIT_FINISHED, unchanged': { [change]: 'WAIT_FINISHED' },
  WAIT_FINISHED: { Finished: 'CONNECTED' },
  CONNECTED: { HelloRequest: 'CONNECTED' },
}

/** What a client may say to a server that has its session. */
export const resumingServerTable12: Table = {
  START: {
    ClientHello: 'WAIT_CKE',
    'ClientHello with session_ticket': 'WAIT_CKE',
    'ClientHello of a session': 'WAIT_FINISHED, resumed, unchanged',
  },
  WAIT_CKE: { ClientKeyExchange: 'WAIT_FINISHED, unchanged' },
  'WAIT_FINISHED, unchanged': { [change]: 'WAIT_FINISHED' },
  WAIT_FINISHED: { Finished: 'CONNECTED' },
  'WAIT_FINISHED, resumed, unchanged': { [change]: 'WAIT_FINISHED, resumed' },
  'WAIT_FINISHED, resumed': { Finished: 'CONNECTED' },
  CONNECTED: { ClientHello: 'CONNECTED' },
}

/** What a client may say to a server that has a key in the place of certificates, and asks for none though it would. */
export const pskServerTable12: Table = {
  START: { ClientHello: 'WAIT_CKE' },
  WAIT_CKE: { ClientKeyExchange: 'WAIT_FINISHED, unchanged' },
  'WAIT_FINISHED, unchanged': { [change]: 'WAIT_FINISHED' },
  WAIT_FINISHED: { Finished: 'CONNECTED' },
  CONNECTED: { ClientHello: 'CONNECTED' },
}

const { pem, keyPem, root } = chainFor('ed25519')
const certified: ContextOptions = { ...common12, cert: pem, key: keyPem }
const psk = { identity: 'tram 7', key: new Uint8Array(32).fill(7) }
const identity = ascii(psk.identity)
const pskSuite = pskCipherSuites12.TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256

/** A server, a client of it, and the session that they have had. */
interface Had {
  readonly session: Session
  readonly client: SslContext
  readonly server: SslContext
}

function had(options: ContextOptions, servername?: string): Had {
  const client = new SslContext(common12)
  const server = new SslContext({ ...certified, ...options })
  const [near, far] = bioPair()
  const ends = {
    client: new Ssl(client, servername === undefined ? {} : { servername })
      .setBio(near)
      .setConnectState(),
    server: new Ssl(server).setBio(far).setAcceptState(),
  }
  shake(ends)
  if (!ends.client.session) throw new Error('there is no session')
  return { session: ends.client.session, client, server }
}

/** A cache that keeps what a connection failed with: many walks go on with one session. */
function unforgetting(): SessionCache {
  const kept = new Map<string, Uint8Array>()
  return {
    get: id => kept.get(id)?.slice(),
    set: (id, state) => kept.set(id, state.slice()),
    delete: () => true,
  }
}

/** By ticket and by id, and with the name that a test peer asks for. */
const sessions = (servername?: string): readonly Had[] => [
  had({}, servername),
  had({ sessionCache: unforgetting() }, servername),
]

const changed = (state: string) =>
  (state.startsWith('WAIT_FINISHED') && !state.endsWith('unchanged')) || state === 'CONNECTED'

const parts12 = { ...shared12, protects: changed, alphabet: alphabet12, stray: stray12 }

/** Our client's part, with a session by its ticket or by its id. */
function resumingClient({ client, session }: Had): Side {
  const peer = new SessionServerPeer12(client, identity12, { session: sessionToBytes(session) })
  peer.step()
  const hello = (of: Session | undefined, ticket: boolean) =>
    peer.say(ServerHello12, peer.sessionHello(of, ticket))
  const say: Record<string, () => Bytes> = {
    ServerHello: () => hello(undefined, false),
    'ServerHello with session_ticket': () => hello(undefined, true),
    'ServerHello of the session': () => hello(session, false),
    'ServerHello of the session with session_ticket': () => hello(session, true),
    Certificate: () => peer.say(Certificate12, peer.certificate()),
    ServerKeyExchange: () => peer.say(ServerKeyExchange, peer.serverKeyExchange()),
    ServerHelloDone: () => peer.say(ServerHelloDone, {}),
    NewSessionTicket: () =>
      peer.say(NewSessionTicket12, { ticket_lifetime_hint: 60, ticket: Uint8Array.of(1, 2, 3) }),
    Finished: () => peer.say(Finished, peer.finished()),
  }
  return {
    ...clientParts(peer, say),
    table: resumingClientTable12,
    // Where it is asked for its certificate is in the table of full handshakes.
    alphabet: alphabet12.filter(message => message !== 'CertificateRequest'),
    // Where a ticket comes, the server's key does not change behind ServerHelloDone.
    changesKeys: (message, state) =>
      ['NewSessionTicket', 'ServerHello of the session'].includes(message) ||
      (message === 'ServerHelloDone' && !state.endsWith('then a ticket')),
  }
}

/** Our client's part, with a key. */
function pskClient(): Side {
  const context = new SslContext({ ...common12, psks: [psk], ciphers: pskSuite.name })
  const peer = new SessionServerPeer12(context, identity12)
  peer.suite12 = pskSuite
  peer.psk = psk.key
  peer.step()
  const say: Record<string, () => Bytes> = {
    ServerHello: () => peer.say(ServerHello12, peer.sessionHello(undefined, false)),
    ServerKeyExchange: () => peer.say(PskServerKeyExchange, peer.pskServerKeyExchange()),
    ServerHelloDone: () => peer.say(ServerHelloDone, {}),
    Finished: () => peer.say(Finished, peer.finished()),
  }
  return {
    ...clientParts(peer, say),
    table: pskClientTable12,
    changesKeys: message => message === 'ServerHelloDone',
  }
}

function clientParts(peer: SessionServerPeer12, say: Record<string, () => Bytes>) {
  // Our Finished is out: in a full handshake before the server's is waited for, else behind it.
  const under = (state: string) =>
    /^(WAIT_TICKET|WAIT_FINISHED)(?!, resumed)/.test(state) || state === 'CONNECTED'
      ? 'application'
      : 'nothing'
  return {
    ...parts12,
    peer,
    start: 'WAIT_SH',
    under,
    underTrailed: (state: string) => (state.startsWith('WAIT_SHD') ? 'application' : under(state)),
    answered: (message: string) => message === 'ServerHelloDone',
    warns: (message: string) => message === 'HelloRequest',
    say: (message: string) =>
      message === 'HelloRequest' ? stray12(message) : (say[message] as () => Bytes)(),
    after: (message: string) => {
      if (message === change) peer.takeWriteKeys()
    },
  } as const
}

/** Our server's part, which has a session. */
function resumingServer({ server, session }: Had): Side {
  const peer = new SessionClientPeer12(server, identity12)
  const say: Record<string, () => Bytes> = {
    ClientHello: () => peer.say(ClientHello, peer.clientHello()),
    'ClientHello with session_ticket': () => peer.say(ClientHello, peer.ticketHello()),
    'ClientHello of a session': () => peer.say(ClientHello, peer.sessionHello(session)),
    ClientKeyExchange: () => {
      const raw = peer.say(ClientKeyExchange, peer.clientKeyExchange())
      peer.exchanged()
      return raw
    },
    Finished: () => peer.say(Finished, peer.finished()),
  }
  return { ...serverParts(peer, say), table: resumingServerTable12 }
}

/** Our server's part, which has a key. */
function pskServer(): Side {
  const context = new SslContext({ ...certified, psks: [psk], requestCert: true, ca: root.pem })
  const peer = new SessionClientPeer12(context, identity12)
  peer.suite12 = pskSuite
  peer.psk = psk.key
  const say: Record<string, () => Bytes> = {
    ClientHello: () => peer.say(ClientHello, peer.clientHello()),
    ClientKeyExchange: () => {
      const raw = peer.say(PskClientKeyExchange, peer.pskClientKeyExchange(identity))
      peer.exchanged()
      return raw
    },
    Finished: () => peer.say(Finished, peer.finished()),
  }
  return { ...serverParts(peer, say), table: pskServerTable12 }
}

function serverParts(peer: SessionClientPeer12, say: Record<string, () => Bytes>) {
  let connected = false
  const under = (state: string) =>
    /, resumed/.test(state) || state === 'CONNECTED' ? 'application' : 'nothing'
  return {
    ...parts12,
    peer,
    start: 'START',
    under,
    // Behind a ClientHello that offers a session the server has said everything.
    underTrailed: (state: string) => (state === 'START' ? 'application' : 'nothing'),
    changesKeys: (message: string) =>
      message === 'ClientKeyExchange' || message === 'ClientHello of a session',
    answered: (message: string) => message.startsWith('ClientHello') || message === 'Finished',
    warns: (message: string, state: string) => message === 'ClientHello' && state === 'CONNECTED',
    say: (message: string) =>
      connected && message === 'ClientHello' ? stray12(message) : (say[message] as () => Bytes)(),
    after: (message: string) => {
      if (message === change) peer.takeWriteKeys()
      if (message === 'Finished') connected = true
    },
  } as const
}

/** Ends that go on with a session by ticket and by id, and ends with a key. */
export const sessionSides12: Readonly<Record<'client' | 'server', readonly (() => Side)[]>> = {
  client: [...sessions('server.example').map(one => () => resumingClient(one)), pskClient],
  server: [...sessions().map(one => () => resumingServer(one)), pskServer],
}
