/** A TLS 1.2 connection after its handshake, and what may still come of handshake messages: nothing is negotiated again. */
import { type AnyGroupName, type CipherSuite12, wipe } from '@biopair/crypto'
import { type Bytes, TlsAlert } from '@biopair/wire'
import type { Role } from '../flow.ts'
import type { JoinedMessage } from '../joiner.ts'
import { ClientHello, decodeMessage, HelloRequest, messageName } from '../messages/index.ts'
import type { Shown } from '../shown.ts'
import type { Connected } from '../tls13/connected.ts'
import type { Randoms } from './key-schedule.ts'

/** A TLS 1.2 connection after its handshake, as plain data. */
export interface Connected12 {
  readonly version: 'TLSv1.2'
  readonly role: Role
  readonly suite: CipherSuite12
  readonly masterSecret: Bytes
  readonly randoms: Randoms
  /** Whether the master secret is bound to the handshake (RFC 7627): without, there is no exporter and no channel binding. */
  readonly extendedMasterSecret: boolean
  readonly group: AnyGroupName | undefined
  readonly alpn: Bytes | undefined
  readonly serverName: string | undefined
  /** DER, leaf first; empty where the peer showed none. */
  readonly peerChain: readonly Bytes[]
  readonly peerShown: Shown
  readonly resumed: boolean
  /** By which this end knows its session: empty where it is none's, or a ticket's. */
  readonly sessionId: Bytes
  readonly authenticatedBy: 'certificate' | 'psk'
  /** verify_data of the first Finished: tls-unique (RFC 5929 §3.1). */
  readonly firstFinished: Bytes
}

/** A connection of either version. */
export type AnyConnected = Connected | Connected12

/** Whether a connection is one of TLS 1.2. */
export function is12(connected: AnyConnected): connected is Connected12 {
  return 'masterSecret' in connected
}

/**
 * Takes a handshake message in that came after the handshake. It asks for another one, which nobody gets: the answer is the warning no_renegotiation
 * (RFC 5246 §7.4.1.1, RFC 5746 §4). Anything else is thrown as unexpected_message.
 */
export function receive12({ role }: Connected12, { msg_type, body }: JoinedMessage): void {
  if (role === 'client' && msg_type === HelloRequest.msg_type) {
    decodeMessage(HelloRequest, body)
    return
  }
  if (role === 'server' && msg_type === ClientHello.msg_type) return
  throw new TlsAlert('unexpected_message', {
    reason: 'UNEXPECTED_MESSAGE',
    section: 'RFC 5246 7.4',
    why: `after the handshake the ${role} expected no message, got ${messageName(msg_type)}`,
  })
}

/** Wipes what is secret in a connection. */
export function forget12(state: Connected12): void {
  wipe(state.masterSecret)
}
