/** Certificate (RFC 9846 section 4.5.1). */
import { type Decoded, opaque, struct, vector } from '@biopair/wire'
import type { MessageType } from './message.ts'
import { extensionBlock } from './raw-extension.ts'

/** `cert_data` is a certificate's DER, or an ASN1_subjectPublicKeyInfo where raw public keys were agreed on. */
const CertificateEntry = struct({
  cert_data: opaque(1, 2 ** 24 - 1),
  extensions: extensionBlock(0),
})

/**
 *     struct {
 *         select (certificate_type) {
 *             case RawPublicKey: opaque ASN1_subjectPublicKeyInfo<1..2^24-1>;
 *             case X509: opaque cert_data<1..2^24-1>;
 *         };
 *         Extension extensions<0..2^16-1>;
 *     } CertificateEntry;
 *
 *     struct {
 *         opaque certificate_request_context<0..2^8-1>;
 *         CertificateEntry certificate_list<0..2^24-1>;
 *     } Certificate;
 */
const body = struct({
  certificate_request_context: opaque(0, 2 ** 8 - 1),
  certificate_list: vector(CertificateEntry, 0, 2 ** 24 - 1),
})

export type CertificateEntry = Decoded<typeof CertificateEntry>
export type Certificate = Decoded<typeof body>

/** An endpoint's chain, the end entity first; a client's may be empty. */
export const Certificate: MessageType<Certificate> = { msg_type: 11, name: 'Certificate', body }
