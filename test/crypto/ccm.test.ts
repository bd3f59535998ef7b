/** AES-CCM, which one provider has: a mode written from its definition is the oracle, beside Wycheproof's vectors. */
import { createCipheriv } from 'node:crypto'
import {
  type Aead,
  type Bytes,
  type CcmName,
  ccmCipherSuites,
  concat,
  equal,
} from '@biopair/crypto'
import { noble } from '@biopair/crypto/noble'
import { nodeCrypto } from '@biopair/crypto-node'
import { readProtection13, writeProtection13 } from '@biopair/record'
import { TlsAlert } from '@biopair/wire'
import test from 'ava'
import fc from 'fast-check'
import { hex } from '../support/providers.ts'
import { type Vector, wycheproof } from '../support/wycheproof.ts'

const names: readonly CcmName[] = ['aes-128-ccm', 'aes-128-ccm-8']

function aead(name: CcmName): Aead {
  const found = nodeCrypto.aeads[name]
  if (!found) throw new Error(`node:crypto has no ${name}`)
  return found
}

function seal(aead: Aead, key: Bytes, nonce: Bytes, data: Bytes, plain: Bytes): Bytes {
  const into = new Uint8Array(plain.length + aead.tagLength)
  const work = concat(plain, new Uint8Array(aead.tagLength))
  aead.key(key).seal(nonce, data, work, plain.length, into)
  return into
}

/** RFC 3610, over single blocks of AES; nonces of 12 bytes. */
function ccm(tagLength: number, key: Bytes, nonce: Bytes, data: Bytes, plain: Bytes): Bytes {
  const block = (input: Uint8Array) =>
    createCipheriv('aes-128-ecb', key, null).setAutoPadding(false).update(input)
  const padded = (bytes: Uint8Array) => concat(bytes, new Uint8Array(-bytes.length & 15))
  const { length } = plain
  const count = (i: number) => concat(Uint8Array.of(2), nonce, Uint8Array.of(i >> 16, i >> 8, i))
  const flags = (data.length > 0 ? 64 : 0) + ((tagLength - 2) / 2) * 8 + 2
  const first = concat(
    Uint8Array.of(flags),
    nonce,
    Uint8Array.of(length >> 16, length >> 8, length),
  )
  const header = data.length > 0 ? concat(Uint8Array.of(data.length >> 8, data.length), data) : data
  const authenticated = concat(first, padded(header), padded(plain))
  let mac = new Uint8Array(16)
  for (let at = 0; at < authenticated.length; at += 16)
    mac = new Uint8Array(block(mac.map((byte, i) => byte ^ (authenticated[at + i] as number))))
  const xor = (bytes: Uint8Array, i: number) => {
    const stream = block(count(i))
    return Uint8Array.from(bytes, (byte, j) => byte ^ (stream[j] as number))
  }
  const parts = []
  for (let at = 0; at < length; at += 16) parts.push(xor(plain.subarray(at, at + 16), at / 16 + 1))
  return concat(...parts, xor(mac, 0).subarray(0, tagLength))
}

const bytes = (length: number): fc.Arbitrary<Bytes> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map(array => Uint8Array.from(array))
const some = (maxLength: number): fc.Arbitrary<Bytes> =>
  fc.uint8Array({ maxLength }).map(array => Uint8Array.from(array))

