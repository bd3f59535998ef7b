/** Hashes, HMAC and HKDF of both providers: RFC 5869, RFC 8448, and each other. */
import { ascii, equal, hkdfExpand, hkdfExpandLabel, hkdfExtract } from '@biopair/crypto'
import { noble } from '@biopair/crypto/noble'
import { nodeCrypto } from '@biopair/crypto-node'
import test from 'ava'
import fc from 'fast-check'
import { hex, providers } from '../support/providers.ts'

const names = ['sha256', 'sha384', 'sha512'] as const

test('both providers hash, authenticate and expand to the same bytes, however the input is cut', t => {
  const parts = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 4 })
  fc.assert(
    fc.property(
      fc.constantFrom(...names),
      fc.uint8Array({ maxLength: 150 }),
      parts,
      fc.nat(200),
      (name, key, pieces, length) => {
        const whole = Uint8Array.from(pieces.flatMap(piece => [...piece]))
        const [one, other] = [noble.hashes[name], nodeCrypto.hashes[name]]
        const [a, b] = [one.hmac(key), other.hmac(key)]
        return (
          equal(one.digest(...pieces), other.digest(whole)) &&
          equal(one.digest(whole), other.digest(...pieces)) &&
          equal(a.mac(...pieces), b.mac(whole)) &&
          equal(a.mac(whole), b.mac(...pieces)) &&
          equal(hkdfExpand(one, a, whole, length), hkdfExpand(other, b, whole, length))
        )
      },
    ),
    { numRuns: 200 },
  )
  t.pass()
})

for (const provider of providers) {
  test(`a running hash of ${provider.name} tells the hash so far and goes on`, t => {
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.array(fc.uint8Array({ maxLength: 150 }), { maxLength: 6 }),
        fc.nat(6),
        (name, pieces, fork) => {
          const hash = provider.hashes[name]
          const running = hash.start()
          let copy = running.copy()
          const seen: number[] = []
          for (const [index, piece] of pieces.entries()) {
            running.update(piece)
            seen.push(...piece)
            if (!equal(running.snapshot(), hash.digest(Uint8Array.from(seen)))) return false
            if (index === fork) copy = running.copy()
            else if (index > fork) copy.update(piece)
          }
          if (fork >= pieces.length) for (const piece of pieces) copy.update(piece)
          return equal(copy.snapshot(), running.snapshot())
        },
      ),
      { numRuns: 100 },
    )
    t.pass()
  })

  test(`${provider.name} computes RFC 5869 test case 1`, t => {
    const hash = provider.hashes.sha256
    const secret = hkdfExtract(hash, hex('000102030405060708090a0b0c'), hex('0b'.repeat(22)))
    t.deepEqual(secret, hex('077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5'))
    t.deepEqual(
      hkdfExpand(hash, hash.hmac(secret), hex('f0f1f2f3f4f5f6f7f8f9'), 42),
      hex('3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865'),
    )
  })

  test(`${provider.name} computes the handshake secrets of RFC 8448 section 3`, t => {
    const hash = provider.hashes.sha256
    const early = hkdfExtract(hash, undefined, new Uint8Array(32))
    t.deepEqual(early, hex('33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a'))
    const derived = hkdfExpandLabel(hash, hash.hmac(early), 'derived', hash.digest(), 32)
    t.deepEqual(derived, hex('6f2615a108c702c5678f54fc9dbab69716c076189c48250cebeac3576c3611ba'))
    const handshake = hkdfExtract(
      hash,
      derived,
      hex('8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d'),
    )
    t.deepEqual(handshake, hex('1dc826e93606aa6fdc0aadc12f741b01046aa6b99f691ed221a9f0ca043fbeac'))
    const transcript = hex('860c06edc07858ee8e78f0e7428c58edd6b43f2ca3e6e95f02ed063cf0e1cad8')
    const traffic = hkdfExpandLabel(hash, hash.hmac(handshake), 'c hs traffic', transcript, 32)
    t.deepEqual(traffic, hex('b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21'))
    const none = new Uint8Array(0)
    t.deepEqual(
      hkdfExpandLabel(hash, hash.hmac(traffic), 'key', none, 16),
      hex('dbfaa693d1762c5b666af5d950258d01'),
    )
    t.deepEqual(
      hkdfExpandLabel(hash, hash.hmac(traffic), 'iv', none, 12),
      hex('5bd3c71b836e0b76bb73265f'),
    )
  })

  test(`${provider.name} refuses a label, a context or a length that HkdfLabel has no room for`, t => {
    const hash = provider.hashes.sha256
    const hmac = hash.hmac(new Uint8Array(32))
    const none = new Uint8Array(0)
    t.is(hkdfExpandLabel(hash, hmac, 'x'.repeat(249), new Uint8Array(255), 32).length, 32)
    t.throws(() => hkdfExpandLabel(hash, hmac, 'x'.repeat(250), none, 32), {
      instanceOf: RangeError,
    })
    t.throws(() => hkdfExpandLabel(hash, hmac, 'key', new Uint8Array(256), 32), {
      instanceOf: RangeError,
    })
    t.throws(() => hkdfExpandLabel(hash, hmac, 'key', none, 255 * 32 + 1), {
      instanceOf: RangeError,
    })
  })

  test(`${provider.name} hashes RFC 6234's abc`, t => {
    t.is(
      Buffer.from(provider.hashes.sha256.digest(ascii('abc'))).toString('hex'),
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    )
  })
}
