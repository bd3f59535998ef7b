/** What a server remembers of its sessions of TLS 1.2: in a cache by their ids, or sealed into tickets (RFC 5246 §7.3, RFC 5077). */
import { type CipherSuite12, cipherSuite12ById, wipe } from '@biopair/crypto'
import {
  type AnyConnected,
  type ChosenSession12,
  is12,
  type NewTicket12,
  type Session12,
  type Sessions12,
  type Shown,
  type WantSession,
} from '@biopair/handshake'
import {
  type Bytes,
  type Decoded,
  decode,
  fixed,
  opaque,
  struct,
  uint8,
  uint16,
  uint32,
  vector,
  Writer,
} from '@biopair/wire'
import { type Again, following, orElse } from './answers.ts'
import type { SslContext } from './context.ts'
import type { Facts } from './facts.ts'
import { ticketCount } from './issuing.ts'
import { longestLifetime12 } from './session12.ts'
import { readShown, ShownState, writeShown } from './shown-state.ts'
import {
  keepState,
  longestTicket,
  type SealingWith,
  sealState,
  ticketId,
  unsealed,
  usable,
} from './tickets.ts'

/** Its first byte tells it from what is remembered of TLS 1.3: neither reads the other's. */
const version = 129

/** What a server has to know to resume. */
const TicketState12 = struct({
  version: uint8,
  cipher_suite: uint16,
  /** Seconds since 1970, and milliseconds beyond. */
  issued: uint32,
  issued_milliseconds: uint16,
  ticket_lifetime: uint32,
  /** 1 for a session that a pre-shared key began. */
  psk_first: uint8,
  master_secret: fixed(48),
  server_name: opaque(0, 255),
  session_id_context: opaque(0, 255),
  /** The client's, leaf first. */
  chain: vector(opaque(1, 2 ** 24 - 1), 0, 2 ** 24 - 1),
  shown: ShownState,
})

interface Opened12 extends Omit<Decoded<typeof TicketState12>, 'shown'> {
  readonly suite: CipherSuite12
  readonly shown: Shown
}

/** Everything in a state but the names and the chain. */
const fixedState = 128

/** What a connection's sessions are remembered with. */
export interface Remembering {
  /** The context that it began with. */
  readonly context: SslContext
  /** The name that the client asked for. */
  readonly serverName: () => string | undefined
  /** Whether the client's certificates are left out. */
  readonly noClient: () => boolean
}

/** How a server remembers sessions of TLS 1.2; undefined where it resumes none. It issues what it issues of tickets after a full handshake. */
export function sessions12(of: Remembering): Sessions12 | undefined {
  const { context } = of
  const { sessionCache } = context.options
  if (!context.opensTickets) return undefined
  const issues = ticketCount(context, false, undefined) > 0
  if (sessionCache)
    return {
      issues,
      by: 'id',
      keep: (id, session) => {
        const now = context.now()
        const until = now + lifetimeOf(context) * 1000
        keepState(sessionCache, ticketId(id), written(of, session, now, until), until)
      },
    }
  return { issues, by: 'ticket', seal: session => sealed(of, session) }
}

/** Seconds. */
function lifetimeOf({ options: { ticketLifetime = 7200 } }: SslContext): number {
  return Math.min(ticketLifetime, longestLifetime12)
}

function sealed(
  of: Remembering,
  session: Session12 & { readonly until?: number },
): NewTicket12 | undefined {
  const { context } = of
  const now = context.now()
  const until = session.until ?? now + lifetimeOf(context) * 1000
  const lifetime = Math.floor((until - now) / 1000)
  const state = lifetime > 0 ? written(of, session, now, now + lifetime * 1000) : undefined
  if (!state) return undefined
  if (state.length > longestTicket) {
    wipe(state)
    return undefined
  }
  const sealing: SealingWith = {
    crypto: context.crypto,
    draw: (purpose, length) => context.draw(purpose, length),
    sealer: context.options.ticketSealer,
    key: () => context.ticketKey,
  }
  const ticket = sealState(sealing, state)
  return ticket && { ticket, lifetime }
}

