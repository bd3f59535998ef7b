/** The groups of both providers: they agree with each other, draw the same from one seed, and refuse what is no share. */
import { createECDH } from 'node:crypto'
import {
  type Bytes,
  concat,
  equal,
  failed,
  type GroupName,
  type Random,
  groups as rows,
} from '@biopair/crypto'
import { curves, drawScalar } from '@biopair/crypto/kit'
import { noble } from '@biopair/crypto/noble'
import { nodeCrypto } from '@biopair/crypto-node'
import test from 'ava'
import fc from 'fast-check'
import { hex, pairings, providers } from '../support/providers.ts'
import { seeded } from '../support/seeded.ts'

const names = Object.keys(rows) as GroupName[]

const shares: Readonly<Record<GroupName, { client: number; server: number; secret: number }>> = {
  X25519MLKEM768: { client: 1216, server: 1120, secret: 64 },
  x25519: { client: 32, server: 32, secret: 32 },
  secp256r1: { client: 65, server: 65, secret: 32 },
  secp384r1: { client: 97, server: 97, secret: 48 },
  secp521r1: { client: 133, server: 133, secret: 66 },
}

for (const name of names) {
  for (const [client, server] of [...pairings, [nodeCrypto, nodeCrypto] as const])
    test(`${client.name} and ${server.name} agree over ${name}`, t => {
      const share = client.groups[name].start()
      t.is(share.publicKey.length, shares[name].client)
      const answer = server.groups[name].answer(share.publicKey)
      if (failed(answer)) return t.fail(answer.why)
      t.is(answer.publicKey.length, shares[name].server)
      t.is(answer.secret.length, shares[name].secret)
      t.deepEqual(share.finish(answer.publicKey), answer.secret)
    })

  test(`one seed gives the same shares and secrets of ${name} with either provider`, t => {
    fc.assert(
      fc.property(fc.string(), seed => {
        const runs = providers.map(provider => {
          const draws: string[] = []
          const source = seeded(seed)
          const random: Random = (purpose, length) => {
            draws.push(`${purpose} ${length}`)
            return source(purpose, length)
          }
          const share = provider.groups[name].start(random)
          const answer = provider.groups[name].answer(share.publicKey, random)
          if (failed(answer)) throw new Error(answer.why)
          const secret = share.finish(answer.publicKey) as Bytes
          return { all: concat(share.publicKey, answer.publicKey, answer.secret, secret), draws }
        })
        const [one, other] = runs as [(typeof runs)[0], (typeof runs)[0]]
        t.deepEqual(one.draws, other.draws)
        return equal(one.all, other.all)
      }),
      { numRuns: name.startsWith('secp') ? 3 : 8 },
    )
  })

  test(`both providers take the same shares of ${name} and refuse the same`, t => {
    const { client, server } = shares[name]
    const any = fc.oneof(
      fc.uint8Array({ maxLength: client + 2 }),
      fc.uint8Array({ minLength: client, maxLength: client }),
      fc.uint8Array({ minLength: server, maxLength: server }),
    )
    const seed = seeded('peer')
    const valid = noble.groups[name].start(seed).publicKey
    const near = fc.tuple(fc.nat(), fc.nat(7)).map(([at, bit]) => {
      const share = valid.slice()
      share[at % share.length] = (share[at % share.length] as number) ^ (1 << bit)
      return share
    })
    fc.assert(
      fc.property(fc.oneof(any, near), share => {
        const verdicts = providers.map(provider => {
          const answer = provider.groups[name].answer(share, seeded('answer'))
          const finished = provider.groups[name].start(seeded('start')).finish(share)
          if (failed(answer) && answer.failure !== 'bad_key_share') throw new Error(answer.failure)
          if (failed(finished) && finished.failure !== 'bad_key_share')
            throw new Error(finished.failure)
          return [
            failed(answer) ? 'refused' : Buffer.from(answer.secret).toString('hex'),
            failed(finished) ? 'refused' : Buffer.from(finished).toString('hex'),
          ]
        })
        return verdicts[0]?.join() === verdicts[1]?.join()
      }),
      { numRuns: name === 'secp521r1' || name === 'secp384r1' ? 10 : 25 },
    )
    t.pass()
  })
}

