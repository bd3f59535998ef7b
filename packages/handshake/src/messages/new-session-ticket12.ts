/** NewSessionTicket of TLS 1.2 (RFC 5077 section 3.3). */
import { type Decoded, opaque, struct, uint32 } from '@biopair/wire'
import type { MessageType } from './message.ts'

/**
 *     struct {
 *         uint32 ticket_lifetime_hint;
 *         opaque ticket<0..2^16-1>;
 *     } NewSessionTicket;
 */
const body = struct({ ticket_lifetime_hint: uint32, ticket: opaque(0, 2 ** 16 - 1) })

export type NewSessionTicket12 = Decoded<typeof body>

/** What a client may resume with; an empty ticket is none. */
export const NewSessionTicket12: MessageType<NewSessionTicket12> = {
  msg_type: 4,
  name: 'NewSessionTicket',
  body,
}
