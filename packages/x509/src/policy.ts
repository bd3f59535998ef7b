/** Certificate policies: the valid policy graph of a path, and the sets of policies that it leaves (RFC 9618, RFC 5280 §6.1). */
import type { Certificate } from './certificate.ts'
import type { Budget } from './name-constraints.ts'
import type { Problem } from './problem.ts'

/** The OID that stands for every policy (RFC 5280 §4.2.1.4). */
export const anyPolicy = '2.5.29.32.0'

/** What RFC 5280 §6.1.1 lets a relying party ask of policies; nothing is asked where nothing is said. */
export interface PolicyInputs {
  /** user-initial-policy-set, OIDs: the policies that are acceptable. Any, if left out. */
  readonly initial?: readonly string[] | undefined
  /** initial-explicit-policy: the path has to be valid for one of them at least. */
  readonly requireExplicit?: boolean | undefined
  /** initial-policy-mapping-inhibit: no policy stands for another. */
  readonly inhibitMapping?: boolean | undefined
  /** initial-any-policy-inhibit: anyPolicy in a certificate stands for none. */
  readonly inhibitAny?: boolean | undefined
}

/** Policy OIDs that a path is valid for (RFC 9618 §5.5); `anyPolicy` among them stands for all. */
export interface PolicySets {
  /** What the authorities vouch for, in the words of the one nearest to the anchor. */
  readonly authorityConstrained: readonly string[]
  /** Those of them that are among the initial ones. */
  readonly userConstrained: readonly string[]
}

/** A policy that a certificate of the path asserts, and what it is called below. */
interface Node {
  readonly policy: string
  /** The nodes one certificate up that expect this policy. */
  readonly parents: readonly Node[]
  /** expected_policy_set: what the next certificate has to call it. */
  expected: readonly string[]
}

/** The nodes of one certificate, by policy: one at most for each, which is what bounds the graph. */
type Level = Map<string, Node>

/**
 * Processes the policies of a path, peer's certificate first, anchor last. Of the anchor (RFC 5937) only its constraints count: requireExplicitPolicy,
 * inhibitPolicyMapping and inhibitAnyPolicy, from the certificate below on. The work is linear in what the certificates hold, and paid from
 * `budget`.
 */
export function pathPolicies(
  path: readonly Certificate[],
  inputs: PolicyInputs,
  budget: Budget,
): PolicySets | (Problem & { readonly depth: number }) {
  const alone = path.length === 1
  const certificates = (alone ? path : path.slice(0, -1)).toReversed()
  const last = certificates.length - 1
  // RFC 5280 §6.1.2 (d), (e), (f): how many certificates are still let off.
  const skip = {
    explicit: inputs.requireExplicit === true ? 0 : last + 2,
    mapping: inputs.inhibitMapping === true ? 0 : last + 2,
    any: inputs.inhibitAny === true ? 0 : last + 2,
  }
  if (!alone) constrain(skip, path.at(-1) as Certificate)

  const root: Node = { policy: anyPolicy, parents: [], expected: [anyPolicy] }
  const levels: Level[] = [new Map([[anyPolicy, root]])]
  let level: Level | undefined = levels[0]
  for (const [i, certificate] of certificates.entries()) {
    const depth = last - i
    const final = depth === 0
    // RFC 9618 §5.3 (d), (e).
    level = level && below(level, certificate, skip.any > 0 || (!final && certificate.selfIssued))
    if (level) levels.push(level)
    budget.comparisons -= cost(level, certificate)
    if (!(budget.comparisons >= 0)) return { ...tooMuch, depth }
    // RFC 5280 §6.1.3 (f).
    if (skip.explicit === 0 && !level) return { ...none(certificate), depth }
    if (final) break
    // RFC 5280 §6.1.4 (a), RFC 9618 §5.4 (b).
    const { policyMappings } = certificate
    if (policyMappings?.some(mapping => Object.values(mapping).includes(anyPolicy)))
      return { ...mapsAny, depth }
    if (level && policyMappings) {
      if (skip.mapping > 0) map(level, policyMappings)
      else for (const { issuerDomainPolicy } of policyMappings) level.delete(issuerDomainPolicy)
      if (level.size === 0) level = undefined
    }
    // RFC 5280 §6.1.4 (h), (i), (j).
    if (!certificate.selfIssued) {
      skip.explicit = Math.max(0, skip.explicit - 1)
      skip.mapping = Math.max(0, skip.mapping - 1)
      skip.any = Math.max(0, skip.any - 1)
    }
    constrain(skip, certificate)
  }

  // RFC 5280 §6.1.5 (a), (b).
  const leaf = certificates[last] as Certificate
  const required = skip.explicit <= 1 || leaf.policyConstraints?.requireExplicitPolicy === 0
  const authorityConstrained = level ? authoritySet(levels) : []
  const userConstrained = userSet(authorityConstrained, inputs.initial)
  if (required && userConstrained.length === 0) return { ...none(leaf), depth: 0 }
  return { authorityConstrained, userConstrained }
}

