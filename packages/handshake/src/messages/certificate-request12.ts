/** CertificateRequest of TLS 1.2 (RFC 5246 section 7.4.4). */
import { type Decoded, named, opaque, struct, uint16, vector } from '@biopair/wire'
import type { MessageType } from './message.ts'

/**
 *     opaque DistinguishedName<1..2^16-1>;
 *
 *     struct {
 *         ClientCertificateType certificate_types<1..2^8-1>;
 *         SignatureAndHashAlgorithm supported_signature_algorithms<2..2^16-2>;
 *         DistinguishedName certificate_authorities<0..2^16-1>;
 *     } CertificateRequest;
 */
const body = struct({
  certificate_types: opaque(1, 2 ** 8 - 1),
  supported_signature_algorithms: vector(named('SignatureScheme', uint16), 2, 2 ** 16 - 2),
  certificate_authorities: vector(opaque(1, 2 ** 16 - 1), 0, 2 ** 16 - 1),
})

export type CertificateRequest12 = Decoded<typeof body>

/** A server's wish to see the client's certificate. */
export const CertificateRequest12: MessageType<CertificateRequest12> = {
  msg_type: 13,
  name: 'CertificateRequest',
  body,
}

/** ClientCertificateType: keys that sign (RFC 5246 section 7.4.4, RFC 8422 section 5.5). */
export const clientCertificateTypes = { rsa_sign: 1, ecdsa_sign: 64 } as const
