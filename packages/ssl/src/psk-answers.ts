/** Who answers for pre-shared keys: a client's session and keys, a server's tickets, cache and keys (RFC 9846 §4.3.11). */
import { equal } from '@biopair/crypto'
import type { ChosenPsk, OfferedIdentity, OfferedPsk, WantPsk } from '@biopair/handshake'
import type { Bytes } from '@biopair/wire'
import { type Again, type Answers, following, orElse } from './answers.ts'
import type { SslContext } from './context.ts'
import { earlyAnswer, granted, termsOf } from './early-answers.ts'
import { text } from './facts.ts'
import { answered, chosenFrom, offered } from './psk-callback.ts'
import { chosen12, offered12 } from './psk12.ts'
import type { StaticPsk } from './psks.ts'
import { goesWith, sameBinding } from './quic/binding.ts'
import type { Session } from './session.ts'
import { type OpenedTicket, openTicket, readState, ticketId, usable } from './tickets.ts'

/** Identities of a ClientHello that are looked up: each may cost an AEAD or a question to a store. */
const mostIdentities = 8

type Later<T> = T | Again | Promise<T | Again>

/**
 * The answers to `psk_offer`, `psk`, `psk_claim` and `early_data`. `session` is the one that a client has for this connection, if it may be
 * offered; `quic` what a server's tickets of QUIC are good for.
 */
export function pskAnswers(
  context: SslContext,
  session: () => Session | undefined,
  quic: () => Bytes | undefined = () => undefined,
): Pick<Answers, 'psk_offer' | 'psk' | 'psk_claim' | 'early_data'> {
  const { sessionCache, ticketSealer, pskCallback, singleUseTickets = false } = context.options
  return {
    psk_offer: (want, asking) => {
      if (want.version) return offered12(context, want, asking)
      const known = session()
      const offers = [...(known ? [ofSession(known, context)] : []), ...context.psks.map(offered)]
      if (!pskCallback) return offers
      return following(pskCallback(null, asking), answer => [
        ...offers,
        ...answered(answer, undefined, context).map(offered),
      ])
    },
    psk: (want, asking) => {
      if (want.version) return chosen12(context, want, asking)
      const look = (selected: number): Later<ChosenPsk | undefined> => {
        const offer = want.identities[selected]
        if (!offer || selected >= mostIdentities) return undefined
        const chosen = choose(offer, selected)
        return following(
          chosen as ChosenPsk | undefined,
          found => found ?? look(selected + 1),
        ) as Later<ChosenPsk | undefined>
      }
      const choose = ({ identity }: OfferedIdentity, selected: number) => {
        const ours = fitting(context.psks, identity, want)
        if (ours) return chosenFrom(ours, selected)
        return following(opened(identity) as OpenedTicket | undefined, state => {
          if (state) return resumable(state, selected, want, context, singleUseTickets, quic())
          if (!pskCallback) return undefined
          return following(pskCallback(text(identity), asking), answer => {
            const psk = fitting(answered(answer, identity, context), identity, want)
            return psk && chosenFrom(psk, selected)
          })
        })
      }
      return look(0)
    },
    early_data: earlyAnswer(context),
    psk_claim: ({ identity }) =>
      sessionCache ? orElse(() => sessionCache.delete(ticketId(identity)), false) : true,
  }

  function opened(identity: Bytes): Later<OpenedTicket | undefined> {
    if (!context.opensTickets) return undefined
    if (!sessionCache && !ticketSealer)
      return openTicket(identity, context.ticketKeys, context.crypto)
    const got = orElse(
      () =>
        sessionCache
          ? sessionCache.get(ticketId(identity))
          : ticketSealer?.open(Uint8Array.from(identity)),
      undefined,
    )
    return following(got, state => (state instanceof Uint8Array ? readState(state) : undefined))
  }
}

function ofSession(session: Session, context: SslContext): OfferedPsk {
  return {
    kind: 'resumption',
    identity: session.ticket,
    key: session.psk,
    hash: session.suite.hash,
    chain: session.chain,
    shown: session.shown,
    authenticatedBy: session.authenticatedBy,
    early: termsOf(session),
    // RFC 9846 §4.3.11.1: milliseconds, plus ticket_age_add, modulo 2^32.
    obfuscatedAge: () => (ageOf(session, context.now()) + session.ageAdd) % 2 ** 32,
  }
}

/** Milliseconds since the ticket came; a clock that was set back counts as none. */
export function ageOf({ received }: Session, now: number): number {
  return Math.max(0, Math.floor(now - received))
}

function fitting(
  psks: readonly StaticPsk[],
  identity: Bytes,
  { hashes }: WantPsk,
): StaticPsk | undefined {
  return psks.find(psk => hashes.includes(psk.hash) && equal(psk.identity, identity))
}

function resumable(
  state: OpenedTicket,
  selected: number,
  want: WantPsk,
  context: SslContext,
  once: boolean,
  quic: Bytes | undefined,
): ChosenPsk | undefined {
  const { psk: key, suite, chain, shown } = state
  const authenticatedBy = state.psk_first === 1 ? 'psk' : 'certificate'
  const { hash } = suite
  if (
    want.hashes.includes(hash) &&
    goesWith(state.quic, quic) &&
    usable(state, context.now(), want.serverName, context.options.sessionIdContext ?? '')
  ) {
    const { obfuscated_ticket_age } = want.identities[selected] as OfferedIdentity
    const early = sameBinding(state.quic, quic)
      ? granted(state, obfuscated_ticket_age, context)
      : undefined
    return { kind: 'resumption', key, hash, selected, chain, shown, authenticatedBy, once, early }
  }
  key.fill(0)
  return undefined
}
