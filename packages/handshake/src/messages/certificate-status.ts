/** CertificateStatus of TLS 1.2 (RFC 6066 section 8). */
import type { Decoded } from '@biopair/wire'
import { CertificateStatusResponse } from '../extensions/status-request.ts'
import type { MessageType } from './message.ts'

export type CertificateStatus = Decoded<typeof CertificateStatusResponse>

/** The OCSP response that goes with the server's certificate. */
export const CertificateStatus: MessageType<CertificateStatus> = {
  msg_type: 22,
  name: 'CertificateStatus',
  body: CertificateStatusResponse,
}
