/** The fields of a message that TLS 1.2 has in a form of its own. */
import { signatureSchemeById } from '@biopair/crypto'
import {
  Certificate12,
  ClientKeyExchange,
  decodeMessage,
  messageName,
  NewSessionTicket12,
  ServerHello12,
  ServerKeyExchange,
} from '@biopair/handshake'
import { bytes, certificates, group, suite, type Told, tell } from './messages.ts'

/** What a whole message (header included) of TLS 1.2 says. */
export function tell12(message: Uint8Array): Told {
  const body = message.subarray(4)
  const name = messageName(message[0] as number)
  switch (message[0]) {
    case ServerHello12.msg_type: {
      const { random, cipher_suite } = decodeMessage(ServerHello12, body)
      return {
        name,
        fields: [
          ['random', bytes(random)],
          ['cipher suite', suite(cipher_suite)],
        ],
      }
    }
    case Certificate12.msg_type:
      return { name, fields: certificates(decodeMessage(Certificate12, body).certificate_list) }
    case ServerKeyExchange.msg_type: {
      const { params, algorithm, signature } = decodeMessage(ServerKeyExchange, body)
      return {
        name,
        fields: [
          ['key share', `${group(params.namedcurve)} (${params.public.length} bytes)`],
          ['algorithm', signatureSchemeById(algorithm)?.name ?? `${algorithm}`],
          ['signature', bytes(signature)],
        ],
      }
    }
    case ClientKeyExchange.msg_type: {
      const { ecdh_Yc } = decodeMessage(ClientKeyExchange, body)
      return { name, fields: [['key share', `${ecdh_Yc.length} bytes`]] }
    }
    case NewSessionTicket12.msg_type: {
      const { ticket_lifetime_hint, ticket } = decodeMessage(NewSessionTicket12, body)
      return {
        name,
        fields: [
          ['lifetime', `${ticket_lifetime_hint} seconds`],
          ['ticket', bytes(ticket)],
        ],
      }
    }
    default:
      return tell(message)
  }
}
