/** application_layer_protocol_negotiation (RFC 7301 section 3.1). */
import { opaque, struct, vector } from '@biopair/wire'
import type { Extension } from './extension.ts'

/**
 *     opaque ProtocolName<1..2^8-1>;
 *
 *     struct {
 *         ProtocolName protocol_name_list<2..2^16-1>
 *     } ProtocolNameList;
 */
const ProtocolNameList = struct({
  protocol_name_list: vector(opaque(1, 2 ** 8 - 1), 2, 2 ** 16 - 1),
})

export const application_layer_protocol_negotiation = {
  id: 16,
  name: 'application_layer_protocol_negotiation',
  in: {
    ClientHello: ProtocolNameList,
    EncryptedExtensions: ProtocolNameList,
    ServerHello12: ProtocolNameList,
  },
} as const satisfies Extension
