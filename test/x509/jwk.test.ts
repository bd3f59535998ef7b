import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import { SslContext } from '@biopair/ssl'
import { type Jwk, privateKeyFrom, publicKeysFrom, X509InputError } from '@biopair/x509'
import test from 'ava'
import fc from 'fast-check'
import { jwkKinds, keyOf, materialOf, refusal, signs } from '../support/key-forms.ts'
import { chainFor } from '../support/mint.ts'
import { MlDsaKey, mlDsaKinds } from '../support/ml-dsa-key.ts'

const jwkOf = (kind: (typeof jwkKinds)[number]): Jwk => keyOf(kind).export({ format: 'jwk' })
const publicJwkOf = (kind: (typeof jwkKinds)[number]): Jwk =>
  createPublicKey(keyOf(kind)).export({ format: 'jwk' })

/** RFC 9964: the private key is the seed. */
function akp(kind: (typeof mlDsaKinds)[number]): { key: MlDsaKey; jwk: Jwk } {
  const key = new MlDsaKey(kind, new Uint8Array(32).fill(7))
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')
  return { key, jwk: { kty: 'AKP', alg: key.set, pub: text(key.publicKey), priv: text(key.seed) } }
}

const every: readonly Jwk[] = [...jwkKinds.map(jwkOf), akp('mldsa44').jwk]
const secretMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'priv'] as const
const members = ['x', 'y', 'n', 'e', 'pub', ...secretMembers] as const

/** Pieces of what must not be in a message. */
function secretsOf(jwk: Jwk): string[] {
  return secretMembers.flatMap(name => {
    const text = jwk[name]
    return typeof text === 'string' ? [text.slice(0, 6), text.slice(-6)] : []
  })
}

for (const kind of jwkKinds)
  test(`the JWK of a ${kind} key is that key, and its public half is the certificate's`, t => {
    t.deepEqual(privateKeyFrom(jwkOf(kind)), materialOf(kind))
    signs(t, privateKeyFrom(jwkOf(kind)), kind)
    t.deepEqual(publicKeysFrom(publicJwkOf(kind)), [chainFor(kind).leaf.spki])
    t.deepEqual(publicKeysFrom([JSON.stringify(publicJwkOf(kind))]), [chainFor(kind).leaf.spki])
  })

for (const kind of mlDsaKinds)
  test(`the AKP JWK of ${kind} holds the seed`, t => {
    const { key, jwk } = akp(kind)
    t.deepEqual(privateKeyFrom(jwk), privateKeyFrom(key.pkcs8('seed')))
    const { priv: _, ...half } = jwk
    t.deepEqual(publicKeysFrom(half), [key.spki])
  })

test('a JWK of Web Crypto says what it is for, and is read', t => {
  const jwk = { ...jwkOf('p256'), use: 'sig', key_ops: ['sign'], ext: true, kid: 'x' }
  t.deepEqual(privateKeyFrom(jwk), materialOf('p256'))
})

test('a JWK that was changed in any member is no key, or not one that a context takes', t => {
  const change = fc.oneof(
    fc.constant(() => undefined),
    fc.constantFrom<unknown>(5, null, {}, ['x'], '').map(value => () => value),
    fc.nat().map(at => (text: string) => text.slice(0, at % text.length)),
    fc.nat().map(at => (text: string) => {
      const place = at % text.length
      const other = text[place] === 'A' ? 'B' : 'A'
      return text.slice(0, place) + other + text.slice(place + 1)
    }),
    fc.constantFrom('=', 'A', 'AAAA', '+', ' ').map(more => (text: string) => text + more),
    fc.constant((text: string) => `AAAA${text}`),
  )
  fc.assert(
    fc.property(
      fc.constantFrom(...every),
      fc.constantFrom(...members),
      change,
      (jwk, name, changed) => {
        const before = jwk[name]
        if (before === undefined) return
        const after = changed(before as string)
        if (after === before) return
        const damaged = { ...jwk, [name]: after } as Jwk
        const error = t.throws(
          () => new SslContext({ crypto: nodeCrypto, rawKey: damaged, clientCertTypes: ['rpk'] }),
          { instanceOf: TypeError },
          name,
        )
        for (const secret of secretsOf(jwk)) t.false(error?.message.includes(secret))
        try {
          privateKeyFrom(damaged)
        } catch (thrown) {
          t.true(thrown instanceof X509InputError)
        }
      },
    ),
    { numRuns: 400 },
  )
})

