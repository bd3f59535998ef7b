/** Who answers for early data: the context's callback, then its replay store (RFC 9846 §8). */
import type { EarlyGrant, EarlyTerms, WantEarlyData } from '@biopair/handshake'
import type { Bytes } from '@biopair/wire'
import type { CallbackContext } from './abort.ts'
import { type Again, type Answers, following, isPromise } from './answers.ts'
import type { SslContext } from './context.ts'
import { text } from './facts.ts'
import { usualWindow } from './replay-store.ts'
import type { Session } from './session.ts'
import { type OpenedTicket, ticketId } from './tickets.ts'

/** What a server is asked before early data is taken. */
export interface EarlyDataOffered {
  readonly servername: string | undefined
  /** The protocol that the data is for, which is the one that was agreed on. */
  readonly protocol: string | undefined
  /** Bytes that may come. */
  readonly limit: number
}

/** False refuses the early data of this connection; the handshake goes on. */
export type EarlyDataCallback = (
  offer: EarlyDataOffered,
  context: CallbackContext,
) => boolean | Promise<boolean>

/** The answer to `early_data`: no callback objects, and nobody has seen the ClientHello before. */
export function earlyAnswer(context: SslContext): Answers['early_data'] {
  const { earlyDataCallback } = context.options
  return (want, asking) => {
    if (!earlyDataCallback) return claim(want, context)
    const { grant, serverName: servername } = want
    const protocol = grant.alpn && text(grant.alpn)
    const answer = earlyDataCallback({ servername, protocol, limit: grant.limit }, asking)
    return following(answer, allowed => allowed === true && claim(want, context)) as
      | boolean
      | Again
      | Promise<boolean | Again>
  }
}

/** A store that fails refuses the data: an outage of it is none of the service. */
function claim({ binder, grant }: WantEarlyData, context: SslContext): boolean | Promise<boolean> {
  const { replayStore } = context
  if (!replayStore) return true
  const { earlyDataWindow = usualWindow } = context.options
  const key = ticketId(context.crypto.hashes.sha256.digest(binder))
  // A window more than the ClientHello is fresh for: the clock of another server may be behind.
  const until = grant.arrival + 2 * earlyDataWindow
  try {
    const answer = replayStore.claim(key, until)
    if (!isPromise(answer)) return answer === true
    return Promise.resolve(answer).then(
      first => first === true,
      () => false,
    )
  } catch {
    return false
  }
}

/** What a ticket permits, where its age is about what the client says; the check counts for early data alone (RFC 9846 §4.3.10, §8.3). */
export function granted(
  state: OpenedTicket,
  obfuscatedAge: number,
  context: SslContext,
): EarlyGrant | undefined {
  const { earlyDataWindow = usualWindow } = context.options
  const limit = state.max_early_data_size
  const issued = state.issued * 1000 + state.issued_milliseconds
  const age = (obfuscatedAge - state.ticket_age_add + 2 ** 32) % 2 ** 32
  const arrival = issued + age
  if (limit === 0 || Math.abs(arrival - context.now()) > earlyDataWindow) return undefined
  return { limit, arrival, suite: state.suite, alpn: protocol(state.alpn) }
}

/** What early data a session permits. */
export function termsOf({ maxEarlyData: limit, suite, alpn }: Session): EarlyTerms | undefined {
  // A session of TLS 1.2 permits none.
  return limit > 0 && !('auth' in suite) ? { limit, suite, alpn } : undefined
}

function protocol(alpn: Bytes): Bytes | undefined {
  return alpn.length > 0 ? alpn : undefined
}
