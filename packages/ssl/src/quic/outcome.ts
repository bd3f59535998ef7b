/** What a call of `QuicTls` returned, and the codes that QUIC closes a connection with (RFC 9000 §20.1; RFC 9001 §4.8). */
import { ProtocolViolation } from '@biopair/handshake'
import { TlsAlert } from '@biopair/wire'
import type { Suspended } from '../outcome.ts'

/**
 * - `done`: the handshake is complete; what a server's tickets say comes as events
 * - `want_read`: the peer's next CRYPTO bytes are waited for
 * - `want_…`: a callback has promised its answer; call `advance` when `ready` has settled
 * - `failed`: it is over, here and at the peer once it is told `code`
 */
export type QuicOutcome =
  | { readonly status: 'done' }
  | { readonly status: 'want_read' }
  | Suspended
  | QuicFailed

/** The same on every later call. */
export interface QuicFailed {
  readonly status: 'failed'
  readonly error: TlsAlert
  /** For CONNECTION_CLOSE of type 0x1c: CRYPTO_ERROR, which is 0x0100 and the alert; PROTOCOL_VIOLATION; or CRYPTO_BUFFER_EXCEEDED. */
  readonly code: number
}

/** More CRYPTO bytes than are kept (RFC 9000 §7.5). */
export class CryptoBufferExceeded extends TlsAlert {}

export function quicFailed(error: TlsAlert): QuicFailed {
  return { status: 'failed', error, code: quicErrorCode(error) }
}

/** The code of a connection error for what went wrong in TLS. */
export function quicErrorCode(error: TlsAlert): number {
  if (error instanceof ProtocolViolation) return 0x0a
  if (error instanceof CryptoBufferExceeded) return 0x0d
  return 0x0100 + error.description
}
