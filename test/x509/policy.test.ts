import { anyPolicy, type PolicyInputs, trustStore, type Verdict, verifyChain } from '@biopair/x509'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { cpuTime } from '../support/cpu-time.ts'
import { ascii, implicit, integer, oid, sequence, tlv } from '../support/der-writer.ts'
import { shortOf, untilMet } from '../support/met.ts'
import { extension, freshKey, type Minted, mint } from '../support/mint.ts'
import { nodeVerify } from '../support/node-verify.ts'
import { hostName, now } from './chains.ts'
import { type PolicyCertificate, policyTree } from './policy-tree.ts'

const key = freshKey('ed25519')
/** Policies of tests: `p(0)`, `p(1)`, ... */
const p = (n: number) => `1.3.6.1.4.1.55738.7.${n}`

/** Mints a path of these certificates, the one below the root first; answers the root and the chain, peer's first. */
function mintPath(
  certificates: readonly PolicyCertificate[],
  anchor: PolicyCertificate = {},
): { readonly root: Minted; readonly chain: readonly Minted[] } {
  const root = mint({ subject: 'root', ca: true, key, extensions: policyExtensions(anchor) })
  const chain: Minted[] = []
  let issuer = root
  let name = 'root'
  for (const [i, certificate] of certificates.entries()) {
    const last = i === certificates.length - 1
    if (certificate.selfIssued !== true) name = last ? hostName : `ca ${i}`
    issuer = mint({
      subject: name,
      ...(last ? { names: [hostName] } : { ca: true }),
      // One key each, so that a self-issued certificate is no loop.
      key: keys[i] ?? key,
      issuer,
      serial: i + 1,
      extensions: policyExtensions(certificate),
    })
    chain.unshift(issuer)
  }
  return { root, chain }
}

const keys = Array.from({ length: 8 }, () => freshKey('ed25519'))

function policyExtensions(certificate: PolicyCertificate): Uint8Array[] {
  const { policies, mappings, requireExplicit, inhibitMapping, inhibitAny } = certificate
  const list: Uint8Array[] = []
  if (policies)
    list.push(extension('2.5.29.32', false, sequence(...policies.map(id => sequence(oid(id))))))
  if (mappings)
    list.push(
      extension(
        '2.5.29.33',
        true,
        sequence(...mappings.map(([from, to]) => sequence(oid(from), oid(to)))),
      ),
    )
  const skips = [requireExplicit, inhibitMapping].flatMap((skip, n) =>
    skip === undefined ? [] : [implicit(n, Uint8Array.of(skip))],
  )
  if (skips.length > 0) list.push(extension('2.5.29.36', true, sequence(...skips)))
  if (inhibitAny !== undefined) list.push(extension('2.5.29.54', true, integer(inhibitAny)))
  return list
}

function verify(
  { root, chain }: ReturnType<typeof mintPath>,
  policies: PolicyInputs = {},
  limits = {},
): Verdict {
  return verifyChain({
    chain: chain.map(({ der }) => der),
    anchors: trustStore([root.der]),
    time: now,
    purpose: 'serverAuth',
    crypto: nodeVerify,
    policies,
    limits,
  })
}

function said(verdict: Verdict): string {
  if (!verdict.ok) return `${verdict.code} at ${verdict.depth}`
  return `valid for ${[...(verdict.policies?.userConstrained ?? [])].sort().join(', ')}`
}

const policy = fc.integer({ min: 0, max: 3 }).map(p)
const skip = fc.option(fc.nat(2), { nil: undefined, freq: 3 })
const certificate: fc.Arbitrary<PolicyCertificate> = fc.record({
  selfIssued: fc.constantFrom(false, false, false, true),
  policies: fc.option(
    fc
      .tuple(
        fc.uniqueArray(policy, { minLength: 1, maxLength: 3 }),
        fc.constantFrom(false, false, true),
      )
      .map(([list, any]) => (any ? [...list, anyPolicy] : list)),
    { nil: undefined, freq: 6 },
  ),
  mappings: fc.option(fc.array(fc.tuple(policy, policy), { minLength: 1, maxLength: 3 }), {
    nil: undefined,
  }),
  requireExplicit: skip,
  inhibitMapping: skip,
  inhibitAny: skip,
})
const inputs: fc.Arbitrary<PolicyInputs> = fc.record({
  initial: fc.option(fc.uniqueArray(policy, { maxLength: 2 }), { nil: undefined }),
  requireExplicit: fc.boolean(),
  inhibitMapping: fc.constantFrom(false, false, true),
  inhibitAny: fc.constantFrom(false, false, true),
})

