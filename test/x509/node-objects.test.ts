import { createPublicKey, createSecretKey, X509Certificate } from 'node:crypto'
import { runInNewContext } from 'node:vm'
import { bioPair } from '@biopair/bio'
import { nodeCrypto } from '@biopair/crypto-node'
import { Ssl, SslContext } from '@biopair/ssl'
import {
  certificateChainFrom,
  privateKeyFrom,
  publicKeysFrom,
  trustStore,
  X509InputError,
} from '@biopair/x509'
import test from 'ava'
import { formsOf, keyOf, materialOf, refusal, signs } from '../support/key-forms.ts'
import { chainFor, keyKinds } from '../support/mint.ts'

for (const kind of keyKinds)
  test(`a ${kind} private key is the same key in every form that node:crypto has, and signs`, t => {
    const expected = materialOf(kind)
    for (const [form, input] of formsOf(kind)) t.deepEqual(privateKeyFrom(input), expected, form)
    signs(t, privateKeyFrom(keyOf(kind)), kind)
  })

test('an X509Certificate is a certificate, in a chain and in a store', t => {
  const { leaf, intermediate, root, der } = chainFor('p256')
  const objects = [new X509Certificate(leaf.der), new X509Certificate(intermediate.pem)]
  t.deepEqual(certificateChainFrom(objects), [...der])
  t.deepEqual(certificateChainFrom(objects[0] as X509Certificate), [leaf.der])
  const store = trustStore([new X509Certificate(root.der), root.pem])
  t.is(store.certificates.length, 1)
})

test('bytes are bytes: a view of any type, a buffer, shared memory, another realm', t => {
  const { leaf, root } = chainFor('p256')
  const shared = new SharedArrayBuffer(leaf.der.length)
  new Uint8Array(shared).set(leaf.der)
  const foreign = runInNewContext(`Uint8Array.from([${leaf.der.join()}])`) as Uint8Array
  t.false(foreign instanceof Uint8Array)
  const padded = new Uint8Array(leaf.der.length + 2)
  padded.set(leaf.der, 1)
  for (const input of [
    leaf.der.slice().buffer,
    shared as unknown as ArrayBuffer,
    foreign,
    foreign.buffer as ArrayBuffer,
    new DataView(padded.buffer, 1, leaf.der.length),
    new Int8Array(leaf.der),
  ])
    t.deepEqual(certificateChainFrom(input), [leaf.der])
  const text = Buffer.from(root.pem)
  t.is(trustStore([new DataView(text.buffer, text.byteOffset, text.length)]).certificates.length, 1)
})

test('what is read is a copy: the caller may wipe what was given', t => {
  const { leaf } = chainFor('ed25519')
  const der = new Uint8Array(leaf.keyDer)
  const material = privateKeyFrom(der.buffer)
  der.fill(0)
  t.deepEqual(material, materialOf('ed25519'))
  // A Buffer's slice copies nothing.
  const buffer = Buffer.from(leaf.keyDer)
  const own = privateKeyFrom(buffer)
  new SslContext({ crypto: nodeCrypto, cert: leaf.pem, key: buffer })
  t.deepEqual(new Uint8Array(buffer), new Uint8Array(leaf.keyDer))
  buffer.fill(0)
  t.deepEqual(own, materialOf('ed25519'))
  const certificate = new Uint8Array(leaf.der)
  const [chain] = certificateChainFrom(certificate)
  const store = trustStore([certificate])
  certificate.fill(0)
  t.deepEqual(chain, leaf.der)
  t.deepEqual(Buffer.from(store.certificates[0]?.raw ?? []), Buffer.from(leaf.der))
})

test('a public KeyObject is a public key, and no private one', t => {
  for (const kind of keyKinds) {
    const key = createPublicKey(keyOf(kind))
    t.deepEqual(publicKeysFrom([key]), [chainFor(kind).leaf.spki])
    t.regex(
      refusal(t, () => privateKeyFrom(key), 'ERR_PRIVATE_KEY_INVALID'),
      /a public KeyObject/,
    )
    t.regex(
      refusal(t, () => publicKeysFrom(keyOf(kind)), 'ERR_PUBLIC_KEY_INVALID'),
      /a private KeyObject/,
    )
  }
})

test('anything else is refused, and the error says what was seen', t => {
  const { leaf } = chainFor('p256')
  const certificate = new X509Certificate(leaf.der)
  const throwing = {
    type: 'private',
    export: () => {
      throw new Error('hush')
    },
  }
  const odd = { type: 'private', export: () => 'text' }
  for (const [input, seen] of [
    [undefined, /got undefined/],
    [null, /got null/],
    [5, /got number/],
    [[leaf.keyPem], /got a list/],
    [{}, /got another object/],
    [{ keys: [] }, /got a JWK Set/],
    [createSecretKey(Buffer.alloc(16)), /got a secret KeyObject/],
    [certificate, /got an X509Certificate/],
    ['{"kty":', /got text that is no JSON/],
    [throwing, /KeyObject that exports pkcs8, got one that throws/],
    [odd, /as bytes, got another answer/],
  ] as const)
    t.regex(
      refusal(t, () => privateKeyFrom(input as never), 'ERR_PRIVATE_KEY_INVALID', 'hush'),
      seen,
    )
  for (const [input, seen] of [
    [keyOf('p256'), /got a private KeyObject/],
    [keyOf('p256').export({ format: 'jwk' }), /got a JWK/],
    [{}, /got another object/],
    [undefined, /got undefined/],
  ] as const)
    t.regex(
      refusal(t, () => trustStore([input as never]), 'ERR_X509_INVALID_CERTIFICATE'),
      seen,
    )
  t.throws(() => certificateChainFrom([[leaf.der]] as never), { instanceOf: X509InputError })
})

test('a context takes nothing but objects, and shakes hands', t => {
  for (const kind of keyKinds) {
    const { leaf, intermediate, root } = chainFor(kind)
    const server = new SslContext({
      crypto: nodeCrypto,
      cert: [[new X509Certificate(leaf.der), new X509Certificate(intermediate.der)]],
      key: keyOf(kind),
    })
    const client = new SslContext({ crypto: nodeCrypto, ca: new X509Certificate(root.der) })
    const [left, right] = bioPair()
    const near = new Ssl(client, { servername: 'server.example' }).setBio(left).setConnectState()
    const far = new Ssl(server).setBio(right).setAcceptState()
    for (let i = 0; i < 4; i++) for (const end of [near, far]) end.doHandshake()
    t.true(near.authorized, kind)
    t.is(far.doHandshake().status, 'done')
  }
})
