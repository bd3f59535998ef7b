/** CompressedCertificate (RFC 8879 section 4). */
import { type Decoded, named, opaque, struct, uint16, uint24 } from '@biopair/wire'
import type { MessageType } from './message.ts'

/**
 *     struct {
 *         CertificateCompressionAlgorithm algorithm;
 *         uint24 uncompressed_length;
 *         opaque compressed_certificate_message<1..2^24-1>;
 *     } CompressedCertificate;
 */
const body = struct({
  algorithm: named('CertificateCompressionAlgorithm', uint16),
  uncompressed_length: uint24,
  compressed_certificate_message: opaque(1, 2 ** 24 - 1),
})

export type CompressedCertificate = Decoded<typeof body>

/** A Certificate message, its header left out, compressed. */
export const CompressedCertificate: MessageType<CompressedCertificate> = {
  msg_type: 25,
  name: 'CompressedCertificate',
  body,
}
