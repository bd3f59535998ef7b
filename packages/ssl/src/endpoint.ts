/** One end, as an `Ssl` holds it: what it was told; once its first call has come, the connection; and what is known of it. */
import type { Bio } from '@biopair/bio'
import {
  type AnyConnected,
  client,
  is12,
  type Role,
  type Sessions12,
  server,
  type VersionName,
} from '@biopair/handshake'
import { type Bytes, TlsAlert } from '@biopair/wire'
import { publicKeysFrom } from '@biopair/x509'
import { Connection } from './connection.ts'
import type { SslContext } from './context.ts'
import { answersOf } from './context-answers.ts'
import { Facts } from './facts.ts'
import { clientConfig, serverConfig } from './flow-config.ts'
import { keepsNoClient, ticketsDue } from './issuing.ts'
import { misuse } from './misuse.ts'
import { factsOf } from './moving.ts'
import type { Moving } from './moving-common.ts'
import { nameDemands, verifyNamesFrom } from './name-demands.ts'
import { type Session, sessionFrom } from './session.ts'
import { offered12 } from './session12.ts'
import { type SslOptions, sslOptionsFrom } from './ssl-options.ts'
import { checkStart, usableSession } from './start-checks.ts'
import { forgetSession12, sessions12 } from './tickets12.ts'

export class Endpoint {
  /** The context that it was made with. */
  readonly first: SslContext
  /** The one that SNICallback put in its place. */
  #chosen: SslContext | undefined
  readonly options: SslOptions
  readonly #offer: Session | undefined
  readonly #verifyNames: readonly string[] | undefined
  readonly #rawPublicKeys: readonly Bytes[] | undefined
  role: Role | undefined
  rbio: Bio | undefined
  wbio: Bio | undefined
  /** Client: the first call was `writeEarly`. */
  early = false
  #connection: Connection | undefined
  #facts: Facts | undefined
  /** The connection that this one goes on for. */
  #moved: Moving | undefined

  constructor(context: SslContext, options: SslOptions) {
    this.first = context
    this.options = sslOptionsFrom(options)
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

  /** It goes on where another one stood. */
  goOn(moved: Moving): void {
    this.role = moved.connection.connected.role
    this.#moved = moved
    this.#facts = factsOf(moved, this.first)
  }

  /** Whether it goes on for another one. */
  get moved(): boolean {
    return this.#moved !== undefined
  }

  /** What it was made with, or the context that SNICallback put in its place. */
  get context(): SslContext {
    return this.#chosen ?? this.first
  }

  /** Undefined before the first call. */
  get connection(): Connection | undefined {
    return this.#connection
  }

  /** Undefined before the first call. */
  get facts(): Facts | undefined {
    return this.#facts
  }

  /** Undefined before the handshake is over. */
  get connected(): AnyConnected | undefined {
    return this.#connection?.connected ?? this.#moved?.connection.connected
  }

  /** Client: the name that is asked for. Server: the name that the client asked for. */
  get servername(): string | undefined {
    return this.role === 'server' ? this.#facts?.askedName : this.options.servername
  }

  /** TypeError for a client. */
  checkServer(call: string): void {
    if (this.role === 'client') throw misuse('ERR_NOT_SERVER', `${call} is a call of servers`)
  }

  /** TypeError once the first call has come. */
  checkUnstarted(call: string): void {
    if (this.#connection)
      throw misuse('ERR_STATE_MACHINE_STARTED', `${call} after the handshake has begun`)
  }

  /** TypeError once the first call has come, and for an end that goes on for another one. */
  checkNoRole(call: string): void {
    if (this.#moved)
      throw misuse('ERR_STATE_MACHINE_STARTED', `${call} after the handshake has begun`)
    this.checkUnstarted(call)
  }

  /** TypeError where the secrets are gone: from zeros, everybody would derive the same. */
  checkRemembers(call: string): void {
    if (this.#connection?.forgotten)
      throw misuse('ERR_CLOSED', `${call} after the connection failed or was closed`)
  }

  /** What was agreed on, while its secrets are there. */
  shaken(call: string): AnyConnected {
    const { connected } = this
    if (!connected) throw misuse('ERR_STILL_IN_INIT', `${call} before the handshake is over`)
    this.checkRemembers(call)
    return connected
  }

  /** The connection, made for the first call. TypeError where the role or a BIO is missing, or a client has nobody to believe. */
  started(): Connection {
    if (this.#connection) return this.#connection
    const { first: context, options, role, rbio, wbio } = this
    if (!role)
      throw misuse(
        'ERR_CONNECTION_TYPE_NOT_SET',
        'expected setConnectState or setAcceptState before the handshake',
      )
    if (!rbio || !wbio) throw misuse('ERR_BIO_NOT_SET', 'expected setBio before the handshake')
    const { servername } = options
    const verifyNames = this.#verifyNames
    const rawPublicKeys = this.#rawPublicKeys
    if (!this.#moved) checkStart(role, context, { servername, verifyNames, rawPublicKeys })
    const facts = this.#facts ?? new Facts(context, role, servername, context.tracer(role), options)
    this.#facts = facts
    this.#connection = new Connection({
      rbio,
      wbio,
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
          options,
          verifyNames,
          context.options.checkServerIdentity !== undefined,
        ),
        rawPublicKeys,
        judged: (verdict, want) => facts.judged(verdict, want),
        filters: request => facts.inquiries.filters(request),
        session: () => this.#usable('TLSv1.3'),
        switched: chosen => {
          this.#chosen = chosen
        },
      }),
      edit: context.options.edit,
      trace: facts.trace,
      moved: this.#moved?.connection,
      flow: talk => {
        if (role === 'server')
          return server(talk, serverConfig(context, options, this.#sessions12(facts)))
        const resumes = this.#offer !== undefined && !this.#offer.tls12
        facts.offered12 = this.#usable('TLSv1.2')
        const session12 = facts.offered12 && offered12(facts.offered12)
        const { early } = this
        return client(talk, clientConfig(context, options, { resumes, session12, early }))
      },
      learn: fact => facts.learn(fact),
      forget: end => {
        facts.earlyExporter.wipe()
        if (end?.status === 'failed' && end.error instanceof TlsAlert)
          forgetSession12(context, this.connected, facts)
      },
      offers12: context.versions.includes('TLSv1.2'),
      connected: connected => (is12(connected) ? [] : ticketsDue(this, 'at_once', connected)),
      firstWrite: connected =>
        is12(connected) ? [] : ticketsDue(this, 'with_first_write', connected),
    })
    return this.#connection
  }

  /** The session of the options, if it may be offered for this version. */
  #usable(version: VersionName): Session | undefined {
    const { first: context, options } = this
    const offer = this.#offer
    if ((offer?.tls12 ? 'TLSv1.2' : 'TLSv1.3') !== version) return undefined
    if (!context.versions.includes(version)) return undefined
    return usableSession(offer, options.servername, options.reuseSession === true, context)
  }

  #sessions12(facts: Facts): Sessions12 | undefined {
    return sessions12({
      context: this.first,
      serverName: () => facts.askedName,
      noClient: () => keepsNoClient(this.context, facts.verdict),
    })
  }
}
