/** What is known about a connection: the getters of `Ssl`, before, during and after its handshake. */
import type { AnyCipherSuite, AnyGroupName, SignatureSchemeName } from '@biopair/crypto'
import {
  type CertificateTypeName,
  is12,
  mayRequest,
  type Role,
  type Stapled,
  type VersionName,
} from '@biopair/handshake'
import type { Bytes } from '@biopair/wire'
import type { Verdict } from '@biopair/x509'
import type { EarlyDataStatus } from './early-stream.ts'
import type { Endpoint } from './endpoint.ts'
import { text } from './facts.ts'
import { type Sct, sctsOf } from './scts.ts'
import type { Session } from './session.ts'

export class SslFacts {
  readonly #end: Endpoint

  constructor(end: Endpoint) {
    this.#end = end
  }

  get role(): Role | undefined {
    return this.#end.role
  }

  /** The state of RFC 9846 appendix A: `START`, `WAIT_SH`, ..., `CONNECTED` (SSL_state_string(3)). */
  get state(): string {
    return this.#end.connection?.state ?? (this.#end.moved ? 'CONNECTED' : 'START')
  }

  /** Whether the peer's Finished is verified (SSL_is_init_finished(3)). */
  get connected(): boolean {
    return this.#end.connected !== undefined
  }

  get version(): VersionName | undefined {
    const { cipher } = this
    return cipher && ('auth' in cipher ? 'TLSv1.2' : 'TLSv1.3')
  }

  get cipher(): AnyCipherSuite | undefined {
    return this.#end.facts?.suite
  }

  get group(): AnyGroupName | undefined {
    return this.#end.facts?.group
  }

  /** The protocol that was agreed on (RFC 7301), as text. */
  get alpnProtocol(): string | undefined {
    return this.#end.facts?.alpn && text(this.#end.facts.alpn)
  }

  /** Client: the name that is asked for. Server: the name that the client asked for. */
  get servername(): string | undefined {
    return this.#end.servername
  }

  /** The name in the peer's certificate that one of those looked for matched, as it stands there: perhaps a wildcard (X509_get0_peername). */
  get peerName(): string | undefined {
    const verdict = this.#end.facts?.verdict
    return verdict?.ok ? verdict.name : undefined
  }

  /** DER, leaf first; empty where the peer showed none. */
  get peerCertificates(): readonly Bytes[] {
    const { peerChain = [], peerShown } = this.#end.facts ?? {}
    return peerShown?.type === 'rpk' ? [] : peerChain
  }

  /** What was shown of our own in this handshake, DER, leaf first; empty for nothing (SSL_get_certificate(3)). */
  get ownCertificates(): readonly Bytes[] {
    const { ownChain = [], types } = this.#end.facts ?? {}
    return types?.[this.role ?? 'client'] === 'rpk' ? [] : ownChain
  }

  /** The peer's raw public key as SubjectPublicKeyInfo (SSL_get0_peer_rpk(3)); undefined where it showed certificates, or nothing. */
  get peerRawPublicKey(): Bytes | undefined {
    const { peerChain = [], peerShown } = this.#end.facts ?? {}
    return peerShown?.type === 'rpk' ? peerChain[0] : undefined
  }

  /** How the server's key was shown (SSL_get_negotiated_server_cert_type(3)); undefined before, and where there was a pre-shared key instead. */
  get serverCertType(): CertificateTypeName | undefined {
    return this.#end.facts?.types.server
  }

  /** How the client's key was to be shown; undefined where none was asked for. */
  get clientCertType(): CertificateTypeName | undefined {
    return this.#end.facts?.types.client
  }

  /** The delegated credential that stood in for the key of the peer's certificate (RFC 9345), as it came; it was valid then. */
  get peerDelegatedCredential(): Bytes | undefined {
    return this.#end.facts?.peerShown.delegated
  }

  /** Whether a delegated credential stood in for the key of our own certificate (SSL_delegated_credential_used of BoringSSL). */
  get delegatedCredentialUsed(): boolean {
    return this.#end.facts?.delegated ?? false
  }

  /** The OCSP response that came with the peer's certificate, DER; undefined for none, and in a resumption. */
  get ocspResponse(): Bytes | undefined {
    return this.stapled[0]?.ocspResponse
  }

  /** What came with each of the peer's certificates, in their order; empty in a resumption. */
  get stapled(): readonly Stapled[] {
    return this.#end.facts?.stapled ?? []
  }

  /** The signed certificate timestamps of the peer's certificate, wherever they came; nobody has judged them. */
  get scts(): readonly Sct[] {
    return sctsOf(this.peerCertificates, this.stapled)
  }

  /** The scheme of the peer's CertificateVerify. */
  get peerSignatureScheme(): SignatureSchemeName | undefined {
    return this.#end.facts?.peerScheme
  }

  /** What was found about the peer's chain; undefined where it showed none. */
  get verdict(): Verdict | undefined {
    return this.#end.facts?.verdict
  }

  /** Whether the peer showed a certificate that is believed, and proved that it is its own: false until the handshake is over. */
  get authorized(): boolean {
    return this.connected && this.#end.facts?.verdict?.ok === true
  }

  /** Whether the server asked for another ClientHello. */
  get retried(): boolean {
    return this.#end.facts?.retried ?? false
  }

  /** Whether the keys are from a session before (SSL_session_reused(3)): then `peerCertificates` are those of its first handshake, judged anew. */
  get resumed(): boolean {
    return this.#end.facts?.resumed ?? false
  }

  /** The name of the pre-shared key that was agreed on elsewhere and is used; undefined for certificates and tickets. */
  get pskIdentity(): Bytes | undefined {
    return this.#end.facts?.pskIdentity
  }

  /** Client: the last ticket that came; in TLS 1.2 the session, as it may be resumed. */
  get session(): Session | undefined {
    return this.#end.facts?.session
  }

  get sentShutdown(): boolean {
    return this.#end.connection?.sentShutdown ?? false
  }

  get receivedShutdown(): boolean {
    return this.#end.connection?.receivedShutdown ?? false
  }

  /** What became of early data (SSL_get_early_data_status(3)). */
  get earlyData(): EarlyDataStatus {
    return this.#end.connection?.early.status ?? 'none'
  }

  /** Bytes that `read` gives without asking the carrier (SSL_pending(3)). */
  get pending(): number {
    return this.#end.connection?.pending ?? 0
  }

  /** Bytes of ours, sealed, that the carrier has not taken. */
  get queued(): number {
    return this.#end.connection?.queued ?? 0
  }

  /** Server: whether this client may be asked for a certificate after the handshake, if fewer than 8 requests are open. */
  get canRequestCertificate(): boolean {
    const connected = this.#end.connection?.connected
    if (!connected || is12(connected)) return false
    return mayRequest(connected) !== 'unsupported'
  }
}
