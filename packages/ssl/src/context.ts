/** `SslContext`: what connections share (SSL_CTX). Options have node:tls's names where node:tls has them. */
import {
  type CipherSuite,
  type CryptoProvider,
  ccmCipherSuites,
  cipherSuites,
  type Group,
  type Random,
  type SignatureScheme,
  signatureSchemes,
  wipe,
} from '@biopair/crypto'
import { noble } from '@biopair/crypto/noble'
import {
  type CertificateCompression,
  type CertificateConfig,
  type CertificateTypeName,
  type ClientAuthentication,
  type ClientHelloPolicy,
  type CookieJar,
  type Edit,
  type Identity,
  leastRecordLimit,
  longestLifetime,
  mayDelegate,
  mostRecordLimit,
  type OidFilter,
  type PskMode,
  type Role,
  type WantCertificate,
  type WantSignature,
} from '@biopair/handshake'
import { Buffers, type Padding, RecordSizing, type RecordSizingOptions } from '@biopair/record'
import type { Bytes } from '@biopair/wire'
import { publicKeysFrom, type TrustStore, trustStore, type VerifyLimits } from '@biopair/x509'
import type { CallbackContext } from './abort.ts'
import { authoritiesFrom, fitting } from './authorities.ts'
import {
  ocspModes,
  requestsOcsp,
  type StatusOptions,
  type StatusPolicy,
  statusPolicy,
} from './certificate-status.ts'
import { Claims } from './claims.ts'
import { clientHelloFrom } from './client-hello-option.ts'
import type { ClientHelloView } from './client-hello-view.ts'
import { compressionsFrom } from './compressed-certificates.ts'
import { CookieKeys, cookieJar } from './cookies.ts'
import { type Credential, credentialsFrom } from './credentials.ts'
import { type DelegatedOption, delegationsFrom, type OwnDelegation } from './delegation.ts'
import type { EarlyDataCallback } from './early-answers.ts'
import { type Limits, limitsFrom } from './limits.ts'
import { misuse } from './misuse.ts'
import type { OcspRequestCallback, OcspResponseCallback } from './ocsp-answers.ts'
import { type OidFilterOption, oidFiltersFrom } from './oid-filters.ts'
import { checkOptions, type OptionType } from './option-types.ts'
import { type PaddingPolicy, paddingFrom } from './padding.ts'
import type { PskCallback } from './psk-answers.ts'
import { type PskOption, pskListFrom, type StaticPsk } from './psks.ts'
import { type KeyImport, rememberKeys } from './public-keys.ts'
import { type RawCredential, rawCredentialsFrom } from './raw-keys.ts'
import { MemoryReplayStore, type ReplayStore, usualWindow } from './replay-store.ts'
import type { Session } from './session.ts'
import type { IdentityOption } from './shown-identity.ts'
import { type StapledOptions, withStapled } from './stapled-options.ts'
import { type SessionCache, type TicketKey, type TicketSealer, ticketKeyFrom } from './tickets.ts'
import { type Trace, type TraceKind, traceKinds } from './trace.ts'
import { Tracer } from './tracer.ts'
import type { VerifyCallback } from './verification.ts'

type Pem = string | Uint8Array

/** See `SNICallback`. */
export type SniCallback = (
  servername: string | undefined,
  context: CallbackContext,
) => SniAnswer | Promise<SniAnswer>

/**
 * A context whose certificates and keys, ALPN, certificateCallback, signCallback, and everything about verification (ca, requestCert,
 * rejectUnauthorized, verifyCallback, ...) hold from here on. Suites, groups, schemes, limits, tickets, log and trace stay those that the connection
 * began with (as SSL_set_SSL_CTX has it). With `acknowledge: false` the client is not told that its name was used.
 */
export type SniAnswer =
  | SslContext
  | { readonly context?: SslContext | undefined; readonly acknowledge?: boolean | undefined }
  | null
  | undefined

/** What a certificateCallback answers: one of `context.credentials`, an identity whose key is elsewhere, or undefined for none. */
export type IdentityAnswer = Identity | IdentityOption | undefined

