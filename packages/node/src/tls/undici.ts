/** `undiciConnector`: what undici's `connect` option takes, for `fetch` and its clients. */
import { connect as connectNet, type LookupFunction, type Socket } from 'node:net'
import { checkConnection } from './check-connection.ts'
import { type ConnectOptions, connect } from './connect.ts'
import { coded } from './errors.ts'
import { clientContext, type TlsClientOptions } from './options.ts'
import { Sessions } from './sessions.ts'
import type { TlsSocket } from './tls-socket.ts'

export interface UndiciOptions
  extends Omit<
    TlsClientOptions,
    'servername' | 'session' | 'reuseSession' | 'earlyData' | 'signal' | 'allowHalfOpen'
  > {
  /** Whether HTTP/2 is offered, behind HTTP/1.1: false. */
  readonly allowH2?: boolean
  /** Milliseconds until there is a connection, TLS included: 10 000. */
  readonly timeout?: number
  /** Servers whose sessions are kept: 100; 0 resumes none. */
  readonly maxCachedSessions?: number
  readonly keepAlive?: boolean
  readonly keepAliveInitialDelay?: number
  readonly lookup?: LookupFunction
  readonly family?: number
  /** What to connect over: a tunnel through a proxy, say. */
  readonly carrier?: (host: string, port: number) => NonNullable<ConnectOptions['socket']>
}

/** What undici asks for. */
export interface UndiciRequest {
  readonly hostname: string
  readonly host?: string | undefined
  readonly protocol: string
  readonly port: string
  readonly servername?: string | undefined
  readonly localAddress?: string | null | undefined
  /** A connection through a proxy that is there already. */
  readonly httpSocket?: Socket | undefined
}

export type UndiciConnector = (
  request: UndiciRequest,
  callback: (...result: [error: null, socket: Socket] | [error: Error, socket: null]) => void,
) => Socket

/** Options of TLS are read and checked here, once: TypeError. For `http:` the connector makes a plain socket. */
export function undiciConnector(options: UndiciOptions = {}): UndiciConnector {
  const { allowH2 = false, timeout = 10_000, maxCachedSessions = 100, carrier, ...rest } = options
  const { keepAlive = true, keepAliveInitialDelay = 60_000, lookup, family, ...tls } = rest
  const { verifyNames, allowWildcards, handshakeTimeout, idleTimeout, closeTimeout, ...more } = tls
  const { bufferSize, highWaterMark, ...shared } = more
  const usual = allowH2 ? ['http/1.1', 'h2'] : ['http/1.1']
  const context = clientContext(shared.secureContext ? shared : { ALPNProtocols: usual, ...shared })
  const each = {
    verifyNames,
    allowWildcards,
    handshakeTimeout,
    idleTimeout,
    closeTimeout,
    bufferSize,
    highWaterMark,
  }
  checkConnection('client', each)
  const net = { keepAlive, keepAliveInitialDelay, lookup, family, noDelay: true }
  const sessions = new Sessions(maxCachedSessions)
  return (request, callback) => {
    const { hostname, protocol, localAddress, httpSocket } = request
    const secure = protocol === 'https:'
    const port = Number(request.port || (secure ? 443 : 80))
    const host = hostname.replace(/^\[(.*)\]$/, '$1')
    const from = localAddress ? { localAddress } : {}
    const key = `${request.servername ?? host} ${host}:${port}`
    let socket: Socket | TlsSocket
    if (secure) {
      const below = httpSocket ?? carrier?.(host, port)
      socket = connect({
        ...(each as TlsClientOptions),
        secureContext: context,
        servername: request.servername || host,
        session: sessions.take(key),
        ...((below ? { socket: below } : { ...net, ...from, host, port }) as ConnectOptions),
      }).on('session', (session: Buffer) => sessions.put(key, session))
    } else socket = connectNet({ ...(net as object), ...from, host, port })
    const timer = setTimeout(
      () =>
        socket.destroy(
          coded('UND_ERR_CONNECT_TIMEOUT', `no connection to ${host}:${port} in ${timeout} ms`),
        ),
      timeout,
    ).unref()
    if (timeout === 0) clearTimeout(timer)
    const done = (error: Error | null) => {
      clearTimeout(timer)
      socket.off('error', done)
      if (error) callback(error, null)
      else callback(null, socket as Socket)
    }
    socket.once(secure ? 'secureConnect' : 'connect', () => done(null))
    socket.once('error', done)
    return socket as Socket
  }
}