test('the graph of RFC 9618 says of any path what the tree of RFC 5280 says', async t => {
  const outcomes = new Map<string, number>()
  const property = fc.property(
    fc.array(certificate, { minLength: 1, maxLength: 4 }),
    inputs,
    (path, asked) => {
      // The peer's certificate of this test is nobody's issuer, and so not self-issued.
      const certificates = path.map((one, i) =>
        i === path.length - 1 ? { ...one, selfIssued: false } : one,
      )
      const verdict = verify(mintPath(certificates), asked)
      const expected = policyTree(certificates, asked)
      const kind = verdict.ok
        ? `valid for ${Math.min(2, verdict.policies?.userConstrained.length ?? 0)}`
        : verdict.code
      outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1)
      t.is(
        verdict.ok ? said(verdict) : 'refused',
        expected === undefined ? 'refused' : `valid for ${[...expected].sort().join(', ')}`,
      )
      if (!verdict.ok) t.is(verdict.code, 'NO_EXPLICIT_POLICY')
    },
  )
  const kinds = ['NO_EXPLICIT_POLICY', 'valid for 0', 'valid for 1', 'valid for 2']
  const short = await untilMet(
    () => fc.assert(property, { numRuns: 600 }),
    () => shortOf(outcomes, kinds, 11),
  )
  t.log(Object.fromEntries(outcomes))
  t.deepEqual(short, [])
})

test('without anything asked, no policies and bad policies are as good as others', t => {
  const path = [{ policies: [p(1)] }, { policies: [p(2)] }, {}]
  t.is(said(verify(mintPath(path))), 'valid for ')
  t.is(said(verify(mintPath(path), { requireExplicit: true })), 'NO_EXPLICIT_POLICY at 1')
  t.is(said(verify(mintPath(path), { initial: [p(1)] })), 'valid for ')
})

test('a path is valid for the policies that all its certificates assert, in the words of the first', t => {
  const mapped = [
    { policies: [p(1), p(2)], mappings: [[p(1), p(3)]] as const },
    { policies: [p(2), p(3)] },
  ]
  const verdict = verify(mintPath(mapped), { requireExplicit: true })
  t.is(said(verdict), `valid for ${p(1)}, ${p(2)}`)
  t.true(verdict.ok)
  t.is(said(verify(mintPath(mapped), { initial: [p(1)] })), `valid for ${p(1)}`)
  t.is(
    said(verify(mintPath(mapped), { initial: [p(3)], requireExplicit: true })),
    'NO_EXPLICIT_POLICY at 0',
    'what a policy is called below is nobody else’s concern',
  )
  t.is(said(verify(mintPath(mapped), { inhibitMapping: true })), `valid for ${p(2)}`)
})

test('authorities that vouch for any policy vouch for the ones that are asked for', t => {
  const path = [{ policies: [anyPolicy] }, { policies: [anyPolicy] }]
  t.is(said(verify(mintPath(path))), `valid for ${anyPolicy}`)
  const verdict = verify(mintPath(path), { initial: [p(1), p(2)], requireExplicit: true })
  t.is(said(verdict), `valid for ${p(1)}, ${p(2)}`)
  t.deepEqual(verdict.ok && verdict.policies?.authorityConstrained, [anyPolicy])
  t.is(
    said(verify(mintPath(path), { inhibitAny: true, requireExplicit: true })),
    'NO_EXPLICIT_POLICY at 1',
  )
})

test('a mapping of anyPolicy is refused by name', t => {
  for (const mapping of [
    [anyPolicy, p(1)],
    [p(1), anyPolicy],
  ] as const) {
    const verdict = verify(mintPath([{ policies: [p(1)], mappings: [mapping] }, {}]))
    t.is(said(verdict), 'INVALID_POLICY_EXTENSION at 1')
    t.is(!verdict.ok && verdict.field, 'policyMappings')
    t.is(!verdict.ok && verdict.section, 'RFC 5280 4.2.1.5')
  }
})

