/** A verdict step by step: each check of each certificate of its path, from the anchor down, and all that is wrong, not the first problem alone. */
import type { Certificate } from './certificate.ts'
import { isX509Failure } from './failure.ts'
import { matchNames } from './name.ts'
import { violation } from './name-constraints.ts'
import { demandsOf, limitsOf } from './path.ts'
import { PinCheck } from './pins.ts'
import type { Problem, VerifyCode } from './problem.ts'
import { issuerProblems, leafProblems, signatureProblem } from './rules.ts'
import { isForgiven, type Verdict, type VerifyOptions } from './verdict.ts'

/** What is looked at. */
export type Check =
  /** The certificate as such: it can be read, its serial number. */
  | 'form'
  /** notBefore and notAfter. */
  | 'validity'
  /** By the key of the certificate above; not of an anchor. */
  | 'signature'
  /** Whether it may issue others: basicConstraints, keyUsage, how many below. */
  | 'authority'
  /** Critical extensions that are not understood, extensions where they may not be. */
  | 'extensions'
  /** Its own key: of a kind and length that will do. */
  | 'key'
  | 'policy'
  /** What is asked of certificates beyond RFC 5280 §6.1 (`VerifyOptions.profile`). */
  | 'profile'
  /** extKeyUsage, and the keyUsage of the peer's. */
  | 'purpose'
  /** Its names, under the constraints of all above it. */
  | 'nameConstraints'
  /** Of the last certificate of the path: whether it is an anchor. */
  | 'trust'
  /** Whether the path was found within its limits. */
  | 'limits'
  /** Of the path as a whole, told of the peer's certificate. */
  | 'pins'
  /** Whether it names whom it has to. */
  | 'name'
  | 'revocation'
  /** Of a raw public key, which has no path. */
  | 'rawKey'

/** The check that a code is the outcome of. */
export const checkOf: Readonly<Record<VerifyCode, Check>> = {
  AUTHORITY_KEY_IDENTIFIER_CRITICAL: 'profile',
  CA_BCONS_NOT_CRITICAL: 'profile',
  CA_CERT_MISSING_KEY_USAGE: 'profile',
  CA_KEY_TOO_SMALL: 'key',
  CA_MD_TOO_WEAK: 'signature',
  CERT_CHAIN_TOO_LONG: 'limits',
  CERT_HAS_EXPIRED: 'validity',
  CERT_NOT_YET_VALID: 'validity',
  CERT_REVOKED: 'revocation',
  CERT_SIGNATURE_FAILURE: 'signature',
  CRL_HAS_EXPIRED: 'revocation',
  CRL_NOT_YET_VALID: 'revocation',
  CRL_PATH_VALIDATION_ERROR: 'revocation',
  CRL_SIGNATURE_FAILURE: 'revocation',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'trust',
  DIFFERENT_CRL_SCOPE: 'revocation',
  EE_KEY_TOO_SMALL: 'key',
  EMPTY_SUBJECT_SAN_NOT_CRITICAL: 'profile',
  ERR_TLS_CERT_ALTNAME_INVALID: 'name',
  ERR_TLS_CERT_NOT_PINNED: 'pins',
  ERR_X509_MALFORMED: 'form',
  ERR_X509_PROFILE: 'profile',
  EXCLUDED_VIOLATION: 'nameConstraints',
  INVALID_CA: 'authority',
  INVALID_EXTENSION: 'extensions',
  INVALID_POLICY_EXTENSION: 'policy',
  INVALID_PURPOSE: 'purpose',
  KEYUSAGE_NO_CRL_SIGN: 'revocation',
  KU_KEY_CERT_SIGN_INVALID_FOR_NON_CA: 'profile',
  MISSING_AUTHORITY_KEY_IDENTIFIER: 'profile',
  MISSING_SUBJECT_KEY_IDENTIFIER: 'profile',
  NO_EXPLICIT_POLICY: 'policy',
  OCSP_CERT_UNKNOWN: 'revocation',
  OCSP_VERIFY_FAILED: 'revocation',
  OCSP_VERIFY_NEEDED: 'revocation',
  PATHLEN_WITHOUT_KU_KEY_CERT_SIGN: 'profile',
  PATH_LENGTH_EXCEEDED: 'authority',
  PERMITTED_VIOLATION: 'nameConstraints',
  RPK_UNTRUSTED: 'rawKey',
  SELF_SIGNED_CERT_IN_CHAIN: 'trust',
  SUBJECT_KEY_IDENTIFIER_CRITICAL: 'profile',
  SUBJECT_NAME_EMPTY: 'profile',
  UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY: 'key',
  UNABLE_TO_GET_CERTS_PUBLIC_KEY: 'key',
  UNABLE_TO_GET_CRL: 'revocation',
  UNABLE_TO_GET_CRL_ISSUER: 'revocation',
  UNABLE_TO_GET_ISSUER_CERT: 'trust',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'trust',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'trust',
  UNHANDLED_CRITICAL_CRL_EXTENSION: 'revocation',
  UNHANDLED_CRITICAL_EXTENSION: 'extensions',
  UNSPECIFIED: 'trust',
  UNSUPPORTED_CONSTRAINT_TYPE: 'nameConstraints',
  UNSUPPORTED_NAME_SYNTAX: 'nameConstraints',
  UNSUPPORTED_SIGNATURE_ALGORITHM: 'signature',
}

