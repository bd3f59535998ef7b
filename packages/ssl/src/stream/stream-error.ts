/** How a stream ends that neither an alert nor the carrier has ended. */

export type StreamErrorCode =
  | 'ERR_ABORTED'
  | 'ERR_CLOSE_TIMEOUT'
  | 'ERR_CLOSED'
  | 'ERR_CLOSED_IN_HANDSHAKE'
  | 'ERR_HANDSHAKE_TIMEOUT'
  | 'ERR_IDLE_TIMEOUT'
  | 'ERR_TRUNCATED'

/**
 * - `ERR_TRUNCATED`: the carrier ended without a close_notify: what was read may not be all that was sent (RFC 9846 §6.1)
 * - `ERR_CLOSED_IN_HANDSHAKE`: the peer said close_notify before there was a connection
 * - `ERR_HANDSHAKE_TIMEOUT`, `ERR_IDLE_TIMEOUT`, `ERR_CLOSE_TIMEOUT`: a time of the options was up
 * - `ERR_ABORTED`: this side gave up; `cause` is why
 * - `ERR_CLOSED`: this side was closed
 */
export class StreamError extends Error {
  override readonly name = 'StreamError'
  readonly code: StreamErrorCode

  constructor(code: StreamErrorCode, message: string, options?: { readonly cause: unknown }) {
    super(message, options)
    this.code = code
  }
}
