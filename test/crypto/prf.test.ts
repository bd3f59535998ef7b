import { ascii, concat, type HashName, prf } from '@biopair/crypto'
import { noble } from '@biopair/crypto/noble'
import { nodeCrypto } from '@biopair/crypto-node'
import test from 'ava'
import fc from 'fast-check'

const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'))

/** Of the IETF TLS list, 2009 ("TLS 1.2 PRF test vectors"), which OpenSSL's TLS1-PRF gives as well. */
const vectors: readonly {
  readonly hash: HashName
  readonly secret: string
  readonly seed: string
  readonly output: string
}[] = [
  {
    hash: 'sha256',
    secret: '9bbe436ba940f017b17652849a71db35',
    seed: 'a0ba9f936cda311827a6f796ffd5198c',
    output:
      'e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af' +
      '0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701' +
      '87347b66',
  },
  {
    hash: 'sha384',
    secret: 'b80b733d6ceefcdc71566ea48e5567df',
    seed: 'cd665cf6a8447dd6ff8b27555edb7465',
    output:
      '7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cde9ca0faa60be9fe34f82b1233c9146a0' +
      'e534cb400fed2700884f9dc236f80edd8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d918425' +
      '9b5bf8cd4d90fa0d31e2dec479e4f1a26066f2eea9a69236a3e52655c9e9aee691c8f3a26854308d5eaa3be85e099070' +
      '3d73e56f',
  },
]

for (const { hash, secret, seed, output } of vectors)
  test(`the PRF of TLS 1.2 with ${hash} gives the published bytes`, t => {
    for (const { hashes } of [noble, nodeCrypto])
      t.is(
        Buffer.from(
          prf(hashes[hash], hex(secret), 'test label', hex(seed), output.length / 2),
        ).toString('hex'),
        output,
      )
  })

test('a shorter output is the beginning of a longer one, and label and seed are one string', t => {
  const hash = nodeCrypto.hashes.sha256
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 80 }),
      fc.uint8Array({ maxLength: 80 }),
      fc.nat(200),
      fc.nat(200),
      (secret, seed, a, b) => {
        const long = prf(hash, secret, 'label', seed, Math.max(a, b))
        const short = prf(hash, secret, 'label', seed, Math.min(a, b))
        t.deepEqual(long.slice(0, short.length), short)
        t.deepEqual(prf(hash, secret, 'lab', concat(ascii('el'), seed), a), long.slice(0, a))
      },
    ),
    { numRuns: 50 },
  )
})
