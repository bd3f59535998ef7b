import { type AeadKey, hkdfExpandLabel } from '@biopair/crypto'
import {
  type ContentTypeId,
  headerLength,
  maxPlaintext,
  Nonce,
  RecordReader,
  RecordWriter,
  readProtection13,
  writeProtection13,
} from '@biopair/record'
import { TlsAlert } from '@biopair/wire'
import test from 'ava'
import fc from 'fast-check'
import { standIn, watched } from './stand-in.ts'
import { bytesOf, drain, feed, hexOf, reading, secretOf, suiteNames, writing } from './support.ts'

test('a sequence number never repeats under one key', t => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          { weight: 8, arbitrary: fc.nat(3000) },
          { weight: 1, arbitrary: fc.constant('rekey' as const) },
        ),
        { maxLength: 40 },
      ),
      steps => {
        const nonces = new Map<AeadKey, Set<string>>()
        const crypto = watched(key => {
          const used = new Set<string>()
          const wrapped: AeadKey = {
            ...key,
            seal(nonce, additionalData, work, length, into) {
              const name = hexOf(nonce)
              t.false(used.has(name))
              used.add(name)
              key.seal(nonce, additionalData, work, length, into)
            },
          }
          nonces.set(wrapped, used)
          return wrapped
        })
        const writer = new RecordWriter({ maxFragment: 512 })
        const reader = new RecordReader()
        let seed = 0
        let records = 0
        const rekey = () => {
          seed++
          writer.protect(writing(seed, crypto))
          reader.protect(reading(seed))
        }
        rekey()
        for (const step of steps) {
          if (step === 'rekey') {
            rekey()
            continue
          }
          writer.write('application_data', bytesOf(step))
          records += Math.max(1, Math.ceil(step / 512))
          feed(reader, drain(writer))
        }
        t.is(
          [...nonces.values()].reduce((sum, used) => sum + used.size, 0),
          records,
        )
      },
    ),
    { numRuns: 40 },
  )
})

test('rule 50: the nonce is the iv xor the sequence number, across the 32-bit halves', t => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 12, maxLength: 12 }),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 3n }),
      (iv, first) => {
        const nonce = new Nonce(iv.slice(), {
          high: Number(first >> 32n),
          low: Number(first & 0xffffffffn),
        })
        for (let number = first; number < first + 3n; number++) {
          const expected = iv.slice()
          for (let i = 0; i < 8; i++)
            expected[11 - i] =
              (expected[11 - i] as number) ^ Number((number >> BigInt(8 * i)) & 255n)
          t.deepEqual(nonce.current().slice(), expected)
          t.is(nonce.count, Number(number))
          nonce.advance()
        }
      },
    ),
    { examples: [[new Uint8Array(12), 2n ** 32n - 2n]] },
  )
})

test('rule 50: after sequence number 2^64 - 1 sealing and opening stop with internal_error', t => {
  const last = { high: 2 ** 32 - 1, low: 2 ** 32 - 1 }
  const writer = new RecordWriter()
  writer.protect(writing(1, standIn, last))
  const reader = new RecordReader()
  reader.protect(reading(1, standIn, last))
  writer.write('application_data', bytesOf(3))
  const sealed = drain(writer)
  t.deepEqual(feed(reader, sealed), [{ type: 'application_data', content: hexOf(bytesOf(3)) }])
  const written = t.throws(() => writer.write('application_data', bytesOf(3)), {
    instanceOf: TlsAlert,
  })
  t.is(written?.alert, 'internal_error')
  t.is(written?.reason, 'SEQUENCE_CTR_WRAPPED')
  t.is(writer.queue, 0)
  const read = t.throws(() => feed(reader, sealed), { instanceOf: TlsAlert })
  t.is(read?.reason, 'SEQUENCE_CTR_WRAPPED')
})

test('a connection that moves goes on counting where it was', t => {
  const before = writing(4)
  const into = new Uint8Array(64)
  const work = new Uint8Array(64)
  for (let i = 0; i < 3; i++) before.seal(23, 0x0303, bytesOf(8), 0, work, into, 0)
  t.deepEqual(before.sequence, { high: 0, low: 3 })
  const after = writing(4, standIn, before.sequence)
  t.is(after.sealed, 3)
  const moved = new Uint8Array(64)
  after.seal(23, 0x0303, bytesOf(8), 0, work, moved, 0)
  before.seal(23, 0x0303, bytesOf(8), 0, work, into, 0)
  t.deepEqual(moved, into)
})

