/** The groups that are never offered unless asked for: both providers, published vectors, and shares that are none. */
import { checkPrimeSync } from 'node:crypto'
import {
  type Bytes,
  concat,
  equal,
  failed,
  type Group,
  type MoreGroupName,
  type Random,
  moreGroups as rows,
} from '@biopair/crypto'
import { finiteFields, numberBytes, prime } from '@biopair/crypto/kit'
import { mlKem1024 } from '@biopair/crypto/ml-kem'
import { noble } from '@biopair/crypto/noble'
import { nodeCrypto } from '@biopair/crypto-node'
import test from 'ava'
import fc from 'fast-check'
import { hex, nobleWithMore } from '../support/providers.ts'
import { seeded } from '../support/seeded.ts'
import { wycheproof } from '../support/wycheproof.ts'

const providers = [nobleWithMore, nodeCrypto] as const
const names = Object.keys(rows) as MoreGroupName[]

const shares: Readonly<Record<MoreGroupName, { client: number; server: number; secret: number }>> =
  {
    SecP256r1MLKEM768: { client: 1249, server: 1153, secret: 64 },
    SecP384r1MLKEM1024: { client: 1665, server: 1665, secret: 80 },
    x448: { client: 56, server: 56, secret: 56 },
    ffdhe2048: { client: 256, server: 256, secret: 256 },
    ffdhe3072: { client: 384, server: 384, secret: 384 },
  }

function groupOf(provider: (typeof providers)[number], name: MoreGroupName): Group {
  const group = provider.groups[name]
  if (!group) throw new Error(`${provider.name} has no ${name}`)
  return group
}

for (const name of names) {
  for (const [client, server] of [
    [nobleWithMore, nodeCrypto],
    [nodeCrypto, nobleWithMore],
    [nodeCrypto, nodeCrypto],
  ] as const)
    test(`rule 23, rule 24: ${client.name} and ${server.name} agree over ${name}, with shares of the right length`, t => {
      const share = groupOf(client, name).start()
      t.is(share.publicKey.length, shares[name].client)
      const answer = groupOf(server, name).answer(share.publicKey)
      if (failed(answer)) return t.fail(answer.why)
      t.is(answer.publicKey.length, shares[name].server)
      t.is(answer.secret.length, shares[name].secret)
      t.deepEqual(share.finish(answer.publicKey), answer.secret)
      share.wipe()
      t.throws(() => share.finish(answer.publicKey), { code: 'ERR_WIPED' })
    })

  test(`one seed gives the same shares and secrets of ${name} with either provider`, t => {
    fc.assert(
      fc.property(fc.string(), seed => {
        const [one, other] = providers.map(provider => {
          const draws: string[] = []
          const source = seeded(seed)
          const random: Random = (purpose, length) => {
            draws.push(`${purpose} ${length}`)
            return source(purpose, length)
          }
          const share = groupOf(provider, name).start(random)
          const answer = groupOf(provider, name).answer(share.publicKey, random)
          if (failed(answer)) throw new Error(answer.why)
          const secret = share.finish(answer.publicKey) as Bytes
          return { all: concat(share.publicKey, answer.publicKey, answer.secret, secret), draws }
        })
        t.deepEqual(one, other)
      }),
      { numRuns: 3 },
    )
  })

  test(`both providers take the same shares of ${name} and refuse the same`, t => {
    const { client, server } = shares[name]
    const valid = groupOf(nodeCrypto, name).start(seeded('peer')).publicKey
    const near = fc.tuple(fc.nat(), fc.nat(7)).map(([at, bit]) => {
      const share = valid.slice()
      share[at % share.length] = (share[at % share.length] as number) ^ (1 << bit)
      return share
    })
    const of = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), of(client), of(server), near), share => {
        const [one, other] = providers.map(provider => {
          const answer = groupOf(provider, name).answer(share, seeded('answer'))
          const finished = groupOf(provider, name).start(seeded('start')).finish(share)
          return [
            failed(answer) ? answer.failure : Buffer.from(answer.secret).toString('hex'),
            failed(finished) ? finished.failure : Buffer.from(finished).toString('hex'),
          ]
        })
        t.deepEqual(one, other)
      }),
      { numRuns: name === 'x448' ? 15 : 6 },
    )
  })
}

