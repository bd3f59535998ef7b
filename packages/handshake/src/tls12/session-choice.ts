/** Whether a server of TLS 1.2 goes on with the session that a client offers (RFC 5246 §7.4.1.2, RFC 5077 §3.4, RFC 7627 §5.3). */
import { TlsAlert } from '@biopair/wire'
import type { ClientAuthentication, ServerConfig } from '../config.ts'
import { ask, type Flow } from '../flow.ts'
import type { ClientHello } from '../messages/index.ts'
import type { Secrets } from '../secrets.ts'
import { knowsClient } from '../tls13/psk-choice.ts'
import { stillTaken } from '../tls13/still-taken.ts'
import type { Offer12 } from './offer.ts'
import type { ChosenSession12 } from './session.ts'

/**
 * The session to go on with, by the client's ticket or its id; undefined where there is none, and a full handshake is in order. Its suite has to be one that both ends
 * have still, and what it says of the client what the server asks for.
 */
export function* chooseSession12(
  offer: Offer12,
  hello: ClientHello,
  asks: ClientAuthentication,
  config: ServerConfig,
  secrets: Secrets,
): Flow<ChosenSession12 | undefined> {
  if (!config.sessions12) return undefined
  const { legacy_session_id: id } = hello
  const { session_ticket: ticket = new Uint8Array(0) } = offer.extensions
  if (id.length === 0 && ticket.length === 0) return undefined
  const session = yield* ask({ want: 'session', id, ticket, serverName: offer.serverName })
  if (!session) return undefined
  secrets.hold(session.masterSecret)
  // "If the original session used the extension but the new ClientHello does not contain it, the server MUST abort the abbreviated handshake."
  if (!offer.extendedMasterSecret)
    throw new TlsAlert('handshake_failure', {
      reason: 'INCONSISTENT_EXTMS',
      section: 'RFC 7627 5.3',
      why: 'the session has extended_master_secret, the ClientHello does not',
    })
  if (!offer.suites.includes(session.suite)) return undefined
  if (!knowsClient({ ...session, kind: 'resumption' }, asks)) return undefined
  if (session.chain.length === 0) return session
  if (!stillTaken(session, 'client', config)) return undefined
  const { chain, shown } = session
  const verdict = yield* ask({ want: 'verification', role: 'client', chain, shown, resuming: true })
  return verdict.trusted ? session : undefined
}
