/** The calls and flags of X509_VERIFY_PARAM_set_flags(3) on certificate policies and X509_STRICT. */
import { oidFromText } from '@biopair/x509'
import type { ContextOptions } from '../context-options.ts'
import type { X509_VERIFY_PARAM } from './verify-param.ts'

export const X509_V_FLAG_X509_STRICT = 0x20
export const X509_V_FLAG_POLICY_CHECK = 0x80
export const X509_V_FLAG_EXPLICIT_POLICY = 0x100
export const X509_V_FLAG_INHIBIT_ANY = 0x200
export const X509_V_FLAG_INHIBIT_MAP = 0x400

/** The flags that `policyOptions` reads. POLICY_CHECK is none of them: policies are always processed. */
export const policyFlags =
  X509_V_FLAG_X509_STRICT |
  X509_V_FLAG_EXPLICIT_POLICY |
  X509_V_FLAG_INHIBIT_ANY |
  X509_V_FLAG_INHIBIT_MAP

/** What flags and acceptable policies come to. */
export function policyOptions(
  flags: number,
  policies: readonly string[] | undefined,
): Pick<ContextOptions, 'verifyPolicies' | 'verifyProfile'> {
  const has = (flag: number) => (flags & flag) !== 0
  return {
    ...(has(X509_V_FLAG_X509_STRICT) ? { verifyProfile: 'strict' } : {}),
    verifyPolicies: {
      initial: policies,
      requireExplicit: has(X509_V_FLAG_EXPLICIT_POLICY),
      inhibitAny: has(X509_V_FLAG_INHIBIT_ANY),
      inhibitMapping: has(X509_V_FLAG_INHIBIT_MAP),
    },
  }
}

/** One more acceptable policy, an OID as dotted text. 1, or 0 for what is none. */
export function X509_VERIFY_PARAM_add0_policy(param: X509_VERIFY_PARAM, policy: string): 0 | 1 {
  return setPolicies(param, [...(param.policies ?? []), policy])
}

/** The acceptable policies, and POLICY_CHECK; null for any. 1, or 0 for what is no OID. */
export function X509_VERIFY_PARAM_set1_policies(
  param: X509_VERIFY_PARAM,
  policies: readonly string[] | null,
): 0 | 1 {
  if (policies) {
    const done = setPolicies(param, [...policies])
    if (done) param.flags |= X509_V_FLAG_POLICY_CHECK
    return done
  }
  param.policies = undefined
  return 1
}

function setPolicies(param: X509_VERIFY_PARAM, policies: readonly string[]): 0 | 1 {
  param.errors.clear()
  const bad = policies.find(policy => !oidFromText(policy))
  if (bad !== undefined) return param.refuse(`expected a policy's OID, got ${JSON.stringify(bad)}`)
  param.policies = policies
  return 1
}
