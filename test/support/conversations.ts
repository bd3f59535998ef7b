/** Handshakes of every kind, as configurations and answers for `converse`. */
import { cipherSuites, cipherSuites12, pskCipherSuites12 } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import {
  type ChosenPsk,
  type ChosenSession12,
  certificates,
  type Edit,
  type OfferedPsk,
  type OfferedSession12,
  type RetryState,
} from '@biopair/handshake'
import type { ConverseOptions } from './converse.ts'
import { identityOf } from './peer-identity.ts'

const bytes = (text: string) => Uint8Array.from(text, char => char.charCodeAt(0))
const { chain, scheme } = identityOf('p256')
const suite = cipherSuites.TLS_AES_128_GCM_SHA256
const suite12 = cipherSuites12.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
const withKey = pskCipherSuites12.TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256
const { x25519, secp256r1 } = nodeCrypto.groups

const known = {
  hash: 'sha256',
  chain,
  shown: certificates,
  authenticatedBy: 'certificate',
} as const
const terms = { limit: 500, suite, alpn: undefined }
const secret = () => new Uint8Array(32).fill(5)

/** A key of a session that both know, for early data as well. */
export const offered = (more: Partial<OfferedPsk> = {}): OfferedPsk => ({
  ...{ ...known, kind: 'resumption', key: secret(), early: terms },
  ...{ identity: bytes('ticket'), obfuscatedAge: () => 7 },
  ...more,
})
export const chosen = (more: Partial<ChosenPsk> = {}): ChosenPsk => ({
  ...{ ...known, kind: 'resumption', key: secret(), early: { ...terms, arrival: 0 } },
  ...{ selected: 0, once: true },
  ...more,
})
export const session = {
  client: { psk: true, earlyData: true },
  server: { psk: true, maxEarlyData: 500, clientCertificate: 'later' },
  clientAnswers: { psk_offer: () => [offered()] },
  serverAnswers: { psk: () => chosen() },
} satisfies ConverseOptions

export const external = { kind: 'external', chain: [], early: undefined } as const

const older = { versions: ['TLSv1.2'] } as const
const master = () => new Uint8Array(48).fill(6)
const chosen12 = (): ChosenSession12 => ({
  ...{ masterSecret: master(), suite: suite12, chain, shown: certificates },
  ...{ authenticatedBy: 'certificate', until: 1 },
})
const offered12 = (ticket: string, id: string): OfferedSession12 => ({
  ...chosen12(),
  ...{ ticket: bytes(ticket), id: bytes(id) },
})
const byTicket = {
  issues: true,
  by: 'ticket',
  seal: () => ({ ticket: bytes('new ticket'), lifetime: 100 }),
} as const

let sealed: RetryState | undefined
const jar = {
  seal: (state: RetryState) => {
    sealed = state
    return bytes('sealed')
  },
  open: () => sealed,
}

const parameters = { transportParameters: () => bytes('parameters') }
const protocol = { alpn: [bytes('h3')] }

/** Nothing but keys is shown. */
const shownRaw = {
  certificate: () => ({ chain: [bytes('key')], schemes: [scheme], type: 'rpk' as const }),
}
const rpk = { serverTypes: ['rpk'], clientTypes: ['rpk'] } as const
const raw = {
  client: rpk,
  server: { ...rpk, clientCertificate: 'require' },
  clientAnswers: shownRaw,
  serverAnswers: shownRaw,
} satisfies ConverseOptions

/** Without extended_master_secret. */
const unbound: Edit = (name, message) => {
  const hello = message as { extensions?: readonly { readonly extension_type: number }[] }
  if (name !== 'ClientHello') return message
  const extensions = hello.extensions?.filter(({ extension_type }) => extension_type !== 23)
  return { ...message, extensions }
}

