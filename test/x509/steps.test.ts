/** The steps of a verdict: they agree with it, and show all that is wrong. */
import { createHash } from 'node:crypto'
import {
  checkOf,
  pinsFrom,
  type TrustStore,
  trustStore,
  type Verdict,
  type VerifyCode,
  type VerifyOptions,
  verifyChain,
  verifyCodes,
  verifySteps,
} from '@biopair/x509'
import test from 'ava'
import fc from 'fast-check'
import { type Minted, mint, nameConstraints } from '../support/mint.ts'
import { nodeVerify } from '../support/node-verify.ts'
import { faults, faultyPlan, hostName, mintPlan, now, placesOf, soundPlan } from './chains.ts'

function question(chain: readonly Minted[], more: Partial<VerifyOptions> = {}): VerifyOptions {
  return {
    chain: chain.slice(0, -1).map(({ der }) => der),
    anchors: trustStore(chain.slice(-1).map(({ der }) => der)),
    time: now,
    purpose: 'serverAuth',
    name: hostName,
    crypto: nodeVerify,
    ...more,
  }
}

/** `1 signature`, or `0 validity CERT_HAS_EXPIRED`. */
function shown(options: VerifyOptions, verdict: Verdict = verifyChain(options)): string[] {
  return verifySteps(options, verdict).map(({ depth, check, problem, forgiven }) =>
    [depth, check, problem?.code, forgiven && 'forgiven']
      .filter(one => one !== undefined)
      .join(' '),
  )
}

test('a good chain: each check of each certificate, the anchor first', t => {
  const options = question(mintPlan(soundPlan(1)))
  const both = ['validity', 'extensions', 'key', 'policy', 'purpose', 'nameConstraints']
  const [validity, ...rest] = both
  const of = (depth: number, checks: readonly (string | undefined)[]) =>
    checks.map(check => `${depth} ${check}`)
  t.deepEqual(shown(options), [
    ...of(2, ['form', 'trust', validity, 'authority', ...rest]),
    ...of(1, ['form', 'signature', validity, 'authority', ...rest]),
    ...of(0, ['form', 'signature', validity, ...rest, 'name']),
  ])
  for (const { certificate, depth } of verifySteps(options, verifyChain(options)))
    t.is(
      certificate?.raw,
      depth === 2 ? (options.anchors as TrustStore).certificates[0]?.raw : options.chain[depth],
    )
})

/** Whether steps and verdict say the same. */
function agree(
  t: {
    is: (a: unknown, b: unknown, why?: string) => void
    true: (a: boolean, why?: string) => void
  },
  options: VerifyOptions,
  where: string,
) {
  const verdict = verifyChain(options)
  const steps = verifySteps(options, verdict)
  const bad = steps.filter(({ ok, forgiven }) => !ok && !forgiven)
  t.is(bad.length === 0, verdict.ok, where)
  if (!verdict.ok)
    t.true(
      bad.some(({ depth, problem }) => depth === verdict.depth && problem?.code === verdict.code),
      where,
    )
  for (const { ok, problem, check } of steps) {
    t.is(ok, problem === undefined, where)
    if (problem) t.is(checkOf[problem.code], check, where)
  }
  const depths = steps.map(({ depth }) => depth)
  t.true(
    depths.every((depth, i) => i === 0 || depth <= (depths[i - 1] ?? 0)),
    where,
  )
}

test('whatever the one fault is, the steps agree with the verdict', t => {
  for (const fault of faults)
    for (const intermediates of [0, 2])
      for (const depth of placesOf(fault, intermediates)) {
        const chain = mintPlan(faultyPlan(fault, depth, intermediates))
        const where = `${fault.name}, depth ${depth} of ${chain.length}`
        const options = question(chain)
        agree(t, options, where)
        const verdict = verifyChain(options)
        // Put up with, it is shown as that.
        if (!verdict.ok) agree(t, { ...options, forgiven: [verdict] }, `${where}, forgiven`)
      }
})

