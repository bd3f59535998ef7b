/** An `Ssl` for one connection, out of one object with everything in it; what is for the other role is refused. */
import type { Role } from '@biopair/handshake'
import { SslContext } from '../context.ts'
import type { ContextOptions } from '../context-options.ts'
import { misuse } from '../misuse.ts'
import { Ssl } from '../ssl.ts'
import type { SslOptions } from '../ssl-options.ts'
import { type ContextNames, namedContexts } from './named-contexts.ts'
import {
  connectionRoles,
  contextRoles,
  type NamesOf,
  namesOf,
  otherRoles,
  streamRoles,
} from './roles.ts'
import { type SslStreamOptions, streamOptionTypes } from './stream-options.ts'

/** Options of a context that mean nothing to a client. */
export const serverOnly = namesOf(contextRoles, 'server')

/** And to a server: which is told of by `sslFor`, and by whoever makes a context before. */
export const clientOnly = namesOf(contextRoles, 'client')

/** Options of one connection, and of no context. */
export const connectionOnly: readonly string[] = [connectionRoles, streamRoles]
  .flatMap(table => Object.keys(table))
  .filter(name => !Object.hasOwn(contextRoles, name))

const tables = [contextRoles, connectionRoles, streamRoles, otherRoles]
/** What is none of a role's. */
const wrong: Readonly<Record<Role, ReadonlySet<string>>> = {
  client: new Set(tables.flatMap(table => namesOf(table, 'server'))),
  server: new Set(tables.flatMap(table => namesOf(table, 'client'))),
}

/** What a connection is told: of its `SslContext`, or a context that is there already; of its `Ssl`; and of its stream. */
export type ClientOptions = Omit<ContextOptions, (typeof serverOnly)[number]> &
  Omit<SslOptions, NamesOf<typeof connectionRoles, 'server'>> &
  SslStreamOptions & {
    /** Shared with other connections, in the place of its options: read and checked once. */
    readonly context?: SslContext | undefined
  }

export type ServerOptions = Omit<ContextOptions, (typeof clientOnly)[number]> &
  Omit<SslOptions, NamesOf<typeof connectionRoles, 'client'>> &
  Omit<SslStreamOptions, NamesOf<typeof streamRoles, 'client'>> & {
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
  for (const name of Object.keys(given))
    if (wrong[role].has(name))
      throw misuse('ERR_INVALID_ARG_VALUE', `${name} is no option of a ${role}`)
  const stream = taken(given, Object.keys(streamOptionTypes))
  // What a context and a connection can both be told is the context's, unless there is one that others share.
  const own = Object.keys(connectionRoles).filter(
    name => given.context !== undefined || !(name in contextRoles),
  )
  const told: SslOptions = taken(given, own)
  const context = contextOf(given)
  const ssl = new Ssl(context, told)
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
