/** The search for a path: from a certificate to its possible issuers, each checked before a signature is (RFC 4158, RFC 5280 §6.1). */
import type { CryptoProvider, PublicKey } from '@biopair/crypto'
import { type Certificate, parseCertificate } from './certificate.ts'
import { sameBytes } from './der.ts'
import { isX509Failure, type X509Failure } from './failure.ts'
import { type Budget, violation } from './name-constraints.ts'
import { PinCheck } from './pins.ts'
import { type PolicySets, pathPolicies } from './policy.ts'
import type { Problem, VerifyCode } from './problem.ts'
import { type Refusal, Revocation } from './revocation.ts'
import type { RevocationStatus } from './revocation-options.ts'
import { type Demands, type IssuerPlace, issuerProblems, signatureProblem } from './rules.ts'
import type { TrustStore } from './trust-store.ts'
import {
  isForgiven,
  malformed,
  refused,
  type Verdict,
  type VerifyLimits,
  type VerifyOptions,
} from './verdict.ts'

// A step looks at one candidate and computes nothing; paths through verified edges alone cannot be many, but are bounded all the same.
const mostSteps = 4096
// Of a list that a peer fills with thousands of entries of a byte each, those behind are not even looked at: no path is that long.
const mostGiven = 100

/** What a search is asked: somebody has to be believed. */
export type SearchOptions = VerifyOptions & { readonly anchors: TrustStore }

/** One verification: what is left to spend, what was found out, and what failed first. */
export class Search {
  readonly #options: SearchOptions
  readonly #demands: Demands
  readonly #limits: VerifyLimits
  readonly #given = new Map<string, Certificate[]>()
  readonly #keys = new Map<Certificate, PublicKey | Problem>()
  readonly #signatures = new Map<Certificate, Map<Certificate, Problem | undefined>>()
  readonly #budget: Budget
  readonly #pins: PinCheck
  /** The peer's certificate alone. */
  readonly #start: readonly Certificate[]
  #signaturesLeft: number
  #stepsLeft = mostSteps
  #told: Verdict | undefined
  #unknown: Verdict | undefined
  #unreadable: X509Failure | undefined
  #policies: PolicySets = { authorityConstrained: [], userConstrained: [] }
  readonly #revocation: Revocation
  #standing: readonly RevocationStatus[] | undefined
  #revoked: Verdict | undefined
  #over = false

  constructor(
    options: SearchOptions,
    demands: Demands,
    limits: VerifyLimits,
    leaf: Certificate,
    rest: readonly Uint8Array[],
  ) {
    this.#options = options
    this.#start = [leaf]
    this.#limits = limits
    this.#demands = demands
    this.#signaturesLeft = limits.signatures
    this.#pins = new PinCheck(options.pins)
    this.#budget = { comparisons: limits.comparisons }
    for (const der of rest.slice(0, mostGiven)) {
      const certificate = options.cache?.certificate(der) ?? parseCertificate(der)
      if (isX509Failure(certificate)) {
        // It may be an unrelated extra; if no path is found without it, this is why.
        this.#unreadable ??= certificate
        continue
      }
      if (sameBytes(certificate.raw, leaf.raw)) continue
      const list = this.#given.get(certificate.subject.key) ?? []
      if (list.some(other => sameBytes(other.raw, certificate.raw))) continue
      list.push(certificate)
      this.#given.set(certificate.subject.key, list)
    }
    this.#revocation = new Revocation(
      options,
      demands.minimumRsaBits,
      () => this.#signaturesLeft-- > 0,
      // What the application knows before what a peer may have crowded in.
      ({ subject }) => [
        ...options.anchors.issuers(subject),
        ...(this.#given.get(subject.key) ?? []),
      ],
    )
  }

  /** The certificate policies of the path that was found. */
  get policies(): PolicySets {
    return this.#policies
  }

