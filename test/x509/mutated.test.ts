/** Mutated certificates: nothing throws, nothing costs more than the budget, and nothing that was changed is believed. */
import {
  type Below,
  type DerMutation,
  derMutations,
  faultNames,
  faultyChain,
  type Minted,
  mintPlan,
  mutateDer,
  placesOf,
  soundPlan,
} from '@biopair/testkit/mint'
import { isX509Failure, parseCertificate } from '@biopair/x509'
import test from 'ava'
import fc from 'fast-check'
import { CountingCrypto, judge, said } from './judge.ts'
import { minter } from './shapes.ts'

const chains = (['p256', 'rsa', 'ed25519', 'rsa-pss'] as const).map(kind => {
  const chain = mintPlan(minter, soundPlan(minter, { intermediates: 2, keys: [kind] }))
  const [leaf, first, second, root] = chain as [Minted, Minted, Minted, Minted]
  return { kind, given: [leaf, first, second] as const, root }
})
const pool = chains.flatMap(({ given }) => given.map(({ der }) => der))

const changes = fc.record({
  chain: fc.constantFrom(...chains),
  depth: fc.nat(2),
  mutations: fc.array(fc.constantFrom(...derMutations), { minLength: 1, maxLength: 3 }),
  choices: fc.infiniteStream(fc.nat(2 ** 31 - 1)),
})

function mutated(
  der: Uint8Array,
  mutations: readonly DerMutation[],
  choices: fc.Stream<number>,
): Uint8Array {
  const below: Below = count => (choices.next().value as number) % count
  return mutations.reduce<Uint8Array>((bytes, one) => mutateDer(bytes, below, one, pool), der)
}

const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0

for (const mutation of derMutations)
  test(`${mutation}: a certificate so mutated is not believed in the place of the original, and throws nothing`, t => {
    const seen = new Map<string, number>()
    fc.assert(
      fc.property(changes, ({ chain, depth, mutations, choices }) => {
        const original = chain.given[depth] as Minted
        const der = mutated(original.der, [mutation, ...mutations.slice(1)], choices)
        const given = chain.given.map((one, i) => (i === depth ? { der } : one))
        const crypto = new CountingCrypto()
        const verdict = judge(given, [chain.root], { crypto })
        const answer = said(verdict)
        seen.set(answer.split(' ')[0] ?? '', (seen.get(answer.split(' ')[0] ?? '') ?? 0) + 1)
        t.true(crypto.signatures <= 3, `${crypto.signatures} signatures for a chain of three`)
        // All bytes are inside of what is signed, or say how it is: there is nothing that may differ.
        if (verdict.ok)
          t.true(same(der, original.der), `believed: ${Buffer.from(der).toString('hex')}`)
        else t.regex(verdict.why, /^expected .+, got .+/s)
        const parsed = parseCertificate(der)
        if (isX509Failure(parsed)) t.regex(parsed.why, /^expected .+, got .+/s)
      }),
      { numRuns: 100 },
    )
    t.log([...seen].map(([code, count]) => `${code} ${count}`).join(', '))
  })

test('mutated certificates beside the sound chain are not in its way', t => {
  fc.assert(
    fc.property(
      changes,
      fc.array(fc.nat(2), { maxLength: 4 }),
      ({ chain, mutations, choices }, places) => {
        const extras = places.map(place => ({
          der: mutated((chain.given[place] as Minted).der, mutations, choices),
        }))
        const [leaf, ...rest] = chain.given
        const crypto = new CountingCrypto()
        const verdict = judge([leaf, ...extras, ...rest], [chain.root], { crypto })
        t.is(said(verdict), 'believed', verdict.ok ? '' : verdict.why)
        t.true(crypto.signatures <= 20)
      },
    ),
    { numRuns: 200 },
  )
})

test('every bit of a certificate that is flipped is refused, wherever the certificate stands', t => {
  for (const { given, root } of chains.slice(0, 1))
    for (const [depth, { der }] of given.entries())
      for (let bit = 0; bit < der.length * 8; bit++) {
        const flipped = der.slice()
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7))
        const verdict = judge(
          given.map((one, i) => (i === depth ? { der: flipped } : one)),
          [root],
        )
        if (verdict.ok) t.fail(`bit ${bit} at depth ${depth} flipped is believed`)
      }
  t.pass()
})

test('a certificate that is cut anywhere is refused', t => {
  for (const { given, root } of chains)
    for (let length = 0; length < given[0].der.length; length++) {
      const verdict = judge([{ der: given[0].der.slice(0, length) }, given[1], given[2]], [root])
      t.is(said(verdict).split(' ')[0], 'ERR_X509_MALFORMED')
    }
})

test('mutations of what is wrong already throw nothing', t => {
  fc.assert(
    fc.property(
      fc.constantFrom(...faultNames),
      changes,
      (fault, { mutations, choices, depth: place }) => {
        const [least = 0] = placesOf(fault, 2)
        const { faulty, name } = faultyChain(minter, fault, { intermediates: 2, depth: least })
        const given = faulty.slice(0, -1).map((one, i) => ({
          der: i === place ? mutated(one.der, mutations, choices) : one.der,
        }))
        const crypto = new CountingCrypto()
        const verdict = judge(given, faulty.slice(-1), { crypto, name })
        t.is(typeof verdict.ok, 'boolean')
        t.true(crypto.signatures <= 3)
      },
    ),
    { numRuns: 250 },
  )
})
