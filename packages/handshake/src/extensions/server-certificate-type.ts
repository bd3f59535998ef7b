/** server_certificate_type (RFC 7250 section 3). */
import { struct, vector } from '@biopair/wire'
import { CertificateType } from './certificate-type.ts'
import type { Extension } from './extension.ts'

/**
 *     struct {
 *         select (ClientOrServerExtension) {
 *             case client: CertificateType server_certificate_types<1..2^8-1>;
 *             case server: CertificateType server_certificate_type;
 *         }
 *     } ServerCertTypeExtension;
 */
export const server_certificate_type = {
  id: 20,
  name: 'server_certificate_type',
  in: {
    ClientHello: struct({ server_certificate_types: vector(CertificateType, 1, 2 ** 8 - 1) }),
    EncryptedExtensions: struct({ server_certificate_type: CertificateType }),
    ServerHello12: struct({ server_certificate_type: CertificateType }),
  },
} as const satisfies Extension
