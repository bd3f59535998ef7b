/** supported_versions (RFC 9846 section 4.3.1). */
import { named, struct, uint16, vector } from '@biopair/wire'
import type { Extension } from './extension.ts'

const ProtocolVersion = named('ProtocolVersion', uint16)

const selected = struct({ selected_version: ProtocolVersion })

/**
 *     struct {
 *         select (Handshake.msg_type) {
 *             case client_hello: ProtocolVersion versions<2..254>;
 *             case server_hello: ProtocolVersion selected_version;    // and HelloRetryRequest
 *         };
 *     } SupportedVersions;
 */
export const supported_versions = {
  id: 43,
  name: 'supported_versions',
  in: {
    ClientHello: struct({ versions: vector(ProtocolVersion, 2, 254) }),
    ServerHello: selected,
    HelloRetryRequest: selected,
  },
} as const satisfies Extension
