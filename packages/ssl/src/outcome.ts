/** What a call returned: everything that a program needs to know is in it. */
import type { Bytes, TlsAlert } from '@biopair/wire'

/** The call cannot go on before the carrier moves. Call again when it is ready for what is asked. */
export interface Waiting {
  /** `want_write` while bytes of ours wait for room, or have to be flushed further down; else `want_read`. */
  readonly status: 'want_read' | 'want_write'
  /** Bytes that would complete the header or body being read; 0 if the call does not wait for input. */
  readonly read: number
  /** Bytes of ours that the carrier has not taken; 1 if only its flush waits. While there are any, waiting for readability alone may wait for ever. */
  readonly write: number
  /** Beside the carrier, a callback of an authentication after the handshake is waited for: call again when its `ready` has settled, too. */
  readonly meanwhile?: Suspended
}

/** A callback has promised its answer. Call again when `ready` has settled; it never rejects. */
export interface Suspended {
  readonly status:
    | 'want_client_hello'
    | 'want_server_name'
    | 'want_psk_offer'
    | 'want_psk'
    | 'want_psk_claim'
    | 'want_session'
    | 'want_early_data'
    | 'want_alpn'
    | 'want_certificate'
    | 'want_signature'
    | 'want_verification'
    | 'want_ocsp_request'
    | 'want_ocsp_response'
  readonly ready: Promise<void>
}

/** The peer's close_notify: everything it sent has been read. */
export interface Closed {
  readonly status: 'closed'
}

/** The carrier ended without a close_notify: what was read may not be all that was sent (RFC 9846 §6.1). */
export interface Truncated {
  readonly status: 'truncated'
}

/** A fatal alert, ours or theirs, or a carrier that broke. The same on every later call. */
export interface Failed {
  readonly status: 'failed'
  readonly error: TlsAlert | CarrierError
}

export type Stop = Waiting | Suspended | Closed | Truncated | Failed

export type HandshakeOutcome = { readonly status: 'done' } | Stop
/**
 * - `done`: the handshake goes on here
 * - `retried`: our HelloRetryRequest is out, and nothing is kept of who it is for
 */
export type StatelessOutcome = { readonly status: 'done' } | { readonly status: 'retried' } | Stop
/** `bytes` of plaintext were put into the buffer. */
export type ReadOutcome = { readonly status: 'done'; readonly bytes: number } | Stop
/** The first `bytes` were taken: they are sealed and owned, and are never offered again. */
export type WriteOutcome = { readonly status: 'done'; readonly bytes: number } | Stop
/** `bytes` of early data were put into the buffer; `end`: there is no more, or there was none (`Ssl.earlyData` says why). */
export type EarlyReadOutcome = { readonly status: 'done'; readonly bytes: number } | EarlyEnd | Stop
export interface EarlyEnd {
  readonly status: 'end'
}
/** The first `bytes` were taken, as `WriteOutcome`; `refused` is no failure: the connection goes on, and the rest goes by `write`. */
export type EarlyWriteOutcome =
  | { readonly status: 'done'; readonly bytes: number }
  | EarlyRefused
  | Stop
/**
 * No more early data is taken.
 * - `not_offered`: there is no session that permits it (any more), or the handshake was begun by another call
 * - `limit`: the ticket, or our own limit, permits no more
 * - `rejected`: the server has said that it takes none
 * - `over`: the handshake has come too far
 */
export interface EarlyRefused {
  readonly status: 'refused'
  readonly reason: 'not_offered' | 'limit' | 'rejected' | 'over'
}
export type FlushOutcome = { readonly status: 'done' } | Waiting | Failed
/**
 * - `sent`: our close_notify is out, the peer's has not been seen
 * - `unread`: the peer's data comes first; read it to its end, then call again
 * - `done`: both are through
 */
export type ShutdownOutcome = { readonly status: 'done' | 'sent' | 'unread' } | Stop
/**
 * - `done`: `bytes` are the connection now, sealed; here it is over
 * - `unread`: data of the peer's waits: read it, then call again
 * - `unfinished`: something that was begun with the peer cannot go on elsewhere, and `why` names it: read on, then call again
 * - `closed`, `truncated`: the peer has ended its side; finish here
 */
export type ExportOutcome =
  | { readonly status: 'done'; readonly bytes: Bytes }
  | { readonly status: 'unread' }
  | { readonly status: 'unfinished'; readonly why: string }
  | Stop

/** The carrier failed: nothing that the peer said, and no alert could be sent. */
export class CarrierError extends Error {
  override readonly name = 'CarrierError'
  readonly code = 'ERR_CARRIER_BROKEN'

  constructor(doing: 'read' | 'write', cause: unknown) {
    super(
      `the carrier broke on ${doing}: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
      },
    )
  }
}
