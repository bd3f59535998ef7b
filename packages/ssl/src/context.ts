/** `SslContext`: what connections share (SSL_CTX). Options have node:tls's names where node:tls has them. */
import {
  type CipherSuite,
  type CipherSuite12,
  type CryptoProvider,
  type Group,
  type SignatureScheme,
  signatureSchemes,
} from '@biopair/crypto'
import { noble } from '@biopair/crypto/noble'
import {
  type CertificateConfig,
  type CertificateTypeName,
  type ClientAuthentication,
  type ClientHelloPolicy,
  type CookieJar,
  leastRecordLimit,
  mostRecordLimit,
  type OidFilter,
  type Role,
  type VersionName,
} from '@biopair/handshake'
import { Buffers, type Padding, RecordSizing } from '@biopair/record'
import type { Bytes } from '@biopair/wire'
import { type Pins, publicKeysFrom, type TrustStore, VerifyCache } from '@biopair/x509'
import { anchorsFrom, pinsOption } from './anchors.ts'
import { authoritiesFrom, fitting } from './authorities.ts'
import { ocspModes, requestsOcsp, type StatusPolicy, statusPolicy } from './certificate-status.ts'
import { Claims } from './claims.ts'
import { clientHelloFrom } from './client-hello-option.ts'
import { compressionsFrom } from './compressed-certificates.ts'
import { type ContextOptions, optionTypes, sizingTypes } from './context-options.ts'
import { CookieKeys, checkCookieOptions, cookieJar } from './cookies.ts'
import { type ChainOption, type Credential, credentialsFrom } from './credentials.ts'
import {
  type DelegatedOption,
  delegatedSchemesFrom,
  delegationsFrom,
  type OwnDelegation,
} from './delegation.ts'
import { keySharesFrom } from './key-shares.ts'
import { type Limits, limitsFrom } from './limits.ts'
import { misuse } from './misuse.ts'
import { oidFiltersFrom } from './oid-filters.ts'
import { checkOptions } from './option-types.ts'
import {
  certTypes,
  checkFragmentLength,
  list,
  many,
  oneOf,
  protocol,
  wholeNumber,
} from './option-values.ts'
import { paddingFrom } from './padding.ts'
import { checkPolicyOptions } from './policy-options.ts'
import { hintFrom, pskHashes } from './psk12-suites.ts'
import { pskListFrom, type StaticPsk } from './psks.ts'
import { type KeyImport, rememberKeys } from './public-keys.ts'
import { type RawCredential, rawCredentialsFrom } from './raw-keys.ts'
import { MemoryReplayStore, type ReplayStore, usualWindow } from './replay-store.ts'
import { checkResumptionOptions } from './resumption-options.ts'
import { RevocationPolicy } from './revocation-policy.ts'
import type { Session } from './session.ts'
import { withStapled } from './stapled-options.ts'
import { TicketKeys } from './ticket-keys.ts'
import type { TicketKey } from './tickets.ts'
import { traceKinds } from './trace.ts'
import { Tracer } from './tracer.ts'
import { versionsFrom, versionsWith } from './versions.ts'