test('whatever is wrong at once, all of it is shown, where a verdict has the first', t => {
  const wrong = fc.record({
    old: fc.boolean(),
    name: fc.boolean(),
    usage: fc.boolean(),
    above: fc.boolean(),
    constraint: fc.boolean(),
    weak: fc.boolean(),
  })
  const keys = { root: mint({ subject: 'root', ca: true }) }
  const { root } = keys
  fc.assert(
    fc.property(wrong, ({ old, name, usage, above, constraint, weak }) => {
      const past = Date.UTC(2021, 0)
      const middle = mint({
        ...{ subject: 'middle', ca: 0, issuer: root, key: root.key },
        ...(above ? { notAfter: past } : {}),
        ...(constraint ? { extensions: [nameConstraints(['elsewhere.example'])] } : {}),
      })
      const leaf = mint({
        ...{ issuer: middle, names: [name ? 'other.example' : hostName] },
        ...(old ? { notAfter: past } : {}),
        ...(usage ? { extKeyUsage: ['1.2.3'] } : {}),
        ...(weak
          ? {
              spoilSignature: (bytes: Uint8Array<ArrayBuffer>) =>
                bytes.map((byte, i) => (i === 20 ? byte ^ 1 : byte)),
            }
          : {}),
      })
      const options = question([leaf, middle, root])
      const verdict = verifyChain(options)
      const all: [boolean, string][] = [
        [above, '1 validity CERT_HAS_EXPIRED'],
        [weak, '0 signature CERT_SIGNATURE_FAILURE'],
        [old, '0 validity CERT_HAS_EXPIRED'],
        [usage, '0 purpose INVALID_PURPOSE'],
        [constraint, '0 nameConstraints PERMITTED_VIOLATION'],
        [name, '0 name ERR_TLS_CERT_ALTNAME_INVALID'],
      ]
      t.deepEqual(
        shown(options, verdict).filter(step => /[A-Z]{3}/.test(step)),
        all.filter(([is]) => is).map(([, step]) => step),
      )
    }),
    { numRuns: 64 },
  )
})

test('what was not reached has no step, and nobody knows an anchor that is none', t => {
  const chain = mintPlan(soundPlan(1))
  const options = question(chain, { anchors: trustStore([]) })
  const steps = shown(options)
  t.true(steps.includes('1 trust UNABLE_TO_GET_ISSUER_CERT_LOCALLY'))
  t.false(steps.some(step => step.startsWith('2 ')))
  t.deepEqual(shown(question([])), ['0 trust UNSPECIFIED'])
  t.deepEqual(shown({ ...options, chain: [Uint8Array.of(1, 2)] }), ['0 form ERR_X509_MALFORMED'])
  t.deepEqual(shown({ ...options, limits: { chainBytes: 1 } }), ['0 limits CERT_CHAIN_TOO_LONG'])
  const forgiven = [{ code: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', depth: 1 } as const]
  t.true(
    shown({ ...options, forgiven }).includes('1 trust UNABLE_TO_GET_ISSUER_CERT_LOCALLY forgiven'),
  )
})

test('pins are a step of the peer, and of a peer without anchors the one that counts', t => {
  const chain = mintPlan(soundPlan(0))
  const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest())
  const pins = (of: Uint8Array) => ({ digests: pinsFrom([sha256(of)]), sha256 })
  const [leaf] = chain as [Minted]
  t.true(shown(question(chain, { pins: pins(leaf.spki) })).includes('0 pins'))
  const unpinned = question(chain, { pins: pins(Uint8Array.of(1)) })
  t.true(shown(unpinned).includes('0 pins ERR_TLS_CERT_NOT_PINNED'))
  const alone = shown(question(chain, { anchors: undefined, pins: pins(leaf.spki) }))
  t.true(alone.includes('0 pins'))
  t.false(alone.some(step => /signature|trust/.test(step)))
})

test('every code belongs to a check', t => {
  const codes = Object.keys(verifyCodes) as VerifyCode[]
  t.deepEqual(Object.keys(checkOf).sort(), codes.sort())
})
