/** What `@biopair/ssl/quic` offers: TLS for a QUIC implementation, and the keys of its packets (RFC 9001, RFC 9369). */
export type { CryptoLevel, QuicEvent } from './quic/events.ts'
export type { QuicTlsOptions } from './quic/options.ts'
export { type QuicFailed, type QuicOutcome, quicErrorCode } from './quic/outcome.ts'
export {
  headerMask,
  initialSecrets,
  type KeyCrypto,
  nextSecret,
  type PacketKeys,
  packetKeys,
} from './quic/packet-keys.ts'
export { QuicTls } from './quic/quic-tls.ts'
export { retryIntegrityTag } from './quic/retry.ts'
export type { QuicVersion } from './quic/version.ts'
