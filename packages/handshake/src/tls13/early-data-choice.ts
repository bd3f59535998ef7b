/** Early data as a server takes or refuses it (RFC 9846 §4.3.10, §4.6, §8). */
import type { CipherSuite, TrafficSecret } from '@biopair/crypto'
import type { Bytes } from '@biopair/wire'
import type { ServerConfig } from '../config.ts'
import { ask, type Flow } from '../flow.ts'
import { EndOfEarlyData } from '../messages/index.ts'
import type { ChosenPsk, EarlyGrant } from '../psk.ts'
import type { Talk } from '../talk.ts'
import { sameProtocol } from './early-data-offer.ts'
import type { Offer } from './offer.ts'

/**
 * What is granted to the early data of a ClientHello; undefined where there is none, or it is refused: of a key that is not the first, that
 * permits none or is not fresh, for another suite or protocol, more than we hold, or as whoever knows of replays says, who is asked last.
 */
export function* chooseEarlyData(
  offer: Offer,
  psk: ChosenPsk | undefined,
  suite: CipherSuite,
  alpn: Bytes | undefined,
  config: ServerConfig,
): Flow<EarlyGrant | undefined> {
  const { early_data, pre_shared_key } = offer.extensions
  const grant = psk?.early
  if (!early_data || !grant || psk.selected !== 0) return undefined
  if (grant.limit === 0 || grant.limit > config.maxEarlyData) return undefined
  if (grant.suite !== suite || !sameProtocol(grant.alpn, alpn)) return undefined
  // RFC 9846 §8.2: a binder that was verified is the only one that an attacker cannot vary.
  const binder = pre_shared_key?.binders[0] as Bytes
  const { serverName } = offer
  const taken = yield* ask({ want: 'early_data', grant, binder, serverName })
  return taken ? grant : undefined
}

/** Tells what becomes of the early data, and how its records are read: under their key, passed over, or not at all. */
export function answerEarlyData(
  { output }: Talk,
  { extensions }: Offer,
  grant: EarlyGrant | undefined,
  config: ServerConfig,
): void {
  if (grant) {
    const { limit, alpn } = grant
    output.learn({ fact: 'early_data', state: 'accepted', limit, alpn })
    return
  }
  if (extensions.early_data) output.skipEarlyData(config.skippedEarlyData)
  output.learn({ fact: 'early_data', state: extensions.early_data ? 'rejected' : 'none' })
}

/** WAIT_EOED: early data comes until EndOfEarlyData; what follows is under the handshake's key. Over QUIC nothing says so (RFC 9001 §8.3). */
export function* receiveEarlyData(
  talk: Talk,
  secret: TrafficSecret,
  { quic }: ServerConfig,
): Flow<void> {
  if (quic) return
  yield* talk.receive('WAIT_EOED', EndOfEarlyData)
  talk.output.learn({ fact: 'early_data', state: 'over' })
  talk.output.protect('read', 'handshake', secret)
}
