/** Errors with the codes that programs know from node:tls. What ended the connection is the `cause`. */
import { CarrierError, TlsAlert } from '@biopair/ssl'
import { StreamError } from '@biopair/ssl/stream'

/** Where a connection stood when it ended. */
export interface Ending {
  readonly role: 'client' | 'server'
  /** Whether the handshake was over. */
  readonly open: boolean
  /** Whether it was a writer that asked. */
  readonly writing?: boolean
}

/** An error with a code, and node:tls's fields where it has some. */
export type CodedError = Error & { readonly code: string }

/**
 * - a certificate that is not believed: its verify code (`CERT_HAS_EXPIRED`, `ERR_TLS_CERT_ALTNAME_INVALID`, ...)
 * - any other alert: itself, `ERR_SSL_` and the reason
 * - a carrier that broke: the carrier's own error
 * - an end without close_notify, or before there is a connection: `ECONNRESET`
 * - a handshake that took too long: `ERR_TLS_HANDSHAKE_TIMEOUT`
 * - writing where nothing is taken any more: `EPIPE`
 */
export function codedError(error: unknown, { role, open, writing }: Ending): Error {
  if (error instanceof TlsAlert) return error.cause === undefined ? error : verifyError(error)
  if (error instanceof CarrierError && error.cause instanceof Error) {
    const { cause } = error
    if (open || (cause as { code?: unknown }).code !== 'ERR_CARRIER_GONE') return cause
    return disconnected(role, error)
  }
  if (!(error instanceof StreamError))
    return error instanceof Error ? error : new Error(String(error), { cause: error })
  switch (error.code) {
    case 'ERR_CLOSED_IN_HANDSHAKE':
      return disconnected(role, error)
    case 'ERR_TRUNCATED':
      return open
        ? coded(
            'ECONNRESET',
            'the peer ended without close_notify: some data may be missing',
            error,
          )
        : disconnected(role, error)
    case 'ERR_HANDSHAKE_TIMEOUT':
      return coded('ERR_TLS_HANDSHAKE_TIMEOUT', 'TLS handshake timeout', error)
    case 'ERR_CLOSED':
      return writing ? coded('EPIPE', 'write after the connection was closed', error) : error
    default:
      return error
  }
}

/** An error whose code is `code`. */
export function coded(code: string, message: string, cause?: unknown): CodedError {
  return Object.assign(new Error(message, cause === undefined ? undefined : { cause }), { code })
}

function disconnected(role: 'client' | 'server', cause: Error): CodedError {
  return coded(
    'ECONNRESET',
    role === 'client'
      ? 'Client network socket disconnected before secure TLS connection was established'
      : 'socket hang up',
    cause,
  )
}

/** What the verification said, which is the cause of the alert; what `checkServerIdentity` said, as it is. */
function verifyError(alert: TlsAlert): Error {
  const { cause } = alert
  // A callback that threw is internal_error, and no verdict.
  if (alert.reason !== 'CERTIFICATE_VERIFY_FAILED' || !(cause instanceof Error)) return alert
  const { code, depth } = cause as { code?: unknown; depth?: unknown }
  return typeof code === 'string' && depth !== undefined ? coded(code, cause.message, alert) : cause
}
