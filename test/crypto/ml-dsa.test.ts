/** ML-DSA keys in their two forms: what a seed expands to, and which expanded keys are none (FIPS 204, RFC 9881 §8). */
import { createHash } from 'node:crypto'
import {
  ascii,
  type CryptoFailure,
  failed,
  type MlDsaName,
  mlDsaSets,
  type PrivateKey,
} from '@biopair/crypto'
import { mlDsaKeygen } from '@biopair/crypto/ml-dsa'
import { noble } from '@biopair/crypto/noble'
import test from 'ava'
import fc from 'fast-check'
import { pairings, providers } from '../support/providers.ts'
import { seeded } from '../support/seeded.ts'

const names = Object.keys(mlDsaSets) as MlDsaName[]
const kind = 'ml-dsa'

/** The seed of every example of RFC 9881 appendix C. */
const counting = Uint8Array.from({ length: 32 }, (_, i) => i)

/** What it stands for: SHA-256 of the public keys, computed by OpenSSL 4.0.3. */
const known = {
  'ML-DSA-44': '9f107644c1084526af3bc8098680b05499a2325a644e388fb4f970e058d19d46',
  'ML-DSA-65': 'd666806e11cee19a7c989f7445f90dd419cf4d2d51db8c0fdb4c0f0a542238c9',
  'ML-DSA-87': '91dc389cfaa01470b7f66eee45a4ae9026d154817c754dfe22298b3fa241ffcd',
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

function usable(key: PrivateKey | CryptoFailure): PrivateKey {
  if (failed(key)) throw new Error(key.why)
  return key
}

for (const set of names) {
  const { publicKey, expanded } = mlDsaKeygen(set, counting)
  const algorithm = { kind, set } as const

  test(`the seed of RFC 9881's ${set} examples gives the public key that OpenSSL gives it`, t => {
    t.is(sha256(publicKey), known[set])
  })

  test(`${set} has the lengths of FIPS 204 table 2`, t => {
    const signature = usable(noble.privateKey({ kind, set, seed: counting })).sign(
      algorithm,
      ascii('m'),
    )
    t.deepEqual(
      {
        name: set,
        publicKey: publicKey.length,
        expanded: expanded.length,
        signature: signature.length,
      },
      mlDsaSets[set],
    )
  })

  for (const [one, other] of pairings)
    test(`an ${set} key of ${one.name} is the same key from its seed, expanded, or both`, t => {
      const forms = [
        { kind, set, seed: counting },
        { kind, set, expanded },
        { kind, set, seed: counting, expanded },
      ] as const
      for (const form of forms) {
        const key = usable(one.privateKey(form))
        t.deepEqual(key.publicMaterial, { kind, set, key: publicKey })
        const checker = other.publicKey(key.publicMaterial)
        if (failed(checker)) return t.fail(checker.why)
        t.true(checker.verify(algorithm, ascii('m'), key.sign(algorithm, ascii('m'))))
        t.deepEqual(
          key.sign(algorithm, ascii('m'), seeded('rnd')),
          usable(one.privateKey(forms[0])).sign(algorithm, ascii('m'), seeded('rnd')),
        )
      }
    })

  test(`a bit that changed in an expanded ${set} key is found: beside the seed any, without it all but K's`, t => {
    fc.assert(
      fc.property(
        fc.nat(8 * expanded.length - 1),
        fc.constantFrom(...providers),
        (bit, provider) => {
          const changed = expanded.slice()
          changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7))
          const both = provider.privateKey({ kind, set, seed: counting, expanded: changed })
          t.true(failed(both) && both.failure === 'bad_private_key')
          // K (bytes 32 to 63) is random, and nothing else hangs on it.
          const inK = bit >> 8 === 1
          const alone = provider.privateKey({ kind, set, expanded: changed })
          t.is(failed(alone), !inK, `bit ${bit}`)
          if (failed(alone)) t.is(alone.failure, 'bad_private_key')
        },
      ),
      { numRuns: 25, examples: [[8 * expanded.length - 1, noble]] },
    )
  })

  test(`a seed beside another seed's expanded ${set} key is refused, and says so`, t => {
    for (const provider of providers) {
      const key = provider.privateKey({ kind, set, seed: new Uint8Array(32), expanded })
      t.regex(failed(key) ? key.why : '', /does not expand/)
    }
  })

  test(`one ${set} key signs twice in two ways, and either verifies`, t => {
    for (const provider of providers) {
      const key = usable(provider.privateKey({ kind, set, seed: counting }))
      const [a, b] = [key.sign(algorithm, ascii('m')), key.sign(algorithm, ascii('m'))]
      t.notDeepEqual(a, b)
      const checker = provider.publicKey(key.publicMaterial)
      if (failed(checker)) return t.fail(checker.why)
      for (const signature of [a, b]) t.true(checker.verify(algorithm, ascii('m'), signature))
    }
  })
}

test('one set does not sign or verify for another', t => {
  const key = usable(noble.privateKey({ kind, set: 'ML-DSA-44', seed: counting }))
  for (const set of ['ML-DSA-65', 'ML-DSA-87'] as const)
    t.throws(() => key.sign({ kind, set }, ascii('m')), { code: 'ERR_ALGORITHM_KEY_MISMATCH' })
})

test('every random key is one in its expanded form', t => {
  fc.assert(
    fc.property(
      fc.constantFrom(...names),
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      (set, seed) => {
        const { publicKey, expanded } = mlDsaKeygen(set, seed)
        const key = usable(noble.privateKey({ kind, set, expanded }))
        t.deepEqual(key.publicMaterial, { kind, set, key: publicKey })
      },
    ),
    { numRuns: 15 },
  )
})