for (const name of suiteNames)
  test(`${name}: what one end seals, the other end opens, and nothing of the content shows`, t => {
    const secret = secretOf(9, name)
    const kept = secret.secret.slice()
    const read = readProtection13(secret, standIn)
    const write = writeProtection13(secret, standIn)
    t.deepEqual(secret.secret, kept)
    const types: ContentTypeId[] = [21, 22, 23]
    for (const [turn, length] of [0, 1, 2, 100, maxPlaintext].entries()) {
      const type = types[turn % 3] as ContentTypeId
      const content = bytesOf(length, turn)
      const into = new Uint8Array(headerLength + length + 17 + 3)
      const padding = length === maxPlaintext ? 0 : 3
      const size = write.seal(type, 0x0301, content, padding, new Uint8Array(length + 20), into, 0)
      t.is(size, headerLength + length + padding + 17)
      t.deepEqual([...into.subarray(0, 3)], [23, 3, 3])
      if (length >= 100) t.false(hexOf(into).includes(hexOf(content.subarray(0, 16))))
      const plaintext = new Uint8Array(length + 20)
      t.deepEqual(
        read.open(into.subarray(0, headerLength), into.subarray(headerLength, size), plaintext),
        { type, length },
      )
      t.deepEqual(plaintext.slice(0, length), content)
    }
  })

test('the key and the iv come from the traffic secret by their labels', t => {
  const secret = secretOf(2)
  const hmac = standIn.hashes.sha256.hmac(secret.secret)
  const none = new Uint8Array(0)
  const key = hkdfExpandLabel(standIn.hashes.sha256, hmac, 'key', none, 16)
  const iv = hkdfExpandLabel(standIn.hashes.sha256, hmac, 'iv', none, 12)
  const into = new Uint8Array(headerLength + 4 + 17)
  writing(2).seal(23, 0x0303, bytesOf(4), 0, new Uint8Array(24), into, 0)
  const opened = new Uint8Array(24)
  const aead = standIn.aeads['aes-128-gcm'].key(key)
  t.true(aead.open(iv, into.subarray(0, 5), into.subarray(5), opened))
  t.deepEqual([...opened.subarray(0, 5)], [...bytesOf(4), 23])
})

test('nothing lingers: derived keys and ivs are zero after use or after wipe', t => {
  const made: Uint8Array[] = []
  const crypto = {
    hashes: {
      ...standIn.hashes,
      sha256: {
        ...standIn.hashes.sha256,
        hmac(secret: Uint8Array) {
          const inner = standIn.hashes.sha256.hmac(secret)
          return {
            ...inner,
            mac(...parts: readonly Uint8Array[]) {
              const bytes = inner.mac(...parts)
              made.push(bytes)
              return bytes
            },
          }
        },
      },
    },
    aeads: {
      ...standIn.aeads,
      'aes-128-gcm': {
        ...standIn.aeads['aes-128-gcm'],
        key(bytes: Uint8Array) {
          made.push(bytes)
          return standIn.aeads['aes-128-gcm'].key(bytes)
        },
      },
    },
  }
  const ivs: Uint8Array[] = []
  const nonces = watched(key => ({
    ...key,
    seal(nonce, additionalData, work, length, into) {
      ivs.push(nonce)
      key.seal(nonce, additionalData, work, length, into)
    },
  }))
  const write = writing(3, { hashes: crypto.hashes, aeads: crypto.aeads })
  write.wipe()
  t.true(made.length >= 3)
  for (const bytes of made) t.true(bytes.every(byte => byte === 0))
  const other = writing(3, nonces)
  const into = new Uint8Array(64)
  other.seal(23, 0x0303, bytesOf(4), 0, new Uint8Array(64), into, 0)
  other.wipe()
  t.is(ivs.length, 1)
  for (const iv of ivs) t.true(iv.every(byte => byte === 0))
  t.throws(() => other.seal(23, 0x0303, bytesOf(4), 0, new Uint8Array(64), into, 0))
  const read = reading(3)
  read.wipe()
  t.throws(() => read.open(new Uint8Array(5), new Uint8Array(20), new Uint8Array(20)))
})
