/** renegotiation_info of TLS 1.2 (RFC 5746 section 3.2). */
import { opaque, struct } from '@biopair/wire'
import type { Extension } from './extension.ts'

/**
 *     struct {
 *         opaque renegotiated_connection<0..255>;
 *     } RenegotiationInfo;
 */
const RenegotiationInfo = struct({ renegotiated_connection: opaque(0, 255) })

export const renegotiation_info = {
  id: 0xff01,
  name: 'renegotiation_info',
  in: { ClientHello12: RenegotiationInfo, ServerHello12: RenegotiationInfo },
} as const satisfies Extension
