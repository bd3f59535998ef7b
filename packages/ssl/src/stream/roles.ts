/** Which role each option is for: a table for each kind of option, which does not compile while one is missing. */
import type { Role } from '@biopair/handshake'
import type { ContextOptions } from '../context-options.ts'
import type { SslOptions } from '../ssl-options.ts'
import type { SslStreamOptions } from './stream-options.ts'

/** The role that an option means something to. */
export type Side = Role | 'both'

/** Options of a context. */
export const contextRoles = {
  ca: 'both',
  pins: 'both',
  cert: 'both',
  key: 'both',
  passphrase: 'both',
  rawKey: 'both',
  serverCertTypes: 'both',
  clientCertTypes: 'both',
  rawPublicKeys: 'both',
  delegatedSigalgs: 'both',
  delegatedCredentials: 'both',
  ciphers: 'both',
  groups: 'both',
  ecdhCurve: 'both',
  keyShares: 'client',
  maxFragmentLength: 'client',
  fallbackScsv: 'client',
  pskIdentityHint: 'server',
  sigalgs: 'both',
  certificateSigalgs: 'both',
  minVersion: 'both',
  maxVersion: 'both',
  requireExtendedMasterSecret: 'both',
  ALPNProtocols: 'both',
  clientHelloCallback: 'server',
  SNICallback: 'server',
  ALPNCallback: 'server',
  requestCert: 'server',
  requestAuthorities: 'both',
  oidFilters: 'server',
  postHandshakeAuth: 'client',
  rejectUnauthorized: 'both',
  certificateCallback: 'both',
  signCallback: 'both',
  requestOCSP: 'both',
  ocsp: 'both',
  ocspResponse: 'both',
  ocspRequestCallback: 'both',
  ocspResponseCallback: 'client',
  crl: 'both',
  revocation: 'both',
  revocationScope: 'both',
  peerOcspResponses: 'both',
  requestSCT: 'both',
  scts: 'both',
  certificateCompression: 'both',
  verifyCallback: 'both',
  checkServerIdentity: 'client',
  allowPartialTrustChain: 'both',
  minimumRsaBits: 'both',
  verifyLimits: 'both',
  verifyCache: 'both',
  verifyProfile: 'both',
  verifyPolicies: 'both',
  verifyTime: 'both',
  crypto: 'both',
  random: 'both',
  now: 'both',
  numTickets: 'server',
  ticketLifetime: 'server',
  ticketKeys: 'server',
  ticketPolicy: 'server',
  sessionCache: 'server',
  ticketSealer: 'server',
  singleUseTickets: 'server',
  maxEarlyData: 'server',
  earlyDataWindow: 'server',
  replayStore: 'server',
  earlyDataCallback: 'server',
  sessionIdContext: 'server',
  ticketRequest: 'client',
  pskModes: 'both',
  psks: 'both',
  pskCallback: 'both',
  tickets: 'client',
  onSession: 'client',
  clientHello: 'client',
  middleboxCompat: 'client',
  cookie: 'server',
  cookieKeys: 'server',
  cookieLifetime: 'server',
  keylog: 'both',
  trace: 'both',
  traceEvents: 'both',
  traceSecrets: 'both',
  edit: 'both',
  limits: 'both',
  recordSizeLimit: 'both',
  padding: 'both',
  recordSizing: 'both',
} as const satisfies Readonly<Record<keyof ContextOptions, Side>>

/** Options of one connection. */
export const connectionRoles = {
  servername: 'client',
  verifyNames: 'both',
  allowWildcards: 'both',
  session: 'client',
  reuseSession: 'client',
  rawPublicKeys: 'both',
  cookieContext: 'server',
  onSession: 'client',
  keylog: 'both',
} as const satisfies Readonly<Record<keyof SslOptions, Side>>

/** Options of a stream. */
export const streamRoles = {
  handshakeTimeout: 'both',
  idleTimeout: 'both',
  closeTimeout: 'both',
  signal: 'both',
  bufferSize: 'both',
  earlyData: 'client',
} as const satisfies Readonly<Record<keyof SslStreamOptions, Side>>

/** And what `sslFor` knows besides. */
export const otherRoles = { context: 'both', contexts: 'server' } as const

/** The names of a table that are for one role alone. */
export type NamesOf<T extends Readonly<Record<string, Side>>, S extends Role> = {
  [K in keyof T]: T[K] extends S ? K : never
}[keyof T]

export function namesOf<T extends Readonly<Record<string, Side>>, S extends Role>(
  table: T,
  side: S,
): readonly NamesOf<T, S>[] {
  return Object.keys(table).filter(name => table[name] === side) as unknown as NamesOf<T, S>[]
}
