/** The AEADs of both providers: what one seals the other opens, and nothing else opens. */
import { type Aead, type AeadName, type Bytes, type CryptoProvider, equal } from '@biopair/crypto'
import { noble } from '@biopair/crypto/noble'
import { nodeCrypto } from '@biopair/crypto-node'
import test from 'ava'
import fc from 'fast-check'
import { pairings, providers } from '../support/providers.ts'

const names: readonly AeadName[] = ['aes-128-gcm', 'aes-256-gcm', 'chacha20-poly1305']

const bytes = (length: number): fc.Arbitrary<Bytes> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map(array => Uint8Array.from(array))

const message = fc
  .oneof(fc.uint8Array({ maxLength: 80 }), fc.uint8Array({ minLength: 900, maxLength: 1100 }))
  .map(array => Uint8Array.from(array))

function sealed(aead: Aead, key: Bytes, nonce: Bytes, data: Bytes, plaintext: Bytes): Bytes {
  const work = new Uint8Array(plaintext.length + 16)
  work.set(plaintext)
  const into = new Uint8Array(plaintext.length + 16)
  aead.key(key).seal(nonce, data, work, plaintext.length, into)
  return into
}

for (const name of names) {
  test(`what one provider seals with ${name}, both open, and both seal to the same bytes`, t => {
    const { keyLength } = noble.aeads[name]
    fc.assert(
      fc.property(
        bytes(keyLength),
        bytes(12),
        fc.uint8Array(),
        message,
        (key, nonce, aad, plain) => {
          const data = Uint8Array.from(aad)
          const records = providers.map(p => sealed(p.aeads[name], key, nonce, data, plain))
          const [record] = records as [Bytes]
          for (const [index, provider] of providers.entries()) {
            if (!equal(records[index] as Bytes, record)) return false
            const into = new Uint8Array(record.length)
            if (!provider.aeads[name].key(key).open(nonce, data, record, into)) return false
            if (!equal(into.subarray(0, plain.length), plain)) return false
          }
          return true
        },
      ),
      { numRuns: 60 },
    )
    t.pass()
  })

  for (const provider of providers)
    test(`${provider.name} opens nothing of ${name} with a bit flipped in record, data, nonce or key`, t => {
      const aead = provider.aeads[name]
      const parts = fc.constantFrom('record', 'data', 'nonce', 'key')
      fc.assert(
        fc.property(
          bytes(aead.keyLength),
          bytes(12),
          bytes(5),
          message,
          parts,
          fc.nat(),
          (key, nonce, data, plain, part, at) => {
            const record = sealed(aead, key, nonce, data, plain)
            const flipped = { record, data, nonce, key }[part]
            const bit = at % (8 * flipped.length)
            flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
            const into = new Uint8Array(record.length)
            return !aead.key(key).open(nonce, data, record, into) && into.every(byte => byte === 0)
          },
        ),
        { numRuns: 100 },
      )
      t.pass()
    })
}

for (const provider of providers) {
  test(`${provider.name} opens no record shorter than a tag`, t => {
    for (const name of names) {
      const key = provider.aeads[name].key(new Uint8Array(provider.aeads[name].keyLength))
      for (let length = 0; length < 16; length++)
        t.false(
          key.open(
            new Uint8Array(12),
            new Uint8Array(5),
            new Uint8Array(length),
            new Uint8Array(16),
          ),
        )
    }
  })

  test(`${provider.name} copies the key it is given`, t => {
    for (const name of names) {
      const aead = provider.aeads[name]
      const given = new Uint8Array(aead.keyLength).fill(7)
      const key = aead.key(given)
      given.fill(0)
      const record = sealed(
        aead,
        new Uint8Array(aead.keyLength).fill(7),
        new Uint8Array(12),
        new Uint8Array(0),
        new Uint8Array(3),
      )
      t.true(key.open(new Uint8Array(12), new Uint8Array(0), record, new Uint8Array(19)))
    }
  })

  test(`${provider.name} takes no key of another length`, t => {
    for (const name of names)
      t.throws(() => provider.aeads[name].key(new Uint8Array(31)), { code: 'ERR_KEY_LENGTH' })
  })

  test(`${provider.name} seals into the middle of a larger array and touches nothing else`, t => {
    for (const name of names) {
      const aead = provider.aeads[name]
      const around = new Uint8Array(64).fill(0xee)
      const work = new Uint8Array(40)
      aead
        .key(new Uint8Array(aead.keyLength))
        .seal(new Uint8Array(12), new Uint8Array(5), work, 10, around.subarray(5, 31))
      t.true(around.subarray(0, 5).every(byte => byte === 0xee))
      t.true(around.subarray(31).every(byte => byte === 0xee))
      const into = new Uint8Array(26)
      t.true(
        aead
          .key(new Uint8Array(aead.keyLength))
          .open(new Uint8Array(12), new Uint8Array(5), around.subarray(5, 31), into),
      )
    }
  })
}

test('a provider can take its AEADs from another', t => {
  const mixed: CryptoProvider = { ...noble, name: 'mixed', aeads: nodeCrypto.aeads }
  const part: CryptoProvider = {
    ...nodeCrypto,
    aeads: { ...nodeCrypto.aeads, 'chacha20-poly1305': noble.aeads['chacha20-poly1305'] },
  }
  for (const [one, other] of [...pairings, [mixed, part], [part, mixed]] as const)
    for (const name of names) {
      const key = new Uint8Array(one.aeads[name].keyLength).fill(1)
      const plain = Uint8Array.of(1, 2, 3)
      const record = sealed(one.aeads[name], key, new Uint8Array(12), new Uint8Array(5), plain)
      const into = new Uint8Array(record.length)
      t.true(other.aeads[name].key(key).open(new Uint8Array(12), new Uint8Array(5), record, into))
      t.deepEqual(into.subarray(0, 3), plain)
    }
  const share = mixed.groups.x25519.start()
  t.is(share.publicKey.length, 32)
})
