/** certificate_authorities (RFC 9846 section 4.3.4). */
import { opaque, struct, vector } from '@biopair/wire'
import type { Extension } from './extension.ts'

/**
 *     opaque DistinguishedName<1..2^16-1>;
 *
 *     struct {
 *         DistinguishedName authorities<3..2^16-1>;
 *     } CertificateAuthoritiesExtension;
 */
const CertificateAuthoritiesExtension = struct({
  authorities: vector(opaque(1, 2 ** 16 - 1), 3, 2 ** 16 - 1),
})

export const certificate_authorities = {
  id: 47,
  name: 'certificate_authorities',
  in: {
    ClientHello: CertificateAuthoritiesExtension,
    CertificateRequest: CertificateAuthoritiesExtension,
  },
} as const satisfies Extension
