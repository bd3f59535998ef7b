/** What `connect` and `accept` answer: plaintext as two streams, and promises for how it begins and ends. */
import type { Session, Ssl } from '@biopair/ssl'
import { type SslStream, StreamError } from '@biopair/ssl/stream'
import type { Bytes } from '@biopair/wire'
import { bytesOf } from './bytes.ts'
import { misuse, shown } from './misuse.ts'

/** What is known once the handshake is over. */
export interface Opened {
  readonly protocol: NonNullable<Ssl['version']>
  /** IANA's name of the cipher suite, and the name of the group. */
  readonly cipher: string
  readonly group: string | undefined
  /** The protocol that was agreed on (RFC 7301). */
  readonly alpn: string | undefined
  /** Client: the name that was asked for. Server: the name that the client asked for. */
  readonly servername: string | undefined
  /** Whether the peer showed a certificate that is believed. */
  readonly authorized: boolean
  /** DER, leaf first; empty where the peer showed none. */
  readonly peerCertificates: readonly Bytes[]
  /** Whether a session went on. */
  readonly resumed: boolean
  /** What became of early data. */
  readonly earlyData: Ssl['earlyData']
  /** Client: early data that was rejected, and not sent again because it was for another protocol than `alpn`. */
  readonly unsentEarlyData: Bytes | undefined
}

export interface Connection {
  /** What the peer says; ends with its close_notify, and fails with what ended it otherwise. Nothing is read of the carrier while a record waits here. Cancelled, it drops what comes. */
  readonly readable: ReadableStream<Bytes>
  /** Takes bytes, before it is opened as well. Closed, it says close_notify, and reading goes on; aborted, it gives the connection up. */
  readonly writable: WritableStream<Uint8Array | ArrayBuffer>
  /** Server with `maxEarlyData`: 0-RTT data, apart from all other: it may be a repetition. */
  readonly early: ReadableStream<Bytes> | undefined
  /** Settles when the handshake is over. Rejects with what ended it: a `TlsAlert`, a `StreamError`, a `CarrierError`, the signal's reason. */
  readonly opened: Promise<Opened>
  /** Settles when the carrier is let go of, and all went well; rejects as `opened` does. */
  readonly closed: Promise<void>
  /** Client: the last ticket that came; `onSession` tells of each. */
  readonly session: Session | undefined
  /** All facts, exporters, and calls that make no bytes. Those that do go through `call`. */
  readonly ssl: Ssl
  /** `connection.call(ssl => ssl.keyUpdate())`: what it makes goes out behind it. */
  call<T>(use: (ssl: Ssl) => T): T
  /** Ends both ways: what was written goes out, then close_notify, and the carrier is closed. Settles as `closed`. */
  close(): Promise<void>
  /** Gives the connection up at once; everything rejects with the reason. */
  abort(reason?: Error): void
  [Symbol.asyncDispose](): Promise<void>
}

/** Where there is no such symbol yet, a name that no program meets by chance. */
const asyncDispose: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? (Symbol.for('Symbol.asyncDispose') as typeof Symbol.asyncDispose)

/** @param stream over its carrier */
export function connectionOver(stream: SslStream): Connection {
  const { ssl } = stream
  const opened = stream.opened.then(() => facts(stream))
  opened.catch(() => {})
  const earlyPermitted = ssl.role === 'server' && (ssl.context.options.maxEarlyData ?? 0) > 0
  return {
    readable: bytesFrom(
      () => stream.read(),
      () => stream.cancel(),
    ),
    writable: writableTo(stream),
    early: earlyPermitted
      ? bytesFrom(
          () => stream.readEarly(),
          () => {},
        )
      : undefined,
    opened,
    closed: stream.closed,
    get session() {
      return ssl.session
    },
    ssl,
    call: use => stream.call(use),
    close: () => stream.close(),
    abort: reason => stream.abort(reason),
    [asyncDispose]: () => stream.close(),
  }
}

function facts({ ssl, unsentEarlyData }: SslStream): Opened {
  return {
    protocol: ssl.version ?? 'TLSv1.3',
    cipher: ssl.cipher?.name ?? '',
    group: ssl.group,
    alpn: ssl.alpnProtocol,
    servername: ssl.servername,
    authorized: ssl.authorized,
    peerCertificates: ssl.peerCertificates,
    resumed: ssl.resumed,
    earlyData: ssl.earlyData,
    unsentEarlyData,
  }
}

/** A stream that holds nothing: each piece is asked for. */
function bytesFrom(read: () => Promise<Bytes | null>, cancel: () => void): ReadableStream<Bytes> {
  const source = {
    async pull(controller: ReadableByteStreamController | ReadableStreamDefaultController<Bytes>) {
      const bytes = await read()
      if (bytes) {
        controller.enqueue(bytes)
        return
      }
      controller.close()
      // A reader that brought its own buffer gets it back.
      if ('byobRequest' in controller) controller.byobRequest?.respond(0)
    },
    cancel,
  }
  try {
    return new ReadableStream({ ...source, type: 'bytes' }, { highWaterMark: 0 })
  } catch {
    // A browser without byte streams: the same, but for readers that bring a buffer.
    return new ReadableStream(source, { highWaterMark: 0 })
  }
}

function writableTo(stream: SslStream): WritableStream<Uint8Array | ArrayBuffer> {
  return new WritableStream({
    start(controller) {
      stream.closed.then(
        () => controller.error(new StreamError('ERR_CLOSED', 'the connection is closed')),
        (error: unknown) => controller.error(error),
      )
    },
    write(chunk) {
      const bytes = bytesOf(chunk)
      if (bytes) return stream.write(bytes)
      const error = misuse('ERR_INVALID_ARG_TYPE', `writable: expected bytes, got ${shown(chunk)}`)
      stream.abort(error)
      throw error
    },
    close: () => stream.end(),
    abort: (reason: unknown) =>
      stream.abort(
        reason instanceof Error
          ? reason
          : new StreamError('ERR_ABORTED', 'writing was aborted', { cause: reason }),
      ),
  })
}
