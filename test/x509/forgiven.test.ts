/** Problems that are put up with: whoever forgives one learns whether there are others, and of what certificate. */
import { nodeCrypto } from '@biopair/crypto-node'
import { type Forgiven, trustStore, type Verdict, verifyChain } from '@biopair/x509'
import test from 'ava'
import { type Minted, type MintOptions, mint } from '../support/mint.ts'

const now = Date.UTC(2026, 0)
const past = Date.UTC(2021, 0)

const root = mint({ subject: 'root', ca: true })

interface Faults {
  readonly intermediate?: MintOptions
  readonly leaf?: MintOptions
  readonly name?: string
  readonly anchors?: readonly Minted[]
}

/** Verifies a chain with faults. */
function verifier({
  intermediate: above,
  leaf: below,
  name = 'server.example',
  anchors = [root],
}: Faults) {
  const intermediate = mint({ subject: 'intermediate', ca: 0, issuer: root, ...above })
  const leaf = mint({ issuer: intermediate, ...below })
  return (forgiven?: readonly Forgiven[]): Verdict =>
    verifyChain({
      chain: [leaf.der, intermediate.der],
      anchors: trustStore(anchors.map(({ pem }) => pem)),
      time: now,
      purpose: 'serverAuth',
      keyUsage: ['digitalSignature'],
      name,
      crypto: nodeCrypto,
      forgiven,
    })
}

/** Every problem, one after the other, each forgiven in its turn. */
function problems(verify: (forgiven: readonly Forgiven[]) => Verdict): string[] {
  const found: (Verdict & { ok: false })[] = []
  for (;;) {
    const verdict = verify(found)
    if (verdict.ok) return found.map(({ code, depth }) => `${code} ${depth}`)
    found.push(verdict)
    if (found.length > 20) throw new Error('they do not come to an end')
  }
}

const flip = (bytes: Uint8Array) => {
  const spoilt = Uint8Array.from(bytes)
  spoilt[spoilt.length - 1] = (spoilt.at(-1) as number) ^ 1
  return spoilt
}

const cases: Record<string, readonly [Faults, readonly string[]]> = {
  nothing: [{}, []],
  'an expired leaf with another name': [
    { leaf: { notAfter: past }, name: 'other.example' },
    ['CERT_HAS_EXPIRED 0', 'ERR_TLS_CERT_ALTNAME_INVALID 0'],
  ],
  'a stranger, expired, with another name': [
    { anchors: [], leaf: { notAfter: past }, name: 'other.example' },
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY 1', 'CERT_HAS_EXPIRED 0', 'ERR_TLS_CERT_ALTNAME_INVALID 0'],
  ],
  'an expired intermediate that is no authority, and signed badly': [
    { intermediate: { notAfter: past, ca: false, spoilSignature: flip } },
    ['CERT_HAS_EXPIRED 1', 'INVALID_CA 1', 'CERT_SIGNATURE_FAILURE 1'],
  ],
  'an expired intermediate below which nothing was signed by it': [
    { intermediate: { notAfter: past }, leaf: { spoilSignature: flip } },
    ['CERT_HAS_EXPIRED 1', 'CERT_SIGNATURE_FAILURE 0'],
  ],
  'a leaf of the wrong purpose': [
    { leaf: { extKeyUsage: ['1.3.6.1.5.5.7.3.2'] }, name: 'other.example' },
    ['INVALID_PURPOSE 0', 'ERR_TLS_CERT_ALTNAME_INVALID 0'],
  ],
  'a small key': [{ leaf: { key: 'rsa-1024' } }, ['EE_KEY_TOO_SMALL 0']],
}

for (const [title, [faults, expected]] of Object.entries(cases))
  test(`${title}: every problem shows, one after the other`, t => {
    t.deepEqual(problems(verifier(faults)), expected)
  })

test('forgiving at one depth forgives nothing at another', t => {
  const verify = verifier({ intermediate: { notAfter: past }, leaf: { notAfter: past } })
  t.deepEqual(problems(verify), ['CERT_HAS_EXPIRED 1', 'CERT_HAS_EXPIRED 0'])
  t.like(verify([{ code: 'CERT_HAS_EXPIRED', depth: 0 }]), { code: 'CERT_HAS_EXPIRED', depth: 1 })
})

test('a failing verdict shows the path that was tried, and which of it is at fault', t => {
  const subjects = (verdict: Verdict) => verdict.path.map(({ subject }) => subject.text)
  const all = ['CN = server.example', 'CN = intermediate', 'CN = root']
  for (const [faults, path] of [
    [{ leaf: { notAfter: past } }, all],
    [{ name: 'other.example' }, all],
    [{ anchors: [] }, all.slice(0, 2)],
    [{ intermediate: { notAfter: past } }, all.slice(0, 2)],
    [{ leaf: { spoilSignature: flip } }, all.slice(0, 2)],
  ] as const) {
    const verdict = verifier(faults)()
    t.false(verdict.ok)
    t.deepEqual(subjects(verdict), path)
    if (!verdict.ok) t.truthy(verdict.path[verdict.depth])
  }
  t.deepEqual(subjects(verifier({})()), all)
})

test('what cannot be put up with is not: no certificate, no key, too much of it', t => {
  const verify = (chain: readonly Uint8Array[]) => (forgiven: readonly Forgiven[]) =>
    verifyChain({
      chain,
      anchors: trustStore([root.pem]),
      time: now,
      purpose: 'serverAuth',
      keyUsage: ['digitalSignature'],
      crypto: nodeCrypto,
      forgiven,
      limits: { chainBytes: 5000 },
    })
  for (const chain of [[], [Uint8Array.of(1, 2, 3)], [new Uint8Array(5001)]]) {
    const verdict = verify(chain)([])
    if (verdict.ok) return t.fail()
    t.deepEqual(verdict.path, [])
    t.false(verify(chain)([verdict]).ok)
  }
})
