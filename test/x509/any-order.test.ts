/** A sound chain is believed in any order, whatever else is sent with it and whoever else is trusted. */
import { type Minted, mintPlan, soundPlan } from '@biopair/testkit/mint'
import test from 'ava'
import fc from 'fast-check'
import { CountingCrypto, judge, now, said } from './judge.ts'
import { minter, shapes } from './shapes.ts'

const stranger = minter.root({ subject: 'strange root' })
const strangers: readonly Minted[] = [
  stranger,
  minter.leaf(stranger, { names: ['elsewhere.example'] }),
  minter.intermediate(stranger, { subject: 'strange intermediate', key: 'rsa' }),
]
const strangerKey = minter.key()

/** What is confusing beside a certificate of the path: whose it is, and what makes it none of the path. */
const decoys = {
  'its name and key, below an untrusted root': copy => issued(copy, stranger),
  'its name and key, below a root that has expired': copy =>
    issued(copy, minter.root({ subject: 'old root', notAfter: now - 1000 })),
  'its name and key, expired': copy => issued(copy, stranger, { notAfter: now - 1000 }),
  'its name and key, signed by itself': copy =>
    minter.certificate({ subject: copy.subject, key: copy.key, ca: true }),
  'its name and another key': copy =>
    minter.intermediate(stranger, { subject: copy.subject, key: strangerKey }),
  'its name and another key, without key identifiers': copy =>
    minter.intermediate(stranger, {
      subject: copy.subject,
      key: strangerKey,
      keyIdentifiers: false,
    }),
  'its name and another key, a root': copy =>
    minter.root({ subject: copy.subject, key: strangerKey }),
  'its name, no authority': copy => minter.leaf(stranger, { subject: copy.subject, key: copy.key }),
  'another name and its key': copy =>
    minter.intermediate(stranger, { subject: 'another', key: copy.key }),
  nothing: () => strangers[1] as Minted,
} as const satisfies Record<string, (copy: Minted) => Minted>
type Decoy = keyof typeof decoys

function issued(
  copy: Minted,
  issuer: Minted,
  options: { readonly notAfter?: number } = {},
): Minted {
  return minter.intermediate(issuer, { subject: copy.subject, key: copy.key, ...options })
}

const decoyNames = Object.keys(decoys) as readonly Decoy[]

const sent = fc.record({
  shape: shapes(3),
  decoys: fc.array(
    fc.record({ kind: fc.constantFrom(...decoyNames), of: fc.nat(4), trusted: fc.boolean() }),
    { maxLength: 6 },
  ),
  withRoot: fc.boolean(),
  /** An intermediate of the path among the anchors: a path goes on above it. */
  early: fc.boolean(),
  order: fc.infiniteStream(fc.nat()),
})

test('a sound chain is believed in any order, with cross-signed and same-named certificates mixed in', t => {
  let most = 0
  fc.assert(
    fc.property(sent, ({ shape, decoys: wanted, withRoot, early, order }) => {
      const chain = mintPlan(minter, soundPlan(minter, shape))
      const [leaf, root] = [chain[0] as Minted, chain.at(-1) as Minted]
      const made = wanted.map(({ kind, of, trusted }) => ({
        certificate: decoys[kind](chain[1 + (of % (chain.length - 1))] as Minted),
        // An anchor of the path's name and key would be another sound path, or the end of this one.
        trusted: trusted && !kind.includes('and key,'),
      }))
      const extras = shuffled(
        [
          ...chain.slice(1, withRoot ? undefined : -1),
          ...made.filter(({ trusted }) => !trusted).map(({ certificate }) => certificate),
          ...strangers.slice(0, 2),
        ],
        order,
      )
      const anchors = [
        ...made.filter(({ trusted }) => trusted).map(({ certificate }) => certificate),
        ...(early ? chain.slice(1, 2) : []),
        root,
      ]
      const crypto = new CountingCrypto()
      const verdict = judge([leaf, ...extras], shuffled(anchors, order), { crypto })
      t.is(said(verdict), 'believed', verdict.ok ? '' : verdict.why)
      if (!verdict.ok) return
      t.deepEqual(verdict.path.map(hex), chain.map(hex))
      t.true(crypto.signatures <= 20)
      most = Math.max(most, crypto.signatures)
    }),
    { numRuns: 150 },
  )
  t.log(`at most ${most} signatures`)
})

test('an anchor that a path meets early ends it where that is allowed, and is passed where it is not', t => {
  const chain = mintPlan(minter, soundPlan(minter, { intermediates: 3 }))
  const [leaf, first, second, third, root] = chain as [Minted, Minted, Minted, Minted, Minted]
  const rest = [third, second, first]
  for (const early of [first, second, third]) {
    const partial = judge([leaf, ...rest], [early, root], { allowPartialTrustChain: true })
    t.is(said(partial), 'believed')
    if (partial.ok) t.deepEqual(hex(partial.path.at(-1)), hex(early))
    const whole = judge([leaf, ...rest], [early, root])
    if (whole.ok) t.deepEqual(hex(whole.path.at(-1)), hex(root))
    t.is(said(whole), 'believed')
  }
})

test('a root that was renewed with its old key ends a path to either', t => {
  const root = minter.root()
  const renewed = minter.root({ key: root.key, notAfter: now + 1000, serial: 2 })
  const expired = minter.root({ key: root.key, notAfter: now - 1000, serial: 3 })
  const leaf = minter.leaf(root)
  for (const anchors of [[root], [renewed], [expired, renewed], [renewed, expired]])
    t.is(said(judge([leaf, expired, root], anchors)), 'believed')
  t.true(said(judge([leaf, root], [expired])).startsWith('CERT_HAS_EXPIRED'))
})

function shuffled<T>(list: readonly T[], order: fc.Stream<number>): readonly T[] {
  return list
    .map(item => ({ item, key: order.next().value as number }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item)
}

function hex(one: { readonly der: Uint8Array } | { readonly raw: Uint8Array } | undefined): string {
  if (one === undefined) return ''
  return Buffer.from('der' in one ? one.der : one.raw).toString('hex')
}
