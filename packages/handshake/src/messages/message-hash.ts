/** message_hash, which stands for the first ClientHello in the transcript and is never sent (RFC 9846 section 4.1). */
import { type Decoded, rest, struct } from '@biopair/wire'
import type { MessageType } from './message.ts'

const body = struct({ hash: rest() })

export type MessageHash = Decoded<typeof body>

/** `hash` is the hash of the first ClientHello, by the hash of the suite that the HelloRetryRequest chose. */
export const MessageHash: MessageType<MessageHash> = { msg_type: 254, name: 'message_hash', body }