export interface ContextOptions extends StatusOptions, StapledOptions {
  /** Trust anchors, PEM or DER. There is no built-in list: a client that verifies has to say whom it believes. */
  readonly ca?: Pem | readonly Pem[]
  /** Certificate chain, leaf first; several for several key types or names. PEM or DER. */
  readonly cert?: Pem | readonly Pem[]
  /** Private key of each `cert`. PEM or DER. */
  readonly key?: Pem | readonly Pem[]
  /** Private keys that are shown by themselves, without a certificate (RFC 7250), where `serverCertTypes` or `clientCertTypes` say so; each `key` serves so too. */
  readonly rawKey?: Pem | readonly Pem[]
  /**
   * How the server's key may be shown, most preferred first: `['x509']`. With `rpk` a client takes, and a server shows, a raw public key. The
   * server's preference decides.
   */
  readonly serverCertTypes?: readonly CertificateTypeName[]
  /** How the client's key may be shown, in the same way: a client has these types, a server takes them. */
  readonly clientCertTypes?: readonly CertificateTypeName[]
  /**
   * Raw public keys that are believed, as SubjectPublicKeyInfo, PEM or DER: nobody else's is, unless a verifyCallback says so. Such a key says
   * nothing about names: whoever has it is believed under every one (RFC 9846 appendix F.9).
   */
  readonly rawPublicKeys?: Pem | readonly Pem[]
  /** Takes delegated credentials (RFC 9345) whose keys sign with these schemes; none unless given, and never `rsa_pss_rsae_*`. */
  readonly delegatedSigalgs?: string | readonly string[]
  /** Delegated credentials to show in the place of a `cert`'s own key, to peers that take them. `SslContext.setDelegatedCredentials` changes them. */
  readonly delegatedCredentials?: readonly DelegatedOption[]
  /** Cipher suites, most preferred first: `TLS_AES_128_GCM_SHA256:...` or a list. */
  readonly ciphers?: string | readonly string[]
  /** Groups for key exchange, most preferred first: `X25519MLKEM768:x25519:P-256` or a list. */
  readonly groups?: string | readonly string[]
  /** node:tls's name for `groups`. */
  readonly ecdhCurve?: string | readonly string[]
  /** Groups that a client sends key shares for; by default the first, and beside a hybrid the first that is none. */
  readonly keyShares?: string | readonly string[]
  /** Signature schemes that we verify, most preferred first. */
  readonly sigalgs?: string | readonly string[]
  /** Signature schemes that we verify in certificates, where they are others than `sigalgs`: sent as signature_algorithms_cert. */
  readonly certificateSigalgs?: string | readonly string[]
  readonly minVersion?: 'TLSv1.3'
  readonly maxVersion?: 'TLSv1.3'
  /** Protocols, most preferred first (RFC 7301). */
  readonly ALPNProtocols?: readonly string[]
  /**
   * Server: sees each ClientHello before anything is decided. To go on, it answers nothing; to refuse, it throws or rejects: a TlsAlert
   * goes out as it is, anything else is internal_error. Asked once, and once more (`hello.retried`) after a HelloRetryRequest.
   */
  readonly clientHelloCallback?: (
    hello: ClientHelloView,
    context: CallbackContext,
  ) => void | Promise<void>
  /**
   * Server: the context for the name that the client asks for; undefined where it named nobody. Asked once per handshake, after
   * `clientHelloCallback` and before ALPN. Nothing (undefined, null) stays with the context at hand. To refuse, throw a TlsAlert, `unrecognized_name` for instance.
   */
  readonly SNICallback?: SniCallback
  /** Server: chooses among the client's protocols; undefined refuses them all, null goes on without one. Overrides `ALPNProtocols`. */
  readonly ALPNCallback?: (
    offer: {
      readonly servername: string | undefined
      readonly protocols: readonly string[]
    },
    context: CallbackContext,
  ) => string | null | undefined | Promise<string | null | undefined>
  /** Server: asks the client for a certificate. `later`: it is asked after the handshake, by `requestCertificate`, and a session that is resumed holds what it showed then. */
  readonly requestCert?: boolean | 'later'
  /** DER names of the authorities whose certificates would do, as the peer is told. A server says those of `ca` unless said otherwise; a client none. */
  readonly requestAuthorities?: readonly Uint8Array[]
  /** Server: extensions that a client's certificate has to have (RFC 9846 §4.3.5), as the client is told. */
  readonly oidFilters?: readonly OidFilterOption[]
  /** Client: whether the server may ask for a certificate after the handshake, `cert` or `certificateCallback`: false. Never with HTTP/2 (RFC 9113 §9.2.3). */
  readonly postHandshakeAuth?: boolean
  /** Whether a peer that is not believed ends the handshake: true. */
  readonly rejectUnauthorized?: boolean
  /** Chooses the certificate to show; undefined for none. */
  readonly certificateCallback?: (
    want: WantCertificate,
    context: CallbackContext,
  ) => IdentityAnswer | Promise<IdentityAnswer>
  /**
   * The OCSP response to show with our certificate, now: null for none. Asked once per handshake, where the peer asks for one; in place of
   * `ocspResponse`.
   */
  readonly ocspRequestCallback?: OcspRequestCallback
  /**
   * Client that asked for a response: whether it will do, or none (undefined). Asked once the server's Finished is verified, but not of a session that is
   * resumed; beside what `ocsp` makes of it.
   */
  readonly ocspResponseCallback?: OcspResponseCallback
  /** Asks the peer for signed certificate timestamps (RFC 6962). They are handed on, `Ssl.scts`, and not judged. */
  readonly requestSCT?: boolean
  /** Ways to compress certificates, most preferred first (RFC 8879): none. `biopair/node` has those of node:zlib. */
  readonly certificateCompression?: readonly CertificateCompression[]
  /** Signs in place of `key`. */
  readonly signCallback?: (want: WantSignature, context: CallbackContext) => Bytes | Promise<Bytes>
  /** Sees the verdict on the peer's chain and has the last word. */
  readonly verifyCallback?: VerifyCallback
  /** An anchor that is not self-signed ends a path. */
  readonly allowPartialTrustChain?: boolean
  /** Bits of the smallest RSA key that is believed: 2048. */
  readonly minimumRsaBits?: number
  readonly verifyLimits?: Partial<VerifyLimits>
  /** Milliseconds since 1970: when a chain has to be valid; `now` unless said otherwise. */
  readonly verifyTime?: number
  /** Primitives: noble, which runs everywhere, unless told otherwise. */
  readonly crypto?: CryptoProvider
  /** Where every random byte comes from; a seed makes a run repeat to the byte. */
  readonly random?: Random
  /** Milliseconds since 1970. */
  readonly now?: () => number
  /** Tickets that a server issues after a full handshake: 2, at most 32; after a resumption one takes the place of the one that was used. They never hold up a handshake. */
  readonly numTickets?: number
  /** Seconds: 7200. At most 604800. */
  readonly ticketLifetime?: number
  /**
   * Server: 48 bytes (16 of name, 32 of key), to share tickets between servers; drawn once per context where absent. Of several the
   * first seals, and all open. `SslContext.setTicketKeys` changes them.
   */
  readonly ticketKeys?: Uint8Array | readonly Uint8Array[]
  /**
   * Server: when tickets go out. `at_once`, behind the handshake and blocking nothing, is the default; `with_first_write`, behind the first data; `on_demand`,
   * when newSessionTicket is called; `never` also resumes no session.
   */
  readonly ticketPolicy?: 'at_once' | 'with_first_write' | 'on_demand' | 'never'
  /** Server: keeps sessions here, and a ticket is a name of 32 random bytes, instead of sealing them into the ticket. */
  readonly sessionCache?: SessionCache
  /** Server: seals tickets and opens them, in the place of `ticketKeys`. */
  readonly ticketSealer?: TicketSealer
  /** Server with a `sessionCache`: a session is resumed once. False: a client that is not ours may come back with one ticket several times. */
  readonly singleUseTickets?: boolean
  /**
   * Server: bytes of early data (0-RTT) that each ticket permits and each connection takes; 0, which is the default, takes none. Whatever comes has to be read with
   * `readEarly`, and may have been sent by somebody who only recorded it: see docs/recipes.md before it is set. At most `limits.earlyData`.
   */
  readonly maxEarlyData?: number
  /** Server: milliseconds by which a ClientHello with early data may come before or after the time that its ticket's age says: 10 000. */
  readonly earlyDataWindow?: number
  /** Server: knows which early data has been taken; one in memory for each context where absent, and none with `singleUseTickets`, which are enough. */
  readonly replayStore?: ReplayStore
  /** Server: has a say in whether early data is taken; asked before the `replayStore`. */
  readonly earlyDataCallback?: EarlyDataCallback
  /** Server: sessions of one context are not resumed in another (SSL_CTX_set_session_id_context(3)), where both have the same keys or cache. ASCII. */
  readonly sessionIdContext?: string
  /** Client: how many tickets to ask for, after a full handshake and after a resumption (RFC 9149). 0 to 255. */
  readonly ticketRequest?: { readonly newSessions: number; readonly resumptions: number }
  /** How pre-shared keys may be used, tickets included: `psk_dhe_ke`. `psk_ke` gives up forward secrecy. */
  readonly pskModes?: readonly PskMode[]
  /** Keys that both ends were given; one whose identity a client offers replaces certificates in both directions, client certificates included. */
  readonly psks?: readonly PskOption[]
  /** Gives such keys by name, now or later. */
  readonly pskCallback?: PskCallback
  /** Client: whether tickets are of use. True. */
  readonly tickets?: boolean
  /** Client: is told of each ticket. */
  readonly onSession?: (session: Session) => void
  /** Client: how its ClientHello looks: order of extensions, GREASE, padding. It says nothing of what is offered: that are `ciphers`, `groups`, `keyShares`, `sigalgs`. */
  readonly clientHello?: ClientHelloPolicy
  /** Middlebox compatibility mode (RFC 9846 appendix E.4): true. */
  readonly middleboxCompat?: boolean
  /** Server: when a HelloRetryRequest carries a cookie: never, and with `cookieKeys` whenever there is one. */
  readonly cookie?: 'never' | 'with_retry' | 'always'
  /**
   * Server: keeps nothing between the two ClientHellos of a HelloRetryRequest. Its cookie, authenticated with these 32 bytes, holds what has to be known, and whoever has the
   * same keys goes on with the second (`Ssl.stateless`). Of several the first seals, and all open. `SslContext.setCookieKeys` changes them.
   */
  readonly cookieKeys?: Uint8Array | readonly Uint8Array[]
  /** Server: seconds that such a cookie is good for: 60. At most 3600. */
  readonly cookieLifetime?: number
  /** Lines of the key log (RFC 9850), without a newline. Whoever has them reads everything. */
  readonly keylog?: (line: string) => void
  /** Is told what happens, on a timeline, without secrets. An error that it throws ends the connection with internal_error. */
  readonly trace?: Trace
  /** The events that it is told: all. */
  readonly traceEvents?: readonly TraceKind[]
  /**
   * Puts secrets into the trace: `secret` and `key` events then hold theirs, and tickets are whole. Whoever has them reads everything.
   * `'messages'` is for tickets alone.
   */
  readonly traceSecrets?: boolean | 'messages'
  /** The last word on each message of ours, for replays and tests. */
  readonly edit?: Edit
  readonly limits?: Partial<Omit<Limits, 'maxMessage'>>
  /**
   * The longest record that we take, its content type and padding counted, from 64 (RFC 8449): 16 385, which is TLS 1.3's own. A client
   * says so, a server answers; each then keeps to what the other said. 0 says nothing.
   */
  readonly recordSizeLimit?: number
  /** Hides how long content is: none unless said otherwise. */
  readonly padding?: PaddingPolicy
  /** Small records first, then large ones (`{}` for what is usual); unless given, records are as large as they may be. */
  readonly recordSizing?: RecordSizingOptions
}