  /** The first good path that starts with these certificates, or undefined. */
  from(path: readonly Certificate[]): readonly Certificate[] | undefined {
    const subject = path.at(-1) as Certificate
    if (this.#options.anchors.has(subject) && this.#ends(subject)) {
      const whole = this.#whole(path)
      // Above one that signed itself there is nobody else.
      if (whole !== undefined || selfSigned(subject)) return whole
    }
    let found = false
    for (const { issuer, anchor } of this.#candidates(subject)) {
      if (this.#stepsLeft-- <= 0) {
        this.#tell(path.length, tooMuch(`${mostSteps} candidates`), path)
        return undefined
      }
      const terminal = anchor && this.#ends(issuer)
      if (!terminal && path.some(other => sameEntity(other, issuer))) continue
      const problem = this.#problem(path, issuer, anchor)
      if (problem === 'other-key') continue
      found = true
      if (problem !== undefined) {
        this.#tell(problem.depth, problem, [...path, issuer])
        continue
      }
      const longer = [...path, issuer]
      // Above an anchor that did not sign itself there may be another one, with a pin.
      const whole = terminal && selfSigned(issuer) ? this.#whole(longer) : this.from(longer)
      if (whole !== undefined) return whole
      if (this.#over) return undefined
    }
    return found || !this.#unknownIssuer(path, subject) ? undefined : this.#whole(path)
  }

  /** Tells the next verifications about a path that `from` found good, unless something of it was only put up with. */
  remember(path: readonly Certificate[]): void {
    const { cache, forgiven = [] } = this.#options
    if (forgiven.length === 0) cache?.remember(path)
  }

  /** What is known of the standing of the path that was found. */
  get standing(): readonly RevocationStatus[] | undefined {
    return this.#standing
  }

  /** The first whole path that is refused for nothing but somebody's standing. */
  get revoked(): Verdict | undefined {
    return this.#revoked
  }

  /** The path, if each of its certificates is in good standing (RFC 5280 §6.1.3 (a)(3)). */
  #stands(path: readonly Certificate[]): readonly Certificate[] | undefined {
    const found = this.#revocation.judge(path)
    if (found && 'code' in found) {
      this.#over = isFinal(found)
      this.#revoked ??= refused(found.depth, found, path)
      return undefined
    }
    this.#standing = found
    return path
  }