/** What connections share (SSL_CTX(3)): read and checked at once, for any number of connections in either role. */
export class SslContext {
  readonly options: ContextOptions
  readonly crypto: CryptoProvider
  /** Most preferred first. */
  readonly versions: readonly VersionName[]
  /** Of TLS 1.3; none where it is not spoken. */
  readonly suites: readonly CipherSuite[]
  /** Of TLS 1.2; none where it is not spoken. */
  readonly suites12: readonly CipherSuite12[]
  readonly groups: readonly Group[]
  readonly shares: readonly Group[]
  readonly schemes: readonly SignatureScheme[]
  /** For certificates, where they are others. */
  readonly certificateSchemes: readonly SignatureScheme[] | undefined
  readonly alpn: readonly Bytes[]
  readonly anchors: TrustStore
  /** Keys of which one has to be on a path. */
  readonly pins: Pins | undefined
  readonly credentials: readonly Credential[]
  /** What rides with certificates, as the flow is told. */
  readonly riding: CertificateConfig
  readonly status: StatusPolicy
  readonly revocation: RevocationPolicy
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
  /** What is known of chains that were found good. */
  readonly verified: VerifyCache
  /** What pads records. */
  readonly padding: Padding | undefined
  /** Keys that were agreed on elsewhere, as they stand on the wire. */
  readonly psks: readonly StaticPsk[]
  readonly pskIdentityHint: Bytes | undefined
  readonly #filters: readonly OidFilter[]
  #delegated: readonly OwnDelegation[] = []
  /** How a ClientHello looks. */
  readonly look: ClientHelloPolicy | undefined
  /** Exports that were imported here. */
  readonly claims: Claims = new Claims(() => this.now())
  readonly #ticketKeys = new TicketKeys(length => this.draw('ticket keys', length))
  #replayStore: ReplayStore | undefined
  #cookieKeys: CookieKeys | undefined
  /** Connections that were traced. */
  #connections = 0
  /** Sessions that were offered: each goes once (RFC 9846 appendix C.4). */
  readonly #offered = new WeakSet<Session>()

