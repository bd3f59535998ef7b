/** Private keys of Web Crypto that cannot be extracted: both roles sign with them, and what cannot is refused when the context is made. */
import { createPublicKey, verify, webcrypto } from 'node:crypto'
import { bioPair } from '@biopair/bio'
import { signatureSchemes } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import { type ContextOptions, drive, Ssl, SslContext, webCryptoKey } from '@biopair/ssl'
import test from 'ava'
import fc from 'fast-check'
import { chainFor, type KeyKind } from '../support/mint.ts'

const { subtle } = webcrypto
type Algorithm = Parameters<typeof subtle.importKey>[2]

/** The key of a chain, imported so that nobody gets it out again. */
async function locked(kind: KeyKind, algorithm: Algorithm, usages = ['sign'] as const) {
  const { leaf } = chainFor(kind)
  const key = await subtle.importKey('pkcs8', leaf.keyDer, algorithm, false, [...usages])
  return { cert: chainFor(kind).pem, key }
}

const kinds: readonly (readonly [KeyKind, Algorithm, string])[] = [
  ['p256', { name: 'ECDSA', namedCurve: 'P-256' }, 'ecdsa_secp256r1_sha256'],
  ['p384', { name: 'ECDSA', namedCurve: 'P-384' }, 'ecdsa_secp384r1_sha384'],
  ['p521', { name: 'ECDSA', namedCurve: 'P-521' }, 'ecdsa_secp521r1_sha512'],
  ['ed25519', { name: 'Ed25519' }, 'ed25519'],
  ['rsa', { name: 'RSA-PSS', hash: 'SHA-256' }, 'rsa_pss_rsae_sha256'],
  ['rsa', { name: 'RSA-PSS', hash: 'SHA-384' }, 'rsa_pss_rsae_sha384'],
  ['rsa', { name: 'RSA-PSS', hash: 'SHA-512' }, 'rsa_pss_rsae_sha512'],
]

for (const [kind, algorithm, scheme] of kinds)
  test(`server and client both sign with a CryptoKey that is not extractable: ${scheme}`, async t => {
    const { cert, key } = await locked(kind, algorithm)
    t.false(key.extractable)
    const own = webCryptoKey(cert, key, subtle)
    const ca = chainFor(kind).root.pem
    const made = (options: ContextOptions) => new SslContext({ crypto: nodeCrypto, ca, ...options })
    const [left, right] = bioPair(1, 100)
    const client = new Ssl(made(own), { servername: 'server.example' }).setBio(left)
    const server = new Ssl(made({ ...own, requestCert: true })).setBio(right)
    const stops = new Set<string>()
    const shake = (ssl: Ssl, step: () => ReturnType<Ssl['connect']>) =>
      drive(ssl, () => {
        const outcome = step()
        stops.add(outcome.status)
        return outcome
      })
    const ends = await Promise.all([
      shake(client, () => client.connect()),
      shake(server, () => server.accept()),
    ])
    t.deepEqual(ends, [{ status: 'done' }, { status: 'done' }])
    t.deepEqual([client.peerSignatureScheme, server.peerSignatureScheme], [scheme, scheme])
    t.true(server.authorized && client.authorized)
    t.true(stops.has('want_signature'), 'the signature comes later')
  })

test('whatever halves Web Crypto gives, the peer reads the same numbers', async t => {
  const { cert, key } = await locked('p256', { name: 'ECDSA', namedCurve: 'P-256' })
  const { algorithm } = signatureSchemes.ecdsa_secp256r1_sha256
  t.is(algorithm.kind, 'ecdsa')
  // Zeros in front, high bits, and none at all: the shortest encoding is another each time.
  const half = fc
    .tuple(fc.nat(32), fc.uint8Array({ minLength: 32, maxLength: 32 }))
    .map(([zeros, bytes]) => bytes.fill(0, 0, zeros))
  await fc.assert(
    fc.asyncProperty(half, half, async (r, s) => {
      const halves = Uint8Array.from([...r, ...s])
      const { signCallback } = webCryptoKey(cert, key, {
        sign: () => Promise.resolve(halves.slice().buffer),
      })
      const der = await signCallback(
        {
          want: 'signature',
          identity: { chain: [], schemes: [] },
          scheme: signatureSchemes.ecdsa_secp256r1_sha256,
          content: new Uint8Array(0),
        },
        { signal: undefined } as never,
      )
      const [rLength] = [der[3] as number]
      const numbers = [der.subarray(4, 4 + rLength), der.subarray(6 + rLength)]
      t.deepEqual(
        [der[0], der[1], der[2], der[4 + rLength], der[5 + rLength]],
        [0x30, der.length - 2, 0x02, 0x02, numbers[1]?.length],
      )
      for (const [i, number] of numbers.entries()) {
        // X.690 §8.3: no byte more than there has to be, and never negative.
        t.false(number[0] === 0 && number.length > 1 && (number[1] as number) < 0x80)
        t.true((number[0] as number) < 0x80)
        t.is(BigInt(`0x${Buffer.from(number).toString('hex')}`), asNumber(i === 0 ? r : s))
      }
    }),
  )
})

test('a signature verifies as it stands', async t => {
  const { cert, key } = await locked('p384', { name: 'ECDSA', namedCurve: 'P-384' })
  const content = new TextEncoder().encode('to be signed')
  const { signCallback } = webCryptoKey(cert, key, subtle)
  const signature = await signCallback(
    {
      want: 'signature',
      identity: { chain: [], schemes: [] },
      scheme: signatureSchemes.ecdsa_secp384r1_sha384,
      content,
    },
    { signal: undefined } as never,
  )
  t.true(verify('sha384', content, createPublicKey(chainFor('p384').leaf.keyPem), signature))
})

test('a key that cannot sign for TLS 1.3, or not for this certificate, is refused at once and says why', async t => {
  const rsa = await locked('rsa', { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' })
  const ec = await locked('p256', { name: 'ECDSA', namedCurve: 'P-256' })
  const pem = chainFor('rsa').pem
  const publicKey = { type: 'public', usages: ['verify'], algorithm: ec.key.algorithm }
  for (const [key, message] of [
    [rsa.key, /expected ECDSA, RSA-PSS or Ed25519, .* got RSASSA-PKCS1-v1_5/],
    [ec.key, /own curve or kind, got ECDSA P-256/],
    [publicKey, /expected a private CryptoKey with usage sign, got a public one for verify/],
  ] as const)
    t.throws(() => webCryptoKey(pem, key as never, subtle), {
      instanceOf: TypeError,
      code: 'ERR_INVALID_ARG_VALUE',
      message,
    })
})

function asNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
}