type Skip = Record<'explicit' | 'mapping' | 'any', number>

function constrain(skip: Skip, { policyConstraints, inhibitAnyPolicy }: Certificate): void {
  const lower = (what: keyof Skip, most: number | undefined) => {
    if (most !== undefined && most < skip[what]) skip[what] = most
  }
  lower('explicit', policyConstraints?.requireExplicitPolicy)
  lower('mapping', policyConstraints?.inhibitPolicyMapping)
  lower('any', inhibitAnyPolicy)
}

/** RFC 9618 §5.3 (d): the nodes of the next certificate; undefined where there are none. */
function below(
  above: Level,
  { certificatePolicies }: Certificate,
  anyCounts: boolean,
): Level | undefined {
  if (certificatePolicies === undefined) return undefined
  const expecting = new Map<string, Node[]>()
  for (const node of above.values())
    for (const policy of node.expected) {
      const nodes = expecting.get(policy)
      if (nodes) nodes.push(node)
      else expecting.set(policy, [node])
    }
  const any = above.get(anyPolicy)
  const level: Level = new Map()
  const add = (policy: string, parents: readonly Node[]) =>
    level.set(policy, { policy, parents, expected: [policy] })
  for (const policy of certificatePolicies) {
    if (policy === anyPolicy) continue
    const parents = expecting.get(policy) ?? (any && [any])
    if (parents) add(policy, parents)
  }
  if (anyCounts && certificatePolicies.includes(anyPolicy))
    for (const [policy, parents] of expecting) if (!level.has(policy)) add(policy, parents)
  return level.size === 0 ? undefined : level
}

/** RFC 9618 §5.4 (b) (1). */
function map(level: Level, mappings: NonNullable<Certificate['policyMappings']>): void {
  const subjects = new Map<string, Set<string>>()
  for (const { issuerDomainPolicy, subjectDomainPolicy } of mappings) {
    const known = subjects.get(issuerDomainPolicy)
    if (known) known.add(subjectDomainPolicy)
    else subjects.set(issuerDomainPolicy, new Set([subjectDomainPolicy]))
  }
  const any = level.get(anyPolicy)
  for (const [policy, names] of subjects) {
    const node = level.get(policy)
    const expected = [...names]
    if (node) node.expected = expected
    // Whoever asserts any policy asserts this one: a sibling of that node.
    else if (any) level.set(policy, { policy, parents: any.parents, expected })
  }
}

/** RFC 9618 §5.5 (g): of the nodes from which the last certificate can be reached, those with which a policy began. */
function authoritySet(levels: readonly Level[]): string[] {
  const found = new Set<string>()
  let reached = new Set<Node>(levels.at(-1)?.values())
  if (levels.at(-1)?.has(anyPolicy)) found.add(anyPolicy)
  while (reached.size > 0) {
    const above = new Set<Node>()
    for (const { policy, parents } of reached) {
      if (policy !== anyPolicy && parents[0]?.policy === anyPolicy) found.add(policy)
      for (const parent of parents) above.add(parent)
    }
    reached = above
  }
  return [...found]
}

function userSet(authority: readonly string[], initial: readonly string[] | undefined): string[] {
  if (initial === undefined || initial.includes(anyPolicy)) return [...authority]
  if (authority.includes(anyPolicy)) return [...new Set(initial)]
  return authority.filter(policy => initial.includes(policy))
}

function cost(level: Level | undefined, certificate: Certificate): number {
  const { certificatePolicies = [], policyMappings = [] } = certificate
  return certificatePolicies.length + policyMappings.length + (level?.size ?? 0)
}

const tooMuch: Problem = {
  code: 'UNSPECIFIED',
  why: 'expected fewer certificate policies, got more than are allowed',
  section: 'RFC 9618 3.1',
  field: 'certificatePolicies',
}

const mapsAny: Problem = {
  code: 'INVALID_POLICY_EXTENSION',
  why: 'expected policyMappings between policies, got one of anyPolicy',
}

function none({ certificatePolicies }: Certificate): Problem {
  const own = certificatePolicies ? certificatePolicies.join(', ') : 'none of its own'
  return {
    code: 'NO_EXPLICIT_POLICY',
    why: `expected a certificate policy that the whole path asserts and that is acceptable, got ${own}`,
  }
}
