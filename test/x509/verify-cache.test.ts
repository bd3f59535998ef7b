import type { CryptoProvider } from '@biopair/crypto'
import {
  trustStore,
  type Verdict,
  VerifyCache,
  type VerifyOptions,
  verifyChain,
} from '@biopair/x509'
import test from 'ava'
import fc from 'fast-check'
import { type Minted, mint } from '../support/mint.ts'
import { nodeVerify } from '../support/node-verify.ts'
import { faults, faultyPlan, hostName, mintPlan, now, placesOf, soundPlan } from './chains.ts'

/** Counts signatures. */
function counting(): { readonly crypto: Pick<CryptoProvider, 'publicKey'>; verified: number } {
  const counter = {
    verified: 0,
    crypto: {
      publicKey: (material: Parameters<CryptoProvider['publicKey']>[0]) => {
        const key = nodeVerify.publicKey(material)
        if ('failure' in key) return key
        const verify: typeof key.verify = (...what) => {
          counter.verified++
          return key.verify(...what)
        }
        return { ...key, verify }
      },
    },
  }
  return counter
}

const sound = [0, 1, 2, 3].map(intermediates => mintPlan(soundPlan(intermediates)))
const faulty = faults.flatMap(fault =>
  [0, 2].flatMap(intermediates =>
    placesOf(fault, intermediates).map(depth => mintPlan(faultyPlan(fault, depth, intermediates))),
  ),
)
const chains = [...sound, ...faulty]
// A store's anchors are objects of their own: verifications share stores as connections of a context do.
const stores = new Map(chains.map(chain => [chain, trustStore([(chain.at(-1) as Minted).der])]))
const nobody = trustStore([])

function question(chain: readonly Minted[], rest: Partial<VerifyOptions> = {}): VerifyOptions {
  return {
    chain: chain.map(({ der }) => der),
    anchors: stores.get(chain) ?? nobody,
    time: now,
    purpose: 'serverAuth',
    keyUsage: ['digitalSignature'],
    name: hostName,
    crypto: nodeVerify,
    ...rest,
  }
}

const plain = (verdict: Verdict) => ({
  ...verdict,
  path: verdict.path.map(({ raw }) => Buffer.from(raw).toString('base64')),
})

const arbitrary = fc
  .record({
    chain: fc.oneof(fc.constantFrom(...sound), fc.constantFrom(...faulty)),
    rest: fc.record(
      {
        time: fc.constantFrom(now, Date.UTC(2060, 0), Date.UTC(2000, 0)),
        purpose: fc.constantFrom('serverAuth', 'clientAuth', 'any'),
        name: fc.constantFrom(hostName, 'other.example', '192.0.2.9'),
        minimumRsaBits: fc.constantFrom(2048, 512),
        forgiven: fc.constantFrom(
          [{ code: 'CERT_SIGNATURE_FAILURE', depth: 0 } as const],
          [{ code: 'CERT_SIGNATURE_FAILURE', depth: 1 } as const],
          [{ code: 'CERT_HAS_EXPIRED', depth: 1 } as const],
        ),
        limits: fc.constantFrom({ signatures: 1 }, { depth: 0 }),
      },
      { requiredKeys: [] },
    ),
    believed: fc.boolean(),
  })
  .map(({ chain, rest, believed }) =>
    question(chain, { ...rest, ...(believed ? {} : { anchors: nobody }) }),
  )

test('a verdict with a cache is the verdict without one, whatever was verified before', t => {
  fc.assert(
    fc.property(
      fc.array(arbitrary, { minLength: 1, maxLength: 12 }),
      fc.constantFrom(0, 1, 2, 3, 256),
      fc.constantFrom(0, 700, 1_048_576),
      (questions, certificates, bytes) => {
        const cache = new VerifyCache({ certificates, bytes })
        for (const asked of questions) {
          // Signatures that are known are not counted: with so few, a verdict may be better with a cache.
          const few = asked.limits?.signatures === 1
          const alone = verifyChain(asked)
          const after = verifyChain({ ...asked, cache })
          if (!few || alone.ok) t.deepEqual(plain(after), plain(alone))
          t.true(cache.size <= certificates && cache.bytes <= bytes)
        }
      },
    ),
    { numRuns: 300 },
  )
})

