/** What a connection is made of: BIOs, bounds, the flow to run, and who is told what it finds out. */
import type { Bio } from '@biopair/bio'
import type { CryptoProvider } from '@biopair/crypto'
import type { AnyConnected, Command, Edit, Fact, Flow, Talk } from '@biopair/handshake'
import type { Buffers, Padding, RecordSizing } from '@biopair/record'
import type { Answers } from './answers.ts'
import type { ConnectionState } from './connection-state.ts'
import type { End } from './inward.ts'
import type { Limits } from './limits.ts'
import type { Tracer } from './tracer.ts'

export interface ConnectionParts {
  readonly rbio: Bio
  readonly wbio: Bio
  readonly role: 'client' | 'server'
  readonly crypto: CryptoProvider
  readonly limits: Limits
  readonly buffers: Buffers
  readonly padding: Padding | undefined
  readonly sizing: RecordSizing | undefined
  readonly answers: Answers
  readonly edit: Edit | undefined
  readonly trace: Tracer | undefined
  readonly flow: (talk: Talk) => Flow<AnyConnected>
  /** Whether TLS 1.2 may be what it comes to. */
  readonly offers12: boolean
  readonly learn: (fact: Fact) => void
  /** Called when the connection has failed or is closed: wipes what is kept beside it. `end` is how the peer's side has ended, if it has. */
  readonly forget: (end: End | undefined) => void
  /** Called after the peer's Finished is verified, over a BIO that waits by the first call that writes, and after a client has authenticated later: what to order then (tickets). */
  readonly connected: (connection: AnyConnected) => readonly Command[]
  /** Called behind the first data that was written then: what to order (tickets that were held back). */
  readonly firstWrite: (connection: AnyConnected) => readonly Command[]
  /** Of the connection that this one goes on for: there is no handshake then. */
  readonly moved?: ConnectionState | undefined
}
