/** signature_algorithms (RFC 9846 section 4.3.3). */
import { named, struct, uint16, vector } from '@biopair/wire'
import type { Extension } from './extension.ts'

/**
 *     struct {
 *         SignatureScheme supported_signature_algorithms<2..2^16-2>;
 *     } SignatureSchemeList;
 */
export const SignatureSchemeList = struct({
  supported_signature_algorithms: vector(named('SignatureScheme', uint16), 2, 2 ** 16 - 2),
})

export const signature_algorithms = {
  id: 13,
  name: 'signature_algorithms',
  in: { ClientHello: SignatureSchemeList, CertificateRequest: SignatureSchemeList },
} as const satisfies Extension