  /** Reads and checks everything now, so that a mistake shows here. TypeError with a stable `code`. */
  constructor(options: ContextOptions = {}) {
    checkOptions(options, optionTypes)
    this.options = options
    this.crypto = options.crypto ?? noble
    this.keys = rememberKeys(this.crypto)
    this.psks = pskListFrom(options.psks ?? [], this.crypto)
    this.pskIdentityHint = hintFrom(options.pskIdentityHint)
    const hashes = pskHashes(this.psks, options.pskCallback)
    const groups = options.groups ?? options.ecdhCurve
    this.groups = list('groups', groups, this.crypto.prefer.groups, this.crypto.groups)
    this.schemes = list('sigalgs', options.sigalgs, Object.keys(signatureSchemes), signatureSchemes)
    const named = versionsFrom(options, this.crypto, hashes)
    const spoken = versionsWith(this.groups, this.schemes, named)
    this.versions = spoken.versions
    this.suites = spoken.suites
    this.suites12 = spoken.suites12
    this.shares = keySharesFrom(options.keyShares, this.groups, this.crypto)
    const { certificateSigalgs } = options
    this.certificateSchemes =
      certificateSigalgs === undefined
        ? undefined
        : list('certificateSigalgs', certificateSigalgs, [], signatureSchemes)
    this.#filters = oidFiltersFrom(options.oidFilters ?? [])
    this.alpn = (options.ALPNProtocols ?? []).map(protocol)
    this.anchors = anchorsFrom(options.ca)
    const { sha256 } = this.crypto.hashes
    this.pins = options.pins && {
      digests: pinsOption(options.pins),
      sha256: bytes => sha256.digest(bytes),
    }
    this.credentials = withStapled(
      credentialsFrom(
        many<ChainOption>(options.cert),
        many(options.key),
        this.crypto,
        options.passphrase,
      ),
      options,
    )
    this.rawCredentials = rawCredentialsFrom(
      many(options.rawKey),
      this.credentials,
      this.crypto,
      options.passphrase,
    )
    this.serverTypes = certTypes('serverCertTypes', options.serverCertTypes)
    this.clientTypes = certTypes('clientCertTypes', options.clientCertTypes)
    if (options.rawKey && ![...this.serverTypes, ...this.clientTypes].includes('rpk'))
      throw misuse(
        'ERR_INVALID_ARG_VALUE',
        'rawKey: expected rpk among the serverCertTypes or clientCertTypes',
      )
    this.rawPublicKeys = many(options.rawPublicKeys).flatMap(key => publicKeysFrom(key))
    this.delegatedSchemes = delegatedSchemesFrom(options.delegatedSigalgs ?? [])
    if (options.delegatedCredentials) this.setDelegatedCredentials(options.delegatedCredentials)
    this.limits = limitsFrom(options.limits ?? {})
    wholeNumber('verifyCache', options.verifyCache, 0, 65_536)
    this.verified = new VerifyCache({ certificates: options.verifyCache })
    checkPolicyOptions(options)
    oneOf('ocsp', options.ocsp, ocspModes)
    this.status = statusPolicy(options, this.crypto)
    this.revocation = new RevocationPolicy(options, this.crypto.hashes)
    this.riding = {
      requestOcsp: requestsOcsp(options),
      requestScts: options.requestSCT,
      certificateCompression: compressionsFrom(
        options.certificateCompression ?? [],
        this.crypto.hashes.sha256,
      ),
      maxCertificateMessage: this.limits.maxCertificateMessage,
    }
    checkCookieOptions(options)
    if (options.cookieKeys) this.setCookieKeys(options.cookieKeys)
    if (options.recordSizeLimit !== 0)
      wholeNumber('recordSizeLimit', options.recordSizeLimit, leastRecordLimit, mostRecordLimit)
    checkFragmentLength(options.maxFragmentLength)
    checkOptions(options.recordSizing ?? {}, sizingTypes, 'recordSizing.')
    wholeNumber('recordSizing.small', options.recordSizing?.small, 64, 16_384)
    this.padding = paddingFrom(options.padding, length => this.draw('padding', length))
    authoritiesFrom(options.requestAuthorities ?? [])
    checkResumptionOptions(options, this.limits)
    if (options.ticketKeys) this.setTicketKeys(options.ticketKeys)
    if (typeof options.requestCert === 'string')
      oneOf('requestCert', options.requestCert, ['later'])
    // A cache, or who seals, may be older than we are; keys that we draw are not.
    const { sessionCache, ticketSealer } = options
    this.#replayStore = this.#storeFor(
      this.#ticketKeys.given || sessionCache !== undefined || ticketSealer !== undefined,
    )
    this.look = clientHelloFrom(options.clientHello)
    for (const kind of options.traceEvents ?? []) oneOf('traceEvents', kind, traceKinds)
    if (typeof options.traceSecrets === 'string')
      oneOf('traceSecrets', options.traceSecrets, ['messages'])
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
    return this.#ticketKeys.sealing
  }

  /** The keys that tickets are opened with. */
  get ticketKeys(): readonly TicketKey[] {
    return this.#ticketKeys.opening
  }

  /**
   * Sets the keys of tickets, 48 bytes each: the first seals from now on, and all open. To rotate, put a new one first and drop the last; to share tickets, give
   * servers the same ones.
   */
  setTicketKeys(keys: Uint8Array | readonly Uint8Array[]): void {
    const first = !this.#ticketKeys.given
    this.#ticketKeys.set(keys)
    if (first) this.#replayStore = this.#storeFor(true)
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

  /**
   * Sets the CRLs to go by, from the next chain on, that of a session which is resumed too. TypeError, and the ones before stay, for what is none, and where
   * `revocation` is off.
   */
  setCrls(crls: NonNullable<ContextOptions['crl']>): void {
    this.revocation.setCrls(crls)
  }

  /** Sets the OCSP responses about peers and authorities to go by, DER, in the same way. */
  setPeerOcspResponses(responses: readonly Uint8Array[]): void {
    this.revocation.setResponses(responses)
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

  /** Who vouches for a peer; undefined where that is left to `pins`. */
  get vouching(): TrustStore | undefined {
    return this.options.ca === undefined && this.pins ? undefined : this.anchors
  }

  /** As a server: whether a client is asked for a certificate, and whose would do. */
  get clientAuthentication(): ClientAuthentication {
    const { requestCert, rejectUnauthorized } = this.options
    const asked = rejectUnauthorized === false ? 'request' : 'require'
    const { anchors, requestAuthorities: given } = this
    return {
      clientCertificate: requestCert === 'later' ? 'later' : requestCert ? asked : 'none',
      // Anchors that are too many to be named: a client then shows what it has.
      get authorities() {
        if (given) return given
        const ours = anchors.certificates.map(({ subject }) => new Uint8Array(subject.raw))
        return fitting(ours) ? ours : []
      },
      filters: this.#filters,
    }
  }

  /** As they were given. */
  get requestAuthorities(): readonly Bytes[] | undefined {
    return this.options.requestAuthorities?.map(name => new Uint8Array(name))
  }
}
