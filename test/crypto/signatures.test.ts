/** Signatures of both providers: what one signs the other verifies, one seed gives one signature, and nothing else verifies. */
import {
  ascii,
  type CryptoProvider,
  equal,
  failed,
  type HashName,
  type MlDsaName,
  mlDsaSets,
  type PrivateKey,
  type PrivateKeyMaterial,
  type PublicKey,
  type SignatureAlgorithm,
} from '@biopair/crypto'
import test from 'ava'
import fc from 'fast-check'
import { hex, pairings, providers } from '../support/providers.ts'
import { rsaMaterial } from '../support/rsa-key.ts'
import { seeded } from '../support/seeded.ts'

const hashes: readonly HashName[] = ['sha256', 'sha384', 'sha512']

function signer(provider: CryptoProvider, material: PrivateKeyMaterial): PrivateKey {
  const key = provider.privateKey(material)
  if (failed(key)) throw new Error(key.why)
  return key
}

function verifier(provider: CryptoProvider, key: PrivateKey): PublicKey {
  const result = provider.publicKey(key.publicMaterial)
  if (failed(result)) throw new Error(result.why)
  return result
}

const pss = (hash: HashName, saltLength: number): SignatureAlgorithm => ({
  kind: 'rsa_pss',
  hash,
  saltLength,
})

// A modulus of 8k + 1 bits: its encoded message is a byte shorter than itself.
const rsa2048 = rsaMaterial(2048)
const rsa1025 = rsaMaterial(1025)

const mlDsaNames = Object.keys(mlDsaSets) as MlDsaName[]

const keys: readonly (readonly [string, PrivateKeyMaterial, readonly SignatureAlgorithm[]])[] = [
  ...(['P-256', 'P-384', 'P-521'] as const).map(
    curve =>
      [
        curve,
        { kind: 'ec', curve, d: seeded(curve)('d', 32) } as const,
        hashes.map(hash => ({ kind: 'ecdsa', hash }) as const),
      ] as const,
  ),
  ['Ed25519', { kind: 'ed25519', seed: seeded('ed')('seed', 32) }, [{ kind: 'ed25519' }]],
  ...mlDsaNames.map(
    set =>
      [
        set,
        { kind: 'ml-dsa', set, seed: seeded(set)('seed', 32) } as const,
        [{ kind: 'ml-dsa', set } as const],
      ] as const,
  ),
  [
    'RSA-2048',
    rsa2048,
    hashes.flatMap(hash => [
      { kind: 'rsa_pkcs1', hash } as const,
      pss(hash, { sha256: 32, sha384: 48, sha512: 64 }[hash]),
      pss(hash, 0),
    ]),
  ],
  ['RSA-1025', rsa1025, [{ kind: 'rsa_pkcs1', hash: 'sha256' }, pss('sha256', 32)]],
]

for (const [name, material, algorithms] of keys) {
  for (const [one, other] of pairings)
    test(`what ${one.name} signs with ${name}, ${other.name} verifies, and no bit of it may change`, t => {
      const key = signer(one, material)
      const checkers = [verifier(other, key), verifier(one, key)]
      for (const algorithm of algorithms) {
        const message = ascii(`${name} ${algorithm.kind}`)
        const signature = key.sign(algorithm, message)
        for (const checker of checkers) {
          t.true(checker.verify(algorithm, message, signature))
          t.false(checker.verify(algorithm, ascii('another'), signature))
        }
        const flips = fc.nat(8 * signature.length - 1)
        fc.assert(
          fc.property(flips, bit => {
            const flipped = signature.slice()
            flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
            return checkers.every(checker => !checker.verify(algorithm, message, flipped))
          }),
          { numRuns: 6 },
        )
      }
    })

  test(`one seed gives one signature with ${name}, whoever makes it`, t => {
    const signers = providers.map(provider => signer(provider, material))
    for (const algorithm of algorithms)
      for (const text of ['', 'sample', 'x'.repeat(500)]) {
        const [a, b] = signers.map(key => key.sign(algorithm, ascii(text), seeded(text)))
        t.deepEqual(a, b)
      }
  })

  test(`both providers know the same public half of ${name}`, t => {
    const [a, b] = providers.map(provider => signer(provider, material).publicMaterial)
    t.deepEqual(a, b)
  })
}