  /** The most telling failure: what a candidate was refused for, then what could not be read, then that no issuer was found. */
  failure(): Verdict {
    if (this.#revoked !== undefined) return this.#revoked
    if (this.#told !== undefined) return this.#told
    if (this.#unreadable !== undefined) return refused(1, malformed(this.#unreadable), this.#start)
    const none = { code: 'UNSPECIFIED', why: 'expected a path, got none' } as const
    return this.#unknown ?? refused(0, none, this.#start)
  }

  // As OpenSSL, whose X509_V_FLAG_PARTIAL_CHAIN node:tls leaves off.
  #ends(anchor: Certificate): boolean {
    return this.#options.allowPartialTrustChain === true || selfSigned(anchor)
  }

  /** Those with the right name, the likeliest first: anchors, a matching key identifier, valid now. */
  #candidates(
    subject: Certificate,
  ): readonly { readonly issuer: Certificate; readonly anchor: boolean }[] {
    const { anchors, time } = this.#options
    const trusted = anchors.issuers(subject.issuer).map(issuer => ({ issuer, anchor: true }))
    const others = (this.#given.get(subject.issuer.key) ?? [])
      .filter(issuer => !anchors.has(issuer))
      .map(issuer => ({ issuer, anchor: false }))
    const all = [...trusted, ...others]
    if (all.length < 2) return all
    const rank = ({ issuer, anchor }: { issuer: Certificate; anchor: boolean }) =>
      (keyIdentifiersDiffer(subject, issuer) ? 4 : 0) +
      (time < issuer.notBefore || time > issuer.notAfter ? 2 : 0) +
      (anchor ? 0 : 1)
    return all.sort((a, b) => rank(a) - rank(b))
  }

  /** Why `issuer` cannot be the next of this path; `other-key` if it only shares a name with the issuer. */
  #problem(
    path: readonly Certificate[],
    issuer: Certificate,
    anchor: boolean,
  ): (Problem & { readonly depth: number }) | 'other-key' | undefined {
    const subject = path.at(-1) as Certificate
    const depth = path.length
    // RFC 5280 §6.1.4 (l): a self-issued intermediate does not count.
    const below = path.slice(1).filter(({ selfIssued }) => !selfIssued).length
    const uncounted = issuer.selfIssued || (anchor && this.#ends(issuer))
    if (!(below + (uncounted ? 0 : 1) <= this.#limits.depth))
      return {
        code: 'CERT_CHAIN_TOO_LONG',
        why: `expected at most ${this.#limits.depth} intermediate certificates, got more`,
        depth,
      }
    const own = this.#issuerProblem(issuer, { below, anchor }, depth)
    const signed = own ?? this.#unforgiven(signatureProblem(subject, issuer), depth - 1)
    if (signed !== undefined) {
      if (keyIdentifiersDiffer(subject, issuer)) return 'other-key'
      return { ...signed, depth: own === undefined ? depth - 1 : depth }
    }
    const names = this.#nameProblem(path, issuer)
    if (names !== undefined) return names
    const signature = this.#signatureProblem(subject, issuer)
    if (signature === undefined) return undefined
    if (signature.code === 'CERT_SIGNATURE_FAILURE' && keyIdentifiersDiffer(subject, issuer))
      return 'other-key'
    const of = signature.code === 'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY' ? depth : depth - 1
    return this.#forgiven(signature, of) ? undefined : { ...signature, depth: of }
  }

  /** A path that reaches its end, if its policies are good. */
  #whole(path: readonly Certificate[]): readonly Certificate[] | undefined {
    // None of those that were pinned: another path may be.
    const unpinned = this.#unforgiven(this.#pins.problem(path), 0)
    if (unpinned !== undefined) {
      this.#tell(0, unpinned, path)
      return undefined
    }
    const policies = pathPolicies(path, this.#options.policies ?? {}, this.#budget)
    if (!('code' in policies)) {
      this.#policies = policies
      return this.#stands(path)
    }
    if (this.#forgiven(policies, policies.depth)) return this.#stands(path)
    this.#tell(policies.depth, policies, path)
    return undefined
  }

  #issuerProblem(issuer: Certificate, place: IssuerPlace, depth: number): Problem | undefined {
    for (const problem of issuerProblems(issuer, place, this.#demands))
      if (!this.#forgiven(problem, depth)) return problem
    return undefined
  }

  #unforgiven(problem: Problem | undefined, depth: number): Problem | undefined {
    return problem && this.#forgiven(problem, depth) ? undefined : problem
  }

  // RFC 5280 §6.1.3 (b), (c): every name below, except in self-issued certificates other than the last.
  #nameProblem(
    path: readonly Certificate[],
    issuer: Certificate,
  ): (Problem & { readonly depth: number }) | undefined {
    if (issuer.nameConstraints === undefined) return undefined
    for (const [depth, certificate] of path.entries()) {
      if (certificate.selfIssued && depth > 0) continue
      const problem = violation(issuer.nameConstraints, certificate, this.#budget)
      if (problem !== undefined && !this.#forgiven(problem, depth)) return { ...problem, depth }
    }
    return undefined
  }

  #signatureProblem(subject: Certificate, issuer: Certificate): Problem | undefined {
    if (this.#options.cache?.isSigned(subject, issuer)) return undefined
    const known = this.#signatures.get(subject)
    if (known?.has(issuer)) return known.get(issuer)
    if (!(this.#signaturesLeft > 0)) return tooMuch(`${this.#limits.signatures} signatures`)
    this.#signaturesLeft--
    const problem = this.#verify(subject, issuer)
    if (known === undefined) this.#signatures.set(subject, new Map([[issuer, problem]]))
    else known.set(issuer, problem)
    return problem
  }

  #verify(subject: Certificate, issuer: Certificate): Problem | undefined {
    const key = this.#key(issuer)
    if ('code' in key) return key
    const { signatureAlgorithm, tbs, signature } = subject
    if (!isX509Failure(signatureAlgorithm) && key.verify(signatureAlgorithm, tbs, signature))
      return undefined
    return {
      code: 'CERT_SIGNATURE_FAILURE',
      why: `expected a signature by the key of ${JSON.stringify(issuer.subject.text)}, got one that does not verify`,
    }
  }

  #key(issuer: Certificate): PublicKey | Problem {
    let key = this.#keys.get(issuer)
    if (key === undefined) {
      key = publicKey(issuer, this.#options.crypto)
      this.#keys.set(issuer, key)
    }
    return key
  }

  #tell(depth: number, problem: Problem, path: readonly Certificate[]): void {
    this.#told ??= refused(depth, problem, path)
  }

  #forgiven({ code }: Problem, depth: number): boolean {
    return isForgiven(this.#options, code, depth)
  }

  // The codes that node:tls gives for each of these.
  /** Notes it; true where it is put up with, and the path ends here. */
  #unknownIssuer(path: readonly Certificate[], subject: Certificate): boolean {
    const depth = path.length - 1
    const issuer = JSON.stringify(subject.issuer.text)
    const self = selfSigned(subject)
    const code = self
      ? depth === 0
        ? 'DEPTH_ZERO_SELF_SIGNED_CERT'
        : 'SELF_SIGNED_CERT_IN_CHAIN'
      : this.#options.anchors.has(subject)
        ? 'UNABLE_TO_GET_ISSUER_CERT'
        : depth === 0
          ? 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'
          : 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'
    const why = self
      ? `expected a chain to a trust anchor, got the self-signed ${issuer}`
      : `expected the issuer ${issuer} among the trust anchors or in the chain, got neither`
    this.#unknown ??= refused(depth, { code, why }, path)
    return isForgiven(this.#options, code, depth)
  }
}

/**
 * Another path may have another certificate in the place of a revoked authority's. The peer's own was signed with one key and no other: whoever
 * speaks for that key has spoken for every path.
 */
function isFinal({ code, depth }: Refusal): boolean {
  return code === 'CERT_CHAIN_TOO_LONG' || (code === 'CERT_REVOKED' && depth === 0)
}

function publicKey(
  { publicKey: material }: Certificate,
  crypto: Pick<CryptoProvider, 'publicKey'>,
): PublicKey | Problem {
  const code: VerifyCode = 'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY'
  if (isX509Failure(material)) return { code, why: material.why, section: material.section }
  const key = crypto.publicKey(material)
  return 'failure' in key
    ? { code, why: `expected a key to verify with, got none: ${key.why}` }
    : key
}

/** Names alike and key identifiers that do not contradict it; the signature is not looked at. */
function selfSigned(certificate: Certificate): boolean {
  return certificate.selfIssued && !keyIdentifiersDiffer(certificate, certificate)
}

/** Both say which key signed, and they disagree. A hint, no proof: RFC 5280 §4.2.1.1 has it serve path construction. */
function keyIdentifiersDiffer(subject: Certificate, issuer: Certificate): boolean {
  const wanted = subject.authorityKeyIdentifier?.keyIdentifier
  const got = issuer.subjectKeyIdentifier
  return wanted !== undefined && got !== undefined && !sameBytes(wanted, got)
}

// RFC 4158 §5.2: a subject with the same key twice in a path is a loop.
function sameEntity(a: Certificate, b: Certificate): boolean {
  return sameBytes(a.spki, b.spki) && a.subject.equals(b.subject)
}

function tooMuch(what: string): Problem {
  return {
    code: 'CERT_CHAIN_TOO_LONG',
    why: `expected a path to be found with ${what} tried, got none`,
  }
}
