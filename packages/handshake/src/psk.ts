/** Pre-shared keys as flows are given them: of tickets, agreed on elsewhere, or imported (RFC 9846 §4.3.11, RFC 9258). */
import type { CipherSuite, HashName } from '@biopair/crypto'
import type { Bytes } from '@biopair/wire'
import type { Shown } from './shown.ts'

/** Where a key is from. It decides the label of its binder, so that one can never be taken for another. */
export type PskKind = 'resumption' | 'external' | 'imported'

/** Whether a key is used alone or beside a key exchange (RFC 9846 §4.3.9). */
export type PskMode = 'psk_ke' | 'psk_dhe_ke'

export interface Psk {
  readonly kind: PskKind
  readonly key: Bytes
  /** Of its KDF: no suite with another hash goes with it. */
  readonly hash: HashName
  /** Resumption: the chain that the peer showed in the original handshake, leaf first; empty where it showed none. */
  readonly chain: readonly Bytes[]
  readonly shown: Shown
  /** Resumption: what the original handshake was authenticated by. */
  readonly authenticatedBy: 'certificate' | 'psk'
}

/** What early data under a key is bound to (RFC 9846 §4.3.10). */
export interface EarlyTerms {
  /** Bytes that may be sent: of data, without padding and content type. 0 for none. */
  readonly limit: number
  /** Of the connection that the key is from. */
  readonly suite: CipherSuite
  readonly alpn: Bytes | undefined
}

/** Early data under a key that a server may take, because the key permits it and the client's offer is fresh. */
export interface EarlyGrant extends EarlyTerms {
  /** Milliseconds since 1970: when the ClientHello should have come (RFC 9846 §8.3). */
  readonly arrival: number
}

/** A key that a client offers. It stays its owner's, who wipes it. */
export interface OfferedPsk extends Psk {
  readonly identity: Bytes
  /** obfuscated_ticket_age (RFC 9846 §4.3.11.1), asked for each ClientHello; 0 for a key that is of no ticket. */
  readonly obfuscatedAge: () => number
  /** What early data may be sent under it; undefined for none. */
  readonly early?: EarlyTerms | undefined
}

/** A key that a server goes on with. The flow wipes it. */
export interface ChosenPsk extends Psk {
  /** Its index among the client's identities. */
  readonly selected: number
  /** Whether `psk_claim` is asked before it is used. */
  readonly once: boolean
  /** What early data may be taken under it; undefined for none. */
  readonly early?: EarlyGrant | undefined
}

/** An identity that a client offers (RFC 9846 §4.3.11). */
export interface OfferedIdentity {
  readonly identity: Bytes
  readonly obfuscated_ticket_age: number
}
