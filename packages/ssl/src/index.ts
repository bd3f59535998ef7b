/** What package ssl offers. */
export { TlsAlert } from '@biopair/wire'
export type { AbortSignalLike, CallbackContext, Signal } from './abort.ts'
export type {
  CertificateInquiry,
  CertificateRequestOptions,
  RequestOutcome,
} from './certificate-inquiry.ts'
export type { ClientHelloView } from './client-hello-view.ts'
export * from './context.ts'
export type { Credential } from './credentials.ts'
export type { Limits } from './limits.ts'
export type { MisuseCode } from './misuse.ts'
export type { OidFilterOption } from './oid-filters.ts'
export * from './outcome.ts'
export type { PaddingPolicy } from './padding.ts'
export type { PskAnswer, PskCallback } from './psk-answers.ts'
export type { PskOption } from './psks.ts'
export * from './pump.ts'
export { type Session, sessionFromBytes, sessionToBytes } from './session.ts'
export * from './ssl.ts'
export { SslBio } from './ssl-bio.ts'
export type { SessionCache } from './tickets.ts'
export type { Trace, TraceEvent } from './trace.ts'
export type { VerifyCallback, VerifyContext } from './verification.ts'