function written(of: Remembering, session: Session12, now: number, until: number): Bytes {
  const { chain: known, shown, masterSecret, suite, authenticatedBy } = session
  const chain = of.noClient() ? [] : [...known]
  // Reserved at once: a buffer that grows leaves copies of the secret behind.
  const long = chain.reduce((sum, der) => sum + der.length + 3, fixedState)
  const writer = new Writer(long + 2 * 256)
  TicketState12.write(writer, {
    version,
    cipher_suite: suite.id,
    issued: Math.floor(now / 1000),
    issued_milliseconds: Math.floor(now) % 1000,
    ticket_lifetime: Math.floor((until - now) / 1000),
    psk_first: authenticatedBy === 'psk' ? 1 : 0,
    master_secret: masterSecret,
    server_name: latin1(of.serverName() ?? ''),
    session_id_context: latin1(of.context.options.sessionIdContext ?? ''),
    chain,
    shown: writeShown(shown),
  })
  const state = writer.finish()
  writer.wipe()
  return state
}

/** What was remembered; undefined for what is not of TLS 1.2. */
function readState12(bytes: Uint8Array): Opened12 | undefined {
  try {
    const state = decode(TicketState12, bytes)
    const suite = cipherSuite12ById(state.cipher_suite)
    const shown = readShown(state.shown)
    return suite && shown && state.version === version ? { ...state, suite, shown } : undefined
  } catch {
    return undefined
  }
}

type Later<T> = T | Again | Promise<T | Again>

/** Answers `session`: what is remembered of the session that a client names, if it may go on. With `singleUseTickets` it is remembered no more then. */
export function sessionAnswer(context: SslContext) {
  const { sessionCache, ticketSealer, singleUseTickets = false } = context.options
  return (want: WantSession): Later<ChosenSession12 | undefined> => {
    if (!context.opensTickets) return undefined
    const id = ticketId(want.id)
    return following(found(want, id) as Opened12 | undefined, state => {
      const session = state && chosen(state, want, context)
      if (!session || !singleUseTickets || !sessionCache) return session
      return following(
        orElse(() => sessionCache.delete(id), false),
        ours => (ours ? session : forgotten(session)),
      )
    }) as Later<ChosenSession12 | undefined>
  }

  function found({ id, ticket }: WantSession, key: string): Later<Opened12 | undefined> {
    if (sessionCache) {
      if (id.length === 0) return undefined
      const got = orElse(() => sessionCache.get(key), undefined)
      return following(got, readFound) as Later<Opened12 | undefined>
    }
    if (ticket.length === 0) return undefined
    if (!ticketSealer) return unsealed(ticket, context.ticketKeys, context.crypto, readState12)
    const got = orElse(() => ticketSealer.open(Uint8Array.from(ticket)), undefined)
    return following(got, readFound) as Later<Opened12 | undefined>
  }
}

function readFound(state: unknown): Opened12 | undefined {
  return state instanceof Uint8Array ? readState12(state) : undefined
}

function chosen(
  state: Opened12,
  { serverName }: WantSession,
  context: SslContext,
): ChosenSession12 | undefined {
  const { master_secret: masterSecret, suite, chain, shown, psk_first } = state
  const session: ChosenSession12 = {
    ...{ masterSecret, suite, chain, shown },
    authenticatedBy: psk_first === 1 ? 'psk' : 'certificate',
    until: state.issued * 1000 + state.issued_milliseconds + state.ticket_lifetime * 1000,
  }
  const { sessionIdContext = '' } = context.options
  return usable(state, context.now(), serverName, sessionIdContext) ? session : forgotten(session)
}

/** RFC 5246 §7.2.2: after a fatal alert, "servers and clients MUST forget any session-identifiers, keys, and secrets associated with a failed connection". */
export function forgetSession12(
  { options: { sessionCache } }: SslContext,
  connected: AnyConnected | undefined,
  facts: Facts,
): void {
  if (!connected || !is12(connected)) return
  facts.session = undefined
  const { role, sessionId } = connected
  if (role === 'server' && sessionCache && sessionId.length > 0)
    Promise.resolve(orElse(() => sessionCache.delete(ticketId(sessionId)), false))
}

function forgotten({ masterSecret }: ChosenSession12): undefined {
  wipe(masterSecret)
  return undefined
}

function latin1(characters: string): Bytes {
  return Uint8Array.from(characters, character => character.charCodeAt(0))
}
