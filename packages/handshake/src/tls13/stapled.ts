/** What rides in the entries of a Certificate: OCSP responses and SCTs (RFC 9846 §4.5.1.1, RFC 6066 §8, RFC 6962 §3.3). */
import { type Bytes, TlsAlert } from '@biopair/wire'
import type { Stapled } from '../certificate-config.ts'
import { type ExtensionsOf, readExtension, writeExtension } from '../extensions/index.ts'
import { ask, type Flow, type Identity, type Role } from '../flow.ts'
import type { Certificate, RawExtension } from '../messages/index.ts'
import type { Wishes } from './certificate-wishes.ts'

/** What came with a certificate. TlsAlert `illegal_parameter` for a status of another type than we ask for. */
export function readStapled(said: ExtensionsOf<'Certificate'>): Stapled {
  const { status_request: status, signed_certificate_timestamp: scts } = said
  if (status && status.status_type !== 'ocsp')
    throw new TlsAlert('illegal_parameter', {
      reason: 'UNSUPPORTED_STATUS_TYPE',
      section: 'RFC 6066 8',
      why: `expected an OCSP response, got a status of type ${status.status_type}`,
    })
  return { ocspResponse: status?.response as Bytes | undefined, scts: scts?.sct_list ?? [] }
}

/** The OCSP response that came with the first certificate of a message that was read before. */
export function stapledResponse({ certificate_list: [leaf] }: Certificate): Bytes | undefined {
  const status = leaf && readExtension('Certificate', 'status_request', leaf.extensions)
  return status?.response as Bytes | undefined
}

/** The extensions of our own certificate's entry: what we have of what the peer asks for. */
export function* staple(identity: Identity, role: Role, wishes: Wishes): Flow<RawExtension[]> {
  const { serverName } = wishes
  const stapled: RawExtension[] = []
  const response = wishes.ocsp
    ? yield* ask({ want: 'ocsp_request', role, identity, serverName })
    : undefined
  if (response && response.length > 0)
    stapled.push(writeExtension('Certificate', 'status_request', { status_type: 'ocsp', response }))
  const { scts = [] } = identity
  if (wishes.scts && scts.length > 0)
    stapled.push(
      writeExtension('Certificate', 'signed_certificate_timestamp', { sct_list: [...scts] }),
    )
  return stapled
}

/** The application's word on what the server stapled, once its whole flight has been verified. */
export function* judgeStapled(response: Bytes | undefined): Flow<void> {
  if (yield* ask({ want: 'ocsp_response', response })) return
  throw new TlsAlert('bad_certificate_status_response', {
    reason: 'INVALID_STATUS_RESPONSE',
    section: 'RFC 6066 8',
    why: `${response ? 'an OCSP response that was stapled' : 'a certificate without an OCSP response'} was refused`,
  })
}
