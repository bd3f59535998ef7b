/** What follows the handshake: a reducer over messages and commands (RFC 9846 §4.7). */
import {
  type AnyGroupName,
  type CipherSuite,
  type CryptoProvider,
  type TrafficSecret,
  wipe,
} from '@biopair/crypto'
import { type Bytes, TlsAlert } from '@biopair/wire'
import type { Edit } from '../config.ts'
import { readExtensions, writeExtension } from '../extensions/index.ts'
import type { Role } from '../flow.ts'
import type { JoinedMessage } from '../joiner.ts'
import {
  CertificateRequest,
  decodeMessage,
  encodeMessage,
  KeyUpdate,
  type MessageType,
  messageName,
  NewSessionTicket,
} from '../messages/index.ts'
import type { Output } from '../output.ts'
import type { Shown } from '../shown.ts'
import { nextTrafficSecret, ticketPsk } from './key-schedule.ts'
import {
  type Aside,
  type AsideCommand,
  answer,
  authenticated,
  inReply,
  type PostHandshake,
  type RequestCommand,
  receiveReply,
  receiveRequest,
  requestCertificate,
} from './post-handshake.ts'

/** A connection after its handshake, as plain data. */
export interface Connected {
  readonly role: Role
  readonly suite: CipherSuite
  /** application_traffic_secret_N of the peer. */
  readonly readSecret: Bytes
  /** application_traffic_secret_N of ours. */
  readonly writeSecret: Bytes
  readonly exporterSecret: Bytes
  readonly resumptionSecret: Bytes
  /** undefined where a pre-shared key was used alone (psk_ke). */
  readonly group: AnyGroupName | undefined
  readonly alpn: Bytes | undefined
  readonly serverName: string | undefined
  /** DER, leaf first; empty where the peer showed none. In a resumption it is that of the original handshake. */
  readonly peerChain: readonly Bytes[]
  readonly peerShown: Shown
  /** The keys are from a ticket. */
  readonly resumed: boolean
  /** What this session began with: certificates, or a pre-shared key that was agreed on elsewhere. */
  readonly authenticatedBy: 'certificate' | 'psk'
  /** Client: tickets are kept. Server: the client said that it can use them. */
  readonly ticketsAllowed: boolean
  /** Tickets sent or received. */
  readonly tickets: number
  /** Server: tickets that follow the handshake. Client: what it says will (RFC 9149), undefined where it does not. */
  readonly ticketsDue: number | undefined
  /** We asked for the peer's KeyUpdate and it has not come (RFC 9846 §4.7.3). */
  readonly awaitingUpdate: boolean
  /** The peer asked for ours, which has not been sent. */
  readonly owesUpdate: boolean
  /** Where the client may be asked for a certificate from here on; no plain data, so that such a connection cannot be moved as it is. */
  readonly postHandshake?: PostHandshake | undefined
}

/** What our side may order. */
export type Command =
  | { readonly command: 'key_update'; readonly request: boolean }
  /** Sends the KeyUpdate that is owed, if one is: before the next application data record. */
  | { readonly command: 'settle' }
  /** Server: issues a ticket. */
  | ({ readonly command: 'ticket' } & NewTicket)
  | RequestCommand
  | AsideCommand

export interface NewTicket {
  /** Seconds, at most 604800. */
  readonly lifetime: number
  readonly ageAdd: number
  /** Unique on this connection. */
  readonly nonce: Bytes
  readonly ticket: Bytes
  /** Bytes of early data that may be sent under it; 0 for none. */
  readonly maxEarlyData: number
}

export interface Surroundings {
  readonly crypto: CryptoProvider
  readonly output: Output
  readonly edit: Edit | undefined
  /** Takes over a part that may have to wait, and orders what it ends with. */
  readonly begin: (aside: Aside) => void
}

/** Takes a post-handshake message in. */
export function receive(
  state: Connected,
  incoming: JoinedMessage,
  around: Surroundings,
): Connected {
  const later = state.postHandshake
  // Nothing comes between the messages of an answer (RFC 9846 §4.7.2).
  if (later && inReply(state)) return receiveReply(state, later, incoming, around)
  if (incoming.msg_type === KeyUpdate.msg_type)
    return receiveKeyUpdate(state, decodeMessage(KeyUpdate, incoming.body), around)
  if (incoming.msg_type === NewSessionTicket.msg_type && state.role === 'client')
    return receiveTicket(state, decodeMessage(NewSessionTicket, incoming.body), around)
  if (later && state.role === 'server') return receiveReply(state, later, incoming, around)
  if (later && incoming.msg_type === CertificateRequest.msg_type)
    return receiveRequest(state, later, incoming, around)
  throw new TlsAlert('unexpected_message', {
    reason: 'UNEXPECTED_MESSAGE',
    section: '4.7',
    why: `in CONNECTED the ${state.role} expected ${state.role === 'client' ? 'NewSessionTicket or ' : ''}KeyUpdate, got ${messageName(incoming.msg_type)}`,
  })
}

