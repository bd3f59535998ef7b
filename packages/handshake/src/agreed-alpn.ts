/** The protocol that a server has chosen (RFC 7301 §3.2). */
import { equal } from '@biopair/crypto'
import { type Bytes, TlsAlert } from '@biopair/wire'
import type { ClientConfig } from './config.ts'

/** RFC 7301 §3.2: exactly one protocol, and one of ours. */
export function agreedAlpn(
  {
    application_layer_protocol_negotiation: said,
  }: {
    readonly application_layer_protocol_negotiation?: {
      readonly protocol_name_list: readonly Bytes[]
    }
  },
  config: ClientConfig,
): Bytes | undefined {
  const list = said?.protocol_name_list
  if (!list) return undefined
  const [protocol] = list
  if (list.length !== 1 || !protocol || !config.alpn.some(ours => equal(ours, protocol)))
    throw new TlsAlert('illegal_parameter', {
      reason: 'INVALID_ALPN_PROTOCOL',
      section: 'RFC 7301 3.2',
      why: `expected one of the ${config.alpn.length} protocols offered, got ${list.length} of the server's`,
    })
  return protocol
}
