/** Which tickets a server issues, how many, and when. */
import type { Command, Connected, Role } from '@biopair/handshake'
import type { Bytes } from '@biopair/wire'
import type { Verdict } from '@biopair/x509'
import type { SslContext } from './context.ts'
import type { ContextOptions } from './context-options.ts'
import type { Facts } from './facts.ts'
import { type Issuing, makeTicket } from './tickets.ts'
import { isFiltered } from './verification.ts'

/** Who issues them. */
export interface Issuer {
  readonly role: Role | undefined
  /** The context that it began with: its tickets are of that one. */
  readonly first: SslContext
  /** The one that SNICallback put in its place, if it did. */
  readonly context: SslContext
  readonly facts: Facts | undefined
}

/** Tickets that a client may have because it asked. */
const mostRequested = 8

/** How many tickets follow a handshake: what the client would like, within bounds, or what the context says. */
export function ticketCount(
  { options }: SslContext,
  resumed: boolean,
  requested: number | undefined,
): number {
  const { ticketPolicy = 'at_once', numTickets = 2 } = options
  if (ticketPolicy === 'never' || ticketPolicy === 'on_demand' || numTickets === 0) return 0
  if (requested !== undefined) return Math.min(requested, Math.max(numTickets, mostRequested))
  return resumed ? 1 : numTickets
}

/** Tickets that go out by themselves where the policy is this one: after the handshake, and after a later authentication if they can say more than those. */
export function ticketsDue(
  issuer: Issuer,
  when: ContextOptions['ticketPolicy'],
  connected: Connected,
): readonly Command[] {
  const { ticketPolicy = 'at_once' } = issuer.first.options
  if (issuer.role === 'client' || ticketPolicy !== when) return []
  if (connected.peerChain.length > 0 && keepsNoClientOf(issuer)) return []
  return moreTickets(issuer, connected, connected.ticketsDue)
}

/** So many tickets more. */
export function moreTickets(issuer: Issuer, connected: Connected, count = 0): readonly Command[] {
  const { maxEarlyData = 0 } = issuer.first.options
  return issueTickets(issuer.first, connected, count, {
    noClient: keepsNoClientOf(issuer),
    maxEarlyData,
  })
}

/** What tickets hold besides the connection. */
export interface TicketTerms {
  /** Whether the client's certificates are left out. */
  readonly noClient: boolean
  /** Bytes of early data that each permits. */
  readonly maxEarlyData: number
  /** Of QUIC: what they are good for. */
  readonly quic?: Bytes | undefined
}

/** So many tickets more, numbered on from those that were issued; fewer where what the client has shown is too long for one. */
export function issueTickets(
  context: SslContext,
  connected: Connected,
  count: number,
  { noClient, maxEarlyData, quic }: TicketTerms,
): readonly Command[] {
  const { ticketLifetime = 7200, sessionIdContext = '', sessionCache } = context.options
  if (!connected.ticketsAllowed) return []
  const known = noClient ? { ...connected, peerChain: [] } : connected
  const issuing: Issuing = {
    crypto: context.crypto,
    draw: (purpose, length) => context.draw(purpose, length),
    now: context.now(),
    lifetime: ticketLifetime,
    maxEarlyData,
    sessionIdContext,
    quic,
    cache: sessionCache,
    sealer: context.options.ticketSealer,
    key: () => context.ticketKey,
  }
  return Array.from({ length: count }, (_, i) => makeTicket(known, connected.tickets + i, issuing))
    .filter(ticket => ticket !== undefined)
    .map(ticket => ({ command: 'ticket', ...ticket }))
}

/**
 * A server that says nothing of clients' certificates resumes no session with one: its tickets then hold none. Nor one that a request's
 * filters spoke against: a resumption knows nothing of that request. `answering` is the context that SNICallback may have put in place.
 */
export function keepsNoClient(answering: SslContext, verdict: Verdict | undefined): boolean {
  return (
    answering.clientAuthentication.clientCertificate === 'none' ||
    (verdict !== undefined && isFiltered(verdict))
  )
}

function keepsNoClientOf({ context, facts }: Issuer): boolean {
  return keepsNoClient(context, facts?.verdict)
}
