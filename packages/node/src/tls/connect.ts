/** `connect`: a TLS client over a socket of its own, or over any stream. */
import { connect as connectNet, type LookupFunction, type NetConnectOpts } from 'node:net'
import type { Framing } from './framed-carrier.ts'
import type { NodeStreams } from './node-streams.ts'
import type { TlsClientOptions } from './options.ts'
import { checkTimeout } from './socket-face.ts'
import { TlsSocket } from './tls-socket.ts'

export interface ConnectOptions extends TlsClientOptions {
  /** Runs over this; without it, a socket is made to `port` and `host`, or to `path`. */
  readonly socket?: NodeStreams | Promise<NodeStreams>
  readonly port?: number | string
  readonly host?: string
  /** A Unix socket. */
  readonly path?: string
  /** Milliseconds without data after which 'timeout' is emitted. */
  readonly timeout?: number
  readonly framing?: Framing
  readonly localAddress?: string
  readonly localPort?: number
  readonly family?: number
  readonly hints?: number
  readonly lookup?: LookupFunction
  readonly noDelay?: boolean
  readonly keepAlive?: boolean
  readonly keepAliveInitialDelay?: number
  readonly autoSelectFamily?: boolean
  readonly autoSelectFamilyAttemptTimeout?: number
}

/** Options of the socket below. */
export const netNames = [
  'port',
  'host',
  'path',
  'localAddress',
  'localPort',
  'family',
  'hints',
  'lookup',
  'noDelay',
  'keepAlive',
  'keepAliveInitialDelay',
  'autoSelectFamily',
  'autoSelectFamilyAttemptTimeout',
] as const

/**
 * `servername` is the name, or address, that the certificate has to prove: `host` unless given. TypeError at once for options that are wrong, before
 * anything is connected; everything later is 'error'. `onSecure` hears 'secureConnect'.
 */
export function connect(options: ConnectOptions, onSecure?: () => void): TlsSocket
export function connect(
  port: number,
  host?: string,
  options?: ConnectOptions,
  onSecure?: () => void,
): TlsSocket
export function connect(...given: readonly unknown[]): TlsSocket {
  const { options, onSecure } = argumentsOf(given)
  const { socket, timeout, ...rest } = options
  if (timeout !== undefined) checkTimeout(timeout)
  const net: Record<string, unknown> = {}
  const tls: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(rest))
    if (value !== undefined)
      ((netNames as readonly string[]).includes(name) ? net : tls)[name] = value
  const name = tls.servername || net.host || (net.path || socket ? undefined : 'localhost')
  if (name !== undefined) tls.servername = name
  const dial = () => connectNet(net as unknown as NetConnectOpts)
  const made = new TlsSocket(socket ?? dial, tls as TlsClientOptions)
  if (timeout) made.setTimeout(timeout)
  if (onSecure) made.once('secureConnect', onSecure)
  return made
}

function argumentsOf(given: readonly unknown[]): {
  readonly options: ConnectOptions
  readonly onSecure: (() => void) | undefined
} {
  const onSecure = given.find(one => typeof one === 'function') as (() => void) | undefined
  const options = given.find(one => typeof one === 'object' && one !== null) as ConnectOptions
  const [port, host] = given
  if (typeof port !== 'number' && typeof port !== 'string') return { options, onSecure }
  const at = typeof host === 'string' ? { port, host } : { port }
  return { options: { ...options, ...at }, onSecure }
}