export const conversations: Readonly<Record<string, ConverseOptions>> = {
  'TLS 1.3': {},
  'TLS 1.3, with all that certificates come with': {
    client: {
      ...{ alpn: [bytes('h2'), bytes('http/1.1')], requestOcsp: true, requestScts: true },
      ...{ clientTypes: ['x509', 'rpk'], postHandshakeAuth: true },
    },
    server: { clientCertificate: 'require', requestOcsp: true, clientTypes: ['x509'] },
    clientAnswers: { ocsp_request: () => bytes('ours') },
    serverAnswers: { ocsp_request: () => bytes('theirs') },
  },
  'TLS 1.3, without compatibility mode, and nobody to show a certificate': {
    client: { compatibility: false, serverName: undefined },
    server: { clientCertificate: 'request' },
    clientAnswers: { certificate: () => undefined },
  },
  'a HelloRetryRequest for another group': {
    server: { groups: [secp256r1], cookie: 'with_retry' },
  },
  'a HelloRetryRequest of a server that keeps nothing': {
    client: { groups: [x25519, secp256r1] },
    server: { groups: [secp256r1], cookies: jar },
  },
  'a HelloRetryRequest for a cookie alone, of a server that keeps nothing': {
    server: { cookie: 'always', cookies: jar },
  },
  record_size_limit: { client: { recordSizeLimit: 1000 }, server: { recordSizeLimit: 2000 } },
  max_fragment_length: { client: { maxFragmentLength: 1024 } },
  'max_fragment_length beside record_size_limit': {
    client: { maxFragmentLength: 1024, recordSizeLimit: 1000 },
    server: { recordSizeLimit: 16_385 },
  },
  'raw public keys both ways': raw,
  'a session goes on, with early data': session,
  'early data that a HelloRetryRequest refuses': {
    ...session,
    server: { ...session.server, groups: [secp256r1] },
  },
  'early data that the server does not take': {
    ...session,
    server: { ...session.server, maxEarlyData: 0 },
  },
  'a key that the server does not know': {
    ...session,
    serverAnswers: {},
  },
  'a key that stands alone': {
    client: { psk: true, pskModes: ['psk_ke'] },
    server: { psk: true, pskModes: ['psk_ke'] },
    clientAnswers: { psk_offer: () => [offered(external)] },
    serverAnswers: { psk: () => chosen({ ...external, once: false }) },
  },
  'over QUIC, with early data': {
    ...session,
    client: { ...session.client, ...protocol, quic: parameters, compatibility: false },
    server: { ...session.server, quic: parameters },
    clientAnswers: {
      psk_offer: () => [offered({ early: { ...terms, alpn: bytes('h3') } })],
    },
    serverAnswers: {
      psk: () => chosen({ early: { ...terms, alpn: bytes('h3'), arrival: 0 } }),
    },
  },
  'TLS 1.2': { client: older, server: older },
  'TLS 1.2, with a client that speaks TLS 1.3 too': {
    client: { versions: ['TLSv1.3', 'TLSv1.2'] },
    server: older,
  },
  'TLS 1.2, with all that certificates come with': {
    client: { ...older, alpn: [bytes('h2')], requestOcsp: true, requestScts: true },
    server: { ...older, clientCertificate: 'require', sessions12: byTicket },
    serverAnswers: { ocsp_request: () => bytes('theirs') },
  },
  'TLS 1.2, without extended_master_secret': {
    client: { ...older, extendedMasterSecret: false, edit: unbound },
    server: { ...older, extendedMasterSecret: false },
  },
  'TLS 1.2, record_size_limit': {
    client: { ...older, recordSizeLimit: 1000 },
    server: { ...older, recordSizeLimit: 16_385 },
  },
  'TLS 1.2, max_fragment_length': {
    client: { ...older, maxFragmentLength: 512 },
    server: older,
  },
  'TLS 1.2, raw public keys both ways': {
    ...raw,
    client: { ...older, ...raw.client },
    server: { ...older, ...raw.server },
  },
  'TLS 1.2, a session goes on by its ticket, and gets a new one': {
    client: {
      ...older,
      session12: offered12('ticket', ''),
    },
    server: { ...older, sessions12: byTicket, clientCertificate: 'later' },
    serverAnswers: { session: chosen12 },
  },
  'TLS 1.2, a session goes on by its id': {
    client: {
      ...older,
      session12: offered12('', 'id'),
    },
    server: {
      ...older,
      ...{ clientCertificate: 'later', sessions12: { issues: true, by: 'id', keep: () => {} } },
    },
    serverAnswers: { session: chosen12 },
  },
  'TLS 1.2, with a key in place of certificates': {
    client: { ...older, suites12: [withKey], psk: true },
    server: { ...older, suites12: [withKey], psk: true, pskIdentityHint: bytes('hint') },
    clientAnswers: { psk_offer: () => [offered(external)] },
    serverAnswers: { psk: () => chosen({ ...external, once: false }) },
  },
}