const optionTypes: Readonly<Record<keyof ContextOptions, OptionType>> = {
  ca: 'PEM text, DER bytes or a list of them',
  cert: 'PEM text, DER bytes or a list of them',
  key: 'PEM text, DER bytes or a list of them',
  rawKey: 'PEM text, DER bytes or a list of them',
  serverCertTypes: 'list of strings',
  clientCertTypes: 'list of strings',
  rawPublicKeys: 'PEM text, DER bytes or a list of them',
  delegatedSigalgs: 'string or list of strings',
  delegatedCredentials: 'list of objects',
  ciphers: 'string or list of strings',
  groups: 'string or list of strings',
  ecdhCurve: 'string or list of strings',
  keyShares: 'string or list of strings',
  sigalgs: 'string or list of strings',
  certificateSigalgs: 'string or list of strings',
  minVersion: 'string',
  maxVersion: 'string',
  ALPNProtocols: 'list of strings',
  clientHelloCallback: 'function',
  SNICallback: 'function',
  ALPNCallback: 'function',
  requestCert: 'boolean or string',
  requestAuthorities: 'list of byte arrays',
  oidFilters: 'list of objects',
  postHandshakeAuth: 'boolean',
  rejectUnauthorized: 'boolean',
  certificateCallback: 'function',
  signCallback: 'function',
  requestOCSP: 'boolean',
  ocsp: 'string',
  ocspResponse: 'Uint8Array or a list of them, undefined for none',
  ocspRequestCallback: 'function',
  ocspResponseCallback: 'function',
  requestSCT: 'boolean',
  scts: 'list of byte arrays or of lists of them',
  certificateCompression: 'list of objects',
  verifyCallback: 'function',
  allowPartialTrustChain: 'boolean',
  minimumRsaBits: 'whole number',
  verifyLimits: 'object',
  verifyTime: 'whole number',
  crypto: 'object',
  random: 'function',
  now: 'function',
  numTickets: 'whole number',
  ticketLifetime: 'whole number',
  ticketKeys: 'Uint8Array or a list of them',
  ticketPolicy: 'string',
  sessionCache: 'object',
  ticketSealer: 'object',
  singleUseTickets: 'boolean',
  maxEarlyData: 'whole number',
  earlyDataWindow: 'whole number',
  replayStore: 'object',
  earlyDataCallback: 'function',
  sessionIdContext: 'string',
  ticketRequest: 'object',
  pskModes: 'list of strings',
  psks: 'list of objects',
  pskCallback: 'function',
  tickets: 'boolean',
  onSession: 'function',
  clientHello: 'object',
  middleboxCompat: 'boolean',
  cookie: 'string',
  cookieKeys: 'Uint8Array or a list of them',
  cookieLifetime: 'whole number',
  keylog: 'function',
  trace: 'function',
  traceEvents: 'list of strings',
  traceSecrets: 'boolean or string',
  edit: 'function',
  limits: 'object',
  recordSizeLimit: 'whole number',
  padding: 'whole number or function',
  recordSizing: 'object',
}

