/** A test peer that plays a client with early data, right or wrong, for a server whose ticket it has. */

import { nodeCrypto } from '@biopair/crypto-node'
import {
  type ClientHello,
  EndOfEarlyData,
  encodeMessage,
  NewSessionTicket,
  ticketPsk,
} from '@biopair/handshake'
import type { SslContext } from '@biopair/ssl'
import { ClientPeer, withExtension } from './client-peer.ts'
import { type Bytes, deriveSecret, digest, stages } from './key-schedule.ts'
import { contentTypes } from './peer.ts'
import type { PeerIdentity } from './peer-identity.ts'
import { type PeerPsk, withPsks } from './psk-peer.ts'

/** A ticket of a server, and what it was issued under. */
export interface Ticket extends PeerPsk {
  readonly ageAdd: number
  readonly suite: ClientPeer['suite']
  readonly maxEarlyData: number
}

/** Shakes hands once and takes the ticket that comes. */
export function ticketFrom(
  context: SslContext,
  identity: PeerIdentity,
  edit: (hello: ClientHello) => ClientHello = hello => hello,
): Ticket {
  const peer = new ClientPeer(context, identity)
  peer.connect(hello =>
    edit(withExtension(hello, 'psk_key_exchange_modes', { ke_modes: ['psk_dhe_ke'] })),
  )
  const [ticket] = peer.said(NewSessionTicket)
  if (!ticket || !peer.resumptionSecret) throw new Error('our server issued no ticket')
  const [extension] = ticket.extensions
  return {
    identity: ticket.ticket,
    key: ticketPsk(nodeCrypto.hashes[peer.hash], peer.resumptionSecret, ticket.ticket_nonce),
    label: 'res binder',
    hash: peer.hash,
    ageAdd: ticket.ticket_age_add,
    suite: peer.suite,
    maxEarlyData: extension
      ? new DataView(
          extension.extension_data.buffer,
          extension.extension_data.byteOffset,
        ).getUint32(0)
      : 0,
  }
}

export interface FirstFlight {
  /** Milliseconds that the client says the ticket is old. */
  readonly age?: number
  readonly edit?: (hello: ClientHello) => ClientHello
  /** Keys before and behind the ticket's. */
  readonly before?: readonly PeerPsk[]
  readonly after?: readonly PeerPsk[]
}

export class EarlyClientPeer extends ClientPeer {
  readonly ticket: Ticket

  constructor(context: SslContext, identity: PeerIdentity, ticket: Ticket) {
    super(context, identity)
    this.ticket = ticket
    this.suite = ticket.suite
  }

  /** A ClientHello with early_data; what is written next is under the early key. */
  begin({ age = 0, edit = hello => hello, before = [], after = [] }: FirstFlight = {}): void {
    const { ticket } = this
    const named = { ...ticket, age: (age + ticket.ageAdd) % 2 ** 32 }
    const hello = edit(withExtension(this.clientHello('x25519'), 'early_data', {}))
    this.psk = ticket.key
    this.sendMadeHello(withPsks(hello, [...before, named, ...after]))
    const { early } = stages(this.hash, new Uint8Array(digest(this.hash).length), ticket.key)
    this.write(deriveSecret(this.hash, early, 'c e traffic', this.transcriptHash))
  }

  /** A second ClientHello: there is no key for it. */
  handshakeInTheClear(hello: ClientHello): void {
    this.record(contentTypes.handshake, this.makeHello(hello), { plain: true })
  }

  /** EndOfEarlyData under the early key; it is said in the transcript once the server's Finished was heard. */
  endEarly(): void {
    this.handshake(encodeMessage(EndOfEarlyData, {}))
  }

  /** Finished behind what was heard, with EndOfEarlyData in the transcript. */
  finishEarly({ hashed = true } = {}): void {
    if (hashed) this.say(EndOfEarlyData, {})
    this.sendFinished()
  }

  /** All early data that our server has, and how it ends. */
  readEarly(): { readonly bytes: Bytes; readonly status: string } {
    const into = new Uint8Array(20_000)
    let length = 0
    for (;;) {
      const outcome = this.ssl.readEarly(into.subarray(length))
      if (outcome.status !== 'done') return { bytes: into.slice(0, length), status: outcome.status }
      length += outcome.bytes
    }
  }
}
