/**
 * `Ssl`: a TLS connection over BIOs (SSL). Every call returns at once and says everything in what it returns. Over BIOs that
 * wait (`blocking`), a call returns once it has finished or failed; `want_…` then means a callback's promise, or a timeout of the BIO.
 */
import type { Bio } from '@biopair/bio'
import { is12, mayRequest } from '@biopair/handshake'
import type { Bytes, TlsAlert } from '@biopair/wire'
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
import { checkBound, exported as exportedFrom, only13, tlsUnique } from './connected-facts.ts'
import type { SslContext } from './context.ts'
import type { RejectedEarlyData } from './early-stream.ts'
import { Endpoint } from './endpoint.ts'
import type { Facts } from './facts.ts'
import { moreTickets } from './issuing.ts'
import { misuse } from './misuse.ts'
import {
  checkExport,
  type ExportOptions,
  exported,
  type ImportOptions,
  imported,
} from './moving.ts'
import type { Moving } from './moving-common.ts'
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
import { SslFacts } from './ssl-facts.ts'
import type { SslOptions } from './ssl-options.ts'

export class Ssl extends SslFacts {
  readonly #end: Endpoint
  /** Server: the first call was `stateless`. */
  #stateless = false

  constructor(context: SslContext, options: SslOptions = {}) {
    const end = new Endpoint(context, options)
    super(end)
    this.#end = end
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
      ssl.#end.goOn(moved)
      return ssl
    }
    const moved = imported(context, bytes, key, options)
    return moved instanceof Promise ? moved.then(goOn) : goOn(moved)
  }

  /** Sets where bytes come from and go to (SSL_set_bio); one BIO may be both. */
  setBio(rbio: Bio, wbio: Bio = rbio): this {
    this.#end.checkUnstarted('setBio')
    this.#end.rbio = rbio
    this.#end.wbio = wbio
    return this
  }

  /** What it was made with, or the context that SNICallback put in its place. */
  get context(): SslContext {
    return this.#end.context
  }

  get rbio(): Bio | undefined {
    return this.#end.rbio
  }

  get wbio(): Bio | undefined {
    return this.#end.wbio
  }

  /** This end is the client (SSL_set_connect_state). */
  setConnectState(): this {
    this.#end.checkNoRole('setConnectState')
    this.#end.role = 'client'
    return this
  }

  /** This end is the server (SSL_set_accept_state). */
  setAcceptState(): this {
    this.#end.checkNoRole('setAcceptState')
    this.#end.role = 'server'
    return this
  }

  /**
   * Shakes hands (SSL_do_handshake(3)). `done` when the peer's Finished is verified and our own flight was taken by the BIO and
   * flushed; tickets never hold it up. TypeError where the role or a BIO is missing, or a client has nobody to believe.
   */
  doHandshake(): HandshakeOutcome {
    return this.#end.started().handshake()
  }

  /** Shakes hands as a client (SSL_connect(3)). */
  connect(): HandshakeOutcome {
    if (!this.#end.role) this.setConnectState()
    return this.doHandshake()
  }

  /** Shakes hands as a server (SSL_accept(3)). */
  accept(): HandshakeOutcome {
    if (!this.#end.role) this.setAcceptState()
    return this.doHandshake()
  }

  /**
   * Server with `cookieKeys`: looks at one ClientHello, and keeps nothing of it (SSL_stateless(3)). `retried`: a HelloRetryRequest is out, and this object is done with: the
   * next ClientHello is for a new one. `done`: it brought a good cookie, or none was needed, and the handshake goes on here. It reads no further than that, and
   * leaves the BIO open.
   */
  stateless(): StatelessOutcome {
    this.#end.checkServer('stateless')
    if (!this.#end.first.cookieJar(new Uint8Array(0)))
      throw misuse('ERR_INVALID_ARG_VALUE', 'stateless: expected a context with cookieKeys')
    // Another call may have read on.
    if (!this.#stateless) this.#end.checkUnstarted('stateless')
    this.#stateless = true
    return this.#end.started().stateless()
  }

  /** Reads plaintext, of one record at the most (SSL_read(3)); shakes hands first where that has not happened. */
  read(into: Uint8Array): ReadOutcome {
    return this.#end.started().read(into)
  }

  /** As `read`, but the bytes stay to be read again (SSL_peek(3)). */
  peek(into: Uint8Array): ReadOutcome {
    return this.#end.started().read(into, true)
  }

  /**
   * Takes plaintext and says how much (SSL_write(3)); what was taken is never offered again. TypeError after `shutdown`. Over BIOs
   * that wait it takes everything; less only where a timeout was up or something failed, which the next call tells.
   */
  write(bytes: Uint8Array): WriteOutcome {
    return this.#end.started().write(bytes)
  }

  /**
   * Server: reads early data (0-RTT), which `read` never gives (SSL_read_early_data(3)): `end` when there is no more. Shakes hands only as far as that needs. What nobody
   * reads is kept, up to `maxEarlyData`, and the handshake goes on without. Early data has no forward secrecy, and may be a repetition. TypeError for a client.
   */
  readEarly(into: Uint8Array): EarlyReadOutcome {
    this.#end.checkServer('readEarly')
    return this.#end.started().readEarly(into)
  }

  /**
   * Client: sends early data (0-RTT) behind the first ClientHello (SSL_write_early_data(3)); it has to be the first call, with a session that permits early data. What
   * the server rejects comes back by `rejectedEarlyData`. Server: sends data (0.5-RTT) before the client's Finished has come: to somebody who may have
   * replayed all that came so far, or has yet to show a certificate. When no more is taken, `refused` says why, and `write` takes the rest.
   */
  writeEarly(bytes: Uint8Array): EarlyWriteOutcome {
    this.#end.early = true
    return this.#end.started().writeEarly(bytes)
  }

  /** Client, after its handshake: early data that the server rejected, to be sent again by `write` if that still makes sense. Once; undefined where there is none. */
  rejectedEarlyData(): RejectedEarlyData | undefined {
    const connection = this.#end.connection
    return connection?.connected && connection.early.takeRejected(connection.connected.alpn)
  }

  /** Drives out what was taken and waits for room; over BIOs that wait, tickets too, which no call that reads sends there. */
  flush(): FlushOutcome {
    return this.#end.started().flush()
  }

  /** Says close_notify; called again, looks for the peer's (SSL_shutdown(3)). Never closes the BIO. */
  shutdown(): ShutdownOutcome {
    return this.#end.started().shutdown()
  }

  /**
   * Ends the connection with a fatal alert: for a program that learns between two calls that it must not go on (BoringSSL's
   * SSL_send_fatal_alert). It is queued behind what waits; `flush` drives it out. A connection that has failed already stays as it is.
   */
  fail(alert: TlsAlert): Failed {
    return this.#end.started().fail(alert)
  }

  /**
   * Says goodbye, drains, and closes the BIO. `want_write` until everything is out. With an `error`, the goodbye is the alert
   * internal_error and the BIO is closed with it, so that the peer does not take what it has for all there was.
   */
  close(error?: Error): FlushOutcome {
    return this.#end.started().close(error)
  }

  /** Changes our keys; with `request`, the peer changes its own (SSL_key_update(3)). */
  keyUpdate(request = false): FlushOutcome {
    if (this.#end.connected) only13(this.#end.connected, 'keyUpdate')
    return this.#end.started().keyUpdate(request)
  }

  /** Server: issues another ticket (SSL_new_session_ticket(3)); none where the client's chain is too long for one. */
  newSessionTicket(): FlushOutcome {
    const connected = this.#end.connected
    if (!connected || this.#end.role !== 'server')
      throw misuse('ERR_STILL_IN_INIT', 'newSessionTicket: expected a server after its handshake')
    only13(connected, 'newSessionTicket')
    if (!this.#end.first.opensTickets)
      throw misuse('ERR_INVALID_ARG_VALUE', 'newSessionTicket: the ticketPolicy is never')
    return this.#end.started().order(now => moreTickets(this.#end, now, 1)[0])
  }

  /**
   * Server: asks the client for a certificate, at any time after the handshake (SSL_verify_client_post_handshake). The answer is taken in by later
   * reads, and data goes on meanwhile; `request.state` says what has become of it. A certificate that is refused ends the connection. RFC 9113 §9.2.3 forbids it with HTTP/2.
   */
  requestCertificate(options: CertificateRequestOptions = {}): RequestOutcome {
    const connected = this.#end.connected
    const facts = this.#end.facts
    if (!connected || !facts || this.#end.role !== 'server')
      throw misuse('ERR_STILL_IN_INIT', 'requestCertificate: expected a server after its handshake')
    const asks = requestFrom(options, this.context)
    if (is12(connected)) return { status: 'unsupported' }
    const may = mayRequest(connected)
    if (may !== 'yes') return { status: may }
    const context = facts.inquiries.context(this.context)
    const outcome = this.#end.started().order(() => ({
      command: 'request_certificate',
      context,
      ...asks,
    }))
    if (outcome.status !== 'done') return outcome
    return { status: 'done', request: facts.inquiries.begin(context, asks.demands.filters) }
  }

  /**
   * Makes bytes of the connection, sealed under a key of 32 bytes, for `importConnection` in another thread or process; here it is over then, and
   * every call but for the facts a TypeError (ERR_MOVED). The carrier stays open. It drives out what is queued, changes our key first (not in TLS 1.2, where our
   * number goes along), so that no number of one goes twice, and answers `done` once nothing waits: what else it answers says what to do, and then to call again.
   */
  exportConnection(key: Uint8Array, options: ExportOptions = {}): ExportOutcome {
    const lifetime = checkExport(key, options)
    const connection = this.#end.started()
    const facts = this.#end.facts as Facts
    return connection.handOver(state =>
      exported(this.#end.first, state, facts, this.servername, key, lifetime),
    )
  }

  /** Settles when the call that answered `outcome` is worth another try: the `select()` of the man pages. Never rejects; TypeError at once where a BIO that has to be waited for has no `ready`. */
  ready(outcome: { readonly status: string }): Promise<void> {
    return this.#end.started().ready(outcome)
  }

  /**
   * Keying material (RFC 9846 §7.5), node:tls's order of arguments; no context and an empty one are the same. TypeError before the handshake is
   * over (also for a server whose Finished is out: who is there is not known yet), after a failure and after `close`, for a label of more than 249
   * characters, each a byte, and for more than 255 times the length of the suite's hash.
   */
  exportKeyingMaterial(length: number, label: string, context?: Uint8Array): Bytes {
    const connected = this.#end.shaken('exportKeyingMaterial')
    return exportedFrom(connected, this.#end.first.crypto, length, label, context)
  }

  /**
   * Keying material of early_exporter_secret (RFC 9846 §7.5), for 0-RTT data: a client has it from its ClientHello on, a server from its
   * ServerHello on. Whoever records the ClientHello can replay it. TypeError `ERR_NO_EARLY_EXPORTER` where no pre-shared key is used,
   * or not the one that was offered first, or after a HelloRetryRequest.
   */
  exportEarlyKeyingMaterial(length: number, label: string, context?: Uint8Array): Bytes {
    if (!this.#end.connection || !this.#end.facts)
      throw misuse('ERR_STILL_IN_INIT', 'exportEarlyKeyingMaterial before the handshake has begun')
    this.#end.checkRemembers('exportEarlyKeyingMaterial')
    return this.#end.facts.earlyExporter.export(length, label, context)
  }

  /**
   * What both ends of this connection know, for SCRAM and its like: `tls-exporter` (RFC 9266) is of the connection, `tls-server-end-point` (RFC 5929)
   * of the server's certificate. TypeError `ERR_NO_CHANNEL_BINDING` where there is none: `tls-unique` in TLS 1.3, a certificate whose signature
   * has no hash of its own (Ed25519), a server that resumes. Otherwise as exportKeyingMaterial.
   */
  channelBinding(type: ChannelBindingType): Bytes {
    checkBindingType(type)
    const connected = this.#end.shaken('channelBinding')
    if (type === 'tls-unique') return tlsUnique(connected)
    checkBound(connected, type)
    if (type === 'tls-exporter')
      return this.exportKeyingMaterial(tlsExporter.length, tlsExporter.label)
    const { ownChain = [], peerChain = [] } = this.#end.facts ?? {}
    const [leaf] = this.#end.role === 'server' ? ownChain : peerChain
    return serverEndPoint(leaf, this.#end.first.crypto)
  }
}
