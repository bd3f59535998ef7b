/** `verifyChain`: is the peer's chain believed, for this purpose, name and time? (RFC 5280 §6.1, RFC 9525, RFC 9846 §4.5.1) */
import { type Certificate, parseCertificate } from './certificate.ts'
import { isX509Failure, X509InputError } from './failure.ts'
import { matchNames } from './name.ts'
import { PinCheck } from './pins.ts'
import { pathPolicies } from './policy.ts'
import { type Demands, leafProblems } from './rules.ts'
import { Search } from './search.ts'
import {
  isForgiven,
  malformed,
  refused,
  type Verdict,
  type VerifyLimits,
  type VerifyOptions,
} from './verdict.ts'

const standardLimits: VerifyLimits = {
  depth: 10,
  signatures: 20,
  chainBytes: 102_400,
  comparisons: 262_144,
}

/**
 * Verifies a chain. A pure function of its arguments: no clock, nothing kept. Where several paths fail, the verdict is that of the
 * candidate that would have been preferred; that no issuer was found is only said where nothing more telling was.
 * Nothing in the chain makes it throw; `X509InputError` if `time` is no number.
 */
export function verifyChain(options: VerifyOptions): Verdict {
  // A time that is no number would compare as neither too early nor too late.
  if (!Number.isFinite(options.time))
    throw new X509InputError(
      'ERR_X509_INVALID_TIME',
      `time: expected milliseconds since 1970, got ${options.time}`,
    )
  const limits = limitsOf(options)
  const size = options.chain.reduce((sum, { length }) => sum + length, 0)
  if (!(size <= limits.chainBytes))
    return refused(
      0,
      {
        code: 'CERT_CHAIN_TOO_LONG',
        why: `expected a chain of at most ${limits.chainBytes} bytes, got ${size}`,
      },
      [],
    )
  const [first, ...rest] = options.chain
  if (first === undefined)
    return refused(
      0,
      { code: 'UNSPECIFIED', why: 'expected a certificate, got an empty chain' },
      [],
    )
  const leaf = options.cache?.certificate(first) ?? parseCertificate(first)
  if (isX509Failure(leaf)) return refused(0, malformed(leaf), [])

  const demands = demandsOf(options)
  const { anchors } = options
  if (anchors === undefined) return ofPinned(leaf, options, demands)
  const search = new Search({ ...options, anchors }, demands, limits, leaf, rest)
  const found = search.from([leaf])
  const path = found ?? search.revoked?.path
  if (path === undefined) return search.failure()
  if (found) search.remember(found)
  return ofLeaf(path, options, demands, () => {
    if (found === undefined) return search.failure()
    const { policies, standing } = search
    return { ok: true, path, policies, ...(standing ? { revocation: standing } : {}) }
  })
}

/** Without anchors: the owner of a pinned key is believed, and what is said of it is what it says itself. */
function ofPinned(leaf: Certificate, options: VerifyOptions, demands: Demands): Verdict {
  const path = [leaf]
  const problem = new PinCheck(options.pins ?? nobody).problem(path)
  // Who puts up with this believes everybody: that is no verdict.
  if (problem !== undefined) return refused(0, problem, path)
  const code = 'UNABLE_TO_GET_CRL_ISSUER'
  if (options.revocation?.check === 'hard' && !isForgiven(options, code, 0))
    return refused(
      0,
      { code, why: 'expected an issuer that says who is revoked, got a pinned key alone' },
      path,
    )
  // What is demanded of policies, the certificate has to say of itself: there is nobody else to say it.
  if (options.policies?.requireExplicit) {
    const policies = pathPolicies(path, options.policies, { ...limitsOf(options) })
    if ('code' in policies && !isForgiven(options, policies.code, 0))
      return refused(0, policies, path)
  }
  return ofLeaf(path, options, demands, () => ({ ok: true, path }))
}

const nobody = { digests: [], sha256: () => new Uint8Array(0) }

/** The verdict on a path that is good but for what the peer's certificate says; `believed` is what it is then. */
function ofLeaf(
  path: readonly Certificate[],
  options: VerifyOptions,
  demands: Demands,
  believed: () => Verdict,
): Verdict {
  const leaf = path[0] as Certificate
  for (const problem of leafProblems(leaf, demands))
    if (!isForgiven(options, problem.code, 0)) return refused(0, problem, path)
  if (options.name === undefined) return believed()
  const names = typeof options.name === 'string' ? [options.name] : options.name
  const match = matchNames(leaf, names, { allowWildcards: options.allowWildcards })
  if (match.ok) {
    const verdict = believed()
    return verdict.ok ? { ...verdict, name: match.matched } : verdict
  }
  const code = 'ERR_TLS_CERT_ALTNAME_INVALID'
  return isForgiven(options, code, 0) ? believed() : refused(0, { code, why: match.why }, path)
}

/** What is asked of every path. */
export function demandsOf(options: VerifyOptions): Demands {
  const { time, purpose, keyUsage = [], minimumRsaBits = 2048, profile = 'rfc5280' } = options
  return { time, purpose, keyUsage, minimumRsaBits, profile }
}

/** The limits that hold. */
export function limitsOf({ limits }: VerifyOptions): VerifyLimits {
  return { ...standardLimits, ...given(limits) }
}

function given(limits: Partial<VerifyLimits> | undefined): Partial<VerifyLimits> {
  return Object.fromEntries(Object.entries(limits ?? {}).filter(([, limit]) => limit !== undefined))
}
