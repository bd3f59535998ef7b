/**
 * `Ssl`: a TLS connection over BIOs (SSL). Every call returns at once and says everything in what it returns. Over BIOs that
 * wait (`blocking`), a call returns once it has finished or failed; `want_…` then means a callback's promise, or a timeout of the BIO.
 */
import type { Bio } from '@biopair/bio'
import type { AnyGroupName, CipherSuite, SignatureSchemeName } from '@biopair/crypto'
import {
  type CertificateTypeName,
  type Command,
  type Connected,
  client13,
  type FlowConfig,
  mayRequest,
  mostRecordLimit,
  type Role,
  type Stapled,
  server13,
  type TicketRequest,
} from '@biopair/handshake'
import type { Bytes, TlsAlert } from '@biopair/wire'
import { publicKeysFrom, type Verdict } from '@biopair/x509'
import {
  type CertificateRequestOptions,
  type RequestOutcome,
  requestFrom,
} from './certificate-inquiry.ts'
import {
  type ChannelBindingType,
  checkBindingType,
  serverEndPoint,
  tlsExporter,
} from './channel-binding.ts'
import type { ClaimStoreNow } from './claims.ts'
import { Connection } from './connection.ts'
import type { SslContext } from './context.ts'
import { answersOf } from './context-answers.ts'
import type { ContextOptions } from './context-options.ts'
import type { EarlyDataStatus, RejectedEarlyData } from './early-stream.ts'
import { keyingMaterial } from './exporter.ts'
import { Facts, text } from './facts.ts'
import { misuse } from './misuse.ts'
import {
  checkExport,
  type ExportOptions,
  exported,
  factsOf,
  type ImportOptions,
  imported,
} from './moving.ts'
import type { Moving } from './moving-state.ts'
import { type NameOptions, nameDemands, sniOf, verifyNamesFrom } from './name-demands.ts'
import { checkOptions, type OptionType } from './option-types.ts'
import type {
  EarlyReadOutcome,
  EarlyWriteOutcome,
  ExportOutcome,
  Failed,
  FlushOutcome,
  HandshakeOutcome,
  ReadOutcome,
  ShutdownOutcome,
  StatelessOutcome,
  WriteOutcome,
} from './outcome.ts'
import { ageOf } from './psk-answers.ts'
import { type Sct, sctsOf } from './scts.ts'
import { type Session, sessionFrom } from './session.ts'
import { type Issuing, makeTicket } from './tickets.ts'
import { isFiltered } from './verification.ts'

/** What one connection is told beside its context. */
export interface SslOptions extends NameOptions {
  /**
   * Client: a session to resume, as an object or as bytes. It is offered where its time is not up, it is of the same `servername`, and its
   * server's certificates are believed still (`verifyCallback` is asked again, with `resuming`); else the handshake is a full one.
   */
  readonly session?: Session | Uint8Array | undefined
  /** Client: offers a session object that this context has offered before; others can then tell that both connections are one client's (RFC 9846 appendix C.4). False. */
  readonly reuseSession?: boolean
  /** Raw public keys that this peer may have, as SubjectPublicKeyInfo, PEM or DER, in place of the context's (SSL_add_expected_rpk). */
  readonly rawPublicKeys?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined
  /** Server with `cookieKeys`: a cookie is good for this alone, at most 1024 bytes: the client's address, so that one who did not get it cannot use it. Empty. */
  readonly cookieContext?: Uint8Array
}

const optionTypes: Readonly<Record<keyof SslOptions, OptionType>> = {
  servername: 'string',
  verifyNames: 'string or list of strings',
  allowWildcards: 'boolean',
  session: 'object',
  reuseSession: 'boolean',
  rawPublicKeys: 'PEM text, DER bytes or a list of them',
  cookieContext: 'Uint8Array',
}

export class Ssl {
  readonly #context: SslContext
  /** The context that SNICallback put in its place. */
  #chosen: SslContext | undefined
  readonly #options: SslOptions
  #offer: Session | undefined
  /** Server: the first call was `stateless`. */
  #stateless = false
  /** Client: the first call was `writeEarly`. */
  #early = false
  readonly #verifyNames: readonly string[] | undefined
  readonly #rawPublicKeys: readonly Bytes[] | undefined
  #role: Role | undefined
  #rbio: Bio | undefined
  #wbio: Bio | undefined
  #connection: Connection | undefined
  #facts: Facts | undefined
  /** The connection that this one goes on for. */
  #moved: Moving | undefined

