/** What a socket BIO needs of a socket, and how much it lets it hold. */

/** What a `net.Socket`, a `stream.Duplex` and their like have in common, as far as it is used here. */
export interface SocketLike {
  /** False asks to wait for `drain`. `done` is called once the bytes were taken further, or with an error. */
  write(bytes: Uint8Array, done?: (error?: Error | null) => void): boolean
  end(): unknown
  destroy(error?: Error): unknown
  pause(): unknown
  resume(): unknown
  on(event: string, listener: (value?: unknown) => void): unknown
  off(event: string, listener: (value?: unknown) => void): unknown
  /** What was received and not yet handed out, when the socket has failed. */
  read?(): unknown
  allowHalfOpen?: boolean
  readonly closed?: boolean
  readonly destroyed?: boolean
  readonly errored?: Error | null
  readonly readableEnded?: boolean
  readonly writableEnded?: boolean
  readonly writableFinished?: boolean
}

export interface SocketOptions {
  /** Received bytes queued before the socket is paused, 64 KiB if not given; the last chunk may reach beyond it. */
  readonly inbound?: number
  /** The most bytes handed to the socket and not yet written by it, 64 KiB if not given. */
  readonly outbound?: number
}
