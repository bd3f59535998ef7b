/** `createServer`: a net.Server whose connections are TLS. */
import { Server, type ServerOpts, type Socket } from 'node:net'
import type { SslContext } from '@biopair/ssl'
import { namedContexts, type SslStreamOptions } from '@biopair/ssl/stream'
import { checkConnection } from './check-connection.ts'
import { coded } from './errors.ts'
import { misuse } from './misuse.ts'
import type { NodeStreams } from './node-streams.ts'
import { contextFrom, serverContext, type TlsServerOptions } from './options.ts'
import { type AskingEvent, askingOptions, checkListener, isAsking } from './server-events.ts'
import { checkSni } from './sni.ts'
import { TlsSocket } from './tls-socket.ts'

export interface ServerOptions
  extends Omit<TlsServerOptions, 'signal' | 'session' | 'cookieContext'>,
    Omit<ServerOpts, 'allowHalfOpen' | 'highWaterMark'> {
  /** Milliseconds that a handshake may take: 120 000. */
  readonly handshakeTimeout?: number
}

const netNames = [
  'pauseOnConnect',
  'noDelay',
  'keepAlive',
  'keepAliveInitialDelay',
  'blockList',
] as const

/** Of each connection. */
const socketNames = [
  'allowHalfOpen',
  'highWaterMark',
  'verifyNames',
  'allowWildcards',
  'handshakeTimeout',
  'idleTimeout',
  'closeTimeout',
  'bufferSize',
] as const

/**
 * Events, beside net.Server's: `secureConnection` (socket), `tlsClientError` (error, socket), `keylog` (line, socket). Any stream becomes a connection by
 * `server.emit('connection', duplex)`.
 *
 * `newSession` (id, bytes, callback) and `resumeSession` (id, callback(error, bytes)) keep sessions elsewhere, from the first listener on: tickets are names then. `OCSPRequest`
 * (certificate, issuer or null, callback(error, response)) has the response to staple. A listener beside an option that has the answer is a TypeError.
 */
export class TlsServer extends Server {
  #context: SslContext
  readonly #given: Record<string, unknown>
  readonly #each: Record<string, unknown>
  readonly #named: (readonly [name: string, context: SslContext])[] = []
  readonly #heard = new Set<AskingEvent>()

  /** TypeError for options that are wrong, or a client's. */
  constructor(options: ServerOptions, onConnection?: (socket: TlsSocket) => void) {
    const net: Record<string, unknown> = {}
    const each: Record<string, unknown> = { handshakeTimeout: 120_000 }
    const given: Record<string, unknown> = {}
    for (const [name, value] of Object.entries(options)) {
      if (value === undefined) continue
      const among = (names: readonly string[]) => names.includes(name)
      if (among(netNames)) net[name] = value
      else (among(socketNames) ? each : given)[name] = value
    }
    // The end of a carrier is TLS's to judge.
    super({ ...net, allowHalfOpen: true })
    this.#given = given
    this.#each = each
    this.#context = this.#contextOf(given)
    checkConnection('server', each)
    this.on('newListener', (event: unknown) => this.#listens(event))
    this.on('connection', (socket: Socket) => this.#accept(socket))
    if (onConnection) this.on('secureConnection', onConnection)
  }

  /** A context for a name: `www.example`, or `*.example` for every name with one label more. The last one that was added counts. */
  addContext(hostname: string, context: SslContext | TlsServerOptions): void {
    if (this.#given.secureContext)
      throw misuse('ERR_INVALID_ARG_VALUE', 'addContext: expected a server without secureContext')
    // What is wrong with the name is said now.
    const made = contextFrom(context)
    namedContexts({ [hostname]: made })
    this.#named.unshift([hostname, made])
  }

  /** Replaces the certificates, and all else that contexts have, for connections that come from now on. */
  setSecureContext(options: TlsServerOptions): void {
    for (const event of this.#heard) checkListener(event, { ...options })
    const made = this.#contextOf(options)
    for (const name of Object.keys(this.#given)) delete this.#given[name]
    Object.assign(this.#given, options)
    this.#context = made
  }

  /** The 48 bytes that tickets are sealed with, for `setTicketKeys` of another server. They want the care of a private key. */
  getTicketKeys(): Buffer {
    const { name, secret } = this.#context.ticketKey
    return Buffer.concat([name, secret])
  }

  /** Keys that tickets are sealed with, of 48 bytes; of several the first seals, and all open. */
  setTicketKeys(keys: Uint8Array | readonly Uint8Array[]): void {
    this.#context.setTicketKeys(keys)
  }

  /** The first listener of an event that asks: the context is told to, and tickets of before stay good where they can. */
  #listens(event: unknown): undefined {
    if (!isAsking(event) || this.#heard.has(event)) return
    checkListener(event, this.#given)
    this.#heard.add(event)
    const { ticketKeys } = this.#context
    this.#context = this.#contextOf(this.#given)
    if (ticketKeys.length > 0)
      this.#context.setTicketKeys(
        ticketKeys.map(({ name, secret }) => Buffer.concat([name, secret])),
      )
  }

  #contextOf(options: TlsServerOptions): SslContext {
    const all = { ...options, ...askingOptions(this, this.#heard) } as TlsServerOptions
    if (all.secureContext) {
      if (all.SNICallback)
        throw misuse('ERR_INVALID_ARG_VALUE', 'SNICallback: expected without secureContext')
      return serverContext(all)
    }
    const { SNICallback } = all
    checkSni(SNICallback)
    return serverContext({
      ...all,
      SNICallback: (servername, callback) => {
        const found = this.#named.length > 0 ? this.#find(servername) : undefined
        if (found || !SNICallback) return callback(null, found)
        return SNICallback(servername, callback)
      },
    })
  }

  #find(servername: string): SslContext | undefined {
    const name = servername.toLowerCase()
    const wild = name.replace(/^[^.]*/, '*')
    return this.#named.find(([one]) => [name, wild].includes(one.toLowerCase()))?.[1]
  }

  #accept(carrier: NodeStreams): undefined {
    const options = { ...this.#each, secureContext: this.#context } as TlsServerOptions &
      SslStreamOptions
    const socket = new TlsSocket(carrier, { ...options, isServer: true })
    let over = false
    const failed = (error: Error) => {
      if (over) return
      over = true
      this.emit('tlsClientError', error, socket)
    }
    // It stays, as node:tls's does: a peer that breaks off is not to end a server that does not listen for it.
    socket.on('error', failed)
    socket.once('close', () => failed(coded('ECONNRESET', 'socket hang up')))
    socket.once('secure', () => {
      over = true
      this.emit('secureConnection', socket)
    })
    socket.on('keylog', (line: Buffer) => this.emit('keylog', line, socket))
  }
}

export function createServer(
  options: ServerOptions,
  onConnection?: (socket: TlsSocket) => void,
): TlsServer {
  return new TlsServer(options, onConnection)
}