/** One check of one certificate, and what came of it. */
export interface VerifyStep {
  /** Which certificate of the path: 0 is the peer's. */
  readonly depth: number
  /** Undefined where it could not be read, or where it is about no certificate. */
  readonly certificate: Certificate | undefined
  readonly check: Check
  readonly ok: boolean
  /** What is wrong, where it is not ok. */
  readonly problem?: Problem
  /** Not ok, and put up with (`VerifyOptions.forgiven`). */
  readonly forgiven?: true
}

/**
 * The steps of a verdict that `verifyChain` has reached with the same options, or of one that was made of it. What was not reached has no step: of a path that
 * stopped short of an anchor, nothing says whether one would have followed. A verdict that is ok has no step that is not, but for
 * those put up with; one that is not has a step of its code at its depth. At most one signature is verified again, and those that are put up with.
 */
export function verifySteps(options: VerifyOptions, verdict: Verdict): readonly VerifyStep[] {
  const { path } = verdict
  const found: Found[] = []
  for (const [depth, certificate] of path.entries())
    for (const problem of problemsOf(certificate, depth, options, verdict))
      found.push({ depth, problem })
  found.push(...underConstraints(options, path))
  const pinned = new PinCheck(options.pins).problem(path)
  if (pinned && ended(options, verdict)) found.push({ depth: 0, problem: pinned })
  found.push(...nobodyAbove(options, verdict))
  if (!verdict.ok && !found.some(one => isSame(one, verdict)))
    found.push({ depth: verdict.depth, problem: problemIn(verdict) })

  const steps: VerifyStep[] = []
  const top = Math.max(path.length - 1, ...found.map(({ depth }) => depth))
  for (let depth = top; depth >= 0; depth--) {
    const certificate = path[depth]
    const expected = certificate ? checksOf(depth, options, verdict) : []
    for (const check of order) {
      const wrong = found.filter(one => one.depth === depth && checkOf[one.problem.code] === check)
      for (const { problem } of wrong) {
        const forgiven = isForgiven(options, problem.code, depth)
          ? ({ forgiven: true } as const)
          : {}
        steps.push({ depth, certificate, check, ok: false, problem, ...forgiven })
      }
      if (wrong.length === 0 && expected.includes(check))
        steps.push({ depth, certificate, check, ok: true })
    }
  }
  return steps
}

/** Of a path that is believed although it ends at no anchor: what was put up with. */
function nobodyAbove(options: VerifyOptions, { ok, path }: Verdict): Found[] {
  const last = path.at(-1)
  const depth = path.length - 1
  if (!ok || !last || !options.anchors || isEnd(last, options)) return []
  const wrong = options.forgiven?.find(one => one.depth === depth && checkOf[one.code] === 'trust')
  if (!wrong) return []
  const why = 'expected a path to a trust anchor, got one that ends here'
  return [{ depth, problem: { code: wrong.code, why } }]
}

interface Found {
  readonly depth: number
  readonly problem: Problem
}

const order: readonly Check[] = [
  ...(['limits', 'form', 'trust', 'signature', 'validity', 'authority', 'extensions'] as const),
  ...(['profile', 'key', 'policy', 'purpose', 'nameConstraints', 'revocation'] as const),
  ...(['pins', 'name', 'rawKey'] as const),
]

