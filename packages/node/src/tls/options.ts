/** What a TLS socket may be told, in node:tls's words, and how that becomes what an `Ssl` is told. */
import type { PeerCertificate } from 'node:tls'
import { nodeCrypto } from '@biopair/crypto-node'
import { SslContext, type TraceEvent, traceLines } from '@biopair/ssl'
import {
  type ClientOptions,
  clientOnly,
  connectionOnly,
  type ServerOptions,
  type SslAndRest,
  serverOnly,
  sslFor,
} from '@biopair/ssl/stream'
import { type AlpnOption, alpnNames } from './alpn.ts'
import { nodeObject } from './certificates.ts'
import { defaultAnchors } from './default-anchors.ts'
import { misuse } from './misuse.ts'
import { type NodeSniCallback, sniCallback } from './sni.ts'

/** Versions that a program may name as its lowest: there is none below TLS 1.2, which satisfies those that are older. */
export type LowestVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'

/** What is node:tls's own beside, or in the place of, the options of a context. */
interface SharedOptions {
  /** Contexts are made by `createSecureContext`, once for many connections. */
  readonly secureContext?: SslContext | undefined
  /** TLS 1.2 is spoken where this, or `maxVersion`, names it or an older one. */
  readonly minVersion?: LowestVersion
  readonly ALPNProtocols?: AlpnOption
  /** node:tls's name of `groups`; `auto` is what is usual. */
  readonly ecdhCurve?: string | readonly string[]
  /** Lines of what happens, without secrets, to stderr. */
  readonly enableTrace?: boolean
  /** Whether the peer's end leaves writing open: false. */
  readonly allowHalfOpen?: boolean
  /** Bytes of plaintext that wait for a reader, and for the carrier: 65 536. */
  readonly highWaterMark?: number
}

/** As node:tls's: undefined for a certificate that will do, or an error. */
export type CheckServerIdentity = (
  hostname: string,
  cert: PeerCertificate,
) => Error | undefined | Promise<Error | undefined>

export interface TlsClientOptions
  extends SharedOptions,
    Omit<ClientOptions, 'context' | 'checkServerIdentity' | keyof SharedOptions> {
  /** Judges the name in place of ours; the chain is judged first. It may answer by a promise. */
  readonly checkServerIdentity?: CheckServerIdentity
}

export interface TlsServerOptions
  extends SharedOptions,
    Omit<ServerOptions, 'context' | 'contexts' | 'SNICallback' | keyof SharedOptions> {
  /** node:tls's: answers by `callback(error, context)`, or ours: by what it returns, or promises. */
  readonly SNICallback?: NodeSniCallback
  /** Seconds that a ticket is good for; node:tls's name of `ticketLifetime`. */
  readonly sessionTimeout?: number
}

/** One connection, prepared. */
export interface Prepared extends SslAndRest {
  readonly allowHalfOpen: boolean
  readonly highWaterMark: number
  readonly requestsOcsp: boolean
}

/** Listeners of one connection. */
export interface Told {
  readonly onSession?: ClientOptions['onSession']
  readonly keylog: (line: string) => void
}

/** TypeError (ERR_UNKNOWN_OPTION, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE) for what is no option, or not one of this role. */
export function prepare(
  role: 'client' | 'server',
  options: TlsClientOptions | TlsServerOptions,
  told: Told,
): Prepared {
  const { allowHalfOpen, highWaterMark, ...rest } = options
  const { context, own } = split(role, rest)
  const all = { ...own, context, ...told }
  const prepared =
    role === 'client'
      ? sslFor('client', all as ClientOptions)
      : sslFor('server', all as ServerOptions)
  return {
    ...prepared,
    allowHalfOpen: allowHalfOpen ?? false,
    highWaterMark: highWaterMark ?? 65_536,
    requestsOcsp: context.riding.requestOcsp ?? false,
  }
}

/** An `SslContext` with node:tls's words: what connections share, read and checked once. */
export function createSecureContext(
  options: Omit<TlsClientOptions & TlsServerOptions, 'secureContext'> = {},
): SslContext {
  return contextOf(undefined, { ...options })
}

/** The context of a client's options, which neither a server's nor those of one connection are among. */
export function clientContext(options: object): SslContext {
  return contextAlone('client', options)
}

/** The context of a server's options. */
export function serverContext(options: TlsServerOptions): SslContext {
  return contextAlone('server', options)
}

function contextAlone(role: 'client' | 'server', options: object): SslContext {
  const { context, own } = split(role, options)
  const [left] = Object.keys(own).filter(
    name => (own as Record<string, unknown>)[name] !== undefined,
  )
  if (left !== undefined)
    throw misuse(
      'ERR_INVALID_ARG_VALUE',
      `${left} is an option of one connection, and not of a context`,
    )
  return context
}

