/** One private key of every kind, as node:crypto has it, in every form that it exports. */
import { constants, createPrivateKey, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { algorithmFits, failed, type PrivateKeyMaterial, signatureSchemes } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import { type PrivateKeyInput, privateKeyFrom, X509InputError } from '@biopair/x509'
import type { ExecutionContext } from 'ava'
import { chainFor, type KeyKind, keyKinds } from './mint.ts'

/** A key by kind, imported anew: Node can lock itself up over the JWK of a key that it has just made (test/crypto/key-lock.test.ts). */
export function keyOf(kind: KeyKind): KeyObject {
  return createPrivateKey(chainFor(kind).leaf.keyPem)
}

/** What a key is read as from its plain PKCS#8. */
export function materialOf(kind: KeyKind): PrivateKeyMaterial {
  return privateKeyFrom(chainFor(kind).leaf.keyDer)
}

/** Kinds whose keys have a JWK: Node exports none of an id-RSASSA-PSS key, which has no member to say what it is. */
export const jwkKinds = keyKinds.filter(kind => kind !== 'rsa-pss')

/** Every form in the clear, by name. */
export function formsOf(kind: KeyKind): ReadonlyMap<string, PrivateKeyInput> {
  const key = keyOf(kind)
  const der = new Uint8Array(chainFor(kind).leaf.keyDer)
  const memory = new Uint8Array([...der, 1, 2, 3, 4]).buffer
  const forms = new Map<string, PrivateKeyInput>([
    ['PKCS#8 PEM', key.export({ type: 'pkcs8', format: 'pem' }) as string],
    ['PKCS#8 PEM as bytes', Buffer.from(key.export({ type: 'pkcs8', format: 'pem' }))],
    ['PKCS#8 DER', der],
    ['an ArrayBuffer', der.slice().buffer],
    ['a DataView', new DataView(memory, 0, der.length)],
    ['a KeyObject', key],
  ])
  if (key.asymmetricKeyType === 'ec')
    forms
      .set('SEC 1 PEM', key.export({ type: 'sec1', format: 'pem' }) as string)
      .set('SEC 1 DER', key.export({ type: 'sec1', format: 'der' }))
  if (key.asymmetricKeyType === 'rsa')
    forms
      .set('PKCS#1 PEM', key.export({ type: 'pkcs1', format: 'pem' }) as string)
      .set('PKCS#1 DER', key.export({ type: 'pkcs1', format: 'der' }))
  if (jwkKinds.includes(kind as (typeof jwkKinds)[number])) {
    const jwk = key.export({ format: 'jwk' })
    forms
      .set('JWK', jwk)
      .set('JWK as text', JSON.stringify(jwk))
      .set('JWK as bytes', Buffer.from(JSON.stringify(jwk)))
  }
  return forms
}

/** Whether what was read signs what the key's own public half, by node:crypto, verifies. */
export function signs(t: ExecutionContext, material: PrivateKeyMaterial, kind: KeyKind): void {
  const key = nodeCrypto.privateKey(material)
  if (failed(key)) throw new Error(key.why)
  const scheme = Object.values(signatureSchemes).find(
    ({ algorithm, handshake }) => handshake && algorithmFits(algorithm, key.publicMaterial),
  )
  const message = Buffer.from('to be signed')
  if (!scheme) throw new Error('no scheme fits')
  const signature = key.sign(scheme.algorithm, message)
  const own = createPublicKey(keyOf(kind))
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
  const verifier = scheme.algorithm.kind === 'rsa_pss' ? { key: own, ...pss } : own
  const hash = 'hash' in scheme.algorithm ? scheme.algorithm.hash : null
  t.true(verify(hash, message, verifier, signature))
}

/** The `X509InputError` of a call, which has this code and whose message shows none of these secrets. */
export function refusal(
  t: ExecutionContext,
  call: () => unknown,
  code: string,
  ...secrets: readonly string[]
): string {
  const error = t.throws(call, { instanceOf: X509InputError })
  t.is(error?.code, code as never, error?.message)
  for (const secret of secrets) t.false(error?.message.includes(secret))
  return error?.message ?? ''
}
