/** Whether a certificate that is believed is in good standing too: what was stapled to it, judged (RFC 6066 §8, RFC 7633). */
import type { CryptoProvider } from '@biopair/crypto'
import type { Stapled } from '@biopair/handshake'
import {
  type Certificate,
  checkOcsp,
  isForgiven,
  refused,
  tlsFeatureIds,
  type Verdict,
  type VerifyOptions,
} from '@biopair/x509'
import { misuse } from './misuse.ts'

/** What is made of OCSP responses: see the option `ocsp`. */
export type OcspMode = 'ignore' | 'check' | 'require'

export const ocspModes: readonly OcspMode[] = ['ignore', 'check', 'require']

export interface StatusOptions {
  /** Asks the peer for an OCSP response with its certificate (node:tls's name). True where `ocsp` says `check` or `require`. */
  readonly requestOCSP?: boolean
  /**
   * What is made of the response: `check`, one that came has to say, believably, that the certificate is good; `require`, and one has to
   * come; `ignore`, it is handed on unread. `check` where one is asked for. A certificate with the TLS feature status_request (RFC 7633) makes `require` of `check`.
   */
  readonly ocsp?: OcspMode
}

/** Whether a response is asked for. TypeError for options that contradict each other. */
export function requestsOcsp({ requestOCSP, ocsp }: StatusOptions): boolean {
  const needed = ocsp === 'check' || ocsp === 'require'
  if (requestOCSP === false && needed)
    throw misuse('ERR_INVALID_ARG_VALUE', `ocsp: ${ocsp} needs requestOCSP`)
  return requestOCSP ?? needed
}

export interface StatusPolicy {
  readonly mode: OcspMode
  readonly hashes: CryptoProvider['hashes']
}

/** The policy of a context's options. */
export function statusPolicy(options: StatusOptions, crypto: CryptoProvider): StatusPolicy {
  const { requestOCSP, ocsp = requestOCSP ? 'check' : 'ignore' } = options
  return { mode: ocsp, hashes: crypto.hashes }
}

/** The verdict on a chain, in the light of what was stapled to its first certificate. */
export function withStatus(
  verdict: Verdict,
  stapled: readonly Stapled[],
  question: VerifyOptions,
  { mode, hashes }: StatusPolicy,
): Verdict {
  if (!verdict.ok || mode === 'ignore') return verdict
  const { path } = verdict
  const leaf = path[0] as Certificate
  const must = mode === 'require' || leaf.tlsFeatures?.includes(tlsFeatureIds.status_request)
  const unless = (problem: Parameters<typeof refused>[1]) =>
    isForgiven(question, problem.code, 0) ? verdict : refused(0, problem, path)
  const missing = (why: string) => (must ? unless({ code: 'OCSP_VERIFY_NEEDED', why }) : verdict)
  const response = stapled[0]?.ocspResponse
  if (!response) return missing('expected an OCSP response with the certificate, got none')
  // An anchor is believed as it is; above it nobody is known who could speak of it.
  const issuer = path[1] ?? (leaf.selfIssued ? leaf : undefined)
  if (!issuer) return missing('expected an issuer to verify the OCSP response with, got an anchor')
  const { time, minimumRsaBits, crypto } = question
  const asked = { response, leaf, issuer, time, minimumRsaBits }
  const status = checkOcsp({ ...asked, crypto: { publicKey: crypto.publicKey, hashes } })
  return status.ok ? verdict : unless(status)
}
