/** The server's abbreviated handshake of TLS 1.2, and the tickets of both kinds of handshake (RFC 5246 §7.3, RFC 5077 §3.1, §3.3). */
import type { Bytes } from '@biopair/wire'
import { draw, type ServerConfig } from '../config.ts'
import type { Flow } from '../flow.ts'
import { grantedFragment, limitFragments } from '../fragment-length.ts'
import { type ClientHello, NewSessionTicket12, ServerHello12 } from '../messages/index.ts'
import type { Secrets } from '../secrets.ts'
import { certificates, type Shown } from '../shown.ts'
import type { Talk } from '../talk.ts'
import { checkClientLimit } from '../tls13/record-limits.ts'
import type { Connected12 } from './connected12.ts'
import { Finishing } from './finish.ts'
import type { Offer12 } from './offer.ts'
import { limitRecords12, recordLimit12 } from './record-limits.ts'
import { random12 } from './sentinel.ts'
import { serverHello12 } from './server-messages.ts'
import { type ChosenSession12, type Session12, sessionIdLength } from './session.ts'

/** How a new session will be known: by the id that the ServerHello gives it, or by a ticket that it announces. */
export interface Naming12 {
  /** Empty for none. */
  readonly sessionId: Bytes
  /** Whether NewSessionTicket follows. */
  readonly ticket: boolean
}

/** A session without extended_master_secret is none (RFC 7627 §5.3). */
export function naming12(offer: Offer12, config: ServerConfig): Naming12 {
  const { sessions12: kept } = config
  const byId = offer.extendedMasterSecret && kept?.issues && kept.by === 'id'
  return {
    sessionId: byId ? draw(config, 'session_id', sessionIdLength) : new Uint8Array(0),
    ticket: announcesTicket(offer, config),
  }
}

function announcesTicket(offer: Offer12, { sessions12: kept }: ServerConfig): boolean {
  if (!offer.extendedMasterSecret || !offer.extensions.session_ticket) return false
  return kept?.issues === true && kept.by === 'ticket'
}

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
 * Goes on with a session: its name is the one that the client gave it.
 */
export function* resumeServer12(
  talk: Talk,
  config: ServerConfig,
  session: ChosenSession12,
  offer: Offer12,
  hello: ClientHello,
  alpn: Bytes | undefined,
  secrets: Secrets,
): Flow<Connected12> {
  const { output, transcript } = talk
  const { suite, chain, shown } = session
  const sessionId = hello.legacy_session_id
  const ticket = announcesTicket(offer, config)
  const theirs = offer.extensions.record_size_limit
  checkClientLimit(theirs)
  const said = {
    ...{ random: random12(config), suite, sessionId, ticket, alpn },
    // RFC 6066 §3: "the server MUST NOT include a server_name extension in the server hello." Nor anything that goes with a certificate.
    ...{ named: false, status: false, scts: [] },
    limit: theirs === undefined ? undefined : recordLimit12(config),
    fragment: grantedFragment(offer.extensions, config),
    types: [],
  }
  const answer = talk.send(ServerHello12, serverHello12(offer, said))
  const randoms = { client: hello.random, server: answer.random }
  limitRecords12(output, said.limit, theirs)
  limitFragments(output, said.fragment)
  output.learn({ fact: 'suite', suite })
  output.learn({ fact: 'resumed', chain, shown })
  if (alpn) output.learn({ fact: 'alpn', protocol: alpn })
  transcript.start(config.crypto.hashes[suite.hash])
  if (ticket) sendTicket(talk, config, session)
  const { masterSecret: master } = session
  const finishing = new Finishing(talk, config.crypto, suite, master, randoms, secrets)
  const firstFinished = finishing.send('server')
  yield* finishing.receive('client')
  talk.enter('CONNECTED')
  return {
    version: 'TLSv1.2',
    role: 'server',
    suite,
    masterSecret: secrets.release(master),
    randoms,
    extendedMasterSecret: true,
    group: undefined,
    alpn,
    serverName: offer.serverName,
    peerChain: chain,
    peerShown: shown,
    resumed: true,
    authenticatedBy: session.authenticatedBy,
    sessionId: config.sessions12?.by === 'id' ? sessionId : new Uint8Array(0),
    firstFinished,
  }
}

/** NewSessionTicket, which was announced; an empty one where it cannot be made (RFC 5077 §3.3). */
export function sendTicket(
  talk: Talk,
  { sessions12 }: ServerConfig,
  session: Session12 & { readonly until?: number },
): void {
  const made = sessions12?.by === 'ticket' ? sessions12.seal(session) : undefined
  const { ticket, lifetime } = made ?? { ticket: new Uint8Array(0), lifetime: 0 }
  talk.send(NewSessionTicket12, { ticket_lifetime_hint: lifetime, ticket })
}

/** Keeps the session that an id was given to. */
export function keepSession({ sessions12 }: ServerConfig, id: Bytes, session: Session12): void {
  if (id.length > 0 && sessions12?.by === 'id') sessions12.keep(id, session)
}

/** What a server remembers of the session that a full handshake has begun. */
export function session12(
  connection: Pick<Connected12, 'masterSecret' | 'suite' | 'authenticatedBy'>,
  client: { readonly chain: readonly Bytes[]; readonly shown: Shown } | undefined,
): Session12 {
  const { chain, shown } = client ?? { chain: [], shown: certificates }
  const { masterSecret, suite, authenticatedBy } = connection
  return { masterSecret, suite, chain, shown, authenticatedBy }
}
