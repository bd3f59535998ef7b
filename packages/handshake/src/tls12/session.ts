/** Sessions of TLS 1.2: what goes on from one connection to the next (RFC 5246 §7.3, RFC 5077). */
import type { CipherSuite12 } from '@biopair/crypto'
import type { Bytes } from '@biopair/wire'
import type { Shown } from '../shown.ts'

/**
 * What both ends remember of a handshake. Each one had extended_master_secret: RFC 7627 §5.3 has a client not offer any other, and a server not go on with
 * it, so that there is none.
 */
export interface Session12 {
  /** 48 bytes, a secret. */
  readonly masterSecret: Bytes
  readonly suite: CipherSuite12
  /** What the peer showed then, DER, leaf first; empty where it showed nothing. */
  readonly chain: readonly Bytes[]
  readonly shown: Shown
  /** What the session began with. */
  readonly authenticatedBy: 'certificate' | 'psk'
}

/** A session as a client keeps it. It goes by its ticket, where it has one, or else by its id. */
export interface OfferedSession12 extends Session12 {
  /** Empty for a session with a ticket, which has a name that is made up for each connection. */
  readonly id: Bytes
  /** Empty for a session with an id. */
  readonly ticket: Bytes
}

/** A session that a server goes on with. Its secret is the flow's, which wipes it. */
export interface ChosenSession12 extends Session12 {
  /** Milliseconds since 1970: when its time is up. A new ticket does not put that off. */
  readonly until: number
}

/** A session to be kept. Its secret is wiped by the flow when the call returns, so copy what must last. */
export interface NewSession12 extends OfferedSession12 {
  /** Client: seconds, as the server said; 0 where it did not. */
  readonly lifetime: number
  /** Whether it is the session that was resumed, which has a new ticket. */
  readonly renewed: boolean
}

/** A ticket as a server sends it (RFC 5077 §3.3). */
export interface NewTicket12 {
  readonly ticket: Bytes
  /** Seconds; 0 says nothing. */
  readonly lifetime: number
}

/** How a server remembers its sessions: itself, by an id, or in tickets. `issues`: new ones are remembered; else it only goes on with those of before. */
export type Sessions12 = { readonly issues: boolean } & (
  | {
      readonly by: 'id'
      /** Called once the client's Finished is verified. What lasts is a copy. */
      readonly keep: (id: Bytes, session: Session12) => void
    }
  | {
      readonly by: 'ticket'
      /** Undefined where it cannot be; `until` is that of a session that was resumed. */
      readonly seal: (session: Session12 & { readonly until?: number }) => NewTicket12 | undefined
    }
)

/** Bytes of a session's id, as they are drawn here. */
export const sessionIdLength = 32
