/** `QuicTls`: TLS for a QUIC implementation (RFC 9001). CRYPTO bytes go in and out by level, secrets come as they are derived. */
import type { AnyGroupName, CipherSuite, SignatureSchemeName } from '@biopair/crypto'
import {
  type Connected,
  client13,
  type Flow,
  quicEarlyData,
  type Role,
  server13,
  type Talk,
} from '@biopair/handshake'
import type { Bytes } from '@biopair/wire'
import type { Verdict } from '@biopair/x509'
import type { SslContext } from '../context.ts'
import { answersOf } from '../context-answers.ts'
import type { EarlyDataStatus } from '../early-stream.ts'
import { keyingMaterial } from '../exporter.ts'
import { Facts, text } from '../facts.ts'
import { flowConfig, ticketRequest } from '../flow-config.ts'
import { issueTickets, keepsNoClient, ticketCount } from '../issuing.ts'
import { misuse } from '../misuse.ts'
import { nameDemands, sniOf } from '../name-demands.ts'
import type { Session } from '../session.ts'
import { hasPsks, usableSession } from '../start-checks.ts'
import { quicBinding } from './binding.ts'
import { CryptoInput } from './crypto-input.ts'
import { QuicDriver } from './driver.ts'
import { type CryptoLevel, type QuicEvent, QuicEvents } from './events.ts'
import { type QuicStarting, type QuicTlsOptions, startingFrom } from './options.ts'
import type { QuicOutcome } from './outcome.ts'
import { QuicOutput } from './quic-output.ts'
import { type QuicVersion, versionRow } from './version.ts'

export class QuicTls {
  readonly role: Role
  readonly #context: SslContext
  /** The context that SNICallback put in its place. */
  #chosen: SslContext | undefined
  readonly #options: QuicTlsOptions
  readonly #starting: QuicStarting
  readonly #facts: Facts
  readonly #events = new QuicEvents()
  readonly #driver: QuicDriver
  #earlyData: EarlyDataStatus = 'none'

