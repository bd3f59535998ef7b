/** delegated_credential (RFC 9345 section 4). */
import { type Decoded, named, opaque, struct, uint16, uint32 } from '@biopair/wire'
import type { Extension } from './extension.ts'
import { SignatureSchemeList } from './signature-algorithms.ts'

/**
 *     struct {
 *         uint32 valid_time;
 *         SignatureScheme dc_cert_verify_algorithm;
 *         opaque ASN1_subjectPublicKeyInfo<1..2^24-1>;
 *     } Credential;
 *
 *     struct {
 *         Credential cred;
 *         SignatureScheme algorithm;
 *         opaque signature<1..2^16-1>;
 *     } DelegatedCredential;
 */
export const DelegatedCredential = struct({
  cred: struct({
    valid_time: uint32,
    dc_cert_verify_algorithm: named('SignatureScheme', uint16),
    ASN1_subjectPublicKeyInfo: opaque(1, 2 ** 24 - 1),
  }),
  algorithm: named('SignatureScheme', uint16),
  signature: opaque(1, 2 ** 16 - 1),
})

export type DelegatedCredential = Decoded<typeof DelegatedCredential>

export const delegated_credential = {
  id: 34,
  name: 'delegated_credential',
  in: {
    ClientHello: SignatureSchemeList,
    CertificateRequest: SignatureSchemeList,
    Certificate: DelegatedCredential,
  },
} as const satisfies Extension
