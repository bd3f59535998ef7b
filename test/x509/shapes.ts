/** Arbitrary sound chains: 1 to 5 certificates deep, of any keys, with what certificates may have and need not. */
import { nodeCrypto } from '@biopair/crypto-node'
import {
  authorityInfoAccess,
  type ChainShape,
  certificatePolicies,
  chainNames,
  crlDistributionPoints,
  extension,
  type KeyKind,
  Minter,
  type MintOptions,
  mustStaple,
  nameConstraints,
  octetString,
  policyConstraints,
} from '@biopair/testkit/mint'
import fc from 'fast-check'
import { now } from './judge.ts'

/** Draws from the system: what is minted differs from run to run, its shape follows from fast-check's seed. */
export const minter = new Minter({ time: now, crypto: nodeCrypto })

// ML-DSA takes JavaScript tens of milliseconds a signature.
const kinds: fc.Arbitrary<KeyKind> = fc.oneof(
  {
    weight: 30,
    arbitrary: fc.constantFrom<KeyKind>('p256', 'p384', 'p521', 'ed25519', 'rsa', 'rsa-pss'),
  },
  { weight: 1, arbitrary: fc.constantFrom<KeyKind>('mldsa44', 'mldsa65', 'mldsa87') },
)

const day = 86_400_000

const harmless: fc.Arbitrary<Omit<MintOptions, 'key' | 'issuer'>> = fc.record(
  {
    notBefore: fc.constantFrom(now, now - day, Date.UTC(1999, 0, 1)),
    notAfter: fc.constantFrom(now, now + day, Date.UTC(2060, 0, 1), Date.UTC(9999, 11, 31)),
    keyIdentifiers: fc.boolean(),
    serial: fc.integer({ min: 1, max: 2 ** 40 }),
    extensions: fc.subarray([
      extension('1.3.6.1.4.1.55738.666.3', false, octetString()),
      crlDistributionPoints(['http://crl.example/1']),
      authorityInfoAccess({ ocsp: 'http://ocsp.example/' }),
      certificatePolicies(['1.3.6.1.4.1.55738.666.4']),
      mustStaple(),
    ]),
  },
  { requiredKeys: [] },
)

const forAuthorities: fc.Arbitrary<Uint8Array[]> = fc.subarray<Uint8Array>([
  nameConstraints(
    ['example', '192.0.2.0/255.255.255.0', '2001:db8::/ffff:ffff::', 'email:mail.example'],
    ['other.example', '10.0.0.0/255.0.0.0'],
  ),
  policyConstraints({ inhibitPolicyMapping: 0 }),
])

const names = fc
  .subarray(['more.example', '10.1.2.3', 'email:other@mail.example', '*.deep.wild.example'])
  .map(more => [...chainNames, ...more])

/** Shapes of sound chains with up to `most` intermediates. Those of authorities carry constraints that the names keep, if wanted. */
export function shapes(
  most = 3,
  { constraints = true }: { readonly constraints?: boolean } = {},
): fc.Arbitrary<ChainShape & { readonly intermediates: number }> {
  return fc.integer({ min: 0, max: most }).chain(intermediates =>
    fc
      .tuple(
        fc.array(kinds, { minLength: intermediates + 2, maxLength: intermediates + 2 }),
        fc.array(harmless, { minLength: intermediates + 2, maxLength: intermediates + 2 }),
        fc.array(constraints ? forAuthorities : fc.constant<Uint8Array[]>([]), {
          minLength: intermediates + 2,
          maxLength: intermediates + 2,
        }),
        names,
      )
      .map(([keys, plain, extra, leafNames]) => ({
        intermediates,
        keys,
        options: plain.map((one, depth) =>
          depth === 0
            ? { ...one, names: constraints ? chainNames : leafNames }
            : { ...one, extensions: [...(one.extensions ?? []), ...(extra[depth] ?? [])] },
        ),
      })),
  )
}
