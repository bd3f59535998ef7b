/** The `Bio`: bytes that come and go. "Not yet", "never again" and "broken" are values, never exceptions. */

/** Bytes that we own and hand out: they fit `WebSocket.send` and WebCrypto, which refuse shared memory. */
export type Bytes = Uint8Array<ArrayBuffer>

/**
 * Why a call moved nothing.
 * - `retry`: not yet; call again when the BIO is ready for `on` (`reason` names what a `special` one waits for)
 * - `eof`: never again; the other end has ended its side and everything it sent was read
 * - `broken`: the carrier failed, or this side was ended or closed before
 */
export type Stopped =
  | {
      readonly stop: 'retry'
      readonly on: 'read' | 'write' | 'special'
      readonly reason?: string
    }
  | { readonly stop: 'eof' }
  | { readonly stop: 'broken'; readonly error: Error }

/**
 * A stream of bytes in each direction (BIO(7)). A length of 0 answers 0 and touches nothing.
 * A datagram BIO has other verbs (`receive`, `send`), so that it does not fit where a `Bio` belongs.
 */
export interface Bio {
  /** Puts bytes into `into`; answers how many (1 or more), or why none. */
  read(into: Uint8Array): number | Stopped
  /** Takes as many of the first bytes as there is room for; answers how many (1 or more), or why none. */
  write(bytes: Uint8Array): number | Stopped
  /** `done` once everything taken has reached the lowest carrier of the chain. */
  flush(): 'done' | Stopped
  /** Half-close: no more bytes from this side; what was taken stays readable by the other end. */
  end(): 'done' | Stopped
  /** Ends both ways; what was taken before stays readable by the other end. */
  close(error?: Error): void
  /** Settles (never rejects) when a read or write is worth another try: the `select()` of the man pages. */
  ready?(on: 'read' | 'write'): Promise<void>
  /** Bytes that can be read without waiting, as far as this BIO knows (BIO_pending); a filter adds what lies below it. */
  readonly pending?: number
  /** Bytes taken that have not gone further (BIO_wpending); a filter adds what lies below it. */
  readonly wpending?: number
  /** Nothing to read, and never again (BIO_eof). */
  readonly eof?: boolean
  /** Whether calls wait until something has moved: then they never answer `retry` (BIO_set_nbio). Absent: they never wait. */
  readonly blocking?: boolean
  /** Makes calls wait, or answer `retry`; BIOs that can do only one of these have no such method. See `setBlocking`. */
  setBlocking?(blocking: boolean): void
}

/**
 * A BIO whose units are datagrams (BIO_s_dgram_pair, BIO_s_dgram_mem): what one `send` took is what one `receive` gives.
 * Its verbs are others, so that it does not compile where a stream belongs. A datagram may be of length 0, as UDP's may:
 * it is sent and received like any other, so no length is a call that touches nothing (OpenSSL's write of 0 bytes is one).
 */
export interface DatagramBio {
  /**
   * Puts the next datagram into `into`, as much of it as fits; the rest is lost, and the answer says how much that was.
   * Where the BIO is told not to cut datagrams, one that does not fit is refused with `short` and stays the next.
   */
  receive(into: Uint8Array): Datagram | Stopped | TooShort
  /** Takes the datagram whole: `done`, or why not. One that can never fit is `long` and not `retry`. */
  send(datagram: Uint8Array): 'done' | Stopped | TooLong
  /** `done` once everything taken has reached the lowest carrier of the chain. */
  flush(): 'done' | Stopped
  /** Ends both ways; what was taken before can still be received by the other end, which then comes to `eof`. */
  close(error?: Error): void
  /** Settles (never rejects) when a receive, or the send that was refused last, is worth another try. */
  ready?(on: 'read' | 'write'): Promise<void>
  /** Length of the next datagram that can be received; undefined where there is none. */
  readonly pending?: number | undefined
}

/** A datagram that came. */
export interface Datagram {
  /** Bytes put into the buffer. */
  readonly length: number
  /** Bytes that did not fit, and are lost. */
  readonly lost: number
}

/** The buffer is too short for the next datagram, which stays: receive it into `length` bytes or more. */
export interface TooShort {
  readonly stop: 'short'
  readonly length: number
}

/** The datagram is longer than the carrier ever takes; nothing was sent, and one of up to `most` bytes can be. */
export interface TooLong {
  readonly stop: 'long'
  readonly most: number
}

/**
 * A BIO that lends its storage, as `BIO_nread0`, `BIO_nread`, `BIO_nwrite0` and `BIO_nwrite` do (BIO_s_bio(3)).
 * A lent run is valid until the next call on this BIO or on its peer.
 */
export interface LendingBio extends Bio {
  /** The longest contiguous run of bytes that can be read now, or why there is none. Consumes nothing. */
  run(): Bytes | Stopped
  /** Takes the first `count` bytes of the run as read. RangeError beyond the run. */
  consume(count: number): void
  /** A contiguous run of room for writing, of at least `wanted` bytes where the ring can make it so, or why there is none. */
  room(wanted?: number): Bytes | Stopped
  /** Makes the first `count` bytes of the lent room readable by the other end. RangeError beyond the room. */
  commit(count: number): void
}

/** Whether a BIO lends its storage. */
export function lends(bio: Bio): bio is LendingBio {
  return 'run' in bio && 'commit' in bio
}
