/** What package ssl offers. */
export type {
  CertificateCompression,
  ClientHelloPolicy,
  GreasePlace,
  Stapled,
} from '@biopair/handshake'
export { TlsAlert } from '@biopair/wire'
export {
  type LeftOut,
  type LegacyCertificate,
  type LenientTrustStore,
  lenientTrustStore,
  type TrustSource,
  type TrustStore,
  type VerifyStep,
} from '@biopair/x509'
export type { AbortSignalLike, CallbackContext, Signal } from './abort.ts'
export type {
  CertificateInquiry,
  CertificateRequestOptions,
  RequestOutcome,
} from './certificate-inquiry.ts'
export { type CertificateObject, certificateObjects } from './certificate-objects.ts'
export type { OcspMode } from './certificate-status.ts'
export type { ChannelBindingType } from './channel-binding.ts'
export type { ClaimStore, ClaimStoreNow } from './claims.ts'
export type { ClientHelloView } from './client-hello-view.ts'
export { SslContext } from './context.ts'
export type {
  ContextOptions,
  IdentityAnswer,
  SniAnswer,
  SniCallback,
} from './context-options.ts'
export type { ChainOption, Credential } from './credentials.ts'
export {
  type DelegatedOption,
  type Delegation,
  type DelegationOptions,
  delegatedCredential,
  type OwnDelegation,
  prepareDelegation,
} from './delegation.ts'
export type { EarlyDataCallback, EarlyDataOffered } from './early-answers.ts'
export type { EarlyDataStatus, RejectedEarlyData } from './early-stream.ts'
export type { Limits } from './limits.ts'
export { MemorySessionCache } from './memory-session-cache.ts'
export type { MisuseCode } from './misuse.ts'
export type { ExportOptions, ImportOptions } from './moving.ts'
export type { OcspRequestCallback, OcspResponseCallback } from './ocsp-answers.ts'
export type { OidFilterOption } from './oid-filters.ts'
export * from './outcome.ts'
export type { KeyOption, PassphrasedKey } from './own-keys.ts'
export type { PaddingPolicy } from './padding.ts'
export { type PcapngOptions, PcapngWriter } from './pcapng.ts'
export type { PskAnswer, PskCallback, PskCallbackContext } from './psk-callback.ts'
export type { PskOption } from './psks.ts'
export * from './pump.ts'
export type { RawCredential } from './raw-keys.ts'
export {
  MemoryReplayStore,
  type MemoryReplayStoreOptions,
  type ReplayStore,
} from './replay-store.ts'
export type { RevocationCheck } from './revocation-policy.ts'
export type { Sct } from './scts.ts'
export {
  type CheckServerIdentity,
  checkServerIdentity,
  type NamedCertificate,
  ServerIdentityError,
} from './server-identity.ts'
export { type QuicTerms, type Session, sessionFromBytes, sessionToBytes } from './session.ts'
export type { Terms12 } from './session12.ts'
export type { IdentityOption } from './shown-identity.ts'
export { Ssl } from './ssl.ts'
export { SslBio } from './ssl-bio.ts'
export type { SslOptions } from './ssl-options.ts'
export type { SessionCache, TicketSealer } from './tickets.ts'
export type { Trace, TraceEvent, TraceKind, TraceNews, TraceStamp } from './trace.ts'
export { traceLines } from './trace-lines.ts'
export type { VerifyCallback, VerifyContext } from './verification.ts'
export { verifyAlerts } from './verify-alerts.ts'
export { type WebCryptoKey, type WebCryptoSigner, webCryptoKey } from './web-crypto-key.ts'