test('a JWK of another kind, or for something else, is refused by name', t => {
  const ec = jwkOf('p256')
  const rsa = jwkOf('rsa')
  const x25519 = { kty: 'OKP', crv: 'X25519', x: 'AA', d: 'AA' }
  for (const [jwk, code, message] of [
    [{ ...ec, kty: 'oct', k: 'AA' }, 'ERR_PRIVATE_KEY_UNSUPPORTED', /kty: .* got oct/],
    [{ ...ec, crv: 'secp256k1' }, 'ERR_PRIVATE_KEY_UNSUPPORTED', /crv: .* got secp256k1/],
    [{ ...ec, crv: 'toString' }, 'ERR_PRIVATE_KEY_UNSUPPORTED', /crv: .* got toString/],
    [x25519, 'ERR_PRIVATE_KEY_UNSUPPORTED', /expected Ed25519, got X25519/],
    [{ ...akp('mldsa44').jwk, alg: 'ES256' }, 'ERR_PRIVATE_KEY_UNSUPPORTED', /alg: .* got ES256/],
    [{ ...ec, use: 'enc' }, 'ERR_PRIVATE_KEY_UNSUPPORTED', /use: expected sig/],
    [{ ...ec, key_ops: ['deriveKey'] }, 'ERR_PRIVATE_KEY_UNSUPPORTED', /key_ops: expected sign/],
    [{ ...ec, key_ops: 'sign' }, 'ERR_PRIVATE_KEY_UNSUPPORTED', /key_ops/],
    [{ ...rsa, oth: [{}] }, 'ERR_PRIVATE_KEY_UNSUPPORTED', /two primes, got more/],
    [{ ...rsa, p: undefined }, 'ERR_PRIVATE_KEY_INVALID', /p: expected base64url, got nothing/],
    [publicJwkOf('p256'), 'ERR_NO_PRIVATE_KEY', /with the member d/],
    [{ ...akp('mldsa44').jwk, priv: undefined }, 'ERR_NO_PRIVATE_KEY', /with the member priv/],
    [{ ...ec, kty: ec.d }, 'ERR_PRIVATE_KEY_UNSUPPORTED', /got another/],
  ] as const)
    t.regex(
      refusal(t, () => privateKeyFrom(jwk as Jwk), code, ...secretsOf(ec)),
      message,
    )
  t.regex(
    refusal(t, () => publicKeysFrom(ec), 'ERR_PUBLIC_KEY_INVALID'),
    /got a private one/,
  )
  const enc = { ...publicJwkOf('p256'), use: 'enc' }
  refusal(t, () => publicKeysFrom(enc), 'ERR_PUBLIC_KEY_INVALID')
})

test('a JWK whose halves are of two keys is refused where a key is made of it', t => {
  const other = keyOf('p256')
  const fresh = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
    publicKeyEncoding: { type: 'spki', format: 'der' },
  })
  const point = fresh.publicKey.subarray(-64)
  const mixed = {
    ...other.export({ format: 'jwk' }),
    x: point.subarray(0, 32).toString('base64url'),
    y: point.subarray(32).toString('base64url'),
  }
  const { pem } = chainFor('p256')
  t.throws(() => new SslContext({ crypto: nodeCrypto, cert: pem, key: mixed }), {
    code: 'ERR_INVALID_ARG_VALUE',
    message: /key\[0\]: expected a JWK whose public half/,
  })
})
