/** Rule 75 of what stacks get wrong: the exact form of Ed25519 and RSA signatures, and points that are none, with both providers. */
import {
  type Bytes,
  type CurveName,
  concat,
  failed,
  type HashName,
  type PublicKeyMaterial,
} from '@biopair/crypto'
import { curves, number, numberBytes } from '@biopair/crypto/kit'
import {
  digestInfo,
  emsaPkcs1,
  Minter,
  nothing,
  octetString,
  oid,
  rsaPrivateOperation,
  rsaTestKey,
  seededRandom,
  sequence,
} from '@biopair/testkit/mint'
import test from 'ava'
import fc from 'fast-check'
import { providers } from '../support/providers.ts'

const message = Uint8Array.of(1, 2, 3)
const minter = new Minter({ time: 0, random: seededRandom('certificates') })

/** What each provider says of a signature. */
function verified(
  material: PublicKeyMaterial,
  algorithm: Parameters<ReturnType<Minter['key']>['privateKey']['sign']>[0],
  signature: Uint8Array,
): readonly boolean[] {
  return providers.map(provider => {
    const key = provider.publicKey(material)
    if (failed(key)) throw new Error(key.why)
    return key.verify(algorithm, message, signature)
  })
}
const both = [true, true]
const neither = [false, false]

const order = 2n ** 252n + 27_742_317_777_372_353_535_851_937_790_883_648_493n

test('rule 75: an Ed25519 signature whose S is not below L is refused', t => {
  fc.assert(
    fc.property(fc.nat(), seed => {
      const key = new Minter({ time: 0, random: seededRandom(`${seed}`) }).key('ed25519')
      const signature = key.privateKey.sign({ kind: 'ed25519' }, message)
      const judged = (bytes: Uint8Array) => verified(key.publicMaterial, { kind: 'ed25519' }, bytes)
      t.deepEqual(judged(signature), both)
      const s = number(signature.slice(32).toReversed())
      t.true(s < order)
      // The same point for a verifier that reduces S, up to what 32 bytes hold.
      for (let more = s + order; more < 2n ** 256n; more += order)
        t.deepEqual(judged(concat(signature.subarray(0, 32), little(more))), neither, `${more}`)
      t.deepEqual(judged(signature.subarray(0, 63)), neither)
      t.deepEqual(judged(concat(signature, new Uint8Array(1))), neither)
    }),
    { numRuns: 10 },
  )
})

test('rule 75: an Ed25519 signature with S of 0 or L itself is refused', t => {
  const { publicMaterial, privateKey } = minter.key('ed25519')
  const start = privateKey.sign({ kind: 'ed25519' }, message).subarray(0, 32)
  for (const s of [0n, order, order + 1n, 2n ** 256n - 1n])
    t.deepEqual(verified(publicMaterial, { kind: 'ed25519' }, concat(start, little(s))), neither)
})

function little(value: bigint): Bytes {
  return new Uint8Array(numberBytes(value, 32).toReversed())
}

const hashes: readonly HashName[] = ['sha256', 'sha384', 'sha512']
const rsaKeys = { 'e = 65537': rsaTestKey('first'), 'e = 3': rsaTestKey('e3') }

/** An encoded message with so much padding, and what stands behind it. */
function padded(length: number, padding: number, ...rest: readonly Uint8Array[]): Bytes {
  const start = concat(Uint8Array.of(0, 1), new Uint8Array(padding).fill(0xff), Uint8Array.of(0))
  const whole = concat(start, ...rest)
  return concat(whole, new Uint8Array(Math.max(0, length - whole.length)))
}

