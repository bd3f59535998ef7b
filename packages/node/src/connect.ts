/** The connect BIO (BIO_s_connect): a socket BIO that connects first. */
import { connect, type Socket, type TcpSocketConnectOpts } from 'node:net'
import {
  BioError,
  type Bytes,
  broken,
  type LendingBio,
  SocketBio,
  type SocketOptions,
  type Stopped,
} from '@biopair/bio'
import { checkCount, checkText, checkWord, misuse } from './check.ts'
import { Signal } from './signal.ts'

/** Where to, under net.connect's names: `port` and `host`, or the `path` of a Unix socket; and the bounds of a socket BIO. */
export interface ConnectOptions extends SocketOptions {
  readonly port?: number
  /** A name or an address; localhost if not given. Every address that a name has is tried. */
  readonly host?: string
  readonly path?: string
  readonly family?: 0 | 4 | 6
  readonly localAddress?: string
  readonly localPort?: number
  readonly lookup?: TcpSocketConnectOpts['lookup']
  readonly noDelay?: boolean
  readonly keepAlive?: boolean
  readonly keepAliveInitialDelay?: number
  /** Whether an address that is slow to answer is overtaken by the next one (RFC 8305): true if not given. */
  readonly autoSelectFamily?: boolean
  /** After how many milliseconds that is, from 10: Node's own, 250, if not given. */
  readonly autoSelectFamilyAttemptTimeout?: number
}

/**
 * The first call that needs a connection, or `connect`, begins to connect. Until it stands, calls answer `retry` on `special` with the
 * reason `connect`, and `ready` settles when it stands or has failed; from then on this is a `SocketBio`. Failure is `broken` with the
 * system's error.
 */
export class ConnectBio implements LendingBio {
  readonly #options: ConnectOptions
  #socket: Socket | undefined
  /** There once the connection stands. */
  #bio: SocketBio | undefined
  #failure: Stopped | undefined
  #closed: Stopped | undefined
  readonly #settled = new Signal()

  /** TypeError or RangeError for a port or path that cannot be; nothing is connected yet. */
  constructor(options: ConnectOptions) {
    checkTarget(options)
    this.#options = { ...options }
  }

  /** Connects (BIO_do_connect): `done` once the connection stands. */
  connect(): 'done' | Stopped {
    if (this.#bio) return 'done'
    const stop = this.#closed ?? this.#failure
    if (stop) return stop
    if (!this.#socket) this.#begin()
    return this.#failure ?? connecting
  }

  /** Whether the connection stands, or stood; false before, after a failure and after `reset`. */
  get connected(): boolean {
    return this.#bio !== undefined
  }

  /** Node's socket: for its addresses, `setNoDelay` and the like; its bytes are this BIO's. Undefined before the first try. */
  get socket(): Socket | undefined {
    return this.#socket
  }

  /** Received bytes that can be read. */
  get pending(): number {
    return this.#bio?.pending ?? 0
  }

  /** Taken bytes that the socket has not written yet. */
  get wpending(): number {
    return this.#bio?.wpending ?? 0
  }

  read(into: Uint8Array): number | Stopped {
    return this.#connected(bio => bio.read(into), into.length === 0 ? 0 : undefined)
  }

  write(bytes: Uint8Array): number | Stopped {
    return this.#connected(bio => bio.write(bytes), bytes.length === 0 ? 0 : undefined)
  }

  run(): Bytes | Stopped {
    return this.#connected(bio => bio.run())
  }

  consume(count: number): void {
    this.#lender().consume(count)
  }

  room(wanted?: number): Bytes | Stopped {
    return this.#connected(bio => bio.room(wanted))
  }

  commit(count: number): void {
    this.#lender().commit(count)
  }

  /** `done` before the connection stands: nothing was taken. */
  flush(): 'done' | Stopped {
    return this.#bio?.flush() ?? 'done'
  }

  /** Half-close; connects first. */
  end(): 'done' | Stopped {
    return this.#connected(bio => bio.end())
  }

  /** Ends both ways, as a `SocketBio` does; a try to connect is given up. */
  close(error?: Error): void {
    if (this.#closed) return
    this.#closed = broken(new BioError('CLOSED', 'this connect BIO was closed', { cause: error }))
    if (this.#bio) this.#bio.close(error)
    else this.#socket?.destroy()
    this.#settled.fire()
  }

  /** Disconnects, as `close` does, and is as new: the next call connects again (BIO_reset). A failure is forgotten. TypeError once closed. */
  reset(): void {
    if (this.#closed) throw misuse(TypeError, 'reset: this connect BIO was closed', 'CLOSED')
    if (this.#bio) this.#bio.close()
    else this.#socket?.destroy()
    this.#socket = undefined
    this.#bio = undefined
    this.#failure = undefined
    this.#settled.fire()
  }

  /** While there is no connection yet: settles when it stands or has failed; begins to connect if nothing did. */
  ready(on: 'read' | 'write'): Promise<void> {
    checkWord('ready', on, ['read', 'write'])
    if (this.connect() === connecting) return this.#settled.wait()
    return this.#bio?.ready(on) ?? Promise.resolve()
  }

  #connected<T>(call: (bio: SocketBio) => T, zero?: T): T | Stopped {
    if (this.#bio) return call(this.#bio)
    if (zero !== undefined) return zero
    const stop = this.connect()
    return stop === 'done' ? call(this.#lender()) : stop
  }

  #lender(): SocketBio {
    if (this.#bio) return this.#bio
    throw misuse(RangeError, 'nothing is lent before the connection stands')
  }

  #begin(): void {
    const { port, path, inbound, outbound, ...rest } = this.#options
    const to =
      path === undefined ? { port: port as number, autoSelectFamily: true, ...rest } : { path }
    let socket: Socket
    try {
      socket = connect({ ...to, allowHalfOpen: true })
    } catch (error) {
      this.#fail(error as Error)
      return
    }
    this.#socket = socket
    const stands = () => {
      socket.off('close', lost)
      if (this.#socket !== socket || this.#closed) return
      this.#bio = new SocketBio(socket, {
        ...(inbound === undefined ? {} : { inbound }),
        ...(outbound === undefined ? {} : { outbound }),
      })
      this.#settled.fire()
    }
    const lost = (error?: unknown) => {
      if (this.#socket !== socket || this.#bio) return
      this.#fail(
        error instanceof Error
          ? error
          : new BioError('PREMATURE_CLOSE', 'the socket closed before it was connected'),
      )
    }
    // The listener for errors stays: one that nobody listens to would end the process.
    socket.on('error', lost)
    socket.once('connect', stands)
    socket.once('close', lost)
  }

  #fail(error: Error): void {
    this.#failure ??= broken(error)
    this.#settled.fire()
  }
}

const connecting: Stopped = Object.freeze({ stop: 'retry', on: 'special', reason: 'connect' })

function checkTarget(options: ConnectOptions): void {
  const { port, host, path, inbound, outbound } = options
  checkText('host', host)
  checkText('path', path)
  if (path === undefined) checkCount('port', port, 1, 65_535)
  else if (port !== undefined || host !== undefined)
    throw misuse(TypeError, 'expected a port, or the path of a Unix socket, got both')
  if (inbound !== undefined) checkCount('inbound', inbound, 1)
  if (outbound !== undefined) checkCount('outbound', outbound, 1)
}
