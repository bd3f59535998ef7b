/** The options on what certificates have to be, and what they may cost: `verifyProfile`, `verifyPolicies` and `verifyLimits`, read. */
import { oidFromText, type PolicyInputs, profiles, type VerifyLimits } from '@biopair/x509'
import type { ContextOptions } from './context-options.ts'
import { misuse } from './misuse.ts'
import { checkOptions } from './option-types.ts'
import { oneOf } from './option-values.ts'

const types = {
  initial: 'list of strings',
  requireExplicit: 'boolean',
  inhibitMapping: 'boolean',
  inhibitAny: 'boolean',
} as const satisfies Record<keyof PolicyInputs, string>

const limits = {
  depth: 'whole number',
  signatures: 'whole number',
  chainBytes: 'whole number',
  comparisons: 'whole number',
} as const satisfies Record<keyof VerifyLimits, string>

/** TypeError for a profile that there is none of, for policies that are no OIDs, and for limits that are no numbers or have no such name. */
export function checkPolicyOptions({
  verifyProfile,
  verifyPolicies = {},
  verifyLimits = {},
}: Pick<ContextOptions, 'verifyLimits' | 'verifyPolicies' | 'verifyProfile'>): void {
  oneOf('verifyProfile', verifyProfile, profiles)
  checkOptions(verifyPolicies, types, 'verifyPolicies.')
  checkOptions(verifyLimits, limits, 'verifyLimits.')
  for (const policy of verifyPolicies.initial ?? [])
    if (!oidFromText(policy))
      throw misuse(
        'ERR_INVALID_ARG_VALUE',
        `verifyPolicies.initial: expected OIDs, got ${JSON.stringify(policy)}`,
      )
}