  /** Reads and checks everything now. TypeError with a stable `code`, as an `Ssl` would have it, and for a context without protocols. */
  constructor(context: SslContext, options: QuicTlsOptions) {
    const starting = startingFrom(context, options)
    const { role, version } = starting
    this.role = role
    this.#context = context
    this.#options = options
    this.#starting = starting
    const facts = new Facts(context, role, starting.servername, context.tracer(role))
    facts.quicVersion = version
    this.#facts = facts
    const events = this.#events
    const input = new CryptoInput(context.limits)
    const output = new QuicOutput({
      ...{ input, events, trace: facts.trace },
      learn: fact => {
        facts.learn(fact)
        if (fact.fact === 'early_data' && fact.state !== 'over') this.#earlyData = fact.state
        if (fact.fact === 'ticket' && facts.session)
          events.add({ event: 'ticket', session: facts.session })
      },
    })
    this.#driver = new QuicDriver({
      ...{ crypto: context.crypto, input, output, events, trace: facts.trace },
      answers: this.#answers(),
      edit: context.options.edit,
      flow: talk => this.#flow(talk),
      connected: connected => this.#due(connected),
      forget: () => facts.earlyExporter.wipe(),
    })
  }

  /**
   * Takes in the peer's next CRYPTO bytes of a level, in order and without gaps, and goes on as far as it goes; then `next` has what came of
   * it. They are copied. Of a level that is through no more may come: the peer is at fault then. TypeError for one whose `read` secret has not been handed out.
   */
  provide(level: CryptoLevel, bytes: Uint8Array): QuicOutcome {
    return this.#driver.provide(level, bytes)
  }

  /** Goes on as far as it goes: a client begins so, and either end goes on so when a `ready` has settled. */
  advance(): QuicOutcome {
    return this.#driver.advance()
  }

  /** The next event, in the order in which they came to be; undefined where there is none. */
  next(): QuicEvent | undefined {
    return this.#events.next()
  }

  /** Server, once the handshake is complete: issues another ticket, as a `crypto` event; none where the client's chain is too long for one. */
  newSessionTicket(): QuicOutcome {
    if (this.role !== 'server')
      throw misuse('ERR_NOT_SERVER', 'newSessionTicket is a call of servers')
    if (!this.#context.opensTickets)
      throw misuse('ERR_INVALID_ARG_VALUE', 'newSessionTicket: the ticketPolicy is never')
    return this.#driver.order(connected => this.#tickets(connected, 1))
  }

  /** Ends it, and wipes what is secret: for when QUIC has closed the connection. Events that nobody has taken are gone; the facts stay. */
  close(): void {
    this.#driver.close()
  }

  /** Of QUIC: what tickets are for. */
  get version(): QuicVersion {
    return this.#facts.quicVersion as QuicVersion
  }

  /** Where versions are negotiated compatibly (RFC 9368), the one that was agreed on: before the first bytes of it are provided, by a server no later than its own transport parameters are asked for. */
  set version(version: QuicVersion) {
    versionRow(version)
    this.#facts.quicVersion = version
  }

  /** Keying material (RFC 9846 §7.5), as `Ssl.exportKeyingMaterial`. */
  exportKeyingMaterial(length: number, label: string, context?: Uint8Array): Bytes {
    const { connected, forgotten } = this.#driver
    if (forgotten)
      throw misuse('ERR_CLOSED', 'exportKeyingMaterial after the connection failed or was closed')
    if (!connected)
      throw misuse('ERR_STILL_IN_INIT', 'exportKeyingMaterial before the handshake is complete')
    const hash = this.#context.crypto.hashes[connected.suite.hash]
    return keyingMaterial(hash, connected.exporterSecret, length, label, context)
  }

  /** What it was made with, or the context that SNICallback put in its place. */
  get context(): SslContext {
    return this.#chosen ?? this.#context
  }

  /** The state of RFC 9846 appendix A: `START`, `WAIT_SH`, ..., `CONNECTED`. */
  get state(): string {
    return this.#driver.state
  }

  /** Whether the handshake is complete (RFC 9001 §4.1.1). When it is confirmed is QUIC's to know. */
  get complete(): boolean {
    return this.#driver.connected !== undefined
  }

  /** The peer's transport parameters, not proved before `complete`. */
  get transportParameters(): Bytes | undefined {
    return this.#facts.transportParameters
  }

  /** What became of 0-RTT. */
  get earlyData(): EarlyDataStatus {
    return this.#earlyData
  }

  get cipher(): CipherSuite | undefined {
    // TLS 1.2 is never offered here.
    return this.#facts.suite as CipherSuite | undefined
  }

  get group(): AnyGroupName | undefined {
    return this.#facts.group
  }

  /** The protocol that was agreed on, as text. */
  get alpnProtocol(): string | undefined {
    return this.#facts.alpn && text(this.#facts.alpn)
  }

  /** Client: the name that is asked for. Server: the name that the client asked for. */
  get servername(): string | undefined {
    return this.role === 'server' ? this.#facts.askedName : this.#starting.servername
  }

  /** DER, leaf first; empty where the peer showed none. */
  get peerCertificates(): readonly Bytes[] {
    const { peerChain, peerShown } = this.#facts
    return peerShown.type === 'rpk' ? [] : peerChain
  }

  /** The peer's raw public key as SubjectPublicKeyInfo; undefined where it showed certificates, or nothing. */
  get peerRawPublicKey(): Bytes | undefined {
    const { peerChain, peerShown } = this.#facts
    return peerShown.type === 'rpk' ? peerChain[0] : undefined
  }

  /** The scheme of the peer's CertificateVerify. */
  get peerSignatureScheme(): SignatureSchemeName | undefined {
    return this.#facts.peerScheme
  }

  /** What was found about the peer's chain; undefined where it showed none. */
  get verdict(): Verdict | undefined {
    return this.#facts.verdict
  }

  /** Whether the peer showed a certificate that is believed, and proved that it is its own: false until the handshake is complete. */
  get authorized(): boolean {
    return this.complete && this.#facts.verdict?.ok === true
  }

  /** Whether the server asked for another ClientHello. */
  get retried(): boolean {
    return this.#facts.retried
  }

  /** Whether the keys are from a session before. */
  get resumed(): boolean {
    return this.#facts.resumed
  }

  /** Client: the last ticket that came. */
  get session(): Session | undefined {
    return this.#facts.session
  }

  #answers() {
    const facts = this.#facts
    const { role, servername, verifyNames, rawPublicKeys, session } = this.#starting
    const { reuseSession = false } = this.#options
    return answersOf({
      context: this.#context,
      names: nameDemands(
        role,
        this.#options,
        verifyNames,
        this.context.options.checkServerIdentity !== undefined,
      ),
      rawPublicKeys,
      judged: (verdict, want) => facts.judged(verdict, want),
      filters: () => undefined,
      session: () => usableSession(session, servername, reuseSession, this.#context),
      switched: chosen => {
        this.#chosen = chosen
      },
      quic: () => this.#binding,
    })
  }

  #flow(talk: Talk): Flow<Connected> {
    const context = this.#context
    const { suites, session, transportParameters } = this.#starting
    // RFC 9001 §4.2: no version before 1.3.
    const versions = ['TLSv1.3'] as const
    const shared = {
      ...flowConfig(context),
      ...{ suites, versions, suites12: [] },
      quic: { transportParameters },
    }
    if (this.role === 'client')
      return client13(talk, {
        ...shared,
        serverName: sniOf(this.#options),
        alpn: context.alpn,
        shares: context.shares,
        // RFC 9001 §8.4: "A client MUST NOT request the use of the TLS 1.3 compatibility mode."
        compatibility: false,
        tickets: context.options.tickets ?? true,
        ticketRequest: ticketRequest(context),
        earlyData: this.#options.earlyData,
        authorities: context.requestAuthorities,
        look: context.look,
        psk: session !== undefined || hasPsks(context),
      })
    return server13(talk, {
      ...shared,
      ...context.clientAuthentication,
      cookie: context.cookie,
      psk: context.opensTickets || hasPsks(context),
      maxEarlyData: this.#maxEarlyData,
      skippedEarlyData: 0,
      ticketCount: (resumed, requested) => ticketCount(context, resumed, requested),
    })
  }

  /** RFC 9001 §4.6.1: all or nothing; how much there may be is in the transport parameters. */
  get #maxEarlyData(): number {
    return this.#context.options.maxEarlyData ? quicEarlyData : 0
  }

  get #binding(): Bytes {
    const { crypto } = this.#context
    return quicBinding(crypto, this.version, this.#starting.earlyDataContext)
  }

  /** Tickets that go out by themselves, at once or never: what is written is not seen here. */
  #due(connected: Connected) {
    const { ticketPolicy = 'at_once' } = this.#context.options
    if (this.role === 'client' || ticketPolicy !== 'at_once') return []
    if (connected.peerChain.length > 0 && this.#keepsNoClient) return []
    return this.#tickets(connected, connected.ticketsDue ?? 0)
  }

  #tickets(connected: Connected, count: number) {
    const terms = { noClient: this.#keepsNoClient, maxEarlyData: this.#maxEarlyData }
    return issueTickets(this.#context, connected, count, { ...terms, quic: this.#binding })
  }

  get #keepsNoClient(): boolean {
    return keepsNoClient(this.context, this.#facts.verdict)
  }
}
