/** What a flow is told before it starts. */
import type {
  CipherSuite,
  CipherSuite12,
  CryptoProvider,
  Group,
  Random,
  SignatureScheme,
} from '@biopair/crypto'
import type { Bytes } from '@biopair/wire'
import type { CertificateConfig } from './certificate-config.ts'
import type { ClientHelloPolicy } from './client-hello-policy.ts'
import type { CookieJar } from './cookie-jar.ts'
import type { FragmentLength } from './fragment-length.ts'
import type { PskMode } from './psk.ts'
import type { CertificateTypeName } from './shown.ts'
import type { OfferedSession12, Sessions12 } from './tls12/session.ts'
import type { VersionName } from './versions.ts'

/** The last word on a message before it is encoded and sent: for replays of recorded handshakes, and for tests. */
export type Edit = <T>(name: string, message: T) => T

export interface FlowConfig extends CertificateConfig {
  readonly crypto: CryptoProvider
  /** Where every draw comes from; without it the provider draws. */
  readonly random?: Random | undefined
  /** Most preferred first. */
  readonly suites: readonly CipherSuite[]
  /** Most preferred first. */
  readonly groups: readonly Group[]
  /** Schemes that we verify, most preferred first. */
  readonly schemes: readonly SignatureScheme[]
  /** Schemes that we verify in certificates, sent as signature_algorithms_cert; undefined sends none: `schemes` are for both (RFC 9846 §4.3.3). */
  readonly certificateSchemes?: readonly SignatureScheme[] | undefined
  /** How pre-shared keys may be used: psk_ke gives up forward secrecy. */
  readonly pskModes: readonly PskMode[]
  /** Whether there may be keys: the wants `psk_offer` and `psk` are asked. */
  readonly psk: boolean
  readonly edit?: Edit | undefined
  /** Most preferred first; TLS 1.3 alone where absent. */
  readonly versions?: readonly VersionName[] | undefined
  /** Suites of TLS 1.2, most preferred first; none where absent. */
  readonly suites12?: readonly CipherSuite12[] | undefined
  /** TLS 1.2: whether a peer without extended_master_secret is refused: true where absent (RFC 7627 §5.2, §5.3). */
  readonly extendedMasterSecret?: boolean | undefined
  /** What we say in record_size_limit: 64 to 2^14 + 1 (RFC 8449 §4). Undefined says nothing, and leaves what the peer says unheard. */
  readonly recordSizeLimit?: number | undefined
  /** Types that the server's key may be shown in, most preferred first: a client takes them, a server has them. X.509 alone where absent. */
  readonly serverTypes?: readonly CertificateTypeName[] | undefined
  /** Types that the client's key may be shown in, most preferred first: a client has them, a server takes them. X.509 alone where absent. */
  readonly clientTypes?: readonly CertificateTypeName[] | undefined
  /** Schemes that we take delegated credentials with (RFC 9345); none where absent. */
  readonly delegatedSchemes?: readonly SignatureScheme[] | undefined
  /** Over QUIC; undefined over records. */
  readonly quic?: QuicConfig | undefined
}

/** A handshake over QUIC, whose carrier has a level for each key, and says nothing where one ends (RFC 9001). */
export interface QuicConfig {
  /** Ours, as they stand in quic_transport_parameters. Asked once; a server's is told the client's, which nobody has proved yet. */
  readonly transportParameters: (peer: Bytes | undefined) => Bytes
}

/** How many tickets a client would like (RFC 9149 §2). */
export interface TicketRequest {
  /** After a full handshake. */
  readonly new_session_count: number
  /** After a resumption. */
  readonly resumption_count: number
}

