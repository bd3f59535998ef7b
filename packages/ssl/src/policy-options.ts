/** The options on what certificates have to be: `verifyProfile` and `verifyPolicies`, read. */
import { oidFromText, type PolicyInputs, profiles } from '@biopair/x509'
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

/** TypeError for a profile that there is none of, and for policies that are no OIDs. */
export function checkPolicyOptions({
  verifyProfile,
  verifyPolicies = {},
}: Pick<ContextOptions, 'verifyPolicies' | 'verifyProfile'>): void {
  oneOf('verifyProfile', verifyProfile, profiles)
  checkOptions(verifyPolicies, types, 'verifyPolicies.')
  for (const policy of verifyPolicies.initial ?? [])
    if (!oidFromText(policy))
      throw misuse(
        'ERR_INVALID_ARG_VALUE',
        `verifyPolicies.initial: expected OIDs, got ${JSON.stringify(policy)}`,
      )
}