test('the rows have the numbers of the registry, and nobody prefers them', t => {
  t.deepEqual(
    names.map(name => [name, rows[name].id]),
    [
      ['SecP256r1MLKEM768', 4587],
      ['SecP384r1MLKEM1024', 4589],
      ['x448', 30],
      ['ffdhe2048', 256],
      ['ffdhe3072', 257],
    ],
  )
  for (const { prefer } of [noble, nodeCrypto])
    for (const name of names) t.false((prefer.groups as readonly string[]).includes(name))
})

test('the portable provider leaves x448 and the finite fields to a subpath', t => {
  t.deepEqual(
    names.filter(name => noble.groups[name] === undefined),
    ['x448', 'ffdhe2048', 'ffdhe3072'],
  )
})

for (const provider of providers)
  for (const [name, curve, kemLength] of [
    ['SecP256r1MLKEM768', 'secp256r1', 1184],
    ['SecP384r1MLKEM1024', 'secp384r1', 1568],
  ] as const)
    test(`rule 24: ${name} over ${provider.name} has ECDH first, and refuses a bad half of either kind`, t => {
      const hybrid = groupOf(provider, name)
      const share = hybrid.start(seeded('a'))
      // The KEM's seed is drawn before the scalar.
      const draws = seeded('a')
      draws(name === 'SecP256r1MLKEM768' ? 'ml-kem-768 seed' : 'ml-kem-1024 seed', 64)
      const ecdh = provider.groups[curve].start(draws)
      const { length } = ecdh.publicKey
      t.deepEqual(share.publicKey.subarray(0, length), ecdh.publicKey)
      t.is(share.publicKey.length, length + kemLength)
      const answer = hybrid.answer(share.publicKey, seeded('b'))
      if (failed(answer)) return t.fail(answer.why)
      const agreed = ecdh.finish(answer.publicKey.subarray(0, length)) as Bytes
      t.deepEqual(answer.secret.subarray(0, agreed.length), agreed)

      const point = share.publicKey.slice()
      point[length - 1] = (point[length - 1] as number) ^ 1
      t.true(failed(hybrid.answer(point)))
      const key = share.publicKey.slice()
      key[length] = 0xff
      key[length + 1] = (key[length + 1] as number) | 0x0f
      const refused = hybrid.answer(key)
      t.true(failed(refused) && refused.why.includes('modulus check'))
      const reply = answer.publicKey.slice()
      reply[length - 1] = (reply[length - 1] as number) ^ 1
      t.true(failed(share.finish(reply)))
      for (const short of [share.publicKey.subarray(1), concat(share.publicKey, new Uint8Array(1))])
        t.true(failed(hybrid.answer(short)))
    })

for (const field of Object.values(finiteFields)) {
  const p = prime(field)
  test(`the prime of ${field.group} is a safe one, between 64 ones at either end`, t => {
    const bytes = numberBytes(p, field.length)
    for (const end of [bytes.subarray(0, 8), bytes.subarray(-8)])
      t.true(end.every(byte => byte === 0xff))
    t.true(checkPrimeSync(p, { checks: 5 }) && checkPrimeSync((p - 1n) / 2n, { checks: 5 }))
    // 2 generates the subgroup of order (p-1)/2: p is 7 modulo 8.
    t.is(p % 8n, 7n)
  })

  for (const provider of providers)
    test(`rule 23: ${provider.name} refuses shares of ${field.group} that are 0, 1, p-1, p or more, or of another length`, t => {
      const group = groupOf(provider, field.group)
      const share = group.start(seeded('x'))
      for (const number of [0n, 1n, p - 1n, p, p + 1n, (1n << BigInt(8 * field.length)) - 1n]) {
        const peer = numberBytes(number, field.length)
        t.like(group.answer(peer), { failure: 'bad_key_share' }, String(number))
        t.like(share.finish(peer), { failure: 'bad_key_share' })
      }
      for (const number of [2n, p - 2n])
        t.false(failed(group.answer(numberBytes(number, field.length))))
      for (const length of [0, field.length - 1, field.length + 1])
        t.like(group.answer(new Uint8Array(length).fill(2)), { failure: 'bad_key_share' })
    })

  test(`leading zeros of a share and of a secret of ${field.group} are kept (section 7.4.1)`, t => {
    // With Y = 2^(1/x) the secret is 2: as short as can be.
    const exponent = new Uint8Array(field.exponentLength).fill(0x11)
    exponent[0] = 0x91
    exponent[field.exponentLength - 1] = 0x11
    const q = (p - 1n) / 2n
    const x = BigInt(`0x${Buffer.from(exponent).toString('hex')}`)
    const y = power(2n, inverse(x, q), p)
    for (const provider of providers) {
      const share = groupOf(provider, field.group).start(() => exponent.slice())
      const secret = share.finish(numberBytes(y, field.length))
      t.deepEqual(secret, numberBytes(2n, field.length), provider.name)
    }
  })
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n
  for (let bit = exponent.toString(2), i = 0; i < bit.length; i++) {
    result = (result * result) % modulus
    if (bit[i] === '1') result = (result * base) % modulus
  }
  return result
}