test('an anchor’s constraints on policies count from the certificate below it (RFC 5937 3.2)', t => {
  const below = [{}, {}]
  t.is(said(verify(mintPath(below, { requireExplicit: 0 }))), 'NO_EXPLICIT_POLICY at 1')
  t.is(said(verify(mintPath(below, { requireExplicit: 1 }))), 'NO_EXPLICIT_POLICY at 0')
  t.is(said(verify(mintPath(below, { requireExplicit: 3 }))), 'valid for ')
  const any = [{ policies: [anyPolicy] }, { policies: [p(1)] }]
  t.is(said(verify(mintPath(any, { inhibitAny: 0 }))), 'valid for ')
  t.is(said(verify(mintPath(any, { inhibitAny: 1 }))), `valid for ${p(1)}`)
})

test('where one path is valid for no policy, another is found', t => {
  const [bad, good] = [p(1), p(2)].map(id =>
    mint({
      subject: 'crossed',
      ca: true,
      key: keys[0] ?? key,
      issuer: mint({ subject: `root of ${id}`, ca: true, key }),
      extensions: policyExtensions({ policies: [id] }),
    }),
  ) as [Minted, Minted]
  const roots = [p(1), p(2)].map(id => mint({ subject: `root of ${id}`, ca: true, key }))
  const leaf = mint({
    subject: hostName,
    issuer: good,
    extensions: policyExtensions({ policies: [p(2)] }),
  })
  for (const order of [
    [leaf, bad, good],
    [leaf, good, bad],
  ]) {
    const verdict = verifyChain({
      chain: order.map(({ der }) => der),
      anchors: trustStore(roots.map(({ der }) => der)),
      time: now,
      purpose: 'serverAuth',
      crypto: nodeVerify,
      policies: { requireExplicit: true },
    })
    t.is(said(verdict), `valid for ${p(2)}`)
  }
})

/** Each certificate maps both its policies to both of those below: a tree doubles at every step (RFC 9618 §3). */
function attack(depth: number, width: number): ReturnType<typeof mintPath> {
  const own = Array.from({ length: width }, (_, n) => p(n))
  const all = own.flatMap(from => own.map(to => [from, to] as const))
  return mintPath([
    ...Array.from({ length: depth }, () => ({ policies: own, mappings: all })),
    { policies: own },
  ])
}

test('what makes a tree grow exponentially (CVE-2023-0464) costs a graph nothing', t => {
  const path = attack(7, 30)
  const verdict = verify(path, { requireExplicit: true }, { chainBytes: 1e6 })
  t.is(verdict.ok && verdict.policies?.userConstrained.length, 30)
  const few = { chainBytes: 1e6, comparisons: 5000 }
  t.is(said(verify(path, {}, few)), 'UNSPECIFIED at 2', 'and is paid from the budget')
  t.true(timed(t, () => verify(path, {}, { chainBytes: 1e6 })) < 2000)
})

function timed(t: ExecutionContext, work: () => unknown): number {
  const spent = cpuTime(work)
  t.log(`${spent.toFixed(1)} ms for 30^7 paths through the tree`)
  return spent
}

test('a critical extension with a policy qualifier that nobody knows is refused (RFC 5280 4.2.1.4)', t => {
  const judge = (critical: boolean, qualifier: string) => {
    const root = mint({ subject: 'root', ca: true, key })
    const information = sequence(
      oid(p(1)),
      sequence(sequence(oid(qualifier), tlv(0x16, ascii('https://cps.example')))),
    )
    const extensions = [extension('2.5.29.32', critical, sequence(information))]
    return said(verify({ root, chain: [mint({ subject: hostName, issuer: root, extensions })] }))
  }
  for (const qualifier of ['1.3.6.1.5.5.7.2.1', '1.3.6.1.5.5.7.2.2'])
    t.is(judge(true, qualifier), `valid for ${p(1)}`)
  t.is(judge(false, '1.3.6.1.4.1.55738.666.9'), `valid for ${p(1)}`)
  t.is(judge(true, '1.3.6.1.4.1.55738.666.9'), 'UNHANDLED_CRITICAL_EXTENSION at 0')
})