function split(role: 'client' | 'server', options: object) {
  const shared: Record<string, unknown> = {}
  const own: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(options))
    if (value !== undefined) (connectionOnly.includes(name) ? own : shared)[name] = value
  const { secureContext, ...rest } = shared
  if (secureContext === undefined) return { context: contextOf(role, rest), own }
  if (!(secureContext instanceof SslContext))
    throw misuse(
      'ERR_INVALID_ARG_TYPE',
      'secureContext: expected one that createSecureContext of this package has made',
    )
  const [beside] = Object.keys(rest)
  if (beside !== undefined)
    throw misuse(
      'ERR_INVALID_ARG_VALUE',
      `${beside}: expected without secureContext, which has been told everything`,
    )
  return { context: secureContext, own }
}

function contextOf(
  role: 'client' | 'server' | undefined,
  given: Record<string, unknown>,
): SslContext {
  if (role) checkRole(role, given)
  const {
    minVersion,
    ALPNProtocols,
    ecdhCurve,
    enableTrace,
    sessionTimeout,
    SNICallback,
    checkServerIdentity,
    ...rest
  } = given as TlsClientOptions & TlsServerOptions
  const older: readonly (string | undefined)[] = ['TLSv1', 'TLSv1.1']
  const options: Record<string, unknown> = {
    crypto: nodeCrypto,
    ...rest,
    minVersion: older.includes(minVersion) ? 'TLSv1.2' : minVersion,
    ecdhCurve: ecdhCurve === 'auto' ? undefined : ecdhCurve,
    ALPNProtocols: ALPNProtocols && alpnNames(ALPNProtocols),
    SNICallback: SNICallback && sniCallback(SNICallback, contextFrom),
    checkServerIdentity: checkServerIdentity && withNodeObject(checkServerIdentity),
    ...(enableTrace ? { trace: traceTo(rest.trace) } : {}),
    ...(sessionTimeout === undefined ? {} : { ticketLifetime: sessionTimeout }),
    ...(believesDefault(role, rest) ? { ca: defaultAnchors() } : {}),
  }
  for (const name of Object.keys(options)) if (options[name] === undefined) delete options[name]
  return new SslContext(options)
}

/** What is of the other role is refused before it is read. */
function checkRole(role: 'client' | 'server', given: Record<string, unknown>): void {
  const wrong: readonly string[] =
    role === 'client' ? [...serverOnly, 'sessionTimeout'] : clientOnly
  const found = Object.keys(given).find(name => wrong.includes(name))
  if (found !== undefined)
    throw misuse('ERR_INVALID_ARG_VALUE', `${found} is no option of a ${role}`)
}

/** A context, or the options of one. */
export function contextFrom(given: unknown): SslContext {
  if (given instanceof SslContext) return given
  if (typeof given !== 'object' || given === null)
    throw misuse('ERR_INVALID_ARG_TYPE', `context: expected a secure context, got ${typeof given}`)
  // A SecureContext of node:tls holds a handle, and nothing that could be read.
  if ('context' in given)
    throw misuse(
      'ERR_INVALID_ARG_TYPE',
      'context: expected one that createSecureContext of this package has made, got one of node:tls',
    )
  return createSecureContext(given as TlsServerOptions)
}

/** Who says whom to believe in no way believes whom Node does: a client, and a server that asks for certificates. */
function believesDefault(role: 'client' | 'server' | undefined, given: Partial<TlsClientOptions>) {
  const asks = (given as TlsServerOptions).requestCert
  if (role === 'server' && !asks) return false
  if (role === undefined && (given.cert !== undefined || given.key !== undefined) && !asks)
    return false
  const { ca, pins, rawPublicKeys, psks, pskCallback, verifyCallback } = given
  const said = [ca, pins, rawPublicKeys, psks, pskCallback, verifyCallback]
  return said.every(one => one === undefined)
}

function traceTo(beside: ClientOptions['trace']): NonNullable<ClientOptions['trace']> {
  return (event: TraceEvent) => {
    process.stderr.write(`${traceLines(event).join('\n')}\n`)
    beside?.(event)
  }
}

/** Bytes of the certificate's object are Buffers for Node. */
function withNodeObject(check: CheckServerIdentity): ClientOptions['checkServerIdentity'] {
  if (typeof check !== 'function')
    throw misuse('ERR_INVALID_ARG_TYPE', 'checkServerIdentity: expected a function')
  return (hostname, cert) => check(hostname, nodeObject(cert))
}
