/** client_certificate_type (RFC 7250 section 3). */
import { struct, vector } from '@biopair/wire'
import { CertificateType } from './certificate-type.ts'
import type { Extension } from './extension.ts'

/**
 *     struct {
 *         select (ClientOrServerExtension) {
 *             case client: CertificateType client_certificate_types<1..2^8-1>;
 *             case server: CertificateType client_certificate_type;
 *         }
 *     } ClientCertTypeExtension;
 */
export const client_certificate_type = {
  id: 19,
  name: 'client_certificate_type',
  in: {
    ClientHello: struct({ client_certificate_types: vector(CertificateType, 1, 2 ** 8 - 1) }),
    EncryptedExtensions: struct({ client_certificate_type: CertificateType }),
    ServerHello12: struct({ client_certificate_type: CertificateType }),
  },
} as const satisfies Extension
