/** What was secret is zero afterwards; what was wiped says so; what is handed out is the caller's own memory. */
import { type Bytes, failed, type GroupName, groups, type Random } from '@biopair/crypto'
import { mlDsaKeygen } from '@biopair/crypto/ml-dsa'
import test from 'ava'
import { providers } from '../support/providers.ts'
import { rsaMaterial } from '../support/rsa-key.ts'
import { seeded } from '../support/seeded.ts'

const names = Object.keys(groups) as GroupName[]
const rsa = rsaMaterial(1024)

/** A source that keeps hold of every array it gave. */
function watched(seed: string): { random: Random; drawn: Bytes[] } {
  const source = seeded(seed)
  const drawn: Bytes[] = []
  const random: Random = (purpose, length) => {
    const bytes = source(purpose, length)
    drawn.push(bytes)
    return bytes
  }
  return { random, drawn }
}

const zero = (bytes: Uint8Array): boolean => bytes.every(byte => byte === 0)

/** A plain Uint8Array over memory of its own, so that wiping or sending it touches nothing else. */
const own = (bytes: Uint8Array): boolean =>
  Object.getPrototypeOf(bytes) === Uint8Array.prototype && bytes.buffer.byteLength === bytes.length

for (const provider of providers) {
  for (const name of names)
    test(`every draw of ${provider.name} for ${name} is zero once it has been used`, t => {
      const group = provider.groups[name]
      const client = watched('client')
      const server = watched('server')
      const share = group.start(client.random)
      const answer = group.answer(share.publicKey, server.random)
      if (failed(answer)) return t.fail(answer.why)
      t.true(server.drawn.length > 0)
      t.true(server.drawn.every(zero))
      share.finish(answer.publicKey)
      share.wipe()
      t.true(client.drawn.length > 0)
      t.true(client.drawn.every(zero))
    })

  test(`a refused share leaves no draw of ${provider.name} behind`, t => {
    const { random, drawn } = watched('refused')
    // u = 1 is of low order.
    const peer = new Uint8Array(32)
    peer[0] = 1
    t.true(failed(provider.groups.x25519.answer(peer, random)))
    t.is(drawn.length, 1)
    t.true(drawn.every(zero))
  })

  test(`the rnd that ${provider.name} draws for an ML-DSA signature is zero once it has been used`, t => {
    const { random, drawn } = watched('rnd')
    const asked: unknown[] = []
    const key = provider.privateKey({ kind: 'ml-dsa', set: 'ML-DSA-44', seed: new Uint8Array(32) })
    if (failed(key)) return t.fail(key.why)
    key.sign({ kind: 'ml-dsa', set: 'ML-DSA-44' }, new Uint8Array(1), (purpose, length) => {
      asked.push([purpose, length])
      return random(purpose, length)
    })
    t.deepEqual(asked, [['ml-dsa rnd', 32]])
    t.true(drawn.every(zero))
  })

  test(`what ${provider.name} wiped says so with a TypeError`, t => {
    const wiped = { instanceOf: TypeError, code: 'ERR_WIPED' }
    for (const name of names) {
      const share = provider.groups[name].start(seeded('share'))
      const peer = provider.groups[name].answer(share.publicKey)
      if (failed(peer)) return t.fail(peer.why)
      share.wipe()
      share.wipe()
      t.throws(() => share.finish(peer.publicKey), wiped)
    }
    for (const hash of Object.values(provider.hashes)) {
      const hmac = hash.hmac(new Uint8Array(32))
      hmac.wipe()
      hmac.wipe()
      t.throws(() => hmac.mac(new Uint8Array(1)), wiped)
    }
    for (const aead of Object.values(provider.aeads)) {
      const key = aead.key(new Uint8Array(aead.keyLength))
      key.wipe()
      key.wipe()
      const nonce = new Uint8Array(12)
      const data = new Uint8Array(5)
      t.throws(() => key.seal(nonce, data, new Uint8Array(16), 0, new Uint8Array(16)), wiped)
      t.throws(() => key.open(nonce, data, new Uint8Array(16), new Uint8Array(16)), wiped)
    }
    const privateKeys = [
      [
        { kind: 'ec', curve: 'P-256', d: Uint8Array.of(1) },
        { kind: 'ecdsa', hash: 'sha256' },
      ],
      [{ kind: 'ed25519', seed: new Uint8Array(32) }, { kind: 'ed25519' }],
      [
        { kind: 'ml-dsa', set: 'ML-DSA-44', seed: new Uint8Array(32) },
        { kind: 'ml-dsa', set: 'ML-DSA-44' },
      ],
      [rsa, { kind: 'rsa_pkcs1', hash: 'sha256' }],
    ] as const
    for (const [material, algorithm] of privateKeys) {
      const key = provider.privateKey(material)
      if (failed(key)) return t.fail(key.why)
      key.wipe()
      key.wipe()
      t.throws(() => key.sign(algorithm, new Uint8Array(1)), wiped)
      t.throws(() => key.sign(algorithm, new Uint8Array(1), seeded('')), wiped)
    }
  })

  test(`${provider.name} wipes its own copy, not the key it was given`, t => {
    const seed = new Uint8Array(32).fill(3)
    const d = new Uint8Array(32).fill(3)
    const secret = new Uint8Array(32).fill(3)
    const { expanded } = mlDsaKeygen('ML-DSA-44', seed)
    const before = expanded.slice()
    for (const key of [
      provider.privateKey({ kind: 'ed25519', seed }),
      provider.privateKey({ kind: 'ec', curve: 'P-256', d }),
      provider.privateKey({ kind: 'ml-dsa', set: 'ML-DSA-44', seed }),
      provider.privateKey({ kind: 'ml-dsa', set: 'ML-DSA-44', expanded }),
    ]) {
      if (failed(key)) return t.fail(key.why)
      key.wipe()
    }
    const hmac = provider.hashes.sha256.hmac(secret)
    hmac.wipe()
    const aead = provider.aeads['aes-256-gcm'].key(secret)
    aead.wipe()
    t.deepEqual(expanded, before)
    for (const bytes of [seed, d, secret]) t.true(bytes.every(byte => byte === 3))
  })

  test(`${provider.name} hands out arrays of their own memory`, t => {
    for (const hash of Object.values(provider.hashes)) {
      t.true(own(hash.digest(new Uint8Array(1))))
      t.true(own(hash.digest(new Uint8Array(1), new Uint8Array(1))))
      t.true(own(hash.start().snapshot()))
      t.true(own(hash.hmac(new Uint8Array(1)).mac(new Uint8Array(1))))
    }
    for (const name of names) {
      const share = provider.groups[name].start()
      const answer = provider.groups[name].answer(share.publicKey)
      if (failed(answer)) return t.fail(answer.why)
      const secret = share.finish(answer.publicKey)
      if (failed(secret)) return t.fail(secret.why)
      for (const bytes of [share.publicKey, answer.publicKey, answer.secret, secret])
        t.true(own(bytes), name)
    }
    const ec = provider.privateKey({ kind: 'ec', curve: 'P-256', d: Uint8Array.of(1) })
    const ed = provider.privateKey({ kind: 'ed25519', seed: new Uint8Array(32) })
    const ml = provider.privateKey({ kind: 'ml-dsa', set: 'ML-DSA-44', seed: new Uint8Array(32) })
    const rsaKey = provider.privateKey(rsa)
    if (failed(ec) || failed(ed) || failed(ml) || failed(rsaKey)) return t.fail('no key')
    const message = new Uint8Array(1)
    for (const random of [undefined, seeded('')]) {
      t.true(own(ec.sign({ kind: 'ecdsa', hash: 'sha256' }, message, random)))
      t.true(own(ed.sign({ kind: 'ed25519' }, message, random)))
      t.true(own(ml.sign({ kind: 'ml-dsa', set: 'ML-DSA-44' }, message, random)))
      t.true(own(rsaKey.sign({ kind: 'rsa_pkcs1', hash: 'sha256' }, message, random)))
      const pss = { kind: 'rsa_pss', hash: 'sha256', saltLength: 32 } as const
      t.true(own(rsaKey.sign(pss, message, random)))
    }
    t.true(own(provider.randomBytes(10)))
  })
}
