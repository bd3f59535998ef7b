/** Certificate of TLS 1.2 (RFC 5246 section 7.4.2). */
import { type Decoded, opaque, struct, vector } from '@biopair/wire'
import type { MessageType } from './message.ts'

/**
 *     opaque ASN.1Cert<1..2^24-1>;
 *
 *     struct {
 *         ASN.1Cert certificate_list<0..2^24-1>;
 *     } Certificate;
 */
const body = struct({ certificate_list: vector(opaque(1, 2 ** 24 - 1), 0, 2 ** 24 - 1) })

export type Certificate12 = Decoded<typeof body>

/** An endpoint's chain, the end entity first; a client's may be empty. */
export const Certificate12: MessageType<Certificate12> = { msg_type: 11, name: 'Certificate', body }
