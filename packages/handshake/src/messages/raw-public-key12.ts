/** Certificate of TLS 1.2 where a raw public key was agreed on (RFC 7250 section 3). */
import { type Decoded, opaque, struct } from '@biopair/wire'
import type { MessageType } from './message.ts'

/**
 *     struct {
 *         opaque ASN.1_subjectPublicKeyInfo<1..2^24-1>;
 *     } Certificate;
 *
 * Empty where a client has none: section 3 has no word for that, and RFC 5246 section 7.4.6 wants the message.
 */
const body = struct({ subjectPublicKeyInfo: opaque(0, 2 ** 24 - 1) })

export type RawPublicKey12 = Decoded<typeof body>

/** An endpoint's key, and nothing about it. */
export const RawPublicKey12: MessageType<RawPublicKey12> = {
  msg_type: 11,
  name: 'Certificate',
  body,
}
