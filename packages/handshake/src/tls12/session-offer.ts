/** A client's session of TLS 1.2: offered by its ticket or by its id, and taken by the server or not (RFC 5077 §3.4, RFC 5246 §7.4.1.2). */
import { equal } from '@biopair/crypto'
import { type Bytes, TlsAlert } from '@biopair/wire'
import { type ClientConfig, draw } from '../config.ts'
import { writeExtension } from '../extensions/index.ts'
import { ask, type Flow } from '../flow.ts'
import type { ClientHello, RawExtension, ServerHello } from '../messages/index.ts'
import type { Talk } from '../talk.ts'
import { stillTaken } from '../tls13/still-taken.ts'
import { speaks12 } from '../versions.ts'
import type { Choice12 } from './choice.ts'
import { type OfferedSession12, sessionIdLength } from './session.ts'

/** The configuration with the session that may be offered, or none: its server has to be believed still, and its suite to be one of ours. */
export function* offering12(config: ClientConfig): Flow<ClientConfig> {
  const { session12: session, suites12 = [] } = config
  if (!session) return config
  const without = { ...config, session12: undefined }
  if (!speaks12(config) || !suites12.includes(session.suite)) return without
  if (session.chain.length === 0) return config
  if (!stillTaken(session, 'server', config)) return without
  const { chain, shown } = session
  const verdict = yield* ask({ want: 'verification', role: 'server', chain, shown, resuming: true })
  return verdict.trusted ? config : without
}

/**
 * legacy_session_id where a session is offered: its own, or for a ticket one that is made up, by whose echo the server says that it goes on with
 * it (RFC 5077 §3.4). Undefined where none is.
 */
export function offeredId(config: ClientConfig): Bytes | undefined {
  const { session12: session } = config
  if (!session) return undefined
  return session.ticket.length > 0 ? draw(config, 'session_id', sessionIdLength) : session.id
}

/** session_ticket: with the ticket, or empty where one would be of use (RFC 5077 §3.2). */
export function offeredTicket({ session12: session, tickets }: ClientConfig): RawExtension[] {
  if (!tickets && !session?.ticket.length) return []
  return [writeExtension('ClientHello12', 'session_ticket', session?.ticket ?? new Uint8Array(0))]
}

/** The session that the server goes on with: it echoes the id. Whoever echoes one that is of no session is refused when its choice is judged. */
export function resumed12(
  answer: ServerHello,
  hello: ClientHello,
  { session12 }: ClientConfig,
): OfferedSession12 | undefined {
  const { legacy_session_id: id } = hello
  return id.length > 0 && equal(id, answer.legacy_session_id_echo) ? session12 : undefined
}

/** A session goes on with its own suite (RFC 5246 §7.4.1.3), and with extended_master_secret (RFC 7627 §5.3). */
export function checkResumed(session: OfferedSession12, choice: Choice12): void {
  if (choice.suite !== session.suite)
    throw new TlsAlert('illegal_parameter', {
      reason: 'OLD_SESSION_CIPHER_NOT_RETURNED',
      section: 'RFC 5246 7.4.1.3',
      why: `the session is of ${session.suite.name}, the server chose ${choice.suite.name}`,
    })
  // "If the original session used the extension but the ServerHello does not contain it, the client MUST abort the handshake."
  if (!choice.extendedMasterSecret)
    throw new TlsAlert('handshake_failure', {
      reason: 'INCONSISTENT_EXTMS',
      section: 'RFC 7627 5.3',
      why: 'the session has extended_master_secret, the ServerHello does not',
    })
}

/** Tells that a session goes on, and with whom. */
export function tellResumed(talk: Talk, { chain, shown }: OfferedSession12): void {
  talk.output.learn({ fact: 'resumed', chain, shown })
}
