/** Profiles: what is asked of certificates beyond what RFC 5280 §6.1 has a relying party look at. */
import type { Certificate } from './certificate.ts'
import type { Problem, VerifyCode } from './problem.ts'
import { strictRules } from './profile-strict.ts'
import { webPkiRules } from './profile-webpki.ts'

/** Every profile, the most lenient first. */
export const profiles = ['rfc5280', 'strict', 'webpki'] as const

/**
 * `rfc5280`: what RFC 5280 §6.1 asks of a path; what authorities owe beyond that is theirs to keep, and old ones did not. `strict`: that too, as
 * far as a certificate shows it (X509_V_FLAG_X509_STRICT). `webpki`: `strict`, and what the CA/Browser Forum's baseline requirements ask of
 * authorities and servers on the public web, but for nameConstraints, which they let be non-critical, and serial numbers of roots.
 */
export type Profile = (typeof profiles)[number]

/** Where a certificate stands in a path. */
export type Standing = 'leaf' | 'intermediate' | 'anchor'

/** One rule of a profile. */
export interface ProfileRule {
  readonly code: VerifyCode
  /** The document's section: `RFC 5280 4.2.1.1`, `CABF 7.1.2.7.6` (the TLS baseline requirements). */
  readonly section: string
  /** The field at fault. */
  readonly field: string
  /** Where the rule is broken, what was expected and what came. */
  readonly broken: (certificate: Certificate, standing: Standing) => Broken | undefined
}

/** `expected ...`, `got ...`. */
export type Broken = readonly [expected: string, got: string]

/** What the profile finds wrong with a certificate. */
export function* profileProblems(
  profile: Profile,
  certificate: Certificate,
  standing: Standing,
): Generator<Problem> {
  for (const { broken, ...rule } of rules[profile]) {
    const found = broken(certificate, standing)
    if (found) yield { ...rule, why: `expected ${found[0]}, got ${found[1]}` }
  }
}

// Roots that half the web stands on have the serial number zero, and nobody ever looks it up.
function sparingAnchors(rule: ProfileRule): ProfileRule {
  if (rule.field !== 'serialNumber') return rule
  return {
    ...rule,
    broken: (certificate, standing) =>
      standing === 'anchor' ? undefined : rule.broken(certificate, standing),
  }
}

const rules: Readonly<Record<Profile, readonly ProfileRule[]>> = {
  rfc5280: [],
  strict: strictRules,
  webpki: [
    // CABF 7.1.2.5.2: "this extension SHOULD be marked critical, but MAY be marked non-critical".
    ...strictRules.filter(({ field }) => field !== 'nameConstraints').map(sparingAnchors),
    ...webPkiRules,
  ],
}
