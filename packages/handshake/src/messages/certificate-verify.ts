/** CertificateVerify (RFC 9846 section 4.5.2). */
import { type Decoded, named, opaque, struct, uint16 } from '@biopair/wire'
import type { MessageType } from './message.ts'

/**
 *     struct {
 *         SignatureScheme algorithm;
 *         opaque signature<0..2^16-1>;
 *     } CertificateVerify;
 */
const body = struct({
  algorithm: named('SignatureScheme', uint16),
  signature: opaque(0, 2 ** 16 - 1),
})

export type CertificateVerify = Decoded<typeof body>

/** The proof that the sender holds its certificate's key. */
export const CertificateVerify: MessageType<CertificateVerify> = {
  msg_type: 15,
  name: 'CertificateVerify',
  body,
}
