import { bioPair } from '@biopair/bio'
import { type CryptoProvider, failed, type PublicKeyMaterial } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import { Ssl, SslContext } from '@biopair/ssl'
import { isX509Failure, parseCertificate } from '@biopair/x509'
import test from 'ava'
import { chainFor, type KeyKind, mint } from '../support/mint.ts'

const kinds: readonly KeyKind[] = ['p256', 'p384', 'p521', 'ed25519', 'rsa', 'rsa-pss']

function counting(): { crypto: CryptoProvider; imports: () => number } {
  let imports = 0
  const publicKey: CryptoProvider['publicKey'] = material => {
    imports++
    return nodeCrypto.publicKey(material)
  }
  return { crypto: { ...nodeCrypto, publicKey }, imports: () => imports }
}

function materialOf(der: Uint8Array): PublicKeyMaterial {
  const certificate = parseCertificate(der)
  if (isX509Failure(certificate) || isX509Failure(certificate.publicKey))
    throw new Error('the certificate was minted with a key')
  return certificate.publicKey
}

test('a context imports a key once, and keys that differ in any byte apart', t => {
  for (const kind of kinds) {
    const { crypto, imports } = counting()
    const { keys } = new SslContext({ crypto })
    const { leaf, intermediate } = chainFor(kind)
    const first = keys.publicKey(materialOf(leaf.der))
    t.is(keys.publicKey(materialOf(Uint8Array.from(leaf.der))), first, kind)
    t.not(keys.publicKey(materialOf(intermediate.der)), first, kind)
    t.is(imports(), 2, kind)
  }
})

test('an RSA key and the same key that is restricted to PSS are two', t => {
  const { crypto, imports } = counting()
  const { keys } = new SslContext({ crypto })
  const material = materialOf(chainFor('rsa').leaf.der)
  if (material.kind !== 'rsa') throw new Error('an RSA chain has RSA keys')
  for (const pss of ['any', { hash: 'sha256', saltLength: 32 }] as const)
    keys.publicKey({ ...material, pss })
  keys.publicKey(material)
  t.is(imports(), 3)
})

test('whoever changes the bytes of a chain later does not change the key that is remembered', t => {
  const { keys } = new SslContext({ crypto: nodeCrypto })
  const { leaf, intermediate } = chainFor('ed25519')
  const bytes = Uint8Array.from(intermediate.der)
  const certificate = parseCertificate(leaf.der)
  if (isX509Failure(certificate) || isX509Failure(certificate.signatureAlgorithm))
    throw new Error('the leaf was minted')
  const key = keys.publicKey(materialOf(bytes))
  bytes.fill(0)
  t.deepEqual(
    failed(key)
      ? key
      : key.verify(certificate.signatureAlgorithm, certificate.tbs, certificate.signature),
    true,
  )
})

test('what is no key is asked for again each time', t => {
  const { crypto, imports } = counting()
  const { keys } = new SslContext({ crypto })
  const nowhere: PublicKeyMaterial = {
    kind: 'ec',
    curve: 'P-256',
    point: new Uint8Array(65).fill(4),
  }
  t.true(failed(keys.publicKey(nowhere)))
  t.true(failed(keys.publicKey(nowhere)))
  t.is(imports(), 2)
})

test('64 keys are remembered, those that were not asked for longest are forgotten', t => {
  const { crypto, imports } = counting()
  const { keys } = new SslContext({ crypto })
  const many = Array.from({ length: 66 }, () => materialOf(mint({ key: 'ed25519' }).der))
  const [first, second, last] = [many[0], many[1], many[65]] as PublicKeyMaterial[]
  if (!first || !second || !last) throw new Error('66 were made')
  for (const material of many.slice(0, 64)) keys.publicKey(material)
  keys.publicKey(first)
  t.is(imports(), 64)
  keys.publicKey(last)
  t.is(imports(), 65)
  keys.publicKey(first)
  t.is(imports(), 65)
  keys.publicKey(second)
  t.is(imports(), 66)
})

test('a second handshake imports no key that the first has imported', t => {
  const { crypto, imports } = counting()
  const { root, pem, keyPem } = chainFor('p256')
  const here = new SslContext({ crypto, ca: root.pem })
  const there = new SslContext({ crypto: nodeCrypto, cert: pem, key: keyPem })
  for (const total of [3, 3]) {
    const [near, far] = bioPair()
    const client = new Ssl(here, { servername: 'server.example' }).setBio(near)
    const server = new Ssl(there).setBio(far)
    for (let turn = 0; turn < 4; turn++) {
      client.connect()
      server.accept()
    }
    t.true(client.authorized && server.connected)
    t.is(imports(), total)
  }
})
