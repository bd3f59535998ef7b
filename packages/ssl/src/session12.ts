/** A session of TLS 1.2 as bytes, and as a flow is told of it (RFC 5246 §7.3, RFC 5077). */
import { cipherSuite12ById } from '@biopair/crypto'
import type { NewSession12, OfferedSession12 } from '@biopair/handshake'
import {
  type Bytes,
  decode,
  encode,
  fixed,
  opaque,
  struct,
  uint8,
  uint16,
  uint32,
  vector,
} from '@biopair/wire'
import type { Session } from './session.ts'
import { readShown, ShownState, writeShown } from './shown-state.ts'

/** What a session has in TLS 1.2, and in TLS 1.2 alone. */
export interface Terms12 {
  /** Of the session, where the server remembers it; empty for one with a ticket. */
  readonly sessionId: Bytes
}

/** Its first byte tells a session of TLS 1.2 from one of TLS 1.3, whose is 3. */
export const version12 = 4

/** How a session is written; milliseconds in two halves. */
const SessionState12 = struct({
  version: uint8,
  cipher_suite: uint16,
  received_high: uint32,
  received_low: uint32,
  lifetime: uint32,
  /** 1 for a session that a pre-shared key began. */
  psk_first: uint8,
  master_secret: fixed(48),
  session_id: opaque(0, 32),
  ticket: opaque(0, 2 ** 16 - 1),
  server_name: opaque(0, 255),
  alpn: opaque(0, 255),
  chain: vector(opaque(1, 2 ** 24 - 1), 0, 2 ** 24 - 1),
  shown: ShownState,
})

/**
 * Seconds: RFC 5246 §F.1.4 would have no session last longer, since whoever has its secret can speak for either end until then; and a session whose server
 * does not say lasts as long as ours do.
 */
export const longestLifetime12 = 86_400
const usualLifetime = 7200

/** A session that a connection has begun; `before` is the one that it resumed, whose time a new ticket does not put off. */
export function sessionOf12(
  { id, ticket, lifetime, masterSecret, suite, chain, shown, authenticatedBy }: NewSession12,
  about: Pick<Session, 'serverName' | 'alpn' | 'received'>,
  before: Session | undefined,
): Session {
  const said = Math.min(lifetime || usualLifetime, longestLifetime12)
  const left = before
    ? Math.floor((before.received - about.received) / 1000) + before.lifetime
    : said
  return {
    ...about,
    ticket,
    psk: masterSecret.slice(),
    suite,
    lifetime: Math.max(0, Math.min(said, left)),
    ageAdd: 0,
    maxEarlyData: 0,
    chain,
    shown,
    authenticatedBy,
    tls12: { sessionId: id },
  }
}

/** As a client's flow is told of it; undefined for a session of TLS 1.3. */
export function offered12(session: Session): OfferedSession12 | undefined {
  const { tls12, psk: masterSecret, ticket, chain, shown, authenticatedBy } = session
  const suite = cipherSuite12ById(session.suite.id)
  if (!tls12 || !suite) return undefined
  return { id: tls12.sessionId, ticket, masterSecret, suite, chain, shown, authenticatedBy }
}

export function session12ToBytes(session: Session, { sessionId }: Terms12): Bytes {
  const received = Math.max(0, Math.floor(session.received))
  return encode(SessionState12, {
    version: version12,
    cipher_suite: session.suite.id,
    received_high: Math.floor(received / 2 ** 32),
    received_low: received % 2 ** 32,
    lifetime: session.lifetime,
    psk_first: session.authenticatedBy === 'psk' ? 1 : 0,
    master_secret: session.psk,
    session_id: sessionId,
    ticket: session.ticket,
    server_name: Uint8Array.from(session.serverName ?? '', c => c.charCodeAt(0)),
    alpn: session.alpn ?? new Uint8Array(0),
    chain: [...session.chain],
    shown: writeShown(session.shown),
  })
}

/** Undefined for anything else. */
export function session12FromBytes(bytes: Uint8Array): Session | undefined {
  const state = read(bytes)
  const suite = state && cipherSuite12ById(state.cipher_suite)
  const shown = state && readShown(state.shown)
  if (
    !suite ||
    !shown ||
    state.version !== version12 ||
    state.lifetime > longestLifetime12 ||
    state.psk_first !== (state.chain.length > 0 ? 0 : 1) ||
    state.received_high >= 2 ** 21 ||
    // It goes by one name.
    state.ticket.length > 0 === state.session_id.length > 0
  )
    return undefined
  return {
    ticket: state.ticket,
    psk: state.master_secret,
    suite,
    received: state.received_high * 2 ** 32 + state.received_low,
    lifetime: state.lifetime,
    ageAdd: 0,
    maxEarlyData: 0,
    serverName:
      state.server_name.length > 0 ? String.fromCharCode(...state.server_name) : undefined,
    alpn: state.alpn.length > 0 ? state.alpn : undefined,
    chain: state.chain,
    shown,
    authenticatedBy: state.psk_first === 1 ? 'psk' : 'certificate',
    tls12: { sessionId: state.session_id },
  }
}

function read(bytes: Uint8Array) {
  try {
    return decode(SessionState12, bytes)
  } catch {
    return undefined
  }
}
