import { webcrypto } from 'node:crypto'
import { bioPair } from '@biopair/bio'
import { nodeCrypto } from '@biopair/crypto-node'
import { Ssl, SslContext } from '@biopair/ssl'
import { privateKeyFrom, X509InputError } from '@biopair/x509'
import { loadIdentity } from '@biopair/x509/pki'
import test from 'ava'
import { materialOf, refusal } from '../support/key-forms.ts'
import { chainFor, type KeyKind } from '../support/mint.ts'

const { subtle } = webcrypto
type Algorithm = Parameters<typeof subtle.importKey>[2]

const kinds: readonly (readonly [KeyKind, Algorithm])[] = [
  ['p256', { name: 'ECDSA', namedCurve: 'P-256' }],
  ['p384', { name: 'ECDSA', namedCurve: 'P-384' }],
  ['p521', { name: 'ECDSA', namedCurve: 'P-521' }],
  ['ed25519', { name: 'Ed25519' }],
  ['rsa', { name: 'RSA-PSS', hash: 'SHA-256' }],
]

const imported = (kind: KeyKind, algorithm: Algorithm, extractable: boolean) =>
  subtle.importKey('pkcs8', chainFor(kind).leaf.keyDer, algorithm, extractable, ['sign'])

for (const [kind, algorithm] of kinds)
  test(`an extractable CryptoKey of ${kind} loads with a promise, and shakes hands`, async t => {
    const { pem, root } = chainFor(kind)
    const key = await imported(kind, algorithm, true)
    const identity = await loadIdentity({ cert: pem, key })
    t.deepEqual(privateKeyFrom(identity.key), materialOf(kind))
    const [left, right] = bioPair()
    const client = new SslContext({ crypto: nodeCrypto, ca: root.pem })
    const near = new Ssl(client, { servername: 'server.example' }).setBio(left).setConnectState()
    const far = new Ssl(new SslContext({ crypto: nodeCrypto, ...identity }))
    far.setBio(right).setAcceptState()
    for (let i = 0; i < 4; i++) for (const end of [near, far]) end.doHandshake()
    t.true(near.authorized)
  })

test('a CryptoKey that cannot be read now is refused, and the error says what to call', async t => {
  const [kind, algorithm] = kinds[0] as (typeof kinds)[number]
  const { pem } = chainFor(kind)
  const locked = await imported(kind, algorithm, false)
  const open = await imported(kind, algorithm, true)
  for (const key of [locked, open])
    t.throws(() => new SslContext({ cert: pem, key: key as never }), {
      code: 'ERR_INVALID_ARG_VALUE',
      message: /key\[0\]: .* got a CryptoKey: webCryptoKey\(cert, key, crypto\.subtle\)/,
    })
  t.regex(
    refusal(t, () => privateKeyFrom(open as never), 'ERR_PRIVATE_KEY_UNSUPPORTED'),
    /got a CryptoKey: loadIdentity of biopair\/pki/,
  )
  t.regex(
    refusal(t, () => privateKeyFrom(locked as never), 'ERR_PRIVATE_KEY_UNSUPPORTED'),
    /a non-extractable CryptoKey/,
  )
  const error = { instanceOf: X509InputError, code: 'ERR_PRIVATE_KEY_UNSUPPORTED' }
  await t.throwsAsync(loadIdentity({ cert: pem, key: locked }), {
    ...error,
    message: /webCryptoKey\(cert, key, crypto\.subtle\)/,
  })
  const spki = chainFor(kind).leaf.spki
  const verifier = await subtle.importKey('spki', spki, algorithm, true, ['verify'])
  await t.throwsAsync(loadIdentity({ cert: pem, key: verifier }), {
    ...error,
    message: /of another type/,
  })
  const refusing = { exportKey: () => Promise.reject(new Error('a secret')) }
  const refused = await t.throwsAsync(
    loadIdentity({ cert: pem, key: open }, { subtle: refusing }),
    error,
  )
  t.false(refused?.message.includes('a secret'))
})

test('loadIdentity puts a bundle in order, takes an encrypted key, and compares both', async t => {
  const { leaf, intermediate, root } = chainFor('p256')
  const encrypted = leaf.key
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
    .toString()
  const text = root.pem + encrypted + intermediate.pem + leaf.pem
  const identity = await loadIdentity(text, { passphrase: 'x' })
  t.is(identity.cert.replaceAll('\n', ''), (leaf.pem + intermediate.pem).replaceAll('\n', ''))
  t.deepEqual(identity.key, new Uint8Array(leaf.keyDer))
  t.deepEqual(identity.ca, [root.der])
  await t.throwsAsync(loadIdentity(text, { passphrase: 'y' }), {
    code: 'ERR_PRIVATE_KEY_PASSPHRASE',
  })
  await t.throwsAsync(loadIdentity(text), { code: 'ERR_PRIVATE_KEY_ENCRYPTED' })
  const other = chainFor('p384').keyPem
  await t.throwsAsync(loadIdentity({ cert: leaf.pem, key: other }), {
    code: 'ERR_X509_NO_CERTIFICATE',
    message: /got 1 certificates of other keys/,
  })
  for (const nothing of [undefined, null, 5, {}, { cert: leaf.pem }, { kty: 'EC' }])
    await t.throwsAsync(loadIdentity(nothing as never), { instanceOf: X509InputError })
})
