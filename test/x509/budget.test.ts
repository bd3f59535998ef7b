/** Chains that are made to be expensive: what a verification costs has a bound, whatever a peer sends. */
import {
  derLength,
  join,
  type Minted,
  type MintKey,
  nameConstraints,
  oid,
  sequence,
  tlv,
} from '@biopair/testkit/mint'
import test from 'ava'
import fc from 'fast-check'
import { cpuTime } from '../support/cpu-time.ts'
import { CountingCrypto, judge, said } from './judge.ts'
import { minter } from './shapes.ts'

const root = minter.root()
const other = minter.root({ subject: 'other root' })

/** Authorities that have all signed each other, every one under each name that it has signed with. */
function clique(size: number, keyIdentifiers: boolean): readonly Minted[] {
  const members = Array.from({ length: size }, (_, i) => ({
    subject: `member ${i}`,
    key: minter.key(),
  }))
  return members.flatMap(({ subject, key }, i) =>
    members
      .filter((_, j) => j !== i)
      .map((issuer, n) =>
        minter.intermediate(minter.root({ ...issuer }), {
          subject,
          key,
          keyIdentifiers,
          serial: n + 1,
        }),
      ),
  )
}

/** Many certificates of one name: `keys` keys, all signed by each other. */
function knot(count: number, keys: number): readonly Minted[] {
  const all = Array.from({ length: keys }, () => minter.key())
  const key = (i: number) => all[i % keys] as MintKey
  return Array.from({ length: count }, (_, i) =>
    minter.certificate({
      subject: 'knot',
      ca: true,
      key: key(i),
      issuer: minter.root({ subject: 'knot', key: key(i + 1 + Math.floor(i / keys)) }),
      keyIdentifiers: false,
      serial: i + 1,
    }),
  )
}

const traps: Readonly<Record<string, readonly Minted[]>> = {
  'a clique of 6 that have signed each other': clique(6, true),
  'the same without key identifiers': clique(6, false),
  'a knot of 60 of one name and 4 keys': knot(60, 4),
  'a knot of 90 of one name and 30 keys': knot(90, 30),
}

for (const [what, certificates] of Object.entries(traps))
  test(`${what}: no more signatures are checked than the limit says, and the chain is refused`, t => {
    const leaf = minter.leaf(certificates[0] as Minted, { keyIdentifiers: false })
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 0, max: 20 }),
        fc.shuffledSubarray([...certificates], { minLength: certificates.length >> 1 }),
        (signatures, depth, given) => {
          const crypto = new CountingCrypto()
          const limits = { signatures, depth }
          const verdict = judge([leaf, ...given], [root], { crypto, limits })
          t.false(verdict.ok)
          t.true(crypto.signatures <= signatures, `${crypto.signatures} of ${signatures}`)
          t.true(crypto.keys <= signatures, `${crypto.keys} keys for ${signatures} signatures`)
        },
      ),
      { numRuns: 25 },
    )
    const crypto = new CountingCrypto()
    const start = performance.now()
    const verdict = judge([leaf, ...certificates], [root], { crypto })
    t.true(crypto.signatures <= 20)
    t.log(
      `${crypto.signatures} signatures, ${(performance.now() - start).toFixed(0)} ms: ${said(verdict)}`,
    )
  })

test('with the signatures that a sound chain takes, and no trap in its way, it is believed', t => {
  const intermediate = minter.intermediate(root)
  const leaf = minter.leaf(intermediate)
  t.is(said(judge([leaf, intermediate], [root], { limits: { signatures: 2 } })), 'believed')
  t.true(
    said(judge([leaf, intermediate], [root], { limits: { signatures: 1 } })).startsWith(
      'CERT_CHAIN_TOO_LONG',
    ),
  )
})

test('names times constraints are compared no more often than the limit says', t => {
  const count = 1800
  const names = Array.from({ length: count }, (_, i) => `n${i}.example`)
  const bases = Array.from({ length: count }, (_, i) => `b${i}.test`)
  const bomb = minter.intermediate(root, { extensions: [nameConstraints([], bases)] })
  const leaf = minter.leaf(bomb, { names: ['server.example', ...names] })
  t.true(leaf.der.length + bomb.der.length < 102_400)
  const crypto = new CountingCrypto()
  const start = performance.now()
  t.true(said(judge([leaf, bomb], [root], { crypto })).startsWith('UNSPECIFIED'))
  const spent = performance.now() - start
  t.is(crypto.signatures, 0, 'names are looked at before a signature is')
  // The names, and the subject, with each base: so many comparisons are enough, and one less is not.
  const comparisons = (count + 2) * count
  const limited = (limit: number) =>
    said(judge([leaf, bomb], [root], { limits: { comparisons: limit } }))
  t.is(limited(comparisons), 'believed')
  t.true(limited(comparisons - 1).startsWith('UNSPECIFIED'))
  t.log(`refused in ${spent.toFixed(0)} ms`)
})

test('the comparisons of one verification come out of one budget, however many authorities constrain', t => {
  const bases = Array.from({ length: 100 }, (_, i) => `b${i}.test`)
  let issuer = root
  const above: Minted[] = []
  for (let i = 0; i < 4; i++) {
    issuer = minter.intermediate(issuer, {
      subject: `bomb ${i}`,
      extensions: [nameConstraints([], bases)],
    })
    above.unshift(issuer)
  }
  const leaf = minter.leaf(issuer, { names: ['server.example'] })
  // A leaf has two names here, its subject being one; each authority below has a subject.
  const comparisons = [2, 3, 4, 5].reduce((sum, names) => sum + names * 100, 0)
  const limited = (limit: number) =>
    said(judge([leaf, ...above], [root], { limits: { comparisons: limit } }))
  t.is(limited(comparisons), 'believed')
  t.true(limited(comparisons - 1).startsWith('UNSPECIFIED'))
})

test('what is long, deep or full of tiny things is refused at once', t => {
  const leaf = minter.leaf(root)
  const time = (chain: readonly { readonly der: Uint8Array }[]) => {
    let answer = ''
    const spent = cpuTime(() => {
      answer = said(judge(chain, [root]))
    })
    return { said: answer, spent }
  }
  const deep = (levels: number) => {
    let der = sequence()
    for (let i = 0; i < levels; i++) der = sequence(der)
    return { der }
  }
  const many = Array.from({ length: 50_000 }, () => ({ der: Uint8Array.of(0x30, 0) }))
  const names = { der: tlv(0x30, ...Array.from({ length: 25_000 }, () => sequence())) }
  const arcs = {
    der: tlv(0x30, join(Uint8Array.of(6, ...derLength(60_000)), new Uint8Array(60_000).fill(0x81))),
  }
  for (const [what, chain] of Object.entries({
    deep: [deep(10_000)],
    'deep, behind a leaf': [leaf, deep(10_000)],
    'many empty ones': [leaf, ...many],
    'full of sequences': [names],
    'an endless identifier': [arcs, { der: oid('1.2') }],
  })) {
    const { spent, said: answer } = time(chain)
    t.true(spent < 1000, `${what}: ${spent} ms`)
    if (chain[0] !== leaf) t.not(answer, 'believed', what)
  }
  t.is(said(judge([leaf, deep(1000)], [root])), 'believed', 'what is not needed is not in the way')
})

test('the limits are of one verification: the next one has its own', t => {
  const intermediate = minter.intermediate(other)
  const leaf = minter.leaf(intermediate)
  const limits = { signatures: 2 }
  for (let i = 0; i < 3; i++)
    t.is(said(judge([leaf, intermediate], [other], { limits })), 'believed')
})
