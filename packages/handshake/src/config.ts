/** What a flow is told before it starts. */
import type { CipherSuite, CryptoProvider, Group, Random, SignatureScheme } from '@biopair/crypto'
import type { Bytes } from '@biopair/wire'

/** The last word on a message before it is encoded and sent: for replays of recorded handshakes, and for tests. */
export type Edit = <T>(name: string, message: T) => T

export interface FlowConfig {
  readonly crypto: CryptoProvider
  /** Where every draw comes from; without it the provider draws. */
  readonly random?: Random | undefined
  /** Most preferred first. */
  readonly suites: readonly CipherSuite[]
  /** Most preferred first. */
  readonly groups: readonly Group[]
  /** Schemes that we verify, most preferred first. */
  readonly schemes: readonly SignatureScheme[]
  readonly edit?: Edit | undefined
  /** What we say in record_size_limit: 64 to 2^14 + 1 (RFC 8449 §4). Undefined says nothing, and leaves what the peer says unheard. */
  readonly recordSizeLimit?: number | undefined
}

export interface ClientConfig extends FlowConfig {
  /** The host_name for server_name (RFC 6066 §3); undefined sends none. */
  readonly serverName: string | undefined
  readonly alpn: readonly Bytes[]
  /** Groups to send shares for, in the order of `groups`; may be empty. */
  readonly shares: readonly Group[]
  /** Middlebox compatibility mode (RFC 9846 appendix E.4). */
  readonly compatibility: boolean
  /** Whether tickets are of use: psk_key_exchange_modes is sent. */
  readonly tickets: boolean
}

/** Whether and how a server asks for a certificate. */
export interface ClientAuthentication {
  /** `require` ends the handshake of a client without a certificate with certificate_required. */
  readonly clientCertificate: 'none' | 'request' | 'require'
  /** DER names for certificate_authorities. */
  readonly authorities: readonly Bytes[]
}

export interface ServerConfig extends FlowConfig, ClientAuthentication {
  /** When a HelloRetryRequest carries a cookie that the client has to bring back (RFC 9846 §4.3.2). */
  readonly cookie: 'never' | 'with_retry' | 'always'
}

/** Random bytes for a purpose, from the source of this connection. */
export function draw(config: FlowConfig, purpose: string, length: number): Bytes {
  return config.random ? config.random(purpose, length) : config.crypto.randomBytes(length)
}
