/** ClientKeyExchange of TLS 1.2, ECDHE (RFC 8422 section 5.7). */
import { type Decoded, opaque, struct } from '@biopair/wire'
import type { MessageType } from './message.ts'

/**
 *     struct {
 *         opaque point<1..2^8-1>;
 *     } ClientECDiffieHellmanPublic;
 */
const body = struct({ ecdh_Yc: opaque(1, 2 ** 8 - 1) })

export type ClientKeyExchange = Decoded<typeof body>

/** The client's share. */
export const ClientKeyExchange: MessageType<ClientKeyExchange> = {
  msg_type: 16,
  name: 'ClientKeyExchange',
  body,
}