test('each signature of a good path is verified once', t => {
  for (const chain of sound) {
    const cache = new VerifyCache()
    const counter = counting()
    const asked = question(chain, { crypto: counter.crypto, cache })
    t.true(verifyChain(asked).ok)
    t.is(counter.verified, chain.length - 1)
    // Of what came from the wire, which is not kept, another copy each time.
    const again = { ...asked, chain: asked.chain.map(der => Uint8Array.from(der)) }
    t.true(verifyChain(again).ok)
    t.is(counter.verified, chain.length - 1)
    const root = trustStore([(chain.at(-1) as Minted).der])
    t.true(verifyChain({ ...again, anchors: root }).ok)
    t.is(counter.verified, chain.length, 'an anchor of another store is another one')
  }
})

test('another leaf below an intermediate that is known costs its own signature', t => {
  const [, intermediate, root] = sound[1] as readonly [Minted, Minted, Minted]
  const cache = new VerifyCache()
  const counter = counting()
  const anchors = trustStore([root.der])
  for (const [i, host] of ['one.example', 'two.example', 'three.example'].entries()) {
    const leaf = mint({ subject: host, names: [host], issuer: intermediate })
    const chain = [leaf, intermediate]
    const asked = { ...question(chain, { cache, crypto: counter.crypto, name: host }), anchors }
    t.true(verifyChain(asked).ok)
    t.is(counter.verified, 2 + i)
  }
})

test('what is put up with, and what is refused, leaves nothing behind', t => {
  const fault = faults.find(({ name }) => name === 'has a damaged signature')
  const chain = mintPlan(faultyPlan(fault as (typeof faults)[number], 0, 1))
  const cache = new VerifyCache()
  const asked = { ...question(chain), anchors: trustStore([(chain.at(-1) as Minted).der]), cache }
  const forgiven = [{ code: 'CERT_SIGNATURE_FAILURE', depth: 0 } as const]
  t.true(verifyChain({ ...asked, forgiven }).ok)
  t.is(cache.size, 0)
  const verdict = verifyChain(asked)
  t.is(verdict.ok ? '' : verdict.code, 'CERT_SIGNATURE_FAILURE')
  t.is(cache.size, 0)
})

test('a buffer that is used for something else afterwards changes nothing', t => {
  const chain = sound[1] as readonly Minted[]
  const cache = new VerifyCache()
  const wire = chain.slice(0, -1).map(({ der }) => Uint8Array.from(der))
  t.true(verifyChain({ ...question(chain), chain: wire, cache }).ok)
  for (const der of wire) der.fill(0x30)
  const verdict = verifyChain({ ...question(chain), cache })
  t.true(verdict.ok)
  t.is(verifyChain({ ...question(chain), chain: wire, cache }).ok, false)
})

test('a certificate that ends as another one does, and is as long, is not taken for it', t => {
  const [leaf, ...rest] = sound[1] as readonly [Minted, ...Minted[]]
  const cache = new VerifyCache()
  t.true(verifyChain({ ...question(sound[1] as readonly Minted[]), cache }).ok)
  for (let i = 0; i < leaf.der.length - 12; i += 3) {
    const other = Uint8Array.from(leaf.der)
    other[i] = (other[i] as number) ^ 1
    const chain = [other, ...rest.map(({ der }) => der)]
    t.false(
      verifyChain({ ...question(sound[1] as readonly Minted[]), chain, cache }).ok,
      `byte ${i}`,
    )
  }
})

test('limits of a cache are whole numbers', t => {
  for (const limits of [{ certificates: -1 }, { bytes: 1.5 }, { certificates: Number.NaN }])
    t.throws(() => new VerifyCache(limits), { code: 'ERR_X509_INVALID_LIMIT' })
})
