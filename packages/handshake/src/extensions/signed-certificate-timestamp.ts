/** signed_certificate_timestamp (RFC 6962 section 3.3; RFC 9846 section 4.5.1.1). */
import { empty, opaque, struct, vector } from '@biopair/wire'
import type { Extension } from './extension.ts'

/**
 *     opaque SerializedSCT<1..2^16-1>;
 *
 *     struct {
 *         SerializedSCT sct_list <1..2^16-1>;
 *     } SignedCertificateTimestampList;
 */
const SignedCertificateTimestampList = struct({
  sct_list: vector(opaque(1, 2 ** 16 - 1), 1, 2 ** 16 - 1),
})

// RFC 9846's table leaves it out; its places are those of RFC 8446 §4.2.
export const signed_certificate_timestamp = {
  id: 18,
  name: 'signed_certificate_timestamp',
  in: {
    ClientHello: empty,
    CertificateRequest: empty,
    Certificate: SignedCertificateTimestampList,
    ServerHello12: SignedCertificateTimestampList,
  },
} as const satisfies Extension
