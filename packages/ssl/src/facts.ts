/** What a connection has found out, as its flow tells it. */
import type { AnyCipherSuite, AnyGroupName, SignatureSchemeName } from '@biopair/crypto'
import {
  type CertificateTypeName,
  certificates,
  type Fact,
  type Role,
  type Shown,
  type Stapled,
  type WantVerification,
} from '@biopair/handshake'
import type { Bytes } from '@biopair/wire'
import type { Verdict } from '@biopair/x509'
import { Inquiries } from './certificate-inquiry.ts'
import type { SslContext } from './context.ts'
import { EarlyExporter } from './exporter.ts'
import type { QuicVersion } from './quic/version.ts'
import type { QuicTerms, Session } from './session.ts'
import { sessionOf12 } from './session12.ts'
import type { SslOptions } from './ssl-options.ts'
import type { Tracer } from './tracer.ts'

/** Who is told of one connection alone. */
type Listeners = Pick<SslOptions, 'keylog' | 'onSession'>

export class Facts {
  readonly #context: SslContext
  readonly #role: Role
  readonly #servername: string | undefined
  readonly #told: Listeners
  readonly trace: Tracer | undefined
  readonly earlyExporter = new EarlyExporter()
  #clientRandom: Bytes | undefined
  suite: AnyCipherSuite | undefined
  group: AnyGroupName | undefined
  alpn: Bytes | undefined
  /** QUIC: the peer's. */
  transportParameters: Bytes | undefined
  /** And its version; undefined over records. */
  quicVersion: QuicVersion | undefined
  /** Server: the name that the client asked for. */
  askedName: string | undefined
  peerChain: readonly Bytes[] = []
  /** What came with each of them. */
  stapled: readonly Stapled[] = []
  peerShown: Shown = certificates
  /** Whether a delegated credential of ours was shown. */
  delegated = false
  /** Types of certificates, where one is shown or asked for. */
  readonly types: { client?: CertificateTypeName; server?: CertificateTypeName } = {}
  /** What we showed in this handshake. */
  ownChain: readonly Bytes[] = []
  peerScheme: SignatureSchemeName | undefined
  verdict: Verdict | undefined
  /** What was found about the chain of the session that is offered, or of a ticket; it counts once the session is resumed. */
  sessionVerdict: Verdict | undefined
  session: Session | undefined
  /** Client: the session of TLS 1.2 that is offered. */
  offered12: Session | undefined
  retried = false
  resumed = false
  /** Of a key that was agreed on elsewhere. */
  pskIdentity: Bytes | undefined
  /** Server: certificates that were asked for after the handshake. */
  readonly inquiries = new Inquiries()

  constructor(
    context: SslContext,
    role: Role,
    servername: string | undefined,
    trace: Tracer | undefined,
    told: Listeners = {},
  ) {
    this.trace = trace
    this.#told = told
    this.#context = context
    this.#role = role
    this.#servername = servername
  }

  /** What was found about the peer's chain. */
  judged(verdict: Verdict, { resuming, request }: WantVerification): void {
    if (request) this.inquiries.judged(request, verdict)
    else this[resuming ? 'sessionVerdict' : 'verdict'] = verdict
  }

  /** Of the ClientHello, by which the key log knows the connection. */
  get clientRandom(): Bytes | undefined {
    return this.#clientRandom
  }

  /** Takes a fact in, and hands it on to who asked to hear of it: key log, trace, sessions. */
  learn(fact: Fact): void {
    switch (fact.fact) {
      case 'state':
        this.trace?.tell({ event: 'state', state: fact.state })
        break
      case 'client_random':
        this.#clientRandom = fact.random
        break
      case 'server_name':
        this.askedName = fact.serverName
        break
      case 'retry':
        this.retried = true
        break
      case 'suite':
        this.suite = fact.suite
        break
      case 'group':
        this.group = fact.group
        break
      case 'psk':
        this.resumed = fact.kind === 'resumption'
        if (!this.resumed) this.pskIdentity = fact.identity
        this.peerChain = fact.chain
        this.peerShown = fact.shown
        this.verdict = fact.chain.length > 0 ? this.sessionVerdict : undefined
        break
      case 'alpn':
        this.alpn = fact.protocol
        break
      case 'certificate':
        if (fact.of !== this.#role) {
          this.peerChain = fact.chain
          this.peerShown = fact.shown
          this.stapled = fact.stapled ?? []
        } else {
          this.ownChain = fact.chain
          this.delegated = fact.shown.delegated !== undefined
        }
        break
      case 'certificate_type':
        this.types[fact.of] = fact.type
        break
      case 'signature':
        if (fact.of !== this.#role) this.peerScheme = fact.scheme
        break
      case 'keylog':
        this.#log(fact.label, fact.secret)
        break
      case 'resumption_secret':
        this.trace?.derived(fact.fact, fact.secret)
        break
      case 'early_exporter':
        this.earlyExporter.learn(this.#context.crypto.hashes[fact.hash], fact.secret)
        if (fact.logged) this.#log('EARLY_EXPORTER_SECRET', fact.secret)
        else this.trace?.derived('early_exporter_secret', fact.secret)
        break
      case 'no_early_exporter':
        this.earlyExporter.wipe()
        break
      case 'ticket':
        this.#tell({ ...fact.ticket, ...this.#arrival, quic: this.#quicTerms })
        break
      case 'session': {
        const { session } = fact
        this.#tell(sessionOf12(session, this.#arrival, session.renewed ? this.session : undefined))
        break
      }
      case 'resumed':
        this.resumed = true
        this.session = this.offered12
        this.peerChain = fact.chain
        this.peerShown = fact.shown
        this.verdict = fact.chain.length > 0 ? this.sessionVerdict : undefined
        break
      case 'client_authentication':
        this.verdict = this.inquiries.learn(fact, this.peerChain) ?? this.verdict
        break
      case 'transport_parameters':
        this.transportParameters = fact.parameters
        break
      case 'early_data':
      case 'certificate_request':
      case 'key_update':
        break
    }
  }

  get #arrival(): Pick<Session, 'received' | 'serverName' | 'alpn'> {
    return { received: this.#context.now(), serverName: this.#servername, alpn: this.alpn }
  }

  #tell(session: Session): void {
    this.session = session
    this.#context.options.onSession?.(session)
    this.#told.onSession?.(session)
  }

  get #quicTerms(): QuicTerms | undefined {
    const { quicVersion: version, transportParameters } = this
    return version && transportParameters && { version, transportParameters }
  }

  #log(label: string, secret: Bytes): void {
    const line = () => `${label} ${hex(this.#clientRandom ?? new Uint8Array(0))} ${hex(secret)}`
    this.trace?.derived(secretName(label), secret, line)
    this.#context.options.keylog?.(line())
    this.#told.keylog?.(line())
  }
}

/** The key schedule's name of what the key log has under a label (RFC 9850 §2.2). */
function secretName(label: string): string {
  // RFC 9850 §2.1: the label of TLS 1.2 names the random beside it.
  if (label === 'CLIENT_RANDOM') return 'master_secret'
  return label.toLowerCase().replace('_traffic_secret_0', '_application_traffic_secret_0')
}

/** Bytes as text, a character a byte. */
export function text(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes)
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}
