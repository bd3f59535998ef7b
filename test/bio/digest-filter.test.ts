/** The digest filter, against node:crypto over all that passed, and over carriers that refuse and cut. */
import { createHash } from 'node:crypto'
import { bioPair, DigestFilter, type RunningDigest, TortureFilter } from '@biopair/bio'
import { noble } from '@biopair/crypto/noble'
import { nodeCrypto } from '@biopair/crypto-node'
import test from 'ava'
import fc from 'fast-check'
import { counted, take } from './support/bytes.ts'
import { carriers, carry, plainOf, script, weather } from './support/codec-chain.ts'

const sha256 = (...parts: readonly Uint8Array[]) =>
  createHash('sha256').update(Buffer.concat(parts)).digest()
const start = () => createHash('sha256')

test('each end digests what passed, no byte more or less, and changes none', t => {
  fc.assert(
    fc.property(weather, script, (sky, steps) => {
      const [a, b] = carriers(sky)
      const writer = new DigestFilter(start).push(a)
      const reader = new DigestFilter(start).push(b)
      const { got } = carry(writer, reader, steps, sky.piece)
      t.deepEqual(got, plainOf(steps))
      t.deepEqual(writer.digest(), sha256(got))
      t.deepEqual(reader.digest(), sha256(got))
    }),
    { numRuns: 80 },
  )
})

test('both directions count in the order in which bytes moved, or the one that was asked for', t => {
  const moves = fc.array(fc.tuple(fc.boolean(), fc.uint8Array({ maxLength: 30 })), {
    maxLength: 10,
  })
  const kind = fc.constantFrom('both', 'read', 'write')
  fc.assert(
    fc.property(moves, kind, fc.integer(), (script, of, seed) => {
      const [a, b] = bioPair(20)
      const filter = new DigestFilter(start, { of }).push(new TortureFilter(seed).push(a))
      const passed: Uint8Array[] = []
      for (const [reads, bytes] of script) {
        if (reads) b.write(bytes)
        const answer = reads ? take(filter, 9) : filter.write(bytes)
        const moved = typeof answer === 'number' ? bytes.subarray(0, answer) : answer
        if (moved instanceof Uint8Array && (of === 'both' || (of === 'read') === reads))
          passed.push(moved)
        if (!reads) take(b, 99)
      }
      t.deepEqual(filter.digest(), sha256(...passed))
    }),
    { numRuns: 150 },
  )
})

const hashes: Record<string, () => RunningDigest> = {
  'node:crypto': start,
  'nodeCrypto of this house': () => nodeCrypto.hashes.sha256.start(),
  'noble of this house': () => noble.hashes.sha256.start(),
}
for (const [name, begin] of Object.entries(hashes))
  test(`a digest by ${name} can be asked at any time, goes on, and is begun anew by reset`, t => {
    const [a] = bioPair()
    const filter = new DigestFilter(begin).push(a)
    t.deepEqual(Buffer.from(filter.digest()), sha256())
    filter.write(counted(10))
    t.deepEqual(Buffer.from(filter.digest()), sha256(counted(10)))
    filter.write(counted(5))
    t.deepEqual(Buffer.from(filter.digest()), sha256(counted(10), counted(5)))
    filter.reset()
    filter.write(counted(7))
    t.deepEqual(Buffer.from(filter.digest()), sha256(counted(7)))
  })

test('a hash that throws harms no byte; digest says so with the cause, until reset', t => {
  const [a, b] = bioPair()
  let good = false
  const filter = new DigestFilter(() => {
    const hash = createHash('sha256')
    if (!good) hash.digest()
    return hash
  }).push(a)
  t.is(filter.write(counted(5)), 5)
  t.deepEqual(take(b, 9), counted(5))
  const error = t.throws(() => filter.digest(), { instanceOf: TypeError })
  t.like(error?.cause, { code: 'ERR_CRYPTO_HASH_FINALIZED' })
  good = true
  filter.reset()
  t.deepEqual(filter.digest(), sha256())
})

test('what is no hash, or cannot be asked on the way, is refused at once', t => {
  const expected = { instanceOf: TypeError, code: 'ERR_BIO_INVALID_ARGUMENT' }
  t.throws(() => new DigestFilter(createHash('sha256') as unknown as () => RunningDigest), expected)
  t.throws(
    () => new DigestFilter(() => ({ update: () => 0 }) as unknown as RunningDigest),
    expected,
  )
  t.throws(() => new DigestFilter(start, { of: 'neither' as 'both' }), expected)
})