function spoilt(hash: HashName, length: number): Readonly<Record<string, Bytes>> {
  const sound = emsaPkcs1(hash, message, length)
  const info = digestInfo(hash, message)
  const digest = info.subarray(19)
  const name = info.subarray(4, 15)
  const full = (content: Uint8Array) => padded(length, length - 3 - content.length, content)
  return {
    'bytes behind the digest, and a padding of 8': padded(length, 8, info),
    'bytes behind the digest, and a padding of 16': padded(length, 16, info, message),
    'a byte behind the digest': full(concat(info, Uint8Array.of(0))),
    'a padding of 7 bytes, zeros behind it': padded(
      length,
      7,
      new Uint8Array(length - 10 - info.length),
      info,
    ),
    'no padding, zeros': padded(length, 0, new Uint8Array(length - 3 - info.length), info),
    'a byte of the padding that is not FF': sound.with(20, 0xfe),
    'the last byte of the padding that is not FF': sound.with(length - info.length - 2, 0),
    'block type 0': sound.with(1, 0),
    'block type 2': sound.with(1, 2),
    'a first byte that is not zero': sound.with(0, 1),
    'no zero behind the padding': sound.with(length - info.length - 1, 0xff),
    'a long length of DigestInfo': full(concat(Uint8Array.of(0x30, 0x81), info.subarray(1))),
    'an indefinite length': full(
      concat(Uint8Array.of(0x30, 0x80), info.subarray(2), new Uint8Array(2)),
    ),
    'no NULL': full(sequence(sequence(name), octetString(digest))),
    'parameters with content': full(
      sequence(sequence(name, octetString(new Uint8Array(12))), octetString(digest)),
    ),
    'something behind NULL': full(
      sequence(sequence(name, nothing(), nothing()), octetString(digest)),
    ),
    'something behind the digest, inside': full(
      sequence(sequence(name, nothing()), octetString(digest), nothing()),
    ),
    'the identifier of another hash': full(
      sequence(sequence(oid('1.3.14.3.2.26'), nothing()), octetString(digest)),
    ),
    'a digest that is cut': full(
      sequence(sequence(name, nothing()), octetString(digest.subarray(1))),
    ),
    'a digest without DigestInfo': full(digest),
    'another digest': emsaPkcs1(hash, Uint8Array.of(9), length),
  }
}

for (const [which, key] of Object.entries(rsaKeys))
  for (const hash of hashes)
    test(`rule 75: of PKCS#1 v1.5 with ${hash} and ${which} the encoded message is exact, and nothing near it verifies`, t => {
      const { length } = key.n
      const algorithm = { kind: 'rsa_pkcs1', hash } as const
      const judged = (encoded: Bytes) => verified(key, algorithm, rsaPrivateOperation(key, encoded))
      t.deepEqual(judged(emsaPkcs1(hash, message, length)), both)
      for (const [what, encoded] of Object.entries(spoilt(hash, length))) {
        t.is(encoded.length, length, what)
        t.deepEqual(judged(encoded), neither, what)
      }
    })

test('rule 75: a cube root that begins as a sound encoded message is no signature of a key with e = 3', t => {
  const key = rsaTestKey('e3')
  // A DigestInfo with SHA-512 is more than a third of the modulus, all that a cube root can say.
  for (const hash of ['sha256', 'sha384'] as const) {
    const info = digestInfo(hash, message)
    const wanted = padded(key.n.length, 8, info)
    const start = wanted.subarray(0, 11 + info.length)
    // Without the private key: the least number whose cube is not below what is wanted.
    const root = cubeRoot(number(wanted)) + 1n
    t.deepEqual(numberBytes(root ** 3n, key.n.length).subarray(0, start.length), start)
    const forged = numberBytes(root, key.n.length)
    t.deepEqual(verified(key, { kind: 'rsa_pkcs1', hash }, forged), neither, hash)
  }
})

