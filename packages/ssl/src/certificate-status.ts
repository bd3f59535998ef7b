/** Whether a certificate that is believed is in good standing too: what was stapled to it, judged (RFC 6066 §8, RFC 7633). */
import type { CryptoProvider } from '@biopair/crypto'
import type { CertificateStatusFound, Stapled } from '@biopair/handshake'
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
import type { RevocationOptions } from './revocation-policy.ts'

/** What is made of OCSP responses: see the option `ocsp`. */
export type OcspMode = 'ignore' | 'check' | 'require'

export const ocspModes: readonly OcspMode[] = ['ignore', 'check', 'require']

export interface StatusOptions {
  /** Asks the peer for an OCSP response with its certificate (node:tls's name). True where `ocsp` says `check` or `require`. */
  readonly requestOCSP?: boolean
  /**
   * What is made of the response: `check`, one that came has to say, believably, that the certificate is good; `require`, and one has to
   * come; `ignore`, it is handed on unread. `check` where one is asked for, unless `revocation` says what counts. A certificate with the TLS feature status_request (RFC 7633) makes `require` of `check`.
   */
  readonly ocsp?: OcspMode
}

/** Whether a response is asked for. TypeError for options that contradict each other. */
export function requestsOcsp({ requestOCSP, ocsp, revocation }: Options): boolean {
  const needed = ocsp === 'check' || ocsp === 'require'
  if (requestOCSP === false && needed)
    throw misuse('ERR_INVALID_ARG_VALUE', `ocsp: ${ocsp} needs requestOCSP`)
  const wanted = ocsp === undefined && (revocation === 'soft' || revocation === 'hard')
  return requestOCSP ?? (needed || wanted)
}

type Options = StatusOptions & RevocationOptions

export interface StatusPolicy {
  readonly mode: OcspMode
  /** Whether what is stapled is something to go by where `revocation` asks. */
  readonly heeded: boolean
  readonly hashes: CryptoProvider['hashes']
}

/** The policy of a context's options. */
export function statusPolicy(options: Options, crypto: CryptoProvider): StatusPolicy {
  const { requestOCSP, crl, revocation = crl === undefined ? undefined : 'hard' } = options
  const usual = requestOCSP && revocation === undefined ? 'check' : 'ignore'
  const { ocsp = usual } = options
  const on = revocation === 'soft' || revocation === 'hard'
  const heeded = on && options.ocsp !== 'ignore' && requestsOcsp(options)
  return { mode: ocsp, heeded, hashes: crypto.hashes }
}

/** The verdict on a chain, in the light of what was stapled to its first certificate. */
export function withStatus(
  verdict: Verdict,
  stapled: readonly Stapled[],
  question: VerifyOptions,
  policy: StatusPolicy,
): Verdict {
  if (!verdict.ok || isUnread(verdict, policy)) return verdict
  const { path } = verdict
  const leaf = path[0] as Certificate
  const issuer = issuerOf(path)
  const unless = (problem: Problem) => refusedUnless(problem, verdict, question)
  const missing = (why: string) =>
    isMust(leaf, policy) ? unless({ code: 'OCSP_VERIFY_NEEDED', why }) : verdict
  const response = stapled[0]?.ocspResponse
  if (!response) return missing('expected an OCSP response with the certificate, got none')
  if (!issuer) return missing('expected an issuer to verify the OCSP response with, got an anchor')
  const { time, minimumRsaBits, crypto } = question
  const asked = { response, leaf, issuer, time, minimumRsaBits }
  const { hashes } = policy
  const status = checkOcsp({ ...asked, crypto: { publicKey: crypto.publicKey, hashes } })
  return status.ok ? verdict : unless(status)
}

/**
 * The verdict on the chain of a session, whose OCSP response is not there any more, in the light of what was found when it came. Who
 * demands one is not content with a session that began without, or before somebody who read none.
 */
export function withKnownStatus(
  verdict: Verdict,
  found: CertificateStatusFound | undefined,
  question: VerifyOptions,
  policy: StatusPolicy,
): Verdict {
  if (!verdict.ok || found === 'good') return verdict
  if (policy.mode === 'ignore' && !policy.heeded) return verdict
  const leaf = verdict.path[0] as Certificate
  if (found === 'bad') {
    const why = 'expected an OCSP response that was good when the session began, got another'
    return refusedUnless({ code: 'OCSP_VERIFY_FAILED', why }, verdict, question)
  }
  if (!isMust(leaf, policy)) return verdict
  const why = 'expected an OCSP response when the session began, got none that was read'
  return refusedUnless({ code: 'OCSP_VERIFY_NEEDED', why }, verdict, question)
}

/** What a session remembers: a response that came is good where the chain is believed with it, and only there. */
export function statusFound(
  verdict: Verdict,
  stapled: readonly Stapled[],
  policy: StatusPolicy,
): CertificateStatusFound | undefined {
  if ((policy.mode === 'ignore' && !policy.heeded) || !stapled[0]?.ocspResponse) return undefined
  if (!verdict.ok) return 'bad'
  // Of an anchor nobody asks what was stapled to it, unless it is a must.
  if (isUnread(verdict, policy) && verdict.revocation?.[0]?.status !== 'good') return undefined
  // A response that is nothing to go by shows nothing.
  if (verdict.revocation?.[0]?.doubts.some(({ by }) => by === 'stapled')) return undefined
  return issuerOf(verdict.path) && 'good'
}

/** An anchor is believed as it is; above it nobody is known who could speak of it. */
function issuerOf([leaf, issuer]: Verdict['path']): Certificate | undefined {
  return issuer ?? (leaf?.selfIssued ? leaf : undefined)
}

type Problem = Parameters<typeof refused>[1]

/** Whether nothing is made of a response by itself. Where `revocation` makes something of it, it still may be a must. */
function isUnread({ path: [leaf] }: Verdict, policy: StatusPolicy): boolean {
  return policy.mode === 'ignore' && !(policy.heeded && leaf && isMust(leaf, policy))
}

function isMust({ tlsFeatures }: Certificate, { mode }: StatusPolicy): boolean {
  return mode === 'require' || tlsFeatures?.includes(tlsFeatureIds.status_request) === true
}

function refusedUnless(problem: Problem, verdict: Verdict, question: VerifyOptions): Verdict {
  return isForgiven(question, problem.code, 0) ? verdict : refused(0, problem, verdict.path)
}
