/** Finished (RFC 9846 section 4.5.3). */
import { type Decoded, rest, struct } from '@biopair/wire'
import type { MessageType } from './message.ts'

/**
 *     struct {
 *         opaque verify_data[Hash.length];
 *     } Finished;
 *
 * The hash is known to whoever verifies: the codec takes any length.
 */
const body = struct({ verify_data: rest() })

export type Finished = Decoded<typeof body>

/** The MAC over everything said so far. */
export const Finished: MessageType<Finished> = { msg_type: 20, name: 'Finished', body }