  constructor(context: SslContext, options: SslOptions = {}) {
    this.#context = context
    checkOptions(options, optionTypes)
    this.#options = { ...options }
    this.#verifyNames = verifyNamesFrom(options)
    const { session, rawPublicKeys, cookieContext = { length: 0 } } = options
    if (cookieContext.length > 1024)
      throw misuse('ERR_INVALID_ARG_VALUE', 'cookieContext: expected at most 1024 bytes')
    this.#rawPublicKeys = rawPublicKeys === undefined ? undefined : publicKeysFrom(rawPublicKeys)
    if (session) {
      const known = sessionFrom(session)
      // The object itself is what the context remembers.
      this.#offer = session instanceof Uint8Array ? known : session
    }
  }

  /**
   * A connection that `exportConnection` made bytes of, to go on where it stood: it wants `setBio`, for the same carrier, and no handshake. The
   * bytes go once: the context refuses them a second time (ERR_EXPORT_USED), and `claims` is asked where others could import them too. A
   * TypeError says what is wrong with the bytes or the key: ERR_EXPORT_INVALID, ERR_EXPORT_EXPIRED. With a store that answers
   * later, so does this.
   */
  static importConnection(
    context: SslContext,
    bytes: Uint8Array,
    key: Uint8Array,
    options?: ImportOptions<ClaimStoreNow>,
  ): Ssl
  static importConnection(
    context: SslContext,
    bytes: Uint8Array,
    key: Uint8Array,
    options: ImportOptions,
  ): Ssl | Promise<Ssl>
  static importConnection(
    context: SslContext,
    bytes: Uint8Array,
    key: Uint8Array,
    options: ImportOptions = {},
  ): Ssl | Promise<Ssl> {
    const goOn = (moved: Moving): Ssl => {
      const { role } = moved.connection.connected
      const { servername } = moved.facts
      const named = role === 'client' && servername !== undefined ? { servername } : {}
      const ssl = new Ssl(context, named)
      ssl.#role = role
      ssl.#moved = moved
      ssl.#facts = factsOf(moved, context)
      return ssl
    }
    const moved = imported(context, bytes, key, options)
    return moved instanceof Promise ? moved.then(goOn) : goOn(moved)
  }

  /** Sets where bytes come from and go to (SSL_set_bio); one BIO may be both. */
  setBio(rbio: Bio, wbio: Bio = rbio): this {
    this.#unstarted('setBio')
    this.#rbio = rbio
    this.#wbio = wbio
    return this
  }

  /** What it was made with, or the context that SNICallback put in its place. */
  get context(): SslContext {
    return this.#chosen ?? this.#context
  }

  get rbio(): Bio | undefined {
    return this.#rbio
  }

  get wbio(): Bio | undefined {
    return this.#wbio
  }

  /** This end is the client (SSL_set_connect_state). */
  setConnectState(): this {
    this.#unstarted('setConnectState', this.#moved)
    this.#role = 'client'
    return this
  }

  /** This end is the server (SSL_set_accept_state). */
  setAcceptState(): this {
    this.#unstarted('setAcceptState', this.#moved)
    this.#role = 'server'
    return this
  }

  /**
   * Shakes hands (SSL_do_handshake(3)). `done` when the peer's Finished is verified and our own flight was taken by the BIO and
   * flushed; tickets never hold it up. TypeError where the role or a BIO is missing, or a client has nobody to believe.
   */
  doHandshake(): HandshakeOutcome {
    return this.#started().handshake()
  }

