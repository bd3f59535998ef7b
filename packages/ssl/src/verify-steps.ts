/** The steps of a verdict as a verify callback is shown them: x509's, and what this package looks at beside them. */
import {
  type Certificate,
  type Verdict,
  type VerifyOptions,
  type VerifyStep,
  verifySteps,
} from '@biopair/x509'

/** What was looked at beside the chain. */
export interface Beside {
  /** A raw public key came instead of a chain. */
  readonly raw: boolean
  /** `checkServerIdentity` was asked, and has nothing against it unless the verdict says so. */
  readonly identity: boolean
  /** There was an OCSP response, and it was good unless the verdict says otherwise. */
  readonly status: boolean
}

export function stepsOf(
  question: VerifyOptions,
  verdict: Verdict,
  { raw, identity, status }: Beside,
): readonly VerifyStep[] {
  if (raw && verdict.ok) return [{ depth: 0, certificate: undefined, check: 'rawKey', ok: true }]
  const steps = verifySteps(question, verdict)
  const certificate = verdict.path[0] as Certificate
  const passed = (check: 'name' | 'revocation'): VerifyStep[] =>
    steps.some(step => step.check === check) ? [] : [{ depth: 0, certificate, check, ok: true }]
  return [
    ...steps,
    ...(status && verdict.ok ? passed('revocation') : []),
    ...(identity && verdict.ok ? passed('name') : []),
  ]
}
