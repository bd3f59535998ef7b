/** RFC 5280 §6.1's valid policy tree, written down as the RFC has it: the oracle that the graph is held against. It may grow exponentially. */
import { anyPolicy, type PolicyInputs } from '@biopair/x509'

/** What a certificate says about policies. */
export interface PolicyCertificate {
  readonly selfIssued?: boolean
  readonly policies?: readonly string[] | undefined
  readonly mappings?: readonly (readonly [string, string])[] | undefined
  readonly requireExplicit?: number | undefined
  readonly inhibitMapping?: number | undefined
  readonly inhibitAny?: number | undefined
}

class TreeNode {
  readonly validPolicy: string
  expectedPolicySet: string[]
  readonly depth: number
  readonly parent: TreeNode | undefined
  children: TreeNode[] = []

  constructor(validPolicy: string, expected: string[], parent?: TreeNode) {
    this.validPolicy = validPolicy
    this.expectedPolicySet = expected
    this.parent = parent
    this.depth = parent === undefined ? 0 : parent.depth + 1
    parent?.children.push(this)
  }

  at(depth: number): TreeNode[] {
    return this.depth === depth ? [this] : this.children.flatMap(child => child.at(depth))
  }

  all(): TreeNode[] {
    return [this, ...this.children.flatMap(child => child.all())]
  }

  remove(): void {
    if (this.parent) this.parent.children = this.parent.children.filter(child => child !== this)
  }
}

/**
 * The user-constrained policies of a path, certificate 1 (below the anchor) first; undefined where the path is not valid.
 * Mappings of anyPolicy are the caller's to leave out.
 */
export function policyTree(
  path: readonly PolicyCertificate[],
  inputs: PolicyInputs,
): Set<string> | undefined {
  const n = path.length
  let tree: TreeNode | undefined = new TreeNode(anyPolicy, [anyPolicy])
  // (d), (e), (f) of 6.1.2.
  let explicitPolicy = inputs.requireExplicit ? 0 : n + 1
  let policyMapping = inputs.inhibitMapping ? 0 : n + 1
  let inhibitAnyPolicy = inputs.inhibitAny ? 0 : n + 1

  const prune = (deepest: number) => {
    for (let depth = deepest; depth >= 0; depth--)
      for (const node of tree?.at(depth) ?? [])
        if (node.children.length === 0) {
          if (node.parent === undefined) tree = undefined
          else node.remove()
        }
  }

  for (const [index, certificate] of path.entries()) {
    const i = index + 1
    const { policies, mappings, selfIssued = false } = certificate
    // 6.1.3 (d)
    if (policies && tree) {
      const above: TreeNode[] = tree.at(i - 1)
      for (const policy of policies) {
        if (policy === anyPolicy) continue
        const matches = above.filter(node => node.expectedPolicySet.includes(policy))
        for (const node of matches) new TreeNode(policy, [policy], node)
        if (matches.length > 0) continue
        for (const node of above.filter(({ validPolicy }) => validPolicy === anyPolicy))
          new TreeNode(policy, [policy], node)
      }
      if (policies.includes(anyPolicy) && (inhibitAnyPolicy > 0 || (i < n && selfIssued)))
        for (const node of above)
          for (const policy of node.expectedPolicySet)
            if (!node.children.some(({ validPolicy }) => validPolicy === policy))
              new TreeNode(policy, [policy], node)
      prune(i - 1)
    }
    // (e), (f)
    if (!policies) tree = undefined
    if (!(explicitPolicy > 0 || tree)) return undefined
    if (i === n) break
    // 6.1.4 (b)
    for (const issuer of new Set(mappings?.map(([from]) => from))) {
      const subjects = [
        ...new Set(mappings?.filter(([from]) => from === issuer).map(([, to]) => to)),
      ]
      const nodes: TreeNode[] = tree?.at(i) ?? []
      const matches = nodes.filter(({ validPolicy }) => validPolicy === issuer)
      if (policyMapping > 0) {
        for (const node of matches) node.expectedPolicySet = subjects
        const any = nodes.find(({ validPolicy }) => validPolicy === anyPolicy)
        if (matches.length === 0 && any?.parent) new TreeNode(issuer, subjects, any.parent)
      } else {
        for (const node of matches) node.remove()
        prune(i - 1)
      }
    }
    // (h), (i), (j)
    if (!selfIssued) {
      explicitPolicy = Math.max(0, explicitPolicy - 1)
      policyMapping = Math.max(0, policyMapping - 1)
      inhibitAnyPolicy = Math.max(0, inhibitAnyPolicy - 1)
    }
    explicitPolicy = Math.min(explicitPolicy, certificate.requireExplicit ?? explicitPolicy)
    policyMapping = Math.min(policyMapping, certificate.inhibitMapping ?? policyMapping)
    inhibitAnyPolicy = Math.min(inhibitAnyPolicy, certificate.inhibitAny ?? inhibitAnyPolicy)
  }

  // 6.1.5 (a), (b)
  explicitPolicy = Math.max(0, explicitPolicy - 1)
  if (path[n - 1]?.requireExplicit === 0) explicitPolicy = 0
  // (g)
  const { initial } = inputs
  if (tree && initial && !initial.includes(anyPolicy)) {
    const nodeSet: TreeNode[] = tree
      .all()
      .filter(({ parent }: TreeNode) => parent?.validPolicy === anyPolicy)
    for (const node of nodeSet)
      if (node.validPolicy !== anyPolicy && !initial.includes(node.validPolicy)) node.remove()
    const any = tree.at(n).find(({ validPolicy }: TreeNode) => validPolicy === anyPolicy)
    if (any?.parent) {
      for (const policy of initial)
        if (!nodeSet.some(({ validPolicy }) => validPolicy === policy))
          new TreeNode(policy, [policy], any.parent)
      any.remove()
    }
    prune(n - 1)
  }
  if (!(explicitPolicy > 0 || tree)) return undefined
  // X.509 calls what is left, in the first authority's words, the user-constrained policy set.
  const left: TreeNode[] = tree?.all() ?? []
  return new Set(
    left
      .filter(
        ({ parent, validPolicy, depth }) =>
          parent?.validPolicy === anyPolicy && (validPolicy !== anyPolicy || depth === n),
      )
      .map(({ validPolicy }) => validPolicy),
  )
}