/** Modulo a prime, by Fermat. */
function inverse(number: bigint, modulus: bigint): bigint {
  return power(number % modulus, modulus - 2n, modulus)
}

for (const provider of providers) {
  wycheproof(
    'x448',
    `${provider.name} computes X448 as Wycheproof says, and refuses points of low order`,
    { checked: 510 },
    vector => {
      const scalar = hex(vector.private as string)
      const peer = hex(vector.public as string)
      const finished = groupOf(provider, 'x448')
        .start(() => scalar.slice())
        .finish(peer)
      if (vector.flags?.includes('ZeroSharedSecret') || peer.length !== 56) return failed(finished)
      return !failed(finished) && equal(finished, hex(vector.shared as string))
    },
    provider === nodeCrypto ? undefined : { perKind: 12 },
  )

  // Through the group, so that order, lengths and the refusal count too; the other half is P-384's.
  const group = groupOf(provider, 'SecP384r1MLKEM1024')
  const scalar = new Uint8Array(48).fill(5)
  const ecdh = nodeCrypto.groups.secp384r1.start(() => scalar.slice())
  const point = ecdh.publicKey
  const agreed = ecdh.finish(point) as Bytes
  const drawing =
    (kem: Bytes): Random =>
    purpose =>
      purpose === 'secp384r1 key' ? scalar.slice() : kem.slice()
  const sampled = provider === nodeCrypto ? undefined : { perKind: 10 }

  wycheproof(
    'mlkem_1024',
    `${provider.name} makes ML-KEM-1024 keys and opens ciphertexts as Wycheproof says`,
    { checked: 173, other: 20 },
    vector => {
      const seed = hex(vector.seed as string)
      // Seeds of another length are a caller's mistake, not a peer's.
      if (seed.length !== 64) return vector.result === 'invalid' ? 'other' : false
      const share = group.start(drawing(seed))
      const secret = share.finish(concat(point, hex(vector.c as string)))
      if (vector.result === 'invalid') return failed(secret)
      return (
        equal(share.publicKey, concat(point, hex(vector.ek as string))) &&
        !failed(secret) &&
        equal(secret, concat(agreed, hex(vector.K as string)))
      )
    },
    sampled,
  )

  wycheproof(
    'mlkem_1024_encaps',
    `${provider.name} encapsulates to ML-KEM-1024 keys as Wycheproof says, and refuses the rest`,
    { checked: 269 },
    vector => {
      const coins = hex(vector.m as string)
      const answer = group.answer(concat(point, hex(vector.ek as string)), drawing(coins))
      if (vector.result === 'invalid') return failed(answer)
      return (
        !failed(answer) &&
        equal(answer.publicKey, concat(point, hex(vector.c as string))) &&
        equal(answer.secret, concat(agreed, hex(vector.K as string)))
      )
    },
    sampled,
  )
}

wycheproof(
  'mlkem_1024_keygen_seed',
  'ML-KEM-1024 key pairs follow from their seed as Wycheproof says',
  { checked: 100 },
  vector => {
    const { publicKey, secretKey } = mlKem1024.keygen(hex(vector.seed as string))
    return equal(publicKey, hex(vector.ek as string)) && equal(secretKey, hex(vector.dk as string))
  },
)