const sizingTypes: Readonly<Record<keyof RecordSizingOptions, OptionType>> = {
  small: 'whole number',
  after: 'whole number',
  idle: 'whole number',
}

/** Names that people use for a group, beside RFC 9846's. */
const groupAliases: Readonly<Record<string, string>> = {
  X25519: 'x25519',
  X448: 'x448',
  'P-256': 'secp256r1',
  prime256v1: 'secp256r1',
  'P-384': 'secp384r1',
  'P-521': 'secp521r1',
}

export class SslContext {
  readonly options: ContextOptions
  readonly crypto: CryptoProvider
  readonly suites: readonly CipherSuite[]
  readonly groups: readonly Group[]
  readonly shares: readonly Group[]
  readonly schemes: readonly SignatureScheme[]
  /** For certificates, where they are others. */
  readonly certificateSchemes: readonly SignatureScheme[] | undefined
  readonly alpn: readonly Bytes[]
  readonly anchors: TrustStore
  readonly credentials: readonly Credential[]
  /** What rides with certificates, as the flow is told. */
  readonly riding: CertificateConfig
  readonly status: StatusPolicy
  /** Keys that can be shown by themselves. */
  readonly rawCredentials: readonly RawCredential[]
  readonly serverTypes: readonly CertificateTypeName[]
  readonly clientTypes: readonly CertificateTypeName[]
  /** Raw public keys that are believed. */
  readonly rawPublicKeys: readonly Bytes[]
  readonly delegatedSchemes: readonly SignatureScheme[]
  readonly limits: Limits
  /** Record buffers that connections share, so that idle ones hold none. */
  readonly buffers = new Buffers()
  /** Imports the keys of peers and authorities, and knows those that were seen last. */
  readonly keys: KeyImport
  /** What pads records. */
  readonly padding: Padding | undefined
  /** Keys that were agreed on elsewhere, as they stand on the wire. */
  readonly psks: readonly StaticPsk[]
  readonly #filters: readonly OidFilter[]
  #delegated: readonly OwnDelegation[] = []
  /** How a ClientHello looks. */
  readonly look: ClientHelloPolicy | undefined
  /** Exports that were imported here. */
  readonly claims: Claims = new Claims(() => this.now())
  #ticketKeys: readonly TicketKey[] = []
  #replayStore: ReplayStore | undefined
  #cookieKeys: CookieKeys | undefined
  /** Keys that tickets of before our time may be sealed with. */
  #keysGiven = false
  /** Connections that were traced. */
  #connections = 0
  /** Sessions that were offered: each goes once (RFC 9846 appendix C.4). */
  readonly #offered = new WeakSet<Session>()

