/** What TLS has for QUIC, in the order in which it came to be (RFC 9001 §4.1.3, §4.1.4). */
import { concat, type TrafficSecret, wipe } from '@biopair/crypto'
import type { Level } from '@biopair/handshake'
import type { Bytes } from '@biopair/wire'
import type { Session } from '../session.ts'

/** The levels that CRYPTO frames travel at: Initial, Handshake and 1-RTT packets. There are none in 0-RTT packets. */
export type CryptoLevel = Exclude<Level, 'early'>

export type QuicEvent =
  /** Bytes to send in CRYPTO frames, behind those that were handed out for the level before. */
  | { readonly event: 'crypto'; readonly level: CryptoLevel; readonly bytes: Bytes }
  /** The secret of packets one way: `packetKeys` makes keys of it. It is the caller's, who wipes it. `early` is 0-RTT, `application` 1-RTT. */
  | ({
      readonly event: 'secret'
      readonly direction: 'read' | 'write'
      readonly level: Exclude<Level, 'initial'>
    } & TrafficSecret)
  /** The peer's transport parameters. Nobody has proved them before `complete`. */
  | { readonly event: 'transport_parameters'; readonly parameters: Bytes }
  /** Client: what became of 0-RTT packets; those that were rejected are as if they had not been sent. Server: what becomes of them. */
  | { readonly event: 'early_data'; readonly state: 'accepted' | 'rejected' }
  /** The handshake is complete (RFC 9001 §4.1.1). For a server it is confirmed, too; a client hears that by HANDSHAKE_DONE. */
  | { readonly event: 'complete' }
  /** Client: a session to resume. */
  | { readonly event: 'ticket'; readonly session: Session }

export class QuicEvents {
  #waiting: QuicEvent[] = []

  /** Adds an event; bytes for a level that come right behind others go with them. */
  add(event: QuicEvent): void {
    const last = this.#waiting.at(-1)
    if (event.event === 'crypto' && last?.event === 'crypto' && last.level === event.level) {
      const bytes = concat(last.bytes, event.bytes)
      this.#waiting[this.#waiting.length - 1] = { ...event, bytes }
    } else this.#waiting.push(event)
  }

  next(): QuicEvent | undefined {
    return this.#waiting.shift()
  }

  /** Forgets what nobody has taken. */
  wipe(): void {
    for (const event of this.#waiting) if (event.event === 'secret') wipe(event.secret)
    this.#waiting = []
  }
}
