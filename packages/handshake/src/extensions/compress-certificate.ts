/** compress_certificate (RFC 8879 section 3). */
import { enumerated, struct, uint16, vector } from '@biopair/wire'
import type { Extension } from './extension.ts'

/**
 *     enum { zlib(1), brotli(2), zstd(3), (65535) } CertificateCompressionAlgorithm;
 *
 *     struct {
 *         CertificateCompressionAlgorithm algorithms<2..2^8-2>;
 *     } CertificateCompressionAlgorithms;
 */
const CertificateCompressionAlgorithms = struct({
  algorithms: vector(
    enumerated(uint16, { zlib: 1, brotli: 2, zstd: 3 }, { unknown: 'keep' }),
    2,
    2 ** 8 - 2,
  ),
})

export const compress_certificate = {
  id: 27,
  name: 'compress_certificate',
  in: {
    ClientHello: CertificateCompressionAlgorithms,
    CertificateRequest: CertificateCompressionAlgorithms,
  },
} as const satisfies Extension