test('rule 75: a signature of PKCS#1 v1.5 is as long as the modulus, and below it', t => {
  const key = rsaTestKey('first')
  const algorithm = { kind: 'rsa_pkcs1', hash: 'sha256' } as const
  const signature = rsaPrivateOperation(key, emsaPkcs1('sha256', message, key.n.length))
  t.deepEqual(verified(key, algorithm, signature), both)
  t.deepEqual(verified(key, algorithm, concat(new Uint8Array(1), signature)), neither)
  t.deepEqual(verified(key, algorithm, concat(signature, new Uint8Array(1))), neither)
  t.deepEqual(verified(key, algorithm, signature.subarray(1)), neither)
  t.deepEqual(verified(key, algorithm, new Uint8Array(0)), neither)
  const more = number(signature) + number(key.n)
  if (more < 2n ** 2048n)
    t.deepEqual(verified(key, algorithm, numberBytes(more, 256)), neither, 'not below n')
  t.deepEqual(verified(key, algorithm, numberBytes(more, 257)), neither)
})

const names = Object.keys(curves) as readonly CurveName[]
const kinds = { 'P-256': 'p256', 'P-384': 'p384', 'P-521': 'p521' } as const

for (const curve of names)
  test(`rule 75: a point of ${curve} is on the curve, uncompressed, of its length, and not at infinity`, t => {
    const { publicMaterial } = minter.key(kinds[curve])
    if (publicMaterial.kind !== 'ec') return t.fail()
    const { point } = publicMaterial
    const { length } = curves[curve]
    const taken = (bytes: Uint8Array) =>
      providers.map(provider => !failed(provider.publicKey({ kind: 'ec', curve, point: bytes })))
    t.deepEqual(taken(point), both)
    const y = point.subarray(1 + length)
    const p = primes[curve]
    const compressed = concat(
      Uint8Array.of(2 + ((y.at(-1) as number) & 1)),
      point.subarray(1, 1 + length),
    )
    const wrong: Readonly<Record<string, Uint8Array>> = {
      'x changed': point.with(length, (point[length] as number) ^ 1),
      'y changed': point.with(-1, (point.at(-1) as number) ^ 1),
      'x and y in each other’s place': concat(Uint8Array.of(4), y, point.subarray(1, 1 + length)),
      'infinity in one byte': Uint8Array.of(0),
      'infinity in all bytes': new Uint8Array(point.length),
      'the origin': concat(Uint8Array.of(4), new Uint8Array(2 * length)),
      nothing: new Uint8Array(0),
      'a byte too few': point.subarray(0, -1),
      'a byte too many': concat(point, new Uint8Array(1)),
      compressed,
      'compressed, in the length of a whole one': concat(compressed, new Uint8Array(length)),
      hybrid: point.with(0, 6 + ((y.at(-1) as number) & 1)),
      'coordinates of p': concat(Uint8Array.of(4), numberBytes(p, length), numberBytes(p, length)),
      'all ones': new Uint8Array(point.length).fill(0xff).with(0, 4),
    }
    for (const [what, bytes] of Object.entries(wrong)) t.deepEqual(taken(bytes), neither, what)
    // Another way to write the same point, where there is room for it.
    for (const [x, more] of [
      [number(point.subarray(1, 1 + length)) + p, number(y)],
      [number(point.subarray(1, 1 + length)), number(y) + p],
    ] as const) {
      if (x >= 256n ** BigInt(length) || more >= 256n ** BigInt(length)) continue
      const twice = concat(Uint8Array.of(4), numberBytes(x, length), numberBytes(more, length))
      t.deepEqual(taken(twice), neither, 'a coordinate that is not reduced')
    }
  })

const primes: Readonly<Record<CurveName, bigint>> = {
  'P-256': 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
  'P-384': 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
  'P-521': 2n ** 521n - 1n,
}

function cubeRoot(value: bigint): bigint {
  let low = 0n
  let high = 1n << BigInt(Math.ceil(value.toString(2).length / 3) + 1)
  while (low < high) {
    const middle = (low + high + 1n) >> 1n
    if (middle ** 3n <= value) low = middle
    else high = middle - 1n
  }
  return low
}
