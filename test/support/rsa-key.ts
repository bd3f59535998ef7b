/** RSA private keys for tests, made by node:crypto and taken apart. */
import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import type { PrivateKeyMaterial } from '@biopair/crypto'

export type RsaMaterial = Extract<PrivateKeyMaterial, { kind: 'rsa' }>

/** A new key with a modulus of so many bits. */
export function rsaMaterial(bits: number): RsaMaterial {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: bits })
  // By way of PEM: Node can lock itself up over the JWK of a key that it has just made (test/crypto/key-lock.test.ts).
  const plain = createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' }))
  const jwk = plain.export({ format: 'jwk' })
  const part = (name: 'n' | 'e' | 'd' | 'p' | 'q' | 'dp' | 'dq' | 'qi'): Uint8Array => {
    const bytes = Uint8Array.from(Buffer.from(jwk[name] ?? '', 'base64url'))
    return bytes.subarray(bytes.findIndex(byte => byte !== 0))
  }
  return {
    kind: 'rsa',
    n: part('n'),
    e: part('e'),
    d: part('d'),
    p: part('p'),
    q: part('q'),
    dp: part('dp'),
    dq: part('dq'),
    qi: part('qi'),
  }
}
