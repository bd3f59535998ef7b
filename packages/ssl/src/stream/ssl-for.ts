/** An `Ssl` for one connection, out of one object with everything in it; what is for the other role is refused. */
import type { Role } from '@biopair/handshake'
import { SslContext } from '../context.ts'
import type { ContextOptions } from '../context-options.ts'
import { misuse } from '../misuse.ts'
import { Ssl } from '../ssl.ts'
import type { SslOptions } from '../ssl-options.ts'
import { type ContextNames, namedContexts } from './named-contexts.ts'
import { type SslStreamOptions, streamOptionTypes } from './stream-options.ts'

/** Options of a context that mean nothing to a client. */
export const serverOnly = [
  'SNICallback',
  'ALPNCallback',
  'clientHelloCallback',
  'requestCert',
  'oidFilters',
  'numTickets',
  'ticketLifetime',
  'ticketKeys',
  'ticketPolicy',
  'sessionCache',
  'ticketSealer',
  'singleUseTickets',
  'maxEarlyData',
  'earlyDataWindow',
  'replayStore',
  'earlyDataCallback',
  'sessionIdContext',
  'cookie',
  'cookieKeys',
  'cookieLifetime',
  'pskIdentityHint',
] as const satisfies readonly (keyof ContextOptions)[]

/** And to a server: which is told of by `sslFor`, and by whoever makes a context before. */
export const clientOnly = [
  'keyShares',
  'postHandshakeAuth',
  'ticketRequest',
  'tickets',
  'onSession',
  'clientHello',
  'middleboxCompat',
  'maxFragmentLength',
  'fallbackScsv',
] as const satisfies readonly (keyof ContextOptions)[]

const clientSide = ['servername', 'session', 'reuseSession'] as const
const serverSide = ['cookieContext'] as const
const eitherSide = ['verifyNames', 'allowWildcards'] as const

/** What a connection is told: of its `SslContext`, or a context that is there already; of its `Ssl`; and of its stream. */
export type ClientOptions = Omit<ContextOptions, (typeof serverOnly)[number]> &
  Omit<SslOptions, (typeof serverSide)[number]> &
  SslStreamOptions & {
    /** Shared with other connections, in the place of its options: read and checked once. */
    readonly context?: SslContext | undefined
  }

export type ServerOptions = Omit<ContextOptions, (typeof clientOnly)[number]> &
  Omit<SslOptions, (typeof clientSide)[number]> &
  Omit<SslStreamOptions, 'earlyData'> & {
    /** Shared with other connections, in the place of its options: tickets are good for all connections of one context. */
    readonly context?: SslContext | undefined
    /** Contexts for the names that clients ask for. `SNICallback` is asked for all other names. */
    readonly contexts?: ContextNames | undefined
  }

/** An `Ssl` with its role, and what is left for its stream. */
export interface SslAndRest {
  readonly ssl: Ssl
  readonly stream: SslStreamOptions
}

/** TypeError (ERR_UNKNOWN_OPTION, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE) for what is no option, or not one of this role. */
export function sslFor(role: 'client', options: ClientOptions): SslAndRest
export function sslFor(role: 'server', options: ServerOptions): SslAndRest
export function sslFor(role: Role, options: ClientOptions | ServerOptions): SslAndRest {
  if (typeof options !== 'object' || options === null)
    throw misuse('ERR_INVALID_ARG_TYPE', `options: expected an object, got ${typeof options}`)
  const given: Record<string, unknown> = { ...options }
  for (const name of Object.keys(given)) if (given[name] === undefined) delete given[name]
  const wrong: readonly string[] =
    role === 'client'
      ? [...serverOnly, ...serverSide, 'contexts']
      : [...clientOnly, ...clientSide, 'earlyData']
  for (const name of Object.keys(given))
    if (wrong.includes(name))
      throw misuse('ERR_INVALID_ARG_VALUE', `${name} is no option of a ${role}`)
  const stream = taken(given, Object.keys(streamOptionTypes))
  // Beside a context that others share, these two are told of this connection alone.
  const listeners = given.context === undefined ? [] : (['onSession', 'keylog'] as const)
  const own = taken(given, [...clientSide, ...serverSide, ...eitherSide, ...listeners])
  const ssl = new Ssl(contextOf(given), own as SslOptions)
  return { ssl: role === 'client' ? ssl.setConnectState() : ssl.setAcceptState(), stream }
}

/** The context of these options: a server's with `contexts`, too. */
function contextOf(given: Record<string, unknown>): SslContext {
  const { context, contexts, ...rest } = given
  if (context === undefined) {
    if (contexts === undefined) return new SslContext(rest)
    const { SNICallback } = rest as ContextOptions
    return new SslContext({
      ...rest,
      SNICallback: namedContexts(contexts as ContextNames, SNICallback),
    })
  }
  if (!(context instanceof SslContext))
    throw misuse('ERR_INVALID_ARG_TYPE', `context: expected an SslContext, got ${typeof context}`)
  const [beside] = Object.keys({ ...rest, ...(contexts === undefined ? {} : { contexts }) })
  if (beside !== undefined)
    throw misuse(
      'ERR_INVALID_ARG_VALUE',
      `${beside}: expected without context, which has been told everything`,
    )
  return context
}

/** Takes these out of what was given. */
function taken(given: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  const found: Record<string, unknown> = {}
  for (const name of names) {
    if (!(name in given)) continue
    found[name] = given[name]
    delete given[name]
  }
  return found
}
