/** ServerKeyExchange and ClientKeyExchange of TLS 1.2 with a pre-shared key beside ECDHE (RFC 5489 section 2). */
import { type Decoded, opaque, struct } from '@biopair/wire'
import type { MessageType } from './message.ts'
import { ServerECDHParams } from './server-key-exchange.ts'

/**
 *     struct {
 *         opaque psk_identity_hint<0..2^16-1>;
 *         ServerECDHParams params;
 *     } ServerKeyExchange;
 *
 * Nobody signs it: both shares are bound by the key.
 */
const server = struct({ psk_identity_hint: opaque(0, 2 ** 16 - 1), params: ServerECDHParams })

/**
 *     struct {
 *         opaque psk_identity<0..2^16-1>;
 *         ClientECDiffieHellmanPublic public;
 *     } ClientKeyExchange;
 */
const client = struct({ psk_identity: opaque(0, 2 ** 16 - 1), ecdh_Yc: opaque(1, 2 ** 8 - 1) })

export type PskServerKeyExchange = Decoded<typeof server>
export type PskClientKeyExchange = Decoded<typeof client>

/** The server's share, and what may help the client to choose its key. */
export const PskServerKeyExchange: MessageType<PskServerKeyExchange> = {
  msg_type: 12,
  name: 'ServerKeyExchange',
  body: server,
}

/** The client's share, and which key it has chosen. */
export const PskClientKeyExchange: MessageType<PskClientKeyExchange> = {
  msg_type: 16,
  name: 'ClientKeyExchange',
  body: client,
}