for (const provider of providers) {
  test(`${provider.name} refuses an encapsulation key that fails the modulus check`, t => {
    const group = provider.groups.X25519MLKEM768
    const { publicKey } = group.start(seeded('modulus'))
    // The first coefficient becomes 4095: it is above q = 3329.
    publicKey[0] = 0xff
    publicKey[1] = (publicKey[1] as number) | 0x0f
    const answer = group.answer(publicKey)
    t.true(failed(answer) && answer.why.includes('modulus check'))
  })

  test(`${provider.name} gives an unshared secret, no error, for a ciphertext made for another key`, t => {
    const group = provider.groups.X25519MLKEM768
    const share = group.start(seeded('one'))
    const other = group.answer(group.start(seeded('two')).publicKey, seeded('three'))
    if (failed(other)) return t.fail(other.why)
    const secret = share.finish(other.publicKey)
    t.false(failed(secret))
    t.notDeepEqual(secret, other.secret)
  })

  test(`${provider.name} takes no compressed point`, t => {
    const { publicKey } = provider.groups.secp256r1.start(seeded('point'))
    const compressed = publicKey.slice(0, 33)
    compressed[0] = 2 + ((publicKey.at(-1) as number) & 1)
    t.true(failed(provider.groups.secp256r1.answer(compressed)))
    // The hybrid form of X9.62, which OpenSSL takes.
    const hybrid = publicKey.slice()
    hybrid[0] = 6 + ((publicKey.at(-1) as number) & 1)
    t.true(failed(provider.groups.secp256r1.answer(hybrid)))
  })

  test(`${provider.name} computes the X25519 of RFC 8448 section 3`, t => {
    const client = provider.groups.x25519.start(() =>
      hex('49af42ba7f7994852d713ef2784bcbcaa7911de26adc5642cb634540e7ea5005'),
    )
    t.deepEqual(
      client.publicKey,
      hex('99381de560e4bd43d23d8e435a7dbafeb3c06e51c13cae4d5413691e529aaf2c'),
    )
    const server = hex('c9828876112095fe66762bdbf7c672e156d6cc253b833df1dd69b1b04e751f0f')
    t.deepEqual(
      client.finish(server),
      hex('8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d'),
    )
  })

  test(`${provider.name} draws a scalar again until it is below the order`, t => {
    const { order } = curves['P-256']
    const zero = new Uint8Array(32)
    const one = new Uint8Array(32)
    one[31] = 1
    const queue = [order, zero, new Uint8Array(32).fill(0xff), one]
    const share = provider.groups.secp256r1.start(() => (queue.shift() as Bytes).slice())
    t.is(queue.length, 0)
    const generator = '046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296'
    t.is(Buffer.from(share.publicKey.subarray(0, 33)).toString('hex'), generator)
  })

  test(`${provider.name} refuses a source that is stuck or gives another length`, t => {
    const zeros: Random = (_purpose, length) => new Uint8Array(length)
    t.throws(() => provider.groups.secp384r1.start(zeros), { code: 'ERR_RANDOM_STUCK' })
    for (const name of names)
      t.throws(() => provider.groups[name].start(() => new Uint8Array(31)), {
        code: 'ERR_RANDOM_LENGTH',
      })
  })
}

test('the orders of the curves are the ones that OpenSSL knows', t => {
  for (const curve of Object.values(curves)) {
    t.is(curve.order.length, curve.length)
    const ecdh = createECDH(curve.name === 'P-256' ? 'prime256v1' : curve.group)
    const largest = curve.order.slice()
    t.throws(() => ecdh.setPrivateKey(largest))
    // Each order is odd.
    largest[largest.length - 1] = (largest.at(-1) as number) - 1
    t.notThrows(() => ecdh.setPrivateKey(largest))
    t.deepEqual(
      drawScalar(() => largest.slice(), curve),
      largest,
    )
  }
})
