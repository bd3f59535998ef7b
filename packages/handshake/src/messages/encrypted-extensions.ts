/** EncryptedExtensions (RFC 9846 section 4.4.1). */
import { type Decoded, struct } from '@biopair/wire'
import type { MessageType } from './message.ts'
import { extensionBlock } from './raw-extension.ts'

/**
 *     struct {
 *         Extension extensions<0..2^16-1>;
 *     } EncryptedExtensions;
 */
const body = struct({ extensions: extensionBlock(0) })

export type EncryptedExtensions = Decoded<typeof body>

/** A server's answers that need no protection by the key exchange itself. */
export const EncryptedExtensions: MessageType<EncryptedExtensions> = {
  msg_type: 8,
  name: 'EncryptedExtensions',
  body,
}
