/** KeyUpdate (RFC 9846 section 4.7.3). */
import { type Decoded, enumerated, struct, uint8 } from '@biopair/wire'
import type { MessageType } from './message.ts'

/**
 *     enum {
 *         update_not_requested(0), update_requested(1), (255)
 *     } KeyUpdateRequest;
 *
 *     struct {
 *         KeyUpdateRequest request_update;
 *     } KeyUpdate;
 */
const body = struct({
  request_update: enumerated(
    uint8,
    { update_not_requested: 0, update_requested: 1 },
    // §4.7.3: any other value MUST end the connection with illegal_parameter.
    { unknown: 'illegal_parameter', reason: 'BAD_KEY_UPDATE', section: '4.7.3' },
  ),
})

export type KeyUpdate = Decoded<typeof body>

/** The sender's traffic secret moves on, and perhaps the receiver's shall. */
export const KeyUpdate: MessageType<KeyUpdate> = { msg_type: 24, name: 'KeyUpdate', body }
