/** ServerKeyExchange of TLS 1.2, ECDHE with a named curve (RFC 8422 section 5.4). */
import { type Decoded, enumerated, named, opaque, struct, uint8, uint16 } from '@biopair/wire'
import type { MessageType } from './message.ts'

/**
 *     struct {
 *         ECCurveType curve_type;     // named_curve(3)
 *         NamedCurve namedcurve;
 *         opaque point<1..2^8-1>;
 *     } ServerECDHParams;
 *
 * RFC 8422 removed curves that are described in the message.
 */
export const ServerECDHParams = struct({
  curve_type: enumerated(
    uint8,
    { named_curve: 3 },
    { unknown: 'illegal_parameter', reason: 'UNSUPPORTED_ELLIPTIC_CURVE', section: 'RFC 8422 5.4' },
  ),
  namedcurve: named('NamedGroup', uint16),
  public: opaque(1, 2 ** 8 - 1),
})

export type ServerECDHParams = Decoded<typeof ServerECDHParams>

/**
 *     struct {
 *         ServerECDHParams params;
 *         Signature signed_params;
 *     } ServerKeyExchange;
 */
const body = struct({
  params: ServerECDHParams,
  algorithm: named('SignatureScheme', uint16),
  signature: opaque(0, 2 ** 16 - 1),
})

export type ServerKeyExchange = Decoded<typeof body>

/** The server's share, signed with its certificate's key. */
export const ServerKeyExchange: MessageType<ServerKeyExchange> = {
  msg_type: 12,
  name: 'ServerKeyExchange',
  body,
}
