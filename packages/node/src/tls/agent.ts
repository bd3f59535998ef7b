/** `Agent`: an https.Agent whose connections are ours. */
import { Agent as HttpsAgent, type AgentOptions as HttpsAgentOptions } from 'node:https'
import type { Duplex } from 'node:stream'
import { checkConnection } from './check-connection.ts'
import { type ConnectOptions, connect, netNames } from './connect.ts'
import { clientContext, type TlsClientOptions } from './options.ts'
import { Sessions } from './sessions.ts'
import type { TlsSocket } from './tls-socket.ts'

/** What an agent of node:http is told. */
const agentNames = [
  'keepAlive',
  'keepAliveMsecs',
  'maxSockets',
  'maxTotalSockets',
  'maxFreeSockets',
  'scheduling',
  'timeout',
] as const

export interface AgentOptions
  extends Omit<
      TlsClientOptions,
      'servername' | 'session' | 'reuseSession' | 'earlyData' | 'signal' | 'allowHalfOpen'
    >,
    Pick<HttpsAgentOptions, (typeof agentNames)[number]> {
  /** Servers whose sessions are kept: 100; 0 resumes none. */
  readonly maxCachedSessions?: number
  /** What to connect over: a tunnel through a proxy, say. A socket of its own where absent. */
  readonly carrier?: (host: string, port: number) => NonNullable<ConnectOptions['socket']>
}

interface RequestOptions {
  readonly host?: string
  readonly port?: number | string
  readonly servername?: string
}

/**
 * For `https.request(url, { agent })`, and whatever takes an agent. TLS is told here, once; of a request's own options those of the socket count (`localAddress`, `family`, `lookup`),
 * `servername`, and nothing else of TLS: TypeError for `ca`, `cert` and their like there.
 */
export class Agent extends HttpsAgent {
  readonly #tls: Record<string, unknown>
  readonly #sessions: Sessions
  readonly #carrier: AgentOptions['carrier']

  constructor(options: AgentOptions = {}) {
    const { maxCachedSessions = 100, carrier, ...rest } = options
    const http: Record<string, unknown> = {}
    const shared: Record<string, unknown> = {}
    const each: Record<string, unknown> = {}
    for (const [name, value] of Object.entries(rest)) {
      if (value === undefined) continue
      const among = (names: readonly string[]) => names.includes(name)
      if (among(agentNames)) http[name] = value
      else (among(ofConnections) ? each : shared)[name] = value
    }
    super(http)
    this.#sessions = new Sessions(maxCachedSessions)
    this.#carrier = carrier
    this.#tls = { ...each, secureContext: clientContext(shared) }
    checkConnection('client', each)
  }

  override createConnection(options: object, _callback?: unknown): Duplex {
    const asked = options as RequestOptions & Record<string, unknown>
    for (const name of ofRequests)
      if (asked[name] !== undefined)
        throw Object.assign(
          new TypeError(`${name}: expected as an option of the Agent, and not of a request`),
          { code: 'ERR_INVALID_ARG_VALUE' },
        )
    const { host = 'localhost', port = 443 } = asked
    const net: Record<string, unknown> = {}
    for (const name of netNames) if (asked[name] !== undefined) net[name] = asked[name]
    // The path is that of the request.
    delete net.path
    const servername = asked.servername || host
    const key = `${servername} ${host}:${port}`
    const below = this.#carrier
      ? { socket: this.#carrier(host, Number(port)) }
      : { ...net, port: Number(port), host }
    const session = this.#sessions.take(key)
    const socket = connect({
      ...(this.#tls as TlsClientOptions),
      ...(below as ConnectOptions),
      ...{ servername, session },
    })
    return this.#remember(socket, key)
  }

  #remember(socket: TlsSocket, key: string): TlsSocket {
    return socket.on('session', (session: Buffer) => this.#sessions.put(key, session))
  }
}

const ofConnections: readonly string[] = [
  'verifyNames',
  'allowWildcards',
  'handshakeTimeout',
  'idleTimeout',
  'closeTimeout',
  'bufferSize',
  'highWaterMark',
]

/** What requests bring along for an https.Agent of Node, and ours would not hear. */
const ofRequests = [
  ...['ca', 'cert', 'key', 'pfx', 'passphrase', 'checkServerIdentity', 'secureContext'],
  ...['rejectUnauthorized', 'ciphers', 'sigalgs', 'ecdhCurve', 'minVersion', 'maxVersion', 'crl'],
  ...['ALPNProtocols', 'requestOCSP', 'pskCallback', 'secureProtocol', 'secureOptions'],
] as const
