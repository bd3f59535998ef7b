/** The signed certificate timestamps of a peer's certificate, wherever they came: handed on, not judged (RFC 6962 §3.3). */
import type { Stapled } from '@biopair/handshake'
import type { Bytes } from '@biopair/wire'
import {
  certificateScts,
  isX509Failure,
  ocspScts,
  parseCertificate,
  parseOcspResponse,
} from '@biopair/x509'

/** A timestamp, a SerializedSCT, and where it was. Nobody has verified it: there is no list of logs here. */
export interface Sct {
  readonly source: 'tls_extension' | 'certificate' | 'ocsp_response'
  readonly bytes: Bytes
}

/** Those of a chain's first certificate. What cannot be read has none. */
export function sctsOf(chain: readonly Bytes[], stapled: readonly Stapled[]): readonly Sct[] {
  const { ocspResponse, scts = [] } = stapled[0] ?? {}
  const certificate = chain[0] && parseCertificate(chain[0])
  const response = ocspResponse && parseOcspResponse(ocspResponse)
  const from = (source: Sct['source'], list: readonly Uint8Array[]): Sct[] =>
    list.map(bytes => ({ source, bytes: Uint8Array.from(bytes) }))
  return [
    ...from('tls_extension', scts),
    ...from('certificate', readable(certificate) ? certificateScts(certificate) : []),
    ...from('ocsp_response', readable(response) ? ocspScts(response) : []),
  ]
}

function readable<T extends object>(
  parsed: T | undefined,
): parsed is Exclude<T, { failure: unknown }> {
  return parsed !== undefined && !isX509Failure(parsed)
}
