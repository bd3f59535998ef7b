/** The client's abbreviated handshake of TLS 1.2 (RFC 5246 §7.3, RFC 5077 §3.1). */
import type { Bytes } from '@biopair/wire'
import type { ClientConfig } from '../config.ts'
import type { Flow } from '../flow.ts'
import { NewSessionTicket12 } from '../messages/index.ts'
import type { Secrets } from '../secrets.ts'
import type { Talk } from '../talk.ts'
import type { Choice12 } from './choice.ts'
import type { Connected12 } from './connected12.ts'
import { Finishing } from './finish.ts'
import type { Randoms } from './key-schedule.ts'
import type { NewSession12, OfferedSession12 } from './session.ts'
import { checkResumed, tellResumed } from './session-offer.ts'

/**
 *     Client                                               Server
 *
 *     ClientHello                  -------->
 *                                                     ServerHello
 *                                               NewSessionTicket*
 *                                              [ChangeCipherSpec]
 *                                  <--------             Finished
 *     [ChangeCipherSpec]
 *     Finished                     -------->
 *
 * Goes on from a ServerHello that echoes the id of the session which was offered.
 */
export function* resumeClient12(
  talk: Talk,
  config: ClientConfig,
  session: OfferedSession12,
  choice: Choice12,
  randoms: Randoms,
  alpn: Bytes | undefined,
  secrets: Secrets,
): Flow<Connected12> {
  checkResumed(session, choice)
  const { suite } = session
  const master = secrets.hold(session.masterSecret.slice())
  talk.transcript.start(config.crypto.hashes[suite.hash])
  tellResumed(talk, session)
  const ticket = yield* receiveTicket(talk, choice)
  const finishing = new Finishing(talk, config.crypto, suite, master, randoms, secrets)
  const firstFinished = yield* finishing.receive('server')
  finishing.send('client')
  if (ticket) tellTicket(talk, { ...session, masterSecret: master }, ticket, true)
  talk.enter('CONNECTED')
  return {
    version: 'TLSv1.2',
    role: 'client',
    suite,
    masterSecret: secrets.release(master),
    randoms,
    extendedMasterSecret: true,
    group: undefined,
    alpn,
    serverName: config.serverName,
    peerChain: session.chain,
    peerShown: session.shown,
    resumed: true,
    authenticatedBy: session.authenticatedBy,
    sessionId: session.id,
    firstFinished,
  }
}

/** NewSessionTicket, where the ServerHello said that one comes (RFC 5077 §3.3): it stands before change_cipher_spec. */
export function* receiveTicket(
  talk: Talk,
  { extensions }: Choice12,
): Flow<NewSessionTicket12 | undefined> {
  if (!extensions.session_ticket) return undefined
  return yield* talk.receive('WAIT_TICKET', NewSessionTicket12)
}

/** Tells of a session's ticket, once the server's Finished is verified. An empty one is none (RFC 5077 §3.3). */
function tellTicket(
  talk: Talk,
  session: Omit<NewSession12, 'id' | 'ticket' | 'lifetime' | 'renewed'>,
  { ticket, ticket_lifetime_hint: lifetime }: NewSessionTicket12,
  renewed: boolean,
): boolean {
  if (ticket.length === 0) return false
  talk.output.learn({
    fact: 'session',
    session: { ...session, id: new Uint8Array(0), ticket, lifetime, renewed },
  })
  return true
}

/**
 * Tells of the session that a full handshake has begun, once the server's Finished is verified: by its ticket, or by the id that the server gave it. There is none
 * without extended_master_secret, and none where the server gave it no name.
 */
export function tellSession(
  talk: Talk,
  choice: Choice12,
  session: Omit<NewSession12, 'id' | 'ticket' | 'lifetime' | 'renewed'>,
  id: Bytes,
  ticket: NewSessionTicket12 | undefined,
): void {
  if (!choice.extendedMasterSecret) return
  if (ticket && tellTicket(talk, session, ticket, false)) return
  if (id.length === 0) return
  talk.output.learn({
    fact: 'session',
    session: { ...session, id, ticket: new Uint8Array(0), lifetime: 0, renewed: false },
  })
}
