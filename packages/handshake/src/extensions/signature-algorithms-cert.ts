/** signature_algorithms_cert (RFC 9846 section 4.3.3). */
import type { Extension } from './extension.ts'
import { SignatureSchemeList } from './signature-algorithms.ts'

export const signature_algorithms_cert = {
  id: 50,
  name: 'signature_algorithms_cert',
  in: { ClientHello: SignatureSchemeList, CertificateRequest: SignatureSchemeList },
} as const satisfies Extension