export interface ClientConfig extends FlowConfig {
  /** TLS 1.2 alone: says that a higher version was tried before (RFC 7507). */
  readonly fallback?: boolean | undefined
  /** Asked for in max_fragment_length (RFC 6066 §4); undefined sends none. */
  readonly maxFragmentLength?: FragmentLength | undefined
  /** The host_name for server_name (RFC 6066 §3); undefined sends none. */
  readonly serverName: string | undefined
  readonly alpn: readonly Bytes[]
  /** Groups to send shares for, in the order of `groups`; may be empty. */
  readonly shares: readonly Group[]
  /** Middlebox compatibility mode (RFC 9846 appendix E.4). */
  readonly compatibility: boolean
  /** Whether tickets are of use: psk_key_exchange_modes is sent, and session_ticket. */
  readonly tickets: boolean
  /** Whether early_data is offered, where the first key permits it. */
  readonly earlyData?: boolean | undefined
  /** Sent as ticket_request; undefined sends none. */
  readonly ticketRequest?: TicketRequest | undefined
  /** DER names for certificate_authorities; undefined or none sends none. */
  readonly authorities?: readonly Bytes[] | undefined
  /** Whether the server may ask for a certificate after the handshake (RFC 9846 §4.3.6). */
  readonly postHandshakeAuth?: boolean | undefined
  /** A session of TLS 1.2 to go on with, if its server is believed still. It stays its owner's, who wipes it. */
  readonly session12?: OfferedSession12 | undefined
  /** How the ClientHello looks. */
  readonly look?: ClientHelloPolicy | undefined
}

/** An extension that a certificate has to have, and what it has to say (RFC 9846 §4.3.5). */
export interface OidFilter {
  /** DER of the OBJECT IDENTIFIER, tag and length included. */
  readonly oid: Bytes
  /** DER of the extension's value; empty for any. */
  readonly values: Bytes
}

/** What a server says of the certificates that would do (RFC 9846 §4.4.2). */
export interface CertificateDemands {
  readonly schemes: readonly SignatureScheme[]
  readonly certificateSchemes?: readonly SignatureScheme[] | undefined
  /** DER names; none leaves certificate_authorities out. */
  readonly authorities: readonly Bytes[]
  /** None leaves oid_filters out. */
  readonly filters?: readonly OidFilter[] | undefined
}

/** Whether and how a server asks for a certificate. */
export interface ClientAuthentication {
  /** `require` ends the handshake of a client without a certificate with certificate_required; `later` asks after it, so that a session may hold what was shown then. */
  readonly clientCertificate: 'none' | 'later' | 'request' | 'require'
  /** DER names for certificate_authorities. */
  readonly authorities: readonly Bytes[]
  /** For oid_filters. */
  readonly filters?: readonly OidFilter[] | undefined
}

export interface ServerConfig extends FlowConfig, ClientAuthentication {
  /** TLS 1.2: psk_identity_hint for suites with a pre-shared key (RFC 4279 §5.2); none where absent. */
  readonly pskIdentityHint?: Bytes | undefined
  /** When a HelloRetryRequest carries a cookie that the client has to bring back (RFC 9846 §4.3.2). */
  readonly cookie: 'never' | 'with_retry' | 'always'
  /** Keeps what is known of a first ClientHello in the cookie, and nothing here: whoever has the same jar goes on with the second. */
  readonly cookies?: CookieJar | undefined
  /** Bytes of early data that are taken at most; 0 refuses it. */
  readonly maxEarlyData: number
  /** Bytes of refused early data that are passed over; beyond them unexpected_message. */
  readonly skippedEarlyData: number
  /** TLS 1.2: how sessions are remembered: the want `session` is asked then. None are where absent. */
  readonly sessions12?: Sessions12 | undefined
  /** How many tickets follow the handshake; `requested` by ticket_request, undefined where the client did not say. */
  readonly ticketCount: (resumed: boolean, requested: number | undefined) => number
}

/** Random bytes for a purpose, from the source of this connection. */
export function draw(config: FlowConfig, purpose: string, length: number): Bytes {
  return config.random ? config.random(purpose, length) : config.crypto.randomBytes(length)
}