/** Carries a command out. */
export function order(state: Connected, command: Command, around: Surroundings): Connected {
  switch (command.command) {
    case 'key_update':
      // RFC 9846 §4.7.3: no second request before the peer's KeyUpdate has come.
      return sendKeyUpdate(state, command.request && !state.awaitingUpdate, around)
    case 'settle':
      return state.owesUpdate ? sendKeyUpdate(state, false, around) : state
    case 'ticket':
      send(around, NewSessionTicket, {
        ticket_lifetime: command.lifetime,
        ticket_age_add: command.ageAdd,
        ticket_nonce: command.nonce,
        ticket: command.ticket,
        extensions:
          command.maxEarlyData > 0
            ? [
                writeExtension('NewSessionTicket', 'early_data', {
                  max_early_data_size: command.maxEarlyData,
                }),
              ]
            : [],
      })
      around.output.endOfFlight()
      return { ...state, tickets: state.tickets + 1 }
    case 'request_certificate':
      return requestCertificate(state, command, around)
    case 'answer_request':
      return answer(state, command, around)
    case 'authenticated':
      return authenticated(state, command, around)
  }
}

/** Whether a message that has come answers one of ours: it is no flood then. */
export function isAnswer({ role, awaitingUpdate }: Connected, msg_type: number): boolean {
  if (msg_type === KeyUpdate.msg_type) return awaitingUpdate
  // A server is sent nothing else.
  return role === 'server'
}

function receiveKeyUpdate(state: Connected, update: KeyUpdate, around: Surroundings): Connected {
  const readSecret = nextTrafficSecret(around.crypto.hashes[state.suite.hash], state.readSecret)
  protectOrWipe('read', { suite: state.suite, secret: readSecret }, around)
  wipe(state.readSecret)
  around.output.learn({ fact: 'key_update', direction: 'read' })
  return {
    ...state,
    readSecret,
    awaitingUpdate: false,
    owesUpdate: state.owesUpdate || update.request_update === 'update_requested',
  }
}

function sendKeyUpdate(state: Connected, request: boolean, around: Surroundings): Connected {
  send(around, KeyUpdate, { request_update: request ? 'update_requested' : 'update_not_requested' })
  around.output.endOfFlight()
  const writeSecret = nextTrafficSecret(around.crypto.hashes[state.suite.hash], state.writeSecret)
  protectOrWipe('write', { suite: state.suite, secret: writeSecret }, around)
  wipe(state.writeSecret)
  around.output.learn({ fact: 'key_update', direction: 'write' })
  return {
    ...state,
    writeSecret,
    owesUpdate: false,
    awaitingUpdate: state.awaitingUpdate || request,
  }
}

/** A secret that does not come into use has no owner who would wipe it. */
function protectOrWipe(
  direction: 'read' | 'write',
  secret: TrafficSecret,
  { output }: Surroundings,
): void {
  try {
    output.protect(direction, 'application', secret)
  } catch (error) {
    wipe(secret.secret)
    throw error
  }
}

function receiveTicket(
  state: Connected,
  message: NewSessionTicket,
  around: Surroundings,
): Connected {
  const extensions = readExtensions('NewSessionTicket', message.extensions)
  const lifetime = Math.min(message.ticket_lifetime, longestLifetime)
  // RFC 9846 §4.7.1: a client that does not resume ignores tickets; lifetime 0 is to be discarded.
  if (state.ticketsAllowed && lifetime > 0)
    around.output.learn({
      fact: 'ticket',
      ticket: {
        ticket: message.ticket,
        psk: ticketPsk(
          around.crypto.hashes[state.suite.hash],
          state.resumptionSecret,
          message.ticket_nonce,
        ),
        lifetime,
        ageAdd: message.ticket_age_add,
        suite: state.suite,
        maxEarlyData: extensions.early_data?.max_early_data_size ?? 0,
        chain: state.peerChain,
        shown: state.peerShown,
        authenticatedBy: state.authenticatedBy,
      },
    })
  return { ...state, tickets: state.tickets + 1 }
}

/** Seven days, in seconds (RFC 9846 §4.7.1). */
export const longestLifetime = 604800

/** Wipes what is secret in a connection. */
export function forget(state: Connected): void {
  wipe(state.readSecret, state.writeSecret, state.exporterSecret, state.resumptionSecret)
}

function send<T>({ output, edit }: Surroundings, type: MessageType<T>, message: T): void {
  output.send('application', encodeMessage(type, edit ? edit(type.name, message) : message))
}
