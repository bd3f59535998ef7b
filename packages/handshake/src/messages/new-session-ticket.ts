/** NewSessionTicket (RFC 9846 section 4.7.1). */
import { type Decoded, opaque, struct, uint32 } from '@biopair/wire'
import type { MessageType } from './message.ts'
import { extensionBlock } from './raw-extension.ts'

/**
 *     struct {
 *         uint32 ticket_lifetime;
 *         uint32 ticket_age_add;
 *         opaque ticket_nonce<0..255>;
 *         opaque ticket<1..2^16-1>;
 *         Extension extensions<0..2^16-1>;
 *     } NewSessionTicket;
 */
const body = struct({
  ticket_lifetime: uint32,
  ticket_age_add: uint32,
  ticket_nonce: opaque(0, 255),
  ticket: opaque(1, 2 ** 16 - 1),
  extensions: extensionBlock(0),
})

export type NewSessionTicket = Decoded<typeof body>

/** What a client may resume with; `ticket_lifetime` in seconds. */
export const NewSessionTicket: MessageType<NewSessionTicket> = {
  msg_type: 4,
  name: 'NewSessionTicket',
  body,
}
