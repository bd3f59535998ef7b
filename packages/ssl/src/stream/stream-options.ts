/** What a stream may be told beside its `Ssl`. */
import type { AbortSignalLike } from '../abort.ts'
import type { OptionType } from '../option-types.ts'

export interface SslStreamOptions {
  /** Milliseconds that the handshake may take: 30 000; 0 for any time. */
  readonly handshakeTimeout?: number
  /** Milliseconds without a byte either way after which the connection is given up: 0, never. */
  readonly idleTimeout?: number
  /** Milliseconds that `close`, and an alert on its way out, may take: 10 000; 0 for any time. */
  readonly closeTimeout?: number
  /** Gives the connection up, at any time, with the signal's reason. */
  readonly signal?: AbortSignalLike
  /** Bytes that are accepted each way before the other side has to take some: 65 536. A record that comes is held besides. */
  readonly bufferSize?: number
  /**
   * Client: sent with the first flight (0-RTT) as far as the session permits; the rest, and what is rejected, goes first after the handshake.
   * Only what does no harm twice belongs here.
   */
  readonly earlyData?: Uint8Array
}

/** What each may be. */
export const streamOptionTypes: Readonly<Record<keyof SslStreamOptions, OptionType>> = {
  handshakeTimeout: 'whole number',
  idleTimeout: 'whole number',
  closeTimeout: 'whole number',
  signal: 'object',
  bufferSize: 'whole number',
  earlyData: 'Uint8Array',
}