  /** Reads and checks everything now, so that a mistake shows here. TypeError with a stable `code`. */
  constructor(options: ContextOptions = {}) {
    checkOptions(options, optionTypes)
    for (const name of ['minVersion', 'maxVersion'] as const)
      if (options[name] !== undefined && options[name] !== 'TLSv1.3')
        throw misuse('ERR_INVALID_ARG_VALUE', `${name}: expected TLSv1.3, got ${options[name]}`)
    this.options = options
    this.crypto = options.crypto ?? noble
    this.keys = rememberKeys(this.crypto)
    this.suites = list('ciphers', options.ciphers, this.crypto.prefer.suites, {
      ...cipherSuites,
      ...ccmCipherSuites,
    })
    for (const { aead, name } of this.suites)
      if (this.crypto.aeads[aead] === undefined)
        throw misuse(
          'ERR_INVALID_ARG_VALUE',
          `ciphers: expected suites that ${this.crypto.name} has, got ${name}`,
        )
    const groups = options.groups ?? options.ecdhCurve
    this.groups = list('groups', groups, this.crypto.prefer.groups, this.crypto.groups)
    this.shares = this.#sharesFrom(options.keyShares)
    this.schemes = list('sigalgs', options.sigalgs, Object.keys(signatureSchemes), signatureSchemes)
    const { certificateSigalgs } = options
    this.certificateSchemes =
      certificateSigalgs === undefined
        ? undefined
        : list('certificateSigalgs', certificateSigalgs, [], signatureSchemes)
    this.#filters = oidFiltersFrom(options.oidFilters ?? [])
    this.alpn = (options.ALPNProtocols ?? []).map(protocol)
    this.anchors = trustStore(many(options.ca))
    this.credentials = withStapled(
      credentialsFrom(many(options.cert), many(options.key), this.crypto),
      options,
    )
    this.rawCredentials = rawCredentialsFrom(many(options.rawKey), this.credentials, this.crypto)
    this.serverTypes = certTypes('serverCertTypes', options.serverCertTypes)
    this.clientTypes = certTypes('clientCertTypes', options.clientCertTypes)
    if (options.rawKey && ![...this.serverTypes, ...this.clientTypes].includes('rpk'))
      throw misuse(
        'ERR_INVALID_ARG_VALUE',
        'rawKey: expected rpk among the serverCertTypes or clientCertTypes',
      )
    this.rawPublicKeys = many(options.rawPublicKeys).flatMap(key => publicKeysFrom(key))
    this.delegatedSchemes = named(
      'delegatedSigalgs',
      options.delegatedSigalgs ?? [],
      signatureSchemes,
    )
    for (const scheme of this.delegatedSchemes)
      if (!mayDelegate(scheme))
        throw misuse(
          'ERR_INVALID_ARG_VALUE',
          `delegatedSigalgs: ${scheme.name} is not for delegated credentials (RFC 9345 4)`,
        )
    if (options.delegatedCredentials) this.setDelegatedCredentials(options.delegatedCredentials)
    this.limits = limitsFrom(options.limits ?? {})
    oneOf('ocsp', options.ocsp, ocspModes)
    this.status = statusPolicy(options, this.crypto)
    this.riding = {
      requestOcsp: requestsOcsp(options),
      requestScts: options.requestSCT,
      certificateCompression: compressionsFrom(
        options.certificateCompression ?? [],
        this.crypto.hashes.sha256,
      ),
      maxCertificateMessage: this.limits.maxCertificateMessage,
    }
    const { cookie = 'never', cookieKeys } = options
    if (!['never', 'with_retry', 'always'].includes(cookie))
      throw misuse(
        'ERR_INVALID_ARG_VALUE',
        `cookie: expected never, with_retry or always, got ${cookie}`,
      )
    if (cookieKeys) this.setCookieKeys(cookieKeys)
    wholeNumber('cookieLifetime', options.cookieLifetime, 1, 3600)
    if (options.recordSizeLimit !== 0)
      wholeNumber('recordSizeLimit', options.recordSizeLimit, leastRecordLimit, mostRecordLimit)
    checkOptions(options.recordSizing ?? {}, sizingTypes, 'recordSizing.')
    wholeNumber('recordSizing.small', options.recordSizing?.small, 64, 16_384)
    this.padding = paddingFrom(options.padding, length => this.draw('padding', length))
    authoritiesFrom(options.requestAuthorities ?? [])
    wholeNumber('numTickets', options.numTickets, 0, 32)
    wholeNumber('ticketLifetime', options.ticketLifetime, 0, longestLifetime)
    if (options.ticketKeys) this.setTicketKeys(options.ticketKeys)
    if (typeof options.requestCert === 'string')
      oneOf('requestCert', options.requestCert, ['later'])
    oneOf('ticketPolicy', options.ticketPolicy, ticketPolicies)
    for (const mode of options.pskModes ?? []) oneOf('pskModes', mode, pskModes)
    if (options.pskModes?.length === 0)
      throw misuse('ERR_INVALID_ARG_VALUE', 'pskModes: expected at least one mode, got none')
    wholeNumber('ticketRequest.newSessions', options.ticketRequest?.newSessions, 0, 255)
    wholeNumber('ticketRequest.resumptions', options.ticketRequest?.resumptions, 0, 255)
    if (options.ticketSealer && (options.ticketKeys || options.sessionCache))
      throw misuse(
        'ERR_INVALID_ARG_VALUE',
        'ticketSealer: expected without ticketKeys and sessionCache, whose place it takes',
      )
    if (options.singleUseTickets && !options.sessionCache)
      throw misuse(
        'ERR_INVALID_ARG_VALUE',
        'singleUseTickets: expected a sessionCache, which alone can tell',
      )
    const mostEarlyData = Math.min(this.limits.earlyData, 2 ** 32 - 1)
    wholeNumber('maxEarlyData', options.maxEarlyData, 0, mostEarlyData)
    if (options.replayStore && typeof options.replayStore.claim !== 'function')
      throw misuse('ERR_INVALID_ARG_TYPE', 'replayStore: expected an object with claim()')
    // A cache, or who seals, may be older than we are; keys that we draw are not.
    const { sessionCache, ticketSealer } = options
    this.#replayStore = this.#storeFor(
      this.#keysGiven || sessionCache !== undefined || ticketSealer !== undefined,
    )
    if (!/^[\x20-\x7e]{0,255}$/.test(options.sessionIdContext ?? ''))
      throw misuse('ERR_INVALID_ARG_VALUE', 'sessionIdContext: expected up to 255 ASCII characters')
    this.look = clientHelloFrom(options.clientHello)
    for (const kind of options.traceEvents ?? []) oneOf('traceEvents', kind, traceKinds)
    if (typeof options.traceSecrets === 'string')
      oneOf('traceSecrets', options.traceSecrets, ['messages'])
    this.psks = pskListFrom(options.psks ?? [], this.crypto)
  }

  /** What tells the trace of a new connection, which gets the next number; undefined without a trace. */
  tracer(role: Role): Tracer | undefined {
    const { trace } = this.options
    if (!trace) return undefined
    const connection = ++this.#connections
    return new Tracer(trace, this.options, { role, connection, now: () => this.now() })
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.options.now ? this.options.now() : Date.now()
  }

  /** Random bytes for a purpose. */
  draw(purpose: string, length: number): Bytes {
    return this.options.random
      ? this.options.random(purpose, length)
      : this.crypto.randomBytes(length)
  }

  /** What sizes the records of a new connection. */
  recordSizing(): RecordSizing | undefined {
    const { recordSizing } = this.options
    return recordSizing && new RecordSizing(recordSizing, () => this.now())
  }

  /** The key that tickets are sealed with; drawn when it is first asked for, where none was given. */
  get ticketKey(): TicketKey {
    if (this.#ticketKeys.length === 0) {
      const drawn = this.draw('ticket keys', 48)
      this.#ticketKeys = [ticketKeyFrom(drawn)]
      wipe(drawn)
    }
    return this.#ticketKeys[0] as TicketKey
  }

  /** The keys that tickets are opened with. */
  get ticketKeys(): readonly TicketKey[] {
    return this.#ticketKeys
  }

  /**
   * Sets the keys of tickets, 48 bytes each: the first seals from now on, and all open. To rotate, put a new one first and drop the last; to share tickets, give
   * servers the same ones.
   */
  setTicketKeys(keys: Uint8Array | readonly Uint8Array[]): void {
    const list = keys instanceof Uint8Array ? [keys] : keys
    const wrong = list.find(key => key.length !== 48)
    if (wrong || list.length === 0)
      throw misuse(
        'ERR_INVALID_ARG_VALUE',
        `ticketKeys: expected 48 bytes each, got ${wrong ? wrong.length : 'none'}`,
      )
    if (!this.#keysGiven) this.#replayStore = this.#storeFor(true)
    this.#keysGiven = true
    const before = this.#ticketKeys
    this.#ticketKeys = list.map(ticketKeyFrom)
    // Tickets that were sealed with a key are as secret as it is, for as long as it is anywhere.
    for (const { secret } of before) wipe(secret)
  }

  /** When a HelloRetryRequest carries a cookie. */
  get cookie(): 'never' | 'with_retry' | 'always' {
    return this.options.cookie ?? (this.#cookieKeys ? 'with_retry' : 'never')
  }

  /** Cookies that are good for `context` alone; undefined for a server that keeps its state. */
  cookieJar(context: Uint8Array): CookieJar | undefined {
    if (!this.#cookieKeys) return undefined
    return cookieJar({
      keys: () => this.#cookieKeys as CookieKeys,
      now: () => this.now(),
      lifetime: this.options.cookieLifetime ?? 60,
      context,
    })
  }

  /** Sets the keys of cookies, 32 bytes each: the first seals from now on, and all open. To rotate, put a new one first, and drop the last once its cookies are out of date. */
  setCookieKeys(keys: Uint8Array | readonly Uint8Array[]): void {
    if (this.options.cookie === 'never')
      throw misuse('ERR_INVALID_ARG_VALUE', 'cookieKeys: expected cookie to be another than never')
    this.#cookieKeys = new CookieKeys(keys, this.crypto)
  }

  /** Who knows the early data that was taken; undefined where nobody needs to. */
  get replayStore(): ReplayStore | undefined {
    return this.#replayStore
  }

  /** RFC 9846 §8.2: whoever opens tickets of before its time refuses early data until what came before its time is fresh no more. */
  #storeFor(older: boolean): ReplayStore | undefined {
    const { replayStore, singleUseTickets, maxEarlyData = 0, earlyDataWindow } = this.options
    if (replayStore || singleUseTickets || maxEarlyData === 0) return replayStore
    const silence = older ? 2 * (earlyDataWindow ?? usualWindow) : 0
    return new MemoryReplayStore({ now: () => this.now(), silence })
  }

  /** The delegated credentials that can be shown, as they stand; one that has expired is passed over. */
  get delegatedCredentials(): readonly OwnDelegation[] {
    return this.#delegated
  }

  /** Sets the delegated credentials to show, from the next handshake on: they are short-lived, and new ones come while connections last. */
  setDelegatedCredentials(list: readonly DelegatedOption[]): void {
    this.#delegated = delegationsFrom(list, this.credentials, this.crypto)
  }

  /** Whether a server resumes sessions. */
  get opensTickets(): boolean {
    return this.options.ticketPolicy !== 'never'
  }

  /** Whether a session is offered for the first time; it counts as offered from now on. */
  spend(session: Session): boolean {
    if (this.#offered.has(session)) return false
    this.#offered.add(session)
    return true
  }

  /** As a server: whether a client is asked for a certificate, and whose would do. */
  get clientAuthentication(): ClientAuthentication {
    const { requestCert, rejectUnauthorized } = this.options
    const asked = rejectUnauthorized === false ? 'request' : 'require'
    const ours = this.anchors.certificates.map(({ subject }) => new Uint8Array(subject.raw))
    return {
      clientCertificate: requestCert === 'later' ? 'later' : requestCert ? asked : 'none',
      // Anchors that are too many to be named: a client then shows what it has.
      authorities: this.requestAuthorities ?? (fitting(ours) ? ours : []),
      filters: this.#filters,
    }
  }

  /** As they were given. */
  get requestAuthorities(): readonly Bytes[] | undefined {
    return this.options.requestAuthorities?.map(name => new Uint8Array(name))
  }

  #sharesFrom(given: ContextOptions['keyShares']): readonly Group[] {
    if (given !== undefined) {
      const wanted = named('keyShares', given, this.crypto.groups)
      const missing = wanted.find(group => !this.groups.includes(group))
      if (missing)
        throw misuse('ERR_INVALID_ARG_VALUE', `keyShares: ${missing.name} is not among the groups`)
      return this.groups.filter(group => wanted.includes(group))
    }
    const [first] = this.groups
    if (!first || !hybrid(first)) return this.groups.slice(0, 1)
    const classical = this.groups.find(group => !hybrid(group))
    return classical ? [first, classical] : [first]
  }
}

const ticketPolicies = ['at_once', 'with_first_write', 'on_demand', 'never']
const pskModes = ['psk_ke', 'psk_dhe_ke']

/** RFC 7250 has one type at least; X.509 unless said otherwise. */
function certTypes(
  option: string,
  given: readonly CertificateTypeName[] = ['x509'],
): readonly CertificateTypeName[] {
  for (const type of given) oneOf(option, type, ['x509', 'rpk'])
  if (given.length > 0) return [...new Set(given)]
  throw misuse('ERR_INVALID_ARG_VALUE', `${option}: expected at least one type, got none`)
}

function oneOf(option: string, value: string | undefined, names: readonly string[]): void {
  if (value === undefined || names.includes(value)) return
  throw misuse(
    'ERR_INVALID_ARG_VALUE',
    `${option}: expected one of ${names.join(', ')}, got ${value}`,
  )
}

function wholeNumber(option: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return
  throw misuse(
    'ERR_INVALID_ARG_VALUE',
    `${option}: expected a whole number from ${least} to ${most}, got ${value}`,
  )
}

function hybrid(group: Group): boolean {
  return group.name.includes('MLKEM')
}

function list<T>(
  option: string,
  given: string | readonly string[] | undefined,
  standard: readonly string[],
  rows: Readonly<Record<string, T>>,
): readonly T[] {
  const chosen = named(option, given ?? standard, rows)
  if (chosen.length > 0) return chosen
  throw misuse('ERR_INVALID_ARG_VALUE', `${option}: expected at least one name, got none`)
}

function named<T>(
  option: string,
  given: string | readonly string[],
  rows: Readonly<Record<string, T>>,
): readonly T[] {
  const names = typeof given === 'string' ? given.split(':').filter(name => name !== '') : given
  const chosen = names.map(name => {
    const row = rows[groupAliases[name] ?? name]
    if (row && Object.hasOwn(rows, groupAliases[name] ?? name)) return row
    throw misuse(
      'ERR_INVALID_ARG_VALUE',
      `${option}: expected one of ${Object.keys(rows).join(', ')}, got ${name}`,
    )
  })
  return [...new Set(chosen)]
}

/** RFC 7301 §3.1: 1 to 255 bytes. */
function protocol(name: string): Bytes {
  if (name.length === 0 || name.length > 255 || /[^\0-\xff]/.test(name))
    throw misuse(
      'ERR_INVALID_ARG_VALUE',
      `ALPNProtocols: expected names of 1 to 255 bytes, got ${JSON.stringify(name)}`,
    )
  return Uint8Array.from(name, character => character.charCodeAt(0))
}

function many<T extends string | Uint8Array>(given: T | readonly T[] | undefined): readonly T[] {
  if (given === undefined) return []
  return typeof given === 'string' || given instanceof Uint8Array
    ? [given as T]
    : (given as readonly T[])
}