for (const provider of providers) {
  test(`${provider.name} signs by RFC 6979 appendix A.2.5`, t => {
    const d = hex('c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721')
    const key = signer(provider, { kind: 'ec', curve: 'P-256', d })
    const signature = (hash: HashName): string =>
      Buffer.from(key.sign({ kind: 'ecdsa', hash }, ascii('sample'), seeded(''))).toString('hex')
    const sha256 = signature('sha256')
    t.true(sha256.includes('efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716'))
    t.true(sha256.includes('f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8'))
    const sha512 = signature('sha512')
    t.true(sha512.includes('8496a60b5e9b47c825488827e0495b0e3fa109ec4568fd3f8d1097678eb97f00'))
    t.true(sha512.includes('2362ab1adbe2b8adf9cb9edab740ea6049c028114f2460f96554f61fae3302fe'))
  })

  test(`${provider.name} signs RFC 8032's empty message`, t => {
    const seed = hex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60')
    const key = signer(provider, { kind: 'ed25519', seed })
    t.deepEqual(key.publicMaterial, {
      kind: 'ed25519',
      key: hex('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'),
    })
    t.deepEqual(
      key.sign({ kind: 'ed25519' }, new Uint8Array(0)),
      hex(
        'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
      ),
    )
  })

  test(`${provider.name} hedges its ECDSA: two signatures without a seed differ`, t => {
    const key = signer(provider, { kind: 'ec', curve: 'P-256', d: Uint8Array.of(5) })
    const algorithm = { kind: 'ecdsa', hash: 'sha256' } as const
    t.false(equal(key.sign(algorithm, ascii('m')), key.sign(algorithm, ascii('m'))))
  })

  test(`${provider.name} signs and verifies with no key of another kind`, t => {
    const all: readonly SignatureAlgorithm[] = [
      { kind: 'ecdsa', hash: 'sha256' },
      { kind: 'ed25519' },
      { kind: 'ml-dsa', set: 'ML-DSA-44' },
      pss('sha256', 32),
      { kind: 'rsa_pkcs1', hash: 'sha256' },
    ]
    for (const [, material] of keys) {
      const key = signer(provider, material)
      for (const algorithm of all) {
        const fits = {
          ecdsa: 'ec',
          ed25519: 'ed25519',
          'ml-dsa': 'ml-dsa',
          rsa_pss: 'rsa',
          rsa_pkcs1: 'rsa',
        }[algorithm.kind]
        if (fits === material.kind) continue
        t.throws(() => key.sign(algorithm, ascii('m')), { code: 'ERR_ALGORITHM_KEY_MISMATCH' })
        t.false(verifier(provider, key).verify(algorithm, ascii('m'), new Uint8Array(64)))
      }
    }
  })

  test(`${provider.name} keeps an id-RSASSA-PSS key to its parameters`, t => {
    const restricted = { ...rsa2048, pss: { hash: 'sha256', saltLength: 32 } } as const
    const key = signer(provider, restricted)
    const checker = verifier(provider, key)
    const message = ascii('m')
    t.true(checker.verify(pss('sha256', 32), message, key.sign(pss('sha256', 32), message)))
    // RFC 4055 §3.3: the salt is at least as long as the key says.
    t.true(checker.verify(pss('sha256', 40), message, key.sign(pss('sha256', 40), message)))
    const free = signer(provider, rsa2048)
    const refused: readonly SignatureAlgorithm[] = [
      pss('sha256', 31),
      pss('sha384', 48),
      { kind: 'rsa_pkcs1', hash: 'sha256' },
    ]
    for (const algorithm of refused) {
      t.throws(() => key.sign(algorithm, message), { code: 'ERR_ALGORITHM_KEY_MISMATCH' })
      t.false(checker.verify(algorithm, message, free.sign(algorithm, message)))
    }
    const any = signer(provider, { ...rsa2048, pss: 'any' })
    t.true(
      verifier(provider, any).verify(
        pss('sha384', 48),
        message,
        any.sign(pss('sha384', 48), message),
      ),
    )
    t.throws(() => any.sign({ kind: 'rsa_pkcs1', hash: 'sha256' }, message), {
      code: 'ERR_ALGORITHM_KEY_MISMATCH',
    })
  })

  test(`${provider.name} does not sign with a modulus too short for the digest`, t => {
    const short = signer(provider, rsa1025)
    t.throws(() => short.sign(pss('sha512', 64), ascii('m')), {
      code: 'ERR_ALGORITHM_KEY_MISMATCH',
    })
    t.false(verifier(provider, short).verify(pss('sha512', 64), ascii('m'), new Uint8Array(129)))
  })

  test(`${provider.name} answers false, and throws nothing, for any bytes as a signature`, t => {
    const pairs = keys.map(([, material, algorithms]) => {
      const key = verifier(provider, signer(provider, material))
      return [key, algorithms] as const
    })
    fc.assert(
      fc.property(
        fc.constantFrom(...pairs),
        fc.uint8Array({ maxLength: 300 }),
        ([key, algorithms], bytes) =>
          algorithms.every(algorithm => !key.verify(algorithm, ascii('m'), bytes)),
      ),
      { numRuns: 60 },
    )
    for (const [key, algorithms] of pairs)
      for (const algorithm of algorithms)
        for (const length of [0, 64, 129, 256, 2420, 3309, 4627])
          for (const fill of [0, 0xff])
            t.false(key.verify(algorithm, ascii('m'), new Uint8Array(length).fill(fill)))
  })
}