  /** Shakes hands as a client (SSL_connect(3)). */
  connect(): HandshakeOutcome {
    if (!this.#role) this.setConnectState()
    return this.doHandshake()
  }

  /** Shakes hands as a server (SSL_accept(3)). */
  accept(): HandshakeOutcome {
    if (!this.#role) this.setAcceptState()
    return this.doHandshake()
  }

  /**
   * Server with `cookieKeys`: looks at one ClientHello, and keeps nothing of it (SSL_stateless(3)). `retried`: a HelloRetryRequest is out, and this object is done with: the
   * next ClientHello is for a new one. `done`: it brought a good cookie, or none was needed, and the handshake goes on here. It reads no further than that, and
   * leaves the BIO open.
   */
  stateless(): StatelessOutcome {
    this.#serverOnly('stateless')
    if (!this.#context.cookieJar(new Uint8Array(0)))
      throw misuse('ERR_INVALID_ARG_VALUE', 'stateless: expected a context with cookieKeys')
    // Another call may have read on.
    if (!this.#stateless) this.#unstarted('stateless')
    this.#stateless = true
    return this.#started().stateless()
  }

  /** Reads plaintext, of one record at the most (SSL_read(3)); shakes hands first where that has not happened. */
  read(into: Uint8Array): ReadOutcome {
    return this.#started().read(into)
  }

  /** As `read`, but the bytes stay to be read again (SSL_peek(3)). */
  peek(into: Uint8Array): ReadOutcome {
    return this.#started().read(into, true)
  }

  /**
   * Takes plaintext and says how much (SSL_write(3)); what was taken is never offered again. TypeError after `shutdown`. Over BIOs
   * that wait it takes everything; less only where a timeout was up or something failed, which the next call tells.
   */
  write(bytes: Uint8Array): WriteOutcome {
    return this.#started().write(bytes)
  }

  /**
   * Server: reads early data (0-RTT), which `read` never gives (SSL_read_early_data(3)): `end` when there is no more. Shakes hands only as far as that needs. What nobody
   * reads is kept, up to `maxEarlyData`, and the handshake goes on without. Early data has no forward secrecy, and may be a repetition. TypeError for a client.
   */
  readEarly(into: Uint8Array): EarlyReadOutcome {
    this.#serverOnly('readEarly')
    return this.#started().readEarly(into)
  }

  /**
   * Client: sends early data (0-RTT) behind the first ClientHello (SSL_write_early_data(3)); it has to be the first call, with a session that permits early data. What
   * the server rejects comes back by `rejectedEarlyData`. Server: sends data (0.5-RTT) before the client's Finished has come: to somebody who may have
   * replayed all that came so far, or has yet to show a certificate. When no more is taken, `refused` says why, and `write` takes the rest.
   */
  writeEarly(bytes: Uint8Array): EarlyWriteOutcome {
    this.#early = true
    return this.#started().writeEarly(bytes)
  }

  /** What became of early data (SSL_get_early_data_status(3)). */
  get earlyData(): EarlyDataStatus {
    return this.#connection?.early.status ?? 'none'
  }

  /** Client, after its handshake: early data that the server rejected, to be sent again by `write` if that still makes sense. Once; undefined where there is none. */
  rejectedEarlyData(): RejectedEarlyData | undefined {
    const connection = this.#connection
    return connection?.connected && connection.early.takeRejected(connection.connected.alpn)
  }

  /** Drives out what was taken and waits for room; over BIOs that wait, tickets too, which no call that reads sends there. */
  flush(): FlushOutcome {
    return this.#started().flush()
  }

  /** Bytes that `read` gives without asking the carrier (SSL_pending(3)). */
  get pending(): number {
    return this.#connection?.pending ?? 0
  }

  /** Bytes of ours, sealed, that the carrier has not taken. */
  get queued(): number {
    return this.#connection?.queued ?? 0
  }

  /** Says close_notify; called again, looks for the peer's (SSL_shutdown(3)). Never closes the BIO. */
  shutdown(): ShutdownOutcome {
    return this.#started().shutdown()
  }

  /**
   * Ends the connection with a fatal alert: for a program that learns between two calls that it must not go on (BoringSSL's
   * SSL_send_fatal_alert). It is queued behind what waits; `flush` drives it out. A connection that has failed already stays as it is.
   */
  fail(alert: TlsAlert): Failed {
    return this.#started().fail(alert)
  }

  /**
   * Says goodbye, drains, and closes the BIO. `want_write` until everything is out. With an `error`, the goodbye is the alert
   * internal_error and the BIO is closed with it, so that the peer does not take what it has for all there was.
   */
  close(error?: Error): FlushOutcome {
    return this.#started().close(error)
  }

  /** Changes our keys; with `request`, the peer changes its own (SSL_key_update(3)). */
  keyUpdate(request = false): FlushOutcome {
    return this.#started().keyUpdate(request)
  }

  /** Server: issues another ticket (SSL_new_session_ticket(3)); none where the client's chain is too long for one. */
  newSessionTicket(): FlushOutcome {
    const connected = this.#connected
    if (!connected || this.#role !== 'server')
      throw misuse('ERR_STILL_IN_INIT', 'newSessionTicket: expected a server after its handshake')
    if (!this.#context.opensTickets)
      throw misuse('ERR_INVALID_ARG_VALUE', 'newSessionTicket: the ticketPolicy is never')
    return this.#started().order(now => this.#tickets(now, 1)[0])
  }

  /**
   * Server: asks the client for a certificate, at any time after the handshake (SSL_verify_client_post_handshake). The answer is taken in by later
   * reads, and data goes on meanwhile; `request.state` says what has become of it. A certificate that is refused ends the connection. RFC 9113 §9.2.3 forbids it with HTTP/2.
   */
  requestCertificate(options: CertificateRequestOptions = {}): RequestOutcome {
    const connected = this.#connected
    const facts = this.#facts
    if (!connected || !facts || this.#role !== 'server')
      throw misuse('ERR_STILL_IN_INIT', 'requestCertificate: expected a server after its handshake')
    const asks = requestFrom(options, this.context)
    const may = mayRequest(connected)
    if (may !== 'yes') return { status: may }
    const context = facts.inquiries.context(this.context)
    const outcome = this.#started().order(() => ({
      command: 'request_certificate',
      context,
      ...asks,
    }))
    if (outcome.status !== 'done') return outcome
    return { status: 'done', request: facts.inquiries.begin(context, asks.demands.filters) }
  }

  /** Server: whether this client may be asked for a certificate after the handshake, if fewer than 8 requests are open. */
  get canRequestCertificate(): boolean {
    const connected = this.#connection?.connected
    return connected !== undefined && mayRequest(connected) !== 'unsupported'
  }

  /**
   * Makes bytes of the connection, sealed under a key of 32 bytes, for `importConnection` in another thread or process; here it is over then, and
   * every call but for the facts a TypeError (ERR_MOVED). The carrier stays open. It drives out what is queued, changes our key first, so that no
   * number of one goes twice, and answers `done` once nothing waits: what else it answers says what to do, and then to call again.
   */
  exportConnection(key: Uint8Array, options: ExportOptions = {}): ExportOutcome {
    const lifetime = checkExport(key, options)
    const connection = this.#started()
    const facts = this.#facts as Facts
    return connection.handOver(state =>
      exported(this.#context, state, facts, this.servername, key, lifetime),
    )
  }

  /** Settles when the call that answered `outcome` is worth another try: the `select()` of the man pages. Never rejects; TypeError at once where a BIO that has to be waited for has no `ready`. */
  ready(outcome: { readonly status: string }): Promise<void> {
    return this.#started().ready(outcome)
  }

  /**
   * Keying material (RFC 9846 §7.5), node:tls's order of arguments; no context and an empty one are the same. TypeError before the handshake is
   * over (also for a server whose Finished is out: who is there is not known yet), after a failure and after `close`, for a label of more than 249
   * characters, each a byte, and for more than 255 times the length of the suite's hash.
   */
  exportKeyingMaterial(length: number, label: string, context?: Uint8Array): Bytes {
    const connected = this.#shaken('exportKeyingMaterial')
    const hash = this.#context.crypto.hashes[connected.suite.hash]
    return keyingMaterial(hash, connected.exporterSecret, length, label, context)
  }

  /**
   * Keying material of early_exporter_secret (RFC 9846 §7.5), for 0-RTT data: a client has it from its ClientHello on, a server from its
   * ServerHello on. Whoever records the ClientHello can replay it. TypeError `ERR_NO_EARLY_EXPORTER` where no pre-shared key is used,
   * or not the one that was offered first, or after a HelloRetryRequest.
   */
  exportEarlyKeyingMaterial(length: number, label: string, context?: Uint8Array): Bytes {
    if (!this.#connection || !this.#facts)
      throw misuse('ERR_STILL_IN_INIT', 'exportEarlyKeyingMaterial before the handshake has begun')
    this.#checkRemembers('exportEarlyKeyingMaterial')
    return this.#facts.earlyExporter.export(length, label, context)
  }

  /**
   * What both ends of this connection know, for SCRAM and its like: `tls-exporter` (RFC 9266) is of the connection, `tls-server-end-point` (RFC 5929)
   * of the server's certificate. TypeError `ERR_NO_CHANNEL_BINDING` where there is none: `tls-unique` in TLS 1.3, a certificate whose signature
   * has no hash of its own (Ed25519), a server that resumes. Otherwise as exportKeyingMaterial.
   */
  channelBinding(type: ChannelBindingType): Bytes {
    checkBindingType(type)
    this.#shaken('channelBinding')
    if (type === 'tls-exporter')
      return this.exportKeyingMaterial(tlsExporter.length, tlsExporter.label)
    const { ownChain = [], peerChain = [] } = this.#facts ?? {}
    const [leaf] = this.#role === 'server' ? ownChain : peerChain
    return serverEndPoint(leaf, this.#context.crypto)
  }

  get role(): Role | undefined {
    return this.#role
  }

  /** The state of RFC 9846 appendix A: `START`, `WAIT_SH`, ..., `CONNECTED` (SSL_state_string(3)). */
  get state(): string {
    return this.#connection?.state ?? (this.#moved ? 'CONNECTED' : 'START')
  }

  /** Whether the peer's Finished is verified (SSL_is_init_finished(3)). */
  get connected(): boolean {
    return this.#connected !== undefined
  }

  get version(): 'TLSv1.3' | undefined {
    return this.#facts?.suite && 'TLSv1.3'
  }

  get cipher(): CipherSuite | undefined {
    return this.#facts?.suite
  }

  get group(): AnyGroupName | undefined {
    return this.#facts?.group
  }

  /** The protocol that was agreed on (RFC 7301), as text. */
  get alpnProtocol(): string | undefined {
    return this.#facts?.alpn && text(this.#facts.alpn)
  }

  /** Client: the name that is asked for. Server: the name that the client asked for. */
  get servername(): string | undefined {
    return this.#role === 'server' ? this.#facts?.askedName : this.#options.servername
  }

  /** The name in the peer's certificate that one of those looked for matched, as it stands there: perhaps a wildcard (X509_get0_peername). */
  get peerName(): string | undefined {
    const verdict = this.#facts?.verdict
    return verdict?.ok ? verdict.name : undefined
  }

  /** DER, leaf first; empty where the peer showed none. */
  get peerCertificates(): readonly Bytes[] {
    const { peerChain = [], peerShown } = this.#facts ?? {}
    return peerShown?.type === 'rpk' ? [] : peerChain
  }

  /** The peer's raw public key as SubjectPublicKeyInfo (SSL_get0_peer_rpk(3)); undefined where it showed certificates, or nothing. */
  get peerRawPublicKey(): Bytes | undefined {
    const { peerChain = [], peerShown } = this.#facts ?? {}
    return peerShown?.type === 'rpk' ? peerChain[0] : undefined
  }

  /** How the server's key was shown (SSL_get_negotiated_server_cert_type(3)); undefined before, and where there was a pre-shared key instead. */
  get serverCertType(): CertificateTypeName | undefined {
    return this.#facts?.types.server
  }

  /** How the client's key was to be shown; undefined where none was asked for. */
  get clientCertType(): CertificateTypeName | undefined {
    return this.#facts?.types.client
  }

  /** The delegated credential that stood in for the key of the peer's certificate (RFC 9345), as it came; it was valid then. */
  get peerDelegatedCredential(): Bytes | undefined {
    return this.#facts?.peerShown.delegated
  }

  /** Whether a delegated credential stood in for the key of our own certificate (SSL_delegated_credential_used of BoringSSL). */
  get delegatedCredentialUsed(): boolean {
    return this.#facts?.delegated ?? false
  }

  /** The OCSP response that came with the peer's certificate, DER; undefined for none, and in a resumption. */
  get ocspResponse(): Bytes | undefined {
    return this.stapled[0]?.ocspResponse
  }

  /** What came with each of the peer's certificates, in their order; empty in a resumption. */
  get stapled(): readonly Stapled[] {
    return this.#facts?.stapled ?? []
  }

  /** The signed certificate timestamps of the peer's certificate, wherever they came; nobody has judged them. */
  get scts(): readonly Sct[] {
    return sctsOf(this.peerCertificates, this.stapled)
  }

  /** The scheme of the peer's CertificateVerify. */
  get peerSignatureScheme(): SignatureSchemeName | undefined {
    return this.#facts?.peerScheme
  }

  /** What was found about the peer's chain; undefined where it showed none. */
  get verdict(): Verdict | undefined {
    return this.#facts?.verdict
  }

  /** Whether the peer showed a certificate that is believed, and proved that it is its own: false until the handshake is over. */
  get authorized(): boolean {
    return this.connected && this.#facts?.verdict?.ok === true
  }

  /** Whether the server asked for another ClientHello. */
  get retried(): boolean {
    return this.#facts?.retried ?? false
  }

  /** Whether the keys are from a session before (SSL_session_reused(3)): then `peerCertificates` are those of its first handshake, judged anew. */
  get resumed(): boolean {
    return this.#facts?.resumed ?? false
  }

  /** The name of the pre-shared key that was agreed on elsewhere and is used; undefined for certificates and tickets. */
  get pskIdentity(): Bytes | undefined {
    return this.#facts?.pskIdentity
  }

  /** Client: the last ticket that came. */
  get session(): Session | undefined {
    return this.#facts?.session
  }

  get sentShutdown(): boolean {
    return this.#connection?.sentShutdown ?? false
  }

  get receivedShutdown(): boolean {
    return this.#connection?.receivedShutdown ?? false
  }

  get #connected(): Connected | undefined {
    return this.#connection?.connected ?? this.#moved?.connection.connected
  }

  #serverOnly(call: string): void {
    if (this.#role === 'client') throw misuse('ERR_NOT_SERVER', `${call} is a call of servers`)
  }

  #unstarted(call: string, moved?: Moving): void {
    if (this.#connection || moved)
      throw misuse('ERR_STATE_MACHINE_STARTED', `${call} after the handshake has begun`)
  }

  /** The connection, once shaken and while its secrets are there: from zeros, everybody would derive the same. */
  #shaken(call: string): Connected {
    const connected = this.#connected
    if (!connected) throw misuse('ERR_STILL_IN_INIT', `${call} before the handshake is over`)
    this.#checkRemembers(call)
    return connected
  }

  #checkRemembers(call: string): void {
    if (this.#connection?.forgotten)
      throw misuse('ERR_CLOSED', `${call} after the connection failed or was closed`)
  }

  #started(): Connection {
    if (this.#connection) return this.#connection
    const context = this.#context
    const role = this.#role
    if (!role)
      throw misuse(
        'ERR_CONNECTION_TYPE_NOT_SET',
        'expected setConnectState or setAcceptState before the handshake',
      )
    if (!this.#rbio || !this.#wbio)
      throw misuse('ERR_BIO_NOT_SET', 'expected setBio before the handshake')
    if (!this.#moved) this.#checkStart(role)
    const facts =
      this.#facts ?? new Facts(context, role, this.#options.servername, context.tracer(role))
    this.#facts = facts
    this.#connection = new Connection({
      rbio: this.#rbio,
      wbio: this.#wbio,
      role,
      crypto: context.crypto,
      limits: context.limits,
      buffers: context.buffers,
      padding: context.padding,
      sizing: context.recordSizing(),
      answers: answersOf({
        context,
        names: nameDemands(
          role,
          this.#options,
          this.#verifyNames,
          context.options.checkServerIdentity !== undefined,
        ),
        rawPublicKeys: this.#rawPublicKeys,
        judged: (verdict, want) => facts.judged(verdict, want),
        filters: request => facts.inquiries.filters(request),
        session: () => this.#usableSession(),
        switched: chosen => {
          this.#chosen = chosen
        },
      }),
      edit: context.options.edit,
      trace: facts.trace,
      moved: this.#moved?.connection,
      flow: talk =>
        role === 'client'
          ? client13(talk, {
              ...this.#flowConfig(),
              serverName: sniOf(this.#options),
              alpn: context.alpn,
              shares: context.shares,
              compatibility: context.options.middleboxCompat ?? true,
              tickets: context.options.tickets ?? true,
              ticketRequest: ticketRequest(context),
              earlyData: this.#early,
              authorities: context.requestAuthorities,
              postHandshakeAuth: context.options.postHandshakeAuth,
              look: context.look,
              psk: this.#offer !== undefined || this.#hasPsks,
            })
          : server13(talk, {
              ...this.#flowConfig(),
              ...context.clientAuthentication,
              cookie: context.cookie,
              cookies: context.cookieJar(this.#options.cookieContext ?? new Uint8Array(0)),
              psk: context.opensTickets || this.#hasPsks,
              maxEarlyData: context.options.maxEarlyData ?? 0,
              skippedEarlyData: Math.max(
                context.limits.skippedEarlyData,
                context.options.maxEarlyData ?? 0,
              ),
              ticketCount: (resumed, requested) => ticketCount(context, resumed, requested),
            }),
      learn: fact => facts.learn(fact),
      forget: () => facts.earlyExporter.wipe(),
      connected: connected => (this.#policy === 'at_once' ? this.#due(connected) : []),
      firstWrite: connected => (this.#policy === 'with_first_write' ? this.#due(connected) : []),
    })
    return this.#connection
  }

  #checkStart(role: Role): void {
    if (this.#verifyNames?.length === 0 && this.#context.options.rejectUnauthorized !== false)
      throw misuse(
        'ERR_INVALID_ARG_VALUE',
        'verifyNames: expected at least one name; an empty list needs rejectUnauthorized: false',
      )
    if (role === 'client') this.#checkClient()
    else checkServer(this.#context)
  }

  #flowConfig(): Omit<FlowConfig, 'psk'> {
    const { crypto, suites, groups, schemes, certificateSchemes, options, riding } = this.#context
    const { random, edit, pskModes = ['psk_dhe_ke'] } = options
    // 0 says nothing.
    const recordSizeLimit = (options.recordSizeLimit ?? mostRecordLimit) || undefined
    const { serverTypes, clientTypes, delegatedSchemes } = this.#context
    const types = { serverTypes, clientTypes, delegatedSchemes }
    return {
      ...{ crypto, suites, groups, schemes, certificateSchemes },
      ...{ random, edit, pskModes, recordSizeLimit },
      ...types,
      ...riding,
    }
  }

  /** A client verifies by default, and needs a name and somebody to believe; opting out is explicit. */
  #checkClient(): void {
    const { rejectUnauthorized, verifyCallback } = this.#context.options
    if (rejectUnauthorized === false) return
    // Who has neither anchors nor a callback believes no certificate: then a key is the only way.
    const nobody = this.#context.vouching?.size === 0
    if (this.#hasPsks && !verifyCallback && nobody) return
    if (this.#checkRawKeys()) return
    if (this.#options.servername === undefined && !this.#verifyNames)
      throw misuse(
        'ERR_NO_SERVERNAME',
        'a client that verifies needs servername; rejectUnauthorized: false opts out',
      )
    // A verifyCallback may believe a chain for reasons of its own; it still needs the name to be asked for.
    if (!verifyCallback && nobody)
      throw misuse(
        'ERR_NO_TRUST_ANCHORS',
        'a client that verifies needs ca or pins, since there is no built-in list; rejectUnauthorized: false opts out',
      )
  }

  /** Whether a raw key is all that a client takes: then there is no name to prove, and no authority to believe. Fail closed: somebody has to be expected. */
  #checkRawKeys(): boolean {
    const { serverTypes, rawPublicKeys, options } = this.#context
    if (!serverTypes.includes('rpk')) return false
    if ((this.#rawPublicKeys ?? rawPublicKeys).length === 0 && !options.verifyCallback)
      throw misuse(
        'ERR_NO_TRUST_ANCHORS',
        'a client that takes raw public keys needs rawPublicKeys, or a verifyCallback that knows them; rejectUnauthorized: false opts out',
      )
    return !serverTypes.includes('x509')
  }

  get #hasPsks(): boolean {
    const { psks, options } = this.#context
    return psks.length > 0 || options.pskCallback !== undefined
  }

  get #policy(): ContextOptions['ticketPolicy'] {
    if (this.#role === 'client') return 'never'
    return this.#context.options.ticketPolicy ?? 'at_once'
  }

  /** The session of the options, if it may be offered: in time, of this name, of a server that can be judged anew, and for the first time. */
  #usableSession(): Session | undefined {
    const session = this.#offer
    const context = this.#context
    if (!session || ageOf(session, context.now()) >= session.lifetime * 1000) return undefined
    if (session.serverName !== this.#options.servername) return undefined
    if (context.options.tickets === false) return undefined
    return context.spend(session) || this.#options.reuseSession ? session : undefined
  }

  /** Tickets that go out by themselves: after the handshake, and after a later authentication if they can say more than those. */
  #due(connected: Connected): readonly Command[] {
    if (connected.peerChain.length > 0 && this.#keepsNoClient) return []
    return this.#tickets(connected, connected.ticketsDue)
  }

  /**
   * A server that says nothing of clients' certificates resumes no session with one: its tickets then hold none. Nor one that a request's
   * filters spoke against: a resumption knows nothing of that request.
   */
  get #keepsNoClient(): boolean {
    const { verdict } = this.#facts ?? {}
    return (
      this.context.clientAuthentication.clientCertificate === 'none' ||
      (verdict !== undefined && isFiltered(verdict))
    )
  }

  /** So many tickets more, numbered on from those that were issued. */
  #tickets(connected: Connected, count = 0): readonly Command[] {
    const context = this.#context
    const {
      ticketLifetime = 7200,
      sessionIdContext = '',
      sessionCache,
      ticketSealer,
      maxEarlyData = 0,
    } = context.options
    if (!connected.ticketsAllowed) return []
    const known = this.#keepsNoClient ? { ...connected, peerChain: [] } : connected
    const issuing: Issuing = {
      crypto: context.crypto,
      draw: (purpose, length) => context.draw(purpose, length),
      now: context.now(),
      lifetime: ticketLifetime,
      maxEarlyData,
      sessionIdContext,
      cache: sessionCache,
      sealer: ticketSealer,
      key: () => context.ticketKey,
    }
    return Array.from({ length: count }, (_, i) =>
      makeTicket(known, connected.tickets + i, issuing),
    )
      .filter(ticket => ticket !== undefined)
      .map(ticket => ({ command: 'ticket', ...ticket }))
  }
}

/** RFC 9149's names for it. */
function ticketRequest({ options }: SslContext): TicketRequest | undefined {
  const { ticketRequest: asked } = options
  return asked && { new_session_count: asked.newSessions, resumption_count: asked.resumptions }
}

/** Tickets that a client may have because it asked. */
const mostRequested = 8

/** How many tickets follow a handshake: what the client would like, within bounds, or what the context says. */
function ticketCount(
  { options }: SslContext,
  resumed: boolean,
  requested: number | undefined,
): number {
  const { ticketPolicy = 'at_once', numTickets = 2 } = options
  if (ticketPolicy === 'never' || ticketPolicy === 'on_demand' || numTickets === 0) return 0
  if (requested !== undefined) return Math.min(requested, Math.max(numTickets, mostRequested))
  return resumed ? 1 : numTickets
}

/** A server shows a certificate, and has to know where from. */
function checkServer({ credentials, psks, options, ...context }: SslContext): void {
  if (context.serverTypes.includes('rpk') && context.rawCredentials.length > 0) return
  if (credentials.length > 0 || options.certificateCallback || options.SNICallback) return
  if (psks.length > 0 || options.pskCallback) return
  throw misuse(
    'ERR_NO_CERTIFICATE',
    'a server needs cert and key, a rawKey, a certificateCallback or SNICallback, or psks or a pskCallback',
  )
}
