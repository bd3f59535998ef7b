/** The accept BIO (BIO_s_accept): listens, and gives a BIO for each connection that comes. */
import {
  type AddressInfo,
  createServer,
  type ListenOptions,
  type Server,
  type Socket,
} from 'node:net'
import { BioError, broken, SocketBio, type SocketOptions, type Stopped } from '@biopair/bio'
import { checkCount, checkText, misuse } from './check.ts'
import { Signal } from './signal.ts'

/** Where to listen, under the names of net.Server's `listen`; and the bounds of each connection's socket BIO. */
export interface AcceptOptions extends SocketOptions {
  /** 0: any free port, which `port` tells once bound. */
  readonly port?: number
  /** An address, or a name that has one; every address of this machine if not given. */
  readonly host?: string
  /** Of a Unix socket, instead of a port; it is removed at `close`. */
  readonly path?: string
  /** How many connections the system keeps that Node has not taken yet, 511 if not given: listen(2)'s backlog. */
  readonly backlog?: number
  /** How many connections wait for `accept`, 128 if not given. One that comes when so many do is reset: Node cannot leave it to the system. */
  readonly waiting?: number
  readonly ipv6Only?: boolean
  readonly noDelay?: boolean
  readonly keepAlive?: boolean
  readonly keepAliveInitialDelay?: number
}

/** A connection that came: a `SocketBio`, and Node's socket below it. */
export class AcceptedBio extends SocketBio {
  /** For its addresses, `setNoDelay` and the like; its bytes are the BIO's. */
  readonly socket: Socket

  constructor(socket: Socket, options?: SocketOptions) {
    super(socket, options)
    this.socket = socket
  }
}

/**
 * Not a stream: it has connections to give. Nothing is read of one that waits. The first call binds; until there is an answer, calls
 * answer `retry` on `special` with the reason `accept`, and `ready` settles when another one is worth it.
 */
export class AcceptBio {
  readonly #options: AcceptOptions
  readonly #limit: number
  #server: Server | undefined
  #address: AddressInfo | string | null = null
  /** The last answer was that it is not bound yet. */
  #unbound = false
  readonly #waiting: Socket[] = []
  #refused = 0
  /** Why no more will come. */
  #end: Stopped | undefined
  readonly #changed = new Signal()

  /** TypeError or RangeError for a port, path or number that cannot be; nothing is bound yet. */
  constructor(options: AcceptOptions) {
    const { port, host, path, waiting = usualWaiting, backlog, inbound, outbound } = options
    checkText('host', host)
    checkText('path', path)
    if (path === undefined) checkCount('port', port, 0, 65_535)
    else if (port !== undefined || host !== undefined)
      throw misuse(TypeError, 'expected a port, or the path of a Unix socket, got both')
    checkCount('waiting', waiting, 1)
    if (backlog !== undefined) checkCount('backlog', backlog, 1)
    if (inbound !== undefined) checkCount('inbound', inbound, 1)
    if (outbound !== undefined) checkCount('outbound', outbound, 1)
    this.#limit = waiting
    this.#options = { ...options }
  }

  /** Binds and listens (the first BIO_do_accept): `done` once it does. `broken` with the system's error where it cannot. */
  listen(): 'done' | Stopped {
    if (this.#end) return this.#end
    if (!this.#server) this.#begin()
    this.#unbound = this.#address === null
    return this.#end ?? (this.#address === null ? accepting : 'done')
  }

  /** The next connection (the later BIO_do_accept), in the order in which they came. After `close`, those that had come; then `broken`. */
  accept(): AcceptedBio | Stopped {
    const socket = this.#waiting.shift()
    if (socket) return this.#handed(socket)
    const stop = this.listen()
    return stop === 'done' ? accepting : stop
  }

  /** Settles when `listen` or `accept` is worth another try: it is bound, a connection has come, or none will. Binds if nothing did. */
  ready(): Promise<void> {
    const unseen = this.#unbound && this.#address !== null
    const stop = this.listen()
    const worthIt = unseen || this.#waiting.length > 0 || (stop !== 'done' && stop.stop !== 'retry')
    return worthIt ? Promise.resolve() : this.#changed.wait()
  }

  /** Connections that wait for `accept`. */
  get pending(): number {
    return this.#waiting.length
  }

  /** Connections that were reset because too many waited. */
  get refused(): number {
    return this.#refused
  }

  /** The address that it is bound to, or the path of its Unix socket; undefined before. */
  get address(): string | undefined {
    if (this.#address === null) return undefined
    return typeof this.#address === 'string' ? this.#address : this.#address.address
  }

  /** The port that it is bound to; undefined before, and for a Unix socket. */
  get port(): number | undefined {
    return this.#address === null || typeof this.#address === 'string'
      ? undefined
      : this.#address.port
  }

  /** Stops listening. What came is not dropped: `accept` still gives it, and what was given goes on. */
  close(error?: Error): void {
    this.#stop(new BioError('CLOSED', 'this accept BIO was closed', { cause: error }))
  }

  #begin(): void {
    const { noDelay, keepAlive, keepAliveInitialDelay, inbound, outbound, waiting, ...where } =
      this.#options
    // What waits is not read: its bytes stay with the system.
    const server = createServer({
      allowHalfOpen: true,
      pauseOnConnect: true,
      ...(noDelay === undefined ? {} : { noDelay }),
      ...(keepAlive === undefined ? {} : { keepAlive }),
      ...(keepAliveInitialDelay === undefined ? {} : { keepAliveInitialDelay }),
    })
    this.#server = server
    server.on('connection', socket => this.#came(socket))
    server.on('error', error => this.#stop(error))
    server.on('listening', () => {
      // A name was looked up while it was closed.
      if (this.#end) server.close()
      this.#address = server.address()
      this.#changed.fire()
    })
    try {
      server.listen(where as ListenOptions)
    } catch (error) {
      this.#stop(error as Error)
    }
  }

  #came(socket: Socket): void {
    // Whoever waits may fail meanwhile: the BIO that it becomes tells.
    socket.on('error', ignored)
    if (this.#waiting.length >= this.#limit) {
      this.#refused++
      socket.resetAndDestroy()
      return
    }
    this.#waiting.push(socket)
    this.#changed.fire()
  }

  #handed(socket: Socket): AcceptedBio {
    const { inbound, outbound } = this.#options
    return new AcceptedBio(socket, {
      ...(inbound === undefined ? {} : { inbound }),
      ...(outbound === undefined ? {} : { outbound }),
    })
  }

  #stop(error: Error): void {
    if (this.#end) return
    this.#end = broken(error)
    this.#server?.close()
    this.#changed.fire()
  }
}

const usualWaiting = 128
const accepting: Stopped = Object.freeze({ stop: 'retry', on: 'special', reason: 'accept' })

function ignored(): void {}