for (const name of names) {
  test(`${name} is CCM as RFC 3610 defines it, and opens what it sealed`, t => {
    fc.assert(
      fc.property(bytes(16), bytes(12), some(60), some(1100), (key, nonce, data, plain) => {
        const sealed = seal(aead(name), key, nonce, data, plain)
        t.deepEqual(sealed, ccm(aead(name).tagLength, key, nonce, data, plain))
        const into = new Uint8Array(sealed.length)
        t.true(aead(name).key(key).open(nonce, data, sealed, into))
        t.deepEqual(into.subarray(0, plain.length), plain)
      }),
      { numRuns: 80 },
    )
  })

  test(`nothing of ${name} opens with a bit flipped in record, data, nonce or key`, t => {
    const parts = fc.constantFrom('record', 'data', 'nonce', 'key')
    fc.assert(
      fc.property(
        fc.tuple(bytes(16), bytes(12), bytes(5), some(200), parts, fc.nat()),
        ([key, nonce, data, plain, part, at]) => {
          const record = seal(aead(name), key, nonce, data, plain)
          const flipped = { record, data, nonce, key }[part]
          const bit = at % (8 * flipped.length)
          flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
          const into = new Uint8Array(record.length)
          t.false(aead(name).key(key).open(nonce, data, record, into))
          t.true(into.every(byte => byte === 0))
        },
      ),
      { numRuns: 150 },
    )
  })

  test(`${name} opens nothing shorter than its tag, and wants 16 bytes of key`, t => {
    const { tagLength } = aead(name)
    const key = aead(name).key(new Uint8Array(16))
    for (let length = 0; length < tagLength; length++)
      t.false(
        key.open(new Uint8Array(12), new Uint8Array(5), new Uint8Array(length), new Uint8Array(16)),
      )
    t.throws(() => aead(name).key(new Uint8Array(32)), { code: 'ERR_KEY_LENGTH' })
    key.wipe()
    const empty = new Uint8Array(0)
    t.throws(() => key.open(new Uint8Array(12), empty, new Uint8Array(16), new Uint8Array(16)), {
      code: 'ERR_WIPED',
    })
  })
}

for (const [name, tagSize] of [
  ['aes-128-ccm', 128],
  ['aes-128-ccm-8', 64],
] as const)
  wycheproof(
    'aes_ccm',
    `${nodeCrypto.name} seals and opens ${name} as Wycheproof says`,
    tagSize === 128 ? { checked: 78, other: 474 } : { checked: 8, other: 544 },
    (vector: Vector, group) => {
      if (group.ivSize !== 96 || group.keySize !== 128 || group.tagSize !== tagSize) return 'other'
      const text = (field: string) => hex(vector[field] as string)
      const expected = concat(text('ct'), text('tag'))
      const sealed = seal(aead(name), text('key'), text('iv'), text('aad'), text('msg'))
      const into = new Uint8Array(expected.length)
      const opens = aead(name).key(text('key')).open(text('iv'), text('aad'), expected, into)
      const right = vector.result === 'valid'
      return opens === right && equal(sealed, expected) === right
    },
  )

test('a record of CCM_8 is eight bytes shorter, and both have a limit of records (sections 5.2, 5.5)', t => {
  for (const [suite, tagLength] of [
    [ccmCipherSuites.TLS_AES_128_CCM_SHA256, 16],
    [ccmCipherSuites.TLS_AES_128_CCM_8_SHA256, 8],
  ] as const) {
    const secret = { suite, secret: new Uint8Array(32).fill(9) }
    const write = writeProtection13(secret, nodeCrypto)
    t.is(write.recordLimit, 2 ** 23)
    t.is(write.overhead, 1 + tagLength)
    const record = new Uint8Array(5 + 3 + write.overhead)
    const content = Uint8Array.of(1, 2, 3)
    t.is(write.seal(23, 0x0303, content, 0, new Uint8Array(40), record, 0), record.length)
    const read = readProtection13(secret, nodeCrypto)
    const into = new Uint8Array(40)
    t.deepEqual(read.open(record.subarray(0, 5), record.subarray(5), into), { type: 23, length: 3 })
    t.deepEqual(into.subarray(0, 3), content)
    // The first record that does not open is fatal: no bound on forgeries is ever near.
    t.throws(() => read.open(record.subarray(0, 5), record.subarray(5), into), {
      instanceOf: TlsAlert,
    })
  }
})

test('a provider without CCM says so by name', t => {
  t.is(noble.aeads['aes-128-ccm'], undefined)
  const secret = { suite: ccmCipherSuites.TLS_AES_128_CCM_SHA256, secret: new Uint8Array(32) }
  t.throws(() => readProtection13(secret, noble), { message: /aes-128-ccm/ })
})