/** The checks that a certificate in its place goes through. */
function checksOf(depth: number, options: VerifyOptions, verdict: Verdict): readonly Check[] {
  const last = depth === verdict.path.length - 1
  const whole = ended(options, verdict)
  return [
    ...(['form', 'validity', 'extensions', 'key', 'policy', 'purpose', 'nameConstraints'] as const),
    ...((options.profile ?? 'rfc5280') === 'rfc5280' ? [] : (['profile'] as const)),
    ...(isLookedUp(depth, verdict) ? (['revocation'] as const) : []),
    ...(last ? [] : (['signature'] as const)),
    ...(last && whole && options.anchors ? (['trust'] as const) : []),
    ...(depth > 0 ? (['authority'] as const) : []),
    ...(depth === 0 && whole && options.pins ? (['pins'] as const) : []),
    ...(depth === 0 && options.name !== undefined ? (['name'] as const) : []),
  ]
}

/** Whether somebody was asked for its standing, and all that were asked are content. */
function isLookedUp(depth: number, verdict: Verdict): boolean {
  const status = verdict.ok ? verdict.revocation?.[depth]?.status : undefined
  return status !== undefined && status !== 'not_checked'
}

/** Whether the path ends where one may: at an anchor, or with the peer's own where there are none. */
function ended(options: VerifyOptions, verdict: Verdict): boolean {
  const last = verdict.path.at(-1)
  if (verdict.ok || !last) return verdict.ok
  return options.anchors === undefined || isEnd(last, options)
}

function isEnd(last: Certificate, { anchors, allowPartialTrustChain }: VerifyOptions): boolean {
  return anchors?.has(last) === true && (allowPartialTrustChain === true || last.selfIssued)
}

function* problemsOf(
  certificate: Certificate,
  depth: number,
  options: VerifyOptions,
  verdict: Verdict,
): Generator<Problem> {
  const { anchors, name, allowWildcards } = options
  const { path } = verdict
  const demands = demandsOf(options)
  const issuer = path[depth + 1]
  if (issuer) yield* signedBy(certificate, issuer, depth, options, verdict)
  if (depth > 0) {
    const below = path.slice(1, depth).filter(({ selfIssued }) => !selfIssued).length
    yield* issuerProblems(
      certificate,
      { below, anchor: anchors?.has(certificate) === true },
      demands,
    )
    return
  }
  yield* leafProblems(certificate, demands)
  if (name === undefined) return
  const names = typeof name === 'string' ? [name] : name
  const match = matchNames(certificate, names, { allowWildcards })
  if (!match.ok) yield { code: 'ERR_TLS_CERT_ALTNAME_INVALID', why: match.why }
}

function* signedBy(
  subject: Certificate,
  issuer: Certificate,
  depth: number,
  options: VerifyOptions,
  verdict: Verdict,
): Generator<Problem> {
  const wrong = signatureProblem(subject, issuer)
  if (wrong) {
    yield wrong
    return
  }
  const code = 'CERT_SIGNATURE_FAILURE'
  // The search goes no higher before a signature is verified, or put up with.
  const known = verdict.ok || depth < verdict.path.length - 2
  if (known && !isForgiven(options, code, depth)) return
  const { signatureAlgorithm, tbs, signature } = subject
  const { publicKey } = issuer
  // Told of the issuer, as its key.
  if (isX509Failure(publicKey) || isX509Failure(signatureAlgorithm)) return
  const key = options.crypto.publicKey(publicKey)
  if ('failure' in key || key.verify(signatureAlgorithm, tbs, signature)) return
  const why = `expected a signature by the key of ${JSON.stringify(issuer.subject.text)}, got one that does not verify`
  yield { code, why }
}

/** RFC 5280 §6.1.3 (b), (c), as the search has it. */
function underConstraints(options: VerifyOptions, path: readonly Certificate[]): Found[] {
  const found: Found[] = []
  const budget = { comparisons: limitsOf(options).comparisons }
  for (const [above, { nameConstraints }] of path.entries()) {
    if (nameConstraints === undefined || above === 0) continue
    for (const [depth, certificate] of path.slice(0, above).entries()) {
      if (certificate.selfIssued && depth > 0) continue
      const problem = violation(nameConstraints, certificate, budget)
      if (problem) found.push({ depth, problem })
    }
  }
  return found
}

type Refused = Verdict & { readonly ok: false }

function isSame({ depth, problem }: Found, verdict: Refused): boolean {
  return depth === verdict.depth && problem.code === verdict.code
}

function problemIn({ code, why, section, field }: Refused): Problem {
  return { code, why, section, field }
}
