/** status_request (RFC 6066 section 8; RFC 9846 section 4.5.1.1). */
import { empty, enumerated, opaque, rest, struct, uint8, variant, vector } from '@biopair/wire'
import type { Extension } from './extension.ts'

/** `enum { ocsp(1), (255) } CertificateStatusType;` */
const CertificateStatusType = enumerated(uint8, { ocsp: 1 }, { unknown: 'keep' })

/**
 *     struct {
 *         CertificateStatusType status_type;
 *         select (status_type) { case ocsp: OCSPStatusRequest; } request;
 *     } CertificateStatusRequest;
 *
 *     struct {
 *         ResponderID responder_id_list<0..2^16-1>;
 *         Extensions request_extensions;
 *     } OCSPStatusRequest;
 *
 *     opaque ResponderID<1..2^16-1>;
 *     opaque Extensions<0..2^16-1>;
 */
const CertificateStatusRequest = variant(
  ['status_type', CertificateStatusType],
  [
    'request',
    {
      ocsp: struct({
        responder_id_list: vector(opaque(1, 2 ** 16 - 1), 0, 2 ** 16 - 1),
        request_extensions: opaque(0, 2 ** 16 - 1),
      }),
    },
  ],
  rest(),
)

/**
 *     struct {
 *         CertificateStatusType status_type;
 *         select (status_type) { case ocsp: OCSPResponse; } response;
 *     } CertificateStatus;
 *
 *     opaque OCSPResponse<1..2^24-1>;
 */
export const CertificateStatusResponse = variant(
  ['status_type', CertificateStatusType],
  ['response', { ocsp: opaque(1, 2 ** 24 - 1) }],
  rest(),
)

export const status_request = {
  id: 5,
  name: 'status_request',
  in: {
    ClientHello: CertificateStatusRequest,
    // §4.5.1.1: a server asks with an empty extension.
    CertificateRequest: empty,
    Certificate: CertificateStatusResponse,
    // RFC 6066 §8: a CertificateStatus message may follow.
    ServerHello12: empty,
  },
} as const satisfies Extension
