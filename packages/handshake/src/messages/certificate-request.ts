/** CertificateRequest (RFC 9846 section 4.4.2). */
import { type Decoded, opaque, struct } from '@biopair/wire'
import type { MessageType } from './message.ts'
import { extensionBlock } from './raw-extension.ts'

/**
 *     struct {
 *         opaque certificate_request_context<0..2^8-1>;
 *         Extension extensions<0..2^16-1>;
 *     } CertificateRequest;
 */
const body = struct({
  certificate_request_context: opaque(0, 2 ** 8 - 1),
  extensions: extensionBlock(0),
})

export type CertificateRequest = Decoded<typeof body>

/** A server's wish to see the client's certificate, in the handshake or after it. */
export const CertificateRequest: MessageType<CertificateRequest> = {
  msg_type: 13,
  name: 'CertificateRequest',
  body,
}
