/** Test peers of TLS 1.2 that go on with sessions, and that know a key instead of certificates (RFC 5246 section 7.3, RFC 5077, RFC 5489). */
import { nodeCrypto } from '@biopair/crypto-node'
import {
  type ClientHello,
  ClientKeyExchange,
  decodeMessage,
  encodeMessage,
  PskClientKeyExchange,
  PskServerKeyExchange,
  type ServerHello,
  ServerKeyExchange,
  writeExtension,
} from '@biopair/handshake'
import type { Session } from '@biopair/ssl'
import { ClientPeer12 } from './client-peer12.ts'
import type { Bytes } from './key-schedule.ts'
import { ServerPeer12 } from './server-peer12.ts'

/** RFC 4279 §2: what was agreed on and the key, each behind its length. */
function keyed(agreed: Uint8Array, key: Uint8Array): Uint8Array {
  const long = (bytes: Uint8Array) => [bytes.length >> 8, bytes.length & 0xff, ...bytes]
  return Uint8Array.of(...long(agreed), ...long(key))
}

/** The same as where certificates are. */
function withoutIdentity(raw: Bytes): Bytes {
  const { ecdh_Yc } = decodeMessage(PskClientKeyExchange, raw.subarray(4))
  return encodeMessage(ClientKeyExchange, { ecdh_Yc })
}

function withoutHint(raw: Bytes): Bytes {
  const { params } = decodeMessage(PskServerKeyExchange, raw.subarray(4))
  return encodeMessage(ServerKeyExchange, { params, algorithm: 0, signature: new Uint8Array(0) })
}

const ticketExtension = (ticket: Uint8Array) =>
  writeExtension('ClientHello12', 'session_ticket', new Uint8Array(ticket))

/** Plays a server. */
export class SessionServerPeer12 extends ServerPeer12 {
  /** A ServerHello that goes on with a session, or with none; `ticket` announces one. */
  sessionHello(session: Session | undefined, ticket: boolean): ServerHello {
    const hello = this.serverHello()
    if (session) {
      this.choose(session.suite.id)
      this.master = new Uint8Array(session.psk)
    }
    return {
      ...hello,
      cipher_suite: this.suite12.id,
      legacy_session_id_echo:
        (session && this.hello?.legacy_session_id) ?? hello.legacy_session_id_echo,
      extensions: [
        ...hello.extensions,
        ...(ticket ? [writeExtension('ServerHello12', 'session_ticket', new Uint8Array(0))] : []),
      ],
    }
  }

  pskServerKeyExchange(): PskServerKeyExchange {
    const { params } = this.serverKeyExchange()
    return { psk_identity_hint: new Uint8Array(0), params }
  }

  protected override derive(agreed: Uint8Array): void {
    super.derive(this.psk ? keyed(agreed, this.psk) : agreed)
  }

  protected override onMessage(name: string, raw: Bytes): void {
    super.onMessage(name, this.psk && name === 'ClientKeyExchange' ? withoutIdentity(raw) : raw)
  }
}

/** Plays a client. */
export class SessionClientPeer12 extends ClientPeer12 {
  /** A ClientHello that asks for a ticket. */
  ticketHello(): ClientHello {
    const hello = this.clientHello()
    return {
      ...hello,
      extensions: [...(hello.extensions ?? []), ticketExtension(new Uint8Array(0))],
    }
  }

  /** One that offers a session, by its ticket or by its id. */
  sessionHello({ ticket, tls12, psk, suite }: Session): ClientHello {
    this.choose(suite.id)
    this.master = new Uint8Array(psk)
    const hello = this.ticketHello()
    const extensions = (hello.extensions ?? []).slice(0, -1)
    return {
      ...hello,
      legacy_session_id:
        ticket.length > 0 ? nodeCrypto.randomBytes(32) : (tls12?.sessionId ?? new Uint8Array(0)),
      extensions: [...extensions, ticketExtension(ticket)],
    }
  }

  pskClientKeyExchange(identity: Uint8Array): PskClientKeyExchange {
    return { psk_identity: new Uint8Array(identity), ...this.clientKeyExchange() }
  }

  protected override derive(agreed: Uint8Array): void {
    super.derive(this.psk ? keyed(agreed, this.psk) : agreed)
  }

  protected override onMessage(name: string, raw: Bytes): void {
    super.onMessage(name, this.psk && name === 'ServerKeyExchange' ? withoutHint(raw) : raw)
  }
}
