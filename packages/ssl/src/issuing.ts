/** Which tickets a server issues: how many, and what they hold of the client (RFC 9846 §4.7.1). */
import type { Command, Connected } from '@biopair/handshake'
import type { Bytes } from '@biopair/wire'
import type { Verdict } from '@biopair/x509'
import type { SslContext } from './context.ts'
import { type Issuing, makeTicket } from './tickets.ts'
import { isFiltered } from './verification.ts'

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
